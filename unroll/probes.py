"""Experiments on a student's function whose numbers nothing explains: which inputs does it ignore, is it linear?

What they find is measured, not guessed. Shared by `check` and the autograder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np

from unroll.compare import close, is_numeric
from unroll.diagnose import Explanation

STILL = 1e-9  # an output that moves by less, relative to its norm, has not moved
MOST_GROUPS = 2  # of outputs that ignore the same inputs get a sentence each

Run = Callable[[dict[str, Any]], Mapping[str, Any] | None]


def probe(
    run: Run,
    inputs: Mapping[str, Any],
    right: Mapping[str, Collection[str]],
    failing: Collection[str],
    upstream: str,
    known: Explanation,
) -> Explanation:
    """Put what experiments on the student's function tell before what is known of its numbers.

    right: input -> the outputs that should change with it, as `surely_moved_by` finds for the reference.
    upstream: the input that the failing outputs, gradients, should be proportional to; "" if there is none.
    """
    found = [ignored_inputs(moved_by(run, inputs), right, failing)]
    if upstream and not found[0].names:
        found.append(not_linear(run, inputs, upstream, failing))
    names = tuple(name for f in found for name in f.names)
    hints = [f.hint for f in found if f.hint] + [known.hint]
    return Explanation(names, " ".join(hints) if names else known.hint, False)


def moved_by(run: Run, inputs: Mapping[str, Any]) -> dict[str, set[str]]:
    """Input -> the outputs that change when it does; inputs that cannot be changed, or make `run` fail, are left out.

    run: inputs -> outputs, or None if the call failed.
    """
    before = run(dict(inputs))
    if before is None:
        return {}
    found: dict[str, set[str]] = {}
    for name, value in inputs.items():
        for other in _others(value):
            after = run({**inputs, name: other})
            if after is not None:
                found.setdefault(name, set()).update(o for o in before if not _alike(after[o], before[o]))
    return found


def surely_moved_by(run: Run, inputs: Mapping[str, Any]) -> dict[str, set[str]]:
    """The same, of outputs that are real numbers: a choice, such as a word, may by chance remain what it was."""
    outputs = run(dict(inputs)) or {}
    real = {o for o, value in outputs.items() if np.asarray(value).dtype.kind == "f"}
    return {name: moved & real for name, moved in moved_by(run, inputs).items()}


def _others(value: Any) -> Iterator[np.ndarray]:
    """The same entries in other places, so that they stay in range; and larger ones, because a function may be flat
    where the entries are."""
    if not isinstance(value, np.ndarray):
        return
    other = np.roll(value.ravel(), 1).reshape(value.shape)
    if not np.array_equal(other, value, equal_nan=value.dtype.kind == "f"):
        yield other
        if value.dtype.kind == "f":
            yield 3 * value


def _alike(a: Any, b: Any) -> bool:
    return close(a, b, STILL) if is_numeric(a) and is_numeric(b) else False


def ignored_inputs(
    own: Mapping[str, Collection[str]], right: Mapping[str, Collection[str]], failing: Collection[str]
) -> Explanation:
    """Name the inputs that wrong outputs do not depend on although they should.

    own, right: as returned by `moved_by` for the student's function and `surely_moved_by` for the reference.
    """
    names, texts = [], []
    constant = [o for o in failing if own and _ignores_all(o, own, right)]
    if constant:
        names.append("constant_output")
        texts.append(
            f"{', '.join(constant)} {_verb('stay', constant)} the same whatever goes in: what is computed is not what "
            "is returned."
        )
    ignored: dict[tuple[str, ...], list[str]] = {}
    for name, moved in right.items():
        unmoved = [o for o in failing if o in moved and name in own and o not in own[name] and o not in constant]
        if unmoved:
            ignored.setdefault(tuple(unmoved), []).append(name)
    inputs = list(dict.fromkeys(name for group in ignored.values() for name in group))
    if inputs:
        names.append(f"ignores_{inputs[0]}" if len(inputs) == 1 else "ignores_inputs")
    if len(ignored) > MOST_GROUPS:
        outputs = list(dict.fromkeys(o for still in ignored for o in still))
        texts.append(
            f"{', '.join(outputs)} should change when any of {', '.join(inputs)} changes, and do not always: where do "
            "these enter?"
        )
        ignored = {}
    for still, group in ignored.items():
        one = len(group) == 1
        texts.append(
            f"{', '.join(still)} {_verb('do', still)} not change when {' or '.join(group)} changes, and should: where "
            f"{'does' if one else 'do'} {group[0] if one else 'they'} enter?"
        )
    return Explanation(tuple(names), " ".join(texts), False)


def _ignores_all(output: str, own: Mapping, right: Mapping) -> bool:
    needed = [name for name, moved in right.items() if output in moved and name in own]
    return len(needed) > 1 and not any(output in own[name] for name in needed)


def not_linear(run: Run, inputs: Mapping[str, Any], upstream: str, failing: Collection[str]) -> Explanation:
    """Name the gradients that are not proportional to the upstream gradient."""
    single, double = run(dict(inputs)), run({**inputs, upstream: 2 * inputs[upstream]})
    if single is None or double is None:
        return Explanation((), "", False)
    bent = [
        o
        for o in failing
        if is_numeric(single[o]) and is_numeric(double[o]) and not close(double[o], 2 * np.asarray(single[o]), STILL)
    ]
    if not bent:
        return Explanation((), "", False)
    hint = (
        f"{', '.join(bent)} {_verb('do', bent)} not double when {upstream} doubles, and should: going backwards, "
        f"{upstream} is only ever multiplied by derivatives; it is never squashed, squared or added to something else."
    )
    return Explanation((f"not_linear_in_{upstream}",), hint, False)


def _verb(verb: str, outputs: Collection[str]) -> str:
    """The form of "do" or "stay" that goes with so many outputs."""
    if len(outputs) > 1:
        return verb
    return {"do": "does", "stay": "stays"}[verb]
