"""Everything is a product: words as one-hot vectors, gates as an axis of their own, sums written as einsum."""

import numpy as np

KINDS = np.array([["one-to-one", "one-to-many"], ["many-to-one", "many-to-many"]])


def classify_tasks():
    many_in = np.isin(list("abcdefghijkl"), list("cdghik")).astype(int)
    many_out = np.isin(list("abcdefghijkl"), list("bdegij")).astype(int)
    return dict(zip("abcdefghijkl", KINDS[many_in, many_out], strict=True))


def build_vocab(captions, min_count):
    words, counts = np.unique(np.concatenate(captions), return_counts=True)
    order = np.argsort(-counts, kind="stable")  # np.unique has put them into alphabetical order
    frequent = words[order][counts[order] >= min_count]
    idx_to_word = np.concatenate([["<NULL>", "<START>", "<END>", "<UNK>"], frequent])
    return dict(zip(idx_to_word, np.arange(len(idx_to_word)), strict=True)), list(idx_to_word)


def encode_caption(words, word_to_idx, max_len):
    vocabulary = np.array(list(word_to_idx), dtype=object)
    numbers = np.array(list(word_to_idx.values()))
    padded = np.array(["<START>", *words[: max_len - 2], "<END>", *max_len * ["<NULL>"]], dtype=object)[:max_len]
    same = padded[:, None] == vocabulary[None, :]
    row = np.einsum("tv,v->t", same.astype(int), numbers)
    return row + (1 - same.sum(axis=1)) * word_to_idx["<UNK>"]


def decode_captions(captions, idx_to_word):
    words = np.array(idx_to_word)[captions]
    rows = words.reshape(-1, words.shape[-1])
    ends = np.cumsum(rows == "<END>", axis=1)
    over = ends - (rows == "<END>") > 0
    texts = [" ".join(row[keep]) for row, keep in zip(rows, ~over & (rows != "<NULL>"), strict=True)]
    return texts if words.ndim > 1 else texts[0]


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    G = 1 + 3 * (cell_type == "lstm") + 2 * (cell_type == "gru")
    # One block at a time, then the blocks beside each other.
    Wx = np.einsum("gwh,->wgh", rng.standard_normal((G, W, H)), W**-0.5).reshape(W, G * H)
    Wh = np.einsum("gkh,->kgh", rng.standard_normal((G, H, H)), H**-0.5).reshape(H, G * H)
    W_vocab = np.einsum("vh,->hv", rng.standard_normal((V, H)), H**-0.5)
    W_proj = np.einsum("hd,->dh", rng.standard_normal((H, D)), D**-0.5)
    W_embed = np.einsum("wv,->vw", rng.standard_normal((W, V)), 0.01)
    matrices = {"W_embed": W_embed, "W_proj": W_proj, "Wx": Wx, "Wh": Wh, "W_vocab": W_vocab}
    biases = {"b_proj": np.zeros(H), "b": np.zeros(G * H), "b_vocab": np.zeros(V)}
    return {name: value.astype(dtype) for name, value in {**matrices, **biases}.items()}


