"""Prints, asserts, annotates and lets exp overflow while it is graded; calls its own steps by keyword."""

import warnings
from typing import Any

import numpy as np

Array = np.ndarray
VERBOSE = True
seen: list[str] = []
np.random.seed(231)


def log(name: str, *arrays: Array) -> None:
    seen.append(name)
    if VERBOSE:
        print(f"[{len(seen)}] {name}:", *(f"{a.shape} mean {a.mean():.3f}" for a in arrays))


def sigmoid(a: Array) -> Array:
    """Overflows for large negative sums, with a warning, and is 0 there."""
    return 1 / (1 + np.exp(-a))


def lstm_step_forward(x: Array, prev_h: Array, prev_c: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Any, ...]:
    log("lstm_step_forward", x, prev_h, prev_c)
    H = Wh.shape[0]
    assert Wh.shape == (H, 4 * H), f"Wh has shape {Wh.shape}"
    activation = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    gi = sigmoid(activation[:, 0 * H : 1 * H])
    gf = sigmoid(activation[:, 1 * H : 2 * H])
    go = sigmoid(activation[:, 2 * H : 3 * H])
    gg = 2 * sigmoid(2 * activation[:, 3 * H : 4 * H]) - 1
    next_c = np.add(np.multiply(gf, prev_c), np.multiply(gi, gg))
    next_h = np.multiply(go, np.tanh(next_c))
    cache = (x.copy(), prev_h.copy(), prev_c.copy(), Wx.copy(), Wh.copy(), gi, gf, go, gg, next_c.copy())
    print("next_h =", next_h)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h: Array, dnext_c: Array, cache: tuple) -> tuple[Array, ...]:
    x, prev_h, prev_c, Wx, Wh, gi, gf, go, gg, next_c = cache
    log("lstm_step_backward", dnext_h, dnext_c)
    H = Wh.shape[0]
    dnext_c += dnext_h * go * (1 - np.tanh(next_c) ** 2)
    dactivation = np.zeros((x.shape[0], 4 * H))
    dactivation[:, 0 * H : 1 * H] = dnext_c * gg * gi * (1 - gi)
    dactivation[:, 1 * H : 2 * H] = dnext_c * prev_c * gf * (1 - gf)
    dactivation[:, 2 * H : 3 * H] = dnext_h * np.tanh(next_c) * go * (1 - go)
    dactivation[:, 3 * H : 4 * H] = dnext_c * gi * (1 - gg) * (1 + gg)
    dx = np.dot(dactivation, Wx.T)
    dprev_h = np.dot(dactivation, Wh.T)
    dprev_c = dnext_c * gf
    dWx = np.dot(x.T, dactivation)
    dWh = np.dot(prev_h.T, dactivation)
    db = np.sum(dactivation, axis=0)
    for grad, param in ((dx, x), (dprev_h, prev_h), (dprev_c, prev_c), (dWx, Wx), (dWh, Wh)):
        assert grad.shape == param.shape
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, list]:
    log("lstm_forward", x, h0)
    N, T, D = x.shape
    H = h0.shape[1]
    h, cache = np.zeros((N, T, H)), []
    prev_h, prev_c = h0, np.zeros((N, H))
    for t in range(0, T, 1):
        print("step", t, "of", T, end="\r")
        prev_h, prev_c, c = lstm_step_forward(prev_c=prev_c, prev_h=prev_h, b=b, Wh=Wh, Wx=Wx, x=x[:, t, :])
        h[:, t, :] = prev_h
        cache.append(c)
    warnings.warn("no loss yet", stacklevel=2)
    return h, cache


def lstm_backward(dh: Array, cache: list) -> tuple[Array, ...]:
    log("lstm_backward", dh)
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dWx, dWh, db = np.zeros((N, T, D)), np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros((4 * H,))
    dprevh, dprevc = np.zeros((N, H)), np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        dx[:, t, :], dprevh, dprevc, dwx, dwh, dbb = lstm_step_backward(
            dnext_h=dprevh + dh[:, t, :], dnext_c=dprevc, cache=cache[t]
        )
        dWx += dwx
        dWh += dwh
        db += dbb
    dh0 = dprevh
    assert np.isfinite(dWh).all(), "exploded"
    return dx, dh0, dWx, dWh, db


def concat_W(Wx: Array, Wh: Array) -> Array:
    log("concat_W", Wx, Wh)
    W = np.r_[Wh, Wx]
    assert W.shape[0] == sum(Wh.shape[:1] + Wx.shape[:1])
    return W


def pack_gates(U: Array, W: Array, order: str) -> tuple[Array, Array]:
    i, f, o, g = order.index("i"), order.index("f"), order.index("o"), order.index("g")
    print(f"order {order}: i={i} f={f} o={o} g={g}")
    Wx = np.concatenate((U[i], U[f], U[o], U[g]), axis=1)
    Wh = np.concatenate((W[i], W[f], W[o], W[g]), axis=1)
    log("pack_gates", Wx, Wh)
    return Wx, Wh


def unpack_gates(Wx: Array, Wh: Array, order: str) -> tuple[Array, Array]:
    H = Wh.shape[0]
    U, W = np.zeros((4, Wx.shape[0], H)), np.zeros((4, H, H))
    for k in range(4):
        if order[k] == "i":
            U[k], W[k] = Wx[:, :H], Wh[:, :H]
        elif order[k] == "f":
            U[k], W[k] = Wx[:, H : 2 * H], Wh[:, H : 2 * H]
        elif order[k] == "o":
            U[k], W[k] = Wx[:, 2 * H : 3 * H], Wh[:, 2 * H : 3 * H]
        else:
            assert order[k] == "g", f"no gate {order[k]}"
            U[k], W[k] = Wx[:, 3 * H :], Wh[:, 3 * H :]
    again = pack_gates(U, W, order)
    assert np.array_equal(again[0], Wx) and np.array_equal(again[1], Wh), "packing does not undo it"
    return U, W


