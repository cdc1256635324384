"""Checks of problem set 5: from images to sentences."""

from __future__ import annotations

import numpy as np

from autograder.check import Case, Check, Gradient
from autograder.checks import ps5_mistakes as mistakes
from autograder.checks.ps5_draw import (
    draw_captioner,
    draw_decode,
    draw_encode,
    draw_init,
    draw_loss,
    draw_sample,
    draw_vocab,
    draw_words,
)

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

PARAMETERS = ("W_proj", "b_proj", "W_embed", "Wx", "Wh", "b", "W_vocab", "b_vocab")


# ---- tasks ----------------------------------------------------------------------------------------


def draw_nothing(rng, data):
    return {}


def call_classify(code):
    labels = code.classify_tasks()
    assert isinstance(labels, dict), 'labels should be a dict with a label for each letter from "a" to "l"'
    kinds = ("one-to-one", "one-to-many", "many-to-one", "many-to-many")
    rows = []
    for letter in "abcdefghijkl":
        found = labels.get(letter)
        assert found in kinds, f"task {letter} has the label {found!r}; expected one of {', '.join(kinds)}"
        rows.append([int(labels[letter] == kind) for kind in kinds])
    rows = np.array(rows)
    return rows[:4], rows[4:8], rows[8:]


# ---- words ----------------------------------------------------------------------------------------


def call_vocab(code, text, min_count):
    captions = [line.split() for line in text.split("\n")]
    known = sorted({word for caption in captions for word in caption})
    known = ["<NULL>", "<START>", "<END>", "<UNK>", *known]
    word_to_idx, idx_to_word = code.build_vocab(captions, min_count)
    assert isinstance(word_to_idx, dict), "word_to_idx should be a dict from word to index"
    assert isinstance(idx_to_word, (list, tuple)), "idx_to_word should be a list of words"
    listed = [known.index(word) if word in known else -1 for word in idx_to_word]
    strange = len(set(word_to_idx) - set(known))
    return np.array(listed, dtype=int), np.array([int(word_to_idx.get(word, -1)) for word in known] + [strange])


def call_encode(code, text, vocabulary, max_len):
    word_to_idx = {word: i for i, word in enumerate(vocabulary.split())}
    return (code.encode_caption(text.split(), word_to_idx, max_len),)


def call_decode(code, captions, words):
    idx_to_word = words.split()
    N, T = captions.shape
    texts = code.decode_captions(captions, idx_to_word)
    one = code.decode_captions(captions[0], idx_to_word)
    assert isinstance(texts, (list, tuple)), f"for captions of shape {(N, T)} text should be a list of {N} strings"
    assert len(texts) == N, f"for captions of shape {(N, T)} text should be a list of {N} strings, found {len(texts)}"
    assert isinstance(one, str), f"for a caption of shape {(T,)} text should be a string"
    found = np.full((N + 1, T + 1), -1)
    for row, text in zip(found, [*texts, one], strict=True):
        assert isinstance(text, str), f"for captions of shape {(N, T)} text should be a list of {N} strings"
        for t, word in enumerate(text.split(" ")[: T + 1]):
            row[t] = idx_to_word.index(word) if word in idx_to_word else -2
    return found[:-1], found[-1]


# ---- the network ----------------------------------------------------------------------------------


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
        assert isinstance(params, dict), "params should be a dict from the name of each parameter to an array"
        missing, extra = sorted(set(expected) - set(params)), sorted(set(params) - set(expected))
        assert not missing, f"params has no {', '.join(missing)}"
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


def call_loss(code, features, captions, cell_type, null, **params):
    loss, grads = code.caption_loss(params, features, captions, cell_type, null)
    assert isinstance(grads, dict), "grads should be a dict from the name of each parameter to its gradient"
    complete = set(grads) == set(params)
    return loss, complete, *(grads.get(name, np.zeros(np.shape(value))) for name, value in sorted(params.items()))


def loss_value(code, features, captions, cell_type, null, **params):
    loss, grads = code.caption_loss(params, features, captions, cell_type, null)
    return loss


def call_words(code, scores, temperature, u):
    likeliest = code.next_words(scores)
    given = {} if temperature == 1 else {"temperature": temperature}
    return likeliest, np.stack([np.asarray(code.next_words(scores, u=row.copy(), **given)) for row in u])


