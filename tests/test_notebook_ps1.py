"""The notebook of problem set 1, run from top to bottom, and what its text says of its figures."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.problem_set import load
from tests.notebooks import Notebook, mark, run, source, watched
from unroll import plots

NOTEBOOK = Notebook(load("ps1_rnn"))
CELLS, BY_ID, FUNCTIONS = NOTEBOOK.cells, NOTEBOOK.by_id, NOTEBOOK.functions


@pytest.fixture
def shown():
    with watched(NOTEBOOK.problem_set) as seen:
        yield seen


def test_solution_runs_from_top_to_bottom(shown, capsys):
    namespace = run(source(c) for c in CELLS if c["cell_type"] == "code")
    assert shown["checks"] == list(FUNCTIONS)
    assert len(shown["figures"]) == len(NOTEBOOK.showing)
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
    cells = {c.metadata.nbgrader.grade_id: c.source for c in NOTEBOOK.released if "nbgrader" in c.metadata}
    ungraded = [mark(c)["grade_id"] for c in NOTEBOOK.ungraded]
    run(cells[name] for name in ("setup", *(f"{f}_solution" for f in FUNCTIONS), *ungraded))
    assert len(shown["figures"]) == 1
    assert capsys.readouterr().out.count("functions you have not written yet") == len(NOTEBOOK.ungraded) - 1
