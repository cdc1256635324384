"""Stand-ins: try a function whose needed functions cannot be used, with stand-ins in their place.

A stand-in knows nothing: it returns numbers of the right kind that are no answers, and notes what it is called with.
The reference is run with stand-ins for its own parts first, which writes the script; then the student's code is run,
in a worker of its own, with stand-ins that follow the script. It is right if it returns the same and called its parts
with the same arguments. To the worker go inputs and the script, neither of which holds an expected value.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.check import Check
from autograder.code import OPAQUE, Fault, Local, Reference, Student
from autograder.jail import Worker
from autograder.jail.inside import wire
from autograder.jail.inside.stand_in import StandIns, fresh, parameters_of
from autograder.trial import Trial, deadline, run_call
from unroll.compare import close, compare, is_numeric

SAME = 1e-3  # two runs whose outputs differ by less do not depend on what the stand-ins return


def stood_in(check: Check, session, trials: list[Trial], fault: Fault | None) -> list[dict] | None:
    """Try a check with stand-ins for what the student's function calls.

    fault: why it could not be tried as it is, if so. If the student's code is right on every trial, the trials hold
    what it returned, and the targets are returned; None if it is not, or if there is nothing to put stand-ins for.
    """
    names = replaceable(check, session.problem_set.reference)
    # What the check calls besides may be unusable as well, e.g. rnn_forward: then it is the reference's.
    for frame in (False, True) if fault and fault.function != check.name else (False,):
        if not names or not session.affords_another_worker:
            return None
        tried, targets, alive = [], [], False
        with session.another_worker() as worker:
            for trial in trials:
                play = None if session.time_is_up else rehearsed(check, session.problem_set.reference, names, trial)
                got = play and _performed(check, session, worker, trial, play, frame)
                if play is None or not got:
                    break
                tried.append(replace(trial, got=got, fault=None))
                targets.append(play.target)
                alive = alive or play.alive
        if alive and len(tried) == len(trials):
            trials[:] = tried
            return targets
    return None


def replaceable(check: Check, reference: Reference) -> tuple[str, ...]:
    """The functions a check can have stand-ins for. A cache from one of them can only be handed on to another, so
    what else it needs must not make any."""
    others = (n for n in check.needs if n not in check.swap and OPAQUE not in reference.returns[n])
    return (*check.swap, *others)


class Scenes(Local):
    """A code that tells stand-ins about every call that the check makes."""

    def __init__(self, namespace: dict[str, Any], stand_ins: StandIns):
        super().__init__(namespace)
        self._stand_ins = stand_ins

    def __getattr__(self, name: str) -> Callable:
        function = super().__getattr__(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._stand_ins.enter(name)
            return function(*args, **kwargs)

        return call


class Rehearsal(StandIns):
    """Stand-ins for the reference's own functions, which write the script.

    What they return has the shapes, dtypes and scale of what the function itself would return; for the same arguments
    it is the same. Caches become texts. ranges: of the integers seen so far.
    """

    def __init__(self, reference: Reference, names: tuple[str, ...], rng: np.random.Generator, ranges: dict):
        super().__init__({}, {name: parameters_of(reference.plain[name]) for name in names})
        self._reference, self._rng, self._ranges = reference, rng, ranges
        self._known: dict[tuple[str, bytes], Any] = {}
        self._caches: dict[str, Any] = {}

    def answer(self, name: str, key: str, arguments: dict[str, Any]) -> Any:
        noted = wire.encode(self.notes[key][-1], lenient=True)
        self.notes[key][-1] = wire.decode(noted)  # as it will come back from the worker
        if (name, noted) not in self._known:
            given = {parameter: self._given(value) for parameter, value in arguments.items()}
            self._known[name, noted] = self._unlike(name, self._reference.plain[name](**given))
        self.script.setdefault(key, []).append(self._known[name, noted])
        return self._known[name, noted]

    def _given(self, value: Any) -> Any:
        """What the function itself is called with. It may not use up a generator: a stand-in does not either."""
        if isinstance(value, np.random.Generator):
            return copy.deepcopy(value)
        return self._caches.get(value, value) if isinstance(value, str) else value

    def _unlike(self, function: str, outputs: Any) -> Any:
        names = self._reference.returns[function]
        values = [
            self._token(function, value) if name == OPAQUE else self._scrambled(value, (function, name))
            for name, value in zip(names, outputs if len(names) > 1 else (outputs,), strict=True)
        ]
        return tuple(values) if len(names) > 1 else values[0]

    def _token(self, function: str, cache: Any) -> str:
        token = f"cache {len(self._caches)} of {function}"
        self._caches[token] = cache
        return token

    def _scrambled(self, value: Any, where: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self._scrambled(item, (*where, key)) for key, item in value.items()}
        if not is_numeric(value):
            raise TypeError(f"there is no stand-in for {type(value).__name__}")
        array = np.asarray(value)
        if array.dtype.kind == "b":
            array = self._rng.random(array.shape) < 0.5
        elif array.dtype.kind in "iu" and array.size:
            least, most = self._ranges.get(where, (array.min(), array.max()))
            self._ranges[where] = least, most = min(least, array.min()), max(most, array.max())
            array = self._rng.integers(least, most, array.shape, endpoint=True).astype(array.dtype)
        else:
            factors = self._rng.uniform(0.5, 1.5, array.shape)
            array = (self._rng.permutation(array.ravel()).reshape(array.shape) * factors).astype(array.dtype)
        return array if isinstance(value, np.ndarray) else fresh(array.item())


@dataclass(frozen=True)
class Play:
    """What came of the rehearsal of a trial: the stand-ins with script and notes, and what the reference returned.

    alive: whether that depends on what the stand-ins returned.
    """

    stand_ins: StandIns
    target: dict[str, Any]
    alive: bool


def rehearsed(check: Check, reference: Reference, names: tuple[str, ...], trial: Trial) -> Play | None:
    """Run the reference with stand-ins for its own functions `names`; None if it cannot be run so."""
    rng, takes = np.random.default_rng([*trial.seed, 1]), []
    ranges: dict[tuple[str, ...], tuple[int, int]] = {}
    for _ in range(2):  # the first take shows the ranges, and what depends on the stand-ins
        stand_ins = Rehearsal(reference, names, rng, ranges)
        code = Scenes(reference.namespace(functions=stand_ins.functions), stand_ins)
        try:
            with np.errstate(all="ignore"):
                takes.append(run_call(check, code, trial.inputs))
        except Exception:  # the check's own tests, or what the reference does with odd numbers
            return None
    first, last = takes
    return Play(stand_ins, last, not all(close(first[o], last[o], SAME) for o in check.outputs))


def _performed(check: Check, session, worker: Worker, trial: Trial, play: Play, frame: bool) -> dict[str, Any] | None:
    """What the student's code returns with stand-ins that follow the script; None unless it is right.

    frame: whether all but the function of the check and its stand-ins is the reference's.
    """
    reference, script = session.problem_set.reference, play.stand_ins.script
    until = deadline(check, trial, session.end)
    student = Student(worker, reference, until, trial.sizes)
    parameters = {name: parameters_of(reference.plain[name]) for name in play.stand_ins.functions}
    here = StandIns(script, parameters)
    functions = {**here.functions, check.name: getattr(student, check.name)}
    code = Scenes(reference.namespace(functions=functions), here) if frame else student
    try:
        worker.stand_in(script, parameters, timeout=until.left())
        with np.errstate(all="ignore"):
            got = run_call(check, code, trial.inputs)
        noted = {**here.notes, **worker.noted(timeout=until.left())}
    except Exception:  # whatever the student's code does or returns: it is not right with stand-ins
        return None
    right = all(compare(o, got[o], play.target[o], check.tolerance).ok for o in check.outputs)
    if not right or not followed(noted, play.stand_ins.notes, check.tolerance):
        return None
    return got if _idle(check, reference, trial, play, noted) else None


def _idle(check: Check, reference: Reference, trial: Trial, play: Play, noted: dict) -> bool:
    """Whether the lines that the student's code did not ask for could be any others: the whole script lies in its
    process, where it can be read without a call."""
    script = {
        key: [*lines[: len(noted[key])], *map(other, lines[len(noted[key]) :])]
        for key, lines in play.stand_ins.script.items()
    }
    here = StandIns(script, {name: parameters_of(reference.plain[name]) for name in play.stand_ins.functions})
    code = Scenes(reference.namespace(functions=here.functions), here)
    try:
        with np.errstate(all="ignore"):
            found = run_call(check, code, trial.inputs)
    except Exception:  # the reference cannot do with other numbers, so they matter
        return False
    return all(compare(o, found[o], play.target[o], check.tolerance).ok for o in check.outputs)


def other(value: Any) -> Any:
    """Another value of the same kind and shape; texts stay, integers become 0."""
    if isinstance(value, dict):
        return {key: other(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(other(item) for item in value)
    if not is_numeric(value):
        return value
    array = np.asarray(value)
    array = np.zeros_like(array) if array.dtype.kind in "biu" else -2 * array - 1
    return array if isinstance(value, np.ndarray) else array.item()


def followed(noted: dict, expected: dict[str, list], tolerance: float) -> bool:
    """Whether all that was noted is as expected. A scene may end early, e.g. when every text has ended, but it must
    begin."""
    return set(noted) == set(expected) and all(
        isinstance(noted[key], list)
        and 0 < len(noted[key]) <= len(lines)
        and same(noted[key], lines[: len(noted[key])], tolerance)
        for key, lines in expected.items()
    )


def same(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether plain values are the same, numbers within the tolerance. A list of numbers may stand for an array."""
    if isinstance(expected, dict):
        same_keys = isinstance(got, dict) and set(got) == set(expected)
        return same_keys and all(same(got[key], expected[key], tolerance) for key in expected)
    if isinstance(expected, list):
        same_length = isinstance(got, list) and len(got) == len(expected)
        return same_length and all(same(g, e, tolerance) for g, e in zip(got, expected, strict=True))
    if not is_numeric(expected):
        return type(got) is type(expected) and got == expected
    if isinstance(got, list):
        try:
            got = np.array(got)
        except ValueError:  # ragged
            return False
    return close(got, expected, tolerance)
