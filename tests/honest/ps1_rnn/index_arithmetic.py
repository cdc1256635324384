"""While loops and flat positions: rows are counted by n * T + t, words are sorted, reversed loops count down."""

import numpy as np


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        flat = rng.standard_normal(H * H + H * k + m * H)
        ends = H * H, H * H + H * k
        self.W_hh = flat[: ends[0]].reshape(H, H) / np.sqrt(H)
        self.W_xh = flat[ends[0] : ends[1]].reshape(H, k) / np.sqrt(k)
        self.W_hy = flat[ends[1] :].reshape(m, H) / np.sqrt(H)
        zeros = np.zeros(H + m + H)
        self.B_h, self.B_y, self.h = zeros[:H], zeros[H : H + m], zeros[H + m :]

    def forward(self, x):
        H, k = self.W_xh.shape
        a = np.zeros(H)
        j = 0
        while j < H + k:
            a = a + (self.W_hh[:, j] * self.h[j] if j < H else self.W_xh[:, j - H] * x[j - H])
            j += 1
        self.h = np.tanh(a + self.B_h)
        return np.sum(self.W_hy * self.h, axis=1) + self.B_y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = np.tile(b, (len(x), 1))
    j = x.shape[1]
    while j:
        j -= 1
        a += x[:, [j]] * Wx[[j]]
    j = prev_h.shape[1]
    while j:
        j -= 1
        a += prev_h[:, [j]] * Wh[[j]]
    return np.tanh(a), (x, prev_h, Wx, Wh, a)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, a = cache
    da = dnext_h / np.cosh(a) ** 2
    N, H = da.shape
    dx, dprev_h, dWx, dWh = (np.zeros(z.shape) for z in (x, prev_h, Wx, Wh))
    db = np.zeros(H)
    j = 0
    while j < H:
        column = da[:, j : j + 1]
        dx += column * Wx[:, j]
        dprev_h += column * Wh[:, j]
        dWx[:, j] = np.sum(x * column, axis=0)
        dWh[:, j] = np.sum(prev_h * column, axis=0)
        db[j] = np.sum(column)
        j += 1
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    rows = x.reshape(N * T, D)
    h = np.zeros((N * T, h0.shape[1]))
    t = 0
    while t < T:
        places = np.arange(N) * T + t
        h[places] = np.tanh(rows[places] @ Wx + (h[places - 1] if t > 0 else h0) @ Wh + b)
        t += 1
    return h.reshape(N, T, -1), (rows, h0, h, Wx, Wh)


def rnn_backward(dh, cache):
    rows, h0, h, Wx, Wh = cache
    N, T, H = dh.shape
    da = np.zeros((N * T, H))
    back = 0
    while back < T:
        places = np.arange(N) * T + (T - 1 - back)
        g = dh[:, -1 - back]
        if back > 0:
            g = g + da[places + 1] @ Wh.T
        da[places] = g * (1 - h[places] ** 2)
        back += 1
    before = np.insert(h.reshape(N, T, H), 0, h0, axis=1)[:, :-1].reshape(N * T, H)
    dx = (da @ Wx.T).reshape(N, T, -1)
    return dx, da[::T] @ Wh.T, rows.T @ da, before.T @ da, da.sum(axis=0)


def word_embedding_forward(x, W):
    V, D = W.shape
    positions = x.reshape(-1, 1) * D + np.arange(D)
    return W.ravel()[positions].reshape(x.shape[0], x.shape[1], D), (positions, V, D)


def word_embedding_backward(dout, cache):
    positions, V, D = cache
    return np.bincount(positions.ravel(), weights=dout.ravel(), minlength=V * D).reshape(V, D)


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    out = np.tile(b, N * T).reshape(N * T, len(b))
    i = 0
    while i < N * T:
        out[i] += (x[i // T, i % T, :, None] * w).sum(axis=0)
        i += 1
    return out.reshape(N, T, -1), (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    N, T, D = x.shape
    dx, dw, db = np.zeros((N * T, D)), np.zeros(w.shape), np.zeros(w.shape[1])
    i = N * T - 1
    while i >= 0:
        d = dout[divmod(i, T)]
        dx[i] = (w * d).sum(axis=1)
        dw += x[divmod(i, T)][:, None] * d
        db += d
        i -= 1
    return dx.reshape(x.shape), dw, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    counted = np.flatnonzero(mask)
    scores = np.delete(x.reshape(N * T, V), np.flatnonzero(~mask), axis=0)
    right = np.arange(len(counted)) * V + y.flat[counted]  # flat positions among the counted rows
    scores = scores - np.repeat(scores.max(axis=1), V).reshape(-1, V)
    z = np.exp(scores).sum(axis=1)
    loss = sum(np.log(z) - scores.take(right)) / N
    p = np.exp(scores) / z.reshape(-1, 1)
    p.flat[right] -= 1
    dx = np.zeros((N * T, V))
    dx[counted] = p / N
    return loss, dx.reshape(x.shape)


def rnn_backward_truncated(dh, cache, k):
    rows, h0, h, Wx, Wh = cache
    N, T, H = dh.shape
    before = np.insert(h.reshape(N, T, H), 0, h0, axis=1)[:, :-1].reshape(N * T, H)
    slope = 1 - h**2
    da, dh0 = np.zeros((N * T, H)), np.zeros((N, H))
    pair = 0  # t * k + (how far back), for all losses t and distances
    while pair < T * k:
        t, distance = pair // k, pair % k
        if distance == 0:
            g = dh[:, t]
        if distance > t:
            pair = (t + 1) * k
            continue
        places = np.arange(N) * T + (t - distance)
        step = g * slope[places]
        da[places] += step
        g = step @ Wh.T
        if t == distance:
            dh0 += g
        pair += 1
    return (da @ Wx.T).reshape(N, T, -1), dh0, rows.T @ da, before.T @ da, da.sum(axis=0)
