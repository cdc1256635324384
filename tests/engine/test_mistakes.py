"""Every mistake of every problem set is caught by its check, named, and costs points once.

There are hundreds, so they are graded on all processors while the tests wait for them one by one.
"""

import multiprocessing
import os
import re
from concurrent.futures import ProcessPoolExecutor

import pytest

from autograder.check import CARRIED, CRASHED, FAILED, PASSED
from autograder.code import apply_edits
from autograder.jail import Jail
from autograder.problem_set import ProblemSet, load, names
from autograder.release import source_of
from tests.engine.conftest import Grader, verdict

FEWEST = {"ps1_rnn": 100}
ALL = [
    pytest.param(name, check, mistake, id=f"{name}-{check.name}-{mistake.name}")
    for name in names()
    for check in load(name).checks
    for mistake in check.mistakes
]


@pytest.fixture(params=names())
def problem_set(request):
    return load(request.param)


def test_there_are_enough_mistakes(problem_set):
    assert sum(len(check.mistakes) for check in problem_set.checks) >= FEWEST.get(problem_set.name, 30)
    assert all(check.mistakes for check in problem_set.checks)


def test_the_solution_gets_every_point(problem_set, grader):
    result = grader(problem_set.name)()
    assert (result.points, result.flags) == (problem_set.max_points, ()), [
        v for v in result.checks if v.status != PASSED
    ]


def reached(problem_set: ProblemSet, function: str) -> list[str]:
    """The checks that a function's mistake can reach: whose call names it, or a solution that does, at any depth."""
    cells = problem_set.reference.cells.items()
    solutions = {key.removesuffix("_solution"): text for key, text in cells if key.endswith("_solution")}
    found, grown = {function}, True
    while grown:
        using = {f for f, text in solutions.items() if any(re.search(rf"\b{name}\b", text) for name in found)}
        grown = not using <= found
        found |= using
    calls = {check.name: source_of(check.call) for check in problem_set.checks}
    return [name for name, text in calls.items() if any(re.search(rf"\b{f}\b", text) for f in found)]


def start_jail() -> None:
    """In every process of the pool, once."""
    global own_jail
    own_jail = Jail()


def graded(name: str, check: str, mistake: str):
    """The Result of a solution with one mistake, on the checks that it can reach. Runs in the pool."""
    grade = Grader(load(name), own_jail)
    (made,) = (m for m in grade.problem_set.check(check).mistakes if m.name == mistake)
    wrong = apply_edits(grade.solutions[made.function], made)
    return grade({made.function: wrong}, only=reached(grade.problem_set, made.function))


@pytest.fixture(scope="module")
def results(request, jail):
    """(problem set, check, mistake) -> a future Result, for all the mistakes that are tested in this run."""
    here = (item for item in request.session.items if item.path == request.path and hasattr(item, "callspec"))
    params = [item.callspec.params for item in here]
    wanted = [(p["name"], p["check"].name, p["mistake"].name) for p in params if "mistake" in p]
    fresh = multiprocessing.get_context("spawn")  # a forked process would share this one's jail
    with ProcessPoolExecutor(os.cpu_count(), fresh, start_jail) as pool:
        yield {key: pool.submit(graded, *key) for key in wanted}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(("name", "check", "mistake"), ALL)
def test_mistake_is_caught_named_and_costs_points_once(name, check, mistake, results):
    only = reached(load(name), mistake.function)
    result = results[name, check.name, mistake.name].result()
    found = verdict(result, check.name)
    assert found.status in (FAILED, CRASHED)
    assert found.points < found.max_points
    assert (found.mistake, found.hint) == (mistake.name, mistake.hint)
    lost = {v.name: v for v in result.checks if v.status not in (PASSED, CARRIED)}
    assert set(lost) == {check.name}, {n: (v.status, v.hint) for n, v in lost.items()}
    assert {check.name, *only} <= {v.name for v in result.checks}
    assert result.points == pytest.approx(result.max_points - found.max_points + found.points)


def test_hints_never_show_a_line_of_the_solution(problem_set):
    texts = [text for key, text in problem_set.reference.cells.items() if key.endswith("_solution")]
    lines = {line.strip() for text in texts for line in text.splitlines() if len(line.strip()) > 12}
    for check in problem_set.checks:
        for mistake in check.mistakes:
            assert not [line for line in lines if line in mistake.hint]


def test_mistakes_have_names_of_their_own_and_hints_that_are_sentences(problem_set):
    for check in problem_set.checks:
        mistakes = [m.name for m in check.mistakes]
        assert len(mistakes) == len(set(mistakes))
        assert all(m.hint[-1] in ".?" and "  " not in m.hint for m in check.mistakes)
