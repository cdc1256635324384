"""What is tried of a problem set, each in a process of a pool that has a jail of its own."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import engine, environment
from autograder.agreement import disagreements, misfits
from autograder.check import Result
from autograder.code import apply_edits
from autograder.flaw import Flaw
from autograder.jail import Jail
from autograder.parallel import cores, end_with_parent
from autograder.problem_set import ROOT, ProblemSet, read
from autograder.submission import Submission, from_notebook
from autograder.submission import read as read_submission
from autograder.verify import judging
from autograder.verify.freshness import fresh, freshness
from autograder.verify.grader import SECRET, Grader, reached
from autograder.verify.reference import try_reference

STUDENTS = ("ada", "bob", "eve")  # their names decide which inputs the solution is tried on
own_jail: Jail  # of a process of the pool, see `start_jail`
REFERENCE, RELEASE, STUB, SOLUTION, MISTAKE = "reference", "release", "stub", "solution", "mistake"


@dataclass(frozen=True)
class Task:
    """kind: one of the five above. about: a check for a reference, (check, mistake) for a mistake, or a student."""

    kind: str
    problem_set: str
    about: tuple[str, ...] = ()
    root: Path = ROOT


@dataclass(frozen=True)
class Tried:
    """What came of a task. result: of those that are graded. seconds: for grading, or for the reference's
    calls; None if it does not run."""

    task: Task
    flaws: tuple[Flaw, ...]
    seconds: float | None
    result: Result | None = None


@functools.lru_cache(maxsize=8)
def usable(name: str, root: Path = ROOT) -> ProblemSet:
    """The problem set without the mistakes whose edits do not fit."""
    problem_set, _ = read(name, root)
    checks = tuple(
        replace(c, mistakes=tuple(m for m in c.mistakes if not [*misfits(name, c, m, problem_set.reference)]))
        for c in problem_set.checks
    )
    return replace(problem_set, checks=checks)


def can_be_tried(problem_set: ProblemSet) -> bool:
    """Whether what `usable` left can be graded at all."""
    p = problem_set
    return not [*disagreements(p.name, p.checks, p.points, p.reference, p.hints)]


@contextlib.contextmanager
def pool(jobs: int | None = None) -> Iterator[ProcessPoolExecutor]:
    """Processes for `run`. jobs: how many (None: one per core)."""
    fresh_processes = multiprocessing.get_context("spawn")  # a forked process would share this one's jail
    with environment.for_graders():
        processes = ProcessPoolExecutor(jobs or cores(), fresh_processes, start_jail)
        try:
            yield processes
        finally:
            processes.shutdown(cancel_futures=True)


def start_jail() -> None:
    """In every process of a pool, once."""
    end_with_parent()
    global own_jail
    own_jail = Jail()


def run(task: Task) -> Tried:
    """Do a task, in the pool. What goes wrong in the grader itself is a flaw like any other."""
    start = time.perf_counter()
    try:
        return RUN[task.kind](task, usable(task.problem_set, task.root))
    except Exception as error:  # whatever a table's or a solution's functions raise
        return Tried(
            task, (judging.broken(task.problem_set, task.kind, task.about, error),), time.perf_counter() - start
        )


def _reference(task: Task, problem_set: ProblemSet) -> Tried:
    seconds, flaws = try_reference(problem_set, problem_set.check(task.about[0]))
    return Tried(task, flaws, seconds)


def _release(task: Task, problem_set: ProblemSet) -> Tried:
    return Tried(task, tuple(freshness(problem_set, task.root)), 0.0)


def _stub(task: Task, problem_set: ProblemSet) -> Tried:
    result, seconds = _graded(task, problem_set, lambda: from_notebook(fresh(problem_set)))
    return Tried(task, tuple(judging.stub(problem_set, result)), seconds, result)


def _solution(task: Task, problem_set: ProblemSet) -> Tried:
    result, seconds = _graded(
        task, problem_set, lambda: read_submission(problem_set.notebook, released=fresh(problem_set))
    )
    return Tried(task, tuple(judging.solution(problem_set, result, task.about[0])), seconds, result)


def _graded(task: Task, problem_set: ProblemSet, submission: Callable[[], Submission]) -> tuple[Result, float]:
    """The result of grading what `submission` makes, and the seconds it took."""
    handed_in = submission()
    start = time.perf_counter()
    graded = engine.grade(handed_in, problem_set, own_jail, student=task.about[0], secret=SECRET)
    return graded.result, time.perf_counter() - start


def _mistake(task: Task, problem_set: ProblemSet) -> Tried:
    check = problem_set.check(task.about[0])
    mistake = next(m for m in check.mistakes if m.name == task.about[1])
    grade, only = Grader(problem_set, own_jail), reached(problem_set, mistake.function)
    start = time.perf_counter()
    result = grade({mistake.function: apply_edits(grade.solutions[mistake.function], mistake)}, only=only)
    seconds = time.perf_counter() - start
    return Tried(task, tuple(judging.mistake(problem_set, check, mistake, result)), seconds, result)


RUN = {REFERENCE: _reference, RELEASE: _release, STUB: _stub, SOLUTION: _solution, MISTAKE: _mistake}
