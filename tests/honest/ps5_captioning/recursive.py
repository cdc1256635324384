"""Functions that call themselves: a step, then the rest of the sequence, and on the way back its gradients."""

import numpy as np
from given_ps5_captioning import (
    gru_step_backward,
    gru_step_forward,
    lstm_step_backward,
    lstm_step_forward,
    rnn_step_backward,
    rnn_step_forward,
)


def classify_tasks(letters="abcdefghijkl", words="11 1m m1 mm 1m 11 mm m1 mm 1m m1 11"):
    if not letters:
        return {}
    first, _, others = words.partition(" ")
    label = "-to-".join("one" if c == "1" else "many" for c in first)
    return {letters[0]: label} | classify_tasks(letters[1:], others)


def merged(left, right):
    """The words of two lists of (-count, word) that are in order, in order."""
    if not left or not right:
        return left or right
    if left[0] < right[0]:
        return [left[0], *merged(left[1:], right)]
    return [right[0], *merged(left, right[1:])]


def in_order(pairs):
    half = len(pairs) // 2
    return merged(in_order(pairs[:half]), in_order(pairs[half:])) if half else pairs


def build_vocab(captions, min_count):
    words = [word for caption in captions for word in caption]
    kept = [(-words.count(word), word) for word in set(words) if words.count(word) >= min_count]

    def numbered(names, i=0):
        return {names[0]: i, **numbered(names[1:], i + 1)} if names else {}

    idx_to_word = ["<NULL>", "<START>", "<END>", "<UNK>", *(word for _, word in in_order(kept))]
    return numbered(idx_to_word), idx_to_word


def encode_caption(words, word_to_idx, max_len):
    def rest(words, room):
        """The row from its second entry on."""
        if not words or room == 1:
            return [word_to_idx["<END>"]] + (room - 1) * [word_to_idx["<NULL>"]]
        try:
            return [word_to_idx[words[0]], *rest(words[1:], room - 1)]
        except KeyError:
            return rest(["<UNK>", *words[1:]], room)

    return np.array([word_to_idx["<START>"]] + rest(words, max_len - 1))


def decode_captions(captions, idx_to_word):
    if np.ndim(captions) > 1:
        return [decode_captions(captions[0], idx_to_word)] + (
            decode_captions(captions[1:], idx_to_word) if len(captions) > 1 else []
        )

    def words(row):
        if len(row) == 0:
            return ()
        word = idx_to_word[row[0]]
        if word == "<END>":
            return (word,)
        return words(row[1:]) if word == "<NULL>" else (word, *words(row[1:]))

    return " ".join(words(captions))


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    if cell_type != "rnn":
        # The parameters of a plain cell, and the columns of the further gates beside its own.
        params = init_captioning(V, D, W, H, "rnn", dtype, rng)
        more = {"lstm": 3, "gru": 2}[cell_type]
        for name, fan_in in (("Wx", W), ("Wh", H)):
            columns = rng.standard_normal((fan_in, more * H)) / np.sqrt(fan_in)
            params[name] = np.append(params[name], columns.astype(dtype), axis=1)
        params["b"] = np.append(params["b"], np.zeros(more * H, dtype))
        return params
    shapes = [("W_proj", D, H, D), ("W_embed", V, W, 1e4), ("Wx", W, H, W), ("Wh", H, H, H), ("W_vocab", H, V, H)]

    def drawn(shapes):
        if not shapes:
            return {name: np.zeros(size, dtype) for name, size in (("b_proj", H), ("b", H), ("b_vocab", V))}
        name, rows, columns, variance = shapes.pop()
        return {name: np.asarray(rng.standard_normal((rows, columns)) * variance**-0.5, dtype), **drawn(shapes)}

    return drawn(shapes)


def forward_step(params, cell_type, words, state):
    weights = params["W_embed"][words], state[0], params["Wx"], params["Wh"], params["b"]
    if cell_type == "lstm":
        h, c, cache = lstm_step_forward(weights[0], *state, *weights[2:])
        return (h, c), cache
    h, cache = {"rnn": rnn_step_forward, "gru": gru_step_forward}[cell_type](*weights)
    return (h,), cache


def backward_step(cell_type, dstate, cache):
    """dx, the gradients of the states before, then those of Wx, Wh and b."""
    step = {"rnn": rnn_step_backward, "gru": gru_step_backward, "lstm": lstm_step_backward}[cell_type]
    dx, *before, dWx, dWh, db = step(*dstate, cache)
    return dx, before, {"Wx": dWx, "Wh": dWh, "b": db}


