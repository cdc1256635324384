"""Arrays are made once and changed in place, gradients added with +=, caches popped as soon as they are used."""

import numpy as np
from given_ps5_captioning import (
    gru_step_backward,
    gru_step_forward,
    lstm_step_backward,
    lstm_step_forward,
    rnn_step_backward,
    rnn_step_forward,
)


def classify_tasks():
    labels = dict.fromkeys("abcdefghijkl", "one-to-one")
    labels.update(dict.fromkeys("bej", "one-to-many"))
    labels.update(dict.fromkeys("chk", "many-to-one"))
    labels.update(dict.fromkeys("dgi", "many-to-many"))
    return labels


def build_vocab(captions, min_count):
    counts = {}
    for caption in captions:
        for word in caption:
            counts.setdefault(word, 0)
            counts[word] += 1
    for word in list(counts):
        if counts[word] < min_count:
            del counts[word]
    idx_to_word = list(counts)
    idx_to_word.sort()
    idx_to_word.sort(key=lambda word: counts[word], reverse=True)
    for word in ("<UNK>", "<END>", "<START>", "<NULL>"):
        idx_to_word.insert(0, word)
    counts.clear()
    counts.update(zip(idx_to_word, range(len(idx_to_word)), strict=True))
    return counts, idx_to_word


def encode_caption(words, word_to_idx, max_len):
    row = np.empty(max_len, dtype=np.int32)
    row.fill(word_to_idx["<NULL>"])
    row[0] = word_to_idx["<START>"]
    at = 1
    left = list(words)
    left.reverse()
    while left and at < max_len - 1:
        row[at] = word_to_idx.get(left.pop(), word_to_idx["<UNK>"])
        at += 1
    row[at] = word_to_idx["<END>"]
    return row


def decode_captions(captions, idx_to_word):
    null, end = idx_to_word.index("<NULL>"), idx_to_word.index("<END>")
    texts = []
    for row in np.array(captions, ndmin=2).tolist():
        if end in row:
            del row[row.index(end) + 1 :]
        while null in row:
            row.remove(null)
        for t, i in enumerate(row):
            row[t] = idx_to_word[i]
        texts.append(" ".join(row))
    if np.ndim(captions) == 1:
        return texts.pop()
    return texts


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    G = 1
    if cell_type == "gru":
        G += 2
    if cell_type == "lstm":
        G += 3
    params = {}
    params["b_proj"], params["b"], params["b_vocab"] = np.zeros(H, dtype), np.zeros(G * H, dtype), np.zeros(V, dtype)
    for name, rows, columns in (("W_proj", D, H), ("Wx", W, G * H), ("Wh", H, G * H), ("W_vocab", H, V)):
        params[name] = np.zeros((rows, columns), dtype)
        params[name] += rng.standard_normal((rows, columns)).astype(dtype)
        params[name] /= np.sqrt(rows).astype(dtype)
    table = np.empty((V, W))
    rng.standard_normal(out=table)
    table *= 0.01
    params["W_embed"] = table.astype(dtype, copy=False)
    return params


