"""Which mistake explains these numbers? Relations, single mistakes, two at once, and silence where unsure."""

import numpy as np
import pytest

from unroll.diagnose import Observed, explain

rng = np.random.default_rng(0)
SIZES = ({"N": 3, "T": 4, "D": 5}, {"N": 2, "T": 6, "D": 7})


def observed(change, wrong=None, outputs=("h",)):
    """Two cases of different sizes; `change` makes the student's output of the expected one."""
    cases = []
    for sizes in SIZES:
        expected = {o: rng.standard_normal((sizes["N"], sizes["T"], sizes["D"])) for o in outputs}
        got = {o: change(e, sizes) for o, e in expected.items()}
        mistakes = {m: {o: f(e, sizes) for o, e in expected.items()} for m, f in (wrong or {}).items()}
        cases.append(Observed(got, expected, mistakes, sizes))
    return cases


def late(e, s):
    return np.concatenate([np.zeros_like(e[:, :1]), e[:, :-1]], axis=1)


def early(e, s):
    return np.concatenate([e[:, 1:], np.zeros_like(e[:, :1])], axis=1)


def only(t):
    return lambda e, s: np.where(np.arange(s["T"])[:, None] == t % s["T"], e, 0)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("sign", lambda e, s: -e, "h: the right magnitude with the opposite sign."),
        ("zero", lambda e, s: 0 * e, "all zeros"),
        ("factor_N", lambda e, s: e * s["N"], "N times too large"),
        ("factor_1/N", lambda e, s: e / s["N"], "N times too small"),
        ("factor_T", lambda e, s: e * s["T"], "T times too large"),
        ("factor_1/T", lambda e, s: e / s["T"], "T times too small"),
        ("factor_N*T", lambda e, s: e * s["N"] * s["T"], "N*T times too large"),
        ("factor_1/(N*T)", lambda e, s: e / (s["N"] * s["T"]), "N*T times too small"),
        ("factor_2", lambda e, s: 2 * e, "twice"),
        ("factor_1/2", lambda e, s: e / 2, "half"),
        ("factor", lambda e, s: 0.3 * e, "constant factor of 0.3"),
        ("time_reversed", lambda e, s: e[:, ::-1], "backwards in time"),
        ("one_step_late", late, "one time step late"),
        ("one_step_early", early, "one time step early"),
        ("only_last_step", only(-1), "h: only the last time step"),
        ("only_first_step", only(0), "h: only the first time step"),
        ("batch_and_time_exchanged", lambda e, s: e.swapaxes(0, 1), "batch and time are exchanged"),
    ],
)
def test_relations(name, change, words):
    found = explain(observed(change), {})
    assert found.names == (name,)
    assert words in found.hint and "h" in found.hint


def test_transpose():
    matrix = rng.standard_normal((3, 5))
    found = explain([Observed({"dW": matrix.T}, {"dW": matrix}, {})], {})
    assert found.names == ("transposed",)


def test_exchanged_outputs():
    cases = observed(lambda e, s: e, outputs=("dx", "dh"))
    swapped = [Observed({"dx": c.got["dh"], "dh": c.got["dx"]}, c.expected, {}, c.sizes) for c in cases]
    found = explain(swapped, {})
    assert found.names == ("outputs_exchanged",)
    assert "dx and dh are exchanged" in found.hint


def test_a_mistake_is_recognised_by_its_outputs_and_beats_a_relation():
    wrong = {"negated": lambda e, s: -e, "other": lambda e, s: e + 1}
    found = explain(observed(lambda e, s: -e, wrong), {"negated": "You went uphill.", "other": "No."})
    assert (found.names, found.hint) == (("negated",), "You went uphill.")


def test_two_mistakes_in_different_outputs_are_both_named():
    cases = []
    for sizes in SIZES:
        e = {"dx": rng.standard_normal((3, 2)), "db": rng.standard_normal(4)}
        wrong = {"a": {"dx": e["dx"] + 1, "db": e["db"]}, "b": {"dx": e["dx"], "db": e["db"] * 3}}
        cases.append(Observed({"dx": e["dx"] + 1, "db": e["db"] * 3}, e, wrong, sizes))
    found = explain(cases, {"a": "Hint a.", "b": "Hint b."})
    assert found.names == ("a", "b")
    assert found.hint == "Hint a. Hint b."
    assert found.mistake == "a + b"


def test_what_several_outputs_share_is_said_once():
    cases = observed(lambda e, s: 0 * e, {"a": lambda e, s: e + 1}, outputs=("dx", "dh"))
    found = explain(cases, {"a": "Hint a."})
    assert (found.names, found.hint) == (("zero",), "dx, dh: all zeros; nothing was ever added.")


def test_a_mistake_that_would_spoil_a_right_output_is_not_named():
    e = {"dx": rng.standard_normal((3, 2)), "db": rng.standard_normal(4)}
    wrong = {"both": {"dx": e["dx"] + 1, "db": e["db"] + 1}}
    assert explain([Observed({"dx": e["dx"] + 1, "db": e["db"]}, e, wrong)], {"both": "Both."}).names == ()


def test_two_mistakes_that_look_the_same_are_named_only_if_they_mean_the_same():
    wrong = {"a": lambda e, s: e + 1, "b": lambda e, s: e + 1}
    cases = observed(lambda e, s: e + 1, wrong)
    assert explain(cases, {"a": "One.", "b": "Another."}).names == ()
    assert explain(cases, {"a": "Same.", "b": "Same."}).hint == "Same."


def test_an_explanation_must_fit_every_case():
    cases = observed(lambda e, s: e * s["N"], {"threefold": lambda e, s: e * 3})
    assert explain(cases, {"threefold": "Times three."}).names == ("factor_N",)


def test_nothing_wrong_needs_no_explanation():
    assert explain(observed(lambda e, s: e), {}).hint == ""


def test_what_is_known_is_said_where_nothing_explains():
    def noise_from_step_2(e, s):
        return e + np.where(np.arange(s["T"])[:, None] >= 2, rng.standard_normal(e.shape), 0)

    found = explain(observed(noise_from_step_2), {})
    assert found.names == ()
    assert found.hint == "h is wrong at time steps 2, 3 of 0..3."


def test_a_fault_in_one_case_alone_is_said():
    cases = observed(lambda e, s: e)
    spoilt = {o: v + rng.standard_normal(v.shape) for o, v in cases[1].got.items()}
    cases[1] = Observed(spoilt, cases[1].expected, {}, SIZES[1], "N = 1")
    assert explain(cases, {}).hint == 'h is wrong only in the case "N = 1".'


def test_a_crash_everywhere_matches_no_mistake():
    cases = [Observed(None, c.expected, {"crashes": None}, c.sizes) for c in observed(lambda e, s: e)]
    assert explain(cases, {"crashes": "It crashes."}).names == ()


def test_a_mistake_that_crashes_in_one_case_is_recognised():
    good, bad = observed(lambda e, s: e)
    cases = [
        Observed(good.got, good.expected, {"T1": dict(good.expected)}, good.sizes),
        Observed(None, bad.expected, {"T1": None}, bad.sizes),
    ]
    assert explain(cases, {"T1": "Only for T > 1."}).names == ("T1",)
