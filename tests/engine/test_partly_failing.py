"""A function that raises in one case only: what is built on it loses nothing there, and nothing elsewhere."""

from __future__ import annotations

import pytest

from autograder.check import CARRIED, FAILED, PASSED
from tests.engine.conftest import verdict


@pytest.fixture
def squeezed(grader):
    """LSTM steps of one example come back without the axis of examples."""
    text = grader("ps2_lstm").solutions["lstm_step_forward"]
    squeeze = "    next_h, next_c = np.squeeze(next_h), np.squeeze(next_c)\n"
    return text.replace("    return next_h", f"{squeeze}    return next_h")


def test_it_costs_points_once(grader, squeezed):
    result = grader("ps2_lstm")({"lstm_step_forward": squeezed})
    step = verdict(result, "lstm_step_forward")
    assert step.status == FAILED and 0 < step.points < step.max_points
    for check in result.checks:
        if check.name != "lstm_step_forward":
            assert check.status in (PASSED, CARRIED), (check.name, check.hint)
            assert check.points == check.max_points


def test_what_is_wrong_elsewhere_still_costs(grader, squeezed):
    grade = grader("ps2_lstm")
    mistake = next(m for m in grade.problem_set.check("lstm_backward").mistakes if m.function == "lstm_backward")
    wrong = grade.solutions["lstm_backward"]
    for old, new in mistake.edits:
        wrong = wrong.replace(old, new)
    found = verdict(grade({"lstm_step_forward": squeezed, "lstm_backward": wrong}), "lstm_backward")
    assert found.status == FAILED and found.points < found.max_points
    assert found.mistake == mistake.name


def test_a_function_that_raises_by_itself_is_not_excused(grader, squeezed):
    """Its own failure for N = 1 costs that case, although the step fails there too."""
    grade = grader("ps2_lstm")
    head, body = grade.solutions["lstm_backward"].split('    """\n', 1)
    raising = head + '    """\n    assert dh.shape[1] > 1\n' + body
    found = verdict(grade({"lstm_step_forward": squeezed, "lstm_backward": raising}), "lstm_backward")
    assert found.status == FAILED and found.points < found.max_points
