"""Mistakes in the features of a grid and in attention over it."""

from __future__ import annotations

from autograder.check import Mistake
from autograder.checks.ps6_mistakes.search import OVERFLOW

CELLS = "blocks = images.reshape(N, cells, side, cells, side, 3) / 255"
MEANS = "grid = blocks.mean(axis=(2, 4)).reshape(N, cells * cells, 3)"
SOFTMAX = "weights = e / e.sum(axis=1, keepdims=True)"

GRID = (
    Mistake(
        "not_scaled",
        "The colours run from 0 to 255; from 0 to 1 is asked for.",
        ((" / 255", " / 1"),),
    ),
    Mistake(
        "column_by_column",
        "The cells stand column by column; reading order is row by row.",
        ((MEANS, "grid = blocks.mean(axis=(2, 4)).swapaxes(1, 2).reshape(N, cells * cells, 3)"),),
    ),
    Mistake(
        "every_nth_pixel",
        "Every cell is the mean of pixels that lie far apart, spread over the whole image: in the reshaped array the "
        "axis of the cells comes before the axis of the pixels inside a cell.",
        (
            (CELLS, "blocks = images.reshape(N, side, cells, side, cells, 3) / 255"),
            ("axis=(2, 4)", "axis=(1, 3)"),
        ),
    ),
    Mistake(
        "summed",
        "Each cell holds the sum over its pixels; the mean is asked for.",
        (("blocks.mean(", "blocks.sum("),),
    ),
    Mistake(
        "largest",
        "Each cell holds the largest value of every channel over its pixels; the mean is asked for.",
        (("blocks.mean(", "blocks.max("),),
    ),
    Mistake(
        "first_pixel",
        "Each cell holds the colour of its first pixel; the mean over all its pixels is asked for.",
        (("blocks.mean(axis=(2, 4))", "blocks[:, :, 0, :, 0]"),),
    ),
    Mistake(
        "channels_reversed",
        "The three channels are in reverse order: blue stands where red should.",
        ((MEANS, f"{MEANS}[..., ::-1]"),),
    ),
    Mistake(
        "not_flattened",
        "The cells are spread over two axes; one axis of L = cells * cells is asked for.",
        ((MEANS, "grid = blocks.mean(axis=(2, 4))"),),
    ),
)

ATTENTION_FORWARD = (
    Mistake(
        "scale_missing",
        "The scores are not divided by the square root of H, so the weights are too sharp.",
        ((" / np.sqrt(H)", ""),),
    ),
    Mistake(
        "scale_is_H",
        "The scores are divided by H; the spread of a sum of H products grows as the square root of H.",
        (("/ np.sqrt(H)", "/ H"),),
    ),
    Mistake(
        "softmax_over_images",
        "The weights sum to one over the N images; they should sum to one over the L cells of each image.",
        (
            ("e.max(axis=1,", "e.max(axis=0,"),
            ("e.sum(axis=1,", "e.sum(axis=0,"),
        ),
    ),
    Mistake(
        "softmax_over_everything",
        "All weights of the minibatch together sum to one; those of every image should.",
        (
            ("e.max(axis=1, keepdims=True)", "e.max()"),
            ("e.sum(axis=1, keepdims=True)", "e.sum()"),
        ),
    ),
    Mistake(
        "weights_not_normalised",
        "The weights do not sum to one over the cells: they are exponentials that were not divided by their sum.",
        ((SOFTMAX, "weights = e"),),
    ),
    Mistake(
        "scores_as_weights",
        "The weights are scores, some of them negative. A softmax turns them into shares that sum to one.",
        (("e = np.exp(e - e.max(axis=1, keepdims=True))\n    ", ""), (SOFTMAX, "weights = e")),
    ),
    Mistake(
        "sigmoid_for_softmax",
        "Each weight lies between 0 and 1 by itself, as after a sigmoid: the cells of an image should compete.",
        (("e = np.exp(e - e.max(axis=1, keepdims=True))", "e = (1 + np.tanh(e / 2)) / 2"), (SOFTMAX, "weights = e")),
    ),
    Mistake(
        "mean_of_all_cells",
        "The context is the plain mean over the cells: the weights do not enter.",
        (("context = (weights[:, None] @ a)[:, 0]", "context = a.mean(axis=1)"),),
    ),
    Mistake(
        "sum_of_all_cells",
        "The context is the plain sum over the cells: the weights do not enter.",
        (("context = (weights[:, None] @ a)[:, 0]", "context = a.sum(axis=1)"),),
    ),
    Mistake(
        "only_the_best_cell",
        "The context is the cell with the largest weight alone. That is hard attention, which has no gradient.",
        (("context = (weights[:, None] @ a)[:, 0]", "context = a[np.arange(N), weights.argmax(axis=1)]"),),
    ),
    Mistake(
        "state_added",
        "The context contains the state as well: it is a mean of the cells' features and of nothing else.",
        (("context = (weights[:, None] @ a)[:, 0]", "context = (weights[:, None] @ a)[:, 0] + h"),),
    ),
    Mistake(
        "sign_of_the_scores",
        "The weights are largest where state and features agree least: the sign of the scores is reversed.",
        (("/ np.sqrt(H)", "/ -np.sqrt(H)"),),
    ),
    Mistake("overflow", OVERFLOW, (("np.exp(e - e.max(axis=1, keepdims=True))", "np.exp(e)"),)),
)

