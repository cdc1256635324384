"""An image captioner in NumPy, written for speed: an LSTM whose first state is an affine map of the features.

The equations are those of the course (Wx, Wh, b; gates i, f, o, g); products over all time steps are taken at once
where the recurrence allows. `check_gradients` compares all gradients with central differences in double precision.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

NULL, START, END = 0, 1, 2


class Captioner:
    """V words, features of width D (0: it sees no image), word vectors W, state H."""

    def __init__(self, V: int, D: int, W: int = 128, H: int = 256, seed: int = 0, dtype=np.float32):
        rng = np.random.default_rng(seed)
        self.H, self.dtype = H, dtype
        self.params = {
            "W_proj": rng.standard_normal((D, H)) / np.sqrt(max(D, 1)),
            "b_proj": np.zeros(H),
            "W_embed": rng.standard_normal((V, W)) / 10,
            "Wx": rng.standard_normal((W, 4 * H)) / np.sqrt(W),
            "Wh": rng.standard_normal((H, 4 * H)) / np.sqrt(H),
            "b": np.repeat([0.0, 1.0, 0.0, 0.0], H),  # gates that forget little at first
            "W_vocab": rng.standard_normal((H, V)) / np.sqrt(H),
            "b_vocab": np.zeros(V),
        }
        self.params = {name: value.astype(dtype) for name, value in self.params.items()}

    def _step(self, a, c):
        """Gates in place of the sums a (N, 4H), and the next c and h."""
        H = self.H
        gates, g = a[:, : 3 * H], a[:, 3 * H :]
        np.tanh(np.multiply(gates, 0.5, out=gates), out=gates)  # the logistic function by way of tanh
        gates += 1
        gates *= 0.5
        np.tanh(g, out=g)
        c = a[:, H : 2 * H] * c + a[:, :H] * g
        squashed = np.tanh(c)
        return c, squashed, a[:, 2 * H : 3 * H] * squashed

    def loss(self, features: np.ndarray, captions: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        """Mean over captions of the summed cross-entropy, and its gradients. features (N, D), captions (N, T + 1)."""
        p, H = self.params, self.H
        words = captions.T
        T = int((words != NULL).any(axis=1).sum()) - 1  # steps that any caption needs
        inputs, targets = words[:T], words[1 : T + 1]
        N = len(captions)
        x = p["W_embed"][inputs]
        a = x @ p["Wx"] + p["b"]
        h, c = np.empty((T + 1, N, H), self.dtype), np.empty((T + 1, N, H), self.dtype)
        squashed = np.empty((T, N, H), self.dtype)
        h[0], c[0] = features @ p["W_proj"] + p["b_proj"], 0
        for t in range(T):
            a[t] += h[t] @ p["Wh"]
            c[t + 1], squashed[t], h[t + 1] = self._step(a[t], c[t])
        states = h[1:].reshape(T * N, H)
        scores = states @ p["W_vocab"] + p["b_vocab"]
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        flat, rows = targets.ravel(), np.arange(T * N)
        mask = (flat != NULL).astype(self.dtype)
        loss = -(np.log(scores[rows, flat] + 1e-30) * mask).sum() / N

        scores[rows, flat] -= 1
        scores *= mask[:, None] / N
        grads = {"W_vocab": states.T @ scores, "b_vocab": scores.sum(axis=0)}
        dh_out = (scores @ p["W_vocab"].T).reshape(T, N, H)
        da = np.empty_like(a)
        dh, dc = np.zeros((N, H), self.dtype), np.zeros((N, H), self.dtype)
        for t in reversed(range(T)):
            i, f, o, g = (a[t][:, k * H : (k + 1) * H] for k in range(4))
            dh += dh_out[t]
            dc += dh * o * (1 - squashed[t] ** 2)
            da[t][:, :H] = dc * g * i * (1 - i)
            da[t][:, H : 2 * H] = dc * c[t] * f * (1 - f)
            da[t][:, 2 * H : 3 * H] = dh * squashed[t] * o * (1 - o)
            da[t][:, 3 * H :] = dc * i * (1 - g**2)
            dh, dc = da[t] @ p["Wh"].T, dc * f
        flat_da = da.reshape(T * N, 4 * H)
        grads["Wh"] = h[:-1].reshape(T * N, H).T @ flat_da
        grads["Wx"], grads["b"] = x.reshape(T * N, -1).T @ flat_da, flat_da.sum(axis=0)
        grads["W_embed"] = np.zeros_like(p["W_embed"])
        np.add.at(grads["W_embed"], inputs.ravel(), flat_da @ p["Wx"].T)
        grads["W_proj"], grads["b_proj"] = features.T @ dh, dh.sum(axis=0)
        return float(loss), grads

    def sample(self, features: np.ndarray, length: int = 16) -> np.ndarray:
        """The likeliest word at each step, (N, length) int32; <NULL> after <END>."""
        p = self.params
        N = len(features)
        h, c = features @ p["W_proj"] + p["b_proj"], np.zeros((N, self.H), self.dtype)
        word, going = np.full(N, START), np.ones(N, bool)
        out = np.full((N, length), NULL, np.int32)
        for t in range(length):
            a = p["W_embed"][word] @ p["Wx"] + p["b"] + h @ p["Wh"]
            c, _, h = self._step(a, c)
            word = (h @ p["W_vocab"] + p["b_vocab"]).argmax(axis=1)
            out[going, t] = word[going]
            going &= word != END
        return out


def train(
    model: Captioner, data: dict, seconds: float, lr: float = 3e-3, batch: int = 50, seed: int = 0, show=None
) -> int:
    """Adam with a rate that falls to zero over the time given; returns the number of steps.

    data: as load_coco_data gives it. show: called with (share of the time, mean loss of the last steps).
    """
    rng = np.random.default_rng(seed)
    captions, idxs = np.asarray(data["train_captions"]), np.asarray(data["train_image_idxs"])
    features = np.asarray(data["train_features"])[:, : len(model.params["W_proj"])]
    first = {name: np.zeros_like(value) for name, value in model.params.items()}
    second = {name: np.zeros_like(value) for name, value in model.params.items()}
    begun, step, recent = time.perf_counter(), 0, []
    while (share := (time.perf_counter() - begun) / seconds) < 1:
        chosen = rng.integers(len(captions), size=batch)
        loss, grads = model.loss(features[idxs[chosen]], captions[chosen])
        step += 1
        norm = np.sqrt(sum(float((grad * grad).sum()) for grad in grads.values()))
        rate = lr * (1 - share) * min(1, 5 / norm) * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for name, grad in grads.items():
            first[name] += 0.1 * (grad - first[name])
            second[name] += 0.001 * (grad * grad - second[name])
            model.params[name] -= rate * first[name] / (np.sqrt(second[name]) + 1e-8)
        recent.append(loss)
        if show and step % 200 == 0:
            show(share, np.mean(recent))
            recent.clear()
    return step


def check_gradients() -> float:
    """The greatest norm-wise relative error of any gradient against central differences."""
    rng = np.random.default_rng(0)
    model = Captioner(V=11, D=5, W=4, H=6, dtype=np.float64)
    features = rng.standard_normal((3, 5))
    captions = np.array([[1, 4, 5, 2, 0, 0], [1, 9, 2, 0, 0, 0], [1, 4, 4, 10, 3, 2]])
    _, grads = model.loss(features, captions)
    worst = 0.0
    for name, value in model.params.items():
        numerical = np.empty_like(value)
        for place in np.ndindex(value.shape):
            kept, ends = value[place], []
            for h in (1e-5, -1e-5):
                value[place] = kept + h
                ends.append(model.loss(features, captions)[0])
            value[place] = kept
            numerical[place] = (ends[0] - ends[1]) / 2e-5
        worst = max(worst, np.linalg.norm(grads[name] - numerical) / np.linalg.norm(numerical))
    return worst


def greedy_captions(model: Captioner, features: np.ndarray, decode: Callable) -> list[str]:
    """What the model says of each image."""
    width = len(model.params["W_proj"])
    return decode(model.sample(np.asarray(features)[:, :width]))
