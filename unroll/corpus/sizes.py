"""The check of sizes that the corpora share."""

from __future__ import annotations


def check_sizes(n_train: int, n_val: int, unit: str) -> None:
    """Raise ValueError unless both are whole numbers of at least 1."""
    for name, n in (("n_train", n_train), ("n_val", n_val)):
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f"{name} is the number of {unit}, a whole number of at least 1, not {n!r}")
