"""The figures of problem set 5, on captions of images. As in `unroll.plots`, each helper returns a Figure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from unroll.plots import COLOURS, _line, _one_panel, _with_legend

WINDOW = 25  # steps over which a noisy loss is averaged


def threshold(min_counts: Sequence[int], sizes: Sequence[int], unknown: Sequence[float], captions: Sequence[float]):
    """What a threshold on frequency costs: the vocabulary, the words lost, the captions touched.

    Args:
        min_counts: thresholds, increasing. sizes: words of the vocabulary.
        unknown: share of all words that become <UNK>. captions: share of the captions that hold one.
    """
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    _line(left, 0, min_counts, sizes, "")
    left.set(xscale="log", xlabel="min_count", ylabel="words in the vocabulary V", title="What you save")
    _line(right, 1, min_counts, 100 * np.asarray(unknown), "words that become <UNK>")
    _line(right, 2, min_counts, 100 * np.asarray(captions), "captions with an <UNK>")
    right.set(xscale="log", xlabel="min_count", ylabel="percent", title="What you lose")
    right.legend()
    for axis in (left, right):
        axis.grid(alpha=0.3)
    return figure


def cell_losses(curves: Mapping[str, Sequence[float]], baseline: float, title: str) -> Figure:
    """The loss of each step of some trainings, averaged over the last 25 steps.

    Args:
        curves: label -> losses. baseline: the loss of a network that gives every word the same probability.
    """
    figure, axis = _one_panel()
    for n, (label, losses) in enumerate(curves.items()):
        steps = range(1, len(losses) + 1)
        smooth = [np.mean(losses[max(0, step - WINDOW) : step]) for step in steps]
        _line(axis, n, steps, smooth, label, markevery=(10 * n, max(1, len(smooth) // 8)), lw=1.5)
    axis.axhline(baseline, ls="--", color="0.3", label="before training: ln V per word")
    axis.set(xlabel="step", ylabel="loss per caption", title=title)
    axis.set_ylim(bottom=0)
    return _with_legend(figure, axis)


def learning_to_speak(images: Sequence[np.ndarray], said: Mapping[int, Sequence[str]], loss: Mapping[int, float]):
    """What a network says of the same images as its training goes on.

    Args:
        images: arrays of shape (height, width, 3). said: step -> one caption per image. loss: step -> its loss.
    """
    figure = Figure(figsize=(10, 2.6 * len(images)), layout="constrained")
    axes = figure.subplots(len(images), 2, squeeze=False, width_ratios=(1, 2.6))
    for row, (image, (picture, text)) in enumerate(zip(images, axes, strict=True)):
        picture.imshow(image)
        for axis in (picture, text):
            axis.set_axis_off()
        for n, (step, captions) in enumerate(said.items()):
            height = 0.95 - 0.95 * n / len(said)
            shortened = textwrap.shorten(captions[row] or "(nothing)", 72, placeholder=" ...")
            text.text(0.09, height, f"step {step}", ha="right", va="top", fontsize=9, color=COLOURS[0])
            text.text(0.22, height, f"loss {loss[step]:.1f}", ha="right", va="top", fontsize=9, color="0.4")
            text.text(0.25, height, shortened, va="top", fontsize=9)
    return figure


def word_probabilities(pictures: Sequence[tuple[np.ndarray, Sequence[str], np.ndarray]]) -> Figure:
    """Images, each with the words that a network wrote about it and how sure it was of each.

    Args:
        pictures: (image, words, probabilities), with one probability per word.
    """
    figure = Figure(figsize=(4 * len(pictures), 6.4), layout="constrained")
    axes = figure.subplots(2, len(pictures), squeeze=False, height_ratios=(1, 1.5))
    for (image, words, probabilities), picture, bars in zip(pictures, *axes, strict=True):
        picture.imshow(image)
        picture.set_axis_off()
        places = np.arange(len(words))
        bars.barh(places, probabilities, color=COLOURS[0])
        for place, p in zip(places, probabilities, strict=True):
            inside = p > 0.8
            bars.text(
                p + (-0.02 if inside else 0.02), place, f"{p:.2f}", va="center",
                ha="right" if inside else "left", color="white" if inside else "black", fontsize=8,
            )  # fmt: skip
        bars.set(yticks=places, yticklabels=words, xlim=(0, 1), xlabel="probability of the word")
        bars.invert_yaxis()
    return figure


def gate_trace(words: Sequence[str], update: np.ndarray, reset: np.ndarray) -> Figure:
    """The gates of a GRU while it writes a caption: every unit's update gate, and the mean of both gates.

    Args:
        words: those that the network reads, T of them. update, reset: gates, (T, H).
    """
    figure = Figure(figsize=(9.6, 6.4), layout="constrained")
    means, units = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.8))
    steps = np.arange(len(words))
    _line(means, 0, steps, update.mean(axis=1), "update gate z: share of the state that is kept")
    _line(means, 1, steps, reset.mean(axis=1), "reset gate r: share of the state that the candidate sees")
    means.set(ylim=(0, 1), ylabel="mean over the units")
    means.grid(alpha=0.3)
    means.legend(fontsize=8)
    order = np.argsort(update.mean(axis=0))
    image = units.imshow(
        update[:, order].T, aspect="auto", cmap="viridis", vmin=0, vmax=1, interpolation="nearest", origin="lower"
    )
    units.set(xticks=steps, ylabel="units, sorted by their mean")
    units.set_xticklabels(words, rotation=40, ha="right")
    units.set_xlabel("the word that is read")
    bar = figure.colorbar(image, ax=units)
    bar.set_label("update gate: 1 keeps, 0 overwrites")
    return figure


def scores(table: Mapping[str, tuple[float, float]]) -> Figure:
    """BLEU-4 and CIDEr of several ways of writing captions.

    Args:
        table: label -> (BLEU-4, CIDEr).
    """
    figure = Figure(figsize=(9.6, 0.6 + 0.5 * len(table)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(table))
    for n, (axis, name) in enumerate(zip(panels, ("BLEU-4", "CIDEr"), strict=True)):
        values = [pair[n] for pair in table.values()]
        axis.barh(places, values, color=COLOURS[n])
        for place, value in zip(places, values, strict=True):
            axis.text(value, place, f" {value:.2f}", va="center", fontsize=9)
        axis.set(xlabel=name, xlim=(0, 1.18 * max(values)), yticks=places, yticklabels=list(table))
    panels[0].invert_yaxis()
    return figure


def temperatures(values: Sequence[float], quality: Sequence[float], different: Sequence[float]) -> Figure:
    """What the temperature of sampling does: agreement with people, and variety.

    Args:
        values: temperatures. quality: CIDEr. different: share of different ones among
            captions of the same image, 0 to 1.
    """
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    _line(left, 0, values, quality, "")
    left.set(xlabel="temperature", ylabel="CIDEr", title="Like what people say", ylim=(0, None))
    _line(right, 1, values, 100 * np.asarray(different), "")
    right.set(
        xlabel="temperature", ylabel="different captions, percent", title="How varied, for one image", ylim=(0, 103)
    )
    for axis in (left, right):
        axis.grid(alpha=0.3)
    return figure


def beside(pairs: Sequence[tuple[np.ndarray, str, str]], columns: int = 5) -> Figure:
    """Numbered images in a grid, each above what a network says and what a person says.

    Args:
        pairs: (image, the network's caption, a person's caption).
    """
    rows = -(-len(pairs) // columns)
    figure = Figure(figsize=(2.9 * columns, 4.1 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for n, (axis, (image, network, person)) in enumerate(zip(axes.flat, pairs, strict=False), 1):
        axis.imshow(image)
        axis.set_title(str(n), loc="left", fontsize=10)
        mine = textwrap.fill(f"network: {network}", 34, subsequent_indent="   ")
        theirs = textwrap.fill(f"person: {person}", 34, subsequent_indent="   ")
        axis.text(0, -0.03, mine, transform=axis.transAxes, va="top", fontsize=9, color=COLOURS[0])
        lower = -0.03 - 0.085 * (mine.count("\n") + 1)
        axis.text(0, lower, theirs + "\n", transform=axis.transAxes, va="top", fontsize=9, color="0.25")
    return figure
