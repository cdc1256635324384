"""Everything from scratch with one matrix for [x, h, 1], stacked gates, and all parameters in one long vector."""

import numpy as np

from unroll.optim import adam

NAMES = ("Wx", "Wh", "b", "Wy", "by")


def build_char_vocab(text):
    codes = sorted({ord(c) for c in text})
    return {chr(code): place for place, code in enumerate(codes)}, [chr(code) for code in codes]


def sigmoid(a):
    return 0.5 * (1 + np.tanh(a / 2))


def step(W, H, ids, state):
    """The next state (N, S), and what the backward step wants. W (V + H + 1, K): Wx, Wh and b, one below the other."""
    N, K = len(ids), W.shape[1]
    V = len(W) - 1 - H
    h = state[:, :H]
    row = np.hstack([np.eye(V)[ids], h, np.ones((N, 1))])
    if K == H:
        new = np.tanh(row @ W)
        return new, (row, new)
    if K == 3 * H:
        r, z = np.hsplit(sigmoid(row @ W[:, : 2 * H]), 2)
        reset = row.copy()
        reset[:, V:-1] *= r
        n = np.tanh(reset @ W[:, 2 * H :])
        return z * h + (1 - z) * n, (row, reset, r, z, n)
    i, f, o, g = np.hsplit(row @ W, 4)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * state[:, H:] + i * g
    return np.hstack([o * np.tanh(c), c]), (row, state[:, H:], i, f, o, g, np.tanh(c))


def stacked(params):
    return np.vstack([params["Wx"], params["Wh"], params["b"]]), len(params["Wh"])


def step_back(W, H, dstate, notes):
    """The gradients of the state before (N, S) and of W."""
    K = W.shape[1]
    part = slice(len(W) - 1 - H, len(W) - 1)
    row, *rest = notes
    if K == H:
        da = dstate * (1 - rest[0] ** 2)
        return (da @ W.T)[:, part], row.T @ da
    if K == 3 * H:
        reset, r, z, n = rest
        h = row[:, part]
        dn = dstate * (1 - z) * (1 - n**2)
        via = (dn @ W[:, 2 * H :].T)[:, part]
        gates = np.hstack([via * h * r * (1 - r), dstate * (h - n) * z * (1 - z)])
        dW = np.hstack([row.T @ gates, reset.T @ dn])
        return dstate * z + via * r + (gates @ W[:, : 2 * H].T)[:, part], dW
    prev_c, i, f, o, g, tanh_c = rest
    dh = dstate[:, :H]
    dc = dstate[:, H:] + dh * o * (1 - tanh_c**2)
    da = np.hstack([dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)])
    return np.hstack([(da @ W.T)[:, part], dc * f]), row.T @ da


def char_lm_loss(params, inputs, targets, h0):
    (W, H), Wy = stacked(params), np.vstack([params["Wy"], params["by"]])
    N, T = inputs.shape
    V = params["Wx"].shape[0]
    state, notes, rows, dscores, loss = h0, [], [], [], 0.0
    for t in range(T):
        state, note = step(W, H, inputs[:, t], state)
        notes.append(note)
        rows.append(np.hstack([state[:, :H], np.ones((N, 1))]))
        scores = rows[-1] @ Wy
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = p / p.sum(axis=1, keepdims=True)
        loss = loss - np.log(p[np.arange(N), targets[:, t]]).sum() / N
        dscores.append((p - np.eye(V)[targets[:, t]]) / N)
    dstate, dW, dWy = np.zeros(h0.shape), np.zeros(W.shape), np.zeros(Wy.shape)
    for t in range(T - 1, -1, -1):
        dWy += rows[t].T @ dscores[t]
        dstate[:, :H] += dscores[t] @ params["Wy"].T
        dstate, dW_t = step_back(W, H, dstate, notes[t])
        dW += dW_t
    parts = (dW[:V], dW[V:-1], dW[-1], dWy[:-1], dWy[-1])
    return loss, dict(zip(NAMES, parts, strict=True)), state


def sequence_logprob(params, ids):
    W, H = stacked(params)
    state = np.zeros((1, 2 * H if W.shape[1] == 4 * H else H))
    logprob = 0.0
    for ix in ids:
        scores = (state[:, :H] @ params["Wy"] + params["by"])[0]
        logprob += scores[ix] - np.logaddexp.reduce(scores)
        state, _ = step(W, H, [ix], state)
    return logprob


def perplexity(loss_sum, n_tokens):
    return np.power(np.exp(1), loss_sum / n_tokens)


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    W, H = stacked(params)
    state, ids = h0, [seed_ix]
    for u in rng.random(n):
        state, _ = step(W, H, ids[-1:], state)
        scores = (state[:, :H] @ params["Wy"] + params["by"])[0]
        steps = np.cumsum(np.exp((scores - max(scores)) / temperature))
        ids.append(int(np.searchsorted(steps, u * steps[-1], side="right")))
    return np.array(ids[1:])


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    shapes = [params[name].shape for name in NAMES]
    borders = np.cumsum([params[name].size for name in NAMES])[:-1]
    vector = np.concatenate([params[name].ravel() for name in NAMES])
    config = {"learning_rate": learning_rate}  # Adam works on each entry alone, so one long vector will do

    def unpacked():
        return {n: v.reshape(s) for n, v, s in zip(NAMES, np.split(vector, borders), shapes, strict=True)}

    S = shapes[1][0] * (2 if shapes[1][1] == 4 * shapes[1][0] else 1)
    losses = []
    for _ in range(epochs):
        state = np.zeros((len(ids), S))
        for start in range(rng.integers(seq_length), ids.shape[1] - seq_length, seq_length):
            columns = np.arange(start, start + seq_length)
            before = state if carry_state else np.zeros_like(state)
            loss, grads, state = char_lm_loss(unpacked(), ids[:, columns], ids[:, columns + 1], before)
            long = np.concatenate([grads[name].ravel() for name in NAMES])
            long = long / max(1.0, np.linalg.norm(long) / max_norm)
            vector, config = adam(vector, long, config)
            losses.append(loss / seq_length)
            if watch:
                watch(unpacked(), losses[-1])
    return unpacked(), np.array(losses)
