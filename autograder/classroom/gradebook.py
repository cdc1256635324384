"""nbgrader's own steps, called in this process: the gradebook, autograded notebooks, feedback, export.

Everything goes through nbgrader's API with the configuration of nbgrader_config.py, so that late penalties, manual
grades and comments are as its users know them.
"""

from __future__ import annotations

import contextlib
import glob
import io
import logging
import os
import shutil
import tempfile
import traceback
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import traitlets.log
from nbformat import NotebookNode
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry, app_log
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.exc import DBAPIError, SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.classroom import database, record
from autograder.classroom.database import Failed, Unavailable
from autograder.problem_set import ROOT


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """nbgrader's way with its database makes SQLAlchemy warn, and nbgrader logs errors that it raises as well."""
    before, app_log.disabled = app_log.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            yield
    finally:
        app_log.disabled = before


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Errors of the database and the disk, in a sentence: raises Unavailable."""
    try:
        with _quiet():
            yield
    except (DBAPIError, InvalidEntry, OSError) as error:  # nbgrader makes the first into the second
        if sentence := _obstacle(str(error), root):
            raise Unavailable(sentence) from error
        raise


def _obstacle(said: str, root: Path) -> str | None:
    return database.obstacle(said, root, configuration(root).CourseDirectory.db_url)


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """As `writing`, while every other grader of this course waits. Raises Unavailable."""
    with writing(root), database.alone(configuration(root).CourseDirectory.db_url):
        yield


def configuration(root: Path) -> Config:
    """What nbgrader_config.py says of the course in `root`, which may have a nbgrader_config.py of its own.

    Raises Unavailable if the gradebook is where it cannot be reached from here, Failed if the file cannot be run.
    """
    before = os.environ.get("UNROLL_COURSE")
    os.environ["UNROLL_COURSE"] = str(Path(root).resolve())
    try:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    except Exception as error:  # it is a program that people write
        raise Failed(f"{_place_in_config(error)}: {type(error).__name__}: {error}. Correct it.") from None
    finally:
        if before is None:
            del os.environ["UNROLL_COURSE"]
        else:
            os.environ["UNROLL_COURSE"] = before
    config.CourseDirectory.root = str(Path(root).resolve())
    database.check(config.CourseDirectory.db_url)
    return config


def _place_in_config(error: Exception) -> str:
    """The file and line of a nbgrader_config.py at which `error` was raised."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith("nbgrader_config.py")]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else str(ROOT / "nbgrader_config.py")


class _Errors(logging.Handler):
    """Collects what nbgrader logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage().strip())

    def reason(self) -> str:
        """The exception that nbgrader met, else what it said first."""
        raised = [message.splitlines()[-1] for message in self.messages if message.startswith("Traceback")]
        return (raised or self.messages or ["nbgrader gave no reason"])[0]


def _convert(
    kind: type[BaseConverter], root: Path, problem_set: str, student: str | None = None, **places: str
) -> None:
    """Run one of nbgrader's converters on one student or all; its log goes to .nbgrader.log. Raises Failed.

    places: traits of CourseDirectory that differ from the configuration.
    """
    log, errors = traitlets.log.get_logger(), _Errors()
    assert isinstance(log, logging.Logger)  # an application could wrap it; none does here
    file = logging.FileHandler(Path(root) / ".nbgrader.log", encoding="utf-8", delay=True)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    before = log.handlers[:], log.level, log.propagate
    log.handlers[:], log.propagate = [file, errors], False
    log.setLevel(logging.INFO)
    config = configuration(root)
    wanted = {"assignment_id": problem_set, "student_id": glob.escape(student) if student else "*", **places}
    try:
        converter = kind(coursedir=CourseDirectory(config=config, **wanted), config=config)
        converter.force = True
        with writing(root):
            converter.start()
    except NbGraderException as error:
        said = "\n".join(errors.messages)
        if sentence := _obstacle(said, root):
            raise Unavailable(sentence) from error
        raise Failed(errors.reason()) from error
    finally:
        log.handlers[:], log.propagate = before[0], before[2]
        log.setLevel(before[1])
        file.close()


@contextlib.contextmanager
def open_gradebook(root: Path) -> Iterator[Gradebook]:
    """The course's gradebook. Raises Unavailable."""
    coursedir = CourseDirectory(config=configuration(root))
    with writing(root), Gradebook(coursedir.db_url, coursedir.course_id) as book:
        yield book


