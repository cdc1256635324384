"""No array made twice: gates overwritten by gradients, upstream gradients changed, caches that are used up."""

import numpy as np


def sigmoid_(a):
    a /= 2
    np.tanh(a, out=a)
    a += 1
    a /= 2


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = np.dot(x, Wx)
    a += prev_h.dot(Wh)
    a += b
    sigmoid_(a[:, : 3 * H])
    np.tanh(a[:, 3 * H :], out=a[:, 3 * H :])
    next_c = a[:, H : 2 * H] * prev_c
    next_c += a[:, :H] * a[:, 3 * H :]
    tanh_c = np.tanh(next_c)
    return a[:, 2 * H : 3 * H] * tanh_c, next_c, {"in": (x, prev_h, prev_c), "W": (Wx, Wh), "a": a, "tanh_c": tanh_c}


def lstm_step_backward(dnext_h, dnext_c, cache):
    (x, prev_h, prev_c), (Wx, Wh) = cache.pop("in"), cache.pop("W")
    a, tanh_c = cache.pop("a"), cache.pop("tanh_c")
    i, f, o, g = (a[:, k : k + prev_h.shape[1]] for k in range(0, a.shape[1], prev_h.shape[1]))
    dnext_c += dnext_h * o * (1 - tanh_c**2)
    dprev_c = dnext_c * f
    f *= dnext_c * prev_c * (1 - f)
    o *= dnext_h * tanh_c * (1 - o)
    di = dnext_c * g * i * (1 - i)
    np.square(g, out=g)
    np.subtract(1, g, out=g)
    g *= dnext_c
    g *= i
    i[:] = di
    np.dot(a, Wh.T, out=dnext_h)  # the upstream gradient is not needed any more
    return a.dot(Wx.T), dnext_h, dprev_c, x.T.dot(a), prev_h.T.dot(a), np.add.reduce(a)


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.empty((N, T, h0.shape[1]))
    c = np.zeros_like(h0)
    cache = []
    for t in range(T):
        h[:, t], c[...], step = lstm_step_forward(x[:, t], h[:, t - 1] if t else h0, c.copy(), Wx, Wh, b)
        cache.append(step)
    return h, cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    dc, dx = np.zeros((N, H)), None
    while cache:
        t = len(cache) - 1
        dx_t, dprev_h, dc, dWx_t, dWh_t, db_t = lstm_step_backward(dh[:, t].copy(), dc, cache.pop())
        if dx is None:
            dx, dWx, dWh, db = np.empty((N, T, dx_t.shape[1])), dWx_t, dWh_t, db_t
        else:
            dWx += dWx_t
            dWh += dWh_t
            db += db_t
        dx[:, t] = dx_t
        if t > 0:
            dh[:, t - 1] += dprev_h
    return dx, dprev_h, dWx, dWh, db


def concat_W(Wx, Wh):
    W = np.empty((len(Wh) + len(Wx), Wh.shape[1]), order="F")
    W[: len(Wh)] = Wh
    W[len(Wh) :] = Wx
    return W


def pack_gates(U, W, order):
    H = U.shape[2]
    Wx, Wh = np.empty((U.shape[1], 4 * H)), np.empty((H, 4 * H))
    for start, gate in zip(range(0, 4 * H, H), "ifog", strict=True):
        np.copyto(Wx[:, start : start + H], U[order.index(gate)])
        np.copyto(Wh[:, start : start + H], W[order.index(gate)])
    return Wx, Wh


def unpack_gates(Wx, Wh, order):
    H = len(Wh)
    U, W = np.empty((4, len(Wx), H)), np.empty((4, H, H))
    for block, gate in enumerate("ifog"):
        k = order.index(gate)
        U[k], W[k] = Wx[:, block * H : block * H + H], Wh[:, block * H : block * H + H]
    return U, W


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    H = len(dJ_dh)
    flat = dC_dW.reshape(H, -1)
    flat += dC_dCprev @ dCprev_dW.reshape(H, -1)
    flat[:] = dh_dC @ flat
    flat += dh_dhprev @ dhprev_dW.reshape(H, -1)
    flat *= dJ_dh[:, None]
    return np.add.reduce(dC_dW, axis=0)


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    H = prev_h.shape[1]
    a = x.dot(Wx)
    a += b
    rz, n = a[:, : 2 * H], a[:, 2 * H :]
    rz += prev_h.dot(Wh[:, : 2 * H])
    sigmoid_(rz)
    r, z = rz[:, :H], rz[:, H:]
    if reset_after:
        product = prev_h.dot(Wh[:, 2 * H :])
        n += r * product
    else:
        product = r * prev_h
        n += product.dot(Wh[:, 2 * H :])
    np.tanh(n, out=n)
    next_h = prev_h - n
    next_h *= z
    next_h += n
    return next_h, {"x": x, "h": prev_h, "Wx": Wx, "Wh": Wh, "gates": a, "product": product, "after": reset_after}


def gru_step_backward(dnext_h, cache):
    x, h, Wx, Wh = (cache.pop(name) for name in ("x", "h", "Wx", "Wh"))
    a, product = cache.pop("gates"), cache.pop("product")
    H = h.shape[1]
    r, z, n = a[:, :H], a[:, H : 2 * H], a[:, 2 * H :]
    dz = h - n
    dz *= dnext_h
    dz *= z
    dz *= 1 - z
    np.square(n, out=n)
    np.subtract(1, n, out=n)
    n *= dnext_h
    n *= 1 - z
    dnext_h *= z
    z[:] = dz
    dWh = np.empty(Wh.shape)
    if cache.pop("after"):
        dn = n * r
        dWh[:, 2 * H :] = h.T.dot(dn)
        dnext_h += dn.dot(Wh[:, 2 * H :].T)
        product *= n
    else:
        dWh[:, 2 * H :] = product.T.dot(n)
        product[:] = n.dot(Wh[:, 2 * H :].T)
        dnext_h += product * r
        product *= h
    product *= 1 - r
    r *= product
    dnext_h += a[:, : 2 * H].dot(Wh[:, : 2 * H].T)
    dWh[:, : 2 * H] = h.T.dot(a[:, : 2 * H])
    return a.dot(Wx.T), dnext_h, x.T.dot(a), dWh, a.sum(axis=0)


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    N, T, D = x.shape
    h, cache = np.empty((T + 1, N, h0.shape[1])), []
    h[0] = h0
    for t in range(T):
        h[t + 1], step = gru_step_forward(x[:, t], h[t], Wx, Wh, b, reset_after=reset_after)
        cache.append(step)
    return h[1:].swapaxes(0, 1), cache


def gru_backward(dh, cache):
    dx, g = [], 0
    shared = []
    while cache:
        dh[:, len(cache) - 1] += g
        dx_t, g, *grads = gru_step_backward(dh[:, len(cache) - 1], cache.pop())
        dx.insert(0, dx_t)
        if not shared:
            shared = grads
        else:
            for total, grad in zip(shared, grads, strict=True):
                total += grad
    return np.stack(dx, axis=1), g, *shared
