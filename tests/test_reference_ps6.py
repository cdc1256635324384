"""The solutions of problem set 6 against oracles that share no code.

Search is compared with an enumeration of all sequences, gradients with the complex step through forward passes
written here, the PixelRNN with sums over all images and with frequencies.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from autograder.checks.ps6_beyond import misleading_model
from autograder.problem_set import load

ref = load("ps6_beyond").reference.plain
EXACT = 1e-12
START, END = 1, 2


def error(got, expected) -> float:
    """Relative error in norm; shapes must agree."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    scale = max(np.linalg.norm(got), np.linalg.norm(expected), 1e-8)
    return float(np.linalg.norm(got - expected) / scale)


def complex_step(f, args: dict, name, h=1e-30):
    """The gradient of the number f(**args) with respect to args[name]."""
    moved = {k: np.array(a, dtype=complex) if k == name else a for k, a in args.items()}
    grad = np.zeros(np.shape(args[name]))
    for index in np.ndindex(grad.shape):
        moved[name][index] += 1j * h
        grad[index] = np.imag(f(**moved)) / h
        moved[name][index] = args[name][index]
    return grad


def frozen(arrays: dict) -> dict:
    """The same arrays, read-only: changing one in place raises."""
    for a in arrays.values():
        a.setflags(write=False)
    return arrays


def parameters(seed, shapes, scale=1.0) -> dict:
    rng = np.random.default_rng(seed)
    return frozen({name: scale * rng.standard_normal(shape) for name, shape in shapes.items()})


# ---- search ---------------------------------------------------------------------------------------


def model(seed, V=5, W=3, H=4, scale=1.0):
    shapes = {"W_embed": (V, W), "Wx": (W, H), "Wh": (H, H), "b": (H,), "W_vocab": (H, V), "b_vocab": (V,)}
    return parameters(seed, shapes, scale)


def oracle_next(params, h, word):
    """Probabilities of all next words and the next state, one hypothesis at a time."""
    h = np.tanh(params["W_embed"][word] @ params["Wx"] + h @ params["Wh"] + params["b"])
    p = np.exp(h @ params["W_vocab"] + params["b_vocab"])
    return p / p.sum(), h


def oracle_logprob(params, h, words):
    """The log probability of words, read one by one."""
    total, last = 0.0, START
    for word in words:
        p, h = oracle_next(params, h, last)
        total, last = total + np.log(p[word]), word
    return total


def everything(V, max_length):
    """All sequences that a search may return: ended, or of full length."""
    for length in range(1, max_length + 1):
        for words in itertools.product(range(V), repeat=length):
            if END not in words[:-1] and (length == max_length or words[-1] == END):
                yield words


@pytest.mark.parametrize("K", [1, 3])
def test_next_word(K):
    params, rng = model(0), np.random.default_rng(1)
    h, words = rng.uniform(-1, 1, (K, 4)), rng.integers(0, 5, K)
    log_p, next_h = ref["next_word_logprobs"](params, h, words)
    for k in range(K):
        p, state = oracle_next(params, h[k], words[k])
        assert error(np.exp(log_p[k]), p) < EXACT and error(next_h[k], state) < EXACT


def test_next_word_survives_huge_scores():
    with np.errstate(over="raise", invalid="raise"):
        log_p, _ = ref["next_word_logprobs"](model(0, scale=1e3), np.zeros((2, 4)), np.array([0, 1]))
    assert np.isfinite(log_p).all() and error(np.exp(log_p).sum(axis=1), np.ones(2)) < EXACT


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("max_length", [1, 3])
def test_a_beam_of_full_width_finds_the_likeliest_of_all_sequences(seed, max_length):
    params, h0 = model(seed), np.random.default_rng(seed).uniform(-1, 1, 4)
    scores = {words: oracle_logprob(params, h0, words) for words in everything(5, max_length)}
    assert sum(map(np.exp, scores.values())) == pytest.approx(1)
    words, logprob = ref["beam_search"](params, h0, START, END, len(scores), max_length)
    assert tuple(words) == max(scores, key=scores.get)
    assert logprob == pytest.approx(max(scores.values()))


@pytest.mark.parametrize("seed", range(40))
def test_no_beam_scores_below_greedy_search(seed):
    params, h0 = model(seed, V=9, H=6), np.random.default_rng(seed).uniform(-1, 1, 6)
    greedy = ref["greedy_search"](params, h0, START, END, 7)
    for width in (1, 2, 3, 5, 9):
        words, logprob = ref["beam_search"](params, h0, START, END, width, 7)
        assert logprob >= greedy[1] - 1e-12
        assert logprob == pytest.approx(oracle_logprob(params, h0, words))
        assert END not in words[:-1] and (len(words) == 7 or words[-1] == END)
        if width == 1:
            assert np.array_equal(words, greedy[0]) and logprob == pytest.approx(greedy[1])


