"""Mistakes in choosing a word, and in writing a caption word by word."""

from __future__ import annotations

from autograder.check import Mistake

NEXT_WORDS = (
    Mistake(
        "argmax_over_minibatch",
        "All examples get the same word, the one with the highest score in the whole minibatch. Each chooses by its "
        "own row.",
        (("scores.argmax(axis=1)", "np.full(N, scores.max(axis=0).argmax())"),),
    ),
    Mistake(
        "lowest_score",
        "The word with the lowest score is chosen.",
        (("scores.argmax(axis=1)", "scores.argmin(axis=1)"),),
    ),
    Mistake(
        "temperature_ignored",
        "Right at temperature 1 only: the temperature never enters.",
        (("keepdims=True)) / temperature", "keepdims=True))"),),
    ),
    Mistake(
        "temperature_multiplies",
        "Right at temperature 1 only: scores are multiplied by the temperature. A high temperature should bring the "
        "probabilities closer together.",
        (("keepdims=True)) / temperature", "keepdims=True)) * temperature"),),
    ),
    Mistake(
        "always_argmax",
        "The likeliest word is taken although u is given.",
        (("    if u is None:", "    if u is None or len(u) == N:"),),
    ),
    Mistake(
        "one_u_for_all",
        "All examples are drawn with the same u, that of the first one; each has its own.",
        (("<= u[:, None]", "<= u[0]"),),
    ),
    Mistake(
        "one_word_late",
        "Every drawn word is the one after the right one: count only the words whose cumulative probability does not "
        "exceed u.",
        (("passed.sum(axis=1)", "passed.sum(axis=1) + 1"),),
    ),
    Mistake(
        "one_word_early",
        "Every drawn word is the one before the right one.",
        (("np.minimum(passed.sum(axis=1), V - 1)", "np.maximum(passed.sum(axis=1) - 1, 0)"),),
    ),
    Mistake(
        "drawn_uniformly",
        "Every word is equally likely to be drawn: the scores are not used.",
        (("        p = np.exp(shifted)\n", "        p = np.ones_like(shifted)\n"),),
    ),
    Mistake(
        "read_from_the_end",
        "The probabilities are added up from the last word to the first. That draws with the right probabilities too, "
        "but other words than the description says.",
        (
            ("passed = p.cumsum(axis=1)", "passed = p[:, ::-1].cumsum(axis=1)"),
            ("np.minimum(passed.sum(axis=1), V - 1)", "np.maximum(V - 1 - passed.sum(axis=1), 0)"),
        ),
    ),
    Mistake(
        "overflow",
        "Right for small scores, not for large ones: the exponential overflows. The softmax of one row does not change "
        "when all its scores are lowered by the same number.",
        (("(scores - scores.max(axis=1, keepdims=True))", "scores"),),
    ),
    Mistake(
        "one_maximum_for_all",
        "Right for small scores, not for large ones: where all scores of a row are far below the largest of the whole "
        "array, every exponential vanishes. What is subtracted may differ from row to row.",
        (("scores.max(axis=1, keepdims=True)", "scores.max()"),),
    ),
)

WRITE = "captions[:, t] = np.where(done, null, words)"
ENDED = "done = done | (words == end)"

SAMPLE = (
    Mistake(
        "start_returned",
        "The captions begin with <START>, and every word stands one place too late: the first column is the first "
        "word that the network wrote.",
        (
            ("dtype=np.int32)\n", "dtype=np.int32)\n    captions[:, 0] = start\n"),
            (WRITE, "captions[:, t + 1 : t + 2] = np.where(done, null, words)[:, None]"),
        ),
    ),
    Mistake(
        "cell_state_not_carried",
        "Right but for the LSTM: every step starts from an empty cell state. It is carried from step to step, like h.",
        (("h, c, _ = lstm_step_forward", "h, _, _ = lstm_step_forward"),),
    ),
    Mistake(
        "cell_state_from_image",
        "Right but for the LSTM: its cell state starts with the image, as h does. It starts at zero, as it did in "
        "training.",
        (("c = np.zeros_like(h)", "c = h"),),
    ),
    Mistake(
        "state_reset",
        "The state is not carried: every step starts from the image again.",
        (
            (
                '        x = params["W_embed"][words]\n',
                '        x = params["W_embed"][words]\n'
                '        h = features @ params["W_proj"] + params["b_proj"]\n        c = np.zeros_like(h)\n',
            ),
        ),
    ),
    Mistake(
        "words_not_fed_back",
        "Every step reads <START>: from the second step on, the word just written is to be read.",
        (('params["W_embed"][words]', 'params["W_embed"][np.full(N, start)]'),),
    ),
    Mistake(
        "null_read_first",
        "The first word that is read is <NULL>; it should be <START>.",
        (("words = np.full(N, start)", "words = np.full(N, null)"),),
    ),
    Mistake(
        "end_read_first",
        "The first word that is read is <END>; it should be <START>.",
        (("words = np.full(N, start)", "words = np.full(N, end)"),),
    ),
    Mistake(
        "goes_on_after_end",
        "The captions go on after their first <END>; there should be <NULL> only.",
        ((WRITE, "captions[:, t] = words"),),
    ),
    Mistake(
        "end_missing",
        "<END> itself is replaced by <NULL>: a caption keeps its first <END>.",
        ((WRITE, "captions[:, t] = np.where(done | (words == end), null, words)"),),
    ),
    Mistake(
        "end_repeated",
        "After a caption's first <END> there is <END> again and again; there should be <NULL> only.",
        ((WRITE, "captions[:, t] = np.where(done, end, words)"),),
    ),
    Mistake(
        "one_end_for_all",
        "All captions of the minibatch stop where the first of them ends. What is written about one image must not "
        "depend on the others.",
        ((ENDED, "done = done | (words == end).any()"),),
    ),
    Mistake(
        "forgets_that_it_ended",
        "Only the word right after <END> is <NULL>, then the caption goes on: once ended, always ended.",
        ((ENDED, "done = words == end"),),
    ),
    Mistake(
        "image_ignored",
        "The captions do not depend on the image: the network starts from zeros. Its first state comes from the "
        "features.",
        (('h = features @ params["W_proj"] + params["b_proj"]', "h = np.zeros((N, len(Wh)))"),),
    ),
    Mistake(
        "projection_bias_missing",
        "The captions are those of a network whose first state lacks its bias.",
        (('params["W_proj"] + params["b_proj"]', 'params["W_proj"]'),),
    ),
    Mistake(
        "score_bias_missing",
        "The captions are those of a network whose scores lack their bias.",
        (('h @ params["W_vocab"] + params["b_vocab"]', 'h @ params["W_vocab"]'),),
    ),
    Mistake(
        "one_word_too_few",
        "The last column is always <NULL>: the loop stops one word early.",
        (("for t in range(max_length)", "for t in range(max_length - 1)"),),
    ),
    Mistake(
        "never_drawn",
        "The likeliest word is taken at every step, also when u is given.",
        (("None if u is None else u[:, t]", "None"),),
    ),
    Mistake(
        "temperature_not_passed_on",
        "Words are drawn at temperature 1, whatever the temperature is.",
        (("next_words(scores, temperature,", "next_words(scores, 1.0,"),),
    ),
    Mistake(
        "one_u_for_all_words",
        "All words of a caption are drawn with the same number: word t has a column of u of its own.",
        (("else u[:, t]", "else u[:, 0]"),),
    ),
)
