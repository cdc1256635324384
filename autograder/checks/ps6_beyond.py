"""Checks of problem set 6: beam search, attention, a PixelRNN, and sequence to sequence."""

from __future__ import annotations

import itertools

import numpy as np

from autograder.check import Case, Check, Gradient
from autograder.checks import ps6_mistakes as mistakes

GIVEN = {
    "ps1_rnn": (
        "rnn_step_forward",
        "rnn_step_backward",
        "rnn_forward",
        "rnn_backward",
        "word_embedding_forward",
        "word_embedding_backward",
        "temporal_affine_forward",
        "temporal_affine_backward",
        "temporal_softmax_loss",
    ),
    "ps2_lstm": ("lstm_step_forward", "lstm_step_backward", "lstm_forward", "lstm_backward"),
}
PIXEL_GRADIENTS = tuple((f"d{name}", name) for name in ("Wx", "Wh", "b", "w", "c"))
ENCODER_GRADIENTS = tuple((f"d{name}", name) for name in ("W_embed", "Wx_enc", "Wh_enc", "b_enc"))
DECODER_GRADIENTS = tuple((f"d{name}", name) for name in ("Wx_dec", "Wh_dec", "b_dec", "W_vocab", "b_vocab"))
START, END = 1, 2  # in the data; where both are arguments, others are drawn


# ---- beam search ----------------------------------------------------------------------------------


def language_model(rng, V, W, H, scale=1.0):
    """The six parameters of a recurrent language model. scale: of its scores; the larger, the surer the model."""
    return {
        "W_embed": rng.standard_normal((V, W)),
        "Wx": 1.5 * rng.standard_normal((W, H)) / np.sqrt(W),
        "Wh": rng.standard_normal((H, H)) / np.sqrt(H),
        "b": 0.3 * rng.standard_normal(H),
        "W_vocab": 2 * scale * rng.standard_normal((H, V)) / np.sqrt(H),
        "b_vocab": 0.5 * scale * rng.standard_normal(V),
    }


def draw_next(rng, data, K, V, W, H, scale=1):
    return {
        **language_model(rng, V, W, H, scale),
        "h": rng.uniform(-1, 1, (K, H)),
        "words": rng.integers(0, V, K),
    }


def call_next(code, W_embed, Wx, Wh, b, W_vocab, b_vocab, h, words):
    params = {"W_embed": W_embed, "Wx": Wx, "Wh": Wh, "b": b, "W_vocab": W_vocab, "b_vocab": b_vocab}
    log_p, next_h = code.next_word_logprobs(params, h, words)
    return log_p, next_h


def draw_start_and_end(rng, V):
    """Two words that are not 0."""
    return tuple(int(word) for word in 1 + rng.permutation(V - 1)[:2])


def greedy_length(model, h, start, end, max_length):
    """How many words greedy search writes from the state h (H,), up to max_length + 1."""
    word, length = start, 0
    while word != end and length <= max_length:
        h = np.tanh(model["W_embed"][word] @ model["Wx"] + h @ model["Wh"] + model["b"])
        word, length = int(np.argmax(h @ model["W_vocab"] + model["b_vocab"])), length + 1
    return length


def draw_search(rng, data, P, V, W, H, max_length, width=0, misleading=0):
    """P models and a state to begin in for each; some searches end early and others not at all.

    One model for all states would not do: there are models in which a wrong beam search finds what a right one does.
    """
    varied = False
    while not varied:
        start, end = draw_start_and_end(rng, V)
        models = [
            misleading_model(rng, V, start, end) if misleading else language_model(rng, V, W, H) for _ in range(P)
        ]
        h0 = rng.uniform(-1, 1, (P, H))
        found = [greedy_length(model, h, start, end, max_length) for model, h in zip(models, h0, strict=True)]
        lengths = np.array(found)
        ended = lengths[lengths <= max_length]
        varied = misleading or max_length == 1 or (1 < len(ended) < P and ended.max() > 1)
    stacked = {name: np.stack([model[name] for model in models]) for name in models[0]}
    inputs = {**stacked, "h0": h0, "start": start, "end": end, "max_length": max_length}
    return {**inputs, "width": width} if width else inputs


