"""What grading again would change is said before it is recorded, as often as one asks."""

import csv
import shutil

import pytest

from autograder.__main__ import main
from autograder.classroom import course, demo, gradebook, report

PS = demo.PROBLEM_SET
ADVICE = "Nothing was recorded. To record it, grade again without --preview (make: without PREVIEW)."


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A recorded class: avocet's submission is right, egret's has one mistake."""
    root = tmp_path_factory.mktemp("class") / "course"
    demo.build(root)
    for folder in (root / "submitted").iterdir():
        if folder.name not in ("avocet", "egret"):
            shutil.rmtree(folder)
    course.grade_and_record(root, PS, progress=False)
    return root


@pytest.fixture
def root(recorded, tmp_path):
    return shutil.copytree(recorded, tmp_path / "course")


def correct(root):
    """From now on egret's submission is as good as avocet's."""
    shutil.copytree(root / "submitted" / "avocet", root / "submitted" / "egret", dirs_exist_ok=True)


def preview(root, capsys, *more):
    assert main(["grade", PS, "--course", str(root), "--preview", *more]) == 0
    return capsys.readouterr().out.strip()


def points(root):
    """student -> points of all automatic checks in the gradebook."""
    scores = gradebook.scores(root, PS)
    return {student: sum(score or 0 for score in found.values()) for student, found in scores.items()}


def test_nothing_changes(root, capsys):
    said = preview(root, capsys)
    assert said == f"Grading again changes nothing. Of 2: 2 unchanged, 0 up, 0 down.\n\n{ADVICE}"


def test_it_says_whose_points_change_until_they_are_recorded(root, capsys):
    before = points(root)
    correct(root)
    for _ in range(2):
        said = preview(root, capsys)
        (row,) = [line for line in said.splitlines() if line.startswith("egret")]
        assert "70 / 70" in row and f"+{before['avocet'] - before['egret']:g}" in row
        assert "Of 2: 1 unchanged, 1 up, 0 down." in said and said.endswith(ADVICE)
        assert points(root) == before
    course.grade_and_record(root, PS, progress=False, students=["avocet"])
    assert "1 up" in preview(root, capsys)
    assert main(["grade", PS, "--course", str(root)]) == 0
    assert points(root) == dict.fromkeys(before, 70.0)
    assert "Grading again changes nothing." in preview(root, capsys)


def test_a_preview_of_one_student(root, capsys):
    correct(root)
    assert "Of 1: 1 unchanged" in preview(root, capsys, "--student", "avocet")
    assert "Of 1: 0 unchanged, 1 up" in preview(root, capsys, "--student", "egret")


def test_before_anything_was_graded(root, capsys):
    shutil.rmtree(root / "results")
    assert "2 graded for the first time" in preview(root, capsys)


def test_grading_one_student_leaves_the_others_in_the_tables(root):
    correct(root)
    assert main(["grade", PS, "--course", str(root), "--student", "egret"]) == 0
    with (root / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row["points"] for row in csv.DictReader(file)}
    assert {student: float(found) for student, found in rows.items()} == {"avocet": 70, "egret": 70}
    page = (root / "class_report.html").read_text(encoding="utf-8")
    assert "avocet" in page and "egret" in page


def test_a_preview_cut_short_leaves_the_results_as_they_were(root, monkeypatch):
    before = report.on_file(root, PS)
    correct(root)

    def stops(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(course, "grade_class", stops)
        with pytest.raises(KeyboardInterrupt):
            course.preview(root, PS)
    assert report.on_file(root / course.KEPT, PS) == before == report.on_file(root, PS)
    assert "1 up" in course.preview(root, PS, progress=False)
