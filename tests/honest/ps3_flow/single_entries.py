"""Plain numbers wherever it is bearable: math functions, loops over units, norms summed entry by entry."""

import math

import numpy as np
from given_ps3_flow import lstm_step_backward, lstm_step_forward, rnn_step_backward, rnn_step_forward


def norm_of(array):
    return math.sqrt(math.fsum(float(entry) ** 2 for entry in array.flat))


def spectral_report(Wh):
    A = np.array(Wh)
    for _ in range(60):  # one-sided Jacobi: turn pairs of columns until all are orthogonal
        for p in range(len(A)):
            for q in range(p + 1, len(A)):
                alpha, beta, gamma = A[:, p] @ A[:, p], A[:, q] @ A[:, q], A[:, p] @ A[:, q]
                angle = 0.5 * math.atan2(2 * gamma, alpha - beta)
                c, s = math.cos(angle), math.sin(angle)
                A[:, p], A[:, q] = c * A[:, p] + s * A[:, q], c * A[:, q] - s * A[:, p]
    sigma_max = max(norm_of(column) for column in A.T)
    rho = max(abs(complex(root)) for root in np.roots(np.poly(Wh)))
    return sigma_max, rho


def vanishing_powers(n):
    W = np.zeros((n, n))
    for j in range(n):
        W[j, j] = 0.5
    W[n - 1, 0] = 10
    return W


def growing_powers(n):
    W = np.zeros((n, n))
    angle = 0.1
    W[0, 0] = W[1, 1] = 0.98 * math.cos(angle)  # turns slowly, along a flat ellipse
    W[0, 1], W[1, 0] = 0.98 * 50 * math.sin(angle), -0.98 / 50 * math.sin(angle)
    return W


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    N, T, H = len(x), x.shape[1], len(Wh)
    caches, h_t = {}, h0
    for t in range(T):
        h_t, caches[t] = rnn_step_forward(x[:, t], h_t, Wx, Wh, b)
    norms, g = np.zeros(T + 1), dh
    for t in range(T, -1, -1):
        for n in range(N):
            for j in range(H):
                norms[t] += g[n, j] ** 2
        norms[t] = math.sqrt(norms[t])
        if t > 0:
            g = rnn_step_backward(g, caches[t - 1])[1]
    return norms


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    T = x.shape[1]
    caches, h_t, c_t = [], h0, h0 * 0
    for t in range(T):
        h_t, c_t, cache = lstm_step_forward(x[:, t], h_t, c_t, Wx, Wh, b)
        caches.append(cache)
    dh_norms, dc_norms = [norm_of(dh)], [0.0]
    g_h, g_c = dh, 0 * dh
    for t in range(T):
        _, g_h, g_c, _, _, _ = lstm_step_backward(g_h, g_c, caches[-1 - t])
        dh_norms.append(norm_of(g_h))
        dc_norms.append(norm_of(g_c))
    return np.array(dh_norms[::-1]), np.array(dc_norms[::-1])


def forget_gate_products(x, h0, Wx, Wh, b):
    N, T, H = x.shape[0], x.shape[1], h0.shape[1]
    f = np.zeros((N, T, H))
    h_t, c_t = h0, np.zeros((N, H))
    for t in range(T):
        for n in range(N):
            for j in range(H):
                f[n, t, j] = 1 / (1 + math.exp(-(x[n, t] @ Wx[:, H + j] + h_t[n] @ Wh[:, H + j] + b[H + j])))
        h_t, c_t, _ = lstm_step_forward(x[:, t], h_t, c_t, Wx, Wh, b)
    products = np.zeros((N, T, H))
    for n, t, j in np.ndindex(N, T, H):
        products[n, t, j] = math.prod(f[n, t + 1 :, j])
    return products


