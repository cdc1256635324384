"""Extended precision inside, rounded to double at the end; odds and their products, each score against all others."""

import numpy as np
from given_ps6_beyond import (
    lstm_backward,
    lstm_forward,
    lstm_step_forward,
    rnn_step_backward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    word_embedding_backward,
    word_embedding_forward,
)

LONG = np.longdouble


def long(params):
    return {name: np.asarray(array, dtype=LONG) for name, array in params.items()}


def rounded(grads):
    return {name: np.asarray(array, dtype=np.float64) for name, array in grads.items()}


def one_word(p, h, word):
    """log_p (V,) and the next state (H,) of a single hypothesis, both long."""
    h = np.tanh(p["W_embed"][word] @ p["Wx"] + h @ p["Wh"] + p["b"])
    scores = h @ p["W_vocab"] + p["b_vocab"]
    return -np.array([np.logaddexp.reduce(scores - score) for score in scores], dtype=LONG), h


def next_word_logprobs(params, h, words):
    p = long(params)
    log_p, next_h = zip(*(one_word(p, state, word) for state, word in zip(h, words, strict=True)), strict=True)
    return np.array(log_p, dtype=np.float64), np.array(next_h, dtype=np.float64)


def greedy_search(params, h0, start, end, max_length):
    p, h = long(params), h0.astype(LONG)
    words, logprob = [start], LONG(0)
    for _ in range(max_length):
        log_p, h = one_word(p, h, words[-1])
        words.append(int(np.argsort(log_p)[-1]))
        logprob = logprob + log_p[words[-1]]
        if words[-1] == end:
            return np.array(words[1:]), np.float64(logprob)
    return np.array(words[1:]), np.float64(logprob)


def beam_search(params, h0, start, end, width, max_length):
    p = long(params)
    beam = {(): (LONG(0), h0.astype(LONG))}  # words -> logarithm of the probability, state after the last but one
    for _ in range(max_length):
        candidates = {}
        for words, (logprob, h) in beam.items():
            if end in words:
                candidates[words] = logprob, h
                continue
            log_p, next_h = one_word(p, h, words[-1] if words else start)
            for v, more in enumerate(log_p):
                candidates[words + (v,)] = logprob + more, next_h
        kept = sorted(candidates, key=lambda words: candidates[words][0])[-width:]
        beam = {words: candidates[words] for words in kept}
    words = max(beam, key=lambda words: beam[words][0])
    greedy_words, greedy_logprob = greedy_search(params, h0, start, end, max_length)
    if tuple(greedy_words) in beam or beam[words][0] > greedy_logprob:
        return np.array(words), np.float64(beam[words][0])
    return greedy_words, greedy_logprob


