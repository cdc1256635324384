"""The notebook of problem set 6, run from top to bottom, and what its text says of its figures."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from autograder.problem_set import load
from tests.notebooks import Notebook, mark, run, source, watched

NOTEBOOK = Notebook(load("ps6_beyond"))
CELLS, BY_ID, FUNCTIONS = NOTEBOOK.cells, NOTEBOOK.by_id, NOTEBOOK.functions
PARTS = {
    "A": ("next_word_logprobs", "greedy_search", "beam_search", "figure_exact", "training_captions"),
    "B": ("grid_features", "attention_forward", "attention_backward", "figure_grid", "training_attention"),
    "C": (
        *("pixel_inputs", "pixel_logprob", "bits_per_dimension", "pixel_loss", "sample_images"),
        *("training_pixels", "figure_samples"),
    ),
    "D": ("encode_forward", "encode_backward", "seq2seq_loss", "translate", "training_dates"),
}
WRITTEN = {"A": "written_beam", "B": "written_attention", "C": "written_generative", "D": "written_bottleneck"}
# Shorter trainings, long enough for what the text says of them.
SHORTER = {
    "models=200": "models=60",
    "range(800)": "range(350)",
    "*next(batches)), 800,": "*next(batches)), 350,",
    "minibatch_loss, 1500, 0.02": "minibatch_loss, 900, 0.02",
    "(0, 50, 200, 1000)": "(0, 50, 200, 500)",
    "bars(rng, 50)), 1000,": "bars(rng, 50)), 500,",
    "minibatch_loss, 1000, 0.006": "minibatch_loss, 500, 0.006",
}


@pytest.fixture
def shown():
    with watched(NOTEBOOK.problem_set) as seen:
        yield seen


def run_part(part):
    """Setup and the cells of one part alone, with shorter trainings."""
    cells = ["setup"]
    for name in PARTS[part]:
        cells += [f"{name}_solution", name] if name in FUNCTIONS else [name]
    texts = [source(BY_ID[name]) for name in cells]
    for long, short in SHORTER.items():
        texts = [text.replace(long, short) for text in texts]
    return run(texts)


def test_the_parts_are_the_notebook():
    named = [name for part in PARTS.values() for name in part]
    functions = [name for name in named if name in FUNCTIONS]
    assert functions == list(FUNCTIONS)
    assert sorted(set(named) - set(functions)) == sorted(mark(c)["grade_id"] for c in NOTEBOOK.ungraded)
    everything = "".join(source(c) for c in CELLS)
    for long in SHORTER:
        assert everything.count(long) == 1, long
    table = source(CELLS[0])
    for part, written in WRITTEN.items():
        automatic = sum(FUNCTIONS[name] for name in PARTS[part] if name in FUNCTIONS)
        paper = NOTEBOOK.written[written]
        assert f"| {automatic:g} + {paper:g} |" in table and automatic + paper == 25


def test_beams_find_likelier_and_shorter_captions(shown):
    namespace = run_part("A")
    assert shown["checks"] == list(PARTS["A"][:3]) and len(shown["figures"]) == 2
    hesitant, sure = namespace["shares"].values()
    assert hesitant == sorted(hesitant) and sure == sorted(sure)
    assert 0.1 < hesitant[0] < 0.3 and 0.5 < sure[0] < 0.8
    assert sure[2] > 0.9 and hesitant[4] > 0.9 > hesitant[2] and min(hesitant[-1], sure[-1]) > 0.95
    logprobs, lengths = namespace["logprobs"], namespace["lengths"]
    assert all(np.diff(logprobs) > 0) and logprobs[-1] - logprobs[0] > 1
    assert lengths[-1] < lengths[0] - 1 and lengths[-1] < namespace["human"] - 2


def test_there_are_781_results_of_up_to_four_of_six_words():
    ended = {(*words, 2) for n in range(4) for words in itertools.product((0, 1, 3, 4, 5), repeat=n)}
    open_ended = set(itertools.product((0, 1, 3, 4, 5), repeat=4))
    count = f"{len(ended | open_ended)} different results, {len(ended)} with the end word and {len(open_ended)} without"
    assert any(count in source(c) for c in CELLS)


def test_attention_finds_what_it_was_asked_for(shown, capsys):
    namespace = run_part("B")
    assert shown["checks"] == list(PARTS["B"][:3]) and len(shown["figures"]) == 2
    assert namespace["accuracy"] > 0.85
    # The weights lie on the side of the right answer, although only the answer was ever given.
    cells = np.arange(64) % 8
    _, weights, _ = namespace["answer"](namespace["params"], namespace["new_x"], namespace["new_colours"][:, 0])
    on_the_right = (weights * (cells >= 4)).sum(axis=1)
    assert np.mean((on_the_right > 0.5) == namespace["new_answers"][:, 0]) > 0.85
    assert "right answers about new scenes" in capsys.readouterr().out


def test_the_pixel_network_comes_close_to_the_entropy(shown):
    namespace = run_part("C")
    assert shown["checks"] == list(PARTS["C"][:5]) and len(shown["figures"]) == 2
    bits, entropy = namespace["bits"], namespace["entropy"]
    assert entropy == pytest.approx(0.115, abs=1e-3)
    assert 0.8 < bits[0] < 1 and bits[namespace["iterations"].index(100)] < 0.2 and entropy < bits[-1] < 1.15 * entropy
    noise, _, _, late, true = namespace["whole"]
    assert noise == 0 and late >= 0.4 and true == 1


def test_the_entropy_of_bars_is_that_of_their_frequencies():
    text = source(BY_ID["training_pixels"])
    namespace = run(["import numpy as np", text[: text.index("with plots")]])
    images = namespace["bars"](np.random.default_rng(0), 200_000, side=3).reshape(-1, 9)
    counts = np.bincount(images @ 2 ** np.arange(9))
    p = counts[counts > 0] / len(images)
    assert namespace["entropy_of_bars"](3) == pytest.approx(-(p * np.log2(p)).sum() / 9, abs=1e-3)


def test_dates_are_learned_from_the_year_to_the_day(shown):
    namespace = run_part("D")
    assert shown["checks"] == list(PARTS["D"][:4]) and len(shown["figures"]) == 1
    curves = {name: np.array(shares) for name, shares in namespace["curves"].items()}
    assert curves["year"][2] > 0.8
    assert curves["year"].sum() > curves["month"].sum() > curves["day"].sum() > curves["the whole date"].sum()
    assert curves["the whole date"][-1] > 0.5


def test_alternative_texts_are_sentences():
    for n in NOTEBOOK.showing:
        assert source(CELLS[n]).count('alt = "') == 1 and "@" not in source(CELLS[n]).replace(" @ ", "")
        assert "@" not in source(CELLS[n + 1])


def test_an_untouched_notebook_says_so_kindly(shown, capsys):
    """Cells with figures wait for the student's code, and none of them trains a network before it says so."""
    cells = {c.metadata.nbgrader.grade_id: c.source for c in NOTEBOOK.released if "nbgrader" in c.metadata}
    ungraded = [mark(c)["grade_id"] for c in NOTEBOOK.ungraded]
    run(cells[name] for name in ("setup", *(f"{f}_solution" for f in FUNCTIONS), *ungraded))
    printed = capsys.readouterr()
    assert not shown["figures"] and "training" not in printed.err
    assert printed.out.count("functions you have not written yet") == len(NOTEBOOK.ungraded)
