"""Mistakes in a whole sequence of the LSTM: forwards and backwards."""

from __future__ import annotations

from autograder.check import Mistake
from autograder.checks.ps1_mistakes.sequences import BACKWARD, FORWARD
from autograder.checks.ps2_mistakes.again import again, db_two_dimensional

STEP_CALL = "lstm_step_forward(x[:, t], h_t, c_t, Wx, Wh, b)"
UNPACKED = "h_t, c_t, step_cache = "
STEP_BACK = "lstm_step_backward(dh_t, dprev_c, cache[t])"
OWN_WORDING = (
    ("h_t, step_cache = ", UNPACKED),
    ("rnn_step_forward(", "lstm_step_forward("),
    (", h_t, Wx", ", h_t, c_t, Wx"),
    (", h0, Wx", ", h0, c_t, Wx"),
)
OVERWRITTEN = (
    "Right forwards; backwards as if every step had started from the last {what}: the {what} kept in the cache is a "
    "view of memory that later steps of the forward pass overwrite. Keep a copy."
)

LSTM_FORWARD = (
    *again(
        FORWARD,
        "state_not_carried",
        "h0_ignored",
        "read_backwards",
        "first_input_repeated",
        "previous_input",
        "stored_before_step",
        "h0_included",
        "only_last_state",
        "last_state_everywhere",
        "last_step_missing",
        "time_axis_first",
        text=OWN_WORDING,
    ),
    Mistake(
        "cell_not_carried",
        "Every step starts from an empty cell: the cell state that a step returns is not handed to the next one.",
        ((STEP_CALL, "lstm_step_forward(x[:, t], h_t, np.zeros_like(h0), Wx, Wh, b)"),),
    ),
    Mistake(
        "cell_starts_at_h0",
        "The cell state starts from h0. It starts at zero; h0 is the hidden state alone.",
        (("c_t = np.zeros_like(h0)", "c_t = h0"),),
    ),
    Mistake(
        "cell_starts_at_one",
        "The cell state does not start at zero.",
        (("c_t = np.zeros_like(h0)", "c_t = np.ones_like(h0)"),),
    ),
    Mistake(
        "cells_returned",
        "h holds the cell states. What leaves the LSTM at every step is the hidden state.",
        (("states.append(h_t)", "states.append(c_t)"),),
    ),
    Mistake(
        "outputs_unpacked_in_wrong_order",
        "Hidden state and cell state are exchanged from step to step: a step returns the hidden state first.",
        ((UNPACKED, "c_t, h_t, step_cache = "),),
    ),
    Mistake(
        "arguments_exchanged",
        "Every step is given the cell state for the hidden state and the other way round: in which order does a step "
        "take them?",
        ((STEP_CALL, "lstm_step_forward(x[:, t], c_t, h_t, Wx, Wh, b)"),),
    ),
)

LSTM_BACKWARD = (
    *again(
        BACKWARD,
        "recurrent_gradient_missing",
        "recurrent_gradient_subtracted",
        "recurrent_gradient_twice",
        "dh_ignored",
        "only_last_loss",
        "weights_overwritten",
        "dWx_overwritten",
        "dWh_overwritten",
        "db_overwritten",
        "averaged_over_time",
        "dh0_zero",
        "dh0_one_step_short",
        "dh0_from_dh",
        "dh0_only_for_T_above_1",
        "walked_forwards",
        "last_step_missing",
        "dx_reversed",
        "one_cache_for_all_steps",
        "previous_cache",
        "caches_reversed",
    ),
    Mistake(
        "cell_gradient_not_carried",
        "The gradient of the cell state is dropped between the steps: the second road back, from c_{t+1} to c_t, is "
        "missing.",
        ((STEP_BACK, "lstm_step_backward(dh_t, 0 * dprev_c, cache[t])"),),
    ),
    Mistake(
        "cell_gradient_overwritten_by_dh",
        "Every step is given the gradient of the hidden state for that of the cell state as well. The two arrive "
        "along different roads.",
        ((STEP_BACK, "lstm_step_backward(dh_t, dh_t, cache[t])"),),
    ),
    Mistake(
        "losses_enter_the_cell",
        "dh is added to the gradient of the cell state as well. The losses look at the hidden states alone; how h_t "
        "depends on c_t is the step's business.",
        ((STEP_BACK, "lstm_step_backward(dh_t, dprev_c + dh[:, t], cache[t])"),),
    ),
    Mistake(
        "step_outputs_exchanged",
        "The gradients of hidden state and cell state are exchanged from step to step: look at the order in which the "
        "step returns them.",
        (("dxs[t], dprev_h, dprev_c,", "dxs[t], dprev_c, dprev_h,"),),
    ),
    Mistake(
        "dh0_from_cell",
        "dh0 is the gradient with respect to the initial cell state.",
        (("dh0 = dprev_h", "dh0 = dprev_c"),),
    ),
    Mistake(
        "last_cell_gradient_not_zero",
        "The walk back begins with a gradient at the last cell state. No loss looks at it: everything it means to "
        "them goes through the last hidden state.",
        (("dprev_c = np.zeros_like(dh[:, 0])", "dprev_c = dh[:, -1]"),),
    ),
    Mistake(
        "hidden_state_overwritten",
        OVERWRITTEN.format(what="hidden state"),
        (
            ("h_t = h0", "h_t = h0.copy()"),
            (
                f"        {UNPACKED}{STEP_CALL}\n        states.append(h_t)",
                f"        new_h, c_t, step_cache = {STEP_CALL}\n        states.append(new_h)\n        h_t[...] = new_h",
            ),
        ),
        function="lstm_forward",
    ),
    Mistake(
        "cell_state_overwritten",
        OVERWRITTEN.format(what="cell state"),
        (
            (
                f"        {UNPACKED}{STEP_CALL}\n",
                f"        h_t, new_c, step_cache = {STEP_CALL}\n        c_t[...] = new_c\n",
            ),
        ),
        function="lstm_forward",
    ),
    db_two_dimensional("(4H,)", ("db = db + db_t", "db = db + db_t[None]")),
)
