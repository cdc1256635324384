"""What grading again would change: for whom, by how much, in which checks."""

import json
import re

import pytest

from autograder.check import CARRIED, CRASHED, FAILED, PASSED, SKIPPED, TIMED_OUT, Result, Verdict
from autograder.classroom import report, results
from autograder.classroom.report.changes import KINDS, Change, changes, changes_table, on_file, summary
from autograder.classroom.results import Outcome, Report

PS = "ps1_rnn"
MOST = {"step": 5.0, "forward": 6.0, "backward": 12.0}


def verdict(name, status, points, max_points, mistake="", hint=""):
    return Verdict(name, status, points, max_points, hint, mistake, (), 7)


def reported(student, verdicts, *, flags=(), sandbox="bubblewrap", seconds=0.5):
    """A report whose sums are those of its verdicts."""
    points, most = (round(sum(getattr(v, a) for v in verdicts), 2) for a in ("points", "max_points"))
    result = Result(PS, points, most, sandbox, tuple(verdicts), tuple(flags))
    return Report(student, f"key of {student}", result, {}, seconds)


def graded(student, **points_and_status):
    """``graded("egret", step=(FAILED, 2.5))``: the checks of MOST, passed unless said."""
    given = {name: (PASSED, most) for name, most in MOST.items()} | points_and_status
    return reported(student, [verdict(n, status, points, MOST.get(n, 1.0)) for n, (status, points) in given.items()])


def outcome(a_report):
    return Outcome(a_report.student, None, a_report)


BEFORE = [
    graded("avocet"),
    graded("bunting", step=(FAILED, 0.0), forward=(CARRIED, 6.0)),
    graded("crane", backward=(FAILED, 11.9)),
    graded("dipper"),
    graded("egret", step=(CRASHED, 0.0)),
    graded("finch"),
    graded("heron", step=(SKIPPED, 0.0)),
]
AFTER = [
    outcome(graded("avocet")),
    outcome(graded("bunting")),
    outcome(graded("crane", step=(FAILED, 4.0))),
    outcome(graded("dipper", backward=(TIMED_OUT, 0.0))),
    outcome(graded("egret", step=(FAILED, 0.0))),
    Outcome("finch", None, problem="A notebook was expected.\x1b[2J Ask for it."),
    outcome(graded("grebe")),
]


@pytest.fixture(scope="module")
def found():
    return changes({r.student: r for r in BEFORE}, AFTER)


def test_the_largest_change_is_first_and_the_unchanged_are_last(found):
    assert [(c.student, c.points, c.kind) for c in found] == [
        ("dipper", -12.0, "down"),
        ("bunting", 5.0, "up"),
        ("crane", -0.9, "down"),
        ("finch", 0.0, "open"),
        ("grebe", 0.0, "new"),
        ("egret", 0.0, "same points"),
        ("avocet", 0.0, "unchanged"),
    ]
    assert {c.kind for c in found} == set(KINDS)


def test_only_students_who_were_graded_again_are_listed(found):
    assert "heron" not in {c.student for c in found}


def test_the_checks_that_changed_are_named_with_status_and_points(found):
    rows = {
        c.student: [(k.name, k.before.status, k.before.points, k.after.status, k.after.points) for k in c.checks]
        for c in found
    }
    assert rows["dipper"] == [("backward", PASSED, 12.0, TIMED_OUT, 0.0)]
    assert rows["bunting"] == [("step", FAILED, 0.0, PASSED, 5.0), ("forward", CARRIED, 6.0, PASSED, 6.0)]
    assert rows["crane"] == [("step", PASSED, 5.0, FAILED, 4.0), ("backward", FAILED, 11.9, PASSED, 12.0)]
    assert rows["egret"] == [("step", CRASHED, 0.0, FAILED, 0.0)]
    assert rows["avocet"] == rows["finch"] == rows["grebe"] == []


def test_hints_and_mistakes_alone_change_nothing():
    old = reported("egret", [verdict("step", FAILED, 2.0, 5.0, "tanh_missing", "Look.")])
    new = reported("egret", [verdict("step", FAILED, 2.0, 5.0, "sign", "Look again.")], flags=["worth a look"])
    assert [c.kind for c in changes({"egret": old}, [outcome(new)])] == ["unchanged"]


