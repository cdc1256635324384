"""Grade one submission: run its cells in a jail, put every check to its functions, conclude.

`grade` touches no database and writes nothing: a Result is a pure function of the submission, the problem set
and the course secret.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

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
    Result,
    Verdict,
)
from autograder.code import Deadline, Fault, Student
from autograder.jail import CellOutcome, Jail, StudentError, Worker, WorkerDied
from autograder.notebook import Submission
from autograder.problem_set import ProblemSet
from autograder.trial import Trial, credit, draw_trials, explain_trials, run_call, run_mistaken
from unroll.compare import Comparison, compare
from unroll.diagnose import Explanation

CELL_SECONDS = 10.0  # for one of the student's own cells
CALL_SECONDS = 2.0  # the least a case is given, however fast the reference is
TOTAL_SECONDS = 120.0  # for one submission; what is left then is flagged for a person

NUMERICAL = "numerical_gradient"
NUMERICAL_HINT = (
    "The numbers are right on small sizes, but the time grows with the number of parameters: this is what a "
    "numerical gradient costs, which calls the forward function again for every single entry. Derive the "
    "gradient and compute all of it in one pass backwards."
)


@dataclass(frozen=True)
class Graded:
    """A Result, and what the student's cells printed, by their position in the notebook."""

    result: Result
    cells: Mapping[int, CellOutcome]


class Session:
    """A submission at work: a worker that has run the student's cells, replaced when it dies."""

    def __init__(self, jail: Jail, submission: Submission, problem_set: ProblemSet):
        self.jail, self.submission, self.problem_set = jail, submission, problem_set
        self.cells: dict[int, CellOutcome] = {}
        self.flags: list[str] = []
        self.end = time.monotonic() + TOTAL_SECONDS
        self._fatal: set[int] = set()
        self._worker: Worker | None = None

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() > self.end

    def worker(self) -> Worker:
        """A live worker in which the student's cells have run, all but those that killed one before."""
        while self._worker is None:
            worker = self.jail.spawn()
            if self._run_cells(worker):
                self._worker = worker
            else:
                worker.close()
        return self._worker

    def drop(self) -> None:
        """Forget a worker that died; the next call of `worker` starts another."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _run_cells(self, worker: Worker) -> bool:
        for cell in self.submission.cells:
            if self.time_is_up:
                break
            if cell.index in self._fatal or (cell.grade_id and cell.grade_id in self.problem_set.not_run):
                continue
            name = cell.grade_id or f"cell {cell.index + 1}"
            seconds = min(CELL_SECONDS, max(0.1, self.end - time.monotonic()))
            try:
                self.cells[cell.index] = worker.run_cell(cell.source, name, timeout=seconds)
            except WorkerDied as death:
                self._fatal.add(cell.index)
                self.flags.append(f"{name}: {death}; it was left out")
                error = StudentError(death.kind, str(death), ())
                self.cells[cell.index] = CellOutcome(ok=False, stdout="", error=error)
                return False
        return True

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_) -> None:
        self.drop()


def grade(
    submission: Submission,
    problem_set: ProblemSet,
    jail: Jail,
    *,
    student: str,
    secret: bytes,
    only: Collection[str] = (),
    seed: int | None = None,
) -> Graded:
    """Grade one submission.

    student: whose inputs are drawn. only: names of the checks to conclude; those they need are judged too.
    seed: use this seed for every check instead of the student's own, to reproduce a verdict.
    Raises KeyError for a name in `only` that is no check. Nothing a submission does raises.
    """
    wanted = [problem_set.check(name).name for name in only] or [c.name for c in problem_set.checks]
    judged: dict[str, Judgement] = {}
    with Session(jail, submission, problem_set) as session:
        for check in problem_set.checks:
            if check.name in wanted or any(check.name in _all_needs(problem_set, w) for w in wanted):
                number = seed_for(secret, student, check.name) if seed is None else seed
                judged[check.name] = _judge(check, session, judged, number)
        flags = (*submission.flags, *dict.fromkeys(session.flags))
        cells = dict(session.cells)
    if jail.level == "none":
        flags = ("graded without a sandbox", *flags)
    verdicts = tuple(judged[c.name].verdict for c in problem_set.checks if c.name in wanted)
    result = Result(
        problem_set=problem_set.name,
        points=round(sum(v.points for v in verdicts), 2),
        max_points=round(sum(v.max_points for v in verdicts), 2),
        sandbox=jail.level,
        checks=verdicts,
        flags=flags,
    )
    return Graded(result, cells)


def seed_for(secret: bytes, student: str, check: str) -> int:
    """The seed of a student's inputs to a check; it cannot be guessed without the course secret."""
    digest = hashlib.sha256(b"\0".join([secret, student.encode(), check.encode()])).digest()
    return int.from_bytes(digest[:6], "big")


@dataclass
class Judgement:
    """A verdict and what later checks may want to know: the mistakes that were named."""

    verdict: Verdict
    mistakes: tuple[Mistake, ...] = ()
    fault: Fault | None = field(default=None)

    @property
    def sound(self) -> bool:
        return self.verdict.status in (PASSED, CARRIED)


