"""The notebook of problem set 3: a run from top to bottom, and whether what it says of its figures is true."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

from autograder.problem_set import load
from tests.notebooks import Notebook, run, source, watched
from unroll import plots, plots_flow

PROBLEM_SET = load("ps3_flow")
NOTEBOOK = Notebook(PROBLEM_SET)
CELLS = NOTEBOOK.cells


@pytest.fixture(scope="module")
def ran():
    """What is left of a run of the solutions from top to bottom: names, alternative texts, checks, what is printed."""
    with watched(PROBLEM_SET) as seen, pytest.MonkeyPatch.context() as patch:
        seen["printed"] = io.StringIO()
        patch.setattr("sys.stdout", seen["printed"])
        namespace = run(source(cell) for cell in CELLS if cell["cell_type"] == "code")
    return namespace, seen


def test_every_cell_runs_and_every_figure_is_drawn(ran):
    _, seen = ran
    assert seen["checks"] == list(PROBLEM_SET.points)
    assert len(seen["figures"]) == len(NOTEBOOK.showing) == 9
    for alt in seen["figures"]:
        assert len(alt) > 80 and alt.endswith(".") and "nan" not in alt and "  " not in alt


def test_powers(ran):
    names, _ = ran
    curves = list(names["power_curves"].values())
    k = np.arange(1, 121)
    assert np.allclose(curves[0], 0.9**k) and np.allclose(curves[1], 1.1**k)
    assert curves[2][0] > 1 and curves[2][-1] < 1e-6
    assert curves[3].max() > 2 * curves[3][0] and curves[3].argmax() in range(8, 12) and curves[3][-1] < 1


def test_a_vanilla_rnn_shrinks_as_its_matrix_and_grows_much_less(ran):
    names, _ = ran
    half, nine, eleven, fifteen = (norms[0] for norms in names["rnn_curves"].values())
    assert half == pytest.approx(0.5**100, rel=0.1) and nine == pytest.approx(0.9**100, rel=0.1)
    assert 15 < eleven < 19 and 1e4 < fifteen < 1e5
    for seed in range(1, 4):
        assert names["rnn_flow"](1.1, seed=seed)[0] > 5 and 1e3 < names["rnn_flow"](1.5, seed=seed)[0] < 1e6


def test_an_lstm_passes_more_than_its_straight_road(ran):
    names, _ = ran
    whole = [norms[0] for norms in names["lstm_curves"].values()]
    road = [products[0] for products in names["straight_roads"]]
    assert [round(np.log10(w)) for w in whole] == [-15, -4, 2] and 80 < whole[2] < 100
    assert [round(np.log10(r)) for r in road[:2]] == [-29, -13] and road[2] == pytest.approx(0.5, abs=0.05)
    assert all(w > r for w, r in zip(whole, road, strict=True))


def test_a_bit_is_kept_only_if_the_gates_are_told(ran):
    names, _ = ran
    states = np.array(list(names["panels"]["zeros after the first step"].values()))
    assert np.allclose(states[:, 10:], -0.18, atol=0.005)
    zero, one = names["panels"]["your inputs"].values()
    assert np.all(zero < -0.5) and np.all(one > 0.5)


def test_the_five_cells_stand_in_the_order_of_the_text(ran):
    names, _ = ran
    tanh, relu, irnn, one, five = names["cell_curves"].values()
    assert all(curve[0] == pytest.approx(1) for curve in (tanh, relu, irnn, one, five))
    assert tanh[-1] < 1e-18 and 1e-17 < relu[-1] < 1e-14 and np.allclose(irnn, 1)
    assert 3e-5 < one[-1] < 3e-4 and one[8] < 0.1 and 2 < five[-1] < 4 and five.min() < one[8]


def test_clipping_by_value_turns_the_gradient(ran):
    names, seen = ran
    assert np.allclose(names["by_norm"], 1)
    assert names["by_value"][0] == pytest.approx(0.23, abs=0.01) and names["by_value"][-1] == pytest.approx(1)
    assert np.all(np.diff(names["by_value"]) > -1e-12)
    assert "gradient: 3678; of dh: 2.8" in seen["printed"].getvalue()
    assert np.degrees(np.arctan2(1, 1) - np.arctan2(1, 3)) == pytest.approx(27, abs=0.5)


def test_only_the_run_without_clipping_diverges_whatever_the_seed(ran):
    names, _ = ran
    for seed in range(3):
        with np.errstate(all="ignore"):
            clipped, square = names["train_exploding"](1.0, seed=seed)
            free, free_square = names["train_exploding"](np.inf, seed=seed)
        assert len(clipped) == 150 and np.median(clipped[-50:]) < 0.4 and square * 64 < 46
        assert len(free) < 150 and free[-1] > 1e20 and free_square > 0.95


def test_blocks_cut_off_little_that_vanishes_and_nearly_all_that_explodes(ran):
    names, _ = ran
    (norms, cosines), (exploding, turned) = names["block_curves"].values()
    assert 2 < norms[-1] / norms[0] < 3 and cosines[3] > 0.75
    assert 60 < exploding[0] < 80 and exploding[-1] > 3000 and exploding[-1] > 4 * exploding[-2]
    assert abs(turned[4]) < 0.1 and turned[5] == pytest.approx(0.2, abs=0.02)


def test_the_lstm_adds_and_the_rnn_does_not(ran):
    names, _ = ran
    rnn, lstm = (np.array(losses) for losses in names["adding_curves"].values())
    assert np.mean(rnn[-50:]) > 0.14 and np.mean(lstm[-20:]) < 0.01
    plateau = np.convolve(lstm, np.ones(20) / 20, "valid")
    assert 300 < np.argmax(plateau < 0.05) < 600  # a plateau, and then a fall
    assert np.mean(lstm[50:250]) == pytest.approx(1 / 6, rel=0.1)


def test_the_weights_of_the_unit_that_keeps_a_bit_are_those_of_the_text(ran):
    names, _ = ran
    text = next(source(c) for c in CELLS if c["id"] == "remember")
    i, f, value, bias = (
        int(n)
        for n in re.findall(
            r"\((\d)\\,\\text\{write\} - 2\), .*?\((\d)\\,\\text.*?\((\d)\\,\\text\{value\} - (\d)\)", text
        )[0]
    )
    assert names["KEEPER_Wx"].tolist() == [[i, 0, 0, 0], [0, f, 0, 0], [0, 0, 0, value]]
    assert names["KEEPER_b"].tolist() == [-2, 0, 4, -bias]


def test_figures_survive_zeros_and_short_curves():
    nothing = np.zeros(5)
    for figure in (
        plots_flow.powers({"zero": nothing, "one": np.array([1.0])}),
        plots_flow.gradient_flow({"a": np.array([0, 1.0])}, "title"),
        plots_flow.flow_by_distance({"a": np.array([1.0])}),
        plots_flow.training({"a": [1.0, 0.5]}, 0.2, "base", "title"),
    ):
        figure.savefig(io.BytesIO(), format="png")


def test_an_untouched_notebook_says_so_kindly(capsys, monkeypatch):
    """Cells with figures wait for the student's code."""
    monkeypatch.setattr(plots, "show", lambda figure, alt: pytest.fail("a figure without the student's code"))
    exec(PROBLEM_SET.reference.given.install, {})
    namespace = {"__name__": "__main__"}
    for cell in NOTEBOOK.released:
        if cell.cell_type == "code" and not cell.metadata.nbgrader.grade:
            exec(cell.source, namespace)
    assert capsys.readouterr().out.count("functions you have not written yet") == len(NOTEBOOK.ungraded) == 9
