"""Recursion instead of loops: a step, then the rest of the sentence, of the image, of the text, and back again."""

import math

import numpy as np
from given_ps6_beyond import (
    lstm_step_backward,
    lstm_step_forward,
    rnn_step_backward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
)


def plus(a, b):
    """The sum of two dicts of arrays; a name that only one of them has keeps its array."""
    return {name: a.get(name, 0) + b.get(name, 0) for name in a | b}


def next_word_logprobs(params, h, words):
    if len(words) > 1:
        first, others = (next_word_logprobs(params, h[s], words[s]) for s in (slice(1), slice(1, None)))
        return tuple(np.vstack(pair) for pair in zip(first, others, strict=True))
    x = params["W_embed"][words[0]]
    state = np.tanh(params["b"] + x @ params["Wx"] + h[0] @ params["Wh"])
    scores = state @ params["W_vocab"] + params["b_vocab"]

    def log_total(scores):
        if len(scores) == 1:
            return scores[0]
        middle = len(scores) // 2
        return np.logaddexp(log_total(scores[:middle]), log_total(scores[middle:]))

    return (scores - log_total(scores))[None], state[None]


def greedy_search(params, h0, start, end, max_length):
    log_p, h = next_word_logprobs(params, h0[None], [start])
    word = int(log_p.argmax())
    if word == end or max_length == 1:
        return np.array([word]), log_p[0, word]
    words, logprob = greedy_search(params, h[0], word, end, max_length - 1)
    return np.concatenate([[word], words]), log_p[0, word] + logprob


def beam_search(params, h0, start, end, width, max_length):
    def search(open_ones, finished, steps):
        """open_ones: (logprob, words, state), finished: (logprob, words); the best of what they may become."""
        if not open_ones or not steps:
            return max([*finished, *(one[:2] for one in open_ones)], key=lambda one: one[0])
        grown = [new for one in open_ones for new in grow(*one)]
        kept = sorted(finished + grown, key=lambda one: -one[0])[:width]
        done = [one[:2] for one in kept if one[1][-1] == end]
        return search([one for one in kept if one[1][-1] != end], done, steps - 1)

    def grow(logprob, words, h):
        log_p, next_h = next_word_logprobs(params, h[None], [words[-1] if words else start])
        return [(logprob + more, [*words, word], next_h[0]) for word, more in enumerate(log_p[0].tolist())]

    logprob, words = search([(0.0, [], h0)], [], max_length)
    greedy_words, greedy_logprob = greedy_search(params, h0, start, end, max_length)
    return (greedy_words, greedy_logprob) if logprob < greedy_logprob else (np.array(words), logprob)


def grid_features(images, cells):
    if len(images) > 1:
        return np.concatenate([grid_features(images[:1], cells), grid_features(images[1:], cells)])

    def means(image, rows, columns):
        if rows > 1:
            side = len(image) // rows
            return means(image[:side], 1, columns) + means(image[side:], rows - 1, columns)
        if columns > 1:
            side = image.shape[1] // columns
            return means(image[:, :side], 1, 1) + means(image[:, side:], 1, columns - 1)
        return [image.reshape(-1, 3).sum(axis=0) / (255 * image.shape[0] * image.shape[1])]

    return np.array([means(images[0], cells, cells)])


def attention_forward(h, a):
    """The softmax of a list is a mixture of that of its head and that of its tail."""

    def mixture(e, cells):
        if len(e) == 1:
            return cells[0], np.ones(1), e[0]
        context, weights, total = mixture(e[1:], cells[1:])
        both = np.logaddexp(e[0], total)
        first, others = math.exp(e[0] - both), math.exp(total - both)
        return first * cells[0] + others * context, np.append(first, others * weights), both

    if len(h) == 1:
        context, weights, _ = mixture(a[0] @ h[0] / math.sqrt(h.size), a[0])
        return context[None], weights[None], (h[0], a[0], weights, None)
    context, weights, cache = attention_forward(h[:1], a[:1])
    contexts, all_weights, rest = attention_forward(h[1:], a[1:])
    return np.vstack([context, contexts]), np.vstack([weights, all_weights]), (*cache[:3], rest)


