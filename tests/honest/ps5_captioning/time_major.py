"""Time first, examples as columns: weights stand on the left, own cells, and results are transposed views."""

import numpy as np


def classify_tasks():
    columns = [list("afl"), list("bej"), list("chk"), list("dgi")]
    names = [f"{before}-to-{after}" for before in ("one", "many") for after in ("one", "many")]
    return dict(sorted((letter, name) for column, name in zip(columns, names, strict=True) for letter in column))


def build_vocab(captions, min_count):
    by_count = {}
    words = sorted(word for caption in captions for word in caption)
    first = 0
    for k in range(1, len(words) + 1):
        if k == len(words) or words[k] != words[first]:  # a run of equal words has ended
            by_count.setdefault(k - first, []).append(words[first])
            first = k
    idx_to_word = ["<NULL>", "<START>", "<END>", "<UNK>"]
    for count in sorted(by_count, reverse=True):
        idx_to_word += by_count[count] if count >= min_count else []
    return {idx_to_word[i]: i for i in range(len(idx_to_word))}, idx_to_word


def encode_caption(words, word_to_idx, max_len):
    special = {t: word_to_idx[t] for t in ("<NULL>", "<START>", "<END>", "<UNK>")}
    n = min(len(words), max_len - 2)
    column = np.full((max_len, 1), special["<NULL>"])
    column[n + 1] = special["<END>"]
    for t in range(n, 0, -1):
        word = words[t - 1]
        column[t] = word_to_idx[word] if word in word_to_idx else special["<UNK>"]
    column[0] = special["<START>"]
    return column[:, 0]


def decode_captions(captions, idx_to_word):
    steps = np.asarray(captions).T
    if steps.ndim == 1:
        return decode_captions(steps[None, :], idx_to_word)[0]
    lines = [[] for _ in range(steps.shape[1])]
    open_lines = dict(enumerate(lines))
    for step in steps:
        for n in list(open_lines):
            word = idx_to_word[step[n]]
            if word == "<END>":
                open_lines.pop(n).append(word)
            elif word != "<NULL>":
                open_lines[n].append(word)
    return [" ".join(line) for line in lines]


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    gates = {"rnn": "n", "lstm": "ifog", "gru": "rzn"}[cell_type]
    Wx = [rng.standard_normal((H, W)) for _ in gates]
    Wh = [rng.standard_normal((H, H)) for _ in gates]
    params = {
        "Wx": np.vstack(Wx).T / W**0.5,
        "Wh": np.vstack(Wh).T / H**0.5,
        "b": np.hstack([np.zeros(H) for _ in gates]),
        "W_proj": rng.standard_normal((H, D)).T / D**0.5,
        "b_proj": np.zeros(H),
        "W_embed": np.multiply(rng.standard_normal((W, V)), 1e-2).T,
        "W_vocab": rng.standard_normal((V, H)).T / H**0.5,
        "b_vocab": np.zeros(V),
    }
    for name in params:
        params[name] = np.asfortranarray(params[name], dtype=dtype)
    return params


def sigma(a):
    """Two branches, so that no exponential is large."""
    e = np.exp(-np.abs(a))
    return np.where(a < 0, e, 1) / (1 + e)


def rnn_columns(a_x, h, U):
    return np.tanh(a_x + U @ h)


def rnn_columns_back(dh, h, after, U):
    """Gradients of a_x and of h, and of U."""
    da = (1 - after * after) * dh
    return da, U.T @ da, da @ h.T


def gru_columns(a_x, h, U):
    H = len(h)
    rz = sigma(a_x[: 2 * H] + U[: 2 * H] @ h)
    n = np.tanh(a_x[2 * H :] + U[2 * H :] @ (rz[:H] * h))
    return n + rz[H:] * (h - n), rz, n


def gru_columns_back(dh, h, rz, n, U):
    H = len(h)
    r, z = rz[:H], rz[H:]
    da_n = dh * (1 - z) * (1 - n * n)
    back = U[2 * H :].T @ da_n
    da_rz = np.vstack([back * h, dh * (h - n)]) * rz * (1 - rz)
    dU = np.vstack([da_rz @ h.T, da_n @ (r * h).T])
    return np.vstack([da_rz, da_n]), dh * z + back * r + U[: 2 * H].T @ da_rz, dU


def lstm_columns(a_x, h, c, U):
    H = len(h)
    a = a_x + U @ h
    ifo, g = sigma(a[: 3 * H]), np.tanh(a[3 * H :])
    c = ifo[H : 2 * H] * c + ifo[:H] * g
    return ifo[2 * H :] * np.tanh(c), c, ifo, g


def lstm_columns_back(dh, dc, h, c, c_after, ifo, g, U):
    H = len(h)
    squashed = np.tanh(c_after)
    dc = dc + dh * ifo[2 * H :] * (1 - squashed * squashed)
    da = np.vstack([np.vstack([dc * g, dc * c, dh * squashed]) * ifo * (1 - ifo), dc * ifo[:H] * (1 - g * g)])
    return da, U.T @ da, dc * ifo[H : 2 * H], da @ h.T


