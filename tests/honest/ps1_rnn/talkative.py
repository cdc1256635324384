"""Prints, asserts, annotates and warns while it is graded, counts its calls in globals, and passes tuples around."""

import time
import warnings
from typing import Any

import numpy as np

DEBUG = True
calls: dict[str, int] = {}
np.random.seed(231)
Array = np.ndarray


def log(name: str, **arrays: Array) -> None:
    calls[name] = calls.get(name, 0) + 1
    if DEBUG:
        print(f"{time.time():.3f} {name} (call {calls[name]}):", {key: a.shape for key, a in arrays.items()})


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


class VanillaRNN:
    count = 0

    def __init__(self, k: int, H: int, m: int, rng: Any = None) -> None:
        rng = np.random.default_rng() if rng is None else rng
        self.k, self.H, self.m = k, H, m
        std_H, std_k = 1.0 / np.sqrt([H, k])
        self.W_hy = std_H * rng.standard_normal((m, H))
        self.W_xh = std_k * rng.standard_normal((H, k))
        self.W_hh = std_H * rng.standard_normal((H, H))
        self.B_h, self.B_y, self.h = 0 * self.W_hh[0], 0 * self.W_hy[:, 0], 0 * self.W_hh[0]
        VanillaRNN.count += 1
        print("made", VanillaRNN.count, "cells; the last:", self)

    def __repr__(self) -> str:
        return f"VanillaRNN({self.k}, {self.H}, {self.m})"

    def forward(self, x: Array) -> Array:
        assert x.shape == (self.k,), f"x has shape {x.shape}"
        hidden = np.dot(self.W_hh, self.h)
        hidden = hidden + np.dot(self.W_xh, x)
        hidden = hidden + self.B_h
        self.h = 2 * sigmoid(2 * hidden) - 1
        log("VanillaRNN.forward", x=x, h=self.h)
        y = np.dot(self.W_hy, self.h) + self.B_y
        return y


def rnn_step_forward(x: Array, prev_h: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, tuple]:
    log("rnn_step_forward", x=x, prev_h=prev_h, Wx=Wx, Wh=Wh, b=b)
    assert x.shape[0] == prev_h.shape[0] and Wh.shape[0] == Wh.shape[1]
    next_h = 2 * sigmoid(2 * (x.dot(Wx) + prev_h.dot(Wh) + b)) - 1
    cache = (x.copy(), prev_h.copy(), Wx.copy(), Wh.copy(), b.copy(), next_h.copy())
    return next_h, cache


def rnn_step_backward(dnext_h: Array, cache: tuple) -> tuple[Array, ...]:
    dx, dprev_h, dWx, dWh, db = None, None, None, None, None
    x, prev_h, Wx, Wh, b, next_h = cache
    s = (next_h + 1) / 2
    dtanh = dnext_h * 4 * s * (1 - s)
    dx = dtanh.dot(Wx.T)
    dprev_h = dtanh.dot(Wh.T)
    dWx = np.dot(x.T, dtanh)
    dWh = np.dot(prev_h.T, dtanh)
    db = np.sum(dtanh, axis=0)
    for gradient, of in ((dx, x), (dprev_h, prev_h), (dWx, Wx), (dWh, Wh), (db, b)):
        assert gradient.shape == of.shape
    log("rnn_step_backward", dx=dx, dprev_h=dprev_h)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, list]:
    h, cache = None, []
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.random.randn(N, T, H)
    prev_h = h0
    for t in range(T):
        prev_h, step = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)
        h[:, t, :] = prev_h
        cache.append(step)
    log("rnn_forward", h=h)
    return h, cache


def rnn_backward(dh: Array, cache: list) -> tuple[Array, ...]:
    N, T, H = dh.shape
    dprev_h = None
    for t in range(T - 1, -1, -1):
        dnext_h = dh[:, t, :] if dprev_h is None else dh[:, t, :] + dprev_h
        dx_t, dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dnext_h, cache[t])
        if t == T - 1:
            dx = np.zeros((N, T, dx_t.shape[1]))
            dWx, dWh, db = np.zeros_like(dWx_t), np.zeros_like(dWh_t), np.zeros_like(db_t)
        dx[:, t, :] = dx_t
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return dx, dprev_h, dWx, dWh, db


def word_embedding_forward(x: Array, W: Array) -> tuple[Array, tuple]:
    log("word_embedding_forward", x=x, W=W)
    assert x.min() >= 0 and x.max() < W.shape[0], "a word outside of the vocabulary"
    out, cache = W[x, :], (x, W)
    return out, cache


def word_embedding_backward(dout: Array, cache: tuple) -> Array:
    x, W = cache
    order = np.argsort(x, axis=None, kind="stable")
    words, starts = np.unique(x.ravel()[order], return_index=True)
    dW = np.zeros_like(W)
    dW[words] = np.add.reduceat(dout.reshape(-1, W.shape[1])[order], starts)
    print(f"{len(words)} words of {W.shape[0]} occur")
    return dW


def temporal_affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, tuple]:
    N, T, D = x.shape
    M = b.shape[0]
    out = x.reshape(N * T, D).dot(w).reshape(N, T, M) + b
    cache = x, w, b, out
    log("temporal_affine_forward", out=out)
    return out, cache


def temporal_affine_backward(dout: Array, cache: tuple) -> tuple[Array, Array, Array]:
    x, w, b, out = cache
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(w.T).reshape(N, T, D)
    dw = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    log("temporal_affine_backward", dx=dx, dw=dw, db=db)
    return dx, dw, db


def temporal_softmax_loss(x: Array, y: Array, mask: Array, verbose: bool = False) -> tuple[float, Array]:
    N, T, V = x.shape
    x_flat, y_flat, mask_flat = x.reshape(N * T, V), y.reshape(N * T), mask.reshape(N * T)
    naive = np.exp(x_flat)
    if not np.all(np.isfinite(naive)):
        warnings.warn("exp overflows; the largest score is subtracted", RuntimeWarning, stacklevel=2)
    x_flat = x_flat - np.max(x_flat, axis=1, keepdims=True)
    log_probs = x_flat - np.log(np.sum(np.exp(x_flat), axis=1, keepdims=True))
    loss = -np.sum(mask_flat * log_probs[np.arange(N * T), y_flat]) / N
    dx_flat = np.exp(log_probs)
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    dx_flat *= mask_flat[:, None]
    dx = dx_flat.reshape(N, T, V)
    if verbose or DEBUG:
        print("dx: ", dx.shape)
    return loss, dx


def rnn_backward_truncated(dh: Array, cache: list, k: int) -> tuple[Array, ...]:
    N, T, H = dh.shape
    for t in range(T):
        first = max(0, t + 1 - k)
        alone = np.zeros((N, t + 1 - first, H))
        alone[:, -1] = dh[:, t]
        dx_w, dh0_w, dWx_w, dWh_w, db_w = rnn_backward(alone, cache[first : t + 1])
        if t == 0:
            dx, dh0, dWx, dWh, db = np.zeros((N, T, dx_w.shape[2])), dh0_w, dWx_w, dWh_w, db_w
            dx[:, :1] = dx_w
            continue
        dx[:, first : t + 1] += dx_w
        dWx, dWh, db = dWx + dWx_w, dWh + dWh_w, db + db_w
        if first == 0:
            dh0 = dh0 + dh0_w
    log("rnn_backward_truncated", dx=dx)
    return dx, dh0, dWx, dWh, db
