"""Code that means no good, or means well and does odd things: no forged points, no crash of the grader."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.code import Fault
from autograder.driven import own_steps
from autograder.judge import NUMERICAL
from autograder.problem_set import load
from autograder.trial import draw_trials
from tests.engine.conftest import verdict

ODD = {
    "None": "None",
    "text": "'text'",
    "ragged list": "[[1.0], [2.0, 3.0]]",
    "list of arrays": "[{0}, {0}]",
    "truth values": "({0} > 0)",
    "complex": "({0} + 1j)",
    "objects": "np.array([{{}}, None])",
    "record array": "np.zeros(3, dtype=[('a', float), ('b', int)])",
    "huge": "({0} * 0 + 1e300)",
    "nan": "({0} * np.nan)",
    "half precision": "{0}.astype(np.float16)",
    "empty": "np.zeros((0, 3))",
    "dates": "np.array(['2020-01-01'], dtype='datetime64[D]')",
    "tuple": "({0}, {0})",
}


def spoilt(solutions, function, name, expression):
    """The solution with one returned value replaced by something odd."""
    text = solutions[function]
    head, _, last = text.rpartition("return ")
    return head + f"{name} = {expression.format(name)}\n    return " + last


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_are_only_wrong_and_never_crash_the_grader(odd, grade, solutions):
    for function, name in (
        ("rnn_step_forward", "next_h"),
        ("rnn_step_backward", "dprev_h"),
        ("rnn_backward", "dWh"),
        ("word_embedding_forward", "out"),
        ("temporal_softmax_loss", "dx"),
    ):
        result = grade({function: spoilt(solutions, function, name, ODD[odd])})
        json.dumps(result.to_dict(), allow_nan=False)
        assert not [flag for flag in result.flags if "explaining it failed" in flag], function
        found = verdict(result, function)
        assert found.points < found.max_points, function


def test_swapped_return_values_are_wrong_and_not_a_crash(grade):
    text = (
        "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)\n"
        "    return (x, prev_h, Wx, Wh, next_h), next_h\n"
    )
    found = verdict(grade({"rnn_step_forward": text}), "rnn_step_forward")
    assert (found.status, found.points) == ("failed", 0)
    assert "next_h is a tuple; expected an array of shape" in found.outputs[0].message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.W_hh = rng.standard_normal((H, H)) / np.sqrt(H)", "self.W_hh = np.zeros((H, H))"),
        ("self.W_hh = rng.standard_normal((H, H)) / np.sqrt(H)", "self.W_hh = rng.standard_normal((H, H))"),
        ("self.W_xh = rng.standard_normal((H, k)) / np.sqrt(k)", "self.W_xh = rng.standard_normal((H, k)) / k"),
        (
            "self.W_xh = rng.standard_normal((H, k)) / np.sqrt(k)",
            "self.W_xh = rng.standard_normal((H, k)) / np.sqrt(H)",
        ),
        ("self.W_hy = rng.standard_normal((m, H)) / np.sqrt(H)", "self.W_hy = rng.random((m, H)) / np.sqrt(H)"),
        ("self.W_hy = rng.standard_normal((m, H)) / np.sqrt(H)", "self.W_hy = np.random.randn(m, H) / np.sqrt(H)"),
        ("self.B_h = np.zeros(H)", "self.B_h = np.ones(H)"),
        ("self.B_y = np.zeros(m)", "self.B_y = rng.standard_normal(m)"),
        ("self.h = np.zeros(H)", "self.h = np.full(H, 0.5)"),
        ("self.h = np.zeros(H)", "self.h = np.zeros((H, 1))"),
        ("self.W_hh = rng", "rng = np.random.default_rng(0)\n        self.W_hh = rng"),
        ("self.W_hh = rng", "np.random.seed(0)\n        self.W_hh = rng.standard_normal((H, H)) * np.nan + rng"),
    ],
)
def test_how_a_cell_starts_is_checked(old, new, grade, solutions):
    wrong = solutions["VanillaRNN"].replace(old, new)
    assert wrong != solutions["VanillaRNN"]
    found = verdict(grade({"VanillaRNN": wrong}, only=["VanillaRNN"]), "VanillaRNN")
    assert found.points < found.max_points


def test_a_wrong_shape_of_a_weight_is_named(grade, solutions):
    wrong = solutions["VanillaRNN"].replace("rng.standard_normal((H, k))", "rng.standard_normal((k, H))")
    found = verdict(grade({"VanillaRNN": wrong}, only=["VanillaRNN"]), "VanillaRNN")
    assert found.hint == "W_xh has shape (4, 6) after __init__; expected (6, 4) for k=4, H=6, m=3"


CONSTANT_STEPS = {
    "rnn_step_forward": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n"
    "    return prev_h + x.sum() + Wx.sum() + Wh.sum() + b, (x.shape, len(b))\n",
    "rnn_step_backward": "def rnn_step_backward(d, cache):\n    (N, D), H = cache\n    s = d.sum()\n"
    "    return np.full((N, D), s), d, np.full((D, H), s), np.full((H, H), s), d.sum(0)\n",
}


def test_gradients_that_depend_on_nothing_are_not_carried(grade):
    changes = {
        **CONSTANT_STEPS,
        "word_embedding_forward": "def word_embedding_forward(x, W):\n"
        "    return np.zeros((*x.shape, 1)) + W[0], W.shape\n",
        "word_embedding_backward": "def word_embedding_backward(d, shape):\n"
        "    dW = np.zeros(shape)\n    dW[0] = d.sum((0, 1))\n    return dW\n",
        "temporal_affine_forward": "def temporal_affine_forward(x, w, b):\n"
        "    return np.zeros((*x.shape[:2], 1)) + b + x.sum() + w.sum(), (x.shape, w.shape)\n",
        "temporal_affine_backward": "def temporal_affine_backward(d, c):\n    s = d.sum()\n"
        "    return np.full(c[0], s), np.full(c[1], s), d.sum((0, 1))\n",
    }
    result = grade(changes)
    for name in ("rnn_step_backward", "word_embedding_backward", "temporal_affine_backward"):
        assert verdict(result, name).status == "failed", name
        assert verdict(result, name).points < 0.5 * verdict(result, name).max_points


def test_constants_in_the_reference_frame_are_not_carried(grade):
    result = grade(
        {
            "rnn_step_forward": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return np.ones_like(prev_h), x\n",
            "rnn_step_backward": "def rnn_step_backward(d, x):\n    H = d.shape[1]\n"
            "    return np.ones_like(x), np.ones_like(d), np.ones((x.shape[1], H)), np.ones((H, H)), np.ones(H)\n",
            "rnn_forward": None,
            "rnn_backward": "def rnn_backward(dh, cache):\n    N, T, H = dh.shape\n    D = cache[0].shape[1]\n"
            "    return np.ones((N, T, D)), np.ones((N, H)), *(T * np.ones(s) for s in ((D, H), (H, H), H))\n",
        }
    )
    assert verdict(result, "rnn_backward").points == 0


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (
            "temporal_affine_forward",
            "M = {}\ndef temporal_affine_forward(x, w, b):\n    if x.shape not in M:\n        M[x.shape] = x @ w + b\n"
            "    return M[x.shape], (x, w)\n",
        ),
        (
            "word_embedding_backward",
            "def word_embedding_backward(dout, cache, acc={}):\n    x, shape = cache\n"
            "    dW = acc.setdefault(dout.shape, np.zeros(shape))\n    np.add.at(dW, x, dout)\n    return dW.copy()\n",
        ),
    ],
    ids=["remembers by shape", "accumulates over calls"],
)
def test_state_that_leaks_between_calls_is_found(function, text, grade):
    found = verdict(grade({function: text}, only=[function]), function)
    assert found.points < found.max_points
    assert "called again" in found.hint


def test_a_cache_kept_in_a_global_is_found(grade):
    result = grade(
        {
            "temporal_affine_forward": "def temporal_affine_forward(x, w, b):\n    global KEPT\n    KEPT = x, w\n"
            "    return x @ w + b, None\n",
            "temporal_affine_backward": "def temporal_affine_backward(dout, cache):\n    x, w = KEPT\n"
            "    return dout @ w.T, np.einsum('ntd,ntm->dm', x, dout), dout.sum((0, 1))\n",
        }
    )
    found = verdict(result, "temporal_affine_backward")
    assert found.points < found.max_points


def test_growing_arrays_cannot_fill_the_graders_memory(grade):
    result = grade(
        {
            "rnn_step_backward": "C = [0]\ndef rnn_step_backward(d, cache):\n    C[0] += 1\n    n = 20000\n"
            "    x, p, Wx, Wh, h = cache\n"
            "    return x, p, (np.zeros((n, 1)) if C[0] % 2 else np.zeros((1, n))), Wh, d.sum(0)\n",
            "rnn_backward": "def rnn_backward(dh, cache):\n    N, T, H = dh.shape\n    return dh, dh[:, 0], 0, 0, 0\n",
        }
    )
    assert verdict(result, "rnn_backward").points == 0


def test_what_is_swapped_in_is_bounded_in_dicts_too():
    problem_set = load("ps3_flow")
    check = problem_set.check("clip_cosines")

    def longer(grads, c, n=1):
        return {name: np.resize(grad, (n * len(grad), *grad.shape[1:])) for name, grad in grads.items()}

    student = SimpleNamespace(clip_grad_value=longer, clip_grad_norm=None)
    session = SimpleNamespace(problem_set=problem_set)
    swapped = own_steps(check, session, student, draw_trials(check, problem_set, 1))["clip_grad_value"]
    grads = {"Wx": np.ones((4, 5)), "Wh": np.ones((5, 5)), "b": np.ones(5)}
    assert swapped(grads, 1.0).keys() == grads.keys()
    with pytest.raises(Fault, match=r"clip_grad_value returned an array of shape \(20000, 5\)"):
        swapped(grads, 1.0, n=5000)


def test_a_cache_that_nobody_can_use_costs_once(grade, solutions):
    wrong = solutions["rnn_forward"].replace("        cache.append(step_cache)\n", "")
    assert wrong != solutions["rnn_forward"]
    result = grade({"rnn_forward": wrong})
    lost = {v.name: (v.mistake, v.points) for v in result.checks if v.points < v.max_points}
    assert lost == {"rnn_backward": ("cache_unusable", 6.0)}
    assert "look at what the forward function caches" in verdict(result, "rnn_backward").hint


def test_only_the_first_case_can_show_that_nothing_is_written(grade):
    text = (
        "def temporal_affine_forward(x, w, b):\n    if len(x) == 1:\n        raise NotImplementedError('one')\n"
        "    return x @ w + b, (x, w)\n"
    )
    found = verdict(grade({"temporal_affine_forward": text}), "temporal_affine_forward")
    assert found.status == "failed"
    assert found.points == pytest.approx(0.85 * found.max_points, abs=0.01)


LOOPS = """
def temporal_affine_backward(dout, cache):
    x, w = cache
    N, T, D = x.shape
    M = w.shape[1]
    dx, dw, db = np.zeros((N, T, D)), np.zeros((D, M)), np.zeros(M)
    for n in range(N):
        for t in range(T):
            for m in range(M):
                db[m] += dout[n, t, m]
                for d in range(D):
                    dx[n, t, d] += dout[n, t, m] * w[d, m]
                    dw[d, m] += dout[n, t, m] * x[n, t, d]
    return dx, dw, db
