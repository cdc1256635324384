"""Checks of problem set 5: from images to sentences."""

from __future__ import annotations

import numpy as np

from autograder.check import Case, Check, Gradient
from autograder.checks import ps5_mistakes as mistakes
from unroll.data.layout import SPECIALS

GIVEN = {
    "ps1_rnn": (
        "rnn_step_forward",
        "rnn_step_backward",
        "rnn_forward",
        "rnn_backward",
        "word_embedding_forward",
        "word_embedding_backward",
        "temporal_affine_forward",
        "temporal_affine_backward",
        "temporal_softmax_loss",
    ),
    "ps2_lstm": (
        "lstm_step_forward",
        "lstm_step_backward",
        "lstm_forward",
        "lstm_backward",
        "gru_step_forward",
        "gru_step_backward",
        "gru_forward",
        "gru_backward",
    ),
}

BLOCKS = {"rnn": 1, "lstm": 4, "gru": 3}
NULL, START, END, UNK = range(4)
PARAMETERS = ("W_proj", "b_proj", "W_embed", "Wx", "Wh", "b", "W_vocab", "b_vocab")


# ---- tasks ----------------------------------------------------------------------------------------


def draw_nothing(rng, data):
    return {}


def call_classify(code):
    labels = code.classify_tasks()
    assert isinstance(labels, dict), 'classify_tasks must return a dict with a label for each letter from "a" to "l"'
    kinds = ("one-to-one", "one-to-many", "many-to-one", "many-to-many")
    rows = []
    for letter in "abcdefghijkl":
        assert labels.get(letter) in kinds, f"task {letter}: expected one of the labels {', '.join(kinds)}"
        rows.append([int(labels[letter] == kind) for kind in kinds])
    rows = np.array(rows)
    return rows[:4], rows[4:8], rows[8:]


# ---- words ----------------------------------------------------------------------------------------


def spoken(rng, data, N):
    """N captions of the data set as lists of words, without the special ones."""
    rows = np.asarray(data["train_captions"])[rng.integers(len(data["train_captions"]), size=N)]
    return [[data["idx_to_word"][i] for i in row if i > UNK] for row in rows]


def draw_vocab(rng, data, N, min_count):
    return {"text": "\n".join(" ".join(words) for words in spoken(rng, data, N)), "min_count": min_count}


def call_vocab(code, text, min_count):
    captions = [line.split() for line in text.split("\n")]
    known = sorted({word for caption in captions for word in caption})
    known = ["<NULL>", "<START>", "<END>", "<UNK>", *known]
    word_to_idx, idx_to_word = code.build_vocab(captions, min_count)
    assert isinstance(word_to_idx, dict), "word_to_idx must be a dict from word to index"
    assert isinstance(idx_to_word, (list, tuple)), "idx_to_word must be a list of words"
    listed = [known.index(word) if word in known else -1 for word in idx_to_word]
    strange = len(set(word_to_idx) - set(known))
    return np.array(listed, dtype=int), np.array([int(word_to_idx.get(word, -1)) for word in known] + [strange])


def shuffled_vocabulary(rng, words):
    """The special words and others, in any order, as one text."""
    return " ".join(rng.permutation([*SPECIALS, *words]))