@pytest.mark.parametrize("seed", range(5))
def test_where_a_beam_loses_the_greedy_hypothesis_greedy_search_has_the_last_word(seed):
    params = misleading_model(np.random.default_rng(seed), 10, START, END)
    own = load("ps6_beyond").reference.namespace()
    own["greedy_search"] = lambda *args: (np.array([END]), -np.inf)
    alone = own["beam_search"](params, np.zeros(10), START, END, 2, 4)[1]
    words, logprob = ref["beam_search"](params, np.zeros(10), START, END, 2, 4)
    assert logprob > alone + 1 and tuple(words) == tuple(ref["greedy_search"](params, np.zeros(10), START, END, 4)[0])


def test_greedy_takes_the_likeliest_word_at_every_step():
    params, h0 = model(3), np.random.default_rng(3).uniform(-1, 1, 4)
    words, logprob = ref["greedy_search"](params, h0, START, END, 6)
    h, last, total = h0, START, 0.0
    for word in words:
        p, h = oracle_next(params, h, last)
        assert word == p.argmax()
        last, total = word, total + np.log(p[word])
    assert logprob == pytest.approx(total)


def test_ties_go_to_the_words_that_come_first():
    params = {name: np.zeros_like(a) for name, a in model(0).items()}
    words, logprob = ref["beam_search"](params, np.zeros(4), START, END, 2, 3)
    assert words.tolist() == [0, 0, 0] and logprob == pytest.approx(-3 * np.log(5))
    words, logprob = ref["beam_search"](params, np.zeros(4), START, END, 3, 3)
    assert words.tolist() == [END] and logprob == pytest.approx(-np.log(5))


# ---- attention ------------------------------------------------------------------------------------


@pytest.mark.parametrize("N, S, cells", [(3, 12, 4), (1, 6, 3), (2, 5, 1)])
def test_grid(N, S, cells):
    images = np.random.default_rng(0).integers(0, 256, (N, S, S, 3)).astype(np.uint8)
    images.setflags(write=False)
    grid, side = ref["grid_features"](images, cells), S // cells
    for n, i, j, c in np.ndindex(N, cells, cells, 3):
        square = images[n, i * side : (i + 1) * side, j * side : (j + 1) * side, c]
        assert grid[n, i * cells + j, c] == pytest.approx(float(square.astype(float).mean()) / 255)


def oracle_attention(h, a):
    e = np.exp(np.einsum("nh,nlh->nl", h, a) / np.sqrt(h.shape[1]))
    return np.einsum("nl,nlh->nh", e / e.sum(axis=1)[:, None], a)


@pytest.mark.parametrize("N, L, H", [(3, 5, 4), (1, 3, 6), (2, 1, 3), (1, 1, 1)])
def test_attention(N, L, H):
    args = parameters(0, {"h": (N, H), "a": (N, L, H)})
    dcontext = np.random.default_rng(1).standard_normal((N, H))
    dcontext.setflags(write=False)
    context, weights, cache = ref["attention_forward"](**args)
    assert error(context, oracle_attention(**args)) < EXACT
    assert error(weights.sum(axis=1), np.ones(N)) < EXACT and weights.shape == (N, L)
    for grad, name in zip(ref["attention_backward"](dcontext, cache), ("h", "a"), strict=True):
        expected = complex_step(lambda h, a: (dcontext * oracle_attention(h, a)).sum(), args, name)
        assert np.linalg.norm(grad - expected) < 1e-12 * (1 + np.linalg.norm(expected))


def test_attention_survives_huge_scores():
    args = parameters(0, {"h": (2, 4), "a": (2, 5, 4)}, 100.0)
    with np.errstate(over="raise", invalid="raise"):
        _, weights, _ = ref["attention_forward"](**args)
    assert error(weights.sum(axis=1), np.ones(2)) < EXACT


# ---- the PixelRNN ---------------------------------------------------------------------------------


def pixel_network(seed, H=4):
    return parameters(seed, {"Wx": (2, H), "Wh": (H, H), "b": (H,), "w": (H, 1), "c": (1,)}, 0.7)


def all_images(rows, columns):
    return np.array(list(itertools.product((0, 1), repeat=rows * columns))).reshape(-1, rows, columns)


