"""Checks of problem set 2: the LSTM in its three notations, and the GRU."""

from __future__ import annotations

import numpy as np

from autograder.check import Case, Check, Gradient
from autograder.checks import ps2_mistakes as mistakes
from autograder.checks.draw import rnn_parameters, sequence

GIVEN = {
    "ps1_rnn": (
        "word_embedding_forward",
        "word_embedding_backward",
        "temporal_affine_forward",
        "temporal_affine_backward",
        "temporal_softmax_loss",
    )
}
GRADIENTS = (("dx", "x"), ("dWx", "Wx"), ("dWh", "Wh"), ("db", "b"))
SEQUENCE_GRADIENTS = (("dh0", "h0"), *GRADIENTS)

# The large cases have many parameters and few examples: honest loops are quick there, numerical gradients are not.
LSTM_STEP_CASES = (
    Case({"N": 3, "D": 6, "H": 5}, 0.4),
    Case({"N": 3, "D": 6, "H": 5}, 0.1, "called again"),
    Case({"N": 1, "D": 4, "H": 6}, 0.2, "N = 1"),
    Case({"N": 2, "D": 128, "H": 160}, 0.3, "large"),
)
LSTM_FORWARD_CASES = (
    Case({"N": 3, "D": 6, "H": 5}, 0.5),
    Case({"N": 3, "D": 6, "H": 5}, 0.1, "called again"),
    Case({"N": 1, "D": 4, "H": 6}, 0.2, "N = 1"),
    Case({"N": 2, "D": 5, "H": 7, "scale": 5000}, 0.2, "large sums"),
)
LSTM_SEQUENCE_CASES = (
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.35),
    Case({"N": 3, "T": 4, "D": 6, "H": 5}, 0.1, "called again"),
    Case({"N": 1, "T": 5, "D": 4, "H": 6}, 0.15, "N = 1"),
    Case({"N": 2, "T": 1, "D": 5, "H": 3}, 0.15, "T = 1"),
    Case({"N": 2, "T": 3, "D": 96, "H": 128}, 0.25, "large"),
)
GRU_STEP_CASES = (
    Case({"N": 3, "D": 6, "H": 5, "reset_after": False}, 0.3),
    Case({"N": 3, "D": 6, "H": 5, "reset_after": False}, 0.1, "called again"),
    Case({"N": 3, "D": 4, "H": 5, "reset_after": True}, 0.25, "reset_after"),
    Case({"N": 1, "D": 4, "H": 6, "reset_after": False}, 0.1, "N = 1"),
    Case({"N": 2, "D": 160, "H": 192, "reset_after": True}, 0.25, "large"),
)
GRU_FORWARD_CASES = (
    Case({"N": 3, "D": 6, "H": 5, "reset_after": False}, 0.35),
    Case({"N": 3, "D": 6, "H": 5, "reset_after": False}, 0.1, "called again"),
    Case({"N": 3, "D": 4, "H": 5, "reset_after": True}, 0.25, "reset_after"),
    Case({"N": 1, "D": 4, "H": 6, "reset_after": True}, 0.15, "N = 1"),
    Case({"N": 2, "D": 5, "H": 7, "reset_after": False, "scale": 5000}, 0.15, "large sums"),
)
GRU_SEQUENCE_CASES = (
    Case({"N": 3, "T": 4, "D": 6, "H": 5, "reset_after": False}, 0.3),
    Case({"N": 3, "T": 4, "D": 6, "H": 5, "reset_after": False}, 0.1, "called again"),
    Case({"N": 3, "T": 4, "D": 5, "H": 6, "reset_after": True}, 0.2, "reset_after"),
    Case({"N": 1, "T": 5, "D": 4, "H": 6, "reset_after": False}, 0.1, "N = 1"),
    Case({"N": 2, "T": 1, "D": 5, "H": 3, "reset_after": True}, 0.1, "T = 1"),
    Case({"N": 2, "T": 3, "D": 128, "H": 160, "reset_after": False}, 0.2, "large"),
)


