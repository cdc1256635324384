"""One example at a time: loops over the batch, vectors and outer products inside."""

import numpy as np


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        def rows(count, size):
            return np.array([rng.normal(0.0, size**-0.5, size) for _ in range(count)])

        self.W_hh = rows(H, H)
        self.W_xh = rows(H, k)
        self.W_hy = rows(m, H)
        self.B_h = np.zeros((H,))
        self.B_y = np.zeros((m,))
        self.h = np.zeros((H,))

    def forward(self, x):
        new = np.empty(len(self.h))
        for i in range(len(self.h)):
            new[i] = np.tanh(np.dot(self.W_hh[i], self.h) + np.dot(self.W_xh[i], x) + self.B_h[i])
        self.h = new
        y = np.empty(len(self.B_y))
        for i in range(len(self.B_y)):
            y[i] = np.dot(self.W_hy[i], self.h) + self.B_y[i]
        return y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    N, H = prev_h.shape
    next_h = np.zeros((N, H))
    for n in range(N):
        next_h[n] = np.tanh(np.dot(x[n], Wx) + np.dot(prev_h[n], Wh) + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dx, dprev_h = np.zeros(x.shape), np.zeros(prev_h.shape)
    dWx, dWh = np.zeros(Wx.shape), np.zeros(Wh.shape)
    db = np.zeros(Wh.shape[0])
    for n in range(x.shape[0]):
        da = (1 - next_h[n] * next_h[n]) * dnext_h[n]
        dx[n] = np.dot(Wx, da)
        dprev_h[n] = np.dot(Wh, da)
        dWx += np.outer(x[n], da)
        dWh += np.outer(prev_h[n], da)
        db += da
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    cache = []
    for n in range(N):
        row, caches = h0[n : n + 1], []
        for t in range(T):
            row, one = rnn_step_forward(x[n : n + 1, t], row, Wx, Wh, b)
            h[n, t] = row[0]
            caches.append(one)
        cache.append(caches)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    dx, dh0, dWx, dWh, db = [], [], 0, 0, 0
    for n in range(N):
        later, dx_n = np.zeros((1, H)), []
        for t in range(T - 1, -1, -1):
            dx_t, later, dWx_t, dWh_t, db_t = rnn_step_backward(dh[n : n + 1, t] + later, cache[n][t])
            dx_n.append(dx_t[0])
            dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
        dx.append(dx_n[::-1])
        dh0.append(later[0])
    return np.array(dx), np.array(dh0), dWx, dWh, db


def word_embedding_forward(x, W):
    N, T = x.shape
    out = np.zeros((N, T, W.shape[1]))
    for n in range(N):
        for t in range(T):
            out[n, t] = W[x[n, t]]
    return out, (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    for n in range(x.shape[0]):
        for t in range(x.shape[1]):
            dW[x[n, t]] += dout[n, t]
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    out = np.zeros((N, T, len(b)))
    for n in range(N):
        for t in range(T):
            out[n, t] = b + x[n, t].dot(w)
    return out, (x, w, b)


def temporal_affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(dout.shape[0]):
        for t in range(dout.shape[1]):
            dx[n, t] = w.dot(dout[n, t])
            dw += np.outer(x[n, t], dout[n, t])
            db += dout[n, t]
    return dx, dw, db


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    loss, dx = 0.0, np.zeros_like(x)
    for n in range(N):
        for t in range(T):
            if not mask[n, t]:
                continue
            scores = x[n, t] - max(x[n, t])
            e = np.exp(scores)
            loss += (np.log(np.sum(e)) - scores[y[n, t]]) / N
            dx[n, t] = e / np.sum(e) / N
            dx[n, t, y[n, t]] -= 1 / N
    if verbose:
        print(dx.shape)
    return loss, dx


def rnn_backward_truncated(dh, cache, k):
    N, T, H = dh.shape
    first = cache[0][0]
    dx = np.zeros((N, T, first[2].shape[0]))
    dh0, dWx, dWh, db = np.zeros((N, H)), np.zeros_like(first[2]), np.zeros_like(first[3]), np.zeros(H)
    for n in range(N):
        for t in range(T):
            flowing = dh[n, t][None]
            for s in range(t, -1, -1):
                if t - s == k:
                    break
                dx_s, flowing, dWx_s, dWh_s, db_s = rnn_step_backward(flowing, cache[n][s])
                dx[n, s] += dx_s[0]
                dWx += dWx_s
                dWh += dWh_s
                db += db_s
            else:
                dh0[n] += flowing[0]
    return dx, dh0, dWx, dWh, db
