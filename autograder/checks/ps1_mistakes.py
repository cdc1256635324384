"""Mistakes of problem set 1. Each edits the text of a solution; its hint is what a student reads.

A hint says what the numbers show and where to look, never the line of code.
"""

from __future__ import annotations

from autograder.check import Mistake

TANH_MISSING = "These are the values before the squashing function: look for the nonlinearity in the equation."
BIAS_MISSING = "The numbers are those of a cell without its bias."

VANILLA_RNN = (
    Mistake("tanh_missing", TANH_MISSING, (("np.tanh(self.W_hh", "(self.W_hh"),)),
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
        "rng_unused",
        "Two cells made with the same rng differ: the weights do not come from the generator that is passed in, so "
        "nobody can repeat your run.",
        tuple((f"rng.standard_normal({s})", f"np.random.standard_normal({s})") for s in ("(H, H)", "(H, k)", "(m, H)")),
    ),
)

STEP_FORWARD = (
    Mistake("tanh_missing", TANH_MISSING, (("np.tanh(x @ Wx + prev_h @ Wh + b)", "x @ Wx + prev_h @ Wh + b"),)),
    Mistake("bias_missing", f"{BIAS_MISSING} Compare the equation of the step.", ((" + b)", ")"),)),
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
        "square_missing",
        "Almost the derivative of tanh: look at its power.",
        (("(1 - next_h**2)", "(1 - next_h)"),),
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

STEP_CALL = "rnn_step_forward(x[:, t], h_t, Wx, Wh, b)"

FORWARD = (
    Mistake(
        "state_not_carried",
        "Every step starts from h0: the state that a step returns is not handed to the next one.",
        ((STEP_CALL, "rnn_step_forward(x[:, t], h0, Wx, Wh, b)"),),
    ),
    Mistake(
        "h0_ignored",
        "The first step starts from zeros: h0 never enters.",
        (("h_t = h0", "h_t = np.zeros_like(h0)"),),
    ),
    Mistake(
        "read_backwards",
        "The sequence is read from its last element to its first.",
        ((STEP_CALL, "rnn_step_forward(x[:, T - 1 - t], h_t, Wx, Wh, b)"),),
    ),
    Mistake(
        "first_input_repeated",
        "Every step reads the first input: the time index is stuck at 0.",
        ((STEP_CALL, "rnn_step_forward(x[:, 0], h_t, Wx, Wh, b)"),),
    ),
    Mistake(
        "stored_before_step",
        "h is one step late: h[:, t] should hold the state after step t has been taken, and h0 is not part of h.",
        (
            ("        states.append(h_t)\n", ""),
            (
                f"        h_t, step_cache = {STEP_CALL}",
                f"        states.append(h_t)\n        h_t, step_cache = {STEP_CALL}",
            ),
        ),
    ),
    Mistake(
        "last_state_everywhere",
        "Every time step holds the last state: one array is reused for all steps, so that storing it stores the same "
        "memory again and again.",
        (("h = np.stack(states, axis=1)", "h = np.stack([h_t] * T, axis=1)"),),
    ),
    Mistake(
        "last_step_missing",
        "The last time step is all zeros: the loop stops one step early.",
        (("h = np.stack(states, axis=1)", "h = np.stack(states[:-1] + [np.zeros_like(h_t)], axis=1)"),),
    ),
    Mistake(
        "time_axis_first",
        "h has time first and batch second; expected is (N, T, H).",
        (("h = np.stack(states, axis=1)", "h = np.stack(states, axis=0)"),),
    ),
)

BACKWARD = (
    Mistake(
        "recurrent_gradient_missing",
        "The gradient arriving from the next time step is missing: h_t influences the loss of step t and everything "
        "after it, and only the first part is here.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dh[:, t]"),),
    ),
    Mistake(
        "only_last_loss",
        "Only the loss of the last step is propagated: dh[:, t] of the earlier steps is never added.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dprev_h if t < T - 1 else dh[:, t]"),),
    ),
    Mistake(
        "weights_overwritten",
        "The gradients of Wx, Wh and b are those of the first time step alone: each step overwrites them. The weights "
        "are shared, so their gradients add up over time.",
        tuple((f"{d} = {d} + {d}_t", f"{d} = {d}_t") for d in ("dWx", "dWh", "db")),
    ),
    Mistake(
        "dWh_overwritten",
        "dWh is that of the first time step alone: each step overwrites it instead of adding to it.",
        (("dWh = dWh + dWh_t", "dWh = dWh_t"),),
    ),
    Mistake(
        "dh0_zero",
        "dh0 is all zeros: what flows back out of the first step is never stored.",
        (("dh0 = dprev_h", "dh0 = np.zeros_like(dprev_h)"),),
    ),
    Mistake(
        "dh0_one_step_short",
        "dh0 is the gradient with respect to the state after the first step; one more step back leads to h0.",
        (("dh0 = dprev_h", "dh0 = dh_t"),),
    ),
    Mistake(
        "dh0_only_for_T_above_1",
        "Right for longer sequences; for T = 1 dh0 stays at zero. Is it set inside a branch that a single step never "
        "enters?",
        (("dh0 = dprev_h", "dh0 = dprev_h if T > 1 else np.zeros_like(dprev_h)"),),
    ),
    Mistake(
        "walked_forwards",
        "The steps are walked from the first to the last; gradients flow from the last step to the first.",
        (("for t in reversed(range(T))", "for t in range(T)"),),
    ),
    Mistake(
        "dx_reversed",
        "dx is right but reversed in time: step 0 holds what belongs to step T-1.",
        (("dxs[t], dprev_h", "dxs[T - 1 - t], dprev_h"),),
    ),
    Mistake(
        "one_cache_for_all_steps",
        "Every step goes back through the cache of the last step: each step needs the values of its own forward pass.",
        (("cache[t])", "cache[-1])"),),
    ),
    Mistake(
        "cache_overwritten",
        "Only dWh is wrong, and as if every step had started from the last state: the state kept in the cache is a "
        "view of memory that later steps of the forward pass overwrite. Keep a copy.",
        (
            ("h_t = h0", "h_t = h0.copy()"),
            (
                f"        h_t, step_cache = {STEP_CALL}\n        states.append(h_t)",
                "        new_h, step_cache = rnn_step_forward(x[:, t], h_t, Wx, Wh, b)\n"
                "        states.append(new_h)\n        h_t[...] = new_h",
            ),
        ),
        function="rnn_forward",
    ),
    Mistake(
        "db_two_dimensional",
        "db has the right numbers and one axis too many: b has shape (H,), so has its gradient.",
        (("db = db + db_t", "db = db + db_t[None]"),),
    ),
)

