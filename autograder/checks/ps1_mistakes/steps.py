"""Mistakes in a cell and in a single step."""

from __future__ import annotations

from autograder.check import Mistake

TANH_MISSING = "These are the values before the squashing function: look for the nonlinearity in the equation."
BIAS_MISSING = "The numbers are those of a cell without its bias."

VANILLA_RNN = (
    Mistake("tanh_missing", TANH_MISSING, (("np.tanh(self.W_hh", "(self.W_hh"),)),
    Mistake(
        "sigmoid_for_tanh",
        "The state lies between 0 and 1: this is the logistic sigmoid. The vanilla cell squashes to (-1, 1).",
        (
            (
                "np.tanh(self.W_hh @ self.h + self.W_xh @ x + self.B_h)",
                "1 / (1 + np.exp(-(self.W_hh @ self.h + self.W_xh @ x + self.B_h)))",
            ),
        ),
    ),
    Mistake(
        "input_missing",
        "The numbers do not depend on x: the input never reaches the state.",
        ((" + self.W_xh @ x", ""),),
    ),
    Mistake(
        "state_missing",
        "The new state does not depend on the old one, so the cell has no memory: compare the equation of h_t.",
        (("self.W_hh @ self.h + ", ""),),
    ),
    Mistake(
        "W_hh_transposed",
        "W_hh is applied as its transpose. It is square, so NumPy cannot notice: in column convention the matrix "
        "stands to the left of the vector.",
        (("self.W_hh @ self.h", "self.W_hh.T @ self.h"),),
    ),
    Mistake(
        "state_not_kept",
        "Every call of forward starts from the same state: the new state is computed but not kept for the next call.",
        (("self.h = np.tanh(", "h = np.tanh("), ("self.W_hy @ self.h", "self.W_hy @ h")),
    ),
    Mistake(
        "state_shared",
        "Two nets share one state: what one of them reads, the other remembers. The state belongs to the object, not "
        "to the class.",
        (("self.h = np.zeros(H)", "VanillaRNN.h = np.zeros(H)"), ("self.h = np.tanh(", "VanillaRNN.h = np.tanh(")),
    ),
    Mistake(
        "output_from_old_state",
        "The output is read off the state before the update; y_t is a function of h_t, not of h_(t-1).",
        (
            ("        self.h = np.tanh(", "        old = self.h\n        self.h = np.tanh("),
            ("self.W_hy @ self.h", "self.W_hy @ old"),
        ),
    ),
    Mistake("hidden_bias_missing", f"{BIAS_MISSING} Compare the equation of h_t.", ((" + self.B_h)", ")"),)),
    Mistake("output_bias_missing", f"{BIAS_MISSING} Compare the equation of y_t.", ((" + self.B_y", ""),)),
    Mistake(
        "output_squashed",
        "The output is squashed as well. Only the hidden state goes through tanh; y_t is affine in h_t.",
        (("y = self.W_hy @ self.h + self.B_y", "y = np.tanh(self.W_hy @ self.h + self.B_y)"),),
    ),
    Mistake(
        "state_returned",
        "forward returns the state, of shape (H,). The output is computed from it and has shape (m,).",
        (("y = self.W_hy @ self.h + self.B_y", "y = self.h"),),
    ),
    Mistake(
        "rng_unused",
        "The weights do not come from the generator that is passed in. With the same rng two cells must be equal, so "
        "that a run can be repeated; with different ones they must differ.",
        tuple((f"rng.standard_normal({s})", f"np.random.standard_normal({s})") for s in ("(H, H)", "(H, k)", "(m, H)")),
    ),
    Mistake(
        "wrong_scale",
        "The weights come from rng, but not with the mean and the standard deviation that each matrix should have.",
        (
            ("(H, H)) / np.sqrt(H)", "(H, H))"),
            ("(H, k)) / np.sqrt(k)", "(H, k))"),
            ("(m, H)) / np.sqrt(H)", "(m, H))"),
        ),
    ),
    Mistake(
        "biases_not_zero",
        "Both biases start at values other than zero. Only the weight matrices are drawn at random.",
        (
            ("self.B_h = np.zeros(H)", "self.B_h = rng.standard_normal(H)"),
            ("self.B_y = np.zeros(m)", "self.B_y = rng.standard_normal(m)"),
        ),
    ),
)

