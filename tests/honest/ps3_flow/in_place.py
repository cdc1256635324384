"""No array made twice: preallocated results, out=, gradients changed in place, caches that are used up."""

import numpy as np
from given_ps3_flow import lstm_step_backward, lstm_step_forward, rnn_step_backward, rnn_step_forward


def spectral_report(Wh):
    rho = np.abs(np.linalg.eigvals(Wh))
    rho.sort()
    Wh[:] = Wh.T @ Wh
    sigma_max = np.linalg.eigvalsh(Wh)
    np.sqrt(sigma_max, out=sigma_max, where=sigma_max > 0)
    return sigma_max[-1], rho[-1]


def vanishing_powers(n):
    W = np.ones((n, n), order="F")
    W *= np.tri(n, k=-1)
    W *= 7
    return W


def growing_powers(n):
    W = np.zeros((n, n), dtype=np.float32)
    np.fill_diagonal(W, 0.9)
    np.fill_diagonal(W[1:], 4)
    return W


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    caches, norms = [], np.empty(x.shape[1] + 1)
    for x_t in x.swapaxes(0, 1):
        h0, cache = rnn_step_forward(x_t, h0, Wx, Wh, b)
        caches.append(cache)
    while caches:
        norms[len(caches)] = np.linalg.norm(dh)
        dh[:] = rnn_step_backward(dh, caches.pop())[1]
    norms[0] = np.linalg.norm(dh)
    return norms


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    caches, c = [], np.zeros_like(h0)
    for t in range(x.shape[1]):
        h0, c[...], cache = lstm_step_forward(x[:, t], h0, c.copy(), Wx, Wh, b)
        caches.append(cache)
    norms = np.zeros((2, x.shape[1] + 1))
    dc = np.zeros_like(dh)
    norms[0, -1] = np.sqrt(np.vdot(dh, dh))
    while caches:
        step = lstm_step_backward(dh, dc, caches.pop())
        dh[:], dc[:] = step[1:3]
        norms[:, len(caches)] = np.sqrt(np.vdot(dh, dh)), np.sqrt(np.vdot(dc, dc))
    return norms[0], norms[1]


def forget_gate_products(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    products, c = np.ones((N, T, H)), np.zeros((N, H))
    for t in range(T):
        f = x[:, t] @ Wx[:, H : 2 * H]
        f += h0 @ Wh[:, H : 2 * H]
        f += b[H : 2 * H]
        np.negative(f, out=f)
        np.exp(f, out=f)
        f += 1
        products[:, :t] /= f[:, None]
        h0, c, _ = lstm_step_forward(x[:, t], h0, c, Wx, Wh, b)
    return products


def remember_bit(bit, T):
    x = np.empty((3, T), dtype=np.int8)
    x[0], x[1], x[2] = -1, 1, 0
    x[0, 0] = 1
    x[2, 0] = bit
    x[2, 0] *= 2
    x[2, 0] -= 1
    return x.T


def relu_rnn_forward(x, h0, Wx, Wh, b):
    h = x @ Wx
    h += b
    for t in range(x.shape[1]):
        h[:, t] += (h[:, t - 1] if t else h0) @ Wh
        np.maximum(h[:, t], 0, out=h[:, t])
    return h, {"x": x, "h0": h0, "h": h.copy(), "Wx": Wx, "Wh": Wh}


def relu_rnn_backward(dh, cache):
    x, h0, h, Wx, Wh = (cache.pop(name) for name in ("x", "h0", "h", "Wx", "Wh"))
    N, T, H = dh.shape
    dWx, dWh, dh0 = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(h0)
    for t in reversed(range(T)):
        dh[:, t][h[:, t] <= 0] = 0  # from here on dh holds the gradients of the sums
        before, d_before = (h[:, t - 1], dh[:, t - 1]) if t else (h0, dh0)
        d_before += dh[:, t] @ Wh.T
        dWx += x[:, t].T @ dh[:, t]
        dWh += before.T @ dh[:, t]
        x[:, t] = dh[:, t] @ Wx.T
    return x, dh0, dWx, dWh, np.add.reduce(dh, axis=(0, 1))


def init_irnn(D, H, rng):
    Wx, Wh, b = np.empty((D, H)), np.empty((H, H)), np.empty(H)
    rng.standard_normal(out=Wx)
    Wx *= 0.001
    Wh.fill(0)
    Wh.flat[:: H + 1] = 1
    b[:] = 0
    return Wx, Wh, b


def clip_grad_norm(grads, max_norm):
    clipped = {name: grad.copy() for name, grad in grads.items()}
    norm = np.linalg.norm([np.linalg.norm(grad) for grad in clipped.values()])
    if norm > max_norm:
        for grad in clipped.values():
            grad *= max_norm
            grad /= norm
    return clipped, norm


def clip_grad_value(grads, c):
    clipped = {}
    for name in grads:
        clipped[name] = np.empty_like(grads[name])
        np.clip(grads[name], -c, c, out=clipped[name])
    return clipped


def clip_cosines(grads, limits):
    before = np.concatenate([grads[name].ravel() for name in grads])
    before /= np.linalg.norm(before)
    cosines, after = np.empty((len(limits), 2)), np.empty_like(before)
    for i in range(len(limits)):
        for way, clipped in enumerate([clip_grad_norm(grads, limits[i])[0], clip_grad_value(grads, limits[i])]):
            np.concatenate([clipped[name].ravel() for name in grads], out=after)
            cosines[i, way] = before.dot(after) / np.sqrt(after.dot(after))
    return cosines[:, 0], cosines[:, 1]


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    caches = []
    for t in range(x.shape[1]):
        h0, cache = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        caches.append(cache)
        if len(caches) == k or t == x.shape[1] - 1:  # the end of a block: back through all that has been kept
            while caches:
                s = t - t % k + len(caches) - 1
                _, g, dWx_s, dWh_s, db_s = rnn_step_backward(dh[:, s], caches.pop())
                dWx += dWx_s
                dWh += dWh_s
                db += db_s
                if caches:
                    dh[:, s - 1] += g
    return dWx, dWh, db