def misleading_model(rng, V, start, end):
    """A model in which a beam of 2 loses the greedy hypothesis and ends below it; V is at least 8.

    The greedy word is followed by nothing likely, and then the end is certain. The word that is second best has two
    likely continuations, which take both places of the beam, and from there everything is equally improbable.
    """
    others = np.setdiff1d(np.arange(V), [start, end])
    first, then, second, *both = rng.permutation(others)[:5]  # start, first, then, end is the greedy way
    p = np.full((V, V), 0.01)
    p[start, [first, second]] = 0.5, 0.42
    p[first] = 0.7 / (V - 1)
    p[first, then] = 0.3
    p[second, both] = 0.46
    p[then, end] = 0.95
    p[both] = 1
    p *= np.exp(0.03 * rng.standard_normal((V, V)))
    sure = 3.0  # a state is the tanh of this times the one-hot vector of the last word
    return {
        "W_embed": np.eye(V),
        "Wx": sure * np.eye(V),
        "Wh": 0.01 * rng.standard_normal((V, V)),
        "b": np.zeros(V),
        "W_vocab": np.log(p / p.sum(axis=1, keepdims=True)) / np.tanh(sure),
        "b_vocab": np.zeros(V),
    }


def call_greedy(code, W_embed, Wx, Wh, b, W_vocab, b_vocab, h0, start, end, max_length):
    models = {"W_embed": W_embed, "Wx": Wx, "Wh": Wh, "b": b, "W_vocab": W_vocab, "b_vocab": b_vocab}
    written, logprobs = [], []
    for n, h in enumerate(h0):
        params = {name: stacked[n] for name, stacked in models.items()}
        words, logprob = code.greedy_search(params, h, start, end, max_length)
        words = np.asarray(words)
        assert words.ndim == 1, f"words has shape {words.shape}; expected one number per word, (L,)"
        rest = np.full(max(0, max_length + 2 - len(words)), -1, dtype=words.dtype)
        written.append(np.concatenate([words[: max_length + 2], rest]))
        assert np.size(logprob) == 1, f"logprob has shape {np.shape(logprob)}; expected one number"
        logprobs.append(float(np.asarray(logprob).reshape(())))
    return np.stack(written), np.array(logprobs)


def call_beam(code, W_embed, Wx, Wh, b, W_vocab, b_vocab, h0, start, end, max_length, width):
    models = {"W_embed": W_embed, "Wx": Wx, "Wh": Wh, "b": b, "W_vocab": W_vocab, "b_vocab": b_vocab}
    written, logprobs = [], []
    for n, h in enumerate(h0):
        params = {name: stacked[n] for name, stacked in models.items()}
        words, logprob = code.beam_search(params, h, start, end, width, max_length)
        words = np.asarray(words)
        assert words.ndim == 1, f"words has shape {words.shape}; expected one number per word, (L,)"
        rest = np.full(max(0, max_length + 2 - len(words)), -1, dtype=words.dtype)
        written.append(np.concatenate([words[: max_length + 2], rest]))
        assert np.size(logprob) == 1, f"logprob has shape {np.shape(logprob)}; expected one number"
        logprobs.append(float(np.asarray(logprob).reshape(())))
    return np.stack(written), np.array(logprobs)


# ---- attention ------------------------------------------------------------------------------------


def draw_images(rng, data, N, S, cells):
    side = S // cells
    bright = rng.integers(0, 200, (N, cells, 1, cells, 1, 3)) + rng.integers(0, 56, (N, cells, side, cells, side, 3))
    return {"images": bright.reshape(N, S, S, 3).astype(np.uint8), "cells": cells}


def call_grid(code, images, cells):
    grid = code.grid_features(images, cells)
    if isinstance(grid, np.ndarray) and grid.dtype.kind == "f":
        grid = grid.astype(float)  # the images are integers, so no precision was asked for
    return (grid,)


def draw_attention(rng, data, N, L, H, scale=1):
    gap = 0.0
    while gap < 50:  # between the two largest of large scores: so many that rounding in float32 does not show
        h, a = rng.standard_normal((N, H)), rng.standard_normal((N, L, H))
        h[1:] *= scale  # all but one, so that one example's largest score is far from another's
        scores = np.sort(np.einsum("nh,nlh->nl", h, a) / np.sqrt(H), axis=1)
        gap = np.diff(scores[1:])[:, -1].min() if scale > 1 else np.inf
    return {"h": h, "a": a}


def call_attention(code, h, a):
    context, weights, cache = code.attention_forward(h, a)
    return context, weights


