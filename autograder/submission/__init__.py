"""Strict reading of strangers' files: a notebook or a .py file becomes a Submission, or is Unreadable."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.submission.json_file import Unreadable
from autograder.submission.notebook import Cell, Submission, from_notebook, from_python, load
from autograder.submission.restore import restore

__all__ = ["Cell", "Submission", "Unreadable", "from_notebook", "load", "read", "restore"]


def read(path: str | os.PathLike, released: Mapping[str, Any] | None = None) -> Submission:
    """The submission in a notebook, or in a plain .py file of functions.

    released: the notebook as students got it. If given, a submitted notebook's locked cells are put back as
    released and its grade_ids are compared, exactly as when a class is graded. Raises Unreadable.
    """
    if Path(path).suffix == ".py":
        return from_python(path)
    nb, flags = load(path)
    if released is not None:
        nb, more = restore(nb, released)
        flags += more
    return from_notebook(nb, flags)