EMBEDDING_FORWARD = (
    Mistake(
        "off_by_one",
        "These are the vectors of the neighbouring words: word i stands in row i of the table, counted from 0.",
        (("out = W[x]", "out = W[x - 1]"),),
    ),
    Mistake(
        "first_sentence_for_all",
        "Every example holds the words of the first one.",
        (("out = W[x]", "out = np.repeat(W[x[:1]], len(x), axis=0)"),),
    ),
    Mistake(
        "first_word_for_all",
        "Every time step holds the first word of its sentence.",
        (("out = W[x]", "out = np.repeat(W[x[:, :1]], x.shape[1], axis=1)"),),
    ),
)

EMBEDDING_BACKWARD = (
    Mistake(
        "repeated_words_lost",
        "Words that occur more than once got the gradient of one occurrence only. Indexing with an array and += "
        "writes each row once; the gradients of all occurrences must be added up.",
        (("np.add.at(dW, x, dout)", "dW[x] += dout"),),
    ),
    Mistake(
        "only_first_step",
        "Only the first word of every sentence gets a gradient.",
        (("np.add.at(dW, x, dout)", "np.add.at(dW, x[:, 0], dout[:, 0])"),),
    ),
    Mistake(
        "averaged_over_occurrences",
        "The gradient of a repeated word is the mean over its occurrences; it should be their sum.",
        (
            (
                "np.add.at(dW, x, dout)",
                "np.add.at(dW, x, dout)\n    dW /= np.maximum(np.bincount(x.ravel(), minlength=shape[0]), 1)[:, None]",
            ),
        ),
    ),
)

AFFINE_FORWARD = (
    Mistake("bias_missing", "The numbers are those of the map without its bias.", (("x @ w + b", "x @ w"),)),
    Mistake(
        "activation_added",
        "The result went through tanh; scores are affine in the state, and the softmax comes later.",
        (("x @ w + b", "np.tanh(x @ w + b)"),),
    ),
    Mistake(
        "last_step_everywhere",
        "Every time step holds the scores of the last one.",
        (("x @ w + b", "np.repeat(x[:, -1:], x.shape[1], axis=1) @ w + b"),),
    ),
)

