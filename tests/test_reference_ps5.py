"""The solutions of problem set 5 against CS231n's published numbers and against oracles that share no code.

The loss of the oracle is written here with sums over named indices and accepts complex numbers, so its derivatives
come from the complex step and are exact to rounding.
"""

from __future__ import annotations

import numpy as np
import pytest

from autograder.problem_set import load
from tests.test_reference_ps1 import complex_step, error, ramp
from unroll import coco
from unroll.data import layout

ref = load("ps5_captioning").reference.plain
CELLS = ("rnn", "lstm", "gru")
BLOCKS = {"rnn": 1, "lstm": 4, "gru": 3}
SIZES = [(3, 5, 4, 3, 5, 9), (1, 4, 3, 5, 2, 7), (2, 1, 5, 2, 4, 8)]  # N, T, D, W, H, V
EXACT = 1e-11
NAMES = ("W_proj", "b_proj", "W_embed", "Wx", "Wh", "b", "W_vocab", "b_vocab")


def draw(N, T, D, W, H, V, cell_type, seed=0, null=0):
    """Read-only parameters, features and captions; something is padded where there is room."""
    rng = np.random.default_rng(seed)
    GH = BLOCKS[cell_type] * H
    shapes = [(D, H), (H,), (V, W), (W, GH), (H, GH), (GH,), (H, V), (V,)]
    params = {name: 0.7 * rng.standard_normal(shape) for name, shape in zip(NAMES, shapes, strict=True)}
    features, captions = rng.standard_normal((N, D)), rng.integers(0, V, (N, T + 1))
    captions[captions == null] = (null + 1) % V
    if T > 2:
        captions[0, 3:] = null
    for array in (*params.values(), features, captions):
        array.setflags(write=False)
    return params, features, captions


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def oracle_step(p, cell_type, x, h, c):
    H = len(p["Wh"])

    def block(k, state):
        columns = slice(k * H, (k + 1) * H)
        return np.einsum("w,wk->k", x, p["Wx"][:, columns]) + state @ p["Wh"][:, columns] + p["b"][columns]

    if cell_type == "rnn":
        return np.tanh(block(0, h)), c
    if cell_type == "lstm":
        i, f, o = (sigmoid(block(k, h)) for k in range(3))
        c = f * c + i * np.tanh(block(3, h))
        return o * np.tanh(c), c
    r, z = sigmoid(block(0, h)), sigmoid(block(1, h))
    n = np.tanh(block(2, r * h))  # before the product
    return (1 - z) * n + z * h, c


def oracle_scores(p, cell_type, f, words):
    """Scores at every step for one image and the words read, one by one."""
    h = np.einsum("d,dh->h", f, p["W_proj"]) + p["b_proj"]
    c = 0 * h
    scores = []
    for word in words:
        h, c = oracle_step(p, cell_type, p["W_embed"][word], h, c)
        scores.append(h @ p["W_vocab"] + p["b_vocab"])
    return scores


def oracle_loss(p, features, captions, cell_type, null):
    total = 0
    for f, row in zip(features, captions, strict=True):
        for t, s in enumerate(oracle_scores(p, cell_type, f, row[:-1])):
            if row[t + 1] != null:
                total = total - s[row[t + 1]] + np.log(np.exp(s).sum())
    return total / len(captions)


# ---- CS231n's published numbers -------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell_type, low, high, expected", [("rnn", -1.5, 0.3, 9.83235591003), ("lstm", -0.5, 1.7, 9.82445935443)]
)
def test_published_loss(cell_type, low, high, expected):
    N, D, W, H, T, V = 10, 20, 30, 40, 13, 3
    words = {"<NULL>": 0, "cat": 2, "dog": 3}
    net = ref["CaptioningRNN"](words, input_dim=D, wordvec_dim=W, hidden_dim=H, cell_type=cell_type, dtype=np.float64)
    net.params = {name: ramp(-1.4, 1.3, *value.shape) for name, value in net.params.items()}
    loss, grads = net.loss(ramp(low, high, N, D), (np.arange(N * T) % V).reshape(N, T))
    assert loss == pytest.approx(expected, abs=1e-10)
    assert {name: g.shape for name, g in grads.items()} == {name: v.shape for name, v in net.params.items()}


# ---- words ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spoken():
    rng = np.random.default_rng(0)
    return [list(rng.choice(list("abcdefghij"), rng.integers(1, 9), p=np.arange(10, 0, -1) / 55)) for _ in range(60)]


@pytest.mark.parametrize("min_count", [1, 2, 20, 33, 1000])
def test_vocabulary_is_that_of_the_data_set(spoken, min_count):
    word_to_idx, idx_to_word = ref["build_vocab"](spoken, min_count)
    assert idx_to_word == layout.vocabulary(spoken, min_count)
    assert all(idx_to_word[i] == word for word, i in word_to_idx.items()) and len(word_to_idx) == len(idx_to_word)


def test_vocabulary_does_not_depend_on_the_order_of_the_captions(spoken):
    assert ref["build_vocab"](spoken[::-1], 2) == ref["build_vocab"](spoken, 2)


