"""Plain Python numbers and lists: every sum is written out over single entries, with the math module for functions."""

import math

import numpy as np


def lists(params):
    return {name: array.tolist() for name, array in params.items()}


def dot(u, v):
    return sum(a * b for a, b in zip(u, v, strict=True))


def row_times(x, W):
    """A row vector times a matrix, both lists."""
    total = [0.0] * len(W[0])
    for value, row in zip(x, W, strict=True):
        total = [t + value * w for t, w in zip(total, row, strict=True)]
    return total


def add_outer(total, x, y):
    for row, value in zip(total, x, strict=True):
        for j, other in enumerate(y):
            row[j] += value * other


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


def log_softmax(scores):
    largest = max(scores)
    total = math.log(math.fsum(math.exp(score - largest) for score in scores))
    return [score - largest - total for score in scores]


def rnn_step(p, x, h):
    sums = zip(row_times(x, p["Wx"]), row_times(h, p["Wh"]), p["b"], strict=True)
    return [math.tanh(u + v + w) for u, v, w in sums]


def scores_of(p, h):
    return [score + b for score, b in zip(row_times(h, p["W_vocab"]), p["b_vocab"], strict=True)]


def next_word_logprobs(params, h, words):
    p = lists(params)
    states = [rnn_step(p, p["W_embed"][word], state) for word, state in zip(words, h.tolist(), strict=True)]
    return np.array([log_softmax(scores_of(p, state)) for state in states]), np.array(states)


def greedy_search(params, h0, start, end, max_length):
    p, h, word = lists(params), h0.tolist(), start
    words, logprobs = [], []
    while True:
        h = rnn_step(p, p["W_embed"][word], h)
        log_p = log_softmax(scores_of(p, h))
        word = log_p.index(max(log_p))
        words.append(word)
        logprobs.append(log_p[word])
        if word == end or len(words) >= max_length:
            return words, math.fsum(logprobs)


def beam_search(params, h0, start, end, width, max_length):
    p = lists(params)
    beam = [([], 0.0, h0.tolist(), False)]
    for _ in range(max_length):
        new = []  # the best candidates so far, in order, never more than `width`
        for words, logprob, h, finished in beam:
            candidates = [(words, logprob, h, True)]
            if not finished:
                h = rnn_step(p, p["W_embed"][words[-1] if words else start], h)
                log_p = enumerate(log_softmax(scores_of(p, h)))
                candidates = [(words + [v], logprob + more, h, v == end) for v, more in log_p]
            for candidate in candidates:
                place = len(new)
                while place > 0 and new[place - 1][1] < candidate[1]:
                    place -= 1
                new.insert(place, candidate)
                del new[width:]
        beam = new
    best, greedy = beam[0][:2], greedy_search(params, h0, start, end, max_length)
    return greedy if greedy[1] > best[1] else best


