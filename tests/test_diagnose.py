"""Which mistake explains these numbers? Relations, single mistakes, two at once, and silence where unsure."""

import numpy as np
import pytest

from unroll.diagnose import Explanation, Observed, explain

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
        ("rolled_late", lambda e, s: np.roll(e, 1, axis=1), "the last step stands first"),
        ("rolled_early", lambda e, s: np.roll(e, -1, axis=1), "the first step stands last"),
        ("last_step_everywhere", lambda e, s: e[:, -1:] + 0 * e, "every time step holds the values of the last one"),
        ("summed_over_earlier_steps", lambda e, s: e.cumsum(axis=1), "the sum of its own values and those of all ear"),
        ("summed_over_later_steps", lambda e, s: e[:, ::-1].cumsum(axis=1)[:, ::-1], "those of all later ones"),
        ("other_order", lambda e, s: e.ravel(order="F").reshape(e.shape), "a reshape is not a transpose"),
        ("only_first_example", lambda e, s: e * (np.arange(s["N"]) == 0)[:, None, None], "only the first example"),
        ("only_last_example", lambda e, s: e * (np.arange(s["N"]) > s["N"] - 2)[:, None, None], "only the last exam"),
        ("factor_D", lambda e, s: e * s["D"], "D times too large (D is the number of inputs)"),
        ("constant_added", lambda e, s: e + 0.7, "h: right but for 0.7, which is added to every entry."),
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


def test_three_outputs_in_a_circle():
    cases = observed(lambda e, s: e, outputs=("dx", "dh", "dc"))
    turned = [
        Observed(dict(zip(c.got, (c.got[o] for o in ("dc", "dx", "dh")), strict=True)), c.expected, {}, c.sizes)
        for c in cases
    ]
    found = explain(turned, {})
    assert found.names == ("outputs_exchanged",)
    assert found.hint.startswith("dc stands in the place of dx; dx stands in the place of dh; dh stands in the place")


def test_outputs_in_single_precision_are_not_called_exchanged():
    cases = observed(lambda e, s: e.astype(np.float32), outputs=("dx", "dh"))
    found = explain(cases, {})
    assert found.names == ()
    assert found.hint == (
        "dx has the right values but dtype float32; expected float64. "
        "dh has the right values but dtype float32; expected float64."
    )


def gates(change, H=(3, 4), k=4):
    """Two cases of dWh (H, kH), and what the student made of it."""
    cases = []
    for h in H:
        expected = rng.standard_normal((h, k * h))
        cases.append(Observed({"dWh": change(expected, h)}, {"dWh": expected}, {}, {"N": 2, "H": h, "D": 5}))
    return cases


def in_order(*order):
    return lambda e, h: np.concatenate([e[:, k * h : (k + 1) * h] for k in order], axis=1)


@pytest.mark.parametrize(
    ("k", "order", "found", "right"),
    [(4, (0, 1, 3, 2), "i, f, g, o", "i, f, o, g"), (3, (1, 0, 2), "z, r, n", "r, z, n")],
)
def test_permuted_gates_are_named_with_their_order(k, order, found, right):
    explanation = explain(gates(in_order(*order), k=k), {})
    assert explanation.names == ("gates_permuted",)
    hint = f"dWh: right, but the blocks of the gates stand in the order {found}; it should be {right}."
    assert explanation.hint == hint


def test_interleaved_gates():
    explanation = explain(gates(lambda e, h: e.reshape(h, 4, h).swapaxes(1, 2).reshape(h, 4 * h)), {})
    assert explanation.names == ("gates_interleaved",)
    assert "the gates alternate from column to column" in explanation.hint


@pytest.mark.parametrize(
    ("columns", "hint"),
    [
        (lambda h: np.s_[:, h : 2 * h], "dWh is wrong only in the block of f; i, o, g are right."),
        (lambda h: np.s_[:, : 3 * h], "dWh is wrong only in the blocks of i, f, o; g is right."),
    ],
)
def test_wrong_gates_are_told_where_nothing_explains(columns, hint):
    def spoil(e, h):
        e = e.copy()
        e[columns(h)] = rng.standard_normal(e[columns(h)].shape)
        return e

    assert explain(gates(spoil), {}) == Explanation((), hint, False)


def test_a_relation_on_top_of_a_mistake():
    wrong = {"squared": lambda e, s: e**2, "other": lambda e, s: e**3}
    found = explain(observed(lambda e, s: -(e**2) * s["N"] / s["N"], wrong), {"squared": "Squared.", "other": "No."})
    assert (found.names, found.complete) == (("squared", "sign"), True)
    assert found.hint == "Squared. h: the right magnitude with the opposite sign."


