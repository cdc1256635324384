"""Checks of problem set 1: the vanilla RNN and backpropagation through time."""

from __future__ import annotations

import numpy as np

from autograder.check import Case, Check, Gradient
from autograder.checks import ps1_mistakes as mistakes
from autograder.checks.draw import captions, embedded, rnn_parameters, sequence, weights

STEPS = ("rnn_step_forward", "rnn_step_backward")
RNN_GRADIENTS = (("dx", "x"), ("dWx", "Wx"), ("dWh", "Wh"), ("db", "b"))

# The large cases have many parameters and few examples: honest loops are quick there, numerical gradients are not.
STEP_CASES = (
    Case({"N": 3, "D": 6, "H": 5}, 0.4),
    Case({"N": 3, "D": 6, "H": 5}, 0.1, "called again"),
    Case({"N": 1, "D": 4, "H": 6}, 0.2, "N = 1"),
    Case({"N": 2, "D": 256, "H": 320}, 0.3, "large"),
)
SEQUENCE_CASES = (
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.35),
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.1, "called again"),
    Case({"N": 1, "T": 5, "D": 4, "H": 6}, 0.15, "N = 1"),
    Case({"N": 2, "T": 1, "D": 5, "H": 3}, 0.15, "T = 1"),
    Case({"N": 2, "T": 3, "D": 192, "H": 256}, 0.25, "large"),
)


def draw_cell(rng, data, k, H, m, T):
    return {
        "k": k,
        "H": H,
        "m": m,
        "seed": int(rng.integers(2**31)),
        "W_hh": rng.standard_normal((H, H)) / np.sqrt(H),
        "W_xh": rng.standard_normal((H, k)) / np.sqrt(k),
        "W_hy": rng.standard_normal((m, H)) / np.sqrt(H),
        "B_h": 0.3 * rng.standard_normal(H),
        "B_y": 0.3 * rng.standard_normal(m),
        "x": rng.standard_normal((T, k)),
    }


def call_cell(code, k, H, m, seed, W_hh, W_xh, W_hy, B_h, B_y, x):
    large = code.VanillaRNN(60, 90, 140, code.rng(seed))  # sizes of which one cannot pass for another
    net, twin, other = (code.VanillaRNN(k, H, m, code.rng(s)) for s in (seed, seed, seed + 1))
    names = ("W_hh", "W_xh", "W_hy", "B_h", "B_y", "h")
    made = {name: np.asarray(getattr(net, name)) for name in names}
    for name, shape in zip(names, ((H, H), (H, k), (m, H), (H,), (m,), (H,)), strict=True):
        found = made[name].shape
        assert found == shape, f"{name} has shape {found} after __init__; expected {shape} for k={k}, H={H}, m={m}"
    drawn, scaled = [], []
    for name in names[:3]:
        W = np.asarray(getattr(large, name), dtype=float)
        W = W * np.sqrt(W.shape[1])
        scaled.append(bool(abs(W.mean()) < 0.1 and 0.9 < W.std() < 1.1))
        same, different = (np.asarray(getattr(n, name)) for n in (twin, other))
        drawn.append(bool(np.array_equal(made[name], same) and not np.array_equal(made[name], different)))
    zero = [not np.any(made[name]) for name in names[3:]]
    for n in (net, twin):
        n.W_hh, n.W_xh, n.W_hy, n.B_h, n.B_y = W_hh, W_xh, W_hy, B_h, B_y
    y = [net.forward(step) for step in x]
    first = twin.forward(x[-1])
    return np.array(drawn), np.array(scaled), np.array(zero), y[0], np.stack(y), net.h, first


def draw_step(rng, data, N, D, H):
    return {"x": rng.standard_normal((N, D)), "prev_h": 0.5 * rng.standard_normal((N, H)), **rnn_parameters(rng, D, H)}


