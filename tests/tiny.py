"""A problem set of two functions and one written question, to plant faults in and to add questions to."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.problem_set import read
from autograder.release import write_expected
from autograder.verify.freshness import fresh
from unroll.expected import FILE

NAME = "tiny"
FORWARD = '''\
def affine_forward(x, w, b):
    """An affine map.

    Args:
        x (N, D): inputs. w (D, M), b (M,): parameters.

    Returns:
        out (N, M): outputs.
        cache: for the backward pass.
    """
    ### BEGIN SOLUTION
    out = x @ w + b
    cache = (x, w)
    ### END SOLUTION
    return out, cache'''
BACKWARD = '''\
def affine_backward(dout, cache):
    """Backward pass of affine_forward.

    Args:
        dout (N, M): gradient of the loss with respect to out.
        cache: from affine_forward.

    Returns:
        dx (N, D), dw (D, M), db (M,): gradients with respect to the inputs and the parameters.
    """
    ### BEGIN SOLUTION
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    ### END SOLUTION
    return dx, dw, db'''
ANSWER = (
    "### BEGIN SOLUTION\nThe bias is used N times.\n\n**Rubric (20 points).** The sum 10, why 10.\n### END SOLUTION"
)
TABLE = """\
from autograder.check import Case, Check, Gradient, Mistake

CASES = (Case({"N": 3, "D": 4, "M": 5}, 0.8), Case({"N": 1, "D": 4, "M": 2}, 0.2, "N = 1"))


def draw(rng, data, N, D, M):
    return {"x": rng.standard_normal((N, D)), "w": rng.standard_normal((D, M)), "b": rng.standard_normal(M)}


def draw_backward(rng, data, N, D, M):
    return {**draw(rng, data, N, D, M), "dout": rng.standard_normal((N, M))}


def call_forward(code, x, w, b):
    out, cache = code.affine_forward(x, w, b)
    return (out,)


def call_backward(code, x, w, b, dout):
    out, cache = code.affine_forward(x, w, b)
    return code.affine_backward(dout, cache)


def value(code, x, w, b, dout):
    out, cache = code.affine_forward(x, w, b)
    return out


CHECKS = (
    Check(
        name="affine_forward",
        draw=draw,
        call=call_forward,
        outputs=("out",),
        cases=CASES,
        mistakes=(Mistake("bias_missing", "The bias has no influence.", (("x @ w + b", "x @ w"),)),),
    ),
    Check(
        name="affine_backward",
        draw=draw_backward,
        call=call_backward,
        outputs=("dx", "dw", "db"),
        cases=CASES,
        needs=("affine_forward",),
        mistakes=(
            Mistake("db_of_one", "Only one example reaches db.", (("dout.sum(axis=0)", "dout[0] + 0 * x[0, 0]"),)),
            Mistake("dw_of_ones", "The inputs do not reach dw.", (("x.T @ dout", "(0 * x + 1).T @ dout"),)),
        ),
        gradient=Gradient(value, "dout", (("dx", "x"), ("dw", "w"), ("db", "b"))),
    ),
)
"""


def marks(grade_id: str, *, grade: bool, solution: bool, locked: bool, points: float | None = None) -> dict:
    found = {"grade_id": grade_id, "grade": grade, "solution": solution, "locked": locked, "schema_version": 3}
    return {"nbgrader": {**found, "task": False} | ({} if points is None else {"points": points})}


def cells(points: tuple[float, float, float] = (30, 50, 20)) -> list:
    """The solution notebook's cells; a test may change them."""
    made = [new_code_cell("import numpy as np", metadata=marks("setup", grade=False, solution=False, locked=True))]
    for name, text, worth in (("affine_forward", FORWARD, points[0]), ("affine_backward", BACKWARD, points[1])):
        given = marks(f"{name}_solution", grade=False, solution=True, locked=False)
        graded = marks(name, grade=True, solution=False, locked=True, points=worth)
        made += [new_code_cell(text, metadata=given), new_code_cell(f"check({name})", metadata=graded)]
    written = marks("written_bias", grade=True, solution=True, locked=False, points=points[2])
    return [*made, new_markdown_cell(ANSWER, metadata=written)]


def write(root: Path, notebook: list | None = None, table: str = TABLE) -> None:
    """Write the set to `root`: the notebook's cells and the text of the table."""
    path = root / "solutions" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nb = new_notebook(
        cells=notebook or cells(), metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    for i, cell in enumerate(nb.cells):
        cell.id = f"cell-{i}"
    path.write_text(json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    (root / "autograder" / "checks").mkdir(parents=True, exist_ok=True)
    (root / "autograder" / "checks" / f"{NAME}.py").write_text(table, encoding="utf-8")


def release(root: Path) -> None:
    """Write what students get to `root`/assignments, whatever is wrong with the set."""
    problem_set, _ = read(NAME, root)
    folder = root / "assignments" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(fresh(problem_set), folder / f"{NAME}.ipynb")
    write_expected(problem_set, folder / FILE)