def draw_attention_backward(rng, data, N, L, H):
    inputs, largest = draw_attention(rng, data, N, L, H), 1.0
    while L > 1 and largest > 0.9:  # one weight that is nearly all makes the gradient nearly cancel: float32 would show
        inputs["h"] = 0.8 * inputs["h"]
        scores = np.einsum("nh,nlh->nl", inputs["h"], inputs["a"]) / np.sqrt(H)
        largest = (1 / np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1)).max()
    return {**inputs, "dcontext": rng.standard_normal((N, H))}


def call_attention_backward(code, h, a, dcontext):
    context, weights, cache = code.attention_forward(h, a)
    code.attention_forward(-h, a)  # whatever this one leaves behind, the cache is what counts
    return code.attention_backward(dcontext, cache)


def attention_value(code, h, a, dcontext):
    context, weights, cache = code.attention_forward(h, a)
    return context


# ---- the PixelRNN ---------------------------------------------------------------------------------


def pixel_parameters(rng, H, scale=1):
    return {
        "Wx": rng.standard_normal((2, H)),
        "Wh": rng.standard_normal((H, H)) / np.sqrt(H),
        "b": 0.3 * rng.standard_normal(H),
        "w": 0.8 * scale * rng.standard_normal((H, 1)) / np.sqrt(H),
        "c": scale * rng.choice([-1.0, 1.0], 1) * rng.uniform(0.4, 0.8),
    }


def draw_inputs(rng, data, N, rows, columns):
    return {"images": rng.integers(0, 2, (N, rows, columns))}


def call_inputs(code, images):
    x = code.pixel_inputs(images)
    if isinstance(x, np.ndarray) and x.dtype.kind in "if":
        x = x.astype(float)  # -1, 0 and 1 are exact in any type
    return (x,)


def draw_pixels(rng, data, N, rows, columns, H, scale=1):
    """Parameters and images, drawn until the sum that is the gradient of c does not nearly cancel: it is one number,
    with no larger ones beside it in whose norm the rounding of float32 would vanish."""
    mean = 0.0
    while abs(mean) < 0.05:
        inputs = {**pixel_parameters(rng, H, scale), **draw_inputs(rng, data, N, rows, columns)}
        mean = (pixel_probabilities(inputs, inputs["images"]) - inputs["images"]).mean()
    return inputs


def call_logprob(code, Wx, Wh, b, w, c, images):
    params = {"Wx": Wx, "Wh": Wh, "b": b, "w": w, "c": c}
    every = (np.arange(64)[:, None] >> np.arange(6)) & 1  # all 64 images of 2 x 3 pixels
    with np.errstate(over="ignore"):
        total = np.exp(np.asarray(code.pixel_logprob(params, every.reshape(64, 2, 3)), dtype=float)).sum()
    logprob = code.pixel_logprob(params, images)
    return logprob, total


def draw_bits(rng, data, N, n_pixels):
    return {"logprob": -n_pixels * rng.uniform(0.1, 0.7, N), "n_pixels": n_pixels}


def call_bits(code, logprob, n_pixels):
    bits = code.bits_per_dimension(logprob, n_pixels)
    return (bits,)


def call_pixel_loss(code, Wx, Wh, b, w, c, images):
    params = {"Wx": Wx, "Wh": Wh, "b": b, "w": w, "c": c}
    loss, grads = code.pixel_loss(params, images)
    assert isinstance(grads, dict), "grads should be a dict from the name of each parameter to its gradient"
    missing = ", ".join(name for name in params if name not in grads)
    assert not missing, f"grads has no {missing}"
    return loss, grads["Wx"], grads["Wh"], grads["b"], grads["w"], grads["c"]


def pixel_value(code, Wx, Wh, b, w, c, images):
    loss, grads = code.pixel_loss({"Wx": Wx, "Wh": Wh, "b": b, "w": w, "c": c}, images)
    return loss


