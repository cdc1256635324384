"""The notebook of problem set 4, run from top to bottom, and what its text says of its figures."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograder.problem_set import load
from tests.notebooks import Notebook, mark, run, source, watched
from unroll import corpus

NOTEBOOK = Notebook(load("ps4_charlm"))
CELLS, BY_ID, FUNCTIONS = NOTEBOOK.cells, NOTEBOOK.by_id, NOTEBOOK.functions


@pytest.fixture
def shown():
    with watched(NOTEBOOK.problem_set) as seen:
        yield seen


def solutions():
    return [source(BY_ID["setup"]), *(source(BY_ID[f"{f}_solution"]) for f in FUNCTIONS)]


def test_solution_runs_from_top_to_bottom(shown, monkeypatch, capsys):
    small = corpus.char_corpus(4000, 2000)
    monkeypatch.setattr(corpus, "char_corpus", lambda: small)
    namespace = run(source(c) for c in CELLS if c["cell_type"] == "code")
    assert shown["checks"] == list(FUNCTIONS)
    assert len(shown["figures"]) == len(NOTEBOOK.showing)
    for alt in shown["figures"]:
        assert len(alt) > 80 and alt.endswith(".")
    # The one word: what the text says of its three curves.
    hello, ohell, htktt = (np.exp(namespace["curves"][s]) for s in ("hello", "ohell", "htktt"))
    assert hello[0] == pytest.approx(7.0**-5, rel=0.05) and 0.12 < hello[-1] < 0.18
    assert ohell.max() > 20 * ohell[0] and ohell.max() > 2 * ohell[-1] and ohell[-1] > ohell[0]
    assert htktt[-1] < 1e-7 * htktt[0]
    by = namespace["small"]["by"]
    first = np.exp(by[namespace["strings"]["hello"][0]]) / np.exp(by).sum()
    assert 0.7 < hello[-1] / first < 0.9 and 0.12 < first < 0.22  # the other four factors, and the first one
    # Drawn at three temperatures.
    for (wanted, drawn), ratio in zip(namespace["panels"].values(), (1.2, 1.6, 4.5), strict=True):
        assert wanted[0] / wanted[1] == pytest.approx(ratio, rel=0.05)
        assert 2000 * np.sum((drawn - wanted) ** 2 / wanted) < 20
    printed = capsys.readouterr().out
    assert "best possible perplexity 1.492" in printed and "temperature 1e-08:" in printed


def test_the_trainings_show_what_the_text_says(shown, capsys):
    """At full length, but for two of the runs that the figure of truncation compares."""
    truncation = source(BY_ID["training_truncation"]).replace("(8, 16)", "(8,)")
    truncation = re.sub(r"forgetful = trained\(.*\)", 'forgetful = runs["vanilla RNN"]', truncation)
    cells = [source(BY_ID[name]) for name in ("figure_text", "training_corpus", "figure_echoes")]
    namespace = run([*solutions(), *cells, truncation, source(BY_ID["figure_samples"])])
    best = namespace["corpus"].perplexity
    rnn, lstm = (values for _, values in namespace["validation"].values())
    assert 20 < rnn[0] < 35 and 20 < lstm[0] < 35
    assert best < lstm[-1] < 1.70 < 1.78 < rnn[-1] < 1.92
    assert rnn[2] < 2.1 and lstm[2] < 2.1  # after 300 updates
    steps, (rnn_echo, lstm_echo) = namespace["steps"], namespace["echoes"].values()
    assert steps == [12, 13, 14, 15, 16, 17, 19, 21] and namespace["guessed"] == pytest.approx(2.1, abs=0.05)
    assert 1.5 < rnn_echo.min() and rnn_echo.max() < 2.05
    assert max(lstm_echo[:2]) < 0.25 and min(lstm_echo[2:]) > 0.4 and max(lstm_echo) < 1.3
    rests = re.findall(r"all other characters (\d\.\d+)", capsys.readouterr().out)
    assert abs(float(rests[0]) - float(rests[1])) < 0.025
    assert namespace["carried"][32] < 1.7 and namespace["carried"][8] > 1.8
    assert namespace["carried"][8] > namespace["rnn"][32] - 0.03
    right, short = namespace["shares"].values()
    assert min(right[:3]) > 0.9 and min(short[:3]) > 0.9 and right[5] < 0.45 and right[-1] < 0.05


def test_an_untouched_notebook_says_so_kindly(shown, capsys):
    """Cells with figures wait for the student's code; only the picture of the text is shown."""
    cells = {c.metadata.nbgrader.grade_id: c.source for c in NOTEBOOK.released if "nbgrader" in c.metadata}
    ungraded = [mark(c)["grade_id"] for c in NOTEBOOK.ungraded]
    run(cells[name] for name in ("setup", *(f"{f}_solution" for f in FUNCTIONS), *ungraded))
    assert len(shown["figures"]) == 1
    assert capsys.readouterr().out.count("functions you have not written yet") == len(NOTEBOOK.ungraded) - 1
