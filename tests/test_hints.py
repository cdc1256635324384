"""Who sees hints: the choice in the table of a problem set, in the notebook, on the feedback page, and for staff."""

import dataclasses
import difflib
import html
import re

import nbformat
import numpy as np
import pytest

import unroll
from autograder.classroom import course, demo, feedback, gradebook, grading, record, report, results
from autograder.jail import JailUnavailable
from autograder.problem_set import load
from tests import tiny
from unroll.expected import FILE, Unpacker

PS = demo.PROBLEM_SET
MEMBERS = ("egret", "jay", "kestrel", "lark", "bunting")


@pytest.fixture(params=["notebook", "feedback", "off"])
def chosen(request, tmp_path):
    """A choice, and the folder of the small problem set that was released with it."""
    line = "" if request.param == "notebook" else f'HINTS = "{request.param}"\n'
    tiny.write(tmp_path, table=tiny.TABLE.replace("CHECKS = (", f"{line}CHECKS = ("))
    tiny.release(tmp_path)
    return request.param, tmp_path / "assignments" / tiny.NAME


def test_the_table_decides(chosen):
    choice, folder = chosen
    assert load(tiny.NAME, folder.parents[1]).hints == choice
    assert Unpacker(folder / FILE).index["hints"] == choice


def test_hints_and_wrong_outputs_are_released_only_if_notebooks_show_them(chosen):
    choice, folder = chosen
    rows = Unpacker(folder / FILE).index["checks"]
    for name, mistakes in (("affine_forward", ["bias_missing"]), ("affine_backward", ["db_of_one", "dw_of_ones"])):
        released = mistakes if choice == "notebook" else []
        assert sorted(rows[name]["hints"]) == released
        assert all(sorted(case["wrong"]) == released and case["expected"] for case in rows[name]["cases"])
    text = (folder / FILE).read_bytes() + str(rows).encode()
    assert (b"The bias has no influence." in text) == (choice == "notebook")


@pytest.mark.parametrize("wrong", ["x @ w", "2 * (x @ w + b)", "x @ (w + b)", "x @ w + c"])
def test_the_notebook_prints_hints_only_if_it_is_to(chosen, wrong, monkeypatch, capsys):
    """A mistake of the table, a relation, something nobody expected, and an exception."""
    choice, folder = chosen
    namespace = {"np": np, "__name__": "__main__"}
    exec(tiny.FORWARD.replace("x @ w + b", wrong), namespace)
    monkeypatch.chdir(folder)
    with pytest.raises(AssertionError):
        unroll.check(namespace["affine_forward"])
    out = capsys.readouterr().out
    assert out.startswith("affine_forward\n") and ("out  WRONG" in out or "raised NameError" in out)
    if choice != "notebook":
        assert "Hint:" not in out and "influence" not in out
    elif wrong == "x @ w":
        assert "Hint: The bias has no influence." in out


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A course of five, graded and recorded, with its outcomes."""
    root = tmp_path_factory.mktemp("hints")
    for member in demo.CLASS:
        if member.student in MEMBERS:
            folder = root / "submitted" / member.student / PS
            folder.mkdir(parents=True)
            nbformat.write(demo.notebook(member, load(PS), grading.released_notebook(PS)), folder / f"{PS}.ipynb")
    try:
        return root, course.grade_and_record(root, PS, progress=False)
    except JailUnavailable as error:
        pytest.skip(str(error))


def pages(root, choice, monkeypatch):
    """student -> the real feedback page, with the problem set's HINTS as chosen."""
    chosen = dataclasses.replace(load(PS), hints=choice)
    with monkeypatch.context() as patch:
        patch.setattr(feedback, "load", lambda name: chosen)
        folder = gradebook.generate_feedback(root, PS)
    return {student: (folder / student / PS / f"{PS}.html").read_text() for student in MEMBERS}


