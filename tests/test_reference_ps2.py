"""The solutions of problem set 2 against CS231n's published numbers and against oracles that share no code.

The oracles are forward passes written here unit by unit; they accept complex numbers, so their derivatives come
from the complex step and are exact to rounding.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from tests.oracles import complex_step, error, ramp

NOTEBOOK = Path(__file__).resolve().parents[1] / "solutions" / "ps2_lstm" / "ps2_lstm.ipynb"
SIZES = [(3, 4, 6, 5), (1, 5, 4, 6), (2, 1, 5, 3), (1, 1, 2, 4)]  # N, T, D, H
EXACT = 1e-12


def load() -> dict:
    """A fresh namespace with the notebook's solutions."""
    namespace = {"np": np}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution"):
            exec("".join(cell["source"]), namespace)
    return namespace


ref = load()


def draw(N, T, D, H, blocks, seed=0):
    """x, h0, Wx, Wh, b, dh of a sequence, and c0 and a second upstream gradient; read-only."""
    rng = np.random.default_rng(seed)
    shapes = [(N, T, D), (N, H), (D, blocks * H), (H, blocks * H), (blocks * H,), (N, T, H), (N, H), (N, H)]
    arrays = [0.7 * rng.standard_normal(s) for s in shapes]
    for a in arrays:
        a.setflags(write=False)
    return arrays


# ---- oracles --------------------------------------------------------------------------------------


def squash(a):
    return 1 / (1 + np.exp(-a))


def oracle_lstm_step(x, prev_h, prev_c, Wx, Wh, b):
    """next_h and next_c, one number at a time."""
    H = prev_h.shape[1]
    h, c = np.zeros(prev_h.shape, complex), np.zeros(prev_h.shape, complex)
    for n, u in np.ndindex(*prev_h.shape):
        ai, af, ao, ag = (
            (x[n] * Wx[:, k * H + u]).sum() + (prev_h[n] * Wh[:, k * H + u]).sum() + b[k * H + u] for k in range(4)
        )
        c[n, u] = squash(af) * prev_c[n, u] + squash(ai) * np.tanh(ag)
        h[n, u] = squash(ao) * np.tanh(c[n, u])
    return h, c


def oracle_lstm(x, h0, Wx, Wh, b):
    h, c, states = h0, np.zeros(h0.shape), []
    for t in range(x.shape[1]):
        h, c = oracle_lstm_step(x[:, t], h, c, Wx, Wh, b)
        states.append(h)
    return np.stack(states, axis=1)


def oracle_gru_step(x, prev_h, Wx, Wh, b, after):
    N, H = prev_h.shape
    h, r = np.zeros((N, H), complex), np.zeros((N, H), complex)

    def summed(n, column, state):
        return (x[n] * Wx[:, column]).sum() + b[column] + (state * Wh[:, column]).sum()

    for n, u in np.ndindex(N, H):
        r[n, u] = squash(summed(n, u, prev_h[n]))
    for n, u in np.ndindex(N, H):
        z = squash(summed(n, H + u, prev_h[n]))
        column = 2 * H + u
        if after:
            a = summed(n, column, 0 * prev_h[n]) + r[n, u] * (prev_h[n] * Wh[:, column]).sum()
        else:
            a = summed(n, column, r[n] * prev_h[n])
        h[n, u] = z * prev_h[n, u] + (1 - z) * np.tanh(a)
    return h


def oracle_gru(x, h0, Wx, Wh, b, after):
    h, states = h0, []
    for t in range(x.shape[1]):
        h = oracle_gru_step(x[:, t], h, Wx, Wh, b, after)
        states.append(h)
    return np.stack(states, axis=1)


# ---- CS231n's published numbers -------------------------------------------------------------------


def test_published_step():
    N, D, H = 3, 4, 5
    next_h, next_c, _ = ref["lstm_step_forward"](
        ramp(-0.4, 1.2, N, D),
        ramp(-0.3, 0.7, N, H),
        ramp(-0.4, 0.9, N, H),
        ramp(-2.1, 1.3, D, 4 * H),
        ramp(-0.7, 2.2, H, 4 * H),
        ramp(0.3, 0.7, 4 * H),
    )
    assert next_h[0, 0] == pytest.approx(0.24635157, abs=1e-8)
    assert next_c[0, 0] == pytest.approx(0.32986176, abs=1e-8)


def test_published_loss_of_a_whole_captioning_network():
    N, D, W, H, T, V = 10, 20, 30, 40, 13, 3

    def parameter(*shape):
        return ramp(-1.4, 1.3, *shape)

    captions = (np.arange(N * T) % V).reshape(N, T)
    h0 = ramp(-0.5, 1.7, N, D) @ parameter(D, H) + parameter(H)
    words, targets = parameter(V, W)[captions[:, :-1]], captions[:, 1:]
    h, _ = ref["lstm_forward"](words, h0, parameter(W, 4 * H), parameter(H, 4 * H), parameter(4 * H))
    scores = h @ parameter(H, V) + parameter(V)
    log_p = scores - np.log(np.exp(scores).sum(axis=2, keepdims=True))
    picked = np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0]
    assert -(picked * (targets != 0)).sum() / N == pytest.approx(9.82445935443, abs=1e-10)


