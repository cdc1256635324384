"""No array made twice: preallocated results, out=, upstream gradients and masks changed in place, caches used up."""

import numpy as np
from given_ps6_beyond import (
    lstm_step_backward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
    word_embedding_backward,
)


def squash(a):
    """The sigmoid of an array, in its place."""
    np.negative(a, out=a)
    np.exp(a, out=a)
    a += 1
    np.reciprocal(a, out=a)
    return a


def next_word_logprobs(params, h, words):
    next_h = np.take(params["W_embed"], words, axis=0) @ params["Wx"]
    next_h += h @ params["Wh"]
    next_h += params["b"]
    np.tanh(next_h, out=next_h)
    log_p = np.empty((len(next_h), len(params["b_vocab"])))
    np.matmul(next_h, params["W_vocab"], out=log_p)
    log_p += params["b_vocab"]
    log_p -= log_p.max(axis=1)[:, None]
    e = np.exp(log_p)
    log_p -= np.log(e.sum(axis=1))[:, None]
    return log_p, next_h


def greedy_search(params, h0, start, end, max_length):
    words = np.full(max_length + 1, start)  # what is read stands one place before what is written
    logprob = np.zeros(1)
    h, length = np.array([h0]), 0
    for length in range(1, max_length + 1):
        log_p, h[:] = next_word_logprobs(params, h, words[length - 1 : length])
        words[length] = log_p.argmax()
        logprob += log_p.max()
        if words[length] == end:
            break
    return words[1 : length + 1], logprob[0]


def beam_search(params, h0, start, end, width, max_length):
    # The beam always has its full width; places without a hypothesis have the probability zero.
    words = np.zeros((width, max_length), dtype=int)
    logprobs = np.full(width, -np.inf)
    logprobs[0] = 0
    states = np.repeat(h0[None], width, axis=0)
    last = np.full(width, start)
    ended = np.zeros(width, dtype=bool)
    for t in range(max_length):
        total, states = next_word_logprobs(params, states, last)
        total += logprobs[:, None]
        total[ended] = -np.inf
        total[ended, end] = logprobs[ended]
        flat = np.argpartition(-total.ravel(), width - 1)[:width]
        parents, last[:] = np.divmod(flat, total.shape[1])
        words[:] = words[parents]
        words[:, t] = last
        states[:] = states[parents]
        logprobs[:] = total.ravel()[flat]
        ended[:] = ended[parents]
        ended |= last == end
    best = logprobs.argmax()
    result = words[best]
    if ended[best]:
        result = result[: np.nonzero(result == end)[0][0] + 1]
    greedy_words, greedy_logprob = greedy_search(params, h0, start, end, max_length)
    if greedy_logprob > logprobs[best]:
        return greedy_words, greedy_logprob
    return result, logprobs[best]


def grid_features(images, cells):
    N, S, side = len(images), images.shape[1], images.shape[1] // cells
    grid = np.zeros((N, cells, cells, 3))
    for row in range(side):
        for column in range(side):  # the same pixel of all cells at once
            grid += images[:, row:S:side, column:S:side]
    grid /= 255 * side * side
    grid.shape = (N, cells * cells, 3)
    return grid


def attention_forward(h, a):
    weights = np.matmul(a, h[:, :, None]).squeeze(axis=2)
    weights /= np.sqrt(a.shape[2])
    weights -= weights.max(axis=1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=1, keepdims=True)
    scratch = a * weights[:, :, None]
    return scratch.sum(axis=1), weights, {"h": h, "a": a, "weights": weights, "scratch": scratch}


def attention_backward(dcontext, cache):
    h, a, weights, da = cache.pop("h"), cache.pop("a"), cache.pop("weights"), cache.pop("scratch")
    root = np.sqrt(a.shape[2])
    dcontext /= root
    np.multiply(a, dcontext[:, None], out=da)
    de = da.sum(axis=2)
    de *= weights
    de -= weights * de.sum(axis=1, keepdims=True)
    np.multiply(de[:, :, None], a, out=da)
    dh = da.sum(axis=1)
    np.multiply(de[:, :, None], h[:, None], out=da)
    dcontext *= root
    da += weights[:, :, None] * dcontext[:, None]
    return dh, da


def pixel_inputs(images):
    N, rows, columns = images.shape
    x = np.zeros((N, rows, columns, 2))
    x[:, :, 1:, 0] = images[:, :, :-1]
    x[:, 1:, :, 1] = images[:, :-1]
    x *= 2
    x[:, :, 1:, 0] -= 1
    x[:, 1:, :, 1] -= 1
    x.shape = (N, -1, 2)
    return x


def pixel_logprob(params, images):
    N = len(images)
    signs = images.reshape(N, -1).astype(float)
    signs *= -2
    signs += 1  # minus the score of a one, plus the score of a zero
    h, _ = rnn_forward(pixel_inputs(images), np.zeros((N, len(params["b"]))), params["Wx"], params["Wh"], params["b"])
    z = np.squeeze(h @ params["w"], axis=2)
    z += params["c"]
    z *= signs
    np.logaddexp(0, z, out=z)
    logprob = np.zeros(N)
    logprob -= z.sum(axis=1)
    return logprob


def bits_per_dimension(logprob, n_pixels):
    bits = np.zeros(())
    bits += logprob.mean()
    bits /= -np.log(2)
    bits /= n_pixels
    return bits


