"""A class entered in one transaction: the gradebook and autograded/ are what nbgrader's own autograde makes of them."""

from dataclasses import replace

import nbformat
import pytest
from sqlalchemy import text

from autograder.classroom import course, demo, gradebook, recording
from autograder.classroom.record import UNSAFE

PS = demo.PROBLEM_SET
OF_STUDENTS = """
FROM {} t JOIN submitted_notebook n ON t.{} = n.id JOIN submitted_assignment a ON n.assignment_id = a.id
"""
OF_CELLS = OF_STUDENTS.format("{}", "notebook_id") + "JOIN base_cell b ON t.cell_id = b.id"
QUERIES = {
    "grade": "SELECT a.student_id, b.name, auto_score, manual_score, extra_credit, needs_manual_grade"
    + OF_CELLS.format("grade"),
    "comment": "SELECT a.student_id, b.name, auto_comment, manual_comment" + OF_CELLS.format("comment"),
    "penalty": "SELECT a.student_id, t.flagged, t.late_submission_penalty"
    + OF_STUDENTS.format("submitted_notebook", "id"),
    "time": "SELECT student_id, timestamp FROM submitted_assignment",
}


def entered(root) -> dict[str, list]:
    """All that the gradebook says of each student, whatever database it is in."""
    with gradebook.open_gradebook(root) as book:
        rows = {what: [tuple(row) for row in book.db.execute(text(query))] for what, query in QUERIES.items()}
    rows["time"] = [(student, time and str(time)[:19]) for student, time in rows["time"]]
    return {what: sorted(found, key=lambda row: [str(v) for v in row[:2]]) for what, found in rows.items()}


@pytest.fixture(scope="module")
def both(graded_class, tmp_path_factory):
    """The demo class, late and with comments, recorded at once and by nbgrader's autograde."""
    roots = []
    for name in ("ours", "theirs"):
        root = graded_class.copy(tmp_path_factory.mktemp(name) / "course")
        (root / "submitted" / "egret" / PS / "timestamp.txt").write_text("2026-11-21 18:00:00 UTC")
        (root / "submitted" / "crane" / PS / "timestamp.txt").write_text("2026-11-19 18:00:00 UTC")
        (root / "submitted" / "crane" / PS / "notes.txt").write_text("mine")
        (root / "nbgrader_config.py").write_text(LATE)
        (root / "gradebook.db").unlink()
        gradebook.register(root, PS)
        with gradebook.open_gradebook(root) as book:
            book.update_or_create_assignment(PS, duedate="2026-11-20 12:00:00 UTC")
        roots.append(root)
    return roots


LATE = """
from nbgrader.plugins import BasePlugin

c = get_config()


class Halved(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2


c.AssignLatePenalties.plugin_class = Halved
"""


def test_the_gradebook_is_the_same(both):
    ours, theirs = both
    outcomes = course.grade_class(ours, PS, progress=False)
    recording.record_all(ours, PS, outcomes, progress=False)
    for outcome in outcomes:
        if outcome.report:
            gradebook.record_submission(theirs, PS, outcome.student)
    readable = {o.student for o in outcomes if o.report}
    found, expected = entered(ours), entered(theirs)
    for what in expected:
        assert [row for row in found[what] if row[0] in readable] == expected[what]
    assert len(expected["grade"]) > 20 and any(
        row[2] for row in expected["penalty"]
    )  # somebody was late, and it cost something


def test_the_notebooks_are_the_same(both, graded_class):
    ours, theirs = both
    for outcome in graded_class.outcomes.values():
        if outcome.report:
            folders = [root / "autograded" / outcome.student / PS for root in both]
            one, other = (nbformat.read(folder / f"{PS}.ipynb", 4) for folder in folders)
            assert one == other
    assert (ours / "autograded" / "crane" / PS / "notes.txt").read_text() == "mine"


def test_a_grade_made_without_isolation_is_replaced(graded_class, tmp_path):
    """Both answer to the same key; only the better one may stay."""
    root = graded_class.copy(tmp_path / "course")
    (safe,) = course.grade_class(root, PS, students=["egret"], progress=False)
    flags = ("graded without a sandbox", *safe.result.flags)
    unsafe = replace(safe, report=replace(safe.report, result=replace(safe.result, sandbox="none", flags=flags)))
    page = root / "autograded" / "egret" / PS / f"{PS}.ipynb"
    for outcome, warned in ((unsafe, True), (safe, False), (unsafe, True), (safe, False)):
        recording.record_all(root, PS, [outcome], progress=False)
        assert (UNSAFE in page.read_text()) == warned
    written = page.stat().st_mtime_ns
    recording.record_all(root, PS, [safe], progress=False)
    assert page.stat().st_mtime_ns == written
