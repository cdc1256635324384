"""Grades for Canvas: matched by login, nobody dropped, no grade taken away, no formula."""

import csv
import io
from datetime import datetime

import pytest

from autograder.classroom import canvas, gradebook
from autograder.classroom.canvas import Score, canvas_csv

EXPORT = """\
Student,ID,SIS User ID,SIS Login ID,Section,ps1_rnn (12345),Essay (777),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,100,10,(read only)
"Ackerman, Ada",101,u1,ada,A and B,55.5,9,90
"Brown, Bob",102,u2,Bob@uni.edu,A,,8,80
"Cole, Cid",103,u3,cid,A,40,7,70
"Student, Test",900,,,A,,,
"""
SCORES = {"ada": Score(91.25, 100.0), "bob@uni.edu": Score(80.0, 100.0, True), "dan": Score(70.0, 100.0)}


def made(scores=SCORES, export=EXPORT, assignment="ps1_rnn", **options):
    """The rows of the CSV, and the Import."""
    result = canvas_csv(scores, export, assignment, **options)
    return list(csv.reader(io.StringIO(result.text))), result


def test_students_and_points_possible_are_those_of_the_export():
    rows, result = made()
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ps1_rnn (12345)"]
    assert rows[1] == ["Points Possible", "", "", "", "", "100"]
    assert rows[2] == ["Ackerman, Ada", "101", "u1", "ada", "A and B", "91.25"]
    assert [row[1] for row in rows[2:]] == ["101", "102", "103", "900"]
    assert result.filled == 1


def test_whoever_gets_no_score_keeps_what_canvas_has_and_is_named():
    rows, result = made()
    assert [row[-1] for row in rows[3:]] == ["", "40", ""]
    assert result.notes == (
        "Their manual grading is not finished, so Canvas keeps what it has: bob@uni.edu (1).",
        "In the gradebook, but not in the export (as SIS Login ID); they get NO score: dan (1).",
        "In Canvas, but without a recorded submission; Canvas keeps what it has: Cole, Cid, Student, Test (2).",
    )


def test_unfinished_scores_only_if_asked_for():
    rows, result = made(unfinished=True)
    assert rows[3][-1] == "80"
    assert result.filled == 2
    assert not any("manual" in note for note in result.notes)


def test_a_login_may_differ_in_case():
    rows, _ = made({"ADA": Score(1, 100)})
    assert rows[2][-1] == "1"


@pytest.mark.parametrize(("match", "student"), [("ID", "101"), ("SIS User ID", "u1")])
def test_other_columns_match_too(match, student):
    rows, _ = made({student: Score(33, 100)}, match=match)
    assert rows[2][-1] == "33"


@pytest.mark.parametrize("name", ["Essay", "777", "Essay (777)"])
def test_an_assignment_by_name_number_or_both(name):
    rows, result = made(assignment=name)
    assert rows[0][-1] == "Essay (777)"
    assert rows[1][-1] == "10"
    assert "Canvas has 10 points possible for it, the gradebook 100; scores are written as they are" in result.notes[0]


def test_a_new_assignment_has_the_gradebooks_points():
    rows, result = made(assignment="Recurrent networks")
    assert (rows[0][-1], rows[1][-1], rows[2][-1], rows[3][-1]) == ("Recurrent networks", "100", "91.25", "")
    assert result.notes[0] == "The export has no assignment 'Recurrent networks'; Canvas will offer to make it."


def test_an_export_of_another_language_with_a_byte_order_mark():
    other = "\ufeff" + EXPORT.replace('"Ackerman, Ada"', "Ada").replace('"Brown, Bob"', "Bob").replace(",", ";")
    other = other.replace("55.5", "55,5")
    rows, _ = made({"cid": Score(12.5, 100)}, other)
    assert [row[-1] for row in rows[2:5]] == ["55,5", "", "12.5"]


def test_no_cell_is_a_formula():
    export = EXPORT.replace('"Cole, Cid"', '"=HYPERLINK(""http://x"")"').replace("u2", "@u2").replace(",40,", ",-,")
    rows, _ = made({**SCORES, "+x": Score(1, 100)}, export, assignment="=1+1")
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert '\'=HYPERLINK("http://x")' in cells and "'=1+1" in cells
    assert made(export=export)[0][4][-1] == "-"  # no formula, and how Canvas writes that there is no grade


