"""Captioned images in the layout of CS231n's coco_captioning: load, draw minibatches, decode, show.

Works on the embedded data set (`unroll.data`) and on a folder of the real one. Names, arguments and results are
CS231n's; what is added is optional.
"""

from __future__ import annotations

import io
import json
import os
import urllib.parse
import urllib.request
import warnings
from pathlib import Path

import h5py
import numpy as np

from unroll.data import DataError, default_size, ensure

SPLITS = ("train", "val")
_TIMEOUT = 10  # seconds for an image of the real data set


def load_coco_data(
    base_dir: str | os.PathLike | None = None, max_train: int | None = None, pca_features: bool = True, rng=None
) -> dict:
    """Captions, features, vocabulary and image references, all in memory.

    base_dir: a folder in the coco_captioning layout; None means the embedded data set, which is built if needed
        (its size is $UNROLL_DATA_SIZE or "default").
    max_train: draw this many training captions, *with replacement* as CS231n does; features stay whole.
    pca_features: 512 numbers per image rather than 4096; the embedded data set has only these.
    rng: what to draw with, None means NumPy's global generator.

    Returns a dict: train_captions (., 17) int32, train_image_idxs (.,) int32: the row of train_features and
    train_urls a caption belongs to, train_features (images, D) float32, train_urls (images,) str, the same for
    val, idx_to_word (list), word_to_idx (dict). Raises DataError if a file is missing or is not as expected.
    """
    base = Path(base_dir) if base_dir is not None else ensure(default_size())
    data: dict = {}
    with _open_h5(base / "coco2014_captions.h5") as file:
        for split in SPLITS:
            for name in (f"{split}_captions", f"{split}_image_idxs"):
                data[name] = _dataset(file, name)
    for split in SPLITS:
        with _open_h5(_features_file(base, split, pca_features)) as file:
            data[f"{split}_features"] = _dataset(file, "features")
        data[f"{split}_urls"] = _urls(base, split)
    try:
        vocabulary = json.loads(_existing(base / "coco2014_vocab.json").read_text(encoding="utf-8"))
        data["idx_to_word"], data["word_to_idx"] = vocabulary["idx_to_word"], vocabulary["word_to_idx"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{base / 'coco2014_vocab.json'}: expected JSON with idx_to_word and word_to_idx, found something "
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


def image_from_url(url: str) -> np.ndarray:
    """The image that an entry of train_urls or val_urls points at, (H, W, 3) uint8, ready for imshow.

    file:// works offline: a picture, or `file:///.../images.h5#train/7`, row 7 of that array. For the http links
    of the real data set, of which many are dead, a gray picture and a warning come instead of an error.
    """
    address = urllib.parse.urlsplit(str(url))
    if address.scheme == "file":
        path = Path(urllib.request.url2pathname(address.path))
        if address.fragment:
            return _image_from_h5(path, address.fragment)
        return _picture(_existing(path).read_bytes())
    if address.scheme in ("http", "https"):
        try:
            with urllib.request.urlopen(str(url), timeout=_TIMEOUT) as response:
                return _picture(response.read())
        except (OSError, ValueError) as error:
            warnings.warn(f"no image at {url} ({error}); a gray one is shown instead", stacklevel=2)
            return np.full((64, 64, 3), 200, np.uint8)
    raise ValueError(f"expected a file:// or http(s):// reference, found {str(url)!r}; load_coco_data gives such")


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
        scenes.append((image_from_url(data[f"{split}_urls"][index]), texts))
    return scenes


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: expected 'train' or 'val'")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise DataError(
            f"{path.parent}: expected {path.name}, found no such file. Give load_coco_data the folder of the "
            "coco_captioning files, or no folder for the embedded data set."
        )
    return path


def _open_h5(path: Path) -> h5py.File:
    try:
        return h5py.File(_existing(path), "r")
    except OSError as error:
        raise DataError(f"{path}: expected an HDF5 file, found one that cannot be read ({error}).") from None


def _dataset(file: h5py.File, name: str) -> np.ndarray:
    if name not in file:
        raise DataError(f"{file.filename}: expected a dataset {name!r}, found {', '.join(file) or 'none'}.")
    return np.asarray(file[name])


def _features_file(base: Path, split: str, pca_features: bool) -> Path:
    path = base / f"{split}2014_vgg16_fc7{'_pca' if pca_features else ''}.h5"
    if not pca_features and not path.is_file():
        raise DataError(
            f"{base}: expected {path.name} for pca_features=False, found no such file. The embedded data set has "
            "only features of width 512: use pca_features=True. CS231n's archive has both."
        )
    return path


def _urls(base: Path, split: str) -> np.ndarray:
    """The references of a split; those relative to the folder become file:// references."""
    lines = _existing(base / f"{split}2014_urls.txt").read_text(encoding="utf-8").split("\n")
    urls = [line.strip() for line in lines if line.strip()]
    files: dict[str, str] = {}
    for i, url in enumerate(urls):
        if "://" not in url:
            name, mark, fragment = url.partition("#")
            if name not in files:
                files[name] = (base / name).absolute().as_uri()
            urls[i] = files[name] + mark + fragment
    return np.asarray(urls)


def _image_from_h5(path: Path, fragment: str) -> np.ndarray:
    split, _, row = fragment.rpartition("/")
    with _open_h5(path) as file:
        if split not in file or not row.isdigit() or int(row) >= len(file[split]):
            raise ValueError(f"{path}: expected a split and a row such as train/7 after the #, found {fragment!r}")
        return file[split][int(row)]


def _picture(content: bytes) -> np.ndarray:
    from PIL import Image

    return np.array(Image.open(io.BytesIO(content)).convert("RGB"))
