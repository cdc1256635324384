"""Functional: comprehensions, folds and lambdas, nothing is ever assigned twice; draws by an exponential race."""

from functools import partial, reduce
from itertools import accumulate, chain

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

kind = lambda params: params["Wh"].shape[1] // params["Wh"].shape[0]  # noqa: E731
size = lambda params: len(params["Wh"]) * (1 + (kind(params) == 4))  # noqa: E731
cell = lambda params: (params["Wx"], params["Wh"], params["b"])  # noqa: E731


def build_char_vocab(text):
    return (lambda chars: ({c: chars.index(c) for c in chars}, chars))(sorted(dict.fromkeys(text)))


def lstm_from(x, h0, *weights):
    """Like rnn_forward, from a state [h, c]."""
    steps = list(
        accumulate(
            np.swapaxes(x, 0, 1),
            lambda before, x_t: lstm_step_forward(x_t, before[0], before[1], *weights),
            initial=(*np.array_split(h0, 2, axis=1), None),
        )
    )[1:]
    return np.stack([s[0] for s in steps], 1), [s[2] for s in steps], np.concatenate(steps[-1][:2], 1)


FORWARD = {
    1: lambda *args: (lambda h, cache: (h, cache, h[:, -1]))(*rnn_forward(*args)),
    3: lambda *args: (lambda h, cache: (h, cache, h[:, -1]))(*gru_forward(*args)),
    4: lstm_from,
}
BACKWARD = {1: rnn_backward, 3: gru_backward, 4: lstm_backward}


def char_lm_loss(params, inputs, targets, h0):
    h, cache, h_last = FORWARD[kind(params)](np.identity(len(params["Wx"]))[inputs], h0, *cell(params))
    scores, affine_cache = temporal_affine_forward(h, params["Wy"], params["by"])
    loss, dscores = temporal_softmax_loss(scores, targets, mask=np.full(targets.shape, True))
    dh, *outer = temporal_affine_backward(dscores, affine_cache)
    inner = BACKWARD[kind(params)](dh, cache)[2:]
    return loss, dict(zip(("Wx", "Wh", "b", "Wy", "by"), chain(inner, outer), strict=True)), h_last


def sequence_logprob(params, ids):
    first = reduce(np.logaddexp, params["by"])
    rest = (
        char_lm_loss(params, np.atleast_2d(ids[:-1]), np.atleast_2d(ids[1:]), np.zeros((1, size(params))))[0]
        if len(ids) > 1
        else 0.0
    )
    return params["by"][ids[0]] - first - rest


def perplexity(loss_sum, n_tokens):
    return reduce(lambda value, f: f(value), (lambda loss: loss * (1 / n_tokens), np.exp), loss_sum)


STEP = {
    1: lambda x, state, *w: rnn_step_forward(x, state, *w)[0],
    3: lambda x, state, *w: gru_step_forward(x, state, *w)[0],
    4: lambda x, state, *w: np.hstack(lstm_step_forward(x, *np.hsplit(state, 2), *w)[:2]),
}


def drawn(params, temperature, rng, before, _):
    """One more (state, character): the first of V clocks to ring, each with its probability as its rate."""
    state, ix = before
    after = STEP[kind(params)](np.identity(len(params["Wx"]))[[ix]], state, *cell(params))
    scores = (after[:, : len(params["Wh"])] @ params["Wy"] + params["by"]).ravel() / temperature
    return after, int(np.argmin(np.log(rng.exponential(size=scores.size)) - scores))


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    written = accumulate(range(n), partial(drawn, params, temperature, rng), initial=(h0, seed_ix))
    return np.fromiter((ix for _, ix in written), dtype=int)[1:]


def updated(pieces_of, settings, before, where):
    """One more (params, configs, state, losses), after the piece at `where`."""
    params, configs, state, losses = before
    loss, grads, after = char_lm_loss(params, *pieces_of(where), state)
    norm = np.sqrt(sum(map(lambda g: np.vdot(g, g), grads.values())))
    shorter = settings["max_norm"] / norm if norm > settings["max_norm"] else 1
    moved = {k: adam(params[k], grads[k] * shorter, configs[k]) for k in params}
    per_character = loss / settings["T"]
    params = {k: w for k, (w, _) in moved.items()}
    if settings["watch"]:
        settings["watch"](params, per_character)
    return (
        params,
        {k: config for k, (_, config) in moved.items()},
        after if settings["carry"] else np.zeros_like(after),
        [*losses, per_character],
    )


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    T, L = seq_length, ids.shape[1]
    settings = {"T": T, "carry": carry_state, "max_norm": max_norm, "watch": watch}
    step = partial(updated, lambda a: (ids[:, a : a + T], ids[:, a + 1 : a + T + 1]), settings)

    def epoch(before, _):
        trained, configs, _, losses = before
        fresh = (trained, configs, np.zeros((len(ids), size(params))), losses)
        return reduce(step, range(rng.integers(T), L - T, T), fresh)

    configs = {k: {"learning_rate": learning_rate} for k in params}
    trained, _, _, losses = reduce(epoch, range(epochs), (params, configs, None, []))
    return trained, np.array(losses)
