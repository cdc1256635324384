"""The same submission and secret give the same Result, and the secret stays with the grader."""

from __future__ import annotations

import itertools
import json

import pytest

from autograder.classroom import course, gradebook
from autograder.problem_set import SECRET_FILE
from tests.attacks import forging
from tests.attacks.attack import Attack, forward
from tests.attacks.conftest import notebook

LEAKS = "raise ValueError(str(x) + str(globals()))"
STUDENTS = {
    "colluder": Attack("", "", functions=forging.ATTACKS[1].functions),
    "quitter": Attack("", "", functions=forward("import os\nos._exit(0)")),
    "leaker": Attack("", "", "import os\nprint(dict(os.environ))", functions=forward(LEAKS)),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A course of three, with its own secret."""
    folder = tmp_path_factory.mktemp("same")
    for student, attack in STUDENTS.items():
        place = folder / "submitted" / student / "ps1_rnn"
        place.mkdir(parents=True)
        text = json.dumps(notebook(attack.functions, attack.cell))
        (place / "ps1_rnn.ipynb").write_text(text, encoding="utf-8")
    return folder


def results_of(outcomes) -> dict[str, dict]:
    assert not any(outcome.problem or outcome.cached for outcome in outcomes)
    return {outcome.student: outcome.report.result.to_dict() for outcome in outcomes}


def test_on_one_two_and_four_processes(root, opened, monkeypatch):
    opened(None)  # skips where there is no isolation
    monkeypatch.delenv("UNROLL_SECRET", raising=False)
    found = [
        results_of(course.grade_class(root, "ps1_rnn", jobs=jobs, progress=False, fresh=True)) for jobs in (1, 2, 4)
    ]
    assert found[0] == found[1] == found[2]
    assert len({result["points"] for result in found[0].values()}) > 1


def test_in_any_order(opened, grade):
    jail = opened(None)
    found = [
        {student: grade(jail, STUDENTS[student]).result for student in order}
        for order in list(itertools.permutations(STUDENTS))[::2]
    ]
    assert all(results == found[0] for results in found)


def test_the_secret_is_in_one_file_only(root, opened, monkeypatch, capfd):
    opened(None)
    monkeypatch.delenv("UNROLL_SECRET", raising=False)
    outcomes = course.grade_and_record(root, "ps1_rnn", progress=False)
    gradebook.generate_feedback(root, "ps1_rnn")
    secret = (root / SECRET_FILE).read_text().strip()
    for text in (secret, bytes.fromhex(secret).hex(" "), bytes.fromhex(secret).decode("latin-1")):
        assert text not in str(outcomes) + "".join(capfd.readouterr())
        holding = [path for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
        assert holding == ([root / SECRET_FILE] if text == secret else [])
    kinds = {path.suffix for path in root.rglob("*") if path.is_file()}
    assert {".json", ".ipynb", ".html", ".csv", ".db"} <= kinds
