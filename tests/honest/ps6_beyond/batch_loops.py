"""One example at a time: loops over hypotheses, rows and pixels, and a single row for each given function."""

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


def next_word_logprobs(params, h, words):
    log_p, next_h = [], []
    for k in range(len(words)):
        x = params["W_embed"][words[k]]
        state = np.tanh(np.dot(x, params["Wx"]) + np.dot(h[k], params["Wh"]) + params["b"])
        scores = np.dot(state, params["W_vocab"]) + params["b_vocab"]
        largest = max(scores)
        log_p.append(scores - (largest + np.log(np.sum(np.exp(scores - largest)))))
        next_h.append(state)
    return np.array(log_p), np.array(next_h)


def greedy_search(params, h0, start, end, max_length):
    words, logprob = [], 0
    word, h = start, h0.reshape(1, -1)
    for _ in range(max_length):
        log_p, h = next_word_logprobs(params, h, [word])
        word = 0
        for v in range(1, log_p.shape[1]):
            if log_p[0, v] > log_p[0, word]:
                word = v
        words.append(word)
        logprob += log_p[0, word]
        if word == end:
            break
    return words, logprob


def beam_search(params, h0, start, end, width, max_length):
    beam = [(0.0, [], h0)]
    for _ in range(max_length):
        candidates = []
        for logprob, words, h in beam:
            if words and words[-1] == end:
                candidates.append((logprob, words, h))
                continue
            last = words[-1] if words else start
            log_p, next_h = next_word_logprobs(params, h[np.newaxis], np.array([last]))
            for v in range(len(log_p[0])):
                candidates.append((logprob + log_p[0][v], words + [v], next_h[0]))
        candidates.sort(key=lambda candidate: candidate[0], reverse=True)
        beam = candidates[:width]
    greedy_words, greedy_logprob = greedy_search(params, h0, start, end, max_length)
    if greedy_logprob > beam[0][0]:
        return greedy_words, greedy_logprob
    return beam[0][1], beam[0][0]


def grid_features(images, cells):
    N, S = images.shape[0], images.shape[1]
    side = S // cells
    grid = np.zeros((N, cells * cells, 3))
    for n in range(N):
        for i in range(cells):
            for j in range(cells):
                for colour in range(3):
                    cell = images[n, i * side : (i + 1) * side, j * side : (j + 1) * side, colour]
                    grid[n, i * cells + j, colour] = np.mean(cell) / 255.0
    return grid


def attention_forward(h, a):
    N, L, H = a.shape
    context, weights = np.zeros((N, H)), np.zeros((N, L))
    for n in range(N):
        scores = np.zeros(L)
        for cell in range(L):
            scores[cell] = np.dot(h[n], a[n, cell]) / H**0.5
        scores -= np.max(scores)
        weights[n] = np.exp(scores) / np.sum(np.exp(scores))
        for cell in range(L):
            context[n] += weights[n, cell] * a[n, cell]
    return context, weights, [h, a, weights]


def attention_backward(dcontext, cache):
    h, a, weights = cache
    N, L, H = a.shape
    dh, da = np.zeros_like(h), np.zeros_like(a)
    for n in range(N):
        dweights = [np.dot(dcontext[n], a[n, cell]) for cell in range(L)]
        mean = sum(weights[n, cell] * dweights[cell] for cell in range(L))
        for cell in range(L):
            de = weights[n, cell] * (dweights[cell] - mean) / H**0.5
            dh[n] += de * a[n, cell]
            da[n, cell] = weights[n, cell] * dcontext[n] + de * h[n]
    return dh, da


def pixel_inputs(images):
    N, rows, columns = images.shape
    x = np.zeros((N, rows * columns, 2), dtype=int)
    for n in range(N):
        for i in range(rows):
            for j in range(columns):
                if j > 0:
                    x[n, i * columns + j, 0] = 1 if images[n, i, j - 1] == 1 else -1
                if i > 0:
                    x[n, i * columns + j, 1] = 1 if images[n, i - 1, j] == 1 else -1
    return x


def pixel_logprob(params, images):
    x = pixel_inputs(images)
    logprob = np.zeros(len(images))
    for n in range(len(images)):
        h = np.zeros((1, len(params["b"])))
        for t, pixel in enumerate(images[n].flatten()):
            h, _ = rnn_step_forward(x[n : n + 1, t], h, params["Wx"], params["Wh"], params["b"])
            score = (h @ params["w"] + params["c"])[0, 0]
            z = score if pixel == 1 else -score
            logprob[n] += z - np.log1p(np.exp(z)) if z < 0 else -np.log1p(np.exp(-z))
    return logprob


def bits_per_dimension(logprob, n_pixels):
    total = 0
    for one in logprob:
        total += -one / np.log(2) / n_pixels
    return total / len(logprob)