def draw_samples(rng, data, n, rows, columns, H):
    """Parameters, and the probability of every image under them by a computation of its own.

    Drawn until no image is rarer than one in 500, since a frequency test wants each of them to occur, and until a
    network that forgets its state or its bias would be found out, and the likeliest pixels are not all alike.
    """
    told = False
    while not told:
        parameters = pixel_parameters(rng, H)
        p = image_probabilities(parameters, rows, columns)
        wrong = [
            image_probabilities(parameters, rows, columns, carried=0.0),
            image_probabilities({**parameters, "c": np.zeros(1)}, rows, columns),
        ]
        sure = {**parameters, "w": 100 * parameters["w"], "c": 100 * parameters["c"]}
        likeliest = image_probabilities(sure, rows, columns).argmax()
        told = p.min() > 0.002 and min(n * ((q - p) ** 2 / p).sum() for q in wrong) > 800
        told = told and 0 < likeliest < len(p) - 1
    seed = int(rng.integers(2**31))
    return {**parameters, "n": n, "rows": rows, "columns": columns, "p": p, "seed": seed}


def image_probabilities(parameters, rows, columns, carried=1.0):
    """The probabilities of all images in the order of their pixels read as binary numbers."""
    every = np.array(list(itertools.product((0, 1), repeat=rows * columns))).reshape(-1, rows, columns)
    one = pixel_probabilities(parameters, every, carried)
    return np.where(every == 1, one, 1 - one).prod(axis=(1, 2))


def pixel_probabilities(parameters, images, carried=1.0):
    """The probability of every pixel to be 1, given those before it. carried: 0 forgets the state before every step."""
    p = np.ones(images.shape)
    h = np.zeros((len(images), len(parameters["b"])))
    for i, j in np.ndindex(images.shape[1:]):
        left = 2 * images[:, i, j - 1] - 1 if j else np.zeros(len(images))
        above = 2 * images[:, i - 1, j] - 1 if i else np.zeros(len(images))
        x = np.stack([left, above], axis=1)
        h = np.tanh(x @ parameters["Wx"] + carried * h @ parameters["Wh"] + parameters["b"])
        p[:, i, j] = (1 + np.tanh((h @ parameters["w"] + parameters["c"])[:, 0] / 2)) / 2
    return p


def call_samples(code, Wx, Wh, b, w, c, n, rows, columns, p, seed):
    params = {"Wx": Wx, "Wh": Wh, "b": b, "w": w, "c": c}
    images = np.asarray(code.sample_images(params, n, (rows, columns), code.rng(seed)))
    few, again, other = (
        np.asarray(code.sample_images(params, 200, (rows, columns), code.rng(s))) for s in (seed, seed, seed + 1)
    )
    assert images.shape == (n, rows, columns), f"images has shape {images.shape}; expected {(n, rows, columns)}"
    binary = bool(np.isin(images, (0, 1)).all())
    drawn = bool(np.array_equal(few, again) and not np.array_equal(few, other))
    powers = 2 ** np.arange(rows * columns)[::-1]
    which = (images.reshape(n, -1) == 1) @ powers
    frequencies = np.bincount(which, minlength=len(p)) / n
    # For right frequencies this number exceeds the bound in less than one run in 1e9; they then count as exact.
    surprise = n * ((frequencies - p) ** 2 / p).sum()
    freedom = len(p) - 1
    right = surprise < freedom + 10 * np.sqrt(2 * freedom) + 40
    return np.array([binary, drawn]), p if right else frequencies


# ---- sequence to sequence -------------------------------------------------------------------------


def padded(rng, N, S, V, first):
    """N rows of `first` to V - 1, the longest of length S and another one shorter (of 1, if N = 1 has no other)."""
    lengths = rng.integers(1, S + 1, N)
    lengths[0] = S
    lengths[-1] = S if N == 1 else max(1, S - 2)
    symbols = rng.integers(first, V, (N, S))
    return np.where(np.arange(S) < lengths[:, None], symbols, 0), lengths


def lstm_parameters(rng, name, W, H):
    return {
        f"Wx_{name}": rng.standard_normal((W, 4 * H)) / np.sqrt(W),
        f"Wh_{name}": rng.standard_normal((H, 4 * H)) / np.sqrt(H),
        f"b_{name}": 0.3 * rng.standard_normal(4 * H),
    }


def draw_encode(rng, data, N, S, V, W, H):
    source, _ = padded(rng, N, S, V, 3)
    return {"W_embed": rng.standard_normal((V, W)), **lstm_parameters(rng, "enc", W, H), "source": source}


def call_encode(code, W_embed, Wx_enc, Wh_enc, b_enc, source):
    params = {"W_embed": W_embed, "Wx_enc": Wx_enc, "Wh_enc": Wh_enc, "b_enc": b_enc}
    state, cache = code.encode_forward(params, source)
    return (state,)