def test_the_right_form_missing_on_top_of_a_mistake():
    e = rng.standard_normal(4)
    cases = [Observed({"db": (e**2)[None]}, {"db": e}, {"squared": {"db": e**2}}, {"H": 4})]
    found = explain(cases, {"squared": "Squared."})
    assert found.names == ("squared", "form")
    assert found.hint == "Squared. db: shape (1, 4) instead of (4,)."


def test_two_ways_to_put_a_relation_on_a_mistake_name_neither():
    wrong = {"squared": lambda e, s: e**2, "negated": lambda e, s: -(e**2) * 7}
    found = explain(observed(lambda e, s: -(e**2), wrong), {"squared": "One.", "negated": "Another."})
    assert (found.names, found.complete) == ((), False)


def test_a_size_of_zero_makes_no_factor():
    e = rng.standard_normal(6)
    assert explain([Observed({"h": e * 2}, {"h": e}, {}, {"N": 0, "T": "none"})], {}).names == ("factor_2",)


def test_one_number_is_not_called_a_multiple_of_another():
    assert explain([Observed({"loss": 3.0}, {"loss": 2.9}, {})], {}).names == ()


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


def test_a_mistake_beside_something_unexplained_is_not_named():
    """What spoils the other output may have spoilt this one as well."""
    e = {"dx": rng.standard_normal((3, 2)), "db": rng.standard_normal(4)}
    wrong = {"a": {"dx": e["dx"] ** 2, "db": e["db"]}}
    got = {"dx": e["dx"] ** 2, "db": rng.standard_normal(4)}
    found = explain([Observed(got, e, wrong)], {"a": "Hint a."})
    assert (found.names, found.complete) == ((), False)
    assert found.hint == "Every output is wrong, in every case tried: look at what they have in common."


def test_a_relation_beside_something_unexplained_is_still_said():
    e = {"dx": rng.standard_normal((3, 2)), "db": rng.standard_normal(4)}
    found = explain([Observed({"dx": -e["dx"], "db": rng.standard_normal(4)}, e, {})], {})
    assert found.names == ("sign",)
    assert found.hint.startswith("dx: the right magnitude with the opposite sign.")


def test_what_several_outputs_share_is_said_once():
    cases = observed(lambda e, s: 0 * e, {"a": lambda e, s: e + 1}, outputs=("dx", "dh"))
    found = explain(cases, {"a": "Hint a."})
    assert (found.names, found.hint) == (("zero",), "dx, dh: all zeros; nothing was ever added.")


def test_a_mistake_that_would_spoil_a_right_output_is_not_named():
    e = {"dx": rng.standard_normal((3, 2)), "db": rng.standard_normal(4)}
    wrong = {"both": {"dx": e["dx"] ** 2, "db": e["db"] ** 2}}
    assert explain([Observed({"dx": e["dx"] ** 2, "db": e["db"]}, e, wrong)], {"both": "Both."}).names == ()


def test_two_mistakes_that_look_the_same_are_named_only_if_they_mean_the_same():
    wrong = {"a": lambda e, s: e + 1, "b": lambda e, s: e + 1}
    cases = observed(lambda e, s: e + 1, wrong)
    neither = explain(cases, {"a": "One.", "b": "Another."})
    assert (neither.names, neither.hint) == (
        (),
        "Every output is wrong, in every case tried: look at what they have in common.",
    )
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


@pytest.mark.parametrize(
    ("bad", "hint"),
    [
        (lambda t, T: t > 0, "h is right at time step 0 and wrong at all later ones: look at what one step hands on."),
        (
            lambda t, T: t < T - 1,
            "h is right at the last time step and wrong at all earlier ones: look at what arrives from the step after.",
        ),
    ],
)
def test_where_the_right_steps_end_is_said(bad, hint):
    def spoil(e, s):
        return e + np.where(bad(np.arange(s["T"])[:, None], s["T"]), rng.standard_normal(e.shape), 0)

    assert explain(observed(spoil), {}).hint == hint


@pytest.mark.parametrize(
    ("letter", "words"), [("N", "a single example is right, a batch is not"), ("T", "a single step is right, a seq")]
)
def test_right_for_one_only(letter, words):
    cases = []
    for sizes in (*SIZES, {**SIZES[0], letter: 1}):
        e = rng.standard_normal((sizes["N"], sizes["D"]))
        got = e if sizes[letter] == 1 else e + rng.standard_normal(e.shape)
        cases.append(Observed({"dx": got}, {"dx": e}, {}, sizes, f"{letter} = 1" if sizes[letter] == 1 else ""))
    found = explain(cases, {})
    assert found.hint.startswith(f"Right for {letter} = 1 only: {words}")


def test_numbers_that_are_not_finite_are_told_from_the_others():
    def overflown(e, s):
        return np.where(e > 1, np.inf, e)

    hint = explain(observed(overflown), {}).hint
    assert hint == (
        "h holds numbers that are not finite; all others are right: where can an exponential overflow, a logarithm "
        "meet zero, or zero be divided by zero?"
    )


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