AFFINE_BACKWARD = (
    Mistake(
        "dw_per_example",
        "dw has one matrix for every example: w is shared by all examples, so its gradient is summed over them.",
        (("dw = x.reshape(-1, D).T @ dout.reshape(-1, M)", "dw = x.transpose(0, 2, 1) @ dout"),),
    ),
    Mistake(
        "dw_last_step_only",
        "dw is that of the last time step alone: w is used at every step, so its gradient is summed over time.",
        (("dw = x.reshape(-1, D).T @ dout.reshape(-1, M)", "dw = x[:, -1].T @ dout[:, -1]"),),
    ),
    Mistake(
        "db_summed_over_batch_only",
        "db still has a time axis: sum over the examples and over the time steps.",
        (("db = dout.sum(axis=(0, 1))", "db = dout.sum(axis=0)"),),
    ),
    Mistake(
        "db_averaged",
        "db is averaged over examples and time steps where it should be summed.",
        (("db = dout.sum(axis=(0, 1))", "db = dout.mean(axis=(0, 1))"),),
    ),
    Mistake(
        "db_two_dimensional",
        "db has the right numbers and one axis too many: b has shape (M,), so has its gradient.",
        (("db = dout.sum(axis=(0, 1))", "db = dout.sum(axis=(0, 1))[None]"),),
    ),
)

LOSS = (
    Mistake(
        "averaged_over_time",
        "Loss and gradient are T times too small: sum over time, average over the minibatch only.",
        (("log_p[n, t, y]) / N", "log_p[n, t, y]) / (N * T)"), ("mask[:, :, None] / N", "mask[:, :, None] / (N * T)")),
    ),
    Mistake(
        "averaged_over_words",
        "Loss and gradient are divided by the number of unmasked words; the convention here is to divide by N.",
        (
            ("log_p[n, t, y]) / N", "log_p[n, t, y]) / mask.sum()"),
            ("mask[:, :, None] / N", "mask[:, :, None] / mask.sum()"),
        ),
    ),
    Mistake(
        "summed_over_batch",
        "Loss and gradient are N times too large: they are summed over the minibatch instead of averaged.",
        (("log_p[n, t, y]) / N", "log_p[n, t, y])"), ("mask[:, :, None] / N", "mask[:, :, None]")),
    ),
    Mistake(
        "dx_not_averaged",
        "The loss is right and dx is N times too large: what the loss is divided by, its gradient is divided by too.",
        (("mask[:, :, None] / N", "mask[:, :, None]"),),
    ),
    Mistake(
        "mask_ignored",
        "Padding counts: words where the mask is false should add nothing, neither to the loss nor to dx.",
        (("mask * log_p[n, t, y]", "log_p[n, t, y]"), ("dx * mask[:, :, None] / N", "dx / N")),
    ),
    Mistake(
        "mask_missing_in_dx",
        "The loss leaves the padding out, dx does not: masked words have no gradient.",
        (("dx * mask[:, :, None] / N", "dx / N"),),
    ),
    Mistake(
        "mask_missing_in_loss",
        "dx leaves the padding out, the loss does not.",
        (("mask * log_p[n, t, y]", "log_p[n, t, y]"),),
    ),
    Mistake(
        "target_not_subtracted",
        "dx is the softmax itself: the part that comes from the score of the right word is missing.",
        (("    dx[n, t, y] -= 1\n", ""),),
    ),
    Mistake(
        "log_missing",
        "The loss sums probabilities, not their logarithms.",
        (("mask * log_p[n, t, y]", "mask * np.exp(log_p[n, t, y])"),),
    ),
    Mistake(
        "overflow",
        "Right for small scores, not for large ones: the exponential overflows. The softmax does not change when all "
        "scores of a word are lowered by the same number.",
        (("shifted = x - x.max(axis=2, keepdims=True)", "shifted = x"),),
    ),
)

TRUNCATED = (
    Mistake(
        "not_truncated",
        "This is the full gradient: no window is applied.",
        (("first = max(0, t - k + 1)", "first = 0"),),
    ),
    Mistake(
        "window_too_long",
        "Every window is one step too long: k counts the step of the loss itself.",
        (("first = max(0, t - k + 1)", "first = max(0, t - k)"),),
    ),
    Mistake(
        "blocks_for_windows",
        "The sequence is cut into blocks of k steps; here every loss has a window of its own that ends at its step.",
        (("first = max(0, t - k + 1)", "first = (t // k) * k"),),
    ),
    Mistake(
        "dh0_zero",
        "dh0 is all zeros: losses whose window reaches the first step flow into h0.",
        (("dh0 = dh0 + dh_s", "dh0 = dh0 + 0 * dh_s"),),
    ),
    Mistake(
        "dropped_gradient_in_dh0",
        "dh0 receives what the windows cut off: the gradient of a loss counts only if its window includes the first "
        "step.",
        (("        if first == 0:\n            dh0 = dh0 + dh_s", "        dh0 = dh0 + dh_s"),),
    ),
    Mistake(
        "losses_counted_again",
        "The losses of earlier steps are added inside every window, and so counted more than once: each loss flows "
        "back through its own window only.",
        (("rnn_step_backward(dh_s, cache[s])", "rnn_step_backward(dh_s if s == t else dh_s + dh[:, s], cache[s])"),),
    ),
)
