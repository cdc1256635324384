"""Files in results/ that no grader wrote: they are never believed, and the submission is graded anew."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.classroom import course, grading, results
from autograder.problem_set import course_secret, load
from autograder.submission import Submission, read
from tests.attacks.conftest import notebook

PS = "ps1_rnn"
KEY = "0" * 64
NAN, INF = float("nan"), float("inf")


def result(change: Callable[[dict], None]) -> Callable[[dict], None]:
    return lambda document: change(document["result"])


def verdict(**changes) -> Callable[[dict], None]:
    return lambda document: document["result"]["checks"][0].update(changes)


def with_points(points: object, total: object | None = None) -> Callable[[dict], None]:
    """One check is worth so many points, and the sum fits if `total` is not given."""

    def change(document: dict) -> None:
        found = document["result"]
        before = found["checks"][0]["points"]
        found["checks"][0]["points"] = points
        found["points"] = found["points"] - before + points if total is None else total

    return change


# What is wrong with a report whose key is right.
SPOILT: dict[str, Callable[[dict], object]] = {
    "more points than there are": with_points(1000.0),
    "negative points": with_points(-5.0),
    "nan points": with_points(NAN),
    "infinite points": with_points(INF),
    "points that are text": with_points("8", 8.0),
    "points and their maximum": verdict(points=1000.0, max_points=1000.0),
    "a sum that is none": result(lambda r: r.update(points=999.0)),
    "a sum of nan": result(lambda r: r.update(points=NAN)),
    "another maximum": result(lambda r: r.update(max_points=1.0)),
    "no checks": result(lambda r: r.update(checks=[])),
    "checks that are a number": result(lambda r: r.update(checks=7)),
    "an unknown field": result(lambda r: r.update(bonus=3)),
    "an unknown status": verdict(status="brilliant"),
    "a status that is a list": verdict(status=[]),
    "outputs that are null": verdict(outputs=None),
    "a hint that is a number": verdict(hint=3),
    "flags that are numbers": result(lambda r: r.update(flags=[1, 2])),
    "another problem set": result(lambda r: r.update(problem_set="ps2_lstm")),
    "another student": lambda d: d.update(student="bob"),
    "another key": lambda d: d.update(key="f" * 64),
    "a key that is a number": lambda d: d.update(key=0),
    "no key": lambda d: d.pop("key"),
    "no sandbox": result(lambda r: r.update(sandbox="none")),
    "printed that is a list": lambda d: d.update(printed=[]),
    "printed by no cell": lambda d: d.update(printed={"x": {"text": ""}}),
    "printed numbers": lambda d: d.update(printed={"0": {"text": 3, "lines": []}}),
    "seconds that are text": lambda d: d.update(seconds="soon"),
    "seconds of nan": lambda d: d.update(seconds=NAN),
    "result that is null": lambda d: d.update(result=None),
}


def as_text(text: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text if isinstance(text, bytes) else text.encode())


def enormous(path: Path) -> None:
    with path.open("r+b") as file:  # sparse: it takes no room on the disk
        file.truncate(1 << 40)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.unlink()
        make(path)

    return put


# What may lie where a report should be.
FILES: dict[str, Callable[[Path], object]] = {
    "nothing": as_text(""),
    "half of it": lambda path: path.write_text(path.read_text()[:-200]),
    "a list": as_text("[]"),
    "null": as_text("null"),
    "not UTF-8": as_text(b'{"key": "\xff"}'),
    "nested deeply": as_text("[" * 200_000 + "]" * 200_000),
    "a number of many digits": as_text('{"key": ' + "9" * 10_000 + "}"),
    "a terabyte": enormous,
    "a link": linked,
    "a link to what never ends": instead(lambda path: path.symlink_to("/dev/zero")),
    "a link to itself": instead(lambda path: path.symlink_to(path.name)),
    "a pipe": instead(os.mkfifo),
    "a folder": instead(Path.mkdir),
}


STUDENTS = {"alice": {"VanillaRNN": "", "temporal_softmax_loss": ""}, "bob": {}}


@pytest.fixture(scope="module")
def root(tmp_path_factory, opened):
    """A course of two: alice left two functions out, bob none."""
    opened(None)  # skips where there is no isolation
    folder = tmp_path_factory.mktemp("cache")
    for student, functions in STUDENTS.items():
        place = folder / "submitted" / student / PS
        place.mkdir(parents=True)
        (place / f"{PS}.ipynb").write_text(json.dumps(notebook(functions)), encoding="utf-8")
    return folder


def submitted(root: Path, student: str) -> Submission:
    return read(root / "submitted" / student / PS / f"{PS}.ipynb")


def grade(root: Path, student: str) -> results.Report:
    return grading.grade(root, load(PS), submitted(root, student), student)


@pytest.fixture(scope="module")
def report(root):
    return grade(root, "alice")


@pytest.fixture
def file(tmp_path, report):
    """The report of alice under the root `tmp_path`, answering KEY."""
    results.save(tmp_path, results.Report(**{**vars(report), "key": KEY}))
    return results.path(tmp_path, PS, "alice")


def test_control_what_was_saved_is_believed(tmp_path, file, report):
    found = results.load(tmp_path, PS, "alice", KEY)
    assert found.result == report.result and found.printed == report.printed
    assert results.load(tmp_path, PS, "alice", None) == found
    assert results.load(tmp_path, PS, "alice", "f" * 64) is None


@pytest.mark.parametrize("name", SPOILT)
def test_a_report_that_cannot_be(name, tmp_path, file):
    document = json.loads(file.read_text())
    SPOILT[name](document)
    file.write_text(json.dumps(document))
    assert results.load(tmp_path, PS, "alice", KEY) is None


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_report(name, tmp_path, file):
    FILES[name](file)
    start = time.monotonic()
    assert results.load(tmp_path, PS, "alice", KEY) is None
    assert time.monotonic() - start < 5


def test_it_is_graded_anew(root, report):
    """Points that were written into a report, and those of a fellow student, are gone after the next grading."""
    assert grade(root, "bob").result.points > report.result.points
    assert grade(root, "alice") == report  # from the file: graded anew it would have taken another time
    own, fellows = (results.path(root, PS, student) for student in STUDENTS)
    for forge in (
        lambda: shutil.copy(fellows, own),
        lambda: own.write_text(own.read_text().replace('"points": 0.0', '"points": 1e9')),
        lambda: own.write_text('{"result": {"checks": []}, "printed": []}'),
    ):
        forge()
        assert grade(root, "alice").result == report.result
        assert results.load(root, PS, "alice", report.key).result == report.result


def test_what_lies_in_a_submission_is_no_report(root, report):
    """A student who knows the form of a report, and even the right key, can put it into the own folder only."""
    own, folder = results.path(root, PS, "alice"), root / "submitted" / "alice"
    forged = own.read_text().replace('"points": 0.0', '"points": 8.0')
    own.unlink()
    for place in (folder / PS / "results" / PS, folder / "results" / PS, folder / PS):
        place.mkdir(parents=True, exist_ok=True)
        (place / "alice.json").write_text(forged)
    found = course.grade_class(root, PS, jobs=1, progress=False, students=("alice",))
    assert [(o.result, o.cached) for o in found] == [(report.result, False)]


def test_the_key_of_a_report_cannot_be_guessed(root):
    """It is another one for another student, submission, problem set or secret."""
    alices, bobs, secret = submitted(root, "alice"), submitted(root, "bob"), course_secret(root)
    keys = {
        results.key(alices, load(PS), "alice", secret),
        results.key(alices, load(PS), "bob", secret),
        results.key(bobs, load(PS), "alice", secret),
        results.key(alices, load(PS), "alice", b"a guess"),
        results.key(alices, load("ps2_lstm"), "alice", secret),
    }
    assert len(keys) == 5
