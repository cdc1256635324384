"""A part that is right but too slow for large sizes: what calls it is judged on the sizes that could be tried."""

from __future__ import annotations

import pytest

from autograder import trial
from autograder.check import CARRIED, PASSED, TIMED_OUT
from tests.engine.conftest import verdict

# Right; its loops take ten microseconds for each weight: nothing on small sizes, seconds on large ones.
SLOW_STEP = """
import time
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    N, H = prev_h.shape
    a = np.tile(b, (N, 1))
    for n in range(N):
        for j in range(H):
            a[n, j] += sum(float(v) for v in x[n] * Wx[:, j]) + sum(float(v) for v in prev_h[n] * Wh[:, j])
    end = time.process_time() + 1e-5 * Wx.size
    while time.process_time() < end:
        pass
    next_h = np.tanh(a)
    return next_h, (x, prev_h, Wx, Wh, next_h)
"""
FORWARD = """
def rnn_forward(x, h0, Wx, Wh, b):
    states, cache = [], []
    for t in range(x.shape[1]):
        h0, kept = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        states.append(h0)
        cache.append(kept)
    return np.stack(states, axis=1), cache
"""
STEP_ITSELF = "rnn_step_forward(x[:, t], h0, Wx, Wh, b)"
FIRST_STATE_FOR_ALL = FORWARD.replace(STEP_ITSELF, STEP_ITSELF.replace("h0,", "np.zeros_like(h0),"))
SENTENCE = "Right on the sizes that could be tried; on larger ones your own rnn_step_forward takes too long."
FORWARDS = ("rnn_step_forward", "rnn_forward")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(trial, "CALL_SECONDS", (0.4, 0.4))  # of processor time


def test_what_calls_a_slow_part_is_credited(grade):
    result = grade({"rnn_step_forward": SLOW_STEP, "rnn_forward": FORWARD}, only=FORWARDS)
    step, forward = (verdict(result, name) for name in FORWARDS)
    assert (step.status, step.points) == (TIMED_OUT, 0)
    assert (forward.status, forward.points, forward.hint) == (CARRIED, forward.max_points, SENTENCE)
    assert len(result.flags) == 1 and "rnn_step_forward" in result.flags[0], "a person is told, once"
    assert not all(output.ok for output in forward.outputs), "the large case was not tried, and that is said"


def test_without_the_slow_part_it_is_simply_right(grade):
    """The control: it is the step's slowness alone that the sentence is about."""
    quick = SLOW_STEP.replace("1e-5", "0.0").replace(
        "for n in range(N):", "a += x @ Wx + prev_h @ Wh\n    for n in ():"
    )
    result = grade({"rnn_step_forward": quick, "rnn_forward": FORWARD}, only=FORWARDS)
    assert [verdict(result, name).status for name in FORWARDS] == [PASSED, PASSED]


@pytest.mark.parametrize(
    "functions",
    [
        {"rnn_step_forward": SLOW_STEP, "rnn_forward": FIRST_STATE_FOR_ALL},
        {"rnn_forward": SLOW_STEP.replace("rnn_step_forward", "slow") + FORWARD.replace("rnn_step_forward", "slow")},
    ],
    ids=["wrong on small sizes", "slow by itself"],
)
def test_nothing_else_is_credited_so(functions, grade):
    forward = verdict(grade(functions, only=FORWARDS), "rnn_forward")
    assert forward.points < forward.max_points and SENTENCE not in forward.hint
