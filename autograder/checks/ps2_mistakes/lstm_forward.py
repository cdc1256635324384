"""Mistakes in one step of the LSTM, forwards."""

from __future__ import annotations

from autograder.check import Mistake
from autograder.checks.ps1_mistakes.steps import BIAS_MISSING

OVERFLOW = (
    "Right for small sums, not for large ones: the exponential overflows. There are ways to write the sigmoid in "
    "which nothing large is ever divided by something large."
)
GATES_BY_TANH = (
    "The gates run through tanh, so they can be negative. A gate says which share is let through: it lies between 0 "
    "and 1."
)
STRIPES = (
    "The columns of a gate are read as every few columns of the sum. They stand together, in one block of H columns "
    "for every gate."
)
SPLIT = "ai, af, ao, ag = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)"
CELL = "next_c = f * prev_c + i * g"

LSTM_STEP_FORWARD = (
    Mistake(
        "order_ifgo",
        "The last two blocks of columns are exchanged: the numbers are those of the order i, f, g, o. Here the "
        "candidate comes last.",
        (("ai, af, ao, ag =", "ai, af, ag, ao ="),),
    ),
    Mistake(
        "input_and_forget_exchanged",
        "The input gate and the forget gate have exchanged their roles. Look at the order of the column blocks, and "
        "at which gate is multiplied with the old cell state.",
        (("ai, af, ao, ag =", "af, ai, ao, ag ="),),
    ),
    Mistake(
        "order_iofg",
        "The numbers are those of the order i, o, f, g. The column blocks stand for i, f, o, g.",
        (("ai, af, ao, ag =", "ai, ao, af, ag ="),),
    ),
    Mistake(
        "gates_interleaved",
        STRIPES,
        (
            (
                "np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)",
                "np.moveaxis((x @ Wx + prev_h @ Wh + b).reshape(len(x), -1, 4), 2, 0)",
            ),
        ),
    ),
    Mistake(
        "sigmoid_for_candidate",
        "The candidate lies between 0 and 1, so the cell can only be filled, never lowered. Three of the four blocks "
        "are gates; the fourth is squashed differently.",
        (("g = np.tanh(ag)", "g = (1 + np.tanh(ag / 2)) / 2"),),
    ),
    Mistake(
        "candidate_not_squashed",
        "The candidate enters the cell as the bare sum: look for the nonlinearity in the equation of g.",
        (("g = np.tanh(ag)", "g = ag"),),
    ),
    Mistake(
        "tanh_for_gates",
        GATES_BY_TANH,
        tuple((f"(1 + np.tanh(a{gate} / 2)) / 2", f"np.tanh(a{gate})") for gate in "ifo"),
    ),
    Mistake(
        "gates_not_squashed",
        "The gates are the bare sums: look for the nonlinearity in the equations of i, f and o.",
        tuple((f"(1 + np.tanh(a{gate} / 2)) / 2", f"a{gate}") for gate in "ifo"),
    ),
    Mistake(
        "gates_squashed_twice",
        "The gates went through the sigmoid twice, so they all lie between 1/2 and 3/4; the sum is squashed once.",
        tuple(
            (f"(1 + np.tanh(a{gate} / 2)) / 2", f"(1 + np.tanh((1 + np.tanh(a{gate} / 2)) / 4)) / 2") for gate in "ifo"
        ),
    ),
    Mistake(
        "overflow",
        OVERFLOW,
        tuple((f"(1 + np.tanh(a{gate} / 2)) / 2", f"np.exp(a{gate}) / (1 + np.exp(a{gate}))") for gate in "ifo"),
    ),
    Mistake(
        "bias_missing", f"{BIAS_MISSING} Compare the equation of the step.", (("prev_h @ Wh + b,", "prev_h @ Wh,"),)
    ),
    Mistake(
        "input_missing",
        "The numbers do not depend on x: the input never reaches the gates.",
        (("x @ Wx + prev_h @ Wh", "prev_h @ Wh"),),
    ),
    Mistake(
        "state_missing",
        "The numbers do not depend on prev_h: the gates see the input only, not what the cell showed a step before.",
        (("x @ Wx + prev_h @ Wh", "x @ Wx"),),
    ),
    Mistake(
        "cell_missing",
        "The numbers do not depend on prev_c: what was remembered is lost, whatever the forget gate says.",
        ((CELL, "next_c = i * g"),),
    ),
    Mistake(
        "forget_gate_missing",
        "The old cell state is kept whole: the forget gate has no say.",
        ((CELL, "next_c = prev_c + i * g"),),
    ),
    Mistake(
        "input_gate_missing",
        "The candidate is added whole: the input gate has no say.",
        ((CELL, "next_c = f * prev_c + g"),),
    ),
    Mistake(
        "gates_coupled",
        "The candidate is weighted with what the forget gate leaves over. That is a variant of the cell; here the "
        "input gate is a gate of its own.",
        ((CELL, "next_c = f * prev_c + (1 - f) * g"),),
    ),
    Mistake(
        "hidden_for_cell",
        "What the forget gate keeps is the hidden state. It guards the cell state.",
        ((CELL, "next_c = f * prev_h + i * g"),),
    ),
    Mistake(
        "cell_squashed",
        "The cell state itself went through tanh. It is squashed only on its way out, so that c stays a plain sum.",
        ((CELL, "next_c = np.tanh(f * prev_c + i * g)"),),
    ),
    Mistake(
        "tanh_on_the_way_out_missing",
        "next_c is right; next_h lets the cell state out unsquashed, so it can leave (-1, 1).",
        (("next_h = o * tanh_c", "next_h = o * next_c"),),
    ),
    Mistake(
        "output_gate_missing",
        "next_c is right; next_h shows all of the cell state: the output gate has no say.",
        (("next_h = o * tanh_c", "next_h = tanh_c"),),
    ),
    Mistake(
        "output_from_old_cell",
        "next_c is right; next_h is computed from the cell state before the step. h_t is a function of c_t.",
        (("next_h = o * tanh_c", "next_h = o * np.tanh(prev_c)"),),
    ),
)
