"""Grading one submission through the cache, with one jail for the whole process."""

from __future__ import annotations

import atexit
import functools
import os
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import engine
from autograder.classroom import results
from autograder.jail import Jail
from autograder.problem_set import ROOT, ProblemSet, course_secret
from autograder.submission import Submission, from_node, load, restore

UNSAFE_VARIABLE = "UNROLL_UNSAFE_NO_SANDBOX"


def unsafe_allowed() -> bool:
    """Whether the environment says that grading without any isolation is acceptable; nothing else may decide so."""
    return os.environ.get(UNSAFE_VARIABLE) == "1"


@functools.lru_cache(maxsize=1)
def shared_jail(allow_none: bool) -> Jail:
    """This process's jail: opened on first use, closed at exit. Raises JailUnavailable with what is missing."""
    jail = Jail(allow_none=allow_none).__enter__()
    atexit.register(jail.__exit__, None, None, None)
    return jail


def released_notebook(problem_set: str, folder: Path = ROOT / "assignments") -> NotebookNode:
    """The notebook as students got it. Raises ValueError that says how to make it."""
    path = Path(folder) / problem_set / f"{problem_set}.ipynb"
    try:
        return _released(path, path.stat().st_mtime_ns)
    except OSError:
        raise ValueError(f"{path}: the released notebook is missing; run `make release`") from None


@functools.lru_cache(maxsize=8)
def _released(path: Path, _changed: int) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def read_restored(path: Path, released: NotebookNode) -> NotebookNode:
    """A submitted notebook, clean and restored, with its flags in ``metadata.unroll.flags``. Raises Unreadable."""
    nb, flags = load(path)
    nb, more = restore(nb, released)
    nb.metadata["unroll"] = NotebookNode(flags=[*dict.fromkeys(flags + more)])
    return nb


def submission_of(nb: NotebookNode) -> Submission:
    """The submission in a notebook made by `read_restored`, before or after nbgrader's sanitizing."""
    return from_node(nb, nb.metadata.get("unroll", {}).get("flags", ()))


def grade(
    root: Path, problem_set: ProblemSet, submission: Submission, student: str, *, fresh: bool = False
) -> results.Report:
    """The report of a submission: from results/ if it is there, else graded now and put there.

    root: the course's folder, which holds results/ and the course secret. fresh: grade even if it is there.
    Raises JailUnavailable if there is no isolation and the environment does not say that none is needed.
    """
    secret = course_secret(root)
    key = results.key(submission, problem_set, student, secret)
    unsafe = unsafe_allowed()
    if not fresh and (known := results.load(root, problem_set.name, student, key, allow_unsafe=unsafe)):
        return known
    start = time.perf_counter()
    graded = engine.grade(submission, problem_set, shared_jail(unsafe), student=student, secret=secret)
    report = results.make(student, key, graded, time.perf_counter() - start)
    results.save(root, report)
    return report
