"""Mistakes in the loss of a character model and in its gradients."""

from __future__ import annotations

from autograder.check import Mistake

ONE_HOT = "x = np.eye(len(Wx), dtype=Wx.dtype)[inputs]"
SOFTMAX = "loss, dscores = temporal_softmax_loss(scores, targets, np.ones((N, T), dtype=bool))"
START = "h_t, c_t = h0[:, :H], h0[:, H:]"
STEP = "h_t, c_t, step_cache = lstm_step_forward(x[:, t], h_t, c_t, Wx, Wh, b)"
BACK = "dx, dh0, dWx, dWh, db = backward(dh, cache)"
DH = "dh, dWy, dby = temporal_affine_backward(dscores, scores_cache)"
LAST = "h_last = np.concatenate([h_t, c_t], axis=1) if K == 4 * H else h[:, -1]"
GRU = "h, cache = gru_forward(x, h0, Wx, Wh, b)"
AS_GRU = "    elif K == 3 * H:"

# With the identity below Wx and zeros beside x, what flows to these zeros is the gradient before the activations.
WIDE_X = (
    f"{ONE_HOT}\n"
    "    x = np.concatenate([x, np.zeros((N, T, K))], axis=2)\n"
    "    V, Wx = len(Wx), np.concatenate([Wx, np.eye(K)])"
)
ACTIVATIONS = f"{BACK}\n    da, dWx = dx[:, :, V:], dWx[:V]"


def own_gru(change):
    """Edits for a GRU whose parameters and gradients are changed by `change`, an expression in w; twice is none."""
    here = f"change = lambda w: {change}\n        "
    return (
        (GRU, here + GRU.replace("Wx, Wh, b", "*map(change, (Wx, Wh, b))")),
        (BACK, f"{BACK}\n    if K == 3 * H:\n        dWx, dWh, db = map(change, (dWx, dWh, db))"),
    )


