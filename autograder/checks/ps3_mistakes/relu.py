"""Mistakes in the ReLU network and in how it starts."""

from __future__ import annotations

from autograder.check import Mistake
from autograder.checks.ps3_mistakes.flow import H0_IGNORED, STATE_NOT_CARRIED

STEP = "np.maximum(0, inputs[:, t] + h_t @ Wh)"

RELU_FORWARD = (
    Mistake(
        "relu_missing",
        "These are the values before the ReLU: look for the nonlinearity in the equation.",
        ((STEP, "inputs[:, t] + h_t @ Wh"),),
    ),
    Mistake(
        "tanh_for_relu",
        "The values lie in (-1, 1), and some are negative: this is tanh. A ReLU cuts off what is negative and leaves "
        "the rest alone.",
        ((STEP, "np.tanh(inputs[:, t] + h_t @ Wh)"),),
    ),
    Mistake(
        "absolute_value",
        "Negative sums come out positive: a ReLU makes them zero.",
        ((STEP, "np.abs(inputs[:, t] + h_t @ Wh)"),),
    ),
    Mistake(
        "relu_of_input_only",
        "The ReLU is applied to the input's share of the sum alone; it is applied to the whole sum.",
        ((STEP, "np.maximum(0, inputs[:, t]) + h_t @ Wh"),),
    ),
    Mistake("bias_missing", "The numbers are those of a cell without its bias.", (("x @ Wx + b  #", "x @ Wx  #"),)),
    Mistake("state_not_carried", STATE_NOT_CARRIED, ((STEP, "np.maximum(0, inputs[:, t] + h0 @ Wh)"),)),
    Mistake("h0_ignored", H0_IGNORED, (("h_t = h0", "h_t = np.zeros_like(h0)"),)),
    Mistake(
        "state_missing",
        "The new state does not depend on the old one: without it this is a feed-forward layer, not a recurrent one.",
        ((STEP, "np.maximum(0, inputs[:, t])"),),
    ),
    Mistake(
        "Wh_transposed",
        "Wh is applied as its transpose. It is square, so NumPy cannot notice: here examples are rows, and the "
        "matrix stands to the right.",
        ((STEP, "np.maximum(0, inputs[:, t] + h_t @ Wh.T)"),),
    ),
    Mistake(
        "previous_input",
        "Every step reads the input of the step before it, and the first step reads the last input. Equations count "
        "steps from 1, arrays from 0.",
        ((STEP, "np.maximum(0, inputs[:, t - 1] + h_t @ Wh)"),),
    ),
    Mistake(
        "h0_included",
        "h has T + 1 time steps: it begins with h0, which is not part of h.",
        (("Wx, Wh)", "Wx, Wh)\n    h = np.concatenate([h0[:, None], h], axis=1)"),),
    ),
    Mistake(
        "last_state_everywhere",
        "Every time step holds the last state: one array is reused for all steps, so that storing it stores the same "
        "memory again and again.",
        (("h = np.stack(states, axis=1)", "h = np.stack([h_t] * len(states), axis=1)"),),
    ),
)

SLOPE = "dh_t * (h[:, t] > 0)"
PREVIOUS = "prev_h = np.concatenate([h0[:, None], h[:, :-1]], axis=1)"

