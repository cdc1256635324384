"""Which mistake explains these numbers? Shared by the student's `check` and the autograder.

A mistake is recognised by the wrong outputs it produces; a relation (a sign, a factor, a transpose) by the
numbers alone. An explanation is given only where exactly one fits every case tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from unroll import relations
from unroll.compare import close, compare, is_numeric

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
    return _explain_each(cases, outputs, failing, hints, tolerance)


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
    if not (is_numeric(got) and is_numeric(wrong)):
        return False
    if close(got, wrong, tolerance):
        return np.asarray(got).dtype == np.asarray(wrong).dtype
    got, wrong = np.asarray(got), np.asarray(wrong)
    if got.shape != wrong.shape or got.dtype.kind != "f" or np.isfinite(wrong).all():
        return False
    finite = np.isfinite(wrong)
    return np.array_equal(np.isfinite(got), finite) and close(got[finite], wrong[finite], tolerance)


def _explain_each(cases, outputs, failing, hints, tolerance) -> Explanation:
    """Explain every failing output by itself: two mistakes, each visible in outputs of its own."""
    swapped = relations.find_swap(cases, failing, tolerance)
    if swapped:
        return Explanation((swapped.name,), swapped.hint)
    related = {o: relations.find(o, cases, tolerance) for o in failing}
    changed = _changed_outputs(cases, outputs, hints, tolerance)
    chosen = _settled(cases, failing, changed, related, hints, tolerance)
    names, texts = [], []
    for name, hint in dict.fromkeys(c for c in chosen.values() if c):
        names.append(name)
        texts.append(hint.replace("{o}", ", ".join(o for o in failing if chosen[o] == (name, hint))))
    unexplained = [o for o in failing if not chosen[o]]
    if unexplained:
        texts.append(relations.what_is_known(cases, unexplained, tolerance))
    return Explanation(tuple(names), " ".join(t for t in texts if t))


def _changed_outputs(cases, outputs, hints, tolerance) -> dict[str, set[str]]:
    """Mistake -> the outputs it would spoil, for the mistakes that make no case fail."""
    return {
        m: {o for o in outputs if any(not same(c.wrong[m][o], c.expected[o], tolerance) for c in cases)}
        for m in hints
        if all(c.wrong.get(m) is not None for c in cases)
    }


def _settled(cases, failing, changed, related, hints, tolerance) -> dict[str, tuple[str, str] | None]:
    """For every failing output the (name, hint) that explains it, or None.

    A mistake counts only if it leaves right what is right, and if all it spoils is explained, by it or another.
    """
    fitting = {
        m: {o for o in spoilt if all(same(c.got.get(o), c.wrong[m][o], tolerance) for c in cases)}
        for m, spoilt in changed.items()
        if spoilt <= set(failing)
    }
    while True:
        chosen = {o: _choose(o, fitting, related, hints) for o in failing}
        named = {c[0] for c in chosen.values() if c} & set(fitting)
        loose = [m for m in named if any(chosen[o] is None for o in changed[m])]
        if not loose:
            return chosen
        for m in loose:
            del fitting[m]


def _choose(output, fitting, related, hints) -> tuple[str, str] | None:
    """The (name, hint) that explains most of what is wrong besides this output; a mistake before a relation."""
    relation = related[output]
    reach = {m: len(explained) for m, explained in fitting.items() if output in explained}
    most = max(reach.values(), default=0)
    if relation and sum(r == relation for r in related.values()) > most:
        return relation.name, relation.hint
    best = [m for m in reach if reach[m] == most]
    found = _unique(best, hints) if best else Explanation((), "")
    if found.names:
        return found.names[0], found.hint
    return (relation.name, relation.hint) if relation else None
