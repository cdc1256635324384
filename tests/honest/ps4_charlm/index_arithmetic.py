"""Index arithmetic: flat indices, rows of Wx looked up in place of one-hot vectors, time counted down by hand."""

import numpy as np
from given_ps4_charlm import (
    gru_backward,
    gru_forward,
    gru_step_forward,
    lstm_backward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    rnn_step_forward,
)

from unroll.optim import adam


def build_char_vocab(text):
    seen = [False] * 0x110000
    for c in text:
        seen[ord(c)] = True
    idx_to_char = [chr(k) for k in range(max(map(ord, text)) + 1) if seen[k]]
    char_to_idx = {idx_to_char[k]: k for k in range(len(idx_to_char) - 1, -1, -1)}
    return char_to_idx, idx_to_char


def char_lm_loss(params, inputs, targets, h0):
    Wx, Wh, b, Wy, by = (params[k] for k in ["Wx", "Wh", "b", "Wy", "by"])
    N, T = inputs.shape
    H, K = Wh.shape
    V = Wy.shape[-1]
    # The input is Wx[ids] + b already, and the cell's own input weights are the identity.
    x, one, none = Wx[inputs] + b, np.eye(K), np.zeros(K)
    if K != 4 * H:
        h, cache = (rnn_forward if K == H else gru_forward)(x, h0, one, Wh, none)
        h_last = h[:, T - 1, :]
    else:
        h, cache = np.zeros((N, T + 1, H)), [None] * T
        h[:, -1], c = h0[:, 0:H], h0[:, H : 2 * H]  # h[:, -1] is the state before step 0
        for t in range(T):
            h[:, t], c, cache[t] = lstm_step_forward(x[:, t], h[:, t - 1].copy(), c, one, Wh, none)
        h_last = np.column_stack([h[:, T - 1], c])
        h = h[:, :T]
    rows = h.reshape(N * T, H)
    scores = rows @ Wy + by
    at = np.arange(N * T) * V + targets.ravel()
    log_p = scores - scores.max(1)[:, None]
    log_p -= np.log(np.exp(log_p).sum(1))[:, None]
    loss = -log_p.ravel()[at].sum() / N
    dscores = np.exp(log_p).ravel()
    dscores[at] -= 1
    dscores = dscores.reshape(N * T, V) / N
    dh = (dscores @ Wy.T).reshape(N, T, H)
    backward = [rnn_backward, None, gru_backward, lstm_backward][K // H - 1]
    dx, _, _, dWh, db = backward(dh, cache)
    dWx = np.zeros_like(Wx)
    np.add.at(dWx, inputs, dx)
    return loss, {"by": dscores.sum(0), "Wy": rows.T @ dscores, "b": db, "Wh": dWh, "Wx": dWx}, h_last


def sequence_logprob(params, ids):
    Wx, Wh, b, Wy, by = (params[k] for k in ["Wx", "Wh", "b", "Wy", "by"])
    T, V = len(ids), len(by)
    H, K = Wh.shape
    scores = np.empty(T * V)
    h = c = np.zeros((1, H))
    for k in range(T):
        scores[k * V : (k + 1) * V] = h[0] @ Wy + by
        row = Wx[ids[k]][None]
        if K == 4 * H:
            h, c, _ = lstm_step_forward(row, h, c, np.eye(K), Wh, b)
        else:
            h, _ = {H: rnn_step_forward, 3 * H: gru_step_forward}[K](row, h, np.eye(K), Wh, b)
    top = np.maximum.reduceat(scores, np.arange(0, T * V, V))
    scores -= np.repeat(top, V)
    sums = np.add.reduceat(np.exp(scores), np.arange(0, T * V, V))
    return scores[np.arange(T) * V + ids].sum() - np.log(sums).sum()


def perplexity(loss_sum, n_tokens):
    value = np.exp2(loss_sum / n_tokens / np.log(2))
    return value


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    Wx, Wh, b, Wy, by = (params[k] for k in ["Wx", "Wh", "b", "Wy", "by"])
    H, K = Wh.shape
    S = h0.shape[1]
    ids = np.zeros(n + 1, dtype=np.intp)
    ids[-1] = seed_ix  # ids[t - 1] of step 0
    state = np.zeros((n + 1, S))
    state[-1] = h0[0]
    for t in range(n):
        row = Wx[ids[t - 1 : t] if t else ids[-1:]]
        if S == 2 * H:
            h, c, _ = lstm_step_forward(row, state[[t - 1], :H], state[[t - 1], H:], np.eye(K), Wh, b)
            state[t, :H], state[t, H:] = h, c
        else:
            state[t] = (gru_step_forward if K > H else rnn_step_forward)(row, state[[t - 1]], np.eye(K), Wh, b)[0]
        scores = (state[t, :H] @ Wy + by) / temperature
        order = np.argsort(-scores)  # the most probable one first
        p = np.exp(scores[order] - scores[order[0]])
        ids[t] = order[np.sum(np.cumsum(p) <= rng.random() * np.sum(p))]
    return ids[:n]


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    N, L = ids.shape
    H, K = params["Wh"].shape
    zeros = [np.zeros((N, H)), np.zeros((N, 2 * H))][K == 4 * H]
    names = list(params)
    values = [params[name] for name in names]
    configs = [{"learning_rate": learning_rate} for _ in names]
    losses = []
    for _ in range(epochs):
        offset = rng.integers(seq_length)
        h0 = zeros
        for k in range((L - 1 - offset) // seq_length):
            at = offset + k * seq_length + np.arange(seq_length)
            loss, grads, h_last = char_lm_loss(
                dict(zip(names, values, strict=True)), ids.take(at, axis=1), ids.take(at + 1, axis=1), h0
            )
            if carry_state:
                h0 = h_last
            norm = np.linalg.norm([np.linalg.norm(grads[name]) for name in names])
            for j in range(len(names)):
                g = grads[names[j]] / max(norm / max_norm, 1)
                values[j], configs[j] = adam(values[j], g, configs[j])
            losses.append(loss / len(at))
            if watch:
                watch(dict(zip(names, values, strict=True)), losses[-1])
    return dict(zip(names, values, strict=True)), np.array(losses)
