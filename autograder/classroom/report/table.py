"""Grades as text: a class as a table, one Result in full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from autograder.check import Result
from autograder.classroom.record import UNSAFE, verdict_text
from autograder.classroom.report.grades_csv import mistakes
from autograder.classroom.results import Outcome
from autograder.submission.plain_text import one_line

RED, PLAIN = "\x1b[1;37;41m", "\x1b[0m"


def table(outcomes: Iterable[Outcome], *, width: int = 118, colour: bool = False) -> str:
    """student, points, the mistakes in words, flags; long cells are wrapped, nothing is cut.

    If anything was graded without isolation, a banner says so first (red if `colour`).
    """
    outcomes = list(outcomes)
    rows = [
        (one_line(o.student, 60), [_points(o)], mistakes(o), [one_line(flag, 400) for flag in o.flags])
        for o in outcomes
    ]
    names = max([len("student"), *(len(row[0]) for row in rows)])
    points = max([len("points"), *(len(row[1][0]) for row in rows)])
    rest = max(width - names - points - 6, 40)
    widths = [names, points, rest // 2, rest - rest // 2]
    lines = [_line(["student", "points", "mistakes", "flags"], widths), _line(["-" * w for w in widths], widths)]
    for name, *cells in rows:
        wrapped = [[name]]
        for cell, cell_width in zip(cells, widths[1:], strict=True):
            wrapped.append([part for text in cell for part in _wrap(text, cell_width)])
        for i in range(max(map(len, wrapped))):
            lines.append(_line([column[i] if i < len(column) else "" for column in wrapped], widths))
    if any(o.result and o.result.sandbox == "none" for o in outcomes):
        lines.insert(0, f"{RED}{UNSAFE}{PLAIN}\n" if colour else f"{UNSAFE}\n")
    return "\n".join(lines)


def result_text(result: Result) -> str:
    """One Result in full: every check as the student reads it, the flags, the sum."""
    parts = [UNSAFE] if result.sandbox == "none" else []
    parts += [verdict_text(verdict) for verdict in result.checks]
    if result.flags:
        parts.append("\n".join(["To look at:", *(f"- {one_line(flag, 400)}" for flag in result.flags)]))
    parts.append(f"{result.points:g} of {result.max_points:g} points (isolation: {result.sandbox})")
    return "\n\n".join(parts)


def _points(outcome: Outcome) -> str:
    result = outcome.result
    return f"{result.points:g} / {result.max_points:g}" if result else "open"


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=True) or [""]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
