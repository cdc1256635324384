"""Prints, asserts, annotates and divides by zero with a warning while it is graded; checks its own answers."""

import warnings
from typing import Any

import numpy as np
from given_ps3_flow import (
    lstm_forward,
    lstm_step_backward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    rnn_step_forward,
)

Array = np.ndarray
Gradients = dict[str, Array]
np.random.seed(231)
calls = 0


def log(name: str, **what: Any) -> None:
    global calls
    calls += 1
    print(f"[{calls}] {name}", {key: getattr(value, "shape", value) for key, value in what.items()})


def sigmoid(a: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-a))


def spectral_report(Wh: Array) -> tuple[float, float]:
    U, S, Vt = np.linalg.svd(Wh)
    eigenvalues, vectors = np.linalg.eig(Wh)
    sigma_max, rho = S[0], max(abs(eigenvalues))
    assert rho <= sigma_max + 1e-9, "a matrix cannot stretch more in the long run than at once"
    log("spectral_report", sigma_max=sigma_max, rho=rho)
    print(U, S, Vt, vectors, sep="\n")
    return sigma_max, rho


def vanishing_powers(n: int) -> Array:
    W = np.triu(np.full((n, n), 3.0), k=1)
    power = np.linalg.matrix_power(W, 1000)
    print("norm of the power:", np.linalg.norm(power, 2))
    assert np.linalg.norm(W, 2) >= 1.1 and np.linalg.norm(power, 2) < 1e-6
    return W


def growing_powers(n: int) -> Array:
    for size in 10.0 ** np.arange(1, 6):
        W = np.diag([0.9] * n) + size * np.outer(np.eye(n)[1], np.eye(n)[0])
        norms = [np.linalg.norm(np.linalg.matrix_power(W, k), 2) for k in (1, 2, 5, 10, 1000)]
        log("growing_powers", size=size, norms=norms)
        if max(norms[1:]) > 3 * norms[0] and norms[-1] < 1e-6:
            return W
    raise ValueError("nothing found")


def state_gradient_norms(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array, dh: Array) -> Array:
    log("state_gradient_norms", x=x, h0=h0, dh=dh)
    N, T, D = x.shape
    assert dh.shape == h0.shape == (N, Wh.shape[0])
    norms, caches, h = [], [], h0.copy()
    for t in range(T):
        h, cache = rnn_step_forward(x=x[:, t, :], prev_h=h, Wx=Wx, Wh=Wh, b=b)
        caches += [cache]
    gradient = dh.copy()
    norms += [np.linalg.norm(gradient)]
    for t in range(T - 1, -1, -1):
        dx, gradient, dWx, dWh, db = rnn_step_backward(cache=caches[t], dnext_h=gradient)
        norms += [np.linalg.norm(gradient)]
        print(f"step {t}: {norms[-1]:.2e}")
    norms.reverse()
    return np.asarray(norms)


def lstm_state_gradient_norms(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array, dh: Array) -> tuple[Array, Array]:
    log("lstm_state_gradient_norms", x=x, h0=h0, dh=dh)
    T = x.shape[1]
    h, c, caches = h0, np.zeros_like(h0), []
    for t in range(0, T):
        h, c, cache = lstm_step_forward(prev_c=c, prev_h=h, x=x[:, t, :], b=b, Wh=Wh, Wx=Wx)
        caches.append(cache)
    dh_norms, dc_norms, dc = {T: np.linalg.norm(dh)}, {T: 0.0}, np.zeros_like(c)
    for t in reversed(range(T)):
        _, dh, dc, _, _, _ = lstm_step_backward(dnext_c=dc, dnext_h=dh, cache=caches[t])
        dh_norms[t], dc_norms[t] = np.linalg.norm(dh), np.linalg.norm(dc)
        print(t, dh_norms[t], dc_norms[t])
    return np.array([dh_norms[t] for t in range(T + 1)]), np.array([dc_norms[t] for t in range(T + 1)])


