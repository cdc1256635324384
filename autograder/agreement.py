"""Where the notebook of a problem set and its table of checks disagree. Grading refuses a set with any of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autograder.check import Check, Mistake
from autograder.code import Reference
from autograder.flaw import Flaw

HINTS = ("notebook", "feedback", "off")


def table_of(name: str) -> str:
    """Where the table of a problem set lies, for messages."""
    return f"autograder/checks/{name}.py"


def notebook_of(name: str) -> str:
    """Where the solution notebook of a problem set lies, for messages."""
    return f"solutions/{name}/{name}.ipynb"


def disagreements(
    name: str, checks: Iterable[Check], points: Mapping[str, float], reference: Reference, hints: str
) -> Iterator[Flaw]:
    """All places where table and notebook disagree. points: grade_id -> points of the notebook's checks."""
    if hints not in HINTS:
        expected = "one of " + ", ".join(f'"{h}"' for h in HINTS)
        yield Flaw(f"{table_of(name)}, HINTS", expected, repr(hints), "choose who sees hints")
    seen: set[str] = set()
    for check in checks:
        where = f"{table_of(name)}, check {check.name}"
        if check.name not in points:
            yield Flaw(
                where, "a graded cell with this grade_id", "none", f"add it to {notebook_of(name)}, or drop the row"
            )
        if f"{check.name}_solution" not in reference.cells:
            yield Flaw(
                where,
                f"a solution cell {check.name}_solution",
                "none",
                f"add it to {notebook_of(name)}, or drop the row",
            )
        if check.name in seen:
            yield Flaw(where, "one row of this name", "another one before it", "rename or drop one of them")
        if unknown := [n for n in check.needs if n not in seen]:
            yield Flaw(
                where,
                f"{', '.join(unknown)} before it, which it needs",
                "no such row there",
                "order the rows by what they need",
            )
        total = sum(c.weight for c in check.cases)
        if abs(total - 1) > 1e-9:
            yield Flaw(where, "weights of cases that sum to 1", f"{total:g}", "change the weights")
        for mistake in check.mistakes:
            yield from misfits(name, check, mistake, reference)
        seen.add(check.name)
    for missing in sorted(set(points) - seen):
        yield Flaw(
            f"{notebook_of(name)}, cell {missing}",
            "a row in the table for this graded cell",
            "none",
            f"add a Check to {table_of(name)}, or drop the cell",
        )


def misfits(name: str, check: Check, mistake: Mistake, reference: Reference) -> Iterator[Flaw]:
    """Why the edits of a mistake cannot be made in the solution's text."""
    where = f"{table_of(name)}, check {check.name}, mistake {mistake.name}"
    key = f"{mistake.function}_solution"
    if key not in reference.cells:
        yield Flaw(where, f"a solution cell {key}, which it edits", "none", "name another function")
        return
    text = reference.cells[key]
    for old, new in mistake.edits:
        if (times := text.count(old)) != 1:
            todo = "change the edit to fit the notebook, where the docstring and comments count too"
            yield Flaw(where, f"the text {old!r} exactly once in {key}", f"it {times} times", todo)
            return
        text = text.replace(old, new)
