"""Carried-forward credit: judge a function that depends on a wrong one by the student's own parts.

Three ways to say what a right function built on a wrong one returns:
swapped: the reference, driving the student's own parts in place of its own;
mistaken: the reference with the mistakes made in it that were already named in the student's parts;
own gradient: for a backward function, the numerical gradient of the student's own forward function.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autograder.check import Check
from autograder.code import Deadline, Fault, Student
from autograder.trial import credit, explain_trials, run_mistaken
from unroll.compare import close
from unroll.diagnose import Explanation
from unroll.gradcheck import eval_numerical_gradient_array

SECONDS = 5.0  # for working out one target
FAINT = 1e-3  # an own gradient smaller than this share of the reference's says nothing


@dataclass(frozen=True)
class Carried:
    """What the student's code should return given its own parts, and how well it does."""

    targets: list[dict]
    share: float
    explanation: Explanation
    hint: str


def best(check: Check, session, trials: list, broken: list, share: float) -> Carried | None:
    """The way of judging by own parts that credits most, if it credits more than `share`."""
    found = None
    parts = ", ".join(j.verdict.name for j in broken)
    for targets, wrong in _ways(check, session, trials, broken):
        if not _tells_apart(check, targets, wrong):
            continue
        own = credit(check, trials, targets)
        explanation = Explanation((), "")
        if own < 1:
            explanation = explain_trials(check, trials, targets, wrong)
        better = own > (found.share if found else share)
        if better or (found is None and explanation.names):
            hint = f"Right, given your own {parts}; the mistake there costs points only once."
            if own < 1:
                hint = f"Judged with your own {parts}."
            found = Carried(targets, max(own, share), explanation, hint)
        if found and found.share == 1:
            break
    return found


def _ways(check: Check, session, trials: list, broken: list) -> Iterator[tuple[list[dict], list[dict]]]:
    """Targets for every trial and, beside each, what the check's mistakes would make of them."""
    problem_set = session.problem_set
    if any(t.got is None for t in trials):
        return
    if check.swap:
        yield from _swapped(check, session, trials)
    mistakes = tuple(m for j in broken for m in j.mistakes)
    if mistakes and len({m.function for m in mistakes}) == len(mistakes):
        targets = [run_mistaken(check, problem_set, mistakes, t.inputs) for t in trials]
        if all(t is not None for t in targets):
            own = [m for m in check.mistakes if m.function not in {x.function for x in mistakes}]
            wrong = [{m.name: run_mistaken(check, problem_set, (*mistakes, m), t.inputs) for m in own} for t in trials]
            yield targets, wrong
    if check.gradient is not None and {o for o, _ in check.gradient.of} == set(check.outputs):
        yield from _own_gradient(check, session, trials)


def _swapped(check: Check, session, trials: list) -> Iterator[tuple[list[dict], list[dict]]]:
    student = Student(session.worker(), session.problem_set.reference, Deadline(time.monotonic() + SECONDS))
    functions = {name: getattr(student, name) for name in check.swap}
    own = [m for m in check.mistakes if m.function not in check.swap]
    try:
        targets = [_run(check, session, (), t, functions) for t in trials]
        wrong = [{m.name: _run(check, session, (m,), t, functions) for m in own} for t in trials]
    except Fault as fault:
        if fault.died:
            session.drop()
        return
    if all(t is not None for t in targets):
        yield targets, wrong


def _run(check, session, mistakes, trial, functions):
    return run_mistaken(check, session.problem_set, mistakes, trial.inputs, functions)


def _own_gradient(check: Check, session, trials: list) -> Iterator[tuple[list[dict], list[dict]]]:
    """Central differences through the student's own forward function; only on the small cases."""
    gradient = check.gradient
    student = Student(session.worker(), session.problem_set.reference, Deadline(time.monotonic() + SECONDS))
    targets = []
    try:
        for trial in trials:
            if sum(np.size(trial.inputs[k]) for _, k in gradient.of) > 2000:
                targets.append(trial.got if targets else None)
                continue
            targets.append(_differences(gradient, student, trial.inputs))
    except Fault as fault:
        if fault.died:
            session.drop()
        return
    except (TypeError, ValueError):  # the forward function returns something else than numbers of one shape
        return
    if any(t is None for t in targets):
        return
    faint = any(
        np.linalg.norm(target[o]) < FAINT * np.linalg.norm(trial.expected[o])
        for target, trial in zip(targets, trials, strict=True)
        for o in check.outputs
    )
    if not faint:
        yield targets, [{} for _ in trials]


def _differences(gradient, student, inputs: dict) -> dict:
    found = {}
    for output, name in gradient.of:

        def forward(value, name=name):
            return np.asarray(gradient.forward(student, **{**inputs, name: value.copy()}), dtype=float)

        upstream = inputs[gradient.upstream] if gradient.upstream else 1.0
        found[output] = eval_numerical_gradient_array(forward, inputs[name].copy(), upstream)
    return found


def _tells_apart(check: Check, targets: list[dict], wrong: list[dict]) -> bool:
    """False if most mistakes would go unseen with these parts, e.g. because the parts return only zeros."""
    names = {name for w in wrong for name in w}
    unseen = 0
    for name in names:
        pairs = [(t, w.get(name)) for t, w in zip(targets, wrong, strict=True)]
        unseen += all(
            w is not None and all(close(w[o], t[o], check.tolerance) for o in check.outputs) for t, w in pairs
        )
    return unseen <= len(names) / 2
