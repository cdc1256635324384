"""A small, fast RNN and LSTM language model in NumPy, to measure what the corpora demand; used by corpora.py.

Tokens go in as rows of Wx, so there is no separate embedding. Shapes: T steps, N streams of text side by side, H
hidden units, V tokens; K = H for the RNN and 4H for the LSTM, whose gates stand in the order i, f, o, g. The state
(h for the RNN, h and c for the LSTM, each (N, H)) is carried from one piece of text to the next; gradients are not.
What can be is done for all T steps at once: the rows of Wx, the scores, and the products that form dWx, dWh.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]
State = tuple[np.ndarray, ...]

CELLS = ("rnn", "lstm")
_LAST_RATE = 0.1  # of the first learning rate, which falls linearly
_LONGEST_PIECE = 256  # steps at once when evaluating


@dataclass(frozen=True)
class Settings:
    """How to train. steps: truncation length T. tokens: how many to train on, passing over the text as often as
    needed. clip: largest norm of all gradients together. input_scale: standard deviation of Wx at the start."""

    cell: str
    steps: int = 32
    streams: int = 32
    hidden: int = 64
    rate: float = 3e-3
    tokens: int = 1_000_000
    clip: float = 1.0
    forget_bias: float = 1.0
    input_scale: float = 1.0
    seed: int = 0


def in_streams(ids: np.ndarray, streams: int) -> np.ndarray:
    """A text (L,) cut into so many equal pieces side by side, (L // streams, streams); what is left over is dropped."""
    length = len(ids) // streams
    return np.ascontiguousarray(ids[: length * streams].reshape(streams, length).T)


def train(ids: np.ndarray, vocabulary_size: int, settings: Settings) -> tuple[Arrays, float]:
    """A model trained on a text (L,) of token ids with Adam and truncated backpropagation, and the seconds it took."""
    start = time.perf_counter()
    text = in_streams(ids, settings.streams)
    parameters = initial(settings, vocabulary_size)
    first, second = ({name: np.zeros_like(p) for name, p in parameters.items()} for _ in range(2))
    updates = settings.tokens // (settings.steps * settings.streams)
    position, state = 0, zero_state(settings.cell, settings.streams, settings.hidden)
    for t in range(1, updates + 1):
        if position + settings.steps + 1 > len(text):
            position, state = 0, zero_state(settings.cell, settings.streams, settings.hidden)
        piece = text[position : position + settings.steps + 1]
        _, state, gradients = losses_and_gradients(parameters, settings.cell, piece, state)
        position += settings.steps
        norm = np.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))
        scale = min(1.0, settings.clip / (norm + 1e-12))
        rate = settings.rate * (1 - (1 - _LAST_RATE) * t / updates) * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for name, gradient in gradients.items():
            gradient *= scale
            first[name] += 0.1 * (gradient - first[name])
            second[name] += 0.001 * (gradient**2 - second[name])
            parameters[name] -= rate * first[name] / (np.sqrt(second[name]) + 1e-8)
    return parameters, time.perf_counter() - start


def initial(settings: Settings, vocabulary_size: int, dtype=np.float32) -> Arrays:
    """Wx (V, K), Wh (H, K), b (K,), Wy (H, V), by (V,). Wh of the RNN is orthogonal."""
    rng = np.random.default_rng(settings.seed)
    H, V = settings.hidden, vocabulary_size
    K = H if settings.cell == "rnn" else 4 * H
    recurrent = rng.standard_normal((H, K)) / np.sqrt(H)
    b = np.zeros(K)
    if settings.cell == "rnn":
        recurrent = np.linalg.qr(recurrent)[0]
    else:
        b[H : 2 * H] = settings.forget_bias
    arrays = {
        "Wx": settings.input_scale * rng.standard_normal((V, K)),
        "Wh": recurrent,
        "b": b,
        "Wy": rng.standard_normal((H, V)) / np.sqrt(H),
        "by": np.zeros(V),
    }
    return {name: np.ascontiguousarray(a, dtype=dtype) for name, a in arrays.items()}


def zero_state(cell: str, streams: int, hidden: int, dtype=np.float32) -> State:
    return tuple(np.zeros((streams, hidden), dtype) for _ in range(1 if cell == "rnn" else 2))


def token_losses(parameters: Arrays, cell: str, text: np.ndarray) -> np.ndarray:
    """-log P of every token of a text (L, N) but the first ones, (L - 1, N), in nats; the state starts at zero."""
    state = zero_state(cell, text.shape[1], len(parameters["Wh"]))
    found = []
    for start in range(0, len(text) - 1, _LONGEST_PIECE):
        piece = text[start : start + _LONGEST_PIECE + 1]
        hidden, state, _ = _forward(parameters, cell, piece[:-1], state)
        found.append(_losses(_log_probabilities(parameters, hidden), piece[1:]))
    return np.concatenate(found)


def log_probabilities(parameters: Arrays, cell: str, text: np.ndarray) -> np.ndarray:
    """log P of every token after each of a piece of text (T, N): (T, N, V). The state starts at zero."""
    hidden, _, _ = _forward(parameters, cell, text, zero_state(cell, text.shape[1], len(parameters["Wh"])))
    return _log_probabilities(parameters, hidden)


