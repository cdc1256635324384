"""Trials: one case of one check, tried on the reference, on mistaken references and on a student's code."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.check import Check, Mistake
from autograder.code import Deadline, Fault
from autograder.problem_set import ProblemSet, drawing_data
from unroll.compare import Comparison, compare
from unroll.diagnose import Explanation, Observed, explain

ENOUGH_SECONDS = 0.05  # of the reference's running: then it has been timed well enough
CALL_SECONDS = (2.0, 10.0)  # the least and the most a case is given, however fast or slow the reference is


@dataclass
class Trial:
    """One case of one check: inputs, right outputs, and what the student's code made of them.

    seconds: the time the reference took. seed: of the inputs. got: None until the student's code returned.
    """

    inputs: dict
    expected: dict[str, np.ndarray]
    seconds: float
    sizes: Mapping[str, int]
    label: str
    weight: float
    seed: tuple[int, int]
    got: dict[str, object] | None = None
    fault: Fault | None = None
    _compared: dict[str, Comparison] = field(default_factory=dict, init=False, repr=False)

    def compared(self, output: str, target: Mapping[str, Any], tolerance: float) -> Comparison:
        """What the student's code returned, held against `target`; against `expected`, it is compared once only."""
        assert self.got is not None  # there is nothing to compare before it returned
        if target is not self.expected:
            return compare(output, self.got[output], target[output], tolerance)
        if output not in self._compared:
            self._compared[output] = compare(output, self.got[output], target[output], tolerance)
        return self._compared[output]


class Made(Mapping):
    """Mistake name -> the outputs that the mistake leads to on one trial, worked out when they are asked for.

    make: (mistake, trial) -> outputs, or None where it raises.
    """

    def __init__(
        self, mistakes: Iterable[Mistake], make: Callable[[Mistake, Trial], dict | None], trial: Trial
    ) -> None:
        self._mistakes = {m.name: m for m in mistakes}
        self._make, self._trial = make, trial
        self._outputs: dict[str, dict | None] = {}

    def __getitem__(self, name: str) -> dict | None:
        if name not in self._outputs:
            self._outputs[name] = self._make(self._mistakes[name], self._trial)
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._mistakes)

    def __len__(self) -> int:
        return len(self._mistakes)


def draw_trials(check: Check, problem_set: ProblemSet, seed: int) -> list[Trial]:
    """Inputs and right outputs for every case of a check."""
    code = problem_set.reference.code()
    trials = []
    for i, case in enumerate(check.cases):
        inputs = check.draw(np.random.default_rng([seed, i]), drawing_data(), **case.sizes)
        outputs, seconds = _timed(lambda inputs=inputs: run_call(check, code, inputs), CALL_SECONDS[0] / check.budget)
        trials.append(Trial(inputs, outputs, seconds, case.sizes, case.label, case.weight, (seed, i)))
    return trials


def _timed(work, quick: float) -> tuple:
    """The result of `work`, and its seconds: of the fastest of three runs if the first, which warms caches up, is
    neither so quick that all that matters is that it is, nor so slow that it is timed well enough."""
    seconds: list[float] = []
    while len(seconds) < 3 and (not seconds or quick < seconds[0] < ENOUGH_SECONDS):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return result, min(seconds)


def deadline(check: Check, trial: Trial, end: float) -> Deadline:
    """When a student's code must be done with a case. end: of the time for the submission."""
    least, most = CALL_SECONDS
    now = time.monotonic()
    return Deadline(now + min(max(least, check.budget * trial.seconds), most, max(0.1, end - now)))


def run_call(check: Check, code, inputs: Mapping) -> dict:
    """Call a check on a code, with copies of the inputs: changing an argument in place is the caller's right."""
    copies = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    return dict(zip(check.outputs, check.call(code, **copies), strict=True))


def run_mistaken(
    check: Check, problem_set: ProblemSet, mistakes: tuple[Mistake, ...], inputs: Mapping, functions=None
) -> dict | None:
    """What the reference returns with mistakes made in it; None if it raises.

    functions: the student's, swapped in; their Faults pass through.
    """
    try:
        with np.errstate(all="ignore"):
            return run_call(check, problem_set.reference.code(mistakes, functions), inputs)
    except Fault:
        raise
    except Exception:  # whatever a mistake makes the reference raise
        return None


def credit(check: Check, trials: Sequence[Trial], targets: Sequence[Mapping], without: Collection[str] = ()) -> float:
    """The share of a check's points: the sum over cases of weight times mean over outputs.

    without: outputs that get no credit.
    """
    total = 0.0
    for trial, target in zip(trials, targets, strict=True):
        if trial.got is not None:
            judged = [o for o in check.outputs if o not in without]
            credits = [trial.compared(o, target, check.tolerance).credit for o in judged]
            total += trial.weight * sum(credits) / len(check.outputs)
    return 1.0 if total > 1 - 1e-9 else total


def explain_trials(
    check: Check, trials: Sequence[Trial], targets: Sequence[Mapping], wrong: Sequence[Mapping]
) -> Explanation:
    """Which of the check's mistakes turns `targets` into what the student's code returned?

    wrong: for every trial, mistake name -> outputs.
    """
    observed = [
        Observed(t.got, target, w, t.sizes, t.label) for t, target, w in zip(trials, targets, wrong, strict=True)
    ]
    return explain(observed, {m.name: m.hint for m in check.mistakes}, check.tolerance)
