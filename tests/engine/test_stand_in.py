"""A function that is not there costs its own points: what calls it is tried with stand-ins in its place."""

from __future__ import annotations

import numpy as np
import pytest

from autograder import session
from autograder.check import CARRIED, PASSED
from autograder.code import OPAQUE, apply_edits
from autograder.problem_set import load, names
from autograder.stand_in import followed, rehearsed, replaceable, same
from autograder.trial import draw_trials
from autograder.verify import tasks
from autograder.verify.grader import Grader, reached
from tests.engine.conftest import verdict

UNUSABLE = {
    "not written": "def {0}(*args, **kwargs):\n    raise NotImplementedError()\n",
    "missing": "",
    "raises": "def {0}(*args, **kwargs):\n    return 1 / 0\n",
}
# A backward function reads a cache whose layout only the student's own forward function knows.
LOST_WITH = {
    "rnn_step_forward": {"rnn_step_backward"},
    "word_embedding_forward": {"word_embedding_backward"},
    "temporal_affine_forward": {"temporal_affine_backward"},
    "lstm_step_forward": {"lstm_step_backward"},
    "gru_step_forward": {"gru_step_backward"},
    "relu_rnn_forward": {"relu_rnn_backward"},
    "attention_forward": {"attention_backward"},
    "encode_forward": {"encode_backward"},
}
ALL = [
    pytest.param(name, function, kind, id=f"{name}-{function}-{kind}")
    for name in names()
    for function in sorted({n for check in load(name).checks for n in check.needs})
    for kind in UNUSABLE
]


def graded(name: str, function: str, kind: str):
    """The Result of the solution without one function, on the checks that it can reach. Runs in the pool."""
    grade = Grader(load(name), tasks.own_jail)
    return grade({function: UNUSABLE[kind].format(function)}, only=reached(grade.problem_set, function))


@pytest.fixture(scope="module")
def results(request, jail):
    """(problem set, function, kind) -> a future Result, for all that are tested in this run."""
    here = (item for item in request.session.items if item.path == request.path and hasattr(item, "callspec"))
    params = [item.callspec.params for item in here]
    wanted = [(p["name"], p["function"], p["kind"]) for p in params if "function" in p]
    with tasks.pool() as pool:
        yield {key: pool.submit(graded, *key) for key in wanted}


@pytest.mark.parametrize(("name", "function", "kind"), ALL)
def test_a_function_that_is_not_there_costs_its_own_points(name, function, kind, results):
    result = results[name, function, kind].result()
    lost = {v.name: (v.status, v.hint) for v in result.checks if v.points < v.max_points}
    assert set(lost) == {function, *LOST_WITH.get(function, ())}, lost
    assert all(verdict(result, f).points == 0 for f in lost)
    assert not result.flags


@pytest.mark.parametrize("name", names())
def test_what_is_lost_with_another_reads_its_cache(name):
    problem_set = load(name)
    for function in {n for check in problem_set.checks for n in check.needs} & set(LOST_WITH):
        assert OPAQUE in problem_set.reference.returns[function]
        for lost in LOST_WITH[function]:
            assert problem_set.check(lost).swap == ()
            assert OPAQUE in problem_set.reference.cells[f"{lost}_solution"].splitlines()[0]


def test_the_hint_names_what_could_not_be_used(grade):
    result = grade({"rnn_step_forward": UNUSABLE["not written"].format("rnn_step_forward")})
    found = verdict(result, "rnn_forward")
    assert (found.status, found.points) == (CARRIED, found.max_points)
    assert found.hint == (
        "Right, given stand-ins for what it calls, since your own rnn_step_forward could not be used; "
        "that costs points only once."
    )
    assert all(o.ok for o in found.outputs)


def test_a_loop_that_never_ends_costs_its_own_points(grader):
    result = grader("ps3_flow")(
        {"clip_grad_value": "def clip_grad_value(grads, c):\n    while True:\n        pass\n"}, only=["clip_cosines"]
    )
    assert verdict(result, "clip_cosines").status == CARRIED
    assert not [flag for flag in result.flags if flag.startswith("clip_cosines")]


def test_slow_cells_are_not_run_again_and_again(grade, monkeypatch):
    """The time is for the checks: without it, what calls a missing function is judged as far as it can be."""
    monkeypatch.setattr(session, "TOTAL_SECONDS", 10.0)
    changes = {"rnn_step_forward": None, "slow": "import time\ntime.sleep(3)\n"}
    result = grade(changes, only=["rnn_forward", "word_embedding_forward"])
    assert [(v.name, v.status) for v in result.checks] == [
        ("rnn_forward", "crashed"),
        ("word_embedding_forward", PASSED),
    ]


@pytest.mark.parametrize("returned", ["None", "np.zeros(3), None", "x @ Wx, None, None"])
def test_a_function_that_returns_nothing_useful_costs_its_own_points(returned, grade):
    text = f"def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return {returned}\n"
    assert verdict(grade({"rnn_step_forward": text}, only=["rnn_forward"]), "rnn_forward").status == CARRIED


