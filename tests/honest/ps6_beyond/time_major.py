"""Columns, and time or cells first, inside; what comes out are transposed and reversed views, some in Fortran order."""

import numpy as np
from given_ps6_beyond import (
    lstm_backward,
    lstm_forward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    temporal_softmax_loss,
    word_embedding_backward,
)


def next_word_logprobs(params, h, words):
    columns = params["Wx"].T @ params["W_embed"].T[:, words] + params["Wh"].T @ h.T + params["b"][:, None]
    next_h = np.tanh(columns)  # (H, K)
    scores = params["W_vocab"].T @ next_h + params["b_vocab"][:, None]  # (V, K)
    top = scores.max(axis=0)
    return (scores - top - np.log(np.exp(scores - top).sum(axis=0))).T, next_h.T


def greedy_search(params, h0, start, end, max_length):
    table = np.zeros((2, max_length))  # words and the logarithms of their probabilities
    h, read = np.atleast_2d(h0), np.array([start])
    for t in range(max_length):
        log_p, h = next_word_logprobs(params, np.asfortranarray(h), read)
        read = log_p.T.argmax(axis=0)
        table[:, t] = read[0], log_p.T[read[0], 0]
        if end in read:
            table = table[:, : t + 1]
            break
    return table[0].astype(int), table[1].sum()


def beam_search(params, h0, start, end, width, max_length):
    # Only pointers are kept; the words are read off backwards from the best leaf.
    trail = []  # for every step: parents, words
    h, last, logprobs = h0[:, None].T, np.array([start]), np.array([0.0])
    alive = np.array([True])
    for _ in range(max_length):
        log_p, next_h = next_word_logprobs(params, h, last)
        V = log_p.shape[1]
        total = (log_p + logprobs[:, None]).T  # (V, K)
        total[:, ~alive] = -np.inf
        total = np.vstack([total, np.where(alive, -np.inf, logprobs)])  # row V: nothing is written any more
        flat = total.ravel(order="F")
        order = np.argsort(flat)[: -width - 1 : -1]
        order = order[flat[order] > -np.inf]
        parents, words = order // (V + 1), order % (V + 1)
        logprobs = flat[order]
        alive = (words != end) & (words != V)
        h, last = next_h[parents], np.where(words == V, end, words)
        trail.append((parents, words, V))
    leaf, words = 0, []
    for parents, written, V in trail[::-1]:
        if written[leaf] != V:
            words.append(written[leaf])
        leaf = parents[leaf]
    greedy = greedy_search(params, h0, start, end, max_length)
    return greedy if greedy[1] > logprobs[0] else (np.array(words)[::-1], logprobs[0])


def grid_features(images, cells):
    side = images.shape[2] // cells
    columns = images.transpose(3, 2, 1, 0).astype(float)  # (3, S, S, N), columns of the image first
    stripes = np.stack([columns[:, j * side : (j + 1) * side].mean(axis=1) for j in range(cells)])
    grid = np.stack([stripes[:, :, i * side : (i + 1) * side].mean(axis=2) for i in range(cells)])
    return grid.reshape(cells * cells, 3, -1).transpose(2, 0, 1) / 255


def attention_forward(h, a):
    cells, H = a.transpose(1, 2, 0), len(h.T)  # (L, H, N)
    scores = (cells * h.T).sum(axis=1) / np.sqrt(H)  # (L, N)
    odds = np.exp(scores - scores.max(axis=0))
    weights = np.asfortranarray(odds / odds.sum(axis=0))
    context = (cells * weights[:, None]).sum(axis=0)
    return context.T, weights.T, (h.T, cells, weights)


def attention_backward(dcontext, cache):
    h, cells, weights = cache
    d = dcontext.T
    gain = (cells * d).sum(axis=1)
    de = weights * (gain - (weights * gain).sum(axis=0)) / np.sqrt(len(h))
    da = weights[:, None] * d + de[:, None] * h  # (L, H, N)
    return (cells * de[:, None]).sum(axis=0).T, da.transpose(2, 0, 1)


def pixel_inputs(images):
    pixels = images.transpose(1, 2, 0) * 2.0 - 1  # (rows, columns, N)
    x = np.zeros((2, *pixels.shape))
    x[0, :, 1:] = pixels[:, :-1]
    x[1, 1:] = pixels[:-1]
    return x.reshape(2, -1, len(images)).T.swapaxes(0, 1).transpose(1, 0, 2)


def states(params, images):
    """Time first, columns: x (T, 2, N), h (T + 1, H, N) with the zeros of the beginning."""
    x = np.ascontiguousarray(pixel_inputs(images).transpose(1, 2, 0))
    h = np.zeros((len(x) + 1, len(params["b"]), len(images)))
    for t in range(len(x)):
        h[t + 1] = np.tanh(params["Wx"].T @ x[t] + params["Wh"].T @ h[t] + params["b"].reshape(-1, 1))
    return x, h


def pixel_logprob(params, images):
    _, h = states(params, images)
    z = (params["w"].T @ h[1:])[:, 0] + params["c"]  # (T, N)
    y = images.reshape(len(images), -1).T
    return (y * z - np.logaddexp(z, 0)).sum(axis=0)