def caption_loss(params, features, captions, cell_type, null):
    N, T = len(captions), captions.shape[1] - 1
    H, V = params["W_vocab"].shape
    weights = params["Wx"], params["Wh"], params["b"]
    h = np.empty((N, T + 1, H))
    c = np.zeros((N, T + 1, H))
    np.matmul(features, params["W_proj"], out=h[:, 0])
    h[:, 0] += params["b_proj"]
    caches = []
    for t in range(T):
        x = params["W_embed"][captions[:, t]]
        if cell_type == "rnn":
            h[:, t + 1], cache = rnn_step_forward(x, h[:, t], *weights)
        elif cell_type == "lstm":
            h[:, t + 1], c[:, t + 1], cache = lstm_step_forward(x, h[:, t], c[:, t], *weights)
        else:
            h[:, t + 1], cache = gru_step_forward(x, h[:, t], *weights)
        caches.append(cache)

    p = np.empty((N, T, V))
    np.matmul(h[:, 1:], params["W_vocab"], out=p)
    p += params["b_vocab"]
    p -= p.max(axis=2, keepdims=True)
    wanted = captions[:, 1:]
    rows, steps = np.nonzero(wanted != null)
    loss = -p[rows, steps, wanted[rows, steps]].sum()
    np.exp(p, out=p)
    sums = p.sum(axis=2)
    loss += np.log(sums[rows, steps]).sum()
    loss /= N
    p /= sums[:, :, None]
    p[rows, steps, wanted[rows, steps]] -= 1
    p[wanted == null] = 0
    p /= N

    grads = {}
    for name, value in params.items():
        grads[name] = np.zeros_like(value)
    dh = np.empty((N, T, H))
    np.matmul(p, params["W_vocab"].T, out=dh)
    dc = np.zeros((N, H))
    grads["b_vocab"] += p.sum(axis=(0, 1))
    while caches:
        t = len(caches) - 1
        grads["W_vocab"] += h[:, t + 1].T @ p[:, t]
        if cell_type == "rnn":
            dx, dh_before, dWx, dWh, db = rnn_step_backward(dh[:, t], caches.pop())
        elif cell_type == "lstm":
            dx, dh_before, dc[:], dWx, dWh, db = lstm_step_backward(dh[:, t], dc, caches.pop())
        else:
            dx, dh_before, dWx, dWh, db = gru_step_backward(dh[:, t], caches.pop())
        if t:
            dh[:, t - 1] += dh_before
        np.add.at(grads["W_embed"], captions[:, t], dx)
        grads["Wx"] += dWx
        grads["Wh"] += dWh
        grads["b"] += db
    grads["W_proj"] += features.T @ dh_before
    grads["b_proj"] += dh_before.sum(axis=0)
    return loss, grads


def next_words(scores, temperature=1.0, u=None):
    if u is None:
        return scores.argmax(axis=1)
    p = scores.copy()
    p -= p.max(axis=1)[:, None]
    p /= temperature
    np.exp(p, out=p)
    np.cumsum(p, axis=1, out=p)
    p /= p[:, -1].copy()[:, None]
    p -= u[:, None]
    words = (p <= 0).sum(axis=1)
    words[words == scores.shape[1]] -= 1
    return words


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    N, H = len(features), len(params["Wh"])
    weights = params["Wx"], params["Wh"], params["b"]
    state = np.zeros((2, N, H))  # h and c
    np.matmul(features, params["W_proj"], out=state[0])
    state[0] += params["b_proj"]
    x = np.empty((N, params["W_embed"].shape[1]))
    x[:] = params["W_embed"][start]
    scores = np.empty((N, len(params["b_vocab"])))
    captions = np.empty((N, max_length), dtype=np.int64)
    captions.fill(null)
    going = np.arange(N)
    for t in range(max_length):
        if cell_type == "lstm":
            state[0], state[1], _ = lstm_step_forward(x, state[0], state[1], *weights)
        elif cell_type == "gru":
            state[0], _ = gru_step_forward(x, state[0], *weights)
        else:
            state[0], _ = rnn_step_forward(x, state[0], *weights)
        np.dot(state[0], params["W_vocab"], out=scores)
        scores += params["b_vocab"]
        words = next_words(scores, temperature, None if u is None else u[:, t])
        captions[going, t] = words[going]
        going = going[words[going] != end]
        if not len(going):
            break
        np.take(params["W_embed"], words, axis=0, out=x)
    return captions


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        self.params = {}
        self.params.update(init_captioning(len(word_to_idx), input_dim, wordvec_dim, hidden_dim, cell_type, dtype, rng))
        self.settings = {"cell_type": cell_type}
        for name in ("start", "end", "null"):
            self.settings[name] = word_to_idx.get("<" + name.upper() + ">")

    def loss(self, features, captions):
        self.last = caption_loss(self.params, features, captions, self.settings["cell_type"], self.settings["null"])
        self.grads = {}
        self.grads.update(self.last[1])
        return self.last[0], self.grads

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        arguments = {**self.settings, "max_length": max_length}
        if mode == "sample":
            u = np.empty((len(features), max_length))
            rng.random(out=u)
            arguments.update(temperature=temperature, u=u)
        return sample_captions(self.params, features, **arguments)
