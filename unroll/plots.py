"""The notebooks' figures. Each helper returns a matplotlib Figure; `show` displays it with alternative text.

No pyplot and no global state: a figure is drawn once, where it is shown. Colours are Okabe and Ito's, and
every line also differs from the others in its marker, so nothing rests on colour alone.
"""

from __future__ import annotations

import base64
import contextlib
import html
import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v")
EPS = np.finfo(np.float64).eps


def show(figure: Figure, alt: str) -> None:
    """Display a figure in the notebook.

    Args:
        figure: what one of the helpers below returned, or any other Figure.
        alt: what is to be seen, in words, for a reader who cannot see it.
    """
    from IPython.display import display

    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=100, bbox_inches="tight", facecolor="white")
    encoded = base64.b64encode(png.getvalue()).decode("ascii")
    # JupyterLab keeps the alternative text of HTML only, and printing to PDF wants the plain image.
    image = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{encoded}">'
    bundle = {"text/html": image, "image/png": encoded, "text/plain": alt}
    display(bundle, metadata={"image/png": {"alt": alt}}, raw=True)


@contextlib.contextmanager
def waiting_for_your_code() -> Iterator[None]:
    """Turn the NotImplementedError of a stub into one friendly line."""
    try:
        yield
    except NotImplementedError:
        print("This cell needs functions you have not written yet. Come back when their checks pass.")


def contact_sheet(pairs: Sequence[tuple[np.ndarray, Sequence[str]]], columns: int = 3) -> Figure:
    """Images in a grid, each above its captions.

    Args:
        pairs: (image, captions) pairs; an image has shape (height, width, 3), captions are strings.
        columns: images per row.
    """
    rows = -(-len(pairs) // columns)
    texts = ["\n".join(textwrap.fill(c, 38, subsequent_indent="  ") for c in captions) for _, captions in pairs]
    most_lines = max(text.count("\n") + 1 for text in texts)
    figure = Figure(figsize=(3.4 * columns, (2.7 + 0.17 * most_lines) * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (image, _), text in zip(axes.flat, pairs, texts, strict=False):
        axis.imshow(image)
        # The text hangs below the image; an empty line under it keeps the rows apart.
        axis.text(0, -0.03, text + "\n", transform=axis.transAxes, va="top", fontsize=9)
    return figure


def memory_curves(curves: Mapping[str, np.ndarray]) -> Figure:
    """How far apart two runs of one network are, step by step, after they differed in the first input only.

    Args:
        curves: label -> distances, shape (T,), one curve per network.
    """
    figure, axis = _one_panel()
    for n, (label, distances) in enumerate(curves.items()):
        _line(axis, n, np.arange(1, len(distances) + 1), distances, label)
    axis.set(
        yscale="log",
        xlabel="step t",
        ylabel="distance between the two states",
        title="How long does a cell remember its first input?",
    )
    return _with_legend(figure, axis)


def numerical_gradient_v(steps: np.ndarray, errors: np.ndarray) -> Figure:
    """The error of a central difference against its step size, with what theory says of both arms of the V.

    Args:
        steps: step sizes s, shape (S,), increasing.
        errors: relative errors, shape (S,).
    """
    figure, axis = _one_panel()
    best = EPS ** (1 / 3)
    axis.loglog(steps, steps**2, "--", color=COLOURS[1], label="cut-off Taylor series: $s^2$")
    axis.loglog(steps, EPS / steps, ":", color=COLOURS[2], lw=2, label=r"rounding: $\epsilon / s$")
    axis.axvline(best, color="0.6", lw=1)
    label = rf"$\epsilon^{{1/3}} \approx$ {best:.0e}"
    axis.annotate(label, (best, 1), xytext=(4, -4), textcoords="offset points", va="top")
    axis.loglog(steps, errors, "-", marker=MARKERS[0], color=COLOURS[0], label="measured")
    axis.set(
        ylim=(1e-13, 1),
        xlabel="step size s",
        ylabel="relative error of the numerical gradient",
        title="Neither too large a step nor too small",
    )
    return _with_legend(figure, axis)


def gradient_heatmap(panels: Mapping[str, np.ndarray]) -> Figure:
    """The norm of dE_t/dh_k over t and k, relative to the norm at k = t, on a logarithmic scale.

    Args:
        panels: title -> norms, shape (T, T), row t, column k; entries with k > t are ignored.
    """
    logs = {title: _log10_lower_triangle(norms) for title, norms in panels.items()}
    reach = max(1.0, *(np.nanmax(np.abs(values)) for values in logs.values()))
    figure = Figure(figsize=(3.9 * len(panels) + 1, 4.2), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, (title, values) in zip(axes, logs.items(), strict=True):
        steps = len(values)
        image = axis.imshow(values, cmap="PuOr", vmin=-reach, vmax=reach, extent=(0.5, steps + 0.5, steps + 0.5, 0.5))
        axis.set(title=title, xlabel="k: the state the gradient reaches", facecolor="0.85")
    axes[0].set_ylabel("t: the step of the loss")
    bar = figure.colorbar(image, ax=axes, shrink=0.85)
    bar.set_label("$\\log_{10}$ of the norm of $dE_t/dh_k$\nbelow 0: shrunk, above 0: grown")
    return figure


def loss_curves(curves: Mapping[str, Sequence[float]], baseline: float, baseline_label: str) -> Figure:
    """Training runs, and the loss of a network that knows nothing.

    Args:
        curves: label -> the loss at each iteration, shape (iterations,).
        baseline: where to draw the horizontal line, and what to call it.
    """
    figure, axis = _one_panel()
    for n, (label, losses) in enumerate(curves.items()):
        _line(axis, n, np.arange(1, len(losses) + 1), losses, label, markevery=(9 * n, 50), lw=1)
    axis.axhline(baseline, ls="--", color="0.3", label=baseline_label)
    axis.set(xlabel="iteration", ylabel="loss per step", title="Trained with windows of four lengths")
    axis.set_ylim(bottom=-0.02)  # room for a curve that has arrived at zero
    return _with_legend(figure, axis)


def _one_panel() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    return figure, figure.subplots()


def _line(axis: Axes, n: int, x, y, label: str, **style) -> None:
    axis.plot(x, y, marker=MARKERS[n % 5], color=COLOURS[n % 5], ms=5, label=label, **style)


def _with_legend(figure: Figure, axis: Axes) -> Figure:
    axis.grid(alpha=0.3)
    axis.legend()
    return figure


def _log10_lower_triangle(norms: np.ndarray) -> np.ndarray:
    """log10 of the entries with k <= t; NaN, which is left blank, elsewhere and where the norm is zero."""
    known = np.tril(norms) > 0
    return np.log10(norms, out=np.full(norms.shape, np.nan), where=known)
