"""Einstein summation: weights as (D, 4, H) with an axis for the gates, every product and every sum an einsum."""

import numpy as np


def sigmoid(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def by_gate(W, gates):
    return W.reshape(*W.shape[:-1], gates, -1)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    Ux, Uh = by_gate(Wx, 4), by_gate(Wh, 4)
    a = np.einsum("nd,dkh->knh", x, Ux) + np.einsum("nm,mkh->knh", prev_h, Uh) + by_gate(b, 4)[:, None]
    i, f, o = sigmoid(a[:3])
    g = np.tanh(a[3])
    next_c = np.einsum("snh,snh->nh", np.array([f, i]), np.array([prev_c, g]))
    next_h = np.einsum("nh,nh->nh", o, np.tanh(next_c))
    return next_h, next_c, (x, prev_h, prev_c, Ux, Uh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Ux, Uh, i, f, o, g, next_c = cache
    dc = dnext_c + np.einsum("nh,nh,nh->nh", dnext_h, o, 1 / np.cosh(next_c) ** 2)
    da = np.empty((4, *dc.shape))
    np.einsum("nh,nh,nh,nh->nh", dc, g, i, 1 - i, out=da[0])
    np.einsum("nh,nh,nh,nh->nh", dc, prev_c, f, 1 - f, out=da[1])
    np.einsum("nh,nh,nh,nh->nh", dnext_h, np.tanh(next_c), o, 1 - o, out=da[2])
    np.einsum("nh,nh,nh->nh", dc, i, 1 - g * g, out=da[3])
    dx, dprev_h = np.einsum("knh,dkh->nd", da, Ux), np.einsum("knh,mkh->nm", da, Uh)
    dWx, dWh = np.einsum("nd,knh->dkh", x, da), np.einsum("nm,knh->mkh", prev_h, da)
    db = np.einsum("knh->kh", da)
    return dx, dprev_h, np.einsum("nh,nh->nh", dc, f), dWx.reshape(len(Ux), -1), dWh.reshape(len(Uh), -1), db.ravel()


def lstm_forward(x, h0, Wx, Wh, b):
    pairs = [(h0, np.zeros(h0.shape), None)]
    for x_t in np.einsum("ntd->tnd", x):
        pairs.append(lstm_step_forward(x_t, *pairs[-1][:2], Wx, Wh, b))
    h, _, cache = zip(*pairs[1:], strict=True)
    return np.einsum("tnh->nth", np.array(h)), cache


def lstm_backward(dh, cache):
    now = np.zeros_like(dh[:, 0])
    grads = [(None, now, now)]
    for dh_t, step in zip(np.einsum("nth->tnh", dh)[::-1], cache[::-1], strict=True):
        grads.append(lstm_step_backward(dh_t + grads[-1][1], grads[-1][2], step))
    dx, dh0, _, dWx, dWh, db = zip(*grads[1:], strict=True)
    total = (np.einsum("tdk->dk", np.array(part)) for part in (dWx, dWh))
    return np.einsum("tnd->ntd", np.array(dx)[::-1]), dh0[-1], *total, np.einsum("tk->k", np.array(db))


def concat_W(Wx, Wh):
    D, H = len(Wx), len(Wh)
    upper, lower = np.eye(H + D)[:, :H], np.eye(H + D)[:, H:]
    return np.einsum("rh,hk->rk", upper, Wh) + np.einsum("rd,dk->rk", lower, Wx)


def selection(order):
    """(4, 4): 1 where the gate order[k] stands in block j."""
    return np.array([[float(letter == gate) for gate in "ifog"] for letter in order])


def pack_gates(U, W, order):
    P = selection(order)
    Wx, Wh = (np.einsum("kj,kdh->djh", P, part) for part in (U, W))
    return Wx.reshape(len(Wx), -1), Wh.reshape(len(Wh), -1)


def unpack_gates(Wx, Wh, order):
    return tuple(np.einsum("kj,djh->kdh", selection(order), by_gate(part, 4)) for part in (Wx, Wh))


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    dW = np.einsum("a,ab,bpq->pq", dJ_dh, dh_dC, dC_dW)
    dW += np.einsum("a,ab,bc,cpq->pq", dJ_dh, dh_dC, dC_dCprev, dCprev_dW)
    dW += np.einsum("a,ab,bpq->pq", dJ_dh, dh_dhprev, dhprev_dW)
    return dW


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    Ux, Uh = by_gate(Wx, 3), by_gate(Wh, 3)
    ax = np.einsum("nd,dkh->knh", x, Ux) + np.einsum("kh->kh", by_gate(b, 3))[:, None]
    r, z = sigmoid(ax[:2] + np.einsum("nm,mkh->knh", prev_h, Uh[:, :2]))
    if reset_after:
        n = np.tanh(ax[2] + np.einsum("nh,nm,mh->nh", r, prev_h, Uh[:, 2]))
    else:
        n = np.tanh(ax[2] + np.einsum("nm,nm,mh->nh", r, prev_h, Uh[:, 2]))
    mixed = np.einsum("snh,snh->nh", np.stack([1 - z, z]), np.stack([n, prev_h]))
    return mixed, (x, prev_h, Ux, Uh, r, z, n, reset_after)


def gru_step_backward(dnext_h, cache):
    x, prev_h, Ux, Uh, r, z, n, reset_after = cache
    dn = np.einsum("nh,nh,nh->nh", dnext_h, 1 - z, 1 - n**2)
    dz = np.einsum("nh,nh,nh,nh->nh", dnext_h, prev_h - n, z, 1 - z)
    dWh = np.empty(Uh.shape)
    V = Uh[:, 2]
    if reset_after:
        dr = np.einsum("nh,nm,mh->nh", dn, prev_h, V)
        back = np.einsum("nh,nh,mh->nm", dn, r, V)
        dWh[:, 2] = np.einsum("nm,nh,nh->mh", prev_h, r, dn)
    else:
        dr = np.einsum("nh,mh,nm->nm", dn, V, prev_h)
        back = np.einsum("nh,mh,nm->nm", dn, V, r)
        dWh[:, 2] = np.einsum("nm,nm,nh->mh", prev_h, r, dn)
    da = np.stack([dr * r * (1 - r), dz, dn])
    dWh[:, :2] = np.einsum("nm,knh->mkh", prev_h, da[:2])
    dprev_h = np.einsum("nh,nh->nh", dnext_h, z) + back + np.einsum("knh,mkh->nm", da[:2], Uh[:, :2])
    dWx = np.einsum("nd,knh->dkh", x, da)
    db = np.einsum("knh->kh", da)
    return np.einsum("knh,dkh->nd", da, Ux), dprev_h, dWx.reshape(len(Ux), -1), dWh.reshape(len(Uh), -1), db.reshape(-1)


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    h, cache = [h0], []
    for x_t in np.einsum("ntd->tnd", x):
        h_t, step = gru_step_forward(x_t, h[-1], Wx, Wh, b, reset_after=reset_after)
        h += [h_t]
        cache += [step]
    return np.einsum("tnh->nth", np.array(h[1:])), cache


def gru_backward(dh, cache):
    T = len(cache)
    one = np.eye(T)
    dx, dWx, dWh, db = 0.0, 0.0, 0.0, 0.0
    dh0 = np.zeros(dh[:, 0].shape)
    for t in range(T)[::-1]:
        dx_t, dh0, dWx_t, dWh_t, db_t = gru_step_backward(np.einsum("nth,t->nh", dh, one[t]) + dh0, cache[t])
        dx = dx + np.einsum("nd,t->ntd", dx_t, one[t])
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return dx, dh0, dWx, dWh, db
