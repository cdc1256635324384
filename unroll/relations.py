"""Mistakes that show in the numbers alone: a factor, a sign, a transpose, time reversed or shifted.

Each relation is a function of the expected array; it is found if it turns the expected array into the
student's in every case tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unroll.compare import close, compare, is_numeric


@dataclass(frozen=True)
class Relation:
    """A relation between a student's numbers and the expected ones.

    hint: what to tell the student; ``{o}`` stands for the names of the outputs.
    """

    name: str
    hint: str


def _has_time_axis(array: np.ndarray, sizes: Mapping[str, int]) -> bool:
    return array.ndim >= 2 and array.shape[:2] == (sizes.get("N"), sizes.get("T"))


def _reversed_in_time(e, sizes):
    return e[:, ::-1] if _has_time_axis(e, sizes) else None


def _one_step_late(e, sizes):
    if not _has_time_axis(e, sizes):
        return None
    late = np.zeros_like(e)
    late[:, 1:] = e[:, :-1]
    return late


def _one_step_early(e, sizes):
    if not _has_time_axis(e, sizes):
        return None
    early = np.zeros_like(e)
    early[:, :-1] = e[:, 1:]
    return early


def _only_step(t: int):
    def only(e, sizes):
        if not _has_time_axis(e, sizes):
            return None
        kept = np.zeros_like(e)
        kept[:, t] = e[:, t]
        return kept

    return only


SHAPES: tuple[tuple[str, Callable, str], ...] = (
    ("zero", lambda e, s: np.zeros_like(e), "{o}: all zeros; nothing was ever added."),
    ("sign", lambda e, s: -e, "{o}: the right magnitude with the opposite sign."),
    ("transposed", lambda e, s: e.T if e.ndim == 2 else None, "{o}: the transpose of what is expected."),
    (
        "batch_and_time_exchanged",
        lambda e, s: e.swapaxes(0, 1) if _has_time_axis(e, s) else None,
        "{o}: batch and time are exchanged; the axes should be (N, T, ...).",
    ),
    ("time_reversed", _reversed_in_time, "{o}: right, but backwards in time; step 0 and step T-1 are exchanged."),
    ("one_step_late", _one_step_late, "{o}: right, but one time step late; what stands at t belongs to t-1."),
    ("one_step_early", _one_step_early, "{o}: right, but one time step early; what stands at t belongs to t+1."),
    ("only_last_step", _only_step(-1), "{o}: only the last time step is filled; the others are zeros."),
    ("only_first_step", _only_step(0), "{o}: only the first time step is filled; the others are zeros."),
)

FACTORS: tuple[tuple[str, Callable[[Mapping[str, int]], float], str], ...] = (
    ("factor_N", lambda s: s["N"], "{o}: N times too large (N is the batch size)."),
    ("factor_1/N", lambda s: 1 / s["N"], "{o}: N times too small (N is the batch size)."),
    ("factor_T", lambda s: s["T"], "{o}: T times too large (T is the number of time steps)."),
    ("factor_1/T", lambda s: 1 / s["T"], "{o}: T times too small (T is the number of time steps)."),
    ("factor_N*T", lambda s: s["N"] * s["T"], "{o}: N*T times too large (batch size times time steps)."),
    ("factor_1/(N*T)", lambda s: 1 / (s["N"] * s["T"]), "{o}: N*T times too small (batch size times time steps)."),
    ("factor_2", lambda s: 2.0, "{o}: exactly twice too large; something is counted twice."),
    ("factor_1/2", lambda s: 0.5, "{o}: exactly half of what is expected."),
)


def find(output: str, cases: Sequence, tolerance: float) -> Relation | None:
    """The one relation that turns the expected `output` into the student's in every case, or None.

    cases: objects with `got`, `expected` and `sizes`, as in `unroll.diagnose.Observed`.
    """
    if any(np.asarray(c.expected[output]).dtype.kind not in "fc" for c in cases):
        return None
    found = list(_candidates(output, cases, tolerance))
    if len(found) == 1:
        return found[0]
    return None if found else _any_factor(output, cases, tolerance)


def _candidates(output: str, cases: Sequence, tolerance: float) -> Iterator[Relation]:
    for name, change, hint in SHAPES:
        pairs = [(c.got.get(output), change(np.asarray(c.expected[output]), c.sizes)) for c in cases]
        if all(e is not None and close(g, e, tolerance) for g, e in pairs):
            yield Relation(name, hint)
    for name, factor, hint in FACTORS:
        try:
            pairs = [(c.got.get(output), factor(c.sizes) * c.expected[output]) for c in cases]
        except KeyError:
            continue
        if all(close(g, e, tolerance) for g, e in pairs):
            yield Relation(name, hint)


def _any_factor(output: str, cases: Sequence, tolerance: float) -> Relation | None:
    ratios = []
    for c in cases:
        got, expected = c.got.get(output), np.asarray(c.expected[output])
        if not is_numeric(got) or np.shape(got) != expected.shape or not np.isfinite(got).all():
            return None
        power = float(np.vdot(expected, expected).real)
        if power == 0:
            return None
        ratio = float(np.vdot(expected, got).real) / power
        if not close(got, ratio * expected, tolerance):
            return None
        ratios.append(ratio)
    if np.ptp(ratios) > 1e-3 * abs(ratios[0]) or abs(ratios[0] - 1) < 1e-3:
        return None
    return Relation("factor", f"{{o}}: right up to a constant factor of {ratios[0]:.4g}.")


def find_swap(cases: Sequence, failing: Sequence[str], tolerance: float) -> Relation | None:
    """Two failing outputs that hold each other's values."""
    for i, a in enumerate(failing):
        for b in failing[i + 1 :]:
            if all(
                close(c.got.get(a), c.expected[b], tolerance) and close(c.got.get(b), c.expected[a], tolerance)
                for c in cases
            ):
                return Relation(
                    "outputs_exchanged", f"{a} and {b} are exchanged: check the order of what is returned, or unpacked."
                )
    return None


