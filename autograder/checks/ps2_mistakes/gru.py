"""Mistakes in the GRU: one step and a whole sequence, forwards and backwards."""

from __future__ import annotations

from autograder.check import Mistake
from autograder.checks.ps1_mistakes.sequences import BACKWARD, FORWARD
from autograder.checks.ps1_mistakes.steps import BIAS_MISSING, STEP_BACKWARD
from autograder.checks.ps2_mistakes.again import again, db_two_dimensional
from autograder.checks.ps2_mistakes.lstm_backward import SQUASHED_TWICE
from autograder.checks.ps2_mistakes.lstm_forward import GATES_BY_TANH, OVERFLOW, STRIPES

ALWAYS_BEFORE = "Right with r before the product, wrong with reset_after: the argument has no effect."
ALWAYS_AFTER = "Right with reset_after, wrong without: r acts after the product in both conventions."
RESET = "hn = r * (prev_h @ Whn) if reset_after else (r * prev_h) @ Whn"
MIXED = "next_h = (1 - z) * n + z * prev_h"
R, Z = "(1 + np.tanh((xr + prev_h @ Whr) / 2)) / 2", "(1 + np.tanh((xz + prev_h @ Whz) / 2)) / 2"
DPREV_H = "dprev_h = dnext_h * z + dar @ Whr.T + daz @ Whz.T + via_n"

GRU_STEP_FORWARD = (
    Mistake(
        "reset_and_update_exchanged",
        "The first two blocks of columns are exchanged: the numbers are those of the order z, r, n.",
        (("xr, xz, xn = np.split", "xz, xr, xn = np.split"), ("Whr, Whz, Whn = np", "Whz, Whr, Whn = np")),
    ),
    Mistake(
        "order_nrz",
        "The numbers are those of the order n, r, z. The column blocks stand for r, z, n.",
        (("xr, xz, xn = np.split", "xn, xr, xz = np.split"), ("Whr, Whz, Whn = np", "Whn, Whr, Whz = np")),
    ),
    Mistake(
        "gates_interleaved",
        STRIPES,
        (
            ("np.split(x @ Wx + b, 3, axis=1)", "np.moveaxis((x @ Wx + b).reshape(len(x), -1, 3), 2, 0)"),
            ("np.split(Wh, 3, axis=1)", "np.moveaxis(Wh.reshape(len(Wh), -1, 3), 2, 0)"),
        ),
    ),
    Mistake(
        "z_the_other_way_round",
        "z and 1 - z have exchanged their roles. Both are found in print; here z says how much of the old state stays.",
        ((MIXED, "next_h = z * n + (1 - z) * prev_h"),),
    ),
    Mistake("always_reset_before", ALWAYS_BEFORE, ((RESET, "hn = (r * prev_h) @ Whn"),)),
    Mistake("always_reset_after", ALWAYS_AFTER, ((RESET, "hn = r * (prev_h @ Whn)"),)),
    Mistake(
        "conventions_exchanged",
        "Wrong in both conventions, and each has the numbers of the other: which of the two is reset_after?",
        (("if reset_after else", "if not reset_after else"),),
    ),
    Mistake(
        "reset_missing",
        "The reset gate has no say: the candidate sees the old state whole.",
        ((RESET, "hn = prev_h @ Whn"),),
    ),
    Mistake(
        "state_missing_in_candidate",
        "The candidate does not depend on the old state; the reset gate should only scale it.",
        (("n = np.tanh(xn + hn)", "n = np.tanh(xn)"),),
    ),
    Mistake(
        "input_reset_too",
        "The reset gate scales the input's part of the candidate as well. It scales what comes from the old state.",
        (("n = np.tanh(xn + hn)", "n = np.tanh(r * xn + hn)"),),
    ),
    Mistake(
        "candidate_not_squashed",
        "The candidate enters the state as the bare sum: look for the nonlinearity in the equation of n.",
        (("n = np.tanh(xn + hn)", "n = xn + hn"),),
    ),
    Mistake(
        "sigmoid_for_candidate",
        "The candidate lies between 0 and 1. Two of the three blocks are gates; the third is squashed differently.",
        (("n = np.tanh(xn + hn)", "n = (1 + np.tanh((xn + hn) / 2)) / 2"),),
    ),
    Mistake(
        "tanh_for_gates",
        GATES_BY_TANH,
        ((R, "np.tanh(xr + prev_h @ Whr)"), (Z, "np.tanh(xz + prev_h @ Whz)")),
    ),
    Mistake(
        "overflow",
        OVERFLOW,
        tuple(
            (old, f"np.exp(x{n} + prev_h @ Wh{n}) / (1 + np.exp(x{n} + prev_h @ Wh{n}))")
            for old, n in ((R, "r"), (Z, "z"))
        ),
    ),
    Mistake("bias_missing", f"{BIAS_MISSING} Compare the equations of the step.", (("x @ Wx + b,", "x @ Wx,"),)),
    Mistake(
        "old_state_lost",
        "What z keeps of the old state is missing from the new one.",
        ((MIXED, "next_h = (1 - z) * n"),),
    ),
    Mistake(
        "candidate_added_whole",
        "The candidate is added whole: what the old state keeps, the candidate must give up.",
        ((MIXED, "next_h = n + z * prev_h"),),
    ),
    Mistake(
        "reset_state_kept",
        "What z keeps is the state after the reset. The reset gate is for the candidate alone.",
        ((MIXED, "next_h = (1 - z) * n + z * (r * prev_h)"),),
    ),
)

