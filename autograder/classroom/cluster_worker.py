"""What runs on a worker of a cluster, and what is sent there: see the module cluster.

What crosses is a submission as read on the grading machine, the seeds of its checks and the name of the problem set: no
student's name, no course secret, no file. What comes back is a report without a name.
"""

from __future__ import annotations

import asyncio
import pickle
import platform
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograder import engine
from autograder.classroom import fingerprint, grading, results
from autograder.classroom.results import Report
from autograder.jail import JailUnavailable
from autograder.problem_set import load
from autograder.submission import Submission
from autograder.submission.plain_text import reason

_one_at_a_time = threading.Lock()  # a process has one jail, also if its worker was started with several threads


class ClusterFailed(RuntimeError):
    """The cluster cannot be used, or not any more; the text says what was expected, what was found, what to do."""


class _Call:
    """Pickled, this is a call of `answer`."""

    def __init__(self, *arguments: Any):
        self.arguments = arguments

    def __reduce__(self) -> tuple:
        return answer, self.arguments


def payload(*arguments: Any) -> bytes:
    """The call ``answer(*arguments)`` as bytes for `pickle.loads`: a scheduler unpickles functions itself, not bytes.

    So it needs none of our code, and cannot show what is in them.
    """
    return pickle.dumps(_Call(*arguments))


def answer(
    submission: Submission, problem_set: str, seeds: Mapping[str, int], versions: Mapping[str, str], unsafe: bool
) -> Report | str | Exception:
    """A report without name and key, or why the grader failed on it, or a ClusterFailed or JailUnavailable.

    It never raises, for Dask would put the arguments into the worker's log.
    """
    try:
        with _one_at_a_time:
            _require(problem_set, versions, unsafe)
            start = time.perf_counter()
            graded = engine.grade_seeded(submission, load(problem_set), grading.shared_jail(unsafe), seeds)
            return results.make("", "", graded, time.perf_counter() - start)
    except (ClusterFailed, JailUnavailable) as error:
        from distributed import get_worker

        return refused(get_worker().address, error)
    except Exception as error:  # a fault of the grader must cost nobody else a grade
        return reason(error)


async def examine(problem_set: str, versions: Mapping[str, str], unsafe: bool) -> None:
    """Raise ClusterFailed if this worker is not of the `versions` given, JailUnavailable if it has no isolation."""

    def look() -> None:
        if _one_at_a_time.acquire(blocking=False):  # else it grades another class now, and will look before it grades
            try:
                _require(problem_set, versions, unsafe)
            finally:
                _one_at_a_time.release()

    await asyncio.to_thread(look)  # opening a jail takes seconds, in which the worker has to show that it lives


def _require(problem_set: str, versions: Mapping[str, str], unsafe: bool) -> None:
    for what, found in versions_here(problem_set):
        if found != versions[what]:
            raise ClusterFailed(
                f"{what} {versions[what]} was expected and {found} was found. Give it the same commit of this "
                "repository, and the same Python and NumPy, as the machine that sends, and start it again"
            )
    grading.shared_jail(unsafe)


def versions_here(problem_set: str) -> Iterator[tuple[str, str]]:
    """What decides a Result besides the submission and its seeds, in the order to compare it."""
    yield "the autograder's code", fingerprint.of_code(problem_set)[:16]
    yield "the problem set", load(problem_set).digest[:16]
    yield "Python", ".".join(platform.python_version_tuple()[:2])
    yield "NumPy", np.__version__


def refused(worker: str, error: Exception | str) -> Exception:
    """`error` with the address of the worker that it is about."""
    kind = JailUnavailable if isinstance(error, JailUnavailable) else ClusterFailed
    return kind(f"The worker {worker} cannot grade: {error}")