def what_is_known(cases: Sequence, outputs: Sequence[str], tolerance: float) -> str:
    """A true sentence about wrong outputs that nothing explains: where they are wrong and where they are right."""
    known = [_known_of(output, cases, tolerance) for output in outputs]
    if any(known):
        return " ".join(k for k in known if k)
    right = [o for o in cases[0].expected if all(_compared(c, o, tolerance).ok for c in cases)]
    if right:
        return f"Right: {', '.join(right)}. Wrong: {', '.join(outputs)}. What do only the wrong ones use?"
    return "Every output is wrong, in every case tried: look at what they have in common."


def _compared(case, output: str, tolerance: float):
    return compare(output, case.got.get(output), case.expected[output], tolerance)


def _known_of(output: str, cases: Sequence, tolerance: float) -> str:
    found = [(c, _compared(c, output, tolerance)) for c in cases]
    wrong = [(c, f) for c, f in found if not f.ok]
    if all(f.credit > 0 for _, f in wrong):
        return f"{wrong[0][1].message}."
    if len(wrong) < len(cases) and all(c.label for c, _ in wrong):
        where = " and ".join(f'the case "{c.label}"' for c, _ in wrong)
        return f"{output} is wrong only in {where}."
    case = wrong[0][0]
    got, expected = case.got.get(output), np.asarray(case.expected[output])
    if not is_numeric(got) or np.shape(got) != expected.shape or not _has_time_axis(expected, case.sizes):
        return ""
    bad = [t for t in range(expected.shape[1]) if not close(np.asarray(got)[:, t], expected[:, t], tolerance)]
    if bad and len(bad) < expected.shape[1]:
        steps = ", ".join(map(str, bad))
        plural = "s" if len(bad) > 1 else ""
        return f"{output} is wrong at time step{plural} {steps} of 0..{expected.shape[1] - 1}."
    return ""
