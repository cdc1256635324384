"""Functions all the way: generators, reduce, own and given steps called by keyword, caches that are functions."""

import math
from collections import ChainMap
from functools import partial, reduce
from heapq import nlargest
from itertools import accumulate, chain, islice

import numpy as np
from given_ps6_beyond import (
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


def weights_of(params, suffix=""):
    return {name: params[name + suffix] for name in ("Wx", "Wh", "b")}


def log_softmax(scores):
    largest = scores.max(axis=-1, keepdims=True)
    return (lambda s: s - np.log(np.exp(s).sum(axis=-1, keepdims=True)))(scores - largest)


def until(stop, items):
    """The items up to and with the first one that stops."""
    for item in items:
        yield item
        if stop(item):
            return


def next_word_logprobs(params, h, words):
    step = partial(rnn_step_forward, **weights_of(params))
    next_h = step(x=params["W_embed"].take(words, axis=0), prev_h=h)[0]
    return log_softmax(next_h.dot(params["W_vocab"]) + params["b_vocab"]), next_h


def greedy_search(params, h0, start, end, max_length):
    def written(word, h):
        while True:
            (log_p,), h = next_word_logprobs(params=params, h=h, words=[word])
            word = int(log_p.argmax())
            yield word, log_p[word]

    steps = until(lambda step: step[0] == end, islice(written(start, h0[None]), max_length))
    words, logprobs = zip(*steps, strict=True)
    return words, sum(logprobs)


def beam_search(params, h0, start, end, width, max_length):
    def is_open(hypothesis):
        return hypothesis[1][-1:] != (end,)

    def longer(hypotheses):
        """All continuations of hypotheses (logprob, words, state), which are not finished."""
        if not hypotheses:
            return ()
        logprobs, words, states = zip(*hypotheses, strict=True)
        last = [(start, *w)[-1] for w in words]
        log_p, next_h = next_word_logprobs(h=np.stack(states), words=last, params=params)
        return ((logprobs[k] + log_p[k, v], (*words[k], v), next_h[k]) for k, v in np.ndindex(*log_p.shape))

    def advance(beam, _):
        finished = [hypothesis for hypothesis in beam if not is_open(hypothesis)]
        return nlargest(width, chain(finished, longer(list(filter(is_open, beam)))), key=lambda c: c[0])

    best = reduce(advance, range(max_length), [(0.0, (), h0)])[0]
    greedy = greedy_search(params, h0=h0, start=start, end=end, max_length=max_length)
    return max((best[1], best[0]), greedy, key=lambda result: result[1])


def grid_features(images, cells):
    starts = np.arange(0, images.shape[1], images.shape[1] // cells)
    sums = reduce(lambda a, axis: np.add.reduceat(a, starts, axis=axis, dtype=float), (1, 2), images)
    return sums.reshape(len(images), -1, 3) / 255 / (images.shape[1] // cells) ** 2


def attention_forward(h, a):
    root = math.sqrt(a.shape[-1])
    weights = np.stack([np.exp(log_softmax(cells @ state / root)) for state, cells in zip(h, a, strict=True)])
    context = np.stack([np.average(cells, axis=0, weights=w) for w, cells in zip(weights, a, strict=True)])

    def backward(d, state, cells, w):
        de = w * (cells @ d - d @ (w @ cells)) / root
        return de @ cells, np.outer(w, d) + np.outer(de, state)

    return context, weights, lambda dcontext: map(backward, dcontext, h, a, weights)


def attention_backward(dcontext, cache):
    return [np.stack(gradients) for gradients in zip(*cache(dcontext), strict=True)]


def pixel_inputs(images):
    signs = 2.0 * images - 1
    left = np.pad(signs, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    above = np.pad(signs, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    return np.dstack([side.reshape(len(images), -1) for side in (left, above)])


def log_sigmoid(z):
    return -np.log1p(np.exp(-np.abs(z))) + np.minimum(z, 0)


def pixel_logprob(params, images):
    step = partial(rnn_step_forward, **weights_of(params))
    xs = np.moveaxis(pixel_inputs(images=images), 1, 0)
    start = np.zeros((len(images), *params["b"].shape))
    states = islice(accumulate(xs, lambda h, x: step(x=x, prev_h=h)[0], initial=start), 1, None)
    scores = (np.ravel(h @ params["w"] + params["c"]) for h in states)
    pixels = images.reshape(len(images), -1).T
    return sum(log_sigmoid(np.where(y, z, -z)) for y, z in zip(pixels, scores, strict=True))


def bits_per_dimension(logprob, n_pixels):
    return np.mean(list(map(lambda nats: -nats / (n_pixels * math.log(2)), logprob)))


def pixel_loss(params, images):
    N = len(images)
    y = images.reshape(N, -1, 1)
    h, h_cache = rnn_forward(x=pixel_inputs(images), h0=np.zeros((N, *params["b"].shape)), **weights_of(params))
    z, z_cache = temporal_affine_forward(x=h, w=params["w"], b=params["c"])
    dz = np.where(y, -np.exp(log_sigmoid(-z)), np.exp(log_sigmoid(z))) / N
    dh, dw, dc = temporal_affine_backward(dout=dz, cache=z_cache)
    named = zip(("x", "h0", "Wx", "Wh", "b"), rnn_backward(dh=dh, cache=h_cache), strict=True)
    return -np.mean(pixel_logprob(params, images)), {**dict(named), "w": dw, "c": dc}


def sample_images(params, n, shape, rng):
    step = partial(rnn_step_forward, **weights_of(params))
    neighbours = partial(next, iter(np.ndindex(*shape)))

    def draw(drawn, _):
        pixels, h = drawn
        i, j = neighbours()
        x = np.column_stack(
            [
                2 * pixels[-1] - 1 if j else np.zeros(n),
                2 * pixels[-shape[1]] - 1 if i else np.zeros(n),
            ]
        )
        h = step(x=x, prev_h=h)[0]
        z = np.ravel(h @ params["w"] + params["c"])
        return [*pixels, (np.log(rng.random(size=n)) < log_sigmoid(z)).astype(int)], h

    pixels, _ = reduce(draw, range(math.prod(shape)), ([], np.zeros((n, *params["b"].shape))))
    return np.transpose(pixels).reshape(n, *shape)


def encode_forward(params, source):
    N = len(source)
    last = [max(s for s, symbol in enumerate(row) if symbol) for row in source]
    x, x_cache = word_embedding_forward(x=source, W=params["W_embed"])
    h, h_cache = lstm_forward(x=x, h0=np.zeros((N, len(params["Wh_enc"]))), **weights_of(params, "_enc"))

    def backward(dstate):
        dh = np.stack([np.where(s == np.array(last)[:, None], dstate, 0) for s in range(source.shape[1])], axis=1)
        dx, dh0, *shared = lstm_backward(dh=dh, cache=h_cache)
        names = ("Wx_enc", "Wh_enc", "b_enc")
        return dict(zip(names, shared, strict=True), W_embed=word_embedding_backward(dout=dx, cache=x_cache))

    return np.stack([states[s] for states, s in zip(h, last, strict=True)]), backward


def encode_backward(dstate, cache):
    return cache(dstate)


def seq2seq_loss(params, source, target):
    state, encoder = encode_forward(params=params, source=source)
    x, x_cache = word_embedding_forward(x=target[:, :-1], W=params["W_embed"])
    h, h_cache = lstm_forward(x=x, h0=state, **weights_of(params, "_dec"))
    scores, s_cache = temporal_affine_forward(x=h, w=params["W_vocab"], b=params["b_vocab"])
    loss, dscores = temporal_softmax_loss(x=scores, y=target[:, 1:], mask=target[:, 1:] > 0, verbose=True)
    dh, *of_scores = temporal_affine_backward(dout=dscores, cache=s_cache)
    dx, dstate, *of_lstm = lstm_backward(dh=dh, cache=h_cache)
    parts = (
        encode_backward(dstate=dstate, cache=encoder),
        {"W_embed": word_embedding_backward(dout=dx, cache=x_cache)},
        dict(zip(("Wx_dec", "Wh_dec", "b_dec"), of_lstm, strict=True)),
        dict(zip(("W_vocab", "b_vocab"), of_scores, strict=True)),
    )
    return loss, {name: sum(part[name] for part in parts if name in part) for name in ChainMap(*parts)}


def translate(params, source, start, end, max_length):
    step = partial(lstm_step_forward, **weights_of(params, "_dec"))

    def written(h, c, symbol):
        while True:
            h, c, _ = step(x=params["W_embed"][[symbol]], prev_h=h, prev_c=c)
            symbol = int(np.argmax(h @ params["W_vocab"] + params["b_vocab"]))
            yield symbol

    def one(state):
        symbols = islice(written(state[None], 0 * state[None], start), max_length)
        row = list(until(lambda symbol: symbol == end, symbols))
        return row + [0] * (max_length - len(row))

    return np.array(list(map(one, encode_forward(params=params, source=source)[0])))
