"""What every problem set's notebook has in common: its form, its conventions, and what a student sees of it."""

from __future__ import annotations

import ast
import json
import re

import nbformat
import pytest

from autograder.problem_set import ROOT, load, names
from tests.notebooks import Notebook, flags, mark, source

POINTS = {"automatic": 70, "written": 30}
FEWEST_FIGURES = 5


@pytest.fixture(params=names(), scope="module")
def notebook(request) -> Notebook:
    return Notebook(load(request.param))


def test_file_is_valid_plain_and_canonical(notebook):
    nb = json.loads(notebook.text)
    nbformat.validate(nbformat.from_dict(nb))
    assert (nb["nbformat"], nb["nbformat_minor"]) == (4, 5)
    assert nb["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook.text == json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    for cell in notebook.cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None


def test_ids_are_unique_and_readable(notebook):
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not [name for name in ids if not re.fullmatch(r"[A-Za-z]\w*(-\w+)*", name, re.ASCII)]
    random = [name for name in ids if re.fullmatch(r"(?=\D*\d)[0-9a-f]{8}(-[0-9a-f-]+)?", name)]
    assert not random, f"Jupyter made the ids {', '.join(random)}: give these cells ids that say what they hold"
    grade_ids = [mark(cell)["grade_id"] for cell in notebook.cells if mark(cell)]
    assert len(set(grade_ids)) == len(grade_ids)
    assert all(mark(cell)["schema_version"] == 3 for cell in notebook.cells if mark(cell))


def test_every_code_cell_has_its_place(notebook):
    functions = notebook.functions
    expected = {
        "setup",
        *(mark(c)["grade_id"] for c in notebook.ungraded),
        *functions,
        *(f"{f}_solution" for f in functions),
    }
    found = {mark(c).get("grade_id") for c in notebook.cells if c["cell_type"] == "code"}
    assert found == expected
    assert flags(notebook.by_id["setup"]) == (False, False, True)
    for cell in notebook.ungraded:
        (tag,) = cell["metadata"]["tags"]
        assert mark(cell)["grade_id"].startswith(f"{tag}_")
        assert flags(cell) == (False, False, True)


def test_a_function_has_a_solution_cell_and_right_after_it_a_check(notebook):
    for name in notebook.functions:
        solution, check = notebook.by_id[f"{name}_solution"], notebook.by_id[name]
        assert notebook.cells.index(check) == notebook.cells.index(solution) + 1, name
        assert flags(solution) == (False, True, False), name
        assert flags(check) == (True, False, True), name
        assert source(check) == f"check({name})"
        assert mark(check)["points"] > 0
        (definition,) = ast.parse(source(solution)).body
        assert definition.name == name
        for function in ast.walk(definition):
            if isinstance(function, ast.FunctionDef):
                documented = ast.get_docstring(function)
                assert "Args:" in documented or not function.args.args, name
                returns = [n.value for n in ast.walk(function) if isinstance(n, ast.Return)]
                parts = [p for value in returns for p in (value.elts if isinstance(value, ast.Tuple) else [value])]
                assert all(isinstance(p, ast.Name) for p in parts), f"{name}: return bare names, the grader reads them"
                assert "Returns:" in documented or not returns, name


def test_written_questions(notebook):
    assert notebook.written
    for name, points in notebook.written.items():
        cell = notebook.by_id[name]
        assert cell["cell_type"] == "markdown"
        assert flags(cell) == (True, True, False)
        question = source(notebook.cells[notebook.cells.index(cell) - 1])
        assert f"({points:g} points)" in question, name
        assert source(cell).startswith("### BEGIN SOLUTION") and source(cell).endswith("### END SOLUTION")
        assert f"**Rubric ({points:g} points).**" in source(cell), name


def test_points_sum_to_a_hundred(notebook):
    assert sum(notebook.functions.values()) == POINTS["automatic"]
    assert sum(notebook.written.values()) == POINTS["written"]


def test_the_first_cell_says_how_to_start_in_two_commands(notebook):
    first = source(notebook.cells[0])
    (block,) = re.findall(r"```\n(.*?)```", first, flags=re.S)
    name = notebook.problem_set.name
    assert block.splitlines() == ["pip install -r requirements.txt", f"jupyter lab {name}.ipynb"]
    if given := notebook.problem_set.reference.given:
        assert f"`{given.name}.py`" in first
        assert f"from {given.name} import" in source(notebook.by_id["setup"])


def test_students_are_told_how_long_each_part_takes(notebook):
    prose = "\n".join(source(c) for c in notebook.cells[:4] if c["cell_type"] == "markdown")
    assert re.search(r"\bminutes\b|\bhours?\b", prose)


def test_every_figure_is_described_in_words(notebook):
    """An image has alternative text, and a sentence below it says what is to be seen."""
    assert len(notebook.showing) >= FEWEST_FIGURES
    for n in notebook.showing:
        assert "alt=alt" in source(notebook.cells[n])
        below = notebook.cells[n + 1]
        assert below["cell_type"] == "markdown" and source(below).startswith("*In words:*"), mark(notebook.cells[n])
    for cell in notebook.cells:
        assert "![](" not in source(cell) and "<img" not in source(cell)


def test_figures_of_results_are_predicted_first(notebook):
    for n in notebook.showing[1:]:
        assert "**Predict first.**" in source(notebook.cells[n - 1]), mark(notebook.cells[n])


def test_nothing_names_a_place_on_somebodys_machine(notebook):
    assert not re.search(r"(?<![\w.~])/(home|work|tmp|root|usr|mnt|Users)\b|[A-Z]:\\\\", notebook.text)


def test_student_version_has_stubs_and_no_solutions(notebook):
    released = {c.metadata.nbgrader.grade_id: c.source for c in notebook.released if "nbgrader" in c.metadata}
    everything = "\n".join(released.values())
    for name in notebook.functions:
        original, stub = source(notebook.by_id[f"{name}_solution"]), released[f"{name}_solution"]
        regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", original, flags=re.S)
        assert stub.count("raise NotImplementedError()") == len(regions) >= 1
        for line in "".join(regions).splitlines():
            assert len(line.strip()) < 25 or line.strip() not in everything, line
    for name in notebook.written:
        assert released[name] == "YOUR ANSWER HERE"
    assert "SOLUTION" not in everything and "Rubric" not in everything


def test_what_is_given_holds_no_solution_of_this_set(notebook):
    given = notebook.problem_set.reference.given
    if given is None:
        return
    defined = {node.name for node in ast.parse(given.text).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert defined and not defined & notebook.functions.keys()
    assert "SOLUTION" not in given.text and "NotImplementedError" not in given.text


def test_released_version_is_in_step_with_the_solutions(notebook):
    """assignments/ is committed: it is what nbgrader makes of solutions/ today."""
    name = notebook.problem_set.name
    folder = ROOT / "assignments" / name
    committed = {
        c["id"]: source(c) for c in json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    }
    assert committed == {c.id: c.source for c in notebook.released}
    if given := notebook.problem_set.reference.given:
        assert (folder / f"{given.name}.py").read_text(encoding="utf-8") == given.text
