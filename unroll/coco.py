"""Captioned images in the layout of CS231n's coco_captioning: load, draw minibatches, decode, show.

Works on the embedded data set (`unroll.data`) and on a folder of the real one. Names, arguments and results are
CS231n's; what is added is optional.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from unroll.data import DataError, default_size, ensure, layout
from unroll.data.reader import read
from unroll.pictures import image_from_url


def load_coco_data(
    base_dir: str | os.PathLike | None = None, max_train: int | None = None, pca_features: bool = True, rng=None
) -> dict:
    """Captions, features, vocabulary and image references.

    base_dir: a folder in the coco_captioning layout; None means the embedded data set, which is built if needed
        (its size is $UNROLL_DATA_SIZE or "default").
    max_train: draw this many training captions, *with replacement* as CS231n does; features stay whole.
    pca_features: 512 numbers per image rather than those before PCA (4096 in the real data set, 960 here).
    rng: what to draw with, None means NumPy's global generator.

    Returns a dict: train_captions (., 17) int32, train_image_idxs (.,) int32: the row of train_features and
    train_urls a caption belongs to, train_features (images, D) float32, train_urls (images,) of str, the same for
    val, idx_to_word (list), word_to_idx (dict). Large arrays stay in their files until rows of them are used.
    Raises DataError if a file is missing or is not as expected.
    """
    base = Path(base_dir) if base_dir is not None else ensure(default_size())
    data: dict = {}
    captions = _existing(base / layout.CAPTIONS)
    for split in layout.SPLITS:
        for name in (f"{split}_captions", f"{split}_image_idxs"):
            data[name] = read(captions, name)
        data[f"{split}_features"] = read(_features_file(base, split, pca_features), "features")
        data[f"{split}_urls"] = _urls(base, split)
    try:
        vocabulary = json.loads(_existing(base / layout.VOCABULARY).read_text(encoding="utf-8"))
        data["idx_to_word"], data["word_to_idx"] = vocabulary["idx_to_word"], vocabulary["word_to_idx"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{base / layout.VOCABULARY}: expected JSON with idx_to_word and word_to_idx, found something "
            f"else ({type(error).__name__}). Build or download the data set again."
        ) from None
    if max_train is not None:
        chosen = (np.random if rng is None else rng).choice(len(data["train_captions"]), max_train)
        data["train_captions"] = data["train_captions"][chosen]
        data["train_image_idxs"] = data["train_image_idxs"][chosen]
    return data


def sample_coco_minibatch(data: dict, batch_size: int = 100, split: str = "train", rng=None):
    """Captions drawn at random with replacement, and the features and urls of their images.

    rng: what to draw with, None means NumPy's global generator.
    Returns captions (batch_size, 17) int32, features (batch_size, D) float32, urls (batch_size,) str.
    """
    _check_split(split)
    chosen = (np.random if rng is None else rng).choice(len(data[f"{split}_captions"]), batch_size)
    captions = data[f"{split}_captions"][chosen]
    image_idxs = data[f"{split}_image_idxs"][chosen]
    return captions, data[f"{split}_features"][image_idxs], data[f"{split}_urls"][image_idxs]


def decode_captions(captions: np.ndarray, idx_to_word: list[str]) -> str | list[str]:
    """Word indices as text: (T,) gives a str, (N, T) a list of N.

    <NULL> is left out; a caption ends with its first <END>, which is kept, as is <START>.
    """
    captions = np.asarray(captions)
    if captions.ndim == 1:
        return decode_captions(captions[None], idx_to_word)[0]
    decoded = []
    for row in captions:
        words = []
        for index in row:
            word = idx_to_word[index]
            if word != "<NULL>":
                words.append(word)
            if word == "<END>":
                break
        decoded.append(" ".join(words))
    return decoded


def sample_scenes(data: dict, n: int, split: str = "train", rng=None) -> list[tuple[np.ndarray, list[str]]]:
    """n different images of a split, each with all its captions, without <START> and <END>: for a contact sheet.

    rng: what to draw with, None means NumPy's global generator.
    """
    _check_split(split)
    image_idxs = data[f"{split}_image_idxs"]
    described = np.unique(image_idxs)
    if n > len(described):
        raise ValueError(f"asked for {n} images of {split}, which has {len(described)} with captions")
    scenes = []
    for index in (np.random if rng is None else rng).choice(described, n, replace=False):
        decoded = decode_captions(data[f"{split}_captions"][image_idxs == index], data["idx_to_word"])
        texts = [" ".join(text.replace("<START>", "").replace("<END>", "").split()) for text in decoded]
        scenes.append((image_from_url(data[f"{split}_urls"][index], texts[0]), texts))
    return scenes


def _check_split(split: str) -> None:
    if split not in layout.SPLITS:
        raise ValueError(f"unknown split {split!r}: expected 'train' or 'val'")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise DataError(
            f"{path.parent}: expected {path.name}, found no such file. Give load_coco_data the folder of the "
            "coco_captioning files, or no folder for the embedded data set."
        )
    return path


def _features_file(base: Path, split: str, pca_features: bool) -> Path:
    path = base / layout.features_name(split, pca_features)
    if not pca_features and not path.is_file():
        raise DataError(
            f"{base}: expected {path.name} for pca_features=False, found no such file. Use pca_features=True, or get "
            "the file: python -m unroll.data coco --fc7 for COCO, python -m unroll.data build --again for the scenes."
        )
    return _existing(path)


def _urls(base: Path, split: str) -> np.ndarray:
    """The references of a split, an array of str; those relative to the folder become file:// references."""
    text = _existing(base / layout.urls_name(split)).read_text(encoding="utf-8")
    urls = [line for line in text.splitlines() if line.strip()]
    if text.count("://") < len(urls):
        files: dict[str, str] = {}
        for i, url in enumerate(urls):
            if "://" not in url:
                name, mark, fragment = url.partition("#")
                if name not in files:
                    files[name] = (base / name).absolute().as_uri()
                urls[i] = files[name] + mark + fragment
    return np.array(urls, object)  # references to the strings: a fixed width would take four bytes a character
