"""Mistakes in measuring gradients, and in an LSTM that is to remember."""

from __future__ import annotations

from autograder.check import Mistake

STATE_NOT_CARRIED = "Every step starts from h0: the state that a step returns is not handed to the next one."
H0_IGNORED = "The first step starts from zeros: h0 never enters."

STATE_GRADIENT_NORMS = (
    Mistake(
        "state_not_carried", STATE_NOT_CARRIED, (("rnn_step_forward(x[:, t], h_t,", "rnn_step_forward(x[:, t], h0,"),)
    ),
    Mistake("h0_ignored", H0_IGNORED, (("h_t = h0", "h_t = np.zeros_like(h0)"),)),
    Mistake(
        "gradient_not_carried",
        "Every step starts from dh, as if each were the last one: what a step passes back is what the step before it "
        "receives.",
        (("rnn_step_backward(dh_t, caches[t])", "rnn_step_backward(dh, caches[t])"),),
    ),
    Mistake(
        "loss_at_every_step",
        "dh is added again at every step. The loss looks at the last state alone, so only the last state has a "
        "gradient of its own.",
        (("rnn_step_backward(dh_t, caches[t])", "rnn_step_backward(dh_t + dh * (t < T - 1), caches[t])"),),
    ),
    Mistake(
        "reversed_in_time",
        "The norms stand in the wrong order: the first one belongs to the initial states.",
        (
            (
                "        norms[t] = np.linalg.norm(dh_t)",
                "        norms[t] = np.linalg.norm(dh_t)\n    norms = norms[::-1]",
            ),
        ),
    ),
    Mistake(
        "squared",
        "These are sums of squares; the norm is the root of that.",
        (
            ("norms[T] = np.linalg.norm(dh)", "norms[T] = np.sum(dh**2)"),
            ("norms[t] = np.linalg.norm(dh_t)", "norms[t] = np.sum(dh_t**2)"),
        ),
    ),
    Mistake(
        "mean_over_examples",
        "These are means over the examples of one norm for each. Here one norm of the whole array is asked for, over "
        "examples and units.",
        (
            ("norms[T] = np.linalg.norm(dh)", "norms[T] = np.linalg.norm(dh, axis=1).mean()"),
            ("norms[t] = np.linalg.norm(dh_t)", "norms[t] = np.linalg.norm(dh_t, axis=1).mean()"),
        ),
    ),
    Mistake(
        "matrix_norm",
        "These are largest singular values of the arrays. The norm of a gradient is the root of the sum of all its "
        "squared entries.",
        (
            ("norms[T] = np.linalg.norm(dh)", "norms[T] = np.linalg.norm(dh, 2)"),
            ("norms[t] = np.linalg.norm(dh_t)", "norms[t] = np.linalg.norm(dh_t, 2)"),
        ),
    ),
    Mistake(
        "inputs_for_states",
        "From the last step down these are norms of gradients with respect to the inputs. Look at the order in which "
        "the step's backward function returns its gradients.",
        (
            ("_, dh_t, _, _, _ = rnn_step", "dx_t, dh_t, _, _, _ = rnn_step"),
            ("norms[t] = np.linalg.norm(dh_t)", "norms[t] = np.linalg.norm(dx_t)"),
        ),
    ),
    Mistake(
        "last_states_missing",
        "The norm for the last states is zero: the gradient that you are given is the first of the T + 1 gradients.",
        (("norms[T] = np.linalg.norm(dh)", "norms[T] = 0"),),
    ),
    Mistake(
        "h0_missing",
        "There are T norms. T steps have T + 1 states, the initial one among them.",
        (
            (
                "        norms[t] = np.linalg.norm(dh_t)",
                "        norms[t] = np.linalg.norm(dh_t)\n    norms = norms[1:]",
            ),
        ),
    ),
    Mistake(
        "one_cache_for_all_steps",
        "Every step goes back through the cache of the last step: each step needs the values of its own forward pass.",
        (("caches[t])", "caches[-1])"),),
    ),
    Mistake(
        "caches_reversed",
        "The caches are taken in the wrong order: each step needs the values of its own forward pass, and the walk "
        "back begins at the last step.",
        (("caches[t])", "caches[T - 1 - t])"),),
    ),
)

