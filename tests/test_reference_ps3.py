"""The solutions of problem set 3 against oracles that share no code, and its examples against wrong and right ones.

Gradients come from the complex step through forward passes written here, or from central differences where a
kink stands in its way; spectra from the roots of a polynomial and from power iteration.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from autograder.checks import ps3_flow
from autograder.problem_set import load
from tests.oracles import error, frozen

SIZES = [(3, 4, 6, 5), (1, 5, 4, 6), (2, 1, 5, 3), (1, 1, 2, 4)]  # N, T, D, H
EXACT = 1e-12

ref = load("ps3_flow").reference.plain


def complex_step(f, value, h=1e-30):
    """The gradient of the number f(value)."""
    moved, grad = np.array(value, dtype=complex), np.zeros(np.shape(value))
    for index in np.ndindex(grad.shape):
        moved[index] += 1j * h
        grad[index] = np.imag(f(moved)) / h
        moved[index] = value[index]
    return grad


def draw(N, T, D, H, gates=1, seed=0):
    """x, h0, Wx, Wh, b and dh for the last step, read-only."""
    rng = np.random.default_rng(seed)
    shapes = [(N, T, D), (N, H), (D, gates * H), (H, gates * H), (gates * H,), (N, H)]
    return frozen(*(0.7 * rng.standard_normal(s) for s in shapes))


# ---- oracles --------------------------------------------------------------------------------------


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def tanh_from(h, xs, Wx, Wh, b):
    for x in xs:
        h = np.tanh(np.einsum("nd,dh->nh", x, Wx) + np.einsum("ng,gh->nh", h, Wh) + b)
    return h


def lstm_from(h, c, xs, Wx, Wh, b):
    """The last pair of states, and the forget gates of all steps."""
    gates = []
    for x in xs:
        a = np.einsum("nd,dh->nh", x, Wx) + np.einsum("ng,gh->nh", h, Wh) + b
        i, f, o, g = (a[:, k * h.shape[1] : (k + 1) * h.shape[1]] for k in range(4))
        gates.append(sigmoid(f))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h, c, gates


def relu_states(x, h0, Wx, Wh, b):
    states, h = [], h0
    for t in range(x.shape[1]):
        a = np.einsum("nd,dh->nh", x[:, t], Wx) + np.einsum("ng,gh->nh", h, Wh) + b
        h = np.where(a.real > 0, a, 0 * a)  # follows the complex step through every unit that is on
        states.append(h)
    return np.stack(states, axis=1)


# ---- matrices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("H", [1, 2, 5, 6])
def test_spectral_report(H):
    (W,) = frozen(np.random.default_rng(H).standard_normal((H, H)))
    sigma_max, rho = ref["spectral_report"](W)
    assert np.shape(sigma_max) == np.shape(rho) == () and np.isrealobj(rho)
    v = np.ones(H) / np.sqrt(H)
    for _ in range(5000):
        v = W.T @ (W @ v)
        v /= np.linalg.norm(v)
    assert sigma_max == pytest.approx(np.linalg.norm(W @ v), rel=1e-8)
    assert rho == pytest.approx(np.abs(np.roots(np.poly(W))).max(), rel=1e-8)
    power = np.linalg.matrix_power(W / rho, 2000)
    assert np.linalg.norm(power) ** (1 / 2000) == pytest.approx(1, abs=0.01)


def test_spectral_report_of_known_matrices():
    assert ref["spectral_report"](np.array([[0, 100.0], [0, 0]])) == pytest.approx((100, 0))
    assert ref["spectral_report"](np.array([[0, 2.0], [-2, 0]])) == pytest.approx((2, 2))
    assert ref["spectral_report"](np.diag([-3.0, 1])) == pytest.approx((3, 3))


# ---- gradients on their way back ------------------------------------------------------------------


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_state_gradient_norms(N, T, D, H):
    x, h0, Wx, Wh, b, dh = draw(N, T, D, H)
    norms = ref["state_gradient_norms"](x, h0, Wx, Wh, b, dh)
    assert norms.shape == (T + 1,)
    for t in range(T + 1):
        xs = [x[:, s] for s in range(T)]
        state = tanh_from(h0, xs[:t], Wx, Wh, b)
        grad = complex_step(lambda h, xs=xs, t=t: (dh * tanh_from(h, xs[t:], Wx, Wh, b)).sum(), state)
        assert norms[t] == pytest.approx(np.sqrt((grad**2).sum()), rel=EXACT)


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_lstm_state_gradient_norms(N, T, D, H):
    x, h0, Wx, Wh, b, dh = draw(N, T, D, H, gates=4)
    dh_norms, dc_norms = ref["lstm_state_gradient_norms"](x, h0, Wx, Wh, b, dh)
    assert dh_norms.shape == dc_norms.shape == (T + 1,) and dc_norms[T] == 0
    xs = [x[:, s] for s in range(T)]
    for t in range(T + 1):
        h, c, _ = lstm_from(h0, np.zeros_like(h0), xs[:t], Wx, Wh, b)
        by_h = complex_step(lambda h, c=c, t=t: (dh * lstm_from(h, c, xs[t:], Wx, Wh, b)[0]).sum(), h)
        by_c = complex_step(lambda c, h=h, t=t: (dh * lstm_from(h, c, xs[t:], Wx, Wh, b)[0]).sum(), c)
        assert dh_norms[t] == pytest.approx(np.sqrt((by_h**2).sum()), rel=EXACT)
        assert dc_norms[t] == pytest.approx(np.sqrt((by_c**2).sum()), rel=EXACT, abs=1e-300)


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_forget_gate_products(N, T, D, H):
    x, h0, Wx, Wh, b, _ = draw(N, T, D, H, gates=4)
    products = ref["forget_gate_products"](x, h0, Wx, Wh, b)
    _, _, gates = lstm_from(h0, np.zeros_like(h0), [x[:, t] for t in range(T)], Wx, Wh, b)
    for t in range(T):
        assert error(products[:, t], np.prod(np.array([np.ones((N, H)), *gates[t + 1 :]]), axis=0)) < EXACT


def test_forget_gates_that_are_shut_or_saturated_are_no_trouble():
    x, h0, Wx, Wh, b, _ = draw(2, 4, 3, 5, gates=4)
    with np.errstate(all="raise", under="ignore"):
        assert not np.any(ref["forget_gate_products"](x, h0, Wx, Wh, b - 1e4)[:, :-1])
        assert np.all(ref["forget_gate_products"](x, h0, Wx, Wh, b + 1e4) == 1)


def test_one_direct_road_is_what_the_products_say():
    """With weights that cut every other road, the gradient at the cell state is the product of forget gates."""
    x, h0, Wx, Wh, b, dh = draw(2, 5, 3, 4, gates=4)
    still = np.zeros_like(Wh)
    _, dc_norms = ref["lstm_state_gradient_norms"](x, h0, Wx, still, b, dh)
    products = ref["forget_gate_products"](x, h0, Wx, still, b)
    _, c, _ = lstm_from(h0, np.zeros_like(h0), [x[:, t] for t in range(5)], Wx, still, b)
    o = sigmoid(x[:, -1] @ Wx[:, 8:12] + b[8:12])
    entering = dh * o * (1 - np.tanh(c) ** 2)
    for t in range(4):
        assert dc_norms[t + 1] == pytest.approx(np.linalg.norm(entering * products[:, t]), rel=1e-10)


# ---- ReLU -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("N, T, D, H", SIZES)
def test_relu_rnn(N, T, D, H):
    *args, _ = draw(N, T, D, H)
    (dh,) = frozen(np.random.default_rng(5).standard_normal((N, T, H)))
    h, cache = ref["relu_rnn_forward"](*args)
    assert error(h, relu_states(*args)) < EXACT
    for i, grad in enumerate(ref["relu_rnn_backward"](dh, cache)):

        def energy(value, i=i):
            return (dh * relu_states(*args[:i], value, *args[i + 1 :])).sum()

        assert error(grad, complex_step(energy, args[i])) < EXACT


def test_relu_slope_is_zero_at_zero():
    zeros = np.zeros((2, 3, 4)), np.zeros((2, 5)), np.ones((4, 5)), np.ones((5, 5)), np.zeros(5)
    h, cache = ref["relu_rnn_forward"](*zeros)
    assert not np.any(h)
    assert not any(np.any(grad) for grad in ref["relu_rnn_backward"](np.ones((2, 3, 5)), cache))


def test_an_irnn_hands_on_state_and_gradient_as_they_are():
    Wx, Wh, b = ref["init_irnn"](4, 6, np.random.default_rng(0))
    h0 = np.abs(np.random.default_rng(1).standard_normal((3, 6)))
    h, cache = ref["relu_rnn_forward"](np.zeros((3, 50, 4)), h0, Wx, Wh, b)
    assert np.array_equal(h[:, -1], h0)
    dh = np.zeros((3, 50, 6))
    dh[:, -1] = 1
    assert np.array_equal(ref["relu_rnn_backward"](dh, cache)[1], dh[:, -1])


def test_init_irnn():
    Wx, Wh, b = ref["init_irnn"](70, 90, np.random.default_rng(3))
    again, _, _ = ref["init_irnn"](70, 90, np.random.default_rng(3))
    assert np.array_equal(Wx, again) and Wx.std() == pytest.approx(0.001, rel=0.05) and abs(Wx.mean()) < 5e-5
    assert np.array_equal(Wh, np.identity(90)) and b.shape == (90,) and not np.any(b)


# ---- remedies -------------------------------------------------------------------------------------


def draw_grads(seed=0):
    rng = np.random.default_rng(seed)
    grads = {"W": 3 * rng.standard_normal((4, 5)), "b": rng.standard_normal(5), "c": rng.standard_normal(1)}
    frozen(*grads.values())
    return grads, np.concatenate([g.ravel() for g in grads.values()])


@pytest.mark.parametrize("max_norm", [1e-3, 1.0, 5.0])
def test_clip_grad_norm_shortens(max_norm):
    grads, flat = draw_grads()
    clipped, norm = ref["clip_grad_norm"](grads, max_norm)
    assert norm == pytest.approx(np.sqrt((flat**2).sum()), rel=EXACT)
    assert list(clipped) == list(grads)
    after = np.concatenate([clipped[name].ravel() for name in grads])
    assert np.sqrt((after**2).sum()) == pytest.approx(max_norm, rel=EXACT)
    assert error(after, flat * (max_norm / np.sqrt((flat**2).sum()))) < EXACT
    assert all(clipped[name].shape == grads[name].shape for name in grads)


def test_clip_grad_norm_leaves_short_gradients_and_zero_alone():
    grads, flat = draw_grads()
    for limit in (np.sqrt((flat**2).sum()) * 1.0001, 1e9, np.inf):
        clipped, _ = ref["clip_grad_norm"](grads, limit)
        assert all(np.array_equal(clipped[name], grads[name]) for name in grads)
    with np.errstate(all="raise"):
        clipped, norm = ref["clip_grad_norm"]({name: 0 * g for name, g in grads.items()}, 1.0)
    assert norm == 0 and not any(np.any(g) for g in clipped.values())


@pytest.mark.parametrize("c", [0.01, 0.5, 100.0])
def test_clip_grad_value(c):
    grads, _ = draw_grads()
    clipped = ref["clip_grad_value"](grads, c)
    for name, grad in grads.items():
        expected = [max(-c, min(c, entry)) for entry in grad.ravel()]
        assert np.array_equal(clipped[name].ravel(), expected)


def test_clip_cosines():
    grads, flat = draw_grads()
    limits = np.array([1e-6, 0.1, 1.0, 1e3])
    by_norm, by_value = ref["clip_cosines"](grads, limits)
    assert np.allclose(by_norm, 1, rtol=0, atol=EXACT)
    unit = flat / np.sqrt((flat**2).sum())
    for got, c in zip(by_value, limits, strict=True):
        after = np.clip(flat, -c, c)
        assert got == pytest.approx(unit @ after / np.sqrt((after**2).sum()), rel=EXACT)
    assert by_value[0] == pytest.approx(np.abs(unit).sum() / np.sqrt(len(unit)), rel=EXACT)


@pytest.mark.parametrize("N, T, D, H", [*SIZES, (2, 7, 3, 4)])
@pytest.mark.parametrize("k", [1, 2, 3, 9])
def test_blocks(N, T, D, H, k):
    """The state at the beginning of a block is a constant; the first one's is h0."""
    x, h0, Wx, Wh, b, _ = draw(N, T, D, H)
    (dh,) = frozen(np.random.default_rng(6).standard_normal((N, T, H)))
    starts = [tanh_from(h0, [x[:, s] for s in range(t)], Wx, Wh, b) for t in range(T)]

    def energy(Wx, Wh, b):
        total = 0
        for t in range(T):
            start = t - t % k
            total = (
                total + (dh[:, t] * tanh_from(starts[start], [x[:, s] for s in range(start, t + 1)], Wx, Wh, b)).sum()
            )
        return total

    dWx, dWh, db = ref["rnn_gradient_in_blocks"](x, h0, Wx, Wh, b, dh, k)
    assert error(dWx, complex_step(lambda value: energy(value, Wh, b), Wx)) < EXACT
    assert error(dWh, complex_step(lambda value: energy(Wx, value, b), Wh)) < EXACT
    assert error(db, complex_step(lambda value: energy(Wx, Wh, value), b)) < EXACT


