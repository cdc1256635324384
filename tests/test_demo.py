"""The demo class: everyone gets what they deserve, with the mistake named in words."""

import argparse
import csv
import pickle
import sqlite3

import nbformat
import pytest

from autograder.check import PASSED, SKIPPED, TIMED_OUT, Result
from autograder.classroom import course, demo, gradebook, grading, report, results
from autograder.classroom.commands import course_root, run_demo, run_grade
from autograder.classroom.report.grades_csv import mistakes, safe_cell
from autograder.jail import JailUnavailable
from autograder.problem_set import ROOT, load

PS = demo.PROBLEM_SET
NAMED = {
    "crane": ["rnn_step_forward: tanh missing"],
    "dipper": ["rnn_step_backward: square missing"],
    "egret": ["rnn_backward: recurrent gradient missing"],
    "finch": ["word_embedding_backward: repeated words lost"],
    "grebe": ["temporal_softmax_loss: mask missing in dx"],
    "heron": ["rnn_forward: state not carried"],
    "ibis": ["rnn_backward_truncated: window too long"],
    "jay": ["VanillaRNN: W hh transposed", "temporal_affine_backward: db averaged"],
    "owl": ["rnn_step_backward: db two dimensional"],
}


def statuses(outcome):
    return {verdict.name: verdict.status for verdict in outcome.result.checks}


@pytest.mark.parametrize("student", NAMED)
def test_a_mistake_costs_points_and_is_named(graded_class, student):
    outcome = graded_class.outcomes[student]
    assert mistakes(outcome) == NAMED[student]
    assert 0 < outcome.result.points < outcome.result.max_points
    hints = [verdict.hint for verdict in outcome.result.checks if verdict.mistake]
    page = (graded_class.root / "feedback" / student / PS / f"{PS}.html").read_text()
    for hint in hints:
        assert hint.split("'")[0].split(":")[0] in page


@pytest.mark.parametrize("student", ["avocet", "nuthatch"])
def test_right_is_right_however_much_it_prints(graded_class, student):
    result = graded_class.outcomes[student].result
    assert result.points == result.max_points == load(PS).max_points
    assert result.flags == ()


def test_an_untouched_notebook_gets_nothing(graded_class):
    result = graded_class.outcomes["bunting"].result
    assert result.points == 0
    assert set(statuses(graded_class.outcomes["bunting"]).values()) == {SKIPPED}


def test_a_loop_that_never_ends_is_stopped_and_the_rest_is_graded(graded_class):
    found = statuses(graded_class.outcomes["kestrel"])
    assert found["rnn_forward"] == TIMED_OUT
    assert found["rnn_step_backward"] == found["temporal_softmax_loss"] == PASSED


