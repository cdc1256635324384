"""Single precision inside, cast back at the end, as for a graphics card; only the sums over text are double."""

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
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
)

from unroll.optim import adam


def build_char_vocab(text):
    counts = np.zeros(max(map(ord, text)) + 1, dtype=np.float32)
    for c in text:
        counts[ord(c)] += 1
    idx_to_char = [chr(k) for k in np.flatnonzero(counts)]
    return {c: i for i, c in enumerate(idx_to_char)}, idx_to_char


def single(params):
    return {name: value.astype(np.float32) for name, value in params.items()}


def char_lm_loss(params, inputs, targets, h0):
    small, h0_small = single(params), h0.astype(np.float32)
    weights = small["Wx"], small["Wh"], small["b"]
    H, K = small["Wh"].shape
    x = np.eye(len(small["Wx"]), dtype=np.float32)[inputs]
    if K == 4 * H:
        h_t, c_t = np.split(h0_small, 2, axis=1)
        h, cache = np.zeros((*inputs.shape, H), dtype=np.float32), []
        for t in range(inputs.shape[1]):
            h[:, t], c_t, step = lstm_step_forward(x[:, t], h_t, c_t, *weights)
            h_t = h[:, t]
            cache.append(step)
        last, backward = np.append(h_t, c_t, axis=1), lstm_backward
    elif K == 3 * H:
        (h, cache), backward = gru_forward(x, h0_small, *weights), gru_backward
        last = h[:, -1]
    else:
        (h, cache), backward = rnn_forward(x, h0_small, *weights), rnn_backward
        last = h[:, -1]
    scores, affine = temporal_affine_forward(h, small["Wy"], small["by"])
    loss, ds = temporal_softmax_loss(scores, targets, np.ones(targets.shape, dtype=bool))
    dh, dWy, dby = temporal_affine_backward(ds.astype(np.float32), affine)
    _, _, dWx, dWh, db = backward(dh, cache)
    grads = {"Wx": dWx, "Wh": dWh, "b": db, "Wy": dWy, "by": dby}
    return float(loss), {k: g.astype(params[k].dtype) for k, g in grads.items()}, last.astype(h0.dtype)


def sequence_logprob(params, ids):
    small = single(params)
    H, K = small["Wh"].shape
    h = c = np.zeros((1, H), dtype=np.float32)
    logs = []
    for ix in ids:
        scores = (h @ small["Wy"] + small["by"])[0]
        scores = scores - scores.max()
        logs.append(scores[ix] - np.log(np.exp(scores).sum()))
        x = np.eye(len(scores), dtype=np.float32)[[ix]]
        if K == 4 * H:
            h, c, _ = lstm_step_forward(x, h, c, small["Wx"], small["Wh"], small["b"])
        elif K == 3 * H:
            h, _ = gru_step_forward(x, h, small["Wx"], small["Wh"], small["b"])
        else:
            h, _ = rnn_step_forward(x, h, small["Wx"], small["Wh"], small["b"])
    return np.sum(logs, dtype=float)


def perplexity(loss_sum, n_tokens):
    return float(np.exp(np.float32(loss_sum / n_tokens)))


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    small = single(params)
    H, K = small["Wh"].shape
    h, c = h0.astype(np.float32)[:, :H], h0.astype(np.float32)[:, H:]
    ids, ix = [], seed_ix
    for u in rng.random(n, dtype=np.float32):
        x = np.eye(len(small["by"]), dtype=np.float32)[[ix]]
        if K == 4 * H:
            h, c, _ = lstm_step_forward(x, h, c, small["Wx"], small["Wh"], small["b"])
        elif K == 3 * H:
            h, _ = gru_step_forward(x, h, small["Wx"], small["Wh"], small["b"])
        else:
            h, _ = rnn_step_forward(x, h, small["Wx"], small["Wh"], small["b"])
        scores = (h @ small["Wy"] + small["by"])[0]
        steps = np.exp((scores - scores.max()) / np.float32(temperature)).cumsum()
        ix = int(np.count_nonzero(steps <= u * steps[-1]))
        ids.append(ix)
    return np.array(ids, dtype=np.int16)


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    small = single(params)
    configs = {name: {"learning_rate": learning_rate} for name in small}
    H, K = small["Wh"].shape
    zero = np.zeros((len(ids), 2 * H if K == 4 * H else H), dtype=np.float32)
    losses = []
    for _ in range(epochs):
        start, h0 = rng.integers(seq_length), zero
        while (targets := ids[:, start + 1 : start + 1 + seq_length]).shape[1] == seq_length:
            loss, grads, after = char_lm_loss(small, ids[:, start : start + seq_length], targets, h0)
            h0 = after if carry_state else zero
            norm = np.sqrt(np.sum([np.sum(g**2) for g in grads.values()]))
            if norm > max_norm:
                grads = {name: g * np.float32(max_norm / norm) for name, g in grads.items()}
            for name, g in grads.items():
                small[name], configs[name] = adam(small[name], g, configs[name])
            losses.append(loss / seq_length)
            if watch:
                watch(small, losses[-1])
            start += seq_length
    return {name: value.astype(params[name].dtype) for name, value in small.items()}, np.array(losses, dtype=float)
