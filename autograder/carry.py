"""Carried-forward credit: judge a function that depends on a wrong one by the student's own parts.

Four ways to say what a right function built on wrong ones returns:
swapped: the reference, driving the student's own parts in place of its own;
mistaken: the reference with the mistakes made in it that were already named in the student's parts;
own gradient: for a backward function, the numerical gradient of the student's own forward function;
framed: as swapped, and the student's function is put in the reference's place too, where its own input is unusable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from autograder.check import Check, Gradient, Mistake
from autograder.code import Fault
from autograder.driven import Driven, acts, own_steps, parts, student_of
from autograder.trial import Made, Trial, credit, explain_trials, run_mistaken
from unroll.compare import close, is_numeric
from unroll.diagnose import Explanation
from unroll.gradcheck import eval_numerical_gradient_array

FAINT = 1e-3  # a target smaller than this share of the reference's says nothing
WILD = 1e6  # a target this many times larger than the reference's amplifies rounding; it says nothing either
MOST_ENTRIES = 2000  # numerical gradients are taken of inputs up to this size


@dataclass(frozen=True)
class Way:
    """One way of judging by own parts: what should come out, and what a mistake of the check would make of it.

    targets: one for every trial; None where this way has nothing to say.
    again: the first target for other inputs, where it is not certain that the student's parts look at theirs.
    mistakes: those that can be made on top. make: (mistake, trial) -> outputs, or None where it raises.
    """

    targets: list[dict | None]
    again: dict | None = None
    mistakes: tuple[Mistake, ...] = ()
    make: Callable[[Mistake, Trial], dict | None] = lambda mistake, trial: None


@dataclass(frozen=True)
class Carried:
    """What the student's code should return given its own parts, and how well it does."""

    targets: list[dict | None]
    share: float
    explanation: Explanation
    hint: str


def best(check: Check, session, trials: list[Trial], needed: list, share: float) -> Carried | None:
    """The way of judging by own parts that credits most, if it credits more than `share` or explains more.

    needed: the judgements of the checks this one needs, at least one of which was not sound.
    """
    if trials[0].got is None:
        return None
    broken = [j for j in needed if not j.sound]
    parts = ", ".join(j.verdict.name for j in broken)
    ways = []
    for way in _ways(check, session, trials, needed):
        own = _guarded(session, lambda way=way: _credit(check, way, trials))
        if own == 1:
            hint = f"Right, given your own {parts}; the mistake there costs points only once."
            return Carried(way.targets, 1.0, Explanation((), ""), hint)
        if own is not None:
            ways.append((own, way))
    found = [(own, way, _guarded(session, lambda way=way: _explain(check, way, trials))) for own, way in ways]
    named = next((e for _, _, e in found if e and e.names), None)
    if not found:
        return None
    own, way, explanation = max(found, key=lambda f: f[0])
    if own <= share and not named:
        return None
    return Carried(
        way.targets, max(own, share), named or explanation or Explanation((), ""), f"Judged with your own {parts}."
    )


def framed(check: Check, session, trials: list[Trial], needed: list) -> list[dict] | None:
    """Try the student's function in the reference's frame, driving the student's own steps.

    For a function whose input comes from another that cannot be used at all, e.g. rnn_backward when rnn_forward
    never ends. It sees a cache laid out like the reference's, a list of its own steps' caches, and is credited
    only if it is right on every trial; then the trials hold what it returned, and the targets are returned.
    """
    if not check.swap:
        return None
    driven = parts(session)
    steps = own_steps(check, session, driven, trials)
    student = student_of(session, session.worker())
    own = {**own_steps(check, session, student, trials), check.name: getattr(student, check.name)}

    def run(functions: dict, inputs: list[dict]) -> list[dict | None]:
        return [run_mistaken(check, session.problem_set, (), i, functions) for i in inputs]

    inputs = [t.inputs for t in trials]
    targets = _guarded(session, lambda: run(steps, [*inputs, _varied(inputs[0])]))
    got = _guarded(session, lambda: run(own, inputs))
    if not targets or not got or None in targets or None in got or acts(driven, check, session, needed):
        return None
    *targets, again = targets
    if _dead(Way(targets, again), trials[0]):
        return None
    tried = [replace(trial, got=outputs, fault=None) for trial, outputs in zip(trials, got, strict=True)]
    if credit(check, tried, targets) < 1:
        return None
    trials[:] = tried
    return targets


def _guarded(session, work: Callable):
    """The result of work that calls the student's functions; None if they fail."""
    try:
        return work()
    except Fault as fault:
        if fault.died:
            session.drop()
        return None


def _tame(way: Way, trials: list[Trial]) -> tuple[list[Trial], list[dict]]:
    """The trials, and their targets, on which the student's parts neither fail nor blow up."""
    both = zip(trials, way.targets, strict=True)
    pairs = [(t, target) for t, target in both if target is not None and _is_tame(target, t.expected)]
    return [t for t, _ in pairs], [target for _, target in pairs]


def _credit(check: Check, way: Way, trials: list[Trial]) -> float | None:
    """The share of points by this way, or None if it says nothing: most outputs are dead, or the parts blow up."""
    tried, targets = _tame(way, trials)
    dead = _dead(way, trials[0])
    if not tried or len(dead) >= len(check.outputs) / 2:
        return None
    weight = sum(t.weight for t in tried)
    if credit(check, tried, targets) > (1 - 1e-9) * weight:
        return 1.0
    return credit(check, tried, targets, without=dead) / weight