def parameters(rng, D, H, blocks):
    """Wx (D, blocks * H), Wh (H, blocks * H) and b, drawn block by block as for a vanilla RNN."""
    drawn = [rnn_parameters(rng, D, H) for _ in range(blocks)]
    return {name: np.concatenate([d[name] for d in drawn], axis=-1) for name in ("Wx", "Wh", "b")}


def draw_step(rng, data, N, D, H, blocks, scale=1):
    x, prev_h = rng.standard_normal((N, D)), 0.5 * rng.standard_normal((N, H))
    return {"x": scale * x, "prev_h": prev_h, **parameters(rng, D, H, blocks)}


def draw_sequence(rng, data, N, T, D, H, blocks):
    return {**sequence(rng, data, N, T, D, H), **parameters(rng, D, H, blocks)}


# ---- LSTM -----------------------------------------------------------------------------------------


def draw_lstm_step(rng, data, N, D, H, scale=1):
    return {**draw_step(rng, data, N, D, H, 4, scale), "prev_c": rng.standard_normal((N, H))}


def call_lstm_step_forward(code, x, prev_h, prev_c, Wx, Wh, b):
    next_h, next_c, cache = code.lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b)
    return next_h, next_c


def draw_lstm_step_backward(rng, data, N, D, H):
    return {**draw_lstm_step(rng, data, N, D, H), "dnext": rng.standard_normal((2, N, H))}


def call_lstm_step_backward(code, x, prev_h, prev_c, Wx, Wh, b, dnext):
    next_h, next_c, cache = code.lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b)
    code.lstm_step_forward(-x, prev_h, prev_c, Wx, Wh, b)  # whatever this one leaves behind, the cache is what counts
    return code.lstm_step_backward(dnext[0].copy(), dnext[1].copy(), cache)


def lstm_step_value(code, x, prev_h, prev_c, Wx, Wh, b, dnext):
    next_h, next_c, cache = code.lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b)
    return np.stack([next_h, next_c]) if np.shape(next_h) == np.shape(next_c) else next_h


def draw_lstm(rng, data, N, T, D, H):
    return draw_sequence(rng, data, N, T, D, H, 4)


def call_lstm_forward(code, x, h0, Wx, Wh, b):
    h, cache = code.lstm_forward(x, h0, Wx, Wh, b)
    return (h,)


def draw_lstm_backward(rng, data, N, T, D, H):
    return {**draw_lstm(rng, data, N, T, D, H), "dh": rng.standard_normal((N, T, H))}


def call_lstm_backward(code, x, h0, Wx, Wh, b, dh):
    h, cache = code.lstm_forward(x, h0, Wx, Wh, b)
    code.lstm_forward(-x, h0, Wx, Wh, b)
    return code.lstm_backward(dh, cache)


def lstm_value(code, x, h0, Wx, Wh, b, dh):
    h, cache = code.lstm_forward(x, h0, Wx, Wh, b)
    return h


# ---- notations ------------------------------------------------------------------------------------


def draw_weights(rng, data, D, H):
    drawn = parameters(rng, D, H, 4)
    return {"Wx": drawn["Wx"], "Wh": drawn["Wh"]}


def call_concat(code, Wx, Wh):
    return (code.concat_W(Wx, Wh),)


def draw_gates(rng, data, D, H, order):
    return {"U": rng.standard_normal((4, D, H)), "W": rng.standard_normal((4, H, H)), "order": order}


def call_pack(code, U, W, order):
    return code.pack_gates(U, W, order)


def draw_unpack(rng, data, D, H, order):
    return {**draw_weights(rng, data, D, H), "order": order}


def call_unpack(code, Wx, Wh, order):
    return code.unpack_gates(Wx, Wh, order)


