"""Single precision inside, cast back at the end, as for a graphics card; slopes of the tanh in double precision."""

import numpy as np


def single(*arrays):
    return [np.asarray(a, dtype=np.float32) for a in arrays]


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        self.W_hh = rng.standard_normal((H, H), dtype=np.float32).astype(float) / np.sqrt(H)
        self.W_xh = rng.standard_normal((H, k), dtype=np.float32).astype(float) / np.sqrt(k)
        self.W_hy = rng.standard_normal((m, H), dtype=np.float32).astype(float) / np.sqrt(H)
        self.B_h, self.B_y = np.zeros(H), np.zeros(m)
        self.h = np.zeros(H)

    def forward(self, x):
        self.h = np.tanh(sum(W.dot(v) for W, v in ((self.W_hh, self.h), (self.W_xh, x))) + self.B_h)
        return self.W_hy.dot(self.h) + self.B_y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    x32, h32, Wx32, Wh32, b32 = single(x, prev_h, Wx, Wh, b)
    next_h = np.tanh(x32 @ Wx32 + h32 @ Wh32 + b32)
    return next_h.astype(x.dtype), (x, prev_h, Wx, Wh, b)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, b = cache
    da = dnext_h * (1 - np.tanh(x @ Wx + prev_h @ Wh + b) ** 2)  # computed again rather than kept
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def rnn_forward(x, h0, Wx, Wh, b):
    x32, h_t, Wx32, Wh32, b32 = single(x, h0, Wx, Wh, b)
    states = []
    for x_t in np.rollaxis(x32, 1):
        h_t = np.tanh(x_t @ Wx32 + h_t @ Wh32 + b32)
        states.append(h_t)
    return np.stack(states, axis=1).astype(x.dtype), (x, h0, Wx, Wh, b)


def steps_again(cache):
    """The caches of all steps, with the states computed again in double precision."""
    x, h_t, Wx, Wh, b = cache
    for x_t in np.rollaxis(x, 1):
        yield x_t, h_t, Wx, Wh, b
        h_t = np.tanh(x_t @ Wx + h_t @ Wh + b)


def rnn_backward(dh, cache):
    sums = None
    dx, g = np.empty_like(cache[0]), np.zeros_like(cache[1])
    for t, step in reversed(list(enumerate(steps_again(cache)))):
        dx[:, t], g, *shared = rnn_step_backward(dh[:, t] + g, step)
        sums = shared if sums is None else [a + b for a, b in zip(sums, shared, strict=True)]
    return dx, g, *sums


def word_embedding_forward(x, W):
    return W.astype(np.float32)[x].astype(W.dtype), (x.astype(np.int32), W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape, np.float32)
    np.add.at(dW, x, dout.astype(np.float32))
    return dW.astype(dout.dtype)


def temporal_affine_forward(x, w, b):
    x32, w32, b32 = single(x, w, b)
    return (np.dot(x32, w32) + b32).astype(x.dtype), (x32, w32)


def temporal_affine_backward(dout, cache):
    x, w = cache
    rows = dout.astype(np.float32).reshape(-1, w.shape[1])
    dx = np.dot(rows, w.T).reshape(x.shape)
    dw = np.dot(x.reshape(-1, len(w)).T, rows)
    return dx.astype(dout.dtype), dw.astype(dout.dtype), rows.sum(axis=0).astype(dout.dtype)


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    scores = (x - x.max(axis=2, keepdims=True)).astype(np.float32)
    e = np.exp(scores)
    sums = e.sum(axis=2, dtype=np.float32)
    words = y[..., np.newaxis]
    losses = np.log(sums) - np.take_along_axis(scores, words, axis=2)[..., 0]
    dx = e / sums[..., np.newaxis]
    np.put_along_axis(dx, words, np.take_along_axis(dx, words, axis=2) - 1, axis=2)
    dx *= mask[..., np.newaxis].astype(np.float32) / np.float32(N)
    return float(losses[mask].sum() / np.float32(N)), dx.astype(x.dtype)


def rnn_backward_truncated(dh, cache, k):
    N, T, H = dh.shape
    steps = list(steps_again(cache))
    dx, dh0, dWx, dWh, db = (np.zeros_like(a) for a in cache)
    for t in range(T):
        g = dh[:, t]
        for s in range(t, max(t - k, -1), -1):
            dx_s, g, dWx_s, dWh_s, db_s = rnn_step_backward(g, steps[s])
            dx[:, s] += dx_s
            dWx += dWx_s
            dWh += dWh_s
            db += db_s
        if t < k:
            dh0 += g
    return dx, dh0, dWx, dWh, db
