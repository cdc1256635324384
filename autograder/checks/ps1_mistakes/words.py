"""Mistakes between words and the loss: vectors of words, scores, softmax."""

from __future__ import annotations

from autograder.check import Mistake

EMBEDDING_FORWARD = (
    Mistake(
        "off_by_one",
        "These are the vectors of the neighbouring words: word i stands in row i of the table, counted from 0.",
        (("out = W[x]", "out = W[x - 1]"),),
    ),
    Mistake(
        "first_sentence_for_all",
        "Every example holds the words of the first one.",
        (("out = W[x]", "out = np.repeat(W[x[:1]], len(x), axis=0)"),),
    ),
    Mistake(
        "first_word_for_all",
        "Every time step holds the first word of its sentence.",
        (("out = W[x]", "out = np.repeat(W[x[:, :1]], x.shape[1], axis=1)"),),
    ),
    Mistake(
        "words_summed",
        "There is one vector for every sentence, the sum over its words; every word should keep a vector of its own.",
        (("out = W[x]", "out = W[x].sum(axis=1)"),),
    ),
    Mistake(
        "flattened",
        "The vectors are right and stand in one long list; expected is (N, T, D).",
        (("out = W[x]", "out = W[x.ravel()]"),),
    ),
)

EMBEDDING_BACKWARD = (
    Mistake(
        "repeated_words_lost",
        "Words that occur more than once got the gradient of one occurrence only. Indexing with an array and += "
        "writes each row once; the gradients of all occurrences must be added up.",
        (("np.add.at(dW, x, dout)", "dW[x] += dout"),),
    ),
    Mistake(
        "only_first_step",
        "Only the first word of every sentence gets a gradient.",
        (("np.add.at(dW, x, dout)", "np.add.at(dW, x[:, 0], dout[:, 0])"),),
    ),
    Mistake(
        "only_first_sentence",
        "Only the words of the first sentence get a gradient.",
        (("np.add.at(dW, x, dout)", "np.add.at(dW, x[0], dout[0])"),),
    ),
    Mistake(
        "off_by_one",
        "The gradients stand in the rows of the neighbouring words: word i has row i of the table, counted from 0.",
        (("np.add.at(dW, x, dout)", "np.add.at(dW, x - 1, dout)"),),
    ),
    Mistake(
        "dout_returned",
        "This is dout, with a vector for every word of the sentences. dW has the shape of the table: all that arrives "
        "at a word is added up in its row.",
        (("np.add.at(dW, x, dout)", "dW = dout"),),
    ),
    Mistake(
        "averaged_over_occurrences",
        "The gradient of a repeated word is the mean over its occurrences; it should be their sum.",
        (
            (
                "np.add.at(dW, x, dout)",
                "np.add.at(dW, x, dout)\n    dW /= np.maximum(np.bincount(x.ravel(), minlength=shape[0]), 1)[:, None]",
            ),
        ),
    ),
)

AFFINE_FORWARD = (
    Mistake("bias_missing", "The numbers are those of the map without its bias.", (("x @ w + b", "x @ w"),)),
    Mistake(
        "activation_added",
        "The result went through tanh; scores are affine in the state, and the softmax comes later.",
        (("x @ w + b", "np.tanh(x @ w + b)"),),
    ),
    Mistake(
        "softmax_added",
        "The numbers of every step are positive and sum to 1: this is their softmax. Scores are asked for here, the "
        "softmax comes later.",
        (("out = x @ w + b", "e = np.exp(x @ w + b)\n    out = e / e.sum(axis=2, keepdims=True)"),),
    ),
    Mistake(
        "last_step_everywhere",
        "Every time step holds the scores of the last one.",
        (("x @ w + b", "np.repeat(x[:, -1:], x.shape[1], axis=1) @ w + b"),),
    ),
    Mistake(
        "last_step_only",
        "Only the scores of the last time step are returned, in shape (N, M); expected is (N, T, M).",
        (("x @ w + b", "x[:, -1] @ w + b"),),
    ),
    Mistake(
        "flattened",
        "The numbers are right and stand in one long list of examples and steps; expected is (N, T, M).",
        (("x @ w + b", "x.reshape(-1, x.shape[2]) @ w + b"),),
    ),
)

AFFINE_BACKWARD = (
    Mistake(
        "dw_per_example",
        "dw has one matrix for every example: w is shared by all examples, so its gradient is summed over them.",
        (("dw = x.reshape(-1, D).T @ dout.reshape(-1, M)", "dw = x.transpose(0, 2, 1) @ dout"),),
    ),
    Mistake(
        "dw_last_step_only",
        "dw is that of the last time step alone: w is used at every step, so its gradient is summed over time.",
        (("dw = x.reshape(-1, D).T @ dout.reshape(-1, M)", "dw = x[:, -1].T @ dout[:, -1]"),),
    ),
    Mistake(
        "dw_first_example_only",
        "dw is that of the first example alone: w is used by every example, so its gradient is summed over them.",
        (("dw = x.reshape(-1, D).T @ dout.reshape(-1, M)", "dw = x[0].T @ dout[0]"),),
    ),
    Mistake(
        "reshaped_for_transposed",
        "dw has the right shape and the wrong numbers: reshaping reads the entries in the order in which they stand, "
        "transposing exchanges the axes.",
        (("x.reshape(-1, D).T", "x.reshape(D, -1)"),),
    ),
    Mistake(
        "db_summed_over_batch_only",
        "db still has a time axis: sum over the examples and over the time steps.",
        (("db = dout.sum(axis=(0, 1))", "db = dout.sum(axis=0)"),),
    ),
    Mistake(
        "db_summed_over_time_only",
        "db still has an axis for the examples: sum over the examples and over the time steps.",
        (("db = dout.sum(axis=(0, 1))", "db = dout.sum(axis=1)"),),
    ),
    Mistake(
        "db_last_step_only",
        "db is that of the last time step alone: b is used at every step, so its gradient is summed over time.",
        (("db = dout.sum(axis=(0, 1))", "db = dout[:, -1].sum(axis=0)"),),
    ),
    Mistake(
        "db_averaged",
        "db is averaged over examples and time steps where it should be summed.",
        (("db = dout.sum(axis=(0, 1))", "db = dout.mean(axis=(0, 1))"),),
    ),
    Mistake(
        "db_two_dimensional",
        "db has the right numbers and one axis too many: b has shape (M,), so has its gradient.",
        (("db = dout.sum(axis=(0, 1))", "db = dout.sum(axis=(0, 1))[None]"),),
    ),
)

