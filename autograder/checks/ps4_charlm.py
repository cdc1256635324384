"""Checks of problem set 4: a language model of characters."""

from __future__ import annotations

import numpy as np

from autograder.check import Case, Check, Gradient
from autograder.checks import ps4_mistakes as mistakes
from autograder.checks.ps4_draw import draw_sample, draw_train, parameters, state

GIVEN = {
    "ps1_rnn": (
        "rnn_step_forward",
        "rnn_step_backward",
        "rnn_forward",
        "rnn_backward",
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


def draw_vocab(rng, data, length, alphabet):
    text = "".join(alphabet[i] for i in rng.integers(len(alphabet), size=length))
    return {"text": text + alphabet[0] + alphabet[-1]}


def call_vocab(code, text):
    char_to_idx, idx_to_char = code.build_char_vocab(text)
    fits = isinstance(char_to_idx, dict) and all(isinstance(c, str) for c in char_to_idx)
    assert fits and all(isinstance(i, (int, np.integer)) for i in char_to_idx.values()), (
        "char_to_idx should be a dict from strings of one character to whole numbers"
    )
    assert isinstance(idx_to_char, (list, tuple)) and all(isinstance(c, str) and len(c) == 1 for c in idx_to_char), (
        "idx_to_char should be a list of strings of one character"
    )
    numbers = [char_to_idx.get(c, -1) for c in text]
    return np.array(numbers), np.array([ord(c) for c in idx_to_char]), len(char_to_idx)


def draw_loss(rng, data, cell, N, T, V, H):
    return {
        **parameters(rng, cell, V, H),
        "inputs": rng.integers(V, size=(N, T)),
        "targets": rng.integers(V, size=(N, T)),
        "h0": state(rng, cell, N, H),
    }


def call_loss(code, Wx, Wh, b, Wy, by, inputs, targets, h0):
    params = {"Wx": Wx, "Wh": Wh, "b": b, "Wy": Wy, "by": by}
    loss, grads, h_last = code.char_lm_loss(params, inputs, targets, h0)
    assert isinstance(grads, dict), "grads should be a dict from the name of each parameter to its gradient"
    missing = [name for name in params if name not in grads]
    assert not missing, "grads has no " + ", ".join(missing)
    return loss, grads["Wx"], grads["Wh"], grads["b"], grads["Wy"], grads["by"], h_last


def loss_value(code, Wx, Wh, b, Wy, by, inputs, targets, h0):
    params = {"Wx": Wx, "Wh": Wh, "b": b, "Wy": Wy, "by": by}
    loss, grads, h_last = code.char_lm_loss(params, inputs, targets, h0)
    return loss


def draw_logprob(rng, data, cell, T, V, H, all_of, offset=0.0):
    drawn = parameters(rng, cell, V, H, scores=1.5)
    by = (drawn["by"] + offset).astype(np.float32).astype(float)  # so single precision loses nothing of large scores
    return {**drawn, "by": by, "ids": rng.integers(V, size=T), "all_of": all_of}


def call_logprob(code, Wx, Wh, b, Wy, by, ids, all_of):
    params = {"Wx": Wx, "Wh": Wh, "b": b, "Wy": Wy, "by": by}
    logprob = code.sequence_logprob(params, ids)
    strings = [np.array(s) for s in np.ndindex(*[len(by)] * all_of)]
    logs = np.array([code.sequence_logprob(params, s) for s in strings])
    assert logs.shape == (len(strings),) and logs.dtype.kind == "f", "logprob should be one real number, a float"
    with np.errstate(all="ignore"):
        return logprob, logs, np.sum(np.exp(logs))


def draw_perplexity(rng, data, n, loss):
    return {"loss_sum": float(n * loss * (1 + 0.1 * rng.random())), "n_tokens": n}


def call_perplexity(code, loss_sum, n_tokens):
    return (code.perplexity(loss_sum, n_tokens),)


def call_sample(code, Wx, Wh, b, Wy, by, h0, seed_ix, n, draws, cold, seed):
    params = {"Wx": Wx, "Wh": Wh, "b": b, "Wy": Wy, "by": by}
    V, H = Wy.shape[1], len(Wh)
    temperatures = (0.4, 1.0, 2.5) if draws else ()
    asked = [(n, cold, seed), (n, cold, seed + 1), (40, 1.0, seed), (40, 1.0, seed), (40, 1.0, seed + 1)]
    asked += [(40, None, seed)] + [(draws, temperature, seed + 2) for temperature in temperatures]
    texts = []
    for count, temperature, number in asked:
        how = {} if temperature is None else {"temperature": temperature}
        drawn = code.sample_chars(params, h0, seed_ix, count, **how, rng=code.rng(number))
        drawn = np.asarray(drawn)
        assert drawn.ndim == 1 and drawn.size <= 2 * count and drawn.dtype.kind in "iu", (
            "sample_chars should return the numbers of the characters in one array of shape (n,)"
        )
        assert np.all((0 <= drawn) & (drawn < V)), f"sample_chars returned numbers that are not in [0, {V})"
        texts.append(drawn)
    greedy, again, one, twin, other, plain = texts[:6]
    if not np.array_equal(greedy, again):
        greedy = np.full(n, -1)  # chance still plays a part

    # Do the frequencies pass a chi-square test, and which exponent of the model's probabilities fits them best?
    exponents = np.array([-2.5, -1.0, 0.4, 1.0, 2.5, 25.0])
    passed, fitting = [], []
    for temperature, ids in zip(temperatures, texts[6:], strict=True):
        h, c, x, scores = h0[:, :H], h0[:, H:], seed_ix, []
        for y in ids:
            a = Wx[[x]] + b
            if Wh.shape[1] == H:
                h = np.tanh(a + h @ Wh)
            elif Wh.shape[1] == 3 * H:
                r, z = np.split(1 / (1 + np.exp(-a[:, : 2 * H] - h @ Wh[:, : 2 * H])), 2, axis=1)
                h = (1 - z) * np.tanh(a[:, 2 * H :] + (r * h) @ Wh[:, 2 * H :]) + z * h
            else:
                a = a + h @ Wh
                i, f, o = np.split(1 / (1 + np.exp(-a[:, : 3 * H])), 3, axis=1)
                c = f * c + i * np.tanh(a[:, 3 * H :])
                h = o * np.tanh(c)
            scores.append((h @ Wy + by)[0])
            x = y
        logs = exponents[:, None, None] * np.array(scores)
        logs = logs - logs.max(axis=2, keepdims=True)
        logs = logs - np.log(np.exp(logs).sum(axis=2, keepdims=True))
        rows = np.arange(len(ids))
        fitting.append(exponents[np.argmax(logs[:, rows, ids].sum(axis=1))])
        # Lay the probabilities end to end, the largest first, and take a random place within the one that was drawn:
        # for a right sampler, with any memory, these places are independent and uniform between 0 and 1.
        p = np.exp(logs[np.argmin(np.abs(exponents - 1 / temperature))])
        own = p[rows, ids]
        places = np.sum(p * (p > own[:, None]), axis=1) + own * np.random.default_rng(seed).random(len(ids))
        counts = np.bincount(np.minimum((8 * places).astype(int), 7), minlength=8)
        # 7 degrees of freedom: above 80 with a probability below 1e-13
        passed.append(bool(np.sum((counts - len(ids) / 8) ** 2) / (len(ids) / 8) < 80))
    chance = np.array([np.array_equal(one, twin), not np.array_equal(one, other), np.array_equal(one, plain)])
    return greedy, chance, np.array(passed), np.array(fitting)


def call_train(
    code, Wx, Wh, b, Wy, by, ids, seq_length, carry_state, max_norm, learning_rate, epochs, defaults, learns_word, seed
):
    params, watch = {"Wx": Wx, "Wh": Wh, "b": b, "Wy": Wy, "by": by}, code.recorder()
    asked = {"carry_state": carry_state, "max_norm": max_norm, "learning_rate": learning_rate, "epochs": epochs}
    given = {name: value.copy() for name, value in params.items()}
    asked = {} if defaults else asked
    new, losses = code.train_tbptt(given, ids, seq_length, **asked, rng=code.rng(seed), watch=watch)
    assert isinstance(new, dict), "params should be a dict from the name of each parameter to an array"
    missing = [name for name in params if name not in new]
    assert not missing, "params has no " + ", ".join(missing)
    told = []
    for note in watch.notes:
        fits = len(note) == 2 and isinstance(note[0], dict) and set(note[0]) >= set(params) and np.shape(note[1]) == ()
        fits = fits and np.asarray(note[1]).dtype.kind in "iuf"
        assert fits, "watch should be called as watch(params, loss), with the dict of parameters and a number"
        told.append([float(note[1]), *(float(np.linalg.norm(note[0][name])) for name in sorted(params))])
    told = np.reshape(told, (len(told), 6))

    learned = np.array([True, True])
    if learns_word:
        # A small model besides, to be trained on one word. The alphabet is: e, blank, h, k or t, l, o.
        word, other, text = [2, 0, 4, 4, 5], [2, 3, 3, 3, 3], np.array([[2, 0, 4, 4, 5, 1] * 20])
        draw, V, H = np.random.default_rng(seed), 6, 12
        shapes = {"Wx": (V, H), "Wh": (H, H), "b": (H,), "Wy": (H, V), "by": (V,)}
        small = {name: 0.2 * draw.standard_normal(shape) for name, shape in shapes.items()}
        given = {name: value.copy() for name, value in small.items()}
        trained, _ = code.train_tbptt(given, text, 5, learning_rate=0.02, epochs=3, rng=code.rng(seed))
        kept = all(np.shape(trained[name]) == shapes[name] for name in ("Wx", "Wh", "Wy"))
        assert kept, "the matrices in params should keep their shapes"
        logs = []
        for model in (small, trained):
            for string in (word, other):
                h, log = np.zeros(H), 0.0
                bias, out = (np.ravel(model[name])[:size] for name, size in (("b", H), ("by", V)))  # of whatever shape
                for x in string:
                    scores = h @ model["Wy"] + out
                    log += scores[x] - scores.max() - np.log(np.sum(np.exp(scores - scores.max())))
                    h = np.tanh(model["Wx"][x] + h @ model["Wh"] + bias)
                logs.append(log)
        learned = np.array([logs[2] > logs[0], logs[3] < logs[1]])
    return losses, new["Wx"], new["Wh"], new["b"], new["Wy"], new["by"], told, learned


CHECKS = (
    Check(
        name="build_char_vocab",
        draw=draw_vocab,
        call=call_vocab,
        outputs=("numbers of the characters of the text", "idx_to_char", "size of char_to_idx"),
        cases=(
            Case({"length": 60, "alphabet": "the quick, Brown Fox?\n"}, 0.6),
            Case({"length": 40, "alphabet": " \n\t.aAzZ09"}, 0.2, "blanks and capitals"),
            Case({"length": 30, "alphabet": "zéñaßΩ"}, 0.1, "letters beyond ASCII"),
            Case({"length": 5, "alphabet": "a"}, 0.1, "V = 1"),
        ),
        mistakes=mistakes.VOCAB,
    ),
    Check(
        name="char_lm_loss",
        draw=draw_loss,
        call=call_loss,
        outputs=("loss", "dWx", "dWh", "db", "dWy", "dby", "h_last"),
        cases=(
            Case({"cell": "rnn", "N": 3, "T": 5, "V": 6, "H": 4}, 0.25),
            Case({"cell": "rnn", "N": 3, "T": 5, "V": 6, "H": 4}, 0.05, "called again"),
            Case({"cell": "lstm", "N": 3, "T": 5, "V": 6, "H": 4}, 0.2, "LSTM"),
            Case({"cell": "gru", "N": 3, "T": 5, "V": 6, "H": 4}, 0.15, "GRU"),
            Case({"cell": "lstm", "N": 1, "T": 4, "V": 5, "H": 3}, 0.05, "N = 1"),
            Case({"cell": "gru", "N": 1, "T": 4, "V": 5, "H": 3}, 0.05, "GRU, N = 1"),
            Case({"cell": "rnn", "N": 2, "T": 1, "V": 5, "H": 3}, 0.05, "T = 1"),
            Case({"cell": "lstm", "N": 2, "T": 1, "V": 5, "H": 3}, 0.05, "LSTM, T = 1"),
            Case({"cell": "gru", "N": 2, "T": 1, "V": 5, "H": 3}, 0.05, "GRU, T = 1"),
            Case({"cell": "lstm", "N": 2, "T": 3, "V": 60, "H": 128}, 0.1, "large"),
        ),
        mistakes=mistakes.LOSS,
        gradient=Gradient(loss_value, "", (("dWx", "Wx"), ("dWh", "Wh"), ("db", "b"), ("dWy", "Wy"), ("dby", "by"))),
    ),
    Check(
        name="sequence_logprob",
        draw=draw_logprob,
        call=call_logprob,
        outputs=("logprob", "logprob of every short string", "sum of the probabilities of all short strings"),
        cases=(
            Case({"cell": "rnn", "T": 7, "V": 4, "H": 5, "all_of": 3}, 0.35),
            Case({"cell": "lstm", "T": 6, "V": 3, "H": 4, "all_of": 3}, 0.2, "LSTM"),
            Case({"cell": "gru", "T": 5, "V": 3, "H": 4, "all_of": 2}, 0.2, "GRU"),
            Case({"cell": "rnn", "T": 1, "V": 5, "H": 3, "all_of": 1}, 0.15, "T = 1"),
            Case({"cell": "rnn", "T": 1, "V": 5, "H": 3, "all_of": 1, "offset": 1000.0}, 0.1, "scores near 1000"),
        ),
        needs=("char_lm_loss",),
        swap=("char_lm_loss",),
        mistakes=mistakes.LOGPROB,
    ),
    Check(
        name="perplexity",
        draw=draw_perplexity,
        call=call_perplexity,
        outputs=("value",),
        cases=(
            Case({"n": 40, "loss": 1.3}, 0.7),
            Case({"n": 1, "loss": 2.1}, 0.1, "one character"),
            Case({"n": 2_000_000, "loss": 1.1}, 0.2, "a long text"),
        ),
        mistakes=mistakes.PERPLEXITY,
    ),
    Check(
        name="sample_chars",
        draw=draw_sample,
        call=call_sample,
        outputs=(
            "characters at a temperature near 0",
            "same rng, same text; another rng, another text; no temperature, temperature 1",
            "chi-square test at temperatures 0.4, 1, 2.5",
            "exponent of p that fits best at temperatures 0.4, 1, 2.5",
        ),
        cases=(
            Case({"cell": "rnn", "V": 6, "H": 8, "n": 12, "cold": 0.01, "draws": 600}, 0.4),
            Case({"cell": "lstm", "V": 5, "H": 8, "n": 12, "cold": 0.01, "draws": 600}, 0.2, "LSTM"),
            Case({"cell": "gru", "V": 5, "H": 8, "n": 12, "cold": 0.01, "draws": 600}, 0.2, "GRU"),
            Case({"cell": "rnn", "V": 5, "H": 7, "n": 6, "cold": 1e-8}, 0.1, "temperature 1e-8"),
            Case({"cell": "rnn", "V": 6, "H": 7, "n": 1, "cold": 0.01}, 0.1, "n = 1"),
        ),
        mistakes=mistakes.SAMPLE,
    ),
    Check(
        name="train_tbptt",
        draw=draw_train,
        call=call_train,
        outputs=("losses", "Wx", "Wh", "b", "Wy", "by", "what watch is told", 'p("hello") rises, p("htktt") falls'),
        cases=(
            Case({"cell": "rnn", "N": 3, "L": 27, "T": 5, "V": 6, "H": 4, "learns_word": True}, 0.3),
            Case(
                {"cell": "rnn", "N": 3, "L": 27, "T": 5, "V": 6, "H": 4, "carry_state": False}, 0.2, "state not carried"
            ),
            Case({"cell": "lstm", "N": 2, "L": 19, "T": 4, "V": 5, "H": 3}, 0.15, "LSTM"),
            Case({"cell": "gru", "N": 2, "L": 17, "T": 3, "V": 5, "H": 4}, 0.1, "GRU"),
            Case(
                {"cell": "rnn", "N": 1, "L": 14, "T": 3, "V": 4, "H": 5, "max_norm": 1000.0},
                0.1,
                "N = 1, max_norm 1000",
            ),
            Case({"cell": "rnn", "N": 2, "L": 8, "T": 1, "V": 4, "H": 3}, 0.05, "T = 1"),
            Case({"cell": "rnn", "N": 2, "L": 60, "T": 8, "V": 5, "H": 4, "defaults": True}, 0.1, "default settings"),
        ),
        needs=("char_lm_loss",),
        swap=("char_lm_loss",),
        mistakes=mistakes.TRAIN,
    ),
)