def draw_encode_backward(rng, data, N, S, V, W, H):
    return {**draw_encode(rng, data, N, S, V, W, H), "dstate": rng.standard_normal((N, H))}


def call_encode_backward(code, W_embed, Wx_enc, Wh_enc, b_enc, source, dstate):
    params = {"W_embed": W_embed, "Wx_enc": Wx_enc, "Wh_enc": Wh_enc, "b_enc": b_enc}
    state, cache = code.encode_forward(params, source)
    code.encode_forward(params, source[::-1])
    grads = code.encode_backward(dstate, cache)
    assert isinstance(grads, dict), "grads should be a dict from the name of each parameter to its gradient"
    missing = ", ".join(name for name in params if name not in grads)
    assert not missing, f"grads has no {missing}"
    return grads["W_embed"], grads["Wx_enc"], grads["Wh_enc"], grads["b_enc"]


def encode_value(code, W_embed, Wx_enc, Wh_enc, b_enc, source, dstate):
    params = {"W_embed": W_embed, "Wx_enc": Wx_enc, "Wh_enc": Wh_enc, "b_enc": b_enc}
    state, cache = code.encode_forward(params, source)
    return state


def translator(rng, N, S, V, W, H):
    return {
        **draw_encode(rng, None, N, S, V, W, H),
        **lstm_parameters(rng, "dec", W, H),
        "W_vocab": rng.standard_normal((H, V)) / np.sqrt(H),
        "b_vocab": 0.3 * rng.standard_normal(V),
    }


def draw_seq2seq(rng, data, N, S, T, V, W, H):
    """Targets of T + 1 symbols: START, up to T - 1 symbols, END, padding."""
    inputs = translator(rng, N, S, V, W, H)
    target = np.zeros((N, T + 1), dtype=int)
    target[:, 0] = START
    if T > 1:
        words, lengths = padded(rng, N, T - 1, V, 3)
        target[:, 1:T] = words
    else:
        lengths = np.zeros(N, dtype=int)
    target[np.arange(N), lengths + 1] = END
    return {**inputs, "target": target}


def call_seq2seq(code, W_embed, Wx_enc, Wh_enc, b_enc, Wx_dec, Wh_dec, b_dec, W_vocab, b_vocab, source, target):
    params = {"W_embed": W_embed, "Wx_enc": Wx_enc, "Wh_enc": Wh_enc, "b_enc": b_enc, "Wx_dec": Wx_dec}
    params.update({"Wh_dec": Wh_dec, "b_dec": b_dec, "W_vocab": W_vocab, "b_vocab": b_vocab})
    loss, grads = code.seq2seq_loss(params, source, target)
    assert isinstance(grads, dict), "grads should be a dict from the name of each parameter to its gradient"
    missing = ", ".join(name for name in params if name not in grads)
    assert not missing, f"grads has no {missing}"
    return loss, *(grads[name] for name in params)


def seq2seq_value(code, W_embed, Wx_enc, Wh_enc, b_enc, Wx_dec, Wh_dec, b_dec, W_vocab, b_vocab, source, target):
    params = {"W_embed": W_embed, "Wx_enc": Wx_enc, "Wh_enc": Wh_enc, "b_enc": b_enc, "Wx_dec": Wx_dec}
    params.update({"Wh_dec": Wh_dec, "b_dec": b_dec, "W_vocab": W_vocab, "b_vocab": b_vocab})
    loss, grads = code.seq2seq_loss(params, source, target)
    return loss


def draw_translate(rng, data, N, S, V, W, H, max_length):
    """A translator that is sure of itself, since a hesitant one writes one symbol for ever. Its rows end at different
    steps, and some do not end at all."""
    varied = False
    while not varied:
        start, end = draw_start_and_end(rng, V)
        inputs = translator(rng, N, S, V, W, H)
        for name in ("W_vocab", "Wx_dec", "Wh_dec"):
            inputs[name] = 2.5 * inputs[name]
        lengths = np.array([translation_length(inputs, row, start, end, max_length) for row in inputs["source"]])
        ended = lengths[lengths <= max_length]
        varied = N == 1 or max_length == 1 or (0 < len(ended) < N and np.ptp(ended) > 0)
    return {**inputs, "start": start, "end": end, "max_length": max_length}


