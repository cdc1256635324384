"""The notebook of problem set 1: its conventions, its text, and a run from top to bottom."""

from __future__ import annotations

import ast
import io
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbgrader.preprocessors import ClearSolutions

import unroll
from unroll import coco, data, plots

NOTEBOOK = Path(__file__).resolve().parents[1] / "solutions" / "ps1_rnn" / "ps1_rnn.ipynb"
TEXT = NOTEBOOK.read_text(encoding="utf-8")
CELLS = json.loads(TEXT)["cells"]
FUNCTIONS = {
    "VanillaRNN": 8,
    "rnn_step_forward": 5,
    "rnn_step_backward": 9,
    "rnn_forward": 6,
    "rnn_backward": 12,
    "word_embedding_forward": 3,
    "word_embedding_backward": 5,
    "temporal_affine_forward": 3,
    "temporal_affine_backward": 4,
    "temporal_softmax_loss": 7,
    "rnn_backward_truncated": 8,
}
WRITTEN = {"written_derivation": 12, "written_errors": 12, "written_truncation": 6}


def source(cell) -> str:
    return "".join(cell["source"])


def mark(cell) -> dict:
    return cell["metadata"].get("nbgrader", {})


def flags(cell) -> tuple[bool, bool, bool]:
    return mark(cell)["grade"], mark(cell)["solution"], mark(cell)["locked"]


BY_ID = {mark(cell)["grade_id"]: cell for cell in CELLS if mark(cell)}
UNGRADED = [cell for cell in CELLS if set(cell["metadata"].get("tags", ())) & {"figure", "training"}]
SHOWING = [n for n, cell in enumerate(CELLS) if "plots.show(" in source(cell)]


def student_version() -> list:
    """The cells as nbgrader releases them."""
    nb, _ = ClearSolutions().preprocess(nbformat.reads(TEXT, as_version=4), {})
    return nb.cells


# ---- conventions ----------------------------------------------------------------------------------


def test_file_is_valid_plain_and_canonical():
    nb = json.loads(TEXT)
    nbformat.validate(nbformat.from_dict(nb))
    assert (nb["nbformat"], nb["nbformat_minor"]) == (4, 5)
    assert nb["metadata"]["kernelspec"]["name"] == "python3"
    assert TEXT == json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    for cell in CELLS:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None


def test_ids_are_unique_and_readable():
    ids = [cell["id"] for cell in CELLS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z]+(-[A-Za-z]+)*", name) for name in ids)
    grade_ids = [mark(cell)["grade_id"] for cell in CELLS if mark(cell)]
    assert len(set(grade_ids)) == len(grade_ids)
    assert all(mark(cell)["schema_version"] == 3 for cell in CELLS if mark(cell))


