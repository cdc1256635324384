"""Time first and features first: products with the inputs of all steps at once, outputs that are transposed views."""

import numpy as np


def sigmoid(a):
    return (np.tanh(0.5 * a) + 1) * 0.5


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = Wx.T @ x.T + Wh.T @ prev_h.T + b[:, None]  # (4H, N): an example is a column
    i, f, o, g = a.reshape(4, -1, len(x))
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * prev_c.T + i * g
    return (o * np.tanh(c)).T, c.T, (x.T, prev_h.T, prev_c.T, Wx, Wh, i, f, o, g, c)


def lstm_slopes(dh, dc, prev_c, i, f, o, g, c):
    """Gradients of the sums in the four gates, stacked in front, and of the cell state before."""
    tanh_c = np.tanh(c)
    dc = dc + dh * o * (1 - tanh_c**2)
    return np.stack(
        [dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)]
    ), dc * f


def lstm_step_backward(dnext_h, dnext_c, cache):
    xT, hT, cT, Wx, Wh, *gates = cache
    da, dprev_c = lstm_slopes(dnext_h.T, dnext_c.T, cT, *gates)
    da = da.reshape(-1, da.shape[2])
    return (Wx @ da).T, (Wh @ da).T, dprev_c.T, (da @ xT.T).T, (da @ hT.T).T, da @ np.ones(da.shape[1])


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    a = (x.transpose(1, 0, 2).reshape(T * N, D) @ Wx + b).reshape(T, N, 4 * H)
    h, c, gates = np.zeros((T + 1, N, H)), np.zeros((T + 1, N, H)), np.zeros((T, 4, N, H))
    h[0] = h0
    for t in range(T):
        s = (a[t] + h[t] @ Wh).reshape(N, 4, H).swapaxes(0, 1)
        gates[t, :3], gates[t, 3] = sigmoid(s[:3]), np.tanh(s[3])
        i, f, o, g = gates[t]
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return h[1:].transpose(1, 0, 2), (x, Wx, Wh, h, c, gates)


def lstm_backward(dh, cache):
    x, Wx, Wh, h, c, gates = cache
    N, T, H = dh.shape
    da = np.zeros((T, N, 4 * H))
    g_h, g_c = np.zeros((N, H)), np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        slopes, g_c = lstm_slopes(dh[:, t] + g_h, g_c, c[t], *gates[t], c[t + 1])
        da[t] = slopes.swapaxes(0, 1).reshape(N, 4 * H)
        g_h = da[t] @ Wh.T
    flat = da.reshape(T * N, 4 * H)
    dx = (flat @ Wx.T).reshape(T, N, -1).transpose(1, 0, 2)
    dWx = x.transpose(1, 0, 2).reshape(T * N, -1).T @ flat
    dWh = h[:-1].reshape(T * N, H).T @ flat
    return dx, g_h, dWx, dWh, flat.sum(axis=0)


def concat_W(Wx, Wh):
    return np.hstack([Wh.T, Wx.T]).T


def pack_gates(U, W, order):
    places = [order.index(gate) for gate in "ifog"]
    return tuple(M[places].transpose(1, 0, 2).reshape(M.shape[1], -1) for M in (U, W))


def unpack_gates(Wx, Wh, order):
    places = ["ifog".index(gate) for gate in order]
    H = Wh.shape[0]
    return tuple(M.T.reshape(4, H, -1)[places].swapaxes(1, 2) for M in (Wx, Wh))


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    last = [np.moveaxis(array, 0, 2) for array in (dC_dW, dCprev_dW, dhprev_dW)]  # what is differentiated, last
    dC = last[0] + last[1] @ dC_dCprev.T
    return (dC @ dh_dC.T + last[2] @ dh_dhprev.T) @ dJ_dh


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    H = prev_h.shape[1]
    h, ax, U = prev_h.T, Wx.T @ x.T + b.reshape(-1, 1), Wh.T
    r, z = sigmoid((ax[: 2 * H] + U[: 2 * H] @ h).reshape(2, H, -1))
    n = np.tanh(ax[2 * H :] + (r * (U[2 * H :] @ h) if reset_after else U[2 * H :] @ (r * h)))
    return (n - z * n + z * h).T, (x, h, Wx, U, r, z, n, reset_after)


def gru_step_backward(dnext_h, cache):
    x, h, Wx, U, r, z, n, reset_after = cache
    H, up = len(h), dnext_h.T
    dn = up * (1 - z) * (1 - n**2)
    inner = dn * r if reset_after else dn  # gradient of the product with U's last block
    seen = h if reset_after else r * h  # and what that block was multiplied by
    through = U[2 * H :].T @ inner
    dr = dn * (U[2 * H :] @ h) if reset_after else through * h
    drz = np.vstack([dr * r * (1 - r), up * (h - n) * z * (1 - z)])
    dprev_h = up * z + U[: 2 * H].T @ drz + (through if reset_after else through * r)
    da = np.vstack([drz, dn])
    dU = np.vstack([drz @ h.T, inner @ seen.T])
    return (Wx @ da).T, dprev_h.T, (da @ x).T, dU.T, da.sum(axis=1)


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    N, T, D = x.shape
    H = h0.shape[1]
    ax = np.tensordot(np.moveaxis(x, 1, 0), Wx, axes=1) + b
    h, gates = np.empty((T + 1, N, H)), np.empty((T, 3, N, H))
    h[0] = h0
    for t in range(T):
        r, z = sigmoid(ax[t, :, : 2 * H] + h[t] @ Wh[:, : 2 * H]).reshape(N, 2, H).swapaxes(0, 1)
        V = Wh[:, 2 * H :]
        n = np.tanh(ax[t, :, 2 * H :] + (r * (h[t] @ V) if reset_after else (r * h[t]) @ V))
        gates[t] = r, z, n
        h[t + 1] = n + z * (h[t] - n)
    return np.moveaxis(h[1:], 0, 1), (x, Wx, Wh, h, gates, reset_after)


def gru_backward(dh, cache):
    x, Wx, Wh, h, gates, reset_after = cache
    N, T, H = dh.shape
    V = Wh[:, 2 * H :]
    da, inner = np.empty((T, N, 3 * H)), np.empty((T, N, H))
    g = np.zeros((N, H))
    for t in reversed(range(T)):
        r, z, n = gates[t]
        up = dh[:, t] + g
        dn = up * (1 - z) * (1 - n**2)
        inner[t] = dn * r if reset_after else dn
        through = inner[t] @ V.T
        dr = dn * (h[t] @ V) if reset_after else through * h[t]
        da[t] = np.hstack([dr * r * (1 - r), up * (h[t] - n) * z * (1 - z), dn])
        g = up * z + da[t, :, : 2 * H] @ Wh[:, : 2 * H].T + (through if reset_after else through * r)
    seen = h[:-1] if reset_after else gates[:, 0] * h[:-1]
    dWh_rz = np.tensordot(h[:-1], da[:, :, : 2 * H], axes=((0, 1), (0, 1)))
    dWh = np.hstack([dWh_rz, np.tensordot(seen, inner, axes=((0, 1), (0, 1)))])
    dWx = np.tensordot(x, da, axes=((1, 0), (0, 1)))
    return np.moveaxis(da @ Wx.T, 0, 1), g, dWx, dWh, da.sum(axis=(0, 1))