def translation_length(inputs, row, start, end, max_length):
    """How many symbols are written for a row of the source, up to max_length + 1."""
    h = c = np.zeros(len(inputs["Wh_enc"]))
    for symbol in row[row != 0]:
        h, c = lstm_step(inputs, "enc", symbol, h, c)
    c, symbol, length = np.zeros_like(c), start, 0
    while symbol != end and length <= max_length:
        h, c = lstm_step(inputs, "dec", symbol, h, c)
        symbol, length = int(np.argmax(h @ inputs["W_vocab"] + inputs["b_vocab"])), length + 1
    return length


def lstm_step(inputs, name, symbol, h, c):
    a = inputs["W_embed"][symbol] @ inputs[f"Wx_{name}"] + h @ inputs[f"Wh_{name}"] + inputs[f"b_{name}"]
    i, f, o, g = np.split(a, 4)
    i, f, o = ((1 + np.tanh(gate / 2)) / 2 for gate in (i, f, o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def call_translate(
    code,
    W_embed, Wx_enc, Wh_enc, b_enc, Wx_dec, Wh_dec, b_dec, W_vocab, b_vocab,
    source, start, end, max_length,
):  # fmt: skip
    params = {"W_embed": W_embed, "Wx_enc": Wx_enc, "Wh_enc": Wh_enc, "b_enc": b_enc, "Wx_dec": Wx_dec}
    params.update({"Wh_dec": Wh_dec, "b_dec": b_dec, "W_vocab": W_vocab, "b_vocab": b_vocab})
    out = code.translate(params, source, start, end, max_length)
    return (out,)


CHECKS = (
    Check(
        name="next_word_logprobs",
        draw=draw_next,
        call=call_next,
        outputs=("log_p", "next_h"),
        cases=(
            Case({"K": 3, "V": 7, "W": 4, "H": 5}, 0.5),
            Case({"K": 3, "V": 7, "W": 4, "H": 5}, 0.1, "called again"),
            Case({"K": 1, "V": 6, "W": 5, "H": 4}, 0.2, "K = 1"),
            Case({"K": 8, "V": 5, "W": 3, "H": 4, "scale": 2000}, 0.2, "large scores"),
        ),
        mistakes=mistakes.NEXT,
    ),
    Check(
        name="greedy_search",
        draw=draw_search,
        call=call_greedy,
        outputs=("words, one row per start", "logprob"),
        cases=(
            Case({"P": 10, "V": 7, "W": 4, "H": 5, "max_length": 6}, 0.6),
            Case({"P": 10, "V": 7, "W": 4, "H": 5, "max_length": 6}, 0.2, "called again"),
            Case({"P": 4, "V": 5, "W": 3, "H": 4, "max_length": 1}, 0.2, "max_length = 1"),
        ),
        needs=("next_word_logprobs",),
        swap=("next_word_logprobs",),
        mistakes=mistakes.GREEDY,
    ),
    Check(
        name="beam_search",
        draw=draw_search,
        call=call_beam,
        outputs=("words, one row per start", "logprob"),
        cases=(
            Case({"P": 40, "V": 7, "W": 4, "H": 5, "max_length": 6, "width": 3}, 0.35),
            Case({"P": 40, "V": 7, "W": 4, "H": 5, "max_length": 6, "width": 2}, 0.15, "width = 2"),
            Case({"P": 5, "V": 6, "W": 4, "H": 5, "max_length": 5, "width": 1}, 0.1, "width = 1"),
            Case({"P": 8, "V": 4, "W": 3, "H": 4, "max_length": 3, "width": 64}, 0.15, "nothing pruned"),
            Case(
                {"P": 2, "V": 10, "W": 10, "H": 10, "max_length": 4, "width": 2, "misleading": 1},
                0.15,
                "greedy is likelier",
            ),
            Case({"P": 4, "V": 5, "W": 3, "H": 4, "max_length": 1, "width": 3}, 0.1, "max_length = 1"),
        ),
        needs=("next_word_logprobs", "greedy_search"),
        swap=("next_word_logprobs", "greedy_search"),
        mistakes=mistakes.BEAM,
    ),
    Check(
        name="grid_features",
        draw=draw_images,
        call=call_grid,
        outputs=("grid",),
        cases=(
            Case({"N": 3, "S": 20, "cells": 5}, 0.5),
            Case({"N": 3, "S": 20, "cells": 5}, 0.1, "called again"),
            Case({"N": 1, "S": 12, "cells": 4}, 0.2, "N = 1"),
            Case({"N": 2, "S": 6, "cells": 1}, 0.2, "one cell"),
        ),
        mistakes=mistakes.GRID,
    ),
    Check(
        name="attention_forward",
        draw=draw_attention,
        call=call_attention,
        outputs=("context", "weights"),
        cases=(
            Case({"N": 3, "L": 6, "H": 5}, 0.4),
            Case({"N": 3, "L": 6, "H": 5}, 0.1, "called again"),
            Case({"N": 1, "L": 4, "H": 6}, 0.15, "N = 1"),
            Case({"N": 3, "L": 1, "H": 4}, 0.15, "one cell"),
            Case({"N": 5, "L": 5, "H": 4, "scale": 2000}, 0.2, "large scores"),
        ),
        mistakes=mistakes.ATTENTION_FORWARD,
    ),
    Check(
        name="attention_backward",
        draw=draw_attention_backward,
        call=call_attention_backward,
        outputs=("dh", "da"),
        cases=(
            Case({"N": 3, "L": 6, "H": 5}, 0.4),
            Case({"N": 3, "L": 6, "H": 5}, 0.1, "called again"),
            Case({"N": 1, "L": 4, "H": 6}, 0.15, "N = 1"),
            Case({"N": 3, "L": 1, "H": 4}, 0.1, "one cell"),
            Case({"N": 2, "L": 100, "H": 256}, 0.25, "large"),
        ),
        needs=("attention_forward",),
        mistakes=mistakes.ATTENTION_BACKWARD,
        gradient=Gradient(attention_value, "dcontext", (("dh", "h"), ("da", "a"))),
    ),
    Check(
        name="pixel_inputs",
        draw=draw_inputs,
        call=call_inputs,
        outputs=("x",),
        cases=(
            Case({"N": 3, "rows": 4, "columns": 5}, 0.5),
            Case({"N": 3, "rows": 4, "columns": 5}, 0.1, "called again"),
            Case({"N": 1, "rows": 5, "columns": 3}, 0.2, "N = 1"),
            Case({"N": 4, "rows": 1, "columns": 1}, 0.2, "one pixel"),
        ),
        mistakes=mistakes.PIXEL_INPUTS,
    ),
    Check(
        name="pixel_logprob",
        draw=draw_pixels,
        call=call_logprob,
        outputs=("logprob", "sum of the probabilities of all 64 images of 2 x 3"),
        cases=(
            Case({"N": 4, "rows": 3, "columns": 4, "H": 5}, 0.5),
            Case({"N": 4, "rows": 3, "columns": 4, "H": 5}, 0.1, "called again"),
            Case({"N": 1, "rows": 4, "columns": 2, "H": 6}, 0.15, "N = 1"),
            Case({"N": 3, "rows": 1, "columns": 1, "H": 4}, 0.1, "one pixel"),
            Case({"N": 3, "rows": 2, "columns": 3, "H": 5, "scale": 3000}, 0.15, "large scores"),
        ),
        needs=("pixel_inputs",),
        swap=("pixel_inputs",),
        mistakes=mistakes.PIXEL_LOGPROB,
    ),
    Check(
        name="bits_per_dimension",
        draw=draw_bits,
        call=call_bits,
        outputs=("bits",),
        cases=(
            Case({"N": 6, "n_pixels": 64}, 0.6),
            Case({"N": 1, "n_pixels": 12}, 0.4, "N = 1"),
        ),
        mistakes=mistakes.BITS,
    ),
    Check(
        name="pixel_loss",
        draw=draw_pixels,
        call=call_pixel_loss,
        outputs=("loss", *(d for d, _ in PIXEL_GRADIENTS)),
        cases=(
            Case({"N": 4, "rows": 3, "columns": 4, "H": 5}, 0.4),
            Case({"N": 4, "rows": 3, "columns": 4, "H": 5}, 0.1, "called again"),
            Case({"N": 1, "rows": 4, "columns": 2, "H": 6}, 0.15, "N = 1"),
            Case({"N": 3, "rows": 1, "columns": 1, "H": 4}, 0.1, "one pixel"),
            Case({"N": 2, "rows": 2, "columns": 3, "H": 128}, 0.25, "large"),
        ),
        needs=("pixel_inputs",),
        swap=("pixel_inputs",),
        mistakes=mistakes.PIXEL_LOSS,
        gradient=Gradient(pixel_value, "", PIXEL_GRADIENTS),
    ),
    Check(
        name="sample_images",
        draw=draw_samples,
        call=call_samples,
        outputs=("pixels 0 or 1, drawn from rng", "frequencies of the images"),
        cases=(
            Case({"n": 8000, "rows": 2, "columns": 3, "H": 4}, 0.6),
            Case({"n": 8000, "rows": 3, "columns": 2, "H": 5}, 0.4, "higher than wide"),
        ),
        needs=("pixel_inputs",),
        swap=("pixel_inputs",),
        mistakes=mistakes.SAMPLES,
    ),
    Check(
        name="encode_forward",
        draw=draw_encode,
        call=call_encode,
        outputs=("state",),
        cases=(
            Case({"N": 4, "S": 6, "V": 9, "W": 4, "H": 5}, 0.55),
            Case({"N": 4, "S": 6, "V": 9, "W": 4, "H": 5}, 0.15, "called again"),
            Case({"N": 1, "S": 4, "V": 7, "W": 5, "H": 3}, 0.15, "N = 1"),
            Case({"N": 3, "S": 1, "V": 6, "W": 3, "H": 4}, 0.15, "one symbol"),
        ),
        mistakes=mistakes.ENCODE_FORWARD,
    ),
    Check(
        name="encode_backward",
        draw=draw_encode_backward,
        call=call_encode_backward,
        outputs=tuple(d for d, _ in ENCODER_GRADIENTS),
        cases=(
            Case({"N": 4, "S": 6, "V": 9, "W": 4, "H": 5}, 0.4),
            Case({"N": 4, "S": 6, "V": 9, "W": 4, "H": 5}, 0.1, "called again"),
            Case({"N": 1, "S": 4, "V": 7, "W": 5, "H": 3}, 0.15, "N = 1"),
            Case({"N": 3, "S": 1, "V": 6, "W": 3, "H": 4}, 0.1, "one symbol"),
            Case({"N": 2, "S": 3, "V": 20, "W": 64, "H": 64}, 0.25, "large"),
        ),
        needs=("encode_forward",),
        mistakes=mistakes.ENCODE_BACKWARD,
        gradient=Gradient(encode_value, "dstate", ENCODER_GRADIENTS),
    ),
    Check(
        name="seq2seq_loss",
        draw=draw_seq2seq,
        call=call_seq2seq,
        outputs=("loss", *(d for d, _ in (*ENCODER_GRADIENTS, *DECODER_GRADIENTS))),
        cases=(
            Case({"N": 2, "S": 6, "T": 5, "V": 8, "W": 3, "H": 4}, 0.4),
            Case({"N": 2, "S": 6, "T": 5, "V": 8, "W": 3, "H": 4}, 0.1, "called again"),
            Case({"N": 1, "S": 3, "T": 5, "V": 7, "W": 5, "H": 3}, 0.15, "N = 1"),
            Case({"N": 3, "S": 4, "T": 1, "V": 6, "W": 3, "H": 4}, 0.1, "T = 1"),
            Case({"N": 2, "S": 3, "T": 3, "V": 20, "W": 48, "H": 64}, 0.25, "large"),
        ),
        needs=("encode_forward", "encode_backward"),
        swap=("encode_forward", "encode_backward"),
        mistakes=mistakes.SEQ2SEQ,
        gradient=Gradient(seq2seq_value, "", (*ENCODER_GRADIENTS, *DECODER_GRADIENTS)),
    ),
    Check(
        name="translate",
        draw=draw_translate,
        call=call_translate,
        outputs=("out",),
        cases=(
            Case({"N": 24, "S": 6, "V": 7, "W": 4, "H": 6, "max_length": 7}, 0.5),
            Case({"N": 24, "S": 6, "V": 7, "W": 4, "H": 6, "max_length": 7}, 0.2, "called again"),
            Case({"N": 1, "S": 4, "V": 6, "W": 5, "H": 4, "max_length": 9}, 0.15, "N = 1"),
            Case({"N": 5, "S": 3, "V": 6, "W": 3, "H": 4, "max_length": 1}, 0.15, "max_length = 1"),
        ),
        needs=("encode_forward",),
        swap=("encode_forward",),
        mistakes=mistakes.TRANSLATE,
    ),
)
