"""What a result of the stubs, of the solution or of a mistake has to look like."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.agreement import notebook_of, table_of
from autograder.check import CARRIED, CRASHED, FAILED, PASSED, SKIPPED, Check, Mistake, Result, Verdict
from autograder.flaw import Flaw
from autograder.problem_set import ProblemSet
from autograder.release import PUBLIC_SEED
from autograder.submission.plain_text import in_words, one_line, reason
from autograder.trial import draw_trials, run_mistaken
from autograder.verify.grader import reached
from unroll.diagnose import same


def stub(problem_set: ProblemSet, result: Result) -> Iterator[Flaw]:
    """The empty notebook: every check is skipped, since nothing is written, and there is nothing to flag."""
    for verdict in result.checks:
        if verdict.points or verdict.status != SKIPPED or "not written yet" not in verdict.hint:
            yield Flaw(
                f"{notebook_of(problem_set.name)}, cell {verdict.name}_solution",
                "no points for the stub, since it is not written yet",
                _said(verdict),
                "put all that solves it between the solution marks, and let the stub raise NotImplementedError",
            )
    for flag in result.flags:
        yield Flaw(
            notebook_of(problem_set.name), "no flag for the empty notebook", one_line(flag), "see what the flag says"
        )


def solution(problem_set: ProblemSet, result: Result, student: str) -> Iterator[Flaw]:
    """The solution: full points, and nothing to flag."""
    for verdict in result.checks:
        if verdict.status != PASSED or verdict.points != verdict.max_points:
            again = f"python -m autograder grade {problem_set.name} --file {notebook_of(problem_set.name)}"
            yield Flaw(
                f"{table_of(problem_set.name)}, check {verdict.name}",
                f"full points for the solution on the inputs of {student}",
                _said(verdict),
                f"correct the solution, draw or call; again: {again} --only {verdict.name} --seed {verdict.seed}",
            )
    for flag in result.flags:
        yield Flaw(notebook_of(problem_set.name), "no flag for the solution", one_line(flag), "see what the flag says")


def mistake(problem_set: ProblemSet, check: Check, made: Mistake, result: Result) -> Iterator[Flaw]:
    """A mistake: its check fails, names it with its own hint, and no other check loses a point."""
    where = f"{table_of(problem_set.name)}, check {check.name}, mistake {made.name}"
    found = next((v for v in result.checks if v.name == check.name), None)
    if check.name not in reached(problem_set, made.function) or found is None:
        todo = f"let call use {made.function}, or name another function to edit"
        yield Flaw(
            where, f"a check whose call reaches {made.function}, which is edited", "none of its calls does", todo
        )
        return
    if found.points >= found.max_points:
        yield _not_caught(where, problem_set, check, made, found)
        return
    if found.status not in (FAILED, CRASHED):
        yield Flaw(where, "a check that fails", _said(found), "choose an edit that makes wrong numbers, quickly")
    elif found.mistake != made.name:
        other = f"the name {found.mistake}" if found.mistake else f"no name, and the hint {one_line(found.hint)!r}"
        todo = "merge mistakes with the same outputs, or add a case that tells them apart"
        yield Flaw(where, "its own name", other, todo)
    elif found.hint != made.hint:
        yield Flaw(
            where, "its own hint", repr(one_line(found.hint)), "give mistakes with the same outputs the same hint"
        )
    for verdict in result.checks:
        if verdict.name != check.name and (
            verdict.status not in (PASSED, CARRIED) or verdict.points < verdict.max_points
        ):
            yield Flaw(
                where,
                f"points lost in {check.name} alone",
                _said(verdict),
                f"say in the row {verdict.name} what it needs (needs, swap), or choose a narrower edit",
            )


def _not_caught(where: str, problem_set: ProblemSet, check: Check, made: Mistake, found: Verdict) -> Flaw:
    if _changes_nothing(problem_set, check, made):
        todo = "choose an edit that changes an output, or drop the mistake"
        return Flaw(where, "outputs that differ from the solution's", "the same outputs in every case", todo)
    return Flaw(where, "points to be lost", _said(found), "add a case in which it shows, or lower the tolerance")


def _changes_nothing(problem_set: ProblemSet, check: Check, made: Mistake) -> bool:
    for trial in draw_trials(check, problem_set, PUBLIC_SEED):
        outputs = run_mistaken(check, problem_set, (made,), trial.inputs)
        if outputs is None or not all(same(outputs[o], trial.expected[o], check.tolerance) for o in check.outputs):
            return False
    return True


def broken(name: str, kind: str, about: tuple[str, ...], error: Exception) -> Flaw:
    """The grader itself failed on a task."""
    found = reason(error)
    where = f"{name}, {' '.join((kind, *about))}"
    return Flaw(where, "a result", found, "correct what the table's functions or the solution do there")


def _said(verdict: Verdict) -> str:
    hint = f": {one_line(verdict.hint)}" if verdict.hint else ""
    return f"{verdict.name} {in_words(verdict.status)}, {verdict.points:g} of {verdict.max_points:g} points{hint}"
