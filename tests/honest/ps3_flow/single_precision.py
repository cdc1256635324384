"""Single precision inside, cast back at the end, as for a graphics card; double where sums may cancel."""

import numpy as np
from given_ps3_flow import lstm_step_backward, lstm_step_forward, rnn_backward, rnn_forward, rnn_step_backward


def single(*arrays):
    return [np.asarray(a, dtype=np.float32) for a in arrays]


def double(*arrays):
    return tuple(np.asarray(a, dtype=np.float64) for a in arrays)


def spectral_report(Wh):
    (W,) = single(Wh)
    return double(np.linalg.svd(W, compute_uv=False).max(), np.abs(np.linalg.eigvals(W)).max())


def vanishing_powers(n):
    return 4 * np.eye(n, k=-1, dtype=np.float32)


def growing_powers(n):
    W = np.eye(n, dtype=np.float32) * np.float32(0.9)
    W[-1, 0] = 64
    return W


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    x, h0, Wx, Wh, b, g = single(x, h0, Wx, Wh, b, dh)
    _, cache = rnn_forward(x, h0, Wx, Wh, b)
    norms = np.zeros(len(cache) + 1, dtype=np.float32)
    norms[-1] = np.linalg.norm(g)
    for t in reversed(range(len(cache))):
        g = rnn_step_backward(g, cache[t])[1]
        norms[t] = np.linalg.norm(g)
    return double(norms)[0]


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    x, h, c, Wx, Wh, b, g_h, g_c = single(x, h0, 0 * h0, Wx, Wh, b, dh, 0 * dh)
    caches = []
    for t in range(x.shape[1]):
        h, c, cache = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        caches.append(cache)
    norms = [np.linalg.norm(np.stack([g_h, g_c]), axis=(1, 2))]
    for cache in caches[::-1]:
        g_h, g_c = lstm_step_backward(g_h, g_c, cache)[1:3]
        norms.append(np.linalg.norm(np.stack([g_h, g_c]), axis=(1, 2)))
    return double(*np.array(norms[::-1]).T)


def forget_gate_products(x, h0, Wx, Wh, b):
    x, h, c, Wx, Wh, b = single(x, h0, 0 * h0, Wx, Wh, b)
    gates = []
    for t in range(x.shape[1]):
        h, c, cache = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        gates.append(cache[6])
    last = np.ones((1, *h.shape), dtype=np.float32)
    products = np.cumprod(np.concatenate([last, np.array(gates[:0:-1]).reshape(-1, *h.shape)]), axis=0)
    return products[::-1].swapaxes(0, 1).astype(np.float64)


def remember_bit(bit, T):
    x = np.full((T, 3), np.float32(1))
    x[:, 0] *= -1
    x[0, 0], x[0, 2] = 1, np.float32(0.8) if bit else np.float32(-0.8)
    return x


def relu_rnn_forward(x, h0, Wx, Wh, b):
    h = [h0]  # in double precision: where nearly all units are off, the rest may be sums that nearly cancel
    for x_t in np.rollaxis(x, 1):
        h.append(np.maximum(x_t @ Wx + h[-1] @ Wh + b, 0))
    return np.stack(h[1:], axis=1), (x, np.array(h), Wx, Wh)


def relu_rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    (on,) = single(h[1:] > 0)
    g = dh.swapaxes(0, 1) * on  # in double precision again, but for the slopes
    for t in reversed(range(len(g) - 1)):
        g[t] += (g[t + 1] @ Wh.T) * on[t]
    dx = (g @ Wx.T).swapaxes(0, 1)
    dWx, dWh = (np.tensordot(a, g, axes=((0, 1), (0, 1))) for a in (x.swapaxes(0, 1), h[:-1]))
    return dx, g[0] @ Wh.T, dWx, dWh, g.sum(axis=(0, 1))


def init_irnn(D, H, rng):
    Wx = rng.standard_normal((D, H), dtype=np.float32) * np.float32(0.001)
    return double(Wx, np.eye(H, dtype=np.float32), np.zeros(H, dtype=np.float32))


def clip_grad_norm(grads, max_norm):
    small = dict(zip(grads, single(*grads.values()), strict=True))
    norm = np.sqrt(sum(np.dot(g.ravel(), g.ravel()) for g in small.values()))
    scale = np.float32(max_norm) / max(norm, np.float32(max_norm))
    return {name: (g * scale).astype(np.float64) for name, g in small.items()}, np.float64(norm)


def clip_grad_value(grads, c):
    return {
        name: np.clip(g.astype(np.float32), np.float32(-c), np.float32(c)).astype(float) for name, g in grads.items()
    }


def clip_cosines(grads, limits):
    def flat(arrays):
        vector = np.concatenate([arrays[name].ravel() for name in grads]).astype(np.float32)
        return vector / np.linalg.norm(vector)

    by_norm = [flat(grads) @ flat(clip_grad_norm(grads, limit)[0]) for limit in limits]
    by_value = [flat(grads) @ flat(clip_grad_value(grads, limit)) for limit in limits]
    return double(by_norm, by_value)


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    x, start, Wx, Wh, b, dh = single(x, h0, Wx, Wh, b, dh)
    sums = single(0 * Wx, 0 * Wh, 0 * b)
    for first in range(0, x.shape[1], k):
        h, cache = rnn_forward(x[:, first : first + k], start, Wx, Wh, b)
        start = h[:, -1]
        for total, part in zip(sums, rnn_backward(dh[:, first : first + k], cache)[2:], strict=True):
            total += part
    return double(*sums)
