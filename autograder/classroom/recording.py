"""Entering a class in nbgrader's gradebook: many submissions in one transaction.

nbgrader's autograde opens the gradebook about ten times for each submission and validates its notebook four times.
What it would enter, and the notebook it would write, are made here with its API and its own reading of scores; a test
compares the two. A course that configures autograde in its own way is recorded by autograde itself.
"""

from __future__ import annotations

import contextlib
import filecmp
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import LimitOutput
from tqdm import tqdm

from autograder import whole_file
from autograder.classroom import execute, gradebook, grading, late, record
from autograder.classroom.results import Outcome
from autograder.problem_set import ROOT
from autograder.submission.plain_text import one_line, reason

BATCH = 50  # submissions in one transaction; for as long another program that wants to write must wait


@dataclass(frozen=True)
class Entry:
    """What autograded/ is to hold of one submission. graded: else it waits for a person."""

    student: str
    notebook: NotebookNode
    graded: bool


def record_all(root: Path, problem_set: str, outcomes: Sequence[Outcome], *, progress: bool = True) -> list[Outcome]:
    """Record outcomes that the gradebook does not have yet; returns all, with a problem where one was refused.

    Raises gradebook.Unavailable if there is no writing to the gradebook or beside it.
    """
    root = Path(root).resolve()
    recorder = _Recorder(root, problem_set)
    known = gradebook.recorded(root, problem_set)
    done: dict[str, Outcome] = {o.student: o for o in outcomes}
    new = [o for o in outcomes if o.student not in known or not _is_recorded(o, known[o.student])]
    with tqdm(total=len(outcomes), initial=len(outcomes) - len(new), desc="recording", disable=not progress) as bar:
        for start in range(0, len(new), BATCH):
            for outcome in recorder.record(new[start : start + BATCH]):
                done[outcome.student] = outcome
                bar.update()
    late.settle(root, problem_set)
    return list(done.values())


def _is_recorded(outcome: Outcome, note: NotebookNode) -> bool:
    if outcome.report and not outcome.problem:
        sandboxes = (note.get("sandbox"), outcome.report.result.sandbox)
        return note.get("key") == outcome.report.key and len({found == "none" for found in sandboxes}) == 1
    return (note.get("person") or "").startswith(outcome.problem)


