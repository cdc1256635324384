"""Long doubles inside and one matrix per layer: [x, h, 1] @ [Wx; Wh; b], [features, 1] @ [W_proj; b_proj]."""

import bisect
import math

import numpy as np
from given_ps5_captioning import gru_step_backward, gru_step_forward

L = np.longdouble


def classify_tasks():
    many = "one", "many"
    return {letter: f"{many[letter in 'cdghik']}-to-{many[letter in 'bdegij']}" for letter in "abcdefghijkl"}


def build_vocab(captions, min_count):
    words = " ".join(" ".join(caption) for caption in captions).split(" ")
    keys = []
    for word in dict.fromkeys(words):
        if (count := words.count(word)) >= min_count:
            bisect.insort(keys, (len(words) - count, word))  # kept in order all the time
    word_to_idx = {"<NULL>": 0, "<START>": 1, "<END>": 2, "<UNK>": 3} | {w: 4 + i for i, (_, w) in enumerate(keys)}
    return word_to_idx, sorted(word_to_idx, key=word_to_idx.get)


def encode_caption(words, word_to_idx, max_len):
    room = max_len - 2
    middle = np.array([word_to_idx.get(word, word_to_idx["<UNK>"]) for word in words[:room]], dtype=int)
    ends = np.array([word_to_idx["<START>"]]), np.array([word_to_idx["<END>"]])
    full = np.concatenate((ends[0], middle, ends[1], np.full(room, word_to_idx["<NULL>"])))
    return full[:max_len]


def decode_captions(captions, idx_to_word):
    numbers = {word: i for i, word in enumerate(idx_to_word)}

    def text(row):
        stop = np.flatnonzero(row == numbers["<END>"])
        row = row[: stop[0] + 1] if stop.size else row
        return " ".join(idx_to_word[i] for i in np.delete(row, np.flatnonzero(row == numbers["<NULL>"])))

    return text(captions) if captions.ndim == 1 else tuple(text(row) for row in captions)


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    columns = {"rnn": H, "gru": 3 * H, "lstm": 4 * H}[cell_type]
    both = rng.standard_normal((W + H, columns)).astype(L)
    both[:W] /= np.sqrt(L(W))
    both[W:] /= np.sqrt(L(H))
    Wx, Wh = np.split(both, [W])
    W_proj, W_vocab = (rng.standard_normal(size).astype(L) / np.sqrt(L(size[0])) for size in ((D, H), (H, V)))
    params = dict(Wx=Wx, Wh=Wh, W_proj=W_proj, W_vocab=W_vocab, W_embed=rng.standard_normal((V, W)) / 100)
    params |= {"b_proj": np.zeros(H), "b": np.zeros(columns), "b_vocab": np.zeros(V)}
    return {name: np.array(value, dtype=dtype) for name, value in params.items()}


def stacked(params):
    """The long double matrices of the projection, the cell and the scores, each with its bias as its last row."""
    layers = (("W_proj", "b_proj"), ("Wx", "Wh", "b"), ("W_vocab", "b_vocab"))
    return [np.vstack([params[name] for name in names]).astype(L) for names in layers]


def with_one(*parts):
    return np.hstack([*parts, np.ones((len(parts[0]), 1), dtype=L)])


def sigmoid(a):
    positive = a >= 0
    s = np.empty_like(a)
    s[positive] = 1 / (1 + np.exp(-a[positive]))
    s[~positive] = np.exp(a[~positive]) / (1 + np.exp(a[~positive]))
    return s


def parts_of(M, W):
    return M[:W], M[W:-1], M[-1]


def forward_step(x, h, c, M, cell_type):
    """The states after the step, and what backward_step needs."""
    if cell_type == "gru":
        h, cache = gru_step_forward(x, h, *parts_of(M, x.shape[1]))
        return h, c, cache
    z = with_one(x, h)
    a = z @ M
    H = h.shape[1]
    if cell_type == "rnn":
        h = np.tanh(a)
        return h, c, (z, h)
    ifo, g = sigmoid(a[:, : 3 * H]), np.tanh(a[:, 3 * H :])
    i, f, o = np.split(ifo, 3, axis=1)
    after = f * c + i * g
    return o * np.tanh(after), after, (z, ifo, g, c, np.tanh(after))


def backward_step(dh, dc, cache, M, cell_type, W):
    """dx, dh and dc of the step before, and the gradient of M."""
    if cell_type == "gru":
        dx, dh, dWx, dWh, db = gru_step_backward(dh, cache)
        return dx, dh, dc, np.vstack([dWx, dWh, db])
    if cell_type == "rnn":
        z, h = cache
        da = dh * (1 - h) * (1 + h)
    else:
        z, ifo, g, c, tanh_c = cache
        i, f, o = np.split(ifo, 3, axis=1)
        dc = dc + dh * o * (1 - tanh_c) * (1 + tanh_c)
        da = np.hstack([np.hstack([dc * g, dc * c, dh * tanh_c]) * ifo * (1 - ifo), dc * i * (1 - g) * (1 + g)])
        dc = dc * f
    dz = da @ M.T
    return dz[:, :W], dz[:, W:-1], dc, z.T @ da


