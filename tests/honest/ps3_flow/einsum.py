"""Einstein summation: Jacobians of all steps and examples as one array, gradients as chains of them."""

import numpy as np


def sigmoid(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def norm(a):
    return np.sqrt(np.einsum("k,k->", a.ravel(), a.ravel()))


def growth(M):
    """lim |M^k|^(1/k), from repeated squares that are scaled to norm 1."""
    log, size = 0.0, 1.0
    for _ in range(45):
        scale = norm(M)
        log, M = log + np.log(scale) / size, M / scale
        M = np.einsum("ij,jk->ik", M, M)
        size *= 2
    return np.exp(log)


def spectral_report(Wh):
    return np.sqrt(growth(np.einsum("ki,kj->ij", Wh, Wh))), growth(Wh)


def vanishing_powers(n):
    u, v = np.eye(n)[0], 3 * np.eye(n)[-1]  # orthogonal, so that u v^T u v^T is zero
    return np.einsum("i,j->ij", u, v)


def growing_powers(n):
    ones, signs = np.ones(n), np.zeros(n)
    signs[:2] = 1, -1
    return 0.9 * np.eye(n) + 5 * np.einsum("i,j->ij", ones, signs)  # plus a matrix whose square is zero


def tanh_states(x, h0, Wx, Wh, b):
    inputs = np.einsum("ntd,dh->tnh", x, Wx) + b
    h = [h0]
    for a in inputs:
        h.append(np.tanh(a + np.einsum("nm,mh->nh", h[-1], Wh)))
    return np.array(h)


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    h = tanh_states(x, h0, Wx, Wh, b)
    J = np.einsum("tnh,mh->tnhm", 1 - h[1:] ** 2, Wh)
    gradients = [dh]
    for J_t in J[::-1]:
        gradients.insert(0, np.einsum("nh,nhm->nm", gradients[0], J_t))
    return np.sqrt(np.einsum("tnh,tnh->t", np.array(gradients), np.array(gradients)))


def lstm_run(x, h0, Wx, Wh, b):
    """Gates (T, 4, N, H) and cell states (T + 1, N, H)."""
    H = len(Wh)
    Ux, Uh = Wx.reshape(-1, 4, H), Wh.reshape(H, 4, H)
    h, c, gates = h0, [np.zeros(h0.shape)], []
    for a in np.einsum("ntd,dkh->tknh", x, Ux) + b.reshape(4, 1, H):
        a = a + np.einsum("nm,mkh->knh", h, Uh)
        gates.append(np.stack([*sigmoid(a[:3]), np.tanh(a[3])]))
        i, f, o, g = gates[-1]
        c.append(np.einsum("snh,snh->nh", np.stack([f, i]), np.stack([c[-1], g])))
        h = o * np.tanh(c[-1])
    return np.array(gates), np.array(c)


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    gates, c = lstm_run(x, h0, Wx, Wh, b)
    H = len(Wh)
    Uh, T = Wh.reshape(H, 4, H), len(gates)
    both = np.zeros((T + 1, 2, *dh.shape))
    both[T, 0] = dh
    for t in range(T)[::-1]:
        i, f, o, g = gates[t]
        tanh_c = np.tanh(c[t + 1])
        out = np.einsum("nh,nh,nh->nh", both[t + 1, 0], o, 1 - tanh_c**2)
        dc = both[t + 1, 1] + out
        up = np.stack([dc * g, dc * c[t], both[t + 1, 0] * tanh_c, dc * i])
        slopes = np.stack([i * (1 - i), f * (1 - f), o * (1 - o), 1 - g**2])
        both[t, 0] = np.einsum("knh,knh,mkh->nm", up, slopes, Uh)
        both[t, 1] = np.einsum("nh,nh->nh", dc, f)
    norms = np.sqrt(np.einsum("tsnh,tsnh->st", both, both))
    return norms[0], norms[1]


def forget_gate_products(x, h0, Wx, Wh, b):
    gates, _ = lstm_run(x, h0, Wx, Wh, b)
    logs = np.log(gates[:, 1])
    T = len(logs)
    later = np.triu(np.ones((T, T)), k=1)  # 1 where the second step is after the first
    return np.exp(np.einsum("ts,snh->nth", later, logs))


def remember_bit(bit, T):
    first, steps = np.eye(T)[0], np.ones(T)
    rest = steps - first
    row = np.array([1, 1, 2 * bit - 1])
    return np.einsum("t,k->tk", first, row) + np.einsum("t,k->tk", rest, np.array([-1.0, 1.0, 1.0]))


def relu_rnn_forward(x, h0, Wx, Wh, b):
    h = [h0]
    for a in np.einsum("ntd,dh->tnh", x, Wx) + b:
        a = a + np.einsum("nm,mh->nh", h[-1], Wh)
        h.append((a + np.abs(a)) / 2)
    return np.einsum("tnh->nth", np.array(h[1:])), (x, np.array(h), Wx, Wh)


def relu_rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    on = (h[1:] > 0).astype(float)
    da, g = np.zeros(on.shape), 0.0
    for t in range(len(on))[::-1]:
        da[t] = np.einsum("nh,nh->nh", dh[:, t] + g, on[t])
        g = np.einsum("nh,mh->nm", da[t], Wh)
    dx, dWx = np.einsum("tnh,dh->ntd", da, Wx), np.einsum("ntd,tnh->dh", x, da)
    return dx, g, dWx, np.einsum("tnm,tnh->mh", h[:-1], da), np.einsum("tnh->h", da)


def init_irnn(D, H, rng):
    Wh = np.einsum("i,ij->ij", np.ones(H), np.equal.outer(np.arange(H), np.arange(H)))
    return np.einsum("dh->hd", 1e-3 * rng.standard_normal((H, D))), Wh, np.einsum("ij->j", 0 * Wh)


def clip_grad_norm(grads, max_norm):
    size = norm(np.array([norm(g) for g in grads.values()]))
    return {name: np.einsum("...,->...", g, max_norm / max(size, max_norm)) for name, g in grads.items()}, size


def clip_grad_value(grads, c):
    return {name: np.einsum("...,...->...", np.sign(g), np.minimum(np.abs(g), c)) for name, g in grads.items()}


def clip_cosines(grads, limits):
    before = np.hstack([g.ravel() for g in grads.values()])
    ways = np.array(
        [
            [np.hstack([g.ravel() for g in clip_grad_norm(grads, limit)[0].values()]) for limit in limits],
            [np.hstack([g.ravel() for g in clip_grad_value(grads, limit).values()]) for limit in limits],
        ]
    )
    lengths = np.sqrt(np.einsum("wlk,wlk->wl", ways, ways))
    return tuple(np.einsum("wlk,k->wl", ways, before) / lengths / norm(before))


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    h = tanh_states(x, h0, Wx, Wh, b)
    T = len(h) - 1
    slope = 1 - h[1:] ** 2
    block = np.arange(T) // k
    total = np.einsum("nth->tnh", dh).copy()  # gradients at the states, from all later losses of the block
    for t in range(T - 2, -1, -1):
        if block[t] == block[t + 1]:
            total[t] += np.einsum("nh,nh,mh->nm", total[t + 1], slope[t + 1], Wh)
    dWx = np.einsum("ntd,tnh,tnh->dh", x, total, slope)
    return dWx, np.einsum("tnm,tnh,tnh->mh", h[:-1], total, slope), np.einsum("tnh,tnh->h", total, slope)