# One of the orders is not its own inverse: there a permutation and its inverse differ.
NOTATION_CASES = (
    Case({"D": 4, "H": 3, "order": "fiog"}, 0.5),
    Case({"D": 3, "H": 5, "order": "gifo"}, 0.3, "order g, i, f, o"),
    Case({"D": 5, "H": 2, "order": "ifog"}, 0.2, "order i, f, o, g"),
)


def draw_worksheet(rng, data, H):
    """Gradients of the kinds that a cell has: those of elementwise functions are diagonal."""
    f, dh_dC, dh_do = (np.diag(rng.uniform(0.2, 0.9, H)) for _ in range(3))
    dhprev_dW, dC_dW, dCprev_dW = (rng.standard_normal((H, H, H)) for _ in range(3))
    dh_dhprev, dJ_dh = rng.standard_normal((H, H)), rng.standard_normal(H)
    return {
        "dh_dhprev": dh_dhprev,
        "dhprev_dW": dhprev_dW,
        "dJ_dh": dJ_dh,
        "dC_dW": dC_dW,
        "dCprev_dW": dCprev_dW,
        "dC_dCprev": f,
        "dh_dC": dh_dC,
        "dh_do": dh_do,
    }


def call_assemble(code, dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    return (code.assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do),)


# ---- GRU ------------------------------------------------------------------------------------------


def draw_gru_step(rng, data, N, D, H, reset_after, scale=1):
    return {**draw_step(rng, data, N, D, H, 3, scale), "reset_after": reset_after}


def call_gru_step_forward(code, x, prev_h, Wx, Wh, b, reset_after):
    options = {"reset_after": True} if reset_after else {}  # that it is False by default is tried too
    next_h, cache = code.gru_step_forward(x, prev_h, Wx, Wh, b, **options)
    return (next_h,)


def draw_gru_step_backward(rng, data, N, D, H, reset_after):
    return {**draw_gru_step(rng, data, N, D, H, reset_after), "dnext_h": rng.standard_normal((N, H))}


def call_gru_step_backward(code, x, prev_h, Wx, Wh, b, reset_after, dnext_h):
    next_h, cache = code.gru_step_forward(x, prev_h, Wx, Wh, b, reset_after=reset_after)
    code.gru_step_forward(-x, prev_h, Wx, Wh, b, reset_after=not reset_after)
    return code.gru_step_backward(dnext_h, cache)


def gru_step_value(code, x, prev_h, Wx, Wh, b, reset_after, dnext_h):
    next_h, cache = code.gru_step_forward(x, prev_h, Wx, Wh, b, reset_after=reset_after)
    return next_h


def draw_gru(rng, data, N, T, D, H, reset_after):
    return {**draw_sequence(rng, data, N, T, D, H, 3), "reset_after": reset_after}


def call_gru_forward(code, x, h0, Wx, Wh, b, reset_after):
    options = {"reset_after": True} if reset_after else {}  # that it is False by default is tried too
    h, cache = code.gru_forward(x, h0, Wx, Wh, b, **options)
    return (h,)


def draw_gru_backward(rng, data, N, T, D, H, reset_after):
    return {**draw_gru(rng, data, N, T, D, H, reset_after), "dh": rng.standard_normal((N, T, H))}


def call_gru_backward(code, x, h0, Wx, Wh, b, reset_after, dh):
    h, cache = code.gru_forward(x, h0, Wx, Wh, b, reset_after=reset_after)
    code.gru_forward(-x, h0, Wx, Wh, b, reset_after=not reset_after)
    return code.gru_backward(dh, cache)


def gru_value(code, x, h0, Wx, Wh, b, reset_after, dh):
    h, cache = code.gru_forward(x, h0, Wx, Wh, b, reset_after=reset_after)
    return h


