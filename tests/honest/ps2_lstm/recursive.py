"""Recursion instead of loops: the rest of a sequence is a shorter sequence, a minibatch is two smaller ones."""

import numpy as np


def sigmoid(a):
    return np.reciprocal(1 + np.exp(np.minimum(-a, 500)))


def added(left, right):
    return [a + b for a, b in zip(left, right, strict=True)]


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    if len(x) > 1:
        half = len(x) // 2
        parts = [
            lstm_step_forward(x[rows], prev_h[rows], prev_c[rows], Wx, Wh, b)
            for rows in (slice(None, half), slice(half, None))
        ]
        h, c, caches = zip(*parts, strict=True)
        return np.vstack(h), np.vstack(c), caches
    i, f, o, g = (x[0] @ Wx + prev_h[0] @ Wh + b).reshape(4, -1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * prev_c[0] + i * g
    return (o * np.tanh(c))[None], c[None], (x[0], prev_h[0], prev_c[0], Wx, Wh, (i, f, o, g, c))


def lstm_step_backward(dnext_h, dnext_c, cache):
    if len(dnext_h) > 1:
        half = len(dnext_h) // 2
        low = lstm_step_backward(dnext_h[:half], dnext_c[:half], cache[0])
        high = lstm_step_backward(dnext_h[half:], dnext_c[half:], cache[1])
        return *(np.vstack(pair) for pair in zip(low[:3], high[:3], strict=True)), *added(low[3:], high[3:])
    x, h, prev_c, Wx, Wh, (i, f, o, g, c) = cache
    dc = dnext_c[0] + dnext_h[0] * o / np.cosh(c) ** 2
    di, df, do, dg = dc * g, dc * prev_c, dnext_h[0] * np.tanh(c), dc * i
    da = np.ravel([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)])
    grads = (Wx.dot(da), Wh.dot(da), dc * f)
    return *(grad[None] for grad in grads), x[:, None] * da, h[:, None] * da, da


def lstm_run(x, h, c, Wx, Wh, b):
    if x.shape[1] == 0:
        return [], None
    h, c, step = lstm_step_forward(x[:, 0], h, c, Wx, Wh, b)
    later, rest = lstm_run(x[:, 1:], h, c, Wx, Wh, b)
    return [h, *later], (step, rest)


def lstm_forward(x, h0, Wx, Wh, b):
    states, cache = lstm_run(x, h0, np.zeros_like(h0), Wx, Wh, b)
    return np.stack(states, axis=1), cache


def lstm_back(dh, cache):
    """Gradients of the inputs of all steps, of both states before them, and the sums."""
    step, rest = cache
    if rest is None:
        dx, g_h, g_c, *sums = lstm_step_backward(dh[:, 0], np.zeros_like(dh[:, 0]), step)
        return [dx], g_h, g_c, sums
    dxs, g_h, g_c, sums = lstm_back(dh[:, 1:], rest)
    dx, g_h, g_c, *more = lstm_step_backward(dh[:, 0] + g_h, g_c, step)
    return [dx, *dxs], g_h, g_c, added(sums, more)


def lstm_backward(dh, cache):
    dxs, dh0, _, sums = lstm_back(dh, cache)
    return np.stack(dxs, axis=1), dh0, *sums


def concat_W(Wx, Wh):
    if len(Wh) == 0:
        return Wx
    return np.concatenate([Wh[:1], concat_W(Wx, Wh[1:])])


def pack_gates(U, W, order, gates="ifog"):
    k = order.index(gates[0])
    if len(gates) == 1:
        return U[k], W[k]
    Wx, Wh = pack_gates(U, W, order, gates[1:])
    return np.hstack([U[k], Wx]), np.hstack([W[k], Wh])


def unpack_gates(Wx, Wh, order):
    first, rest, H = order[0], order[1:], len(Wh)
    start = "ifog".index(first) * H
    U, W = Wx[None, :, start : start + H], Wh[None, :, start : start + H]
    if not rest:
        return U, W
    others_U, others_W = unpack_gates(Wx, Wh, rest)
    return np.concatenate([U, others_U]), np.concatenate([W, others_W])


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    def follow(vector, *road):
        """vector, then Jacobians, then an array of three axes."""
        if len(road) == 1:
            return (road[0].T @ vector).T
        return follow(vector @ road[0], *road[1:])

    into_C = follow(dJ_dh, dh_dC, dC_dW) + follow(dJ_dh, dh_dC, dC_dCprev, dCprev_dW)
    return into_C + follow(dJ_dh, dh_dhprev, dhprev_dW)


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    if len(x) > 1:
        head, head_cache = gru_step_forward(x[:1], prev_h[:1], Wx, Wh, b, reset_after=reset_after)
        tail, tail_cache = gru_step_forward(x[1:], prev_h[1:], Wx, Wh, b, reset_after=reset_after)
        return np.append(head, tail, axis=0), [head_cache, tail_cache]
    h = prev_h[0]
    H = h.size
    ax = x[0] @ Wx + b
    rz = sigmoid(ax[: 2 * H] + h @ Wh[:, : 2 * H])
    r, z = rz[:H], rz[H:]
    n = np.tanh(ax[2 * H :] + (r * (h @ Wh[:, 2 * H :]) if reset_after else (h * r) @ Wh[:, 2 * H :]))
    return ((1 - z) * n + z * h)[np.newaxis], [x[0], h, Wx, Wh, r, z, n, reset_after]


def gru_step_backward(dnext_h, cache):
    if len(dnext_h) > 1:
        dx, dprev_h, *sums = gru_step_backward(dnext_h[:1], cache[0])
        dx_tail, dprev_h_tail, *more = gru_step_backward(dnext_h[1:], cache[1])
        return np.append(dx, dx_tail, axis=0), np.append(dprev_h, dprev_h_tail, axis=0), *added(sums, more)
    x, h, Wx, Wh, r, z, n, reset_after = cache
    up, H = dnext_h[0], h.size
    V = Wh[:, 2 * H :]
    dn = up * (1 - z) * (1 - n * n)
    into_r, into_h, dV = (
        (dn * (h @ V), V @ (dn * r), h[:, None] * (dn * r))
        if reset_after
        else ((V @ dn) * h, (V @ dn) * r, (h * r)[:, None] * dn)
    )
    drz = np.concatenate([into_r * r * (1 - r), up * (h - n) * z * (1 - z)])
    da = np.concatenate([drz, dn])
    dprev_h = up * z + into_h + Wh[:, : 2 * H] @ drz
    return (Wx @ da)[None], dprev_h[None], x[:, None] * da, np.hstack([h[:, None] * drz, dV]), da


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    N, T, D = x.shape
    if T == 0:
        return np.zeros((N, 0, h0.shape[1])), ()
    before, cache = gru_forward(x[:, :-1], h0, Wx, Wh, b, reset_after=reset_after)
    last = before[:, -1] if T > 1 else h0
    h_t, step = gru_step_forward(x[:, -1], last, Wx, Wh, b, reset_after=reset_after)
    return np.concatenate([before, h_t[:, None]], axis=1), (cache, step)


def gru_backward(dh, cache):
    earlier, step = cache
    dx, g, *sums = gru_step_backward(dh[:, -1], step)
    if not earlier:
        return dx[:, None], g, *sums
    dh = dh[:, :-1].copy()
    dh[:, -1] += g
    dxs, dh0, *more = gru_backward(dh, earlier)
    return np.concatenate([dxs, dx[:, None]], axis=1), dh0, *added(more, sums)
