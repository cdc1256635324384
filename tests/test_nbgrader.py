"""nbgrader's own commands on real files: the same scores as our engine, and no way to harm a class."""

import csv
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import nbformat
import pytest
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade

from autograder.check import FAILED, PASSED, OutputVerdict, Result, Verdict
from autograder.classroom import course, demo, gradebook, grading, record, results
from autograder.jail import JailUnavailable
from autograder.problem_set import ROOT, load
from autograder.submission import Submission

PS = demo.PROBLEM_SET


def nbgrader(*arguments, root):
    """Run a command of nbgrader as its users do; what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=ROOT,
        env={**os.environ, "UNROLL_COURSE": str(root)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def points(root):
    """student -> sum of automatic scores; None if any of the checks' is open."""
    checks = load(PS).points
    return {
        student: None if any(scores[name] is None for name in checks) else sum(scores[name] for name in checks)
        for student, scores in gradebook.scores(root, PS).items()
    }


def grade_of(root, student, cell):
    with gradebook.open_gradebook(root) as book:
        grade = book.find_grade(cell, PS, PS, student)
        return {"auto": grade.auto_score, "manual": grade.manual_score, "open": grade.needs_manual_grade}


def notebook_of(root, student, folder="submitted"):
    return root / folder / student / PS / f"{PS}.ipynb"


@pytest.fixture
def small(graded_class, tmp_path):
    """A fresh course of three: avocet (all right), egret (one mistake), martin (no valid JSON)."""
    root = tmp_path / "small"
    for student in ("avocet", "egret", "martin"):
        shutil.copytree(graded_class.root / "submitted" / student, root / "submitted" / student)
    shutil.copy(graded_class.root / ".unroll_secret", root)
    return root


# How nbgrader reads a score from a cell's outputs: rows we rely on, and rows we stay away from.


def graded_cell(*outputs):
    marks = {"grade": True, "solution": False, "locked": True, "points": 3, "grade_id": "f"}
    return nbformat.v4.new_code_cell("check(f)", outputs=list(outputs), metadata={"nbgrader": marks})


def result_of(text):
    return new_output("execute_result", data={"text/plain": text})


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


@pytest.mark.parametrize(
    ("outputs", "score"),
    [
        ([stream("a report"), result_of("1.5")], 1.5),
        ([stream("a report"), result_of("0.0")], 0.0),
        ([stream("a report"), result_of("3.0")], 3.0),
        ([result_of("1.5"), stream("", "stderr")], 1.5),  # the first that counts decides
        ([stream("", "stderr"), result_of("1.5")], 0),
        ([new_output("error", ename="E", evalue="", traceback=[]), result_of("1.5")], 0),
        ([], 3.0),
        ([result_of("np.float64(0.0)")], 3.0),
        ([result_of("False")], 3.0),
        ([result_of("-1.0")], 3.0),
        ([result_of("nan")], 3.0),
    ],
)
def test_pins_how_nbgrader_reads_scores(outputs, score):
    assert determine_grade(graded_cell(*outputs)) == (score, 3.0)


def test_nbgrader_refuses_more_than_the_maximum():
    with pytest.raises(ValueError, match="greater than maximum"):
        determine_grade(graded_cell(result_of("3.1")))


def verdict(points, status=FAILED, maximum=3.0):
    outputs = (
        OutputVerdict("dx", 0.25, 1e-6, False, "dx is wrong by 25%"),
        OutputVerdict("db", 0.0, 1e-6, True, "right"),
    )
    return Verdict("f", status, points, maximum, "Look at the bias.", "db_summed_twice", outputs, 42)


@pytest.mark.parametrize("given", [0.0, 1.37, 2.9999999, 3.0, 3.0000000001])
def test_our_outputs_are_read_as_the_points_given(given):
    cell = graded_cell(*record.check_outputs(verdict(given), "bubblewrap"))
    score, _ = determine_grade(cell)
    assert type(score) is float and score == min(given, 3.0)


@pytest.mark.parametrize("wrong", [3.1, -0.1, float("nan"), float("inf")])
def test_points_out_of_range_are_never_written(wrong):
    with pytest.raises(ValueError, match="a fault of the grader"):
        record.check_outputs(verdict(wrong), "bubblewrap")