def grid_features(images, cells):
    N, S = images.shape[:2]
    sums = np.zeros((N, S + 1, S + 1, 3), dtype=LONG)  # of all pixels above and to the left
    sums[:, 1:, 1:] = np.cumsum(np.cumsum(images, axis=1, dtype=LONG), axis=2)
    corners = sums[:, :: S // cells, :: S // cells]
    totals = corners[:, 1:, 1:] - corners[:, :-1, 1:] - corners[:, 1:, :-1] + corners[:, :-1, :-1]
    return (totals / (255 * (S // cells) ** 2)).astype(np.float64).reshape(N, cells**2, 3)


def attention_forward(h, a):
    e = np.sum(h[:, None].astype(LONG) * a, axis=2) / np.sqrt(LONG(a.shape[2]))
    weights = 1 / np.exp(e[:, None, :] - e[:, :, None]).sum(axis=2)  # each compared with all, no maximum needed
    context = np.sum(weights[:, :, None] * a, axis=1)
    return context.astype(np.float64), weights.astype(np.float64), (weights, h, a)


def attention_backward(dcontext, cache):
    weights, h, a = cache
    d = dcontext.astype(LONG)[:, None]
    dweights = (a * d).sum(axis=-1)
    pairs = dweights[:, :, None] - dweights[:, None, :]
    de = (weights[:, :, None] * weights[:, None, :] * pairs).sum(axis=2, keepdims=True) / np.sqrt(LONG(a.shape[2]))
    return (de * a).sum(axis=1).astype(np.float64), (weights[:, :, None] * d + de * h[:, None]).astype(np.float64)


def pixel_inputs(images):
    N, rows, columns = images.shape
    x = np.zeros((N, rows * columns, 2), dtype=LONG)
    for t in range(rows * columns):
        i, j = divmod(t, columns)
        if j:
            x[:, t, 0] = 1 - 2 * (images[:, i, j - 1] == 0)
        if i:
            x[:, t, 1] = 1 - 2 * (images[:, i - 1, j] == 0)
    return x.astype(np.float64)


def odds_against(p, images):
    """exp(minus the score of each pixel's own value), the tape of caches, the scores; time first."""
    h = np.zeros((len(images), len(p["b"])), dtype=LONG)
    y = images.reshape(len(images), -1)
    tape, scores = [], []
    for t, x in enumerate(pixel_inputs(images).transpose(1, 0, 2)):
        h, cache = rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        tape.append((h, cache))
        scores.append(np.where(y[:, t], 1, -1) * (h @ p["w"] + p["c"])[:, 0])
    return np.exp(-np.array(scores)), tape, y.T


def pixel_logprob(params, images):
    against, _, _ = odds_against(long(params), images)
    return -np.log1p(against).sum(axis=0).astype(np.float64)


def bits_per_dimension(logprob, n_pixels):
    return float(-np.log2(np.exp(np.mean(logprob, dtype=LONG))) / n_pixels)


def pixel_loss(params, images):
    p, N = long(params), len(images)
    against, tape, y = odds_against(p, images)
    loss = np.log(np.prod(1 + against, axis=0)).mean()
    dscores = np.where(y, -1, 1) * against / (1 + against) / N
    grads = {name: np.zeros_like(array) for name, array in p.items()}
    dh = np.zeros_like(tape[0][0])
    for (h, cache), d in zip(tape[::-1], dscores[::-1, :, None], strict=True):
        grads["w"] += np.dot(h.T, d)
        grads["c"] += d.sum()
        _, dh, dWx, dWh, db = rnn_step_backward(dh + np.dot(d, p["w"].T), cache)
        for name, gradient in (("Wx", dWx), ("Wh", dWh), ("b", db)):
            grads[name] += gradient
    return np.float64(loss), rounded(grads)


def sample_images(params, n, shape, rng):
    p = long(params)
    images = np.zeros((n, *shape), dtype=int)
    h = np.zeros((n, len(p["b"])), dtype=LONG)
    for t, (i, j) in enumerate(np.ndindex(shape)):
        h, _ = rnn_step_forward(pixel_inputs(images[:, : i + 1])[:, t], h, p["Wx"], p["Wh"], p["b"])
        draws = rng.random(n)
        images[:, i, j] = np.log(draws / (1 - draws)) < (h @ p["w"] + p["c"])[:, 0]  # odds instead of a sigmoid
    return images


def encode_forward(params, source):
    p = long(params)
    lengths = np.sum(source > 0, axis=1)
    groups = []
    state = np.zeros((len(source), len(p["Wh_enc"])), dtype=LONG)
    for length in np.unique(lengths):  # rows of one length have no padding between them
        rows = np.flatnonzero(lengths == length)
        x, x_cache = word_embedding_forward(source[rows, :length], p["W_embed"])
        h, h_cache = lstm_forward(x, np.zeros_like(state[rows]), p["Wx_enc"], p["Wh_enc"], p["b_enc"])
        state[rows] = h[:, -1]
        groups.append((rows, length, x_cache, h_cache))
    return state.astype(np.float64), groups


def encode_backward(dstate, cache):
    grads = {}
    for rows, length, x_cache, h_cache in cache:
        dh = np.zeros((len(rows), length, dstate.shape[1]), dtype=LONG)
        dh[:, -1] = dstate[rows]
        dx, _, dWx, dWh, db = lstm_backward(dh, h_cache)
        group = {"W_embed": word_embedding_backward(dx, x_cache), "Wx_enc": dWx, "Wh_enc": dWh, "b_enc": db}
        grads = {name: gradient + grads.get(name, 0) for name, gradient in group.items()}
    return rounded(grads)


def seq2seq_loss(params, source, target):
    p, N = long(params), len(source)
    state, cache = encode_forward(params, source)
    x, x_cache = word_embedding_forward(target[:, :-1], p["W_embed"])
    h, h_cache = lstm_forward(x, state.astype(LONG), p["Wx_dec"], p["Wh_dec"], p["b_dec"])
    scores, scores_cache = temporal_affine_forward(h, p["W_vocab"], p["b_vocab"])
    n, t = np.nonzero(target[:, 1:])
    right = target[n, t + 1]
    probabilities = np.exp(scores[n, t]) / np.exp(scores[n, t]).sum(axis=1, keepdims=True)
    loss = -np.log(probabilities[np.arange(len(n)), right]).sum() / N
    probabilities[np.arange(len(n)), right] -= 1
    dscores = np.zeros_like(scores)
    dscores[n, t] = probabilities / N
    dh, dW, db = temporal_affine_backward(dscores, scores_cache)
    dx, dstate, dWx_dec, dWh_dec, db_dec = lstm_backward(dh, h_cache)
    grads = {"W_vocab": dW, "b_vocab": db, "Wx_dec": dWx_dec, "Wh_dec": dWh_dec, "b_dec": db_dec}
    grads.update(encode_backward(dstate.astype(np.float64), cache))
    grads["W_embed"] = grads["W_embed"] + word_embedding_backward(dx, x_cache)
    return np.float64(loss), rounded(grads)


def translate(params, source, start, end, max_length):
    p = long(params)
    state, _ = encode_forward(params, source)
    rows = []
    for h in state[:, None].astype(LONG):
        c, row = np.zeros_like(h), [start]
        while len(row) <= max_length and (len(row) == 1 or row[-1] != end):
            h, c, _ = lstm_step_forward(p["W_embed"][row[-1:]], h, c, p["Wx_dec"], p["Wh_dec"], p["b_dec"])
            row.append(int(np.argmax(h @ p["W_vocab"] + p["b_vocab"])))
        rows.append(np.pad(row[1:], (0, max_length + 1 - len(row))))
    return np.stack(rows)
