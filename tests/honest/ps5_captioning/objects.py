"""Classes for everything: layers whose caches are given up once, a writer of captions; and it prints as it goes."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field

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
)


@dataclass
class Task:
    letter: str
    many_in: bool
    many_out: bool

    def __str__(self):
        return "-to-".join(["one", "many"][many] for many in (self.many_in, self.many_out))


def classify_tasks():
    bits = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 1), (0, 0), (1, 1), (1, 0), (1, 1), (0, 1), (1, 0), (0, 0)]
    tasks = [Task(letter, *pair) for letter, pair in zip("abcdefghijkl", bits, strict=True)]
    return OrderedDict((task.letter, str(task)) for task in tasks)


class Vocabulary:
    def __init__(self):
        self.counts = defaultdict(int)
        self.words = []

    def read(self, caption):
        for word in caption:
            self.counts[word] += 1

    def rank(self, word):
        return -self.counts[word], word

    def close(self, min_count):
        self.words = ["<NULL>", "<START>", "<END>", "<UNK>"]
        while self.counts:
            word = min(self.counts, key=self.rank)
            if self.counts.pop(word) >= min_count:
                self.words.append(word)


def build_vocab(captions, min_count):
    vocabulary = Vocabulary()
    for caption in captions:
        vocabulary.read(caption)
    vocabulary.close(min_count)
    print("vocabulary of", len(vocabulary.words))
    word_to_idx = OrderedDict()
    for word in vocabulary.words:
        word_to_idx[word] = len(word_to_idx)
    return word_to_idx, vocabulary.words


class Known(dict):
    def __missing__(self, word):
        return self["<UNK>"]


def encode_caption(words, word_to_idx, max_len):
    known = Known(word_to_idx)
    numbers = [known[word] for word in ["<START>", *words]][: max_len - 1] + [known["<END>"]]
    return np.pad(numbers, (0, max_len - len(numbers)), constant_values=known["<NULL>"])


@dataclass
class Text:
    words: list = field(default_factory=list)
    closed: bool = False

    def add(self, word):
        if self.closed or word == "<NULL>":
            return self
        self.words.append(word)
        self.closed = word == "<END>"
        return self

    def __str__(self):
        return " ".join(self.words)


def decode_captions(captions, idx_to_word):
    print("decoding", captions.shape)
    if captions.ndim == 1:
        text = Text()
        for i in captions:
            text.add(idx_to_word[i])
        return str(text)
    texts = [Text() for _ in captions]
    for column in captions.T:
        for text, i in zip(texts, column, strict=True):
            text.add(idx_to_word[i])
    return list(map(str, texts))


class Initial:
    def __init__(self, dtype, rng):
        self.dtype, self.rng, self.params = dtype, rng, {}

    def affine(self, weight, bias, rows, columns):
        values = self.rng.standard_normal(rows * columns).reshape(rows, columns)
        self.params[weight] = (values / rows**0.5).astype(self.dtype)
        if bias:
            self.params[bias] = np.zeros(columns, dtype=self.dtype)
        return self


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    initial = Initial(dtype, rng)
    K = CELLS[cell_type].blocks * H
    initial.affine("W_proj", "b_proj", D, H).affine("Wx", "b", W, K).affine("Wh", "", H, K)
    initial.affine("W_vocab", "b_vocab", H, V).affine("W_embed", "", V, W)
    initial.params["W_embed"] *= initial.params["W_embed"].dtype.type(V**0.5 / 100)
    return initial.params


class Layer:
    """forward keeps what backward needs; backward consumes it and notes the gradients of the parameters."""

    def __init__(self, params, grads):
        self.params, self.grads, self.kept = params, grads, {}


class Projection(Layer):
    names = ("W_proj", "b_proj")

    def forward(self, x):
        self.kept["x"] = x
        w, b = (self.params[name] for name in self.names)
        return np.tensordot(x, w, axes=1) + b

    def backward(self, dout):
        x = self.kept.pop("x")
        axes = list(range(x.ndim - 1))
        self.grads[self.names[0]] = np.tensordot(x, dout, axes=(axes, axes))
        self.grads[self.names[1]] = dout.sum(axis=tuple(axes))
        return np.tensordot(dout, self.params[self.names[0]], axes=(-1, 1))


class Scores(Projection):
    names = ("W_vocab", "b_vocab")


class Embedding(Layer):
    def forward(self, words):
        self.kept["words"] = words
        return self.params["W_embed"].take(words, axis=0)

    def backward(self, dout):
        words = self.kept.pop("words").ravel()
        table = np.zeros_like(self.params["W_embed"])
        for word, row in zip(words, dout.reshape(words.size, -1), strict=True):
            table[word] += row
        self.grads["W_embed"] = table


class Cell(Layer):
    blocks, whole, back, step = 1, (rnn_forward,), (rnn_backward,), (rnn_step_forward,)

    @property
    def weights(self):
        return self.params["Wx"], self.params["Wh"], self.params["b"]

    def forward(self, x, h0):
        h, self.kept["cache"] = self.whole[0](x, h0, *self.weights)
        return h

    def backward(self, dh):
        dx, dh0, *rest = self.back[0](dh, self.kept.pop("cache"))
        self.grads.update(zip(("Wx", "Wh", "b"), rest, strict=True))
        return dx, dh0

    def advance(self, x, state):
        *state, _ = self.step[0](x, *state, *self.weights)
        return state

    def start(self, h):
        return [h]


class GatedCell(Cell):
    blocks, whole, back, step = 3, (gru_forward,), (gru_backward,), (gru_step_forward,)


class LongShortCell(Cell):
    blocks, whole, back, step = 4, (lstm_forward,), (lstm_backward,), (lstm_step_forward,)

    def start(self, h):
        return [h, np.zeros_like(h)]


CELLS = {"rnn": Cell, "lstm": LongShortCell, "gru": GatedCell}


class CrossEntropy:
    def __init__(self, wanted, null):
        self.wanted, self.counts = wanted, wanted != null

    def forward(self, scores):
        top = scores.max(axis=-1, keepdims=True)
        log_sum = top + np.log(np.sum(np.exp(scores - top), axis=-1, keepdims=True))
        self.log_p = scores - log_sum
        right = np.take_along_axis(self.log_p, self.wanted[..., None], axis=-1)[..., 0]
        return -right[self.counts].sum() / len(right)

    def backward(self):
        target = np.zeros_like(self.log_p)
        np.put_along_axis(target, self.wanted[..., None], 1, axis=-1)
        return self.counts[..., None] * (np.exp(self.log_p) - target) / len(target)


class Network:
    def __init__(self, params, cell_type):
        self.grads = {}
        layers = (kind(params, self.grads) for kind in (Projection, Embedding, CELLS[cell_type], Scores))
        self.project, self.embed, self.cell, self.score = layers

    def loss(self, features, captions, null):
        h0 = self.project.forward(features)
        scores = self.score.forward(self.cell.forward(self.embed.forward(captions[:, :-1]), h0))
        entropy = CrossEntropy(captions[:, 1:], null)
        loss = entropy.forward(scores)
        dx, dh0 = self.cell.backward(self.score.backward(entropy.backward()))
        self.embed.backward(dx)
        self.project.backward(dh0)
        return loss


def caption_loss(params, features, captions, cell_type, null):
    network = Network(params, cell_type)
    return network.loss(features, captions, null), network.grads


class Chooser:
    def __init__(self, scores, temperature):
        self.odds = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)

    def __call__(self, u):
        edges = self.odds.cumsum(axis=1)
        found = [np.searchsorted(row, x * row[-1], side="right") for row, x in zip(edges, u, strict=True)]
        return np.clip(found, 0, edges.shape[1] - 1)


def next_words(scores, temperature=1.0, u=None):
    if u is not None:
        return Chooser(scores, temperature)(u)
    return np.argsort(-scores, axis=1, kind="stable")[:, 0]


class Writer:
    def __init__(self, network, features, start, end, null):
        self.network, self.end, self.null = network, end, null
        self.state = network.cell.start(network.project.forward(features))
        self.words = np.full(len(features), start)
        self.finished = set()

    def write(self, temperature, u):
        self.state = self.network.cell.advance(self.network.embed.forward(self.words), self.state)
        self.words = next_words(self.network.score.forward(self.state[0]), temperature, u)
        shown = [self.null if n in self.finished else word for n, word in enumerate(self.words)]
        self.finished |= {n for n, word in enumerate(self.words) if word == self.end}
        return shown


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    writer = Writer(Network(params, cell_type), features, start, end, null)
    columns = [writer.write(temperature, u if u is None else u[:, t]) for t in range(max_length)]
    print(len(writer.finished), "captions have ended")
    return np.column_stack(columns)


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        self.cell_type = cell_type
        self.word_to_idx = word_to_idx
        self.sizes = len(word_to_idx), input_dim, wordvec_dim, hidden_dim
        self.reset(dtype, rng)

    def reset(self, dtype, rng):
        self.params = init_captioning(*self.sizes, self.cell_type, dtype, rng)

    @property
    def null(self):
        return self.word_to_idx.get("<NULL>")

    def loss(self, features, captions):
        loss, grads = caption_loss(self.params, features, captions, self.cell_type, self.null)
        return float(loss), grads

    def uniform(self, rng, N, T):
        return rng.random(N * T).reshape(N, T)

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        special = self.word_to_idx.get("<START>"), self.word_to_idx.get("<END>"), self.null
        u = self.uniform(rng, len(features), max_length) if mode == "sample" else None
        captions = sample_captions(self.params, features, self.cell_type, *special, max_length, temperature, u)
        print("wrote", captions.shape)
        return captions