def draw_encode(rng, data, max_len, length, usual=True):
    words = [word for caption in spoken(rng, data, 8) for word in caption]
    some = sorted(set(words))
    known = some[: 2 * len(some) // 3]  # the rest is unknown
    first, last = rng.choice(known), rng.choice(some[len(known) :])
    chosen = [first, last, *rng.choice(some, length)][:length]
    order = " ".join([*SPECIALS, *known]) if usual else shuffled_vocabulary(rng, known)
    return {"text": " ".join(chosen), "vocabulary": order, "max_len": max_len}


def call_encode(code, text, vocabulary, max_len):
    word_to_idx = {word: i for i, word in enumerate(vocabulary.split())}
    return (code.encode_caption(text.split(), word_to_idx, max_len),)


def draw_decode(rng, data, N, T):
    words = sorted({word for caption in spoken(rng, data, 4) for word in caption})
    captions = rng.integers(UNK, 4 + len(words), (N, T))
    captions[:, 0] = START
    for row in captions:
        end = int(rng.integers(2, T - 1))
        row[end] = END
        if rng.random() < 0.7:
            row[end + 2 :] = NULL
        if end > 2:
            row[rng.integers(2, end)] = NULL  # an untrained network may say anything
    captions[-1, captions[-1] == END] = UNK  # one caption never ends
    captions[-1, -1] = 4
    return {"captions": captions, "words": " ".join([*SPECIALS, *words])}


def call_decode(code, captions, words):
    idx_to_word = words.split()
    N, T = captions.shape
    texts = code.decode_captions(captions, idx_to_word)
    one = code.decode_captions(captions[0], idx_to_word)
    assert isinstance(texts, (list, tuple)), f"for captions of shape {(N, T)} expected a list of {N} strings"
    assert len(texts) == N, f"for captions of shape {(N, T)} expected {N} strings, found {len(texts)}"
    assert isinstance(one, str), f"for a caption of shape {(T,)} expected a string"
    found = np.full((N + 1, T + 1), -1)
    for row, text in zip(found, [*texts, one], strict=True):
        assert isinstance(text, str), "expected a list of strings"
        for t, word in enumerate(text.split(" ")[: T + 1]):
            row[t] = idx_to_word.index(word) if word in idx_to_word else -2
    return found[:-1], found[-1]


# ---- the network ----------------------------------------------------------------------------------


def draw_init(rng, data, V, D, W, H, cell_type):
    return {"V": V, "D": D, "W": W, "H": H, "cell_type": cell_type, "seed": int(rng.integers(2**31))}


def call_init(code, V, D, W, H, cell_type, seed):
    G = {"rnn": 1, "lstm": 4, "gru": 3}[cell_type]
    expected = {
        "W_proj": (D, H),
        "b_proj": (H,),
        "W_embed": (V, W),
        "Wx": (W, G * H),
        "Wh": (H, G * H),
        "b": (G * H,),
        "W_vocab": (H, V),
        "b_vocab": (V,),
    }
    deviations = {"W_proj": D**-0.5, "W_embed": 0.01, "Wx": W**-0.5, "Wh": H**-0.5, "W_vocab": H**-0.5}
    single, double, twin, other = (
        code.init_captioning(V, D, W, H, cell_type, dtype, code.rng(s))
        for dtype, s in (("float32", seed), ("float64", seed), ("float64", seed), ("float64", seed + 1))
    )
    for params in (single, double, twin, other):
        assert isinstance(params, dict), "init_captioning must return a dict of arrays"
        missing, extra = sorted(set(expected) - set(params)), sorted(set(params) - set(expected))
        assert not missing, f"params lacks {', '.join(missing)}"
        assert not extra, f"params holds {', '.join(extra)}, which the description does not name"
        params.update({name: np.asarray(value) for name, value in params.items()})
    shapes = [double[name].shape == shape for name, shape in expected.items()]
    scales, means, drawn = [], [], []
    for name, deviation in deviations.items():
        value = double[name].astype(float) / deviation
        scales.append(int(np.round(2 * np.log2(max(value.std(), 1e-9)))))
        means.append(bool(abs(value.mean()) < 0.1 * max(1, value.std())))
        same, different = np.array_equal(double[name], twin[name]), not np.array_equal(double[name], other[name])
        drawn.append(bool(same and different))
    zero = [not np.any(double[name]) for name in ("b_proj", "b", "b_vocab")]
    dtypes = [all(v.dtype == t for v in p.values()) for p, t in ((single, np.float32), (double, np.float64))]
    return np.array(shapes), np.array(scales), np.array(means), np.array(zero), np.array(dtypes), np.array(drawn)


def parameters(rng, V, D, W, H, cell_type):
    """Parameters with which a network says something: large enough that image, state and words all matter."""
    G = BLOCKS[cell_type]
    return {
        "W_proj": 2 * rng.standard_normal((D, H)) / np.sqrt(D),
        "b_proj": 0.5 * rng.standard_normal(H),
        "W_embed": rng.standard_normal((V, W)),
        "Wx": 1.5 * rng.standard_normal((W, G * H)) / np.sqrt(W),
        "Wh": 1.5 * rng.standard_normal((H, G * H)) / np.sqrt(H),
        "b": 0.3 * rng.standard_normal(G * H),
        "W_vocab": rng.standard_normal((H, V)) / np.sqrt(H),
        "b_vocab": 0.3 * rng.standard_normal(V),
    }


def talkative(rng, V, D, W, H, cell_type, start, end, null):
    """Parameters of a network whose captions differ, wander and sometimes end."""
    params = parameters(rng, V, D, W, H, cell_type)
    for name, factor in (("W_proj", 1.5), ("Wx", 1.3), ("Wh", 2.5), ("W_vocab", 3)):
        params[name] = factor * params[name]
    params["b_vocab"][[start, null]] -= 20  # words that a trained network never says
    params["b_vocab"][end] += 0.7
    return params


def images(rng, data, N, D, split="train"):
    """The rows of N different images and their features, of D numbers, of magnitude 1."""
    features = np.asarray(data[f"{split}_features"])[:, :D].astype(np.float64)
    rows = rng.choice(len(features), N, replace=False)
    return rows, features[rows] / np.asarray(data["train_features"])[:, :D].std()


def shortened(captions, T):
    """Rows of START, up to T - 1 words, END and NULL, (N, T + 1)."""
    words = np.asarray(captions)[:, : T + 1].astype(np.int64)
    goes_on = ~(words == END).any(axis=1)
    words[goes_on, T] = END
    return words


def described(rng, data, rows, T, split="train"):
    """One caption of each image."""
    image_idxs = np.asarray(data[f"{split}_image_idxs"])
    return shortened(
        np.asarray(data[f"{split}_captions"])[[rng.choice(np.flatnonzero(image_idxs == i)) for i in rows]], T
    )


def draw_loss(rng, data, N, T, V, D, W, H, cell_type, null=NULL):
    rows, features = images(rng, data, N, D)
    captions = described(rng, data, rows, T)
    captions = np.where(captions > UNK, UNK + 1 + captions % (V - UNK - 1), captions)
    if T > 2:
        captions[0, T // 2 + 1 :] = NULL  # something is padded in every draw
    captions = np.where(captions == NULL, null, np.where(captions == null, NULL, captions))
    return {
        **parameters(rng, V, D, W, H, cell_type),
        "features": features,
        "captions": captions,
        "cell_type": cell_type,
        "null": null,
    }


def call_loss(code, features, captions, cell_type, null, **params):
    loss, grads = code.caption_loss(params, features, captions, cell_type, null)
    assert isinstance(grads, dict), "grads must be a dict with a gradient for every parameter"
    complete = set(grads) == set(params)
    return loss, complete, *(grads.get(name, np.zeros(np.shape(value))) for name, value in sorted(params.items()))


def loss_value(code, features, captions, cell_type, null, **params):
    loss, grads = code.caption_loss(params, features, captions, cell_type, null)
    return loss


def draw_words(rng, data, N, V, temperature, scale=1):
    scores = 2 * scale * temperature * rng.standard_normal((N, V))
    scores[0] -= 1000 * (scale - 1)  # an example whose scores are all far below the others'
    scores[-1] += 1000 * (scale - 1) * (N > 1)
    return {"scores": scores, "temperature": temperature, "u": rng.random((6, N))}


def call_words(code, scores, temperature, u):
    likeliest = code.next_words(scores)
    return likeliest, np.stack([np.asarray(code.next_words(scores, temperature, row.copy())) for row in u])


def draw_sample(rng, data, N, T, V, D, W, H, cell_type, usual=True):
    _, features = images(rng, data, N, D)
    start, end, null = (START, END, NULL) if usual else (int(i) for i in rng.permutation(V)[:3])
    params = talkative(rng, V, D, W, H, cell_type, start, end, null)
    return {
        **params,
        "features": features,
        "cell_type": cell_type,
        "start": start,
        "end": end,
        "null": null,
        "max_length": T,
        "u": rng.random((N, T)),
    }


def call_sample(code, features, cell_type, start, end, null, max_length, u, **params):
    given = (cell_type, start, end, null, max_length)
    captions = code.sample_captions(params, features, *given)
    alone = code.sample_captions(params, features[-1:], *given)
    drawn = code.sample_captions(params, features, *given, temperature=1.5, u=u)
    return captions, alone, drawn


# ---- the whole ------------------------------------------------------------------------------------


def draw_captioner(rng, data, N, T, D, W, H, cell_type, usual=True, steps=0, rate=0.0, batch=0, held_out=0, V=0):
    """Images with captions in a vocabulary of their own; held_out more images of the other split.

    V: the number of words, the most frequent ones; 0: all that occur in the captions.
    """
    rows, features = images(rng, data, N, D)
    captions = described(rng, data, rows, T)
    captions[0, T // 2 :] = [END] + (T - T // 2) * [NULL]  # something is padded in every draw
    val_rows, val_features = images(rng, data, max(held_out, 1), D, "val")
    val_captions = described(rng, data, val_rows, T, "val")
    kept = np.arange(V) if V else np.unique(np.concatenate([np.arange(4), captions.ravel()]))
    order = np.arange(len(kept)) if usual else rng.permutation(len(kept))

    def renumbered(words):
        return order[np.searchsorted(kept, np.where(np.isin(words, kept), words, UNK))]

    names = [""] * len(kept)
    for place, word in zip(order, kept, strict=True):
        names[place] = data["idx_to_word"][word]
    said = talkative(rng, len(kept), D, W, H, cell_type, *order[[START, END, NULL]])
    G = BLOCKS[cell_type]
    first = {
        "W_proj": rng.standard_normal((D, H)) / np.sqrt(D),
        "b_proj": np.zeros(H),
        "W_embed": rng.standard_normal((len(kept), W)) / 100,
        "Wx": rng.standard_normal((W, G * H)) / np.sqrt(W),
        "Wh": rng.standard_normal((H, G * H)) / np.sqrt(H),
        "b": np.zeros(G * H),
        "W_vocab": rng.standard_normal((H, len(kept))) / np.sqrt(H),
        "b_vocab": np.zeros(len(kept)),
    }
    return {
        "vocabulary": " ".join(names),
        "cell_type": cell_type,
        "features": features,
        "captions": renumbered(captions),
        "val_features": val_features,
        "val_captions": renumbered(val_captions),
        "seed": int(rng.integers(2**31)),
        "steps": steps,
        "rate": rate,
        "batch": batch,
        **said,
        **({f"first_{name}": value for name, value in first.items()} if steps else {}),
    }


def call_captioner(
    code, vocabulary, cell_type, features, captions, val_features, val_captions, seed, steps, rate, batch, **arrays
):
    word_to_idx = {word: i for i, word in enumerate(vocabulary.split())}
    null, T = word_to_idx["<NULL>"], captions.shape[1] - 1
    start = {name[6:]: value for name, value in arrays.items() if name.startswith("first_")}
    params = {name: value for name, value in arrays.items() if not name.startswith("first_")}
    (D, H), W = params["W_proj"].shape, params["W_embed"].shape[1]

    # Two networks, so that what one of them keeps cannot be the other's.
    net = code.CaptioningRNN(word_to_idx, D, W, H, cell_type, dtype="float64", rng=code.rng(seed))
    other = code.CaptioningRNN(word_to_idx, input_dim=D, wordvec_dim=W, hidden_dim=H, cell_type=cell_type)
    made = []
    for own, dtype, s in ((net.params, "float64", seed), (other.params, "float32", 0)):
        wanted = code.init_captioning(len(word_to_idx), D, W, H, cell_type, dtype, code.rng(s))
        assert isinstance(own, dict), "params must be a dict of arrays"
        same = set(own) == set(wanted)
        fits = same and all(np.shape(own[name]) == np.shape(wanted[name]) for name in wanted)
        made.append(bool(fits and all(np.allclose(own[name], wanted[name], 1e-5, 1e-6) for name in wanted)))
        made.append(bool(same and all(np.asarray(own[name]).dtype == wanted[name].dtype for name in wanted)))
    net.params = params

    # Teacher forcing on the first images, then captions of them.
    loss, grads = net.loss(features[:5], captions[:5])
    assert isinstance(grads, dict), "loss must return the loss and a dict of gradients"
    some = [grads.get(name, np.zeros(params[name].shape)) for name in ("W_proj", "W_embed", "Wx", "W_vocab")]
    said = np.asarray(net.sample(features[:5], max_length=6))  # a list costs points in sample_captions only
    drawn = np.asarray(net.sample(features[:5], max_length=6, mode="sample", temperature=1.5, rng=code.rng(seed)))
    hot = np.asarray(net.sample(features[:5], mode="sample", temperature=20.0, rng=code.rng(seed + 1)))

    # Training, by Adam.
    good = [True, True, True]
    if steps:
        p = {name: value.copy() for name, value in start.items()}
        m, v = ({name: np.zeros(value.shape) for name, value in p.items()} for _ in range(2))
        for step in range(1, steps + 1):
            net.params = {name: value.copy() for name, value in p.items()}
            chosen = np.arange(step * batch, (step + 1) * batch) % len(features)
            _, grads = net.loss(features[chosen], captions[chosen])
            for name in p:
                g = np.asarray(grads.get(name, np.zeros(p[name].shape)))
                if g.shape != p[name].shape or not np.isfinite(g).all():
                    g = np.zeros(p[name].shape)
                m[name] += 0.1 * (g - m[name])
                v[name] += 0.01 * (g * g - v[name])
                move = m[name] / (1 - 0.9**step) / (np.sqrt(v[name] / (1 - 0.99**step)) + 1e-8)
                p[name] = p[name] - rate * move
        net.params = p
        held_out = len(val_features) > 1
        f, targets = (val_features, val_captions) if held_out else (features, captions)
        real = targets[:, 1:] != null
        per_word = float(net.loss(f, targets)[0]) * len(f) / real.sum()
        words = np.asarray(net.sample(f, max_length=T))
        assert words.shape == (len(f), T), f"sample returned shape {words.shape}; expected {(len(f), T)}"
        if held_out:  # the language must have been learned: words that a caption of the same image uses
            shared = [word in row for own, row in zip(words, targets, strict=True) for word in own if word != null]
            ended = (words == word_to_idx["<END>"]).any(axis=1)
            good = [bool(per_word < 2.7), bool(shared and np.mean(shared) > 0.3), bool(np.mean(ended) > 0.15)]
        else:  # the training captions must have been learned by heart
            good = [bool(per_word < 0.6), bool(np.mean(words[real] == targets[:, 1:][real]) > 0.85), True]
    return np.array(made), loss, *some, said, drawn, hot, np.array(good)


CHECKS = (
    Check(
        name="classify_tasks",
        draw=draw_nothing,
        call=call_classify,
        outputs=("tasks a to d", "tasks e to h", "tasks i to l"),
        cases=(Case({}, 1.0),),
        mistakes=mistakes.TASKS,
    ),
    Check(
        name="build_vocab",
        draw=draw_vocab,
        call=call_vocab,
        outputs=("idx_to_word", "word_to_idx"),
        cases=(
            Case({"N": 40, "min_count": 3}, 0.6),
            Case({"N": 25, "min_count": 1}, 0.15, "min_count = 1"),
            Case({"N": 300, "min_count": 8}, 0.15, "many captions"),
            Case({"N": 1, "min_count": 2}, 0.1, "one caption"),
        ),
        mistakes=mistakes.VOCABULARY,
    ),
    Check(
        name="encode_caption",
        draw=draw_encode,
        call=call_encode,
        outputs=("row",),
        cases=(
            Case({"max_len": 12, "length": 7}, 0.35),
            Case({"max_len": 17, "length": 10, "usual": False}, 0.2, "another order of the vocabulary"),
            Case({"max_len": 9, "length": 7}, 0.1, "just fits"),
            Case({"max_len": 8, "length": 11}, 0.2, "too long"),
            Case({"max_len": 6, "length": 0}, 0.1, "no words"),
            Case({"max_len": 2, "length": 3}, 0.05, "max_len = 2"),
        ),
        mistakes=mistakes.ENCODE,
    ),
    Check(
        name="decode_captions",
        draw=draw_decode,
        call=call_decode,
        outputs=("text of (N, T)", "text of (T,)"),
        cases=(
            Case({"N": 6, "T": 12}, 0.6),
            Case({"N": 6, "T": 12}, 0.1, "called again"),
            Case({"N": 1, "T": 8}, 0.15, "N = 1"),
            Case({"N": 30, "T": 17}, 0.15, "many captions"),
        ),
        mistakes=mistakes.DECODE,
    ),
    Check(
        name="init_captioning",
        draw=draw_init,
        call=call_init,
        outputs=(
            "right shape: W_proj, b_proj, W_embed, Wx, Wh, b, W_vocab, b_vocab",
            "scale, in factors of 1.4 off: W_proj, W_embed, Wx, Wh, W_vocab",
            "mean zero: W_proj, W_embed, Wx, Wh, W_vocab",
            "zero: b_proj, b, b_vocab",
            "right dtype: float32, float64",
            "drawn from rng: W_proj, W_embed, Wx, Wh, W_vocab",
        ),
        cases=(
            Case({"V": 200, "D": 160, "W": 80, "H": 50, "cell_type": "rnn"}, 0.4),
            Case({"V": 150, "D": 200, "W": 60, "H": 100, "cell_type": "lstm"}, 0.4, "lstm"),
            Case({"V": 260, "D": 100, "W": 60, "H": 150, "cell_type": "gru"}, 0.2, "gru"),
        ),
        mistakes=mistakes.INIT,
    ),
    Check(
        name="caption_loss",
        draw=draw_loss,
        call=call_loss,
        outputs=("loss", "a gradient for every parameter", *(f"d{name}" for name in sorted(PARAMETERS))),
        cases=(
            Case({"N": 4, "T": 7, "V": 15, "D": 6, "W": 5, "H": 3, "cell_type": "rnn"}, 0.3),
            Case({"N": 4, "T": 7, "V": 15, "D": 6, "W": 5, "H": 3, "cell_type": "rnn"}, 0.05, "called again"),
            Case({"N": 3, "T": 6, "V": 12, "D": 5, "W": 4, "H": 6, "cell_type": "lstm", "null": 3}, 0.2, "lstm"),
            Case({"N": 3, "T": 6, "V": 12, "D": 7, "W": 4, "H": 5, "cell_type": "gru"}, 0.1, "gru"),
            Case({"N": 1, "T": 8, "V": 13, "D": 5, "W": 6, "H": 4, "cell_type": "rnn"}, 0.1, "N = 1"),
            Case({"N": 3, "T": 1, "V": 10, "D": 4, "W": 3, "H": 5, "cell_type": "lstm"}, 0.1, "T = 1"),
            Case({"N": 2, "T": 5, "V": 400, "D": 256, "W": 64, "H": 96, "cell_type": "rnn"}, 0.15, "large"),
        ),
        mistakes=mistakes.LOSS,
        gradient=Gradient(loss_value, "", tuple((f"d{name}", name) for name in sorted(PARAMETERS))),
    ),
    Check(
        name="next_words",
        draw=draw_words,
        call=call_words,
        outputs=("likeliest words", "words drawn with u"),
        cases=(
            Case({"N": 7, "V": 9, "temperature": 1.0}, 0.35),
            Case({"N": 7, "V": 9, "temperature": 1.0}, 0.05, "called again"),
            Case({"N": 6, "V": 8, "temperature": 2.5}, 0.2, "temperature 2.5"),
            Case({"N": 6, "V": 8, "temperature": 0.4}, 0.1, "temperature 0.4"),
            Case({"N": 1, "V": 12, "temperature": 1.3}, 0.15, "N = 1"),
            Case({"N": 5, "V": 6, "temperature": 1.0, "scale": 400}, 0.15, "large scores"),
        ),
        mistakes=mistakes.NEXT_WORDS,
    ),
    Check(
        name="sample_captions",
        draw=draw_sample,
        call=call_sample,
        outputs=("captions", "the last image alone", "captions drawn with u"),
        cases=(
            Case({"N": 8, "T": 10, "V": 15, "D": 6, "W": 5, "H": 9, "cell_type": "rnn"}, 0.25),
            Case({"N": 8, "T": 12, "V": 14, "D": 7, "W": 6, "H": 8, "cell_type": "lstm"}, 0.25, "lstm"),
            Case({"N": 6, "T": 9, "V": 13, "D": 5, "W": 4, "H": 7, "cell_type": "gru"}, 0.1, "gru"),
            Case(
                {"N": 7, "T": 10, "V": 12, "D": 5, "W": 6, "H": 8, "cell_type": "lstm", "usual": False},
                0.15,
                "other indices",
            ),
            Case({"N": 1, "T": 9, "V": 12, "D": 5, "W": 4, "H": 6, "cell_type": "rnn"}, 0.15, "N = 1"),
            Case({"N": 5, "T": 1, "V": 11, "D": 6, "W": 4, "H": 6, "cell_type": "rnn"}, 0.1, "max_length = 1"),
        ),
        needs=("next_words",),
        swap=("next_words",),
        mistakes=mistakes.SAMPLE,
    ),
    Check(
        name="CaptioningRNN",
        draw=draw_captioner,
        call=call_captioner,
        outputs=(
            "params made by init_captioning, of the right dtype, twice",
            "loss",
            "dW_proj",
            "dW_embed",
            "dWx",
            "dW_vocab",
            "captions",
            "captions drawn",
            "captions drawn at a high temperature",
            "trained: loss, words, captions with an end",
        ),
        cases=(
            Case({"N": 6, "T": 7, "D": 8, "W": 5, "H": 6, "cell_type": "rnn"}, 0.25),
            Case({"N": 6, "T": 7, "D": 6, "W": 4, "H": 7, "cell_type": "lstm", "usual": False}, 0.25, "lstm"),
            Case(
                {
                    "N": 16,
                    "T": 7,
                    "D": 24,
                    "W": 12,
                    "H": 24,
                    "cell_type": "lstm",
                    "steps": 45,
                    "rate": 0.03,
                    "batch": 16,
                },
                0.25,
                "16 captions learned by heart",
            ),
            Case(
                {
                    "N": 300,
                    "T": 8,
                    "D": 32,
                    "W": 16,
                    "H": 24,
                    "V": 60,
                    "cell_type": "rnn",
                    "steps": 60,
                    "rate": 0.02,
                    "batch": 30,
                    "held_out": 40,
                },
                0.25,
                "held-out images after training",
            ),
        ),
        needs=("init_captioning", "caption_loss", "sample_captions"),
        swap=("caption_loss", "sample_captions"),
        mistakes=mistakes.CAPTIONER,
    ),
)
