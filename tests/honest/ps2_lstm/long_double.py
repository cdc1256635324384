"""As precise as the machine can be: long doubles inside, cast back to the type of the inputs at the end."""

import numpy as np

LONG = np.longdouble


def long(*arrays):
    return [array.astype(LONG) for array in arrays]


def cast(dtype, *arrays):
    return tuple(np.asarray(array, dtype=dtype) for array in arrays)


def sigmoid(a):
    with np.errstate(over="ignore"):
        return LONG(1) / (LONG(1) + np.exp(-a))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    kept = long(x, prev_h, prev_c, Wx, Wh, b)
    X, h, c, Ux, Uh, bias = kept
    a = X @ Ux + h @ Uh + bias
    H = h.shape[1]
    i, f, o, g = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 2 * H : 3 * H]), np.tanh(a[:, 3 * H :])
    c = f * c + i * g
    return *cast(x.dtype, o * np.tanh(c), c), (kept, a)


def lstm_step_backward(dnext_h, dnext_c, cache):
    (x, h, c, Wx, Wh, b), a = cache
    H = h.shape[1]
    dH, dC = long(dnext_h, dnext_c)
    i, f, o, g = *sigmoid(a[:, : 3 * H].reshape(-1, 3, H)).swapaxes(0, 1), np.tanh(a[:, 3 * H :])
    tanh_c = np.tanh(f * c + i * g)
    dC = dC + dH * o * (1 - tanh_c**2)
    da = np.concatenate([dC * g * i * (1 - i), dC * c * f * (1 - f), dH * tanh_c * o * (1 - o), dC * i * (1 - g**2)], 1)
    return cast(dnext_h.dtype, da @ Wx.T, da @ Wh.T, dC * f, x.T @ da, h.T @ da, da.sum(axis=0))


def lstm_forward(x, h0, Wx, Wh, b):
    h_t, c_t = long(h0, np.zeros(h0.shape))
    X, Ux, Uh, bias = long(x, Wx, Wh, b)
    states, cache = [], []
    for t in range(x.shape[1]):
        h_t, c_t, step = lstm_step_forward(X[:, t], h_t, c_t, Ux, Uh, bias)  # long all the way
        states.append(h_t)
        cache.append(step)
    return np.stack(states, axis=1).astype(x.dtype), cache


def lstm_backward(dh, cache):
    (dH,) = long(dh)
    g_h, g_c = np.zeros_like(dH[:, 0]), np.zeros_like(dH[:, 0])
    dx, sums = np.zeros((*dh.shape[:2], cache[0][0][0].shape[1]), LONG), np.zeros(3, dtype=object)
    for t in reversed(range(dh.shape[1])):
        dx[:, t], g_h, g_c, *shared = lstm_step_backward(dH[:, t] + g_h, g_c, cache[t])
        for k in range(3):
            sums[k] = sums[k] + shared[k]
    return cast(dh.dtype, dx, g_h, *sums)


def concat_W(Wx, Wh):
    return np.concatenate(long(Wh, Wx)).astype(Wx.dtype)


def pack_gates(U, W, order):
    weights = {gate: long(U[k], W[k]) for k, gate in enumerate(order)}
    return cast(U.dtype, *(np.hstack([weights[gate][part] for gate in "ifog"]) for part in range(2)))


def unpack_gates(Wx, Wh, order):
    Ux, Uh = long(Wx, Wh)
    H = Wh.shape[0]
    U, W = np.zeros((4, *Wx[:, :H].shape), LONG), np.zeros((4, H, H), LONG)
    for k, gate in enumerate(order):
        j = {"i": 0, "f": 1, "o": 2, "g": 3}[gate]
        U[k], W[k] = Ux[:, j * H : j * H + H], Uh[:, j * H : j * H + H]
    return cast(Wx.dtype, U, W)


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    C = np.longdouble(dC_dW) + np.dot(dCprev_dW.T, dC_dCprev.T.astype(LONG)).T
    h = np.dot(C.T, dh_dC.T).T + np.dot(dhprev_dW.T, dh_dhprev.T.astype(LONG)).T
    return np.dot(h.T, dJ_dh).T.astype(dJ_dh.dtype)


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    kept = long(x, prev_h, Wx, Wh, b)
    X, h, Ux, Uh, bias = kept
    H = h.shape[1]
    ax, ah = X @ Ux + bias, h @ Uh[:, : 2 * H]
    r, z = sigmoid(ax[:, :H] + ah[:, :H]), sigmoid(ax[:, H : 2 * H] + ah[:, H:])
    last = (h if reset_after else h * r) @ Uh[:, 2 * H :]
    n = np.tanh(ax[:, 2 * H :] + (last * r if reset_after else last))
    return *cast(x.dtype, (1 - z) * n + z * h), (kept, r, z, n, last, reset_after)


def gru_step_backward(dnext_h, cache):
    (x, h, Wx, Wh, b), r, z, n, last, reset_after = cache
    H = h.shape[1]
    (up,) = long(dnext_h)
    dn = up * (1 - z) * (1 - n**2)
    d_last = dn * r if reset_after else dn
    d_seen = d_last @ Wh[:, 2 * H :].T
    dr = dn * last if reset_after else d_seen * h
    dr, dz = dr * r * (1 - r), up * (h - n) * z * (1 - z)
    dh = up * z + (d_seen if reset_after else d_seen * r) + dr @ Wh[:, :H].T + dz @ Wh[:, H : 2 * H].T
    dWh = np.concatenate([h.T @ dr, h.T @ dz, (h if reset_after else h * r).T @ d_last], axis=1)
    da = np.concatenate([dr, dz, dn], axis=1)
    return cast(dnext_h.dtype, da @ Wx.T, dh, x.T @ da, dWh, da.sum(axis=0))


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    (h_t,) = long(h0)
    states, cache = [], []
    for x_t in long(*x.swapaxes(0, 1)):
        h_t, step = gru_step_forward(x_t, h_t, *long(Wx, Wh, b), reset_after=reset_after)
        states.append(h_t)
        cache.append(step)
    return np.array(states).swapaxes(0, 1).astype(x.dtype), cache


def gru_backward(dh, cache):
    g, dx, sums = np.zeros(dh[:, 0].shape, LONG), [], [LONG(0)] * 3
    for dh_t, step in zip(long(*dh.swapaxes(0, 1))[::-1], cache[::-1], strict=True):
        dx_t, g, *shared = gru_step_backward(dh_t + g, step)
        dx.append(dx_t)
        sums = [total + part for total, part in zip(sums, shared, strict=True)]
    return cast(dh.dtype, np.stack(dx[::-1], axis=1), g, *sums)
