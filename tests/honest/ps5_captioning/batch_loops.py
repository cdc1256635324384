"""Loops over images, words and letters: one caption at a time, one step at a time, with the given steps."""

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
    labels = {}
    for letter in "afl":
        labels[letter] = "one-to-one"
    for letter in "bej":
        labels[letter] = "one-to-many"
    for letter in "chk":
        labels[letter] = "many-to-one"
    for letter in "dgi":
        labels[letter] = "many-to-many"
    return labels


def build_vocab(captions, min_count):
    words, counts = [], []
    for caption in captions:
        for word in caption:
            if word in words:
                counts[words.index(word)] += 1
            else:
                words.append(word)
                counts.append(1)
    word_to_idx = {"<NULL>": 0, "<START>": 1, "<END>": 2, "<UNK>": 3}
    for count in range(max(counts), min_count - 1, -1):
        for word in sorted(words):
            if counts[words.index(word)] == count:
                word_to_idx[word] = len(word_to_idx)
    idx_to_word = []
    for word in word_to_idx:
        idx_to_word.append(word)
    return word_to_idx, idx_to_word


def encode_caption(words, word_to_idx, max_len):
    row = np.zeros(max_len, dtype=int)
    for t in range(max_len):
        if t == 0:
            row[t] = word_to_idx["<START>"]
        elif t == max_len - 1 or t == len(words) + 1:
            row[t] = word_to_idx["<END>"]
            for rest in range(t + 1, max_len):
                row[rest] = word_to_idx["<NULL>"]
            break
        elif words[t - 1] in word_to_idx:
            row[t] = word_to_idx[words[t - 1]]
        else:
            row[t] = word_to_idx["<UNK>"]
    return row


def decode_captions(captions, idx_to_word):
    if captions.ndim == 2:
        texts = []
        for n in range(captions.shape[0]):
            texts.append(decode_captions(captions[n], idx_to_word))
        return texts
    text = ""
    t = 0
    while t < len(captions):
        word = idx_to_word[captions[t]]
        if word != "<NULL>":
            if text:
                text += " "
            text += word
        if word == "<END>":
            t = len(captions)
        t += 1
    return text


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    if cell_type == "lstm":
        columns = 4 * H
    elif cell_type == "gru":
        columns = 3 * H
    else:
        columns = H
    params = {}
    for name, rows, width in (
        ("W_proj", D, H),
        ("W_embed", V, W),
        ("Wx", W, columns),
        ("Wh", H, columns),
        ("W_vocab", H, V),
    ):
        params[name] = np.empty((rows, width), dtype=dtype)
        for i in range(rows):
            if name == "W_embed":
                params[name][i] = 0.01 * rng.standard_normal(width)
            else:
                params[name][i] = rng.standard_normal(width) / rows**0.5
    for name, width in (("b_proj", H), ("b", columns), ("b_vocab", V)):
        params[name] = np.zeros(width, dtype=dtype)
    return params


def one_step(params, cell_type, word, h, c):
    x = params["W_embed"][word].reshape(1, -1)
    if cell_type == "rnn":
        h, cache = rnn_step_forward(x, h, params["Wx"], params["Wh"], params["b"])
    elif cell_type == "gru":
        h, cache = gru_step_forward(x, h, params["Wx"], params["Wh"], params["b"])
    else:
        h, c, cache = lstm_step_forward(x, h, c, params["Wx"], params["Wh"], params["b"])
    return h, c, cache