def oracle_pixels(images, Wx, Wh, b, w, c):
    """Log probabilities, pixel by pixel."""
    result = []
    for image in images:
        h, total = np.zeros(len(b)), 0
        for i, j in np.ndindex(image.shape):
            left = 2 * image[i, j - 1] - 1 if j else 0
            above = 2 * image[i - 1, j] - 1 if i else 0
            h = np.tanh(left * Wx[0] + above * Wx[1] + h @ Wh + b)
            p = 1 / (1 + np.exp(-(h @ w + c)[0]))
            total = total + np.log(p if image[i, j] else 1 - p)
        result.append(total)
    return np.array(result)


@pytest.mark.parametrize("rows, columns", [(2, 3), (3, 2), (1, 4), (1, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_probabilities_of_all_images_sum_to_one(seed, rows, columns):
    params, images = pixel_network(seed), all_images(rows, columns)
    logprob = ref["pixel_logprob"](params, images)
    assert np.exp(logprob).sum() == pytest.approx(1, abs=1e-12)
    assert error(logprob, oracle_pixels(images, **params)) < EXACT


def test_no_pixel_is_seen_before_its_time():
    images = np.random.default_rng(0).integers(0, 2, (1, 3, 4))
    x = ref["pixel_inputs"](images)[0]
    for t in range(12):
        other = images.copy()
        other.reshape(-1)[t] ^= 1
        changed = np.flatnonzero((ref["pixel_inputs"](other)[0] != x).any(axis=1))
        assert changed.tolist() == [s for s in (t + 1, t + 4) if s < 12 and (s == t + 4 or s % 4)]


@pytest.mark.parametrize("N, rows, columns", [(3, 2, 3), (1, 3, 2), (2, 1, 1)])
def test_pixel_loss(N, rows, columns):
    params = pixel_network(5)
    images = np.random.default_rng(6).integers(0, 2, (N, rows, columns))
    images.setflags(write=False)
    loss, grads = ref["pixel_loss"](params, images)
    assert error(loss, -oracle_pixels(images, **params).mean()) < EXACT
    assert grads.keys() == params.keys()
    for name, grad in grads.items():
        expected = complex_step(lambda **p: -oracle_pixels(images, **p).mean(), params, name)
        assert np.linalg.norm(grad - expected) < 1e-12 * (1 + np.linalg.norm(expected))


def test_bits_of_a_model_that_knows_nothing_are_one_per_pixel():
    params = {name: np.zeros_like(a) for name, a in pixel_network(0).items()}
    logprob = ref["pixel_logprob"](params, all_images(2, 3))
    assert ref["bits_per_dimension"](logprob, 6) == pytest.approx(1)
    assert ref["bits_per_dimension"](np.log([0.5, 0.125]), 2) == pytest.approx(1)


@pytest.mark.parametrize("rows, columns", [(2, 3), (3, 2)])
def test_images_are_drawn_with_their_probabilities(rows, columns):
    params, n = pixel_network(2), 30000
    images = ref["sample_images"](params, n, (rows, columns), np.random.default_rng(0))
    which = images.reshape(n, -1) @ 2 ** np.arange(6)[::-1]
    p = np.exp(oracle_pixels(all_images(rows, columns), **params))
    expected = n * p
    assert ((np.bincount(which, minlength=64) - expected) ** 2 / expected).sum() < 175
    # The same test finds a network that is slightly different.
    other = np.exp(oracle_pixels(all_images(rows, columns), **{**params, "c": params["c"] + 0.15}))
    assert ((np.bincount(which, minlength=64) - n * other) ** 2 / (n * other)).sum() > 175


# ---- sequence to sequence -------------------------------------------------------------------------

V, W, H = 7, 3, 4
ENCODER = {"W_embed": (V, W), "Wx_enc": (W, 4 * H), "Wh_enc": (H, 4 * H), "b_enc": (4 * H,)}
DECODER = {"Wx_dec": (W, 4 * H), "Wh_dec": (H, 4 * H), "b_dec": (4 * H,), "W_vocab": (H, V), "b_vocab": (V,)}
SOURCE = np.array([[3, 4, 5, 6], [5, 3, 0, 0], [6, 0, 0, 0]])
TARGET = np.array([[1, 4, 2, 0, 0], [1, 5, 5, 3, 2], [1, 2, 0, 0, 0]])


def oracle_lstm(x, h, c, Wx, Wh, b):
    i, f, o, g = np.split(x @ Wx + h @ Wh + b, 4)
    i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def oracle_state(row, W_embed, Wx_enc, Wh_enc, b_enc, **_):
    h = c = np.zeros(len(Wh_enc))
    for symbol in row[row != 0]:
        h, c = oracle_lstm(W_embed[symbol], h, c, Wx_enc, Wh_enc, b_enc)
    return h


def oracle_translation_loss(source, target, **p):
    total = 0
    for row, words in zip(source, target, strict=True):
        h, c = oracle_state(row, **p), np.zeros(H)
        words = words[words != 0]
        for read, wanted in zip(words, words[1:], strict=False):
            h, c = oracle_lstm(p["W_embed"][read], h, c, p["Wx_dec"], p["Wh_dec"], p["b_dec"])
            scores = np.exp(h @ p["W_vocab"] + p["b_vocab"])
            total = total - np.log(scores[wanted] / scores.sum())
    return total / len(source)


@pytest.mark.parametrize("source", [SOURCE, SOURCE[1:2], SOURCE[:, :1]], ids=["N = 3", "N = 1", "S = 1"])
def test_encoder(source):
    params = parameters(0, ENCODER)
    dstate = np.random.default_rng(1).standard_normal((len(source), H))
    dstate.setflags(write=False)
    state, cache = ref["encode_forward"](params, source)
    assert error(state, np.array([oracle_state(row, **params) for row in source])) < EXACT
    grads = ref["encode_backward"](dstate, cache)
    assert grads.keys() == params.keys()

    def value(**p):
        return sum((d * oracle_state(row, **p)).sum() for d, row in zip(dstate, source, strict=True))

    for name, grad in grads.items():
        assert error(grad, complex_step(value, params, name)) < 1e-11


def test_more_padding_changes_nothing():
    params = parameters(0, {**ENCODER, **DECODER})
    wider = [np.pad(a, ((0, 0), (0, 3))) for a in (SOURCE, TARGET)]
    loss, grads = ref["seq2seq_loss"](params, SOURCE, TARGET)
    again, grads_again = ref["seq2seq_loss"](params, *wider)
    assert error(again, loss) < EXACT
    assert all(error(grads_again[name], grads[name]) < EXACT for name in grads)


@pytest.mark.parametrize("rows", [slice(None), slice(1, 2)], ids=["N = 3", "N = 1"])
def test_translation_loss(rows):
    params = parameters(2, {**ENCODER, **DECODER})
    source, target = SOURCE[rows], TARGET[rows]
    loss, grads = ref["seq2seq_loss"](params, source, target)
    assert error(loss, oracle_translation_loss(source, target, **params)) < EXACT
    assert grads.keys() == params.keys()
    for name, grad in grads.items():
        expected = complex_step(lambda **p: oracle_translation_loss(source, target, **p), params, name)
        assert error(grad, expected) < 1e-11


def test_the_gradient_of_the_encoder_is_the_one_that_its_own_backward_pass_gives():
    """seq2seq_loss calls the encoder of its namespace and never opens its cache."""
    own = load("ps6_beyond").reference.namespace()
    params, seen = parameters(2, {**ENCODER, **DECODER}), []

    def forward(params, source):
        return np.full((len(source), H), 0.5), "opaque"

    def backward(dstate, cache):
        seen.append((dstate.shape, cache))
        return {name: np.ones(shape) for name, shape in ENCODER.items()}

    own.update(encode_forward=forward, encode_backward=backward)
    _, grads = own["seq2seq_loss"](params, SOURCE, TARGET)
    assert seen == [((3, H), "opaque")]
    assert all(np.all(grads[name] == 1) for name in ("Wx_enc", "Wh_enc", "b_enc"))


@pytest.mark.parametrize("seed", range(8))
def test_translate_writes_what_it_reads_and_stops(seed):
    params = parameters(seed, {**ENCODER, **DECODER}, 1.5)
    out = ref["translate"](params, SOURCE, START, END, 6)
    assert out.shape == (3, 6) and out.dtype.kind == "i"
    for row, written in zip(SOURCE, out, strict=True):
        h, c, symbol, expected = oracle_state(row, **params), np.zeros(H), START, []
        while len(expected) < 6 and symbol != END:
            h, c = oracle_lstm(params["W_embed"][symbol], h, c, params["Wx_dec"], params["Wh_dec"], params["b_dec"])
            symbol = int(np.argmax(h @ params["W_vocab"] + params["b_vocab"]))
            expected.append(symbol)
        assert written.tolist() == expected + [0] * (6 - len(expected))


def test_some_translations_end_early():
    """The test above sees both kinds."""
    params = [parameters(seed, {**ENCODER, **DECODER}, 1.5) for seed in range(8)]
    ended = np.concatenate([(ref["translate"](p, SOURCE, START, END, 6) == END).any(axis=1) for p in params])
    assert ended.any() and not ended.all()
