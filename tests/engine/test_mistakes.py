"""Every mistake of every problem set is caught by its check, named, and costs points once."""

import pytest

from autograder.check import CARRIED, CRASHED, FAILED, PASSED
from autograder.code import apply_edits
from autograder.problem_set import load
from tests.engine.conftest import verdict

ALL = [
    pytest.param(check, mistake, id=f"{check.name}-{mistake.name}")
    for check in load("ps1_rnn").checks
    for mistake in check.mistakes
]


def test_there_are_enough_mistakes():
    assert len(ALL) >= 20
    assert all(check.mistakes for check in load("ps1_rnn").checks)


@pytest.mark.parametrize(("check", "mistake"), ALL)
def test_mistake_is_caught_named_and_costs_points_once(check, mistake, grade, solutions, ps1):
    wrong = apply_edits(solutions[mistake.function], mistake)
    result = grade({mistake.function: wrong})
    found = verdict(result, check.name)
    assert found.status in (FAILED, CRASHED)
    assert found.points < found.max_points
    assert (found.mistake, found.hint) == (mistake.name, mistake.hint)
    lost = {v.name: v for v in result.checks if v.status not in (PASSED, CARRIED)}
    assert set(lost) == {check.name}, {n: (v.status, v.hint) for n, v in lost.items()}
    assert result.points == pytest.approx(ps1.max_points - found.max_points + found.points)


def test_hints_never_show_a_line_of_the_solution(solutions, ps1):
    lines = {line.strip() for text in solutions.values() for line in text.splitlines() if len(line.strip()) > 12}
    for check in ps1.checks:
        for mistake in check.mistakes:
            assert not [line for line in lines if line in mistake.hint]


def test_mistakes_have_names_of_their_own_and_hints_that_are_sentences(ps1):
    for check in ps1.checks:
        names = [m.name for m in check.mistakes]
        assert len(names) == len(set(names))
        assert all(m.hint[-1] in ".?" and "  " not in m.hint for m in check.mistakes)