def attention_backward(dcontext, cache):
    h, a, weights, rest = cache
    centred = a - weights @ a
    de = weights * (centred @ dcontext[0]) / math.sqrt(h.size)
    dh = np.dot(centred.T, de)  # the de add up to zero, so that the centre makes no difference
    da = np.outer(weights, dcontext[0]) + np.outer(de, h)
    if rest is None:
        return dh[None], da[None]
    dhs, das = attention_backward(dcontext[1:], rest)
    return np.vstack([dh, dhs]), np.concatenate([da[None], das])


def pixel_inputs(images):
    N, rows, columns = images.shape

    def x(t):
        if t < 0:
            return []
        i, j = t // columns, t % columns
        left = 2.0 * images[:, i, j - 1] - 1 if j else np.zeros(N)
        above = 2.0 * images[:, i - 1, j] - 1 if i else np.zeros(N)
        return [*x(t - 1), np.array([left, above]).T]

    return np.stack(x(rows * columns - 1), axis=1)


def pixel_logprob(params, images):
    def rest(x, y, h):
        if not len(x):
            return 0.0
        h, _ = rnn_step_forward(x[0], h, params["Wx"], params["Wh"], params["b"])
        z = np.dot(h, params["w"][:, 0]) + params["c"][0]
        return rest(x[1:], y[1:], h) + np.select([y[0] == 1, y[0] == 0], [log_one(z), log_one(-z)])

    def log_one(z):
        return np.where(z < 0, z, 0) - np.log1p(np.exp(-abs(z)))

    x = np.swapaxes(pixel_inputs(images), 0, 1)
    return rest(x, images.reshape(len(images), -1).T, np.zeros((len(images), len(params["b"]))))


