"""Tables of image features keyed by image id, in the four forms people keep them in.

.h5   datasets image_ids (n,) and features (n, D); read when asked for, so it may be larger than memory
.h5   one dataset (D,) per image, named by the image id; read when asked for
.npz  arrays image_ids (n,) and features (n, D); held in memory whole
.npy  (n, 1 + D): image id, then features; mapped, so it may be larger than memory
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np

from unroll.data.place import DataError

_BLOCK = 2**19  # numbers read at once
_DENSE = 4  # a slice that reads up to so many times the rows wanted is quicker than h5py's choice of single rows
_EXACT = {2: 2**11, 4: 2**24, 8: 2**53}  # bytes of a float: below this one it tells all integers apart


class FeatureTables:
    """The features of several tables as one. Use it in a `with`: it keeps files open.

    width: numbers per image. Raises DataError for a table that is not as expected, and for two of other widths.
    """

    def __init__(self, paths: Sequence[str | os.PathLike]):
        if not paths:
            raise DataError("expected at least one table of features, found none. Name a .h5, .npz or .npy file.")
        with ExitStack() as files:
            self._tables = [_open(Path(path), files) for path in paths]
            self.width = self._tables[0].width
            for table in self._tables[1:]:
                if table.width != self.width:
                    raise DataError(
                        f"{table.path}: expected features of width {self.width} as in {self._tables[0].path}, found "
                        f"{table.width}. Make all tables with the same network."
                    )
            self._files = files.pop_all()
        ids = np.concatenate([table.ids for table in self._tables])
        order = np.argsort(ids, kind="stable")
        self._ids = ids[order]
        self._table = np.repeat(np.arange(len(self._tables)), [len(table.ids) for table in self._tables])[order]
        self._row = np.concatenate([np.arange(len(table.ids)) for table in self._tables])[order]

    def __enter__(self) -> FeatureTables:
        return self

    def __exit__(self, *error) -> None:
        self._files.close()

    @property
    def block(self) -> int:
        """How many images to ask `rows` for at once."""
        return max(1, _BLOCK // self.width)

    def has(self, ids: np.ndarray) -> np.ndarray:
        """Whether there are features for each id, (n,) bool."""
        return np.isin(ids, self._ids)

    def rows(self, ids: np.ndarray) -> np.ndarray:
        """The features of images that are there, (n, width) float32. Raises DataError if any are not finite."""
        return self._read(np.searchsorted(self._ids, ids))

    def check_repeated(self, ids: np.ndarray) -> None:
        """Raise DataError if one of the ids has different features in two places."""
        again = np.flatnonzero(self._ids[1:] == self._ids[:-1]) + 1
        again = again[np.isin(self._ids[again], ids)]
        for start in range(0, len(again), self.block):
            entries = again[start : start + self.block]
            different = (self._read(entries) != self._read(entries - 1)).any(axis=1)
            if different.any():
                entry = entries[different.argmax()]
                places = [self._tables[self._table[i]].path for i in (entry - 1, entry)]
                raise DataError(
                    f"{places[1]}: expected the features of image {self._ids[entry]} that {places[0]} has, found "
                    "others. Keep one of the two."
                )

    def _read(self, entries: np.ndarray) -> np.ndarray:
        """entries: positions in self._ids."""
        features = np.empty((len(entries), self.width), np.float32)
        for number, table in enumerate(self._tables):
            mine = np.flatnonzero(self._table[entries] == number)
            if len(mine):
                wanted, back = np.unique(self._row[entries[mine]], return_inverse=True)  # h5py wants them so
                with np.errstate(over="ignore"):  # too large for float32 becomes infinite, which is refused
                    features[mine] = table.read(wanted)[back]
        finite = np.isfinite(features).all(axis=1)
        if not finite.all():
            entry = entries[finite.argmin()]
            raise DataError(
                f"{self._tables[self._table[entry]].path}: expected finite features that fit float32, found others for "
                f"image {self._ids[entry]}. Compute them again, or leave the image out."
            )
        return features


class _Array:
    """A table whose features are one array, in a file or in memory."""

    def __init__(self, path: Path, ids: np.ndarray, features: np.ndarray | h5py.Dataset, skip: int = 0):
        """skip: leading columns that are not features."""
        if features.ndim != 2 or features.dtype.kind != "f" or features.shape[1] <= skip:
            raise _bad(path, "features as floats (images, D)", f"{features.dtype} in shape {features.shape}")
        if ids.shape != features.shape[:1]:
            raise _bad(path, f"one id per row of features, {features.shape[:1]}", f"image_ids in shape {ids.shape}")
        self.path, self.ids, self.width = path, _integers(path, ids), features.shape[1] - skip
        self._features, self._skip = features, skip

    def read(self, rows: np.ndarray) -> np.ndarray:
        """rows: distinct and ascending."""
        first, last = rows[0], rows[-1] + 1
        try:
            if last - first <= _DENSE * len(rows):
                return self._features[first:last, self._skip :][rows - first]
            return self._features[rows, self._skip :]
        except OSError as error:
            raise _bad(self.path, "features that can be read", f"a damaged file ({error})") from None


class _Single:
    """A table with one dataset per image."""

    def __init__(self, path: Path, file: h5py.File):
        self.path, self._file, self._names = path, file, list(file)
        for name in self._names:
            if not (name.isascii() and name.isdigit()):
                expected = "datasets image_ids and features, or one dataset per image named by its id"
                raise _bad(path, expected, f"{name!r}")
        if not self._names:
            raise _bad(path, "datasets image_ids and features, or one dataset per image named by its id", "none")
        self.ids = _integers(path, np.array([int(name) for name in self._names]))
        self.width = len(self._vector(0))

    def read(self, rows: np.ndarray) -> np.ndarray:
        return np.stack([self._vector(row) for row in rows])

    def _vector(self, row: int) -> np.ndarray:
        name = self._names[row]
        dataset = self._file.get(name)
        width = getattr(self, "width", None)  # not known while the first is read
        if not isinstance(dataset, h5py.Dataset) or dataset.ndim != 1 or dataset.dtype.kind != "f" or not len(dataset):
            raise _bad(self.path, "floats (D,) for every image", f"something else for image {name}")
        if width is not None and len(dataset) != width:
            raise _bad(self.path, f"{width} numbers for every image", f"{len(dataset)} for image {name}")
        try:
            return dataset[:]
        except OSError as error:
            raise _bad(self.path, "features that can be read", f"a damaged file ({error})") from None


def _open(path: Path, files: ExitStack) -> _Array | _Single:
    if not path.is_file():
        raise _bad(path, "a table of features", "a folder" if path.is_dir() else "no such file")
    try:
        if path.suffix in (".h5", ".hdf5"):
            return _open_h5(path, files.enter_context(h5py.File(path, "r")))
        if path.suffix == ".npz":
            return _open_npz(path)
        if path.suffix == ".npy":
            return _open_npy(path)
    except DataError:
        raise
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error) or "Python objects" in str(error):
            expected = "plain numbers"
            found = (
                "Python objects or no NumPy file at all; objects need unpickling, which can run code and is not done"
            )
            raise _bad(path, expected, found) from None
        raise _bad(path, f"a {path.suffix} file", f"one that cannot be read ({error})") from None
    raise _bad(path, "a table of features in .h5, .npz or .npy", f"{path.suffix or 'a name without ending'}")


def _open_h5(path: Path, file: h5py.File) -> _Array | _Single:
    found = [name for name in ("image_ids", "features") if isinstance(file.get(name), h5py.Dataset)]
    if len(found) == 2:
        return _Array(path, file["image_ids"][()], file["features"])
    if found:
        raise _bad(path, "datasets image_ids and features", f"only {found[0]}")
    return _Single(path, file)


def _open_npz(path: Path) -> _Array:
    with np.load(path, allow_pickle=False) as content:
        if not isinstance(content, np.lib.npyio.NpzFile):
            raise _bad(path, "an .npz file", "an .npy one")
        if not {"image_ids", "features"} <= set(content.files):
            raise _bad(path, "arrays image_ids and features", ", ".join(content.files) or "none")
        return _Array(path, content["image_ids"], content["features"])


def _open_npy(path: Path) -> _Array:
    table = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(table, np.ndarray) or table.ndim != 2 or table.dtype.kind != "f":
        found = f"{table.dtype} in shape {table.shape}" if isinstance(table, np.ndarray) else "an .npz file"
        raise _bad(path, "floats (images, 1 + D), the first column the image id", found)
    column = np.array(table[:, :1].ravel(), np.float64)
    wrong = ~((column >= 0) & (column == np.floor(column)))
    if wrong.any():
        row = int(wrong.argmax())
        raise _bad(path, "image ids, integers from 0, in the first column", f"{column[row]} in row {row}")
    limit = _EXACT.get(table.dtype.itemsize, 2**53)
    if (column >= limit).any():
        found = f"{column.max():.0f}: this type does not tell all such integers apart"
        raise _bad(path, f"image ids below {limit} in {table.dtype}", found)
    return _Array(path, column.astype(np.int64), table, skip=1)


def _integers(path: Path, ids: np.ndarray) -> np.ndarray:
    if ids.dtype.kind not in "iu":
        raise _bad(path, "image ids as integers", f"{ids.dtype}")
    if len(ids) and (ids.min() < 0 or ids.max() >= 2**63):
        raise _bad(path, "image ids from 0 up to 2**63 - 1", f"{ids.min()} to {ids.max()}")
    return ids.astype(np.int64)


def _bad(path: Path, expected: str, found: str) -> DataError:
    return DataError(
        f"{path}: expected {expected}, found {found}. Save the features again in one of the forms that "
        "unroll/data/feature_table.py lists."
    )