def test_single_precision_stays_single():
    x, h0, Wx, Wh, b, dh = (a.astype(np.float32) for a in draw(2, 3, 4, 5))
    h, cache = ref["relu_rnn_forward"](x, h0, Wx, Wh, b)
    results = [h, *ref["relu_rnn_backward"](h, cache), *ref["rnn_gradient_in_blocks"](x, h0, Wx, Wh, b, h, 2)]
    grads = {"a": x, "b": b}
    results += [*ref["clip_grad_norm"](grads, 0.5)[0].values(), *ref["clip_grad_value"](grads, 0.5).values()]
    assert {r.dtype for r in results} == {np.dtype(np.float32)}


# ---- examples: any right one passes, no wrong one does ----------------------------------------------


def passes(call, name: str, answer, *sizes) -> bool:
    """Whether an answer has every property on every size; a sentence in place of a verdict counts as no."""
    try:
        return all(np.all(v) for size in sizes for v in call(SimpleNamespace(**{name: answer}), size))
    except AssertionError as refused:
        assert str(refused)[-1] not in "\n " and len(str(refused)) > 20
        return False


def conjugated(W, seed=0):
    """The same matrix in another orthogonal basis."""
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal(W.shape))[0]
    return Q @ W @ Q.T


def shifted(n, diagonal, above):
    return diagonal * np.eye(n) + above * np.eye(n, k=1)


