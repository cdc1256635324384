"""Whether what students get is what a release would make today, and whether its stubs fit the solutions."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.agreement import notebook_of, table_of
from autograder.flaw import Flaw
from autograder.problem_set import ProblemSet
from autograder.release import same_content, write_expected
from autograder.verify.grader import solutions
from unroll.expected import FILE

MARKS = ("grade_id", "grade", "solution", "locked", "points")


def fresh(problem_set: ProblemSet) -> NotebookNode:
    """The students' notebook, as nbgrader would make it now."""
    from nbgrader.preprocessors import ClearSolutions  # here: it costs a second, and not every process needs it

    nb, _ = ClearSolutions().preprocess(nbformat.read(problem_set.notebook, as_version=4), {})
    return nb


def freshness(problem_set: ProblemSet, root: Path) -> Iterator[Flaw]:
    """What is wrong with the stubs, and what has changed since the last release to `root`/assignments."""
    name = problem_set.name
    try:
        made = fresh(problem_set)
    except RuntimeError as refused:
        found = f"that it refuses: {refused}"
        yield Flaw(notebook_of(name), "a notebook that nbgrader can release", found, "put the solution marks in order")
        return
    yield from _signatures(problem_set, made, notebook_of(name), "keep the line with def outside the solution marks")
    folder, todo = root / "assignments" / name, f"run make release PS={name} and commit assignments/"
    path = folder / f"{name}.ipynb"
    if not path.is_file():
        yield Flaw(f"assignments/{name}", "a release", "none", todo)
        return
    released = nbformat.read(path, as_version=4)
    old = list(_signatures(problem_set, released, f"assignments/{name}/{name}.ipynb", todo))
    yield from old
    now, then = ([(c.cell_type, c.source, _marks(c)) for c in nb.cells] for nb in (made, released))
    if now != then and not old:
        other = next((c for c in then if c not in now), None) or next((c for c in now if c not in then), None)
        what = f"another cell {other[2].get('grade_id', '')}".rstrip() if other else "another order of cells"
        yield Flaw(f"assignments/{name}/{name}.ipynb", "the solution notebook without its solutions", what, todo)
    if (given := problem_set.reference.given) is not None:
        there = folder / f"{given.name}.py"
        if not there.is_file() or there.read_text(encoding="utf-8") != given.text:
            found = "another text" if there.is_file() else "no such file"
            yield Flaw(f"assignments/{name}/{given.name}.py", "today's solutions of earlier sets", found, todo)
    yield from _expected(problem_set, folder / FILE, todo)


def _expected(problem_set: ProblemSet, path: Path, todo: str) -> Iterator[Flaw]:
    with tempfile.TemporaryDirectory() as scratch:
        now = Path(scratch) / FILE
        try:
            write_expected(problem_set, now)
        except Exception as error:  # whatever a table's functions raise
            found = f"{type(error).__name__}: {error}"
            yield Flaw(table_of(problem_set.name), f"an {FILE} that can be made", found, "change draw or call")
            return
        if not path.is_file():
            yield Flaw(f"assignments/{problem_set.name}/{FILE}", "what check compares with", "no such file", todo)
        elif not same_content(path, now):
            found = "other inputs, outputs, mistakes or hints than a release would write now"
            yield Flaw(f"assignments/{problem_set.name}/{FILE}", "what check compares with, up to date", found, todo)


def _signatures(problem_set: ProblemSet, nb: NotebookNode, place: str, todo: str) -> Iterator[Flaw]:
    """Where a stub defines something else than the solution, or is finished already."""
    sources = {_marks(c).get("grade_id"): c.source for c in nb.cells}
    for check in problem_set.checks:
        key = f"{check.name}_solution"
        if key in sources:
            wanted, found = heading(solutions(problem_set)[check.name]), heading(sources[key])
            if wanted != found:
                yield Flaw(f"{place}, cell {key}", f"a stub that begins {wanted}", found, todo)


def heading(text: str) -> str:
    """The function or class of a cell with the arguments of its functions: ``def f(x, w)``; for messages too."""
    try:
        nodes = ast.parse(text).body
    except SyntaxError as error:
        return f"text that is not Python ({error.msg}, line {error.lineno})"
    found = []
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            found.append(f"def {node.name}({ast.unparse(node.args)})")
        elif isinstance(node, ast.ClassDef):
            methods = [f"{m.name}({ast.unparse(m.args)})" for m in node.body if isinstance(m, ast.FunctionDef)]
            found.append(f"class {node.name} with {', '.join(methods)}")
    return "; ".join(found) or "no function"


def _marks(cell: NotebookNode) -> dict:
    marks = cell.metadata.get("nbgrader", {})
    return {k: marks[k] for k in MARKS if k in marks}