LOSS = (
    Mistake(
        "averaged_over_time",
        "Loss and gradients are T times too small: sum over time, average over the minibatch only.",
        ((SOFTMAX, f"{SOFTMAX}\n    loss, dscores = loss / T, dscores / T"),),
    ),
    Mistake(
        "loss_averaged_over_time",
        "The gradients are right and the loss is T times too small: sum over time, average over the minibatch only.",
        ((SOFTMAX, f"{SOFTMAX}\n    loss = loss / T"),),
    ),
    Mistake(
        "summed_over_batch",
        "Loss and gradients are N times too large: they are summed over the minibatch instead of averaged.",
        ((SOFTMAX, f"{SOFTMAX}\n    loss, dscores = loss * N, dscores * N"),),
    ),
    Mistake(
        "log_base_two",
        "The gradients are right and the loss is in bits: the logarithm is the one to the base 2. Here the natural "
        "logarithm is asked for.",
        ((SOFTMAX, f"{SOFTMAX}\n    loss = loss / np.log(2)"),),
    ),
    Mistake(
        "only_last_loss",
        "Only the last character is predicted: the loss of every step counts.",
        ((SOFTMAX, SOFTMAX.replace("np.ones((N, T), dtype=bool)", "np.arange(T)[None].repeat(N, 0) == T - 1")),),
    ),
    Mistake(
        "zero_taken_for_padding",
        "Character 0 counts as padding and is left out of the loss. In a text it is a character like any other.",
        ((SOFTMAX, SOFTMAX.replace("np.ones((N, T), dtype=bool)", "targets != 0")),),
    ),
    Mistake(
        "softmax_over_time",
        "The softmax runs over the time steps; it should run over the characters, at every step by itself.",
        (
            (
                SOFTMAX,
                "p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)\n"
                "    n, t = np.ogrid[:N, :T]\n"
                "    loss = -np.log(p[n, t, targets]).sum() / N\n"
                "    p[n, t, targets] -= 1\n"
                "    dscores = p / N",
            ),
        ),
    ),
    Mistake(
        "softmax_over_batch",
        "The softmax runs over the examples of the minibatch; it should run over the characters, for every example "
        "by itself.",
        (
            (
                SOFTMAX,
                "p = np.exp(scores) / np.exp(scores).sum(axis=0, keepdims=True)\n"
                "    n, t = np.ogrid[:N, :T]\n"
                "    loss = -np.log(p[n, t, targets]).sum() / N\n"
                "    p[n, t, targets] -= 1\n"
                "    dscores = p / N",
            ),
        ),
    ),
    Mistake(
        "inputs_for_targets",
        "The loss compares with the inputs: the network is asked for the character that it has just read.",
        ((SOFTMAX, SOFTMAX.replace("targets", "inputs")),),
    ),
    Mistake(
        "targets_shifted_again",
        "The targets are moved by one character once more. They are moved already: targets[:, t] comes after "
        "inputs[:, t].",
        ((SOFTMAX, SOFTMAX.replace("targets", "np.roll(targets, -1, axis=1)")),),
    ),
    Mistake(
        "targets_read",
        "The network reads the targets, so it sees what it should predict.",
        ((ONE_HOT, ONE_HOT.replace("inputs", "targets")),),
    ),
    Mistake(
        "target_not_subtracted",
        "The gradient with respect to the scores is the softmax itself: the part that comes from the score of the "
        "right character is missing.",
        ((SOFTMAX, f"{SOFTMAX}\n    dscores = dscores + np.eye(len(by))[targets] / N"),),
    ),
    Mistake(
        "h0_ignored",
        "The network starts from zeros: h0 never enters.",
        (("    if K == H:\n        h, cache", "    h0 = np.zeros_like(h0)\n    if K == H:\n        h, cache"),),
    ),
    Mistake(
        "cell_starts_at_zero",
        "Right for the vanilla RNN and the GRU. The LSTM starts from a cell state of zero, so half of what h0 "
        "carries is lost: c stands in its last H columns.",
        ((START, "h_t, c_t = h0[:, :H], np.zeros_like(h0[:, H:])"),),
    ),
    Mistake(
        "h_and_c_exchanged",
        "Right for the vanilla RNN and the GRU. In the LSTM the two halves of the state are exchanged: h stands first.",
        ((START, "h_t, c_t = h0[:, H:], h0[:, :H]"), (LAST, LAST.replace("h_t, c_t", "c_t, h_t"))),
    ),
    Mistake(
        "h_last_exchanged",
        "In the last state of the LSTM c stands before h; in h0 it is the other way round.",
        ((LAST, LAST.replace("h_t, c_t", "c_t, h_t")),),
    ),
    Mistake(
        "initial_state_returned",
        "The state returned is the one the network started from; it should be the one after the last character.",
        (("    scores, scores_cache =", "    h_last = h0\n    scores, scores_cache ="),),
    ),
    Mistake(
        "first_state_returned",
        "The state returned is the one after the first character; it should be the one after the last.",
        (
            (
                "            cache.append(step_cache)",
                "            cache.append(step_cache)\n            kept = kept if t else c_t",
            ),
            (LAST, "h_last = np.concatenate([h[:, 0], kept], axis=1) if K == 4 * H else h[:, 0]"),
        ),
    ),
    Mistake(
        "one_state_short",
        "The state returned is the one before the last character; it should be the one after it.",
        (
            (STEP, f"kept = np.concatenate([h_t, c_t], axis=1)\n            {STEP}"),
            (LAST, "h_last = kept if K == 4 * H else h[:, -2] if T > 1 else h0"),
        ),
    ),
    Mistake(
        "lstm_steps_not_carried",
        "Right for the vanilla RNN and the GRU. In the LSTM every step starts from h0: the states that a "
        "step returns are not handed to the next one.",
        ((STEP, STEP.replace("h_t, c_t, Wx", "h0[:, :H], h0[:, H:], Wx")),),
    ),
    Mistake(
        "gru_not_told_apart",
        "It works for the vanilla RNN and the LSTM and fails for the GRU. What has 3H columns in Wh is a third kind of "
        "cell: its state is h alone, of shape (N, H), with nothing beside it.",
        ((AS_GRU, "    elif False:"),),
    ),
    Mistake(
        "gru_resets_after",
        "Right for the vanilla RNN and the LSTM. The GRU is in the other convention: here the reset gate acts on the "
        "state before the product with the weights.",
        ((GRU, GRU.replace(", b)", ", b, reset_after=True)")),),
    ),
    Mistake(
        "gru_update_gate_turned_round",
        "Right for the vanilla RNN and the LSTM. In the GRU z and 1 - z are exchanged: here z is the share of the old "
        "state that stays.",
        own_gru("w * np.repeat([1, -1, 1], H)"),
    ),
    Mistake(
        "gru_gates_exchanged",
        "Right for the vanilla RNN and the LSTM. In the GRU the first two blocks of columns are exchanged: the order "
        "is r, z, n.",
        own_gru("w[..., np.r_[H : 2 * H, :H, 2 * H : 3 * H]]"),
    ),
    Mistake(
        "gru_reset_missing_in_dWh",
        "Right but for dWh of the GRU, whose third block is computed like the first two: there the weights are "
        "multiplied by the state that the reset gate has let through, not by the state itself.",
        (
            (ONE_HOT, WIDE_X),
            (
                BACK,
                f"{ACTIVATIONS}\n"
                "    if K == 3 * H:\n"
                "        before = np.concatenate([h0[:, None], h[:, :-1]], axis=1)\n"
                "        dWh[:, 2 * H :] = np.einsum('nth,ntk->hk', before, da[:, :, 2 * H :])",
            ),
        ),
    ),
    Mistake(
        "recurrent_gradient_missing",
        "The gradient arriving from the next time step is missing: every state influences the loss of its step and of "
        "all steps after it, and only the first part is here.",
        (
            (
                BACK,
                "parts = []\n"
                "    for t in range(T):\n"
                "        parts.append(backward(dh[:, t:t + 1], cache[t:t + 1])[2:])\n"
                "    dWx, dWh, db = (sum(p) for p in zip(*parts))",
            ),
        ),
    ),
    Mistake(
        "only_last_state",
        "dWx, dWh and db know of the last step's loss alone: the loss of every step flows back.",
        ((DH, f"{DH}\n    dh[:, :-1] = 0"),),
    ),
    Mistake(
        "repeated_characters_lost",
        "In dWx a character that was read more than once got the gradient of one occurrence only. Indexing with an "
        "array and += writes each row once; the gradients of all occurrences must be added up.",
        ((ONE_HOT, WIDE_X), (BACK, f"{ACTIVATIONS}\n    dWx = np.zeros_like(dWx)\n    dWx[inputs] += da")),
    ),
    Mistake(
        "dh_not_averaged",
        "dWy and dby are right, and what flows on into the network is N times too large: what the loss is divided by, "
        "every gradient is divided by.",
        ((DH, f"{DH}\n    dh = dh * N"),),
    ),
    Mistake(
        "gradients_divided_by_N_again",
        "The loss is right and all gradients are N times too small: they are divided by N twice.",
        ((SOFTMAX, f"{SOFTMAX}\n    dscores = dscores / N"),),
    ),
    Mistake(
        "dby_per_step",
        "dby still has a time axis: sum over the examples and over the time steps.",
        ((DH, f"{DH}\n    dby = dscores.sum(axis=0)"),),
    ),
    Mistake(
        "dby_two_dimensional",
        "dby has the right numbers and one axis too many: by has shape (V,), so has its gradient.",
        ((DH, f"{DH}\n    dby = dby[None]"),),
    ),
)
