"""Every mistake of every problem set is caught by its check, named, and costs points once.

There are hundreds, so they are graded on all processors while the tests wait for them one by one.
"""

import pytest

from autograder.check import CARRIED, CRASHED, FAILED, PASSED
from autograder.problem_set import load, names
from autograder.verify import tasks
from autograder.verify.grader import reached
from autograder.verify.tasks import Task
from tests.engine.conftest import verdict

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


@pytest.fixture(scope="module")
def results(request, jail):
    """(problem set, check, mistake) -> a future Tried, for all the mistakes that are tested in this run."""
    here = (item for item in request.session.items if item.path == request.path and hasattr(item, "callspec"))
    params = [item.callspec.params for item in here]
    wanted = [(p["name"], p["check"].name, p["mistake"].name) for p in params if "mistake" in p]
    with tasks.pool() as pool:
        yield {
            (name, *about): pool.submit(tasks.run, Task(tasks.MISTAKE, name, tuple(about))) for name, *about in wanted
        }


@pytest.mark.parametrize(("name", "check", "mistake"), ALL)
def test_mistake_is_caught_named_and_costs_points_once(name, check, mistake, results):
    only = reached(load(name), mistake.function)
    tried = results[name, check.name, mistake.name].result()
    assert tried.flaws == ()
    result = tried.result
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
