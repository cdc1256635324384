"""Two mistakes at once are both named, and what nothing explains is put to experiments; through the real jail."""

import pytest

from autograder.check import Mistake
from autograder.code import apply_edits
from autograder.explaining import _of_pairs
from autograder.problem_set import load
from bench.pairs import outcomes
from tests.engine.conftest import verdict
from unroll.diagnose import Explanation

PAIRS = [
    ("ps1_rnn", "rnn_step_forward", ("bias_twice", "Wh_transposed")),
    ("ps1_rnn", "rnn_step_forward", ("sigmoid_for_tanh", "Wh_transposed")),  # their edits fit in one order only
    ("ps2_lstm", "lstm_step_forward", ("order_ifgo", "tanh_on_the_way_out_missing")),
    ("ps2_lstm", "lstm_step_backward", ("sigmoid_derivative_missing", "candidate_derivative_missing")),
]


def wrong_twice(grade, check, names):
    mistakes = [m for m in grade.problem_set.check(check).mistakes if m.name in names]
    text = grade.solutions[check]
    for mistake in sorted(mistakes, key=lambda m: names.index(m.name)):
        text = apply_edits(text, mistake)
    return mistakes, verdict(grade({check: text}, only=[check]), check)


@pytest.mark.parametrize(("name", "check", "pair"), PAIRS)
def test_two_mistakes_in_one_function_are_both_named(name, check, pair, grader):
    mistakes, found = wrong_twice(grader(name), check, pair)
    assert set(found.mistake.split(" + ")) == set(pair)
    assert all(m.hint in found.hint for m in mistakes)


def test_pairs_that_cannot_be_told_apart_are_not_guessed():
    a, b, c, d = (Mistake(name, f"Hint {name}.", ()) for name in "abcd")
    assert _of_pairs([(a, b)]) == Explanation(("a", "b"), "Hint a. Hint b.")
    one = _of_pairs([(a, b), (b, c)])
    assert (one.names, one.hint) == (("b",), "Hint b. There is a second mistake besides.")
    none = _of_pairs([(a, b), (c, d)])
    assert (none.names, none.hint) == ((), "Two mistakes seem to meet here, and they cannot be told from others.")


@pytest.mark.parametrize(("name", "check"), [("ps1_rnn", "rnn_step_backward"), ("ps2_lstm", "gru_step_backward")])
def test_of_many_pairs_none_is_named_wrongly_and_most_are_named(name, check):
    problem_set = load(name)
    found = [outcome for outcome, *_ in outcomes(problem_set, problem_set.check(check), 8, seed=1)]
    assert len(found) == 8
    assert "wrong" not in found
    assert found.count("both") >= 6


def test_an_input_that_is_not_used_is_named(grade, solutions):
    wrong = solutions["rnn_step_backward"].replace("next_h**2", "np.tanh(x @ Wx) ** 2 + 0 * next_h")
    found = verdict(grade({"rnn_step_backward": wrong}, only=["rnn_step_backward"]), "rnn_step_backward")
    assert found.mistake == "ignores_inputs"
    assert "should change when any of prev_h, Wh, b changes, and do not always: where do these" in found.hint


def test_a_gradient_that_is_not_linear_is_named(grade, solutions):
    wrong = solutions["rnn_step_backward"].replace("1 - next_h**2", "1 - next_h**2 * dnext_h**2")
    found = verdict(grade({"rnn_step_backward": wrong}, only=["rnn_step_backward"]), "rnn_step_backward")
    assert found.mistake == "not_linear_in_dnext_h"
    assert found.hint.startswith("dx, dprev_h, dWx, dWh, db do not double when dnext_h doubles, and should")


def test_experiments_that_kill_the_worker_cost_nobody_else(grade, solutions):
    wrong = solutions["rnn_step_forward"].replace(
        "    return next_h",
        "    calls.append(1)\n    if len(calls) > 5: import os; os._exit(0)\n    return next_h + 1 / (x.sum() + 9)",
    )
    result = grade({"rnn_step_forward": "calls = []\n" + wrong}, only=["rnn_step_forward", "temporal_softmax_loss"])
    assert verdict(result, "rnn_step_forward").points == 0
    assert verdict(result, "temporal_softmax_loss").status == "passed"


def test_a_crash_tells_the_sizes_in_letters(grade):
    text = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    a = x @ Wx.T\n    return a, None\n"
    hint = verdict(grade({"rnn_step_forward": text}, only=["rnn_step_forward"]), "rnn_step_forward").hint
    assert "There, x is (3, 6) = (N, D) and Wx is (6, 5) = (D, H). In a matrix product" in hint


def test_a_name_never_unpacked_is_told_where_to_look(grade, solutions):
    wrong = solutions["rnn_step_backward"].replace(
        "x, prev_h, Wx, Wh, next_h = cache", "x, prev_h, Wx, _, next_h = cache"
    )
    hint = verdict(grade({"rnn_step_backward": wrong}, only=["rnn_step_backward"]), "rnn_step_backward").hint
    assert "NameError: name 'Wh' is not defined" in hint
    assert "Wh is used before anything is stored under that name: is it unpacked from the cache" in hint


def test_an_undeclared_argument_is_named(grade):
    text = "def rnn_step_forward(x, prev_h, Wx, Wh):\n    return x, None\n"
    hint = verdict(grade({"rnn_step_forward": text}, only=["rnn_step_forward"]), "rnn_step_forward").hint
    assert "rnn_step_forward declares fewer arguments than the 5 it is called with" in hint