# ---- LSTM -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_lstm_step(N, T, D, H):
    x, h0, Wx, Wh, b, dh, c0, dc = draw(N, T, D, H, 4)
    args = (x[:, 0], h0, c0, Wx, Wh, b)
    next_h, next_c, cache = ref["lstm_step_forward"](*args)
    expected = oracle_lstm_step(*args)
    assert error(next_h, expected[0].real) < EXACT and error(next_c, expected[1].real) < EXACT

    def energy(*a):
        h, c = oracle_lstm_step(*a)
        return (dh[:, 0] * h).sum() + (dc * c).sum()

    for i, grad in enumerate(ref["lstm_step_backward"](dh[:, 0], dc, cache)):
        assert error(grad, complex_step(energy, args, i)) < EXACT


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_lstm_sequence(N, T, D, H):
    *args, dh, _, _ = draw(N, T, D, H, 4)
    h, cache = ref["lstm_forward"](*args)
    assert error(h, oracle_lstm(*args).real) < EXACT
    for i, grad in enumerate(ref["lstm_backward"](dh, cache)):
        assert error(grad, complex_step(lambda *a: (dh * oracle_lstm(*a)).sum(), args, i)) < EXACT


def test_steps_of_the_namespace_are_used_and_no_cache_is_opened():
    own = load()
    *args, dh, _, _ = draw(2, 4, 3, 5, 4)
    expected = own["lstm_backward"](dh, own["lstm_forward"](*args)[1])
    forward, backward = own["lstm_step_forward"], own["lstm_step_backward"]

    def step_forward(*a):
        h, c, cache = forward(*a)
        return h, c, {"mine": cache}

    own.update(lstm_step_forward=step_forward, lstm_step_backward=lambda dh, dc, cache: backward(dh, dc, cache["mine"]))
    got = own["lstm_backward"](dh, own["lstm_forward"](*args)[1])
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))


@pytest.mark.parametrize("sign", [-1, 1])
def test_huge_sums_saturate_and_do_not_overflow(sign):
    with np.errstate(all="raise", under="ignore"):
        x, state = sign * np.full((2, 3), 1e4), np.full((2, 4), 0.5)
        h, c, _ = ref["lstm_step_forward"](x, state, state, np.ones((3, 16)), np.zeros((4, 16)), np.zeros(16))
        assert np.allclose(c, 1.5 if sign > 0 else 0) and np.all(np.isfinite(h))
        for after in (False, True):
            h, _ = ref["gru_step_forward"](
                x, state, np.ones((3, 12)), np.zeros((4, 12)), np.zeros(12), reset_after=after
            )
            assert np.allclose(h, 0.5 if sign > 0 else -1)


# ---- notations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("D, H", [(3, 5), (4, 4), (6, 1)])
def test_round_trips_between_the_notations(D, H):
    rng = np.random.default_rng(3)
    Wx, Wh = rng.standard_normal((D, 4 * H)), rng.standard_normal((H, 4 * H))
    U, W = rng.standard_normal((4, D, H)), rng.standard_normal((4, H, H))
    for letters in itertools.permutations("ifog"):
        order = "".join(letters)
        back = ref["pack_gates"](*ref["unpack_gates"](Wx, Wh, order), order)
        assert np.array_equal(back[0], Wx) and np.array_equal(back[1], Wh)
        back = ref["unpack_gates"](*ref["pack_gates"](U, W, order), order)
        assert np.array_equal(back[0], U) and np.array_equal(back[1], W)


def test_three_notations_are_one_cell():
    rng = np.random.default_rng(4)
    D, H = 3, 4
    U, W = (
        dict(zip("fiog", rng.standard_normal((4, D, H)), strict=True)),
        dict(zip("fiog", rng.standard_normal((4, H, H)), strict=True)),
    )
    x, h, C = rng.standard_normal(D), rng.standard_normal(H), rng.standard_normal(H)
    sums = {gate: x @ U[gate] + h @ W[gate] for gate in "fiog"}
    next_C = squash(sums["f"]) * C + squash(sums["i"]) * np.tanh(sums["g"])
    next_h = np.tanh(next_C) * squash(sums["o"])
    Wx, Wh = ref["pack_gates"](np.stack([U[k] for k in "figo"]), np.stack([W[k] for k in "figo"]), "figo")
    got_h, got_C, _ = ref["lstm_step_forward"](x[None], h[None], C[None], Wx, Wh, np.zeros(4 * H))
    assert error(got_h[0], next_h) < EXACT and error(got_C[0], next_C) < EXACT
    stacked = np.concatenate([h, x]) @ ref["concat_W"](Wx, Wh)
    assert error(stacked, np.concatenate([sums[k] for k in "ifog"])) < EXACT


