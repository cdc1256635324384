"""Results kept on disk, so that nothing is graded twice: results/<problem set>/<student>.json.

A report holds the Result and what the student's cells printed, under a key made of everything that decides them. When
the key of a submission is the one on file, the report is the answer; `make grade` fills these files in parallel
and nbgrader's own commands only read them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder import whole_file
from autograder.check import STATUSES, Result
from autograder.classroom import fingerprint
from autograder.engine import Graded
from autograder.jail import CellOutcome
from autograder.problem_set import ProblemSet
from autograder.submission import Submission
from autograder.submission.plain_text import plain, reason

LIMIT = 10_000  # characters kept of what one cell printed
MAX_FILE = 64_000_000  # bytes of a report


@dataclass(frozen=True)
class Printed:
    """What one of the student's cells printed, and the error it ended with: name, message, lines of code."""

    text: str = ""
    error: str = ""
    message: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A graded submission. printed: by the cell's position in the notebook."""

    student: str
    key: str
    result: Result
    printed: Mapping[int, Printed]
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of one submission: a report, or a problem that a person must solve.

    notebook: the submitted file, or None where none was found. problem: a sentence; "" if there is a report.
    """

    student: str
    notebook: Path | None
    report: Report | None = None
    problem: str = ""
    cached: bool = False

    @property
    def result(self) -> Result | None:
        """What it is graded with; None while a person must look."""
        return self.report.result if self.report and not self.problem else None

    @property
    def flags(self) -> tuple[str, ...]:
        """What a person should look at, the problem first."""
        return ((self.problem,) if self.problem else ()) + (self.result.flags if self.result else ())


def failed(student: str, notebook: Path | None, why: str | Exception) -> Outcome:
    """The outcome of a submission on which the grader itself failed."""
    return Outcome(student, notebook, problem=f"The grader itself failed on it: {reason(why)}.")


def key(submission: Submission, problem_set: ProblemSet, student: str, secret: bytes) -> str:
    """Everything a Result depends on, as a hash; the flags too, because the Result repeats them."""
    parts = [submission.digest, *submission.flags, problem_set.digest, fingerprint.of_code(problem_set.name), student]
    secret_hash = hashlib.sha256(b"results" + secret).hexdigest()
    return hashlib.sha256(json.dumps([*parts, secret_hash]).encode()).hexdigest()


def make(student: str, its_key: str, graded: Graded, seconds: float) -> Report:
    """The report of what the engine returned."""
    printed = {index: _printed(outcome) for index, outcome in graded.cells.items()}
    return Report(student, its_key, graded.result, printed, round(seconds, 3))


def _printed(outcome: CellOutcome) -> Printed:
    text, error = plain(outcome.stdout, LIMIT) + plain(outcome.stderr, LIMIT), outcome.error
    if error is None:
        return Printed(text)
    own = [f"{line.cell}, line {line.number}, in {line.function}: {line.source}" for line in error.lines]
    lines = tuple(plain(line, 300) for line in own)
    return Printed(text, plain(error.kind, 80), plain(error.message, 2_000), lines)


def path(root: Path, problem_set: str, student: str) -> Path:
    return Path(root) / "results" / problem_set / f"{student}.json"


def save(root: Path, report: Report) -> None:
    """Write a report; a reader at the same time sees the old one or the new one."""
    target = path(root, report.result.problem_set, report.student)
    target.parent.mkdir(parents=True, exist_ok=True)
    document = dataclasses.asdict(report) | {"result": report.result.to_dict()}
    whole_file.write(target, json.dumps(document, indent=1))


def load(
    root: Path, problem_set: str, student: str, its_key: str | None, *, allow_unsafe: bool = False
) -> Report | None:
    """The report on file if it answers `its_key` (None: whatever it answers); None if there is none, or none that can
    be believed, or it was made without a sandbox. Whatever lies there in its place is only a reason to grade anew."""
    try:
        document = json.loads(_text(path(root, problem_set, student)))
        if its_key is not None and document["key"] != its_key:
            return None
        result = Result.from_dict(document["result"])
        printed = {int(i): Printed(**{**p, "lines": tuple(p["lines"])}) for i, p in document["printed"].items()}
        report = Report(document["student"], document["key"], result, printed, float(document["seconds"]))
        if (report.student, result.problem_set) != (student, problem_set) or not _is_sound(report):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, MemoryError):
        return None
    return None if result.sandbox == "none" and not allow_unsafe else report


def _text(file: Path) -> str:
    """The text of a regular file of bounded size; a link, a pipe or a device raises OSError and is not opened."""
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE:
            raise OSError(f"{file.name} is no report")
        return opened.read(MAX_FILE).decode("utf-8")


def _is_sound(report: Report) -> bool:
    """Whether a report holds what the engine can have concluded: points in range that sum up, words where words are."""
    result, checks = report.result, report.result.checks
    words = [report.key, result.sandbox, *result.flags]
    words += [word for p in report.printed.values() for word in (p.text, p.error, p.message, *p.lines)]
    words += [word for v in checks for word in (v.name, v.hint, v.mistake)]
    words += [word for v in checks for o in v.outputs for word in (o.name, o.message)]
    pairs = [(v.points, v.max_points) for v in checks]
    sums = (sum(points for points, _ in pairs), sum(most for _, most in pairs))
    return (
        all(isinstance(word, str) for word in words)
        and all(v.status in STATUSES for v in checks)
        and all(math.isfinite(points) and 0 <= points <= most for points, most in pairs)
        and math.isfinite(report.seconds)
        and math.isclose(result.points, sums[0], abs_tol=0.01)
        and math.isclose(result.max_points, sums[1], abs_tol=0.01)
    )
