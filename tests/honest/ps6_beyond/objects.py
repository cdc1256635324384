"""Objects: hypotheses that extend themselves, layers that remember, networks with a tape, caches that are instances."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from given_ps6_beyond import (
    lstm_step_backward,
    lstm_step_forward,
    rnn_step_backward,
    rnn_step_forward,
    temporal_softmax_loss,
)


class Categorical:
    """Distributions over words, one per row of scores."""

    def __init__(self, scores):
        self.scores = scores - np.amax(scores, axis=1).reshape(-1, 1)
        self.e = np.exp(self.scores)
        self.total = self.e.sum(1, keepdims=True)

    @property
    def p(self):
        return np.true_divide(self.e, self.total)

    @property
    def log_p(self):
        return self.scores - np.log(self.total)


class LanguageModel:
    def __init__(self, params):
        self.__dict__.update(params)

    def read(self, h, words):
        next_h, _ = rnn_step_forward(self.W_embed[words], h, self.Wx, self.Wh, self.b)
        return Categorical(next_h @ self.W_vocab + self.b_vocab), next_h


def next_word_logprobs(params, h, words):
    distribution, next_h = LanguageModel(params).read(h, words)
    return distribution.log_p, next_h


@dataclass(order=True)
class Hypothesis:
    logprob: float
    words: list = field(compare=False)
    state: np.ndarray = field(compare=False)
    finished: bool = field(compare=False, default=False)

    def children(self, params, start, end):
        if self.finished:
            return [self]
        last = self.words[-1] if self.words else start
        log_p, h = next_word_logprobs(params, self.state.reshape(1, -1), np.array([last]))
        return [
            Hypothesis(self.logprob + float(one), [*self.words, word], h[0], word == end)
            for word, one in enumerate(log_p[0])
        ]


def greedy_search(params, h0, start, end, max_length):
    hypothesis = Hypothesis(0.0, [], h0)
    for _ in range(max_length):
        hypothesis = max(hypothesis.children(params, start, end))
    return np.asarray(hypothesis.words), hypothesis.logprob


class Beam:
    def __init__(self, width, first):
        self.width, self.hypotheses = width, [first]

    def advance(self, *how):
        children = [child for hypothesis in self.hypotheses for child in hypothesis.children(*how)]
        self.hypotheses = sorted(children, reverse=True)[: self.width]

    @property
    def best(self):
        return self.hypotheses[0]


def beam_search(params, h0, start, end, width, max_length):
    beam, steps = Beam(width, Hypothesis(0.0, [], h0)), 0
    while steps < max_length and not beam.best.finished:  # what is likeliest and finished can only stay so
        beam.advance(params, start, end)
        steps += 1
    greedy = Hypothesis(*greedy_search(params, h0, start, end, max_length)[::-1], None)
    winner = greedy if greedy > beam.best else beam.best
    return np.asarray(winner.words), winner.logprob


def grid_features(images, cells):
    grids = ([cell for row in np.vsplit(image, cells) for cell in np.hsplit(row, cells)] for image in images)
    return np.array([[cell.mean(axis=(0, 1)) / 255 for cell in grid] for grid in grids])


class Attention:
    def __init__(self, h, a):
        self.question, self.cells = h[:, None] / a.shape[2] ** 0.5, a
        self.h = h

    def forward(self):
        scores = (self.question * self.cells).sum(axis=2)
        self.weights = Categorical(scores).p
        self.context = (self.weights[:, :, None] * self.cells).sum(axis=1)
        return self.context, self.weights

    def backward(self, dcontext):
        surplus = (dcontext[:, None] * (self.cells - self.context[:, None])).sum(axis=2)
        de = (self.weights * surplus)[:, :, None]
        dh = (de * self.cells).sum(axis=1) / self.h.shape[1] ** 0.5
        return dh, de * self.question + self.weights[:, :, None] * dcontext[:, None]


def attention_forward(h, a):
    layer = Attention(h, a)
    return *layer.forward(), layer


def attention_backward(dcontext, cache):
    return cache.backward(dcontext)


class Image:
    """One image with a border of pixels that are neither 0 nor 1."""

    def __init__(self, pixels):
        self.rows, self.columns = pixels.shape
        self.signs = {place: (1.0 if pixel else -1.0) for place, pixel in np.ndenumerate(pixels)}

    def before(self, i, j):
        return [self.signs.get((i, j - 1), 0.0), self.signs.get((i - 1, j), 0.0)]

    def all_before(self):
        return [self.before(i, j) for i in range(self.rows) for j in range(self.columns)]


def pixel_inputs(images):
    return np.array([Image(pixels).all_before() for pixels in images])


class PixelRNN:
    def __init__(self, params, N):
        self.params = params
        self.h, self.tape = np.zeros((N, len(params["b"]))), []

    def step(self, x):
        p = self.params
        self.h, cache = rnn_step_forward(x, self.h, p["Wx"], p["Wh"], p["b"])
        score = (self.h @ p["w"] + p["c"])[:, 0]
        self.tape.append((self.h, cache))
        return Bernoulli(score)

    def back(self, dscores):
        """Gradients, from those of the scores of all steps, the first one first."""
        grads = defaultdict(float)
        dh = np.zeros_like(self.h)
        while dscores:
            d, (h, cache) = dscores.pop()[:, None], self.tape.pop()
            grads["w"] += h.T @ d
            grads["c"] += d.sum(axis=0)
            _, dh, *shared = rnn_step_backward(dh + d @ self.params["w"].T, cache)
            for name, gradient in zip(("Wx", "Wh", "b"), shared, strict=True):
                grads[name] += gradient
        return grads


class Bernoulli:
    def __init__(self, score):
        self.score = score

    @property
    def p(self):
        e = np.exp(-np.abs(self.score))
        return np.where(self.score < 0, e, 1) / (1 + e)

    def log_of(self, y):
        return np.minimum(0, (2 * y - 1) * self.score) - np.log1p(np.exp(-np.abs(self.score)))


def pixel_logprob(params, images):
    network, total = PixelRNN(params, len(images)), 0
    y = images.reshape(len(images), -1)
    for t, x in enumerate(pixel_inputs(images).swapaxes(0, 1)):
        total = total + network.step(x).log_of(y[:, t])
    return total


def bits_per_dimension(logprob, n_pixels):
    return (-logprob / np.log(2) / n_pixels).mean()


def pixel_loss(params, images):
    N = len(images)
    network, loss, dscores = PixelRNN(params, N), 0.0, []
    pixels = images.reshape(N, -1).T
    for x, y in zip(pixel_inputs(images).swapaxes(0, 1), pixels, strict=True):
        predicted = network.step(x)
        loss -= predicted.log_of(y).mean()
        dscores.append((predicted.p - y) / N)
    return loss, network.back(dscores)


class Canvas:
    """Images while they are drawn; outside of them all signs are zero."""

    def __init__(self, n, rows, columns):
        self.signs = np.zeros((n, rows + 1, columns + 1))  # indices of -1 find the border, which stays 0

    def before(self, i, j):
        return np.stack([self.signs[:, i, j - 1], self.signs[:, i - 1, j]], axis=1)

    def draw(self, i, j, ones):
        self.signs[:, i, j] = np.where(ones, 1, -1)


def sample_images(params, n, shape, rng):
    network, canvas = PixelRNN(params, n), Canvas(n, *shape)
    for i in range(shape[0]):
        for j in range(shape[1]):
            p = network.step(canvas.before(i, j)).p
            canvas.draw(i, j, 1 - rng.random((n,)) > 1 - p)
    return np.maximum(canvas.signs[:, :-1, :-1], 0).astype("int64")


class LSTM:
    def __init__(self, params, name, h):
        self.names = [f"{kind}_{name}" for kind in ("Wx", "Wh", "b")]
        self.weights = [params[name] for name in self.names]
        self.h, self.c, self.tape = h, np.zeros_like(h), []

    def step(self, x):
        self.h, self.c, cache = lstm_step_forward(x, self.h, self.c, *self.weights)
        self.tape.append(cache)
        return self.h

    def back(self, dhs):
        """dhs: of the steps' own losses, used up. The gradients of the inputs, of the first state, of the weights."""
        dh, dc = np.zeros_like(self.h), np.zeros_like(self.c)
        dxs, grads = [], dict.fromkeys(self.names, 0)
        while dhs:
            dx, dh, dc, *shared = lstm_step_backward(dh + dhs.pop(), dc, self.tape.pop())
            dxs.append(dx)
            grads = {name: grads[name] + d for name, d in zip(self.names, shared, strict=True)}
        return dxs[::-1], dh, grads