def grid_features(images, cells):
    N, S = images.shape[:2]
    side = S // cells
    grid = [[[0, 0, 0] for _ in range(cells * cells)] for _ in range(N)]
    for (n, i, j, colour), value in np.ndenumerate(images):
        grid[n][i // side * cells + j // side][colour] += int(value)
    return np.array(grid) / (255 * side * side)


def attention_forward(h, a):
    root = math.sqrt(h.shape[1])
    context, weights = [], []
    for question, cells in zip(h.tolist(), a.tolist(), strict=True):
        scores = log_softmax([dot(question, cell) / root for cell in cells])
        weights.append([math.exp(score) for score in scores])
        context.append(row_times(weights[-1], cells))
    return np.array(context), np.array(weights), (h.tolist(), a.tolist(), weights)


def attention_backward(dcontext, cache):
    dh, da = [], []
    for d, question, cells, weights in zip(dcontext.tolist(), *cache, strict=True):
        gains = [dot(d, cell) for cell in cells]
        mean = dot(weights, gains)
        de = [w * (gain - mean) / math.sqrt(len(d)) for w, gain in zip(weights, gains, strict=True)]
        dh.append(row_times(de, cells))
        da.append([[w * x + e * q for x, q in zip(d, question, strict=True)] for w, e in zip(weights, de, strict=True)])
    return np.array(dh), np.array(da)


def neighbours(image):
    """(left, above) of every pixel of one image, a list of lists."""
    x = []
    for i, row in enumerate(image):
        for j in range(len(row)):
            left = (-1.0, 1.0)[int(row[j - 1])] if j else 0.0
            above = (-1.0, 1.0)[int(image[i - 1][j])] if i else 0.0
            x.append((left, above))
    return x


def pixel_inputs(images):
    return np.array([neighbours(image) for image in images.tolist()])


def image_states(p, image):
    """The states of one image with the zeros of the beginning, and the scores of its pixels."""
    h = [[0.0] * len(p["b"])]
    for x in neighbours(image):
        h.append(rnn_step(p, x, h[-1]))
    w = [row[0] for row in p["w"]]
    return h, [dot(state, w) + p["c"][0] for state in h[1:]]


def cost(z, y):
    """Minus the logarithm of the probability of a pixel with the value y and the score z."""
    z = -z if y else z
    return z + math.log1p(math.exp(-z)) if z > 0 else math.log1p(math.exp(z))


def pixel_logprob(params, images):
    p, logprob = lists(params), []
    for image in images.tolist():
        _, scores = image_states(p, image)
        pixels = [y for row in image for y in row]
        logprob.append(-math.fsum(map(cost, scores, pixels)))
    return np.array(logprob)


def bits_per_dimension(logprob, n_pixels):
    nats = [-float(value) for value in logprob]
    return sum(nats) / len(nats) / n_pixels / math.log(2)


def pixel_loss(params, images):
    p, N, loss = lists(params), len(images), 0.0
    grads = lists({name: np.zeros(array.shape) for name, array in params.items()})
    for image in images.tolist():
        h, scores = image_states(p, image)
        inputs, pixels = neighbours(image), [y for row in image for y in row]
        dh = [0.0] * len(p["b"])
        for t in range(len(pixels) - 1, -1, -1):
            loss += cost(scores[t], pixels[t]) / N
            dz = (sigmoid(scores[t]) - pixels[t]) / N
            add_outer(grads["w"], h[t + 1], [dz])
            grads["c"][0] += dz
            upstream = [d + dz * row[0] for d, row in zip(dh, p["w"], strict=True)]
            da = [d * (1 - s * s) for d, s in zip(upstream, h[t + 1], strict=True)]
            add_outer(grads["Wx"], inputs[t], da)
            add_outer(grads["Wh"], h[t], da)
            grads["b"] = [g + d for g, d in zip(grads["b"], da, strict=True)]
            dh = [dot(da, row) for row in p["Wh"]]
    return loss, {name: np.array(gradient) for name, gradient in grads.items()}


def sample_images(params, n, shape, rng):
    p, (rows, columns) = lists(params), shape
    w = [row[0] for row in p["w"]]
    images = [[[0] * columns for _ in range(rows)] for _ in range(n)]
    states = [[0.0] * len(w) for _ in range(n)]
    for i in range(rows):
        for j in range(columns):
            draws = rng.random(n).tolist()
            for k, image in enumerate(images):
                x = (2 * image[i][j - 1] - 1 if j else 0, 2 * image[i - 1][j] - 1 if i else 0)
                states[k] = rnn_step(p, x, states[k])
                image[i][j] = int(draws[k] < sigmoid(dot(states[k], w) + p["c"][0]))
    return np.array(images)


def lstm_step(p, name, word, h, c):
    """h, c after a step and all that its backward pass needs."""
    H, x = len(h), p["W_embed"][word]
    sums = zip(row_times(x, p["Wx_" + name]), row_times(h, p["Wh_" + name]), p["b_" + name], strict=True)
    a = [u + v + w for u, v, w in sums]
    i, f, o = ([sigmoid(z) for z in a[block * H : (block + 1) * H]] for block in range(3))
    g = [math.tanh(z) for z in a[3 * H :]]
    next_c = [f[k] * c[k] + i[k] * g[k] for k in range(H)]
    next_h = [o[k] * math.tanh(next_c[k]) for k in range(H)]
    return next_h, next_c, (word, x, h, c, i, f, o, g, next_c)


def lstm_step_back(p, name, dh, dc, step, grads):
    """dh, dc before a step; adds to the gradients of the parameters."""
    word, x, h, c, i, f, o, g, next_c = step
    H = len(h)
    da = [0.0] * (4 * H)
    for k in range(H):
        tanh_c = math.tanh(next_c[k])
        dck = dc[k] + dh[k] * o[k] * (1 - tanh_c**2)
        da[k] = dck * g[k] * i[k] * (1 - i[k])
        da[H + k] = dck * c[k] * f[k] * (1 - f[k])
        da[2 * H + k] = dh[k] * tanh_c * o[k] * (1 - o[k])
        da[3 * H + k] = dck * i[k] * (1 - g[k] ** 2)
        dc[k] = dck * f[k]
    add_outer(grads["Wx_" + name], x, da)
    add_outer(grads["Wh_" + name], h, da)
    for k, d in enumerate(da):
        grads["b_" + name][k] += d
    for k, row in enumerate(p["Wx_" + name]):
        grads["W_embed"][word][k] += dot(da, row)
    return [dot(da, row) for row in p["Wh_" + name]], dc


def encode_forward(params, source):
    p, states, tapes = lists(params), [], []
    for row in source.tolist():
        h = c = [0.0] * len(p["Wh_enc"])
        tapes.append([])
        for word in row:
            if word == 0:
                break
            h, c, step = lstm_step(p, "enc", word, h, c)
            tapes[-1].append(step)
        states.append(h)
    return np.array(states), (p, tapes)


def encode_backward(dstate, cache):
    p, tapes = cache
    names = ("W_embed", "Wx_enc", "Wh_enc", "b_enc")
    grads = lists({name: np.zeros(np.shape(p[name])) for name in names})
    for dh, tape in zip(dstate.tolist(), tapes, strict=True):
        dc = [0.0] * len(dh)
        while tape:
            dh, dc = lstm_step_back(p, "enc", dh, dc, tape.pop(), grads)
    return {name: np.array(gradient) for name, gradient in grads.items()}


def seq2seq_loss(params, source, target):
    p, N, losses = lists(params), len(source), []
    grads = lists({name: np.zeros(array.shape) for name, array in params.items()})
    state, cache = encode_forward(params, source)
    dstate = []
    for h, row in zip(state.tolist(), target.tolist(), strict=True):
        steps, c = [], [0.0] * len(h)
        for word, right in zip(row[:-1], row[1:], strict=True):
            if right == 0:
                break
            h, c, step = lstm_step(p, "dec", word, h, c)
            log_p = log_softmax(scores_of(p, h))
            losses.append(-log_p[right] / N)
            steps.append((step, h, [(math.exp(v) - (k == right)) / N for k, v in enumerate(log_p)]))
        dh, dc = [0.0] * len(h), [0.0] * len(h)
        for step, h, dscores in reversed(steps):
            add_outer(grads["W_vocab"], h, dscores)
            grads["b_vocab"] = [g + d for g, d in zip(grads["b_vocab"], dscores, strict=True)]
            dh = [d + dot(dscores, row) for d, row in zip(dh, p["W_vocab"], strict=True)]
            dh, dc = lstm_step_back(p, "dec", dh, dc, step, grads)
        dstate.append(dh)
    encoder = encode_backward(np.array(dstate), cache)
    return math.fsum(losses), {name: np.array(g) + encoder.get(name, 0.0) for name, g in grads.items()}


def translate(params, source, start, end, max_length):
    p, out = lists(params), []
    for h in encode_forward(params, source)[0].tolist():
        c, word, row = [0.0] * len(h), start, []
        while len(row) < max_length and word != end:
            h, c, _ = lstm_step(p, "dec", word, h, c)
            scores = scores_of(p, h)
            word = max(range(len(scores)), key=scores.__getitem__)
            row.append(word)
        out.append(row + [0] * (max_length - len(row)))
    return np.array(out)
