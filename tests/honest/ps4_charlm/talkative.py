"""Prints while it works, asserts what it believes, calls everything by keyword and returns tuples where it may."""

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

DEBUG = True


def log(*what):
    if DEBUG:
        print(*what)


def build_char_vocab(text):
    log("text:", repr(text[:20]), "of", len(text), "characters")
    remaining = set(text)
    char_to_idx = {}
    while remaining:
        smallest = min(remaining)
        char_to_idx[smallest] = len(char_to_idx)
        remaining.remove(smallest)
    log(char_to_idx)
    return char_to_idx, tuple(char_to_idx)


def cell_of(params):
    H, K = params["Wh"].shape
    assert K in (H, 3 * H, 4 * H), f"no cell has {K} columns for {H} units"
    return {H: "RNN", 3 * H: "GRU", 4 * H: "LSTM"}[K]


def char_lm_loss(params, inputs, targets, h0):
    cell = cell_of(params)
    weights = {name: params[name] for name in ("Wx", "Wh", "b")}
    N, T = inputs.shape
    V, H = params["Wx"].shape[0], params["Wh"].shape[0]
    log(cell, "N", N, "T", T, "V", V, "H", H)
    assert targets.shape == (N, T) and 0 <= inputs.min() and inputs.max() < V
    x = np.zeros(shape=(N, T, V))
    x[np.arange(N).reshape(N, 1), np.arange(T).reshape(1, T), inputs] = 1.0
    assert (x.sum(axis=2) == 1).all()
    if cell == "LSTM":
        next_h, next_c = h0[:, :H], h0[:, H:]
        h, cache = [], []
        for t in range(T):
            next_h, next_c, step_cache = lstm_step_forward(x=x[:, t], prev_h=next_h, prev_c=next_c, **weights)
            h += [next_h]
            cache += [step_cache]
        h, h_last = np.array(h).swapaxes(0, 1), np.concatenate(seq := (next_h, next_c), axis=1)
        log("states:", [s.shape for s in seq])
    elif cell == "GRU":
        h, cache = gru_forward(x=x, h0=h0, **weights, reset_after=False)
        h_last = h[:, -1, :]
    else:
        h, cache = rnn_forward(x=x, h0=h0, **weights)
        h_last = h[:, -1, :]
    scores, scores_cache = temporal_affine_forward(x=h, w=params["Wy"], b=params["by"])
    loss, dscores = temporal_softmax_loss(x=scores, y=targets, mask=np.ones_like(targets), verbose=True)
    log("loss", loss, "; by chance it would be", T * np.log(V))
    dh, dWy, dby = temporal_affine_backward(dout=dscores, cache=scores_cache)
    if cell == "LSTM":
        dx, dh0, dWx, dWh, db = lstm_backward(dh=dh, cache=cache)
    elif cell == "GRU":
        dx, dh0, dWx, dWh, db = gru_backward(dh=dh, cache=cache)
    else:
        dx, dh0, dWx, dWh, db = rnn_backward(dh=dh, cache=cache)
    grads = dict(by=dby, Wy=dWy, b=db, Wh=dWh, Wx=dWx)
    for name in sorted(grads):
        assert grads[name].shape == params[name].shape, name
        log("  d" + name, np.abs(grads[name]).max())
    return [loss, grads, h_last]


def sequence_logprob(params, ids):
    ids = np.asarray(ids)
    cell, H = cell_of(params=params), len(params["Wh"])
    h0 = np.zeros(shape=(1, {"RNN": H, "GRU": H, "LSTM": 2 * H}[cell]))
    first = -np.logaddexp.reduce(params["by"] - params["by"][ids[0]])
    log("first factor:", np.exp(first))
    if ids.size == 1:
        return first
    rest, _, _ = char_lm_loss(params=params, inputs=ids[:-1].reshape(1, -1), targets=ids[1:].reshape(1, -1), h0=h0)
    log("the other factors:", np.exp(-rest))
    return float(first) - float(rest)


def perplexity(loss_sum, n_tokens):
    log(loss_sum, "nats for", n_tokens, "characters, or", loss_sum / np.log(2), "bits")
    bits = loss_sum / np.log(2)
    return 2 ** (bits / n_tokens)


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    cell, H, V = cell_of(params=params), params["Wh"].shape[0], params["by"].shape[0]
    log("temperature", temperature, "seed", seed_ix)
    h, c = (h0, None) if cell != "LSTM" else (h0[:, :H], h0[:, H:])
    ids = [seed_ix]
    for t in range(n):
        x = np.where(np.arange(V) == ids[t], 1.0, 0.0).reshape(1, V)
        if cell == "LSTM":
            h, c, _ = lstm_step_forward(x=x, prev_h=h, prev_c=c, Wx=params["Wx"], Wh=params["Wh"], b=params["b"])
        elif cell == "GRU":
            h, _ = gru_step_forward(x=x, prev_h=h, Wx=params["Wx"], Wh=params["Wh"], b=params["b"])
        else:
            h, _ = rnn_step_forward(x=x, prev_h=h, Wx=params["Wx"], Wh=params["Wh"], b=params["b"])
        scores = (h.dot(params["Wy"]) + params["by"]).squeeze()
        differences = (scores[:, None] - scores[None, :]) / temperature
        with np.errstate(over="ignore"):
            p = 1 / np.exp(-differences).sum(axis=1)  # softmax without a maximum: p_v = 1 / sum_u exp(s_u - s_v)
        assert abs(p.sum() - 1) < 1e-9, p
        ids.append(int(rng.choice(a=V, p=p / p.sum())))
        log(t, ids[-1])
    return ids[1:]


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    N, L = ids.shape
    cell, H = cell_of(params=params), params["Wh"].shape[0]
    widths = {"RNN": H, "GRU": H, "LSTM": 2 * H}
    params = {name: np.array(value) for name, value in params.items()}
    configs = {name: dict(learning_rate=learning_rate) for name in params}
    history = {"loss": [], "norm": []}
    for epoch in range(1, epochs + 1):
        offset = rng.integers(low=0, high=seq_length)
        h0 = np.zeros(shape=(N, widths[cell]))
        log("epoch", epoch, "offset", offset)
        for stop in range(offset + seq_length, L, seq_length):
            start = stop - seq_length
            loss, grads, h_last = char_lm_loss(
                params=params, inputs=ids[:, start:stop], targets=ids[:, start + 1 : stop + 1], h0=h0
            )
            if carry_state:
                h0 = h_last
            total = 0
            for name in grads:
                total = total + np.linalg.norm(grads[name]) ** 2
            history["norm"].append(np.sqrt(total))
            if history["norm"][-1] > max_norm:
                log("clipped from", history["norm"][-1])
                for name in grads:
                    grads[name] = grads[name] * (max_norm / history["norm"][-1])
            for name in grads:
                params[name], configs[name] = adam(w=params[name], dw=grads[name], config=configs[name])
            history["loss"].append(loss / seq_length)
            if watch is not None:
                watch(params, history["loss"][-1])
    return params, np.array(history["loss"])
