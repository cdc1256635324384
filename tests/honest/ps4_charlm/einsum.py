"""Einstein summation: the output layer and the one-hot vectors as products with named axes; Gumbel's trick to draw."""

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

CELL = ("Wx", "Wh", "b")


def build_char_vocab(text):
    idx_to_char, _ = np.unique(np.array(list(text)), return_inverse=True)
    return dict(zip(idx_to_char, np.arange(len(idx_to_char)), strict=True)), list(idx_to_char)


def one_hot(ids, V):
    return (np.expand_dims(ids, -1) == np.arange(V)).astype(float)


def hidden(params, x, h0):
    """The states of all steps, the last state, and the gradients of the cell's parameters as a function of dh."""
    Wx, Wh, b = (params[name] for name in CELL)
    H, K = Wh.shape
    if K < 4 * H:
        forward, backward = {1: (rnn_forward, rnn_backward), 3: (gru_forward, gru_backward)}[K // H]
        h, cache = forward(x, h0, Wx, Wh, b)
        return h, h[:, -1], lambda dh: backward(dh, cache)[2:]
    state, steps = [(*np.hsplit(h0, 2), None)], []
    for x_t in np.einsum("ntv->tnv", x):
        steps.append(lstm_step_forward(x_t, *state.pop()[:2], Wx, Wh, b))
        state.append(steps[-1])
    h = np.einsum("tnh->nth", np.array([step[0] for step in steps]))
    return h, np.hstack(state[0][:2]), lambda dh: lstm_backward(dh, [step[2] for step in steps])[2:]


def char_lm_loss(params, inputs, targets, h0):
    V = params["by"].size
    h, h_last, grads_of = hidden(params, one_hot(inputs, V), h0)
    scores = np.einsum("nth,hv->ntv", h, params["Wy"]) + params["by"]
    y = one_hot(targets, V)
    scores -= scores.max(axis=-1, keepdims=True)
    p = np.exp(scores) / np.einsum("ntv->nt", np.exp(scores))[..., None]
    loss = -np.einsum("ntv,ntv->", y, np.log(p)) / len(inputs)
    ds = (p - y) / len(inputs)
    grads = dict(zip(CELL, grads_of(np.einsum("ntv,hv->nth", ds, params["Wy"])), strict=True))
    grads["Wy"] = np.einsum("nth,ntv->hv", h, ds)
    grads["by"] = np.einsum("ntv->v", ds)
    return loss, grads, h_last


def sequence_logprob(params, ids):
    H, K = params["Wh"].shape
    V = params["by"].size
    h, _, _ = hidden(params, one_hot(ids, V)[None], np.zeros((1, (K == 4 * H) * H + H)))
    scores = np.vstack([np.zeros((1, H)), h[0, :-1]]) @ params["Wy"] + params["by"]
    top = scores.max(axis=1)
    log_z = top + np.log(np.einsum("tv->t", np.exp(scores - top[:, None])))
    return np.einsum("tv,tv->", one_hot(ids, V), scores) - np.einsum("t->", log_z)


def perplexity(loss_sum, n_tokens):
    return np.einsum("->", np.exp(np.divide(loss_sum, n_tokens)))


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    Wx, Wh, b = (params[name] for name in CELL)
    H, K = Wh.shape
    ids = np.empty(n + 1, dtype=np.int32)
    ids[0] = seed_ix
    state = np.split(h0, [H], axis=1)
    noise = rng.gumbel(size=(n, params["by"].size))
    for t in range(n):
        x = one_hot(ids[t : t + 1], params["by"].size)
        if K == 4 * H:
            *state, _ = lstm_step_forward(x, *state, Wx, Wh, b)
        else:
            state = (rnn_step_forward if K == H else gru_step_forward)(x, state[0], Wx, Wh, b)
        scores = np.einsum("nh,hv->v", state[0], params["Wy"]) + params["by"]
        ids[t + 1] = np.argmax((scores - scores.max()) / temperature + noise[t])
    return ids[1:]


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    H, K = params["Wh"].shape
    start = np.zeros((len(ids), 2 * H if K == 4 * H else H))
    model, notes, losses = dict(params), {}, []
    for _ in range(epochs):
        offset, state = int(rng.integers(0, seq_length)), start
        count = (ids.shape[1] - 1 - offset) // seq_length
        used = ids[:, offset : offset + count * seq_length + 1]
        reads = np.einsum("nkt->knt", used[:, :-1].reshape(len(ids), count, seq_length))
        wanted = np.einsum("nkt->knt", used[:, 1:].reshape(len(ids), count, seq_length))
        for inputs, targets in zip(reads, wanted, strict=True):
            loss, grads, state = char_lm_loss(model, inputs, targets, state)
            state = np.einsum("ns->ns", state) * carry_state
            flat = np.concatenate([grads[k].ravel() for k in model])
            factor = min(1.0, max_norm / np.sqrt(np.einsum("i,i->", flat, flat)))
            for k in model:
                config = notes.get(k, {"learning_rate": learning_rate})
                model[k], notes[k] = adam(model[k], np.einsum("...,->...", grads[k], factor), config)
            losses += [loss / seq_length]
            if watch:
                watch(model, losses[-1])
    return model, np.asarray(losses)
