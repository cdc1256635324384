"""As precise as the machine can be: long doubles inside, cast back to the type of the inputs at the end."""

import numpy as np

LONG = np.longdouble


def long(*arrays):
    return [np.asarray(array).astype(LONG) for array in arrays]


def cast(*arrays):
    return tuple(np.asarray(array, dtype=np.float64) for array in arrays)


def norm(array):
    return np.sqrt(np.sum(array * array))


def sigmoid(a):
    return LONG(1) / (LONG(1) + np.exp(-a))


def growth(M):
    """lim |M^k|^(1/k), by repeated squares."""
    log, k = LONG(0), 0
    while k < 50:
        size = norm(M)
        log += np.log(size) / LONG(2) ** k
        M = (M / size) @ (M / size)
        k += 1
    return np.exp(log)


def spectral_report(Wh):
    (W,) = long(Wh)
    return float(np.sqrt(growth(W.T @ W))), float(growth(W))


def vanishing_powers(n):
    W = np.eye(n, dtype=LONG) / 4
    W[:, 0] += np.arange(n) * LONG(3)
    return W.astype(float)


def growing_powers(n):
    W = np.diag(np.full(n, LONG(9) / 10))
    W[0, 1:] = 8
    return W.astype(np.float64)


def tanh_run(x, h0, Wx, Wh, b):
    h = [h0]
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ Wx + h[t] @ Wh + b))
    return h


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    x, h0, Wx, Wh, b, g = long(x, h0, Wx, Wh, b, dh)
    h = tanh_run(x, h0, Wx, Wh, b)
    norms = [norm(g)]
    for h_t in h[:0:-1]:
        g = (g * (1 - h_t**2)) @ Wh.T
        norms.append(norm(g))
    return np.array(norms[::-1]).astype(dh.dtype)


def lstm_run(x, h0, Wx, Wh, b):
    H, h, c, steps = h0.shape[1], h0, np.zeros_like(h0), []
    for t in range(x.shape[1]):
        a = x[:, t] @ Wx + h @ Wh + b
        i, f, o = (sigmoid(a[:, k * H : (k + 1) * H]) for k in range(3))
        g = np.tanh(a[:, 3 * H :])
        steps.append((c, i, f, o, g))
        c = f * c + i * g
        h = o * np.tanh(c)
    return steps


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    x, h0, Wx, Wh, b, g_h = long(x, h0, Wx, Wh, b, dh)
    g_c = np.zeros_like(g_h)
    norms = [(norm(g_h), norm(g_c))]
    for c, i, f, o, g in reversed(lstm_run(x, h0, Wx, Wh, b)):
        tanh_c = np.tanh(f * c + i * g)
        dc = g_c + g_h * o * (1 - tanh_c**2)
        da = [dc * g * i * (1 - i), dc * c * f * (1 - f), g_h * tanh_c * o * (1 - o), dc * i * (1 - g**2)]
        g_h, g_c = np.concatenate(da, axis=1) @ Wh.T, dc * f
        norms.append((norm(g_h), norm(g_c)))
    return cast(*np.array(norms[::-1]).T)


def forget_gate_products(x, h0, Wx, Wh, b):
    product, products = np.ones(h0.shape, LONG), []
    for _, _, f, _, _ in lstm_run(*long(x, h0, Wx, Wh, b))[::-1]:
        products.insert(0, product)
        product = product * f
    return np.stack(products, axis=1).astype(x.dtype)


def remember_bit(bit, T):
    x = np.zeros((T, 3), dtype=LONG)
    x[:, 1] = 1
    x[1:, 0] = -LONG(1)
    x[0] = LONG(1), LONG(1) / 3, LONG(2 * bit - 1)
    return cast(x)[0]


def relu_rnn_forward(x, h0, Wx, Wh, b):
    X, h_t, Ux, Uh, bias = long(x, h0, Wx, Wh, b)
    h = [h_t]
    for t in range(x.shape[1]):
        a = X[:, t] @ Ux + h[t] @ Uh + bias
        h.append(np.maximum(a, LONG(0)))
    return np.stack(h[1:], axis=1).astype(x.dtype), (X, h, Ux, Uh)


def relu_rnn_backward(dh, cache):
    X, h, Wx, Wh = cache
    (dH,) = long(dh)
    g, dx, dWx, dWh, db = LONG(0), [], LONG(0), LONG(0), LONG(0)
    for t in range(dh.shape[1] - 1, -1, -1):
        da = np.where(h[t + 1] > 0, dH[:, t] + g, LONG(0))
        g = da @ Wh.T
        dx.append(da @ Wx.T)
        dWx, dWh, db = dWx + X[:, t].T @ da, dWh + h[t].T @ da, db + da.sum(axis=0)
    return cast(np.stack(dx[::-1], axis=1), g, dWx, dWh, db)


def init_irnn(D, H, rng):
    Wx = rng.standard_normal((D, H)).astype(LONG) / 1000
    return cast(Wx, np.eye(H, dtype=LONG), np.zeros(H, LONG))


def clip_grad_norm(grads, max_norm):
    arrays = dict(zip(grads, long(*grads.values()), strict=True))
    total = np.sqrt(sum(np.sum(array**2) for array in arrays.values()))
    ratio = total / LONG(max_norm)
    clipped = {name: array / max(ratio, LONG(1)) for name, array in arrays.items()}
    return {name: array.astype(grads[name].dtype) for name, array in clipped.items()}, float(total)


def clip_grad_value(grads, c):
    return {name: np.minimum(LONG(c), np.maximum(-LONG(c), grad)).astype(grad.dtype) for name, grad in grads.items()}


def clip_cosines(grads, limits):
    cosines = []
    before = np.concatenate([array.ravel() for array in long(*grads.values())])
    for limit in limits:
        for clipped in (clip_grad_norm(grads, limit)[0], clip_grad_value(grads, limit)):
            after = np.concatenate([array.ravel() for array in long(*(clipped[name] for name in grads))])
            cosines.append(before @ after / (norm(before) * norm(after)))
    return cast(cosines[::2], cosines[1::2])


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    x, h0, Wx, Wh, b, dH = long(x, h0, Wx, Wh, b, dh)
    h, T = tanh_run(x, h0, Wx, Wh, b), x.shape[1]
    sums, g = [LONG(0)] * 3, LONG(0)
    for t in range(T - 1, -1, -1):
        da = (dH[:, t] + (g if (t + 1) % k else LONG(0))) * (1 - h[t + 1] ** 2)
        sums = [sums[0] + x[:, t].T @ da, sums[1] + h[t].T @ da, sums[2] + da.sum(axis=0)]
        g = da @ Wh.T
    return cast(*sums)
