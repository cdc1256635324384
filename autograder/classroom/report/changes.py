"""What grading again would change: after a check was corrected, whose points change, by how much, and where."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.check import Result, Verdict
from autograder.classroom import results
from autograder.classroom.results import Outcome, Report
from autograder.submission.plain_text import in_words, one_line

UP, DOWN, OPEN, NEW, SAME_POINTS, UNCHANGED = KINDS = ("up", "down", "open", "new", "same points", "unchanged")
_ALWAYS_COUNTED = (UNCHANGED, UP, DOWN)
_SUMMARY = {
    UNCHANGED: "{} unchanged",
    UP: "{} up",
    DOWN: "{} down",
    SAME_POINTS: "{} with the same points for other reasons",
    NEW: "{} graded for the first time",
    OPEN: "{} not graded, for a person to look at",
}


@dataclass(frozen=True)
class CheckChange:
    """One check before and after; None where the problem set did not have it."""

    name: str
    before: Verdict | None
    after: Verdict | None


@dataclass(frozen=True)
class Change:
    """One student before and after. before: None if nothing was on file; after: None if a person must look: `problem`.

    checks: those whose status or points changed, in the problem set's order.
    """

    student: str
    before: Result | None
    after: Result | None
    checks: tuple[CheckChange, ...] = ()
    problem: str = ""

    @property
    def points(self) -> float:
        """Points gained; negative if lost; 0 if there is nothing to compare."""
        return round(self.after.points - self.before.points, 2) if self.before and self.after else 0.0

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        if self.after is None:
            return OPEN
        if self.before is None:
            return NEW
        if self.points:
            return UP if self.points > 0 else DOWN
        return SAME_POINTS if self.checks or self.before.max_points != self.after.max_points else UNCHANGED


def on_file(root: Path, problem_set: str) -> dict[str, Report]:
    """The reports in `root`/results by student, whatever they were graded with; those that cannot be read left out.

    Read them before grading again: that puts new ones in their places.
    """
    found = {}
    for path in sorted((Path(root) / "results" / problem_set).glob("*.json")):
        if report := results.load(root, problem_set, path.stem, None, allow_unsafe=True):
            found[path.stem] = report
    return found


def changes(before: Mapping[str, Report], after: Iterable[Outcome]) -> list[Change]:
    """One Change per outcome, the largest change of points first, then by `KINDS`, then by name.

    Students who are only in `before` were not graded again, and are left out.
    """
    found = [_change(before.get(outcome.student), outcome) for outcome in after]
    return sorted(found, key=lambda c: (-abs(c.points), KINDS.index(c.kind), c.student))


def _change(report: Report | None, outcome: Outcome) -> Change:
    old, new = report.result if report else None, outcome.result
    if not (old and new):
        return Change(outcome.student, old, new, problem=outcome.problem)
    was, now = ({v.name: v for v in result.checks} for result in (old, new))
    names = dict.fromkeys((*now, *was))
    pairs = [CheckChange(name, was.get(name), now.get(name)) for name in names]
    checks = tuple(p for p in pairs if _graded(p.before) != _graded(p.after))
    return Change(outcome.student, old, new, checks)


def _graded(verdict: Verdict | None) -> tuple | None:
    """What counts as a change of a check; hints and errors do not."""
    return (verdict.status, verdict.points, verdict.max_points) if verdict else None


def summary(found: Iterable[Change]) -> str:
    """How many are unchanged, up, down, and whatever else there is, in one sentence."""
    kinds = [change.kind for change in found]
    shown = [kind for kind in _SUMMARY if kind in _ALWAYS_COUNTED or kind in kinds]
    return f"Of {len(kinds)}: " + ", ".join(_SUMMARY[kind].format(kinds.count(kind)) for kind in shown) + "."


def changes_table(found: Iterable[Change], *, width: int = 118) -> str:
    """student, before, after, change, and the checks that changed, one a line; then the summary.

    Who is unchanged has no row.
    """
    found = list(found)
    head = ("student", "before", "after", "change")
    changed = [change for change in found if change.kind != UNCHANGED]
    if not changed:
        return f"Grading again changes nothing. {summary(found)}"
    rows = [
        (
            one_line(c.student, 60),
            _points(c.before, "none"),
            _points(c.after, "open"),
            f"{c.points:+g}" if c.points else "",
        )
        for c in changed
    ]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(4)]
    lines = [_line(head, widths, "checks"), _line(["-" * w for w in widths], widths, "-" * 6)]
    for cells, change in zip(rows, changed, strict=True):
        for i, text in enumerate(_reasons(change, max(width - sum(widths) - 8, 40))):
            lines.append(_line(cells if i == 0 else [""] * 4, widths, text))
    return "\n".join([*lines, "", summary(found)])


def _points(result: Result | None, missing: str) -> str:
    return f"{result.points:g} / {result.max_points:g}" if result else missing


def _reasons(change: Change, width: int) -> list[str]:
    """The lines of the last column, at least one."""
    lines = [f"{c.name}: {_verdict(c.before)} -> {_verdict(c.after)}" for c in change.checks]
    if change.kind == NEW:
        lines.append("graded for the first time")
    if change.problem:
        lines += textwrap.wrap(one_line(change.problem, 400), width, subsequent_indent="  ")
    return lines or [""]


def _verdict(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no such check"
    return f"{in_words(verdict.status)}, {verdict.points:g} of {verdict.max_points:g}"


def _line(cells: Sequence[str], widths: Sequence[int], last: str) -> str:
    """A name to the left, numbers to the right, and what may be of any length."""
    numbers = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "  ".join((cells[0].ljust(widths[0]), *numbers, last)).rstrip()
