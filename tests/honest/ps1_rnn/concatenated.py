"""One matrix for everything: [x, h, 1] times [Wx; Wh; b], and the gradients cut out of the gradient of the whole."""

import numpy as np


def with_ones(a):
    return np.concatenate([a, np.ones(a.shape[:-1] + (1,))], axis=-1)


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        W = rng.standard_normal((H, H + k))
        self.W_hh, self.W_xh = np.hsplit(W / np.r_[np.full(H, H**0.5), np.full(k, k**0.5)], [H])
        self.W_hy = rng.standard_normal((m, H)) / H**0.5
        self.B_h, self.B_y, self.h = np.split(np.zeros(2 * H + m), [H, H + m])

    def forward(self, x):
        W = np.column_stack([self.W_hh, self.W_xh, self.B_h])
        self.h = np.tanh(W @ np.r_[self.h, x, 1])
        return np.column_stack([self.W_hy, self.B_y]) @ np.append(self.h, 1)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    z = with_ones(np.hstack([x, prev_h]))
    W = np.vstack([Wx, Wh, b])
    next_h = np.tanh(z @ W)
    return next_h, (z, W, next_h, len(Wx))


def rnn_step_backward(dnext_h, cache):
    z, W, next_h, D = cache
    da = dnext_h - dnext_h * next_h**2
    dz = da @ W.T
    dW = z.T @ da
    return dz[:, :D], dz[:, D:-1], dW[:D], dW[D:-1], dW[-1]


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    z = np.ones((N, T + 1, D + H + 1))  # row t holds what step t reads: its input, the state before it, and a 1
    z[:, :T, :D] = x
    z[:, 0, D:-1] = h0
    W = np.concatenate((Wx, Wh, b.reshape(1, H)))
    for t in range(T):
        z[:, t + 1, D:-1] = np.tanh(z[:, t].dot(W))
    return z[:, 1:, D:-1], (z, W, D)


def rnn_backward(dh, cache):
    z, W, D = cache
    N, T, H = dh.shape
    h = z[:, 1:, D:-1]
    dz = np.zeros((N, T + 1, W.shape[0]))
    dW = np.zeros(W.shape)
    for t in range(T - 1, -1, -1):
        da = (dh[:, t] + dz[:, t + 1, D:-1]) * (1 - h[:, t] ** 2)
        dz[:, t] = da.dot(W.T)
        dW += z[:, t].T.dot(da)
    dWx, dWh, db = np.split(dW, [D, D + H])
    return dz[:, :T, :D], dz[:, 0, D:-1], dWx, dWh, db[0]


def word_embedding_forward(x, W):
    words = np.concatenate(list(x))  # all captions in one row
    return W[words].reshape(x.shape + (-1,)), (words, W.shape)


def word_embedding_backward(dout, cache):
    words, (V, D) = cache
    which = np.zeros((V, words.size))
    which[words, np.arange(words.size)] = 1
    return which @ np.concatenate(list(dout))


def temporal_affine_forward(x, w, b):
    wb = np.vstack([w, b])
    return with_ones(x) @ wb, (with_ones(x), wb)


def temporal_affine_backward(dout, cache):
    x, wb = cache
    dwb = np.vstack(x).T @ np.vstack(dout)
    return (dout @ wb.T)[..., :-1], dwb[:-1], dwb[-1]


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    scores, words, counted = np.concatenate(x), np.concatenate(y), np.concatenate(mask)
    scores = scores - scores.max(axis=1)[:, np.newaxis]
    log_z = np.log(np.sum(np.exp(scores), axis=1))
    rows = np.arange(N * T)
    losses = log_z - scores[rows, words]
    d = np.exp(scores - log_z[:, np.newaxis])
    d[rows, words] -= 1.0
    d *= (counted / N)[:, np.newaxis]
    return np.dot(losses, counted) / N, np.stack(np.split(d, N))


def rnn_backward_truncated(dh, cache, k):
    z, W, D = cache
    N, T, H = dh.shape
    slopes = 1 - z[:, 1:, D:-1] ** 2
    dz = np.zeros((N, T, W.shape[0]))
    dW = np.zeros(W.shape)
    dh0 = np.zeros((N, H))
    for t in range(T):
        g = dh[:, t]
        for s in reversed(range(max(0, t + 1 - k), t + 1)):
            da = g * slopes[:, s]
            dz_s = da @ W.T
            dz[:, s] += dz_s
            dW += z[:, s].T @ da
            g = dz_s[:, D:-1]
            if s == 0:
                dh0 += g
    return dz[:, :, :D], dh0, dW[:D], dW[D : D + H], dW[D + H]
