"""Inputs of problem set 4's checks: models, states, and samplers' tasks that tell right from wrong."""

from __future__ import annotations

import numpy as np

from autograder.checks.draw import rnn_parameters

BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}  # of columns in Wx, Wh and b
CLEAR = 0.35  # the least lead of the best score over the second one, where argmax is asked for
TEMPERATURES = (0.4, 1.0, 2.5)
LEAD, SURPRISES = 85.0, 40  # the least lead in log-likelihood of the right exponent; draws that are not the best
# scale of the scores, of Wh and of h0 with which samplers can be told apart
SCALES = {"rnn": (2.5, 1.5, 1.0), "gru": (3.5, 2.5, 1.5), "lstm": (5.0, 2.5, 1.8)}


def parameters(rng, cell, V, H, scores=1.0):
    """Wx, Wh, b, Wy, by of a model; `scores` scales Wy and by."""
    blocks = [rnn_parameters(rng, V, H) for _ in range(BLOCKS[cell])]
    cells = {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in ("Wx", "Wh", "b")}
    cells["Wx"] = cells["Wx"] * np.sqrt(V) * 0.8  # one-hot inputs: a single row counts
    out = {"Wy": scores * rng.standard_normal((H, V)) / np.sqrt(H), "by": 0.5 * scores * rng.standard_normal(V)}
    return {**cells, **out}


def state(rng, cell, N, H):
    return 0.7 * rng.standard_normal((N, 2 * H if cell == "lstm" else H))


def draw_sample(rng, data, cell, V, H, n, cold, draws=0):
    """A model and a start that tell right samplers from wrong ones.

    The text that argmax writes is never a close call, holds the last character, and changes with h0, with the order of
    its halves, with the bias, with what is carried and with the GRU's convention; and at each temperature so many draws
    are decided by it that a right sampler is taken for another with a probability below 1e-9.
    """
    scale, memory, reach = SCALES[cell]
    while True:
        drawn = parameters(rng, cell, V, H, scores=scale)
        drawn = {**drawn, "Wh": memory * drawn["Wh"], "by": 0.6 * drawn["by"]}
        start = {"h0": reach * state(rng, cell, 1, H), "seed_ix": int(rng.integers(V))}
        scores, ids = written(**drawn, **start, n=n)
        best = np.sort(scores, axis=1)
        if np.min(best[:, -1] - best[:, -2]) < CLEAR or np.abs(scores).max() > 6.5 or (draws and V - 1 not in ids):
            continue
        halves = np.roll(start["h0"], H, axis=1)
        others = [
            {**drawn, **start, "h0": np.zeros_like(start["h0"])},
            {**drawn, **start, "by": np.zeros(V)},
            {**drawn, **start, "carry": ""},
        ]
        if cell == "lstm":
            others += [{**drawn, **start, "h0": halves}, {**drawn, **start, "carry": "h"}]
        if cell == "gru":
            others.append({**drawn, **start, "reset_after": True})
        if draws and any(np.array_equal(ids, written(**other, n=n)[1]) for other in others):
            continue
        if all(decided(drawn, start, draws, temperature, rng) for temperature in TEMPERATURES if draws):
            break
    return {**drawn, **start, "n": n, "draws": draws, "cold": cold, "seed": int(rng.integers(2**31))}


def draw_train(
    rng, data, cell, N, L, T, V, H, carry_state=True, max_norm=0.5, epochs=2, defaults=False, learns_word=False
):
    """A model, and streams of text to train it on.

    defaults: to be trained with the default settings. The model is then nearly sure of character 0, and half of the
    text, in stretches of 2T, is nothing else. So in some pieces the norm of the gradients is far below 5 and in others
    above: where all are clipped, or none, Adam hides a wrong factor.
    """
    drawn, ids = parameters(rng, cell, V, H), rng.integers(V, size=(N, L))
    if defaults:
        drawn["by"][0] += 6
        ids = np.where(np.arange(L) // (2 * T) % 2, 0, rng.integers(1, V, size=(N, L)))
    return {
        **drawn,
        "ids": ids,
        "seq_length": T,
        "carry_state": carry_state,
        "max_norm": max_norm,
        "learning_rate": float(rng.uniform(0.01, 0.02)),
        "epochs": epochs,
        "defaults": defaults,
        "learns_word": learns_word,
        "seed": int(rng.integers(2**31)),
    }


def written(Wx, Wh, b, Wy, by, h0, seed_ix, n, temperature=0.0, rng=None, carry="hc", reset_after=False):
    """The scores (n, V) and characters (n,) of a text; at temperature 0 always the best. carry: which states are."""
    H = len(Wh)
    h, c, ix = h0[:, :H], h0[:, H:], seed_ix
    scores, ids = [], []
    for _ in range(n):
        new_h, new_c = stepped(Wx[[ix]] + b, h, c, Wh, reset_after)
        h = new_h if "h" in carry else h
        c = new_c if "c" in carry else c
        scores.append((new_h @ Wy + by)[0])
        chance = temperature * rng.gumbel(size=len(by)) if temperature else 0.0
        ix = int(np.argmax(scores[-1] + chance))
        ids.append(ix)
    return np.array(scores), np.array(ids)


def stepped(a, h, c, Wh, reset_after):
    """The states (N, H) after one step of any cell. a (N, K): what the input and the bias give; c: of the LSTM."""
    H, K = Wh.shape
    if K == H:
        return np.tanh(a + h @ Wh), c
    if K == 3 * H:
        r, z = np.split(sigmoid(a[:, : 2 * H] + h @ Wh[:, : 2 * H]), 2, axis=1)
        into_n = r * (h @ Wh[:, 2 * H :]) if reset_after else (r * h) @ Wh[:, 2 * H :]
        return (1 - z) * np.tanh(a[:, 2 * H :] + into_n) + z * h, c
    a = a + h @ Wh
    i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)
    c = f * c + i * np.tanh(a[:, 3 * H :])
    return o * np.tanh(c), c


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def decided(drawn, start, draws, temperature, rng):
    """Whether draws at a temperature fit its exponent of p better than others, by far."""
    scores, ids = written(**drawn, **start, n=draws, temperature=temperature, rng=rng)
    fits = []
    for exponent in (0.4, 1.0, 2.5, 25.0):
        logs = exponent * (scores - scores.max(axis=1, keepdims=True))
        fits.append(np.sum(logs[np.arange(draws), ids] - np.log(np.exp(logs).sum(axis=1))))
    lead = np.sort(fits)[-1] - np.sort(fits)[-2]
    return lead > LEAD and np.sum(ids != scores.argmax(axis=1)) > SURPRISES
