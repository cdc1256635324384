"""What the features are worth: captions of held-out scenes by an LSTM trained for a minute, and by two that cheat less.

    python bench/captioning.py                     the shipped features, one seed: about two minutes
    python bench/captioning.py --seeds 3 --all     other featurizers too, and the spread: about twelve minutes

Measured on the default embedded data set (8,000 training scenes, 1,600 held out), greedy captions, five references:

    reference captioner   LSTM, H 256, W 128, first state from the features, `--seconds` of NumPy training
    sees no image         the same without features: what the language alone is worth
    nearest neighbour     a caption of the training image whose features are closest
    a person, so to say   one reference against the other four of its image
    kind                  share of captions that name the scene's first thing rightly
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import h5py
import numpy as np
from captioner import Captioner, greedy_captions, train
from featurizers import gradients, on_principal_axes, pixels, untrained

from unroll.coco import decode_captions, load_coco_data
from unroll.data import ensure
from unroll.metrics import bleu, cider
from unroll.scenes import scene_at
from unroll.scenes.words import NOUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="compare featurizers too")
    options = parser.parse_args()
    data = load_coco_data(ensure("default"))
    held_out = HeldOut(data)
    print(f"{'':<34}{'BLEU-1':>8}{'BLEU-4':>8}{'CIDEr':>8}{'kind':>8}")
    held_out.show("a person, so to say", [texts[0] for texts in held_out.texts], skip=1)
    held_out.show("nearest neighbour", nearest(data))
    for seed in range(options.seeds):
        held_out.show(f"sees no image, seed {seed}", trained(data, options.seconds, seed, blind=True))
    for seed in range(options.seeds):
        held_out.show(f"reference captioner, seed {seed}", trained(data, options.seconds, seed))
    if options.all:
        for name, featurizer in (("pixels", pixels), ("gradients", gradients), ("untrained network", untrained)):
            other = refeatured(data, featurizer)
            held_out.show(f"{name}: nearest neighbour", nearest(other))
            held_out.show(f"{name}: captioner", trained(other, options.seconds, 0))


class HeldOut:
    """The held-out scenes with their captions, to score sentences with."""

    def __init__(self, data: dict):
        count = len(data["val_features"])
        self.texts: list[list[str]] = [[] for _ in range(count)]
        for index, text in zip(
            data["val_image_idxs"], decode_captions(data["val_captions"], data["idx_to_word"]), strict=True
        ):
            self.texts[index].append(text)
        self.nouns = [
            {noun for noun, _ in NOUNS[scene.things[0].kind][scene.things[0].count > 1]}
            for scene in (scene_at("val", i) for i in range(count))
        ]

    def show(self, name: str, sentences: list[str], skip: int = 0) -> None:
        """Print a line of scores. skip: leave out so many references of each scene."""
        references = [texts[skip:] for texts in self.texts]
        scores = bleu(sentences, references)
        named = [any(f" {noun} " in f" {text} " for noun in nouns) for text, nouns in zip(sentences, self.nouns)]  # noqa: B905
        consensus = cider(sentences, references).mean
        print(f"{name:<34}{scores[0]:>8.3f}{scores[3]:>8.3f}{consensus:>8.3f}{np.mean(named):>8.3f}", flush=True)


def trained(data: dict, seconds: float, seed: int, blind: bool = False) -> list[str]:
    """Captions of the held-out scenes by an LSTM trained on the others."""
    features = data["train_features"]
    model = Captioner(V=len(data["idx_to_word"]), D=0 if blind else features.shape[1], seed=seed)
    train(model, data, seconds, seed=seed)
    return greedy_captions(model, data["val_features"], lambda captions: decode_captions(captions, data["idx_to_word"]))


def nearest(data: dict) -> list[str]:
    """For each held-out scene the first caption of the training scene with the closest features."""
    train_features, queries = np.asarray(data["train_features"]), np.asarray(data["val_features"])
    distances = (train_features**2).sum(axis=1) - 2 * queries @ train_features.T
    first = {int(index): row for row, index in reversed(list(enumerate(data["train_image_idxs"])))}
    rows = [first[int(index)] for index in distances.argmin(axis=1)]
    return decode_captions(data["train_captions"][rows], data["idx_to_word"])


def refeatured(data: dict, featurizer: Callable[[np.ndarray], np.ndarray]) -> dict:
    """The data with features by another featurizer."""
    raw = {}
    with h5py.File(ensure("default") / "images.h5") as images:
        for split in ("train", "val"):
            blocks = range(0, len(images[split]), 400)
            raw[split] = np.concatenate([featurizer(images[split][start : start + 400]) for start in blocks])
    train_features, val_features = on_principal_axes(raw["train"], raw["val"])
    return data | {"train_features": train_features, "val_features": val_features}


if __name__ == "__main__":
    main()