def register(root: Path, problem_set: str) -> None:
    """Tell the gradebook about the problem set's cells and points; nothing is written to the release.

    Raises Failed if nbgrader refuses, e.g. because cells were added when there are submissions already.
    """
    with tempfile.TemporaryDirectory() as scratch:
        generate_assignment(root, problem_set, Path(scratch))


def generate_assignment(root: Path, problem_set: str, release: Path) -> None:
    """Make the students' version in the folder `release`, and note it in the gradebook of the course in `root`.

    Raises Failed if nbgrader refuses.
    """
    Path(root).mkdir(parents=True, exist_ok=True)
    with alone(root):
        _convert(GenerateAssignment, root, problem_set, release_directory=str(release))


def record_submission(root: Path, problem_set: str, student: str) -> None:
    """nbgrader's autograde of one submission, by our engine; keeps manual grades and comments. Raises Failed."""
    with alone(root):
        _convert(Autograde, root, problem_set, student)


def name_students(root: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Enter first and last names, which formgrader shows beside the ids."""
    with alone(root), open_gradebook(root) as gradebook:
        for student, (first, last) in names.items():
            gradebook.update_or_create_student(student, first_name=first, last_name=last)


def recorded(root: Path, problem_set: str) -> dict[str, NotebookNode]:
    """student -> the metadata that was recorded with the autograded notebook: ``key`` or ``person``."""
    with open_gradebook(root) as gradebook:
        try:
            students = [submission.student_id for submission in gradebook.assignment_submissions(problem_set)]
        except MissingEntry:
            return {}
    notes = {student: record.noted(root, problem_set, student) for student in students}
    return {student: note for student, note in notes.items() if note is not None}  # else it is recorded once more


def waiting(root: Path, problem_set: str) -> list[str]:
    """The students whose submission could not be graded, and whom no person has graded yet.

    Raises Failed if nobody at all is recorded.
    """
    notes = recorded(root, problem_set)
    if not notes:
        raise Failed(f"nobody is recorded for {problem_set} in {root}: run `make grade PS={problem_set}` first")
    with open_gradebook(root) as gradebook:
        submissions = gradebook.assignment_submissions(problem_set)
        unfinished = {submission.student_id for submission in submissions if submission.needs_manual_grade}
    return sorted(student for student, note in notes.items() if note.get("person") and student in unfinished)


def generate_feedback(
    root: Path, problem_set: str, student: str | None = None, *, without: Collection[str] = ()
) -> Path:
    """Feedback pages of one or all students; the folder they are in. Raises Failed.

    without: students who get none; what they had is removed.
    """
    _convert(GenerateFeedback, root, problem_set, student)
    folder = Path(root).resolve() / "feedback"
    for name in without:
        shutil.rmtree(folder / name / problem_set, ignore_errors=True)
    return folder


def export(root: Path, path: Path) -> None:
    """nbgrader's own CSV of all assignments."""
    with contextlib.redirect_stdout(io.StringIO()), open_gradebook(root) as gradebook:
        plugin = CsvExportPlugin()
        plugin.to = os.fspath(path)
        plugin.export(gradebook)


def scores(root: Path, problem_set: str) -> dict[str, dict[str, float | None]]:
    """student -> grade_id -> automatic score (None where a person must decide)."""
    with open_gradebook(root) as gradebook:
        return {
            submission.student_id: {g.cell.name: g.auto_score for nb in submission.notebooks for g in nb.grades}
            for submission in gradebook.assignment_submissions(problem_set)
        }
