"""What a verdict says: statuses, sentences, partial credit, seeds, and what depends on what."""

import json
import time

import pytest

from autograder import session
from autograder.check import STATUSES, Result
from autograder.engine import seed_for
from autograder.judge import NUMERICAL, NUMERICAL_HINT
from tests.engine.conftest import SECRET, verdict

NUMERICAL_STEP = """
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    b = np.arctanh(next_h)[0] - x[0] @ Wx - prev_h[0] @ Wh
    grads = []
    for wanted in (x, prev_h, Wx, Wh, b):
        g = np.zeros_like(wanted)
        for i in np.ndindex(g.shape):
            old = wanted[i]
            wanted[i] = old + 1e-6
            up = rnn_step_forward(x, prev_h, Wx, Wh, b)[0]
            wanted[i] = old - 1e-6
            down = rnn_step_forward(x, prev_h, Wx, Wh, b)[0]
            wanted[i] = old
            g[i] = np.sum((up - down) * dnext_h) / 2e-6
        grads.append(g)
    return tuple(grads)
"""
STUB = "def {0}(*args):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"


def test_the_solution_gets_every_point(grade, ps1):
    result = grade()
    assert (result.points, result.max_points, result.flags) == (ps1.max_points, ps1.max_points, ())
    assert {v.status for v in result.checks} == {"passed"}


def test_nothing_written_gets_nothing(grade, solutions):
    result = grade({name: STUB.format(name) for name in solutions})
    assert result.points == 0
    assert {v.status for v in result.checks} == {"skipped"}
    assert verdict(result, "rnn_step_forward").hint == "rnn_step_forward is not written yet."
    assert verdict(result, "rnn_backward").hint == "rnn_forward is not written yet."


def test_a_part_that_is_missing_is_named(grade, solutions):
    wrong = solutions["rnn_forward"].replace("h_t, Wx, Wh, b)", "h0, Wx, Wh, b)")
    result = grade({"rnn_step_forward": STUB.format("rnn_step_forward"), "rnn_forward": wrong})
    found = verdict(result, "rnn_forward")
    assert (found.status, found.points) == ("skipped", 0)
    assert found.hint == "rnn_forward needs rnn_step_forward, and rnn_step_forward is not written yet."


def test_a_deleted_function_is_named(grade):
    found = verdict(grade({"rnn_step_forward": None}), "rnn_step_forward")
    assert (found.status, found.points) == ("skipped", 0)
    assert found.hint == "rnn_step_forward is not defined: was its cell deleted or renamed?"


def test_a_crash_shows_the_students_own_line(grade):
    text = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    a = x @ Wx.T\n    return a, None\n"
    found = verdict(grade({"rnn_step_forward": text}, only=["rnn_step_forward"]), "rnn_step_forward")
    assert (found.status, found.points) == ("crashed", 0)
    assert found.hint.startswith("rnn_step_forward raised ValueError: matmul")
    assert "(line 2 of the cell that defines rnn_step_forward: a = x @ Wx.T)" in found.hint


@pytest.mark.parametrize(
    ("returned", "hint"),
    [
        ("None", "rnn_step_forward returned None: is the return statement missing?"),
        ("np.tanh(x @ Wx)", "rnn_step_forward returned one value; expected 2: next_h, cache"),
        ("1, 2, 3", "rnn_step_forward returned 3 values; expected 2: next_h, cache"),
    ],
)
def test_wrong_returns_are_named(returned, hint, grade):
    text = f"def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return {returned}\n"
    found = verdict(grade({"rnn_step_forward": text}, only=["rnn_step_forward"]), "rnn_step_forward")
    assert (found.points, found.hint) == (0, hint)


@pytest.mark.parametrize("value", ["object()", "'text'", "{}", "[x]", "np.array([None])", "np", "lambda: 0", "{1: 2}"])
def test_strange_results_are_only_wrong(value, grade):
    text = f"def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return {value}, None\n"
    result = grade({"rnn_step_forward": text}, only=["rnn_step_forward", "rnn_step_backward"])
    assert result.points == 0