GRU_STEP_BACKWARD = (
    Mistake(
        "direct_road_missing",
        "Only dprev_h is wrong: the old state is also handed on through z, and what comes back along that road is "
        "missing.",
        ((DPREV_H, "dprev_h = dar @ Whr.T + daz @ Whz.T + via_n"),),
    ),
    Mistake(
        "candidate_road_missing",
        "Only dprev_h is wrong: the old state enters the candidate too, and what comes back from there is missing.",
        ((DPREV_H, "dprev_h = dnext_h * z + dar @ Whr.T + daz @ Whz.T"),),
    ),
    Mistake(
        "gate_roads_missing",
        "Only dprev_h is wrong: both gates read the old state, and what comes back from them is missing.",
        ((DPREV_H, "dprev_h = dnext_h * z + via_n"),),
    ),
    Mistake(
        "direct_road_through_1_minus_z",
        "Only dprev_h is wrong: on the direct road the gradient passes 1 - z. Which of the two kept the old state?",
        (("dprev_h = dnext_h * z +", "dprev_h = dnext_h * (1 - z) +"),),
    ),
    Mistake(
        "candidate_through_z",
        "The gradient reaches the candidate through z. Which of the two let the candidate in?",
        (("dan = dnext_h * (1 - z) *", "dan = dnext_h * z *"),),
    ),
    Mistake(
        "candidate_not_gated",
        "The gradient reaches the candidate whole: what z held back forwards, it holds back backwards.",
        (("dan = dnext_h * (1 - z) *", "dan = dnext_h *"),),
    ),
    Mistake(
        "dz_sign",
        "What comes from z has the wrong sign: if z grows, does the old state gain or the candidate?",
        (("(prev_h - n)", "(n - prev_h)"),),
    ),
    Mistake(
        "z_used_once",
        "z stands in the equation of the new state twice, and only one of the two places counts here.",
        (("(prev_h - n)", "prev_h"),),
    ),
    Mistake(
        "candidate_derivative_missing",
        "The gradient passes the candidate's tanh unchanged: its derivative is missing from the chain.",
        (("(1 - z) * (1 - n**2)", "(1 - z)"),),
    ),
    Mistake(
        "sigmoid_derivative_missing",
        "The gradient passes the sigmoids unchanged: their derivative is missing from the chain, in both gates.",
        (("dar = dr * r * (1 - r)", "dar = dr"), ("daz = dz * z * (1 - z)", "daz = dz")),
    ),
    Mistake(
        "tanh_derivative_for_gates",
        "The gates go back through the derivative of tanh; their nonlinearity is the sigmoid.",
        (("dar = dr * r * (1 - r)", "dar = dr * (1 - r**2)"), ("daz = dz * z * (1 - z)", "daz = dz * (1 - z**2)")),
    ),
    Mistake(
        "gates_squashed_twice",
        SQUASHED_TWICE,
        (
            ("dar = dr * r * (1 - r)", "dar = dr * (1 - np.tanh(r / 2) ** 2) / 4"),
            ("daz = dz * z * (1 - z)", "daz = dz * (1 - np.tanh(z / 2) ** 2) / 4"),
        ),
    ),
    Mistake(
        "always_reset_before",
        "Right with r before the product, wrong with reset_after: the backward pass does not know in which convention "
        "it was called. Does the cache say?",
        (("    if reset_after:", "    if False:"),),
    ),
    Mistake(
        "always_reset_after",
        "Right with reset_after, wrong without: the backward pass does not know in which convention it was called. "
        "Does the cache say?",
        (("    if reset_after:", "    if True:"),),
    ),
    Mistake(
        "dWh_without_reset",
        "Only the candidate's block of dWh is wrong, and only without reset_after: its weights were multiplied with "
        "what the reset gate left of the old state.",
        (("(r * prev_h).T @ dan", "prev_h.T @ dan"),),
    ),
    Mistake(
        "reset_missing_on_the_way_to_h",
        "Only dprev_h is wrong, and only without reset_after: on its way from the candidate to the old state the "
        "gradient passes the reset gate.",
        (("via_n = reset * r", "via_n = reset"),),
    ),
    Mistake(
        "dr_without_state",
        "What comes from r is wrong without reset_after: the gradient of a factor is the other factor.",
        (("dr = reset * prev_h", "dr = reset"),),
    ),
    Mistake(
        "dr_without_product",
        "What comes from r is wrong with reset_after: there r is multiplied with a product, not with the old state.",
        (("dr = dan * (prev_h @ Whn)", "dr = dan * prev_h"),),
    ),
    Mistake(
        "order_zrn",
        "In dx, dWx and db the gates' gradients stand in the order z, r, n. The columns stand in the order r, z, n.",
        (("da = np.concatenate([dar, daz, dan]", "da = np.concatenate([daz, dar, dan]"),),
    ),
    db_two_dimensional("(3H,)", ("db = da.sum(axis=0)", "db = da.sum(axis=0, keepdims=True)")),
    *again(STEP_BACKWARD, "db_one_number", "db_over_units", "db_averaged"),
)

GRU_FORWARD = (
    *again(
        FORWARD,
        "state_not_carried",
        "h0_ignored",
        "read_backwards",
        "first_input_repeated",
        "stored_before_step",
        "h0_included",
        "only_last_state",
        "time_axis_first",
        text=(
            ("rnn_step_forward(", "gru_step_forward("),
            ("Wx, Wh, b)", "Wx, Wh, b, reset_after=reset_after)"),
        ),
    ),
    Mistake(
        "reset_after_not_passed_on",
        "Right without reset_after, wrong with it: the steps are not told which convention to use.",
        ((", reset_after=reset_after", ""),),
    ),
)

GRU_BACKWARD = (
    *again(
        BACKWARD,
        "recurrent_gradient_missing",
        "only_last_loss",
        "weights_overwritten",
        "averaged_over_time",
        "dh0_zero",
        "dh0_one_step_short",
        "dh0_from_dh",
        "walked_forwards",
        "dx_reversed",
        "one_cache_for_all_steps",
    ),
    db_two_dimensional("(3H,)", ("db = db + db_t", "db = db + db_t[None]")),
)
