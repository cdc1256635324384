"""A submission at work: its cells run in a worker, again whenever a worker died."""

from __future__ import annotations

import re
import time

from autograder.jail import CellOutcome, Jail, StudentError, Worker, WorkerDied
from autograder.problem_set import ProblemSet
from autograder.submission import Cell, Submission

CELL_SECONDS = 10.0  # for one of the student's own cells
TOTAL_SECONDS = 120.0  # for one submission; what is left then is flagged for a person


class Session:
    """A submission at work: a worker that has run the student's cells, replaced when it dies."""

    def __init__(self, jail: Jail, submission: Submission, problem_set: ProblemSet):
        self.jail, self.submission, self.problem_set = jail, submission, problem_set
        self.cells: dict[int, CellOutcome] = {}
        self.flags: list[str] = []
        self.end = time.monotonic() + TOTAL_SECONDS
        self._fatal: set[int] = set()
        self._starting = 0.0  # seconds that the cells took when they ran last
        self._worker: Worker | None = None
        self._parts: Worker | None = None
        self._workers: list[Worker] = []

    @property
    def killed(self) -> bool:
        """Whether something outside ended a worker, or may have done so."""
        return any(worker.death in ("killed", "memory") for worker in self._workers)

    @property
    def jail_killed(self) -> bool:
        """Whether a worker ended together with the processes around it, which no submission can reach."""
        return any(worker.death == "killed" for worker in self._workers)

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() > self.end

    @property
    def affords_another_worker(self) -> bool:
        """Whether running the cells again leaves most of the time for what is still to be judged."""
        return time.monotonic() + 4 * self._starting < self.end

    def worker(self) -> Worker:
        """A live worker in which the student's cells have run, all but those that killed one before."""
        if self._worker is None:
            self._worker = self.another_worker()
        return self._worker

    def parts(self) -> Worker:
        """A second worker like that, in which the reference drives the student's parts.

        In one worker, code that is tried could tell its parts what to answer, and see how they are rightly driven.
        """
        if self._parts is None:
            self._parts = self.another_worker()
        return self._parts

    def another_worker(self) -> Worker:
        """A worker like that, for the caller alone, who closes it."""
        while True:
            worker = self.jail.spawn()
            worker.end = self.end
            self._workers.append(worker)
            start = time.monotonic()
            if self._run_cells(worker):
                self._starting = time.monotonic() - start
                return worker
            worker.close()

    def drop(self) -> None:
        """Forget the workers, one of which died; the next call of `worker` or `parts` starts another."""
        for worker in (self._worker, self._parts):
            if worker is not None:
                worker.close()
        self._worker = self._parts = None

    def _run_cells(self, worker: Worker) -> bool:
        if given := self.problem_set.reference.given:
            worker.run_cell(given.install, f"{given.name}.py", timeout=CELL_SECONDS)
        for cell in self.submission.cells:
            if self.time_is_up:
                break
            if cell.index in self._fatal or (cell.grade_id and cell.grade_id in self.problem_set.not_run):
                continue
            name = name_of(cell)
            seconds = min(CELL_SECONDS, max(0.1, self.end - time.monotonic()))
            try:
                self.cells[cell.index] = worker.run_cell(cell.source, name, timeout=seconds)
            except WorkerDied as death:
                self._fatal.add(cell.index)
                self.flags.append(f"{name}: {death} The cell was left out.")
                error = StudentError(death.kind, str(death), ())
                self.cells[cell.index] = CellOutcome(ok=False, stdout="", error=error)
                return False
        return True

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_) -> None:
        self.drop()

    def why_missing(self, name: str) -> str:
        """Why `name` is not defined although a cell would define it, as the end of a sentence; "" if none would."""
        for cell in reversed(self._defining(name)):
            outcome = self.cells.get(cell.index)
            if outcome is None:
                return f"it is made in {name_of(cell)}, which is not run when grading"
            if outcome.error is not None:
                return f"{name_of(cell)}, which makes it, stopped with {outcome.error.kind}: {outcome.error.message}"
        return ""

    def flag_redefinitions(self) -> None:
        """Flag functions that several cells define: the last one counts, which may not be what was meant."""
        for name in self.problem_set.points:
            cells = [c for c in self._defining(name) if c.index in self.cells]
            if len(cells) > 1:
                where = ", ".join(name_of(c) for c in cells)
                self.flags.append(f"{name} is made in several cells ({where}); the last one was graded.")

    def _defining(self, name: str) -> list[Cell]:
        """The cells that would bind a name: by def or class, an assignment, or an import."""
        word = re.escape(name)
        binds = re.compile(
            # Never across lines: a million empty ones would take days.
            rf"^[ \t]*((def|class)[ \t]+{word}\b|{word}[ \t]*=(?!=)|(from|import)\b.*\b{word}[ \t]*(,|$))",
            re.MULTILINE,
        )
        return [cell for cell in self.submission.cells if name in cell.source and binds.search(cell.source)]


def name_of(cell: Cell) -> str:
    """What a cell is called in messages."""
    return cell.grade_id or f"cell {cell.index + 1}"
