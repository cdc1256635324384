"""What a TA may get wrong in a course's folder: it is said by name, in a sentence, and nobody else pays."""

import csv
import shutil

import pytest

from autograder.__main__ import main
from autograder.classroom import course, demo, gradebook, record
from autograder.problem_set import names
from autograder.submission import read

PS = demo.PROBLEM_SET


@pytest.fixture
def root(graded_class, tmp_path):
    """The demo class, graded and recorded."""
    return graded_class.copy(tmp_path / "course")


def grade(root, capsys, *options):
    """What `grade` says in the terminal, and its exit status."""
    status = main(["grade", PS, "--course", str(root), *options])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return status, said.out + said.err


def points(table, student):
    return next(line for line in table.splitlines() if line.startswith(student)).split()[1]


def test_a_bad_time_costs_nobody_else_a_grade(root, capsys):
    time = root / "submitted" / "crane" / PS / "timestamp.txt"
    time.write_text("yesterday evening")
    shutil.rmtree(root / "autograded")
    status, said = grade(root, capsys)
    assert status == 0 and points(said, "crane") == "open" and points(said, "egret") == "59.8"
    sentence = " ".join(said.split())
    assert f"submitted/crane/{PS}/timestamp.txt was expected to hold a time like" in sentence
    scores = gradebook.scores(root, PS)
    assert scores["egret"]["rnn_backward"] is not None and set(scores["crane"].values()) == {None}

    main(["report", PS, "--course", str(root)])
    assert points(capsys.readouterr().out, "crane") == "open"
    with (root / "grades.csv").open() as file:
        assert next(row for row in csv.DictReader(file) if row["student"] == "crane")["points"] == ""

    time.unlink()
    assert points(grade(root, capsys)[1], "crane") != "open"
    assert record.noted(root, PS, "crane").person == ""


def test_what_is_misplaced_is_named(root, capsys):
    submitted = root / "submitted"
    for place in ("fay/ps1-rnn", "hal", "ida/notes", "jon/ps2_lstm"):
        (submitted / place).mkdir(parents=True)
    shutil.copy(submitted / "egret" / PS / f"{PS}.ipynb", submitted / "hal")
    (submitted / "egret" / "old.ipynb").write_text("{}")
    assert course.strays(root, PS) == ["submitted/fay/ps1-rnn", f"submitted/hal/{PS}.ipynb"]
    for command in (["grade", PS], ["grade", PS, "--preview"], ["report", PS]):
        assert main([*command, "--course", str(root)]) == 0
        said = capsys.readouterr().out
        assert f"Not looked at: submitted/fay/ps1-rnn, submitted/hal/{PS}.ipynb. A submission was expected in " in said


def test_an_extension_for_nobody_is_named(root, capsys):
    (root / "extensions.csv").write_text(f"egret,{PS},1\negrett,{PS},2\n")
    assert "extensions.csv names egrett, of whom there is no folder in submitted/." in grade(root, capsys)[1]


def test_students_who_have_not_submitted(root, capsys):
    status, said = grade(root, capsys, "--student", "egret", "--student", "nobody")
    assert status == 1 and f"error: no submission of {PS} by nobody in {root / 'submitted'}; there are avocet, " in said


@pytest.mark.parametrize("command", ["grade", "report", "feedback", "similar", "gradescope", "canvas"])
def test_a_course_and_a_problem_set_that_are_not_there(command, root, tmp_path, capsys):
    more = ["export.csv"] if command == "canvas" else []
    assert main([command, PS, *more, "--course", str(tmp_path / "elsewhere")]) == 1
    said = capsys.readouterr().err
    assert said == (
        f"error: {tmp_path / 'elsewhere'}: the course's folder was expected there; make it, or correct --course or "
        "UNROLL_COURSE\n"
    )
    assert main([command, "ps1", *more, "--course", str(root)]) == 1
    said = capsys.readouterr().err
    assert "error: no problem set 'ps1'" in said and all(name in said for name in names())


def test_a_home_folder_may_be_written_as_a_tilde(root, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(root.parent))
    monkeypatch.setenv("UNROLL_COURSE", "~/course")
    assert main(["report", PS]) == 0


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("c = get_config()\nc.PerDay.percent = \n", "nbgrader_config.py, line 2: SyntaxError: "),
        ("c = get_config()\nc.PerDay.percent = tenn\n", "nbgrader_config.py, line 2: NameError: "),
        (
            'get_config().AssignLatePenalties.plugin_class = "autograder.classroom.late.PerDy"\n',
            "The penalty for lateness in nbgrader_config.py cannot be used: ",
        ),
    ],
)
def test_a_slip_in_the_configuration_is_found_before_anything_is_graded(text, sentence, root, monkeypatch, capsys):
    (root / "nbgrader_config.py").write_text(text)
    monkeypatch.setattr(course, "grade_class", lambda *_, **__: pytest.fail("it was graded"))
    status, said = grade(root, capsys)
    assert status == 1 and "error: " in said and sentence in said and "Correct it" in said


def test_who_waits_for_a_person_gets_no_feedback(root, capsys):
    for folder in [*root.glob("autograded/*"), *root.glob("feedback/*")]:  # two pages take less time than sixteen
        if folder.name not in ("egret", "martin"):
            shutil.rmtree(folder)
    assert gradebook.waiting(root, PS) == ["martin"]
    assert main(["feedback", PS, "--course", str(root)]) == 0
    said = capsys.readouterr().out
    assert "No page for martin: a person must look first, and it would say 0 points." in said
    assert not (root / "feedback" / "martin" / PS).exists() and (root / "feedback" / "egret" / PS).exists()
    with gradebook.open_gradebook(root) as book:
        for grade in book.find_submission_notebook(PS, PS, "martin").grades:
            grade.manual_score, grade.needs_manual_grade = 1.0, False
        book.db.commit()
    assert gradebook.waiting(root, PS) == []
    assert main(["feedback", PS, "--course", str(root)]) == 0
    assert (root / "feedback" / "martin" / PS).exists()


def test_feedback_before_grading(tmp_path, capsys):
    (tmp_path / "submitted").mkdir()
    assert main(["feedback", PS, "--course", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said == f"error: nobody is recorded for {PS} in {tmp_path}: run `make grade PS={PS}` first\n"


def test_the_notebook_of_another_set(graded_class):
    from autograder.classroom.grading import released_notebook

    path = graded_class.root / "submitted" / "egret" / PS / f"{PS}.ipynb"
    flags = read(path, released_notebook("ps3_flow")).flags
    assert any(flag.startswith("None of the release's ") and "another problem set's" in flag for flag in flags)
    foreign = [flag for flag in flags if "is not part of this problem set" in flag]
    assert len(foreign) == 1 and "rnn_step_forward_solution, " in foreign[0]


def test_canvas_without_the_file(root, capsys):
    assert main(["canvas", PS, "nofile.csv", "--course", str(root)]) == 1
    assert (
        "error: nofile.csv: the CSV that Canvas exported was expected; there is no such file" in capsys.readouterr().err
    )


def test_a_question_is_worth_something(capsys):
    assert main(["new-question", "ps2_lstm", "f", "--points", "-3", "--after", "lstm_forward"]) == 1
    assert "error: expected a number of points above 0, found -3" in capsys.readouterr().err


def test_an_address_is_one(root, capsys):
    status, said = grade(root, capsys, "--fresh", "--cluster", "localhost")
    assert status == 1 and "A scheduler's address like tcp://HOST:8786 was expected; found 'localhost'." in said