def worksheet_cell(U, W, x, h, C, Wg):
    """The worksheet's LSTM in its own words: vectors, order f, i, o, g, no biases. Returns h, C and o."""
    f, i, o = (squash(x @ U[k] + h @ W[k]) for k in range(3))
    C = f * C + i * np.tanh(x @ U[3] + h @ Wg)
    return np.tanh(C) * o, C, o


@pytest.mark.parametrize("T", [1, 2, 5])
def test_the_worksheets_gradient(T, D=3, H=4):
    rng = np.random.default_rng(5)
    U, W, xs = rng.standard_normal((4, D, H)), rng.standard_normal((4, H, H)), rng.standard_normal((T, D))
    dJ_dh = rng.standard_normal(H)

    def run(steps, Wg):
        h, C = np.zeros(H), np.zeros(H)
        for x in xs[:steps]:
            h, C, _ = worksheet_cell(U, W, x, h, C, Wg)
        return h, C

    def step(which):
        return lambda h, C, Wg: worksheet_cell(U, W, xs[-1], h, C, Wg)[which]

    before = run(T - 1, W[3])
    at = (*before, W[3])
    h, C, o = worksheet_cell(U, W, xs[-1], *at)
    dW = ref["assemble_dWg"](
        dh_dhprev=complex_step(step(0), at, 0),
        dhprev_dW=complex_step(lambda Wg: run(T - 1, Wg)[0] + 0j, (W[3],), 0),
        dJ_dh=dJ_dh,
        dC_dW=complex_step(step(1), at, 2),
        dCprev_dW=complex_step(lambda Wg: run(T - 1, Wg)[1] + 0j, (W[3],), 0),
        dC_dCprev=complex_step(step(1), at, 1),
        dh_dC=complex_step(lambda C: np.tanh(C) * o, (C,), 0),
        dh_do=complex_step(lambda o: np.tanh(C) * o, (o,), 0),
    )
    expected = complex_step(lambda Wg: (dJ_dh * run(T, Wg)[0]).sum() + 0j, (W[3],), 0)
    assert error(dW, expected) < EXACT
    Wx, Wh = ref["pack_gates"](U, W, "fiog")
    _, cache = ref["lstm_forward"](xs[None], np.zeros((1, H)), Wx, Wh, np.zeros(4 * H))
    dh = np.zeros((1, T, H))
    dh[0, -1] = dJ_dh
    dWh = ref["lstm_backward"](dh, cache)[3]
    assert error(ref["unpack_gates"](Wx, dWh, "fiog")[1][3], expected) < EXACT


# ---- GRU ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_gru_step(N, T, D, H, after):
    x, h0, Wx, Wh, b, dh, *_ = draw(N, T, D, H, 3)
    args = (x[:, 0], h0, Wx, Wh, b)
    next_h, cache = ref["gru_step_forward"](*args, reset_after=after)
    assert error(next_h, oracle_gru_step(*args, after).real) < EXACT
    for i, grad in enumerate(ref["gru_step_backward"](dh[:, 0], cache)):
        expected = complex_step(lambda *a: (dh[:, 0] * oracle_gru_step(*a, after)).sum(), args, i)
        assert error(grad, expected) < EXACT


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_gru_sequence(N, T, D, H, after):
    *args, dh, _, _ = draw(N, T, D, H, 3)
    h, cache = ref["gru_forward"](*args, reset_after=after)
    assert error(h, oracle_gru(*args, after).real) < EXACT
    for i, grad in enumerate(ref["gru_backward"](dh, cache)):
        assert error(grad, complex_step(lambda *a: (dh * oracle_gru(*a, after)).sum(), args, i)) < EXACT


def test_the_two_conventions_differ_and_agree_where_nothing_is_reset():
    *args, _, _, _ = draw(2, 3, 4, 5, 3)
    before, after = (ref["gru_forward"](*args, reset_after=a)[0] for a in (False, True))
    assert error(before, after) > 1e-3
    x, h0, Wx, Wh, b = args
    b = b.copy()
    b[:5] = 100  # r = 1
    before, after = (ref["gru_forward"](x, h0, Wx, Wh, b, reset_after=a)[0] for a in (False, True))
    assert error(before, after) < EXACT


def test_z_keeps_the_old_state():
    *args, _, _, _ = draw(2, 1, 4, 5, 3)
    x, h0, Wx, Wh, b = args
    b = b.copy()
    b[5:10] = 100
    assert error(ref["gru_forward"](x, h0, Wx, Wh, b)[0][:, 0], h0) < EXACT


def test_single_precision_stays_single():
    for blocks, cell in ((4, "lstm"), (3, "gru")):
        *args, dh, _, _ = (a.astype(np.float32) for a in draw(2, 3, 4, 5, blocks))
        h, cache = ref[f"{cell}_forward"](*args)
        assert {r.dtype for r in (h, *ref[f"{cell}_backward"](dh, cache))} == {np.dtype(np.float32)}
