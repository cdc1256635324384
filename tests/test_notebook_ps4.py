"""The notebook of problem set 4, run from top to bottom, and what its text says of its figures."""

from __future__ import annotations

import contextlib
import io
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


@pytest.fixture(scope="module")
def networks():
    """The namespace after the three networks of Section 5 were trained at full length, and what was printed."""
    names = ("figure_text", "training_corpus", "figure_echoes", "figure_samples")
    with watched(NOTEBOOK.problem_set), contextlib.redirect_stdout(io.StringIO()) as printed:
        namespace = run([*solutions(), *(source(BY_ID[name]) for name in names)])
    return namespace, printed.getvalue()


def test_the_trainings_show_what_the_text_says(networks):
    """Every number of Sections 5 and 6 that came from the three networks."""
    namespace, printed = networks
    best = namespace["corpus"].perplexity
    rnn, gru, lstm = (values for _, values in namespace["validation"].values())
    for values in (rnn, gru, lstm):
        assert 18 < values[0] < 35 and values[2] < 2.1  # after 1 update and after 300
    assert best < lstm[-1] < 1.70 < 1.78 < rnn[-1] < 1.92 and best < gru[-1] < 1.70
    for label, (_, losses, _) in namespace["runs"].items():
        assert 0 < np.log(namespace["validation"][label][1][-1]) - losses[-200:].mean() < 0.06
    cold = namespace["char_losses"](namespace["runs"]["LSTM"][0], namespace["text"])
    assert cold[:, :60].mean() > 1.25 * cold[:, 60:].mean()
    # Echoes.
    steps, (rnn_echo, gru_echo, lstm_echo) = namespace["steps"], namespace["echoes"].values()
    assert steps == [12, 13, 14, 15, 16, 17, 19, 21] and namespace["guessed"] == pytest.approx(2.1, abs=0.05)
    assert 1.5 < rnn_echo.min() and rnn_echo.max() < 2.05
    for echo in (gru_echo, lstm_echo):
        assert max(echo[:2]) < 0.25 and min(echo[2:]) > 0.35 and max(echo) < 1.3
    rests = [float(number) for number in re.findall(r"all other characters (\d\.\d+)", printed)]
    assert len(rests) == 3 and max(rests) - min(rests) < 0.03
    # What it writes.
    right, short = namespace["shares"].values()
    assert min(right[:3]) > 0.9 and min(short[:3]) > 0.9 and 0.1 < right[5] < 0.45 and right[-1] < 0.05
    greedy = namespace["written"](1e-8, 2000).split("\n")
    assert len(set(greedy[5:-1])) <= 2  # the same over and over


def test_shorter_pieces_show_what_the_text_says(networks, shown):
    """At full length: state carried at 8, 16 and 32 steps, thrown away at 32."""
    namespace, _ = networks
    exec(source(BY_ID["training_truncation"]), namespace)
    carried, thrown, tested = namespace["carried"], namespace["thrown"][32], namespace["levels"]["vanilla RNN, T = 32"]
    assert carried[32] < 1.7 < 1.75 < carried[16] < 1.85 and 1.82 < carried[8] < 1.95
    assert carried[8] > tested - 0.03 and carried[16] > tested - 0.08
    late = np.exp(namespace["forgetful"][1][-200:].mean())
    assert 1.75 < thrown < 1.9 and late > thrown + 0.08


def test_the_text_is_what_the_notebook_says_of_it():
    """Words of one, two and three syllables by the distance of their echo, and how often a line ends with a short one.

    A letter at distance d is read d - 1 steps before its echo is predicted, so both are in d steps.
    """
    text = corpus.char_corpus().val
    distances = corpus.echo_distances(text)
    lines = text.splitlines(keepends=True)
    words = [line[:-2].rsplit(" ", 1)[1] for line in lines]
    found = {1: set(), 2: set(), 3: set()}
    at = 0
    for line, word in zip(lines, words, strict=True):
        found[len(word) // 2].add(int(distances[at + len(line) - 3]))
        at += len(line)
    assert found == {1: {12, 13, 17}, 2: {14, 15, 19}, 3: {16, 17, 21}}
    assert np.mean([len(word) == 2 for word in words]) == pytest.approx(1 / 3, abs=0.03)
    assert 2.3e6 < len(corpus.char_corpus().train) < 2.45e6 and len(set(text)) == 26


def test_an_untouched_notebook_says_so_kindly(shown, capsys):
    """Cells with figures wait for the student's code; only the picture of the text is shown."""
    cells = {c.metadata.nbgrader.grade_id: c.source for c in NOTEBOOK.released if "nbgrader" in c.metadata}
    ungraded = [mark(c)["grade_id"] for c in NOTEBOOK.ungraded]
    run(cells[name] for name in ("setup", *(f"{f}_solution" for f in FUNCTIONS), *ungraded))
    assert len(shown["figures"]) == 1
    assert capsys.readouterr().out.count("functions you have not written yet") == len(NOTEBOOK.ungraded) - 1