def test_a_check_that_is_new_gone_or_worth_something_else_is_a_change():
    old = reported("egret", [verdict("step", PASSED, 5.0, 5.0), verdict("gone", PASSED, 2.0, 2.0)])
    new = reported("egret", [verdict("step", PASSED, 5.0, 6.0), verdict("new", FAILED, 2.0, 3.0)])
    (change,) = changes({"egret": old}, [outcome(new)])
    assert [(c.name, c.before and c.before.max_points, c.after and c.after.max_points) for c in change.checks] == [
        ("step", 5.0, 6.0),
        ("new", None, 3.0),
        ("gone", 2.0, None),
    ]
    assert change.kind == "same points"
    text = changes_table([change])
    assert "step: passed, 5 of 5 -> passed, 5 of 6" in text
    assert "new: no such check -> failed, 2 of 3" in text and "gone: passed, 2 of 2 -> no such check" in text


def test_the_summary_counts_everyone_once(found):
    sentence = summary(found)
    assert sentence == (
        "Of 7: 1 unchanged, 1 up, 2 down, 1 with the same points for other reasons, 1 graded for the first time, "
        "1 not graded, for a person to look at."
    )
    numbers = [int(n) for n in re.findall(r"\d+", sentence)]
    assert numbers[0] == len(found) == sum(numbers[1:])
    assert summary([]) == "Of 0: 0 unchanged, 0 up, 0 down."


def test_the_table(found):
    assert changes_table(found).splitlines() == [
        "student     before    after  change  checks",
        "-------  ---------  -------  ------  ------",
        "dipper     23 / 23  11 / 23     -12  backward: passed, 12 of 12 -> timed out, 0 of 12",
        "bunting    18 / 23  23 / 23      +5  step: failed, 0 of 5 -> passed, 5 of 5",
        "                                     forward: carried forward, 6 of 6 -> passed, 6 of 6",
        "crane    22.9 / 23  22 / 23    -0.9  step: passed, 5 of 5 -> failed, 4 of 5",
        "                                     backward: failed, 11.9 of 12 -> passed, 12 of 12",
        "finch      23 / 23     open          A notebook was expected. Ask for it.",
        "grebe         none  23 / 23          graded for the first time",
        "egret      18 / 23  18 / 23          step: crashed, 0 of 5 -> failed, 0 of 5",
        "",
        summary(found),
    ]


def test_the_table_of_no_change():
    same = changes({r.student: r for r in BEFORE}, [outcome(r) for r in BEFORE])
    assert changes_table(same) == "Grading again changes nothing. Of 7: 7 unchanged, 0 up, 0 down."
    assert changes_table([]) == "Grading again changes nothing. Of 0: 0 unchanged, 0 up, 0 down."


def test_no_text_of_a_student_reaches_the_terminal_as_it_is():
    name = "\x1b]0;owned\x07eg\u202eret\n\x9b2J"
    problem = "\x1b[31m" + "a long sentence " * 30
    text = changes_table(changes({}, [Outcome(name, None, problem=problem)]), width=100)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text) and "egret" in text
    assert max(map(len, text.splitlines())) <= 100 and "a long sentence a long" in text


def test_a_change_of_points_has_two_decimals():
    old, new = (graded("egret", step=(FAILED, points)).result for points in (0.3, 0.1))
    assert new.points - old.points != -0.2 and Change("egret", old, new).points == -0.2


def test_what_is_on_file_is_read_whatever_it_was_graded_with(tmp_path):
    assert on_file(tmp_path, PS) == {}
    for a_report in (*BEFORE, reported("unsafe", [verdict("step", PASSED, 5.0, 5.0)], sandbox="none")):
        results.save(tmp_path, a_report)
    folder = tmp_path / "results" / PS
    broken = {"half": '{"key": "k", "student"', "empty": "", "list": "[]", "odd": '{"key": "k"}'}
    for name, text in broken.items():
        (folder / f"{name}.json").write_text(text)
    found = on_file(tmp_path, PS)
    assert found == {r.student: r for r in BEFORE} | {"unsafe": found["unsafe"]}
    assert found["unsafe"].result.sandbox == "none"
    assert report.on_file is on_file and report.changes is changes and report.changes_table is changes_table
    assert json.loads((folder / "egret.json").read_text())["key"] == found["egret"].key