LOSS = (
    Mistake(
        "averaged_over_time",
        "Loss and gradient are T times too small: sum over time, average over the minibatch only.",
        (("log_p[n, t, y]) / N", "log_p[n, t, y]) / (N * T)"), ("mask[:, :, None] / N", "mask[:, :, None] / (N * T)")),
    ),
    Mistake(
        "averaged_over_words",
        "Loss and gradient are divided by the number of unmasked words; the convention here is to divide by N.",
        (
            ("log_p[n, t, y]) / N", "log_p[n, t, y]) / mask.sum()"),
            ("mask[:, :, None] / N", "mask[:, :, None] / mask.sum()"),
        ),
    ),
    Mistake(
        "loss_averaged_over_words",
        "dx is right and the loss is divided by the number of unmasked words; the convention here is to divide by N.",
        (("log_p[n, t, y]) / N", "log_p[n, t, y]) / mask.sum()"),),
    ),
    Mistake(
        "loss_overwritten",
        "dx is right; the loss is that of the last time step alone: each step overwrites it instead of adding to it.",
        (("mask * log_p[n, t, y]", "(mask * log_p[n, t, y])[:, -1]"),),
    ),
    Mistake(
        "summed_over_batch",
        "Loss and gradient are N times too large: they are summed over the minibatch instead of averaged.",
        (("log_p[n, t, y]) / N", "log_p[n, t, y])"), ("mask[:, :, None] / N", "mask[:, :, None]")),
    ),
    Mistake(
        "dx_not_averaged",
        "The loss is right and dx is N times too large: what the loss is divided by, its gradient is divided by too.",
        (("mask[:, :, None] / N", "mask[:, :, None]"),),
    ),
    Mistake(
        "mask_ignored",
        "Padding counts: words where the mask is false should add nothing, neither to the loss nor to dx.",
        (("mask * log_p[n, t, y]", "log_p[n, t, y]"), ("dx * mask[:, :, None] / N", "dx / N")),
    ),
    Mistake(
        "mask_missing_in_dx",
        "The loss leaves the padding out, dx does not: masked words have no gradient.",
        (("dx * mask[:, :, None] / N", "dx / N"),),
    ),
    Mistake(
        "mask_missing_in_loss",
        "dx leaves the padding out, the loss does not.",
        (("mask * log_p[n, t, y]", "log_p[n, t, y]"),),
    ),
    Mistake(
        "mask_inverted",
        "The mask is used the wrong way round: the padding counts and the words do not.",
        (("mask * log_p[n, t, y]", "~mask * log_p[n, t, y]"), ("dx * mask[:, :, None]", "dx * ~mask[:, :, None]")),
    ),
    Mistake(
        "target_not_subtracted",
        "dx is the softmax itself: the part that comes from the score of the right word is missing.",
        (("    dx[n, t, y] -= 1\n", ""),),
    ),
    Mistake(
        "target_added",
        "dx is wrong at the right words alone, where it should be negative: a higher score there lowers the loss.",
        (("dx[n, t, y] -= 1", "dx[n, t, y] += 1"),),
    ),
    Mistake(
        "targets_of_all_steps",
        "In dx the right words of all sentences and steps are taken for right at every step: each step has one right "
        "word, its own.",
        (("dx[n, t, y] -= 1", "dx[:, :, y] -= 1"),),
    ),
    Mistake(
        "log_missing",
        "The loss sums probabilities, not their logarithms.",
        (("mask * log_p[n, t, y]", "mask * np.exp(log_p[n, t, y])"),),
    ),
    Mistake(
        "log_of_sum_missing",
        "dx is right; the loss lacks the logarithm of the sum over all words.",
        (("mask * log_p[n, t, y]", "mask * shifted[n, t, y]"),),
    ),
    Mistake(
        "not_normalised",
        "The exponentials are never divided by their sum, so they are no probabilities: over all words these add up "
        "to 1.",
        (("log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))", "log_p = shifted"),),
    ),
    Mistake(
        "softmax_over_time",
        "The softmax runs over the time steps; it should run over the words, at every step by itself.",
        (
            ("x.max(axis=2, keepdims=True)", "x.max(axis=1, keepdims=True)"),
            ("np.exp(shifted).sum(axis=2, keepdims=True)", "np.exp(shifted).sum(axis=1, keepdims=True)"),
        ),
    ),
    Mistake(
        "overflow",
        "Right for small scores, not for large ones: the exponential overflows. The softmax of one step does not "
        "change when all its scores are lowered by the same number.",
        (("shifted = x - x.max(axis=2, keepdims=True)", "shifted = x"),),
    ),
    Mistake(
        "one_maximum_for_all",
        "Right for small scores, not for large ones: where all scores of a step are far below the largest of the whole "
        "array, every exponential vanishes, and the logarithm of zero is taken. What is subtracted may differ from "
        "step to step.",
        (("x.max(axis=2, keepdims=True)", "x.max()"),),
    ),
)
