"""Recursion instead of loops: the rest of a sequence is a shorter sequence, half of a sum is a smaller sum."""

import numpy as np


def halves(items, combine):
    """Combine all items, half by half."""
    if len(items) == 1:
        return items[0]
    middle = len(items) // 2
    return combine(halves(items[:middle], combine), halves(items[middle:], combine))


def plus(a, b):
    return a + b


class VanillaRNN:
    def __init__(self, k, H, m, rng, todo=None):
        if todo is None:
            self.B_h, self.B_y, self.h = np.zeros(H), np.zeros(m), np.zeros(H)
            todo = [("W_hh", (H, H)), ("W_xh", (H, k)), ("W_hy", (m, H))]
        (name, shape), *rest = todo
        setattr(self, name, rng.standard_normal(shape) * shape[1] ** -0.5)
        if rest:
            self.__init__(k, H, m, rng, rest)

    def forward(self, x):
        terms = [self.W_hh[:, j] * self.h[j] for j in range(len(self.h))]
        terms += [self.W_xh[:, j] * x[j] for j in range(len(x))]
        self.h = np.tanh(halves(terms, plus) + self.B_h)
        return halves([self.W_hy[:, j] * self.h[j] for j in range(len(self.h))], plus) + self.B_y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    if len(x) > 1:
        first, first_cache = rnn_step_forward(x[:1], prev_h[:1], Wx, Wh, b)
        others, others_cache = rnn_step_forward(x[1:], prev_h[1:], Wx, Wh, b)
        return np.vstack([first, others]), (first_cache, others_cache)
    next_h = np.tanh(x[0] @ Wx + prev_h[0] @ Wh + b)
    return next_h[None], (x[0], prev_h[0], Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    if len(dnext_h) > 1:
        dx, dprev_h, *shared = rnn_step_backward(dnext_h[:1], cache[0])
        more_dx, more_dprev_h, *more = rnn_step_backward(dnext_h[1:], cache[1])
        sums = (a + b for a, b in zip(shared, more, strict=True))
        return np.vstack([dx, more_dx]), np.vstack([dprev_h, more_dprev_h]), *sums
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h[0] * (1 - next_h) * (1 + next_h)
    return (Wx @ da)[None], (Wh @ da)[None], np.multiply.outer(x, da), np.multiply.outer(prev_h, da), da


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    first, step_cache = rnn_step_forward(x[:, 0], h0, Wx, Wh, b)
    if T == 1:
        return first[:, None], (step_cache, None)
    others, cache = rnn_forward(x[:, 1:], first, Wx, Wh, b)
    return np.concatenate([first[:, None], others], axis=1), (step_cache, cache)


def rnn_backward(dh, cache):
    step_cache, rest = cache
    if rest is None:
        dx_t, dh0, *shared = rnn_step_backward(dh[:, 0], step_cache)
        return dx_t[:, None], dh0, *shared
    dx, dprev_h, *more = rnn_backward(dh[:, 1:], rest)
    dx_t, dh0, *shared = rnn_step_backward(dh[:, 0] + dprev_h, step_cache)
    return np.concatenate([dx_t[:, None], dx], axis=1), dh0, *map(plus, shared, more)


def word_embedding_forward(x, W):
    if x.ndim > 0:
        return np.array([word_embedding_forward(part, W)[0] for part in x]), (x, W)
    return W[int(x)], None


def word_embedding_backward(dout, cache):
    x, W = cache
    if x.size == 1:
        dW = np.zeros(W.shape)
        dW[int(x.item())] = dout.ravel()
        return dW
    x, dout = x.ravel(), dout.reshape(x.size, -1)
    middle = x.size // 2
    return word_embedding_backward(dout[:middle], (x[:middle], W)) + word_embedding_backward(
        dout[middle:], (x[middle:], W)
    )


def temporal_affine_forward(x, w, b):
    if x.ndim > 1:
        parts = [temporal_affine_forward(part, w, b) for part in x]
        return np.stack([out for out, _ in parts]), ([cache for _, cache in parts], w)
    return x @ w + b, (x, w)


def temporal_affine_backward(dout, cache):
    inside, w = cache
    if dout.ndim > 1:
        parts = [temporal_affine_backward(d, part) for d, part in zip(dout, inside, strict=True)]
        return np.stack([dx for dx, _, _ in parts]), sum(dw for _, dw, _ in parts), sum(db for _, _, db in parts)
    return w @ dout, np.outer(inside, dout), dout


def temporal_softmax_loss(x, y, mask, verbose=False):
    if len(x) > 1:
        (loss, dx), (more, more_dx) = (temporal_softmax_loss(x[s], y[s], mask[s]) for s in (slice(1), slice(1, None)))
        N = len(x)
        return (loss + (N - 1) * more) / N, np.concatenate([dx / N, (N - 1) * more_dx / N])
    log_z = halves([x[0, :, v] for v in range(x.shape[2])], np.logaddexp)
    t = np.arange(x.shape[1])
    dx = np.exp(x[0] - log_z[:, None])
    dx[t, y[0]] -= 1
    dx[np.logical_not(mask[0])] = 0
    return np.where(mask[0], log_z - x[0, t, y[0]], 0).sum(), dx[None]


def window(g, steps):
    """What one loss sends back through the steps whose caches are given, the latest first."""
    if not steps:
        return [], g, []
    dx, g, *shared = rnn_step_backward(g, steps[0])
    dxs, dh0, more = window(g, steps[1:])
    return [dx, *dxs], dh0, [shared, *more]


def rnn_backward_truncated(dh, cache, k):
    def unpacked(cache):
        return [] if cache is None else [cache[0], *unpacked(cache[1])]

    steps = unpacked(cache)
    dx, dh0, shared = np.zeros((*dh.shape[:2], len(steps_input(steps[0]))), float), np.zeros_like(dh[:, 0]), []
    for t in range(len(steps)):
        first = max(0, t - k + 1)
        dxs, g, more = window(dh[:, t], steps[first : t + 1][::-1])
        dx[:, first : t + 1] += np.stack(dxs[::-1], axis=1)
        shared += more
        if first == 0:
            dh0 += g
    return dx, dh0, *(halves([each[i] for each in shared], plus) for i in range(3))


def steps_input(step_cache):
    """The input vector of the first example in the nested cache of a step."""
    return step_cache[0] if isinstance(step_cache[-1], np.ndarray) else steps_input(step_cache[0])
