"""Extended precision inside, rounded to double at the end; tanh from two exponentials, by sign."""

import numpy as np

Long = np.longdouble


def long(*arrays):
    return tuple(np.asarray(a).astype(Long) for a in arrays)


def double(*arrays):
    return tuple(np.asarray(a).astype(np.float64) for a in arrays)


def tanh(a):
    small = np.exp(-2 * np.abs(a))
    return np.sign(a) * (1 - small) / (1 + small)


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        draws = [Long(1) * rng.standard_normal(shape) / np.sqrt(Long(shape[1])) for shape in ((H, H), (H, k), (m, H))]
        self.W_hh, self.W_xh, self.W_hy = double(*draws)
        self.B_h, self.B_y, self.h = double(np.zeros(H, Long), np.zeros(m, Long), np.zeros(H, Long))

    def forward(self, x):
        W_hh, W_xh, W_hy, B_h, B_y, h, x = long(self.W_hh, self.W_xh, self.W_hy, self.B_h, self.B_y, self.h, x)
        h = tanh(np.hstack([W_hh, W_xh]) @ np.hstack([h, x]) + B_h)
        (self.h,) = double(h)
        (y,) = double(W_hy @ h + B_y)
        return y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    cache = long(x, prev_h, Wx, Wh, b)
    x, prev_h, Wx, Wh, b = cache
    a = np.inner(x, Wx.T) + np.inner(prev_h, Wh.T) + b
    return tanh(a).astype(np.float64), (*cache, a)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, _, a = cache
    small = np.exp(-2 * np.abs(a))
    da = dnext_h.astype(Long) * 4 * small / (1 + small) ** 2
    return double(da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(0))


def rnn_forward(x, h0, Wx, Wh, b):
    x, h_t, Wx, Wh, b = long(x, h0, Wx, Wh, b)
    h = np.zeros((x.shape[0], x.shape[1] + 1, h_t.shape[1]), Long)
    h[:, 0] = h_t
    for t, x_t in enumerate(x.transpose(1, 0, 2), start=1):
        h[:, t] = tanh(x_t @ Wx + h[:, t - 1] @ Wh + b)
    return h[:, 1:].astype(np.float64), (x, h, Wx, Wh)


def rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    g = dh.astype(Long)
    for t in range(dh.shape[1] - 1, 0, -1):
        g[:, t - 1] += g[:, t] * (1 - h[:, t + 1] ** 2) @ Wh.T
    da = g * (1 - h[:, 1:] ** 2)
    dWx = sum(x_n.T @ da_n for x_n, da_n in zip(x, da, strict=True))
    dWh = sum(h_n[:-1].T @ da_n for h_n, da_n in zip(h, da, strict=True))
    return double(da @ Wx.T, da[:, 0] @ Wh.T, dWx, dWh, da.sum(axis=(0, 1)))


def word_embedding_forward(x, W):
    return W[np.ravel(x), :].reshape(*np.shape(x), -1), (np.ravel(x), long(W)[0])


def word_embedding_backward(dout, cache):
    words, W = cache
    rows = dout.astype(Long).reshape(len(words), -1)
    dW = np.zeros_like(W)
    for word in np.unique(words):
        dW[word] = rows[words == word].sum(axis=0)
    return dW.astype(np.float64)


def temporal_affine_forward(x, w, b):
    x, w, b = cache = long(x, w, b)
    (out,) = double(np.matmul(x, w) + np.tile(b, x.shape[:2] + (1,)))
    return out, cache


def temporal_affine_backward(dout, cache):
    x, w, b = cache
    (dout,) = long(dout)
    dw = np.matmul(x.transpose(0, 2, 1), dout).sum(axis=0)
    return double(np.matmul(dout, w.T), dw, sum(row for rows in dout for row in rows))


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    e = np.exp(x.astype(Long) - x.max(axis=2, keepdims=True))
    p = e / e.sum(axis=2, keepdims=True)
    right = np.choose(y[..., None] == np.arange(V), (0, x - x.max(axis=2, keepdims=True))).sum(axis=2)
    loss = np.float64((np.log(e.sum(axis=2)) - right)[mask].sum() / N)
    dx = p - np.eye(V, dtype=Long)[y]
    return loss, (dx * mask.reshape(N, T, 1) / N).astype(np.float64)


def rnn_backward_truncated(dh, cache, k):
    x, h, Wx, Wh = cache
    N, T, H = dh.shape
    slope = 1 - h[:, 1:] ** 2
    da = np.zeros_like(slope)
    dh0 = np.zeros((N, H), Long)
    g = dh.astype(Long)  # g[:, t] belongs to the loss of step t and has gone `age` steps back
    for age in range(min(k, T)):
        step = g[:, age:] * slope[:, : T - age]
        da[:, : T - age] += step
        g[:, age:] = step @ Wh.T
        dh0 += g[:, age]
    dWx, dWh = (np.tensordot(a, da, 2) for a in (x.transpose(2, 0, 1), h[:, :-1].transpose(2, 0, 1)))
    return double(da @ Wx.T, dh0, dWx, dWh, da.sum(axis=(0, 1)))
