"""Mistakes that show in the numbers alone: a factor, a sign, a transpose, time shifted, gate blocks in another order.

Each relation turns the expected array into a wrong one; it is found if it turns the expected array into the
student's in every case tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unroll.compare import close, is_numeric

GATES = {3: ("r", "z", "n"), 4: ("i", "f", "o", "g")}  # the kit's order of the blocks in stacked weights
FEWEST = 4  # entries of an array that a whole family of relations is tried on


@dataclass(frozen=True)
class Relation:
    """A relation between a student's numbers and the expected ones.

    hint: what to tell the student; ``{o}`` stands for the names of the outputs.
    """

    name: str
    hint: str


def has_time_axis(array: np.ndarray, sizes: Mapping[str, object]) -> bool:
    return array.ndim >= 2 and array.shape[:2] == (sizes.get("N"), sizes.get("T"))


def gates_of(array: np.ndarray, sizes: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the gate blocks that the last axis of an array holds, or none."""
    H, D = sizes.get("H"), sizes.get("D")
    if type(H) is not int or array.ndim not in (1, 2) or array.shape[-1] == D:
        return ()
    return next((names for k, names in GATES.items() if array.shape[-1] == k * H and H > 1), ())


def _in_time(change: Callable[[np.ndarray], np.ndarray]) -> Callable:
    return lambda e, s: change(e) if has_time_axis(e, s) else None


def _moved(e: np.ndarray, to: slice, since: slice) -> np.ndarray:
    """Zeros, but for the steps `to`, which hold the steps `since`."""
    moved = np.zeros_like(e)
    moved[:, to] = e[:, since]
    return moved


def _only(e: np.ndarray, index) -> np.ndarray:
    kept = np.zeros_like(e)
    kept[index] = e[index]
    return kept


def _interleaved(e, s):
    gates = gates_of(e, s)
    return e.reshape(*e.shape[:-1], len(gates), -1).swapaxes(-1, -2).reshape(e.shape) if gates else None


def _per_example(index: int) -> Callable:
    return lambda e, s: _only(e, index) if e.ndim >= 2 and len(e) == s.get("N") else None


SHAPES: tuple[tuple[str, Callable, str], ...] = (
    ("zero", lambda e, s: np.zeros_like(e), "{o}: all zeros; nothing was ever added."),
    ("sign", lambda e, s: -e, "{o}: the right magnitude with the opposite sign."),
    ("transposed", lambda e, s: e.T if e.ndim == 2 else None, "{o}: the transpose of what is expected."),
    (
        "other_order",
        lambda e, s: e.ravel(order="F").reshape(e.shape) if e.ndim >= 2 else None,
        "{o}: the right numbers in the wrong order: a reshape is not a transpose, it keeps the order in memory.",
    ),
    (
        "batch_and_time_exchanged",
        _in_time(lambda e: e.swapaxes(0, 1)),
        "{o}: batch and time are exchanged; the axes should be (N, T, ...).",
    ),
    (
        "time_reversed",
        _in_time(lambda e: e[:, ::-1]),
        "{o}: right, but backwards in time; step 0 and step T-1 are exchanged.",
    ),
    (
        "one_step_late",
        _in_time(lambda e: _moved(e, np.s_[1:], np.s_[:-1])),
        "{o}: right, but one time step late; what stands at t belongs to t-1.",
    ),
    (
        "one_step_early",
        _in_time(lambda e: _moved(e, np.s_[:-1], np.s_[1:])),
        "{o}: right, but one time step early; what stands at t belongs to t+1.",
    ),
    (
        "rolled_late",
        _in_time(lambda e: np.roll(e, 1, axis=1)),
        "{o}: right, but one time step late, and the last step stands first: an index of -1 wraps around.",
    ),
    (
        "rolled_early",
        _in_time(lambda e: np.roll(e, -1, axis=1)),
        "{o}: right, but one time step early, and the first step stands last: an index wraps around.",
    ),
    (
        "only_last_step",
        _in_time(lambda e: _only(e, np.s_[:, -1])),
        "{o}: only the last time step is filled; the others are zeros.",
    ),
    (
        "only_first_step",
        _in_time(lambda e: _only(e, np.s_[:, 0])),
        "{o}: only the first time step is filled; the others are zeros.",
    ),
    (
        "last_step_everywhere",
        _in_time(lambda e: np.repeat(e[:, -1:], e.shape[1], axis=1)),
        "{o}: every time step holds the values of the last one: do all steps share one array?",
    ),
    (
        "summed_over_earlier_steps",
        _in_time(lambda e: np.cumsum(e, axis=1)),
        "{o}: every time step holds the sum of its own values and those of all earlier ones: an array that should "
        "start at zero goes on growing.",
    ),
    (
        "summed_over_later_steps",
        _in_time(lambda e: np.cumsum(e[:, ::-1], axis=1)[:, ::-1]),
        "{o}: every time step holds the sum of its own values and those of all later ones: an array that should "
        "start at zero goes on growing.",
    ),
    ("only_first_example", _per_example(0), "{o}: only the first example of the batch is filled."),
    ("only_last_example", _per_example(-1), "{o}: only the last example of the batch is filled."),
    (
        "gates_interleaved",
        _interleaved,
        "{o}: the right numbers, but the gates alternate from column to column; each gate should have a block of H "
        "columns of its own.",
    ),
)

MEANINGS = {
    "N": "the batch size",
    "T": "the number of time steps",
    "H": "the number of hidden units",
    "D": "the number of inputs",
    "V": "the size of the vocabulary",
    "W": "the length of a word vector",
}
PRODUCTS = ("N", "T", "N*T", "H", "D", "V", "W")


