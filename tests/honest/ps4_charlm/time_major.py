"""Time first, features before examples: states as columns, weights on the left, views of transposes returned."""

import numpy as np

from unroll.optim import adam


def build_char_vocab(text):
    columns = sorted(zip(set(text), strict=True))
    idx_to_char = [c for (c,) in columns]
    return dict(map(reversed, enumerate(idx_to_char))), idx_to_char


def sigmoid(a):
    out = np.empty_like(a)
    out[a >= 0] = 1 / (1 + np.exp(-a[a >= 0]))
    out[a < 0] = np.exp(a[a < 0]) / (1 + np.exp(a[a < 0]))
    return out


class Columns:
    """A cell whose states are the columns of (H, N) arrays; the gates are an axis of the weights."""

    def __init__(self, params):
        self.H, K = params["Wh"].shape
        self.gates = K // self.H
        self.U = params["Wx"].T.reshape(self.gates, self.H, -1)
        self.W = params["Wh"].T.reshape(self.gates, self.H, self.H)
        self.b = params["b"].reshape(self.gates, self.H, 1)
        self.Wy, self.by = params["Wy"].T, params["by"][:, None]
        self.dU, self.dW, self.db = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, ids, h, c):
        a = self.U[:, :, ids] + self.b
        if self.gates == 1:
            new = np.tanh(a[0] + self.W[0] @ h)
            return new, c, (ids, h, new)
        if self.gates == 3:
            r, z = sigmoid(a[:2] + self.W[:2] @ h)
            n = np.tanh(a[2] + self.W[2] @ (r * h))
            return n + z * (h - n), c, (ids, h, r, z, n)
        a = a + self.W @ h
        i, f, o = sigmoid(a[:3])
        g = np.tanh(a[3])
        new_c = f * c + i * g
        return o * np.tanh(new_c), new_c, (ids, h, c, i, f, o, g, np.tanh(new_c))

    def backward(self, dh, dc, cache):
        """Adds to the gradients of the weights; returns those of h and c before."""
        ids, h, *rest = cache
        if self.gates == 1:
            da = (dh * (1 - rest[0] ** 2))[None]
            self.note(ids, da, h[None])
            return self.W[0].T @ da[0], dc
        if self.gates == 3:
            r, z, n = rest
            dn = dh * (1 - z) * (1 - n**2)
            back = self.W[2].T @ dn
            da = np.stack([back * h * r * (1 - r), dh * (h - n) * z * (1 - z), dn])
            self.note(ids, da, np.stack([h, h, r * h]))
            return dh * z + back * r + self.W[0].T @ da[0] + self.W[1].T @ da[1], dc
        c, i, f, o, g, tanh_c = rest
        dc = dc + dh * o * (1 - tanh_c**2)
        da = np.stack([dc * g * i * (1 - i), dc * c * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)])
        self.note(ids, da, np.stack([h] * 4))
        return np.einsum("kij,kin->jn", self.W, da), dc * f

    def note(self, ids, da, h):
        for n, ix in enumerate(ids):
            self.dU[:, :, ix] += da[:, :, n]
        self.dW += da @ h.transpose(0, 2, 1)
        self.db += da.sum(axis=2, keepdims=True)

    def wide(self, d):
        """A gradient (gates, H, rows) as (rows, gates H): a view."""
        return d.reshape(self.gates * self.H, -1).T


def char_lm_loss(params, inputs, targets, h0):
    cell = Columns(params)
    T, N = inputs.T.shape
    h, c = h0.T[: cell.H], h0.T[cell.H :]
    states, caches = [], []
    for ids in inputs.T:
        h, c, cache = cell.forward(ids, h, c)
        states.append(h)
        caches.append(cache)
    states = np.array(states)  # (T, H, N)
    scores = cell.Wy @ states + cell.by
    scores -= scores.max(axis=1, keepdims=True)
    z = np.exp(scores).sum(axis=1)
    picked = scores[np.arange(T)[:, None], targets.T, np.arange(N)]
    loss = (np.log(z) - picked).sum(axis=0).mean()
    ds = np.exp(scores) / z[:, None]
    ds[np.arange(T)[:, None], targets.T, np.arange(N)] -= 1
    ds /= N
    dh, dc = np.zeros_like(h), np.zeros_like(c)
    for cache, down in zip(caches[::-1], (cell.Wy.T @ ds)[::-1], strict=True):
        dh, dc = cell.backward(dh + down, dc, cache)
    grads = {
        "Wx": cell.wide(cell.dU),
        "Wh": cell.wide(cell.dW),
        "b": cell.db.ravel(),
        "Wy": np.tensordot(ds, states, axes=([0, 2], [0, 2])).T,
        "by": ds.sum(axis=(0, 2)),
    }
    return loss, grads, np.vstack([h, c]).T


def sequence_logprob(params, ids):
    cell = Columns(params)
    h = np.zeros((cell.H, 1))
    c, column = np.zeros_like(h), []
    for ix in ids:
        column.append(cell.Wy @ h + cell.by)
        h, c, _ = cell.forward([ix], h, c)
    scores = np.hstack(column)  # (V, T)
    differences = scores - scores[ids, np.arange(len(ids))]
    top = differences.max(axis=0)
    return -(top + np.log(np.exp(differences - top).sum(axis=0))).sum()


def perplexity(loss_sum, n_tokens):
    return 1 / np.exp(-loss_sum / n_tokens)  # one over the geometric mean of the probabilities


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    cell = Columns(params)
    h, c = np.vsplit(h0.T, [cell.H])
    ids = np.zeros((n, 1), dtype=int)
    ix = np.array([seed_ix])
    for row in ids:
        h, c, _ = cell.forward(ix, h, c)
        scores = (cell.Wy @ h + cell.by)[:, 0]
        weights = np.exp((scores - scores.max()) / temperature)
        while True:  # accept a guess as often as it is probable
            guess = rng.integers(len(weights))
            if rng.random() < weights[guess]:
                break
        row[:] = ix = np.array([guess])
    return ids.T[0]


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    text = ids.T
    L, N = text.shape
    H, K = params["Wh"].shape
    weights = {name: (value, {"learning_rate": learning_rate}) for name, value in params.items()}
    losses = []
    for _ in range(epochs):
        text_left = text[rng.integers(seq_length) :]
        state = np.zeros((H * (2 if K == 4 * H else 1), N)).T
        while len(text_left) > seq_length:
            now = {name: value for name, (value, _) in weights.items()}
            reading, wanted = text_left[:seq_length].T, text_left[1 : seq_length + 1].T
            loss, grads, last = char_lm_loss(now, reading, wanted, state)
            state = last if carry_state else np.zeros_like(last)
            long = np.hypot.reduce(np.concatenate([g.ravel() for g in grads.values()]))
            short = np.clip(long, 0, max_norm) / long
            weights = {k: adam(w, short * grads[k], config) for k, (w, config) in weights.items()}
            losses.append(loss / seq_length)
            if watch:
                watch({name: value for name, (value, _) in weights.items()}, losses[-1])
            text_left = text_left[seq_length:]
    return {name: value for name, (value, _) in weights.items()}, np.array(losses)
