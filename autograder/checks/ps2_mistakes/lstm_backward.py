"""Mistakes in one step of the LSTM, backwards."""

from __future__ import annotations

from autograder.check import Mistake
from autograder.checks.ps1_mistakes.steps import STEP_BACKWARD
from autograder.checks.ps2_mistakes.again import again, db_two_dimensional

DC = "dc = dnext_c + dnext_h * o * (1 - tanh_c**2)"
GATES = "da = np.concatenate([dai, daf, dao, dag], axis=1)"
SQUASHED_TWICE = (
    "The derivative of the sigmoid is taken at a value that has been through the sigmoid already: it needs the gate "
    "as it is."
)

LSTM_STEP_BACKWARD = (
    Mistake(
        "road_through_h_missing",
        "The cell state gets only the gradient that arrives from the next cell. c_t is also what h_t is made of, and "
        "what comes back along that road is missing.",
        ((DC, "dc = dnext_c"),),
    ),
    Mistake(
        "road_along_c_missing",
        "The cell state gets only what comes back through h_t. The next step reads c_t too: what arrives from there "
        "is ignored.",
        ((DC, "dc = dnext_h * o * (1 - tanh_c**2)"),),
    ),
    Mistake(
        "only_the_partial_derivative",
        "What is added to the gradient of c_t is how h_t depends on it, and not how the loss does: the gradient that "
        "arrives at h_t is not multiplied in.",
        ((DC, "dc = dnext_c + o * (1 - tanh_c**2)"),),
    ),
    Mistake(
        "prev_c_for_dnext_c",
        "The cell state stands where its gradient should: a gradient is a sum of gradients. Look at what is added to "
        "the part that comes through h_t.",
        ((DC, "dc = prev_c + dnext_h * o * (1 - tanh_c**2)"),),
    ),
    Mistake(
        "tanh_derivative_missing",
        "On the way from h_t to c_t the gradient passes the tanh unchanged: its derivative is missing from the chain.",
        ((DC, "dc = dnext_c + dnext_h * o"),),
    ),
    Mistake(
        "output_gate_missing",
        "On the way from h_t to c_t the output gate is missing: what it held back forwards, it holds back backwards.",
        ((DC, "dc = dnext_c + dnext_h * (1 - tanh_c**2)"),),
    ),
    Mistake(
        "dnext_c_through_h",
        "The gradient that arrives from the next cell is sent through the output gate and the tanh as well. It "
        "arrives at c_t itself.",
        ((DC, "dc = (dnext_c + dnext_h) * o * (1 - tanh_c**2)"),),
    ),
    Mistake(
        "squashed_twice",
        "The derivative of tanh is taken at a value that has been through tanh already: 1 - tanh(a)^2 needs a, or "
        "tanh(a) as it is, not tanh of tanh(a).",
        (("(1 - tanh_c**2)", "(1 - np.tanh(tanh_c)**2)"),),
    ),
    Mistake(
        "cell_for_its_tanh",
        "The cell state is used where its tanh belongs: c_t is not squashed, the value that the output gate lets "
        "through is. Compare what the forward function keeps with what the backward function makes of it.",
        (("Wx, Wh, i, f, o, g, tanh_c)", "Wx, Wh, i, f, o, g, next_c)"),),
        function="lstm_step_forward",
    ),
    Mistake(
        "do_without_tanh",
        "Only the block of the output gate is wrong: its gradient is taken as if it let c_t through, not tanh(c_t).",
        (("do = dnext_h * tanh_c", "do = dnext_h * (f * prev_c + i * g)"),),
    ),
    Mistake(
        "do_without_cell",
        "Only the block of the output gate is wrong: what the gate is multiplied with is missing from its gradient.",
        (("do = dnext_h * tanh_c", "do = dnext_h"),),
    ),
    Mistake(
        "dprev_c_not_gated",
        "dprev_c lacks the forget gate: what it held back forwards, it holds back backwards.",
        (("dprev_c = dc * f", "dprev_c = dc"),),
    ),
    Mistake(
        "dprev_c_without_h",
        "Only dprev_c is wrong: it starts from the gradient that came from the next cell, without what reached c_t "
        "through h_t.",
        (("dprev_c = dc * f", "dprev_c = dnext_c * f"),),
    ),
    Mistake(
        "dprev_c_through_input_gate",
        "dprev_c goes back through the input gate. Which gate was the old cell state multiplied with?",
        (("dprev_c = dc * f", "dprev_c = dc * i"),),
    ),
    Mistake(
        "dprev_c_zero",
        "dprev_c is all zeros: no gradient reaches the previous cell state, and with it the long memory is lost.",
        (("dprev_c = dc * f", "dprev_c = np.zeros_like(dc)"),),
    ),
    Mistake(
        "input_and_forget_exchanged",
        "The gradients of input gate and forget gate are exchanged. The gradient of a factor is the other factor: "
        "what is each of them multiplied with?",
        (("di = dc * g", "di = dc * prev_c"), ("df = dc * prev_c", "df = dc * g")),
    ),
    Mistake(
        "input_and_candidate_exchanged",
        "The gradients of input gate and candidate each carry their own value. The gradient of a factor is the other "
        "factor.",
        (("di = dc * g", "di = dc * i"), ("dg = dc * i", "dg = dc * g")),
    ),
    Mistake(
        "forget_gate_from_new_cell",
        "The block of the forget gate is built with the cell state after the step. The gate was multiplied with the "
        "one before it.",
        (("df = dc * prev_c", "df = dc * (f * prev_c + i * g)"),),
    ),
    Mistake(
        "sigmoid_derivative_missing",
        "The gradient passes the sigmoids unchanged: their derivative is missing from the chain, in all three gates.",
        tuple((f"da{n} = d{n} * {n} * (1 - {n})", f"da{n} = d{n}") for n in "ifo"),
    ),
    Mistake(
        "sigmoid_derivative_halved",
        "In all three gates the derivative of the sigmoid is incomplete: it is a product of two factors, and one of "
        "them is missing.",
        tuple((f"da{n} = d{n} * {n} * (1 - {n})", f"da{n} = d{n} * (1 - {n})") for n in "ifo"),
    ),
    Mistake(
        "tanh_derivative_for_gates",
        "The gates go back through the derivative of tanh; their nonlinearity is the sigmoid.",
        tuple((f"da{n} = d{n} * {n} * (1 - {n})", f"da{n} = d{n} * (1 - {n}**2)") for n in "ifo"),
    ),
    Mistake(
        "gates_squashed_twice",
        SQUASHED_TWICE,
        tuple((f"da{n} = d{n} * {n} * (1 - {n})", f"da{n} = d{n} * (1 - np.tanh({n} / 2) ** 2) / 4") for n in "ifo"),
    ),
    Mistake(
        "candidate_derivative_missing",
        "Only the block of the candidate is wrong: the gradient passes its tanh unchanged.",
        (("dag = dg * (1 - g**2)", "dag = dg"),),
    ),
    Mistake(
        "sigmoid_derivative_for_candidate",
        "Only the block of the candidate is wrong: it goes back through the derivative of the sigmoid, and its "
        "nonlinearity is tanh.",
        (("dag = dg * (1 - g**2)", "dag = dg * g * (1 - g)"),),
    ),
    Mistake(
        "order_ifgo",
        "The gates' gradients are put together in the order i, f, g, o. The columns of the parameters stand in the "
        "order i, f, o, g.",
        ((GATES, "da = np.concatenate([dai, daf, dag, dao], axis=1)"),),
    ),
    Mistake(
        "order_fiog",
        "The gates' gradients are put together in the order f, i, o, g. The columns of the parameters stand in the "
        "order i, f, o, g.",
        ((GATES, "da = np.concatenate([daf, dai, dao, dag], axis=1)"),),
    ),
    Mistake(
        "dWh_from_next_h",
        "dWh is built with the state after the step. Wh was multiplied with the state before it.",
        (("dWh = prev_h.T @ da", "dWh = (o * tanh_c).T @ da"),),
    ),
    Mistake(
        "dprev_h_gets_dnext_h",
        "Only dprev_h is wrong: dnext_h is added to it as it arrived. h_{t-1} reaches the loss through the gates of "
        "this step only; it is not handed on.",
        (("dprev_h = da @ Wh.T", "dprev_h = da @ Wh.T + dnext_h"),),
    ),
    db_two_dimensional("(4H,)", ("db = da.sum(axis=0)", "db = da.sum(axis=0, keepdims=True)")),
    *again(STEP_BACKWARD, "dprev_h_zero", "db_one_number", "db_over_units", "db_averaged", "squeezed"),
)
