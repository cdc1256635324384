"""Recursion instead of loops: what follows a step is a shorter sequence, a power is the square of half a power."""

import numpy as np
from given_ps3_flow import lstm_step_backward, lstm_step_forward, rnn_forward, rnn_step_backward, rnn_step_forward


def log_norm_of_power(M, k):
    """The k-th power of M, k a power of two, as a matrix of norm 1 and the logarithm of its norm."""
    if k == 1:
        size = np.linalg.norm(M)
        return M / size, np.log(size)
    half, log = log_norm_of_power(M, k // 2)
    size = np.linalg.norm(half @ half)
    return half @ half / size, 2 * log + np.log(size)


def spectral_report(Wh):
    k = 2**44
    squared, single = log_norm_of_power(Wh @ Wh.T, k)[1], log_norm_of_power(Wh, k)[1]
    return np.exp(squared / k / 2), np.exp(single / k)


def vanishing_powers(n):
    if n == 1:
        return np.array([[0.3]])
    smaller = vanishing_powers(n - 1)
    return np.block([[smaller, np.ones((n - 1, 1)) * 2], [np.zeros((1, n - 1)), 0.3]])


def growing_powers(n):
    if n == 2:
        return np.array([[0.9, 1000.0], [0.0, 0.9]])
    return np.block([[growing_powers(n - 1), np.zeros((n - 1, 1))], [np.zeros((1, n - 1)), 0.1]])


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    def norms_and_gradient(t, h):
        if t == x.shape[1]:
            return [np.linalg.norm(dh)], dh
        h, cache = rnn_step_forward(x[:, t], h, Wx, Wh, b)
        norms, g = norms_and_gradient(t + 1, h)
        g = rnn_step_backward(g, cache)[1]
        return [np.linalg.norm(g), *norms], g

    return np.array(norms_and_gradient(0, h0)[0])


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh, c0=None):
    c0 = np.zeros_like(h0) if c0 is None else c0

    def back_to(x, h, c):
        """Norms, and the gradients at h and c, for the steps x from these states."""
        if x.shape[1] == 0:
            return [(np.linalg.norm(dh), 0.0)], dh, np.zeros_like(dh)
        h, c, cache = lstm_step_forward(x[:, 0], h, c, Wx, Wh, b)
        norms, g_h, g_c = back_to(x[:, 1:], h, c)
        _, g_h, g_c, *_ = lstm_step_backward(g_h, g_c, cache)
        return [(np.linalg.norm(g_h), np.linalg.norm(g_c))] + norms, g_h, g_c

    norms = np.array(back_to(x, h0, c0)[0])
    return norms[:, 0], norms[:, 1]


def forget_gate_products(x, h0, Wx, Wh, b, c0=None):
    N, T, D = x.shape
    H = h0.shape[1]
    if T == 1:
        return np.ones((N, 1, H))
    h, c, _ = lstm_step_forward(x[:, 0], h0, np.zeros_like(h0) if c0 is None else c0, Wx, Wh, b)
    later = forget_gate_products(x[:, 1:], h, Wx, Wh, b, c)
    a = x[:, 1] @ Wx[:, H : 2 * H] + h @ Wh[:, H : 2 * H] + b[H : 2 * H]
    first = later[:, 0] / (1 + np.exp(-a))
    return np.concatenate([first[:, None], later], axis=1)


def remember_bit(bit, T):
    if T == 1:
        return np.array([[1.0, -1.0, 1.0 if bit else -1.0]])
    return np.vstack([remember_bit(bit, T - 1), [-1.0, 1.0, -1.0 if T % 2 else 0.25]])


def relu_rnn_forward(x, h0, Wx, Wh, b):
    if x.shape[1] == 0:
        return np.zeros((*x.shape[:2], len(Wh))), None
    a = x[:, 0] @ Wx + h0 @ Wh + b
    h = np.clip(a, 0, None)
    later, rest = relu_rnn_forward(x[:, 1:], h, Wx, Wh, b)
    return np.concatenate([h[:, None], later], axis=1), (x[:, 0], h0, a, Wx, Wh, rest)


def relu_rnn_backward(dh, cache):
    x, h, a, Wx, Wh, rest = cache
    g, dxs, sums = dh[:, 0], [], (0, 0, 0)
    if rest is not None:
        later, g_later, *sums = relu_rnn_backward(dh[:, 1:], rest)
        g, dxs = g + g_later, [later]
    da = g * np.heaviside(a, 0)
    own = (x.T @ da, h.T @ da, da.sum(axis=0))
    dx = np.concatenate([(da @ Wx.T)[:, None], *dxs], axis=1)
    return dx, da @ Wh.T, *(old + new for old, new in zip(sums, own, strict=True))


def init_irnn(D, H, rng):
    row = 0.001 * rng.standard_normal((1, H))
    if D == 1:
        return row, np.identity(H), np.zeros(H)
    rows, Wh, b = init_irnn(D - 1, H, rng)
    return np.vstack([row, rows]), Wh, b


def clip_grad_norm(grads, max_norm):
    def square(value):
        if isinstance(value, dict):
            return sum(square(v) for v in value.values())
        return sum(square(v) for v in value) if value.ndim > 1 else value @ value

    norm = np.sqrt(square(grads))
    if norm <= max_norm:
        return {name: grad + 0.0 for name, grad in grads.items()}, norm
    shorter = {name: grad * (max_norm / norm) for name, grad in grads.items()}
    return shorter, norm


def clip_grad_value(grads, c):
    def clip(value):
        if isinstance(value, dict):
            return {name: clip(v) for name, v in value.items()}
        return np.array([clip(v) for v in value]) if np.ndim(value) else max(-c, min(c, value))

    return clip(grads)


def clip_cosines(grads, limits):
    if len(limits) == 0:
        return np.zeros(0), np.zeros(0)

    def cosine(clipped):
        dot = sum(np.vdot(grads[name], clipped[name]) for name in grads)
        return dot / np.sqrt(sum(np.vdot(g, g) for g in grads.values()) * sum(np.vdot(g, g) for g in clipped.values()))

    by_norm, by_value = clip_cosines(grads, limits[1:])
    first = cosine(clip_grad_norm(grads, limits[0])[0]), cosine(clip_grad_value(grads, limits[0]))
    return np.append(first[0], by_norm), np.append(first[1], by_value)


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    def back(caches, dh):
        """Sums for the steps of one block, and the gradient at the state before them."""
        if not caches:
            return np.zeros_like(h0), (0, 0, 0)
        g, sums = back(caches[1:], dh[:, 1:])
        _, g, *own = rnn_step_backward(dh[:, 0] + g, caches[0])
        return g, [old + new for old, new in zip(sums, own, strict=True)]

    h, caches = rnn_forward(x[:, :k], h0, Wx, Wh, b)
    _, sums = back(caches, dh[:, :k])
    if x.shape[1] <= k:
        return tuple(sums)
    later = rnn_gradient_in_blocks(x[:, k:], h[:, -1], Wx, Wh, b, dh[:, k:], k)
    return tuple(old + new for old, new in zip(sums, later, strict=True))