def pixel_loss(params, images):
    N = images.shape[0]
    grads = dict.fromkeys(params)
    h, memory = rnn_forward(
        pixel_inputs(images), np.zeros((N, params["b"].size)), params["Wx"], params["Wh"], params["b"]
    )
    z, scores_memory = temporal_affine_forward(h, params["w"], params["c"])
    y = images.reshape(z.shape).astype(z.dtype)
    loss = (np.log1p(np.exp(z)) - y * z).sum()
    loss /= N
    dz = squash(z)
    dz -= y
    dz /= N
    dh, grads["w"], grads["c"] = temporal_affine_backward(dz, scores_memory)
    _, _, grads["Wx"], grads["Wh"], grads["b"] = rnn_backward(dh, memory)
    return loss, grads


def sample_images(params, n, shape, rng):
    images = np.empty((n, *shape), dtype=bool)
    x, a = np.empty((n, 2)), np.empty((n, params["b"].size))
    h, draws = np.zeros_like(a), np.empty(n)
    for i in range(shape[0]):
        for j in range(shape[1]):
            x.fill(0)
            if j:
                np.copyto(x[:, 0], images[:, i, j - 1])
                x[:, 0] += x[:, 0] - 1
            if i:
                np.copyto(x[:, 1], images[:, i - 1, j])
                x[:, 1] += x[:, 1] - 1
            np.matmul(h, params["Wh"], out=a)
            a += x @ params["Wx"]
            a += params["b"]
            np.tanh(a, out=h)
            p = squash((h @ params["w"])[:, 0] + params["c"])
            rng.random(out=draws)
            np.less(draws, p, out=images[:, i, j])
    return images.view(np.uint8)


def encode_forward(params, source):
    N, S = source.shape
    state = np.zeros((N, len(params["Wh_enc"])))
    c = np.zeros_like(state)
    cache = {"S": S, "source": source, "shape": params["W_embed"].shape}
    for t in range(S):
        real = source[:, t] != 0
        x = params["W_embed"][source[:, t]]
        h, next_c, cache[t] = lstm_step_forward(x, state, c, params["Wx_enc"], params["Wh_enc"], params["b_enc"])
        state = state.copy()  # the step's cache may hold the old one
        state[real] = h[real]  # the padded rows keep their states
        c = next_c
    return state, cache


def encode_backward(dstate, cache):
    source, S = cache.pop("source"), cache.pop("S")
    grads = {"W_embed": np.zeros(cache.pop("shape")), "Wx_enc": 0.0, "Wh_enc": 0.0, "b_enc": 0.0}
    dc = np.zeros_like(dstate)
    for t in range(S - 1, -1, -1):
        padding = source[:, t] == 0
        waiting = dstate[padding]
        dstate[padding] = 0
        dc[padding] = 0
        dx, dstate[:], dc, dWx, dWh, db = lstm_step_backward(dstate, dc, cache.pop(t))
        dstate[padding] = waiting
        np.add.at(grads["W_embed"], source[:, t], dx)
        grads["Wx_enc"] += dWx
        grads["Wh_enc"] += dWh
        grads["b_enc"] += db
    return grads


def seq2seq_loss(params, source, target):
    N, T = target[:, 1:].shape
    h, encoder = encode_forward(params, source)
    c = np.zeros_like(h)
    states, memory = np.empty((N, T, h.shape[1])), []
    for t in range(T):
        x = params["W_embed"][target[:, t]]
        h, c, step = lstm_step_forward(x, h, c, params["Wx_dec"], params["Wh_dec"], params["b_dec"])
        states[:, t] = h
        memory.append(step)
    scores, affine = temporal_affine_forward(states, params["W_vocab"], params["b_vocab"])
    loss, dscores = temporal_softmax_loss(scores, target[:, 1:], target[:, 1:] != 0)
    grads = {name: np.zeros(array.shape) for name, array in params.items()}
    dstates, grads["W_vocab"], grads["b_vocab"] = temporal_affine_backward(dscores, affine)
    dh, dc = np.zeros_like(h), np.zeros_like(h)
    dvectors = np.empty((N, T, params["W_embed"].shape[1]))
    while memory:
        t = len(memory) - 1
        dh += dstates[:, t]
        dvectors[:, t], dh[:], dc[:], dWx, dWh, db = lstm_step_backward(dh, dc, memory.pop())
        grads["Wx_dec"] += dWx
        grads["Wh_dec"] += dWh
        grads["b_dec"] += db
    grads["W_embed"] += word_embedding_backward(dvectors, (target[:, :-1], params["W_embed"].shape))
    for name, gradient in encode_backward(dh, encoder).items():
        grads[name] += gradient
    return loss, grads


def translate(params, source, start, end, max_length):
    out = np.zeros((len(source), max_length), dtype=source.dtype)
    going = np.arange(len(source))  # the rows that are not finished; the others are dropped from the states
    h, _ = encode_forward(params, source)
    c = np.zeros_like(h)
    last = np.full_like(going, start)
    for t in range(max_length):
        if not going.size:
            break
        x = params["W_embed"][last]
        h, c, _ = lstm_step_forward(x, h, c, params["Wx_dec"], params["Wh_dec"], params["b_dec"])
        last = np.argmax(h @ params["W_vocab"] + params["b_vocab"], axis=1)
        out[going, t] = last
        stay = last != end
        going, h, c, last = going[stay], h[stay], c[stay], last[stay]
    return out