def caption_loss(params, features, captions, cell_type, null):
    N, T, W = len(captions), captions.shape[1] - 1, params["W_embed"].shape[1]
    project, cell, vocabulary = stacked(params)
    vectors = params["W_embed"].astype(L)
    image = with_one(features.astype(L))
    h, c = image @ project, L(0) * image[:, :1]
    states, caches = [], []
    for words in captions.T[:-1]:
        h, c, cache = forward_step(vectors[words], h, c, cell, cell_type)
        states.append(with_one(h))
        caches.append(cache)
    # All steps as one tall matrix, step after step; the rows that count are picked by their numbers.
    tall = np.vstack(states)
    wanted = captions.T[1:].ravel()
    rows = np.flatnonzero(wanted != null)
    scores = tall[rows] @ vocabulary
    top = scores.max(axis=1)
    log_sums = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    picked = np.arange(rows.size), wanted[rows]
    loss = (log_sums - scores[picked]).sum() / N
    p = np.exp(scores - log_sums[:, None])
    p[picked] -= 1
    dtall = np.zeros(tall.shape, dtype=L)
    dtall[rows] = p @ vocabulary.T / N
    dvocabulary = tall[rows].T @ p / N

    dstates = dtall.reshape(T, N, -1)[:, :, :-1]
    dcell, dvectors = np.zeros_like(cell), np.zeros_like(vectors)
    dh, dc = L(0), L(0)
    for words, cache, above in zip(captions.T[-2::-1], caches[::-1], dstates[::-1], strict=True):
        dx, dh, dc, dM = backward_step(above + dh, dc, cache, cell, cell_type, W)
        dcell += dM
        for n, word in enumerate(words):
            dvectors[word] += dx[n]
    dproject = image.T @ dh
    grads = {"W_embed": dvectors, "W_proj": dproject[:-1], "b_proj": dproject[-1]}
    grads.update(zip(("Wx", "Wh", "b"), parts_of(dcell, W), strict=True))
    grads.update(W_vocab=dvocabulary[:-1], b_vocab=dvocabulary[-1])
    return float(loss), {name: grad.astype(params[name].dtype) for name, grad in grads.items()}


def next_words(scores, temperature=1.0, u=None):
    words = []
    for n, row in enumerate(scores.tolist()):
        top = max(row)
        if u is None:
            words.append(row.index(top))
            continue
        odds = [math.exp((s - top) / temperature) for s in row]
        total = math.fsum(odds)
        v, rest = 0, u[n] * total - odds[0]
        while rest >= 0 and v < len(odds) - 1:
            v += 1
            rest -= odds[v]
        words.append(v)
    return np.array(words)


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    project, cell, vocabulary = stacked(params)
    captions = np.full((len(features), max_length), null)
    # Only those images go on whose captions have not ended.
    left, t = np.arange(len(features)), 0
    h = with_one(features.astype(L)) @ project
    c, words = np.zeros(h.shape, dtype=L), np.full(left.size, start)
    while left.size and t < max_length:
        h, c, _ = forward_step(params["W_embed"][words].astype(L), h, c, cell, cell_type)
        words = next_words(with_one(h) @ vocabulary, temperature, None if u is None else u[left, t])
        captions[left, t] = words
        stay = words != end
        left, h, c, words, t = left[stay], h[stay], c[stay], words[stay], t + 1
    return captions


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        self.params = init_captioning(len(word_to_idx), input_dim, wordvec_dim, hidden_dim, cell_type, dtype, rng)
        find = word_to_idx.get
        self.options = {"cell_type": cell_type, "start": find("<START>"), "end": find("<END>"), "null": find("<NULL>")}

    def loss(self, features, captions):
        loss, grads = caption_loss(
            {name: value.astype(L) for name, value in self.params.items()},
            features=features.astype(L),
            captions=captions,
            cell_type=self.options["cell_type"],
            null=self.options["null"],
        )
        return loss, {name: grads[name].astype(value.dtype) for name, value in self.params.items()}

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        u = None
        if mode == "sample":
            u = np.fromiter((rng.random() for _ in range(len(features) * max_length)), float)
            u = u.reshape(len(features), max_length)
        return sample_captions(
            self.params, features, max_length=max_length, temperature=temperature, u=u, **self.options
        )
