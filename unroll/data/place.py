"""Where data sets lie, and the error that every bad one raises."""

from __future__ import annotations

import os
from pathlib import Path


class DataError(RuntimeError):
    """A data set that is not as it should be: what was expected, what was found, what to do."""


def data_root() -> Path:
    """The folder that holds the data sets.

    $UNROLL_DATA if set, else `data/` of the checkout the package lies in, else a cache folder of the user.
    """
    if os.environ.get("UNROLL_DATA"):
        return Path(os.environ["UNROLL_DATA"]).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return checkout / "data"
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "unroll"
