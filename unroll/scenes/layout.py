"""Write scenes in the layout of CS231n's coco_captioning.

coco2014_captions.h5              {train,val}_captions (., 17) int32, {train,val}_image_idxs (.,) int32
{train,val}2014_vgg16_fc7_pca.h5  features (images, 512) float32, contiguous (the names are CS231n's; the
                                  features are those of `features`, no network is involved)
coco2014_vocab.json               idx_to_word, word_to_idx; <NULL> 0, <START> 1, <END> 2, <UNK> 3, "a" 4
{train,val}2014_urls.txt          one reference per image, relative to the folder: images.h5#train/7
{train,val}2014_images.txt        one name per image
images.h5                         train, val: (images, 64, 64, 3) uint8
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import h5py
import numpy as np

from unroll.scenes import SIZE, captions_at, image_at, scene_at
from unroll.scenes.captions import LONGEST
from unroll.scenes.features import WIDTH, features_of

SPLITS = ("train", "val")
NULL, START, END, UNK = range(4)
SPECIALS = ("<NULL>", "<START>", "<END>", "<UNK>")
LENGTH = LONGEST + 2
_BLOCK = 400

Caption = list[str]


def write(folder: Path, counts: dict[str, int], on_image: Callable[[int], object]) -> str:
    """Write all files of the data set into `folder` and return the digest of what no version of NumPy or
    Pillow may change: captions, image indices, vocabulary.

    counts: number of images per split. on_image: called with the number of images finished since the last call.
    """
    captions: dict[str, list[Caption]] = {}
    image_idxs: dict[str, list[int]] = {}
    with h5py.File(folder / "images.h5", "w") as images:
        for split in SPLITS:
            captions[split], image_idxs[split] = _write_split(folder, images, split, counts[split], on_image)
            _write_lines(folder / f"{split}2014_urls.txt", (f"images.h5#{split}/{i}" for i in range(counts[split])))
            names = (f"{split}2014/UNROLL_{split}2014_{i:012d}" for i in range(counts[split]))
            _write_lines(folder / f"{split}2014_images.txt", names)
    words = vocabulary(captions["train"])
    word_to_idx = {word: index for index, word in enumerate(words)}
    text = json.dumps({"idx_to_word": words, "word_to_idx": word_to_idx})
    (folder / "coco2014_vocab.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    digest = hashlib.sha256(json.dumps(words).encode())
    with h5py.File(folder / "coco2014_captions.h5", "w") as file:
        for split in SPLITS:
            for name, array in (
                (f"{split}_captions", encode(captions[split], word_to_idx)),
                (f"{split}_image_idxs", np.array(image_idxs[split], np.int32)),
            ):
                file.create_dataset(name, data=array)
                digest.update(array.astype("<i4").tobytes())
    return digest.hexdigest()


def _write_split(folder: Path, images: h5py.File, split: str, count: int, on_image) -> tuple[list[Caption], list[int]]:
    """Images and features of one split to disk, block by block; its captions and their image indices in memory."""
    captions: list[Caption] = []
    image_idxs: list[int] = []
    pixels = images.create_dataset(split, (count, SIZE, SIZE, 3), np.uint8)
    with h5py.File(folder / f"{split}2014_vgg16_fc7_pca.h5", "w") as file:
        features = file.create_dataset("features", (count, WIDTH), np.float32)
        for start in range(0, count, _BLOCK):
            indices = range(start, min(start + _BLOCK, count))
            block = np.empty((len(indices), SIZE, SIZE, 3), np.uint8)
            for row, index in enumerate(indices):
                scene = scene_at(split, index)
                block[row] = image_at(split, index, scene)
                described = captions_at(split, index, scene)
                captions += described
                image_idxs += [index] * len(described)
            pixels[start : start + len(block)] = block
            features[start : start + len(block)] = features_of(block)
            on_image(len(block))
    return captions, image_idxs


def vocabulary(captions: list[Caption]) -> list[str]:
    """The four special words, then the words of enough captions, most frequent first.

    A word that occurs in fewer than 0.15 % of the captions (or fewer than five times) becomes <UNK>.
    """
    threshold = max(5, 3 * len(captions) // 2000)
    counts = Counter(word for caption in captions for word in caption)
    frequent = sorted((-count, word) for word, count in counts.items() if count >= threshold)
    return [*SPECIALS, *(word for _, word in frequent)]


def encode(captions: list[Caption], word_to_idx: dict[str, int]) -> np.ndarray:
    """Captions as rows of word indices, (N, 17) int32: <START>, words, <END>, then <NULL>."""
    rows = np.full((len(captions), LENGTH), NULL, np.int32)
    for row, caption in zip(rows, captions, strict=True):
        row[0] = START
        row[1 : len(caption) + 1] = [word_to_idx.get(word, UNK) for word in caption]
        row[len(caption) + 1] = END
    return rows


def _write_lines(path: Path, lines: Iterable[str]):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
