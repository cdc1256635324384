"""The three things that cross the wire besides plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Handle:
    """Stands for an object that stays in the worker, for example a student's cache."""

    id: int


@dataclass(frozen=True)
class Rng:
    """As an argument: becomes ``np.random.default_rng(seed)`` in the worker, 0 <= seed < 2**128."""

    seed: int


@dataclass(frozen=True)
class Unsupported:
    """In a reply: a value that is not plain data, such as a module or an array of objects."""

    type_name: str