STEP_FORWARD = (
    Mistake("tanh_missing", TANH_MISSING, (("np.tanh(x @ Wx + prev_h @ Wh + b)", "x @ Wx + prev_h @ Wh + b"),)),
    Mistake("bias_missing", f"{BIAS_MISSING} Compare the equation of the step.", ((" + b)", ")"),)),
    Mistake(
        "bias_twice",
        "The bias is in the sum twice; it is added once, to both products together.",
        ((" + b)", " + b + b)"),),
    ),
    Mistake(
        "bias_outside_tanh",
        "The bias is added after the squashing, so values can leave (-1, 1). It belongs to the sum that is squashed.",
        (("prev_h @ Wh + b)", "prev_h @ Wh) + b"),),
    ),
    Mistake(
        "input_missing",
        "The numbers do not depend on x: the input never reaches the new state.",
        (("x @ Wx + prev_h @ Wh", "prev_h @ Wh"),),
    ),
    Mistake(
        "state_missing",
        "The numbers do not depend on prev_h: without it this is a feed-forward layer, not a recurrent one.",
        (("x @ Wx + prev_h @ Wh", "x @ Wx"),),
    ),
    Mistake(
        "Wh_transposed",
        "Wh is applied as its transpose. It is square, so NumPy cannot notice: here examples are rows, and the "
        "matrix stands to the right.",
        (("prev_h @ Wh", "prev_h @ Wh.T"),),
    ),
    Mistake(
        "sigmoid_for_tanh",
        "The values lie between 0 and 1: this is the logistic sigmoid. The vanilla cell squashes to (-1, 1).",
        (("np.tanh(x @ Wx + prev_h @ Wh + b)", "1 / (1 + np.exp(-(x @ Wx + prev_h @ Wh + b)))"),),
    ),
    Mistake(
        "relu_for_tanh",
        "No value is negative and nothing bounds the large ones: this is ReLU. The vanilla cell squashes to (-1, 1).",
        (("np.tanh(x @ Wx + prev_h @ Wh + b)", "np.maximum(0, x @ Wx + prev_h @ Wh + b)"),),
    ),
    Mistake(
        "squashed_twice",
        "The values went through tanh twice; the sum is squashed once.",
        (("np.tanh(x @ Wx + prev_h @ Wh + b)", "np.tanh(np.tanh(x @ Wx + prev_h @ Wh + b))"),),
    ),
)