def sigmoid(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def blocks(params):
    """Wx (W, G, H), Wh (H, G, H), b (G, H)."""
    H = len(params["Wh"])
    return (
        params["Wx"].reshape(-1, params["b"].size // H, H),
        params["Wh"].reshape(H, -1, H),
        params["b"].reshape(-1, H),
    )


def step(x, h, c, Wx, Wh, b):
    """One step of the cell with as many gates as Wx has: the states after it, and what was computed."""
    a = np.einsum("nw,wgh->gnh", x, Wx) + b[:, None]
    if len(b) == 1:
        n = np.tanh(a[0] + np.einsum("nk,kh->nh", h, Wh[:, 0]))
        return n, c, (n,)
    if len(b) == 3:
        r, z = sigmoid(a[:2] + np.einsum("nk,kgh->gnh", h, Wh[:, :2]))
        n = np.tanh(a[2] + np.einsum("nk,kh->nh", r * h, Wh[:, 2]))
        return n + z * (h - n), c, (r, z, n)
    a += np.einsum("nk,kgh->gnh", h, Wh)
    (i, f, o), g = sigmoid(a[:3]), np.tanh(a[3])
    next_c = f * c + i * g
    return o * np.tanh(next_c), next_c, (i, f, o, g, np.tanh(next_c))


def step_back(dh, dc, h, c, Wh, computed):
    """The gradients of a (G, N, H) and of the states before, and of Wh (H, G, H)."""
    if len(computed) == 1:
        da = dh * (1 - computed[0] ** 2)
        return da[None], np.einsum("nh,kh->nk", da, Wh[:, 0]), dc, np.einsum("nk,nh->kh", h, da)[:, None]
    if len(computed) == 3:
        r, z, n = computed
        da_n = dh * (1 - z) * (1 - n * n)
        dreset = np.einsum("nh,kh->nk", da_n, Wh[:, 2])
        da = np.stack([dreset * h * r * (1 - r), dh * (h - n) * z * (1 - z), da_n])
        dprev = dh * z + dreset * r + np.einsum("gnh,kgh->nk", da[:2], Wh[:, :2])
        return da, dprev, dc, np.einsum("gnk,gnh->kgh", np.stack([h, h, r * h]), da)
    i, f, o, g, tanh_c = computed
    dc = dc + dh * o * (1 - tanh_c**2)
    da = np.stack([dc * g * i * (1 - i), dc * c * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g * g)])
    return da, np.einsum("gnh,kgh->nk", da, Wh), dc * f, np.einsum("nk,gnh->kgh", h, da)


def caption_loss(params, features, captions, cell_type, null):
    N, T = captions.shape[0], captions.shape[1] - 1
    Wx, Wh, b = blocks(params)
    one_hot = np.eye(len(params["W_embed"]))[captions]
    read, wanted = one_hot[:, :-1], one_hot[:, 1:] * (captions[:, 1:, None] != null)
    x = np.einsum("ntv,vw->ntw", read, params["W_embed"])
    states = [(np.einsum("nd,dh->nh", features, params["W_proj"]) + params["b_proj"], 0.0)]
    insides = []
    for t in range(T):
        h, c, computed = step(x[:, t], *states[t], Wx, Wh, b)
        states.append((h, c))
        insides.append(computed)
    h = np.array([h for h, _ in states])
    scores = np.einsum("tnh,hv->ntv", h[1:], params["W_vocab"]) + params["b_vocab"]
    scores -= scores.max(axis=-1, keepdims=True)
    log_p = scores - np.log(np.einsum("ntv->nt", np.exp(scores)))[..., None]
    loss = -np.einsum("ntv,ntv->", wanted, log_p) / N

    ds = (np.einsum("ntv,ntw->ntv", np.exp(log_p), wanted) - wanted) / N
    dh_above = np.einsum("ntv,hv->tnh", ds, params["W_vocab"])
    da = np.zeros((T, len(b), *h[0].shape))
    dWh, dh, dc = np.zeros(Wh.shape), np.zeros(h[0].shape), np.zeros(h[0].shape)
    for t in range(T)[::-1]:
        da[t], dh, dc, dWh_t = step_back(dh + dh_above[t], dc, *states[t], Wh, insides[t])
        dWh += dWh_t
    return loss, {
        "W_proj": np.einsum("nd,nh->dh", features, dh),
        "b_proj": np.einsum("nh->h", dh),
        "W_embed": np.einsum("ntv,tgnh,wgh->vw", read, da, Wx, optimize=True),
        "Wx": np.einsum("ntw,tgnh->wgh", x, da).reshape(params["Wx"].shape),
        "Wh": dWh.reshape(params["Wh"].shape),
        "b": np.einsum("tgnh->gh", da).ravel(),
        "W_vocab": np.einsum("tnh,ntv->hv", h[1:], ds),
        "b_vocab": np.einsum("ntv->v", ds),
    }


def next_words(scores, temperature=1.0, u=None):
    if u is None:
        return np.argmax(scores, axis=-1)
    p = np.exp((scores - scores.max(axis=-1, keepdims=True)) / temperature)
    p = np.einsum("nv,n->nv", p, 1 / np.einsum("nv->n", p))
    V = scores.shape[1]
    upto = np.einsum("nv,vw->nw", p, np.triu(np.ones((V, V))))  # cumulative sums as a product
    upto[:, -1] = 1
    return np.argmax(upto > u[:, None], axis=1)


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    weights = blocks(params)
    table = np.eye(len(params["W_embed"]))
    h, c = np.einsum("nd,dh->nh", features, params["W_proj"]) + params["b_proj"], 0.0
    goes_on = np.ones(len(features), dtype=int)
    read = np.full(len(features), start)
    captions = []
    for t in range(max_length):
        x = np.einsum("nv,vw->nw", table[read], params["W_embed"])
        h, c, _ = step(x, h, c, *weights)
        scores = np.einsum("nh,hv->nv", h, params["W_vocab"]) + params["b_vocab"]
        read = next_words(scores, temperature, u if u is None else u[:, t])
        captions.append(goes_on * read + (1 - goes_on) * null)
        goes_on = goes_on * (read != end)
    return np.einsum("tn->nt", np.array(captions))


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        sizes = np.array([len(word_to_idx), input_dim, wordvec_dim, hidden_dim])
        self.params = init_captioning(*sizes, cell_type, dtype, rng)
        self.cell_type = cell_type
        self.special = np.array([word_to_idx.get(word, None) for word in ("<START>", "<END>", "<NULL>")], dtype=object)

    def loss(self, features, captions):
        return caption_loss(self.params, features, captions, self.cell_type, self.special[2])

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        u = np.einsum("n,tn->nt", np.ones(len(features)), rng.random((len(features), max_length)).T)
        how = (1.0, None) if mode == "argmax" else (temperature, u)
        return sample_captions(self.params, features, self.cell_type, *self.special, max_length, *how)
