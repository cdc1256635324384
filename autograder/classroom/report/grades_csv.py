"""grades.csv: a row per student, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable

from autograder import whole_file
from autograder.classroom.results import Outcome
from autograder.submission.plain_text import in_words, one_line


def write_csv(outcomes: Iterable[Outcome], path: str | os.PathLike) -> None:
    """Write student, points, max_points, one column per check, mistakes, flags, sandbox.

    A submission without a result has empty points, never zero: a person must decide. `path` is replaced.
    """
    outcomes = list(outcomes)
    checks = list(dict.fromkeys(v.name for o in outcomes if o.result for v in o.result.checks))
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["student", "points", "max_points", *checks, "mistakes", "flags", "sandbox"])
    for outcome in outcomes:
        result = outcome.result
        by_name = {v.name: v for v in result.checks} if result else {}
        writer.writerow(
            [
                safe_cell(outcome.student),
                result.points if result else "",
                result.max_points if result else "",
                *(by_name[name].points if name in by_name else "" for name in checks),
                safe_cell("; ".join(mistakes(outcome))),
                safe_cell("; ".join(one_line(flag, 500) for flag in outcome.flags)),
                result.sandbox if result else "",
            ]
        )
    whole_file.write(path, table.getvalue())


def mistakes(outcome: Outcome) -> list[str]:
    """The mistakes that were named, in words, each with its check."""
    verdicts = outcome.result.checks if outcome.result else ()
    return [f"{v.name}: {in_words(v.mistake)}" for v in verdicts if v.mistake]


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = one_line(text, 5_000)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "|", "%")) else text