def _explain(check: Check, way: Way, trials: list[Trial]) -> Explanation:
    pairs = [pair for pair in zip(*_tame(way, trials), strict=True) if pair[0].got is not None]
    if not pairs:
        return Explanation((), "")
    tried, targets = (list(column) for column in zip(*pairs, strict=True))
    wrong = [Made(way.mistakes, way.make, t) for t in tried]
    return explain_trials(check, tried, targets, wrong)


def _ways(check: Check, session, trials: list[Trial], needed: list) -> Iterator[Way]:
    broken = [j for j in needed if not j.sound]
    if check.swap:
        yield from _swapped(check, session, trials, needed)
    yield from _mistaken(check, session, trials, tuple(m for j in broken for m in j.mistakes))
    if check.gradient is not None and {o for o, _ in check.gradient.of} == set(check.outputs):
        yield from _own_gradient(check, check.gradient, session, trials, needed)


def _swapped(check: Check, session, trials: list[Trial], needed: list) -> Iterator[Way]:
    driven = parts(session)
    functions = own_steps(check, session, driven, trials)

    def run(inputs: dict, *mistakes: Mistake) -> dict | None:
        return run_mistaken(check, session.problem_set, mistakes, inputs, functions)

    def make(mistake: Mistake, trial: Trial) -> dict | None:
        try:
            return run(trial.inputs, mistake)
        except Fault as fault:  # the mistake hands the student's parts something they cannot take
            if fault.died:
                raise
            return None

    def target(trial: Trial) -> dict | None:
        """None where the student's parts raise: if their own code raised there too, the trial says nothing."""
        try:
            return run(trial.inputs)
        except Fault as fault:
            if fault.died or trial.got is not None:
                raise
            return None

    targets = _guarded(session, lambda: [target(t) for t in trials])
    if acts(driven, check, session, needed):
        return
    again = _guarded(session, lambda: run(_varied(trials[0].inputs)))
    if targets and all(target is not None or t.got is None for target, t in zip(targets, trials, strict=True)):
        own = tuple(m for m in check.mistakes if m.function not in check.swap)
        yield Way(targets, again or targets[0], own, make)


def _mistaken(check: Check, session, trials: list[Trial], named: tuple[Mistake, ...]) -> Iterator[Way]:
    edited = {m.function for m in named}
    if not named or len(edited) < len(named):  # two edits of one text may not fit together
        return
    targets = [run_mistaken(check, session.problem_set, named, t.inputs) for t in trials]
    if all(t is not None for t in targets):
        own = tuple(m for m in check.mistakes if m.function not in edited)
        yield Way(
            targets, None, own, lambda mistake, t: run_mistaken(check, session.problem_set, (*named, mistake), t.inputs)
        )


def _own_gradient(check: Check, gradient: Gradient, session, trials: list[Trial], needed: list) -> Iterator[Way]:
    """Central differences through the student's own forward function, on the small cases."""
    student = parts(session)
    small = [sum(np.size(t.inputs[k]) for _, k in gradient.of) <= MOST_ENTRIES for t in trials]
    targets = _guarded(
        session,
        lambda: [_differences(gradient, student, t.inputs) if s else None for t, s in zip(trials, small, strict=True)],
    )
    if targets and small[0] and not acts(student, check, session, needed):
        # other inputs, but the same upstream gradient: own gradients must depend on more than that
        inputs = {**_varied(trials[0].inputs), gradient.upstream: trials[0].inputs[gradient.upstream]}
        again = _guarded(session, lambda: _differences(gradient, student, inputs))
        yield Way(targets, again or targets[0])


def _differences(gradient: Gradient, student: Driven, inputs: dict) -> dict:
    upstream = inputs[gradient.upstream] if gradient.upstream else 1.0
    found = {}
    for output, name in gradient.of:

        def forward(value, name=name):
            outcome = gradient.forward(student, **{**inputs, name: value.copy()})
            if np.shape(outcome) != np.shape(upstream) or np.asarray(outcome).dtype.kind != "f":
                raise Fault("returned", name, "the forward function did not return numbers of the right shape")
            return outcome

        found[output] = eval_numerical_gradient_array(forward, inputs[name].copy(), upstream)
    return found


def _is_tame(target: dict, expected: dict) -> bool:
    """False if the student's parts blow up, so that even right code built on them agrees with nothing."""
    with np.errstate(all="ignore"):
        return all(
            is_numeric(v) and np.linalg.norm(v) <= WILD * max(1.0, float(np.linalg.norm(expected[o])))
            for o, v in target.items()
        )


def _varied(inputs: dict) -> dict:
    """Other inputs of the same kind: numbers scaled, words exchanged."""
    kinds = {"f": lambda v: 1.5 * v, "i": lambda v: np.roll(v, 1)}
    arrays = {k: v for k, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind in kinds}
    return {**inputs, **{k: kinds[v.dtype.kind](v) for k, v in arrays.items()}}


def _dead(way: Way, trial: Trial) -> set[str]:
    """The outputs that are zero or constant with the student's parts: any code that returns zeros would fit them."""
    dead, first = set(), way.targets[0]
    assert first is not None  # a way with nothing to say of the first trial is not taken
    for output, value in first.items():
        if not is_numeric(value) or np.linalg.norm(value) < FAINT * np.linalg.norm(trial.expected[output]):
            dead.add(output)
        elif way.again is not None and close(value, way.again[output], FAINT):
            dead.add(output)
    return dead
