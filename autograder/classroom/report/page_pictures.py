"""Where the bars of the class report stand, and what they say in words. Lengths in units of the SVG's view box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.classroom.report.page_numbers import CheckNumbers, Spread

MOST_BINS = 14
STEPS = (1, 2, 5)  # times a power of ten
MOST_LABELS = 10

WIDTH, LEFT, RIGHT = 640, 16, 16
TOP, FLOOR = 26, 176
BAR_WIDTH = 240


@dataclass(frozen=True)
class Bin:
    """Points from low to high, the high end belonging to the next bin but for the last, and the students in it."""

    low: float
    high: float
    students: int


@dataclass(frozen=True)
class Bar:
    """A rectangle of the histogram, and the number on top of it."""

    x: float
    y: float
    width: float
    height: float
    students: int


@dataclass(frozen=True)
class Histogram:
    """labels: (x, points) along the axis. quartiles: x of the box below it. whiskers: x of the lowest and the highest.

    text: all of it in one sentence.
    """

    bars: tuple[Bar, ...]
    labels: tuple[tuple[float, float], ...]
    quartiles: tuple[float, float, float]
    whiskers: tuple[float, float]
    text: str


@dataclass(frozen=True)
class Segment:
    status: str
    x: float
    width: float


def bins(points: Sequence[float], most: float) -> list[Bin]:
    """Bins of a round width from 0 to `most` points, `MOST_BINS` at most; the last may be narrower."""
    most = max(most, 1.0)
    step = next(s for s in _round_widths() if most / s <= MOST_BINS)
    count = math.ceil(most / step - 1e-9)
    students = [0] * count
    for value in points:
        students[min(max(math.floor(value / step + 1e-9), 0), count - 1)] += 1
    return [Bin(i * step, min((i + 1) * step, most), n) for i, n in enumerate(students)]


def _round_widths():
    power = -2
    while True:
        yield from (step * 10.0**power for step in STEPS)
        power += 1


def histogram(points: Sequence[float], most: float, spread: Spread) -> Histogram:
    """The picture of at least one student's points."""
    found = bins(points, most)
    end, highest = found[-1].high, max(b.students for b in found)

    def at(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max(value / end, 0), 1), 2)

    bars = []
    for one in found:
        height = round((FLOOR - TOP) * one.students / highest, 2)
        bars.append(Bar(at(one.low) + 1, FLOOR - height, at(one.high) - at(one.low) - 2, height, one.students))
    every = math.ceil(len(found) / MOST_LABELS)
    edges = [one.low for one in found[::every]]
    if found[-1].high - edges[-1] < every * (found[0].high - found[0].low) / 2:
        edges.pop()  # too close to the last one to be read
    labels = tuple((at(edge), edge) for edge in (*edges, end))
    text = f"Histogram of points. {_in_words(found)}."
    whiskers = (at(spread.lowest), at(spread.highest))
    lower, median, upper = map(at, spread.quartiles)
    return Histogram(tuple(bars), labels, (lower, median, upper), whiskers, text)


def _in_words(found: list[Bin]) -> str:
    """Every bin, neighbours without students together."""
    parts, empty = [], None
    for one in (*found, None):
        if one and not one.students:
            empty = Bin(empty.low if empty else one.low, one.high, 0)
            continue
        if empty:
            parts.append(f"from {empty.low:g} to {empty.high:g}: none")
            empty = None
        if one:
            last = one.high if one is found[-1] else None
            to = f"{one.low:g} to {last:g}" if last is not None else f"{one.low:g} to under {one.high:g}"
            parts.append(f"from {to}: {one.students} student{'s' if one.students > 1 else ''}")
    return "; ".join(parts)


def segments(check: CheckNumbers) -> list[Segment]:
    """The bar of one check: its statuses side by side, `BAR_WIDTH` together; those without students are left out."""
    parts, x = [], 0.0
    for status, students in check.students.items():
        width = BAR_WIDTH * students / check.judged
        if students:
            parts.append(Segment(status, round(x, 2), round(width, 2)))
        x += width
    return parts