RELU_BACKWARD = (
    Mistake(
        "slope_missing",
        "The gradient passes units that are off: the derivative of the ReLU is missing from the chain, or it is 1 "
        "everywhere. What is the slope of a unit whose state is 0?",
        ((SLOPE, "dh_t"),),
    ),
    Mistake(
        "slope_from_upstream",
        "The slope of the ReLU is taken at the gradient that arrives, not at the value the forward pass computed.",
        ((SLOPE, "dh_t * (dh_t > 0)"),),
    ),
    Mistake(
        "slope_from_previous_state",
        "The slope of the ReLU is taken at the state before the step; it belongs at the state that the step computed.",
        ((SLOPE, "dh_t * ((h[:, t - 1] if t > 0 else h0) > 0)"),),
    ),
    Mistake(
        "slope_of_off_units",
        "The gradient passes the units that are off, and stops at those that are on: it should be the other way round.",
        ((SLOPE, "dh_t * (h[:, t] <= 0)"),),
    ),
    Mistake(
        "value_for_slope",
        "The gradient is multiplied with the state itself. The slope of a ReLU is 1 or 0, however large the state.",
        ((SLOPE, "dh_t * h[:, t]"),),
    ),
    Mistake(
        "tanh_derivative",
        "This is the derivative of tanh; the cell's nonlinearity is the ReLU.",
        ((SLOPE, "dh_t * (1 - h[:, t] ** 2)"),),
    ),
    Mistake(
        "slope_one_at_zero",
        "Right but for sums of exactly 0, where the slope is taken to be 1. There it is 0 here.",
        (
            (
                "cache = (x, h0, h, Wx, Wh)",
                "a = inputs + np.concatenate([h0[:, None], h[:, :-1]], axis=1) @ Wh\n"
                "    cache = (x, h0, np.where(a == 0, 1e-300, h), Wx, Wh)",
            ),
        ),
        function="relu_rnn_forward",
    ),
    Mistake(
        "recurrent_gradient_missing",
        "The gradient arriving from the next time step is missing: h_t influences the loss of step t and everything "
        "after it, and only the first part is here.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dh[:, t]"),),
    ),
    Mistake(
        "recurrent_gradient_skips_relu",
        "What is passed on to the step before goes through Wh but not through the ReLU: it starts from the gradient "
        "after the nonlinearity.",
        (("dprev_h = da[:, t] @ Wh.T", "dprev_h = dh_t @ Wh.T"),),
    ),
    Mistake(
        "only_last_loss",
        "Only the loss of the last step is propagated: dh[:, t] of the earlier steps is never added.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dprev_h if t < T - 1 else dh[:, t]"),),
    ),
    Mistake(
        "Wh_not_transposed",
        "The gradient goes back through Wh instead of its transpose. Wh is square, so NumPy cannot notice; going back "
        "through a matrix product always transposes the matrix.",
        (("dprev_h = da[:, t] @ Wh.T", "dprev_h = da[:, t] @ Wh"),),
    ),
    Mistake(
        "dWh_from_new_states",
        "dWh is built with the states after the steps. Wh was multiplied with the states before them.",
        ((PREVIOUS, "prev_h = h"),),
    ),
    Mistake(
        "h0_missing_in_dWh",
        "dWh lacks the first step: there Wh was multiplied with h0.",
        ((PREVIOUS, "prev_h = np.concatenate([0 * h0[:, None], h[:, :-1]], axis=1)"),),
    ),
    Mistake(
        "dh0_zero",
        "dh0 is all zeros: what flows back out of the first step is never stored.",
        (("dh0 = dprev_h", "dh0 = np.zeros_like(dprev_h)"),),
    ),
    Mistake(
        "dx_skips_relu",
        "dx goes back through Wx but not through the ReLU, and without what flows back from later steps.",
        (("dx = da @ Wx.T", "dx = dh @ Wx.T"),),
    ),
    Mistake(
        "db_averaged",
        "db is averaged over examples and time steps where it should be summed.",
        (("db = flat.sum(axis=0)", "db = flat.mean(axis=0)"),),
    ),
    Mistake(
        "db_summed_over_batch_only",
        "db still has a time axis: sum over the examples and over the time steps.",
        (("db = flat.sum(axis=0)", "db = da.sum(axis=0)"),),
    ),
    Mistake(
        "db_two_dimensional",
        "db has the right numbers and one axis too many: b has shape (H,), so has its gradient.",
        (("db = flat.sum(axis=0)", "db = flat.sum(axis=0, keepdims=True)"),),
    ),
    Mistake(
        "walked_forwards",
        "The steps are walked from the first to the last; gradients flow from the last step to the first.",
        (("for t in reversed(range(T))", "for t in range(T)"),),
    ),
)

INIT_IRNN = (
    Mistake(
        "random_recurrence",
        "Wh is random. An IRNN starts with a recurrent matrix that hands the state on as it is.",
        (("Wh = np.eye(H)", "Wh = rng.standard_normal((H, H)) / np.sqrt(H)"),),
    ),
    Mistake(
        "identity_scaled",
        "Wh is a multiple of the identity: repeated T times, the factor counts T times.",
        (("Wh = np.eye(H)", "Wh = 0.001 * np.eye(H)"),),
    ),
    Mistake(
        "ones_for_identity",
        "Wh is full of ones. The identity has ones on its diagonal only.",
        (("Wh = np.eye(H)", "Wh = np.ones((H, H))"),),
    ),
    Mistake(
        "zero_recurrence",
        "Wh is all zeros, so the network forgets its state at every step.",
        (("Wh = np.eye(H)", "Wh = np.zeros((H, H))"),),
    ),
    Mistake(
        "wrong_scale",
        "Wx comes from rng, but not with the mean and the standard deviation that it should have.",
        (("0.001 * rng", "rng"),),
    ),
    Mistake(
        "rng_unused",
        "Wx does not come from the generator that is passed in. With the same rng two networks must be equal, so that "
        "a run can be repeated; with different ones they must differ.",
        (("rng.standard_normal((D, H))", "np.random.standard_normal((D, H))"),),
    ),
    Mistake(
        "bias_of_ones",
        "The biases start at one. An IRNN starts without any push of its own.",
        (("b = np.zeros(H)", "b = np.ones(H)"),),
    ),
)
