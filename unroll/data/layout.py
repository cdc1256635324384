"""The layout of CS231n's coco_captioning: names of files, and captions as rows of numbers.

coco2014_captions.h5              {train,val}_captions (., 17) int32, {train,val}_image_idxs (.,) int32
{train,val}2014_vgg16_fc7_pca.h5  features (images, 512) float32
{train,val}2014_vgg16_fc7.h5      features before PCA, float32: 4096 wide there, not needed by most
coco2014_vocab.json               idx_to_word, word_to_idx; <NULL> 0, <START> 1, <END> 2, <UNK> 3
{train,val}2014_urls.txt          one reference per image: a URL, or a path relative to the folder
{train,val}2014_images.txt        one name per image
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np

SPLITS = ("train", "val")
CAPTIONS = "coco2014_captions.h5"
VOCABULARY = "coco2014_vocab.json"
NULL, START, END, UNK = range(4)
SPECIALS = ("<NULL>", "<START>", "<END>", "<UNK>")
LONGEST = 15  # words of a caption; a longer one has no place in the layout
LENGTH = LONGEST + 2

Caption = Sequence[str]  # its words, without the special ones


def features_name(split: str, pca: bool = True) -> str:
    """The name of the file that holds a split's features."""
    return f"{split}2014_vgg16_fc7{'_pca' if pca else ''}.h5"


def urls_name(split: str) -> str:
    return f"{split}2014_urls.txt"


def images_name(split: str) -> str:
    return f"{split}2014_images.txt"


def vocabulary(captions: Iterable[Caption], min_count: int) -> list[str]:
    """The four special words, then every word that occurs min_count times or more, most frequent first."""
    counts = Counter(word for caption in captions for word in caption)
    frequent = sorted((-count, word) for word, count in counts.items() if count >= min_count)
    return [*SPECIALS, *(word for _, word in frequent)]


def encode(captions: Sequence[Caption], word_to_idx: dict[str, int]) -> np.ndarray:
    """Captions as rows of word indices, (N, 17) int32: <START>, up to 15 words, <END>, then <NULL>.

    A word that word_to_idx does not have becomes <UNK>. Raises ValueError for a caption of more than 15 words.
    """
    rows = np.full((len(captions), LENGTH), NULL, np.int32)
    for row, caption in zip(rows, captions, strict=True):
        if len(caption) > LONGEST:
            raise ValueError(f"expected captions of at most {LONGEST} words, found {len(caption)}: {' '.join(caption)}")
        row[0] = START
        row[1 : len(caption) + 1] = [word_to_idx.get(word, UNK) for word in caption]
        row[len(caption) + 1] = END
    return rows


def write_captions(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write captions and image indices. arrays: train_captions, train_image_idxs, val_captions, val_image_idxs."""
    with h5py.File(folder / CAPTIONS, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array, dtype=np.int32)


def write_features(folder: Path, split: str, features: np.ndarray, pca: bool = True) -> None:
    """Write a split's features, (images, D), in one piece, so that rows of them can be read where they lie."""
    with h5py.File(folder / features_name(split, pca), "w") as file:
        file.create_dataset("features", data=features, dtype=np.float32)


def write_vocabulary(folder: Path, words: list[str]) -> None:
    text = json.dumps({"idx_to_word": words, "word_to_idx": {word: index for index, word in enumerate(words)}})
    (folder / VOCABULARY).write_text(text + "\n", encoding="utf-8", newline="\n")


def write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
