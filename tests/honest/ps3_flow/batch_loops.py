"""One example at a time: Jacobians as matrices, gradients as vectors, sums over examples by hand."""

import numpy as np


def sigmoid(a):
    return np.exp(-np.logaddexp(0, -a))


def spectral_report(Wh):
    sigma_max = np.sqrt(max(np.linalg.eigvalsh(Wh.T @ Wh)))
    rho = 0.0
    for eigenvalue in np.linalg.eigvals(Wh):
        rho = max(rho, np.hypot(eigenvalue.real, eigenvalue.imag))
    return sigma_max, rho


def vanishing_powers(n):
    W = np.zeros((n, n))
    for row in range(n - 1):
        W[row, row + 1] = 2.0
    return W


def growing_powers(n):
    W = np.zeros((n, n))
    for row in range(n):
        for column in range(row, n):
            W[row, column] = 0.9 if row == column else 1.0
    return W


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    N, T, D = x.shape
    squares = np.zeros(T + 1)
    for n in range(N):
        h, jacobians = h0[n], []
        for t in range(T):
            h = np.tanh(x[n, t] @ Wx + h @ Wh + b)
            jacobians.append(np.diag(1 - h**2) @ Wh.T)  # of h after with respect to h before
        g = dh[n]
        squares[T] += g @ g
        for t in range(T - 1, -1, -1):
            g = g @ jacobians[t]
            squares[t] += g @ g
    return np.sqrt(squares)


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    N, T, D = x.shape
    H = h0.shape[1]
    h_squares, c_squares = np.zeros(T + 1), np.zeros(T + 1)
    for n in range(N):
        h, c, steps = h0[n], np.zeros(H), []
        for t in range(T):
            i, f, o, g = (x[n, t] @ Wx + h @ Wh + b).reshape(4, H)
            i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
            steps.append((c, i, f, o, g))
            c = f * c + i * g
            h = o * np.tanh(c)
        dh_t, dc_t = dh[n], np.zeros(H)
        h_squares[T] += np.sum(dh_t**2)
        for t in range(T - 1, -1, -1):
            prev_c, i, f, o, g = steps[t]
            tanh_c = np.tanh(f * prev_c + i * g)
            dc = dc_t + dh_t * o * (1 - tanh_c**2)
            da = [dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dh_t * tanh_c * o * (1 - o), dc * i * (1 - g**2)]
            dh_t, dc_t = Wh @ np.concatenate(da), dc * f
            h_squares[t] += np.sum(dh_t**2)
            c_squares[t] += np.sum(dc_t**2)
    return np.sqrt(h_squares), np.sqrt(c_squares)


def forget_gate_products(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    products = np.ones((N, T, H))
    for n in range(N):
        h, c = h0[n], np.zeros(H)
        for t in range(T):
            a = x[n, t] @ Wx + h @ Wh + b
            f = sigmoid(a[H : 2 * H])
            for before in range(t):
                products[n, before] *= f
            c = f * c + sigmoid(a[:H]) * np.tanh(a[3 * H :])
            h = sigmoid(a[2 * H : 3 * H]) * np.tanh(c)
    return products


def remember_bit(bit, T):
    x = []
    for t in range(T):
        if t > 0:
            x.append([-1.0, 1.0, 0.0])
        elif bit:
            x.append([1.0, 0.0, 1.0])
        else:
            x.append([1.0, 0.0, -1.0])
    return np.array(x)


def relu_rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h, sums = np.zeros((N, T, h0.shape[1])), np.zeros((N, T, h0.shape[1]))
    for n in range(N):
        h_t = h0[n]
        for t in range(T):
            sums[n, t] = x[n, t] @ Wx + h_t @ Wh + b
            h_t = h[n, t] = sums[n, t] * (sums[n, t] > 0)
    return h, (x, h0, Wx, Wh, h.copy(), sums)


def relu_rnn_backward(dh, cache):
    x, h0, Wx, Wh, h, sums = cache
    N, T, H = dh.shape
    dx, dh0 = np.zeros(x.shape), np.zeros(h0.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(H)
    for n in range(N):
        g = np.zeros(H)
        for t in range(T - 1, -1, -1):
            da = np.where(sums[n, t] > 0, dh[n, t] + g, 0)
            dx[n, t] = Wx @ da
            dWx += np.outer(x[n, t], da)
            dWh += np.outer(h[n, t - 1] if t else h0[n], da)
            db += da
            g = Wh @ da
        dh0[n] = g
    return dx, dh0, dWx, dWh, db


def init_irnn(D, H, rng):
    Wx = np.zeros((D, H))
    for d in range(D):
        Wx[d] = rng.standard_normal(H) / 1000
    Wh = np.zeros((H, H))
    for j in range(H):
        Wh[j, j] = 1
    return Wx, Wh, np.zeros(H)


def clip_grad_norm(grads, max_norm):
    norm = 0.0
    for grad in grads.values():
        norm += (grad**2).sum()
    norm = norm**0.5
    clipped = {}
    for name in grads:
        clipped[name] = grads[name] * (max_norm / norm) if norm > max_norm else grads[name].copy()
    return clipped, norm


def clip_grad_value(grads, c):
    clipped = {}
    for name, grad in grads.items():
        clipped[name] = grad.copy()
        clipped[name][grad > c] = c
        clipped[name][grad < -c] = -c
    return clipped


def clip_cosines(grads, limits):
    def dot(a, b):
        total = 0.0
        for name in a:
            total += np.sum(a[name] * b[name])
        return total

    by_norm, by_value = [], []
    for limit in limits:
        clipped, norm = clip_grad_norm(grads, limit)
        by_norm.append(dot(grads, clipped) / np.sqrt(dot(grads, grads) * dot(clipped, clipped)))
        clipped = clip_grad_value(grads, limit)
        by_value.append(dot(grads, clipped) / np.sqrt(dot(grads, grads) * dot(clipped, clipped)))
    return np.array(by_norm), np.array(by_value)


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    N, T, D = x.shape
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(b.shape)
    for n in range(N):
        states = [h0[n]]
        for t in range(T):
            states.append(np.tanh(x[n, t] @ Wx + states[t] @ Wh + b))
        for t in range(T):  # the loss of step t, as far back as its block goes
            g, s = dh[n, t], t
            while s >= t - t % k:
                da = g * (1 - states[s + 1] ** 2)
                dWx += np.outer(x[n, s], da)
                dWh += np.outer(states[s], da)
                db += da
                g = Wh @ da
                s -= 1
    return dWx, dWh, db
