"""Parts that the grader drives: right ones and honest wrong ones are believed, those that act are not."""

import itertools

import numpy as np
import pytest

from autograder.check import CARRIED, PASSED
from autograder.driven import Driven
from autograder.jail import Handle
from autograder.problem_set import load
from tests.attacks.acting import BACK, FWD, STEP
from tests.engine.conftest import verdict

LATER = ("rnn_forward", "rnn_backward", "rnn_backward_truncated")


@pytest.mark.parametrize(
    "wrong", ["db = 0.7 * ", "dWx, db = 0.3 * dWx, 0.7 * ", "dx, dWx, db = 2 * dx, 0.3 * dWx, 0.7 * "]
)
def test_outputs_that_are_wrong_everywhere_cost_once(wrong, grade, solutions):
    """Whatever share of a step's outputs is right, what is built on it is judged with it."""
    text = solutions["rnn_step_backward"].replace("    return dx, dprev_h", f"    {wrong}db\n    return dx, dprev_h")
    assert text != solutions["rnn_step_backward"]
    result = grade({"rnn_step_backward": text})
    assert 0 < verdict(result, "rnn_step_backward").points < verdict(result, "rnn_step_backward").max_points
    assert {verdict(result, name).status for name in LATER} <= {PASSED, CARRIED}
    assert result.flags == ()


def test_a_step_that_is_wrong_for_one_example_only_costs_once(grade, solutions):
    text = solutions["rnn_step_forward"].replace(
        "    return next_h", "    next_h = next_h / len(x) ** (len(x) == 3)\n    return next_h"
    )
    assert text != solutions["rnn_step_forward"]
    result = grade({"rnn_step_forward": text})
    assert verdict(result, "rnn_forward").status in (PASSED, CARRIED)
    assert not [flag for flag in result.flags if "knows where it is called" in flag]


def test_parts_that_act_are_not_believed_and_a_person_is_told(grade):
    """Right with two examples or more in its own check, linear where captions begin with the same word."""
    result = grade({"rnn_step_forward": STEP, "rnn_step_backward": BACK, "rnn_forward": FWD})
    assert verdict(result, "rnn_forward").points < verdict(result, "rnn_forward").max_points
    flags = [flag for flag in result.flags if "to judge rnn_forward," in flag]
    assert flags == [
        "rnn_step_forward was worth 80% of its points in its own check, and 0% of what it returned was right where the "
        "grader called it to judge rnn_forward, which was therefore not judged by it. See whether it knows where it is "
        "called."
    ]


class Canned:
    """A student whose functions return what they are told."""

    def __init__(self, **answers):
        self._answers = {name: iter(found) for name, found in answers.items()}

    def __getattr__(self, name):
        return lambda *args, **kwargs: next(self._answers[name])


def test_answers_are_shares_of_right_outputs():
    reference = load("ps1_rnn").reference
    x, prev_h, Wx, Wh, b = np.ones((2, 3)), np.ones((2, 4)), np.ones((3, 4)), np.eye(4), np.ones(4)
    next_h, cache = reference.plain["rnn_step_forward"](x, prev_h, Wx, Wh, b)
    gradients = reference.plain["rnn_step_backward"](next_h, cache)
    known, unknown = Handle(1), Handle(2)
    driven = Driven(
        Canned(
            rnn_step_forward=[(next_h, known), (2 * next_h, Handle(3))],
            rnn_step_backward=itertools.repeat((*gradients[:4], 0 * gradients[4])),
        ),
        reference,
    )
    driven.rnn_step_forward(x, prev_h, Wx, Wh, b)
    driven.rnn_step_forward(x, prev_h, Wx, Wh, b)
    driven.rnn_step_backward(next_h, known)
    driven.rnn_step_backward(next_h, unknown)  # of which nothing can be said
    driven.rnn_step_backward(np.ones((5, 7)), known)  # what the reference cannot use either
    assert driven.answers == {"rnn_step_forward": [1.0, 0.0], "rnn_step_backward": [0.8]}
