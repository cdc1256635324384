"""Which mistake explains these numbers? Shared by the student's `check` and the autograder.

A mistake is recognised by the wrong outputs it produces; a relation (a sign, a factor, a transpose) by the
numbers alone. An explanation is given only where exactly one fits every case tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from unroll import relations
from unroll.compare import close, compare

SLACK = 1e-6  # relative error within which a student's numbers count as those of a mistake


@dataclass(frozen=True)
class Observed:
    """One case: what the student's code returned beside what it should have and could wrongly have returned.

    got, expected: output name -> array; `got` is None if the call failed.
    wrong: mistake name -> (output name -> array), or None where that mistake makes the call fail.
    sizes: the case's N, T, D, H, ...
    """

    got: Mapping[str, object] | None
    expected: Mapping[str, np.ndarray]
    wrong: Mapping[str, Mapping[str, np.ndarray] | None]
    sizes: Mapping[str, int] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Explanation:
    """The names of the mistakes or relations found, and what to tell the student; both may be empty."""

    names: tuple[str, ...]
    hint: str

    @property
    def mistake(self) -> str:
        return " + ".join(self.names)


def explain(cases: Sequence[Observed], hints: Mapping[str, str], tolerance: float = SLACK) -> Explanation:
    """Find the one explanation of the wrong outputs in `cases`.

    hints: mistake name -> what to tell the student. The names in the result are keys of `hints` or the names
    of relations. Without an explanation the hint says which outputs are wrong, and from which time step on.
    """
    outputs = tuple(cases[0].expected)
    failing = [o for o in outputs if any(not _right(c, o, tolerance) for c in cases)]
    if not failing:
        return Explanation((), "")
    if all(c.got is None for c in cases):  # every mistake that crashes would fit
        return Explanation((), "")
    whole = [m for m in hints if all(_explains_case(c, m, tolerance) for c in cases)]
    if whole:
        return _unique(whole, hints)
    if any(c.got is None for c in cases):
        return Explanation((), "")
    parts = _explain_each(cases, outputs, failing, hints, tolerance)
    if parts:
        return parts
    return Explanation((), "")


def _unique(names: Sequence[str], hints: Mapping[str, str]) -> Explanation:
    """One mistake; several that cannot be told apart are named only if they mean the same to a student."""
    texts = {hints[n] for n in names}
    return Explanation((names[0],), texts.pop()) if len(texts) == 1 else Explanation((), "")


def _right(case: Observed, output: str, tolerance: float) -> bool:
    return case.got is not None and compare(output, case.got.get(output), case.expected[output], tolerance).ok


def _explains_case(case: Observed, mistake: str, tolerance: float) -> bool:
    wrong = case.wrong.get(mistake)
    if wrong is None or case.got is None:
        return wrong is None and case.got is None and mistake in case.wrong
    return all(same(case.got.get(o), wrong[o], tolerance) for o in case.expected)


def same(got, wrong, tolerance: float) -> bool:
    """True if `got` is what a mistake produces: same shape, same dtype and values; nan matches nan."""
    if close(got, wrong, tolerance):
        return np.asarray(got).dtype == np.asarray(wrong).dtype
    got, wrong = np.asarray(got), np.asarray(wrong)
    if got.shape != wrong.shape or got.dtype.kind != "f" or np.isfinite(wrong).all():
        return False
    finite = np.isfinite(wrong)
    return np.array_equal(np.isfinite(got), finite) and close(got[finite], wrong[finite], tolerance)


def _explain_each(cases, outputs, failing, hints, tolerance) -> Explanation | None:
    """Explain every failing output by itself: two mistakes, each visible in outputs of its own."""
    changes = {
        m: {o for o in outputs if any(not same(c.wrong[m][o], c.expected[o], tolerance) for c in cases)}
        for m in hints
        if all(c.wrong.get(m) is not None for c in cases)
    }
    names, texts, unexplained = [], [], []
    for output in failing:
        fitting = [
            m
            for m, changed in changes.items()
            if output in changed
            and changed <= set(failing)
            and all(same(c.got.get(output), c.wrong[m][output], tolerance) for c in cases)
        ]
        # a mistake that explains more of what is wrong is the better explanation of this output too
        reach = {m: _reach(cases, m, failing, tolerance) for m in fitting}
        best = [m for m in fitting if reach[m] == max(reach.values())]
        found = _unique(best, hints) if best else Explanation((), "")
        if not found.names:
            relation = relations.find(output, cases, tolerance)
            found = Explanation((relation.name,), relation.hint) if relation else found
        if not found.names:
            unexplained.append(output)
        elif found.names[0] not in names or found.hint not in texts:
            names.extend(n for n in found.names if n not in names)
            texts.append(found.hint)
    swapped = relations.find_swap(cases, failing, tolerance)
    if swapped:
        return Explanation((swapped.name,), swapped.hint)
    if unexplained:
        texts.append(relations.what_is_known(cases, unexplained, tolerance))
    return Explanation(tuple(names), " ".join(t for t in texts if t))


def _reach(cases, mistake, failing, tolerance) -> int:
    return sum(all(same(c.got.get(o), c.wrong[mistake][o], tolerance) for c in cases) for o in failing)
