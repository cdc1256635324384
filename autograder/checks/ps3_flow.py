"""Checks of problem set 3: where gradients go. Three of them ask for an example and test its properties."""

from __future__ import annotations

import numpy as np

from autograder.check import Case, Check, Gradient
from autograder.checks import ps3_mistakes as mistakes
from autograder.checks.draw import rnn_parameters, sequence

GIVEN = {
    "ps1_rnn": ("rnn_step_forward", "rnn_step_backward", "rnn_forward", "rnn_backward"),
    "ps2_lstm": ("lstm_step_forward", "lstm_step_backward", "lstm_forward", "lstm_backward"),
}

SEQUENCE_CASES = (
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.4),
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.1, "called again"),
    Case({"N": 1, "T": 5, "D": 4, "H": 6}, 0.2, "N = 1"),
    Case({"N": 2, "T": 1, "D": 5, "H": 3}, 0.2, "T = 1"),
    Case({"N": 2, "T": 6, "D": 7, "H": 4}, 0.1, "other sizes"),
)
RELU_CASES = (
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.3),
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.1, "called again"),
    Case({"N": 1, "T": 5, "D": 4, "H": 6}, 0.15, "N = 1"),
    Case({"N": 2, "T": 1, "D": 5, "H": 3}, 0.15, "T = 1"),
    Case({"N": 2, "T": 3, "D": 4, "H": 7, "silent": 1}, 0.1, "sums of exactly 0"),
    Case({"N": 2, "T": 3, "D": 192, "H": 256}, 0.2, "large"),
)
WITNESS_CASES = (
    Case({"n": 3}, 0.4),
    Case({"n": 2}, 0.2, "n = 2"),
    Case({"n": 7}, 0.4, "n = 7"),
)


