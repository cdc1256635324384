"""Cells for a new function in a solution notebook: a text, the solution with its marks, and the check after it."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.problem_set import MARKERS, ROOT, names

TEXT = "Say why, in words, and give the equation with its shapes."
SOLUTION = f'''\
def {{name}}(x):
    """One sentence that says what it does.

    Args:
        x (N, D): what it is.

    Returns:
        out (N, D): what it is.
    """
    {MARKERS[0]}
    out = x
    {MARKERS[1]}
    return out'''


def new_question(problem_set: str, name: str, points: float, after: str, root: Path = ROOT) -> Path:
    """Insert a text cell, NAME_solution and NAME right after the cell with the grade_id `after`; returns the notebook.

    The notebook stays as Jupyter writes it: nothing else of it changes. Raises ValueError if the problem set or the
    cell `after` is not there, if a cell NAME is, if `name` is no name of a function, or if there are no points.
    """
    path = root / "solutions" / problem_set / f"{problem_set}.ipynb"
    if not path.is_file():
        raise ValueError(
            f"no problem set {problem_set!r}: expected {path}; there are {', '.join(names(root)) or 'none'}"
        )
    if not name.isidentifier():
        raise ValueError(f"expected the name of a function, found {name!r}; use letters, digits and _")
    if not points > 0:
        raise ValueError(f"expected a number of points above 0, found {points:g}")
    nb = json.loads(path.read_text(encoding="utf-8"))
    place = {cell["metadata"].get("nbgrader", {}).get("grade_id"): i for i, cell in enumerate(nb["cells"])}
    if name in place or f"{name}_solution" in place:
        raise ValueError(f"{problem_set} has a cell {name} already; choose another name, or edit that cell")
    if after not in place:
        known = ", ".join(k for k in place if k)
        raise ValueError(f"{problem_set} has no cell with the grade_id {after!r}; it has {known}")
    text = {"cell_type": "markdown", "id": f"{name}-text".replace("_", "-"), "metadata": {}, "source": [TEXT]}
    solution = _cell(f"{name}_solution", SOLUTION.format(name=name), solution=True)
    check = _cell(
        name, f"check({name})", grade=True, locked=True, points=int(points) if points == int(points) else points
    )
    nb["cells"][place[after] + 1 : place[after] + 1] = [text, solution, check]
    path.write_text(json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _cell(grade_id: str, source: str, **marks) -> dict:
    """A code cell with nbgrader's marks, as JSON; its id says what it holds."""
    known = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": grade_id.replace("_", "-"),
        "metadata": {"nbgrader": {**known, "grade_id": grade_id, **marks}},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
