"""The notebook of problem set 5, run from top to bottom with short trainings, and what its text says of its figures."""

from __future__ import annotations

import numpy as np
import pytest

import unroll
from autograder.problem_set import drawing_data, load
from tests.notebooks import Notebook, mark, run, source, watched
from unroll import coco, data
from unroll.solver import CaptioningSolver

NOTEBOOK = Notebook(load("ps5_captioning"))
SHORTER = 3  # times fewer captions, and steps, than in the notebook


@pytest.fixture(scope="module")
def played():
    """The notebook, run on the small data set: its namespace, alternative texts and the names it checks."""

    def load_data(max_train=None, rng=None):
        fewer = max_train and max_train // SHORTER
        return coco.load_coco_data(base_dir=data.ensure("tiny"), max_train=fewer, rng=rng)

    made = CaptioningSolver.__init__
    with watched(NOTEBOOK.problem_set) as seen, pytest.MonkeyPatch.context() as patch:
        patch.setattr(unroll, "load_coco_data", load_data)
        patch.setattr(CaptioningSolver, "__init__", lambda self, *a, **k: made(self, *a, **{**k, "progress": False}))
        seen["run"] = run
        seen["namespace"] = run(source(c) for c in NOTEBOOK.cells if c["cell_type"] == "code")
        yield seen


def test_solution_runs_from_top_to_bottom(played):
    assert played["checks"] == list(NOTEBOOK.functions)
    assert len(played["figures"]) == len(NOTEBOOK.showing)
    for alt in played["figures"]:
        assert len(alt) > 80 and alt.endswith(".")


def test_dropping_half_of_the_words_loses_few(played):
    found = played["namespace"]
    sizes, unknown, touched = (np.array(found[name]) for name in ("sizes", "unknown", "touched"))
    assert np.all(np.diff(sizes) < 0) and np.all(np.diff(unknown) > 0)
    some = unknown > 0
    assert np.all(touched[some & (unknown < 0.15)] > 3 * unknown[some & (unknown < 0.15)])


def test_every_loss_starts_at_ln_V_per_word(played):
    found = played["namespace"]
    expected = found["words_per_caption"] * np.log(found["V"])
    for cell_type, solver in found["solvers"].items():
        assert solver.loss_history[0] == pytest.approx(expected, rel=0.05), cell_type


def test_a_caption_has_eleven_words():
    assert 10.5 < np.mean((np.asarray(drawing_data()["train_captions"]) > 2).sum(axis=1)) < 11.5


def test_fifty_captions_are_learned_by_heart(played):
    assert all(share > 0.85 for share in played["namespace"]["by_heart"].values())


def test_the_rnn_learns_them_sooner(played):
    rnn, lstm = (np.array(played["namespace"]["falling"][cell_type]) for cell_type in ("rnn", "lstm"))
    assert max(np.mean(rnn[-5:]), np.mean(lstm[-5:])) < 0.03 * rnn[0]
    assert np.all(lstm[25:100] > rnn[25:100])


def test_the_gru_leads(played):
    steps = 15000 // SHORTER // 50
    ends = {c: np.mean(solver.loss_history[steps - 20 : steps]) for c, solver in played["namespace"]["solvers"].items()}
    assert ends["gru"] < 0.95 * min(ends["rnn"], ends["lstm"])
    assert abs(ends["rnn"] - ends["lstm"]) < 0.25 * (min(ends["rnn"], ends["lstm"]) - ends["gru"])


def test_training_changes_what_is_said(played):
    found = played["namespace"]
    losses = list(found["spoken_loss"].values())
    assert losses[0] > losses[2] > losses[-1]
    assert len(found["spoken_at"]) == 7


def test_some_words_are_choices_and_others_follow(played):
    for _, words, probabilities in played["namespace"]["pictures"]:
        assert len(words) == len(probabilities) and 0 < min(probabilities) < 0.5 and 0.9 < max(probabilities) <= 1


def test_gates_differ_from_unit_to_unit_more_than_their_means_show(played):
    update, reset = (played["namespace"][name] for name in ("update", "reset"))
    assert update.shape == reset.shape == (len(played["namespace"]["read"]), 128)
    for means in (update.mean(axis=1), reset.mean(axis=1)):
        assert 0.1 < means.min() and means.max() < 0.9
    units = update.mean(axis=0)
    assert units.min() < 0.2 and units.max() > 0.8


def test_opponents_rank_as_the_text_says(played):
    table = played["namespace"]["table"]
    for score in (0, 1):
        assert min(table, key=lambda label: table[label][score]) == "sees no image"
        assert max(table, key=lambda label: table[label][score]) == "a person"
    blind, person = table["sees no image"], table["a person"]
    assert blind[1] / person[1] < blind[0] / person[0]


def test_temperature_costs_agreement_and_gives_variety(played):
    quality, different = played["namespace"]["quality"], played["namespace"]["different"]
    assert quality[0] > quality[2] > quality[-1] and quality[-1] < 0.7 * quality[0]
    assert np.all(np.diff(different) > -0.02) and different[0] < 0.4 and different[-1] > 0.9


def test_an_untouched_notebook_says_so_kindly(played, capsys):
    """Cells with figures wait for the student's code; only the picture of the data is shown."""
    cells = {c.metadata.nbgrader.grade_id: c.source for c in NOTEBOOK.released if "nbgrader" in c.metadata}
    ungraded = [mark(c)["grade_id"] for c in NOTEBOOK.ungraded]
    shown = len(played["figures"])
    run(cells[name] for name in ("setup", *(f"{f}_solution" for f in NOTEBOOK.functions), *ungraded))
    assert len(played["figures"]) == shown + 1
    assert capsys.readouterr().out.count("functions you have not written yet") == len(ungraded) - 1
