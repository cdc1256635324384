"""Functions all the way: comprehensions, reduce, accumulate, partial, own steps called by keyword, lists returned."""

from functools import partial, reduce
from itertools import accumulate
from operator import add, itemgetter

import numpy as np


def scaled(rng, *shape):
    return rng.standard_normal(size=shape) / np.sqrt(shape[-1])


def add_all(*terms):
    return reduce(add, terms)


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        draw = partial(scaled, rng)
        self.__dict__.update(zip(("W_hh", "W_xh", "W_hy"), map(draw, (H, H, m), (H, k, H)), strict=True))
        self.__dict__.update(zip(("B_h", "B_y", "h"), map(np.zeros, (H, m, H)), strict=True))

    def forward(self, x):
        self.h = np.tanh(add_all(*map(np.matmul, (self.W_hh, self.W_xh), (self.h, x)), self.B_h))
        return add_all(self.W_hy @ self.h, self.B_y)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(add_all(*(a @ W for a, W in ((x, Wx), (prev_h, Wh))), b))
    return next_h, dict(inputs=(x, prev_h), weights=(Wx, Wh), derivative=lambda d: d * (1 - next_h**2))


def rnn_step_backward(dnext_h, cache):
    da = cache["derivative"](dnext_h)
    return [*(da @ W.T for W in cache["weights"]), *(a.T @ da for a in cache["inputs"]), add_all(*da)]


def rnn_forward(x, h0, Wx, Wh, b):
    step = partial(rnn_step_forward, Wx=Wx, Wh=Wh, b=b)
    steps = accumulate(x.swapaxes(0, 1), lambda before, x_t: step(x=x_t, prev_h=before[0]), initial=(h0, None))
    _, *pairs = steps
    return np.stack([h for h, _ in pairs], axis=1), [cache for _, cache in pairs]


def rnn_backward(dh, cache):
    def back(later, now):
        dh_t, step_cache = now
        return rnn_step_backward(dnext_h=dh_t + later[1], cache=step_cache)

    pairs = reversed(list(zip(dh.swapaxes(0, 1), cache, strict=True)))
    _, *steps = accumulate(pairs, back, initial=[None, np.zeros(dh[:, 0].shape)])
    dx = np.stack([step[0] for step in reversed(steps)], axis=1)
    return [dx, steps[-1][1], *(sum(map(itemgetter(i), steps)) for i in (2, 3, 4))]


def word_embedding_forward(x, W):
    return np.array([list(map(W.__getitem__, row)) for row in x]), partial(np.equal.outer, np.arange(len(W)), x)


def word_embedding_backward(dout, cache):
    places = cache()  # (V, N, T): where each word stands
    return np.stack([dout[here].sum(axis=0) for here in places])


def temporal_affine_forward(x, w, b):
    def affine(v):
        return v @ w + b

    return np.apply_along_axis(affine, 2, x), lambda dout: (x, w, dout)


def temporal_affine_backward(dout, cache):
    x, w, dout = cache(dout)
    dx = np.array([d @ w.T for d in dout])
    return [dx, sum(a.T @ d for a, d in zip(x, dout, strict=True)), reduce(add, map(partial(np.sum, axis=0), dout))]


def temporal_softmax_loss(x, y, mask, verbose=False):
    def one(scores, word, counted):
        if not counted:
            return 0.0, np.zeros(len(scores))
        log_p = scores - reduce(np.logaddexp, scores)
        return -log_p[word], np.exp(log_p) - (np.arange(len(scores)) == word)

    pairs = [[one(*each) for each in zip(*rows, strict=True)] for rows in zip(x, y, mask, strict=True)]
    mean = partial(np.multiply, 1 / len(x))
    return [mean(sum(p[0] for row in pairs for p in row)), mean([[p[1] for p in row] for row in pairs])]


def rnn_backward_truncated(dh, cache, k):
    T = dh.shape[1]

    def window(t):
        """The last step and what every step back from loss t delivers, until its window ends."""

        def back(later, s):
            return s, *rnn_step_backward(dnext_h=later[2], cache=cache[s])

        return accumulate(range(t, -1, -1)[:k], back, initial=(None, None, dh[:, t]))

    delivered = [step for t in range(T) for step in list(window(t))[1:]]
    dx = np.stack([sum(d[1] for d in delivered if d[0] == s) for s in range(T)], axis=1)
    dh0 = sum(d[2] for d in delivered if d[0] == 0)
    return [dx, dh0, *(sum(d[i] for d in delivered) for i in (3, 4, 5))]
