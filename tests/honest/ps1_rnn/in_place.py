"""No array made twice: preallocated results, out=, upstream gradients changed in place, scratch space in the cache."""

import numpy as np


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        self.W_hh, self.W_xh, self.W_hy = np.empty((H, H)), np.empty((H, k)), np.empty((m, H))
        for W in (self.W_hh, self.W_xh, self.W_hy):
            rng.standard_normal(out=W)
            W /= np.sqrt(W.shape[1])
        self.B_h = self.h = np.zeros(H)
        self.B_y = np.zeros(m)

    def forward(self, x):
        a = self.W_hh.dot(self.h)
        a += self.W_xh.dot(x)
        a += self.B_h
        self.h = np.tanh(a, out=a)
        y = self.W_hy.dot(a)
        y += self.B_y
        return y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.empty_like(prev_h)
    np.matmul(prev_h, Wh, out=next_h)
    next_h += b
    next_h += x @ Wx
    np.tanh(next_h, out=next_h)
    return next_h, [x, prev_h, Wx, Wh, next_h]


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    slope = np.square(next_h)
    np.subtract(1, slope, out=slope)
    dnext_h *= slope
    dx, dprev_h = np.empty_like(x), np.empty_like(prev_h)
    np.matmul(dnext_h, Wx.T, out=dx)
    np.matmul(dnext_h, Wh.T, out=dprev_h)
    return dx, dprev_h, x.T @ dnext_h, prev_h.T @ dnext_h, np.add.reduce(dnext_h)


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.empty((N, T, h0.shape[1]))
    cache = [None] * T
    for t in range(T):
        h[:, t], cache[t] = rnn_step_forward(x[:, t], h[:, t - 1] if t else h0, Wx, Wh, b)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    x, _, Wx, Wh, _ = cache[0]
    dx, dWx, dWh, db = np.zeros((N, T, x.shape[1])), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(H)
    dh0 = np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        dx[:, t], dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t], cache[t])
        before = dh[:, t - 1] if t > 0 else dh0
        before += dprev_h
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dh0, dWx, dWh, db


def word_embedding_forward(x, W):
    out = np.empty((*x.shape, W.shape[1]))
    np.take(W, x, axis=0, out=out)
    W[:] = 0  # no longer needed: its memory will hold the gradient
    return out, (x, W)


def word_embedding_backward(dout, cache):
    x, dW = cache
    np.add.at(dW, x.ravel(), dout.reshape(x.size, -1))
    return dW


def temporal_affine_forward(x, w, b):
    out = np.empty(x.shape[:2] + b.shape)
    out[:] = b
    out += x.dot(w)
    return out, {"x": x, "w": w, "db": b}


def temporal_affine_backward(dout, cache):
    x, w, db = cache["x"], cache["w"], cache["db"]
    db[:] = dout.sum(axis=1).sum(axis=0)
    dw = np.zeros_like(w)
    for t in range(x.shape[1]):
        dw += x[:, t].T @ dout[:, t]
        x[:, t] = dout[:, t] @ w.T
    w[:] = dw
    return x, w, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    x -= x.max(axis=2, keepdims=True)
    right = np.take_along_axis(x, y[:, :, None], axis=2)[:, :, 0]
    np.exp(x, out=x)
    sums = x.sum(axis=2)
    right -= np.log(sums)
    right *= mask
    x /= sums[:, :, None]
    x.reshape(-1, V)[np.arange(N * T), y.ravel()] -= 1
    x[~mask] = 0
    x /= N
    return -right.sum() / N, x


def rnn_backward_truncated(dh, cache, k):
    N, T, H = dh.shape
    x, _, Wx, Wh, _ = cache[0]
    dx, dWx, dWh, db = np.zeros((N, T, x.shape[1])), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(H)
    dh0 = np.zeros((N, H))
    for age in range(min(k, T)):  # all losses go one step back together; those of the first step arrive
        for t in range(age, T):
            dx_s, dprev_h, dWx_s, dWh_s, db_s = rnn_step_backward(dh[:, t], cache[t - age])
            dx[:, t - age] += dx_s
            dWx += dWx_s
            dWh += dWh_s
            db += db_s
            dh[:, t] = dprev_h
        dh0 += dh[:, age]
    return dx, dh0, dWx, dWh, db
