"""The house: lint and format, as pre-commit has them too, types, and notebooks as they are to be kept."""

import json
import subprocess
import sys

import pytest

from autograder.problem_set import ROOT

NOTEBOOKS = sorted([*ROOT.glob("solutions/*/*.ipynb"), *ROOT.glob("autograder/template/*.ipynb")])


TOOLS = [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy", "autograder", "unroll")]


@pytest.mark.parametrize("command", TOOLS, ids=" ".join)
def test_tidy(command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_are_kept_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
