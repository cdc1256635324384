"""A Verification as text: what is wrong first, then a table with a row per check."""

from __future__ import annotations

import textwrap

from autograder.flaw import Flaw
from autograder.problem_set import ProblemSet
from autograder.verify import tasks
from autograder.verify.verification import Verification

WIDTH = 110
HEAD = ("check", "points", "cases", "caught", "named", "solution ms", "slowest mistake")


def report(found: Verification) -> str:
    """Everything that is wrong, or that nothing is, and the numbers."""
    count = len(found.flaws)
    title = f"{found.name}: {'nothing' if not count else f'{count} thing' + 's' * (count > 1)} to put right"
    parts = [title, *(_fault(i, flaw) for i, flaw in enumerate(found.flaws, 1))]
    if found.tried and found.problem_set:
        parts += [_table(found, found.problem_set), *_sums(found, found.problem_set)]
    if found.problem_set is None or not found.of(tasks.SOLUTION):
        parts.append("Nothing was graded: put this right first, and verify again.")
    return "\n\n".join(parts)


def _fault(number: int, flaw: Flaw) -> str:
    lines = [f"{number}. {flaw.where}"]
    for word, text in (("expected", flaw.expected), ("found", flaw.found), ("do", flaw.todo)):
        lines.append(textwrap.fill(text, WIDTH, initial_indent=f"   {word + ':':<10}", subsequent_indent=" " * 13))
    return "\n".join(lines)


def _table(found: Verification, problem_set: ProblemSet) -> str:
    rows = [HEAD]
    for check in problem_set.checks:
        mistakes = found.of(tasks.MISTAKE, check.name)
        (reference,) = found.of(tasks.REFERENCE, check.name)
        slowest = max(mistakes, key=lambda t: t.seconds or 0.0, default=None)
        verdicts = [next((v for v in t.result.checks if v.name == check.name), None) for t in mistakes if t.result]
        caught = sum(v is not None and v.points < v.max_points for v in verdicts)
        rows.append(
            (
                check.name,
                f"{problem_set.points[check.name]:g}",
                str(len(check.cases)),
                f"{caught}/{len(mistakes)}" if mistakes else "-",
                f"{sum(not t.flaws for t in mistakes)}/{len(mistakes)}" if mistakes else "-",
                "-" if reference.seconds is None else f"{1000 * reference.seconds:.2f}",
                f"{slowest.seconds:.2f} s {slowest.task.about[1]}" if slowest else "-",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = []
    for row in rows:
        numbers = [f"{text:>{width}}" for text, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([f"{row[0]:<{widths[0]}}", *numbers, row[-1]]).rstrip())
    return "\n".join(lines)


def _sums(found: Verification, problem_set: ProblemSet) -> list[str]:
    written = sum(problem_set.written.values())
    lines = [
        f"{problem_set.max_points + written:g} points: {problem_set.max_points:g} for {len(problem_set.checks)} "
        f"checks, {written:g} for {len(problem_set.written)} written answers. Hints: {problem_set.hints}."
    ]
    for kind, what in ((tasks.SOLUTION, "The solution"), (tasks.STUB, "The empty notebook")):
        for tried in found.of(kind):
            if tried.result:
                lines.append(
                    f"{what}: {tried.result.points:g} of {tried.result.max_points:g} points on the inputs of "
                    f"{tried.task.about[0]}, graded in {tried.seconds:.2f} s (isolation: {tried.result.sandbox})."
                )
    return ["\n".join(lines)]


def summary(found: list[Verification]) -> str:
    """One line per problem set; for several."""
    return "\n".join(f"{v.name}: {f'{len(v.flaws)} to put right' if v.flaws else 'ok'}" for v in found)