class Table:
    def __init__(self, W):
        self.W, self.dW = W, np.zeros_like(W)

    def __getitem__(self, words):
        return self.W[words]

    def add(self, words, dx):
        for word, d in zip(words, dx, strict=True):
            self.dW[word] += d


class Encoder:
    def __init__(self, params, source):
        self.source, self.table = source, Table(params["W_embed"])
        self.lstm = LSTM(params, "enc", np.zeros((source.shape[0], params["Wh_enc"].shape[0])))
        self.last = np.array([len(row) - 1 - np.flatnonzero(row[::-1])[0] for row in source])

    def forward(self):
        state = np.zeros_like(self.lstm.h)
        for s, words in enumerate(self.source.T):
            h = self.lstm.step(self.table[words])
            state[self.last == s] = h[self.last == s]
        return state

    def backward(self, dstate):
        dhs = [dstate * (self.last == s)[:, np.newaxis] for s in range(self.source.shape[1])]
        dxs, _, grads = self.lstm.back(dhs)
        for words, dx in zip(self.source.T, dxs, strict=True):
            self.table.add(words, dx)
        return grads | {"W_embed": self.table.dW}


def encode_forward(params, source):
    encoder = Encoder(params, source)
    return encoder.forward(), encoder


def encode_backward(dstate, cache):
    return cache.backward(dstate)


