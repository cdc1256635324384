"""The solution of one check on its own: does it run, how long does it take, are its gradients gradients?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.agreement import notebook_of, table_of
from autograder.check import Check
from autograder.flaw import Flaw
from autograder.problem_set import ProblemSet
from autograder.release import PUBLIC_SEED, source_of
from autograder.trial import Trial, draw_trials
from unroll.compare import close, relative_error
from unroll.gradcheck import eval_numerical_gradient_array

GRADIENT_TOLERANCE = 1e-5  # central differences themselves are good to about 1e-9


def try_reference(problem_set: ProblemSet, check: Check) -> tuple[float | None, tuple[Flaw, ...]]:
    """The seconds of the reference on all cases, None if it does not run, and what is wrong."""
    where = f"{table_of(problem_set.name)}, check {check.name}"
    try:
        source_of(check.call)
        trials = draw_trials(check, problem_set, PUBLIC_SEED)
    except Exception as error:  # whatever draw, call or the solution raise
        found = f"{type(error).__name__}: {error}"
        return None, (Flaw(where, "draw, call and the solution to run on every case", found, "correct what raises"),)
    flaws = [*_not_finite(where, trials), *_gradients(problem_set, check, trials[0])]
    return sum(t.seconds for t in trials), tuple(flaws)


def _not_finite(where: str, trials: list[Trial]) -> Iterator[Flaw]:
    for trial in trials:
        for output, value in trial.expected.items():
            numbers = np.asarray(value)
            if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
                found = f"nan or infinity in {output}, for {dict(trial.sizes)}"
                yield Flaw(where, "finite numbers from the solution", found, "change draw or the solution")


def _gradients(problem_set: ProblemSet, check: Check, trial: Trial) -> Iterator[Flaw]:
    """Outputs that are no gradients of what the check says they are gradients of."""
    gradient, code = check.gradient, problem_set.reference.code()
    if gradient is None:
        return
    upstream = trial.inputs[gradient.upstream] if gradient.upstream else 1.0
    for output, name in gradient.of:

        def f(value, name=name):
            return np.asarray(gradient.forward(code, **{**trial.inputs, name: value.copy()}), dtype=float)

        numerical = eval_numerical_gradient_array(f, trial.inputs[name].copy(), upstream)
        if not close(trial.expected[output], numerical, GRADIENT_TOLERANCE):
            error = relative_error(trial.expected[output], numerical)
            yield Flaw(
                f"{notebook_of(problem_set.name)}, cell {check.name}_solution",
                f"{output} to be the numerical gradient with respect to {name}",
                f"error {error:.1e}",
                "correct the solution, or the forward function of the check's Gradient",
            )