def forget_gate_products(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    log("forget_gate_products", x=x, h0=h0)
    N, T, D = x.shape
    H = h0.shape[1]
    h, _ = lstm_forward(x=x, h0=h0, Wx=Wx, Wh=Wh, b=b)
    gates = [sigmoid(x[:, 0] @ Wx + h0 @ Wh + b)[:, H : 2 * H]]
    for t in range(1, T):
        gates.append(sigmoid(x[:, t] @ Wx + h[:, t - 1] @ Wh + b)[:, H : 2 * H])
    products = np.zeros((N, T, H))
    for t in range(T):
        products[:, t] = np.prod(gates[t + 1 :], axis=0) if t < T - 1 else 1.0
        print(f"after step {t}: mean {products[:, t].mean():.3f}")
    return products


def remember_bit(bit: int, T: int) -> Array:
    log("remember_bit", bit=bit, T=T)
    write, keep, value = -np.ones(T), np.ones(T), np.zeros(T)
    write[0] = 1
    value[0] = {0: -1.0, 1: 1.0}[bit]
    c = 0.0
    for t in range(T):
        c = sigmoid(6 * keep[t]) * c + sigmoid(8 * write[t] - 2) * np.tanh(3 * value[t] - 1)
    print("hidden state in the end:", sigmoid(4) * np.tanh(c))
    return np.array([write, keep, value]).T


def relu_rnn_forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, tuple]:
    log("relu_rnn_forward", x=x, h0=h0)
    N, T, D = x.shape
    H = h0.shape[1]
    h, masks = np.zeros((N, T, H)), np.zeros((N, T, H), dtype=bool)
    prev_h = h0
    for t in range(T):
        s = np.dot(x[:, t, :], Wx) + np.dot(prev_h, Wh) + b
        masks[:, t, :] = s > 0
        prev_h = s * masks[:, t, :]
        h[:, t, :] = prev_h
        print(f"step {t}: {masks[:, t].mean():.0%} of the units are on")
    return h, (x.copy(), h0.copy(), Wx.copy(), Wh.copy(), h.copy(), masks)


def relu_rnn_backward(dh: Array, cache: tuple) -> tuple[Array, ...]:
    x, h0, Wx, Wh, h, masks = cache
    log("relu_rnn_backward", dh=dh)
    N, T, H = dh.shape
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros((H,))
    dprev = np.zeros_like(h0)
    for t in range(T - 1, -1, -1):
        ds = (dh[:, t, :] + dprev) * masks[:, t, :]
        dx[:, t, :] = np.dot(ds, Wx.T)
        dWx += np.dot(x[:, t, :].T, ds)
        if t > 0:
            dWh += np.dot(h[:, t - 1, :].T, ds)
        else:
            dWh += np.dot(h0.T, ds)
        db += np.sum(ds, axis=0)
        dprev = np.dot(ds, Wh.T)
    dh0 = dprev
    assert all(np.isfinite(a).all() for a in (dx, dh0, dWx, dWh, db))
    return dx, dh0, dWx, dWh, db


def init_irnn(D: int, H: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    log("init_irnn", D=D, H=H, rng=rng)
    Wx = 0.0 + 0.001 * rng.standard_normal(size=(D, H))
    print(f"mean {Wx.mean():.1e}, standard deviation {Wx.std():.1e}")
    Wh = np.eye(N=H, M=H)
    b = np.zeros(shape=(H,))
    return Wx, Wh, b


def clip_grad_norm(grads: Gradients, max_norm: float) -> tuple[Gradients, float]:
    norm = np.sqrt(sum((g * g).sum() for g in grads.values()))
    scale = np.minimum(1, max_norm / norm)  # infinite for a gradient of zero, with a warning
    log("clip_grad_norm", norm=norm, scale=scale, **grads)
    if norm > max_norm:
        warnings.warn(f"gradient of norm {norm:.1f} clipped", stacklevel=2)
    return {name: g * scale for name, g in grads.items()}, norm


def clip_grad_value(grads: Gradients, c: float) -> Gradients:
    log("clip_grad_value", c=c, **grads)
    clipped = {}
    for name, g in grads.items():
        clipped[name] = np.where(np.abs(g) > c, c * np.sign(g), g)
        assert np.abs(clipped[name]).max() <= c
    return clipped


def clip_cosines(grads: Gradients, limits: Array) -> tuple[Array, Array]:
    def cosine(a: Gradients, b: Gradients) -> float:
        a_flat, b_flat = (np.concatenate([d[name].flatten() for name in grads]) for d in (a, b))
        return np.sum(a_flat * b_flat) / np.sqrt(np.sum(a_flat**2)) / np.sqrt(np.sum(b_flat**2))

    by_norm, by_value = np.zeros_like(limits), np.zeros_like(limits)
    for i, limit in enumerate(limits):
        clipped, _ = clip_grad_norm(grads=grads, max_norm=limit)
        by_norm[i] = cosine(grads, clipped)
        by_value[i] = cosine(grads, clip_grad_value(grads=grads, c=limit))
        print(f"limit {limit:.2f}: {by_norm[i]:.4f} {by_value[i]:.4f}")
    return by_norm, by_value


def rnn_gradient_in_blocks(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array, dh: Array, k: int) -> tuple[Array, ...]:
    log("rnn_gradient_in_blocks", x=x, k=k)
    T, total, carried = x.shape[1], [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)], h0
    for start in range(0, T, k):
        end = start + k if start + k < T else T
        h, cache = rnn_forward(x=x[:, start:end, :], h0=carried, Wx=Wx, Wh=Wh, b=b)
        carried = h[:, end - start - 1, :]
        grads = rnn_backward(cache=cache, dh=dh[:, start:end, :])
        for i in range(3):
            total[i] += grads[2 + i]
        print("block from", start, "to", end, [np.linalg.norm(g) for g in grads[2:]])
    return total[0], total[1], total[2]
