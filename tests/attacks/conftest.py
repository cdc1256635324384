"""Grade an attack from end to end: a notebook is written, read strictly, and its cells run in a real jail."""

from __future__ import annotations

import copy
import functools
import json
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

import h5py
import pytest

from autograder import engine, session, trial
from autograder.check import Result
from autograder.classroom.grading import released_notebook
from autograder.problem_set import ROOT, load
from autograder.submission import read
from autograder.verify.grader import solutions
from tests.attacks.attack import AFFINE, STUB, Attack
from tests.jails import ISOLATING

SECRET = b"a secret that no worker holds: 0x5eed"


@dataclass(frozen=True)
class Seen:
    """What came of a submission: its Result and all that its cells printed."""

    result: Result
    printed: str

    @property
    def points(self) -> float:
        return self.result.points


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Short time limits, so that what never ends is stopped soon. They count processor time."""
    monkeypatch.setattr(session, "CELL_SECONDS", 1.0)
    monkeypatch.setattr(trial, "CALL_SECONDS", (0.5, 1.0))


@functools.cache
def texts() -> dict[str, str]:
    """function -> the text of its solution cell."""
    return solutions(load("ps1_rnn"))


def notebook(functions=(), cell: str = "", edit=None) -> dict:
    """A submission as JSON: the released notebook with right solutions, or the given ones."""
    nb = copy.deepcopy(json.loads(json.dumps(released_notebook("ps1_rnn"))))
    wanted = {**texts(), **{k: v or STUB.format(k) for k, v in dict(functions).items()}}
    for found in nb["cells"]:
        name = found["metadata"].get("nbgrader", {}).get("grade_id", "").removesuffix("_solution")
        if name in wanted and found["metadata"]["nbgrader"]["solution"]:
            found["source"] = wanted[name]
    at = 1 + next(i for i, c in enumerate(nb["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == "setup")
    nb["cells"].insert(at, {"cell_type": "code", "source": cell, "metadata": {}})
    if edit:
        edit(nb)
    return nb


@pytest.fixture
def grade(tmp_path, places):
    """``grade(jail, attack)``: the attack's submission, read from a file and graded."""

    def run(jail, attack: Attack | None = None, *, honest=False) -> Seen:
        attack = attack or Attack("none", "")
        functions, cell, edit = attack.functions, places(attack.cell), attack.edit
        if honest:
            functions, cell, edit = attack.without, "", None
        path = tmp_path / "ps1_rnn.ipynb"
        path.write_text(json.dumps(notebook({k: places(v) for k, v in functions.items()}, cell, edit)))
        return grade_file(jail, path, attack.only)

    return run


def grade_file(jail, path: Path, only=AFFINE, student="mallory") -> Seen:
    submission = read(path, released=released_notebook("ps1_rnn"))
    graded = engine.grade(submission, load("ps1_rnn"), jail, student=student, secret=SECRET, only=only)
    return Seen(graded.result, "".join(cell.stdout + cell.stderr for cell in graded.cells.values()))


@pytest.fixture(scope="session")
def places():
    """Puts real prizes into an attack's text: files, ports, a pid. They can be had by anybody outside a jail."""
    with tempfile.TemporaryDirectory(prefix="unroll-attacks-") as name:
        os.chmod(name, 0o755)  # unlike pytest's own folders
        yield from _prizes(Path(name))


def _prizes(folder: Path):
    other = folder / "other_student.ipynb"
    other.write_text("somebody else's work")
    numbers = folder / "numbers.h5"
    with h5py.File(numbers, "w") as file:
        file["x"] = [42.0]
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as abstract,
    ):
        name = f"attacks-{os.getpid()}"
        abstract.bind("\0" + name)
        abstract.listen()
        known = {
            "<prize>": str(ROOT / "solutions/ps1_rnn/ps1_rnn.ipynb"),
            "<source>": str(ROOT / "autograder/check.py"),
            "<expected>": str(ROOT / "assignments/ps1_rnn/expected.h5"),
            "<numbers>": str(numbers),
            "<root>": str(ROOT),
            "<grader>": str(os.getpid()),
            "<secret 1>": SECRET.decode()[:20],
            "<2 terces>": SECRET.decode()[20:][::-1],
            "<other>": str(other),
            "<tcp>": str(tcp.getsockname()[1]),
            "<socket>": name,
        }

        def put(text: str) -> str:
            for word, value in known.items():
                text = text.replace(word, value)
            return text

        yield put
    assert other.read_text() == "somebody else's work"


def pytest_generate_tests(metafunc):
    """`level`: the best level, and with UNROLL_ALL_ATTACKS=1 every isolating one that is tried here."""
    if "level" in metafunc.fixturenames:
        every = os.environ.get("UNROLL_ALL_ATTACKS") == "1"
        metafunc.parametrize("level", ISOLATING if every else [None], ids=lambda level: level or "best")
