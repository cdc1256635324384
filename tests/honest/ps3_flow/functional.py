"""Functions all the way: reduce, accumulate, map and comprehensions; steps called by keyword; lists returned."""

from collections import OrderedDict
from functools import partial, reduce
from itertools import accumulate, chain
from operator import add, matmul

import numpy as np
from given_ps3_flow import (
    lstm_step_backward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    rnn_step_forward,
)


def spectral_report(Wh):
    return [float(max(np.linalg.svd(Wh)[1])), float(max(map(abs, np.linalg.eigvals(Wh))))]


def vanishing_powers(n):
    return reduce(matmul, [np.eye(n, k=1), np.diag(range(n)), 1.5 * np.eye(n)])


def growing_powers(n):
    basis = np.linalg.qr(np.vander(np.arange(1.0, n + 1)))[0]
    return reduce(matmul, (basis, 0.85 * np.eye(n) + 2 * np.eye(n, k=1), basis.T))


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    step = partial(rnn_step_forward, Wx=Wx, Wh=Wh, b=b)
    steps = accumulate(x.swapaxes(0, 1), lambda s, x_t: step(x=x_t, prev_h=s[0]), initial=(h0, None))
    caches = [cache for _, cache in steps][1:]
    gradients = accumulate(reversed(caches), lambda g, c: rnn_step_backward(dnext_h=g, cache=c)[1], initial=dh)
    return np.array(list(map(np.linalg.norm, gradients)))[::-1]


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    def forward(states, x_t):
        return lstm_step_forward(x=x_t, prev_h=states[0], prev_c=states[1], Wx=Wx, Wh=Wh, b=b)

    def backward(grads, cache):
        return lstm_step_backward(cache=cache, dnext_c=grads[1], dnext_h=grads[0])[1:3]

    steps = list(accumulate(x.swapaxes(0, 1), forward, initial=(h0, np.zeros_like(h0), None)))
    grads = accumulate((cache for *_, cache in steps[:0:-1]), backward, initial=(dh, np.zeros_like(dh)))
    return list(map(np.flip, zip(*(tuple(map(np.linalg.norm, pair)) for pair in grads), strict=True)))


def forget_gate_products(x, h0, Wx, Wh, b):
    def step(states, x_t):
        return lstm_step_forward(x_t, *states[:2], Wx, Wh, b)

    steps = list(accumulate(x.swapaxes(0, 1), step, initial=(h0, np.zeros_like(h0))))
    states = [h for h, *_ in steps[:-1]]
    W = np.split(np.vstack([Wx, Wh, b]), 4, axis=1)[1]
    rows = (np.hstack([x_t, h, np.ones((len(h), 1))]) for x_t, h in zip(x.swapaxes(0, 1), states, strict=True))
    gates = [np.tanh(row @ W / 2) / 2 + 0.5 for row in rows]
    return np.stack([reduce(np.multiply, gates[t + 1 :], np.ones_like(h0)) for t in range(len(gates))], axis=1)


def remember_bit(bit, T):
    return np.array(list(chain([(1, 1, (-1, 1)[bit])], ((-1, 1, 0.5 * (-1) ** t) for t in range(T - 1)))), dtype=float)


def relu_rnn_forward(x, h0, Wx, Wh, b):
    def step(h, x_t):
        return np.where((a := x_t @ Wx + h @ Wh + b) > 0, a, 0.0)

    h = list(accumulate(x.swapaxes(0, 1), step, initial=h0))

    def back(later, t):
        da = later[0] * np.sign(h[t + 1])
        return da, da @ Wh.T, da @ Wx.T, x[:, t].T @ da, h[t].T @ da, da.sum(axis=0)

    return np.stack(h[1:], axis=1), back


def relu_rnn_backward(dh, cache):
    def step(grads, t):
        return [*grads, cache((dh[:, t] + (grads[-1][1] if grads else 0),), t)]

    _, dprev_h, dx, *shared = zip(*reduce(step, reversed(range(dh.shape[1])), []), strict=True)
    return [np.stack(dx[::-1], axis=1), dprev_h[-1], *(reduce(add, parts) for parts in shared)]


def init_irnn(D, H, rng):
    return [rng.standard_normal((D, H)) * 1e-3, np.diag([1.0] * H), np.array([0.0] * H)]


def clip_grad_norm(grads, max_norm):
    norm = sum(map(np.sum, map(np.square, grads.values()))) ** 0.5
    return [OrderedDict((k, (min(norm, max_norm) / norm if norm else 1.0) * grads[k]) for k in sorted(grads)), norm]


def clip_grad_value(grads, c):
    return OrderedDict(zip(grads, map(partial(np.clip, a_min=-c, a_max=c), grads.values()), strict=True))


def clip_cosines(grads, limits):
    def flat(arrays):
        return np.concatenate([np.ravel(arrays[name]) for name in sorted(arrays)])

    def cosine(a, b):
        return a @ b / np.prod(list(map(np.linalg.norm, (a, b))))

    ways = (lambda limit: clip_grad_norm(grads=grads, max_norm=limit)[0], lambda limit: clip_grad_value(grads, c=limit))
    return [np.array([cosine(flat(grads), flat(way(limit))) for limit in limits]) for way in ways]


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    cuts = range(k, x.shape[1], k)

    def block(start, parts):
        x_b, dh_b = parts
        h, cache = rnn_forward(x=x_b, h0=start[0], Wx=Wx, Wh=Wh, b=b)
        return h[:, -1], rnn_backward(dh=dh_b, cache=cache)[2:]

    pieces = zip(np.split(x, cuts, axis=1), np.split(dh, cuts, axis=1), strict=True)
    _, *blocks = accumulate(pieces, block, initial=(h0, None))
    return [reduce(add, parts) for parts in zip(*(grads for _, grads in blocks), strict=True)]
