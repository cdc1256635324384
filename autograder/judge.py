"""Judge one check: try the student's code on every case, compare, carry credit forward, explain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder import carry
from autograder.check import (
    CARRIED,
    CRASHED,
    FAILED,
    PASSED,
    SKIPPED,
    TIMED_OUT,
    Check,
    Mistake,
    OutputVerdict,
    Verdict,
)
from autograder.code import Fault, Student
from autograder.explaining import explained, probed
from autograder.jail.jail import StartFailed
from autograder.problem_set import ProblemSet
from autograder.session import TOTAL_SECONDS, Session
from autograder.stand_in import stood_in
from autograder.trial import Trial, credit, deadline, draw_trials, run_call
from unroll.compare import Comparison
from unroll.diagnose import Explanation

CACHE_UNUSABLE = "cache_unusable"

NUMERICAL = "numerical_gradient"
NUMERICAL_HINT = (
    "The numbers are right on small sizes, but the time grows with the number of parameters: this is what a "
    "numerical gradient would cost, which calls the forward function again for every single entry. Derive the "
    "gradient and compute all of it in one pass backwards."
)


@dataclass(frozen=True)
class Judgement:
    """A verdict, and the mistakes of the table that were named: later checks want to know them."""

    verdict: Verdict
    mistakes: tuple[Mistake, ...] = ()

    @property
    def sound(self) -> bool:
        return self.verdict.status in (PASSED, CARRIED)


@dataclass
class Finding:
    """What is known of a check while it is judged. share: of its points. targets: what the outputs are held against."""

    status: str
    share: float
    targets: Sequence[Mapping[str, Any] | None]
    hint: str = ""
    explanation: Explanation = Explanation((), "")


def all_needs(problem_set: ProblemSet, name: str) -> set[str]:
    """The checks that a check needs, and those that these need."""
    direct = problem_set.check(name).needs
    return set(direct).union(*(all_needs(problem_set, n) for n in direct))


def judge(check: Check, session: Session, judged: Mapping[str, Judgement], seed: int) -> Judgement:
    """Judge a check after all that it needs. judged: check name -> judgement."""
    max_points = session.problem_set.points[check.name]
    if session.time_is_up:
        session.flags.append(f"{check.name}: not judged; the {TOTAL_SECONDS:.0f} s for one submission are used up.")
        hint = "Not judged: the time for the whole submission was used up before this check."
        return Judgement(Verdict(check.name, SKIPPED, 0.0, max_points, hint, "", (), seed))
    trials = draw_trials(check, session.problem_set, seed)
    for trial in trials:
        _try_student(check, session, trial)
        if trial.fault is not None and (trial.fault.died or _is_absent(trials)):
            break
    needed = [judged[n] for n in judged if n in all_needs(session.problem_set, check.name)]
    try:
        found = _find(check, session, trials, needed)
    except StartFailed:
        raise
    except Exception as error:  # explaining must never cost a grade: the plain comparison stands
        session.flags.append(f"{check.name}: explaining it failed in the grader ({type(error).__name__}: {error}).")
        expected = [t.expected for t in trials]
        found = Finding(FAILED, credit(check, trials, expected), expected)
    verdict = Verdict(
        check.name,
        found.status,
        round(found.share * max_points, 2),
        max_points,
        found.explanation.hint or found.hint,
        found.explanation.mistake,
        tuple(_output_verdict(o, check, trials, found.targets) for o in check.outputs),
        seed,
    )
    return Judgement(verdict, tuple(m for m in check.mistakes if m.name in found.explanation.names))


def _try_student(check: Check, session: Session, trial: Trial) -> None:
    worker = session.worker()  # which may take long to make; the time for the case begins after it
    until = deadline(check, trial, session.end)
    student = Student(worker, session.problem_set.reference, until, trial.sizes)
    try:
        trial.got = run_call(check, student, trial.inputs)
    except Fault as fault:
        trial.fault = fault.with_traceback(None)  # whose frames hold the trial: a circle that would keep large arrays
        fault.__context__ = None
        if fault.died:
            session.drop()
    except AssertionError as error:  # the check's own `call` found something wrong and says so
        trial.fault = Fault("returned", check.name, str(error))
    except Exception as error:  # `call` stumbled over what the student's code returned
        sentence = f"what {check.name} returned could not be used ({type(error).__name__}: {error})"
        trial.fault = Fault("returned", check.name, sentence)


def _find(check: Check, session: Session, trials: list[Trial], needed: list[Judgement]) -> Finding:
    """needed: the judgements of what this check needs."""
    broken = [j for j in needed if not j.sound]
    expected = [t.expected for t in trials]
    fault = next((t.fault for t in trials if t.fault is not None), None)
    share = credit(check, trials, expected)
    if fault is None and share == 1:
        return Finding(PASSED, 1.0, expected)
    if fault is not None and fault.function != check.name and broken:
        targets = carry.framed(check, session, trials, needed)
        if targets:
            hint = f"Right, given your own steps; {fault.function} could not be used, so yours was tried without it."
            return Finding(CARRIED, 1.0, targets, hint)
    if fault is not None and (fault.died or _is_absent(trials)):
        return _cut_short(check, session, trials, fault, broken)
    carried = carry.best(check, session, trials, needed, share) if broken else None
    if carried is not None:
        status = CARRIED if carried.share == 1 else FAILED
        found = Finding(status, carried.share, carried.targets, carried.hint, carried.explanation)
    else:
        found = Finding(FAILED, share, expected, explanation=explained(check, session.problem_set, trials))
    if found.share < 1 and not found.explanation.names and set(check.needs) - set(check.swap):
        targets = carry.framed(check, session, trials, needed)
        if targets and broken:
            return Finding(CARRIED, 1.0, targets, "Right, if it is given a list of your own steps' caches.")
        if targets:
            hint = "Right, if it is given a list of your own steps' caches: look at what the forward function caches."
            return Finding(FAILED, max(share, 0.5), targets, explanation=Explanation((CACHE_UNUSABLE,), hint))
    if found.share < 1 and (stood := _with_stand_ins(check, session, trials, fault, broken)):
        return stood
    if fault is None and found.status == FAILED and not found.explanation.names:
        found.explanation = probed(check, session, trials[0], found.explanation)
    if fault is not None and not found.explanation.names:
        found.explanation = Explanation((), "")
        found.hint = _with_name_explained(fault, session)
        if all(t.fault for t in trials):
            found.status = CRASHED
        elif all(t.label for t in trials if t.fault):
            failing = ", ".join(f'"{t.label}"' for t in trials if t.fault)
            found.hint = f"In the case {failing}: {found.hint}"
    return found


def _with_stand_ins(check, session, trials, fault: Fault | None, broken: list[Judgement]) -> Finding | None:
    """Full credit if the student's function is right with stand-ins for what it calls and cannot be used."""
    targets = stood_in(check, session, trials, fault) if broken else None
    if not targets:
        return None
    unusable = [j for j in broken if j.verdict.status != FAILED] or broken
    parts = ", ".join(j.verdict.name for j in unusable)
    hint = (
        f"Right, given stand-ins for what it calls, since your own {parts} could not be used; "
        "that costs points only once."
    )
    return Finding(CARRIED, 1.0, targets, hint)


