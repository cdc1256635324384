"""One stream at a time: each is a minibatch of one for the given functions, and the means are taken at the end."""

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
    idx_to_char = []
    for c in text:
        if c not in idx_to_char:
            idx_to_char.append(c)
    idx_to_char.sort()
    char_to_idx = {}
    for i in range(len(idx_to_char)):
        char_to_idx[idx_to_char[i]] = i
    return char_to_idx, idx_to_char


def log_softmax(scores):
    shifted = scores - scores.max()
    return shifted - np.log(np.exp(shifted).sum())


def char_lm_loss(params, inputs, targets, h0):
    Wx, Wh, b, Wy, by = params["Wx"], params["Wh"], params["b"], params["Wy"], params["by"]
    N, T = inputs.shape
    H = Wh.shape[0]
    blocks = Wh.shape[1] // H
    loss = 0.0
    grads = {name: np.zeros(params[name].shape) for name in params}
    h_last = np.zeros(h0.shape)
    for n in range(N):
        x = np.zeros((1, T, len(Wx)))
        for t in range(T):
            x[0, t, inputs[n, t]] = 1
        if blocks == 4:
            h, c, states, cache = h0[[n], :H], h0[[n], H:], [], []
            for t in range(T):
                h, c, step = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
                states.append(h[0])
                cache.append(step)
            h_last[n] = np.append(h, c)
            h = np.array([states])
        else:
            h, cache = (rnn_forward if blocks == 1 else gru_forward)(x, h0[[n]], Wx, Wh, b)
            h_last[n] = h[0, -1]
        dh = np.zeros((1, T, H))
        for t in range(T):
            log_p = log_softmax(h[0, t] @ Wy + by)
            loss -= log_p[targets[n, t]]
            dscores = np.exp(log_p)
            dscores[targets[n, t]] -= 1
            grads["Wy"] += np.outer(h[0, t], dscores)
            grads["by"] += dscores
            dh[0, t] = Wy @ dscores
        backward = {1: rnn_backward, 3: gru_backward, 4: lstm_backward}[blocks]
        _, _, dWx, dWh, db = backward(dh, cache)
        grads["Wx"] += dWx
        grads["Wh"] += dWh
        grads["b"] += db
    for name in grads:
        grads[name] /= N
    return loss / N, grads, h_last


def sequence_logprob(params, ids):
    total = log_softmax(params["by"])[ids[0]]
    H, K = params["Wh"].shape
    state = np.zeros((1, 2 * H)) if K == 4 * H else np.zeros((1, H))
    for before, after in zip(ids[:-1], ids[1:], strict=True):
        loss, _, state = char_lm_loss(params, np.array([[before]]), np.array([[after]]), state)
        total -= loss
    return total


def perplexity(loss_sum, n_tokens):
    per_token = loss_sum / n_tokens
    value = np.e**per_token
    return value


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    H, K = params["Wh"].shape
    V = len(params["by"])
    cell = [params[name] for name in ("Wx", "Wh", "b")]
    h, c = h0[:, :H], h0[:, H:]
    ids = []
    character = seed_ix
    while len(ids) < n:
        x = np.zeros((1, V))
        x[0, character] = 1
        if K == 4 * H:
            h, c, _ = lstm_step_forward(x, h, c, *cell)
        elif K == 3 * H:
            h, _ = gru_step_forward(x, h, *cell)
        else:
            h, _ = rnn_step_forward(x, h, *cell)
        p = np.exp(log_softmax((h[0] @ params["Wy"] + params["by"]) / temperature))
        u = rng.random()
        character = 0
        for v in range(V - 1):  # lay the probabilities end to end and see where u falls
            u -= p[v]
            if u < 0:
                break
            character = v + 1
        ids.append(character)
    return np.array(ids)


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    trained = {}
    memory = {}
    for name in params:
        trained[name] = params[name].copy()
        memory[name] = {"learning_rate": learning_rate}
    N, L = ids.shape
    H, K = params["Wh"].shape
    S = 2 * H if K == 4 * H else H
    losses = []
    for _epoch in range(epochs):
        state = np.zeros((N, S))
        place = rng.integers(seq_length)
        while place + seq_length < L:
            if not carry_state:
                state = np.zeros((N, S))
            piece = ids[:, place : place + seq_length + 1]
            loss, grads, state = char_lm_loss(trained, piece[:, :-1], piece[:, 1:], state)
            squares = 0.0
            for name in trained:
                squares += (grads[name] ** 2).sum()
            norm = squares**0.5
            for name in trained:
                g = grads[name]
                if norm > max_norm:
                    g = g * max_norm / norm
                trained[name], memory[name] = adam(trained[name], g, memory[name])
            losses.append(loss / seq_length)
            if watch is not None:
                watch(trained, loss / seq_length)
            place += seq_length
    return trained, np.array(losses)