def call_sample(code, features, cell_type, start, end, null, max_length, temperature, u, **params):
    given = (cell_type, start, end, null, max_length)
    captions = code.sample_captions(params, features, *given)
    alone = code.sample_captions(params, features[-1:], *given)
    hot = {} if temperature == 1 else {"temperature": temperature}
    drawn = code.sample_captions(params, features, *given, u=u, **hot)
    return captions, alone, drawn


# ---- the whole ------------------------------------------------------------------------------------


def call_captioner(
    code,
    vocabulary,
    cell_type,
    features,
    captions,
    image_idxs,
    judged,
    true_captions,
    true_idxs,
    seed,
    training,
    **params,
):
    word_to_idx = {word: i for i, word in enumerate(vocabulary.split())}
    (D, H), W = params["W_proj"].shape, params["W_embed"].shape[1]

    # Several networks, so that what one of them keeps cannot be the other's.
    net = code.CaptioningRNN(word_to_idx, D, W, H, cell_type, dtype="float64", rng=code.rng(seed))
    other = code.CaptioningRNN(word_to_idx, input_dim=D, wordvec_dim=W, hidden_dim=H, cell_type=cell_type)
    usual = code.CaptioningRNN(word_to_idx)
    made = []
    for own, *sizes, kind, dtype, s in (
        (net.params, D, W, H, cell_type, "float64", seed),
        (other.params, D, W, H, cell_type, "float32", 0),
        (usual.params, 512, 128, 128, "rnn", "float32", 0),
    ):
        wanted = code.init_captioning(len(word_to_idx), *sizes, kind, dtype, code.rng(s))
        assert isinstance(own, dict), "params should be a dict from the name of each parameter to an array"
        same = set(own) == set(wanted)
        fits = same and all(np.shape(own[name]) == np.shape(wanted[name]) for name in wanted)
        made.append(bool(fits and all(np.allclose(own[name], wanted[name], 1e-5, 1e-6) for name in wanted)))
        made.append(bool(same and all(np.asarray(own[name]).dtype == wanted[name].dtype for name in wanted)))

    # Teacher forcing on a few images with calmer parameters, then captions of them with others.
    some = features[image_idxs[:5]]
    net.params = {name: value / 4 for name, value in params.items()}
    loss, grads = net.loss(some, captions[:5])
    net.params = params
    assert isinstance(grads, dict), "grads should be a dict from the name of each parameter to its gradient"
    slopes = [grads.get(name, np.zeros(params[name].shape)) for name in ("W_proj", "W_embed", "Wx", "W_vocab")]
    said = np.asarray(net.sample(some, max_length=6))  # a list costs points in sample_captions only
    drawn = np.stack(
        [
            np.asarray(net.sample(some, max_length=6, mode="sample", temperature=1.5, rng=code.rng(seed))),
            np.asarray(net.sample(some, max_length=6, mode="sample")),
        ]
    )
    hot = np.asarray(net.sample(some, mode="sample", temperature=20.0, rng=code.rng(seed + 1)))

    good = [True, True, True]
    if training:
        # By Adam. The projection starts at zero: if it does not learn, the network never sees an image.
        draws = np.random.default_rng(seed)
        p = {name: draws.standard_normal(value.shape) / np.sqrt(len(value)) for name, value in params.items()}
        p = {name: value * (value.ndim == 2 and name != "W_proj") for name, value in p.items()}
        m, v = ({name: np.zeros(value.shape) for name, value in p.items()} for _ in range(2))
        for step in range(1, training["steps"] + 1):
            net.params = {name: value.copy() for name, value in p.items()}
            chosen = np.arange(step * training["batch"], (step + 1) * training["batch"]) % len(captions)
            _, grads = net.loss(features[image_idxs[chosen]], captions[chosen])
            for name in p:
                g = np.asarray(grads.get(name, np.zeros(p[name].shape)))
                if g.shape != p[name].shape or not np.isfinite(g).all():
                    g = np.zeros(p[name].shape)
                m[name] += 0.1 * (g - m[name])
                v[name] += 0.01 * (g * g - v[name])
                move = m[name] / (1 - 0.9**step) / (np.sqrt(v[name] / (1 - 0.99**step)) + 1e-8)
                p[name] = p[name] - training["rate"] * move
        net.params = p

        # Judged by its loss per word, and by BLEU-1 and BLEU-2 (Papineni et al. 2002) against all captions of an image.
        start, end, null = (word_to_idx[word] for word in ("<START>", "<END>", "<NULL>"))
        total = (true_captions[:, 1:] != null).sum()
        per_word = float(net.loss(judged[true_idxs], true_captions)[0]) * len(true_captions) / total
        written = np.asarray(net.sample(judged, max_length=captions.shape[1] - 1))
        expected = (len(judged), captions.shape[1] - 1)
        assert written.shape == expected, f"sample returned shape {written.shape}; expected {expected}"

        def words_of(row):
            row = list(row)
            return [word for word in row[: row.index(end) if end in row else None] if word not in (start, null)]

        def runs(words, n):
            pieces = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
            return {piece: pieces.count(piece) for piece in pieces}

        right, made_of, lengths = np.zeros(2), np.full(2, 1e-9), np.zeros(2)
        for i, row in enumerate(written):
            own, people = words_of(row), [words_of(true) for true in true_captions[true_idxs == i]]
            lengths += len(own), min((abs(len(person) - len(own)), len(person)) for person in people)[1]
            for n in (1, 2):
                for piece, count in runs(own, n).items():
                    right[n - 1] += min(count, max(runs(person, n).get(piece, 0) for person in people))
                    made_of[n - 1] += count
        brevity = np.exp(min(0.0, 1 - lengths[1] / max(lengths[0], 1e-9)))
        one, two = right / made_of
        good = [
            bool(per_word < training["loss_below"]),
            bool(brevity * one > training["bleu_1_above"]),
            bool(brevity * np.sqrt(one * two) > training["bleu_2_above"]),
        ]
    return np.array(made), loss, *slopes, said, drawn, hot, np.array(good)


