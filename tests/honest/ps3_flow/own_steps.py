"""Own solutions of the earlier sets are pasted over the given ones, other caches and all, and called by keyword."""

import numpy as np


def sigmoid(a):
    positive = a >= 0
    y = np.zeros_like(a)
    y[positive] = 1 / (1 + np.exp(-a[positive]))
    y[~positive] = np.exp(a[~positive]) / (1 + np.exp(a[~positive]))
    return y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)
    return next_h, {"x": x, "h": prev_h, "Wx": Wx, "Wh": Wh, "next_h": next_h}


def rnn_step_backward(dnext_h, cache):
    dnext_h *= 1 - cache["next_h"] ** 2
    dx, dprev_h = dnext_h.dot(cache["Wx"].T), dnext_h.dot(cache["Wh"].T)
    return dx, dprev_h, cache["x"].T.dot(dnext_h), cache["h"].T.dot(dnext_h), dnext_h.sum(axis=0)


def rnn_forward(x, h0, Wx, Wh, b):
    h, cache = np.zeros((*x.shape[:2], h0.shape[1])), []
    for t in range(x.shape[1]):
        h0, step = rnn_step_forward(x=x[:, t], prev_h=h0, Wx=Wx, Wh=Wh, b=b)
        h[:, t] = h0
        cache.append(step)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    dx, g, total = [], np.zeros((N, H)), [0, 0, 0]
    for t in range(T - 1, -1, -1):
        dx_t, g, *parts = rnn_step_backward(dnext_h=dh[:, t] + g, cache=cache.pop())
        dx.insert(0, dx_t)
        total = [a + b for a, b in zip(total, parts, strict=True)]
    return np.stack(dx, axis=1), g, *total


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    return o * np.tanh(next_c), next_c, [x, prev_h, prev_c, Wx, Wh, i, o, g, f, next_c]


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, o, g, f, next_c = cache
    dnext_c += dnext_h * o * (1 - np.tanh(next_c) ** 2)  # in place
    da = (dnext_c * g * i * (1 - i), dnext_c * prev_c * f * (1 - f))
    da += (dnext_h * np.tanh(next_c) * o * (1 - o), dnext_c * i * (1 - g**2))
    da = np.hstack(da)
    return da.dot(Wx.T), da.dot(Wh.T), dnext_c * f, x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)


def lstm_forward(x, h0, Wx, Wh, b):
    h, cache = np.zeros((x.shape[0], x.shape[1], h0.shape[1])), {}
    state = {"prev_h": h0, "prev_c": np.zeros(h0.shape)}
    for t in range(x.shape[1]):
        h[:, t], state["prev_c"], cache[t] = lstm_step_forward(x=x[:, t], Wx=Wx, Wh=Wh, b=b, **state)
        state["prev_h"] = h[:, t]
    return h, cache


def spectral_report(Wh):
    return np.sqrt(np.abs(np.linalg.eigvals(Wh @ Wh.T)).max()), np.sort(abs(np.roots(np.poly(Wh))))[-1]


def vanishing_powers(n):
    u, v = np.arange(1.0, n + 1), np.zeros(n)
    v[0], v[-1] = n, -1  # orthogonal to u
    return u[:, None] * v[None, :]


def growing_powers(n):
    return 0.9 * np.linalg.matrix_power(np.eye(n) + 3 * np.eye(n, k=1), 2)


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    _, cache = rnn_forward(x, h0, Wx, Wh, b)
    norms = [np.linalg.norm(dh)]
    for step in cache[::-1]:
        dh = rnn_step_backward(dnext_h=dh, cache=step)[1]
        norms = [np.linalg.norm(dh)] + norms
    return np.array(norms)


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    _, cache = lstm_forward(x, h0, Wx, Wh, b)
    T = len(cache)
    dh_norms, dc_norms = np.zeros(T + 1), np.zeros(T + 1)
    dc = np.zeros_like(dh)
    dh_norms[T], dc_norms[T] = np.linalg.norm(dh), np.linalg.norm(dc)
    for t in sorted(cache, reverse=True):
        dx, dh, dc, dWx, dWh, db = lstm_step_backward(dnext_c=dc, dnext_h=dh, cache=cache.pop(t))
        dh_norms[t], dc_norms[t] = np.linalg.norm(dh, "fro"), np.linalg.norm(dc, "fro")
    return dh_norms, dc_norms