def bits_per_dimension(logprob, n_pixels):
    def total(values):
        return values[0] if len(values) == 1 else total(values[: len(values) // 2]) + total(values[len(values) // 2 :])

    return total(-logprob) / len(logprob) / n_pixels * math.log2(math.e)


def pixel_loss(params, images):
    N = len(images)

    def rest(x, y, h):
        """The loss of these steps, the gradient of the state before them, those of the parameters."""
        if not len(x):
            return 0.0, np.zeros_like(h), {}
        next_h, cache = rnn_step_forward(x[0], h, params["Wx"], params["Wh"], params["b"])
        z = next_h @ params["w"] + params["c"]
        odds = np.exp(z)
        later, dh, grads = rest(x[1:], y[1:], next_h)
        d = (odds / (1 + odds) - y[0]) / N
        _, dprev_h, dWx, dWh, db = rnn_step_backward(dh + d @ params["w"].T, cache)
        here = {"Wx": dWx, "Wh": dWh, "b": db, "w": next_h.T @ d, "c": np.sum(d, axis=0)}
        return later + (np.log(1 + odds) - y[0] * z).sum() / N, dprev_h, plus(grads, here)

    loss, _, grads = rest(
        np.swapaxes(pixel_inputs(images), 0, 1),
        images.reshape(N, -1, 1).swapaxes(0, 1),
        np.zeros((N, len(params["b"]))),
    )
    return loss, grads


def sample_images(params, n, shape, rng):
    columns = shape[1]

    def drawn(t):
        """All pixels up to the one before t, and the state then."""
        if t == 0:
            return np.zeros((n, 0), dtype=int), np.zeros((n, len(params["b"])))
        pixels, h = drawn(t - 1)
        padded = np.concatenate([pixels, np.zeros((n, math.prod(shape) - t + 1), dtype=int)], axis=1)
        x = pixel_inputs(padded.reshape(n, -1, columns))[:, t - 1]
        h, _ = rnn_step_forward(x, h, params["Wx"], params["Wh"], params["b"])
        z = (h @ params["w"] + params["c"])[:, 0]
        new = rng.random(n) < np.where(z > 0, 1, np.exp(np.minimum(z, 0))) / (1 + np.exp(-np.abs(z)))
        return np.column_stack([pixels, new]), h

    return drawn(math.prod(shape))[0].reshape(n, *shape)


def lstm_rest(params, name, words, h, c):
    """A nested cache (words, h, the step's cache, the rest's cache), from the first step to the last."""
    if not len(words):
        return None
    weights = (params[f"{kind}_{name}"] for kind in ("Wx", "Wh", "b"))
    next_h, next_c, step = lstm_step_forward(params["W_embed"][words[0]], h, c, *weights)
    return words[0], next_h, step, lstm_rest(params, name, words[1:], next_h, next_c)


def lstm_rest_back(name, shape, dhs, nested):
    if nested is None:
        return 0.0, 0.0, {"W_embed": np.zeros(shape)}
    words, next_h, step, rest = nested
    dh, dc, grads = lstm_rest_back(name, shape, dhs[1:], rest)
    dx, dh, dc, dWx, dWh, db = lstm_step_backward(dhs[0] + dh, dc + np.zeros_like(next_h), step)
    dW = np.zeros(shape)
    np.add.at(dW, words, dx)
    return dh, dc, plus(grads, {"W_embed": dW, "Wx_" + name: dWx, "Wh_" + name: dWh, "b_" + name: db})


def encode_forward(params, source):
    zeros = np.zeros((len(source), len(params["Wh_enc"])))
    nested = lstm_rest(params, "enc", source.T, zeros, zeros)

    def final(nested, fallback):
        if nested is None:
            return fallback
        words, h, _, rest = nested
        return final(rest, np.where(words[:, None] == 0, fallback, h))

    return final(nested, zeros), (nested, source, params["W_embed"].shape)


def encode_backward(dstate, cache):
    nested, source, shape = cache

    def dhs(nested, length):
        """At each step the gradient of the rows whose text has this length."""
        if nested is None:
            return []
        return [dstate * (np.count_nonzero(source, axis=1) == length)[:, None], *dhs(nested[3], length + 1)]

    return lstm_rest_back("enc", shape, dhs(nested, 1), nested)[2]


def seq2seq_loss(params, source, target):
    state, cache = encode_forward(params, source)
    nested = lstm_rest(params, "dec", target.T[:-1], state, np.zeros_like(state))

    def states(nested):
        return [] if nested is None else [nested[1], *states(nested[3])]

    scores, affine = temporal_affine_forward(np.stack(states(nested), axis=1), params["W_vocab"], params["b_vocab"])
    loss, dscores = temporal_softmax_loss(scores, target[:, 1:], target[:, 1:].astype(bool))
    dh, dW, db = temporal_affine_backward(dscores, affine)
    dstate, _, decoder = lstm_rest_back("dec", params["W_embed"].shape, list(dh.swapaxes(0, 1)), nested)
    return loss, plus(plus(decoder, encode_backward(dstate, cache)), {"W_vocab": dW, "b_vocab": db})


def translate(params, source, start, end, max_length):
    def rest(h, c, words, steps):
        if steps == 0:
            return np.zeros((len(h), 0), dtype=int)
        x = params["W_embed"][words]
        h, c, _ = lstm_step_forward(x, h, c, params["Wx_dec"], params["Wh_dec"], params["b_dec"])
        words = np.argmax(h @ params["W_vocab"] + params["b_vocab"], axis=1)
        later = rest(h, c, words, steps - 1)
        return np.column_stack([words, np.where(words[:, None] == end, 0, later)])

    h, _ = encode_forward(params, source)
    return rest(h, 0 * h, np.array([start] * len(h)), max_length)