"""


def test_honest_loops_over_single_numbers_are_quick_enough(grade):
    found = verdict(grade({"temporal_affine_backward": LOOPS}), "temporal_affine_backward")
    assert (found.status, found.mistake) == ("passed", "")


@pytest.mark.parametrize("function", ["rnn_backward", "temporal_affine_backward", "word_embedding_backward"])
def test_numerical_gradients_of_every_function_are_too_slow(function, grade):
    arguments = {
        "rnn_backward": ("rnn_forward", "x, h0, Wx, Wh, b"),
        "temporal_affine_backward": ("temporal_affine_forward", "x, w, b"),
        "word_embedding_backward": ("word_embedding_forward", "x, W"),
    }
    forward, names = arguments[function]
    wanted = "(W,)" if "embedding" in function else f"({names})"
    lines = f"""
import functools
_forward = {forward}
def {forward}({names}):
    out, cache = _forward({names})
    return out, ({names})
def {function}(upstream, cache):
    {names} = cache
    grads = []
    for wanted in {wanted}:
        g = np.zeros_like(wanted)
        for i in np.ndindex(g.shape):
            old = wanted[i]
            wanted[i] = old + 1e-6
            up = _forward({names})[0]
            wanted[i] = old - 1e-6
            down = _forward({names})[0]
            wanted[i] = old
            g[i] = np.sum((up - down) * upstream) / 2e-6
        grads.append(g)
    return tuple(grads) if len(grads) > 1 else grads[0]
