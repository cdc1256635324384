"""Around a character-level language model: parameters to start from, text cut into streams, losses one by one.

params holds Wx (V, K), Wh (H, K), b (K,), Wy (H, V), by (V,), with K = H for a vanilla RNN, K = 3H for a
GRU (blocks r, z, n; reset_after=False) and K = 4H for an LSTM (blocks i, f, o, g).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}  # of H columns
INPUT_SCALE = {"rnn": 0.3, "gru": 1.0, "lstm": 2.0}  # standard deviation of Wx


def new_params(cell: str, V: int, H: int, seed: int = 0, dtype=np.float32) -> dict[str, np.ndarray]:
    """Parameters to begin training with.

    cell: "rnn" (Wh is orthogonal), "gru" (the biases of z are 2) or "lstm" (those of the forget gates are 1).
    """
    if cell not in BLOCKS:
        raise ValueError(f"cell must be 'rnn', 'gru' or 'lstm', not {cell!r}")
    rng = np.random.default_rng(seed)
    K = BLOCKS[cell] * H
    Wh, b = rng.standard_normal((H, K)) / np.sqrt(H), np.zeros(K)
    if cell == "rnn":
        Wh = np.linalg.qr(Wh)[0]
    else:
        b[H : 2 * H] = 2 if cell == "gru" else 1
    params = {
        "Wx": INPUT_SCALE[cell] * rng.standard_normal((V, K)),
        "Wh": Wh,
        "b": b,
        "Wy": rng.standard_normal((H, V)) / np.sqrt(H),
        "by": np.zeros(V),
    }
    return {name: np.ascontiguousarray(value, dtype=dtype) for name, value in params.items()}


def in_streams(ids: np.ndarray, N: int) -> np.ndarray:
    """A text (L,) cut into N equal parts, one a row, (N, L // N); what is left over is dropped."""
    length = len(ids) // N
    return np.asarray(ids)[: N * length].reshape(N, length)


def char_losses(params: Mapping[str, np.ndarray], ids: np.ndarray) -> np.ndarray:
    """The loss of every character of N streams of text (N, L) but the first ones, (N, L - 1), in nats.

    Every stream starts at the zero state.
    """
    Wx, Wh, b = params["Wx"], params["Wh"], params["b"]
    Wy, by = params["Wy"], params["by"]
    H = len(Wh)
    h = c = np.zeros((len(ids), H), Wh.dtype)
    losses = np.empty((len(ids), ids.shape[1] - 1))
    rows = np.arange(len(ids))
    for t in range(ids.shape[1] - 1):
        a = Wx[ids[:, t]] + b
        if Wh.shape[1] == H:
            h = np.tanh(a + h @ Wh)
        elif Wh.shape[1] == 3 * H:
            r, z = np.split(_sigmoid(a[:, : 2 * H] + h @ Wh[:, : 2 * H]), 2, axis=1)
            h = (1 - z) * np.tanh(a[:, 2 * H :] + (r * h) @ Wh[:, 2 * H :]) + z * h
        else:
            a = a + h @ Wh
            i, f, o = np.split(_sigmoid(a[:, : 3 * H]), 3, axis=1)
            c = f * c + i * np.tanh(a[:, 3 * H :])
            h = o * np.tanh(c)
        scores = h @ Wy + by
        scores = scores - scores.max(axis=1, keepdims=True)
        losses[:, t] = np.log(np.exp(scores).sum(axis=1)) - scores[rows, ids[:, t + 1]]
    return losses


def _sigmoid(a: np.ndarray) -> np.ndarray:
    return (1 + np.tanh(a / 2)) / 2  # a form that cannot overflow
