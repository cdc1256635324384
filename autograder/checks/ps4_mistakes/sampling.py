"""Mistakes in drawing characters."""

from __future__ import annotations

from autograder.check import Mistake

Z = "z = (scores - scores.max()) / temperature"
P = "p = np.exp(z) / np.exp(z).sum()"
END = "    ### END SOLUTION"
DRAW = "ix = rng.choice(len(p), p=p)"
RNN = "h_t, _ = rnn_step_forward(x, h_t, Wx, Wh, b)"
GRU = "h_t, _ = gru_step_forward(x, h_t, Wx, Wh, b)"
LSTM = "h_t, c_t, _ = lstm_step_forward(x, h_t, c_t, Wx, Wh, b)"

SAMPLE = (
    Mistake(
        "temperature_multiplied",
        "The temperature works the wrong way round: the scores are multiplied by it. A high temperature should make "
        "the draws more alike in probability, a low one less.",
        ((Z, "z = (scores - scores.max()) * temperature"),),
    ),
    Mistake(
        "temperature_ignored",
        "The draws are the same at every temperature: it never enters.",
        ((Z, "z = scores - scores.max()"),),
    ),
    Mistake(
        "softmax_twice",
        "The probabilities went through the softmax once more, which makes them nearly equal: it takes the scores.",
        ((Z, "z = np.exp(scores - scores.max())\n        z = z / z.sum() / temperature\n        z = z - z.max()"),),
    ),
    Mistake(
        "overflow",
        "Right, except at the lowest temperature: there the exponential overflows. The softmax does not change when "
        "all scores are lowered by the same number.",
        ((Z, "z = scores / temperature"),),
    ),
    Mistake(
        "always_argmax",
        "The most probable character is taken at every temperature, and chance plays no part.",
        ((DRAW, "ix = int(np.argmax(p))"),),
    ),
    Mistake(
        "probabilities_ignored",
        "All characters are drawn equally often, at every temperature: the probabilities do not enter. Does a softmax "
        "run over an axis of length one?",
        ((DRAW, "ix = rng.choice(len(p))"),),
    ),
    Mistake(
        "never_the_last",
        "The last character of the alphabet is never drawn: its share went to the others.",
        ((DRAW, "ix = rng.choice(len(p) - 1, p=p[:-1] / p[:-1].sum())"),),
    ),
    Mistake(
        "rng_made_anew",
        "Every rng writes the same text: a generator with a fixed seed is made inside, and the one passed is not used.",
        (("ids = np.zeros(n, dtype=int)", "rng = np.random.default_rng(0)\n    ids = np.zeros(n, dtype=int)"),),
    ),
    Mistake(
        "rng_ignored",
        "The same rng writes different texts: the draws come from NumPy's global generator, and the one passed is not "
        "used.",
        ((DRAW, "ix = np.random.choice(len(p), p=p)"),),
    ),
    Mistake(
        "seed_first",
        "The seed is returned as the first character, and the last one drawn is missing. The seed is only read.",
        ((END, f"    ids = np.concatenate([[seed_ix], ids[:-1]])\n{END}"),),
    ),
    Mistake(
        "seed_in_front",
        "There is one character too many: the seed stands in front. It is only read.",
        ((END, f"    ids = np.concatenate([[seed_ix], ids])\n{END}"),),
    ),
    Mistake(
        "seed_never_read",
        "The first character is drawn before the seed is read: every step reads one character first, the seed to begin "
        "with, and draws then.",
        (("        if K == H:", "        if t == 0:\n            pass\n        elif K == H:"),),
    ),
    Mistake(
        "seed_read_again_and_again",
        "Every step reads the seed: feed it the character that was just drawn.",
        (("[[ix]]", "[[seed_ix]]"),),
    ),
    Mistake(
        "state_not_carried",
        "Every step starts from h0: the state that a step returns is not handed to the next one.",
        (
            (RNN, RNN.replace("h_t, Wx", "h0, Wx")),
            (GRU, GRU.replace("h_t, Wx", "h0, Wx")),
            (LSTM, "h_t, c_t, _ = lstm_step_forward(x, h0[:, :H], h0[:, H:], Wx, Wh, b)"),
        ),
    ),
    Mistake(
        "h0_ignored",
        "The first step starts from zeros: h0 never enters.",
        (("h_t, c_t = h0[:, :H], h0[:, H:]", "h_t, c_t = 0 * h0[:, :H], 0 * h0[:, H:]"),),
    ),
    Mistake(
        "cell_state_not_carried",
        "Right for the vanilla RNN and the GRU. In the LSTM every step starts from the first cell state: hand on "
        "c as well as h.",
        ((LSTM, "h_t, _, _ = lstm_step_forward(x, h_t, c_t, Wx, Wh, b)"),),
    ),
    Mistake(
        "h_and_c_exchanged",
        "Right for the vanilla RNN and the GRU. In the LSTM the two halves of the state are exchanged: h stands first.",
        ((LSTM, "if t == 0:\n                h_t, c_t = c_t, h_t\n            " + LSTM),),
    ),
    Mistake(
        "gru_not_told_apart",
        "It works for the vanilla RNN and the LSTM and fails for the GRU. What has 3H columns in Wh is a third kind of "
        "cell: its state is h alone, of shape (N, H), with nothing beside it.",
        (("        elif K == 3 * H:", "        elif False:"),),
    ),
    Mistake(
        "gru_resets_after",
        "Right for the vanilla RNN and the LSTM. The GRU is in the other convention: here the reset gate acts on the "
        "state before the product with the weights.",
        ((GRU, GRU.replace(", b)", ", b, reset_after=True)")),),
    ),
    Mistake(
        "bias_missing",
        "The numbers are those of scores without the bias by.",
        (("(h_t @ Wy + by)", "(h_t @ Wy)"),),
    ),
)