def assemble_dWg(
    dh_dhprev: Array,
    dhprev_dW: Array,
    dJ_dh: Array,
    dC_dW: Array,
    dCprev_dW: Array,
    dC_dCprev: Array,
    dh_dC: Array,
    dh_do: Array,
) -> Array:
    log("assemble_dWg", dJ_dh, dh_do)
    through_cell = np.tensordot(dh_dC @ dC_dCprev, dCprev_dW, axes=(1, 0))
    through_state = np.tensordot(dh_dhprev, dhprev_dW, axes=([1], [0]))
    direct = np.tensordot(dh_dC, dC_dW, axes=([-1], [0]))
    for name, part in (("direct", direct), ("state", through_state), ("cell", through_cell)):
        print(f"{name:10s} {np.linalg.norm(part):.3e}")
    return np.sum(dJ_dh.reshape(-1, 1, 1) * (direct + through_state + through_cell), axis=0)


def gru_step_forward(x: Array, prev_h: Array, Wx: Array, Wh: Array, b: Array, *, reset_after: bool = False) -> tuple:
    log("gru_step_forward", x, prev_h)
    H = Wh.shape[0]
    r = sigmoid(np.dot(x, Wx[:, :H]) + np.dot(prev_h, Wh[:, :H]) + b[:H])
    z = sigmoid(np.dot(x, Wx[:, H : 2 * H]) + np.dot(prev_h, Wh[:, H : 2 * H]) + b[H : 2 * H])
    if reset_after is True:
        print("convention of cuDNN")
        n = np.tanh(np.dot(x, Wx[:, 2 * H :]) + b[2 * H :] + r * np.dot(prev_h, Wh[:, 2 * H :]))
    else:
        print("convention of Cho et al.")
        n = np.tanh(np.dot(x, Wx[:, 2 * H :]) + b[2 * H :] + np.dot(r * prev_h, Wh[:, 2 * H :]))
    next_h = (1 - z) * n + z * prev_h
    return next_h, (x.copy(), prev_h.copy(), Wx, Wh, b, r, z, n, reset_after)


def gru_step_backward(dnext_h: Array, cache: tuple) -> tuple[Array, ...]:
    x, prev_h, Wx, Wh, b, r, z, n, reset_after = cache
    log("gru_step_backward", dnext_h)
    H = Wh.shape[0]
    dn = dnext_h * (1 - z)
    dz = dnext_h * prev_h - dnext_h * n
    dprev_h = dnext_h * z
    dn_a = dn * (1 - n) * (1 + n)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    if reset_after:
        dr = dn_a * np.dot(prev_h, Wh[:, 2 * H :])
        dprev_h += np.dot(dn_a * r, Wh[:, 2 * H :].T)
        dWh[:, 2 * H :] = np.dot(prev_h.T, dn_a * r)
    else:
        dr = np.dot(dn_a, Wh[:, 2 * H :].T) * prev_h
        dprev_h += np.dot(dn_a, Wh[:, 2 * H :].T) * r
        dWh[:, 2 * H :] = np.dot((r * prev_h).T, dn_a)
    dx = np.dot(dn_a, Wx[:, 2 * H :].T)
    dWx[:, 2 * H :], db[2 * H :] = np.dot(x.T, dn_a), np.sum(dn_a, axis=0)
    for k, (gate, d) in enumerate([(r, dr), (z, dz)]):
        d_a = d * gate * (1 - gate)
        print("gate", k, "gradient", np.abs(d_a).max())
        part = slice(k * H, (k + 1) * H)
        dx += np.dot(d_a, Wx[:, part].T)
        dprev_h += np.dot(d_a, Wh[:, part].T)
        dWx[:, part], dWh[:, part], db[part] = np.dot(x.T, d_a), np.dot(prev_h.T, d_a), np.sum(d_a, axis=0)
    return dx, dprev_h, dWx, dWh, db


def gru_forward(
    x: Array, h0: Array, Wx: Array, Wh: Array, b: Array, *, reset_after: bool = False
) -> tuple[Array, dict]:
    log("gru_forward", x, h0)
    N, T, D = x.shape
    h, cache = np.zeros((N, T, h0.shape[1])), {"T": T}
    prev_h = np.array(h0)
    for t in range(T):
        h[:, t, :], cache[t] = gru_step_forward(x[:, t, :], prev_h, b=b, Wx=Wx, Wh=Wh, reset_after=reset_after)
        prev_h = h[:, t, :]
    return h, cache


def gru_backward(dh: Array, cache: dict) -> tuple[Array, ...]:
    log("gru_backward", dh)
    steps = []
    dprev_h = np.zeros_like(dh[:, 0, :])
    for t in reversed(range(cache["T"])):
        step = gru_step_backward(cache=cache[t], dnext_h=dh[:, t, :] + dprev_h)
        dprev_h = step[1]
        steps.append(step)
        print("step", t, "gradient", np.linalg.norm(dprev_h))
    dx = np.stack([step[0] for step in steps], axis=1)[:, ::-1, :]
    dWx, dWh, db = (np.sum([step[k] for step in steps], axis=0) for k in (2, 3, 4))
    return dx, dprev_h, dWx, dWh, db
