"""A class for the network, one for each cell and one for the optimizer; caches are dicts that are consumed once."""

import math

import numpy as np
from given_ps4_charlm import (
    gru_step_backward,
    gru_step_forward,
    lstm_step_backward,
    lstm_step_forward,
    rnn_step_backward,
    rnn_step_forward,
)

from unroll.optim import adam


class Alphabet:
    def __init__(self, text):
        self.characters = sorted(set(text))

    def __iter__(self):
        return iter(self.characters)

    def numbers(self):
        return {c: i for i, c in enumerate(self)}


def build_char_vocab(text):
    alphabet = Alphabet(text)
    return alphabet.numbers(), [*alphabet]


class Vanilla:
    columns = 1
    widths = 1  # of the state, in H

    def __init__(self, params):
        self.weights = params["Wx"], params["Wh"], params["b"]
        self.journal = {}

    def forward(self, x, state):
        after, self.journal[len(self.journal)] = rnn_step_forward(x, state, *self.weights)
        return after

    def backward(self, dstate):
        _, dstate, *grads = rnn_step_backward(dstate, self.journal.pop(len(self.journal) - 1))
        return dstate, grads


class Gated(Vanilla):
    columns = 3

    def forward(self, x, state):
        after, self.journal[len(self.journal)] = gru_step_forward(x, state, *self.weights)
        return after

    def backward(self, dstate):
        _, dstate, *grads = gru_step_backward(dstate, self.journal.pop(len(self.journal) - 1))
        return dstate, grads


class LongShort(Vanilla):
    columns = 4
    widths = 2

    def forward(self, x, state):
        H = state.shape[1] // 2
        h, c, self.journal[len(self.journal)] = lstm_step_forward(x, state[:, :H], state[:, H:], *self.weights)
        return np.c_[h, c]

    def backward(self, dstate):
        H = dstate.shape[1] // 2
        cache = self.journal.pop(len(self.journal) - 1)
        _, dh, dc, *grads = lstm_step_backward(dstate[:, :H], dstate[:, H:], cache)
        return np.c_[dh, dc], grads


class Network:
    def __init__(self, params):
        self.params = params
        self.H, K = params["Wh"].shape
        kinds = {kind.columns: kind for kind in (Vanilla, Gated, LongShort)}
        self.cell = kinds[K // self.H](params)

    @property
    def zero(self):
        return np.zeros((1, self.cell.widths * self.H))

    def read(self, ids, state):
        return self.cell.forward(np.eye(len(self.params["Wx"]))[ids], state)

    def scores(self, state):
        return state[:, : self.H] @ self.params["Wy"] + self.params["by"]

    def probabilities(self, state, temperature=1.0):
        scores = self.scores(state)
        weights = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
        return weights / weights.sum(axis=1, keepdims=True)


def char_lm_loss(params, inputs, targets, h0):
    network = Network(params)
    N = len(inputs)
    state, states, predictions, loss = h0, [], [], 0
    for read, wanted in zip(inputs.T, targets.T, strict=True):
        state = network.read(read, state)
        p = network.probabilities(state)
        loss -= np.log(p[range(N), wanted]).mean()
        states.append(state)
        predictions.append(p)
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    dstate = np.zeros_like(h0)
    for wanted in targets.T[::-1]:
        ds, h = predictions.pop(), states.pop()[:, : network.H]
        ds[range(N), wanted] -= 1
        ds /= N
        grads["Wy"] += h.T @ ds
        grads["by"] += ds.sum(axis=0)
        dstate[:, : network.H] += ds @ params["Wy"].T
        dstate, parts = network.cell.backward(dstate)
        for name, part in zip(("Wx", "Wh", "b"), parts, strict=True):
            grads[name] += part
    return loss, grads, state


def sequence_logprob(params, ids):
    network = Network(params)
    state, logs = network.zero, []
    for ix in ids.tolist():
        logs.append(math.log(network.probabilities(state)[0, ix]))
        state = network.read([ix], state)
    return math.fsum(logs)


def perplexity(loss_sum, n_tokens):
    return math.exp(loss_sum / n_tokens)


class Writer:
    def __init__(self, network, state, ix, temperature, rng):
        self.network, self.state, self.ix = network, state, ix
        self.temperature, self.rng = temperature, rng

    def __iter__(self):
        return self

    def __next__(self):
        self.state = self.network.read([self.ix], self.state)
        p = self.network.probabilities(self.state, self.temperature)[0]
        self.ix = int(self.rng.choice(p.size, p=p))
        return self.ix


def sample_chars(params, h0, seed_ix, n, *, temperature=1.0, rng):
    writer = Writer(Network(params), h0, seed_ix, temperature, rng)
    return np.array([ix for ix, _ in zip(writer, range(n), strict=False)])


class Optimizer:
    def __init__(self, params, max_norm, learning_rate):
        self.params, self.max_norm = {**params}, max_norm
        self.configs = {name: {"learning_rate": learning_rate} for name in params}

    def step(self, grads):
        norm = math.sqrt(sum(float(np.sum(g * g)) for g in grads.values()))
        if norm > self.max_norm:
            grads = {name: g * (self.max_norm / norm) for name, g in grads.items()}
        for name, g in grads.items():
            self.params[name], self.configs[name] = adam(self.params[name], g, self.configs[name])


class Pieces:
    """The pieces of one epoch, from an offset on."""

    def __init__(self, ids, T, offset):
        self.ids, self.T, self.offset = ids, T, offset

    def __len__(self):
        return (self.ids.shape[1] - self.offset - 1) // self.T

    def __getitem__(self, k):
        if k >= len(self):
            raise IndexError(k)
        start = self.offset + k * self.T
        return self.ids[:, start : start + self.T], self.ids[:, start + 1 : start + 1 + self.T]


def train_tbptt(
    params, ids, seq_length, *, carry_state=True, max_norm=5.0, learning_rate=0.005, epochs=1, rng, watch=None
):
    optimizer = Optimizer(params, max_norm, learning_rate)
    zero = np.repeat(Network(params).zero, len(ids), axis=0)
    losses = []
    for _ in range(epochs):
        state = zero
        for inputs, targets in Pieces(ids, seq_length, rng.integers(seq_length)):
            loss, grads, last = char_lm_loss(optimizer.params, inputs, targets, state)
            state = last if carry_state else zero
            optimizer.step(grads)
            losses.append(loss / seq_length)
            if watch:
                watch(optimizer.params, losses[-1])
    return optimizer.params, np.array(losses)
