"""The command line: grading one file, reproducing a verdict, and what it says when something is off."""

import json
import subprocess
import sys

import pytest

from autograder.__main__ import main
from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import load

PS1 = load("ps1_rnn")
SOLUTION = str(PS1.notebook)


@pytest.fixture(scope="module", autouse=True)
def isolation():
    try:
        with Jail():
            pass
    except JailUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("UNROLL_SECRET", "only for tests: " + "x" * 32)


def run(*args, capsys):
    code = main(["grade", "ps1_rnn", *args])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture(scope="module")
def plain_file(tmp_path_factory):
    """The solutions as one .py file, with one mistake in it."""
    cells = PS1.reference.cells
    text = "import numpy as np\n\n" + "\n\n".join(t for k, t in cells.items() if k.endswith("_solution"))
    path = tmp_path_factory.mktemp("file") / "mine.py"
    path.write_text(text.replace("np.tanh(x @ Wx + prev_h @ Wh + b)", "x @ Wx + prev_h @ Wh + b"))
    return str(path)


def test_a_notebook_as_json(capsys):
    code, out, err = run("--file", SOLUTION, "--json", capsys=capsys)
    result = json.loads(out)
    assert code == 0
    assert (result["problem_set"], result["points"], result["max_points"]) == ("ps1_rnn", 70.0, 70.0)
    assert result["sandbox"] in ("bubblewrap", "namespaces", "landlock")
    assert [c["name"] for c in result["checks"]] == [c.name for c in PS1.checks]
    assert result["flags"] == []


def test_a_plain_python_file_with_a_mistake(plain_file, capsys):
    code, out, err = run("--file", plain_file, "--json", capsys=capsys)
    result = json.loads(out)
    named = {c["name"]: c["mistake"] for c in result["checks"] if c["mistake"]}
    assert code == 0
    assert named == {"rnn_step_forward": "tanh_missing"}
    assert result["points"] == 65.0


def test_as_text_the_report_names_the_mistake(plain_file, capsys):
    code, out, err = run("--file", plain_file, capsys=capsys)
    assert code == 0
    assert "rnn_step_forward" in out and "look for the nonlinearity" in out


def test_only_some_checks(plain_file, capsys):
    args = ["--only", "rnn_forward", "--only", "VanillaRNN"]
    code, out, err = run("--file", plain_file, "--json", *args, capsys=capsys)
    checks = {c["name"]: c["status"] for c in json.loads(out)["checks"]}
    assert checks == {"VanillaRNN": "passed", "rnn_forward": "carried_forward"}


def test_a_seed_reproduces_a_verdict(plain_file, capsys):
    only = ["--only", "rnn_step_forward"]
    first = json.loads(run("--file", plain_file, "--json", *only, capsys=capsys)[1])["checks"][0]
    args = ["--student", "somebody else", "--seed", str(first["seed"])]
    again = json.loads(run("--file", plain_file, "--json", *only, *args, capsys=capsys)[1])["checks"][0]
    assert first == again


def test_another_student_has_other_inputs(plain_file, capsys):
    only = ["--only", "rnn_step_forward"]
    seeds = {
        json.loads(run("--file", plain_file, "--json", *only, "--student", s, capsys=capsys)[1])["checks"][0]["seed"]
        for s in ("ada", "bob")
    }
    assert len(seeds) == 2


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["grade", "ps9_none", "--file", SOLUTION], "no problem set 'ps9_none'"),
        (
            ["grade", "ps1_rnn", "--file", SOLUTION, "--only", "nothing"],
            "has no check named nothing; it has VanillaRNN",
        ),
        (["grade", "ps1_rnn", "--json"], "--json, --only and --seed go with --file"),
        (["grade", "ps1_rnn", "--file", "nowhere.ipynb"], "nowhere.ipynb"),
    ],
)
def test_errors_say_what_was_expected(args, sentence, capsys):
    assert main(args) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ") and sentence in err


def test_a_broken_notebook_is_an_error_and_not_a_grade(tmp_path, capsys):
    path = tmp_path / "broken.ipynb"
    path.write_text('{"cells": [')
    code, out, err = run("--file", str(path), "--json", capsys=capsys)
    assert (code, out) == (1, "")
    assert "JSON" in err


def test_as_a_command_from_anywhere(plain_file, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "autograder",
            "grade",
            "ps1_rnn",
            "--file",
            plain_file,
            "--json",
            "--only",
            "VanillaRNN",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["points"] == 8.0


def test_doctor_says_the_level(capsys):
    assert main(["doctor"]) == 0
    assert "isolated by" in capsys.readouterr().out