def draw_spectral_report(rng, data, H, turning=0, negative=0):
    Wh = rng.standard_normal((H, H)) / np.sqrt(H)
    if turning:  # its largest eigenvalues are a pair close to the imaginary axis
        blocks = [np.array([[0.1, s], [-s, 0.1]]) for s in 1.5 / 1.3 ** np.arange(H // 2)]
        Wh = np.zeros((H, H))
        for i, block in enumerate(blocks):
            Wh[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = block
        S = np.eye(H) + 0.3 * rng.standard_normal((H, H)) / np.sqrt(H)
        Wh = S @ Wh @ np.linalg.inv(S)
    if negative:  # its largest eigenvalue is negative
        Q = np.linalg.qr(rng.standard_normal((H, H)))[0]
        Wh = Q @ np.diag(np.linspace(-1.6, 1.1, H)) @ Q.T + 0.1 * Wh
    return {"Wh": Wh}


def call_spectral_report(code, Wh):
    return code.spectral_report(Wh)


def draw_size(rng, data, n):
    return {"n": n}


def call_vanishing_powers(code, n):
    W = code.vanishing_powers(n)
    kind = getattr(W, "type_name", type(W).__name__)
    assert isinstance(W, np.ndarray), f"W is of type {kind}; expected an array of shape {(n, n)}"
    assert W.shape == (n, n), f"W has shape {W.shape}; expected {(n, n)} for n = {n}"
    assert W.dtype.kind in "iuf", f"W holds {W.dtype}; expected real numbers"
    W = np.asarray(W, dtype=float)
    assert np.isfinite(W).all(), "W holds nan or inf; expected finite numbers"
    assert np.abs(W).max() <= 1e6, f"W has an entry of size {np.abs(W).max():.7g}; expected at most a million"
    power, gone = np.eye(n), False
    with np.errstate(all="ignore"):
        stretches = np.linalg.norm(W, 2) >= 1.1
        for _ in range(1000):
            power = power @ W
        if np.isfinite(power).all():
            gone = np.linalg.norm(power, 2) < 1e-6
    return (np.array([stretches, gone]),)  # in one output: no credit for the easier half alone


def call_growing_powers(code, n):
    W = code.growing_powers(n)
    kind = getattr(W, "type_name", type(W).__name__)
    assert isinstance(W, np.ndarray), f"W is of type {kind}; expected an array of shape {(n, n)}"
    assert W.shape == (n, n), f"W has shape {W.shape}; expected {(n, n)} for n = {n}"
    assert W.dtype.kind in "iuf", f"W holds {W.dtype}; expected real numbers"
    W = np.asarray(W, dtype=float)
    assert np.isfinite(W).all(), "W holds nan or inf; expected finite numbers"
    assert np.abs(W).max() <= 1e6, f"W has an entry of size {np.abs(W).max():.7g}; expected at most a million"
    power, largest, gone = W, 0.0, False
    with np.errstate(all="ignore"):
        once = np.linalg.norm(W, 2)
        for _ in range(999):
            power = power @ W
            if not np.isfinite(power).all():
                largest = np.inf
                break
            last = np.linalg.norm(power, 2)
            largest = max(largest, last)
        else:
            gone = last < 1e-6
    return (np.array([gone, once > 1, 0 < 2 * once <= largest]),)


def draw_state_gradients(rng, data, N, T, D, H):
    return {**sequence(rng, data, N, T, D, H), "dh": rng.standard_normal((N, H))}


def call_state_gradient_norms(code, x, h0, Wx, Wh, b, dh):
    return (code.state_gradient_norms(x, h0, Wx, Wh, b, dh),)


def draw_lstm(rng, data, N, T, D, H):
    drawn = sequence(rng, data, N, T, D, H)
    gates = rnn_parameters(rng, D, 4 * H)
    return {**drawn, "Wx": gates["Wx"], "Wh": rng.standard_normal((H, 4 * H)) / np.sqrt(H), "b": gates["b"]}


def draw_lstm_state_gradients(rng, data, N, T, D, H):
    return {**draw_lstm(rng, data, N, T, D, H), "dh": rng.standard_normal((N, H))}


def call_lstm_state_gradient_norms(code, x, h0, Wx, Wh, b, dh):
    return code.lstm_state_gradient_norms(x, h0, Wx, Wh, b, dh)


def call_forget_gate_products(code, x, h0, Wx, Wh, b):
    return (code.forget_gate_products(x, h0, Wx, Wh, b),)


def draw_steps(rng, data, T):
    return {"T": T}


def call_remember_bit(code, T):
    told = []
    for bit in (0, 1):
        x = code.remember_bit(bit, T)
        kind = getattr(x, "type_name", type(x).__name__)
        assert isinstance(x, np.ndarray), f"x is of type {kind}; expected an array of shape {(T, 3)}"
        assert x.shape == (T, 3), f"x has shape {x.shape}; expected {(T, 3)} for T = {T}"
        assert x.dtype.kind in "iuf", f"x holds {x.dtype}; expected real numbers"
        assert np.isfinite(x).all(), "x holds nan or inf; expected finite numbers"
        told.append(np.array(x, dtype=float))
    ends = []
    for x in told:
        c = 0.0
        for write, keep, value in np.clip(x, -1e6, 1e6):
            i, f = (1 + np.tanh(np.array([8 * write - 2, 6 * keep]) / 2)) / 2
            c = f * c + i * np.tanh(3 * value - 1)
        ends.append((1 + np.tanh(2)) / 2 * np.tanh(c))
    within = max(np.abs(x).max() for x in told) <= 1
    same = np.array_equal(told[0][1:], told[1][1:])
    return (np.array([same, within, ends[0] <= -0.5, ends[1] >= 0.5]),)


def draw_relu(rng, data, N, T, D, H, silent=0):
    drawn = sequence(rng, data, N, T, D, H)
    if silent:  # without input, state and bias every sum of the first example is exactly zero
        drawn["x"][0], drawn["h0"][0], drawn["b"] = 0, 0, np.zeros(H)
    return drawn


def call_relu_rnn_forward(code, x, h0, Wx, Wh, b):
    h, cache = code.relu_rnn_forward(x, h0, Wx, Wh, b)
    return (h,)


def draw_relu_backward(rng, data, N, T, D, H, silent=0):
    return {**draw_relu(rng, data, N, T, D, H, silent), "dh": rng.standard_normal((N, T, H))}


def call_relu_rnn_backward(code, x, h0, Wx, Wh, b, dh):
    h, cache = code.relu_rnn_forward(x, h0, Wx, Wh, b)
    code.relu_rnn_forward(-x, h0, Wx, Wh, b)  # whatever this one leaves behind, the cache is what counts
    return code.relu_rnn_backward(dh, cache)


def relu_value(code, x, h0, Wx, Wh, b, dh):
    h, cache = code.relu_rnn_forward(x, h0, Wx, Wh, b)
    return h


def draw_init_irnn(rng, data, D, H):
    return {"D": D, "H": H, "seed": int(rng.integers(2**31))}


def call_init_irnn(code, D, H, seed):
    Wx, Wh, b = code.init_irnn(D, H, code.rng(seed))
    again, _, _ = code.init_irnn(D, H, code.rng(seed))
    other, _, _ = code.init_irnn(D, H, code.rng(seed + 1))
    large, _, _ = code.init_irnn(60, 80, code.rng(seed))
    for name, array, shape in (("Wx", Wx, (D, H)), ("Wh", Wh, (H, H)), ("b", b, (H,))):
        assert np.shape(array) == shape, f"{name} has shape {np.shape(array)}; expected {shape} for D={D}, H={H}"
    assert np.shape(large) == (60, 80), f"Wx has shape {np.shape(large)}; expected (60, 80) for D=60, H=80"
    drawn = np.array_equal(Wx, again) and not np.array_equal(Wx, other)
    scaled = abs(np.mean(large)) < 1e-4 and 0.9e-3 < np.std(large) < 1.1e-3
    return np.array([drawn]), np.array([scaled]), Wh, b


def draw_gradient(rng, data, D, H, limit, zero=0):
    grads = {"Wx": rng.standard_normal((D, H)), "Wh": 3 * rng.standard_normal((H, H)), "b": rng.standard_normal(H)}
    return {**{name: (not zero) * grad for name, grad in grads.items()}, "limit": limit}


def call_clip_grad_norm(code, Wx, Wh, b, limit):
    grads = {"Wx": np.array(Wx), "Wh": np.array(Wh), "b": np.array(b)}
    clipped, norm = code.clip_grad_norm(grads, limit)
    kind = getattr(clipped, "type_name", type(clipped).__name__)
    assert isinstance(clipped, dict), f"clipped is of type {kind}; expected a dict from the names of grads to arrays"
    assert sorted(clipped) == sorted(grads), f"clipped has the names {sorted(clipped)}; expected {sorted(grads)}"
    return clipped["Wx"], clipped["Wh"], clipped["b"], norm


def call_clip_grad_value(code, Wx, Wh, b, limit):
    grads = {"Wx": np.array(Wx), "Wh": np.array(Wh), "b": np.array(b)}
    clipped = code.clip_grad_value(grads, limit)
    kind = getattr(clipped, "type_name", type(clipped).__name__)
    assert isinstance(clipped, dict), f"clipped is of type {kind}; expected a dict from the names of grads to arrays"
    assert sorted(clipped) == sorted(grads), f"clipped has the names {sorted(clipped)}; expected {sorted(grads)}"
    return clipped["Wx"], clipped["Wh"], clipped["b"]


def draw_cosines(rng, data, D, H, L):
    drawn = draw_gradient(rng, data, D, H, 0.0)
    drawn.pop("limit")
    return {**drawn, "limits": np.linspace(0.4, 3.5, L)}


def call_clip_cosines(code, Wx, Wh, b, limits):
    return code.clip_cosines({"Wx": np.array(Wx), "Wh": np.array(Wh), "b": np.array(b)}, limits)


def draw_blocks(rng, data, N, T, D, H, k):
    return {**sequence(rng, data, N, T, D, H), "dh": rng.standard_normal((N, T, H)), "k": k}


def call_blocks(code, x, h0, Wx, Wh, b, dh, k):
    return code.rnn_gradient_in_blocks(x, h0, Wx, Wh, b, dh, k)


CHECKS = (
    Check(
        name="spectral_report",
        draw=draw_spectral_report,
        call=call_spectral_report,
        outputs=("sigma_max", "rho"),
        cases=(
            Case({"H": 5}, 0.4),
            Case({"H": 6, "turning": 1}, 0.3, "complex eigenvalues"),
            Case({"H": 7, "negative": 1}, 0.2, "a negative eigenvalue"),
            Case({"H": 1}, 0.1, "H = 1"),
        ),
        mistakes=mistakes.SPECTRAL_REPORT,
    ),
    Check(
        name="vanishing_powers",
        draw=draw_size,
        call=call_vanishing_powers,
        outputs=("largest singular value at least 1.1, norm of the 1000th power below 1e-6",),
        cases=WITNESS_CASES,
        mistakes=mistakes.VANISHING_POWERS,
    ),
    Check(
        name="growing_powers",
        draw=draw_size,
        call=call_growing_powers,
        outputs=(
            "norm of the 1000th power below 1e-6, that of W above 1, that of some power at least twice that of W",
        ),
        cases=WITNESS_CASES,
        mistakes=mistakes.GROWING_POWERS,
    ),
    Check(
        name="state_gradient_norms",
        draw=draw_state_gradients,
        call=call_state_gradient_norms,
        outputs=("norms",),
        cases=SEQUENCE_CASES,
        mistakes=mistakes.STATE_GRADIENT_NORMS,
    ),
    Check(
        name="lstm_state_gradient_norms",
        draw=draw_lstm_state_gradients,
        call=call_lstm_state_gradient_norms,
        outputs=("dh_norms", "dc_norms"),
        cases=SEQUENCE_CASES,
        mistakes=mistakes.LSTM_STATE_GRADIENT_NORMS,
    ),
    Check(
        name="forget_gate_products",
        draw=draw_lstm,
        call=call_forget_gate_products,
        outputs=("products",),
        cases=SEQUENCE_CASES,
        mistakes=mistakes.FORGET_GATE_PRODUCTS,
    ),
    Check(
        name="remember_bit",
        draw=draw_steps,
        call=call_remember_bit,
        outputs=("same for both bits after the first step, entries from -1 to 1, bit 0 kept, bit 1 kept",),
        cases=(
            Case({"T": 100}, 0.6),
            Case({"T": 1}, 0.2, "T = 1"),
            Case({"T": 37}, 0.2, "T = 37"),
        ),
        mistakes=mistakes.REMEMBER_BIT,
    ),
    Check(
        name="relu_rnn_forward",
        draw=draw_relu,
        call=call_relu_rnn_forward,
        outputs=("h",),
        cases=RELU_CASES,
        mistakes=mistakes.RELU_FORWARD,
    ),
    Check(
        name="relu_rnn_backward",
        draw=draw_relu_backward,
        call=call_relu_rnn_backward,
        outputs=("dx", "dh0", "dWx", "dWh", "db"),
        cases=RELU_CASES,
        needs=("relu_rnn_forward",),
        mistakes=mistakes.RELU_BACKWARD,
        gradient=Gradient(relu_value, "dh", (("dx", "x"), ("dh0", "h0"), ("dWx", "Wx"), ("dWh", "Wh"), ("db", "b"))),
    ),
    Check(
        name="init_irnn",
        draw=draw_init_irnn,
        call=call_init_irnn,
        outputs=("Wx drawn from rng", "Wx on the right scale", "Wh", "b"),
        cases=(
            Case({"D": 4, "H": 6}, 0.7),
            Case({"D": 5, "H": 2}, 0.3, "other sizes"),
        ),
        mistakes=mistakes.INIT_IRNN,
    ),
    Check(
        name="clip_grad_norm",
        draw=draw_gradient,
        call=call_clip_grad_norm,
        outputs=("clipped Wx", "clipped Wh", "clipped b", "norm"),
        cases=(
            Case({"D": 4, "H": 5, "limit": 2.5}, 0.7),
            Case({"D": 3, "H": 4, "limit": 80.0}, 0.2, "short enough"),
            Case({"D": 5, "H": 3, "limit": 1.5, "zero": 1}, 0.1, "a gradient of zero"),
        ),
        mistakes=mistakes.CLIP_GRAD_NORM,
    ),
    Check(
        name="clip_grad_value",
        draw=draw_gradient,
        call=call_clip_grad_value,
        outputs=("clipped Wx", "clipped Wh", "clipped b"),
        cases=(
            Case({"D": 4, "H": 5, "limit": 0.6}, 0.8),
            Case({"D": 3, "H": 4, "limit": 50.0}, 0.1, "small enough"),
            Case({"D": 5, "H": 3, "limit": 1.5, "zero": 1}, 0.1, "a gradient of zero"),
        ),
        mistakes=mistakes.CLIP_GRAD_VALUE,
    ),
    Check(
        name="clip_cosines",
        draw=draw_cosines,
        call=call_clip_cosines,
        outputs=("by_norm", "by_value"),
        cases=(
            Case({"D": 4, "H": 5, "L": 6}, 0.7),
            Case({"D": 3, "H": 2, "L": 1}, 0.3, "one limit"),
        ),
        needs=("clip_grad_norm", "clip_grad_value"),
        swap=("clip_grad_norm", "clip_grad_value"),
        mistakes=mistakes.CLIP_COSINES,
    ),
    Check(
        name="rnn_gradient_in_blocks",
        draw=draw_blocks,
        call=call_blocks,
        outputs=("dWx", "dWh", "db"),
        cases=(
            Case({"N": 3, "T": 6, "D": 4, "H": 5, "k": 2}, 0.3),
            Case({"N": 3, "T": 7, "D": 4, "H": 5, "k": 3}, 0.2, "a shorter last block"),
            Case({"N": 2, "T": 5, "D": 3, "H": 4, "k": 1}, 0.15, "k = 1"),
            Case({"N": 3, "T": 4, "D": 6, "H": 5, "k": 9}, 0.15, "k > T"),
            Case({"N": 1, "T": 5, "D": 4, "H": 6, "k": 2}, 0.1, "N = 1"),
            Case({"N": 2, "T": 1, "D": 5, "H": 3, "k": 2}, 0.1, "T = 1"),
        ),
        mistakes=mistakes.BLOCKS,
    ),
)
