"""What a function returned, held against the names of what it should return; and what it called in its turn."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np


class Recorder:
    """A function to hand to the code that is checked; it notes copies of what it is called with."""

    def __init__(self) -> None:
        self.notes: list[tuple] = []

    def __call__(self, *args: Any) -> None:
        self.notes.append(copy.deepcopy(args))


class WrongReturn(ValueError):
    """A function returned nothing, or another number of values than it should."""


def returned(function: str, value: Any, names: tuple[str, ...]) -> Any:
    """Pass `value` on if it can be what `function` should return: one value, or a tuple as long as `names`.

    Raises WrongReturn with a sentence for the student.
    """
    if not names:
        return value
    if value is None:
        raise WrongReturn(f"{function} returned None: is the return statement missing?")
    if len(names) == 1:
        return value
    listed = ", ".join(names)
    if isinstance(value, np.ndarray) and value.ndim and "cache" not in names:
        value = tuple(value)  # it unpacks like a tuple
    if not isinstance(value, (tuple, list)):
        raise WrongReturn(f"{function} returned one value; expected {len(names)}: {listed}")
    if len(value) != len(names):
        raise WrongReturn(f"{function} returned {len(value)} values; expected {len(names)}: {listed}")
    return tuple(value)
