"""The figure of a failed check: how wrong each output is, time step by time step and gate by gate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from unroll.plots import COLOURS

FLOOR = 1e-17  # where bars of exact zeros begin
MOST_PANELS = 4


def errors_by_part(name: str, profiles: Mapping[str, list[tuple[str, dict]]], tolerance: float) -> Figure:
    """One panel for every output and kind of part; a bar for the relative error of each part.

    Args:
        name: of the function that was checked.
        profiles: output -> [(kind of part, {part: relative error})].
        tolerance: up to which an error counts as right.
    """
    panels = [(output, kind, errors) for output, found in profiles.items() for kind, errors in found][:MOST_PANELS]
    figure = Figure(figsize=(3.2 * len(panels) + 0.6, 2.8), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, (output, kind, errors) in zip(axes, panels, strict=True):
        values = np.nan_to_num(np.array(list(errors.values())), nan=np.inf)
        wrong = ~(values <= tolerance)
        heights = np.clip(values, 1e-16, 2.0)
        colours = [COLOURS[1] if w else COLOURS[0] for w in wrong]
        bars = axis.bar(range(len(heights)), heights - FLOOR, bottom=FLOOR, color=colours, width=0.7)
        if len(heights) <= 16:
            axis.bar_label(bars, ["wrong" if w else "ok" for w in wrong], fontsize=8, padding=2)
            axis.set_xticks(range(len(heights)), [str(part) for part in errors])
        axis.axhline(tolerance, ls="--", lw=1, color="0.3")
        axis.set(yscale="log", ylim=(FLOOR, 100), xlabel=kind, title=output)
    axes[0].set_ylabel("relative error\n(dashed: what is allowed)")
    figure.suptitle(f"{name}: where it is right and where wrong", fontsize=11)
    return figure


def in_words(profiles: Mapping[str, list[tuple[str, dict]]], tolerance: float) -> str:
    """What the figure shows, for a reader who cannot see it."""
    sentences = []
    for output, found in profiles.items():
        for kind, errors in found:
            wrong = ", ".join(str(part) for part, e in errors.items() if not e <= tolerance)
            sentences.append(f"{output} is wrong by {kind} at {wrong}, and right elsewhere.")
    return " ".join(sentences)