CHECKS = (
    Check(
        name="lstm_step_forward",
        draw=draw_lstm_step,
        call=call_lstm_step_forward,
        outputs=("next_h", "next_c"),
        cases=LSTM_FORWARD_CASES,
        mistakes=mistakes.LSTM_STEP_FORWARD,
    ),
    Check(
        name="lstm_step_backward",
        draw=draw_lstm_step_backward,
        call=call_lstm_step_backward,
        outputs=("dx", "dprev_h", "dprev_c", "dWx", "dWh", "db"),
        cases=LSTM_STEP_CASES,
        needs=("lstm_step_forward",),
        mistakes=mistakes.LSTM_STEP_BACKWARD,
        gradient=Gradient(lstm_step_value, "dnext", (("dprev_h", "prev_h"), ("dprev_c", "prev_c"), *GRADIENTS)),
    ),
    Check(
        name="lstm_forward",
        draw=draw_lstm,
        call=call_lstm_forward,
        outputs=("h",),
        cases=LSTM_SEQUENCE_CASES,
        needs=("lstm_step_forward",),
        swap=("lstm_step_forward",),
        mistakes=mistakes.LSTM_FORWARD,
    ),
    Check(
        name="lstm_backward",
        draw=draw_lstm_backward,
        call=call_lstm_backward,
        outputs=("dx", "dh0", "dWx", "dWh", "db"),
        cases=LSTM_SEQUENCE_CASES,
        needs=("lstm_step_backward", "lstm_forward"),
        swap=("lstm_step_forward", "lstm_step_backward"),
        mistakes=mistakes.LSTM_BACKWARD,
        gradient=Gradient(lstm_value, "dh", SEQUENCE_GRADIENTS),
    ),
    Check(
        name="concat_W",
        draw=draw_weights,
        call=call_concat,
        outputs=("W",),
        cases=(Case({"D": 4, "H": 3}, 0.6), Case({"D": 5, "H": 5}, 0.4, "D = H")),
        mistakes=mistakes.CONCAT,
    ),
    Check(
        name="pack_gates",
        draw=draw_gates,
        call=call_pack,
        outputs=("Wx", "Wh"),
        cases=NOTATION_CASES,
        mistakes=mistakes.PACK,
    ),
    Check(
        name="unpack_gates",
        draw=draw_unpack,
        call=call_unpack,
        outputs=("U", "W"),
        cases=NOTATION_CASES,
        mistakes=mistakes.UNPACK,
    ),
    Check(
        name="assemble_dWg",
        draw=draw_worksheet,
        call=call_assemble,
        outputs=("dW",),
        cases=(Case({"H": 4}, 0.8), Case({"H": 1}, 0.2, "H = 1")),
        mistakes=mistakes.ASSEMBLE,
    ),
    Check(
        name="gru_step_forward",
        draw=draw_gru_step,
        call=call_gru_step_forward,
        outputs=("next_h",),
        cases=GRU_FORWARD_CASES,
        mistakes=mistakes.GRU_STEP_FORWARD,
    ),
    Check(
        name="gru_step_backward",
        draw=draw_gru_step_backward,
        call=call_gru_step_backward,
        outputs=("dx", "dprev_h", "dWx", "dWh", "db"),
        cases=GRU_STEP_CASES,
        needs=("gru_step_forward",),
        mistakes=mistakes.GRU_STEP_BACKWARD,
        gradient=Gradient(gru_step_value, "dnext_h", (("dprev_h", "prev_h"), *GRADIENTS)),
    ),
    Check(
        name="gru_forward",
        draw=draw_gru,
        call=call_gru_forward,
        outputs=("h",),
        cases=GRU_SEQUENCE_CASES,
        needs=("gru_step_forward",),
        swap=("gru_step_forward",),
        mistakes=mistakes.GRU_FORWARD,
    ),
    Check(
        name="gru_backward",
        draw=draw_gru_backward,
        call=call_gru_backward,
        outputs=("dx", "dh0", "dWx", "dWh", "db"),
        cases=GRU_SEQUENCE_CASES,
        needs=("gru_step_backward", "gru_forward"),
        swap=("gru_step_forward", "gru_step_backward"),
        mistakes=mistakes.GRU_BACKWARD,
        gradient=Gradient(gru_value, "dh", SEQUENCE_GRADIENTS),
    ),
)