class Decoder:
    def __init__(self, params, state):
        self.W, self.b, self.states = params["W_vocab"], params["b_vocab"], []
        self.table, self.lstm = Table(params["W_embed"]), LSTM(params, "dec", state)

    def step(self, words):
        self.states.append(self.lstm.step(self.table[words]))
        return self.states[-1] @ self.W + self.b

    def backward(self, read, dscores):
        """read (T, N): what was read; dscores (T, N, V)."""
        dW = sum(h.T @ d for h, d in zip(self.states, dscores, strict=True))
        dxs, dstate, grads = self.lstm.back([d @ self.W.T for d in dscores])
        for words, dx in zip(read, dxs, strict=True):
            self.table.add(words, dx)
        return dstate, {"W_vocab": dW, "b_vocab": sum(d.sum(axis=0) for d in dscores), **grads}


def seq2seq_loss(params, source, target):
    state, encoder = encode_forward(params, source)
    decoder = Decoder(params, state)
    scores = np.stack([decoder.step(words) for words in target.T[:-1]], axis=1)
    loss, dscores = temporal_softmax_loss(scores, target[:, 1:], np.sign(target[:, 1:]))
    dstate, grads = decoder.backward(target.T[:-1], dscores.swapaxes(0, 1))
    grads.update(encode_backward(dstate, encoder))
    grads["W_embed"] += decoder.table.dW
    return loss, grads


def translate(params, source, start, end, max_length):
    state, _ = encode_forward(params, source)
    decoder, words, out = Decoder(params, state), np.repeat(start, len(source)), []
    for _ in range(max_length):
        words = decoder.step(words).argmax(-1)
        out.append(words)
    out = np.stack(out, axis=1)
    ended = np.cumsum(out == end, axis=1) - (out == end)  # how many ends stand before each symbol
    out[ended > 0] = 0
    return out
