"""How the embedded captions are distributed, beside any other data set's: the tables of data/README.md.

    python bench/distribution.py                              the default embedded set
    python bench/distribution.py captions_train2017.json      and COCO's own annotation files

COCO's captions are told into words as `unroll.data.annotations` does and counted with `--vocabulary`, CS231n's
coco2014_vocab.json, if it is given.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from unroll.data import ensure
from unroll.data.annotations import tokenise
from unroll.data.embedded import SIZES
from unroll.data.layout import LONGEST, SPECIALS, VOCABULARY
from unroll.scenes import captions_at, scene_at
from unroll.scenes.world import KINDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("annotations", type=Path, nargs="*")
    parser.add_argument("--vocabulary", type=Path)
    options = parser.parse_args()
    counts = SIZES["default"]
    scenes = {split: [scene_at(split, i) for i in range(count)] for split, count in counts.items()}
    captions = {
        split: [caption for i, scene in enumerate(found) for caption in captions_at(split, i, scene)]
        for split, found in scenes.items()
    }
    known = json.loads((ensure("default") / VOCABULARY).read_text())["word_to_idx"]
    describe("embedded, train", captions["train"], counts["train"], known)
    again = set(map(tuple, captions["train"]))
    print(f"  held-out captions word for word in train  {np.mean([tuple(c) in again for c in captions['val']]):.1%}")
    again = set(scenes["train"])
    print(f"  held-out scenes with the same facts       {np.mean([scene in again for scene in scenes['val']]):.1%}")
    world([scene for found in scenes.values() for scene in found])
    if options.annotations:
        known = json.loads(options.vocabulary.read_text())["word_to_idx"] if options.vocabulary else None
        files = [json.loads(path.read_text(encoding="utf-8")) for path in options.annotations]
        told = [tokenise(annotation["caption"]) for file in files for annotation in file["annotations"]]
        describe("COCO, files given", told, sum(len(file["images"]) for file in files), known)


def describe(name: str, captions: list[list[str]], images: int, known: dict | None) -> None:
    """Print what the captions of a data set are like."""
    lengths = np.array([len(caption) for caption in captions])
    words = Counter(word for caption in captions for word in caption)
    print(f"{name}: {images:,} images, {len(captions):,} captions ({len(captions) / images:.2f} each)")
    print(f"  words in a caption                        {lengths.mean():.1f} +- {lengths.std():.1f}")
    print(f"  captions of 8 to 15 words                 {((lengths >= 8) & (lengths <= 15)).mean():.1%}")
    print(f"  captions of more than {LONGEST} words            {(lengths > LONGEST).mean():.1%}")
    print(f"  different captions                        {len(set(map(tuple, captions))) / len(captions):.1%}")
    print(f"  different words                           {len(words):,}")
    if known:
        short = [caption for caption in captions if len(caption) <= LONGEST]
        unknown = [[word not in known for word in caption] for caption in short]
        print(f"  words in the vocabulary                   {len(known) - len(SPECIALS):,}")
        print(f"  tokens that become <UNK>                  {np.mean(np.concatenate(unknown)):.2%}")
        print(f"  captions with an <UNK>                    {np.mean([any(row) for row in unknown]):.1%}")
    shares = [f"{word} {count / words.total():.1%}" for word, count in words.most_common(10)]
    print(f"  most frequent                             {', '.join(shares)}")


def world(scenes: list) -> None:
    """Print what is in the embedded scenes."""
    things = [thing for scene in scenes for thing in scene.things]
    kinds = Counter(thing.kind for thing in things)
    for title, values in (
        ("relations", [scene.relation for scene in scenes]),
        ("settings", [scene.setting for scene in scenes]),
        ("times", [scene.time or "indoors" for scene in scenes]),
        ("weather", [scene.weather or "indoors" for scene in scenes]),
        ("things in a scene", [len(scene.things) for scene in scenes]),
        ("objects of a thing", [thing.count for thing in things]),
    ):
        shares = [f"{value} {count / len(values):.1%}" for value, count in Counter(values).most_common()]
        print(f"  {title:<42}{', '.join(shares)}")
    print(f"  kinds {len(KINDS)}; most and least frequent        {kinds.most_common(4)} ... {kinds.most_common()[-4:]}")


if __name__ == "__main__":
    main()