TWICE = EXPORT.replace("Essay (777)", "ps1_rnn (777)")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"export": "name,points\nada,3\n"}, "an export of Canvas's gradebook was expected, with the columns Student"),
        ({"export": ""}, "found nothing. Export the gradebook in Canvas once more"),
        ({"export": EXPORT.replace("Points", "Marks")}, "the export has no row 'Points Possible'"),
        ({"export": "\n".join(EXPORT.split("\n")[:3])}, "the export has no students"),
        ({"match": "e-mail"}, "match 'e-mail': expected one of SIS Login ID, SIS User ID, ID"),
        (
            {"export": EXPORT.replace("SIS User ID,", "Login,"), "match": "SIS User ID"},
            "the export has no column 'SIS User ID'; it has Student, ID, Login, SIS Login ID, Section",
        ),
        ({"export": TWICE}, "several assignments in Canvas are called 'ps1_rnn': ps1_rnn (12345), ps1_rnn (777)"),
        ({"assignment": "Final Score"}, "Canvas lets nobody import Final Score: it is read only"),
        ({"export": EXPORT.replace("cid", "ADA")}, "two rows of the export have the SIS Login ID 'ada'"),
        ({"scores": {"ada": Score(1, 2), "ADA": Score(1, 2)}}, "which Canvas takes for one: rename one"),
        ({"scores": {}}, "the gradebook has no submission of this problem set: grade and record it first"),
    ],
)
def test_what_is_off_is_said(options, sentence):
    with pytest.raises(ValueError) as error:
        made(**options)
    assert sentence in str(error.value)


@pytest.fixture
def course(tmp_path):
    """A gradebook with three submissions: manual grades and a late penalty, nothing but a penalty, one unfinished."""
    with gradebook.open_gradebook(tmp_path) as book:
        book.add_assignment("ps1_rnn", duedate=datetime(2030, 1, 1))
        book.add_notebook("ps1_rnn", "ps1_rnn")
        book.add_grade_cell("f", "ps1_rnn", "ps1_rnn", max_score=60, cell_type="code")
        book.add_grade_cell("written", "ps1_rnn", "ps1_rnn", max_score=40, cell_type="markdown")
        for student, auto, manual, penalty in (("ada", 60, 30, 5), ("bob", 10, 0, 30), ("cid", 50, None, 0)):
            book.add_student(student)
            book.add_submission("ps1_rnn", student)
            for cell, attribute, value in (("f", "auto_score", auto), ("written", "manual_score", manual)):
                grade = book.find_grade(cell, "ps1_rnn", "ps1_rnn", student)
                setattr(grade, attribute, value)
                grade.needs_manual_grade = value is None
            book.find_submission_notebook("ps1_rnn", "ps1_rnn", student).late_submission_penalty = penalty
        book.db.commit()
    return tmp_path


def test_scores_hold_manual_grades_and_late_penalties(course):
    assert canvas.scores(course, "ps1_rnn") == {
        "ada": Score(85.0, 100.0),
        "bob": Score(0.0, 100.0),
        "cid": Score(50.0, 100.0, True),
    }


def test_the_command_writes_the_file_and_says_what_to_look_at(course):
    export, out = course / "export.csv", course / "canvas.csv"
    export.write_text(EXPORT, encoding="utf-8")
    said = canvas.command(course, "ps1_rnn", export, out, match="SIS Login ID", unfinished=False)
    assert said.splitlines()[0] == (
        f"{out}: scores of 1 student, to be imported in Canvas (Grades > Import). Canvas shows every change first."
    )
    assert "- Their manual grading is not finished, so Canvas keeps what it has: cid (1)." in said.splitlines()
    assert [row["ps1_rnn (12345)"] for row in csv.DictReader(out.open(encoding="utf-8"))][:2] == ["100", "85"]
    export.write_bytes("Ärger".encode("latin-1"))
    with pytest.raises(ValueError, match="a CSV in UTF-8 was expected. Export the gradebook in Canvas once more"):
        canvas.command(course, "ps1_rnn", export, out, match="SIS Login ID", unfinished=False)
