"""Extended precision inside: every array is cast to long double first, and the results back to the input's dtype."""

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

LONG = np.longdouble


def build_char_vocab(text):
    numbers = np.unique(np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)).astype(LONG)
    idx_to_char = [chr(int(number)) for number in numbers]
    return {c: int(np.searchsorted(numbers, LONG(ord(c)))) for c in idx_to_char}, idx_to_char


def long(params):
    return {name: value.astype(LONG) for name, value in params.items()}


def log_softmax(scores):
    peak = scores.max(axis=-1, keepdims=True)
    return scores - peak - np.log(np.exp(scores - peak).sum(axis=-1, keepdims=True))


def char_lm_loss(params, inputs, targets, h0):
    wide = long(params)
    weights = [wide[name] for name in ("Wx", "Wh", "b")]
    N, T = inputs.shape
    H, K = wide["Wh"].shape
    x = np.eye(len(wide["Wx"]), dtype=LONG)[inputs]
    start = h0.astype(LONG)
    if K == 4 * H:
        h_t, c_t, h, cache = start[:, :H], start[:, H:], [], []
        for t in range(T):
            h_t, c_t, step = lstm_step_forward(x[:, t], h_t, c_t, *weights)
            h, cache = h + [h_t[:, None]], cache + [step]
        h, last = np.concatenate(h, axis=1), np.concatenate([h_t, c_t], axis=1)
        dcell = lstm_backward
    else:
        h, cache = rnn_forward(x, start, *weights) if K == H else gru_forward(x, start, *weights)
        last, dcell = h[:, -1], rnn_backward if K == H else gru_backward
    log_p = log_softmax(h @ wide["Wy"] + wide["by"])
    right = np.eye(log_p.shape[-1], dtype=bool)[targets]
    loss = -log_p[right].sum() / N
    ds = (np.exp(log_p) - right) / N
    grads = dict(zip(("Wx", "Wh", "b"), dcell(ds @ wide["Wy"].T, cache)[2:], strict=True))
    grads["Wy"] = np.tensordot(h, ds, axes=([0, 1], [0, 1]))
    grads["by"] = ds.sum(axis=(0, 1))
    return float(loss), {name: g.astype(params[name].dtype) for name, g in grads.items()}, last.astype(h0.dtype)


def sequence_logprob(params, ids):
    wide = long(params)
    H, K = wide["Wh"].shape
    h = c = np.zeros((1, H), dtype=LONG)
    total = LONG(0)
    for ix in ids:
        total += log_softmax((h @ wide["Wy"] + wide["by"])[0])[ix]
        x = (np.arange(len(wide["by"])) == ix)[None].astype(LONG)
        if K == H:
            h = rnn_step_forward(x, h, wide["Wx"], wide["Wh"], wide["b"])[0]
        elif K == 3 * H:
            h = gru_step_forward(x, h, wide["Wx"], wide["Wh"], wide["b"])[0]
        else:
            h, c = lstm_step_forward(x, h, c, wide["Wx"], wide["Wh"], wide["b"])[:2]
    return total


def perplexity(loss_sum, n_tokens):
    return float(np.exp(LONG(loss_sum) / LONG(n_tokens)))


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    wide = long(params)
    H, K = wide["Wh"].shape
    h, c = h0[:, :H].astype(LONG), h0[:, H:].astype(LONG)
    ids = [int(seed_ix)]
    for _ in range(n):
        x = (np.arange(len(wide["by"])) == ids[-1])[None].astype(LONG)
        if K == H:
            h, _ = rnn_step_forward(x, h, wide["Wx"], wide["Wh"], wide["b"])
        elif K == 3 * H:
            h, _ = gru_step_forward(x, h, wide["Wx"], wide["Wh"], wide["b"])
        else:
            h, c, _ = lstm_step_forward(x, h, c, wide["Wx"], wide["Wh"], wide["b"])
        p = np.exp(log_softmax((h @ wide["Wy"] + wide["by"])[0] / LONG(temperature))).astype(float)
        ids.append(int(rng.choice(np.arange(p.size), p=p / p.sum())))
    return np.array(ids[1:], dtype=np.int64)


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    wide = long(params)
    configs = {name: {"learning_rate": learning_rate} for name in wide}
    N, L = ids.shape
    H, K = wide["Wh"].shape
    losses = np.zeros(0, dtype=LONG)
    for _ in range(epochs):
        offset, state = rng.integers(seq_length), np.zeros((N, 2 * H if K == 4 * H else H), dtype=LONG)
        for end in range(offset + seq_length, L, seq_length):
            window = ids[:, end - seq_length : end + 1]
            loss, grads, after = char_lm_loss(wide, window[:, :-1], window[:, 1:], state)
            state = after if carry_state else 0 * after
            norm = np.sqrt(np.sum([np.sum(g.astype(LONG) ** 2) for g in grads.values()]))
            for name in wide:
                g = np.minimum(1, max_norm / norm) * grads[name]
                wide[name], configs[name] = adam(wide[name], g, configs[name])
            losses = np.append(losses, loss / LONG(seq_length))
            if watch:
                watch(wide, float(losses[-1]))
    return {name: value.astype(params[name].dtype) for name, value in wide.items()}, losses.astype(float)