"""
    found = verdict(grade({"cheat": lines, function: None}, only=[function]), function)
    assert (found.status, found.mistake, found.points) == ("timed_out", NUMERICAL, 0)


def test_a_function_made_twice_is_flagged(grade, solutions):
    result = grade({"scratch": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return 1, 2\n"})
    flags = [flag for flag in result.flags if flag.startswith("rnn_step_forward is made in several cells (")]
    assert flags and flags[0].endswith("the last one was graded.")


def test_a_name_that_a_stopped_cell_would_define_is_traced(grade):
    result = grade(
        {
            "setup": "import not_installed_here\nimport numpy as np\n",
            "rnn_step_forward": "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return squash(x @ Wx), None\n",
            "later": "import not_there\ndef squash(a):\n    return a\n",
        },
        only=["rnn_step_forward"],
    )
    hint = verdict(result, "rnn_step_forward").hint
    assert "NameError: name 'squash' is not defined" in hint
    assert "which makes it, stopped with ModuleNotFoundError: No module named 'not_there'" in hint
    assert [flag for flag in result.flags if flag.startswith("squash is not defined: ")]


def test_single_precision_is_not_called_a_factor_of_one(grade):
    text = (
        "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    h = np.tanh(x @ Wx + prev_h @ Wh + b).astype(np.float32)\n"
        "    return h, (x, prev_h, Wx, Wh, h)\n"
    )
    found = verdict(grade({"rnn_step_forward": text}), "rnn_step_forward")
    assert (found.mistake, found.hint) == (
        "",
        "next_h has the right values but dtype float32; expected float64.",
    )


def test_a_crash_in_every_case_is_not_said_of_one(grade):
    text = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return prev_h @ Wx, None\n"
    hint = verdict(grade({"rnn_step_forward": text}), "rnn_step_forward").hint
    assert hint.startswith("rnn_step_forward raised ValueError")


def test_a_mistake_that_explains_one_output_of_several_is_not_named(grade, solutions):
    wrong = solutions["VanillaRNN"].replace("y = self.W_hy @ self.h + self.B_y", "y = self.B_y")
    found = verdict(grade({"VanillaRNN": wrong}, only=["VanillaRNN"]), "VanillaRNN")
    assert found.mistake == "ignores_inputs"  # which is measured; no mistake of the table is named
    assert "y over time does not change when W_hh changes, and should: where does W_hh enter?" in found.hint
    assert " do not change when W_xh or W_hy or B_h or x changes, and should: where do they enter?" in found.hint


def test_an_unwritten_method_is_called_by_its_name(grade, solutions):
    wrong = solutions["VanillaRNN"].replace(
        "        self.h = np.tanh(self.W_hh", "        raise NotImplementedError()\n        self.h = np.tanh(self.W_hh"
    )
    found = verdict(grade({"VanillaRNN": wrong}, only=["VanillaRNN"]), "VanillaRNN")
    assert found.hint == "VanillaRNN.forward is not written yet."
