"""What may be handed in under a notebook's name, graded: repaired or left to a person, never lost."""

import hashlib
import json
import os
import random
import subprocess
import sys

import pytest

from autograder.classroom import course, gradebook, grading
from autograder.problem_set import ROOT
from autograder.submission import Unreadable, load
from bench import fuzz
from bench.crashes import PS, make_class
from tests.test_nbgrader import notebook_of


def changed(**fields):
    return lambda document: document | fields


def each_cell(change):
    def edit(document):
        for cell in document["cells"]:
            change(cell)
        return document

    return edit


def format_three(document):
    cells = [{**c, "input": "".join(c["source"])} if c["cell_type"] == "code" else c for c in document.pop("cells")]
    return {**document, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def first_cell(**fields):
    def edit(document):
        document["cells"][0].update(fields)
        return document

    return edit


def text(edit):
    return lambda document: edit(json.dumps(document)).encode("utf-8", "surrogatepass")


REPAIRED = {  # what is done to a right notebook -> the flag
    "bom": (text(lambda t: f"\ufeff{t}"), "byte order mark"),
    "twokeys": (text(lambda t: t.replace("{", '{"nbformat": 4, ', 1)), "a key twice"),
    "nul": (first_cell(source="a\0b\ud800"), "no text may hold"),
    "oldformat": (format_three, "old format 3"),
    "nometadata": (changed(metadata=None), "no metadata"),
    "rkernel": (changed(metadata={"kernelspec": {"language": "R", "name": "ir"}}), "saved with a R kernel"),
}
LEFT_OPEN = {
    "number": (first_cell(source=3), "expected to be text; it is a int"),
    "oddtype": (first_cell(cell_type=["code"]), "expected to be code, markdown or raw"),
    "latin": (lambda _: '{"cells": "caf\xe9"}'.encode("latin-1"), "byte 15 is not"),
    "utf16": (lambda d: json.dumps(d).encode("utf-16"), "it is UTF-16"),
    "million": (lambda _: b'{"nbformat": 4, "cells": [' + b"{}," * 999_999 + b"{}]}", "at most 2,000 cells"),
    "deep": (lambda _: b"[" * 200_000, "nested too deeply"),
    "nothing": (lambda _: b"", "is empty"),
    "five": (changed(nbformat=5), "this one says 5"),
}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course in which everyone handed in a right notebook with one thing done to it; (root, digests, outcomes)."""
    root = tmp_path_factory.mktemp("untrusted") / "course"
    make_class(root, ("avocet",))
    right = notebook_of(root, "avocet").read_bytes()
    for student, (change, _) in {**REPAIRED, **LEFT_OPEN}.items():
        made = change(json.loads(right))
        write(root, student, made if isinstance(made, bytes) else json.dumps(made).encode())
    write(root, "readonly", right).chmod(0o400)
    with write(root, "huge", b"{").open("r+b") as file:
        file.truncate(200_000_000)
    secret = root.parent / "secret.ipynb"
    secret.write_bytes(right)
    for student in ("link", "pipe", "alias"):
        write(root, student, right).unlink()
    notebook_of(root, "link").symlink_to(secret)
    os.mkfifo(notebook_of(root, "pipe"))
    notebook_of(root, "alias").parent.rmdir()
    notebook_of(root, "alias").parent.symlink_to(notebook_of(root, "avocet").parent)
    for name in ("..\u2215escape", "a\u202eb", "e\u0301va", "\u00e9va"):
        write(root, name, right)
    before = digests(root)
    outcomes = course.grade_and_record(root, PS, progress=False)
    return root, before, {outcome.student: outcome for outcome in outcomes}


def write(root, student, content):
    path = notebook_of(root, student)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def digests(root):
    """Every submitted file: kind, mode, and a hash of its bytes."""
    found = {}
    for path in sorted((root / "submitted").rglob("*")):
        status = path.lstat()
        regular = path.is_file() and not path.is_symlink() and status.st_size < 100_000_000
        content = hashlib.sha256(path.read_bytes()).hexdigest() if regular else status.st_size
        found[str(path)] = (status.st_mode, content)
    return found


@pytest.mark.parametrize("student", [*REPAIRED, "readonly", "avocet"])
def test_what_can_surely_be_repaired_costs_nothing(handed_in, student):
    outcome = handed_in[2][student]
    assert outcome.result.points == outcome.result.max_points == 70
    expected = REPAIRED[student][1] if student in REPAIRED else ""
    assert bool(outcome.flags) == bool(expected) and expected in " ".join(outcome.flags)


OPEN = {student: sentence for student, (_, sentence) in LEFT_OPEN.items()} | {
    "huge": "larger than 20 MB",
    "link": "it is a link",
    "pipe": "it is a special file",
    "alias": "The folder of alias is a link to another folder.",
    "..\u2215escape": "expected to be named like a student",
    "a\u202eb": "expected to be named like a student",
    "e\u0301va": "the same name but for its letters' case or form",
    "\u00e9va": "the same name but for its letters' case or form",
}


@pytest.mark.parametrize("student", OPEN)
def test_the_rest_is_left_to_a_person_with_the_reason(handed_in, student):
    root, _, outcomes = handed_in
    assert outcomes[student].result is None and OPEN[student] in outcomes[student].problem
    assert outcomes[student].problem.endswith(".")
    recorded = gradebook.scores(root, PS)
    if course.STUDENT.fullmatch(student):
        assert set(recorded[student].values()) == {None}  # neither zero nor full
    else:
        assert student not in recorded


def test_what_was_handed_in_is_as_it_was(handed_in):
    root, before, outcomes = handed_in
    assert digests(root) == before and len(outcomes) == len(REPAIRED) + len(OPEN) + 2
    assert not list(root.parent.glob("escape*"))


@pytest.mark.parametrize("student", ["link", "pipe"])
def test_nbgraders_own_command_stops_at_none_of_them(handed_in, student):
    root = handed_in[0]
    command = [sys.executable, "-m", "nbgrader", "autograde", PS, "--student", student, "--force"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "UNROLL_COURSE": str(root)}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (0, 1), done.stderr
    scores = gradebook.scores(root, PS)[student]
    assert set(scores.values()) == {None}


# Damage by chance. What was found so is below, for good.


def test_damaged_notebooks_are_read_or_refused():
    released = grading.released_notebook(PS)
    inputs = fuzz.notebooks(random.Random(5), released, 1_000)
    found, slowest, growth = fuzz.tried(inputs, lambda data: fuzz.read_notebook(data, released), 1_000)
    assert sum(found.values()) == 1_000 and len(found) == 2 and min(found.values()) > 200
    assert slowest < fuzz.SLOW and growth < 100_000


def test_damaged_messages_are_decoded_or_refused():
    found, slowest, growth = fuzz.tried(fuzz.messages(random.Random(5), 8_000), fuzz.read_message, 8_000)
    assert sum(found.values()) == 8_000 and min(found["read"], found["refused"]) > 100
    assert slowest < fuzz.SLOW and growth < 100_000


FOUND = {
    "a list as the type of a cell": b'{"nbformat": 4, "cells": [{"cell_type": ["code"], "source": ""}]}',
    "an object as the type of a cell": b'{"nbformat": 4, "cells": [{"cell_type": {}, "source": ""}]}',
}


@pytest.mark.parametrize("name", FOUND)
def test_found_by_damage(tmp_path, name):
    path = tmp_path / "ps.ipynb"
    path.write_bytes(FOUND[name])
    with pytest.raises(Unreadable, match="Cell 1 was expected to be code, markdown or raw"):
        load(path)


def test_a_mark_of_byte_order_within_a_name_is_not_shown(tmp_path):
    marks = {"grade_id": "rnn_\ufeffforward", "solution": True}
    cell = {"cell_type": "code", "source": "x", "metadata": {"nbgrader": marks}}
    (tmp_path / "ps.ipynb").write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}))
    found = fuzz.read_notebook((tmp_path / "ps.ipynb").read_bytes(), grading.released_notebook(PS))
    assert found == "read, with flags"
