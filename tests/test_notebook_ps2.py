"""The notebook of problem set 2 runs from top to bottom, and what its text says of the figures is true."""

from __future__ import annotations

import numpy as np
import pytest

import unroll
from autograder.problem_set import load
from tests.notebooks import Notebook, run, source, watched
from unroll import coco, data

NOTEBOOK = Notebook(load("ps2_lstm"))
CELLS = NOTEBOOK.cells


@pytest.fixture(scope="module")
def ran():
    """The namespace after a run on the small data set, and the alternative texts and checks seen on the way."""
    with watched(NOTEBOOK.problem_set) as seen:
        namespace = run(source(cell) for cell in CELLS if cell["cell_type"] == "code")
    return namespace, seen


def test_solution_runs_from_top_to_bottom(ran):
    _, seen = ran
    assert seen["checks"] == [check.name for check in load("ps2_lstm").checks]
    assert len(seen["figures"]) == sum("plots.show(" in source(c) for c in CELLS) >= 5
    assert all(len(alt) > 80 and alt.endswith(".") for alt in seen["figures"])


def test_the_unit_by_hand_adds_where_the_gru_overwrites(ran):
    lstm = ran[0]["latch"]["what becomes of it"]
    c, h = lstm["$c_t$"], lstm["$h_t$"]
    assert np.allclose(c[[4, 9, 11, 15]], [1, 0, -1, 1], atol=0.06)
    assert np.allclose(h[[5, 6, 12, 17]], [0.75, 0.75, -0.75, 0.75], atol=0.02)
    hidden = np.delete(h, [5, 6, 12, 17])
    assert np.abs(hidden).max() < 0.02
    gru = ran[0]["gru_latch"]["what becomes of it"]["$h_t$"]
    assert np.allclose(gru[[2, 8, 9, 11, 15, 19]], [0.96, 0.96, -0.96, -0.96, 0.96, 0.96], atol=0.03)


def test_two_roads_carry_what_the_text_says(ran):
    last, every = (list(panel.values()) for panel in ran[0]["panels"].values())
    through_h, along_c = last
    assert along_c[-1] == 0 and through_h[-1] > 0
    assert np.all(along_c[:-1] / through_h[:-1] > 4) and np.median(along_c[:-1] / through_h[:-1]) > 6
    assert along_c[0] < 0.01 * along_c[-2]
    through_h, along_c = every
    assert np.all(np.abs(np.log(along_c[:-1] / through_h[:-1])) < np.log(2))


def test_forget_bias_sets_the_reach(ran):
    five, one, zero, rnn = (left[-1] for left in ran[0]["reached"].values())
    assert 0.7 < five < 1 and 1e-7 < one < 4e-7 and 5e-16 < zero < 3e-15 and 5e-6 < rnn < 5e-5


def test_worksheet_terms(ran):
    table = ran[0]["worksheet"]
    assert all(row[0] < 1e-9 for row in table.values())
    own, cell, hidden = table[max(table)][1:]
    assert cell > 3 * own and cell > 3 * hidden
    assert [row[2] for row in table.values()] == sorted(row[2] for row in table.values())


def test_training_and_traces(ran):
    namespace, _ = ran
    start = namespace["guessing"]
    for losses in (namespace["lstm_losses"], namespace["gru_losses"]):
        assert losses[0] == pytest.approx(start, rel=0.05)
        assert 0.2 * start < np.mean(losses[-20:]) < 0.4 * start
    lstm, gru = (np.mean(namespace[f"{cell}_losses"][-20:]) for cell in ("lstm", "gru"))
    assert gru < 1.02 * lstm
    forget, write, cell = namespace["shown"].values()
    assert forget[0].mean() > 0.95 and forget[-1].mean() < 0.4
    assert np.mean(write > 0.5) > 0.7 and np.mean(write < 0.5) > 0.02
    upper, lower = np.abs(cell[:12, -1]).mean(), np.abs(cell[-12:, -1]).mean()
    assert upper > 4 * lower and 6 < np.abs(cell).max() < 20


def test_cells_wait_for_code_that_is_not_written(capsys, monkeypatch):
    """A student who starts can run every cell with a figure; each says kindly that it waits."""
    exec(load("ps2_lstm").reference.given.install, {})
    monkeypatch.setattr(unroll, "load_coco_data", lambda: coco.load_coco_data(base_dir=data.ensure("tiny")))
    namespace, waiting = {"__name__": "__main__"}, 0

    def unwritten(*args, **kwargs):
        raise NotImplementedError

    for cell in CELLS:
        mark = cell["metadata"].get("nbgrader", {})
        if mark.get("grade_id", "").endswith("_solution"):
            namespace[mark["grade_id"].removesuffix("_solution")] = unwritten
        elif cell["cell_type"] == "code" and not mark["grade"]:
            waiting += mark["grade_id"] != "setup"
            exec(source(cell), namespace)
    assert capsys.readouterr().out.count("functions you have not written yet") == waiting