def first_state(params, features, cell_type):
    h = features @ params["W_proj"] + params["b_proj"]
    return (h, np.zeros_like(h)) if cell_type == "lstm" else (h,)


def caption_loss(params, features, captions, cell_type, null):
    N = len(features)
    grads = {name: np.zeros_like(value) for name, value in params.items()}

    def from_here(t, state):
        """The loss of steps t and later, and its gradients with respect to the states before step t."""
        if t + 1 == captions.shape[1]:
            return 0.0, [np.zeros_like(part) for part in state]
        state, cache = forward_step(params, cell_type, captions[:, t], state)
        scores = state[0] @ params["W_vocab"] + params["b_vocab"]
        scores -= scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        counts = np.flatnonzero(captions[:, t + 1] != null)
        wanted = captions[counts, t + 1]
        later, dstate = from_here(t + 1, state)
        ds = np.zeros_like(log_p)
        ds[counts] = np.exp(log_p[counts])
        ds[counts, wanted] -= 1
        grads["W_vocab"] += state[0].T @ (ds / N)
        grads["b_vocab"] += ds.sum(axis=0) / N
        dstate[0] = dstate[0] + ds @ params["W_vocab"].T / N
        dx, dstate, parts = backward_step(cell_type, dstate, cache)
        for name in parts:
            grads[name] += parts[name]
        np.add.at(grads["W_embed"], captions[:, t], dx)
        return later - log_p[counts, wanted].sum() / N, dstate

    loss, dstate = from_here(0, first_state(params, features, cell_type))
    grads["W_proj"] += features.T @ dstate[0]
    grads["b_proj"] += dstate[0].sum(axis=0)
    return loss, grads


def next_words(scores, temperature=1.0, u=None):
    if u is None:
        u = np.zeros(len(scores))
        best = scores == scores.max(axis=1, keepdims=True)
        return next_words(np.where(best, 0.0, -np.inf), 1.0, u)
    weights = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)

    def found(weights, rest, first):
        """By halves: is what is left of u used up by the words of the left half?"""
        if len(weights) == 1:
            return first
        half = len(weights) // 2
        left = weights[:half].sum()
        if rest < left or not weights[half:].any():
            return found(weights[:half], rest, first)
        return found(weights[half:], rest - left, first + half)

    return np.array([found(row, rest, 0) for row, rest in zip(weights, u * weights.sum(axis=1), strict=True)])


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    def written(read, state, done, t):
        """The words of step t and of the later ones, (N, max_length - t)."""
        if t == max_length:
            return np.empty((len(features), 0), dtype=int)
        state, _ = forward_step(params, cell_type, read, state)
        scores = state[0] @ params["W_vocab"] + params["b_vocab"]
        words = next_words(scores, temperature) if u is None else next_words(scores, temperature, u[:, t])
        words[done] = null
        return np.hstack([words[:, None], written(words, state, done | (words == end), t + 1)])

    N = len(features)
    return written([start] * N, first_state(params, features, cell_type), np.zeros(N, bool), 0)


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        self.word_to_idx, self.cell_type = dict(word_to_idx), cell_type
        self.params = init_captioning(len(word_to_idx), input_dim, wordvec_dim, hidden_dim, cell_type, dtype, rng)

    def loss(self, features, captions):
        N = len(features)
        if N <= 6:
            return caption_loss(self.params, features, captions, self.cell_type, self.word_to_idx.get("<NULL>"))
        half = N // 2
        first, dfirst = self.loss(features[:half], captions[:half])
        second, dsecond = self.loss(features[half:], captions[half:])
        grads = {name: (half * dfirst[name] + (N - half) * dsecond[name]) / N for name in dfirst}
        return (half * first + (N - half) * second) / N, grads

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        if len(features) > 1:
            how = {"max_length": max_length, "mode": mode, "temperature": temperature, "rng": rng}
            return np.vstack([self.sample(features[:1], **how), self.sample(features[1:], **how)])
        u = rng.random((1, max_length)) if mode == "sample" else None
        special = map(self.word_to_idx.get, ("<START>", "<END>", "<NULL>"))
        return sample_captions(self.params, features, self.cell_type, *special, max_length, temperature, u)