def call_step_forward(code, x, prev_h, Wx, Wh, b):
    next_h, cache = code.rnn_step_forward(x, prev_h, Wx, Wh, b)
    return (next_h,)


def draw_step_backward(rng, data, N, D, H):
    return {**draw_step(rng, data, N, D, H), "dnext_h": rng.standard_normal((N, H))}


def call_step_backward(code, x, prev_h, Wx, Wh, b, dnext_h):
    next_h, cache = code.rnn_step_forward(x, prev_h, Wx, Wh, b)
    code.rnn_step_forward(-x, prev_h, Wx, Wh, b)  # whatever this one leaves behind, the cache is what counts
    return code.rnn_step_backward(dnext_h, cache)


def step_value(code, x, prev_h, Wx, Wh, b, dnext_h):
    next_h, cache = code.rnn_step_forward(x, prev_h, Wx, Wh, b)
    return next_h


def call_forward(code, x, h0, Wx, Wh, b):
    h, cache = code.rnn_forward(x, h0, Wx, Wh, b)
    return (h,)


def draw_backward(rng, data, N, T, D, H):
    return {**sequence(rng, data, N, T, D, H), "dh": rng.standard_normal((N, T, H))}


def call_backward(code, x, h0, Wx, Wh, b, dh):
    h, cache = code.rnn_forward(x, h0, Wx, Wh, b)
    code.rnn_forward(-x, h0, Wx, Wh, b)
    return code.rnn_backward(dh, cache)


def sequence_value(code, x, h0, Wx, Wh, b, dh):
    h, cache = code.rnn_forward(x, h0, Wx, Wh, b)
    return h


def draw_truncated(rng, data, N, T, D, H, k):
    return {**draw_backward(rng, data, N, T, D, H), "k": k}


def call_truncated(code, x, h0, Wx, Wh, b, dh, k):
    h, cache = code.rnn_forward(x, h0, Wx, Wh, b)
    return code.rnn_backward_truncated(dh, cache, k)


def draw_embedding(rng, data, N, T, D, V):
    ids, _ = captions(rng, data, N, T)
    words = ids % V
    words[0, -1] = words[-1, 0] = words[0, 0]  # a repeated word in every draw
    return {"x": words, "W": weights(rng, V, D)}


def call_embedding_forward(code, x, W):
    out, cache = code.word_embedding_forward(x, W)
    return (out,)


def draw_embedding_backward(rng, data, N, T, D, V):
    return {**draw_embedding(rng, data, N, T, D, V), "dout": rng.standard_normal((N, T, D))}


def call_embedding_backward(code, x, W, dout):
    out, cache = code.word_embedding_forward(x, W)
    code.word_embedding_forward(0 * x, W)
    return (code.word_embedding_backward(dout, cache),)


def embedding_value(code, x, W, dout):
    out, cache = code.word_embedding_forward(x, W)
    return out


def draw_affine(rng, data, N, T, D, M):
    ids, _ = captions(rng, data, N, T)
    return {"x": embedded(rng, ids, D), "w": weights(rng, D, M), "b": rng.standard_normal(M)}


def call_affine_forward(code, x, w, b):
    out, cache = code.temporal_affine_forward(x, w, b)
    return (out,)


def draw_affine_backward(rng, data, N, T, D, M):
    return {**draw_affine(rng, data, N, T, D, M), "dout": rng.standard_normal((N, T, M))}


def call_affine_backward(code, x, w, b, dout):
    out, cache = code.temporal_affine_forward(x, w, b)
    code.temporal_affine_forward(-x, w, b)
    return code.temporal_affine_backward(dout, cache)


def affine_value(code, x, w, b, dout):
    out, cache = code.temporal_affine_forward(x, w, b)
    return out