def _all_needs(problem_set: ProblemSet, name: str) -> set[str]:
    direct = problem_set.check(name).needs
    return set(direct).union(*(_all_needs(problem_set, n) for n in direct))


def _judge(check: Check, session: Session, judged: Mapping[str, Judgement], seed: int) -> Judgement:
    max_points = session.problem_set.points[check.name]
    if session.time_is_up:
        session.flags.append(f"{check.name}: not judged, the {TOTAL_SECONDS:.0f} s for one submission are used up")
        hint = "Not judged: the time for the whole submission was used up before this check."
        return Judgement(Verdict(check.name, SKIPPED, 0.0, max_points, hint, "", (), seed))
    trials = draw_trials(check, session.problem_set, seed)
    for trial in trials:
        _try_student(check, session, trial)
        if trial.fault is not None and (trial.fault.died or trial.fault.kind in ("missing", "unwritten")):
            break
    return _conclude(check, session, judged, trials, seed, max_points)


def _try_student(check: Check, session: Session, trial: Trial) -> None:
    allowed = min(max(CALL_SECONDS, check.budget * trial.seconds), max(0.1, session.end - time.monotonic()))
    student = Student(session.worker(), session.problem_set.reference, Deadline(time.monotonic() + allowed))
    try:
        trial.got = run_call(check, student, trial.inputs)
    except Fault as fault:
        trial.fault = fault
        if fault.died:
            session.drop()
    except Exception as error:  # the check's own `call` stumbled over what the student's code returned
        sentence = f"what {check.name} returned could not be used ({type(error).__name__}: {error})"
        trial.fault = Fault("returned", check.name, sentence)


def _conclude(check, session, judged, trials, seed, max_points) -> Judgement:
    fault = next((t.fault for t in trials if t.fault is not None), None)
    share = credit(check, trials, [t.expected for t in trials])
    needed = [judged[n] for n in _all_needs(session.problem_set, check.name)]
    broken = [j for j in needed if not j.sound]
    hint, mistakes, names, status = "", (), "", PASSED
    targets = [t.expected for t in trials]

    def verdict(points: float) -> Verdict:
        outputs = tuple(_output_verdict(o, check, trials, targets) for o in check.outputs)
        return Verdict(check.name, status, round(points, 2), max_points, hint, names, outputs, seed)

    if fault is not None and fault.died:
        status, share = (TIMED_OUT if fault.kind == "timeout" else CRASHED), 0.0
        if is_numerical_gradient(check, trials, fault):
            hint, names = NUMERICAL_HINT, NUMERICAL
        else:
            hint = f"{fault}."
            session.flags.append(f"{check.name}: {fault}")
    elif fault is not None and fault.kind in ("missing", "unwritten"):
        status, hint, share = SKIPPED, str(fault), 0.0
    elif share < 1:
        status = FAILED
        explanation = _explain(check, session, trials)
        if broken:
            carried = carry.best(check, session, trials, broken, share)
            if carried is not None:
                targets, share, explanation = carried.targets, carried.share, carried.explanation
                if share == 1:
                    status = CARRIED
                hint = carried.hint
        if explanation.hint:
            hint = explanation.hint
        names = explanation.mistake
        mistakes = tuple(m for m in check.mistakes if m.name in explanation.names)
        if fault is not None and not explanation.names:
            status, hint = (CRASHED if all(t.fault for t in trials) else FAILED), f"{fault}"
    return Judgement(verdict(share * max_points), mistakes, fault)


def is_numerical_gradient(check: Check, trials: list[Trial], fault: Fault) -> bool:
    """Right where it is small, out of time where it is large: the mark of a gradient found by differences."""
    done = [t for t in trials if t.got is not None]
    return bool(
        check.gradient is not None
        and fault.kind == "timeout"
        and done
        and all(compare(o, t.got[o], t.expected[o], check.tolerance).ok for t in done for o in check.outputs)
    )


def _explain(check: Check, session: Session, trials: list[Trial]) -> Explanation:
    wrong = [{m.name: run_mistaken(check, session.problem_set, (m,), t.inputs) for m in check.mistakes} for t in trials]
    return explain_trials(check, trials, [t.expected for t in trials], wrong)


def _output_verdict(output: str, check: Check, trials: list[Trial], targets: list[dict]) -> OutputVerdict:
    """The worst case of one output."""
    worst: tuple[tuple, Comparison, str] | None = None
    for trial, target in zip(trials, targets, strict=True):
        if target is None:
            continue
        if trial.got is None:
            message = str(trial.fault) if trial.fault else "not tried"
            found = Comparison(None, False, 0.0, f"{output}: {message}")
        else:
            found = compare(output, trial.got[output], target[output], check.tolerance)
        rank = (not found.ok, -found.credit, found.error is None, found.error or 0.0)
        if worst is None or rank > worst[0]:
            worst = (rank, found, trial.label)
    _, found, label = worst
    message = found.message if found.ok or not label else f"{found.message} ({label})"
    return OutputVerdict(output, found.error, check.tolerance, found.ok, message)