def test_a_check_cell_reads_like_a_report():
    assert record.verdict_text(verdict(1.5)).split("\n") == [
        "f: failed, 1.5 of 3 points",
        "  WRONG dx is wrong by 25%",
        "  ok    db: right",
        "Mistake: db summed twice",
        "Hint: Look at the bias.",
        "Seed of the inputs: 42",
    ]
    assert "Seed" not in record.verdict_text(verdict(3.0, PASSED))


def test_without_isolation_every_grade_says_so():
    result = Result(PS, 1.5, 3.0, "none", (verdict(1.5),), ())
    text = record.check_outputs(verdict(1.5), "none")[0].text
    assert text.startswith("GRADED WITHOUT ISOLATION")
    assert record.summary(result).startswith('<div class="alert alert-danger"><b>GRADED WITHOUT ISOLATION')
    assert "alert" not in record.summary(Result(PS, 1.5, 3.0, "landlock", (verdict(1.5),), ()))


# The whole class.


def test_everyone_is_recorded_with_the_engines_points(graded_class):
    recorded = points(graded_class.root)
    assert set(recorded) == set(graded_class.outcomes)
    for student, outcome in graded_class.outcomes.items():
        if outcome.result is None:
            assert recorded[student] is None
        else:
            assert recorded[student] == pytest.approx(outcome.result.points), student


def test_the_command_line_gives_the_same_scores(small, graded_class):
    gradebook.register(small, PS)
    status, said = nbgrader("autograde", PS, root=small)
    assert status == 0, said
    assert points(small) == {name: points(graded_class.root)[name] for name in ("avocet", "egret", "martin")}
    assert points(small)["martin"] is None
    status, said = nbgrader("generate_feedback", PS, "--student", "egret", root=small)
    assert status == 0, said
    page = (small / "feedback" / "egret" / PS / f"{PS}.html").read_text()
    assert "recurrent gradient missing" in page
    status, said = nbgrader("export", f"--to={small / 'out.csv'}", root=small)
    assert status == 0, said
    assert {row["student_id"] for row in csv.DictReader((small / "out.csv").open())} >= {"avocet", "egret", "martin"}


def test_generate_assignment_gives_the_release(tmp_path):
    status, said = nbgrader(
        "generate_assignment", PS, f"--CourseDirectory.release_directory={tmp_path / 'release'}", root=tmp_path
    )
    assert status == 0, said
    made = (tmp_path / "release" / PS / f"{PS}.ipynb").read_bytes()
    assert made == (ROOT / "assignments" / PS / f"{PS}.ipynb").read_bytes(), "assignments/ is stale: run make release"
    assert b"BEGIN SOLUTION" not in made


def test_validate_accepts_the_solution_and_not_the_release(tmp_path):
    for folder, verdict_of in (("solutions", "passes all the tests"), ("assignments", "failed")):
        shutil.copytree(ROOT / folder / PS, tmp_path / folder)
        shutil.copy(ROOT / "assignments" / PS / "expected.h5", tmp_path / folder)  # solutions/ has it after a release
        status, said = nbgrader("validate", str(tmp_path / folder / f"{PS}.ipynb"), root=tmp_path)
        assert status == 0 and verdict_of in said, said


def test_an_unreadable_notebook_waits_for_a_person(graded_class):
    root = graded_class.root
    for cell in (*load(PS).points, *load(PS).written):
        assert grade_of(root, "martin", cell) == {"auto": None, "manual": None, "open": True}
    shown = nbformat.read(notebook_of(root, "martin", "autograded"), 4)
    assert "A person must look at this submission." in shown.cells[0].source
    assert f"The original is submitted/martin/{PS}/{PS}.ipynb" in shown.cells[0].source
    with pytest.raises(ValueError):
        json.loads(notebook_of(root, "martin").read_text())  # as it came


