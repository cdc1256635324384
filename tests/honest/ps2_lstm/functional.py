"""Functions all the way: reduce, accumulate, zip and comprehensions; caches that are closures; lists returned."""

from functools import partial, reduce
from itertools import accumulate
from operator import add

import numpy as np


def sigmoid(a):
    return np.tanh(a / 2) / 2 + 1 / 2


def columns(array, gates):
    return np.split(array, gates, axis=-1)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    squash = (sigmoid, sigmoid, sigmoid, np.tanh)
    blocks = zip(squash, *(columns(part, 4) for part in (x @ Wx, prev_h @ Wh, b)), strict=True)
    i, f, o, g = (act(reduce(add, parts)) for act, *parts in blocks)
    next_c = sum(np.multiply(*pair) for pair in ((f, prev_c), (i, g)))
    tanh_c = np.tanh(next_c)

    def back(dnext_h, dnext_c):
        dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
        up, slopes = (dc * g, dc * prev_c, dnext_h * tanh_c, dc * i), (i - i**2, f - f**2, o - o**2, 1 - g**2)
        da = np.concatenate(list(map(np.multiply, up, slopes)), axis=1)
        through = [da @ W.T for W in (Wx, Wh)]
        return [*through, dc * f, *(s.T @ da for s in (x, prev_h)), reduce(add, da)]

    return [o * tanh_c, next_c, back]


def lstm_step_backward(dnext_h, dnext_c, cache):
    return cache(dnext_h, dnext_c)


def lstm_forward(x, h0, Wx, Wh, b):
    step = partial(lstm_step_forward, Wx=Wx, Wh=Wh, b=b)
    first = [h0, np.zeros_like(h0), None]
    steps = accumulate(x.swapaxes(0, 1), lambda s, x_t: step(x=x_t, prev_h=s[0], prev_c=s[1]), initial=first)
    h, _, cache = zip(*list(steps)[1:], strict=True)
    return np.stack(h, axis=1), cache


def lstm_backward(dh, cache):
    def back(later, now):
        dh_t, step_cache = now
        return lstm_step_backward(cache=step_cache, dnext_c=later[2], dnext_h=dh_t + later[1])

    nothing = np.zeros(dh[:, 0].shape)
    pairs = list(zip(dh.swapaxes(0, 1), cache, strict=True))[::-1]
    _, *steps = accumulate(pairs, back, initial=[None, nothing, nothing])
    dx, dh, _, *shared = zip(*steps, strict=True)
    return np.stack(dx[::-1], axis=1), dh[-1], *(reduce(add, grads) for grads in shared)


def concat_W(Wx, Wh):
    return np.array([*Wh, *Wx])


def pack_gates(U, W, order):
    def pack(parts):
        return np.hstack([part for _, part in sorted(zip(order, parts, strict=True), key=lambda p: "ifog".find(p[0]))])

    return pack(U), pack(W)


def unpack_gates(Wx, Wh, order):
    return [np.stack(list(map(dict(zip("ifog", columns(M, 4), strict=True)).get, order))) for M in (Wx, Wh)]


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    def chain(*factors):
        return reduce(lambda left, right: np.tensordot(left, right, axes=1), factors)

    roads = ((dh_dC, dC_dW), (dh_dC, dC_dCprev, dCprev_dW), (dh_dhprev, dhprev_dW))
    return sum(chain(dJ_dh, *road) for road in roads)


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    (Vr, Vz, Vn), (ar, az, an) = columns(Wh, 3), columns(x @ Wx + b, 3)
    r, z = (sigmoid(a + prev_h @ V) for a, V in ((ar, Vr), (az, Vz)))
    n = np.tanh(an + ((lambda: r * (prev_h @ Vn)) if reset_after else (lambda: (r * prev_h) @ Vn))())

    def back_after(dn):
        return dn * (prev_h @ Vn), (dn * r) @ Vn.T, prev_h.T @ (dn * r)

    def back_before(dn):
        return (dn @ Vn.T) * prev_h, (dn @ Vn.T) * r, (r * prev_h).T @ dn

    def back(dnext_h):
        dn = dnext_h * (1 - z) * (1 - n**2)
        dr, dh_n, dVn = (back_after if reset_after else back_before)(dn)
        da = [dr * r * (1 - r), dnext_h * (prev_h - n) * z * (1 - z), dn]
        dh = reduce(add, [d @ V.T for d, V in zip(da, (Vr, Vz), strict=False)], dnext_h * z + dh_n)
        wide = np.hstack(da)
        return (
            wide @ Wx.T,
            dh,
            x.T @ wide,
            np.hstack([prev_h.T @ d for d in da[:2]] + [dVn]),
            np.hstack([sum(d) for d in da]),
        )

    return n + z * (prev_h - n), back


def gru_step_backward(dnext_h, cache):
    return cache(dnext_h)


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    def step(states, x_t):
        return states + [gru_step_forward(x_t, states[-1][0], Wx, Wh, b, reset_after=reset_after)]

    h, cache = zip(*reduce(step, x.swapaxes(0, 1), [(h0, None)])[1:], strict=True)
    return np.stack(h, axis=1), cache


def gru_backward(dh, cache):
    def back(grads, t):
        return [gru_step_backward(dh[:, t] + (grads[0][1] if grads else 0), cache[t]), *grads]

    dx, dhs, *shared = zip(*reduce(back, reversed(range(dh.shape[1])), []), strict=True)
    return [np.stack(dx, axis=1), dhs[0], *map(sum, shared)]
