"""Texts of functions through the real engine and the real jail, as if a student had handed them in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from autograder import engine
from autograder.check import Result
from autograder.jail import Jail
from autograder.problem_set import ProblemSet
from autograder.release import source_of
from autograder.submission import Cell, Submission

SECRET = b"known to everyone, since nobody's grade depends on it"


@dataclass(frozen=True)
class Grader:
    """Grades a problem set's solution with some functions' texts replaced."""

    problem_set: ProblemSet
    jail: Jail

    @property
    def solutions(self) -> dict[str, str]:
        """function -> the text of its solution cell."""
        return solutions(self.problem_set)

    def __call__(
        self,
        changes: Mapping[str, str | None] | None = None,
        only: Collection[str] = (),
        student: str = "tester",
        **options,
    ) -> Result:
        """The Result; a text of None drops a function. options: of `engine.grade`."""
        texts = {"setup": self.problem_set.reference.cells["setup"], **self.solutions, **(changes or {})}
        cells = tuple(Cell(i, text, "") for i, text in enumerate(texts.values()) if text is not None)
        submission = Submission(cells, (), "digest")
        outcome = engine.grade(
            submission, self.problem_set, self.jail, student=student, secret=SECRET, only=only, **options
        )
        return outcome.result


def solutions(problem_set: ProblemSet) -> dict[str, str]:
    """function -> the text of its solution cell."""
    cells = problem_set.reference.cells
    return {key.removesuffix("_solution"): text for key, text in cells.items() if key.endswith("_solution")}


def reached(problem_set: ProblemSet, function: str) -> list[str]:
    """The checks that a function's mistake can reach: whose call names it, or a solution that does, at any depth."""
    texts = solutions(problem_set)
    found, grown = {function}, True
    while grown:
        using = {f for f, text in texts.items() if any(re.search(rf"\b{name}\b", text) for name in found)}
        grown = not using <= found
        found |= using
    calls = {check.name: source_of(check.call) for check in problem_set.checks}
    return [name for name, text in calls.items() if any(re.search(rf"\b{f}\b", text) for f in found)]
