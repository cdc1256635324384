"""Build a data set in the coco_captioning layout from COCO's caption annotations and tables of features.

Words are told apart as CS231n did, as far as its vocabulary shows: see `tokenise`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import h5py
import numpy as np
from tqdm import tqdm

from unroll.data import caption_file, layout
from unroll.data.caption_file import ADVICE, Annotations, url_key
from unroll.data.feature_table import FeatureTables
from unroll.data.place import DataError, sha256_of, work_folder
from unroll.data.validate import validate
from unroll.data.vocabulary_file import read_vocabulary

SOURCE = "source.json"
_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")


@dataclass
class _Split:
    """images: by id, row after row. captions: image id and words, row after row."""

    images: dict[int, dict]
    captions: list[tuple[int, list[str]]]


def build(
    folder: Path,
    train: Sequence[Path],
    val: Sequence[Path],
    features: Sequence[Path],
    *,
    vocabulary: Path | None = None,
    min_count: int = 5,
    val_share: float | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Path:
    """Build the data set beside `folder`, validate it, move it there in one step, and return the folder.

    train, val: caption annotation files; those of a split are joined.
    features: tables keyed by image id, see `feature_table`. Whatever their width, they go to the files of CS231n's
        PCA features, which is what readers open unless told otherwise.
    vocabulary: a coco2014_vocab.json to keep to; None takes every word that the training captions have min_count
        times or more.
    val_share: if val is empty, this share of the images, chosen by seed, becomes val, each with all its captions.
    progress: show a bar, and at the end what was left out; source.json has that in any case.

    Left out: images without features (with a warning), captions of more than 15 words or of none.
    Raises DataError for any input that is not as expected, and if there is something at `folder` already.
    """
    folder = Path(folder)
    _check_arguments(folder, train, val, val_share, min_count)
    given = {split: caption_file.read(paths) for split, paths in (("train", train), ("val", val)) if paths}
    if val and (both := given["train"].images.keys() & given["val"].images.keys()):
        raise DataError(
            f"expected every image in train or in val, found image {min(both)} in both ({len(both)} images in all). "
            "Give other files, or only one and a val_share."
        )
    words = _read_words(Path(vocabulary)) if vocabulary is not None else None
    with FeatureTables(features) as tables:
        splits, left_out = {}, {}
        for split, annotations in given.items():
            splits[split], left_out[split] = _keep(split, annotations, tables)
        if val_share is not None:  # and so no val
            splits = _divide(splits["train"], val_share, seed)
        for split, content in splits.items():
            if not content.captions:
                raise DataError(f"expected captions for {split}, found none to keep; left out: {left_out}. {ADVICE}")
            tables.check_repeated(np.array(list(content.images)))
        if words is None:
            words = layout.vocabulary((caption for _, caption in splits["train"].captions), min_count)
            if len(words) == len(layout.SPECIALS):
                raise DataError(f"expected words that occur {min_count} times, found none. Lower min_count.")
        source = {
            "name": "built from annotations",
            "files": {
                "train": _fingerprints(train),
                "val": _fingerprints(val),
                "features": _fingerprints(features),
                "vocabulary": _fingerprints([vocabulary] if vocabulary is not None else []),
            },
            "min_count": min_count if vocabulary is None else None,
            "val_share": val_share,
            "seed": seed if val_share is not None else None,
            "words": len(words),
            "width": tables.width,
            "counts": {
                split: {"images": len(content.images), "captions": len(content.captions)}
                for split, content in splits.items()
            },
            "left_out": left_out,
        }
        _write(folder, splits, words, tables, source, progress)
    if progress:
        print(f"{folder}: {source['counts']}; left out: {left_out}", file=sys.stderr)
    return folder


def tokenise(caption: str) -> list[str]:
    """The words of a caption: lower case, punctuation and symbols dropped, split at white space.

    What stood around a dropped character is joined: "man's" mans, "t-shirt" tshirt, "close-up" closeup, "and/or"
    andor. That is CS231n's rule: its vocabulary has mans and someones, neither s nor t, and closeup at a rank that
    only closeup and close-up together reach. Numbers stay words, and accents on Latin letters go (café is cafe): on
    these its vocabulary is silent.
    """
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", caption.lower()))
    kept = (c for c in unicodedata.normalize("NFKC", text) if c.isspace() or unicodedata.category(c)[0] not in "PSC")
    return [sys.intern(word) for word in "".join(kept).split()]  # of COCO's six million words few are different


def _check_arguments(folder: Path, train: Sequence, val: Sequence, val_share: float | None, min_count: int) -> None:
    _check_free(folder)
    if not train:
        raise DataError(f"expected an annotation file for train, found none. {ADVICE}")
    if bool(val) == (val_share is not None):
        raise DataError(
            "expected either annotation files for val or a val_share, found " + ("both." if val else "none.")
        )
    if val_share is not None and not 0 < val_share < 1:
        raise DataError(f"expected val_share between 0 and 1, such as 0.1, found {val_share!r}.")
    if min_count < 1:
        raise DataError(f"expected min_count of 1 or more, found {min_count!r}.")


def _check_free(folder: Path) -> None:
    if os.path.lexists(folder):
        raise DataError(f"{folder}: expected nothing there, found something. Choose another name or delete it.")


def _read_words(path: Path) -> list[str]:
    words, faults = read_vocabulary(path)
    if faults:
        raise DataError("\n".join([f"{path}: not a good vocabulary", *faults, "Give CS231n's coco2014_vocab.json."]))
    return words


def _keep(split: str, annotations: Annotations, tables: FeatureTables) -> tuple[_Split, dict[str, int]]:
    """What has a place in the layout, and how much has none."""
    ids = np.array(list(annotations.images))
    missing = ids[~tables.has(ids)]
    if len(missing) == len(ids):
        raise DataError(
            f"expected features for the images of {split}, found none: the {len(ids)} ids, such as {ids[0]}, are in "
            "none of the tables. Give tables keyed by COCO's image ids."
        )
    if len(missing):
        warnings.warn(
            f"{len(missing)} of {len(ids)} images of {split} have no features, the first is {missing[0]}; they are "
            "left out",
            stacklevel=3,
        )
    images = dict(annotations.images)
    for identity in missing.tolist():
        del images[identity]
    described = [(image_id, tokenise(text)) for image_id, text in annotations.captions if image_id in images]
    left_out = {
        "images_without_features": len(missing),
        "captions_of_these": len(annotations.captions) - len(described),
        f"captions_over_{layout.LONGEST}_words": sum(len(words) > layout.LONGEST for _, words in described),
        "captions_without_words": sum(not words for _, words in described),
    }
    return _Split(images, [entry for entry in described if 1 <= len(entry[1]) <= layout.LONGEST]), left_out


def _divide(content: _Split, share: float, seed: int) -> dict[str, _Split]:
    """Train and val from one: images with all their captions, chosen by a hash that no version of NumPy changes."""
    if len(content.images) < 2:
        raise DataError(
            f"expected at least two images to divide into train and val, found {len(content.images)}. {ADVICE}"
        )
    count = min(max(round(share * len(content.images)), 1), len(content.images) - 1)
    ranked = sorted(content.images, key=lambda identity: hashlib.sha256(f"{seed}:{identity}".encode()).digest())
    chosen = set(ranked[:count])
    return {
        split: _Split(
            {identity: image for identity, image in content.images.items() if (identity in chosen) == (split == "val")},
            [caption for caption in content.captions if (caption[0] in chosen) == (split == "val")],
        )
        for split in layout.SPLITS
    }


def _fingerprints(paths: Sequence[Path]) -> list[dict]:
    return [{"name": Path(path).name, "sha256": sha256_of(Path(path))} for path in paths]


def _write(
    folder: Path, splits: dict[str, _Split], words: list[str], tables: FeatureTables, source: dict, progress: bool
) -> None:
    """Write, validate, and move into place."""
    with work_folder(folder) as work:
        layout.write_vocabulary(work, words)
        word_to_idx = {word: index for index, word in enumerate(words)}
        arrays = {}
        total = sum(len(content.images) for content in splits.values())
        with tqdm(total=total, desc=folder.name, unit="image", disable=not progress) as bar:
            for split, content in splits.items():
                row = {identity: number for number, identity in enumerate(content.images)}
                arrays[f"{split}_captions"] = layout.encode([caption for _, caption in content.captions], word_to_idx)
                arrays[f"{split}_image_idxs"] = np.array([row[image_id] for image_id, _ in content.captions], np.int32)
                images = content.images.values()
                layout.write_lines(work / layout.urls_name(split), (image[url_key(image)] for image in images))
                names = (f"{split}2014/{PurePosixPath(image['file_name']).stem}" for image in images)
                layout.write_lines(work / layout.images_name(split), names)
                _write_features(work / layout.features_name(split), np.array(list(content.images)), tables, bar)
        layout.write_captions(work, arrays)
        text = json.dumps(source, indent=1) + "\n"
        (work / SOURCE).write_text(text, encoding="utf-8", newline="\n")
        validate(work)
        _check_free(folder)  # os.replace would overwrite an empty folder
        os.replace(work, folder)


def _write_features(path: Path, ids: np.ndarray, tables: FeatureTables, bar: tqdm) -> None:
    with h5py.File(path, "w") as file:
        features = file.create_dataset("features", (len(ids), tables.width), np.float32)
        for start in range(0, len(ids), tables.block):
            block = ids[start : start + tables.block]
            features[start : start + len(block)] = tables.rows(block)
            bar.update(len(block))
