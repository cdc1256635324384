"""Single precision inside, cast back at the end, as for a graphics card; large sums in double precision."""

import numpy as np


def single(*arrays):
    return [np.asarray(a, dtype=np.float32) for a in arrays]


def double(*arrays):
    return tuple(np.asarray(a, dtype=np.float64) for a in arrays)


def sigmoid(a):
    return np.float32(0.5) * (np.tanh(np.float32(0.5) * a) + np.float32(1))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    sums = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    x, h, c, Wx, Wh, i, f, o, g = single(x, prev_h, prev_c, Wx, Wh, *sums)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    next_c = f * c + i * g
    return *double(o * np.tanh(next_c), next_c), (x, h, c, Wx, Wh, i, f, o, g, np.tanh(next_c))


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, h, c, Wx, Wh, i, f, o, g, tanh_c = cache
    dh, dc = single(dnext_h, dnext_c)
    dc = dc + dh * o * (1 - tanh_c**2)
    da = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)])
    return double(da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0))


def lstm_forward(x, h0, Wx, Wh, b):
    h_t, c_t = single(h0, 0 * h0)
    states, cache = [], []
    for x_t in np.rollaxis(x, 1):
        h_t, c_t, step = lstm_step_forward(x_t, h_t, c_t, Wx, Wh, b)
        states.append(h_t)
        cache.append(step)
    return np.stack(states, axis=1), cache


def lstm_backward(dh, cache):
    g_h = g_c = np.zeros_like(dh[:, 0], dtype=np.float32)
    dx, sums = [], None
    for dh_t, step in zip(np.rollaxis(dh, 1)[::-1], cache[::-1], strict=True):
        dx_t, g_h, g_c, *shared = lstm_step_backward(dh_t + g_h, g_c, step)
        dx.append(dx_t)
        sums = shared if sums is None else [a + b for a, b in zip(sums, shared, strict=True)]
    return np.stack(dx[::-1], axis=1), g_h, *sums


def concat_W(Wx, Wh):
    return double(np.concatenate(single(Wh, Wx)))[0]


def pack_gates(U, W, order):
    U, W = single(U, W)
    places = list(map(order.index, "ifog"))
    return double(np.concatenate(U[places], axis=1), np.concatenate(W[places], axis=1))


def unpack_gates(Wx, Wh, order):
    places = list(map("ifog".index, order))
    return double(*(np.stack(np.split(M, 4, axis=1))[places] for M in single(Wx, Wh)))


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    dJ_dC = dJ_dh @ dh_dC  # in double precision: with one unit the three roads may cancel
    roads = ((dJ_dC, dC_dW), (dJ_dC @ dC_dCprev, dCprev_dW), (dJ_dh @ dh_dhprev, dhprev_dW))
    return np.sum([np.dot(vector, np.swapaxes(array, 0, 1)) for vector, array in roads], axis=0)


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    H = prev_h.shape[1]
    a = x @ Wx + b
    r, z = sigmoid((a[:, : 2 * H] + prev_h @ Wh[:, : 2 * H]).astype(np.float32).reshape(-1, 2, H)).swapaxes(0, 1)
    x, h, Wx, Wh, an = single(x, prev_h, Wx, Wh, a[:, 2 * H :])
    n = np.tanh(an + (r * (h @ Wh[:, 2 * H :]) if reset_after else (r * h) @ Wh[:, 2 * H :]))
    return (n + z * (h - n)).astype(np.float64), (x, h, Wx, Wh, r, z, n, reset_after)


def gru_step_backward(dnext_h, cache):
    x, h, Wx, Wh, r, z, n, reset_after = cache
    (up,) = single(dnext_h)
    Vr, Vz, Vn = np.split(Wh, 3, axis=1)
    dn, dz = up * (1 - z) * (1 - n**2), up * (h - n) * z * (1 - z)
    if reset_after:
        dr, back, dVn = dn * (h @ Vn), (dn * r) @ Vn.T, h.T @ (dn * r)
    else:
        back = dn @ Vn.T
        dr, back, dVn = back * h, back * r, (r * h).T @ dn
    dr = dr * r * (1 - r)
    da = np.hstack([dr, dz, dn])
    dh = up * z + back + dr @ Vr.T + dz @ Vz.T
    return double(da @ Wx.T, dh, x.T @ da, np.hstack([h.T @ dr, h.T @ dz, dVn]), da.sum(axis=0))


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    states, cache = [h0], []
    for x_t in np.rollaxis(x, 1):
        h_t, step = gru_step_forward(x_t, states[-1], Wx, Wh, b, reset_after=reset_after)
        states.append(h_t)
        cache.append(step)
    return np.stack(states[1:], axis=1), cache


def gru_backward(dh, cache):
    (g,) = single(0 * dh[:, 0])
    dx, sums = [], [0, 0, 0]
    for dh_t, step in zip(np.rollaxis(dh, 1)[::-1], cache[::-1], strict=True):
        dx_t, g, *shared = gru_step_backward(dh_t + g, step)
        dx.append(dx_t)
        sums = [a + b for a, b in zip(sums, shared, strict=True)]
    return np.stack(dx[::-1], axis=1), g, *sums
