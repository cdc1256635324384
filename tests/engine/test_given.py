"""What earlier problem sets taught is given to the later ones: in readable form, and beyond a student's reach."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile

import pytest

from autograder import problem_set
from autograder.problem_set import load
from autograder.release import bundle
from tests.engine.conftest import verdict

NAME = "ps2_lstm"


@pytest.fixture(scope="module")
def given():
    return load(NAME).reference.given


def test_it_is_the_earlier_solution_without_its_marks(given):
    earlier = load("ps1_rnn").reference.cells["temporal_affine_forward_solution"]
    for line in earlier.splitlines():
        assert line in given.text.splitlines() or line.strip() in problem_set.MARKERS
    documented = [node for node in ast.parse(given.text).body if isinstance(node, ast.FunctionDef)]
    assert documented and all(ast.get_docstring(node) for node in documented)
    assert given.text.startswith('"""What earlier problem sets taught and ps2_lstm needs')


def test_it_imports_like_a_file(given, tmp_path):
    (tmp_path / f"{given.name}.py").write_text(given.text)
    name = next(node.name for node in ast.parse(given.text).body if isinstance(node, ast.FunctionDef))
    code = f"from {given.name} import {name}; print({name}.__name__)"
    out = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == name


def test_students_get_it_in_their_folder(given, tmp_path):
    folder = problem_set.ROOT / "assignments" / NAME
    with zipfile.ZipFile(bundle(NAME, folder, tmp_path / "handout.zip")) as file:
        assert file.read(f"{NAME}/{given.name}.py").decode() == given.text


def test_in_the_jail_it_is_the_courses_own(grader, given):
    """A student who writes another one over it changes nothing but their own copy."""
    name = next(node.name for node in ast.parse(given.text).body if isinstance(node, ast.FunctionDef))
    grade = grader(NAME)
    setup = grade.problem_set.reference.cells["setup"]
    overwrite = f"open('{given.name}.py', 'w').write('def {name}(*a): raise RuntimeError')\n"
    result = grade({"setup": f"try:\n    {overwrite}except OSError:\n    pass\n{setup}"}, only=("lstm_step_forward",))
    assert verdict(result, "lstm_step_forward").status == "passed"


def test_what_does_not_exist_is_named():
    with pytest.raises(ValueError, match="ps9: GIVEN names rnn_walk, and ps1_rnn has no solution cell for it"):
        problem_set._given("ps9", {"ps1_rnn": ("rnn_walk",)}, problem_set.ROOT)
    assert problem_set._given("ps9", {}, problem_set.ROOT) is None