LSTM_STATE_GRADIENT_NORMS = (
    Mistake(
        "state_not_carried",
        STATE_NOT_CARRIED,
        (("lstm_step_forward(x[:, t], h_t, c_t,", "lstm_step_forward(x[:, t], h0, c_t,"),),
    ),
    Mistake(
        "cell_state_not_carried",
        "Every step starts from an empty cell state: the cell state that a step returns is not handed to the next one.",
        (("lstm_step_forward(x[:, t], h_t, c_t,", "lstm_step_forward(x[:, t], h_t, np.zeros_like(h0),"),),
    ),
    Mistake(
        "h0_as_cell_state",
        "The first cell state is h0. Only the hidden state starts there; the cell state starts at zero.",
        (("h_t, c_t = h0, np.zeros_like(h0)", "h_t, c_t = h0, h0"),),
    ),
    Mistake(
        "cell_gradient_not_carried",
        "Every step receives a gradient of zero for its cell state: the road through the cell state is cut at every "
        "step, and it is the LSTM's better one.",
        (("lstm_step_backward(dh_t, dc_t, caches[t])", "lstm_step_backward(dh_t, np.zeros_like(dh), caches[t])"),),
    ),
    Mistake(
        "hidden_gradient_not_carried",
        "The gradient with respect to the hidden state is not handed on from step to step: only the cell state's is.",
        (
            (
                "lstm_step_backward(dh_t, dc_t, caches[t])",
                "lstm_step_backward(dh_t * (t == T - 1), dc_t, caches[t])",
            ),
        ),
    ),
    Mistake(
        "loss_at_last_cell_state",
        "The last cell state receives a gradient of its own. The loss does not look at it; it reaches the cell state "
        "through the hidden state, and the step sees to that.",
        (("dh_t, dc_t = dh, np.zeros_like(dh)", "dh_t, dc_t = dh, dh"),),
    ),
    Mistake(
        "states_exchanged",
        "The gradients of the hidden and of the cell state are taken for each other on their way back: look at the "
        "order in which the step's backward function returns them.",
        (("_, dh_t, dc_t, _, _, _ = lstm", "_, dc_t, dh_t, _, _, _ = lstm"),),
    ),
    Mistake(
        "only_the_last_step",
        "The entries for the last states are zero: dh itself is the first of the T + 1 gradients with respect to the "
        "hidden states.",
        (("dh_norms[T] = np.linalg.norm(dh)", "dh_norms[T] = 0"),),
    ),
    Mistake(
        "cell_norm_includes_road_through_h",
        "dc_norms holds gradients that include the road from the cell state through the hidden state of its own step. "
        "Of the pair that a step hands on, the other half is held fixed here.",
        (
            (
                "dc_norms[t] = np.linalg.norm(dc_t)",
                "dc_norms[t + 1], dc_norms[t] = np.linalg.norm(dc_t / caches[t][6]), np.linalg.norm(dc_t)",
            ),
        ),
    ),
)