def test_an_import_that_is_missing_is_shown_and_the_rest_is_graded(graded_class):
    found = statuses(graded_class.outcomes["lark"])
    assert found["rnn_step_forward"] != PASSED and found["VanillaRNN"] == PASSED
    nb = nbformat.read(graded_class.root / "autograded" / "lark" / PS / f"{PS}.ipynb", 4)
    errors = [output for cell in nb.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    shown = [(error.ename, error.evalue) for error in errors]
    assert shown == [("ModuleNotFoundError", "No module named 'my_rnn_helpers'")]


def test_a_numerical_gradient_is_called_what_it_is(graded_class):
    assert "rnn_step_backward: numerical gradient" in mistakes(graded_class.outcomes["plover"])


def test_a_file_that_is_no_notebook_is_left_open(graded_class):
    outcome = graded_class.outcomes["martin"]
    assert outcome.result is None
    assert outcome.problem.startswith("A notebook (JSON) was expected; line ")


def test_the_cheat_gets_nothing_and_reaches_nothing(graded_class):
    found = statuses(graded_class.outcomes["quail"])
    assert found.pop("VanillaRNN") == PASSED  # its one honest answer
    assert PASSED not in found.values()
    assert graded_class.outcomes["quail"].result.points == load(PS).points["VanillaRNN"]
    with sqlite3.connect(graded_class.root / "gradebook.db") as database:
        assert database.execute("SELECT count(*) FROM grade WHERE manual_score = 100").fetchone() == (0,)
    text = (graded_class.root / "results" / PS / "quail.json").read_text()
    assert "secrets: [" in text and "UNROLL_SECRET" not in text and "changed ." not in text


def test_the_table_and_the_csv_say_it_all(graded_class):
    outcomes = list(graded_class.outcomes.values())
    text = report.table(outcomes)
    lines = text.splitlines()
    assert lines[0].split() == ["student", "points", "mistakes", "flags"]
    assert max(map(len, lines)) <= 118
    assert next(line for line in lines if line.startswith("avocet")).split() == ["avocet", "70", "/", "70"]
    assert next(line for line in lines if line.startswith("martin")).split()[1] == "open"
    rows = {row["student"]: row for row in csv.DictReader((graded_class.root / "grades.csv").open())}
    assert list(rows) == sorted(member.student for member in demo.CLASS)
    assert rows["jay"]["mistakes"] == "; ".join(NAMED["jay"])
    assert rows["martin"]["points"] == "" and "JSON" in rows["martin"]["flags"]
    checks = load(PS).points
    for student, row in rows.items():
        if row["points"]:
            assert sum(float(row[name]) for name in checks) == pytest.approx(float(row["points"])), student
    theirs = list(csv.DictReader((graded_class.root / "nbgrader_grades.csv").open()))
    assert {row["student_id"]: float(row["raw_score"]) for row in theirs}["avocet"] == 70


def test_one_result_in_full(graded_class):
    result = graded_class.outcomes["crane"].result
    text = report.result_text(result)
    assert "rnn_step_forward: failed, 0 of 5 points" in text
    assert text.endswith(f"65 of 70 points (isolation: {result.sandbox})")


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|calc", "%x"])
def test_no_spreadsheet_runs_what_a_student_wrote(formula):
    assert safe_cell(formula)[0] == "'"
    assert safe_cell("a=1") == "a=1"


def test_the_class_is_what_the_issue_asks_for():
    assert len(demo.CLASS) >= 12
    assert len({member.student for member in demo.CLASS}) == len(demo.CLASS)
    assert sum(len(named) == 1 for named in NAMED.values()) >= 6


def test_a_folder_that_is_no_demo_class_is_not_wiped(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ValueError, match="holds no demo class"):
        demo.build(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_which_course(monkeypatch):
    monkeypatch.delenv("UNROLL_COURSE", raising=False)
    assert course_root() == ROOT
    monkeypatch.setenv("UNROLL_COURSE", "demo")
    assert course_root(new=True) == ROOT / "demo" == course_root("demo", new=True)


def test_without_isolation_only_the_demo_goes_on_and_says_so(monkeypatch, tmp_path, capsys):
    """On a system that offers none, the demo grades its own class under the banner; everything else refuses."""
    asked = []

    def grade_and_record(root, problem_set, **_):
        asked.append(grading.unsafe_allowed())
        if not asked[-1]:
            raise JailUnavailable("No isolation on this machine.")
        result = Result(PS, 1.0, 2.0, "none", (), ("graded without a sandbox",))
        return [course.Outcome("avocet", None, results.Report("avocet", "key", result, {}))]

    monkeypatch.setenv(grading.UNSAFE_VARIABLE, "0")  # so that it is put back afterwards
    monkeypatch.setattr(course, "grade_and_record", grade_and_record)
    monkeypatch.setattr(demo, "build", lambda root: root)
    for name in ("name_students", "export"):
        monkeypatch.setattr(gradebook, name, lambda *_: None)
    monkeypatch.setattr(gradebook, "waiting", lambda *_: [])
    monkeypatch.setattr(gradebook, "generate_feedback", lambda root, _, without: root / "feedback")
    arguments = argparse.Namespace(
        course=str(tmp_path), jobs=1, problem_set=PS, fresh=False, student=[], cluster="", preview=False
    )
    with pytest.raises(JailUnavailable):
        run_grade(arguments)
    assert run_demo(arguments) == 0
    assert asked == [False, False, True]
    said = capsys.readouterr()
    assert "GRADED WITHOUT ISOLATION" in said.out and "Isolation: none" in said.out
    assert "No isolation on this machine." in said.err
    assert report.table(grade_and_record(tmp_path, PS), colour=True).startswith("\x1b[1;37;41mGRADED WITHOUT")


def test_a_missing_jail_is_reported_from_worker_processes():
    error = JailUnavailable("bubblewrap: missing")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
