"""Single precision inside, cast back at the end, as for a graphics card."""

import numpy as np
from given_ps5_captioning import (
    gru_backward,
    gru_forward,
    gru_step_forward,
    lstm_backward,
    lstm_forward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
    word_embedding_backward,
    word_embedding_forward,
)

F = np.float32


def classify_tasks():
    """Each task is a number: 1 if many go in, plus 2 if many come out."""
    codes = np.array([0, 2, 1, 3, 2, 0, 3, 1, 3, 2, 1, 0], dtype=np.int8)
    ends = ("one", "many")
    return {chr(ord("a") + k): f"{ends[code & 1]}-to-{ends[code >> 1]}" for k, code in enumerate(codes)}


def build_vocab(captions, min_count):
    words = sorted({word for caption in captions for word in caption})
    number = {word: k for k, word in enumerate(words)}
    counts = np.bincount([number[word] for caption in captions for word in caption]).astype(F)
    order = np.lexsort((np.arange(len(words)), -counts))
    idx_to_word = ["<NULL>", "<START>", "<END>", "<UNK>"]
    for k in order[: np.count_nonzero(counts >= min_count)]:
        idx_to_word.append(words[k])
    return dict(zip(idx_to_word, range(len(idx_to_word)), strict=True)), idx_to_word


def encode_caption(words, word_to_idx, max_len):
    unknown = word_to_idx["<UNK>"]
    row = np.array([word_to_idx["<START>"]] + [word_to_idx.get(word, unknown) for word in words], dtype=F)
    row = np.append(row[: max_len - 1], F(word_to_idx["<END>"]))
    padding = np.repeat(F(word_to_idx["<NULL>"]), max_len - len(row))
    return np.concatenate([row, padding]).astype(np.int32)  # whole numbers below 2**24 are exact in float32


def decode_captions(captions, idx_to_word):
    rows = np.atleast_2d(np.asarray(captions, dtype=np.int32))
    table = np.array(idx_to_word, dtype=object)
    T = rows.shape[1]
    is_end = table[rows] == "<END>"
    lengths = np.where(is_end.any(axis=1), is_end.argmax(axis=1) + 1, T)
    texts = []
    for row, length in zip(table[rows], lengths, strict=True):
        kept = row[:length]
        texts.append(" ".join(kept[kept != "<NULL>"]))
    return texts[0] if np.ndim(captions) == 1 else texts


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    G = ("rnn", "?", "gru", "lstm").index(cell_type) + 1
    params = {}
    for name, shape, deviation in (
        ("Wh", (H, G * H), 1 / np.sqrt(H)),
        ("Wx", (W, G * H), 1 / np.sqrt(W)),
        ("W_vocab", (H, V), 1 / np.sqrt(H)),
        ("W_embed", (V, W), 0.01),
        ("W_proj", (D, H), 1 / np.sqrt(D)),
        ("b", (G * H,), 0),
        ("b_vocab", (V,), 0),
        ("b_proj", (H,), 0),
    ):
        params[name] = (F(deviation) * rng.standard_normal(shape, dtype=F)).astype(dtype)
    return params


def cast(params, dtype):
    return {name: np.asarray(value, dtype=dtype) for name, value in params.items()}


def caption_loss(params, features, captions, cell_type, null):
    small = cast(params, F)
    features = np.asarray(features, dtype=F)
    weights = small["Wx"], small["Wh"], small["b"]
    h0 = features @ small["W_proj"] + small["b_proj"]
    x, words = word_embedding_forward(captions[:, :-1], small["W_embed"])
    if cell_type == "rnn":
        h, cache = rnn_forward(x, h0, *weights)
    elif cell_type == "lstm":
        h, cache = lstm_forward(x, h0, *weights)
    else:
        h, cache = gru_forward(x, h0, *weights)
    scores, last = temporal_affine_forward(h, small["W_vocab"], small["b_vocab"])
    loss, dscores = temporal_softmax_loss(scores, captions[:, 1:], (captions[:, 1:] != null).astype(F))
    dscores = dscores.astype(F)
    dh, dW_vocab, db_vocab = temporal_affine_backward(dscores, last)
    if cell_type == "rnn":
        dx, dh0, dWx, dWh, db = rnn_backward(dh, cache)
    elif cell_type == "lstm":
        dx, dh0, dWx, dWh, db = lstm_backward(dh, cache)
    else:
        dx, dh0, dWx, dWh, db = gru_backward(dh, cache)
    grads = {"Wx": dWx, "Wh": dWh, "b": db, "W_vocab": dW_vocab, "b_vocab": db_vocab}
    grads["W_embed"] = word_embedding_backward(dx, words)
    grads["W_proj"] = features.T @ dh0
    grads["b_proj"] = dh0.sum(axis=0)
    return F(loss), {name: grad.astype(params[name].dtype) for name, grad in grads.items()}


def next_words(scores, temperature=1.0, u=None):
    scores = scores - scores.max(axis=1, keepdims=True)  # before the cast: what is lost is lost far below the top
    scores = scores.astype(F)
    if u is None:
        return np.nanargmax(scores, axis=1)
    steps = np.exp(scores / F(temperature))
    steps = np.add.accumulate(steps, axis=1)
    goals = u.astype(F) * steps[:, -1]
    return np.count_nonzero(steps[:, :-1] <= goals[:, np.newaxis], axis=1)


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    small = cast(params, F)
    weights = small["Wx"], small["Wh"], small["b"]
    h = np.asarray(features, dtype=F) @ small["W_proj"] + small["b_proj"]
    c = np.zeros(h.shape, dtype=F)
    columns = [np.full(len(h), start)]
    while len(columns) <= max_length:
        x = small["W_embed"][columns[-1]]
        if cell_type == "rnn":
            h, _ = rnn_step_forward(x, h, *weights)
        elif cell_type == "lstm":
            h, c, _ = lstm_step_forward(x, h, c, *weights)
        else:
            h, _ = gru_step_forward(x, h, *weights)
        scores = h @ small["W_vocab"] + small["b_vocab"]
        chances = None if u is None else u[:, len(columns) - 1]
        columns.append(next_words(scores, temperature, chances))
    captions = np.array(columns[1:], dtype=np.int32).T
    over = np.cumsum(captions == end, axis=1) > 0
    captions[:, 1:][over[:, :-1]] = null
    return captions


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        V, dtype = len(word_to_idx), np.dtype(dtype)
        self._null = word_to_idx["<NULL>"]
        self._start = word_to_idx["<START>"] if "<START>" in word_to_idx else None
        self._end = word_to_idx["<END>"] if "<END>" in word_to_idx else None
        self.cell_type, self.dtype = cell_type, dtype
        self.params = init_captioning(V, input_dim, wordvec_dim, hidden_dim, cell_type, dtype, rng)

    def loss(self, features, captions):
        loss, grads = caption_loss(cast(self.params, F), features.astype(F), captions, self.cell_type, self._null)
        return loss, {name: grads[name].astype(self.dtype) for name in self.params}

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        special = self._start, self._end, self._null
        small = cast(self.params, F)
        if mode == "argmax":
            return sample_captions(small, features, self.cell_type, *special, max_length)
        u = rng.random((len(features), max_length)).astype(F)
        return sample_captions(small, features, self.cell_type, *special, max_length, temperature, u)
