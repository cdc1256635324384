"""Datasets that stay in their HDF5 file until they are used.

Opening the 82,783 x 512 features of COCO costs a millisecond, and 100 random rows another. A dataset that lies in
one piece comes as an ordinary array that the system reads page by page; one in chunks as `Rows`, or, where it is
small, whole.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from unroll.data.place import DataError

_SMALL = 16 << 20  # bytes of a chunked dataset that is read whole
_BLOCK = 64  # rows read at a time where the file does not say


def read(path: Path, name: str) -> np.ndarray | Rows:
    """Dataset `name` of an HDF5 file.

    Elements may be changed in memory; the file stays as it is. Raises DataError if the file or the dataset is not
    there or cannot be read.
    """
    file = open_file(path)
    if not isinstance(file.get(name), h5py.Dataset):
        raise DataError(f"{path}: expected a dataset {name!r}, found {', '.join(file) or 'none'}.")
    dataset = file[name]
    offset = dataset.id.get_offset()
    if offset is not None and dataset.dtype.kind in "fiu" and dataset.size:
        with file:
            shape, dtype = dataset.shape, dataset.dtype
        # mode "c": pages that are changed become the process's own. asarray, because users test for the plain type.
        return np.asarray(np.memmap(path, dtype, mode="c", offset=offset, shape=shape))
    if dataset.ndim == 0 or dataset.size * dataset.dtype.itemsize <= _SMALL:
        with file:
            return dataset[()]
    return Rows(dataset)


def open_file(path: Path) -> h5py.File:
    """An HDF5 file, open for reading. Raises DataError if it is not one."""
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path}: expected an HDF5 file, found one that cannot be read ({error}).") from None


class Rows:
    """A large chunked dataset, read when rows of it are asked for: rows[7], rows[2:9], rows[indices], rows[mask].

    Any indices that NumPy takes for the first axis, in any order, negative or more than once. `np.asarray(rows)`
    reads everything.
    """

    def __init__(self, dataset: h5py.Dataset):
        self._dataset = dataset
        self._block = dataset.chunks[0] if dataset.chunks else _BLOCK

    shape = property(lambda self: self._dataset.shape)
    dtype = property(lambda self: self._dataset.dtype)
    ndim = property(lambda self: self._dataset.ndim)
    size = property(lambda self: self._dataset.size)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"Rows(shape={self.shape}, dtype={self.dtype}, file={self._dataset.file.filename!r})"

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self._dataset[()].astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key) -> np.ndarray:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, slice) and not rest and (first.step is None or first.step > 0):
            return self._dataset[first]
        chosen = np.arange(len(self))[first]  # NumPy's own rules, and its own errors
        rows = self._gather(np.atleast_1d(chosen).ravel()).reshape(chosen.shape + self.shape[1:])
        return rows[(slice(None),) * chosen.ndim + tuple(rest)] if rest else rows

    def _gather(self, indices: np.ndarray) -> np.ndarray:
        """Rows by index, each block of the file read once."""
        wanted, place = np.unique(indices, return_inverse=True)
        found = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        blocks = wanted // self._block
        edges = np.flatnonzero(np.diff(blocks, prepend=-1, append=-1))
        for begin, end in zip(edges, edges[1:], strict=False):
            start = blocks[begin] * self._block
            low, high = wanted[begin] - start, wanted[end - 1] - start + 1
            found[begin:end] = self._dataset[start + low : start + high][wanted[begin:end] - start - low]
        return found[place]
