"""The student's parts where the grader drives them, to say what a right function built on them would return.

There they are called with what the reference hands them, by functions that they cannot tell from the student's own.
What they return is bounded in size, and held against the reference's: a part that is right in its own check and
another one here would make everything built on it easy.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograder.check import CARRIED, Check
from autograder.code import OPAQUE, Deadline, Fault, Reference, Student
from autograder.jail import Handle, Worker
from autograder.stand_in import same
from autograder.trial import Trial, run_mistaken
from unroll.compare import is_numeric

SECONDS = 15.0  # for working out one way, on a machine that may be busy
LIKE_THE_REFERENCE = 1e-5
ACTS = 0.5  # by which less of what a part returns is right here than in its own check: then it is another one here


def parts(session) -> Driven:
    """The student's functions in a worker where they cannot know what is judged by them."""
    return Driven(student_of(session, session.parts()), session.problem_set.reference)


def student_of(session, worker: Worker) -> Student:
    """The student's functions, with the time for one way of judging by own parts."""
    now = time.monotonic()
    return Student(worker, session.problem_set.reference, Deadline(min(now + SECONDS, max(session.end, now))))


class Driven:
    """The student's functions, each call of which is repeated with the reference's.

    answers: function -> for each call the share of its outputs that were the reference's for the same arguments.
    """

    def __init__(self, student: Student, reference: Reference):
        self._student, self._reference = student, reference
        self._caches: dict[Handle, Any] = {}  # of the reference, by the student's of the same call
        self.answers: dict[str, list[float]] = {}

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            expected = self._expected(name, args, kwargs)
            outputs = getattr(self._student, name)(*args, **kwargs)
            if expected is not None:
                self._note(name, outputs, expected)
            return outputs

        return call

    def _expected(self, name: str, args: tuple, kwargs: Mapping[str, Any]) -> Any:
        """What the reference returns; None for an object, and where other parts' mistakes led to what it cannot use."""
        if self._reference.returns.get(name, ("self",)) == ("self",):
            return None
        try:
            with np.errstate(all="ignore"):
                return self._reference.plain[name](*self._own(args), **self._own(kwargs))
        except Exception:
            return None

    def _own(self, value: Any) -> Any:
        """A copy of arguments, in which the reference's caches stand for the student's. KeyError if one is unknown."""
        if isinstance(value, dict):
            return {key: self._own(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._own, value))
        return self._caches[value] if isinstance(value, Handle) else copy.deepcopy(value)

    def _note(self, name: str, outputs: Any, expected: Any) -> None:
        names = self._reference.returns[name]
        pairs = list(zip(outputs, expected, strict=True)) if len(names) > 1 else [(outputs, expected)]
        right = []
        for what, (own, other) in zip(names, pairs, strict=True):
            if what != OPAQUE:
                right.append(same(own, other, LIKE_THE_REFERENCE))
            elif isinstance(own, Handle):
                self._caches[own] = other
        self.answers.setdefault(name, []).append(sum(right) / max(1, len(right)))


def acts(driven: Driven, check: Check, session, needed: list) -> bool:
    """Whether a part that was right in its own check is another one where it is driven, which a person is told.

    needed: the judgements of the checks that `check` needs.
    """
    for judgement in needed:
        verdict, answers = judgement.verdict, driven.answers.get(judgement.verdict.name, [])
        if not answers or verdict.status == CARRIED:
            continue
        share, right = verdict.points / verdict.max_points, sum(answers) / len(answers)
        if right < share - ACTS:
            session.flags.append(
                f"{verdict.name} was worth {share:.0%} of its points in its own check, and {right:.0%} of what it "
                f"returned was right where the grader called it to judge {check.name}, which was therefore not judged "
                "by it. See whether it knows where it is called."
            )
            return True
    return False


def own_steps(check: Check, session, student: Student | Driven, trials: list[Trial]) -> dict[str, Callable]:
    """The student's functions to swap in. What they return may not be larger than what the reference's return:
    the reference computes with it in this process, and a column plus a row can fill the memory.
    """
    plain = session.problem_set.reference.plain
    largest: dict[str, dict[tuple, tuple[int, ...]]] = {name: {} for name in check.swap}

    def noting(name: str):
        def call(*args, **kwargs):
            outputs = plain[name](*args, **kwargs)
            for where, array in _arrays(outputs):
                if np.size(array) > np.prod(largest[name].get(where, (0,)), dtype=int):
                    largest[name][where] = np.shape(array)
            return outputs

        return call

    for trial in trials:
        run_mistaken(check, session.problem_set, (), trial.inputs, {name: noting(name) for name in check.swap})

    def bounded(name: str):
        def call(*args, **kwargs):
            outputs = getattr(student, name)(*args, **kwargs)
            for where, array in _arrays(outputs):
                # In a list every number stands at a place of its own, where the reference has none.
                if where not in largest[name] or not _fits(np.shape(array), largest[name][where]):
                    raise Fault("returned", name, f"{name} returned an array of shape {np.shape(array)}")
            return outputs

        return call

    return {name: bounded(name) for name in check.swap}


def _arrays(outputs, where: tuple = ()) -> Iterator[tuple[tuple, object]]:
    """The arrays and numbers in what a function returned, in tuples, lists and dicts too, and where each is."""
    if isinstance(outputs, (dict, list, tuple)):
        for key, item in outputs.items() if isinstance(outputs, dict) else enumerate(outputs):
            yield from _arrays(item, (*where, key))
    elif is_numeric(outputs):
        yield where, outputs


def _fits(shape: tuple[int, ...], largest: tuple[int, ...]) -> bool:
    """True for a shape that cannot blow up when arrays are added: no more axes and no longer ones, 1s aside."""
    own = [n for n in shape if n != 1]
    return (
        len(shape) <= len(largest) + 1 and len(own) <= len(largest) and max(own, default=1) <= max(largest, default=1)
    )
