"""What lateness costs, who has more time, and that both are right again whenever a class is recorded."""

import shutil
from datetime import timedelta

import pytest

from autograder.__main__ import main
from autograder.classroom import course, demo, gradebook, late
from autograder.classroom.late import PerDay

PS = demo.PROBLEM_SET
DUE = "2026-11-20 12:00:00 UTC"
CONFIG = """
c = get_config()
c.AssignLatePenalties.plugin_class = "autograder.classroom.late.PerDay"
c.PerDay.percent = 20
c.PerDay.most = 50
"""
HANDED_IN = {
    "avocet": "2026-11-21 18:00:00 UTC",
    "egret": "2026-11-20 12:10:00 UTC",
    "crane": "2026-12-20 12:00:00 UTC",
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A recorded class: avocet was late by a day and a quarter, egret by ten minutes, crane by a month."""
    root = tmp_path_factory.mktemp("class") / "course"
    demo.build(root)
    for folder in (root / "submitted").iterdir():
        if folder.name not in HANDED_IN:
            shutil.rmtree(folder)
    for student, when in HANDED_IN.items():
        (root / "submitted" / student / PS / "timestamp.txt").write_text(when)
    (root / "nbgrader_config.py").write_text(CONFIG)
    gradebook.register(root, PS)
    with gradebook.open_gradebook(root) as book:
        book.update_or_create_assignment(PS, duedate=DUE)
    course.grade_and_record(root, PS, progress=False)
    return root


@pytest.fixture
def root(recorded, tmp_path):
    return shutil.copytree(recorded, tmp_path / "course")


def penalties(root):
    """student -> (score, penalty)."""
    with gradebook.open_gradebook(root) as book:
        return {s.student_id: (s.score, s.late_submission_penalty) for s in book.assignment_submissions(PS)}


def record(root):
    """What a TA does: grade again, though nothing has changed."""
    course.grade_and_record(root, PS, progress=False)
    return penalties(root)


def test_each_day_begun_costs_a_share_up_to_a_bound(root):
    found = penalties(root)
    assert found["avocet"] == (70.0, 28.0)  # two days begun, 20 percent each
    assert found["egret"][1] in (0, None) and found["egret"][0] > 50  # within the time of grace
    score, penalty = found["crane"]
    assert penalty == pytest.approx(score / 2, abs=0.01) and score > 0


@pytest.mark.parametrize(
    ("seconds", "penalty"), [(1, None), (900, None), (901, 7), (86_400, 7), (87_300, 7), (87_301, 14), (10**7, 70)]
)
def test_days_are_counted_from_the_end_of_grace(seconds, penalty):
    assert PerDay().late_submission_penalty("ada", 70.0, seconds) == penalty


def test_a_written_answer_graded_later_is_counted(root):
    with gradebook.open_gradebook(root) as book:
        grade = next(
            g for g in book.find_submission_notebook(PS, PS, "avocet").grades if g.cell.name == "written_errors"
        )
        grade.manual_score, grade.needs_manual_grade = 10.0, False
        book.db.commit()
    assert record(root)["avocet"] == (80.0, 32.0)


def test_an_extension_after_the_grade_counts_at_once(root):
    (root / late.FILE).write_text(f"student,problem_set,days\navocet, {PS}, 1.5\nnobody,{PS},3\ncrane,ps2_lstm,99\n")
    found = record(root)
    assert found["avocet"][1] in (0, None) and found["crane"][1] > 0
    (root / late.FILE).write_text(f"avocet,{PS},1\n")
    assert record(root)["avocet"] == (70.0, 14.0)


def test_an_extension_granted_in_nbgrader_stays(root):
    with gradebook.open_gradebook(root) as book:
        book.grant_extension(PS, "avocet", days=2)
    assert record(root)["avocet"][1] in (0, None)


def test_without_a_due_date_nobody_is_late(root):
    (root / late.FILE).write_text(f"avocet,{PS},1\n")
    record(root)
    with gradebook.open_gradebook(root) as book:
        book.find_assignment(PS).duedate = None
        book.db.commit()
    assert all(penalty in (0, None) for _, penalty in record(root).values())


def test_feedback_has_the_penalty_of_today(root):
    (root / late.FILE).write_text(f"avocet,{PS},1\n")
    assert main(["feedback", PS, "--course", str(root)]) == 0
    assert penalties(root)["avocet"] == (70.0, 14.0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "ada,ps1_rnn",
            "line 1: expected a student, a problem set and days, for example ada,ps1_rnn,1.5; found 'ada,ps1",
        ),
        ("\nada,ps1_rnn,two", "line 2: expected a student, a problem set and days"),
        ("ada,ps1_rnn,1e99", "line 1: expected a student, a problem set and days"),
        ("ada,ps1_rnn,nan", "line 1: expected a student, a problem set and days"),
        ("ada,ps1,2", "line 1: no problem set 'ps1'; there are ps1_rnn, ps2_lstm"),
        ("ada,ps1_rnn,-2", "line 1: expected a number of days that is not negative, found -2"),
        ("ada,ps1_rnn,2\nada,ps1_rnn,3", "line 2: ada has an extension already; delete one of them"),
    ],
)
def test_lines_that_are_not_as_expected(tmp_path, text, sentence):
    (tmp_path / late.FILE).write_text(text)
    with pytest.raises(ValueError) as refused:
        late.extensions(tmp_path, PS)
    assert str(refused.value).startswith(f"{tmp_path / late.FILE}, {sentence}")


def test_a_slip_is_said_before_anything_is_graded(tmp_path, capsys):
    (tmp_path / late.FILE).write_text("ada")
    assert main(["grade", PS, "--course", str(tmp_path)]) == 1
    assert f"{late.FILE}, line 1: expected" in capsys.readouterr().err


def test_a_file_of_a_spreadsheet_is_read(tmp_path):
    (tmp_path / late.FILE).write_bytes(b"\xef\xbb\xbfstudent,problem_set,days\r\nada,ps1_rnn,0.5\r\n,,\r\n")
    assert late.extensions(tmp_path, PS) == {"ada": timedelta(hours=12)}
    assert late.extensions(tmp_path, "ps2_lstm") == {}
