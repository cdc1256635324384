"""Experiments on a function: which inputs it ignores, and whether a gradient is linear in the one from above."""

import numpy as np

from unroll.diagnose import Explanation
from unroll.probes import ignored_inputs, moved_by, not_linear, probe, surely_moved_by

rng = np.random.default_rng(0)
INPUTS = {"dout": rng.standard_normal((3, 4)), "x": rng.standard_normal((3, 4)), "n": 2, "one": np.ones(3)}
KNOWN = Explanation((), "Known.", False)


def backward(inputs):
    return {"dx": inputs["dout"] * inputs["x"], "db": inputs["dout"].sum(0)}


def test_what_moves_what():
    assert moved_by(backward, INPUTS) == {"dout": {"dx", "db"}, "x": {"dx"}}


def test_inputs_keep_their_range_and_dtype():
    seen = []
    inputs = {"ids": np.array([3, 0, 7]), "mask": np.array([True, False]), "p": np.array([0.2, 0.8])}
    moved_by(lambda i: seen.append(i) or {"y": np.zeros(1)}, inputs)
    assert len(seen) == 5 and (seen.pop()["p"] == 3 * inputs["p"]).all()
    for given in seen:
        assert all(sorted(given[k]) == sorted(inputs[k]) and given[k].dtype == inputs[k].dtype for k in inputs)


def test_a_function_that_fails_tells_nothing():
    assert moved_by(lambda i: None, INPUTS) == {}
    assert moved_by(lambda i: backward(i) if i["x"] is INPUTS["x"] else None, INPUTS) == {"dout": {"dx", "db"}}


def test_a_word_that_stays_the_same_is_no_proof():
    def choosing(inputs):
        return {"scores": inputs["x"], "word": inputs["x"].argmax(axis=1), "right": inputs["x"] > 0}

    assert moved_by(choosing, INPUTS)["x"] == {"scores", "word", "right"}
    assert surely_moved_by(choosing, INPUTS)["x"] == {"scores"}


def test_a_function_that_is_flat_at_one_place_ignores_nothing():
    def clipped(inputs):
        return {"y": np.maximum(2.0, inputs["x"].max())}

    x = np.array([0.5, 1.0, 0.2])
    assert moved_by(clipped, {"x": x}) == {"x": {"y"}}


def test_an_ignored_input_is_named():
    own = moved_by(lambda i: {**backward(i), "dx": 2 * i["dout"]}, INPUTS)
    found = ignored_inputs(own, moved_by(backward, INPUTS), ["dx"])
    assert found.names == ("ignores_x",)
    assert found.hint == "dx does not change when x changes, and should: where does x enter?"


def test_several_ignored_inputs_are_one_finding():
    right = {"a": {"y"}, "b": {"y"}, "c": {"y"}}
    found = ignored_inputs({"a": {"y"}, "b": set(), "c": set()}, right, ["y"])
    assert found.names == ("ignores_inputs",)
    assert found.hint == "y does not change when b or c changes, and should: where do they enter?"


def test_many_findings_are_told_as_one():
    right = dict.fromkeys("abc", {"x", "y", "z"})
    found = ignored_inputs({"a": {"x"}, "b": {"y"}, "c": {"z"}}, right, ["x", "y", "z"])
    assert found.hint == "y, z, x should change when any of a, b, c changes, and do not always: where do these enter?"


def test_a_constant_is_said_to_be_one():
    found = ignored_inputs({"a": set(), "b": set()}, {"a": {"y", "z"}, "b": {"y", "z"}}, ["y", "z"])
    assert found.names == ("constant_output",)
    assert found.hint == "y, z stay the same whatever goes in: what is computed is not what is returned."


def test_what_is_not_linear_is_named():
    def squashed(i):
        return {"dx": np.tanh(i["dout"]), "db": i["dout"].sum(0)}

    found = not_linear(squashed, INPUTS, "dout", ["dx", "db"])
    assert found.names == ("not_linear_in_dout",)
    assert found.hint.startswith("dx does not double when dout doubles, and should: going backwards, dout is only ever")


def test_linear_gradients_are_not_blamed():
    assert not_linear(backward, INPUTS, "dout", ["dx", "db"]).names == ()


def test_what_is_known_stays_behind_what_is_found():
    right = moved_by(backward, INPUTS)
    found = probe(lambda i: {**backward(i), "dx": 2 * i["dout"]}, INPUTS, right, ["dx"], "dout", KNOWN)
    assert found.hint == "dx does not change when x changes, and should: where does x enter? Known."
    assert probe(backward, INPUTS, right, ["dx"], "dout", KNOWN) == KNOWN