def pixel_loss(params, images):
    N = len(images)
    x = pixel_inputs(images)
    loss = 0
    grads = {name: np.zeros(array.shape) for name, array in params.items()}
    for n in range(N):
        y = images[n].reshape(1, -1, 1)
        h, rnn_cache = rnn_forward(x[[n]], np.zeros((1, len(params["b"]))), params["Wx"], params["Wh"], params["b"])
        scores, affine_cache = temporal_affine_forward(h, params["w"], params["c"])
        p = 1 / (1 + np.exp(-scores))
        loss -= np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / N
        dh, dw, dc = temporal_affine_backward((p - y) / N, affine_cache)
        dx, dh0, dWx, dWh, db = rnn_backward(dh, rnn_cache)
        grads["Wx"] += dWx
        grads["Wh"] += dWh
        grads["b"] += db
        grads["w"] += dw
        grads["c"] += dc
    return loss, grads


def sample_images(params, n, shape, rng):
    images = np.zeros((n, shape[0], shape[1]))
    h = np.zeros((n, params["b"].shape[0]))
    t = 0
    for i in range(shape[0]):
        for j in range(shape[1]):
            x = pixel_inputs(images)
            h, _ = rnn_step_forward(x[:, t], h, params["Wx"], params["Wh"], params["b"])
            draws = rng.random(n)
            for k in range(n):
                p = 1 / (1 + np.exp(-(np.dot(h[k], params["w"][:, 0]) + params["c"][0])))
                if draws[k] < p:
                    images[k, i, j] = 1
            t += 1
    return images.astype(int)


def encode_forward(params, source):
    state, cache = [], []
    for row in source:
        symbols = np.array([symbol for symbol in row if symbol != 0])[None]  # what is left has no padding
        x, x_cache = word_embedding_forward(symbols, params["W_embed"])
        h0 = np.zeros((1, params["Wh_enc"].shape[0]))
        h, h_cache = lstm_forward(x, h0, params["Wx_enc"], params["Wh_enc"], params["b_enc"])
        state.append(h[0, -1])
        cache.append((h.shape, x_cache, h_cache))
    return np.array(state), cache


def encode_backward(dstate, cache):
    grads = {"W_embed": 0, "Wx_enc": 0, "Wh_enc": 0, "b_enc": 0}
    for n in range(len(cache)):
        shape, x_cache, h_cache = cache[n]
        dh = np.zeros(shape)
        dh[0, -1] = dstate[n]
        dx, _, dWx, dWh, db = lstm_backward(dh, h_cache)
        grads["W_embed"] = grads["W_embed"] + word_embedding_backward(dx, x_cache)
        grads["Wx_enc"] = grads["Wx_enc"] + dWx
        grads["Wh_enc"] = grads["Wh_enc"] + dWh
        grads["b_enc"] = grads["b_enc"] + db
    return grads


def seq2seq_loss(params, source, target):
    N = len(source)
    loss, grads = 0.0, {name: np.zeros_like(params[name]) for name in params}
    for n in range(N):
        right = target[n : n + 1, 1:]
        state, state_cache = encode_forward(params, source[n : n + 1])
        x, x_cache = word_embedding_forward(target[n : n + 1, :-1], params["W_embed"])
        h, h_cache = lstm_forward(x, state, params["Wx_dec"], params["Wh_dec"], params["b_dec"])
        scores, scores_cache = temporal_affine_forward(h, params["W_vocab"], params["b_vocab"])
        one_loss, dscores = temporal_softmax_loss(scores, right, right > 0)
        loss += one_loss / N
        dh, dW_vocab, db_vocab = temporal_affine_backward(dscores / N, scores_cache)
        dx, dstate, dWx, dWh, db = lstm_backward(dh, h_cache)
        grads["W_vocab"] += dW_vocab
        grads["b_vocab"] += db_vocab
        grads["Wx_dec"] += dWx
        grads["Wh_dec"] += dWh
        grads["b_dec"] += db
        grads["W_embed"] += word_embedding_backward(dx, x_cache)
        for name, gradient in encode_backward(dstate, state_cache).items():
            grads[name] += gradient
    return loss, grads


def translate(params, source, start, end, max_length):
    out = np.zeros((len(source), max_length), dtype=np.int32)
    for n in range(len(source)):
        h, _ = encode_forward(params, source[n : n + 1])
        c = np.zeros(h.shape)
        symbol = start
        for t in range(max_length):
            x = params["W_embed"][symbol].reshape(1, -1)
            h, c, _ = lstm_step_forward(x, h, c, params["Wx_dec"], params["Wh_dec"], params["b_dec"])
            symbol = np.argmax(h[0] @ params["W_vocab"] + params["b_vocab"])
            out[n, t] = symbol
            if symbol == end:
                break
    return out