STEP_BACKWARD = (
    Mistake(
        "tanh_derivative_missing",
        "The gradient passes the tanh unchanged: its derivative is missing from the chain.",
        (("da = dnext_h * (1 - next_h**2)", "da = dnext_h"),),
    ),
    Mistake(
        "derivative_of_upstream",
        "The derivative of tanh is taken at the gradient that arrives, not at the value the forward pass computed. "
        "Which of the two is the output of tanh?",
        (("(1 - next_h**2)", "(1 - dnext_h**2)"),),
    ),
    Mistake(
        "squashed_twice",
        "The derivative of tanh is taken at a value that has been through tanh already: 1 - tanh(a)^2 needs a, or "
        "tanh(a) as it is, not tanh of tanh(a).",
        (("(1 - next_h**2)", "(1 - np.tanh(next_h)**2)"),),
    ),
    Mistake(
        "sum_for_tanh",
        "The derivative of tanh is computed as if the cache held tanh(a), but it holds a, the sum before the tanh. "
        "Compare what the forward function keeps with what the backward function makes of it.",
        (
            (
                "next_h = np.tanh(x @ Wx + prev_h @ Wh + b)",
                "a = x @ Wx + prev_h @ Wh + b\n    next_h = np.tanh(a)",
            ),
            ("cache = (x, prev_h, Wx, Wh, next_h)", "cache = (x, prev_h, Wx, Wh, a)"),
        ),
        function="rnn_step_forward",
    ),
    Mistake(
        "derivative_at_prev_h",
        "The derivative of tanh is taken at the state before the step; it belongs at the state that the step computed.",
        (("(1 - next_h**2)", "(1 - prev_h**2)"),),
    ),
    Mistake(
        "square_missing",
        "Almost the derivative of tanh: look at its power.",
        (("(1 - next_h**2)", "(1 - next_h)"),),
    ),
    Mistake(
        "difference_squared",
        "Almost the derivative of tanh: what is squared, the difference or only a part of it?",
        (("(1 - next_h**2)", "(1 - next_h)**2"),),
    ),
    Mistake(
        "parentheses_missing",
        "The gradient that arrives is multiplied with only a part of the derivative of tanh. A product is computed "
        "before a difference: are there parentheses missing?",
        (("dnext_h * (1 - next_h**2)", "dnext_h * 1 - next_h**2"),),
    ),
    Mistake(
        "sigmoid_derivative",
        "This is the derivative of the sigmoid; the cell's nonlinearity is tanh.",
        (("(1 - next_h**2)", "next_h * (1 - next_h)"),),
    ),
    Mistake(
        "upstream_ignored",
        "The numbers do not depend on dnext_h: the local derivative is there, the gradient arriving from above is not "
        "multiplied in.",
        (("da = dnext_h * (1 - next_h**2)", "da = 1 - next_h**2"),),
    ),
    Mistake(
        "Wh_not_transposed",
        "dprev_h is multiplied with Wh instead of its transpose. Wh is square, so NumPy cannot notice; going back "
        "through a matrix product always transposes the matrix.",
        (("dprev_h = da @ Wh.T", "dprev_h = da @ Wh"),),
    ),
    Mistake(
        "dprev_h_skips_tanh",
        "dprev_h goes back through Wh but not through the tanh: it starts from the gradient after the nonlinearity.",
        (("dprev_h = da @ Wh.T", "dprev_h = dnext_h @ Wh.T"),),
    ),
    Mistake(
        "dx_skips_tanh",
        "dx goes back through Wx but not through the tanh: it starts from the gradient after the nonlinearity.",
        (("dx = da @ Wx.T", "dx = dnext_h @ Wx.T"),),
    ),
    *(
        Mistake(
            f"{d}_skips_tanh",
            f"{d} is built with the gradient after the tanh; {p} is used before it, in the sum that is squashed.",
            ((f"{d} = {left}da{right}", f"{d} = {left}dnext_h{right}"),),
        )
        for d, p, left, right in (
            ("dWx", "Wx", "x.T @ ", ""),
            ("dWh", "Wh", "prev_h.T @ ", ""),
            ("db", "b", "", ".sum(axis=0)"),
        )
    ),
    Mistake(
        "parameters_skip_tanh",
        "dWx, dWh and db are built with the gradient after the tanh; the parameters are used before it, in the sum "
        "that is squashed.",
        (
            ("dWx = x.T @ da", "dWx = x.T @ dnext_h"),
            ("dWh = prev_h.T @ da", "dWh = prev_h.T @ dnext_h"),
            ("db = da.sum(axis=0)", "db = dnext_h.sum(axis=0)"),
        ),
    ),
    Mistake(
        "dWh_from_next_h",
        "dWh is built with the state after the step. Wh was multiplied with the state before it.",
        (("dWh = prev_h.T @ da", "dWh = next_h.T @ da"),),
    ),
    Mistake(
        "db_two_dimensional",
        "db has the right numbers and one axis too many: b has shape (H,), so has its gradient.",
        (("db = da.sum(axis=0)", "db = da.sum(axis=0, keepdims=True)"),),
    ),
    Mistake(
        "db_one_number",
        "db is a single number: sum over the examples only, every hidden unit has a bias of its own.",
        (("db = da.sum(axis=0)", "db = da.sum()"),),
    ),
    Mistake(
        "db_over_units",
        "db has one number for every example: the sum runs over the hidden units, it should run over the examples.",
        (("db = da.sum(axis=0)", "db = da.sum(axis=1)"),),
    ),
    Mistake(
        "db_averaged",
        "db is N times too small: it is averaged over the minibatch where it should be summed. Dividing by N is the "
        "loss's business.",
        (("db = da.sum(axis=0)", "db = da.mean(axis=0)"),),
    ),
    Mistake(
        "squeezed",
        "Right for a minibatch, wrong for a single example: with N = 1 an axis of length 1 is squeezed away.",
        (("dx = da @ Wx.T", "dx = np.squeeze(da @ Wx.T)"), ("dprev_h = da @ Wh.T", "dprev_h = np.squeeze(da @ Wh.T)")),
    ),
    Mistake(
        "dprev_h_zero",
        "dprev_h is all zeros: no gradient reaches the previous state, so nothing could be learned over time.",
        (("dprev_h = da @ Wh.T", "dprev_h = np.zeros_like(prev_h)"),),
    ),
)
