"""Columns and time first inside, as in textbooks; what comes out are transposed views, some in Fortran order."""

import numpy as np


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        self.W_hh = rng.standard_normal((H, H)).T / np.sqrt(H)
        self.W_xh = np.asfortranarray(rng.standard_normal((k, H)).T / np.sqrt(k))
        self.W_hy = rng.standard_normal((H, m)).T / np.sqrt(H)
        self.B_h, self.B_y = np.zeros((H, 1))[:, 0], np.zeros((1, m))[0]
        self.h = np.zeros((H, 1)).ravel()

    def forward(self, x):
        column = np.tanh(self.W_hh @ self.h.reshape(-1, 1) + self.W_xh @ x.reshape(-1, 1) + self.B_h.reshape(-1, 1))
        self.h = column[:, 0]
        return (self.W_hy @ column + self.B_y[:, None])[:, 0]


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    h = np.tanh(Wx.T @ x.T + Wh.T @ prev_h.T + b[:, None])  # (H, N)
    return h.T, (x.T, prev_h.T, Wx.T, Wh.T, h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, h = cache
    delta = dnext_h.T * (1 + h) * (1 - h)
    return (Wx.T @ delta).T, (Wh.T @ delta).T, (delta @ x.T).T, (delta @ prev_h.T).T, delta @ np.ones(delta.shape[1])


def rnn_forward(x, h0, Wx, Wh, b):
    xs = x.transpose(1, 2, 0)  # (T, D, N)
    T, D, N = xs.shape
    H = len(b)
    states = np.zeros((T + 1, H, N))
    states[0] = h0.T
    for t in range(T):
        states[t + 1] = np.tanh(Wx.T @ xs[t] + Wh.T @ states[t] + b[:, None])
    return states[1:].transpose(2, 0, 1), (xs, states, Wx.T, Wh.T)


def rnn_backward(dh, cache):
    xs, states, Wx, Wh = cache
    deltas = np.zeros(states.shape)  # after the last step nothing flows back
    for t in range(len(xs), 0, -1):
        g = dh[:, t - 1].T + (Wh.T @ deltas[t + 1] if t < len(xs) else 0)
        deltas[t] = g * (1 - states[t] ** 2)
    deltas = deltas[1:]
    dx = (Wx.T @ deltas).transpose(2, 0, 1)
    dWx = (deltas @ xs.swapaxes(1, 2)).sum(axis=0)
    dWh = (deltas @ states[:-1].swapaxes(1, 2)).sum(axis=0)
    return dx, (Wh.T @ deltas[0]).T, dWx.T, dWh.T, deltas.sum(axis=(0, 2))


def word_embedding_forward(x, W):
    return W.T[:, x.T].T, (x.T, W.T)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros(W.shape)
    for words, d in zip(x, dout.swapaxes(0, 1), strict=True):
        for word, column in zip(words, d, strict=True):
            dW[:, word] += column
    return dW.T


def temporal_affine_forward(x, w, b):
    out = np.asfortranarray([w.T @ step.T + b[:, None] for step in x.swapaxes(0, 1)])  # (T, M, N)
    return np.moveaxis(out, 2, 0), (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    columns = dout.T.reshape(w.shape[1], -1)  # the columns are in the order of time, then of examples
    inputs = x.T.reshape(w.shape[0], -1)
    dx = (w @ columns).reshape(x.T.shape).T
    return dx, inputs @ columns.T, columns.sum(axis=1)


def temporal_softmax_loss(x, y, mask, verbose=False):
    scores = x.T  # (V, T, N)
    V, T, N = scores.shape
    scores = scores - scores.max(axis=0)
    log_p = scores - np.log(np.exp(scores).sum(axis=0))
    t, n = np.indices((T, N))
    loss = -(log_p[y.T, t, n] * mask.T).sum() / N
    d = np.exp(log_p)
    d[y.T, t, n] -= 1
    return loss, (np.where(mask.T, d, 0) / N).T


def rnn_backward_truncated(dh, cache, k):
    xs, states, Wx, Wh = cache
    T, H, N = len(xs), states.shape[1], states.shape[2]
    slopes = 1 - states[1:] ** 2
    gradients = {}  # loss t -> its gradient on the way back, alive while its window lasts
    deltas = np.zeros((T, H, N))
    for s in range(T - 1, -1, -1):
        gradients[s] = dh[:, s].T
        gradients.pop(s + k, None)
        for t in gradients:
            delta = gradients[t] * slopes[s]
            deltas[s] += delta
            gradients[t] = Wh.T @ delta
    dh0 = sum(gradients.values())
    dWx = (xs @ deltas.swapaxes(1, 2)).sum(axis=0)
    dWh = np.tensordot(states[:-1], deltas, axes=((0, 2), (0, 2)))
    return (Wx.T @ deltas).transpose(2, 0, 1), dh0.T, dWx, dWh, deltas.sum(axis=2).sum(axis=0)