FORGET_GATE_PRODUCTS = (
    Mistake(
        "own_gate_included",
        "Every product holds one gate too many: the forget gate of a step lies before that step's cell state, not "
        "after it, and the product for the last step is empty.",
        (
            (
                "    for t in reversed(range(T - 1)):\n        products[:, t] = products[:, t + 1] * f[:, t + 1]",
                "    for t in reversed(range(T)):\n"
                "        products[:, t] = (products[:, t + 1] if t < T - 1 else 1) * f[:, t]",
            ),
        ),
    ),
    Mistake(
        "from_the_start",
        "The products run from the first step to step t; asked for is the way from step t to the last one.",
        (
            (
                "    for t in reversed(range(T - 1)):\n        products[:, t] = products[:, t + 1] * f[:, t + 1]",
                "    products = np.cumprod(f, axis=1)",
            ),
        ),
    ),
    Mistake(
        "gate_of_own_step",
        "The product for step t uses the forget gate of step t in the place of that of step t + 1.",
        (("products[:, t + 1] * f[:, t + 1]", "products[:, t + 1] * f[:, t]"),),
    ),
    Mistake(
        "one_gate_only",
        "Every entry is a single forget gate, that of the next step: the gates of all later steps are multiplied.",
        (("products[:, t + 1] * f[:, t + 1]", "f[:, t + 1]"),),
    ),
    Mistake(
        "input_gate",
        "These are products of the input gates. Blocks of columns stand in the order i, f, o, g.",
        (("H : 2 * H", ":H"),),
    ),
    Mistake(
        "output_gate",
        "These are products of the output gates. Blocks of columns stand in the order i, f, o, g.",
        (("H : 2 * H", "2 * H : 3 * H"),),
    ),
    Mistake(
        "sigmoid_missing",
        "What is multiplied are the sums before the sigmoid: a gate is a number between 0 and 1.",
        (("(1 + np.tanh(a[:, :, H : 2 * H] / 2)) / 2", "a[:, :, H : 2 * H]"),),
    ),
    Mistake(
        "tanh_for_sigmoid",
        "What is multiplied has been through tanh. A gate goes through the logistic sigmoid, between 0 and 1.",
        (("(1 + np.tanh(a[:, :, H : 2 * H] / 2)) / 2", "np.tanh(a[:, :, H : 2 * H])"),),
    ),
    Mistake(
        "gates_read_new_state",
        "The gates are computed from the hidden state after their step; they read the one before it.",
        (("prev_h = np.concatenate([h0[:, None], h[:, :-1]], axis=1)", "prev_h = h"),),
    ),
    Mistake(
        "h0_for_all_steps",
        "The gates of all steps are computed from h0: every step reads the hidden state that the step before it made.",
        (("np.concatenate([h0[:, None], h[:, :-1]], axis=1)", "h0[:, None]"),),
    ),
    Mistake(
        "state_missing",
        "The gates do not depend on the hidden state, only on the input and the bias.",
        (("x @ Wx + prev_h @ Wh + b", "x @ Wx + 0 * prev_h @ Wh + b"),),
    ),
    Mistake(
        "bias_missing",
        "The numbers are those of gates without their bias.",
        (("x @ Wx + prev_h @ Wh + b", "x @ Wx + prev_h @ Wh"),),
    ),
    Mistake(
        "summed",
        "The forget gates are added up; along a road of several steps factors are multiplied.",
        (("products[:, t + 1] * f[:, t + 1]", "products[:, t + 1] + f[:, t + 1]"),),
    ),
)

REMEMBER_BIT = (
    Mistake(
        "bit_told_at_every_step",
        "The sequences for 0 and 1 differ after the first step as well. Repeating is not remembering: from the second "
        "step on the network must not be told the bit.",
        (("x[0] = 1, 1, 2 * bit - 1", "x[:] = 1, 1, 2 * bit - 1"),),
    ),
    Mistake(
        "forgotten",
        "Neither bit is there in the end, though both are after a single step: what was written leaks away. By what is "
        "the cell state multiplied at every step?",
        (("x[:, 1] = 1", "x[:, 1] = 0"),),
    ),
    Mistake(
        "overwritten",
        "Bit 0 is there in the end and bit 1 is not: at every step something is added to the cell state, whatever the "
        "bit. When is nothing written?",
        (("x[:, 0] = -1", "x[:, 0] = 0"),),
    ),
    Mistake(
        "bits_exchanged",
        "Neither bit is there in the end, and not even after a single step: is the bit written at the first step, and "
        "with the right sign?",
        (("2 * bit - 1", "1 - 2 * bit"),),
    ),
    Mistake(
        "too_large",
        "The bits are remembered, but with inputs outside the range from -1 to 1.",
        (("x[:, 1] = 1", "x[:, 1] = 10"),),
    ),
)