def remember_bit(bit, T):
    x = np.zeros((T, 3))
    for t in range(T):
        x[t, 1] = 1
        x[t, 2] = 1 / 3  # writes a zero, however wide the input gate is open
    x[0, 0] = 1
    x[0, 2] = 1 if bit == 1 else -1
    return x


def relu_rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    for n in range(N):
        for t in range(T):
            before = h0[n] if t == 0 else h[n, t - 1]
            for j in range(H):
                h[n, t, j] = max(0.0, x[n, t] @ Wx[:, j] + before @ Wh[:, j] + b[j])
    return h, (x, h0, Wx, Wh, h)


def relu_rnn_backward(dh, cache):
    x, h0, Wx, Wh, h = cache
    N, T, H = dh.shape
    dx, dh0, dWx, dWh, db = (np.zeros(s) for s in (x.shape, h0.shape, Wx.shape, Wh.shape, H))
    for n in range(N):
        arriving = np.zeros(H)
        for t in reversed(range(T)):
            before = h[n, t - 1] if t > 0 else h0[n]
            leaving = np.zeros(H)
            for j in range(H):
                if h[n, t, j] > 0:
                    da = dh[n, t, j] + arriving[j]
                    dx[n, t] += da * Wx[:, j]
                    leaving += da * Wh[:, j]
                    dWx[:, j] += da * x[n, t]
                    dWh[:, j] += da * before
                    db[j] += da
            arriving = leaving
        dh0[n] = arriving
    return dx, dh0, dWx, dWh, db


def init_irnn(D, H, rng):
    Wx = np.array([[0.001 * rng.standard_normal() for _ in range(H)] for _ in range(D)])
    Wh = np.array([[float(i == j) for j in range(H)] for i in range(H)])
    b = np.array([0.0 for _ in range(H)])
    return Wx, Wh, b


def clip_grad_norm(grads, max_norm):
    norm = math.hypot(*(entry for grad in grads.values() for entry in grad.flat))
    factor = 1.0
    if norm > max_norm:
        factor = max_norm / norm
    clipped = {name: np.zeros(grad.shape) for name, grad in grads.items()}
    for name, grad in grads.items():
        for index in np.ndindex(grad.shape):
            clipped[name][index] = factor * grad[index]
    return clipped, norm


def clip_grad_value(grads, c):
    clipped = {}
    for name, grad in grads.items():
        entries = [min(max(entry, -c), c) for entry in grad.ravel().tolist()]
        clipped[name] = np.array(entries).reshape(grad.shape)
    return clipped


def clip_cosines(grads, limits):
    before = [entry for name in grads for entry in grads[name].flat]
    cosines = np.zeros((2, len(limits)))
    for i, limit in enumerate(limits):
        for way, clipped in enumerate((clip_grad_norm(grads, limit)[0], clip_grad_value(grads, limit))):
            after = [entry for name in grads for entry in clipped[name].flat]
            product = math.fsum(a * b for a, b in zip(before, after, strict=True))
            cosines[way, i] = product / (math.hypot(*before) * math.hypot(*after))
    return cosines[0], cosines[1]


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T + 1, H))
    h[:, 0] = h0
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    for n in range(N):
        for t in range(T):
            for j in range(H):
                h[n, t + 1, j] = math.tanh(x[n, t] @ Wx[:, j] + h[n, t] @ Wh[:, j] + b[j])
        g = np.zeros(H)
        for t in range(T - 1, -1, -1):
            if (t + 1) % k == 0:
                g = np.zeros(H)  # nothing crosses the border after this step
            da = [(dh[n, t, j] + g[j]) * (1 - h[n, t + 1, j] ** 2) for j in range(H)]
            g = np.zeros(H)
            for j in range(H):
                for m in range(H):
                    dWh[m, j] += h[n, t, m] * da[j]
                    g[m] += Wh[m, j] * da[j]
                for d in range(D):
                    dWx[d, j] += x[n, t, d] * da[j]
                db[j] += da[j]
    return dWx, dWh, db