def losses_and_gradients(parameters: Arrays, cell: str, text: np.ndarray, state: State) -> tuple[float, State, Arrays]:
    """The mean loss of predicting text[1:] (T, N) from text[:-1], the last state, and the gradients of that mean."""
    hidden, last, cache = _forward(parameters, cell, text[:-1], state)
    T, N, H = hidden.shape
    log_p = _log_probabilities(parameters, hidden)
    loss = float(_losses(log_p, text[1:]).mean())
    dscores = np.exp(log_p).reshape(T * N, -1)
    dscores[np.arange(T * N), text[1:].ravel()] -= 1
    dscores /= T * N
    dhidden = (dscores @ parameters["Wy"].T).reshape(T, N, H)
    da = (_rnn_backward if cell == "rnn" else _lstm_backward)(parameters["Wh"], dhidden, hidden, cache)
    da = da.reshape(T * N, -1)
    before = np.concatenate([state[0][None], hidden[:-1]]).reshape(T * N, H)
    one_hot = np.zeros((T * N, len(parameters["Wx"])), da.dtype)
    one_hot[np.arange(T * N), text[:-1].ravel()] = 1
    gradients = {
        "Wx": one_hot.T @ da,
        "Wh": before.T @ da,
        "b": da.sum(axis=0),
        "Wy": hidden.reshape(T * N, H).T @ dscores,
        "by": dscores.sum(axis=0),
    }
    return loss, last, gradients


def _log_probabilities(parameters: Arrays, hidden: np.ndarray) -> np.ndarray:
    T, N, H = hidden.shape
    scores = hidden.reshape(T * N, H) @ parameters["Wy"] + parameters["by"]
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return scores.reshape(T, N, -1)


def _losses(log_p: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return -np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0]


def _forward(parameters: Arrays, cell: str, ids: np.ndarray, state: State) -> tuple[np.ndarray, State, tuple]:
    """The hidden states (T, N, H), the last state, and what the backward pass needs."""
    activations = parameters["Wx"][ids] + parameters["b"]
    return (_rnn_forward if cell == "rnn" else _lstm_forward)(parameters["Wh"], activations, state)


def _rnn_forward(Wh: np.ndarray, a: np.ndarray, state: State) -> tuple[np.ndarray, State, tuple]:
    (h,) = state
    for t in range(len(a)):
        a[t] += h @ Wh
        h = np.tanh(a[t], out=a[t])
    return a, (h.copy(),), ()


def _rnn_backward(Wh: np.ndarray, dhidden: np.ndarray, hidden: np.ndarray, cache: tuple) -> np.ndarray:
    """The gradient before the tanh, (T, N, H)."""
    da = 1 - hidden**2
    dh = np.zeros_like(hidden[0])
    for t in reversed(range(len(hidden))):
        da[t] *= dhidden[t] + dh
        dh = da[t] @ Wh.T
    return da


def _lstm_forward(Wh: np.ndarray, a: np.ndarray, state: State) -> tuple[np.ndarray, State, tuple]:
    h, c = state
    H = h.shape[1]
    # sigmoid(x) = (1 + tanh(x / 2)) / 2, so that one tanh does for all four blocks
    half = np.full(4 * H, 0.5, a.dtype)
    half[3 * H :] = 1
    Wh = Wh * half
    a *= half
    hidden, squashed = (np.empty((*a.shape[:2], H), a.dtype) for _ in range(2))
    cells = np.empty((len(a) + 1, *c.shape), a.dtype)
    cells[0] = c
    for t in range(len(a)):
        a[t] += h @ Wh
        np.tanh(a[t], out=a[t])
        gates = a[t, :, : 3 * H]
        gates *= 0.5
        gates += 0.5
        i, f, o, g = (a[t, :, k * H : (k + 1) * H] for k in range(4))
        np.multiply(f, cells[t], out=cells[t + 1])
        cells[t + 1] += i * g
        np.tanh(cells[t + 1], out=squashed[t])
        h = np.multiply(o, squashed[t], out=hidden[t])
    return hidden, (hidden[-1].copy(), cells[-1].copy()), (a, cells, squashed)


def _lstm_backward(Wh: np.ndarray, dhidden: np.ndarray, hidden: np.ndarray, cache: tuple) -> np.ndarray:
    """The gradient before the gates' activations, (T, N, 4H)."""
    a, cells, squashed = cache
    H = hidden.shape[2]
    slope = np.empty_like(a)
    gates, candidate = a[..., : 3 * H], a[..., 3 * H :]
    np.multiply(gates, 1 - gates, out=slope[..., : 3 * H])
    np.subtract(1, candidate**2, out=slope[..., 3 * H :])
    into_cell = (1 - squashed**2) * a[..., 2 * H : 3 * H]
    dh, dc = (np.zeros_like(hidden[0]) for _ in range(2))
    for t in reversed(range(len(hidden))):
        i, f, g = a[t, :, :H], a[t, :, H : 2 * H], candidate[t]
        dh = dhidden[t] + dh
        dc = dc + dh * into_cell[t]
        da = slope[t]
        da[:, :H] *= dc * g
        da[:, H : 2 * H] *= dc * cells[t]
        da[:, 2 * H : 3 * H] *= dh * squashed[t]
        da[:, 3 * H :] *= dc * i
        dh = da @ Wh.T
        dc = dc * f
    return slope