class _Recorder:
    """Records the submissions of one problem set in the course in `root`."""

    def __init__(self, root: Path, problem_set: str):
        self.root, self.problem_set = root, problem_set
        config = gradebook.configuration(root)
        self.coursedir = CourseDirectory(config=config)
        self.released = grading.released_notebook(problem_set)
        self.handed_out = ROOT / "assignments" / problem_set
        self.by_nbgrader = config.Autograde != gradebook.configuration(ROOT).Autograde
        self.limit = LimitOutput(config=config)

    def record(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Record all of them, together if that is possible."""
        if not self.by_nbgrader:
            try:
                self._enter([self._entry(outcome) for outcome in outcomes])
                return list(outcomes)
            except gradebook.Unavailable:
                raise
            except Exception:  # one of them is at fault: each by itself, to find out which
                pass
        return [self._one(outcome) for outcome in outcomes]

    def _one(self, outcome: Outcome) -> Outcome:
        """Record one; where it is refused, it is left to a person."""
        try:
            if self.by_nbgrader and outcome.report and not outcome.problem:
                gradebook.record_submission(self.root, self.problem_set, outcome.student)
            else:
                self._enter([self._entry(outcome)])
            return outcome
        except gradebook.Unavailable:
            raise
        except gradebook.Failed as error:
            why = str(error)
        except Exception as error:  # whatever is wrong with one submission must cost nobody else a grade
            why = reason(error)
        outcome = replace(outcome, problem=record.REFUSED + why)
        self._enter([self._entry(outcome)])
        return outcome

    def _entry(self, outcome: Outcome) -> Entry:
        if outcome.problem or not outcome.report or not outcome.notebook:
            original = outcome.notebook or self.root / "submitted" / outcome.student / self.problem_set
            nb = execute.placeholder(self.released, outcome.problem, original.relative_to(self.root))
            record.leave_to_person(nb, nb.metadata.unroll.person)
            return Entry(outcome.student, nb, False)
        nb = record.read_restored(outcome.notebook, self.released)
        record.show(nb, outcome.report)
        nb.metadata.unroll.update(person="", key=outcome.report.key, sandbox=outcome.report.result.sandbox)
        nb, _ = self.limit.preprocess(nb, {})
        return Entry(outcome.student, nb, True)

    def _enter(self, entries: Sequence[Entry]) -> None:
        """Enter them all or, if anything fails, none."""
        with gradebook.alone(self.root):
            for entry in entries:
                if entry.graded:
                    entry.notebook.metadata.unroll.flags += self._copy_beside(entry.student)
                self._path(entry).unlink(missing_ok=True)
            with gradebook.open_gradebook(self.root) as book, _one_transaction(book):
                for entry in entries:
                    self._enter_scores(book, entry)
            for entry in entries:  # last, because a notebook says that all this was done
                self._path(entry).parent.mkdir(parents=True, exist_ok=True)
                whole_file.write(self._path(entry), nbformat.writes(entry.notebook) + "\n", durable=False)

    def _folder(self, step: str, student: str) -> Path:
        return Path(self.coursedir.format_path(step, student, self.problem_set))

    def _path(self, entry: Entry) -> Path:
        folder = self._folder(self.coursedir.autograded_directory, entry.student)
        return folder / f"{self.problem_set}.ipynb"

    def _enter_scores(self, book: Gradebook, entry: Entry) -> None:
        """Manual grades and comments, and what a TA wrote, are left as they are."""
        student, cells = entry.student, {}
        for cell in entry.notebook.cells:
            if name := cell.metadata.get("nbgrader", {}).get("grade_id"):
                cells[name] = cell
        try:
            when = self._timestamp(student)
        except gradebook.Failed:
            if entry.graded:
                raise
            when = None  # it is open, perhaps for this very reason
        book.update_or_create_student(student)
        book.update_or_create_submission(self.problem_set, student, **({"timestamp": when} if when else {}))
        notebook = book.find_submission_notebook(self.problem_set, self.problem_set, student)
        for grade in notebook.grades:
            cell = cells.get(grade.cell.name) if entry.graded else None
            grade.auto_score = utils.determine_grade(cell)[0] if cell is not None and utils.is_grade(cell) else None
            grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None
        if entry.graded:
            for comment in notebook.comments:
                comment.auto_comment = "No response." if _is_untouched(cells.get(comment.cell.name)) else None

    def _timestamp(self, student: str):
        """When it was handed in, as nbgrader's timestamp.txt says. Raises gradebook.Failed if that is no time."""
        folder = self._folder(self.coursedir.submitted_directory, student)
        try:
            return self.coursedir.get_existing_timestamp(str(folder))
        except Exception:  # nbgrader stumbles over its own way of reporting it
            found = one_line((folder / "timestamp.txt").read_text(encoding="utf-8", errors="replace"), 60)
            raise gradebook.Failed(
                f"submitted/{student}/{self.problem_set}/timestamp.txt was expected to hold a time like 2026-11-21 "
                f"18:00:00 UTC; it holds {found!r}. Correct it, or delete it, and grade again."
            ) from None

    def _copy_beside(self, student: str) -> list[str]:
        """Copy what a student handed in beside the notebook, but for what was handed out; returns flags."""
        submitted = self._folder(self.coursedir.submitted_directory, student)
        target, flags = self._folder(self.coursedir.autograded_directory, student), []
        for path in map(Path, utils.find_all_files(str(submitted), [*self.coursedir.ignore, "*.ipynb"])):
            inside = path.relative_to(submitted)
            if path.is_symlink():
                flags.append(execute.LINK.format(one_line(path.name, 80)))
            elif path.suffix.lower() not in execute.ACTIVE and not _same(path, self.handed_out / inside):
                (target / inside).parent.mkdir(parents=True, exist_ok=True)
                (target / inside).unlink(missing_ok=True)  # nbgrader's copies may not be written
                shutil.copy(path, target / inside)
        return flags


def _is_untouched(cell: NotebookNode | None) -> bool:
    """Whether a cell for an answer is as it was handed out; as in nbgrader's SaveAutoGrades."""
    if cell is None or utils.is_task(cell):
        return False
    return cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


@contextlib.contextmanager
def _one_transaction(book: Gradebook) -> Iterator[None]:
    """nbgrader's API commits after every change; in here that only sends the change, and the end commits all."""
    session = book.db()
    commit, session.commit = session.commit, session.flush
    try:
        yield
        commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.commit = commit