def test_right_values_in_the_wrong_shape_cost_little(grade):
    found = verdict(
        grade(
            {
                "rnn_step_forward": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n"
                "    h = np.tanh(x @ Wx + prev_h @ Wh + b)\n    return h[None], (x, prev_h, Wx, Wh, h)\n"
            },
            only=["rnn_step_forward"],
        ),
        "rnn_step_forward",
    )
    assert found.points == pytest.approx(0.75 * found.max_points)
    assert "next_h has the right values but shape (1, 3, 5); expected (3, 5)" in found.outputs[0].message


def test_single_precision_costs_little_and_is_named(grade):
    found = verdict(
        grade(
            {
                "rnn_step_forward": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n"
                "    h = np.tanh(x @ Wx + prev_h @ Wh + b).astype(np.float32)\n    return h, (x, prev_h, Wx, Wh, h)\n"
            },
            only=["rnn_step_forward"],
        ),
        "rnn_step_forward",
    )
    assert found.points == pytest.approx(0.75 * found.max_points)
    assert "dtype float32; expected float64" in found.outputs[0].message


def test_one_wrong_output_of_five_costs_a_fifth(grade, solutions):
    wrong = solutions["rnn_step_backward"].replace("db = da.sum(axis=0)", "db = da.sum(axis=0) + 1")
    found = verdict(grade({"rnn_step_backward": wrong}, only=["rnn_step_backward"]), "rnn_step_backward")
    assert found.points == pytest.approx(0.8 * found.max_points)
    assert [o.ok for o in found.outputs] == [True, True, True, True, False]


def test_code_that_works_only_for_several_examples_loses_that_case(grade):
    text = "def temporal_affine_forward(x, w, b):\n    assert len(x) > 1, 'one example'\n    return x @ w + b, (x, w)\n"
    found = verdict(grade({"temporal_affine_forward": text}), "temporal_affine_forward")
    assert found.points == pytest.approx(0.85 * found.max_points, abs=0.01)
    assert found.status == "failed"
    assert "AssertionError: one example" in found.hint


def test_a_loop_that_never_ends_costs_only_what_it_must(grade, solutions):
    text = "def word_embedding_forward(x, W):\n    while True:\n        pass\n"
    result = grade({"word_embedding_forward": text})
    found = verdict(result, "word_embedding_forward")
    assert (found.status, found.points) == ("timed_out", 0)
    assert any("word_embedding_forward" in flag for flag in result.flags)
    assert verdict(result, "rnn_backward").status == verdict(result, "temporal_softmax_loss").status == "passed"


def test_a_numerical_gradient_is_named_and_gets_nothing(grade):
    result = grade({"rnn_step_backward": NUMERICAL_STEP}, only=["rnn_step_backward"])
    found = verdict(result, "rnn_step_backward")
    assert (found.status, found.points) == ("timed_out", 0)
    assert (found.mistake, found.hint) == (NUMERICAL, NUMERICAL_HINT)
    assert result.flags == ()


def test_a_numerical_gradient_costs_only_where_it_stands(grade):
    result = grade({"rnn_step_backward": NUMERICAL_STEP})
    lost = {v.name for v in result.checks if v.points < v.max_points}
    assert lost == {"rnn_step_backward"}
    assert verdict(result, "rnn_backward").hint == (
        "Right, given stand-ins for what it calls, since your own rnn_step_backward could not be used; that costs "
        "points only once."
    )


@pytest.mark.parametrize(
    "text",
    [
        "def rnn_forward(x, h0, Wx, Wh, b):\n    while True:\n        pass\n",
        "def rnn_forward(x, h0, Wx, Wh, b):\n    raise NotImplementedError()\n",
        "def rnn_forward(x, h0, Wx, Wh, b):\n    return x @ Wx.T\n",
        None,
    ],
    ids=["never ends", "not written", "crashes", "deleted"],
)
def test_backward_is_judged_with_own_steps_when_forward_cannot_be_used(text, grade):
    result = grade({"rnn_forward": text})
    lost = {v.name for v in result.checks if v.points < v.max_points}
    assert lost == {"rnn_forward"}
    assert verdict(result, "rnn_backward").hint == (
        "Right, given your own steps; rnn_forward could not be used, so yours was tried without it."
    )


