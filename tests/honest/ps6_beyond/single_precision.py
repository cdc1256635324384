"""Single precision inside, cast back to the dtype of the inputs at the end, as for a graphics card."""

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


def single(params):
    return {name: array.astype(np.float32) for name, array in params.items()}


def double(grads):
    return {name: array.astype(np.float64) for name, array in grads.items()}


def sigmoid(z):
    p = np.empty_like(z)
    p[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    p[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return p


def next_word_logprobs(params, h, words):
    p = single(params)
    next_h, _ = rnn_step_forward(p["W_embed"][words], h.astype(np.float32), p["Wx"], p["Wh"], p["b"])
    scores = next_h @ p["W_vocab"] + p["b_vocab"]
    scores -= scores.max(1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    return log_p.astype(h.dtype), next_h.astype(h.dtype)


def greedy_search(params, h0, start, end, max_length):
    words, logprob = np.array([start]), np.float32(0)
    h = h0[None].astype(np.float32)
    while words[-1] != end or len(words) == 1:
        log_p, h = next_word_logprobs(single(params), h, words[-1:])
        words = np.append(words, log_p.argmax(axis=1))
        logprob += log_p.max()
        if len(words) > max_length:
            break
    return words[1:], float(logprob)


def beam_search(params, h0, start, end, width, max_length):
    p = single(params)
    V = len(p["b_vocab"])
    finished = []  # (logprob, words), set aside: they compete, and take up places, but are not extended
    alive, logprobs, h = [()], np.zeros(1, np.float32), h0[None].astype(np.float32)
    for _ in range(max_length):
        last = np.array([words[-1] if words else start for words in alive])
        log_p, h = next_word_logprobs(p, h, last)
        total = (logprobs[:, None] + log_p).ravel()
        pool = [(logprob, None, words) for logprob, words in finished]
        pool += [(total[place], place, None) for place in range(len(total))]
        pool = sorted(pool, key=lambda candidate: -candidate[0])[:width]
        places = [place for _, place, _ in pool if place is not None]
        finished = [(logprob, words) for logprob, place, words in pool if place is None]
        finished += [(total[place], (*alive[place // V], end)) for place in places if place % V == end]
        places = [place for place in places if place % V != end]
        if not places:
            break
        h, logprobs = h[np.array(places) // V], total[places]
        alive = [(*alive[place // V], place % V) for place in places]
    else:
        finished += zip(logprobs, alive, strict=True)
    logprob, words = max(finished)
    greedy_words, greedy_logprob = greedy_search(params, h0, start, end, max_length)
    if greedy_logprob > logprob:
        return greedy_words, greedy_logprob
    return np.array(words), np.float64(logprob)


def grid_features(images, cells):
    side = images.shape[1] // cells
    rows = np.array(np.split(images.astype(np.float32) / 255, cells, axis=1))  # (cells, N, side, S, 3)
    blocks = np.array(np.split(rows, cells, axis=3))  # (cells of a row, cells of a column, N, side, side, 3)
    assert blocks.shape[-2] == side
    means = blocks.mean(axis=(3, 4)).transpose(2, 1, 0, 3)
    return means.reshape(len(images), -1, 3)


def attention_forward(h, a):
    h32, a32 = h.astype(np.float32), a.astype(np.float32)
    e = np.squeeze(a32 @ np.expand_dims(h32, 2), 2) / np.float32(np.sqrt(h.shape[1]))
    e = np.exp(e - np.max(e, axis=1)[:, None])
    weights = e / np.sum(e, axis=1)[:, None]
    context = np.squeeze(np.expand_dims(weights, 1) @ a32, 1)
    return context.astype(a.dtype), weights.astype(a.dtype), (h32, a32, weights)


def attention_backward(dcontext, cache):
    h, a, weights = cache
    d = dcontext.astype(np.float32)[:, :, None]
    dweights = (a @ d)[:, :, 0]
    de = weights * dweights
    de -= weights * de.sum(axis=1)[:, None]
    de /= np.float32(np.sqrt(h.shape[1]))
    dh = (a.swapaxes(1, 2) @ de[:, :, None])[:, :, 0]
    da = weights[:, :, None] @ d.swapaxes(1, 2) + de[:, :, None] @ h[:, None]
    return dh.astype(dcontext.dtype), da.astype(dcontext.dtype)


def pixel_inputs(images):
    N, rows, columns = images.shape
    code = np.array([-1, 1], dtype=np.float32)[images.astype(np.intp)]
    x = np.zeros((2, N, rows, columns), np.float32)
    x[0] = np.concatenate([np.zeros_like(code[:, :, :1]), code[:, :, :-1]], axis=2)
    x[1] = np.concatenate([np.zeros_like(code[:, :1]), code[:, :-1]], axis=1)
    return np.moveaxis(x, 0, -1).reshape(N, rows * columns, 2).astype(np.float64)


def scores_of(p, images):
    h0 = np.zeros((len(images), len(p["b"])), np.float32)
    h, h_cache = rnn_forward(pixel_inputs(images).astype(np.float32), h0, p["Wx"], p["Wh"], p["b"])
    z, z_cache = temporal_affine_forward(h, p["w"], p["c"])
    return z, h_cache, z_cache


def pixel_logprob(params, images):
    z = scores_of(single(params), images)[0][:, :, 0]
    signed = np.where(images.reshape(len(images), -1) == 1, z, -z)
    log_p = np.where(signed < 0, signed, 0) - np.log1p(np.exp(-np.abs(signed)))
    return log_p.sum(axis=1).astype(np.float64)


def bits_per_dimension(logprob, n_pixels):
    bits = logprob.astype(np.float32) / -np.log(np.float32(2))
    return float(bits.mean() / np.float32(n_pixels))


def pixel_loss(params, images):
    N, p = len(images), single(params)
    z, h_cache, z_cache = scores_of(p, images)
    y = images.reshape(z.shape).astype(np.float32)
    loss = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    dh, dw, dc = temporal_affine_backward((sigmoid(z) - y) / np.float32(N), z_cache)
    dWx, dWh, db = rnn_backward(dh, h_cache)[2:]
    return float(loss.sum() / np.float32(N)), double({"w": dw, "c": dc, "Wx": dWx, "Wh": dWh, "b": db})


def sample_images(params, n, shape, rng):
    p = single(params)
    images = np.zeros((n, *shape), np.float32)
    h = np.zeros((n, len(p["b"])), np.float32)
    for t in range(shape[0] * shape[1]):
        x = pixel_inputs(images)[:, t].astype(np.float32)
        h, _ = rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        one = sigmoid(np.dot(h, p["w"]) + p["c"])
        images.reshape(n, -1)[:, t : t + 1] = rng.random((n, 1), dtype=np.float32) < one
    return images.astype(np.int64)


def encode_forward(params, source):
    p = single(params)
    x, x_cache = word_embedding_forward(source, p["W_embed"])
    h0 = np.zeros((source.shape[0], p["Wh_enc"].shape[0]), np.float32)
    h, h_cache = lstm_forward(x, h0, p["Wx_enc"], p["Wh_enc"], p["b_enc"])
    last = np.argmin(np.pad(source, ((0, 0), (0, 1))), axis=1) - 1  # one step before the first padding
    state = np.take_along_axis(h, last[:, None, None], axis=1)[:, 0]
    return state.astype(np.float64), (last, x_cache, h_cache, h.shape)


def encode_backward(dstate, cache):
    last, x_cache, h_cache, shape = cache
    dh = np.zeros(shape, dtype=np.float32)
    np.put_along_axis(dh, last[:, None, None], dstate[:, None].astype(np.float32), axis=1)
    dx, _, dWx, dWh, db = lstm_backward(dh, h_cache)
    dW_embed = word_embedding_backward(dx, x_cache)
    return double({"W_embed": dW_embed, "Wx_enc": dWx, "Wh_enc": dWh, "b_enc": db})


def seq2seq_loss(params, source, target):
    p = single(params)
    state, state_cache = encode_forward(params, source)
    x, x_cache = word_embedding_forward(np.delete(target, -1, axis=1), p["W_embed"])
    h, h_cache = lstm_forward(x, state.astype(np.float32), p["Wx_dec"], p["Wh_dec"], p["b_dec"])
    scores, scores_cache = temporal_affine_forward(h, p["W_vocab"], p["b_vocab"])
    mask = (target[:, 1:] != 0).astype(np.float32)
    loss, dscores = temporal_softmax_loss(scores, target[:, 1:], mask)
    dh, dW_vocab, db_vocab = temporal_affine_backward(dscores.astype(np.float32), scores_cache)
    dx, dstate, *decoder = lstm_backward(dh, h_cache)
    grads = encode_backward(dstate, state_cache)
    grads["W_embed"] += word_embedding_backward(dx, x_cache)
    grads |= double(dict(zip(("Wx_dec", "Wh_dec", "b_dec"), decoder, strict=True)))
    grads |= double({"W_vocab": dW_vocab, "b_vocab": db_vocab})
    return float(loss), grads


def translate(params, source, start, end, max_length):
    p = single(params)
    h = encode_forward(params, source)[0].astype(np.float32)
    c = h * np.float32(0)
    out = np.zeros((len(h), max_length + 1), dtype=np.int16)
    out[:, -1] = start  # column -1 is read first and cut off at the end
    ended = np.zeros(len(h), dtype=bool)
    for t in range(max_length):
        x = p["W_embed"][out[:, t - 1]]
        h, c, _ = lstm_step_forward(x, h, c, p["Wx_dec"], p["Wh_dec"], p["b_dec"])
        symbols = np.argmax(h @ p["W_vocab"] + p["b_vocab"], axis=1)
        out[:, t] = np.where(ended, 0, symbols)
        ended = ended | (symbols == end)
    return out[:, :-1]
