"""The file `expected.h5` beside a problem set's notebook: public inputs, right and wrong outputs, hints.

One dataset ``numbers`` holds every array once, one after the other; one dataset ``index`` holds JSON that says what
stands where (most mistakes leave most outputs as they are, so an array may stand for many). Numbers are kept to 30
bits of mantissa (relative error 1e-9), so that the file is the same on machines whose sums differ in the last bit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, overload

import h5py
import numpy as np

FILE = "expected.h5"
BITS = 30
COMPACT = {"track_times": False, "compression": "gzip", "compression_opts": 9, "shuffle": True}


class Packer:
    """Collects arrays and says where each lies."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._size = 0
        self._at: dict[bytes, int] = {}  # the numbers of an array -> where they stand

    def put(self, value: Any) -> Any:
        """A number, a text, an array, or a list or dict of these, as JSON that `Unpacker.get` understands."""
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, dict):
            return {"items": self.put_all(value)}
        if isinstance(value, (list, tuple)):
            return [self.put(item) for item in value]
        array = np.asarray(value)
        flat = array.astype(np.float64).ravel()
        flat = rounded(flat) if array.dtype.kind == "f" else flat
        at = self._at.setdefault(flat.tobytes(), self._size)
        if at == self._size:
            self._parts.append(flat)
            self._size += flat.size
        return {"at": at, "shape": list(array.shape), "dtype": str(array.dtype)}

    def put_all(self, values: Mapping[str, Any] | None) -> Any:
        return None if values is None else {k: self.put(v) for k, v in values.items()}

    def write(self, path: Path, index: Mapping[str, Any]) -> None:
        """Write the file in one go; a reader never sees half of it."""
        partial = path.with_name(f"{path.name}.partial")
        numbers = np.concatenate(self._parts) if self._parts else np.zeros(0)
        with h5py.File(partial, "w", libver=("earliest", "v110")) as f:
            f.create_dataset("numbers", data=numbers, **COMPACT)
            text = np.frombuffer(json.dumps(index, sort_keys=True, indent=0).encode(), dtype=np.uint8)
            f.create_dataset("index", data=text, **COMPACT)
        os.replace(partial, path)


class Unpacker:
    """Reads what a Packer wrote."""

    def __init__(self, path: Path):
        with h5py.File(path, "r") as f:
            self.numbers = f["numbers"][()]
            self.index = json.loads(f["index"][()].tobytes())

    def get(self, entry: Any) -> Any:
        """What was put; a tuple comes back as a list."""
        if isinstance(entry, list):
            return [self.get(item) for item in entry]
        if not isinstance(entry, dict):
            return entry
        if "items" in entry:
            return self.get_all(entry["items"])
        size = int(np.prod(entry["shape"], dtype=int))
        flat = self.numbers[entry["at"] : entry["at"] + size]
        return flat.astype(entry["dtype"]).reshape(entry["shape"])

    @overload
    def get_all(self, entries: None) -> None: ...

    @overload
    def get_all(self, entries: Mapping[str, Any]) -> dict[str, Any]: ...

    def get_all(self, entries: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if entries is None else {k: self.get(v) for k, v in entries.items()}


def rounded(array: np.ndarray) -> np.ndarray:
    """Each number with a mantissa of BITS bits; nan and infinities as they are."""
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.round(mantissa * 2.0**BITS), exponent - BITS)
