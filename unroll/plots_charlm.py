"""The figures of problem set 4, on models of text. As in `unroll.plots`, each helper returns a Figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from unroll.plots import COLOURS, MARKERS, _line, _one_panel, _with_legend

PALE = ("#FFFFFF", "#FFF3CC", "#FFDD88", "#F5B041", "#D9731A")  # of a character's loss, from none to much


def coloured_text(lines: Sequence[str], losses: Sequence[np.ndarray], most: float) -> Figure:
    """Text whose characters stand on colours that say how large their loss is.

    Args:
        lines: without their newlines. losses: for each line the losses of its characters, in nats.
        most: the loss of the darkest colour.
    """
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("losses", PALE)
    width, height = 0.135, 0.34
    longest = max(map(len, lines))
    figure = Figure(figsize=(width * longest + 1.2, height * len(lines) + 0.5), layout="constrained")
    axis = figure.subplots()
    axis.set(xlim=(0, longest), ylim=(len(lines), 0))
    axis.set_axis_off()
    for row, (line, values) in enumerate(zip(lines, losses, strict=True)):
        for column, (character, loss) in enumerate(zip(line, values, strict=False)):
            shade = colours(min(1.0, loss / most))
            axis.axvspan(column, column + 1, 1 - (row + 0.92) / len(lines), 1 - (row + 0.08) / len(lines), color=shade)
            axis.text(column + 0.5, row + 0.5, character, ha="center", va="center", family="monospace", fontsize=10)
    bar = figure.colorbar(ScalarMappable(Normalize(0, most), colours), ax=axis, fraction=0.05)
    bar.set_label("loss in nats")
    return figure


def string_probabilities(curves: Mapping[str, Sequence[float]]) -> Figure:
    """The probability of some strings while a model is trained.

    Args:
        curves: string -> log-probabilities, shape (updates + 1,); the first one is before training.
    """
    figure, axis = _one_panel()
    for n, (label, logs) in enumerate(curves.items()):
        every = max(1, len(logs) // 8)
        _line(
            axis, n, np.arange(len(logs)), np.exp(np.asarray(logs)), f'p("{label}")', markevery=(n * every // 5, every)
        )
    axis.set(yscale="log", xlabel="updates", ylabel="probability", title="One string learned, all others pay for it")
    return _with_legend(figure, axis)


def frequencies(panels: Mapping[str, tuple[np.ndarray, np.ndarray]], labels: Sequence[str]) -> Figure:
    """How often each character was drawn, beside how often it should be.

    Args:
        panels: title -> (probabilities, shares drawn), each of shape (V,). labels: the V characters.
    """
    figure = Figure(figsize=(3.4 * len(panels), 3.4), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    places = np.arange(len(labels))
    for axis, (title, (wanted, drawn)) in zip(axes, panels.items(), strict=True):
        axis.bar(places, drawn, 0.7, color=COLOURS[0], alpha=0.55, label="drawn")
        axis.plot(places, wanted, MARKERS[1], color=COLOURS[1], ms=6, label="probability")
        axis.set(title=title, xlabel="next character")
        axis.set_xticks(places, labels)
        axis.grid(alpha=0.3, axis="y")
    axes[0].set_ylabel("share")
    axes[0].legend()
    return figure


def perplexities(
    training: Mapping[str, np.ndarray], validation: Mapping[str, tuple[np.ndarray, np.ndarray]], best: float
) -> Figure:
    """Perplexity during training: thin lines on the training text, thick ones with markers on the validation text.

    Args:
        training: label -> perplexity after each update, shape (updates,).
        validation: label -> (updates, perplexities), two arrays of one shape. best: the lowest there can be.
    """
    figure, axis = _one_panel()
    for n, (label, values) in enumerate(training.items()):
        axis.plot(
            np.arange(1, len(values) + 1), values, color=COLOURS[n], lw=0.8, alpha=0.6, label=f"{label}, training"
        )
        _line(axis, n, *validation[label], f"{label}, validation", lw=1.8, markevery=2)
    _best(axis, best)
    axis.set(yscale="log", ylim=(1.4, 4), xlabel="updates", ylabel="perplexity", title="Three cells, one text")
    _plain_ticks(axis, (1.5, 1.75, 2, 2.5, 3, 4))
    return _with_legend(figure, axis)


def echo_losses(distances: Sequence[int], curves: Mapping[str, np.ndarray], guessed: float) -> Figure:
    """The loss on the characters of echoes against the distance to what they repeat.

    Args:
        distances: in characters. curves: label -> mean loss at each distance. guessed: the loss without memory.
    """
    figure, axis = _one_panel()
    for n, (label, values) in enumerate(curves.items()):
        _line(axis, n, distances, values, label)
    axis.axhline(guessed, ls="--", color="0.3", label="guessing the word anew")
    axis.axhline(0, ls=":", color="0.3", label="perfect memory")
    axis.set(
        xlabel="distance to the character that is repeated",
        ylabel="loss on echoes, nats per character",
        title="Who remembers the word?",
        ylim=(-0.1, 1.45 * guessed),  # room for the legend
    )
    axis.grid(alpha=0.3)
    axis.legend(loc="upper center", ncols=2)
    return figure


def truncations(curves: Mapping[str, Mapping[int, float]], levels: Mapping[str, float], best: float) -> Figure:
    """Perplexity against the length of the pieces.

    Args:
        curves: label -> (length in steps -> perplexity). levels: label -> perplexity of other networks, drawn as lines.
        best: the lowest there can be.
    """
    figure, axis = _one_panel()
    for n, (label, found) in enumerate(curves.items()):
        _line(axis, n, list(found), list(found.values()), label)
    lengths = sorted({length for found in curves.values() for length in found})
    for n, (label, level) in enumerate(levels.items(), len(curves)):
        axis.axhline(level, ls=":", color=COLOURS[n], label=label)
    _best(axis, best)
    axis.axvspan(12, 21, color="0.9", label="distances of the echoes")
    axis.set(
        xscale="log",
        xlabel="steps in a piece T",
        ylabel="validation perplexity per character",
        title="How far back a gradient must go",
    )
    axis.set_xticks(lengths, [str(n) for n in lengths], minor=False)
    axis.minorticks_off()
    return _with_legend(figure, axis)


def temperatures(
    values: Sequence[float], curves: Mapping[str, Sequence[float]], baseline: float, baseline_label: str
) -> Figure:
    """Shares between 0 and 1 against the temperature of sampling.

    Args:
        values: the temperatures. curves: label -> share at each temperature.
        baseline: where to draw the horizontal line, and what to call it.
    """
    figure, axis = _one_panel()
    for n, (label, shares) in enumerate(curves.items()):
        _line(axis, n, values, shares, label)
    axis.axhline(baseline, ls="--", color="0.3", label=baseline_label)
    axis.set(
        xscale="log", ylim=(-0.03, 1.05), xlabel="temperature", ylabel="share of the lines", title="Right, or true?"
    )
    _plain_ticks(axis, values, "x")
    return _with_legend(figure, axis)


def _best(axis: Axes, best: float) -> None:
    axis.axhline(best, ls="--", color="0.3", label=f"best possible: {best:.2f}")


def _plain_ticks(axis: Axes, ticks: Sequence[float], which: str = "y") -> None:
    """Ticks of a logarithmic axis written as plain numbers."""
    (axis.set_yticks if which == "y" else axis.set_xticks)(ticks, [f"{tick:g}" for tick in ticks], minor=False)
    (axis.yaxis if which == "y" else axis.xaxis).set_ticks([], minor=True)