def forget_gate_products(x, h0, Wx, Wh, b):
    _, cache = lstm_forward(x, h0, Wx, Wh, b)
    products = [np.ones(h0.shape)]
    for t in range(len(cache) - 1, 0, -1):
        products.append(products[-1] * cache[t][8])
    return np.stack(products[::-1], axis=1)


def remember_bit(bit, T):
    rng = np.random.default_rng(0)  # what is told after the first step does not matter, behind a shut gate
    x = np.column_stack([-np.ones(T), np.ones(T), rng.uniform(-1, 1, T)])
    x[0] = (1, -1, 1) if bit else (1, -1, -1)
    return x


def relu_step(x, prev_h, Wx, Wh, b):
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    a[a < 0] = 0
    return a, (x, prev_h, Wx, Wh, a.copy())


def relu_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * np.where(next_h == 0, 0, 1)
    return da.dot(Wx.T), da.dot(Wh.T), x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)


def relu_rnn_forward(x, h0, Wx, Wh, b):
    h, cache = [], []
    for t in range(x.shape[1]):
        h_t, step = relu_step(x=x[:, t], prev_h=h[-1] if h else h0, Wx=Wx, Wh=Wh, b=b)
        h.append(h_t)
        cache.append(step)
    return np.stack(h, axis=1), cache


def relu_rnn_backward(dh, cache):
    T = len(cache)
    dx, dWx, dWh, db = [None] * T, [None] * T, [None] * T, [None] * T
    for t in range(T - 1, -1, -1):
        dx[t], before, dWx[t], dWh[t], db[t] = relu_step_backward(cache=cache[t], dnext_h=dh[:, t])
        if t > 0:
            dh[:, t - 1] += before
    return np.stack(dx, axis=1), before, sum(dWx), sum(dWh), sum(db)


def init_irnn(D, H, rng):
    Wx = rng.standard_normal(size=(D, H))
    Wx *= 0.001
    return Wx, np.diag(np.ones(H)), np.zeros(H)


def clip_grad_norm(grads, max_norm):
    total = 0
    for name in ("Wx", "Wh", "b"):
        total += np.linalg.norm(grads[name]) ** 2
    total = np.sqrt(total)
    coefficient = max_norm / (total + 1e-8)  # no division by zero
    return {name: grads[name] * min(coefficient, 1.0) for name in ("Wx", "Wh", "b")}, total


def clip_grad_value(grads, c):
    clipped = dict(grads)
    for name in clipped:
        clipped[name] = grads[name] - np.maximum(grads[name] - c, 0) + np.maximum(-c - grads[name], 0)
    return clipped


def clip_cosines(grads, limits):
    L = len(limits)
    by_norm, by_value = np.empty(L), np.empty(L)
    for i in range(L):
        for out, clipped in (
            (by_norm, clip_grad_norm(grads, limits[i])[0]),
            (by_value, clip_grad_value(grads, limits[i])),
        ):
            dot = aa = bb = 0.0
            for name in grads:
                dot += (grads[name] * clipped[name]).sum()
                aa += (grads[name] ** 2).sum()
                bb += (clipped[name] ** 2).sum()
            out[i] = dot / np.sqrt(aa) / np.sqrt(bb)
    return by_norm, by_value


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    t, T = 0, x.shape[1]
    while t < T:
        end = min(t + k, T)
        h, cache = rnn_forward(x[:, t:end], h0, Wx, Wh, b)
        dx, dh0, dwx, dwh, dbb = rnn_backward(dh[:, t:end], cache)
        dWx += dwx
        dWh += dwh
        db += dbb
        h0, t = h[:, -1].copy(), end
    return dWx, dWh, db
