"""nbgrader's own steps, called in this process: the gradebook, autograded notebooks, feedback, export.

Everything goes through nbgrader's API with the configuration of nbgrader_config.py, so that late penalties, manual
grades and comments are as its users know them.
"""

from __future__ import annotations

import contextlib
import glob
import io
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import traitlets.log
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.exc import OperationalError, SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.problem_set import ROOT


class Failed(RuntimeError):
    """nbgrader refused; the message is its own last error."""


class Unavailable(Failed):
    """The gradebook or its disk cannot be written to now; the message is for a person: what, and what to do."""


AGAIN = "What was graded is kept; run the same command again."
FULL = "The disk with {root} is full, so not everything could be written. Make room. " + AGAIN
OBSTACLES = {  # what SQLite or the system say -> our sentence
    "database is locked": "{root}/gradebook.db has been in use by another program for a while: a running nbgrader "
    "command, or a program that shows databases. Close it. " + AGAIN,
    "readonly database": "{root}/gradebook.db may not be written. See who owns it and its folder. " + AGAIN,
    "disk is full": FULL,
    "No space left on device": FULL,
    "Disk quota exceeded": FULL,
    "disk I/O error": "The disk with {root} could not be read or written. See whether it is full or failing. " + AGAIN,
}
LOCK_SECONDS = 30  # how long to wait for another program; as in nbgrader_config.py


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """nbgrader's way with its database makes SQLAlchemy warn; its users can do nothing about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Errors of the database and the disk, in a sentence: raises Unavailable."""
    try:
        with _quiet():
            yield
    except (OperationalError, OSError) as error:
        for sign, sentence in OBSTACLES.items():
            if sign in str(error):
                raise Unavailable(sentence.format(root=root)) from error
        raise


def configuration(root: Path) -> Config:
    """What nbgrader_config.py says, for the course in `root`, which may have a nbgrader_config.py of its own."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    root = Path(root).resolve()
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}?timeout={LOCK_SECONDS}"
    if root != ROOT and (root / "nbgrader_config.py").is_file():
        config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())
    config.CourseDirectory.root = str(root)
    return config


class _Errors(logging.Handler):
    """Collects what nbgrader logs as errors."""

    def __init__(self):
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
        for sign, sentence in OBSTACLES.items():
            if sign in said:
                raise Unavailable(sentence.format(root=root)) from error
        raise Failed(errors.reason()) from error
    finally:
        log.handlers[:], log.propagate = before[0], before[2]
        log.setLevel(before[1])
        file.close()


def open_gradebook(root: Path) -> Gradebook:
    """The course's gradebook; use it in a with statement."""
    coursedir = CourseDirectory(config=configuration(root))
    return Gradebook(coursedir.db_url, coursedir.course_id)


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
    _convert(GenerateAssignment, root, problem_set, release_directory=str(release))


def record_submission(root: Path, problem_set: str, student: str) -> None:
    """nbgrader's autograde of one submission, by our engine; keeps manual grades and comments. Raises Failed."""
    _convert(Autograde, root, problem_set, student)


def name_students(root: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Enter first and last names, which formgrader shows beside the ids."""
    with open_gradebook(root) as gradebook:
        for student, (first, last) in names.items():
            gradebook.update_or_create_student(student, first_name=first, last_name=last)


def recorded(root: Path, problem_set: str) -> dict[str, NotebookNode]:
    """student -> the metadata that was recorded with the autograded notebook: ``key`` or ``person``."""
    found = {}
    with writing(root), open_gradebook(root) as gradebook:
        try:
            students = [submission.student_id for submission in gradebook.assignment_submissions(problem_set)]
        except MissingEntry:
            return {}
    for student in students:
        path = Path(root) / "autograded" / student / problem_set / f"{problem_set}.ipynb"
        try:
            found[student] = NotebookNode(json.loads(path.read_text(encoding="utf-8"))["metadata"].get("unroll", {}))
        except (OSError, ValueError, KeyError):
            pass  # it is recorded once more
    return found


def generate_feedback(root: Path, problem_set: str, student: str | None = None) -> Path:
    """Feedback pages of one or all students; the folder they are in. Raises Failed."""
    _convert(GenerateFeedback, root, problem_set, student)
    return Path(root).resolve() / "feedback"


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
