"""Explain a wrong function: one mistake or relation, each output on its own, pairs of mistakes, experiments."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from autograder.check import Check, Mistake
from autograder.code import Fault, Student
from autograder.problem_set import ProblemSet
from autograder.session import Session
from autograder.trial import Made, Trial, deadline, explain_trials, run_call, run_mistaken
from unroll.diagnose import Explanation, failing_outputs, same
from unroll.probes import probe, surely_moved_by

MOST_PAIRS = 1500  # of mistakes are tried; where there are more, another could fit as well, and nothing is said


def explained(check: Check, problem_set: ProblemSet, trials: list[Trial]) -> Explanation:
    """The mistakes of the table, or relations, that explain what the student's code returned."""

    def make(mistake: Mistake, trial: Trial) -> dict | None:
        return run_mistaken(check, problem_set, (mistake,), trial.inputs)

    wrong = [Made(check.mistakes, make, t) for t in trials]
    found = explain_trials(check, trials, [t.expected for t in trials], wrong)
    single = found.complete and len({m.name for m in check.mistakes} & set(found.names)) < 2
    if single or all(t.got is None for t in trials):
        return found
    fitting = _fitting_pairs(check, problem_set, trials, wrong)
    return _of_pairs(fitting) if fitting else found


def _of_pairs(fitting: list[tuple[Mistake, Mistake]]) -> Explanation:
    """The two mistakes that together return what the student's code does; one if the other cannot be told."""
    if len({frozenset(m.hint for m in pair) for pair in fitting}) == 1:
        names, hints = zip(*((m.name, m.hint) for m in fitting[0]), strict=True)
        return Explanation(names, " ".join(dict.fromkeys(hints)))
    for mistake in fitting[0]:
        if all(mistake in pair for pair in fitting):
            return Explanation((mistake.name,), f"{mistake.hint} There is a second mistake besides.", False)
    return Explanation((), "Two mistakes seem to meet here, and they cannot be told from others.", False)


def _fitting_pairs(
    check: Check, problem_set: ProblemSet, trials: Sequence[Trial], wrong: Sequence[Mapping]
) -> list[tuple[Mistake, Mistake]]:
    """The pairs of mistakes that return what the student's code does; none if there are too many to try."""
    failing = set(failing_outputs(trials, check.tolerance))
    order = sorted(zip(trials, wrong, strict=True), key=lambda pair: pair[0].seconds)  # the quickest trial first
    likely = [m for m in check.mistakes if _spoilt(check, m, order[:1]) <= failing]
    pairs = list(itertools.combinations(likely, 2))
    if len(pairs) > MOST_PAIRS:
        return []
    pairs = [pair for pair in pairs if _returns(check, problem_set, pair, order[0][0])]
    spoilt = {m.name: _spoilt(check, m, order) for pair in pairs for m in pair}
    pairs = [(a, b) for a, b in pairs if spoilt[a.name] | spoilt[b.name] == failing]
    return [pair for pair in pairs if all(_returns(check, problem_set, pair, trial) for trial, _ in order[1:])]


def _spoilt(check: Check, mistake: Mistake, made: Iterable[tuple[Trial, Mapping]]) -> set[str]:
    """The outputs that a mistake alone makes wrong in some trial."""
    return {
        o
        for trial, wrong in made
        for o in check.outputs
        if wrong[mistake.name] is None or not same(wrong[mistake.name][o], trial.expected[o], check.tolerance)
    }


def _returns(check: Check, problem_set: ProblemSet, pair: tuple[Mistake, ...], trial: Trial) -> bool:
    # two edits of one line may fit in one order only
    outputs = run_mistaken(check, problem_set, pair, trial.inputs)
    outputs = outputs or run_mistaken(check, problem_set, pair[::-1], trial.inputs)
    if outputs is None or trial.got is None:
        return outputs is None and trial.got is None
    return all(same(trial.got[o], outputs[o], check.tolerance) for o in check.outputs)


def probed(check: Check, session: Session, trial: Trial, known: Explanation) -> Explanation:
    """What experiments on the student's functions tell, put before what is known without them."""
    student = Student(session.worker(), session.problem_set.reference, deadline(check, trial, session.end), trial.sizes)

    def own(inputs):
        try:
            return run_call(check, student, inputs)
        except Fault as fault:
            if fault.died:
                raise
            return None
        except Exception:  # `call` stumbled over what the student's code returned: this experiment tells nothing
            return None

    right = surely_moved_by(lambda inputs: run_mistaken(check, session.problem_set, (), inputs), trial.inputs)
    failing = failing_outputs([trial], check.tolerance)
    upstream = check.gradient.upstream if check.gradient else ""
    try:
        return probe(own, trial.inputs, right, failing, upstream, known)
    except Fault:  # the worker died
        session.drop()
        return known
