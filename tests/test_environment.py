"""The environment for conda is that of pyproject.toml, and the Makefile explains itself."""

import os
import re
import subprocess
import tomllib

import pytest
import yaml

from autograder.notebook_text import as_text
from autograder.problem_set import ROOT


def test_conda_and_pip_install_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {*project["dependencies"], *extras["test"]}
    assert {*extras["cluster"], *extras["postgres"]} <= {*extras["test"]}
    wanted.add(f"python{project['requires-python']}")
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    found = {entry for entry in listed if isinstance(entry, str)} | set(pip)
    assert {normal(d) for d in found} - {"pip", "--editable."} == {normal(d) for d in wanted}


def normal(requirement):
    return re.sub(r"\s+", "", requirement).lower()


def test_make_alone_prints_every_target():
    help_text = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {
        "env",
        "demo",
        "test",
        "data",
        "data-coco",
        "release",
        "grade",
        "feedback",
        "report",
        "lab",
        "doctor",
        "bench",
        "clean",
    } <= {*targets}
    for target in targets:
        assert re.search(rf"^  {target} ", help_text, re.MULTILINE), target


@pytest.mark.parametrize(
    ("named", "environment", "course"),
    [([], {}, "."), ([], {"UNROLL_COURSE": "/a"}, "/a"), (["COURSE=/b"], {"UNROLL_COURSE": "/a"}, "/b")],
)
def test_make_knows_the_course_from_either_variable(named, environment, course):
    rest = {name: value for name, value in os.environ.items() if name not in ("COURSE", "UNROLL_COURSE")}
    command = ["make", "-s", "--no-print-directory", "--eval", "show:; @echo $$UNROLL_COURSE", *named, "show"]
    done = subprocess.run(command, cwd=ROOT, env=rest | environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"{course}\n"


def test_notebooks_are_shown_as_text():
    notebook = """{"cells": [
        {"cell_type": "markdown", "source": ["# Title\\n", "text"], "metadata": {}},
        {"cell_type": "code", "source": "x = 1",
         "metadata": {"tags": ["figure"], "nbgrader": {"grade_id": "f", "points": 2}}}
    ]}"""
    assert as_text(notebook) == "# %% markdown\n# # Title\n# text\n\n# %% code f points=2 #figure\nx = 1\n"
    assert as_text("no notebook") == "no notebook"