def test_rows_are_those_of_the_data_set(spoken):
    word_to_idx, _ = ref["build_vocab"](spoken, 20)
    rows = [ref["encode_caption"](words, word_to_idx, layout.LENGTH) for words in spoken]
    assert np.array_equal(rows, layout.encode(spoken, word_to_idx))


@pytest.mark.parametrize(
    "words, max_len, expected",
    [
        ("", 2, [7, 6]),
        ("", 4, [7, 6, 5, 5]),
        ("a b x", 5, [7, 0, 1, 4, 6]),
        ("a b x a", 5, [7, 0, 1, 4, 6]),
        ("b", 2, [7, 6]),
    ],
)
def test_rows_by_hand(words, max_len, expected):
    places = {"a": 0, "b": 1, "c": 2, "d": 3, "<UNK>": 4, "<NULL>": 5, "<END>": 6, "<START>": 7}
    assert ref["encode_caption"](words.split(), places, max_len).tolist() == expected


def test_text_is_that_of_the_helper():
    words = [*layout.SPECIALS, "a", "b", "c"]
    captions = np.random.default_rng(1).integers(0, 7, (200, 6))
    captions.setflags(write=False)
    assert ref["decode_captions"](captions, words) == coco.decode_captions(captions, words)
    assert ref["decode_captions"](captions[3], words) == coco.decode_captions(captions[3], words)
    assert ref["decode_captions"](captions[:1], words) == coco.decode_captions(captions[:1], words)


def test_there_and_back(spoken):
    word_to_idx, idx_to_word = ref["build_vocab"](spoken, 1)
    for words in spoken[:10]:
        row = ref["encode_caption"](words, word_to_idx, 12)
        assert ref["decode_captions"](row, idx_to_word).split() == ["<START>", *words, "<END>"]


# ---- the network ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell_type", CELLS)
@pytest.mark.parametrize("dtype", [np.float32, "float64"])
def test_parameters(cell_type, dtype):
    V, D, W, H = 300, 200, 90, 60
    first, again, other = (
        ref["init_captioning"](V, D, W, H, cell_type, dtype, np.random.default_rng(s)) for s in (1, 1, 2)
    )
    GH = BLOCKS[cell_type] * H
    shapes = [(D, H), (H,), (V, W), (W, GH), (H, GH), (GH,), (H, V), (V,)]
    assert {name: v.shape for name, v in first.items()} == dict(zip(NAMES, shapes, strict=True))
    assert {v.dtype for v in first.values()} == {np.dtype(dtype)}
    scales = {"W_proj": D**-0.5, "W_embed": 0.01, "Wx": W**-0.5, "Wh": H**-0.5, "W_vocab": H**-0.5}
    for name, value in first.items():
        assert np.array_equal(value, again[name])
        if name in scales:
            assert value.std() == pytest.approx(scales[name], rel=0.05) and not np.array_equal(value, other[name])
        else:
            assert not np.any(value)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("cell_type", CELLS)
@pytest.mark.parametrize("null", [0, 2])
def test_loss_and_gradients(sizes, cell_type, null):
    params, features, captions = draw(*sizes, cell_type, null=null)
    loss, grads = ref["caption_loss"](params, features, captions, cell_type, null)
    assert error(loss, oracle_loss(params, features, captions, cell_type, null)) < EXACT
    assert grads.keys() == params.keys()
    for i, name in enumerate(NAMES):

        def of(*values):
            return oracle_loss(dict(zip(NAMES, values, strict=True)), features, captions, cell_type, null)

        assert error(grads[name], complex_step(of, [params[n] for n in NAMES], i)) < EXACT, name


@pytest.mark.parametrize("cell_type", CELLS)
def test_padding_changes_nothing(cell_type):
    params, features, captions = draw(3, 5, 4, 3, 5, 9, cell_type)
    padded = np.concatenate([captions, np.zeros((3, 4), int)], axis=1)
    loss, grads = ref["caption_loss"](params, features, captions, cell_type, 0)
    more, more_grads = ref["caption_loss"](params, features, padded, cell_type, 0)
    assert error(loss, more) < EXACT
    assert all(error(grads[name], more_grads[name]) < EXACT for name in NAMES)


# ---- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_words_are_drawn_with_their_probabilities(temperature):
    scores = np.random.default_rng(3).standard_normal((1, 6))
    p = np.exp(scores[0] / temperature) / np.exp(scores[0] / temperature).sum()
    M = 20000
    u = (np.arange(M) + 0.5) / M
    words = ref["next_words"](np.repeat(scores, M, axis=0), temperature, u)
    assert np.all(np.diff(words) >= 0)
    assert np.allclose(np.bincount(words, minlength=6) / M, p, atol=1.5 / M)


def test_words_survive_huge_scores_and_the_ends_of_the_interval():
    scores = np.array([[1e5, -1e5, 0.0], [-1e6, -1e6, -1e6 - 1], [3.0, 1.0, 2.0]])
    with np.errstate(all="raise", under="ignore"):
        assert ref["next_words"](scores, 1.0, np.full(3, 1 - 1e-16)).tolist() == [0, 2, 2]
        assert ref["next_words"](scores, 1.0, np.zeros(3)).tolist() == [0, 0, 0]
    assert ref["next_words"](scores).tolist() == [0, 0, 0]