def test_every_code_cell_has_its_place():
    expected = {
        "setup",
        *(mark(c)["grade_id"] for c in UNGRADED),
        *FUNCTIONS,
        *(f"{f}_solution" for f in FUNCTIONS),
    }
    assert {mark(c).get("grade_id") for c in CELLS if c["cell_type"] == "code"} == expected
    assert flags(BY_ID["setup"]) == (False, False, True)
    for cell in UNGRADED:
        (tag,) = cell["metadata"]["tags"]
        assert mark(cell)["grade_id"].startswith(f"{tag}_")
        assert flags(cell) == (False, False, True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_solution_cell_and_right_after_it_a_check(name):
    solution, check = BY_ID[f"{name}_solution"], BY_ID[name]
    assert CELLS.index(check) == CELLS.index(solution) + 1
    assert flags(solution) == (False, True, False)
    assert flags(check) == (True, False, True)
    assert source(check) == f"check({name})"
    assert mark(check)["points"] == FUNCTIONS[name]
    (definition,) = ast.parse(source(solution)).body
    assert definition.name == name
    for function in ast.walk(definition):
        if isinstance(function, ast.FunctionDef):
            assert "Args:" in ast.get_docstring(function)
            returns = [n.value for n in ast.walk(function) if isinstance(n, ast.Return)]
            parts = [p for value in returns for p in (value.elts if isinstance(value, ast.Tuple) else [value])]
            assert all(isinstance(p, ast.Name) for p in parts), "return bare names: the grader reads them"


def test_written_questions():
    for name, points in WRITTEN.items():
        cell = BY_ID[name]
        assert cell["cell_type"] == "markdown"
        assert flags(cell) == (True, True, False)
        assert mark(cell)["points"] == points
        question = source(CELLS[CELLS.index(cell) - 1])
        assert f"({points} points)" in question
        assert source(cell).startswith("### BEGIN SOLUTION") and source(cell).endswith("### END SOLUTION")
        assert f"**Rubric ({points} points).**" in source(cell)


def test_points_sum_to_a_hundred():
    graded = {name: mark(cell)["points"] for name, cell in BY_ID.items() if mark(cell)["grade"]}
    assert graded == {**FUNCTIONS, **WRITTEN}
    assert sum(FUNCTIONS.values()) == 70 and sum(WRITTEN.values()) == 30


# ---- what a student sees --------------------------------------------------------------------------


def test_the_first_cell_says_how_to_start_in_two_commands():
    first = source(CELLS[0])
    (block,) = re.findall(r"```\n(.*?)```", first, flags=re.S)
    assert block.splitlines() == ["pip install -r requirements.txt", "jupyter lab ps1_rnn.ipynb"]


def test_every_figure_is_described_in_words():
    """An image has alternative text, and a sentence below it says what is to be seen."""
    assert len(SHOWING) >= 5
    for n in SHOWING:
        assert "alt=alt" in source(CELLS[n])
        assert CELLS[n + 1]["cell_type"] == "markdown" and source(CELLS[n + 1]).startswith("*In words:*")
    for cell in CELLS:
        assert "![](" not in source(cell) and "<img" not in source(cell)


def test_figures_of_results_are_predicted_first():
    for n in SHOWING[1:]:
        assert "**Predict first.**" in source(CELLS[n - 1])


def test_nothing_names_a_place_on_somebodys_machine():
    assert not re.search(r"(?<![\w.~])/(home|work|tmp|root|usr|mnt|Users)\b|[A-Z]:\\\\", TEXT)


def test_student_version_has_stubs_and_no_solutions():
    released = {c.metadata.nbgrader.grade_id: c.source for c in student_version() if "nbgrader" in c.metadata}
    everything = "\n".join(released.values())
    for name in FUNCTIONS:
        original, stub = source(BY_ID[f"{name}_solution"]), released[f"{name}_solution"]
        regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", original, flags=re.S)
        assert stub.count("raise NotImplementedError()") == len(regions) >= 1
        for line in "".join(regions).splitlines():
            assert len(line.strip()) < 25 or line.strip() not in everything
    for name in WRITTEN:
        assert released[name] == "YOUR ANSWER HERE"
    assert "SOLUTION" not in everything and "Rubric" not in everything


# ---- running it -----------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch):
    """What the notebook shows and checks: alternative texts and names. Runs on the small data set."""
    seen = {"figures": [], "checks": []}

    def show(figure, alt):
        figure.savefig(io.BytesIO(), format="png")
        seen["figures"].append(alt)

    monkeypatch.setattr(plots, "show", show)
    monkeypatch.setattr(unroll, "check", lambda f: seen["checks"].append(f.__name__))
    monkeypatch.setattr(unroll, "load_coco_data", lambda: coco.load_coco_data(base_dir=data.ensure("tiny")))
    return seen


def run(sources):
    namespace = {"__name__": "__main__"}
    for text in sources:
        exec(text, namespace)
    return namespace


def test_solution_runs_from_top_to_bottom(shown, capsys):
    namespace = run(source(c) for c in CELLS if c["cell_type"] == "code")
    assert shown["checks"] == list(FUNCTIONS)
    assert len(shown["figures"]) == len(SHOWING)
    for alt in shown["figures"]:
        assert len(alt) > 80 and alt.endswith(".")
    # What the text says of the figures.
    norms = [panel[-1, 0] for panel in namespace["panels"].values()]
    assert norms[0] == pytest.approx(0.0015, rel=0.2) and 10 < norms[1] < 20 and 3e-5 < norms[2] < 3e-4
    assert min(namespace["errors"]) < 1e-10
    best = namespace["steps"][int(np.argmin(namespace["errors"]))]
    assert 1e-6 < best < 4e-5
    ends = [np.mean(losses[-20:]) for losses in namespace["curves"].values()]
    assert min(ends[:2]) > 0.1 and max(ends[2:]) < 0.01
    assert namespace["loss"] == pytest.approx(np.log(namespace["V"]) * namespace["mask"].sum() / 50, rel=1e-3)
    assert "largest gradient on padding: 0.0" in capsys.readouterr().out


def test_a_figure_is_displayed_with_its_alternative_text(monkeypatch):
    """In HTML, for JupyterLab, and as metadata of the image, for nbconvert; whatever is in the text."""
    displayed = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **how: displayed.append((*args, how)))
    plots.show(plots.memory_curves({"one": np.array([1.0, 0.5])}), alt='"falls" & <b>halves</b>')
    ((bundle, how),) = displayed
    assert how["metadata"]["image/png"]["alt"] == bundle["text/plain"] == '"falls" & <b>halves</b>'
    assert '<img alt="&quot;falls&quot; &amp; &lt;b&gt;halves&lt;/b&gt;" src="data:' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]


def test_memory_fades_as_the_text_says(shown):
    wanted = ["setup", "VanillaRNN_solution", "figure_memory"]
    curves = run(source(BY_ID[name]) for name in wanted)["curves"]
    last = [distances[-1] for distances in curves.values()]
    assert last[0] < 1e-11 and 1e-4 < last[1] < 1e-3 and 0.01 < last[2] < 0.3


def test_an_untouched_notebook_says_so_kindly(shown, capsys):
    """Cells with figures wait for the student's code; only the picture of the data is shown."""
    cells = {c.metadata.nbgrader.grade_id: c.source for c in student_version() if "nbgrader" in c.metadata}
    ungraded = [mark(c)["grade_id"] for c in UNGRADED]
    run(cells[name] for name in ("setup", *(f"{f}_solution" for f in FUNCTIONS), *ungraded))
    assert len(shown["figures"]) == 1
    assert capsys.readouterr().out.count("functions you have not written yet") == len(UNGRADED) - 1