def test_a_wrong_backward_gets_nothing_that_way(grade, solutions):
    wrong = solutions["rnn_backward"].replace("dh_t = dh[:, t] + dprev_h", "dh_t = dh[:, t]")
    found = verdict(grade({"rnn_forward": None, "rnn_backward": wrong}), "rnn_backward")
    assert (found.status, found.points) == ("skipped", 0)


def test_a_cell_that_stopped_is_named_where_its_function_is_missed(grade, solutions):
    result = grade({"rnn_step_forward": "import not_installed_here\n" + solutions["rnn_step_forward"]})
    sentence = "rnn_step_forward is not defined: cell 3, which makes it, stopped with ModuleNotFoundError: No module"
    assert verdict(result, "rnn_step_forward").hint.startswith(sentence)
    assert [flag for flag in result.flags if flag.startswith(sentence)]


def test_a_failing_cell_does_not_stop_later_cells(grade):
    result = grade({"setup": "import numpy as np\nimport torch_is_not_here\n"})
    assert result.points == result.max_points


def test_two_mistakes_in_two_functions_are_both_named_and_each_costs_once(grade, solutions):
    step = solutions["rnn_step_forward"].replace("prev_h @ Wh", "prev_h @ Wh.T")
    backward = solutions["rnn_backward"].replace("dh_t = dh[:, t] + dprev_h", "dh_t = dh[:, t]")
    result = grade({"rnn_step_forward": step, "rnn_backward": backward})
    named = {v.name: v.mistake for v in result.checks if v.mistake}
    assert named == {"rnn_step_forward": "Wh_transposed", "rnn_backward": "recurrent_gradient_missing"}
    carried = {v.name for v in result.checks if v.status == "carried_forward"}
    assert {"rnn_forward", "rnn_backward_truncated"} <= carried
    assert verdict(result, "rnn_forward").hint == (
        "Right, given your own rnn_step_forward; the mistake there costs points only once."
    )


def test_two_mistakes_in_one_function_are_both_named(grade, solutions):
    wrong = solutions["rnn_step_backward"].replace("da.sum(axis=0)", "da.mean(axis=0)")
    wrong = wrong.replace("dWh = prev_h.T @ da", "dWh = next_h.T @ da")
    found = verdict(grade({"rnn_step_backward": wrong}, only=["rnn_step_backward"]), "rnn_step_backward")
    assert found.mistake == "dWh_from_next_h + db_averaged"


def test_backward_of_ones_own_wrong_forward_is_credited(grade):
    """A forward function nobody foresaw, and a backward function that is its gradient."""
    result = grade(
        {
            "rnn_step_forward": """
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = x @ Wx + prev_h @ Wh + b
    return np.sin(a), (x, prev_h, Wx, Wh, a)
""",
            "rnn_step_backward": """
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, a = cache
    d = dnext_h * np.cos(a)
    return d @ Wx.T, d @ Wh.T, x.T @ d, prev_h.T @ d, d.sum(axis=0)
""",
        }
    )
    lost = {v.name for v in result.checks if v.points < v.max_points}
    assert lost == {"rnn_step_forward"}
    assert verdict(result, "rnn_step_backward").status == "carried_forward"


def test_zeros_built_on_zeros_are_worth_nothing(grade):
    """Parts that return only zeros cannot carry credit forward to functions that return zeros too."""
    result = grade(
        {
            "rnn_step_forward": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return 0 * prev_h, x.shape\n",
            "rnn_step_backward": "def rnn_step_backward(dnext_h, cache):\n    N, D = cache\n    H = dnext_h.shape[1]\n"
            "    return np.zeros((N, D)), 0 * dnext_h, np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)\n",
            "rnn_forward": "def rnn_forward(x, h0, Wx, Wh, b):\n    return np.zeros((*x.shape[:2], len(b))), x.shape\n",
            "rnn_backward": "def rnn_backward(dh, cache):\n    N, T, D = cache\n    H = dh.shape[2]\n"
            "    return np.zeros(cache), np.zeros((N, H)), np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)\n",
            "rnn_backward_truncated": "def rnn_backward_truncated(dh, cache, k):\n    return rnn_backward(dh, cache)\n",
        },
        only=["rnn_step_forward", "rnn_step_backward", "rnn_forward", "rnn_backward", "rnn_backward_truncated"],
    )
    assert result.points == 0


