"""The figures of problem set 6, beyond one word at a time. As in `unroll.plots`, each helper returns a Figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from unroll.plots import COLOURS, MARKERS, _line, _one_panel, _with_legend


def found_by_width(curves: Mapping[str, Sequence[float]], widths: Sequence[int]) -> Figure:
    """How often a beam finds the likeliest sequence of all, against its width.

    Args:
        curves: label -> share of the models, one for each width.
        widths: widths of the beam.
    """
    figure, axis = _one_panel()
    for n, (label, shares) in enumerate(curves.items()):
        _line(axis, n, widths, shares, label)
    axis.set(
        xscale="log",
        xticks=widths,
        xticklabels=list(map(str, widths)),
        ylim=(0, 1.03),
        xlabel="width of the beam",
        ylabel="share of the models",
        title="How often is the likeliest sequence found?",
    )
    axis.minorticks_off()
    return _with_legend(figure, axis)


def beam_widths(widths: Sequence[int], logprobs: Sequence[float], lengths: Sequence[float], human: float) -> Figure:
    """What a wider beam finds: likelier captions, and shorter ones.

    Args:
        widths: widths of the beam; a width of 1 is greedy search.
        logprobs, lengths: the mean log probability and the mean number of words, one for each width.
        human: the mean number of words of the captions that people wrote.
    """
    figure = Figure(figsize=(9.6, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    _line(left, 0, widths, logprobs, "beam search")
    left.axhline(logprobs[0], ls="--", color="0.3", label="greedy")
    left.set(ylabel="mean log probability of a caption", title="The wider, the likelier")
    _line(right, 1, widths, lengths, "beam search")
    right.axhline(human, ls="--", color="0.3", label="captions of the data set")
    right.set(ylabel="mean length in words, with <END>", title="The wider, the shorter", ylim=(0, 1.25 * human))
    for axis in (left, right):
        axis.set(xscale="log", xticks=widths, xticklabels=list(map(str, widths)), xlabel="width of the beam")
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend()
    return figure


def grids(images: Sequence[np.ndarray], grids: Sequence[np.ndarray]) -> Figure:
    """Images, and below each the mean colours of its cells.

    Args:
        images: arrays of shape (S, S, 3), integers from 0 to 255.
        grids: for every image the colours of its L cells, shape (L, 3), from 0 to 1, row by row.
    """
    figure = Figure(figsize=(2.3 * len(images), 4.7), layout="constrained")
    axes = figure.subplots(2, len(images), squeeze=False)
    for column, (image, grid) in enumerate(zip(images, grids, strict=True)):
        cells = round(len(grid) ** 0.5)
        axes[0, column].imshow(image)
        axes[1, column].imshow(np.clip(grid.reshape(cells, cells, 3), 0, 1))
    for axis in axes.flat:
        axis.set_axis_off()
    return figure


def heat_maps(rows: Sequence[tuple[np.ndarray, str, np.ndarray, str]], columns: int = 6) -> Figure:
    """Images under questions, and what each question looks at.

    Args:
        rows: (image, question, weights, answer) tuples: an image (S, S, 3), the weights of its L cells, shape (L,).
        columns: images in a row of the figure.
    """
    lines = -(-len(rows) // columns)
    figure = Figure(figsize=(1.9 * columns, 4.3 * lines), layout="constrained")
    axes = figure.subplots(2 * lines, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for n, (image, question, weights, answer) in enumerate(rows):
        top, below = axes[2 * (n // columns), n % columns], axes[2 * (n // columns) + 1, n % columns]
        cells = round(len(weights) ** 0.5)
        top.imshow(image)
        top.set_title(question, fontsize=10)
        side = len(image) // cells
        share = np.kron(weights.reshape(cells, cells) / weights.max(), np.ones((side, side)))
        below.imshow(image, alpha=0.4)
        below.imshow(share, cmap="Reds", vmin=-0.3, vmax=1, alpha=0.9 * share)
        below.text(0.5, -0.04, answer, transform=below.transAxes, ha="center", va="top", fontsize=9)
    return figure


def bits_curve(curves: Mapping[str, tuple[Sequence[int], Sequence[float]]], entropy: float) -> Figure:
    """Bits per dimension through training.

    Args:
        curves: label -> (iterations, bits at each of them).
        entropy: of the images, in bits per pixel: what the best model of all would need.
    """
    figure, axis = _one_panel()
    for n, (label, (iterations, bits)) in enumerate(curves.items()):
        _line(axis, n, iterations, bits, label)
    axis.axhline(1, ls=":", color="0.3", label="knowing nothing: 1 bit")
    axis.axhline(entropy, ls="--", color="0.3", label=f"entropy of the patterns: {entropy:.3f} bits")
    axis.set(yscale="log", xlabel="iteration", ylabel="bits per dimension", title="What a pixel costs")
    ticks = (0.1, 0.2, 0.5, 1)
    axis.set_yticks(ticks, list(map(str, ticks)))
    axis.minorticks_off()
    return _with_legend(figure, axis)


def pixel_samples(rows: Mapping[str, np.ndarray]) -> Figure:
    """Small binary images in rows.

    Args:
        rows: label -> images, shape (n, rows, columns), of 0 and 1; the same n in every row.
    """
    n = max(len(images) for images in rows.values())
    figure = Figure(figsize=(1.0 * n + 1.8, 1.05 * len(rows) + 0.2), layout="constrained")
    axes = figure.subplots(len(rows), n, squeeze=False)
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=True):
            axis.imshow(1 - image, cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    return figure


def accuracy_curves(iterations: Sequence[int], curves: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Shares of right answers through training.

    Args:
        iterations: where they were measured.
        curves: label -> shares from 0 to 1, one for each of the iterations.
    """
    figure, axis = _one_panel()
    for n, (label, shares) in enumerate(curves.items()):
        last = n == len(curves) - 1
        colour = "0.1" if last else COLOURS[n % 5]
        axis.plot(iterations, shares, marker=MARKERS[n % 5], color=colour, ms=5, lw=2.5 if last else 1.2, label=label)
    axis.set(xlabel="iteration", ylabel="share that is right", ylim=(0, 1.03), title=title)
    return _with_legend(figure, axis)
