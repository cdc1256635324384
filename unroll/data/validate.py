"""Whether a folder in the coco_captioning layout, embedded or real, is good: every fault in a plain sentence.

Files are read in blocks of rows, so that the real data set takes seconds and little memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

from unroll.data import layout
from unroll.data.faults import Notes, file_fault, in_all
from unroll.data.layout import CAPTIONS, END, NULL, SPLITS, START, VOCABULARY
from unroll.data.place import DataError
from unroll.data.vocabulary_file import read_vocabulary

_BLOCK = 2**19  # numbers read at once
_SHORTEST = 4  # columns of captions: <START>, a word, <END>, and one that reader and model shift by
_H5_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError)  # what h5py raises on damaged files


def problems(folder: Path, *, fc7: bool = False) -> list[str]:
    """Every fault of a data set, one sentence each, the file's name first; none if it is good.

    fc7: look at the features before PCA too.
    """
    return _inspect(Path(folder), fc7)[0]


def validate(folder: Path, *, fc7: bool = False) -> dict:
    """What a good data set holds: words, length of a caption row, and per split captions, images, width.

    fc7: look at the features before PCA too; then each split has fc7_width as well.
    Raises DataError that lists every fault of a bad one.
    """
    found, summary = _inspect(Path(folder), fc7)
    if found:
        count = "a problem" if len(found) == 1 else f"{len(found)} problems"
        raise DataError("\n".join([f"{folder}: {count}", *found, "Build or download the data set again."]))
    return summary


def _inspect(folder: Path, fc7: bool) -> tuple[list[str], dict]:
    if not folder.is_dir():
        return [f"{folder.name}: expected a folder, found {'a file' if folder.exists() else 'nothing'}"], {}
    words, found = read_vocabulary(folder / VOCABULARY)
    summary: dict = {"words": len(words), **{split: {} for split in SPLITS}}
    for pca, key in ((True, "width"), (False, "fc7_width")):
        if pca or fc7:
            found += _features_faults(folder, pca, key, summary)
    found += _captions_faults(folder / CAPTIONS, len(words), summary)
    for split in SPLITS:
        for name in (layout.urls_name(split), layout.images_name(split)):
            found += _lines_faults(folder / name, summary[split].get("images"))
    return found, summary


def _features_faults(folder: Path, pca: bool, key: str, summary: dict) -> list[str]:
    """Looks at the features of both splits; puts images and width, as far as known, into summary."""
    found = []
    for split in SPLITS:
        path = folder / layout.features_name(split, pca)

        def check(file: h5py.File, entry: dict = summary[split], path: Path = path) -> list[str]:
            features, faults = _dataset(file, path.name, "features", "f", 2)
            if features is None:
                return faults
            rows, entry[key] = features.shape
            if entry.setdefault("images", rows) != rows:
                faults.append(f"{path.name}: features: expected {entry['images']} rows as after PCA, found {rows}")
            if 0 in features.shape:
                return [*faults, f"{path.name}: features: expected at least one image and number, found none"]
            notes = Notes(f"{path.name}: features")
            for start, block in _blocks(features):

                def value(i: int, j: int, block: np.ndarray = block) -> str:
                    return f"{block[i, j]} at column {j}"

                notes.add("expected finite numbers", ~np.isfinite(block), start, value)
            return faults + notes.sentences()

        found += _with_file(path, check)
    widths = [summary[split].get(key) for split in SPLITS]
    if None not in widths and widths[0] != widths[1]:
        names = [layout.features_name(split, pca) for split in SPLITS]
        found.append(f"{names[1]}: features: expected width {widths[0]} as in {names[0]}, found {widths[1]}")
    return found


def _captions_faults(path: Path, words: int, summary: dict) -> list[str]:
    """Looks at captions and image indices of both splits; puts their numbers into summary."""

    def check(file: h5py.File) -> list[str]:
        found, lengths = [], []
        for split in SPLITS:
            captions, faults = _dataset(file, path.name, f"{split}_captions", "iu", 2)
            image_idxs, more = _dataset(file, path.name, f"{split}_image_idxs", "iu", 1)
            found += faults + more
            if captions is not None:
                where = f"{path.name}: {split}_captions"
                summary[split]["captions"], length = captions.shape
                lengths.append(length)
                if not len(captions):
                    found.append(f"{where}: expected at least one caption, found none")
                if length < _SHORTEST:
                    found.append(f"{where}: expected at least {_SHORTEST} columns, found {length}")
                else:
                    found += _rows_faults(where, captions, words)
            if captions is not None and image_idxs is not None and len(captions) != len(image_idxs):
                expected = f"expected {len(captions)} entries as {split}_captions has"
                found.append(f"{path.name}: {split}_image_idxs: {expected}, found {len(image_idxs)}")
            if image_idxs is not None and "images" in summary[split]:
                found += _range_faults(f"{path.name}: {split}_image_idxs", image_idxs, summary[split]["images"])
        if len(set(lengths)) > 1:
            found.append(f"{path.name}: val_captions: expected {lengths[0]} columns as in train, found {lengths[1]}")
        summary["length"] = lengths[0] if lengths else None
        return found

    return _with_file(path, check)


def _rows_faults(where: str, captions: h5py.Dataset, words: int) -> list[str]:
    """Captions that are not <START>, words, one <END>, then <NULL>. words: size of the vocabulary, 0 if unknown."""
    notes = Notes(where)
    columns = np.arange(captions.shape[1])
    for start, rows in _blocks(captions):

        def value(i: int, j: int, rows: np.ndarray = rows) -> str:
            return f"{rows[i, j]} at column {j}"

        starts, ends = rows == START, rows == END
        notes.add("expected <START> there", ~starts[:, :1], start, value)
        starts[:, 0] = False
        notes.add("expected it at column 0 only", starts, start, lambda i, j: f"<START> at column {j}")
        number = ends.sum(axis=1)
        wrong = (number != 1)[:, None]

        def ends_in(i: int, j: int, number: np.ndarray = number) -> str:
            return f"{number[i]} <END>"

        notes.add("expected exactly one", wrong, start, ends_in)
        last = ends.argmax(axis=1)[:, None]
        nulls = rows == NULL
        notes.add("expected <NULL> after <END>", ~wrong & (columns > last) & ~nulls, start, value)
        notes.add(
            "expected it after <END> only",
            ~wrong & (columns < last) & nulls,
            start,
            lambda i, j: f"<NULL> at column {j}",
        )
        if words:
            notes.add(f"expected 0 to {words - 1}", (rows < 0) | (rows >= words), start, value)
    return notes.sentences()


def _range_faults(where: str, image_idxs: h5py.Dataset, images: int) -> list[str]:
    notes = Notes(where)
    for start, block in _blocks(image_idxs):

        def image(i: int, j: int, block: np.ndarray = block) -> str:
            return f"image {block[i]}"

        outside = ((block < 0) | (block >= images))[:, None]
        notes.add(f"expected 0 to {images - 1}, the rows of the features", outside, start, image)
    return notes.sentences()


def _lines_faults(path: Path, images: int | None) -> list[str]:
    """images: how many lines are expected, None if not known."""
    if fault := file_fault(path, empty=True):
        return [fault]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        return [f"{path.name}: expected UTF-8 text, found something else ({error})"]
    blank = [number for number, line in enumerate(lines, 1) if not line.strip()]
    found = []
    if blank:  # readers skip blank lines: every later one would belong to the wrong image
        found.append(
            f"{path.name}: line {blank[0]} is blank, expected one entry per line ({in_all(len(blank), 'line')})"
        )
    if images is not None and len(lines) != images:
        found.append(f"{path.name}: expected {images} lines, one per row of the features, found {len(lines)}")
    return found


def _with_file(path: Path, check: Callable[[h5py.File], list[str]]) -> list[str]:
    """What check finds in an HDF5 file, or why it cannot be read."""
    if fault := file_fault(path):
        return [fault]
    try:
        if not h5py.is_hdf5(path):
            return [f"{path.name}: expected an HDF5 file, found something else ({path.stat().st_size} bytes)"]
        with h5py.File(path, "r") as file:
            return check(file)
    except _H5_ERRORS as error:
        return [f"{path.name}: expected a whole HDF5 file, found a damaged or incomplete one ({error})"]


def _dataset(file: h5py.File, where: str, name: str, kinds: str, rank: int) -> tuple[h5py.Dataset | None, list[str]]:
    """A dataset whose dtype has one of the kinds and whose shape has that rank; else None and what is wrong."""
    dataset = file.get(name)
    if not isinstance(dataset, h5py.Dataset):
        return None, [f"{where}: expected a dataset {name!r}, found {', '.join(file) or 'none'}"]
    if dataset.dtype.kind not in kinds or dataset.ndim != rank:
        numbers = "floats" if kinds == "f" else "integers"
        found = f"{dataset.dtype} in shape {dataset.shape}"
        return None, [f"{where}: {name}: expected {numbers} in {rank} dimension{'s' * (rank > 1)}, found {found}"]
    return dataset, []


def _blocks(dataset: h5py.Dataset) -> Iterator[tuple[int, np.ndarray]]:
    """Blocks of rows, each with the number of its first row."""
    step = max(1, _BLOCK // max(1, int(np.prod(dataset.shape[1:]))))
    for start in range(0, len(dataset), step):
        yield start, dataset[start : start + step]
