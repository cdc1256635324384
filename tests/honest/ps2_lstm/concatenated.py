"""One matrix for [h, x, 1]: the bias is a row of the weights, and its gradient a row of theirs."""

import numpy as np


def row(h, x):
    return np.hstack([h, x, np.ones((len(x), 1))])


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    W = np.vstack([Wh, Wx, b])
    s = row(prev_h, x)
    a = s @ W
    gates = np.tanh(a * np.repeat([0.5, 0.5, 0.5, 1.0], H))  # one tanh for all of them
    gates[:, : 3 * H] += 1
    gates[:, : 3 * H] /= 2
    i, f, o, g = np.hsplit(gates, 4)
    next_c = f * prev_c + i * g
    return o * np.tanh(next_c), next_c, (s, W, prev_c, gates, np.tanh(next_c))


def lstm_step_backward(dnext_h, dnext_c, cache):
    s, W, prev_c, gates, tanh_c = cache
    H = prev_c.shape[1]
    i, f, o, g = np.hsplit(gates, 4)
    dc = dnext_c + dnext_h * o - dnext_h * o * tanh_c**2
    slopes = np.hstack([gates[:, : 3 * H] * (1 - gates[:, : 3 * H]), 1 - g**2])
    da = np.hstack([dc * g, dc * prev_c, dnext_h * tanh_c, dc * i]) * slopes
    ds, dW = da @ W.T, s.T @ da
    return ds[:, H:-1], ds[:, :H], dc * f, dW[H:-1], dW[:H], dW[-1]


def lstm_forward(x, h0, Wx, Wh, b):
    T = x.shape[1]
    both = np.concatenate([h0, np.zeros_like(h0)], axis=1)  # [h, c] travel together
    states, cache = np.empty((T, *both.shape)), []
    for t in range(T):
        h_t, c_t = np.hsplit(both, 2)
        h_t, c_t, step = lstm_step_forward(x[:, t], h_t, c_t, Wx, Wh, b)
        states[t] = both = np.hstack((h_t, c_t))
        cache.append(step)
    return states.transpose(1, 0, 2)[:, :, : h0.shape[1]], cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    dxs, dW = [], np.zeros_like(cache[0][1])
    both = np.zeros((N, 2 * H))
    for t in reversed(range(T)):
        both[:, :H] += dh[:, t]
        dx_t, dh_t, dc_t, dWx, dWh, db = lstm_step_backward(both[:, :H], both[:, H:], cache[t])
        both = np.hstack([dh_t, dc_t])
        dW += np.vstack([dWh, dWx, db])
        dxs.append(dx_t)
    return np.stack(dxs[::-1], axis=1), both[:, :H], dW[H:-1], dW[:H], dW[-1]


def concat_W(Wx, Wh):
    return np.vstack((Wh, Wx))


def pack_gates(U, W, order):
    stacked = np.concatenate([W, U], axis=1)  # (4, H + D, H), rows as in the notation [h, x]
    wide = np.hstack([stacked[order.index(gate)] for gate in "ifog"])
    H = W.shape[1]
    return wide[H:], wide[:H]


def unpack_gates(Wx, Wh, order):
    H = Wh.shape[0]
    wide = concat_W(Wx, Wh)
    stacked = np.array(np.hsplit(wide, 4))[["ifog".index(gate) for gate in order]]
    return stacked[:, H:], stacked[:, :H]


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    H = dJ_dh.size
    # One long row of Jacobians times one tall column of derivatives.
    jacobians = np.hstack([dh_dC, dh_dC @ dC_dCprev, dh_dhprev])
    derivatives = np.concatenate([dC_dW, dCprev_dW, dhprev_dW]).reshape(3 * H, H * H)
    return (dJ_dh @ jacobians @ derivatives).reshape(H, H)


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    H = prev_h.shape[1]
    W = np.vstack([Wh, Wx, b])
    s = row(prev_h, x)
    r, z = np.hsplit(1 / (1 + np.exp(-np.clip(s @ W[:, : 2 * H], -700, 700))), 2)
    if reset_after:
        n = np.tanh(s[:, H:] @ W[H:, 2 * H :] + r * (prev_h @ W[:H, 2 * H :]))
    else:
        n = np.tanh(row(r * prev_h, x) @ W[:, 2 * H :])
    return n - z * n + z * prev_h, [s, W, r, z, n, reset_after]


def gru_step_backward(dnext_h, cache):
    s, W, r, z, n, reset_after = cache
    H = r.shape[1]
    h, V = s[:, :H], W[:, 2 * H :]
    dn = dnext_h * (1 - z) * (1 - n**2)
    dW = np.zeros_like(W)
    if reset_after:
        down = np.hstack([(dn * r) @ V[:H].T, dn @ V[H:].T])
        dr = dn * (h @ V[:H])
        dW[:, 2 * H :] = np.vstack([h.T @ (dn * r), s[:, H:].T @ dn])
    else:
        down = dn @ V.T
        dr = down[:, :H] * h
        down[:, :H] *= r
        dW[:, 2 * H :] = np.hstack([r * h, s[:, H:]]).T @ dn
    drz = np.hstack([dr * r * (1 - r), dnext_h * (h - n) * z * (1 - z)])
    down += drz @ W[:, : 2 * H].T
    down[:, :H] += dnext_h * z
    dW[:, : 2 * H] = s.T @ drz
    return down[:, H:-1], down[:, :H], dW[H:-1], dW[:H], dW[-1]


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    h, cache = h0[:, None], []
    for x_t in x.transpose(1, 0, 2):
        h_t, step = gru_step_forward(x_t, h[:, -1], Wx, Wh, b, reset_after=reset_after)
        h = np.concatenate([h, h_t[:, None]], axis=1)
        cache.append(step)
    return h[:, 1:], cache


def gru_backward(dh, cache):
    H = dh.shape[2]
    dx, g, dW = dh[:, :0, :0], np.zeros(dh.shape[::2]), 0
    for t in range(len(cache) - 1, -1, -1):
        dx_t, g, *parts = gru_step_backward(dh[:, t] + g, cache[t])
        dx = np.concatenate([dx_t[:, None], dx], axis=1) if dx.size else dx_t[:, None]
        dW = dW + np.vstack([parts[1], parts[0], parts[2]])
    return dx, g, dW[H:-1], dW[:H], dW[-1]
