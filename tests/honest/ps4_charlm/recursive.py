"""Recursion in place of loops: the way back through time is the way back out of the calls."""

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
    def merged(chars):
        """Sorted and without repetitions, by merging two halves."""
        if len(chars) < 2:
            return list(chars)
        left, right = merged(chars[: len(chars) // 2]), merged(chars[len(chars) // 2 :])
        out = []
        while left and right:
            if left[0] == right[0]:
                left.pop(0)
            else:
                out.append((left if left[0] < right[0] else right).pop(0))
        return out + left + right

    idx_to_char = merged(text)
    return {idx_to_char[i]: i for i in range(len(idx_to_char))}, idx_to_char


def forward(params, ids, state):
    """One step: the next state [h] or [h, c], and the cache."""
    Wx, Wh, b = params["Wx"], params["Wh"], params["b"]
    H, K = Wh.shape
    x = np.eye(len(Wx))[ids]
    if K == 4 * H:
        h, c, cache = lstm_step_forward(x, state[:, :H], state[:, H:], Wx, Wh, b)
        return np.concatenate((h, c), axis=1), cache
    return (gru_step_forward if K == 3 * H else rnn_step_forward)(x, state, Wx, Wh, b)


def backward(params, dstate, cache):
    H, K = params["Wh"].shape
    if K == 4 * H:
        _, dh, dc, *grads = lstm_step_backward(dstate[:, :H], dstate[:, H:], cache)
        return np.concatenate((dh, dc), axis=1), grads
    _, dstate, *grads = (gru_step_backward if K == 3 * H else rnn_step_backward)(dstate, cache)
    return dstate, grads


def char_lm_loss(params, inputs, targets, h0):
    N, T = inputs.shape
    H = len(params["Wh"])
    rows = np.arange(N)

    def from_step(t, state):
        """The loss of steps t, ..., T - 1, the last state, the gradient of the state before, and the gradients."""
        if t == T:
            return 0.0, state, np.zeros_like(state), [np.zeros_like(params[k]) for k in ("Wx", "Wh", "b", "Wy", "by")]
        after, cache = forward(params, inputs[:, t], state)
        scores = after[:, :H] @ params["Wy"] + params["by"]
        scores = scores - np.max(scores, axis=1, keepdims=True)
        log_p = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
        later, last, dafter, grads = from_step(t + 1, after)
        ds = np.exp(log_p)
        ds[rows, targets[:, t]] -= 1.0
        ds = ds / N
        dafter = dafter + np.pad(ds @ params["Wy"].T, ((0, 0), (0, after.shape[1] - H)))
        dstate, own = backward(params, dafter, cache)
        own = [*own, after[:, :H].T @ ds, np.sum(ds, axis=0)]
        loss = later - np.mean(log_p[rows, targets[:, t]])
        return loss, last, dstate, [g + part for g, part in zip(grads, own, strict=True)]

    loss, last, _, grads = from_step(0, h0)
    return loss, dict(zip(("Wx", "Wh", "b", "Wy", "by"), grads, strict=True)), last


def sequence_logprob(params, ids):
    H, K = params["Wh"].shape

    def of_rest(state, rest):
        if not len(rest):
            return 0.0
        scores = state[0, :H] @ params["Wy"] + params["by"]
        log_z = np.logaddexp.reduce(scores)
        return scores[rest[0]] - log_z + of_rest(forward(params, rest[:1], state)[0], rest[1:])

    return of_rest(np.zeros((1, 2 * H if K == 4 * H else H)), ids)


def perplexity(loss_sum, n_tokens):
    if n_tokens % 2 or n_tokens < 4:
        return np.exp(loss_sum / n_tokens)
    return perplexity(loss_sum / 2, n_tokens // 2)  # half of the loss on half of the text


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    H = len(params["Wh"])

    def written(state, ix, left):
        if left == 0:
            return []
        state, _ = forward(params, [ix], state)
        scores = (state[0, :H] @ params["Wy"] + params["by"]) / temperature
        p = np.exp(scores - np.logaddexp.reduce(scores))
        ix = find(p, rng.uniform(0, p.sum()), 0, len(p))
        return [ix, *written(state, ix, left - 1)]

    def find(p, u, low, high):
        """The place of u among the probabilities laid end to end, by bisection."""
        if high - low == 1:
            return low
        middle = (low + high) // 2
        mass = p[low:middle].sum()
        return find(p, u, low, middle) if u < mass else find(p, u - mass, middle, high)

    return np.array(written(h0, seed_ix, n))


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    H, K = params["Wh"].shape
    nothing = np.zeros((ids.shape[0], 2 * H if K == 4 * H else H))

    def piece(text, state, model, memory):
        """Trains on what is left of an epoch; returns the parameters, Adam's memory and the losses."""
        if text.shape[1] <= seq_length:
            return model, memory, []
        before = state if carry_state else nothing
        loss, grads, state = char_lm_loss(model, text[:, :seq_length], text[:, 1 : seq_length + 1], before)
        norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
        factor = 1.0 if norm <= max_norm else max_norm / norm
        moved = {name: adam(model[name], factor * grads[name], memory[name]) for name in model}
        model = {name: pair[0] for name, pair in moved.items()}
        if watch:
            watch(model, loss / seq_length)
        memory = {name: pair[1] for name, pair in moved.items()}
        model, memory, losses = piece(text[:, seq_length:], state, model, memory)
        return model, memory, [loss / seq_length, *losses]

    def epoch(left, model, memory):
        if left == 0:
            return model, []
        model, memory, losses = piece(ids[:, rng.integers(seq_length) :], nothing, model, memory)
        model, more = epoch(left - 1, model, memory)
        return model, losses + more

    model, losses = epoch(epochs, dict(params), {name: {"learning_rate": learning_rate} for name in params})
    return model, np.array(losses)