def _is_absent(trials: list[Trial]) -> bool:
    """True if the first trial shows that a function is not there or not written."""
    return trials[0].fault is not None and trials[0].fault.kind in ("missing", "unwritten")


def _with_name_explained(fault: Fault, session: Session) -> str:
    """The fault's sentence; a name that is not defined is traced to the cell that would have defined it."""
    unknown = re.search(r"NameError: name '(\w+)' is not defined", str(fault))
    if unknown is None or not (why := session.why_missing(unknown[1])):
        return str(fault)
    session.flags.append(f"{unknown[1]} is not defined: {why}.")
    return f"{fault}. Note that {why}."


def _cut_short(check, session, trials, fault: Fault, broken: list[Judgement]) -> Finding:
    """The trials ended early: the function is not there, or the worker died."""
    expected = [t.expected for t in trials]
    right_so_far = fault.kind == "timeout" and _right_where_tried(check, trials)
    slow = [j.verdict.name for j in broken if j.verdict.status == TIMED_OUT]
    # Where a gradient is wanted, being right on small sizes alone is what a numerical one would be, and a forward
    # function that is slow on large ones would hide it.
    if right_so_far and slow and check.gradient is None:
        hint = f"Right on the sizes that could be tried; on larger ones your own {', '.join(slow)} takes too long."
        return Finding(CARRIED, 1.0, expected, hint)
    if carried := _with_stand_ins(check, session, trials, fault, broken):
        return carried
    why = session.why_missing(fault.function) if fault.kind == "missing" else ""
    if why:
        sentence = f"{fault.function} is not defined: {why}."
        session.flags.append(sentence)
        return Finding(SKIPPED, 0.0, expected, sentence)
    if fault.kind in ("missing", "unwritten"):
        return Finding(SKIPPED, 0.0, expected, str(fault))
    if right_so_far and check.gradient is not None and fault.function == check.name:
        return Finding(TIMED_OUT, 0.0, expected, explanation=Explanation((NUMERICAL,), NUMERICAL_HINT))
    session.flags.append(str(fault) if fault.function == check.name else f"{check.name}: {fault}")
    return Finding(TIMED_OUT if fault.kind == "timeout" else CRASHED, 0.0, expected, str(fault))


def _right_where_tried(check: Check, trials: list[Trial]) -> bool:
    done = [t for t in trials if t.got is not None]
    return bool(done) and all(t.compared(o, t.expected, check.tolerance).ok for t in done for o in check.outputs)


def _output_verdict(
    output: str, check: Check, trials: list[Trial], targets: Sequence[Mapping[str, Any] | None]
) -> OutputVerdict:
    """The worst case of one output; one of the edge cases only if the others are right."""
    ranked: list[tuple[tuple, Comparison, str]] = []
    for trial, target in zip(trials, targets, strict=True):
        if target is None:
            continue
        if trial.got is None:
            message = str(trial.fault) if trial.fault else "not tried"
            found = Comparison(None, False, 0.0, f"{output}: {message}")
        else:
            found = trial.compared(output, target, check.tolerance)
        rank = (not found.ok, not trial.label, -found.credit, found.error is None, found.error or 0.0)
        ranked.append((rank, found, trial.label))
    _, found, label = max(ranked, key=lambda r: r[0])
    message = found.message if found.ok or not label else f"{found.message} ({label})"
    return OutputVerdict(output, found.error, check.tolerance, found.ok, message)
