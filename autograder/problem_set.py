"""A problem set: its solution notebook and its table of checks, loaded and held against each other."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import importlib.util
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.agreement import disagreements
from autograder.check import Check
from autograder.code import Given, Reference
from autograder.flaw import Flaw

ROOT = Path(__file__).resolve().parents[1]
NOT_RUN = frozenset({"figure", "training"})  # tags of cells that grading leaves out
SECRET_FILE = ".unroll_secret"
MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


@dataclass(frozen=True)
class ProblemSet:
    """A loaded problem set.

    points: check name -> points, from the notebook. written: grade_id -> points of manually graded answers.
    not_run: grade_ids of the student's cells that are not executed when grading. digest: of the notebook
    and what is given with it. hints: who sees them: "notebook" (students, in `check` and in feedback), "feedback"
    (students, in feedback alone) or "off" (staff alone). total: what points and written are meant to sum to.
    """

    name: str
    notebook: Path
    checks: tuple[Check, ...]
    reference: Reference
    points: Mapping[str, float]
    written: Mapping[str, float]
    not_run: frozenset[str]
    digest: str
    hints: str = "notebook"
    total: float = 100.0

    @property
    def max_points(self) -> float:
        return sum(self.points.values())

    def check(self, name: str) -> Check:
        for check in self.checks:
            if check.name == name:
                return check
        known = ", ".join(c.name for c in self.checks)
        raise KeyError(f"{self.name} has no check named {name!r}; it has {known}")


def names(root: Path = ROOT) -> list[str]:
    """The problem sets there are: folders of solutions/ that hold a notebook of their own name."""
    return sorted(p.parent.name for p in (root / "solutions").glob("*/*.ipynb") if p.stem == p.parent.name)


@functools.lru_cache(maxsize=8)
def load(name: str, root: Path = ROOT) -> ProblemSet:
    """Load a problem set by name, e.g. ``"ps1_rnn"``.

    root: the folder with solutions/NAME and autograder/checks/NAME.py.
    Raises ValueError with what to do if the notebook and the table of checks disagree.
    """
    problem_set, flaws = read(name, root)
    if flaws:
        raise ValueError(str(flaws[0]))
    return problem_set


def read(name: str, root: Path = ROOT) -> tuple[ProblemSet, list[Flaw]]:
    """A problem set as it is, and everything that keeps `load` from using it. Raises ValueError if there is none."""
    path = root / "solutions" / name / f"{name}.ipynb"
    if not path.is_file():
        raise ValueError(f"no problem set {name!r}: expected {path}; there are {', '.join(names(root)) or 'none'}")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    table = _table(name, root)
    points, written, not_run, code = {}, {}, set(), {}
    for cell in cells:
        mark = cell["metadata"].get("nbgrader", {})
        grade_id = mark.get("grade_id", "")
        if mark.get("grade") and cell["cell_type"] == "code" and not mark.get("solution"):
            points[grade_id] = float(mark["points"])
            not_run.add(grade_id)
        elif mark.get("grade"):
            written[grade_id] = float(mark["points"])
        elif cell["cell_type"] == "code":
            if NOT_RUN & set(cell["metadata"].get("tags", ())):
                not_run.add(grade_id)
            else:
                code[grade_id] = "".join(cell["source"])
    checks = tuple(_with_functions(c) for c in table.CHECKS)
    reference = Reference(code, _given(name, getattr(table, "GIVEN", {}), root))
    hints, total = getattr(table, "HINTS", "notebook"), float(getattr(table, "TOTAL", 100))
    flaws = list(disagreements(name, checks, points, reference, hints))
    given = reference.given.text if reference.given else ""
    digest = hashlib.sha256(path.read_bytes() + given.encode()).hexdigest()
    left_out = frozenset(not_run)
    return ProblemSet(name, path, checks, reference, points, written, left_out, digest, hints, total), flaws


def _table(name: str, root: Path) -> ModuleType:
    """The module autograder/checks/NAME.py, of this repository or of another folder."""
    if root == ROOT:
        return importlib.import_module(f"autograder.checks.{name}")
    spec = importlib.util.spec_from_file_location(name, root / "autograder" / "checks" / f"{name}.py")
    assert spec is not None and spec.loader is not None  # its name ends in .py
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    return table


def _given(name: str, wanted: Mapping[str, tuple[str, ...]], root: Path) -> Given | None:
    """The module of what earlier problem sets taught. wanted: problem set -> its functions, in order."""
    if not wanted:
        return None
    parts = [
        f'"""What earlier problem sets taught and {name} needs: one solution of many, to read and to use."""\n\n'
        "import numpy as np\n"
    ]
    for earlier, functions in wanted.items():
        cells = load(earlier, root).reference.cells
        for function in functions:
            if f"{function}_solution" not in cells:
                raise ValueError(f"{name}: GIVEN names {function}, and {earlier} has no solution cell for it")
            lines = cells[f"{function}_solution"].splitlines()
            text = "\n".join(line for line in lines if line.strip() not in MARKERS)
            parts.append(f"\n\n# from {earlier}\n{text.strip()}\n")
    return Given(f"given_{name}", "".join(parts))


def _with_functions(check: Check) -> Check:
    """Fill in the function a mistake edits where the table leaves it to be the check's own."""
    mistakes = tuple(m if m.function else replace(m, function=check.name) for m in check.mistakes)
    return replace(check, mistakes=mistakes)


@functools.lru_cache(maxsize=1)
def drawing_data() -> Mapping[str, Any]:
    """The data set inputs are drawn from: the embedded one, built on first use."""
    from unroll import coco, data

    return coco.load_coco_data(base_dir=data.ensure("tiny"))


def course_secret(root: Path = ROOT) -> bytes:
    """The secret that makes each student's inputs unpredictable: UNROLL_SECRET, else a file made on first use."""
    if os.environ.get("UNROLL_SECRET"):
        return os.environ["UNROLL_SECRET"].encode()
    path = Path(root) / SECRET_FILE
    if not path.exists():
        _make_secret(path)
    secret = path.read_text().strip()
    if len(secret) < 32:
        raise ValueError(
            f"{path}: expected a secret of at least 32 characters, found {len(secret)}; "
            "restore it from your backup, or delete it and grade everyone again"
        )
    return secret.encode()


def _make_secret(path: Path) -> None:
    """Write a secret, whole or not at all; if another process is faster, its secret stays."""
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