def softmax_columns(s):
    e = np.exp(s - s.max(axis=0))
    return e / e.sum(axis=0)


def caption_loss(params, features, captions, cell_type, null):
    P = {name: value.T for name, value in params.items()}
    words = captions.T
    T, N = words.shape[0] - 1, words.shape[1]
    h, c = {-1: P["W_proj"] @ features.T + P["b_proj"][:, None]}, {-1: 0}
    inner, ds = {}, {}
    loss = 0
    for t in range(T):
        a_x = P["Wx"] @ P["W_embed"][:, words[t]] + P["b"][:, None]
        if cell_type == "lstm":
            h[t], c[t], *inner[t] = lstm_columns(a_x, h[t - 1], c[t - 1], P["Wh"])
        elif cell_type == "gru":
            h[t], *inner[t] = gru_columns(a_x, h[t - 1], P["Wh"])
        else:
            h[t] = rnn_columns(a_x, h[t - 1], P["Wh"])
        p = softmax_columns(P["W_vocab"] @ h[t] + P["b_vocab"][:, None])
        (n,) = np.where(words[t + 1] != null)
        loss -= np.log(p[words[t + 1, n], n]).sum() / N
        ds[t] = np.zeros(p.shape)
        ds[t][:, n] = p[:, n] / N
        ds[t][words[t + 1, n], n] -= 1 / N

    G = {name: np.zeros(value.shape) for name, value in P.items()}
    dh, dc = np.zeros(h[-1].shape), np.zeros(h[-1].shape)
    for t in sorted(ds, reverse=True):
        G["W_vocab"] += ds[t] @ h[t].T
        G["b_vocab"] += ds[t].sum(axis=1)
        dh = dh + P["W_vocab"].T @ ds[t]
        if cell_type == "lstm":
            da, dh, dc, dU = lstm_columns_back(dh, dc, h[t - 1], c[t - 1], c[t], *inner[t], P["Wh"])
        elif cell_type == "gru":
            da, dh, dU = gru_columns_back(dh, h[t - 1], *inner[t], P["Wh"])
        else:
            da, dh, dU = rnn_columns_back(dh, h[t - 1], h[t], P["Wh"])
        G["Wh"] += dU
        G["Wx"] += da @ P["W_embed"][:, words[t]].T
        G["b"] += da.sum(axis=1)
        np.add.at(G["W_embed"].T, words[t], da.T @ P["Wx"])
    G["W_proj"] = dh @ features
    G["b_proj"] = dh.sum(axis=1)
    return loss, {name: value.T for name, value in G.items()}


def next_words(scores, temperature=1.0, u=None):
    columns = scores.T
    if u is None:
        return (columns == columns.max(axis=0)).argmax(axis=0)
    edges = softmax_columns(columns / temperature)
    for v in range(1, len(edges)):
        edges[v] += edges[v - 1]
    words = np.full(len(u), len(edges) - 1)
    for v in range(len(edges) - 1, -1, -1):
        words[edges[v] > u] = v
    return words


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    P = {name: value.T for name, value in params.items()}
    h, c = P["W_proj"] @ features.T + P["b_proj"][:, None], 0
    captions = np.zeros((max_length, len(features)), dtype=np.uint16)
    words = np.array([start] * len(features))
    alive = np.ones(len(features), dtype=bool)
    for t in range(max_length):
        a_x = P["Wx"] @ P["W_embed"][:, words] + P["b"][:, None]
        if cell_type == "lstm":
            h, c, *_ = lstm_columns(a_x, h, c, P["Wh"])
        elif cell_type == "gru":
            h, *_ = gru_columns(a_x, h, P["Wh"])
        else:
            h = rnn_columns(a_x, h, P["Wh"])
        scores = (P["W_vocab"] @ h + P["b_vocab"][:, None]).T
        words = next_words(scores, temperature, None if u is None else u.T[t])
        words[~alive] = null
        captions[t] = words
        alive &= words != end
    return captions.T


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        self.special = [word_to_idx.get(f"<{word}>") for word in "START END NULL".split()]
        self.params = init_captioning(len(word_to_idx), input_dim, wordvec_dim, hidden_dim, cell_type, dtype, rng)

    @property
    def cell_type(self):
        H, K = self.params["Wh"].shape
        return {1: "rnn", 3: "gru", 4: "lstm"}[K // H]

    def loss(self, features, captions):
        *_, null = self.special
        found = caption_loss(self.params, np.asfortranarray(features), captions.T.copy().T, self.cell_type, null)
        return tuple(found)

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        arguments = [self.params, features, self.cell_type, *self.special, max_length]
        if mode != "argmax":
            rows = [rng.random(max_length) for _ in features]
            arguments += [temperature, np.asfortranarray(rows)]
        return sample_captions(*arguments)