def caption_loss(params, features, captions, cell_type, null):
    N = len(features)
    loss = 0.0
    grads = {}
    for name in params:
        grads[name] = np.zeros(params[name].shape, dtype=params[name].dtype)
    for n in range(N):
        last = 0  # steps after the last word that counts change nothing
        for t in range(1, captions.shape[1]):
            if captions[n, t] != null:
                last = t
        h = features[n : n + 1] @ params["W_proj"] + params["b_proj"]
        c = np.zeros(h.shape)
        caches, states, dscores = [], [], []
        for t in range(last):
            h, c, cache = one_step(params, cell_type, captions[n, t], h, c)
            caches.append(cache)
            states.append(h)
            scores = h[0] @ params["W_vocab"] + params["b_vocab"]
            exps = np.exp(scores - max(scores))
            p = exps / sum(exps)
            d = np.zeros(len(p))
            word = captions[n, t + 1]
            if word != null:
                loss -= np.log(p[word]) / N
                d = p / N
                d[word] -= 1 / N
            dscores.append(d)
        dh, dc = np.zeros(h.shape), np.zeros(h.shape)
        for t in range(last - 1, -1, -1):
            grads["W_vocab"] += np.outer(states[t], dscores[t])
            grads["b_vocab"] += dscores[t]
            dh = dh + params["W_vocab"] @ dscores[t]
            if cell_type == "rnn":
                dx, dh, dWx, dWh, db = rnn_step_backward(dh, caches[t])
            elif cell_type == "gru":
                dx, dh, dWx, dWh, db = gru_step_backward(dh, caches[t])
            else:
                dx, dh, dc, dWx, dWh, db = lstm_step_backward(dh, dc, caches[t])
            grads["Wx"] += dWx
            grads["Wh"] += dWh
            grads["b"] += db
            grads["W_embed"][captions[n, t]] += dx[0]
        grads["W_proj"] += np.outer(features[n], dh)
        grads["b_proj"] += dh[0]
    return loss, grads


def next_words(scores, temperature=1.0, u=None):
    words = np.zeros(len(scores), dtype=int)
    for n in range(len(scores)):
        row = scores[n]
        if u is None:
            for v in range(len(row)):
                if row[v] > row[words[n]]:
                    words[n] = v
            continue
        weights = np.exp((row - max(row)) / temperature)
        total = 0.0
        passed = weights.sum() * u[n]
        for v in range(len(row)):
            words[n] = v
            total += weights[v]
            if total > passed:
                break
    return words


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    captions = np.zeros((len(features), max_length), dtype=int)
    captions[:] = null
    for n in range(len(features)):
        h = features[n : n + 1] @ params["W_proj"] + params["b_proj"]
        c = np.zeros(h.shape)
        word = start
        for t in range(max_length):
            h, c, _ = one_step(params, cell_type, word, h, c)
            scores = h @ params["W_vocab"] + params["b_vocab"]
            if u is None:
                word = next_words(scores)[0]
            else:
                word = next_words(scores, temperature, u[n : n + 1, t])[0]
            captions[n, t] = word
            if word == end:
                break
    return captions


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        self.cell_type = cell_type
        self.null = self.start = self.end = None
        for word in word_to_idx:
            if word == "<NULL>":
                self.null = word_to_idx[word]
            if word == "<START>":
                self.start = word_to_idx[word]
            if word == "<END>":
                self.end = word_to_idx[word]
        self.params = init_captioning(len(word_to_idx), input_dim, wordvec_dim, hidden_dim, cell_type, dtype, rng)

    def loss(self, features, captions):
        N = len(features)
        loss = 0.0
        grads = {}
        for n in range(N):
            part, slopes = caption_loss(
                self.params, features[n : n + 1], captions[n : n + 1], self.cell_type, self.null
            )
            loss += part / N
            for name in slopes:
                if n == 0:
                    grads[name] = slopes[name] / N
                else:
                    grads[name] += slopes[name] / N
        return loss, grads

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        captions = np.zeros((len(features), max_length), dtype=int)
        for n in range(len(features)):
            u = None
            if mode == "sample":
                u = np.zeros((1, max_length))
                for t in range(max_length):
                    u[0, t] = rng.random()
            words = (self.start, self.end, self.null)
            one = sample_captions(self.params, features[n : n + 1], self.cell_type, *words, max_length, temperature, u)
            captions[n] = one[0]
        return captions
