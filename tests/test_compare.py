"""What `unroll.compare` says about one output: every sentence a student or a TA can read."""

import numpy as np
import pytest

from unroll.calling import WrongReturn, returned
from unroll.compare import NEAR_CREDIT, close, compare, relative_error

EXPECTED = np.arange(12.0).reshape(3, 4) + 1


class Odd:
    type_name = "object array"


@pytest.mark.parametrize(
    ("got", "credit", "message"),
    [
        (EXPECTED.copy(), 1, "dx is right: error 0.0e+00 <= 1e-06"),
        (EXPECTED * (1 + 1e-12), 1, "dx is right: error 1.0e-12 <= 1e-06"),
        (np.asfortranarray(EXPECTED), 1, "dx is right: error 0.0e+00 <= 1e-06"),
        (EXPECTED + 1, 0, "dx is wrong: error 1.2e-01 > 1e-06"),
        (EXPECTED[None], NEAR_CREDIT, "dx has the right values but shape (1, 3, 4); expected (3, 4)"),
        (EXPECTED[None] + 1, 0, "dx has shape (1, 3, 4); expected (3, 4)"),
        (EXPECTED.T, 0, "dx has shape (4, 3); expected (3, 4)"),
        (EXPECTED.ravel(), 0, "dx has shape (12,); expected (3, 4)"),
        (EXPECTED.astype(np.float32), NEAR_CREDIT, "dx has the right values but dtype float32; expected float64"),
        (EXPECTED.astype(int), NEAR_CREDIT, "dx has the right values but dtype int64; expected float64"),
        (EXPECTED.astype(complex), NEAR_CREDIT, "dx has the right values but dtype complex128; expected float64"),
        (np.full((3, 4), np.nan), 0, "dx contains 12 nan among its 12 entries"),
        (np.where(EXPECTED > 11, np.inf, EXPECTED), 0, "dx contains 1 inf among its 12 entries"),
        (np.full((3, 4), 1e200), 0, "dx is wrong: its entries are as large as 1e+200"),
        (np.full((3, 4), 1e308), 0, "dx is wrong: its entries are as large as 1e+308"),
        (None, 0, "dx is None; expected an array of shape (3, 4)"),
        ("text", 0, "dx is a str; expected an array of shape (3, 4)"),
        ([1.0, 2.0], 0, "dx is a list; expected an array of shape (3, 4)"),
        (Odd(), 0, "dx is an object array; expected an array of shape (3, 4)"),
        (np.array(["a"]), 0, "dx is an array of <U1; expected an array of shape (3, 4)"),
        (0.0, 0, "dx has shape (); expected (3, 4)"),
    ],
)
def test_every_sentence(got, credit, message):
    found = compare("dx", got, EXPECTED, 1e-6)
    assert (found.credit, found.message) == (credit, message)
    assert found.ok == (credit == 1)
    assert found.error is None or np.isfinite(found.error)


def test_a_number_is_an_array_without_axes():
    assert compare("loss", 2.0, np.float64(2), 1e-6).ok
    assert compare("loss", np.float64(2), 2.0, 1e-6).ok
    assert compare("loss", np.array([2.0]), 2.0, 1e-6).credit == NEAR_CREDIT
    assert compare("loss", [2.0], 2.0, 1e-6).message == "loss is a list; expected a number"


def test_booleans_and_integers_of_any_width():
    assert compare("drawn", np.array([True, False]), np.array([True, False]), 1e-6).ok
    assert not compare("drawn", np.array([True, True]), np.array([True, False]), 1e-6).ok
    assert compare("ids", np.array([1, 2], np.int32), np.array([1, 2]), 1e-6).ok
    assert compare("ids", np.array([0, 255], np.uint8), np.array([1, 0]), 1e-6).error > 0.9


def test_all_zeros_expected_allows_rounding_and_nothing_else():
    zeros = np.zeros(5)
    assert compare("dx", zeros + 1e-18, zeros, 1e-6).ok
    assert not compare("dx", zeros + 1e-10, zeros, 1e-6).ok


def test_empty_arrays_compare_by_shape():
    assert compare("dx", np.zeros((0, 3)), np.zeros((0, 3)), 1e-6).ok


def test_the_error_is_that_of_the_whole_array():
    """A tiny entry may be off by all of itself: that is rounding, not a mistake."""
    expected = np.array([1.0, 1e-17])
    assert relative_error(np.array([1.0, -1e-17]), expected) < 1e-15


def test_close_never_accepts_what_is_not_finite():
    bad = np.array([1.0, np.nan])
    assert not close(bad, bad, 1.0)
    assert not close(np.full(3, 1e300), np.full(3, 1e300) * 0.5, 1e-6)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "f returned None: is the return statement missing?"),
        (np.zeros(3), "f returned one value; expected 2: next_h, cache"),
        ((1, 2, 3), "f returned 3 values; expected 2: next_h, cache"),
    ],
)
def test_wrong_returns_are_named(value, sentence):
    with pytest.raises(WrongReturn) as caught:
        returned("f", value, ("next_h", "cache"))
    assert str(caught.value) == sentence


def test_right_returns_pass_through():
    assert returned("f", [1, 2], ("next_h", "cache")) == (1, 2)
    assert returned("f", 7, ("loss",)) == 7
    assert returned("f", None, ()) is None


def test_more_than_double_precision_is_right_and_more_than_single_is_not():
    assert compare("dx", EXPECTED.astype(np.longdouble), EXPECTED, 1e-6).ok
    assert not compare("dx", EXPECTED.astype(np.float64), EXPECTED.astype(np.float32), 1e-6).ok