def _factors() -> Iterator[tuple[str, Callable[[Mapping[str, object]], float], str]]:
    for product in PRODUCTS:
        letters = product.split("*")
        meaning = ", ".join(f"{letter} is {MEANINGS[letter]}" for letter in letters)

        def size(s, letters=letters):
            return float(np.prod([s[letter] for letter in letters]))

        def inverse(s, size=size):
            return 1 / size(s)

        yield f"factor_{product}", size, f"{{o}}: {product} times too large ({meaning})."
        name = f"factor_1/({product})" if "*" in product else f"factor_1/{product}"
        yield name, inverse, f"{{o}}: {product} times too small ({meaning})."
    yield "factor_2", lambda s: 2.0, "{o}: exactly twice too large; something is counted twice."
    yield "factor_1/2", lambda s: 0.5, "{o}: exactly half of what is expected."


FACTORS = tuple(_factors())


def find(got: Sequence, expected: Sequence, sizes: Sequence[Mapping], tolerance: float) -> Relation | None:
    """The one relation that turns the expected arrays of an output into the student's in every case, or None.

    got, expected, sizes: one for every case.
    """
    expected = [np.asarray(e) for e in expected]
    if any(e.dtype.kind not in "fc" for e in expected):
        return None
    if not all(is_numeric(g) for g in got):
        return None
    found = list(_candidates(got, expected, sizes, tolerance))
    if len(found) == 1:
        return found[0]
    return None if found else _any_factor(got, expected, tolerance) or _added(got, expected, tolerance)


def _candidates(got, expected, sizes, tolerance) -> Iterator[Relation]:
    for name, change, hint in SHAPES:
        changed = [change(e, s) for e, s in zip(expected, sizes, strict=True)]
        if all(c is not None and close(g, c, tolerance) for g, c in zip(got, changed, strict=True)):
            yield Relation(name, hint)
    for name, factor, hint in FACTORS:
        try:
            changed = [factor(s) * e for e, s in zip(expected, sizes, strict=True)]
        except (KeyError, TypeError, ZeroDivisionError):  # no such size, not a number, or none of them
            continue
        if all(close(g, c, tolerance) for g, c in zip(got, changed, strict=True)):
            yield Relation(name, hint)
    yield from _permuted_gates(got, expected, sizes, tolerance)


def _permuted_gates(got, expected, sizes, tolerance) -> Iterator[Relation]:
    gates = {gates_of(e, s) for e, s in zip(expected, sizes, strict=True)}
    if len(gates) != 1 or not (names := gates.pop()):
        return
    for order in itertools.permutations(range(len(names))):
        blocks = [np.concatenate([np.split(e, len(names), axis=-1)[k] for k in order], axis=-1) for e in expected]
        if list(order) != sorted(order) and all(close(g, b, tolerance) for g, b in zip(got, blocks, strict=True)):
            found = ", ".join(names[k] for k in order)
            right = ", ".join(names)
            hint = f"{{o}}: right, but the blocks of the gates stand in the order {found}; it should be {right}."
            yield Relation("gates_permuted", hint)


def _any_factor(got, expected, tolerance) -> Relation | None:
    if len(expected) == 1 and expected[0].size < FEWEST:
        return None  # one number is always a multiple of another
    ratios = []
    for g, e in zip(got, expected, strict=True):
        if np.shape(g) != e.shape or not np.isfinite(g).all():
            return None
        power = float(np.vdot(e, e).real)
        if power == 0:
            return None
        ratio = float(np.vdot(e, g).real) / power
        if not close(g, ratio * e, tolerance):
            return None
        ratios.append(ratio)
    if np.ptp(ratios) > 1e-3 * abs(ratios[0]) or abs(ratios[0] - 1) < 1e-3:
        return None
    return Relation("factor", f"{{o}}: right up to a constant factor of {ratios[0]:.4g}.")


def _added(got, expected, tolerance) -> Relation | None:
    """The same number added to every entry, in every case."""
    differences = []
    for g, e in zip(got, expected, strict=True):
        if np.shape(g) != e.shape or not np.isfinite(g).all() or e.size < FEWEST:
            return None
        difference = float(np.mean(np.real(g - e)))
        if not close(g, e + difference, tolerance) or difference == 0:
            return None
        differences.append(difference)
    if np.ptp(differences) > 1e-3 * abs(differences[0]):
        return None
    return Relation("constant_added", f"{{o}}: right but for {differences[0]:.4g}, which is added to every entry.")


def find_exchange(cases: Sequence, failing: Sequence[str], tolerance: float) -> dict[str, Relation]:
    """The failing outputs that hold each other's values, with the relation that says so; empty if none do.

    cases: objects with `got` and `expected`, as in `unroll.diagnose.Observed`.
    """
    held = {}
    for place in failing:
        values = [o for o in failing if all(close(c.got.get(place), c.expected[o], tolerance) for c in cases)]
        if len(values) == 1 and values[0] != place:  # right values of a wrong dtype are in their own place
            held[place] = values[0]
    if len(held) < 2 or set(held) != set(held.values()):
        return {}
    if len(held) == 2:
        told = f"{' and '.join(held)} are exchanged"
    else:
        told = "; ".join(f"{value} stands in the place of {place}" for place, value in held.items())
    relation = Relation("outputs_exchanged", f"{told}: check the order of what is returned, or unpacked.")
    return dict.fromkeys(held, relation)
