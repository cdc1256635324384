"""The numerical gradients and the error measure that students are given."""

from __future__ import annotations

import numpy as np
import pytest

from unroll.gradcheck import eval_numerical_gradient, eval_numerical_gradient_array, rel_error


def test_rel_error_is_the_largest_entry_and_relative_to_both():
    assert rel_error(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0
    assert rel_error([1.0, 3.0], [1.0, 1.0]) == pytest.approx(2 / 4)
    assert rel_error(1.0, -1.0) == 1
    assert rel_error(1e-12, 0.0) == pytest.approx(1e-4)  # tiny numbers are compared with 1e-8, not with each other
    assert rel_error(np.zeros((0, 3)), np.zeros((0, 3))) == 0


def test_rel_error_shows_what_is_not_a_number():
    assert np.isnan(rel_error([np.nan, 1.0], [1.0, 1.0]))


def test_rel_error_refuses_to_broadcast():
    with pytest.raises(ValueError, match=r"\(1, 3\) and \(3,\)"):
        rel_error(np.ones((1, 3)), np.ones(3))


def test_gradient_of_a_scalar_function():
    x = np.random.default_rng(0).standard_normal((3, 2))
    grad = eval_numerical_gradient(lambda x: np.sum(np.sin(x) * x), x, verbose=False)
    assert rel_error(grad, np.cos(x) * x + np.sin(x)) < 1e-8


def test_verbose_prints_every_entry(capsys):
    eval_numerical_gradient(lambda x: x.sum(), np.zeros((2, 2)))
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_gradient_with_an_upstream():
    rng = np.random.default_rng(1)
    x, A, df = rng.standard_normal((4, 3)), rng.standard_normal((3, 5)), rng.standard_normal((4, 5))
    grad = eval_numerical_gradient_array(lambda x: np.tanh(x @ A), x, df)
    assert rel_error(grad, (df * (1 - np.tanh(x @ A) ** 2)) @ A.T) < 1e-7


def test_the_function_may_read_the_array_instead_of_its_argument():
    x = np.random.default_rng(2).standard_normal(5)
    assert rel_error(eval_numerical_gradient(lambda _: np.sum(x**2), x, verbose=False), 2 * x) < 1e-8


def test_the_function_may_return_its_argument():
    df = np.random.default_rng(3).standard_normal((2, 3))
    assert rel_error(eval_numerical_gradient_array(lambda x: x, np.ones((2, 3)), df), df) < 1e-8


def test_x_is_restored_exactly_even_after_an_exception():
    x = np.random.default_rng(4).standard_normal((3, 3))
    before = x.copy()
    eval_numerical_gradient(np.sum, x, verbose=False)
    assert np.array_equal(x, before)

    def fails(x):
        raise RuntimeError("a student's mistake")

    with pytest.raises(RuntimeError, match="mistake"):
        eval_numerical_gradient_array(fails, x, 1.0)
    assert np.array_equal(x, before)


@pytest.mark.parametrize("x", [np.arange(3), [1.0, 2.0], 3.0])
def test_integers_and_lists_are_refused_with_advice(x):
    with pytest.raises(TypeError, match="array of floats"):
        eval_numerical_gradient(np.sum, x, verbose=False)