def test_grading_again_grades_nobody_and_keeps_what_people_decided(graded_class, tmp_path):
    root = graded_class.copy(tmp_path / "again")
    with gradebook.open_gradebook(root) as book:
        book.find_grade("rnn_backward", PS, PS, "egret").manual_score = 11.0
        book.find_grade("written_errors", PS, PS, "egret").manual_score = 7.0
        book.find_grade("VanillaRNN", PS, PS, "martin").manual_score = 2.0
        book.find_comment("written_errors", PS, PS, "egret").manual_comment = "Well seen."
        book.db.commit()
    before = notebook_of(root, "egret", "autograded").stat().st_mtime_ns
    outcomes = course.grade_and_record(root, PS, progress=False)
    assert all(outcome.cached or outcome.problem for outcome in outcomes)
    assert notebook_of(root, "egret", "autograded").stat().st_mtime_ns == before
    gradebook.record_submission(root, PS, "egret")  # nbgrader autograde --force
    assert notebook_of(root, "egret", "autograded").stat().st_mtime_ns > before
    assert grade_of(root, "egret", "rnn_backward")["manual"] == 11.0
    assert grade_of(root, "egret", "written_errors")["manual"] == 7.0
    assert grade_of(root, "martin", "VanillaRNN")["manual"] == 2.0
    with gradebook.open_gradebook(root) as book:
        assert book.find_comment("written_errors", PS, PS, "egret").comment == "Well seen."


def test_a_changed_submission_is_graded_again(small):
    course.grade_and_record(small, PS, progress=False)
    shutil.copy(notebook_of(small, "egret"), notebook_of(small, "martin"))
    outcomes = {o.student: o for o in course.grade_and_record(small, PS, progress=False)}
    assert [student for student, outcome in outcomes.items() if not outcome.cached] == ["martin"]
    assert points(small)["martin"] == points(small)["egret"] == pytest.approx(outcomes["martin"].result.points)
    assert grade_of(small, "martin", "VanillaRNN")["open"] is False


# Notebooks that stop nbgrader, or would cost their neighbours something.


def edited(path, change):
    nb = nbformat.read(path, 4)
    change(nb)
    path.write_text(json.dumps(nb))


def test_hostile_metadata_stops_nobody(small):
    def double_the_check_and_raise_the_points(nb):
        cell = next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "rnn_step_forward")
        nb.cells.append(nbformat.from_dict(json.loads(json.dumps(cell))))
        cell.metadata.nbgrader.points = 10_000
        cell.metadata.nbgrader.schema_version = 1
        nb.metadata["unroll"] = {"person": "leave me alone", "flags": [], "key": "0"}
        del nb.cells[[c.metadata.get("nbgrader", {}).get("grade_id") for c in nb.cells].index("rnn_forward")]

    edited(notebook_of(small, "avocet"), double_the_check_and_raise_the_points)
    gradebook.register(small, PS)
    status, said = nbgrader("autograde", PS, root=small)
    assert status == 0, said
    assert points(small)["avocet"] == 70.0
    assert points(small)["egret"] is not None
    top = nbformat.read(notebook_of(small, "avocet", "autograded"), 4).cells[0].source
    assert "The cell rnn_step_forward appears 2 times" in top and "rnn_forward" in top


def test_misnamed_submissions_wait_for_a_person(small):
    notebook_of(small, "avocet").rename(notebook_of(small, "avocet").with_name("ps1 (1).ipynb"))
    shutil.copytree(small / "submitted" / "egret", small / "submitted" / "Egret")
    shutil.copytree(small / "submitted" / "egret", small / "submitted" / "=1+1")
    (small / "submitted" / "martin" / PS).rename(small / "submitted" / "martin" / PS.upper())
    outcomes = {o.student: o for o in course.grade_and_record(small, PS, progress=False)}
    assert all(o.result is None for o in outcomes.values())
    assert "the folder holds ps1 (1).ipynb" in outcomes["avocet"].problem
    assert "same name but for its letters' case" in outcomes["Egret"].problem == outcomes["egret"].problem
    assert "expected to be named like a student" in outcomes["=1+1"].problem
    assert "PS1_RNN was expected to be named ps1_rnn" in outcomes["martin"].problem
    assert points(small)["avocet"] is None
    assert "the folder holds ps1 (1).ipynb" in notebook_of(small, "avocet", "autograded").read_text()
    rows = list(csv.reader((small / "grades.csv").open()))
    assert [row[:2] for row in rows[1:2]] == [["'=1+1", ""]]


