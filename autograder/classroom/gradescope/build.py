"""The zip to upload to Gradescope: what it takes to grade one problem set, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import os
from pathlib import Path

from autograder import parcel
from autograder.classroom.gradescope.results import FAULT_FILE, SETTINGS, VISIBILITIES, fault
from autograder.classroom.grading import released_notebook
from autograder.problem_set import ROOT, SECRET_FILE, course_secret, load, names

SCRIPTS = ("setup.sh", "run_autograder")
NOT_FOR_GRADING = ("nbgrader", "jupyterlab")  # dependencies that grading does without
OF_THOSE = ("ipython>=8.12", "nbformat>=5.9")  # what grading needs of what they bring along


def build_zip(
    problem_set: str,
    path: str | os.PathLike,
    *,
    course: Path = ROOT,
    visibility: str = "visible",
    allow_no_isolation: bool = False,
) -> Path:
    """Write the autograder zip of a problem set to `path`; the same course and repository give the same bytes.

    course: the folder with the course secret; the zip holds another one that is derived from it.
    visibility: when students see the checks, one of VISIBILITIES.
    allow_no_isolation: grade even where Gradescope's container offers no isolation.
    Raises ValueError if there is no such problem set or visibility, or if nothing was released yet.
    """
    if visibility not in VISIBILITIES:
        raise ValueError(f"visibility {visibility!r}: expected one of {', '.join(VISIBILITIES)}")
    load(problem_set)
    released_notebook(problem_set)
    settings = {"problem_set": problem_set, "visibility": visibility, "allow_no_isolation": allow_no_isolation}
    files = _repository_files(problem_set)
    files[SETTINGS] = f"{json.dumps(settings, indent=1)}\n".encode()
    files[FAULT_FILE] = f"{json.dumps(fault(), indent=1)}\n".encode()
    files[SECRET_FILE] = f"{zip_secret(course_secret(course), problem_set)}\n".encode()
    files["requirements.txt"] = parcel.requirements(NOT_FOR_GRADING, *OF_THOSE)
    return parcel.write_zip(Path(path), files, programs=SCRIPTS, secrets=[SECRET_FILE])


def zip_secret(secret: bytes, problem_set: str) -> str:
    """The secret of a zip. It gives the course secret away to nobody, and is the same when the zip is built again."""
    return hmac.new(secret, b"gradescope\0" + problem_set.encode(), hashlib.sha256).hexdigest()


def command(problem_set: str, course: Path, *, path: Path, visibility: str, allow_no_isolation: bool) -> str:
    """Build the zip and say what to do with it."""
    made = build_zip(problem_set, path, course=course, visibility=visibility, allow_no_isolation=allow_no_isolation)
    points = load(problem_set).max_points
    lines = [
        f"{made}: upload it to a Gradescope programming assignment of {points:g} autograder points "
        "(docs/gradescope.md goes through the steps).",
        "It holds solutions and a secret: show it to nobody who hands in.",
    ]
    if allow_no_isolation:
        lines.append("It grades WITHOUT ISOLATION where the container offers none, and then every grade says so.")
    return "\n".join(lines)


def _repository_files(problem_set: str) -> dict[str, bytes]:
    """Path in the zip -> content."""
    needed = _builds_on(problem_set)
    paths = [ROOT / "pyproject.toml", ROOT / "assignments" / problem_set / f"{problem_set}.ipynb"]
    paths += [ROOT / "solutions" / name / f"{name}.ipynb" for name in needed]
    paths += [p for p in (ROOT / "unroll").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    foreign = {n.partition("_")[0] for n in names()} - {n.partition("_")[0] for n in needed}
    checks = ROOT / "autograder" / "checks"
    for p in (ROOT / "autograder").rglob("*.py"):
        of_set = p.relative_to(checks).parts[0].partition("_")[0] if p.is_relative_to(checks) else ""
        if of_set not in foreign:
            paths.append(p)
    files = {p.relative_to(ROOT).as_posix(): p.read_bytes() for p in paths}
    return files | {name: Path(__file__).with_name(name).read_bytes() for name in SCRIPTS}


def _builds_on(problem_set: str) -> list[str]:
    """The problem set and those whose solutions its students are given."""
    found = [problem_set]
    for name in found:
        given = getattr(importlib.import_module(f"autograder.checks.{name}"), "GIVEN", {})
        found += [earlier for earlier in given if earlier not in found]
    return found
