"""Grading one submission through the cache, with one jail for the whole process.

A process that grades imports this and neither nbformat nor nbgrader, which take a second.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import engine
from autograder.classroom import results
from autograder.jail import Jail
from autograder.problem_set import ROOT, ProblemSet, course_secret, load
from autograder.submission import Submission

UNSAFE_VARIABLE = "UNROLL_UNSAFE_NO_SANDBOX"


def unsafe_allowed() -> bool:
    """Whether the environment says that grading without any isolation is acceptable; nothing else may decide so."""
    return os.environ.get(UNSAFE_VARIABLE) == "1"


@functools.lru_cache(maxsize=1)
def shared_jail(allow_none: bool) -> Jail:
    """This process's jail: opened on first use, closed at exit. Raises JailUnavailable with what is missing."""
    jail = Jail(allow_none=allow_none).__enter__()
    atexit.register(jail.__exit__, None, None, None)
    gc.freeze()  # what is loaded by now stays: the garbage collector need not look through it again and again
    return jail


def released_notebook(problem_set: str, folder: Path = ROOT / "assignments") -> dict[str, Any]:
    """The notebook as students got it. Raises ValueError that says how to make it."""
    path = Path(folder) / problem_set / f"{problem_set}.ipynb"
    try:
        return _released(path, path.stat().st_mtime_ns)
    except OSError:
        raise ValueError(f"{path}: the released notebook is missing; run `make release PS={problem_set}`") from None


@functools.lru_cache(maxsize=8)
def _released(path: Path, _changed: int) -> dict[str, Any]:
    nb = json.loads(path.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        cell["source"] = "".join(cell["source"])
    return nb


@dataclass(frozen=True)
class Task:
    """A submission to be graded. notebook: the file it was read from. fresh: even if it is on file."""

    root: Path
    problem_set: str
    student: str
    notebook: Path
    submission: Submission
    fresh: bool = False


def on_file(task: Task) -> results.Report | None:
    """The report of a task that results/ has already, if any."""
    its_key = results.key(task.submission, load(task.problem_set), task.student, course_secret(task.root))
    return results.load(task.root, task.problem_set, task.student, its_key, allow_unsafe=unsafe_allowed())


def graded(task: Task) -> results.Report:
    """The report of a task. Raises what `grade` raises."""
    return grade(task.root, load(task.problem_set), task.submission, task.student, fresh=task.fresh)


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