def test_feedback_pages_without_hints_differ_in_nothing_else(small, monkeypatch):
    root, outcomes = small
    shown, hidden = pages(root, "feedback", monkeypatch), pages(root, "off", monkeypatch)
    assert pages(root, "notebook", monkeypatch) == shown
    for outcome in outcomes:
        page, verdicts = hidden[outcome.student], outcome.result.checks
        assert not re.search(r"^(Hint|Mistake): ", page, re.MULTILINE)
        for verdict in verdicts:
            if verdict.mistake:
                assert f"Mistake: {record.in_words(verdict.mistake)}" in shown[outcome.student]
                assert record.in_words(verdict.mistake) not in page
            if verdict.hint:
                assert html.escape(verdict.hint, quote=False)[:40] in html.escape(
                    html.unescape(shown[outcome.student]), quote=False
                )
            assert f"{verdict.name}: {record.in_words(verdict.status)}, {verdict.points:g} of" in page
            if verdict.status != "passed":
                assert f"Seed of the inputs: {verdict.seed}" in page
        changes = list(difflib.ndiff(shown[outcome.student].splitlines(), page.splitlines()))
        gone = [line[2:] for line in changes if line.startswith("- ")]
        new = [line[2:] for line in changes if line.startswith("+ ")]
        summary = [line for line in gone if " / " in line]
        assert new == [re.sub(r" \([^()]*\)$", "", line) for line in summary]
        others = [line for line in gone if line not in summary]
        assert all(line.startswith(("Mistake: ", "Hint: ")) for line in others), others
        assert len(others) == sum(bool(v.hint) + bool(v.mistake) for v in verdicts)
        assert bool(summary) == any(v.mistake for v in verdicts)


def test_staff_see_hints_all_the_same(small, monkeypatch):
    root, outcomes = small
    pages(root, "off", monkeypatch)
    for outcome in outcomes:
        graded = (root / "autograded" / outcome.student / PS / f"{PS}.ipynb").read_text()
        kept = results.path(root, PS, outcome.student).read_text()
        for verdict in outcome.result.checks:
            if verdict.mistake:
                assert f"Mistake: {record.in_words(verdict.mistake)}" in graded
                assert f"{verdict.name}: {record.in_words(verdict.mistake)}" in report.table(outcomes, width=300)
                assert verdict.mistake in kept
            if verdict.hint:
                assert "Hint: " in graded and '"hint": ' in kept


def test_feedback_of_assignments_that_are_not_ours_is_left_alone():
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Hint: 1", id=record.SUMMARY_ID)])
    resources = {"nbgrader": {"assignment": "homework"}}
    assert feedback.HideHints().preprocess(nb, resources)[0].cells[0].source == "Hint: 1"


def test_a_hint_of_several_lines_is_hidden_whole():
    text = "f: failed, 1 of 2 points\n  WRONG out: Hint: no\nMistake: a\nHint: one\ntwo\nSeed of the inputs: 7"
    assert record.without_hints(text) == ("f: failed, 1 of 2 points\n  WRONG out: Hint: no\nSeed of the inputs: 7")


def test_mistakes_of_the_class_are_counted_most_frequent_first(small):
    _, outcomes = small
    assert report.mistakes_of_class(outcomes) == [
        ("W hh transposed", "VanillaRNN", 1),
        ("recurrent gradient missing", "rnn_backward", 1),
        ("db averaged", "temporal_affine_backward", 1),
    ]

    def with_mistake(outcome, mistake):
        checks = tuple(
            dataclasses.replace(v, mistake=mistake if v.name == "rnn_forward" else "") for v in outcome.result.checks
        )
        changed = dataclasses.replace(outcome.result, checks=checks)
        return dataclasses.replace(outcome, report=dataclasses.replace(outcome.report, result=changed))

    more = [with_mistake(outcomes[0], "a_b + c"), with_mistake(outcomes[1], "c"), with_mistake(outcomes[2], "")]
    open_one = results.Outcome("nobody", None, problem="unreadable")
    assert report.mistakes_of_class([*more, open_one]) == [("c", "rnn_forward", 2), ("a b", "rnn_forward", 1)]
    assert report.mistakes_table([*more, open_one]).splitlines() == [
        "Mistakes of the class",
        "",
        "students  mistake  check",
        "--------  -------  -----",
        "       2  c        rnn_forward",
        "       1  a b      rnn_forward",
    ]
    assert report.mistakes_table([open_one]) == "Mistakes of the class: none was named."


def test_the_report_prints_the_mistakes_of_the_class(small, capsys):
    from autograder.__main__ import main

    root, _ = small
    assert main(["report", PS, "--course", str(root)]) == 0
    out = capsys.readouterr().out
    assert "Mistakes of the class\n" in out and "       1  recurrent gradient missing  rnn_backward" in out