def test_links_and_web_pages_beside_a_notebook_go_nowhere(small):
    folder = notebook_of(small, "egret").parent
    (folder / "notes.txt").symlink_to(notebook_of(small, "avocet"))
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder / "data.txt").write_text("kept")
    course.grade_and_record(small, PS, progress=False, students=["egret"])
    beside = {path.name for path in notebook_of(small, "egret", "autograded").parent.iterdir()}
    assert "data.txt" in beside and not beside & {"notes.txt", "page.html"}
    assert (folder / "page.html").exists()
    flags = nbformat.read(notebook_of(small, "egret", "autograded"), 4).metadata.unroll.flags
    assert flags == ["The file notes.txt is a link; it was left out."]


def test_nbgrader_upgrades_the_gradebook(small):
    course.grade_and_record(small, PS, progress=False)
    before = points(small)
    code, said = nbgrader("db", "upgrade", root=small)
    assert code == 0, said
    assert points(small) == before and list(small.glob("*gradebook*.db*"))
    assert course.grade_and_record(small, PS, progress=False)[0].cached


def test_a_fault_of_the_grader_costs_nobody_else(small, monkeypatch):
    def fails(root, problem_set, submission, student, **_):
        raise ZeroDivisionError("a fault\x1b[31m")

    monkeypatch.setattr(grading, "grade", fails)
    gradebook.register(small, PS)
    gradebook.record_submission(small, PS, "egret")
    assert points(small)["egret"] is None
    top = nbformat.read(notebook_of(small, "egret", "autograded"), 4).cells[0].source
    assert "The grader itself failed on it: ZeroDivisionError: a fault" in top and "\x1b" not in top


def test_a_dying_worker_process_costs_only_its_own_submission(monkeypatch):
    monkeypatch.setattr(grading, "graded", _graded_or_dead)
    tasks = [grading.Task(None, PS, student, None, None) for student in ("ada", "dies", "emil")]
    outcomes = {o.student: o.problem for o in course._in_parallel(tasks, 2)}
    assert outcomes == {
        "ada": "",
        "dies": "The grader itself failed on it: a process of the grader died on it.",
        "emil": "",
    }


def test_a_worker_process_that_dies_while_tasks_are_handed_in_costs_nobody(monkeypatch):
    class Breaks(ProcessPoolExecutor):
        handed_in = 0

        def submit(self, *arguments):
            Breaks.handed_in += 1
            if Breaks.handed_in == 2:
                raise BrokenProcessPool("A child process terminated abruptly")
            return super().submit(*arguments)

    monkeypatch.setattr(grading, "graded", _graded_or_dead)
    monkeypatch.setattr(course, "ProcessPoolExecutor", Breaks)
    tasks = [grading.Task(None, PS, student, None, None) for student in ("ada", "bob", "emil")]
    assert {o.student: o.problem for o in course._in_parallel(tasks, 2)} == dict.fromkeys(("ada", "bob", "emil"), "")


def _graded_or_dead(task):
    if task.student == "dies":
        os._exit(3)


def test_refuses_to_grade_without_isolation(small, monkeypatch):
    def no_jail(*, allow_none=False, **_):
        assert not allow_none
        raise JailUnavailable("nothing works here")

    monkeypatch.setattr(grading, "Jail", no_jail)
    monkeypatch.delenv(grading.UNSAFE_VARIABLE, raising=False)
    grading.shared_jail.cache_clear()
    gradebook.register(small, PS)
    with pytest.raises(gradebook.Failed, match="nothing works here"):
        gradebook.record_submission(small, PS, "egret")
    assert not notebook_of(small, "egret", "autograded").exists()
    grading.shared_jail.cache_clear()


