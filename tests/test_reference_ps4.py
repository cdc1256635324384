"""The solutions of problem set 4 against oracles that share no code: enumeration, complex steps, exact frequencies."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from autograder.problem_set import load
from tests.oracles import error
from unroll.charlm import char_losses, in_streams, new_params
from unroll.optim import adam

ref = load("ps4_charlm").reference.plain
NAMES = ("Wx", "Wh", "b", "Wy", "by")
CELLS = {"rnn": 1, "gru": 3, "lstm": 4}  # blocks of columns
STATES = {"rnn": 1, "gru": 1, "lstm": 2}  # of H columns side by side
SIZES = [(3, 4, 5, 3), (1, 5, 4, 6), (2, 1, 3, 2), (1, 1, 2, 4)]  # N, T, V, H
EXACT = 1e-12


def frozen(array):
    """The same array, read-only: changing it in place raises."""
    array.setflags(write=False)
    return array


def draw(cell, N, T, V, H, seed=0):
    """params, inputs, targets and h0, read-only."""
    rng = np.random.default_rng(seed)
    K = CELLS[cell] * H
    shapes = zip(NAMES, [(V, K), (H, K), (K,), (H, V), (V,)], strict=True)
    params = {name: frozen(0.8 * rng.standard_normal(shape)) for name, shape in shapes}
    inputs, targets = (frozen(rng.integers(V, size=(N, T))) for _ in range(2))
    return params, inputs, targets, frozen(0.6 * rng.standard_normal((N, STATES[cell] * H)))


# ---- oracles: one example, one unit at a time, in plain sums; they take complex numbers ---------------


def oracle_step(params, x, state):
    """The next state, as a list, after character x. Gates stand in the order r, z, n or i, f, o, g."""
    Wx, Wh, b = (params[name] for name in NAMES[:3])
    H = len(Wh)
    a = [Wx[x, k] + b[k] + sum(state[j] * Wh[j, k] for j in range(H)) for k in range(len(b))]
    if len(a) == H:
        return [np.tanh(v) for v in a]
    sigmoid = [1 / (1 + np.exp(-v)) for v in a[: 3 * H]]
    if len(a) == 3 * H:
        r, z = sigmoid[:H], sigmoid[H : 2 * H]
        shown = [r[j] * state[j] for j in range(H)]
        n = [np.tanh(Wx[x, k] + b[k] + sum(shown[j] * Wh[j, k] for j in range(H))) for k in range(2 * H, 3 * H)]
        return [(1 - z[k]) * n[k] + z[k] * state[k] for k in range(H)]
    c = [sigmoid[H + k] * state[H + k] + sigmoid[k] * np.tanh(a[3 * H + k]) for k in range(H)]
    return [sigmoid[2 * H + k] * np.tanh(c[k]) for k in range(H)] + c


def oracle_log_p(params, state):
    """The log-probabilities of the next character."""
    Wy, by = params["Wy"], params["by"]
    scores = [by[v] + sum(state[j] * Wy[j, v] for j in range(len(Wy))) for v in range(len(by))]
    total = np.log(sum(np.exp(s) for s in scores))
    return [s - total for s in scores]


def oracle_loss(params, inputs, targets, h0):
    total, last = 0, []
    for n in range(len(inputs)):
        state = list(h0[n])
        for x, y in zip(inputs[n], targets[n], strict=True):
            state = oracle_step(params, x, state)
            total = total - oracle_log_p(params, state)[y]
        last.append(state)
    return total / len(inputs), np.array(last)


def oracle_probability(params, string):
    H, K = params["Wh"].shape
    state, p = [0.0] * (2 * H if K == 4 * H else H), 1.0
    for x in string:
        p *= math.exp(oracle_log_p(params, state)[x])
        state = oracle_step(params, x, state)
    return p


# ---- loss -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("N, T, V, H", SIZES)
def test_loss_state_and_gradients(cell, N, T, V, H):
    params, inputs, targets, h0 = draw(cell, N, T, V, H)
    loss, grads, h_last = ref["char_lm_loss"](params, inputs, targets, h0)
    expected, last = oracle_loss(params, inputs, targets, h0)
    assert error(loss, expected) < EXACT and error(h_last, last) < EXACT
    assert set(grads) == set(NAMES)
    for name in NAMES:
        moved = {k: v.astype(complex) for k, v in params.items()}
        gradient = np.zeros(params[name].shape)
        for index in np.ndindex(gradient.shape):
            moved[name][index] += 1e-30j
            gradient[index] = np.imag(oracle_loss(moved, inputs, targets, h0)[0]) / 1e-30
            moved[name][index] = params[name][index]
        assert error(grads[name], gradient) < EXACT, name


@pytest.mark.parametrize("cell", CELLS)
def test_two_halves_with_the_state_carried_are_the_whole(cell):
    params, inputs, targets, h0 = draw(cell, 3, 6, 5, 4)
    whole, _, end = ref["char_lm_loss"](params, inputs, targets, h0)
    first, _, middle = ref["char_lm_loss"](params, inputs[:, :2], targets[:, :2], h0)
    second, _, last = ref["char_lm_loss"](params, inputs[:, 2:], targets[:, 2:], middle)
    assert error(first + second, whole) < EXACT and error(last, end) < EXACT


@pytest.mark.parametrize("cell", CELLS)
def test_single_precision_stays_single(cell):
    params, inputs, targets, h0 = draw(cell, 2, 3, 5, 4)
    single = {k: v.astype(np.float32) for k, v in params.items()}
    _, grads, h_last = ref["char_lm_loss"](single, inputs, targets, h0.astype(np.float32))
    assert {a.dtype for a in (*grads.values(), h_last)} == {np.dtype(np.float32)}
    ids = np.random.default_rng(0).integers(5, size=(2, 20))
    trained, _ = ref["train_tbptt"](single, ids, 4, rng=np.random.default_rng(0))
    assert {a.dtype for a in trained.values()} == {np.dtype(np.float32)}


# ---- strings ----------------------------------------------------------------------------------------


def test_vocabulary_is_sorted_and_a_bijection():
    text = "to be,\nor not To bé"
    char_to_idx, idx_to_char = ref["build_char_vocab"](text)
    assert idx_to_char == ["\n", " ", ",", "T", "b", "e", "n", "o", "r", "t", "é"]
    assert [char_to_idx[c] for c in idx_to_char] == list(range(11))
    assert ref["build_char_vocab"](text[::-1]) == (char_to_idx, idx_to_char)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("T", [1, 2, 4])
def test_probabilities_of_all_strings_sum_to_one(cell, T):
    params, *_ = draw(cell, 1, 1, 3, 4)
    logs = {s: ref["sequence_logprob"](params, np.array(s)) for s in itertools.product(range(3), repeat=T)}
    assert math.fsum(math.exp(log) for log in logs.values()) == pytest.approx(1, abs=1e-13)
    for string, log in logs.items():
        assert log == pytest.approx(math.log(oracle_probability(params, string)), rel=1e-12)


def test_long_strings_do_not_underflow():
    params, *_ = draw("lstm", 1, 1, 6, 4)
    ids = np.random.default_rng(1).integers(6, size=1500)
    assert -6000 < ref["sequence_logprob"](params, ids) < -1000


def test_perplexity():
    assert ref["perplexity"](100 * math.log(4), 100) == pytest.approx(4, rel=1e-14)
    assert ref["perplexity"](0.0, 7) == 1
    assert ref["perplexity"](100 * math.log(2) + 300 * math.log(8), 400) == pytest.approx(2**2.5)  # question (a)


# ---- sampling ---------------------------------------------------------------------------------------


def sampled(params, h0, seed_ix, n, seed=0, **how):
    return ref["sample_chars"](params, h0, seed_ix, n, rng=np.random.default_rng(seed), **how)


@pytest.mark.parametrize("cell", CELLS)
def test_low_temperatures_take_the_best_without_overflow(cell):
    params, _, _, h0 = draw(cell, 1, 1, 6, 5)
    params = {**params, "Wy": 30 * params["Wy"]}
    state, ix, best = list(h0[0]), 2, []
    for _ in range(12):
        state = oracle_step(params, ix, state)
        ix = int(np.argmax(oracle_log_p(params, state)))
        best.append(ix)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for temperature in (1e-8, 1e-300):
            assert sampled(params, h0, 2, 12, temperature=temperature).tolist() == best


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_frequencies_of_pairs_are_exact(cell, temperature):
    """Two draws at a time, 4000 times, against the probabilities of all pairs: chi-square far from its limit."""
    params, _, _, h0 = draw(cell, 1, 1, 3, 4)
    rng = np.random.default_rng(5)
    counts, wanted = np.zeros((3, 3)), np.zeros((3, 3))
    for _ in range(4000):
        a, b = ref["sample_chars"](params, h0, 1, 2, temperature=temperature, rng=rng)
        counts[a, b] += 1
    for a, b in np.ndindex(3, 3):
        p, state = 4000.0, list(h0[0])
        for x, y in ((1, a), (a, b)):
            state = oracle_step(params, x, state)
            powers = [math.exp(v / temperature) for v in oracle_log_p(params, state)]
            p *= powers[y] / sum(powers)
        wanted[a, b] = p
    assert np.sum((counts - wanted) ** 2 / wanted) < 40  # 8 degrees of freedom


def test_only_the_generator_passed_decides():
    params, _, _, h0 = draw("rnn", 1, 1, 6, 5)
    one = sampled(params, h0, 0, 50)
    np.random.seed(3)
    assert np.array_equal(one, sampled(params, h0, 0, 50)) and not np.array_equal(
        one, sampled(params, h0, 0, 50, seed=1)
    )


# ---- training ---------------------------------------------------------------------------------------


def trained_by_hand(params, ids, T, offsets, carry, max_norm, rate):
    """The same walk through the text, with gradients from the oracle's complex step and no other shortcut."""
    params, configs, losses = dict(params), dict.fromkeys(NAMES), []
    for offset in offsets:
        H, K = params["Wh"].shape
        zero = state = np.zeros((len(ids), 2 * H if K == 4 * H else H))
        at = offset
        while at + T + 1 <= ids.shape[1]:
            piece = ids[:, at : at + T + 1]
            start = state if carry else zero
            loss, state = oracle_loss(params, piece[:, :-1], piece[:, 1:], start)
            grads = {}
            for name in NAMES:
                moved = {k: v.astype(complex) for k, v in params.items()}
                grads[name] = np.zeros(params[name].shape)
                for index in np.ndindex(grads[name].shape):
                    moved[name][index] += 1e-30j
                    grads[name][index] = np.imag(oracle_loss(moved, piece[:, :-1], piece[:, 1:], start)[0]) / 1e-30
                    moved[name][index] = params[name][index]
            norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
            for name in NAMES:
                config = configs[name] or {"learning_rate": rate}
                params[name], configs[name] = adam(params[name], grads[name] * min(1, max_norm / norm), config)
            losses.append(loss / T)
            at += T
    return params, losses


