"""Plain numbers: every unit of every example by itself, with the math module and its two-branch sigmoid."""

import math

import numpy as np


def sigmoid(a):
    if a >= 0:
        return 1 / (1 + math.exp(-a))
    return math.exp(a) / (1 + math.exp(a))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    N, H = prev_h.shape
    next_h, next_c = np.zeros((N, H)), np.zeros((N, H))
    unit = {}
    for n in range(N):
        for j in range(H):
            ai, af, ao, ag = (x[n] @ Wx[:, k] + prev_h[n] @ Wh[:, k] + b[k] for k in range(j, 4 * H, H))
            i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), math.tanh(ag)
            next_c[n, j] = f * prev_c[n, j] + i * g
            next_h[n, j] = o * math.tanh(next_c[n, j])
            unit[n, j] = i, f, o, g, math.tanh(next_c[n, j])
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, unit)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, unit = cache
    H = len(Wh)
    dx, dprev_h, dprev_c = np.zeros(x.shape), np.zeros(prev_h.shape), np.zeros(prev_c.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(4 * H)
    for (n, j), (i, f, o, g, tanh_c) in unit.items():
        up = dnext_h[n, j]
        dc = dnext_c[n, j] + up * o * (1 - tanh_c**2)
        dprev_c[n, j] = dc * f
        slopes = (dc * g * i * (1 - i), dc * prev_c[n, j] * f * (1 - f), up * tanh_c * o * (1 - o), dc * i * (1 - g**2))
        for k, da in enumerate(slopes):
            column = k * H + j
            dx[n] += da * Wx[:, column]
            dprev_h[n] += da * Wh[:, column]
            dWx[:, column] += da * x[n]
            dWh[:, column] += da * prev_h[n]
            db[column] += da
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h, c = np.zeros((N, T + 1, H)), np.zeros((N, T + 1, H))  # one more: index t is the state before step t
    cache = {}
    for n in range(N):
        for j in range(H):
            h[n, 0, j] = h0[n, j]
    for t in range(T):
        h[:, t + 1], c[:, t + 1], cache[t] = lstm_step_forward(x[:, t], h[:, t], c[:, t], Wx, Wh, b)
    return h[:, 1:], cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    Wx, Wh = cache[0][3:5]
    dx = np.zeros((N, T, len(Wx)))
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(4 * H)
    g_h, g_c = np.zeros((N, H)), np.zeros((N, H))
    for back in range(1, T + 1):
        for n in range(N):
            for j in range(H):
                g_h[n, j] += dh[n, -back, j]
        step = lstm_step_backward(g_h, g_c, cache[T - back])
        dx[:, -back], g_h, g_c = step[:3]
        dWx += step[3]
        dWh += step[4]
        db += step[5]
    return dx, g_h, dWx, dWh, db


def concat_W(Wx, Wh):
    H, D = len(Wh), len(Wx)
    W = np.zeros((H + D, 4 * H))
    for row in range(H + D):
        for column in range(4 * H):
            W[row, column] = Wh[row, column] if row < H else Wx[row - H, column]
    return W


def pack_gates(U, W, order):
    places = {order[k]: k for k in range(4)}
    _, D, H = U.shape
    Wx, Wh = np.empty((D, 4 * H)), np.empty((H, 4 * H))
    for column in range(4 * H):
        block, j = divmod(column, H)
        k = places["ifog"[block]]
        for d in range(D):
            Wx[d, column] = U[k, d, j]
        for m in range(H):
            Wh[m, column] = W[k, m, j]
    return Wx, Wh


def unpack_gates(Wx, Wh, order):
    D, H = len(Wx), len(Wh)
    U, W = np.empty((4, D, H)), np.empty((4, H, H))
    for k, d, j in np.ndindex(4, D, H):
        U[k, d, j] = Wx[d, "ifog".index(order[k]) * H + j]
    for k, m, j in np.ndindex(4, H, H):
        W[k, m, j] = Wh[m, "ifog".index(order[k]) * H + j]
    return U, W


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    H = len(dJ_dh)
    dW = np.zeros((H, H))
    for p, q, a, m in np.ndindex(H, H, H, H):
        dC = dC_dW[m, p, q]
        for s in range(H):
            dC += dC_dCprev[m, s] * dCprev_dW[s, p, q]
        dW[p, q] += dJ_dh[a] * (dh_dC[a, m] * dC + dh_dhprev[a, m] * dhprev_dW[m, p, q])
    return dW


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    N, H = prev_h.shape
    r, z, cand, next_h = (np.zeros((N, H)) for _ in range(4))
    for n in range(N):
        for j in range(H):
            r[n, j] = sigmoid(x[n] @ Wx[:, j] + prev_h[n] @ Wh[:, j] + b[j])
            z[n, j] = sigmoid(x[n] @ Wx[:, H + j] + prev_h[n] @ Wh[:, H + j] + b[H + j])
        for j in range(H):
            if reset_after:
                recurrent = r[n, j] * (prev_h[n] @ Wh[:, 2 * H + j])
            else:
                recurrent = sum(r[n, m] * prev_h[n, m] * Wh[m, 2 * H + j] for m in range(H))
            cand[n, j] = math.tanh(x[n] @ Wx[:, 2 * H + j] + recurrent + b[2 * H + j])
            next_h[n, j] = (1 - z[n, j]) * cand[n, j] + z[n, j] * prev_h[n, j]
    return next_h, (x, prev_h, Wx, Wh, r, z, cand, reset_after)


def gru_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, r, z, cand, reset_after = cache
    N, H = prev_h.shape
    dx, dprev_h = np.zeros(x.shape), np.zeros((N, H))
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(3 * H)
    for n in range(N):
        da, dr = np.zeros(3 * H), np.zeros(H)
        for j in range(H):
            dprev_h[n, j] += dnext_h[n, j] * z[n, j]
            da[H + j] = dnext_h[n, j] * (prev_h[n, j] - cand[n, j]) * z[n, j] * (1 - z[n, j])
            da[2 * H + j] = dnext_h[n, j] * (1 - z[n, j]) * (1 - cand[n, j] ** 2)
            column = Wh[:, 2 * H + j]
            if reset_after:
                dr[j] = da[2 * H + j] * (prev_h[n] @ column)
                dprev_h[n] += da[2 * H + j] * r[n, j] * column
                dWh[:, 2 * H + j] += da[2 * H + j] * r[n, j] * prev_h[n]
            else:
                dr += da[2 * H + j] * column * prev_h[n]
                dprev_h[n] += da[2 * H + j] * column * r[n]
                dWh[:, 2 * H + j] += da[2 * H + j] * r[n] * prev_h[n]
        for j in range(H):
            da[j] = dr[j] * r[n, j] * (1 - r[n, j])
        for k in range(3 * H):
            if k < 2 * H:
                dprev_h[n] += da[k] * Wh[:, k]
                dWh[:, k] += da[k] * prev_h[n]
            dx[n] += da[k] * Wx[:, k]
            dWx[:, k] += da[k] * x[n]
            db[k] += da[k]
    return dx, dprev_h, dWx, dWh, db


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    h, cache = np.empty(x.shape[:2] + (len(Wh),)), {}
    for t in range(x.shape[1]):
        before = h0
        if t > 0:
            before = np.array([[h[n, t - 1, j] for j in range(len(Wh))] for n in range(len(x))])
        h[:, t], cache[t] = gru_step_forward(x[:, t], before, Wx, Wh, b, reset_after=reset_after)
    return h, cache


def gru_backward(dh, cache):
    N, T, H = dh.shape
    dx, dh0, dWx, dWh, db = [0] * T, np.zeros((N, H)), 0, 0, 0
    for t in sorted(cache, reverse=True):
        total = np.array([[dh[n, t, j] + dh0[n, j] for j in range(H)] for n in range(N)])
        dx[t], dh0, dWx_t, dWh_t, db_t = gru_step_backward(total, cache[t])
        dWx, dWh, db = dWx_t + dWx, dWh_t + dWh, db_t + db
    return np.array([[dx[t][n] for t in range(T)] for n in range(N)]), dh0, dWx, dWh, db