def rotation(n, angle=1.0):
    R = np.eye(n)
    R[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return R


VANISHING = {
    "nilpotent of two": lambda n: shifted(n, 0, 0) + 7 * np.eye(n, k=n - 1),
    "nilpotent of n": lambda n: shifted(n, 0, 1.1),
    "below the diagonal": lambda n: shifted(n, 0.5, 3).T,
    "negative": lambda n: shifted(n, -0.9, 2),
    "in another basis": lambda n: conjugated(shifted(n, 0.6, 5)),
    "whole numbers": lambda n: np.eye(n, k=1, dtype=int) * 2,
    "single precision": lambda n: shifted(n, 0.5, 3).astype(np.float32),
    "a million": lambda n: shifted(n, 0, 0) + 1e6 * np.eye(n, k=n - 1),
    "slow": lambda n: shifted(n, 0.95, 1),
    "turning": lambda n: 0.9 * rotation(n) @ np.diag([3, 1 / 3, *[1] * (n - 2)]) * 0.6,
}
NOT_VANISHING = {
    "small": lambda n: 0.5 * np.eye(n),
    "large": lambda n: 2 * np.eye(n),
    "identity": lambda n: np.eye(n),
    "zero": lambda n: np.zeros((n, n)),
    "hardly above one": lambda n: shifted(n, 0, 1.0),
    "too slow": lambda n: shifted(n, 0.999, 2),
    "nan": lambda n: np.full((n, n), np.nan),
    "one nan": lambda n: shifted(n, 0, 2) + np.diag([np.nan] + [0] * (n - 1)),
    "inf": lambda n: np.where(np.eye(n, k=1), np.inf, 0),
    "overflowing": lambda n: 1e300 * np.eye(n, k=1),
    "complex": lambda n: shifted(n, 0, 2) * (1 + 0j),
    "a list": lambda n: shifted(n, 0, 2).tolist(),
    "None": lambda n: None,
    "a number": lambda n: 2.0,
    "words": lambda n: np.full((n, n), "2"),
    "booleans": lambda n: np.eye(n, k=1, dtype=bool),
    "objects": lambda n: shifted(n, 0, 2).astype(object),
    "too large": lambda n: shifted(n + 1, 0, 2),
    "flat": lambda n: shifted(n, 0, 2).ravel(),
    "a stack": lambda n: shifted(n, 0, 2)[None],
    "always two": lambda n: shifted(2, 0, 2),
    "denormal": lambda n: 5e-324 * np.eye(n, k=1),
    "growing slowly": lambda n: shifted(n, 1.001, 2),
    "a rotation": lambda n: 1.2 * rotation(n),
}
GROWING = {
    "shear": lambda n: shifted(n, 0, 0) + 0.9 * np.eye(n) + 50 * np.eye(n, k=n - 1),
    "negative": lambda n: shifted(n, -0.9, 100),
    "of rows": lambda n: shifted(n, 0.9, 10).T,
    "in another basis": lambda n: conjugated(shifted(n, 0.9, 10)),
    "slow": lambda n: shifted(n, 0.95, 1),
    "single precision": lambda n: shifted(n, 0.9, 100).astype(np.float32),
    "turning": lambda n: 0.95 * np.diag([30, 1 / 30, *[1] * (n - 2)]) @ rotation(n, 0.3)
    @ np.diag([1 / 30, 30, *[1] * (n - 2)]),
}  # fmt: skip
NOT_GROWING = {
    "zero": lambda n: np.zeros((n, n)),
    "small": lambda n: 0.5 * np.eye(n),
    "for ever": lambda n: 1.1 * np.eye(n),
    "nilpotent": lambda n: 100.0 * np.eye(n, k=n - 1),
    "large and shrinking": lambda n: 0.5 * np.eye(n) + 100 * np.eye(n, k=n - 1),
    "not twice": lambda n: 0.7 * np.eye(n) + 100 * np.eye(n, k=n - 1),
    "a rotation": lambda n: rotation(n),
    "shrunk first": lambda n: 1e-3 * shifted(n, 0.9, 100),
    "tiny": lambda n: 1e-200 * shifted(n, 0.9, 100),
    "denormal": lambda n: 5e-324 * np.eye(n),
    "too slow": lambda n: shifted(n, 0.999, 100),
    "radius one": lambda n: shifted(n, 1.0, 100),
    "nan": lambda n: np.full((n, n), np.nan),
    "inf": lambda n: np.where(np.eye(n, k=1), np.inf, 0.9 * np.eye(n)),
    "overflowing": lambda n: shifted(n, 0.9, 1e300),
    "complex": lambda n: shifted(n, 0.9, 100) * (1 + 0j),
    "a list": lambda n: shifted(n, 0.9, 100).tolist(),
    "None": lambda n: None,
    "always three": lambda n: shifted(3, 0.9, 100),
    "flat": lambda n: shifted(n, 0.9, 100).ravel(),
}
NS = (2, 3, 7)


@pytest.mark.parametrize("label", VANISHING)
def test_right_vanishing_powers_pass(label):
    assert passes(ps3_flow.call_vanishing_powers, "vanishing_powers", VANISHING[label], *NS)


@pytest.mark.parametrize("label", NOT_VANISHING)
def test_wrong_vanishing_powers_do_not(label):
    assert not passes(ps3_flow.call_vanishing_powers, "vanishing_powers", NOT_VANISHING[label], *NS)


@pytest.mark.parametrize("label", GROWING)
def test_right_growing_powers_pass(label):
    assert passes(ps3_flow.call_growing_powers, "growing_powers", GROWING[label], *NS)


@pytest.mark.parametrize("label", NOT_GROWING)
def test_wrong_growing_powers_do_not(label):
    assert not passes(ps3_flow.call_growing_powers, "growing_powers", NOT_GROWING[label], *NS)


def bits(first, rest=(-1, 1, 0), dtype=float):
    """Inputs that tell the bit by `first(bit)` and go on with `rest`."""

    def remember(bit, T):
        return np.array([first(bit), *[rest] * (T - 1)], dtype=dtype)

    return remember


def told(bit):
    return (1, 1, 2 * bit - 1)


def told_last_too(bit, T):
    x = bits(told)(bit, T)
    x[-1, 2] = bit
    return x


REMEMBERED = {
    "as it is": bits(told),
    "whole numbers": bits(told, dtype=int),
    "single precision": bits(told, dtype=np.float32),
    "nothing to write": bits(told, (0, 1, 1 / 3)),
    "weaker": bits(lambda bit: (0.9, 0, 0.9 * (2 * bit - 1))),
    "nought and one": bits(lambda bit: (1, -1, bit)),
    "writing the opposite of what leaks": lambda bit, T: bits(told, (-0.5, 1, 0.3))(bit, T),
}
NOT_REMEMBERED = {
    "zeros": lambda bit, T: np.zeros((T, 3)),
    "the same for both": bits(lambda bit: (1, 1, 1)),
    "told and silent": bits(told, (0, 0, 0)),
    "gate open, writing": bits(told, (0, 1, 0)),
    "leaking": bits(told, (-1, 0.5, 0)),
    "told at every step": lambda bit, T: np.tile(told(bit), (T, 1)),
    "told at the end": told_last_too,
    "exchanged": bits(lambda bit: (1, 1, 1 - 2 * bit)),
    "too large": bits(told, (-1, 1.01, 0)),
    "huge": bits(lambda bit: (1e300, 1e300, 1e300 * (2 * bit - 1)), (-1e300, 1e300, 0)),
    "nan": bits(told, (-1, 1, np.nan)),
    "inf": bits(told, (-np.inf, np.inf, 0)),
    "complex": bits(told, dtype=complex),
    "a list": lambda bit, T: bits(told)(bit, T).tolist(),
    "None": lambda bit, T: None,
    "too short": lambda bit, T: bits(told)(bit, T)[:-1],
    "turned": lambda bit, T: bits(told)(bit, T).T,
    "with an axis of examples": lambda bit, T: bits(told)(bit, T)[None],
    "always a hundred": lambda bit, T: bits(told)(bit, 100),
    "a difference of one rounding": lambda bit, T: bits(told, (-1, 1 - bit * 1e-16 * 2, 0))(bit, T),
}
TS = (1, 2, 37, 100)


@pytest.mark.parametrize("label", REMEMBERED)
def test_right_bits_are_remembered(label):
    assert passes(ps3_flow.call_remember_bit, "remember_bit", REMEMBERED[label], *TS)


@pytest.mark.parametrize("label", NOT_REMEMBERED)
def test_wrong_bits_are_not(label):
    assert not passes(ps3_flow.call_remember_bit, "remember_bit", NOT_REMEMBERED[label], *TS)


def test_an_answer_that_returns_the_same_array_twice_is_seen_through():
    """One array for both bits, written anew: what it held for the first bit is what counts."""
    shared = np.zeros((100, 3))

    def remember(bit, T):
        shared[:T] = (-1, 1, 0.5 * bit)
        shared[0] = told(bit)
        return shared[:T]

    assert not passes(ps3_flow.call_remember_bit, "remember_bit", remember, 100)


def test_the_verdict_on_a_bit_agrees_with_the_lstm_of_problem_set_2():
    Wx = np.array([[8.0, 0, 0, 0], [0, 6, 0, 0], [0, 0, 0, 3]])
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.uniform(-1, 1, (2, 30, 3))
        x[:, :, 1] = 1
        h, _ = ref["lstm_forward"](x, np.zeros((2, 1)), Wx, np.zeros((1, 4)), np.array([-2.0, 0, 4, -1]))
        found = ps3_flow.call_remember_bit(SimpleNamespace(remember_bit=lambda bit, T, x=x: x[bit]), 30)
        assert found[0][2:].tolist() == [h[0, -1, 0] <= -0.5, h[1, -1, 0] >= 0.5]
