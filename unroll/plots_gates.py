"""Figures of gated networks, in the manner of `unroll.plots`: each helper returns a matplotlib Figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unroll.plots import _line, _one_panel, _with_legend


def unit_traces(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """What one unit does over time, in panels one above the other that share the time axis.

    Args:
        panels: title -> label -> values, shape (T,), one line per label.
    """
    figure = Figure(figsize=(7.2, 2.3 * len(panels) + 0.4), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
        axis.axhline(0, color="0.7", lw=0.8)
        for n, (label, values) in enumerate(lines.items()):
            steps = np.arange(1, len(values) + 1)
            _line(axis, n, steps, values, label, drawstyle="steps-mid", lw=1.5)
        axis.set_title(title, loc="left", fontsize=10)
        axis.grid(alpha=0.3)
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes[-1].set_xlabel("step t")
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def two_roads(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """The parts of the gradient that arrive at every cell state, on a logarithmic scale.

    Args:
        panels: title -> label -> norms, shape (T,); where a norm is zero there is no point.
    """
    figure = Figure(figsize=(5 * len(panels), 4), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
        for n, (label, norms) in enumerate(lines.items()):
            steps = np.arange(1, len(norms) + 1)
            _line(axis, n, steps[norms > 0], norms[norms > 0], label)
        axis.set(title=title, xlabel="step t", yscale="log")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("norm of what arrives at $c_t$")
    axes[0].legend()
    return figure


def gradient_reach(curves: Mapping[str, np.ndarray], theory: Sequence[np.ndarray], theory_label: str) -> Figure:
    """How much of a gradient is left after so many steps back, on a logarithmic scale.

    Args:
        curves: label -> what is left after 0, 1, 2, ... steps, shape (K,), one curve per network.
        theory: the same without labels, drawn as thin dashed lines, which share one label.
    """
    figure, axis = _one_panel()
    for n, (label, left) in enumerate(curves.items()):
        _line(axis, n, np.arange(len(left)), left, label, markevery=5)
    for n, left in enumerate(theory):
        axis.plot(np.arange(len(left)), left, "--", color="0.3", lw=1, label=None if n else theory_label)
    axis.set(
        yscale="log",
        xlabel="steps back",
        ylabel="share of the gradient's norm that is left",
        title="The forget gate sets the reach",
    )
    return _with_legend(figure, axis)


def training_runs(curves: Mapping[str, Sequence[float]], baseline: float, baseline_label: str, title: str) -> Figure:
    """Training runs, averaged over ten iterations, and the loss of a network that knows nothing.

    Args:
        curves: label -> the loss per word at each iteration, shape (iterations,).
        baseline: where to draw the horizontal line, and what to call it.
    """
    figure, axis = _one_panel()
    for n, (label, losses) in enumerate(curves.items()):
        means = np.convolve(losses, np.full(10, 0.1), mode="valid")
        _line(axis, n, np.arange(10, len(losses) + 1), means, label, markevery=(25 * n, 100), lw=1)
    axis.axhline(baseline, ls="--", color="0.3", label=baseline_label)
    axis.set(xlabel="iteration", ylabel="loss per word", title=title, ylim=(0, None))
    return _with_legend(figure, axis)


def gate_heatmap(panels: Mapping[str, np.ndarray], words: Sequence[str]) -> Figure:
    """Gates and cell states of all units over a sentence, side by side, units in one order.

    Args:
        panels: title -> values, shape (H, T), one column per word. Values between 0 and 1 get a scale from 0 to
            1, others one that is symmetric about 0.
        words: the T words.
    """
    figure = Figure(figsize=(0.21 * len(words) * len(panels) + 2.4, 5.4), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        signed = values.min() < 0
        reach = np.abs(values).max() if signed else 1
        scale = {"cmap": "PuOr", "vmin": -reach, "vmax": reach} if signed else {"cmap": "viridis", "vmin": 0, "vmax": 1}
        image = axis.imshow(values, aspect="auto", interpolation="nearest", **scale)
        axis.set_title(title, fontsize=10)
        axis.set_yticks([])
        axis.set_xticks(range(len(words)), words, rotation=90, fontsize=8)
        figure.colorbar(image, ax=axis, shrink=0.6, pad=0.02)
    axes[0].set_ylabel("unit, the most lasting on top")
    return figure
