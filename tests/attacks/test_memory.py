"""What a submission returns may not fill the memory of the grader, which computes with it."""

from __future__ import annotations

import tracemalloc

import pytest

from tests.attacks.attack import AFFINE, ZERO, Attack

BOUND = 400 << 20  # bytes that the grader may take for one submission
WORDS = "['a' * 1_000_000] + ['b'] * 250"  # an array of them takes a gigabyte
CELL = f"""
class VanillaRNN:
    def __init__(self, k, H, m, rng):
        self.W_hh = self.W_xh = self.W_hy = self.B_h = self.B_y = self.h = {WORDS}
    def forward(self, x):
        return {WORDS}
"""
FORWARD = f"""
def temporal_affine_forward(x, w, b):
    return {WORDS}, (x, w, b)
"""
BACKWARD = f"""
def temporal_affine_backward(dout, cache):
    return {WORDS}, {WORDS}, {WORDS}
"""
STEP = f"""
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    return {WORDS}, ()
"""
ATTACKS = (
    Attack("attributes", ZERO, functions={"VanillaRNN": CELL}, only=("VanillaRNN",)),
    Attack("outputs", ZERO, functions=dict(zip(AFFINE, (FORWARD, BACKWARD), strict=True))),
    Attack(
        "parts",
        ZERO,
        functions={"rnn_step_forward": STEP, "rnn_forward": "def rnn_forward(*a):\n    return 0, 0\n"},
        only=("rnn_step_forward", "rnn_forward"),
    ),
    Attack(
        "large arrays",
        ZERO,
        functions={
            AFFINE[0]: "def temporal_affine_forward(x, w, b):\n    return np.zeros((60_000_000, 1), np.int8), 0\n"
        },
    ),
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_grader_takes_little(attack, opened, grade):
    grade(opened(None), attack, honest=True)  # fills what is kept for good
    tracemalloc.start()
    try:
        seen = grade(opened(None), attack)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < BOUND
    assert seen.points < seen.result.max_points