def oracle_caption(p, f, cell_type, start, end, null, max_length, choose):
    """One caption, by reading all words so far again at every step."""
    words = []
    while len(words) < max_length and end not in words:
        words.append(choose(oracle_scores(p, cell_type, f, [start, *words])[-1], len(words)))
    return words + [null] * (max_length - len(words))


@pytest.mark.parametrize("cell_type", CELLS)
@pytest.mark.parametrize("N, max_length", [(7, 9), (1, 6), (5, 1)])
@pytest.mark.parametrize("start, end, null", [(1, 2, 0), (0, 4, 3)])
def test_captions(cell_type, N, max_length, start, end, null):
    params, features, _ = draw(N, 3, 4, 3, 6, 8, cell_type, seed=5)
    params = {name: 2 * value for name, value in params.items()}
    u = np.random.default_rng(6).random((N, max_length))
    captions = ref["sample_captions"](params, features, cell_type, start, end, null, max_length)
    expected = [
        oracle_caption(params, f, cell_type, start, end, null, max_length, lambda s, t: int(s.argmax()))
        for f in features
    ]
    assert captions.tolist() == expected
    drawn = ref["sample_captions"](params, features, cell_type, start, end, null, max_length, temperature=2.0, u=u)
    for f, row, own in zip(features, drawn, u, strict=True):

        def choose(s, t, own=own):
            p = np.exp(s / 2.0)
            return next(v for v in range(len(s)) if p[: v + 1].sum() > own[t] * p.sum())

        assert row.tolist() == oracle_caption(params, f, cell_type, start, end, null, max_length, choose)


@pytest.mark.parametrize("cell_type", CELLS)
def test_some_captions_end_before_others(cell_type):
    """The draws above would prove little if no caption ended, or all at once."""
    params, features, _ = draw(60, 3, 4, 3, 6, 8, cell_type, seed=5)
    params = {name: 2 * value for name, value in params.items()}
    u = np.random.default_rng(6).random((60, 9))
    captions = ref["sample_captions"](params, features, cell_type, 1, 2, 0, 9, temperature=2.0, u=u)
    lengths = {list(row).index(2) if 2 in row else 9 for row in captions}
    assert len(lengths) > 3


# ---- the whole ------------------------------------------------------------------------------------

WORDS = {word: i for i, word in enumerate([*layout.SPECIALS, "a", "b", "c", "d"])}


def test_class_has_the_defaults_of_cs231n():
    net = ref["CaptioningRNN"](WORDS)
    assert {name: v.shape for name, v in net.params.items()} == {
        "W_proj": (512, 128), "b_proj": (128,), "W_embed": (8, 128), "Wx": (128, 128), "Wh": (128, 128),
        "b": (128,), "W_vocab": (128, 8), "b_vocab": (8,),
    }  # fmt: skip
    assert {v.dtype for v in net.params.values()} == {np.dtype(np.float32)}
    features = np.random.default_rng(0).standard_normal((2, 512)).astype(np.float32)
    assert net.sample(features).shape == (2, 30)
    loss, grads = net.loss(features, np.array([[1, 4, 5, 2], [1, 6, 2, 0]]))
    assert {g.dtype for g in grads.values()} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match="cell_type"):
        ref["CaptioningRNN"](WORDS, cell_type="transformer")
    with pytest.raises(ValueError, match="mode"):
        net.sample(features, mode="beam")


@pytest.mark.parametrize("cell_type", CELLS)
def test_class_uses_the_parameters_it_has_now(cell_type):
    net = ref["CaptioningRNN"](WORDS, 4, 3, 5, cell_type, np.float64)
    params, features, captions = draw(6, 5, 4, 3, 5, 8, cell_type, seed=9)
    net.params = params
    assert net.loss(features, captions)[0] == pytest.approx(oracle_loss(params, features, captions, cell_type, 0))
    expected = ref["sample_captions"](params, features, cell_type, 1, 2, 0, 7)
    assert np.array_equal(net.sample(features, 7), expected)
    for n in range(6):  # the result for one image does not depend on the others
        assert np.array_equal(net.sample(features[n : n + 1], 7)[0], expected[n])


def test_class_draws_words_with_the_generator_it_is_given():
    net = ref["CaptioningRNN"](WORDS, 4, 3, 5, "gru", np.float64)
    net.params, features, _ = draw(6, 5, 4, 3, 5, 8, "gru", seed=9)
    u = np.random.default_rng(3).random((6, 7))
    expected = ref["sample_captions"](net.params, features, "gru", 1, 2, 0, 7, 1.7, u)
    got = net.sample(features, 7, mode="sample", temperature=1.7, rng=np.random.default_rng(3))
    assert np.array_equal(got, expected)
    cold = net.sample(features, 7, mode="sample", temperature=1e-9, rng=np.random.default_rng(3))
    assert np.array_equal(cold, net.sample(features, 7))
