"""The solutions of problem set 1 against CS231n's published numbers and against oracles that share no code.

The oracles are forward passes written here with sums over named indices; they accept complex numbers, so
their derivatives come from the complex step and are exact to rounding.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.oracles import complex_step, error, frozen, ramp

NOTEBOOK = Path(__file__).resolve().parents[1] / "solutions" / "ps1_rnn" / "ps1_rnn.ipynb"
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


def draw(N, T, D, H, seed=0):
    """x, h0, Wx, Wh, b, dh of a sequence, read-only."""
    rng = np.random.default_rng(seed)
    shapes = [(N, T, D), (N, H), (D, H), (H, H), (H,), (N, T, H)]
    return frozen(*(0.7 * rng.standard_normal(s) for s in shapes))


# ---- oracles --------------------------------------------------------------------------------------


def oracle_step(x, prev_h, Wx, Wh, b):
    return np.tanh(np.einsum("nd,dh->nh", x, Wx) + np.einsum("ng,gh->nh", prev_h, Wh) + b)


def oracle_states(x, h0, Wx, Wh, b):
    """h_0 to h_T, as a list."""
    states = [h0]
    for t in range(x.shape[1]):
        states.append(oracle_step(x[:, t], states[-1], Wx, Wh, b))
    return states


def oracle_energy(x, h0, Wx, Wh, b, dh):
    """A number whose per-step gradients with respect to the states are dh."""
    return sum((dh[:, t] * h).sum() for t, h in enumerate(oracle_states(x, h0, Wx, Wh, b)[1:]))


def oracle_truncated(args, dh, k):
    """The five gradients, straight from the definition: E_t is differentiated with h_(t-k) held constant."""
    states = oracle_states(*args)

    def energy(x, h0, Wx, Wh, b):
        total = 0
        for t in range(1, dh.shape[1] + 1):
            h = states[t - k] if t > k else h0
            for s in range(max(1, t - k + 1), t + 1):
                h = oracle_step(x[:, s - 1], h, Wx, Wh, b)
            total = total + (dh[:, t - 1] * h).sum()
        return total

    return [complex_step(energy, args, i) for i in range(5)]


def oracle_loss(x, y, mask):
    N, T, V = x.shape
    total = 0
    for n in range(N):
        for t in range(T):
            if mask[n, t]:
                total = total - np.log(np.exp(x[n, t, y[n, t]]) / sum(np.exp(x[n, t, v]) for v in range(V)))
    return total / N


# ---- CS231n's published numbers -------------------------------------------------------------------


def test_published_step():
    N, D, H = 3, 10, 4
    next_h, _ = ref["rnn_step_forward"](
        ramp(-0.4, 0.7, N, D),
        ramp(-0.2, 0.5, N, H),
        ramp(-0.1, 0.9, D, H),
        ramp(-0.3, 0.7, H, H),
        ramp(-0.2, 0.4, H),
    )
    assert np.allclose(next_h[0], [-0.58172089, -0.50182032, -0.41232771, -0.31410098], rtol=0, atol=1e-8)


def test_published_sequence():
    N, T, D, H = 2, 3, 4, 5
    h, _ = ref["rnn_forward"](
        ramp(-0.1, 0.3, N, T, D),
        ramp(-0.3, 0.1, N, H),
        ramp(-0.2, 0.4, D, H),
        ramp(-0.4, 0.1, H, H),
        ramp(-0.7, 0.1, H),
    )
    expected = [-0.51014825, -0.30524429, -0.06755202, 0.17806392, 0.40333043]
    assert np.allclose(h[1, 2], expected, rtol=0, atol=1e-8)


def test_published_loss_of_a_whole_captioning_network():
    N, D, W, H, T, V = 10, 20, 30, 40, 13, 3

    def parameter(*shape):
        return ramp(-1.4, 1.3, *shape)

    captions = (np.arange(N * T) % V).reshape(N, T)
    h0 = ramp(-1.5, 0.3, N, D) @ parameter(D, H) + parameter(H)
    words, _ = ref["word_embedding_forward"](captions[:, :-1], parameter(V, W))
    h, _ = ref["rnn_forward"](words, h0, parameter(W, H), parameter(H, H), parameter(H))
    scores, _ = ref["temporal_affine_forward"](h, parameter(H, V), parameter(V))
    loss, _ = ref["temporal_softmax_loss"](scores, captions[:, 1:], captions[:, 1:] != 0)
    assert loss == pytest.approx(9.83235591003, abs=1e-10)


# ---- the recurrence -------------------------------------------------------------------------------


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_step(N, T, D, H):
    x, h0, Wx, Wh, b, dh = draw(N, T, D, H)
    args = (x[:, 0], h0, Wx, Wh, b)
    next_h, cache = ref["rnn_step_forward"](*args)
    assert error(next_h, oracle_step(*args)) < EXACT
    grads = ref["rnn_step_backward"](dh[:, 0], cache)
    for i, grad in enumerate(grads):
        expected = complex_step(lambda *a: (dh[:, 0] * oracle_step(*a)).sum(), args, i)
        assert error(grad, expected) < EXACT


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_sequence(N, T, D, H):
    *args, dh = draw(N, T, D, H)
    h, cache = ref["rnn_forward"](*args)
    assert error(h, np.stack(oracle_states(*args)[1:], axis=1)) < EXACT
    for i, grad in enumerate(ref["rnn_backward"](dh, cache)):
        assert error(grad, complex_step(lambda *a: oracle_energy(*a, dh), args, i)) < EXACT


@pytest.mark.parametrize("N, T, D, H", SIZES)
@pytest.mark.parametrize("k", [1, 2, 3, 4, 7])
def test_truncated_follows_its_definition(N, T, D, H, k):
    *args, dh = draw(N, T, D, H)
    _, cache = ref["rnn_forward"](*args)
    got = ref["rnn_backward_truncated"](dh, cache, k)
    for grad, expected in zip(got, oracle_truncated(args, dh, k), strict=True):
        assert error(grad, expected) < EXACT


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_a_window_of_the_whole_sequence_truncates_nothing(N, T, D, H):
    *args, dh = draw(N, T, D, H)
    _, cache = ref["rnn_forward"](*args)
    full = ref["rnn_backward"](dh, cache)
    for k in (T, T + 5):
        for a, b in zip(ref["rnn_backward_truncated"](dh, cache, k), full, strict=True):
            assert error(a, b) < EXACT
    if T > 1:
        shorter = ref["rnn_backward_truncated"](dh, cache, T - 1)
        assert all(error(a, b) > 1e-6 for a, b in zip(shorter, full, strict=True))


def test_a_window_of_one_keeps_the_immediate_terms_only():
    *args, dh = draw(3, 4, 6, 5)
    _, cache = ref["rnn_forward"](*args)
    dx, dh0, dWx, dWh, db = ref["rnn_backward_truncated"](dh, cache, 1)
    alone = [ref["rnn_step_backward"](dh[:, t], cache[t]) for t in range(4)]
    assert error(dx, np.stack([g[0] for g in alone], axis=1)) < EXACT
    assert error(dh0, alone[0][1]) < EXACT
    for got, i in ((dWx, 2), (dWh, 3), (db, 4)):
        assert error(got, sum(g[i] for g in alone)) < EXACT


def test_only_losses_whose_window_reaches_the_first_step_flow_into_h0():
    *args, dh = draw(2, 5, 3, 4)
    _, cache = ref["rnn_forward"](*args)
    for t in range(5):
        only = np.zeros_like(dh)
        only[:, t] = dh[:, t]
        for k in range(1, 7):
            dx, dh0, *_ = ref["rnn_backward_truncated"](only, cache, k)
            assert np.any(dh0) == (t < k)
            reached = [bool(np.any(dx[:, s])) for s in range(5)]
            assert reached == [t - k < s <= t for s in range(5)]


def test_sequence_functions_use_the_steps_of_their_namespace_and_never_open_a_cache():
    """Foreign steps with caches of their own, which also write into the gradient they are given."""
    own = load()
    *args, dh = draw(2, 5, 3, 4)
    _, cache = own["rnn_forward"](*args)
    expected = [own["rnn_backward"](dh, cache), own["rnn_backward_truncated"](dh, cache, 3)]
    calls = []

    def step_forward(x, prev_h, Wx, Wh, b):
        calls.append("forward")
        next_h = oracle_step(x, prev_h, Wx, Wh, b)
        return next_h, {"Wh": Wh, "h": next_h, "Wx": Wx, "x": x, "before": prev_h}

    def step_backward(dnext_h, cache):
        calls.append("backward")
        dnext_h *= 1 - cache["h"] ** 2
        dWx, dWh = cache["x"].T @ dnext_h, cache["before"].T @ dnext_h
        return dnext_h @ cache["Wx"].T, dnext_h @ cache["Wh"].T, dWx, dWh, dnext_h.sum(axis=0)

    own.update(rnn_step_forward=step_forward, rnn_step_backward=step_backward)
    _, cache = own["rnn_forward"](*args)
    got = [own["rnn_backward"](dh, cache), own["rnn_backward_truncated"](dh, cache, 3)]
    assert calls == ["forward"] * 5 + ["backward"] * (5 + 1 + 2 + 3 + 3 + 3)
    for a, b in zip(got, expected, strict=True):
        assert all(error(x, y) < EXACT for x, y in zip(a, b, strict=True))


# ---- the layers around it -------------------------------------------------------------------------


@pytest.mark.parametrize("N, T, V, D", [(3, 5, 4, 6), (1, 4, 7, 3), (3, 1, 5, 2)])
def test_embedding(N, T, V, D):
    rng = np.random.default_rng(1)
    x, W, dout = frozen(rng.integers(0, V, (N, T)), rng.standard_normal((V, D)), rng.standard_normal((N, T, D)))
    out, cache = ref["word_embedding_forward"](x, W)
    one_hot = (x[:, :, None] == np.arange(V)).astype(float)
    assert np.array_equal(out, np.einsum("ntv,vd->ntd", one_hot, W))
    dW = ref["word_embedding_backward"](dout, cache)
    assert error(dW, np.einsum("ntv,ntd->vd", one_hot, dout)) < EXACT


def test_embedding_adds_up_repeated_words():
    x = np.array([[1, 1, 1], [3, 1, 3]])
    _, cache = ref["word_embedding_forward"](x, np.zeros((5, 2)))
    dW = ref["word_embedding_backward"](np.ones((2, 3, 2)), cache)
    assert dW[:, 0].tolist() == [0, 4, 0, 2, 0]


@pytest.mark.parametrize("N, T, D, M", [(3, 4, 6, 5), (1, 5, 4, 7), (2, 1, 5, 3), (2, 3, 1, 1)])
def test_temporal_affine(N, T, D, M):
    rng = np.random.default_rng(2)
    shapes = [(N, T, D), (D, M), (M,), (N, T, M)]
    *args, dout = frozen(*(rng.standard_normal(s) for s in shapes))

    def oracle(x, w, b):
        return np.einsum("ntd,dm->ntm", x, w) + b

    out, cache = ref["temporal_affine_forward"](*args)
    assert error(out, oracle(*args)) < EXACT
    for i, grad in enumerate(ref["temporal_affine_backward"](dout, cache)):
        assert error(grad, complex_step(lambda *a: (dout * oracle(*a)).sum(), args, i)) < EXACT


def draw_loss(N, T, V, seed=3):
    rng = np.random.default_rng(seed)
    return frozen(rng.standard_normal((N, T, V)), rng.integers(0, V, (N, T)), rng.random((N, T)) < 0.7)


@pytest.mark.parametrize("N, T, V", [(3, 5, 4), (1, 6, 5), (4, 1, 3)])
def test_loss(N, T, V):
    x, y, mask = draw_loss(N, T, V)
    loss, dx = ref["temporal_softmax_loss"](x, y, mask)
    assert error(loss, oracle_loss(x, y, mask)) < EXACT
    assert error(dx, complex_step(lambda x: oracle_loss(x, y, mask), (x,), 0)) < EXACT
    assert np.all(dx[~mask] == 0)


@pytest.mark.parametrize("V", [27, 65, 1004])
def test_equal_scores_cost_T_ln_V(V):
    N, T = 2, 7
    loss, _ = ref["temporal_softmax_loss"](np.full((N, T, V), 5.0), np.zeros((N, T), int), np.ones((N, T), bool))
    assert loss == pytest.approx(T * np.log(V), rel=1e-14)


def test_loss_survives_huge_scores_and_an_empty_mask():
    x, y, mask = draw_loss(3, 4, 5)
    with np.errstate(all="raise", under="ignore"):
        loss, dx = ref["temporal_softmax_loss"](1e4 * x, y, mask)
        assert np.isfinite(loss) and np.all(np.isfinite(dx))
        loss, dx = ref["temporal_softmax_loss"](x, y, np.zeros_like(mask))
        assert loss == 0 and not np.any(dx)


def test_verbose_prints_and_changes_nothing(capsys):
    x, y, mask = draw_loss(2, 3, 4)
    quiet = ref["temporal_softmax_loss"](x, y, mask)
    assert capsys.readouterr().out == ""
    loud = ref["temporal_softmax_loss"](x, y, mask, verbose=True)
    assert "(2, 3, 4)" in capsys.readouterr().out
    assert loud[0] == quiet[0] and np.array_equal(loud[1], quiet[1])


def test_single_precision_stays_single():
    *args, dh = (a.astype(np.float32) for a in draw(2, 3, 4, 5))
    h, cache = ref["rnn_forward"](*args)
    results = [h, *ref["rnn_backward"](dh, cache), *ref["rnn_backward_truncated"](dh, cache, 2)]
    x, y, mask = draw_loss(2, 3, 4)
    results.append(ref["temporal_softmax_loss"](x.astype(np.float32), y, mask)[1])
    out, cache = ref["word_embedding_forward"](y, np.ones((4, 2), np.float32))
    results += [out, ref["word_embedding_backward"](out, cache)]
    assert {r.dtype for r in results} == {np.dtype(np.float32)}


# ---- the cell with a state ------------------------------------------------------------------------


def test_cell_has_the_stated_shapes_and_starts_empty():
    net = ref["VanillaRNN"](5, 4, 3, np.random.default_rng(0))
    shapes = {"W_hh": (4, 4), "W_xh": (4, 5), "W_hy": (3, 4), "B_h": (4,), "B_y": (3,), "h": (4,)}
    assert {name: getattr(net, name).shape for name in shapes} == shapes
    assert not np.any(net.h) and not np.any(net.B_h) and not np.any(net.B_y)


def test_cell_draws_its_weights_from_the_generator_at_the_stated_scale():
    a, b = (ref["VanillaRNN"](50, 80, 60, np.random.default_rng(7)) for _ in range(2))
    for name, columns in (("W_hh", 80), ("W_xh", 50), ("W_hy", 80)):
        assert np.array_equal(getattr(a, name), getattr(b, name))
        assert getattr(a, name).std() * np.sqrt(columns) == pytest.approx(1, abs=0.1)


def test_cell_carries_its_state_and_shares_none():
    rng = np.random.default_rng(8)
    k, H, m, T = 5, 4, 3, 6
    net, other = (ref["VanillaRNN"](k, H, m, np.random.default_rng(9)) for _ in range(2))
    net.B_h, net.B_y = rng.standard_normal(H), rng.standard_normal(m)
    (xs,) = frozen(rng.standard_normal((T, k)))
    h = np.zeros(H)
    given, expected = [], []
    for x in xs:
        given.append(net.forward(x))
        h = np.tanh(
            [
                sum(net.W_hh[i, j] * h[j] for j in range(H)) + sum(net.W_xh[i, j] * x[j] for j in range(k)) + net.B_h[i]
                for i in range(H)
            ]
        )
        expected.append([sum(net.W_hy[i, j] * h[j] for j in range(H)) + net.B_y[i] for i in range(m)])
        assert error(net.h, h) < EXACT
    assert error(np.array(given), np.array(expected)) < EXACT
    assert not np.any(other.h)
