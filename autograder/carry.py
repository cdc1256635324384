"""Carried-forward credit: judge a function that depends on a wrong one by the student's own parts.

Three ways to say what a right function built on wrong ones returns:
swapped: the reference, driving the student's own parts in place of its own;
mistaken: the reference with the mistakes made in it that were already named in the student's parts;
own gradient: for a backward function, the numerical gradient of the student's own forward function.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from autograder.check import Check, Mistake
from autograder.code import Deadline, Fault, Student
from autograder.trial import Trial, credit, explain_trials, run_mistaken
from unroll.compare import close, is_numeric
from unroll.diagnose import Explanation
from unroll.gradcheck import eval_numerical_gradient_array

SECONDS = 5.0  # for working out one way
FAINT = 1e-3  # an own gradient smaller than this share of the reference's says nothing
WILD = 1e6  # a target this many times larger than the reference's amplifies rounding; it says nothing either
MOST_ENTRIES = 2000  # numerical gradients are taken of inputs up to this size


@dataclass(frozen=True)
class Way:
    """One way of judging by own parts: what should come out, and what a mistake of the check would make of it.

    mistakes: those that can be made on top. make: (mistake, trial) -> outputs, or None where it raises.
    """

    targets: list[dict]
    mistakes: tuple[Mistake, ...] = ()
    make: Callable[[Mistake, Trial], dict | None] = lambda mistake, trial: None


@dataclass(frozen=True)
class Carried:
    """What the student's code should return given its own parts, and how well it does."""

    targets: list[dict]
    share: float
    explanation: Explanation
    hint: str


def best(check: Check, session, trials: list[Trial], broken: list, share: float) -> Carried | None:
    """The way of judging by own parts that credits most, if it credits more than `share` or explains more.

    broken: the judgements of the checks this one needs that were not sound.
    """
    if any(t.got is None for t in trials):
        return None
    found = None
    for way in _ways(check, session, trials, broken):
        try:
            carried = _judge(check, way, trials, broken, share)
        except Fault as fault:
            if fault.died:
                session.drop()
            continue
        if carried and (found is None or carried.share > found.share):
            found = carried
        if found and found.share == 1:
            break
    return found


def _judge(check: Check, way: Way, trials: list[Trial], broken: list, share: float) -> Carried | None:
    tame = [i for i, t in enumerate(trials) if _is_tame(way.targets[i], t.expected)]
    tried, targets = [trials[i] for i in tame], [way.targets[i] for i in tame]
    if not tried or not _tells_apart(check, way, tried, targets):
        return None
    parts = ", ".join(j.verdict.name for j in broken)
    own = credit(check, tried, targets) / sum(t.weight for t in tried)
    if own > 1 - 1e-9:
        hint = f"Right, given your own {parts}; the mistake there costs points only once."
        return Carried(way.targets, 1.0, Explanation((), ""), hint)
    wrong = [{m.name: way.make(m, t) for m in way.mistakes} for t in tried]
    explanation = explain_trials(check, tried, targets, wrong)
    if own <= share and not explanation.names:
        return None
    return Carried(way.targets, max(own, share), explanation, f"Judged with your own {parts}.")


def _ways(check: Check, session, trials: list[Trial], broken: list) -> Iterator[Way]:
    if check.swap:
        yield from _swapped(check, session, trials)
    yield from _mistaken(check, session, trials, tuple(m for j in broken for m in j.mistakes))
    if check.gradient is not None and {o for o, _ in check.gradient.of} == set(check.outputs):
        yield from _own_gradient(check, session, trials)


def _swapped(check: Check, session, trials: list[Trial]) -> Iterator[Way]:
    deadline = Deadline(time.monotonic() + SECONDS)
    student = Student(session.worker(), session.problem_set.reference, deadline)
    functions = {name: getattr(student, name) for name in check.swap}

    def run(trial: Trial, *mistakes: Mistake) -> dict | None:
        return run_mistaken(check, session.problem_set, mistakes, trial.inputs, functions)

    try:
        targets = [run(t) for t in trials]
    except Fault as fault:
        if fault.died:
            session.drop()
        return
    if all(t is not None for t in targets):
        own = tuple(m for m in check.mistakes if m.function not in check.swap)
        yield Way(targets, own, lambda mistake, trial: run(trial, mistake))


def _mistaken(check: Check, session, trials: list[Trial], named: tuple[Mistake, ...]) -> Iterator[Way]:
    edited = {m.function for m in named}
    if not named or len(edited) < len(named):  # two edits of one text may not fit together
        return
    targets = [run_mistaken(check, session.problem_set, named, t.inputs) for t in trials]
    if all(t is not None for t in targets):
        own = tuple(m for m in check.mistakes if m.function not in edited)
        yield Way(
            targets, own, lambda mistake, t: run_mistaken(check, session.problem_set, (*named, mistake), t.inputs)
        )


def _own_gradient(check: Check, session, trials: list[Trial]) -> Iterator[Way]:
    """Central differences through the student's own forward function; the large cases are taken on trust."""
    gradient = check.gradient
    student = Student(session.worker(), session.problem_set.reference, Deadline(time.monotonic() + SECONDS))
    small = [sum(np.size(t.inputs[k]) for _, k in gradient.of) <= MOST_ENTRIES for t in trials]
    try:
        targets = [
            _differences(gradient, student, t.inputs) if s else t.got for t, s in zip(trials, small, strict=True)
        ]
    except Fault as fault:
        if fault.died:
            session.drop()
        return
    except (TypeError, ValueError):  # the forward function returns something else than numbers of one shape
        return
    if any(small) and not any(_is_faint(target, t.expected) for target, t in zip(targets, trials, strict=True)):
        yield Way(targets)


def _differences(gradient, student: Student, inputs: dict) -> dict:
    found = {}
    for output, name in gradient.of:

        def forward(value, name=name):
            return np.asarray(gradient.forward(student, **{**inputs, name: value.copy()}), dtype=float)

        upstream = inputs[gradient.upstream] if gradient.upstream else 1.0
        found[output] = eval_numerical_gradient_array(forward, inputs[name].copy(), upstream)
    return found


def _is_faint(target: dict, expected: dict) -> bool:
    """True if an own gradient has next to nothing to say, e.g. because the forward function is constant."""
    return any(is_numeric(v) and np.linalg.norm(v) < FAINT * np.linalg.norm(expected[o]) for o, v in target.items())


def _is_tame(target: dict, expected: dict) -> bool:
    """False if the student's parts blow up, so that even right code built on them agrees with nothing."""
    with np.errstate(all="ignore"):
        return all(
            is_numeric(v) and np.linalg.norm(v) <= WILD * max(1.0, np.linalg.norm(expected[o]))
            for o, v in target.items()
        )


def _tells_apart(check: Check, way: Way, trials: list[Trial], targets: list[dict]) -> bool:
    """False if no mistake could be seen with these parts, e.g. because they return only zeros.

    Where some can be seen and others not, the student has the benefit of the doubt.
    """
    if not way.mistakes:
        return True
    return any(
        wrong is None or not all(close(wrong[o], target[o], check.tolerance) for o in check.outputs)
        for trial, target in zip(trials, targets, strict=True)
        for wrong in (way.make(m, trial) for m in way.mistakes)
    )
