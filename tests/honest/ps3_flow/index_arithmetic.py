"""Index arithmetic: flat buffers with offsets, negative indices, masks of steps, while loops that count down."""

import numpy as np
from given_ps3_flow import lstm_step_backward, lstm_step_forward, rnn_backward, rnn_forward


def spectral_report(Wh):
    sigma = np.linalg.svd(Wh, full_matrices=False)[1]
    eigenvalues = np.linalg.eigvals(Wh)
    return sigma[np.argmax(sigma)], np.sqrt(eigenvalues.real**2 + eigenvalues.imag**2)[np.argmax(np.abs(eigenvalues))]


def vanishing_powers(n):
    W = np.zeros(n * n, dtype=int)
    W[n :: n + 1] = 2  # the entries below the diagonal
    return W.reshape(n, n)


def growing_powers(n):
    W = np.zeros(n * n)
    W[:: n + 1] = 0.9
    W[1 :: n + 1] = -20
    return W.reshape(n, n)


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    T = x.shape[1]
    h, _ = rnn_forward(x, h0, Wx, Wh, b)
    norms, g, t = np.empty(T + 1), dh, T
    norms[t] = np.sqrt(np.sum(g * g))
    while t > 0:
        t -= 1
        g = (g - g * h[:, t] * h[:, t]) @ Wh.T
        norms[t] = np.sqrt(np.sum(g * g))
    return norms


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    N, T, D = x.shape
    caches = [None] * T
    states = np.zeros((2, T + 1, *h0.shape))
    states[0, 0] = h0
    for t in range(T):
        states[0, t + 1], states[1, t + 1], caches[t] = lstm_step_forward(x[:, t], *states[:, t], Wx, Wh, b)
    grads = np.zeros((2, T + 1, *h0.shape))
    grads[0, T] = dh
    for t in range(T - 1, -1, -1):
        grads[:, t] = lstm_step_backward(grads[0, t + 1], grads[1, t + 1], caches[t])[1:3]
    norms = np.sqrt((grads.reshape(2, T + 1, -1) ** 2).sum(axis=-1))
    return norms[0], norms[1]


def forget_gate_products(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    columns = np.arange(H, 2 * H)
    products = np.ones((T + 1, N, H))
    h_t, c_t = h0, np.zeros_like(h0)
    for t in range(T):
        a = x[:, t] @ Wx[:, columns] + h_t @ Wh[:, columns] + b[columns]
        products[np.arange(T + 1) < t + 1] *= np.where(a > 0, 1, np.exp(-np.abs(a))) / (1 + np.exp(-np.abs(a)))
        h_t, c_t, _ = lstm_step_forward(x[:, t], h_t, c_t, Wx, Wh, b)
    return products[1:].transpose(1, 0, 2)


def remember_bit(bit, T):
    x = np.zeros(3 * T)
    x[0::3], x[1::3] = -0.9, 0.99
    x[:3] = [0.9, 0, (bit << 1) - 1]
    return x.reshape(T, 3)


def relu_rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T + 1, Wh.shape[1]))
    h[:, -1] = h0  # index -1, the state before step 0
    t = 0
    while t < T:
        a = x[:, t] @ Wx + h[:, t - 1] @ Wh + b
        h[:, t][a > 0] = a[a > 0]
        t += 1
    return h[:, :T], (x, h, Wx, Wh)


def relu_rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    N, T, H = dh.shape
    da = np.zeros((N, T + 1, H))
    for t in range(T - 1, -1, -1):
        alive = np.nonzero(h[:, t])
        da[:, t][alive] = (dh[:, t] + da[:, t + 1] @ Wh.T)[alive]
    da = da[:, :T]
    before = np.take(h, np.arange(T) - 1, axis=1, mode="wrap")
    return (
        da @ Wx.T,
        da[:, 0] @ Wh.T,
        np.tensordot(x, da, ((0, 1), (0, 1))),
        np.tensordot(before, da, ((0, 1), (0, 1))),
        np.sum(np.sum(da, 0), 0),
    )


def init_irnn(D, H, rng):
    buffer = np.zeros((D + H + 1, H))
    buffer[:D] = rng.standard_normal((D, H)) / 1000
    buffer[np.arange(D, D + H), np.arange(H)] = 1
    return buffer[:D], buffer[D:-1], buffer[-1]


def clip_grad_norm(grads, max_norm):
    names = list(grads)
    square, i = 0.0, 0
    while i < len(names):
        square += np.tensordot(grads[names[i]], grads[names[i]], grads[names[i]].ndim)
        i += 1
    norm = np.sqrt(square)
    factor = [1.0, max_norm / (norm or 1.0)][int(norm > max_norm)]
    return dict((names[i], factor * grads[names[i]]) for i in range(len(names))), norm


def clip_grad_value(grads, c):
    clipped = {}
    for name, grad in grads.items():
        side = (grad > c).astype(int) - (grad < -c)  # 1 above, -1 below, 0 between
        clipped[name] = np.choose(side + 1, [-c, grad, c])
    return clipped


def clip_cosines(grads, limits):
    size = sum(grad.size for grad in grads.values())
    rows = np.zeros((1 + 2 * len(limits), size))
    names = list(grads)
    ends = np.cumsum([grads[name].size for name in names])
    for i in range(1 + 2 * len(limits)):
        limit = limits[(i - 1) // 2]
        source = grads if i == 0 else clip_grad_norm(grads, limit)[0] if i % 2 else clip_grad_value(grads, limit)
        for name, end in zip(names, ends, strict=True):
            rows[i, end - grads[name].size : end] = source[name].reshape(-1)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = rows[1:] @ rows[0]
    return cosines[0::2], cosines[1::2]


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    T = x.shape[1]
    _, cache = rnn_forward(x, h0, Wx, Wh, b)
    block = np.arange(T) // k
    totals = [np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(b.shape)]
    j = block[-1]
    while j >= 0:
        first, after = np.searchsorted(block, [j, j + 1])
        for total, part in zip(totals, rnn_backward(dh[:, first:after], cache[first:after])[2:], strict=True):
            total += part
        j -= 1
    return totals[0], totals[1], totals[2]
