"""Comprehensions, reduce, accumulate and small helpers; nothing is assigned twice, own functions called by keyword."""

import re
from collections import Counter
from functools import partial, reduce
from itertools import accumulate, chain, islice, repeat

import numpy as np
from given_ps5_captioning import (
    gru_backward,
    gru_forward,
    gru_step_forward,
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

SPECIALS = ("<NULL>", "<START>", "<END>", "<UNK>")


def classify_tasks():
    kinds = {"one-to-one": "a f l", "one-to-many": "b e j", "many-to-one": "c h k", "many-to-many": "d g i"}
    return {letter: kind for kind, letters in kinds.items() for letter in letters.split()}


def build_vocab(captions, min_count):
    counts = Counter(chain.from_iterable(captions))
    frequent = filter(lambda word: counts[word] >= min_count, sorted(counts))
    idx_to_word = (*SPECIALS, *sorted(frequent, key=counts.get, reverse=True))  # sorting twice, as sorts are stable
    return {word: i for i, word in enumerate(idx_to_word)}, idx_to_word


def encode_caption(words, word_to_idx, max_len):
    texts = chain(["<START>"], islice(words, max_len - 2), ["<END>"], repeat("<NULL>"))
    return np.fromiter((word_to_idx.get(w, word_to_idx["<UNK>"]) for w in islice(texts, max_len)), np.int16)


def decode_captions(captions, idx_to_word):
    def text(row):
        said = "".join(f" {idx_to_word[i]}" for i in row)
        return re.sub(" <END> .*", " <END>", said).replace(" <NULL>", "")[1:]

    return text(captions) if captions.ndim == 1 else list(map(text, captions))


def init_captioning(V, D, W, H, cell_type, dtype, rng):
    K = H * dict(rnn=1, lstm=4, gru=3)[cell_type]
    shapes = dict(W_proj=(D, H), W_embed=(V, W), Wx=(W, K), Wh=(H, K), W_vocab=(H, V))

    def drawn(name, shape):
        scale = 0.01 if name == "W_embed" else shape[0] ** -0.5
        return (scale * rng.standard_normal(shape)).astype(dtype)

    return dict(
        **{name: drawn(name, shape) for name, shape in shapes.items()},
        **{name: np.zeros(size, dtype) for name, size in dict(b_proj=H, b=K, b_vocab=V).items()},
    )


def chained(layers, value):
    """Run (forward, backward) pairs one after the other; also the way back, a function of the last gradient."""

    def grown(so_far, layer):
        value, way_back = so_far
        out, back = layer(value)
        return out, lambda grad: (lambda found: (way_back(found[0])) | found[1])(back(grad))

    return reduce(grown, layers, (value, lambda grad: {}))


def caption_loss(params, features, captions, cell_type, null):
    forward, backward = dict(
        rnn=(rnn_forward, rnn_backward), lstm=(lstm_forward, lstm_backward), gru=(gru_forward, gru_backward)
    )[cell_type]

    def image(features):
        h0 = features @ params["W_proj"] + params["b_proj"]
        return h0, lambda dh0: (None, dict(W_proj=features.T @ dh0, b_proj=dh0.sum(0)))

    def words(h0):
        x, embedded = word_embedding_forward(x=captions[:, :-1], W=params["W_embed"])
        h, cache = forward(x=x, h0=h0, **{name: params[name] for name in ("Wx", "Wh", "b")})

        def back(dh):
            dx, dh0, *rest = backward(dh=dh, cache=cache)
            return dh0, dict(zip(("Wx", "Wh", "b"), rest, strict=True)) | dict(
                W_embed=word_embedding_backward(dx, embedded)
            )

        return h, back

    def vocabulary(h):
        scores, cache = temporal_affine_forward(x=h, w=params["W_vocab"], b=params["b_vocab"])

        def back(dscores):
            dh, dw, db = temporal_affine_backward(dout=dscores, cache=cache)
            return dh, dict(W_vocab=dw, b_vocab=db)

        return scores, back

    def loss(scores):
        value, dscores = temporal_softmax_loss(x=scores, y=captions[:, 1:], mask=captions[:, 1:] != null)
        return value, lambda dloss: (dloss * dscores, {})

    value, way_back = chained([image, words, vocabulary, loss], features)
    return value, way_back(1.0)


def next_words(scores, temperature=1.0, u=None):
    if u is None:
        return np.array([max(range(len(row)), key=row.__getitem__) for row in scores])

    def chosen(row, u):
        sums = list(accumulate(np.exp((row - row.max()) / temperature)))
        return next((v for v, upto in enumerate(sums) if upto > u * sums[-1]), len(sums) - 1)

    return np.array(list(map(chosen, scores, u)))


def sample_captions(params, features, cell_type, start, end, null, max_length, temperature=1.0, u=None):
    weights = {name: params[name] for name in ("Wx", "Wh", "b")}
    first = features @ params["W_proj"] + params["b_proj"]

    def moved(x, h, c=None):
        steps = dict(
            rnn=lambda: rnn_step_forward(x=x, prev_h=h, **weights)[:1],
            gru=lambda: gru_step_forward(x=x, prev_h=h, **weights)[:1],
            lstm=lambda: lstm_step_forward(x=x, prev_h=h, prev_c=c, **weights)[:2],
        )
        return steps[cell_type]()

    def grown(so_far, t):
        words, state = so_far
        state = moved(params["W_embed"][words], *state)
        scores = state[0] @ params["W_vocab"] + params["b_vocab"]
        return next_words(scores=scores, temperature=temperature, u=None if u is None else u[:, t]), state

    before = (np.repeat(start, len(features)), (first, 0 * first) if cell_type == "lstm" else (first,))
    journal = accumulate(range(max_length), grown, initial=before)
    words = np.stack([words for words, _ in journal], axis=1)
    ended = np.logical_or.accumulate(words == end, axis=1)  # from the step of <END> on; <START> is column 0
    ended[:, 0] = False
    return np.where(ended[:, :-1], null, words[:, 1:])


class CaptioningRNN:
    def __init__(
        self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32, rng=None
    ):
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"unknown cell_type {cell_type!r}: expected rnn, lstm or gru")
        rng = np.random.default_rng(0) if rng is None else rng
        sizes = dict(V=len(word_to_idx), D=input_dim, W=wordvec_dim, H=hidden_dim)
        self.params = init_captioning(**sizes, cell_type=cell_type, dtype=dtype, rng=rng)
        null, start, end = map(word_to_idx.get, SPECIALS[:3])
        self._loss = partial(caption_loss, cell_type=cell_type, null=null)
        self._sample = partial(sample_captions, cell_type=cell_type, start=start, end=end, null=null)

    def loss(self, features, captions):
        return self._loss(params=self.params, features=features, captions=captions)

    def sample(self, features, max_length=30, *, mode="argmax", temperature=1.0, rng=None):
        if mode not in ("argmax", "sample"):
            raise ValueError(f"unknown mode {mode!r}: expected argmax or sample")
        rng = np.random.default_rng(0) if rng is None else rng
        numbers = dict(argmax=lambda: None, sample=lambda: rng.random(size=(len(features), max_length)))[mode]()
        return self._sample(self.params, features=features, max_length=max_length, temperature=temperature, u=numbers)