FULL = "de = weights * (dweights - (weights * dweights).sum(axis=1, keepdims=True))"
SCALED = "de = de / np.sqrt(H)"
DA = "da = weights[:, :, None] * dcontext[:, None] + de[:, :, None] * h[:, None]"

ATTENTION_BACKWARD = (
    Mistake(
        "softmax_gradient_missing",
        "The gradient of the weights is used as that of the scores: it has not gone back through the softmax.",
        ((FULL, "de = dweights"),),
    ),
    Mistake(
        "softmax_diagonal_only",
        "Going back through the softmax, each weight is treated as if it depended on its own score alone. A score "
        "moves all weights of its image, since they sum to one.",
        ((FULL, "de = weights * (1 - weights) * dweights"),),
    ),
    Mistake(
        "softmax_mean_missing",
        "Going back through the softmax, what all weights of an image have in common is not taken off: their sum is "
        "fixed, so the gradients of an image's scores sum to zero.",
        ((FULL, "de = weights * dweights"),),
    ),
    Mistake(
        "softmax_over_images",
        "Going back through the softmax, the sum runs over the images; it should run over the cells.",
        (("(weights * dweights).sum(axis=1,", "(weights * dweights).sum(axis=0,"),),
    ),
    Mistake(
        "scale_missing",
        "The forward pass divides the scores by the square root of H; the backward pass does not.",
        ((SCALED, "de = de"),),
    ),
    Mistake(
        "scale_inverted",
        "The gradient is multiplied by the square root of H where the forward pass divides by it; so must this pass.",
        ((SCALED, "de = de * np.sqrt(H)"),),
    ),
    Mistake(
        "da_from_the_context_only",
        "da is the part that comes through the context. The features are also in the scores, so a second part comes "
        "back through the weights.",
        ((DA, "da = weights[:, :, None] * dcontext[:, None]"),),
    ),
    Mistake(
        "da_from_the_scores_only",
        "da is the part that comes through the scores. The features are also what the context is a mean of.",
        ((DA, "da = de[:, :, None] * h[:, None]"),),
    ),
    Mistake(
        "weights_missing_in_da",
        "Every cell receives all of dcontext; it should receive the share that its weight gave it.",
        (("da = weights[:, :, None] * dcontext[:, None]", "da = 1 * dcontext[:, None]"),),
    ),
    Mistake(
        "dh_from_the_context",
        "dh is the gradient of the context. The state is not part of the context; it acts through the weights only.",
        (("dh = (de[:, None] @ a)[:, 0]", "dh = dcontext"),),
    ),
    Mistake(
        "dh_sign",
        "dh has the right magnitude and the opposite sign.",
        (("dh = (de[:, None] @ a)[:, 0]", "dh = -(de[:, None] @ a)[:, 0]"),),
    ),
)
