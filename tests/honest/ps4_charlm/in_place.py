"""Everything in preallocated arrays: out=, slices, +=; also params are trained in place, and the caches are popped."""

import numpy as np
from given_ps4_charlm import (
    gru_step_backward,
    gru_step_forward,
    lstm_step_backward,
    lstm_step_forward,
    rnn_step_backward,
    rnn_step_forward,
)

from unroll.optim import adam


def build_char_vocab(text):
    char_to_idx = dict()
    for c in text:
        char_to_idx.setdefault(c, 0)
    idx_to_char = list(char_to_idx)
    idx_to_char.sort()
    for c in idx_to_char:
        char_to_idx[c] += idx_to_char.index(c)
    return char_to_idx, idx_to_char


def step(params, x, state):
    """Overwrites the state (N, S) with the next one and returns the cache."""
    H = len(params["Wh"])
    weights = params["Wx"], params["Wh"], params["b"]
    before = state.copy()  # the given steps keep what they are called with
    if state.shape[1] == 2 * H:
        state[:, :H], state[:, H:], cache = lstm_step_forward(x, before[:, :H], before[:, H:], *weights)
    elif params["Wh"].shape[1] == 3 * H:
        state[...], cache = gru_step_forward(x, before, *weights)
    else:
        state[...], cache = rnn_step_forward(x, before, *weights)
    return cache


def char_lm_loss(params, inputs, targets, h0):
    Wy, by = params["Wy"], params["by"]
    N, T = inputs.shape
    H, K = params["Wh"].shape
    V = len(by)
    x = np.zeros((N, T, V), order="F")
    np.put_along_axis(x, inputs[:, :, None], 1, axis=2)
    state = np.array(h0, order="F")
    h, caches = np.empty((N, T, H)), []
    for t in range(T):
        caches.append(step(params, x[:, t], state))
        h[:, t] = state[:, :H]
    p = np.empty((N, T, V))
    np.matmul(h, Wy, out=p)
    p += by
    p -= p.max(axis=2, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=2, keepdims=True)
    loss = -np.log(np.take_along_axis(p, targets[:, :, None], axis=2)).sum()
    loss /= N
    p[np.arange(N)[:, None], np.arange(T), targets] -= 1
    p /= N
    grads = {name: np.zeros_like(params[name], order="F") for name in ("Wx", "Wh", "b", "Wy", "by")}
    dstate = np.zeros_like(h0)
    while caches:
        dscores, h_t = p[:, len(caches) - 1], h[:, len(caches) - 1]
        grads["Wy"] += h_t.T @ dscores
        grads["by"] += dscores.sum(axis=0)
        dstate[:, :H] += dscores @ Wy.T
        if K == 4 * H:
            _, dstate[:, :H], dstate[:, H:], *own = lstm_step_backward(dstate[:, :H], dstate[:, H:], caches.pop())
        else:
            _, dstate[...], *own = (rnn_step_backward if K == H else gru_step_backward)(dstate, caches.pop())
        for name, part in zip(("Wx", "Wh", "b"), own, strict=True):
            grads[name] += part
    return loss, grads, state


def sequence_logprob(params, ids):
    H, K = params["Wh"].shape
    state = np.zeros((1, 2 * H)) if K == 4 * H else np.zeros((1, H))
    x = np.zeros((1, len(params["by"])))
    logprob = np.zeros(())
    for ix in ids:
        scores = state[0, :H] @ params["Wy"]
        scores += params["by"]
        scores -= scores.max()
        logprob += scores[ix]
        np.exp(scores, out=scores)
        logprob -= np.log(scores.sum())
        x.fill(0)
        x[0, ix] = 1
        step(params, x, state)
    return logprob[()]


def perplexity(loss_sum, n_tokens):
    value = np.array(loss_sum, dtype=float)
    value /= n_tokens
    np.exp(value, out=value)
    return value.item()


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    state = h0.copy()
    h = state[:, : len(params["Wh"])]  # a view: it follows the state
    x = np.zeros((1, len(params["by"])))
    ids = np.full(n, seed_ix)
    for t in range(n):
        x[:] = 0
        x[0, ids[t - 1] if t else seed_ix] = 1
        step(params, x, state)
        p = h @ params["Wy"]
        p += params["by"]
        p -= p.max()
        p /= temperature
        np.exp(p, out=p)
        p /= p.sum()
        ids[t] = rng.multinomial(1, p[0]).argmax()
    return ids


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    N, L = ids.shape
    H, K = params["Wh"].shape
    state = np.empty((N, 2 * H if K == 4 * H else H))
    configs = {}
    losses = np.empty(epochs * L)
    done = 0
    for _ in range(epochs):
        state[:] = 0
        a = rng.integers(seq_length)
        while a + seq_length + 1 <= L:
            if not carry_state:
                state *= 0
            loss, grads, state[:] = char_lm_loss(
                params, ids[:, a : a + seq_length], ids[:, a + 1 : a + seq_length + 1], state
            )
            norm = np.sqrt(sum(np.square(g).sum() for g in grads.values()))
            for name, g in grads.items():
                if norm > max_norm:
                    g *= max_norm / norm
                configs.setdefault(name, {"learning_rate": learning_rate})
                params[name][...], configs[name] = adam(params[name], g, configs[name])
            losses[done] = loss / seq_length
            if watch:
                watch(params, losses[done])
            done += 1
            a += seq_length
    return params, losses[:done]
