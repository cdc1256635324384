"""Classes hide the steps: networks that remember their run, gradients with a length, a tape of Jacobian products."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from given_ps3_flow import lstm_step_backward, lstm_step_forward, rnn_step_backward, rnn_step_forward


@dataclass(frozen=True)
class Matrix:
    entries: np.ndarray

    @property
    def stretch(self):
        u, s, v = np.linalg.svd(self.entries)
        return s.max()

    @property
    def radius(self):
        eigenvalues = np.linalg.eigvals(self.entries).astype(complex)
        return np.sqrt((eigenvalues * eigenvalues.conj()).real.max())


def spectral_report(Wh):
    matrix = Matrix(Wh)
    return matrix.stretch, matrix.radius


class Shift:
    """Moves every entry on by one place, and lets the last one fall off the end."""

    def __init__(self, n, factor):
        self.n, self.factor = n, factor

    def __call__(self, v):
        return np.append(self.factor * v[1:], 0.0)

    def matrix(self):
        return np.array([self(e) for e in np.eye(self.n)]).T


def vanishing_powers(n):
    return Shift(n, 1.2).matrix()


def growing_powers(n):
    return 0.9 * np.eye(n) + Shift(n, 30.0).matrix()


class Network:
    """A run of steps, kept for going back. Going back uses it up."""

    def __init__(self, step, step_back, shared):
        self.step, self.step_back, self.shared, self.caches = step, step_back, shared, []

    def run(self, x, *states):
        for t in range(x.shape[1]):
            *states, cache = self.step(x[:, t], *states, *self.shared)
            self.caches.append(cache)
            yield states

    def back(self, *grads):
        yield grads
        while self.caches:
            everything = self.step_back(*grads, self.caches.pop())
            grads = everything[1 : 1 + len(grads)]
            yield grads


class Norms(list):
    def array(self):
        return np.array(self)[::-1]


def state_gradient_norms(x, h0, Wx, Wh, b, dh):
    network = Network(rnn_step_forward, rnn_step_backward, (Wx, Wh, b))
    for _ in network.run(x, h0):
        pass
    return Norms(np.linalg.norm(g) for (g,) in network.back(dh)).array()


def lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh):
    network = Network(lstm_step_forward, lstm_step_backward, (Wx, Wh, b))
    list(network.run(x, h0, np.zeros(h0.shape)))
    both = Norms([np.linalg.norm(g) for g in pair] for pair in network.back(dh, np.zeros(dh.shape)))
    return tuple(both.array().T)


class ForgetGate:
    def __init__(self, Wx, Wh, b):
        H = Wh.shape[0]
        self.U, self.W, self.b = Wx[:, H : 2 * H], Wh[:, H : 2 * H], b[H : 2 * H]

    def log(self, x, h):
        return -np.logaddexp(0, -(x @ self.U + h @ self.W + self.b))


def forget_gate_products(x, h0, Wx, Wh, b):
    gate, states = ForgetGate(Wx, Wh, b), [h0]
    states += [h for h, _ in Network(lstm_step_forward, None, (Wx, Wh, b)).run(x, h0, np.zeros_like(h0))]
    logs = np.stack([gate.log(x[:, t], states[t]) for t in range(x.shape[1])], axis=1)
    return np.exp(logs.sum(axis=1, keepdims=True) - np.cumsum(logs, axis=1))


class Inputs:
    def __init__(self):
        self.rows = []

    def then(self, write, keep, value, times=1):
        self.rows.extend([(write, keep, value)] * times)
        return self


def remember_bit(bit, T):
    inputs = Inputs().then(1.0, 0.5, 1.0 if bit else -0.5).then(-1.0, 1.0, 1.0, times=T - 1)
    return np.array(inputs.rows, dtype=np.float32)


class ReLU:
    def __call__(self, a):
        self.off = a <= 0
        return np.ma.filled(np.ma.masked_array(a, self.off), 0.0)

    def back(self, d):
        d = d.copy()
        d[self.off] = 0
        return d


class ReLUStep:
    def __init__(self, Wx, Wh, b):
        self.parameters, self.act = (Wx, Wh, b), ReLU()

    def __call__(self, x, h):
        self.seen = x, h
        Wx, Wh, b = self.parameters
        return self.act(x @ Wx + h @ Wh + b)

    def back(self, d, total):
        da = self.act.back(d)
        for name, array in zip(("dWx", "dWh"), self.seen, strict=True):
            total[name] = total[name] + array.T @ da
        total["db"] = total["db"] + da.sum(axis=0)
        return tuple(da @ W.T for W in self.parameters[:2])


def relu_rnn_forward(x, h0, Wx, Wh, b):
    steps, h = [], [h0]
    for t in range(x.shape[1]):
        steps.append(ReLUStep(Wx, Wh, b))
        h.append(steps[-1](x[:, t], h[-1]))
    return np.stack(h[1:], axis=1), steps


def relu_rnn_backward(dh, cache):
    total, dx = defaultdict(float), []
    g = np.zeros(dh[:, 0].shape)
    while cache:
        step = cache.pop()
        dx_t, g = step.back(dh[:, len(cache)] + g, total)
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), g, total["dWx"], total["dWh"], total["db"]


class Initial:
    def __init__(self, rng):
        self.rng = rng

    def inputs(self, *shape):
        return np.multiply(self.rng.standard_normal(shape), 0.001)

    @staticmethod
    def identity(H):
        return np.array(np.arange(H)[:, None] == np.arange(H), dtype=float)


def init_irnn(D, H, rng):
    initial = Initial(rng)
    return initial.inputs(D, H), initial.identity(H), np.zeros_like(np.arange(H), dtype=float)


class Gradient(dict):
    """Arrays by name that behave like one vector."""

    def __matmul__(self, other):
        return sum(float(np.vdot(self[name], other[name])) for name in self)

    def __abs__(self):
        return (self @ self) ** 0.5

    def map(self, function):
        return Gradient((name, function(array)) for name, array in self.items())

    def cosine(self, other):
        return (self @ other) / (abs(self) * abs(other))


def clip_grad_norm(grads, max_norm):
    gradient = Gradient(grads)
    norm = abs(gradient)
    if norm <= max_norm:
        return gradient.map(np.copy), norm
    return gradient.map(lambda array: array / (norm / max_norm)), norm


def clip_grad_value(grads, c):
    return Gradient(grads).map(lambda array: np.minimum(np.maximum(array, -c), c))


def clip_cosines(grads, limits):
    gradient = Gradient(grads)
    cosines = defaultdict(list)
    for limit in limits:
        cosines["norm"].append(gradient.cosine(clip_grad_norm(gradient, limit)[0]))
        cosines["value"].append(gradient.cosine(clip_grad_value(gradient, limit)))
    return np.array(cosines["norm"]), np.array(cosines["value"])


class Sums:
    def __init__(self):
        self.total = [0.0, 0.0, 0.0]

    def add(self, parts):
        for i, part in enumerate(parts):
            self.total[i] = self.total[i] + part


def rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k):
    sums, network, t = Sums(), Network(rnn_step_forward, rnn_step_backward, (Wx, Wh, b)), 0
    for (_,) in network.run(x, h0):
        t += 1
        if t % k == 0 or t == x.shape[1]:
            g, s = np.zeros_like(h0), t
            while network.caches:
                s -= 1
                _, g, *parts = rnn_step_backward(dh[:, s] + g, network.caches.pop())
                sums.add(parts)
    return tuple(sums.total)