def test_results_made_without_a_sandbox_are_not_taken_for_safe_ones(tmp_path):
    checks = (Verdict("rnn_forward", PASSED, 3.0, 3.0, "", "", (), 1),)
    unsafe = results.Report("ada", "key", Result(PS, 3.0, 3.0, "none", checks, ()), {0: results.Printed("hi")})
    results.save(tmp_path, unsafe)
    assert results.load(tmp_path, PS, "ada", "key") is None
    assert results.load(tmp_path, PS, "ada", "key", allow_unsafe=True) == unsafe
    assert results.load(tmp_path, PS, "ada", "other", allow_unsafe=True) is None
    results.path(tmp_path, PS, "ada").write_text("{")
    assert results.load(tmp_path, PS, "ada", "key", allow_unsafe=True) is None


def test_the_key_depends_on_everything_that_decides_a_result():
    problem_set = load(PS)
    base = (Submission((), ("flag",), "digest"), problem_set, "ada", b"secret")
    others = [
        (Submission((), (), "digest"), *base[1:]),
        (Submission((), ("flag",), "other"), *base[1:]),
        (*base[:2], "emil", b"secret"),
        (*base[:3], b"other"),
    ]
    assert results.key(*base) == results.key(*base)
    assert len({results.key(*arguments) for arguments in (base, *others)}) == 5


# What a student wrote, in a TA's browser.

ATTACK = """<script>alert(1)</script> <img src=x onerror=alert(2)> <svg onload=alert(3)> [click](javascript:alert(4))
<iframe src="https://evil.example"></iframe> <a href="jAvAsCrIpT:alert(5)" id="rnn_forward" style="position:fixed">x</a>
![tracked](https://evil.example/pixel.png) ![gone](attachment:gone.png)

| a | b |
|---|---|
| **bold** | $h_t = \\tanh(W h_{t-1})$ |
"""


def test_nothing_a_student_wrote_is_alive_in_the_feedback(small):
    def attack(nb):
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "written_derivation":
                cell.source = ATTACK
        nb.cells.insert(1, nbformat.v4.new_markdown_cell(ATTACK))
        nb.cells.insert(2, nbformat.v4.new_raw_cell(ATTACK))
        shout = "print('<script>alert(6)</script>\\x1b[31mred')\nraise ValueError('<script>alert(7)</script>')"
        nb.cells.insert(2, nbformat.v4.new_code_cell(shout))

    edited(notebook_of(small, "egret"), attack)
    course.grade_and_record(small, PS, progress=False, students=["egret"])
    gradebook.generate_feedback(small, PS, "egret")
    assert_harmless((small / "feedback" / "egret" / PS / f"{PS}.html").read_text())


def assert_harmless(page):
    from html.parser import HTMLParser

    found = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            attributes = dict(attributes)
            found.append(tag)
            assert tag not in ("svg", "iframe", "object", "embed", "form", "base"), tag
            assert not any(name.startswith("on") for name in attributes), attributes
            assert "javascript:" not in (attributes.get("href") or "").lower()
            assert "evil.example" not in (attributes.get("src") or attributes.get("href") or "")
            assert attributes.get("id") != "rnn_forward"

        def handle_data(self, data):
            if self.lasttag == "script":
                assert not data.startswith("alert("), data

    Parser().feed(page)
    assert "table" in found and "strong" in found
    for text in (
        "&lt;script&gt;alert(1)",
        "&lt;script&gt;alert(6)",
        "&lt;script&gt;alert(7)",
        "h_t = \\tanh(W h_{t-1})",
    ):
        assert text in page, text
    assert "\x1b" not in page


def test_formgraders_page_is_harmless_too(small):
    from nbconvert.exporters import HTMLExporter
    from nbgrader.server_extensions.formgrader import handlers

    nb = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(ATTACK),
            nbformat.v4.new_markdown_cell(
                ATTACK,
                metadata={"nbgrader": {"grade": True, "solution": True, "grade_id": "w", "points": 1, "locked": False}},
            ),
            graded_cell(stream("<script>alert(6)</script>"), stream("<script>alert(7)</script>")),
        ]
    )
    config = gradebook.configuration(small)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {"base_url": "", "index": 0, "total": 1, "submission_id": "s", "notebook_id": PS, "assignment_id": PS}
    page, _ = HTMLExporter(config=config).from_notebook_node(nb, resources=resources)
    assert_harmless(page.replace("onclick=", "data-own="))
