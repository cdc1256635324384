"""Which mistake explains these numbers? Shared by the student's `check` and the autograder.

A mistake is recognised by the wrong outputs it produces; a relation (a sign, a factor, a transpose) by the
numbers alone. An explanation is given only where exactly one fits every case tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from unroll import relations
from unroll.compare import close, compare, is_numeric
from unroll.known import what_is_known

SLACK = 1e-6  # relative error within which a student's numbers count as those of a mistake


class Seen(Protocol):
    """What is enough to tell right from wrong; see `Observed`."""

    @property
    def got(self) -> Mapping[str, object] | None: ...

    @property
    def expected(self) -> Mapping[str, np.ndarray]: ...


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
    """The names of the mistakes or relations found, and what to tell the student; both may be empty.

    complete: all that is wrong is explained.
    """

    names: tuple[str, ...]
    hint: str
    complete: bool = True

    @property
    def mistake(self) -> str:
        return " + ".join(self.names)


def is_right(case: Seen, output: str, tolerance: float) -> bool:
    """True if the student's code returned this output as expected."""
    return case.got is not None and compare(output, case.got.get(output), case.expected[output], tolerance).ok


def failing_outputs(cases: Sequence[Seen], tolerance: float) -> list[str]:
    """The outputs that are wrong in some case, in their order."""
    return [o for o in cases[0].expected if any(not is_right(c, o, tolerance) for c in cases)]


def explain(cases: Sequence[Observed], hints: Mapping[str, str], tolerance: float = SLACK) -> Explanation:
    """Find the one explanation of the wrong outputs in `cases`.

    hints: mistake name -> what to tell the student. The names in the result are keys of `hints` or the names
    of relations. Without an explanation the hint says which outputs are wrong, and from which time step on.
    """
    outputs = tuple(cases[0].expected)
    failing = failing_outputs(cases, tolerance)
    if not failing:
        return Explanation((), "")
    if all(c.got is None for c in cases):  # every mistake that crashes would fit
        return Explanation((), "", False)
    whole = [m for m in hints if all(_explains_case(c, m, tolerance) for c in cases)]
    if whole:
        one = _unique(whole, hints)
        return one if one.names or any(c.got is None for c in cases) else _known(cases, failing, tolerance)
    if any(c.got is None for c in cases):
        return Explanation((), "", False)
    return _explain_each(cases, outputs, failing, hints, tolerance)


def _unique(names: Sequence[str], hints: Mapping[str, str]) -> Explanation:
    """One mistake; several that cannot be told apart are named only if they mean the same to a student."""
    texts = {hints[n] for n in names}
    return Explanation((names[0],), texts.pop()) if len(texts) == 1 else Explanation((), "", False)


def _explains_case(case: Observed, mistake: str, tolerance: float) -> bool:
    if mistake not in case.wrong:
        return False
    wrong = case.wrong[mistake]
    if wrong is None or case.got is None:
        return wrong is None and case.got is None
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
    related = {o: _related(o, cases, tolerance) for o in failing}
    related |= relations.find_exchange(cases, failing, tolerance)
    changed = _changed_outputs(cases, outputs, hints, tolerance)
    chosen = _settled(cases, failing, changed, related, hints, tolerance)
    if None in chosen.values():
        chosen = _twofold(cases, failing, changed, chosen, hints, tolerance)
    unexplained = [o for o in failing if not chosen[o]]
    if unexplained:  # whatever spoils them may have spoilt the others too; only what the numbers show is certain
        chosen = {o: parts if parts and not any(n in hints for n, _ in parts) else None for o, parts in chosen.items()}
        unexplained = [o for o in failing if not chosen[o]]
    names, texts = [], []
    for name, hint in dict.fromkeys(part for parts in chosen.values() for part in parts or ()):
        names.append(name)
        texts.append(hint.replace("{o}", ", ".join(o for o in failing if (name, hint) in (chosen[o] or ()))))
    if unexplained:
        texts.append(what_is_known(cases, unexplained, tolerance))
    return Explanation(tuple(names), " ".join(t for t in texts if t), not unexplained)


def _known(cases, failing, tolerance) -> Explanation:
    return Explanation((), what_is_known(cases, failing, tolerance), False)


def _related(output: str, cases, tolerance, wrong: str = "") -> relations.Relation | None:
    """The relation between what the student returned and what is expected, or what the mistake `wrong` returns."""
    starts = [c.wrong[wrong] if wrong else c.expected for c in cases]
    got, start = [c.got.get(output) for c in cases], [s[output] for s in starts]
    found = relations.find(got, start, [c.sizes for c in cases], tolerance)
    if found or not wrong:
        return found
    compared = [compare(output, g, e, tolerance) for g, e in zip(got, start, strict=True)]
    if all(not c.ok and c.credit > 0 for c in compared):
        shapes = f"shape {np.shape(got[0])} instead of {np.shape(start[0])}"
        kind = shapes if np.shape(got[0]) != np.shape(start[0]) else f"dtype {np.asarray(got[0]).dtype}"
        return relations.Relation("form", f"{{o}}: {kind}.")
    return None


def _changed_outputs(cases, outputs, hints, tolerance) -> dict[str, set[str]]:
    """Mistake -> the outputs it would spoil, for the mistakes that make no case fail."""
    return {
        m: {o for o in outputs if any(not same(c.wrong[m][o], c.expected[o], tolerance) for c in cases)}
        for m in hints
        if all(c.wrong.get(m) is not None for c in cases)
    }


def _settled(cases, failing, changed, related, hints, tolerance) -> dict[str, tuple[tuple[str, str], ...] | None]:
    """For every failing output the (name, hint) that explains it, in a tuple, or None.

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
            return {o: (c,) if c else None for o, c in chosen.items()}
        for m in loose:
            del fitting[m]


def _twofold(cases, failing, changed, chosen, hints, tolerance) -> dict[str, tuple[tuple[str, str], ...] | None]:
    """The same with outputs explained by a mistake and, on top of it, a relation, where only one such pair fits.

    All that the mistake spoils must be explained by it, with or without a relation.
    """
    open_ = {o for o in failing if not chosen[o]}
    found = {}
    for m, spoilt in changed.items():
        if not spoilt <= set(failing) or not spoilt & open_:
            continue
        parts: dict[str, tuple[tuple[str, str], ...]] = {}
        for o in spoilt:
            if all(same(c.got.get(o), c.wrong[m][o], tolerance) for c in cases):
                parts[o] = ((m, hints[m]),)
            elif relation := _related(o, cases, tolerance, m):
                parts[o] = ((m, hints[m]), (relation.name, relation.hint))
        if set(parts) == spoilt:
            found[m] = parts
    if len({frozenset((o, *(hint for _, hint in p)) for o, p in parts.items()) for parts in found.values()}) != 1:
        return chosen
    return {**chosen, **next(iter(found.values()))}


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