@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("max_norm", [0.3, 1e3])
@pytest.mark.parametrize("cell", CELLS)
def test_training_follows_its_description(cell, carry, max_norm):
    params, *_ = draw(cell, 1, 1, 3, 2)
    ids = frozen(np.random.default_rng(4).integers(3, size=(2, 12)))
    rng = np.random.default_rng(6)
    offsets = [rng.integers(3) for _ in range(2)]
    how = {"carry_state": carry, "max_norm": max_norm, "learning_rate": 0.02, "epochs": 2}
    got, losses = ref["train_tbptt"](params, ids, 3, rng=np.random.default_rng(6), **how)
    expected, by_hand = trained_by_hand(params, ids, 3, offsets, carry, max_norm, 0.02)
    assert error(losses, by_hand) < 1e-9
    assert all(error(got[name], expected[name]) < 1e-9 for name in NAMES)


@pytest.mark.parametrize("cell", CELLS)
def test_training_takes_from_the_gradients_what_params_names(cell):
    """A student's char_lm_loss is tried below it, and may return more, in another order."""

    def talkative(params, inputs, targets, h0):
        loss, grads, h_last = ref["char_lm_loss"](params, inputs, targets, h0)
        return loss, {"h0": None, "Wxh": 1e9, **dict(reversed(grads.items()))}, h_last

    params, *_ = draw(cell, 1, 1, 4, 3)
    ids = np.random.default_rng(4).integers(4, size=(2, 20))
    other = load("ps4_charlm").reference.namespace(functions={"char_lm_loss": talkative})
    expected, losses = ref["train_tbptt"](params, ids, 4, rng=np.random.default_rng(0))
    got, again = other["train_tbptt"](params, ids, 4, rng=np.random.default_rng(0))
    assert again.tolist() == losses.tolist() and list(got) == list(NAMES)
    assert all(np.array_equal(got[name], expected[name]) for name in NAMES)