def test_several_functions_may_be_missing(grade, solutions):
    """Also the one that a check calls first: then it is the reference's, and its steps are stand-ins."""
    result = grade({"rnn_step_backward": None, "rnn_forward": None}, only=["rnn_backward", "rnn_backward_truncated"])
    assert {v.status for v in result.checks} == {CARRIED}
    result = grade({"rnn_step_forward": None, "rnn_step_backward": None, "rnn_forward": None}, only=["rnn_backward"])
    assert verdict(result, "rnn_backward").status == CARRIED


def test_one_function_wrong_and_another_missing(grade, solutions):
    wrong = solutions["rnn_step_forward"].replace("np.tanh(", "np.sin(")
    result = grade({"rnn_step_forward": wrong, "rnn_step_backward": None}, only=["rnn_backward"])
    assert verdict(result, "rnn_backward").status == CARRIED


EQUIVALENT = {
    "by keyword, in another order": (
        "rnn_step_forward(x[:, t], h_t, Wx, Wh, b)",
        "rnn_step_forward(b=b, Wh=Wh, Wx=Wx, prev_h=h_t, x=x[:, t])",
    ),
    "arguments changed afterwards": (
        "rnn_step_forward(x[:, t], h_t, Wx, Wh, b)",
        "rnn_step_forward(box.__setitem__(..., x[:, t]) or box, h_t, Wx, Wh, b)",
    ),
    "called by a helper": (
        "h_t, step_cache = rnn_step_forward(x[:, t], h_t, Wx, Wh, b)",
        "step = lambda *parts: rnn_step_forward(*parts)\n        h_t, step_cache = step(x[:, t], h_t, Wx, Wh, b)",
    ),
}


@pytest.mark.parametrize("kind", EQUIVALENT)
def test_right_functions_written_otherwise_are_credited(kind, grade, solutions):
    text = (
        solutions["rnn_forward"]
        .replace(*EQUIVALENT[kind])
        .replace("    h_t = h0\n", "    h_t = h0\n    box = x[:, 0] * 0\n")
    )
    assert text.count("box") >= 1
    result = grade({"rnn_step_forward": None, "rnn_forward": text}, only=["rnn_forward"])
    assert verdict(result, "rnn_forward").status == CARRIED


def test_a_search_that_stops_early_is_credited(grader):
    grade = grader("ps5_captioning")
    text = grade.solutions["sample_captions"]
    text = text.replace(
        "    for t in range(max_length):\n",
        "    for t in range(max_length):\n        if done.all():\n            break\n",
    )
    assert "break" in text
    result = grade({"next_words": None, "sample_captions": text}, only=["sample_captions"])
    assert verdict(result, "sample_captions").status == CARRIED


def wrong_ones(name: str, check: str):
    """The mistakes of a check that are made in its own function."""
    mistakes = load(name).check(check).mistakes
    return [pytest.param(name, check, m, id=f"{check}-{m.name}") for m in mistakes if m.function == check]


@pytest.mark.parametrize(
    ("name", "check", "mistake"),
    [
        *wrong_ones("ps1_rnn", "rnn_forward"),
        *wrong_ones("ps1_rnn", "rnn_backward"),
        *wrong_ones("ps3_flow", "clip_cosines"),
        *wrong_ones("ps5_captioning", "sample_captions"),
        *wrong_ones("ps6_beyond", "greedy_search"),
        *wrong_ones("ps6_beyond", "translate"),
    ],
)
def test_a_mistake_is_not_credited_with_stand_ins(name, check, mistake, grader):
    grade = grader(name)
    missing = grade.problem_set.check(check).swap[-1]
    wrong = apply_edits(grade.solutions[check], mistake)
    found = verdict(grade({missing: None, check: wrong}, only=[check]), check)
    assert found.status not in (PASSED, CARRIED)
    assert found.points == 0


HOSTILE = {
    "constants": "    return np.zeros((len(x), x.shape[1], len(b))), None\n",
    "calls it and returns constants": "    h, _ = rnn_step_forward(x[:, 0], h0, Wx, Wh, b)\n"
    "    return np.zeros((len(x), x.shape[1], len(b))), None\n",
    "calls it only once": "    h, _ = rnn_step_forward(x[:, 0], h0, Wx, Wh, b)\n"
    "    return np.repeat(h[:, None], x.shape[1], axis=1), None\n",
    "reads the script": "    key = [k for k in found().script if k.startswith('rnn_forward')][-1]\n"
    "    return np.stack([h for h, _ in found().script[key]], axis=1), None\n",
    "reads the script and calls with anything": "    hs = [rnn_step_forward(x[:, 0], h0, Wx, Wh, b)[0] for _ in x[0]]\n"
    "    return np.stack(hs, axis=1), None\n",
    "notes that are none": "    found().notes = 5\n    return x, None\n",
    "notes of another shape": "    found().notes['rnn_forward 0: rnn_step_forward'] = [[[1.0], [2.0, 3.0]], {}]\n"
    "    return x, None\n",
    "notes that cannot be read": "    found().notes = {'a': object()}\n    return x, None\n",
    "calls for ever": "    while True:\n        rnn_step_forward(x[:, 0], h0, Wx, Wh, b)\n",
    "ends its process": "    import os\n    os._exit(0) if 'StandIns' in str(rnn_step_forward) else 1 / 0\n",
}
FOUND = "import gc\ndef found():\n    return [o for o in gc.get_objects() if type(o).__name__ == 'StandIns'][-1]\n"


