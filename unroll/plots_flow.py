"""The figures of problem set 3, on how gradients flow. As in `unroll.plots`, each helper returns a Figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unroll.plots import COLOURS, MARKERS, _line, _one_panel, _with_legend

MARKS = 8  # markers on a curve


def powers(curves: Mapping[str, np.ndarray]) -> Figure:
    """The norms of the powers of some matrices.

    Args:
        curves: label -> norms of W, W^2, W^3, ..., shape (K,), one curve per matrix; zeros are left out.
    """
    figure, axis = _one_panel()
    _log_lines(axis, curves, first=1)
    axis.axhline(1, color="0.6", lw=1)
    axis.set(
        xlabel="power k", ylabel="norm of $W^k$", title="What a matrix does once, and what it does in the long run"
    )
    return _with_legend(figure, axis)


def gradient_flow(
    curves: Mapping[str, np.ndarray],
    title: str,
    alone: Sequence[np.ndarray] = (),
    alone_label: str = "",
    first: int = 0,
) -> Figure:
    """The norm of the gradient at every step of a sequence, on a logarithmic axis.

    Args:
        curves: label -> norms at consecutive steps, one curve per network; zeros are left out.
        alone: for every curve another one of the same length, drawn dashed in its colour.
        alone_label: what the dashed curves are.
        first: the number of the step at which the curves begin.
    """
    figure, axis = _one_panel()
    for n, norms in enumerate(alone):
        axis.plot(np.arange(first, first + len(norms)), _without_zeros(norms), "--", color=COLOURS[n], lw=1.5)
    if len(alone):
        axis.plot([], [], "--", color="0.3", label=alone_label)
    _log_lines(axis, curves, first)
    axis.set(xlabel="step t", ylabel="norm of the gradient at step t", title=title)
    return _with_legend(figure, axis)


def flow_by_distance(curves: Mapping[str, np.ndarray]) -> Figure:
    """How much of a gradient is left after k steps on its way back, for many cells in one picture.

    Args:
        curves: label -> norms, shape (T + 1,): entry k is the norm k steps before the loss.
    """
    figure, axis = _one_panel()
    _log_lines(axis, curves, first=0)
    axis.axhline(1, color="0.6", lw=1)
    axis.set(
        xlabel="distance from the loss k, in steps",
        ylabel="norm of the gradient at step T - k",
        title="One gradient on its way back through five cells",
    )
    return _with_legend(figure, axis)


def kept_bits(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """The cell state of one unit over time, after it was told one bit at the first step.

    Args:
        panels: title -> (label -> cell states, shape (T,)), one curve per bit.
    """
    figure = Figure(figsize=(4.2 * len(panels), 3.8), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, (title, curves) in zip(axes, panels.items(), strict=True):
        for n, (label, states) in enumerate(curves.items()):
            _line(axis, n, np.arange(1, len(states) + 1), states, label, markevery=_every(len(states), n))
        axis.axhline(0, color="0.6", lw=1)
        axis.set(title=title, xlabel="step t")
        axis.grid(alpha=0.3)
        axis.legend()
    axes[0].set_ylabel("cell state")
    return figure


def clipping(gradient: np.ndarray, limit: float, limits: np.ndarray, cosines: Mapping[str, np.ndarray]) -> Figure:
    """Clipping a gradient of two entries, drawn; and the direction that is left of a real gradient.

    Args:
        gradient: a gradient with two positive entries, shape (2,).
        limit: its largest norm, and its largest entry.
        limits: limits tried on the real gradient, shape (L,). cosines: label -> cosines, shape (L,).
    """
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    arrows = {
        "the gradient": gradient,
        "clipped by norm": gradient * limit / np.linalg.norm(gradient),
        "clipped by value": np.minimum(gradient, limit),
    }
    angle = np.linspace(0, np.pi / 2, 50)
    left.plot(limit * np.cos(angle), limit * np.sin(angle), "--", color=COLOURS[1], lw=1)
    left.plot([0, limit, limit], [limit, limit, 0], ":", color=COLOURS[2], lw=1.5)
    for n, (label, arrow) in enumerate(arrows.items()):
        start = {"color": COLOURS[n], "lw": 2, "arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0}
        left.annotate("", arrow, (0, 0), arrowprops=start, zorder=3 + n)
        left.plot(*arrow, MARKERS[n], color=COLOURS[n], ms=5, label=label)
    reach = 1.08 * gradient.max()
    left.set(xlim=(0, reach), ylim=(0, 0.75 * reach), aspect="equal", xlabel="first entry", ylabel="second entry")
    left.set_title("Two ways to shorten an arrow")
    for n, (label, values) in enumerate(cosines.items()):
        _line(right, n + 1, limits, values, label)
    right.set(
        xscale="log",
        ylim=(-0.05, 1.08),
        xlabel="limit",
        ylabel="cosine with the gradient before",
        title="What is left of the direction",
    )
    for axis in (left, right):
        axis.grid(alpha=0.3)
        axis.legend()
    return figure


def block_gradients(lengths: Sequence[int], curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """The gradient of Wh when backpropagation stops at the borders of blocks, for several lengths of block.

    Args:
        lengths: of the blocks, in steps, increasing; the last one is the whole sequence.
        curves: label -> (norms of the gradients, cosines with that of the whole sequence), one of each per length.
    """
    figure = Figure(figsize=(9.6, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for n, (label, (norms, cosines)) in enumerate(curves.items()):
        _line(left, n, lengths, norms, label)
        _line(right, n, lengths, cosines, label)
    left.set(yscale="log", ylabel="norm of dWh", title="Its size")
    right.set(ylim=(-0.1, 1.1), ylabel="cosine with the full dWh", title="Its direction")
    for axis in (left, right):
        axis.set(xscale="log", xlabel="length of a block k")
        axis.set_xticks(lengths, [str(k) for k in lengths])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend()
    return figure


def training(
    curves: Mapping[str, Sequence[float]], baseline: float, baseline_label: str, title: str, log: bool = False
) -> Figure:
    """Training runs, and the loss of a network that knows nothing.

    Args:
        curves: label -> the loss at each iteration, shape (iterations,).
        baseline: where to draw the horizontal line, and what to call it. log: whether the losses' axis is logarithmic.
    """
    figure, axis = _one_panel()
    for n, (label, losses) in enumerate(curves.items()):
        every = _every(len(losses), n)
        _line(axis, n, np.arange(1, len(losses) + 1), losses, label, markevery=every, lw=1)
    axis.axhline(baseline, ls="--", color="0.3", label=baseline_label)
    axis.set(xlabel="iteration", ylabel="loss", title=title, yscale="log" if log else "linear")
    return _with_legend(figure, axis)


def _log_lines(axis: Axes, curves: Mapping[str, np.ndarray], first: int) -> None:
    """Curves over first, first + 1, ... on a logarithmic axis, with a few markers each."""
    axis.set_yscale("log")
    for n, (label, values) in enumerate(curves.items()):
        values = _without_zeros(values)
        every = _every(len(values), n) if np.isfinite(values).sum() > MARKS else 1
        _line(axis, n, np.arange(first, first + len(values)), values, label, markevery=every)


def _without_zeros(values) -> np.ndarray:
    """Positive numbers as they are, anything else as NaN, which is left blank."""
    values = np.asarray(values, dtype=float)
    return np.where(values > 0, values, np.nan)


def _every(length: int, n: int) -> tuple[int, int]:
    """First marker and distance between markers; curve n begins a little later, so that markers do not cover."""
    step = max(1, length // MARKS)
    return (n * step // 5) % step, step