def draw_loss(rng, data, N, T, V, scale=2.0):
    """The first word counts and, if there are several, the last does not: another word, whose score is low."""
    ids, _ = captions(rng, data, N, T, first=1)
    y, mask = ids % V, ids != 0
    x = scale * rng.standard_normal((N, T, V))
    x[0, 0] -= 4 * scale  # a word whose scores are all far below the others'
    if N * T > 1:
        y[-1, -1] = (y[0, 0] + 1) % V
        x[-1, -1, y[-1, -1]] -= 8 * scale
    mask[-1, -1], mask[0, 0] = False, True
    return {"x": x, "y": y, "mask": mask}


def call_loss(code, x, y, mask):
    return code.temporal_softmax_loss(x, y, mask)


def loss_value(code, x, y, mask):
    loss, dx = code.temporal_softmax_loss(x, y, mask)
    return loss


CHECKS = (
    Check(
        name="VanillaRNN",
        draw=draw_cell,
        call=call_cell,
        outputs=(
            "W_hh, W_xh, W_hy drawn from rng",
            "W_hh, W_xh, W_hy on the right scale",
            "B_h, B_y, h zero at the start",
            "first y",
            "y over time",
            "h",
            "first y of a second net",
        ),
        cases=(
            Case({"k": 4, "H": 6, "m": 3, "T": 5}, 0.8),
            Case({"k": 5, "H": 2, "m": 7, "T": 1}, 0.2, "one time step"),
        ),
        mistakes=mistakes.VANILLA_RNN,
    ),
    Check(
        name="rnn_step_forward",
        draw=draw_step,
        call=call_step_forward,
        outputs=("next_h",),
        cases=STEP_CASES,
        mistakes=mistakes.STEP_FORWARD,
    ),
    Check(
        name="rnn_step_backward",
        draw=draw_step_backward,
        call=call_step_backward,
        outputs=("dx", "dprev_h", "dWx", "dWh", "db"),
        cases=STEP_CASES,
        needs=("rnn_step_forward",),
        mistakes=mistakes.STEP_BACKWARD,
        gradient=Gradient(step_value, "dnext_h", (("dprev_h", "prev_h"), *RNN_GRADIENTS)),
    ),
    Check(
        name="rnn_forward",
        draw=sequence,
        call=call_forward,
        outputs=("h",),
        cases=SEQUENCE_CASES,
        needs=("rnn_step_forward",),
        swap=("rnn_step_forward",),
        mistakes=mistakes.FORWARD,
    ),
    Check(
        name="rnn_backward",
        draw=draw_backward,
        call=call_backward,
        outputs=("dx", "dh0", "dWx", "dWh", "db"),
        cases=SEQUENCE_CASES,
        needs=("rnn_step_backward", "rnn_forward"),
        swap=STEPS,
        mistakes=mistakes.BACKWARD,
        gradient=Gradient(sequence_value, "dh", (("dh0", "h0"), *RNN_GRADIENTS)),
    ),
    Check(
        name="word_embedding_forward",
        draw=draw_embedding,
        call=call_embedding_forward,
        outputs=("out",),
        cases=(
            Case({"N": 3, "T": 5, "D": 4, "V": 11}, 0.6),
            Case({"N": 3, "T": 5, "D": 4, "V": 11}, 0.1, "called again"),
            Case({"N": 1, "T": 4, "D": 6, "V": 9}, 0.15, "N = 1"),
            Case({"N": 3, "T": 1, "D": 5, "V": 7}, 0.15, "T = 1"),
        ),
        mistakes=mistakes.EMBEDDING_FORWARD,
    ),
    Check(
        name="word_embedding_backward",
        draw=draw_embedding_backward,
        call=call_embedding_backward,
        outputs=("dW",),
        cases=(
            Case({"N": 3, "T": 5, "D": 4, "V": 11}, 0.4),
            Case({"N": 3, "T": 5, "D": 4, "V": 11}, 0.1, "called again"),
            Case({"N": 1, "T": 6, "D": 5, "V": 9}, 0.15, "N = 1"),
            Case({"N": 3, "T": 1, "D": 5, "V": 7}, 0.15, "T = 1"),
            Case({"N": 4, "T": 4, "D": 192, "V": 1500}, 0.2, "large"),
        ),
        needs=("word_embedding_forward",),
        mistakes=mistakes.EMBEDDING_BACKWARD,
        gradient=Gradient(embedding_value, "dout", (("dW", "W"),)),
    ),
    Check(
        name="temporal_affine_forward",
        draw=draw_affine,
        call=call_affine_forward,
        outputs=("out",),
        cases=(
            Case({"N": 3, "T": 4, "D": 6, "M": 5}, 0.6),
            Case({"N": 3, "T": 4, "D": 6, "M": 5}, 0.1, "called again"),
            Case({"N": 1, "T": 5, "D": 4, "M": 7}, 0.15, "N = 1"),
            Case({"N": 2, "T": 1, "D": 5, "M": 3}, 0.15, "T = 1"),
        ),
        mistakes=mistakes.AFFINE_FORWARD,
    ),
    Check(
        name="temporal_affine_backward",
        draw=draw_affine_backward,
        call=call_affine_backward,
        outputs=("dx", "dw", "db"),
        cases=(
            Case({"N": 3, "T": 4, "D": 6, "M": 5}, 0.35),
            Case({"N": 3, "T": 4, "D": 6, "M": 5}, 0.1, "called again"),
            Case({"N": 1, "T": 5, "D": 4, "M": 7}, 0.15, "N = 1"),
            Case({"N": 2, "T": 1, "D": 5, "M": 3}, 0.15, "T = 1"),
            Case({"N": 2, "T": 1, "D": 256, "M": 800}, 0.25, "large"),
        ),
        needs=("temporal_affine_forward",),
        mistakes=mistakes.AFFINE_BACKWARD,
        gradient=Gradient(affine_value, "dout", (("dx", "x"), ("dw", "w"), ("db", "b"))),
    ),
    Check(
        name="temporal_softmax_loss",
        draw=draw_loss,
        call=call_loss,
        outputs=("loss", "dx"),
        cases=(
            Case({"N": 3, "T": 12, "V": 5}, 0.35),
            Case({"N": 3, "T": 12, "V": 5}, 0.1, "called again"),
            Case({"N": 2, "T": 4, "V": 6, "scale": 1000}, 0.1, "large scores"),
            Case({"N": 1, "T": 9, "V": 6}, 0.15, "N = 1"),
            Case({"N": 4, "T": 1, "V": 7}, 0.15, "T = 1"),
            Case({"N": 8, "T": 16, "V": 500}, 0.15, "large"),
        ),
        mistakes=mistakes.LOSS,
        gradient=Gradient(loss_value, "", (("dx", "x"),)),
    ),
    Check(
        name="rnn_backward_truncated",
        draw=draw_truncated,
        call=call_truncated,
        outputs=("dx", "dh0", "dWx", "dWh", "db"),
        cases=(
            Case({"N": 3, "T": 6, "D": 4, "H": 5, "k": 2}, 0.3),
            Case({"N": 3, "T": 6, "D": 4, "H": 5, "k": 2}, 0.1, "called again"),
            Case({"N": 2, "T": 5, "D": 3, "H": 4, "k": 1}, 0.15, "k = 1"),
            Case({"N": 3, "T": 4, "D": 6, "H": 5, "k": 9}, 0.15, "k > T"),
            Case({"N": 1, "T": 5, "D": 4, "H": 6, "k": 3}, 0.1, "N = 1"),
            Case({"N": 2, "T": 1, "D": 5, "H": 3, "k": 2}, 0.1, "T = 1"),
            Case({"N": 2, "T": 4, "D": 192, "H": 256, "k": 2}, 0.1, "large"),
        ),
        needs=("rnn_backward",),
        swap=STEPS,
        mistakes=mistakes.TRUNCATED,
    ),
)
