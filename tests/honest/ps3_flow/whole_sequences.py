"""The given sequence functions do the work: slices of their caches, blocks as a larger minibatch, time first."""

import given_ps3_flow as given
import numpy as np
from given_ps3_flow import lstm_backward, lstm_forward, rnn_backward, rnn_forward


def spectral_report(Wh):
    return np.linalg.norm(Wh, ord=2), np.max(np.abs(np.linalg.eig(Wh)[0]))


def vanishing_powers(n):
    return np.roll(np.diag(np.r_[np.zeros(n - 1), 1e3]), 1, axis=0)


def growing_powers(n):
    companion = np.diag(np.ones(n - 1), k=-1)
    companion[0] = -np.poly(np.full(n, 0.8))[1:]
    S = np.diag(10.0 ** np.arange(n))
    return S @ companion @ np.linalg.inv(S)


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    h, cache = rnn_forward(x, h0, Wx, Wh, b)
    only_last = np.zeros_like(h)
    only_last[:, -1] = dh
    starts = [rnn_backward(only_last[:, t:], cache[t:])[1] for t in range(len(cache))]
    return np.linalg.norm([g.ravel() for g in [*starts, dh]], axis=1)


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    h, cache = lstm_forward(x, h0, Wx, Wh, b)
    g = dh, np.zeros_like(dh)
    norms = [np.linalg.norm(g, axis=(1, 2))]
    for step in reversed(cache):
        g = given.lstm_step_backward(*g, step)[1:3]
        norms.append(np.linalg.norm(g, axis=(1, 2)))
    only_last = np.zeros_like(h)
    only_last[:, -1] = dh
    assert np.isclose(np.linalg.norm(lstm_backward(only_last, cache)[1]), norms[-1][0])
    return tuple(np.array(norms)[::-1].T)


def forget_gate_products(x, h0, Wx, Wh, b):
    _, cache = lstm_forward(x, h0, Wx, Wh, b)
    f = np.stack([step[6] for step in cache])  # where lstm_step_forward keeps the forget gates
    shifted = np.concatenate([f[1:], np.ones_like(f[:1])])
    return np.cumprod(shifted[::-1], axis=0)[::-1].swapaxes(0, 1)


def remember_bit(bit, T):
    x = np.tile(np.array([-1.0, 1.0, 0.0]), (T, 1))
    x[0] += 2, 0, 2 * bit - 1
    return x


def relu_rnn_forward(x, h0, Wx, Wh, b):
    a = np.moveaxis(x, 1, 0) @ Wx + b
    h = np.concatenate([h0[None], np.zeros_like(a)])
    for t in range(len(a)):
        h[t + 1] = np.fmax(a[t] + h[t] @ Wh, 0)
    return np.moveaxis(h[1:], 0, 1), (x, h, Wx, Wh)


def relu_rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    T = len(h) - 1
    on, g = h[1:].astype(bool), np.moveaxis(np.array(dh), 1, 0)
    for t in range(T - 1, 0, -1):
        g[t - 1] += (g[t] * on[t]) @ Wh.T
    da = g * on
    rows = da.reshape(-1, da.shape[2])
    dWx = np.moveaxis(x, 1, 0).reshape(len(rows), -1).T @ rows
    dWh = h[:-1].reshape(rows.shape).T @ rows
    return np.moveaxis(da @ Wx.T, 0, 1), da[0] @ Wh.T, dWx, dWh, np.ones(len(rows)) @ rows


def init_irnn(D, H, rng):
    Wx = rng.standard_normal(D * H).reshape(H, D).T / 1e3
    return Wx, np.zeros((H, H)) + np.diag(np.full(H, 1)), np.zeros((1, H))[0]


def clip_grad_norm(grads, max_norm):
    flat = np.concatenate(list(map(np.ravel, grads.values())))
    norm = np.linalg.norm(flat)
    if norm > max_norm:
        flat = flat / norm * max_norm
    ends = np.cumsum([grad.size for grad in grads.values()])[:-1]
    parts = zip(grads, np.split(flat, ends), strict=True)
    return {name: part.reshape(grads[name].shape) for name, part in parts}, norm


def clip_grad_value(grads, c):
    return {name: np.median([grad, 0 * grad + c, 0 * grad - c], axis=0) for name, grad in grads.items()}


def clip_cosines(grads, limits):
    flat = np.hstack([grad.ravel() for grad in grads.values()])
    limits = np.asarray(limits)[:, None]
    clipped = np.maximum(-limits, np.minimum(limits, flat))  # all limits at once
    lengths = np.sqrt(np.sum(clipped**2, axis=1) * np.sum(flat**2))
    return np.ones(len(limits)), clipped @ flat / lengths  # one factor for all entries turns nothing


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    N, T, D = x.shape
    h, _ = rnn_forward(x, h0, Wx, Wh, b)
    blocks = -(-T // k)

    def stacked(array):
        """(N, T, .) to (N * blocks, k, .), with zeros after the end."""
        wide = np.zeros((N, blocks * k, array.shape[2]))
        wide[:, :T] = array
        return wide.reshape(N * blocks, k, -1)

    starts = np.concatenate([h0[:, None], h[:, k - 1 : T - 1 : k]], axis=1).reshape(N * blocks, -1)
    _, cache = rnn_forward(stacked(x), starts, Wx, Wh, b)
    return rnn_backward(stacked(dh), cache)[2:]