@pytest.mark.parametrize("kind", HOSTILE)
def test_who_does_not_do_the_work_gets_nothing(kind, grade):
    text = "def rnn_forward(x, h0, Wx, Wh, b):\n" + HOSTILE[kind]
    result = grade(
        {"rnn_step_forward": None, "rnn_forward": FOUND + text}, only=["rnn_forward", "temporal_affine_forward"]
    )
    assert verdict(result, "rnn_forward").points == 0
    assert verdict(result, "temporal_affine_forward").status == PASSED
    assert not [flag for flag in result.flags if "explaining it failed" in flag]


def test_a_function_that_fails_on_purpose_gains_nothing(grade, solutions):
    """Wrong steps that raise where it suits them: what calls them gets what right code gets, or nothing."""
    crash = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    raise ValueError('on purpose')\n"
    wrong = solutions["rnn_forward"].replace("h_t, Wx, Wh, b)", "h0, Wx, Wh, b)")
    assert wrong != solutions["rnn_forward"]
    changes = {"rnn_step_forward": crash, "rnn_forward": wrong}
    assert grade(changes, only=["rnn_step_forward", "rnn_forward"]).points == 0


def test_a_worker_with_stand_ins_is_not_used_again(grade):
    """Functions that survive from one check to the next would let a missing one be there."""
    only = ["rnn_forward", "rnn_step_backward", "rnn_backward", "rnn_step_forward"]
    result = grade({"rnn_step_forward": None, "rnn_step_backward": None}, only=only)
    assert verdict(result, "rnn_step_forward").points == verdict(result, "rnn_step_backward").points == 0
    assert verdict(result, "rnn_forward").status == CARRIED


@pytest.mark.parametrize(
    ("name", "check"),
    [("ps1_rnn", "rnn_backward"), ("ps5_captioning", "sample_captions"), ("ps6_beyond", "seq2seq_loss")],
)
def test_a_script_holds_no_answer(name, check):
    """Nothing that a stand-in returns is what the function itself would return for the noted arguments."""
    problem_set = load(name)
    row, reference = problem_set.check(check), problem_set.reference
    functions = replaceable(row, reference)
    trial = draw_trials(row, problem_set, 1)[0]
    play = rehearsed(row, reference, functions, trial)
    again = rehearsed(row, reference, functions, trial)
    assert play.alive and repr(play.stand_ins.script) == repr(again.stand_ins.script)
    for key, lines in play.stand_ins.script.items():
        function = key.partition(": ")[2]
        for line, arguments in zip(lines, play.stand_ins.notes[key], strict=True):
            if not any(isinstance(v, str) and v.startswith(OPAQUE) for v in arguments.values()):
                right = reference.plain[function](**arguments)
                for mine, true in zip(
                    np.atleast_1d(line) if isinstance(line, np.ndarray) else line, right, strict=False
                ):
                    if isinstance(true, np.ndarray) and true.size > 1:
                        assert np.shape(mine) == true.shape and not same(mine, true, 1e-3)


def test_what_was_noted_is_compared_strictly():
    right = {"f 0: g": [{"x": np.ones(3), "n": 2, "s": "a", "d": {"w": np.eye(2)}}, {"x": np.zeros(3)}]}
    assert followed(right, right, 1e-6)
    assert followed({"f 0: g": right["f 0: g"][:1]}, right, 1e-6)  # ended early
    for other in ({}, {"f 0: g": []}, {"f 0: g": right["f 0: g"] * 2}, {**right, "f 1: g": []}, {"f 0: g": None}):
        assert not followed(other, right, 1e-6)
    for got, expected in (
        (np.ones(2), np.ones(3)),
        ([[1.0], [1.0, 2.0]], np.ones((2, 2))),
        (None, 0.0),
        ("1", 1),
        (1, "1"),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1], [1, 2]),
        (np.array([np.nan]), np.array([np.nan])),
    ):
        assert not same(got, expected, 1e-6)
    assert same([1, 2], np.array([1, 2]), 1e-6) and same(None, None, 1e-6) and same([1, "a"], [1, "a"], 1e-6)
