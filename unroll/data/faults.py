"""Faults of data in plain sentences: what was found, where first, what was expected, how many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np


class Notes:
    """The faults of one dataset: for each kind where it is first and how many rows have it."""

    def __init__(self, where: str):
        self.where = where
        self.first: dict[str, str] = {}
        self.count: dict[str, int] = {}

    def add(self, expected: str, bad: np.ndarray, start: int, found: Callable[[int, int], str]) -> None:
        """bad: (rows, columns) bool, of the block that begins at row start. found: row and column to text."""
        rows = bad.any(axis=1)
        count = int(rows.sum())
        if count and expected not in self.first:
            row = int(rows.argmax())
            self.first[expected] = f"row {start + row} has {found(row, int(bad[row].argmax()))}"
        self.count[expected] = self.count.get(expected, 0) + count

    def sentences(self) -> list[str]:
        return [
            f"{self.where}: {first}, {expected} ({in_all(self.count[expected], 'row')})"
            for expected, first in self.first.items()
        ]


def in_all(count: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count} {noun if count == 1 else plural} in all"


def file_fault(path: Path, empty: bool = False) -> str | None:
    """What is wrong with a file before it is read, if anything. empty: whether it may be empty."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "something else" if path.exists() else "nothing of that name"
        return f"{path.name}: expected a file, found {found}"
    if not empty and path.stat().st_size == 0:
        return f"{path.name}: expected contents, found an empty file"
    return None
