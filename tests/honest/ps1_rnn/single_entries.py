"""Plain Python numbers: every sum is written out over single entries, with the math module for the functions."""

import math
from operator import mul

import numpy as np


def product(A, B):
    """The matrix product of two lists of rows."""
    columns = list(zip(*B, strict=True))
    return [[sum(map(mul, row, column)) for column in columns] for row in A]


def flipped(A):
    return [list(column) for column in zip(*A, strict=True)]


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        def drawn(rows, columns):
            W = np.zeros((rows, columns))
            for i in range(rows):
                for j in range(columns):
                    W[i, j] = rng.standard_normal() / math.sqrt(columns)
            return W

        self.W_hh, self.W_xh, self.W_hy = drawn(H, H), drawn(H, k), drawn(m, H)
        self.B_h, self.B_y, self.h = np.array([0.0] * H), np.array([0.0] * m), np.array([0.0] * H)

    def forward(self, x):
        new = []
        for i in range(self.W_hh.shape[0]):
            a = self.B_h[i]
            for j in range(self.W_hh.shape[1]):
                a += self.W_hh[i, j] * self.h[j]
            for j in range(self.W_xh.shape[1]):
                a += self.W_xh[i, j] * x[j]
            new.append(math.tanh(a))
        self.h = np.array(new)
        y = []
        for i in range(self.W_hy.shape[0]):
            y.append(self.B_y[i] + sum(self.W_hy[i, j] * new[j] for j in range(len(new))))
        return np.array(y)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    x, prev_h, Wx, Wh, b = (a.tolist() for a in (x, prev_h, Wx, Wh, b))
    from_x, from_h = product(x, Wx), product(prev_h, Wh)
    next_h = [
        [math.tanh(p + q + r) for p, q, r in zip(row_x, row_h, b, strict=True)]
        for row_x, row_h in zip(from_x, from_h, strict=True)
    ]
    return np.array(next_h), {"x": x, "prev_h": prev_h, "Wx": Wx, "Wh": Wh, "next_h": next_h}


def rnn_step_backward(dnext_h, cache):
    da = [
        [d * (1.0 - h * h) for d, h in zip(*rows, strict=True)]
        for rows in zip(dnext_h.tolist(), cache["next_h"], strict=True)
    ]
    dx = product(da, flipped(cache["Wx"]))
    dprev_h = product(da, flipped(cache["Wh"]))
    dWx = product(flipped(cache["x"]), da)
    dWh = product(flipped(cache["prev_h"]), da)
    db = [math.fsum(column) for column in zip(*da, strict=True)]
    return np.array(dx), np.array(dprev_h), np.array(dWx), np.array(dWh), np.array(db)


def rnn_forward(x, h0, Wx, Wh, b):
    states, cache, t = [], {}, 0
    while t < len(x[0]):
        h0, cache[t] = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        states.append(h0.tolist())
        t += 1
    N, T, H = len(h0), len(states), len(b)
    return np.array([[[states[t][n][j] for j in range(H)] for t in range(T)] for n in range(N)]), cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = len(cache[0]["Wx"])
    dx, dWx, dWh, db = np.zeros((N, T, D)), np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    later = np.zeros((N, H))
    for t in sorted(cache, reverse=True):
        total = np.zeros((N, H))
        for n in range(N):
            for j in range(H):
                total[n, j] = dh[n, t, j] + later[n, j]
        dx_t, later, *shared = rnn_step_backward(total, cache[t])
        for n in range(N):
            for i in range(D):
                dx[n, t, i] = dx_t[n, i]
        for mine, more in zip((dWx, dWh, db), shared, strict=True):
            for index in np.ndindex(mine.shape):
                mine[index] += more[index]
    return dx, later, dWx, dWh, db


def word_embedding_forward(x, W):
    out = [[[W[word, j] for j in range(W.shape[1])] for word in row] for row in x]
    return np.array(out), [x.tolist(), W.shape]


def word_embedding_backward(dout, cache):
    words, (V, D) = cache
    dW = np.zeros((V, D))
    for n, row in enumerate(words):
        for t, word in enumerate(row):
            for j in range(D):
                dW[word, j] = dW[word, j] + dout[n, t, j]
    return dW


def temporal_affine_forward(x, w, b):
    out = np.zeros((x.shape[0], x.shape[1], b.shape[0]))
    for n, t, j in np.ndindex(out.shape):
        total = b[j]
        for i in range(x.shape[2]):
            total += x[n, t, i] * w[i, j]
        out[n, t, j] = total
    return out, (x.tolist(), w.tolist())


def temporal_affine_backward(dout, cache):
    x, w = cache
    D, M = len(w), len(w[0])
    dx = np.zeros((len(x), len(x[0]), D))
    dw = [[0.0] * M for _ in range(D)]
    db = [0.0] * M
    for n, by_step in enumerate(dout.tolist()):
        for t, d in enumerate(by_step):
            for j in range(M):
                db[j] += d[j]
            for i in range(D):
                row, value, total = dw[i], x[n][t][i], 0.0
                for j in range(M):
                    total += d[j] * w[i][j]
                    row[j] += value * d[j]
                dx[n, t, i] = total
    return dx, np.array(dw), np.array(db)


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    loss = 0.0
    dx = [[[0.0] * V for _ in range(T)] for _ in range(N)]
    for n in range(N):
        for t in range(T):
            if mask[n, t]:
                scores, word = x[n, t].tolist(), int(y[n, t])
                top = max(scores)
                Z = math.fsum(math.exp(s - top) for s in scores)
                loss -= (scores[word] - top - math.log(Z)) / N
                for v in range(V):
                    dx[n][t][v] = (math.exp(scores[v] - top) / Z - (v == word)) / N
    return loss, np.array(dx)


def rnn_backward_truncated(dh, cache, k):
    N, T, H = dh.shape
    D = len(cache[0]["Wx"])
    sums = {name: np.zeros(shape) for name, shape in (("dWx", (D, H)), ("dWh", (H, H)), ("db", H), ("dh0", (N, H)))}
    dx = {t: 0.0 for t in range(T)}
    for t in range(T):
        d, s, taken = dh[:, t], t, 0
        while s >= 0 and taken < k:
            dx_s, d, dWx, dWh, db = rnn_step_backward(d, cache[s])
            dx[s] = dx[s] + dx_s
            sums["dWx"] += dWx
            sums["dWh"] += dWh
            sums["db"] += db
            s, taken = s - 1, taken + 1
        if s < 0:
            sums["dh0"] += d
    return np.stack([dx[t] for t in range(T)], axis=1), sums["dh0"], sums["dWx"], sums["dWh"], sums["db"]
