"""Late submissions: what they cost, and who has more time.

nbgrader keeps the due date (formgrader: Edit assignment), each submission's time and extension, and asks a plugin for
the penalty; whatever depends on them is put right here whenever a class is recorded. The penalty is a share of a score
that changes as written answers are graded, and an extension may come after the grade.
"""

from __future__ import annotations

import csv
import math
from datetime import timedelta
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float, TraitError

from autograder.classroom import gradebook
from autograder.problem_set import names
from autograder.submission.plain_text import one_line

FILE = "extensions.csv"
COLUMNS = ["student", "problem_set", "days"]


class PerDay(LateSubmissionPlugin):
    """Takes a share of the score for each day begun. In nbgrader_config.py of a course:

    c.AssignLatePenalties.plugin_class = "autograder.classroom.late.PerDay"
    """

    percent = Float(10, min=0, max=100, help="of the score, for each day begun").tag(config=True)
    most = Float(100, min=0, max=100, help="percent of the score at most").tag(config=True)
    grace_minutes = Float(15, min=0, help="minutes that cost nothing").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points to take off; None if it was in time."""
        days = math.ceil((total_seconds_late - 60 * self.grace_minutes) / 86_400)
        return round(score * min(self.percent * days, self.most) / 100, 2) if days > 0 else None


def extensions(root: Path, problem_set: str) -> dict[str, timedelta]:
    """student -> how much more time, from the course's extensions.csv; empty if there is none.

    Raises ValueError with the line that is not as expected.
    """
    path, found = Path(root) / FILE, {}
    if not path.exists():
        return {}
    known = names()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            cells = [cell.strip() for cell in row]
            if not any(cells) or (number == 1 and cells == COLUMNS):
                continue
            student, name, days = _read(cells, f"{path}, line {number}", known)
            if name == problem_set:
                if student in found:
                    raise ValueError(f"{path}, line {number}: {student} has an extension already; delete one of them")
                found[student] = days
    return found


def _read(cells: list[str], where: str, known: list[str]) -> tuple[str, str, timedelta]:
    try:
        student, name, days = cells
        more = timedelta(days=float(days))
    except (ValueError, OverflowError):
        found = one_line(",".join(cells), 80)
        raise ValueError(
            f"{where}: expected a student, a problem set and days, for example ada,ps1_rnn,1.5; found {found!r}"
        ) from None
    if name not in known:
        raise ValueError(f"{where}: no problem set {one_line(name, 60)!r}; there are {', '.join(known)}")
    if more < timedelta(0):
        raise ValueError(f"{where}: expected a number of days that is not negative, found {days}")
    return student, name, more


def check(root: Path, problem_set: str) -> None:
    """Raises ValueError or gradebook.Failed if the extensions or the configured penalty are not as expected."""
    extensions(root, problem_set)
    _plugin(root)


def strangers(root: Path, problem_set: str) -> list[str]:
    """Those in the course's extensions.csv of whom nothing at all was collected: perhaps a name is misspelt."""
    return sorted(name for name in extensions(root, problem_set) if not (Path(root) / "submitted" / name).is_dir())


def settle(root: Path, problem_set: str) -> None:
    """Enter extensions, and what lateness costs everyone by the points that they have now.

    Raises ValueError if extensions.csv is not as expected, gradebook.Unavailable if there is no writing.
    """
    more = extensions(root, problem_set)
    with gradebook.alone(root), gradebook.open_gradebook(root) as book:
        try:
            assignment = book.find_assignment(problem_set)
        except MissingEntry:
            return
        _settle(book, assignment, more, _plugin(root))
        book.db.commit()


def _plugin(root: Path) -> LateSubmissionPlugin:
    """That of the course's configuration."""
    try:
        preprocessor = AssignLatePenalties(config=gradebook.configuration(root))
        preprocessor.init_plugin()
    except TraitError as error:
        raise gradebook.Failed(
            f"The penalty for lateness in nbgrader_config.py cannot be used: {one_line(str(error), 400)}. Correct it "
            "and run the same command again."
        ) from None
    return preprocessor.plugin_inst


def _settle(book: Gradebook, assignment: Assignment, more: dict[str, timedelta], plugin: LateSubmissionPlugin) -> None:
    submissions = book.assignment_submissions(assignment.name)
    due = assignment.duedate is not None  # without it nbgrader stumbles over an extension
    for submission in submissions:
        if submission.student_id in more:  # else one that was granted in nbgrader stays
            submission.extension = more[submission.student_id]
        late = submission.total_seconds_late if due else 0
        if late <= 0 and not submission.late_submission_penalty:
            continue
        for notebook in submission.notebooks:
            score = notebook.score
            penalty = plugin.late_submission_penalty(submission.student_id, score, late) if late > 0 else None
            notebook.late_submission_penalty = None if penalty is None else min(max(penalty, 0), score)
