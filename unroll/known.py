"""What is known of wrong outputs that nothing explains: true sentences about where they are wrong, and where right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from unroll.compare import close, compare, is_numeric, relative_error
from unroll.relations import gates_of, has_time_axis

ONLY_ONE = {
    "N": "a single example is right, a batch is not. Is something summed or averaged over the wrong axis, or squeezed?",
    "T": "a single step is right, a sequence is not. Look at what one step hands on to the next.",
}


def what_is_known(cases: Sequence, outputs: Sequence[str], tolerance: float) -> str:
    """A true sentence about wrong outputs that nothing explains.

    cases: objects as `unroll.diagnose.Observed`, in which every call returned.
    """
    known = list(dict.fromkeys(k for k in (_known_of(output, cases, tolerance) for output in outputs) if k))
    if known:
        return " ".join(known)
    if single := _right_only_for_one(cases, outputs, tolerance):
        return single
    right = [o for o in cases[0].expected if all(_compared(c, o, tolerance).ok for c in cases)]
    if right:
        return f"Right: {', '.join(right)}. Wrong: {', '.join(outputs)}. What do only the wrong ones use?"
    return "Every output is wrong, in every case tried: look at what they have in common."


def error_by_step(got, expected: np.ndarray, sizes: Mapping[str, object]) -> list[float] | None:
    """The relative error at every time step, or None for an output without them."""
    if not is_numeric(got) or np.shape(got) != np.shape(expected) or not has_time_axis(np.asarray(expected), sizes):
        return None
    return [relative_error(np.asarray(got)[:, t], expected[:, t]) for t in range(expected.shape[1])]


def error_by_gate(got, expected: np.ndarray, sizes: Mapping[str, object]) -> dict[str, float] | None:
    """The relative error of every gate's block of columns, or None for an output without them."""
    names = gates_of(np.asarray(expected), sizes)
    if not names or not is_numeric(got) or np.shape(got) != np.shape(expected):
        return None
    pairs = zip(np.split(np.asarray(got), len(names), -1), np.split(expected, len(names), -1), strict=True)
    return {name: relative_error(g, e) for name, (g, e) in zip(names, pairs, strict=True)}


def _right_only_for_one(cases, outputs, tolerance) -> str:
    """Said where all is right in the cases with N = 1, or with T = 1, and wrong in all others."""
    for letter, sentence in ONLY_ONE.items():
        ones = [c for c in cases if c.sizes.get(letter) == 1]
        more = [c for c in cases if c.sizes.get(letter) != 1]
        if not ones or not more:
            continue
        right = all(_compared(c, o, tolerance).ok for c in ones for o in outputs)
        wrong = all(any(not _compared(c, o, tolerance).ok for o in outputs) for c in more)
        if right and wrong:
            return f"Right for {letter} = 1 only: {sentence}"
    return ""


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
    parts = [(c.got.get(output), np.asarray(c.expected[output]), c.sizes) for c, _ in wrong]
    return (
        _nonfinite(output, got, expected)
        or _steps(output, got, expected, case.sizes, tolerance)
        or _gates(output, parts, tolerance)
    )


def _nonfinite(output: str, got, expected: np.ndarray) -> str:
    if not is_numeric(got) or np.shape(got) != expected.shape or np.isfinite(got).all():
        return ""
    sentence = f"{output} holds numbers that are not finite"
    if np.isfinite(got).any():
        finite = np.isfinite(got)
        right = close(np.asarray(got)[finite], expected[finite], 1e-6)
        sentence += "; all others are right" if right else ""
    return f"{sentence}: where can an exponential overflow, a logarithm meet zero, or zero be divided by zero?"


def _steps(output: str, got, expected: np.ndarray, sizes: Mapping, tolerance: float) -> str:
    errors = error_by_step(got, expected, sizes)
    if not errors:
        return ""
    bad = [t for t, e in enumerate(errors) if not e <= tolerance]
    last = len(errors) - 1
    if not bad or len(bad) > last:
        return ""
    if bad == list(range(1, last + 1)):
        return f"{output} is right at time step 0 and wrong at all later ones: look at what one step hands on."
    if bad == list(range(last)):
        return (
            f"{output} is right at the last time step and wrong at all earlier ones: look at what arrives from "
            "the step after."
        )
    plural = "s" if len(bad) > 1 else ""
    return f"{output} is wrong at time step{plural} {', '.join(map(str, bad))} of 0..{last}."


def _gates(output: str, wrong: Sequence[tuple], tolerance: float) -> str:
    """Said where the same gates' blocks are wrong in every case."""
    errors = [found for w in wrong if (found := error_by_gate(*w))]
    if len(errors) < len(wrong):
        return ""
    bad = {tuple(name for name, e in case.items() if not e <= tolerance) for case in errors}
    if len(bad) != 1 or not 0 < len(names := bad.pop()) < len(errors[0]):
        return ""
    right = ", ".join(name for name in errors[0] if name not in names)
    blocks = "blocks" if len(names) > 1 else "block"
    verb = "are" if "," in right else "is"
    return f"{output} is wrong only in the {blocks} of {', '.join(names)}; {right} {verb} right."
