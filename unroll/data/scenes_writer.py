"""Write rendered scenes in the layout of `layout`, with their images.

images.h5 holds train and val, (images, 128, 128, 3) uint8; an entry of the urls is images.h5#train/7. The features are
those of `unroll.scenes.features`, 512 wide and, before PCA, 960: the files bear CS231n's names, no VGG network is
involved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from unroll.data import layout
from unroll.scenes import SIZE, captions_at, image_at, scene_at
from unroll.scenes.features import RAW_WIDTH, principal, raw_features

IMAGES = "images.h5"
_BLOCK = 200


def write(folder: Path, counts: dict[str, int], on_image: Callable[[int], object]) -> str:
    """Write all files of the data set into `folder` and return the digest of what no version of NumPy or
    Pillow may change: captions, image indices, vocabulary.

    counts: number of images per split. on_image: called with the number of images finished since the last call.
    """
    captions: dict[str, list[layout.Caption]] = {}
    image_idxs: dict[str, list[int]] = {}
    with h5py.File(folder / IMAGES, "w") as images:
        for split, count in counts.items():
            captions[split], image_idxs[split] = _write_split(folder, images, split, count, on_image)
            layout.write_lines(folder / layout.urls_name(split), (f"{IMAGES}#{split}/{i}" for i in range(count)))
            names = (f"{split}2014/UNROLL_{split}2014_{i:012d}" for i in range(count))
            layout.write_lines(folder / layout.images_name(split), names)
    words = layout.vocabulary(captions["train"], threshold(len(captions["train"])))
    layout.write_vocabulary(folder, words)
    word_to_idx = {word: index for index, word in enumerate(words)}
    arrays = {}
    for split in counts:
        arrays[f"{split}_captions"] = layout.encode(captions[split], word_to_idx)
        arrays[f"{split}_image_idxs"] = np.array(image_idxs[split], np.int32)
    layout.write_captions(folder, arrays)
    digest = hashlib.sha256(json.dumps(words).encode())
    for array in arrays.values():
        digest.update(array.astype("<i4").tobytes())
    return digest.hexdigest()


def threshold(captions: int) -> int:
    """How often a word must occur to be in the vocabulary: in 0.15 % of the captions, and five times."""
    return max(5, 3 * captions // 2000)


def _write_split(folder: Path, images: h5py.File, split: str, count: int, on_image):
    """Images and features of one split to disk, block by block; its captions and their image indices in memory."""
    captions: list[layout.Caption] = []
    image_idxs: list[int] = []
    shape = (SIZE, SIZE, 3)
    packing = {"chunks": (1, *shape), "compression": "gzip", "compression_opts": 1}  # lzf's bytes differ at each run
    pixels = images.create_dataset(split, (count, *shape), np.uint8, **packing)
    raw = np.empty((count, RAW_WIDTH), np.float32)
    for start in range(0, count, _BLOCK):
        indices = range(start, min(start + _BLOCK, count))
        block = np.empty((len(indices), *shape), np.uint8)
        for row, index in enumerate(indices):
            scene = scene_at(split, index)
            block[row] = image_at(split, index, scene)
            described = captions_at(split, index, scene)
            captions += described
            image_idxs += [index] * len(described)
        pixels[start : start + len(block)] = block
        raw[start : start + len(block)] = raw_features(block)
        on_image(len(block))
    layout.write_features(folder, split, raw, pca=False)
    layout.write_features(folder, split, principal(raw))
    return captions, image_idxs
