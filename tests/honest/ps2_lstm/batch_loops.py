"""One example at a time: vectors inside, outer products for the weights, whole sequences before the next example."""

import numpy as np


def sigmoid(a):
    return np.exp(-np.logaddexp(0, -a))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    N, H = prev_h.shape
    next_h, next_c, examples = np.zeros((N, H)), np.zeros((N, H)), []
    for n in range(N):
        a = x[n] @ Wx + prev_h[n] @ Wh + b
        i, f, o = sigmoid(a[:H]), sigmoid(a[H : 2 * H]), sigmoid(a[2 * H : 3 * H])
        g = np.tanh(a[3 * H :])
        next_c[n] = f * prev_c[n] + i * g
        next_h[n] = o * np.tanh(next_c[n])
        examples.append((x[n], prev_h[n], prev_c[n], i, f, o, g, np.tanh(next_c[n])))
    return next_h, next_c, (examples, Wx, Wh)


def lstm_step_backward(dnext_h, dnext_c, cache):
    examples, Wx, Wh = cache
    dx, dprev_h, dprev_c = [], [], []
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(Wx.shape[1])
    for n, (x, prev_h, prev_c, i, f, o, g, tanh_c) in enumerate(examples):
        dc = dnext_c[n] + dnext_h[n] * o * (1 - tanh_c) * (1 + tanh_c)
        da = np.hstack([dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h[n] * tanh_c * o * (1 - o)])
        da = np.hstack([da, dc * i * (1 - g * g)])
        dx.append(Wx @ da)
        dprev_h.append(Wh @ da)
        dprev_c.append(dc * f)
        dWx += np.outer(x, da)
        dWh += np.outer(prev_h, da)
        db += da
    return np.array(dx), np.array(dprev_h), np.array(dprev_c), dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h, cache = np.zeros((N, T, h0.shape[1])), []
    for n in range(N):
        h_t, c_t = h0[n : n + 1], np.zeros((1, h0.shape[1]))
        cache.append([])
        for t in range(T):
            h_t, c_t, step = lstm_step_forward(x[n : n + 1, t], h_t, c_t, Wx, Wh, b)
            h[n, t] = h_t[0]
            cache[n].append(step)
    return h, cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    dx, dh0, total = [], np.zeros((N, H)), None
    for n in range(N):
        g_h, g_c, rows = np.zeros((1, H)), np.zeros((1, H)), []
        for t in range(T - 1, -1, -1):
            row, g_h, g_c, *shared = lstm_step_backward(g_h + dh[n, t], g_c, cache[n][t])
            rows = [row[0], *rows]
            total = shared if total is None else [u + v for u, v in zip(total, shared, strict=True)]
        dx.append(rows)
        dh0[n] = g_h[0]
    return np.array(dx), dh0, total[0], total[1], total[2]


def concat_W(Wx, Wh):
    W = []
    for row in Wh:
        W.append(row)
    for row in Wx:
        W.append(row)
    return np.array(W)


def pack_gates(U, W, order):
    D, H = U.shape[1:]
    Wx, Wh = np.zeros((D, 4 * H)), np.zeros((H, 4 * H))
    for k in range(4):
        place = "ifog".find(order[k])
        for d in range(D):
            Wx[d, place * H : (place + 1) * H] = U[k, d]
        for j in range(H):
            Wh[j, place * H : (place + 1) * H] = W[k, j]
    return Wx, Wh


def unpack_gates(Wx, Wh, order):
    H = len(Wh)
    U, W = [], []
    for letter in order:
        start = "ifog".find(letter) * H
        U.append([row[start : start + H] for row in Wx])
        W.append([row[start : start + H] for row in Wh])
    return np.array(U), np.array(W)


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    H = len(dJ_dh)
    dW = np.zeros((H, H))
    for p in range(H):
        for q in range(H):  # one weight at a time: a chain of vectors
            dC = dC_dW[:, p, q] + dC_dCprev @ dCprev_dW[:, p, q]
            dW[p, q] = dJ_dh @ (dh_dC @ dC + dh_dhprev @ dhprev_dW[:, p, q])
    return dW


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    H = prev_h.shape[1]
    next_h, examples = np.zeros(prev_h.shape), []
    for n in range(len(x)):
        ax, ah = x[n] @ Wx + b, prev_h[n] @ Wh
        r, z = sigmoid(ax[:H] + ah[:H]), sigmoid(ax[H : 2 * H] + ah[H : 2 * H])
        inner = r * ah[2 * H :] if reset_after else (r * prev_h[n]) @ Wh[:, 2 * H :]
        cand = np.tanh(ax[2 * H :] + inner)
        next_h[n] = cand + z * (prev_h[n] - cand)
        examples.append((x[n], prev_h[n], r, z, cand))
    return next_h, (examples, Wx, Wh, reset_after)


def gru_step_backward(dnext_h, cache):
    examples, Wx, Wh, reset_after = cache
    H = len(Wh)
    Whr, Whz, Whn = Wh[:, :H], Wh[:, H : 2 * H], Wh[:, 2 * H :]
    dx, dprev_h = [], []
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(3 * H)
    for n, (x, h, r, z, cand) in enumerate(examples):
        dn = dnext_h[n] * (1 - z) * (1 - cand**2)
        dz = dnext_h[n] * (h - cand) * z * (1 - z)
        if reset_after:
            dr = dn * (h @ Whn) * r * (1 - r)
            dh = Whn @ (dn * r)
            dWh[:, 2 * H :] += np.outer(h, dn * r)
        else:
            dr = (Whn @ dn) * h * r * (1 - r)
            dh = (Whn @ dn) * r
            dWh[:, 2 * H :] += np.outer(h * r, dn)
        dWh[:, :H] += np.outer(h, dr)
        dWh[:, H : 2 * H] += np.outer(h, dz)
        da = np.hstack([dr, dz, dn])
        dWx += np.outer(x, da)
        db += da
        dx.append(Wx @ da)
        dprev_h.append(dh + Whr @ dr + Whz @ dz + z * dnext_h[n])
    return np.array(dx), np.array(dprev_h), dWx, dWh, db


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    h, cache = [], []
    for n in range(len(x)):
        states, caches, state = [], [], h0[n : n + 1]
        for x_t in x[n]:
            state, step = gru_step_forward(x_t[None], state, Wx, Wh, b, reset_after=reset_after)
            states.append(state[0])
            caches.append(step)
        h.append(states)
        cache.append(caches)
    return np.array(h), cache


def gru_backward(dh, cache):
    dx, dh0 = [], np.zeros(dh[:, 0].shape)
    dWx, dWh, db = 0.0, 0.0, 0.0
    for n, caches in enumerate(cache):
        g, rows = np.zeros((1, dh.shape[2])), []
        for dh_t, step in zip(dh[n][::-1], caches[::-1], strict=True):
            row, g, dWx_t, dWh_t, db_t = gru_step_backward(dh_t + g, step)
            rows.append(row[0])
            dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
        dx.append(rows[::-1])
        dh0[n] = g[0]
    return np.array(dx), dh0, dWx, dWh, db