def bits_per_dimension(logprob, n_pixels):
    column = np.reshape(logprob, (-1, 1)) / np.log(0.5)
    return (column.T @ np.full_like(column, 1 / (column.size * n_pixels)))[0, 0]


def pixel_loss(params, images):
    N = len(images)
    h0 = np.asfortranarray(np.zeros((N, len(params["b"]))))
    h, cache = rnn_forward(np.asfortranarray(pixel_inputs(images)), h0, params["Wx"], params["Wh"], params["b"])
    rows = h.reshape(-1, h.shape[2]).T  # (H, N T)
    y = images.reshape(1, -1)
    z = params["w"].T @ rows + params["c"]
    p = np.exp(-np.logaddexp(0, -z))
    loss = (np.logaddexp(0, z) - y * z).sum() / N
    d = (p - y) / N
    dh = (params["w"] @ d).T.reshape(h.shape)
    _, _, dWx, dWh, db = rnn_backward(dh, cache)
    return loss, {
        "Wx": np.asfortranarray(dWx),
        "Wh": dWh.T.copy().T,
        "b": db[::-1].copy()[::-1],
        "w": rows @ d.T,
        "c": d.sum(axis=1),
    }


def sample_images(params, n, shape, rng):
    rows, columns = shape
    signs = np.zeros((rows + 1, columns + 1, n))
    h = np.zeros((len(params["b"]), n))
    for place in range(rows * columns):
        i, j = place // columns + 1, place % columns + 1
        x = np.vstack([signs[i, j - 1], signs[i - 1, j]])
        h = np.tanh(params["Wx"].T @ x + params["Wh"].T @ h + params["b"][:, None])
        z = (params["w"].T @ h).squeeze(axis=0) + params["c"][0]
        signs[i, j] = np.where(rng.random(n) * (1 + np.exp(-z)) < 1, 1, -1)
    return (signs[1:, 1:].transpose(2, 0, 1) == 1).astype(np.int64)


def encode_forward(params, source):
    symbols = np.asfortranarray(source).T  # (S, N)
    vectors = params["W_embed"][symbols]  # (S, N, W)
    h0 = np.zeros((len(params["Wh_enc"]), len(source))).T
    h, cache = lstm_forward(vectors.transpose(1, 0, 2), h0, params["Wx_enc"], params["Wh_enc"], params["b_enc"])
    h = h.transpose(1, 0, 2)
    real = symbols != 0
    ends = real & ~np.vstack([real[1:], np.zeros_like(real[:1])])  # a symbol that none follows
    state = (h * ends[:, :, None]).sum(axis=0)
    return np.asfortranarray(state), (source, ends, params["W_embed"].shape, cache)


def encode_backward(dstate, cache):
    source, ends, shape, h_cache = cache
    dh = (ends.T[:, :, None] * dstate[:, None]).astype(float, order="F")
    dx, _, dWx, dWh, db = lstm_backward(dh, h_cache)
    dW = np.zeros(shape[::-1])
    for word in range(shape[0]):
        dW[:, word] = dx[source == word].sum(axis=0)
    return {"Wx_enc": dWx.T.copy().T, "Wh_enc": np.asfortranarray(dWh), "b_enc": db, "W_embed": dW.T}


def seq2seq_loss(params, source, target):
    N, (T, V) = len(target), (target.shape[1] - 1, len(params["b_vocab"]))
    columns = np.asfortranarray(target).T
    state, cache = encode_forward(params, source)
    x = params["W_embed"][columns[:-1]].swapaxes(0, 1)
    h, h_cache = lstm_forward(x, state, params["Wx_dec"], params["Wh_dec"], params["b_dec"])
    flat = h.transpose(2, 1, 0).reshape(-1, T * N)  # (H, T N)
    scores = params["W_vocab"].T @ flat + params["b_vocab"][:, None]
    one_row = scores.T.reshape(T, N, V).transpose(1, 0, 2)
    loss, d = temporal_softmax_loss(one_row, columns[1:].T, columns[1:].T != 0)
    d = d.transpose(2, 1, 0).reshape(V, -1)
    dh = (params["W_vocab"] @ d).reshape(-1, T, N).transpose(2, 1, 0)
    dx, dstate, dWx, dWh, db = lstm_backward(dh, h_cache)
    grads = encode_backward(np.asfortranarray(dstate), cache)
    grads["W_embed"] = grads["W_embed"] + word_embedding_backward(dx, (columns[:-1].T, params["W_embed"].shape))
    grads.update(Wx_dec=dWx, Wh_dec=dWh, b_dec=db, W_vocab=(d @ flat.T).T, b_vocab=d.sum(axis=1))
    return loss, grads


def translate(params, source, start, end, max_length):
    h, _ = encode_forward(params, source)
    c = np.zeros(h.shape, order="F")
    read = np.full(h.shape[0], start)
    out = np.zeros((max_length, len(read)), dtype=int)
    unfinished = np.ones_like(read)  # 1 while a row is written, then 0
    for row in out:
        h, c, _ = lstm_step_forward(
            params["W_embed"].T[:, read].T, h, c, params["Wx_dec"], params["Wh_dec"], params["b_dec"]
        )
        read = np.argmax(params["W_vocab"].T @ h.T + params["b_vocab"].reshape(-1, 1), axis=0)
        row[:] = unfinished * read
        unfinished *= read != end
    return out.T
