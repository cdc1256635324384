"""Objects: a layer per step that remembers and is used up, caches that are iterators, stacks or closures."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Sums:
    """Gradients of shared parameters, added up by name."""

    total: dict = field(default_factory=dict)

    def add(self, **gradients):
        for name, gradient in gradients.items():
            self.total[name] = self.total.get(name, 0.0) + gradient

    def get(self):
        return self.total["dWx"], self.total["dWh"], self.total["db"]


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def __call__(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def back(self, d):
        return np.dot(d, self.W.T), np.dot(self.x.T, d), np.sum(d, axis=0)


class Tanh:
    def __call__(self, a):
        self.h = np.tanh(a)
        return self.h

    def back(self, d):
        return (1 - self.h * self.h) * d


class Step:
    """x, prev_h -> next_h, and back."""

    def __init__(self, Wx, Wh, b):
        self.from_x, self.from_h, self.tanh = Dense(Wx, 0.0), Dense(Wh, b), Tanh()

    def __call__(self, x, prev_h):
        return self.tanh(self.from_x(x) + self.from_h(prev_h))

    def back(self, d):
        da = self.tanh.back(d)
        (dx, dWx, _), (dprev_h, dWh, db) = self.from_x.back(da), self.from_h.back(da)
        return dx, dprev_h, dWx, dWh, db


class VanillaRNN:
    class Weight:
        def __init__(self, rng):
            self.rng = rng

        def __matmul__(self, shape):
            return self.rng.normal(loc=0, scale=1 / np.sqrt(shape[-1]), size=shape)

    def __init__(self, k, H, m, rng):
        weight = self.Weight(rng)
        self.W_hh, self.W_xh, self.W_hy = weight @ (H, H), weight @ (H, k), weight @ (m, H)
        self.B_h, self.B_y = np.zeros(H), np.zeros(m)
        self.reset()

    def reset(self):
        self.h = np.zeros_like(self.B_h)

    def forward(self, x):
        self.h = Step(self.W_xh.T, self.W_hh.T, self.B_h)(x, self.h)
        return Dense(self.W_hy.T, self.B_y)(self.h)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    step = Step(Wx, Wh, b)
    return step(x, prev_h), step


def rnn_step_backward(dnext_h, cache):
    return cache.back(dnext_h)


def rnn_forward(x, h0, Wx, Wh, b):
    h, stack = [h0], []
    for x_t in np.moveaxis(x, 1, 0):
        step = Step(Wx=Wx, Wh=Wh, b=b)
        h.append(step(x_t, h[-1]))
        stack.append(step)
    return np.moveaxis(np.array(h[1:]), 0, 1), stack


def rnn_backward(dh, cache):
    sums, dxs, g = Sums(), [], 0.0
    columns = list(np.moveaxis(dh, 1, 0))
    while cache:
        dx, g, dWx, dWh, db = cache.pop().back(columns.pop() + g)
        dxs.insert(0, dx)
        sums.add(dWx=dWx, dWh=dWh, db=db)
    return np.stack(dxs, 1), g, *sums.get()


def word_embedding_forward(x, W):
    def backward(dout):
        dW = np.zeros_like(W)
        for place, word in np.ndenumerate(x):
            dW[word] += dout[place]
        return dW

    return W[x], backward


def word_embedding_backward(dout, cache):
    return cache(dout)


def temporal_affine_forward(x, w, b):
    layer = Dense(w, b)
    out = layer(x.reshape(-1, len(w)))
    return out.reshape(*x.shape[:2], -1), iter([layer])


def temporal_affine_backward(dout, cache):
    layer = next(cache)
    dx, dw, db = layer.back(dout.reshape(-1, len(layer.b)))
    return dx.reshape(*dout.shape[:2], -1), dw, db


class Softmax:
    def __init__(self, scores):
        self.scores = scores - scores.max()
        self.z = np.exp(self.scores).sum()

    def loss(self, word):
        return np.log(self.z) - self.scores[word]

    def back(self, word):
        d = np.exp(self.scores) / self.z
        d[word] -= 1
        return d


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    loss, dx = 0, np.zeros((N, T, V))
    for place in zip(*np.nonzero(mask), strict=True):
        softmax = Softmax(x[place])
        loss = loss + softmax.loss(y[place])
        dx[place] = softmax.back(y[place])
    return np.array(loss / N), dx / N


def rnn_backward_truncated(dh, cache, k):
    sums, T = Sums(), dh.shape[1]
    dx, dh0 = [0.0] * T, np.zeros_like(dh[:, 0])
    for t in range(T):
        g = dh[:, t]
        for s in list(range(T))[t : (t - k if t >= k else None) : -1]:
            dx_s, g, dWx, dWh, db = cache[s].back(g)
            dx[s] = dx[s] + dx_s
            sums.add(dWx=dWx, dWh=dWh, db=db)
        dh0 = dh0 + (g if t < k else 0)
    return np.stack(dx, 1), dh0, *sums.get()