def test_constants_built_on_constants_are_worth_nothing(grade):
    result = grade(
        {
            "rnn_step_forward": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return np.ones_like(prev_h), None\n",
            "rnn_forward": "def rnn_forward(x, h0, Wx, Wh, b):\n    return np.ones((*x.shape[:2], len(b))), None\n",
        },
        only=["rnn_step_forward", "rnn_forward"],
    )
    assert result.points == 0


def test_results_are_plain_json_and_come_back(grade):
    result = grade({"rnn_step_backward": NUMERICAL_STEP.replace("1e-6", "1e-3")})
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert Result.from_dict(json.loads(text)) == result
    assert all(v.status in STATUSES for v in result.checks)
    assert set(result.to_dict()) == {"problem_set", "points", "max_points", "sandbox", "checks", "flags"}
    assert set(result.to_dict()["checks"][0]) == {
        "name", "status", "points", "max_points", "hint", "mistake", "outputs", "seed",
    }  # fmt: skip
    assert set(result.to_dict()["checks"][0]["outputs"][0]) == {"name", "error", "tolerance", "ok", "message"}


def test_every_student_has_inputs_of_their_own_and_always_the_same(grade, solutions):
    wrong = solutions["rnn_step_forward"].replace("+ b", "+ 2 * b")
    changes, only = {"rnn_step_forward": wrong}, ["rnn_step_forward"]
    ada, again, bob = (grade(changes, only, student=s) for s in ("ada", "ada", "bob"))
    assert ada == again
    assert ada.checks[0].seed != bob.checks[0].seed
    assert ada.checks[0].outputs[0].error != bob.checks[0].outputs[0].error
    assert grade(changes, only, student="carl", seed=bob.checks[0].seed).checks == bob.checks


def test_seeds_depend_on_secret_student_submission_and_check():
    seeds = {
        seed_for(*parts)
        for parts in (
            (SECRET, "ada", "digest", "f"),
            (SECRET + b"!", "ada", "digest", "f"),
            (SECRET, "bob", "digest", "f"),
            (SECRET, "ada", "other", "f"),
            (SECRET, "ada", "digest", "g"),
            (SECRET, "adad", "igest", "f"),
        )
    }
    assert len(seeds) == 6
    assert seed_for(SECRET, "ada", "digest", "f") in seeds


def test_the_time_for_a_submission_is_bounded(grade, monkeypatch):
    monkeypatch.setattr(session, "TOTAL_SECONDS", 4.0)
    start = time.monotonic()
    endless = "def {0}(*args):\n    while True:\n        pass\n"
    names = ("rnn_step_forward", "word_embedding_forward", "temporal_affine_forward", "temporal_softmax_loss")
    result = grade({name: endless.format(name) for name in names})
    assert time.monotonic() - start < 15  # all of it, unbounded, would take more than 20
    last = verdict(result, "rnn_backward_truncated")
    assert (last.status, last.points) == ("skipped", 0)
    assert last.hint == "Not judged: the time for the whole submission was used up before this check."
    assert [flag for flag in result.flags if flag.startswith("rnn_backward_truncated: not judged; the ")]


def test_a_cell_that_never_ends_is_left_out_and_flagged(grade, monkeypatch):
    monkeypatch.setattr(session, "CELL_SECONDS", 1.0)
    result = grade({"extra": "while True:\n    pass\n"})
    assert result.points == result.max_points
    assert [flag for flag in result.flags if flag.endswith("The cell was left out.")]


def test_student_code_has_one_thread_of_blas(jail):
    with jail.spawn() as worker:
        outcome = worker.run_cell("import os; print(os.environ['OPENBLAS_NUM_THREADS'])", "cell 1", timeout=5)
    assert outcome.stdout == "1\n"


def test_only_judges_what_is_needed(grade):
    result = grade(only=["rnn_forward"])
    assert [v.name for v in result.checks] == ["rnn_forward"]
    with pytest.raises(KeyError, match="no check named 'nothing'"):
        grade(only=["nothing"])
