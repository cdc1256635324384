"""One reproducible stream of random choices per image and purpose.

Only `random.Random.random` is used: Python promises that its values never change for a given seed, while it
promises nothing for `choice` or `shuffle`. So a scene and its captions are the same on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Stream:
    """Random choices that depend on nothing but `name`."""

    def __init__(self, name: str):
        self._random = random.Random(name).random

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self._random()

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int((high - low + 1) * self._random())

    def pick(self, options: Sequence[T]) -> T:
        return options[int(len(options) * self._random())]

    def weighted(self, options: Sequence[tuple[T, float]]) -> T:
        """One of the first items of the pairs, with probability in proportion to the second."""
        total = 0.0
        for _, weight in options:  # not sum(): from Python 3.12 on it rounds differently
            total += weight
        target = self._random() * total
        for option, weight in options:
            target -= weight
            if target < 0:
                return option
        return options[-1][0]


def weights(table: str) -> tuple[tuple[str, float], ...]:
    """Read ``"dog 3, puppy, fire hydrant 2"`` as (("dog", 3.0), ("puppy", 1.0), ("fire hydrant", 2.0))."""
    pairs = []
    for entry in table.split(","):
        text, _, last = entry.strip().rpartition(" ")
        if last.replace(".", "").isdigit():
            pairs.append((text, float(last)))
        else:
            pairs.append((entry.strip(), 1.0))
    return tuple(pairs)
