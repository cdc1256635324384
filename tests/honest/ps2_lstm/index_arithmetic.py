"""Index arithmetic: one flat buffer of gates with offsets, masks for the sigmoid, while loops that count down."""

import numpy as np


def sigmoid(a):
    y = np.empty_like(a)
    positive = a >= 0
    y[positive] = 1 / (1 + np.exp(-a[positive]))
    e = np.exp(a[~positive])
    y[~positive] = e / (1 + e)
    return y


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    N, H = prev_h.shape
    column = np.arange(4 * H)
    a = x @ Wx + prev_h @ Wh + b
    gates = np.where(column // H < 3, sigmoid(a), np.tanh(a))
    I, F, O, G = np.split(column, 4)  # noqa: E741
    next_c = gates[:, F] * prev_c + gates[:, I] * gates[:, G]
    return gates[:, O] * np.tanh(next_c), next_c, (x, prev_h, prev_c, Wx, Wh, gates, next_c, (I, F, O, G))


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, gates, next_c, (I, F, O, G) = cache  # noqa: E741
    tanh_c = np.tanh(next_c)
    dc = dnext_c + dnext_h * gates[:, O] * (1 - np.power(tanh_c, 2))
    da = gates * (1 - gates)
    da[:, G] = 1 - gates[:, G] ** 2
    for columns, factor in ((I, dc * gates[:, G]), (F, dc * prev_c), (O, dnext_h * tanh_c), (G, dc * gates[:, I])):
        da[:, columns] *= factor
    N, D = x.shape
    rows = np.concatenate([x, prev_h], axis=1).T @ da
    back = da @ np.concatenate([Wx, Wh]).T
    return back[:, :D], back[:, D:], dc * gates[:, F], rows[:D], rows[D:], np.einsum("nk->k", da)


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h, c = np.zeros((N, T + 1, Wh.shape[0])), np.zeros((N, T + 1, Wh.shape[0]))
    h[:, -1] = h0  # the extra entry at the end is the one with index -1, the state before step 0
    cache, t = [None] * T, 0
    while t < T:
        h[:, t], c[:, t], cache[t] = lstm_step_forward(x[:, t], h[:, t - 1].copy(), c[:, t - 1].copy(), Wx, Wh, b)
        t += 1
    return h[:, :T].copy(order="F"), cache


def lstm_backward(dh, cache):
    t = len(cache) - 1
    g = dh[:, t]
    dx_t, g, g_c, dWx, dWh, db = lstm_step_backward(g, np.zeros(g.shape), cache[t])
    dx = np.zeros((dh.shape[0], dh.shape[1], dx_t.shape[1]), order="F")
    dx[:, t] = dx_t
    while t > 0:
        t -= 1
        dx[:, t], g, g_c, dWx_t, dWh_t, db_t = lstm_step_backward(g + dh[:, t], g_c, cache[t])
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return dx, g, dWx, dWh, db


def concat_W(Wx, Wh):
    H, D = Wh.shape[0], Wx.shape[0]
    row = np.arange(H + D)
    return np.where((row < H)[:, None], Wh[row % H], Wx[(row - H) % D])


def pack_gates(U, W, order):
    H = U.shape[2]
    column = np.arange(4 * H)
    gate = np.array([order.find(letter) for letter in "ifog"])[column // H]
    return U[gate, :, column % H].T, W[gate, :, column % H].T


def unpack_gates(Wx, Wh, order):
    H = Wh.shape[0]
    start = np.array(["ifog".find(letter) * H for letter in order])
    columns = start[:, None] + np.arange(H)  # (4, H)
    return Wx[:, columns].transpose(1, 0, 2), np.take(Wh, columns, axis=1).transpose(1, 0, 2)


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    dC = dC_dW + np.diag(dC_dCprev)[:, None, None] * dCprev_dW  # elementwise gates have diagonal Jacobians
    down = dJ_dh * np.diag(dh_dC)
    onwards = dh_dhprev.T @ dJ_dh
    dW, k = np.zeros(dC.shape[1:]), len(dJ_dh)
    while k:
        k -= 1
        dW += down[k] * dC[k] + onwards[k] * dhprev_dW[k]
    return dW


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    H = prev_h.shape[1]
    a, c = x @ Wx + b, prev_h @ Wh
    rz = sigmoid((a + c)[:, :-H])
    r, z = rz[:, 0:H], rz[:, H:]
    if not reset_after:
        c[:, -H:] = (r * prev_h) @ Wh[:, -H:]
    scale = r if reset_after else np.ones_like(r)
    n = np.tanh(a[:, -H:] + scale * c[:, -H:])
    return z * prev_h + (1 - z) * n, (x, prev_h, Wx, Wh, rz, n, c[:, -H:], reset_after)


def gru_step_backward(dnext_h, cache):
    x, h, Wx, Wh, rz, n, product, reset_after = cache
    N, H = h.shape
    r, z = rz[:, 0:H], rz[:, H:]
    mode = int(reset_after)
    da = np.zeros((N, 3 * H))
    da[:, H : 2 * H] = dnext_h * (h - n) * z * (1 - z)
    da[:, 2 * H :] = dnext_h * (1 - z) * (1 - n**2)
    dn = da[:, -H:] * (1, r)[mode]  # gradient of the product with the last block
    through = dn @ Wh[:, -H:].T
    da[:, :H] = (through * h, da[:, -H:] * product)[mode] * r * (1 - r)
    dh = dnext_h * z + through * (r, 1)[mode] + da[:, :-H] @ Wh[:, :-H].T
    dWh = np.zeros(Wh.shape)
    dWh[:, :-H] = h.T @ da[:, :-H]
    dWh[:, -H:] = (h * (r, 1)[mode]).T @ dn
    return da @ Wx.T, dh, x.T @ da, dWh, np.ones(N) @ da


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    N, T, D = x.shape
    h, cache, t = np.zeros((N, T, Wh.shape[0]), order="F"), [], -1
    while (t := t + 1) < T:
        before = h[:, t - 1] if t > 0 else h0
        h[:, t], step = gru_step_forward(x[:, t], before, Wx, Wh, b, reset_after=reset_after)
        cache = [step] + cache  # newest first
    return h, cache


def gru_backward(dh, cache):
    T = len(cache)
    dx, g, dWx, dWh, db = [], np.zeros(dh[:, 0].shape), 0, 0, 0
    for age, step in enumerate(cache):
        dx_t, g, dWx_t, dWh_t, db_t = gru_step_backward(dh[:, T - 1 - age] + g, step)
        dx = [dx_t] + dx
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return np.concatenate(dx, axis=1).reshape(*dh.shape[:2], -1), g, dWx, dWh, db