# The grader trains the student's network itself. bench/captioner_bounds.py: of 100 seeds the reference reaches all
# bounds with every one, and a network that never sees the image with none.
BY_HEART = {
    **{"N": 16, "T": 7, "D": 12, "W": 6, "H": 12, "cell_type": "lstm", "steps": 70, "rate": 0.04, "batch": 16},
    **{"loss_below": 0.3, "bleu_1_above": 0.6, "bleu_2_above": 0.5},
}
HELD_OUT = {
    **{"N": 280, "T": 5, "D": 20, "W": 6, "H": 20, "V": 34, "held_out": 80},
    **{"cell_type": "rnn", "steps": 120, "rate": 0.015, "batch": 50},
    **{"loss_below": 2.25, "bleu_1_above": 0.33, "bleu_2_above": 0.05},
}

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
            Case({"N": 5, "T": 1}, 0.05, "T = 1"),
            Case({"N": 30, "T": 17}, 0.1, "many captions"),
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
                {
                    **{"N": 7, "T": 10, "V": 12, "D": 5, "W": 6, "H": 8},
                    **{"cell_type": "lstm", "usual": False, "temperature": 1},
                },
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
            "params made by init_captioning, of the right dtype, three times",
            "loss",
            "dW_proj",
            "dW_embed",
            "dWx",
            "dW_vocab",
            "captions",
            "captions drawn",
            "captions drawn at a high temperature",
            "trained: loss, BLEU-1, BLEU-2",
        ),
        cases=(
            Case({"N": 6, "T": 7, "D": 8, "W": 5, "H": 6, "cell_type": "rnn"}, 0.2),
            Case({"N": 6, "T": 7, "D": 6, "W": 4, "H": 7, "cell_type": "lstm", "usual": False}, 0.2, "lstm"),
            Case({"N": 1, "T": 6, "D": 7, "W": 5, "H": 6, "cell_type": "gru"}, 0.05, "N = 1"),
            Case({"N": 4, "T": 1, "D": 6, "W": 5, "H": 7, "cell_type": "rnn"}, 0.05, "T = 1"),
            Case(BY_HEART, 0.25, "16 captions learned by heart"),
            Case(HELD_OUT, 0.25, "held-out images after training"),
        ),
        needs=("init_captioning", "caption_loss", "sample_captions"),
        swap=("caption_loss", "sample_captions"),
        mistakes=mistakes.CAPTIONER,
    ),
)