def test_watch_sees_every_update():
    params, *_ = draw("lstm", 1, 1, 4, 3)
    ids = np.random.default_rng(4).integers(4, size=(2, 40))
    seen = []
    trained, losses = ref["train_tbptt"](
        params, ids, 5, rng=np.random.default_rng(0), watch=lambda p, loss: seen.append((p["by"].copy(), loss))
    )
    assert [loss for _, loss in seen] == losses.tolist()
    assert np.array_equal(seen[-1][0], trained["by"]) and not np.array_equal(seen[-2][0], trained["by"])


# ---- the helpers around it --------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_losses_one_by_one_add_up_to_the_loss(cell):
    params = new_params(cell, 7, 5, dtype=float)
    ids = np.random.default_rng(2).integers(7, size=(3, 9))
    h0 = np.zeros((3, 5 * STATES[cell]))
    loss, _, _ = ref["char_lm_loss"](params, ids[:, :-1], ids[:, 1:], h0)
    assert error(char_losses(params, ids).sum() / 3, loss) < EXACT


def test_parameters_to_begin_with():
    rnn, gru, lstm = (new_params(cell, 7, 5, dtype=float) for cell in CELLS)
    assert error(rnn["Wh"] @ rnn["Wh"].T, np.eye(5)) < EXACT
    assert lstm["Wx"].shape == (7, 20) and lstm["b"].tolist() == [0] * 5 + [1] * 5 + [0] * 10
    assert gru["Wx"].shape == (7, 15) and gru["b"].tolist() == [0] * 5 + [2] * 5 + [0] * 5
    with pytest.raises(ValueError, match="cell must be 'rnn', 'gru' or 'lstm', not 'tanh'"):
        new_params("tanh", 7, 5)


def test_streams_are_the_text():
    assert in_streams(np.arange(11), 3).tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
