"""Numerical gradients, with the names and arguments that students of CS231n know.

A central difference costs two calls of the function per entry of the input, so these are for small arrays in
float64. With the step h = 1e-5 expect agreement to about 1e-9 where the gradient is not tiny.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def rel_error(x, y) -> float:
    """The largest relative error between two arrays, entry by entry.

    max(|x - y| / max(1e-8, |x| + |y|)): 0 for equal arrays, at most 1, and NaN if either holds a NaN.

    Args:
        x, y: numbers or arrays of one and the same shape.

    Raises:
        ValueError: if the shapes differ. NumPy would broadcast (1, H) against (H,) without a word, and the
            error of such a comparison says nothing.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape:
        raise ValueError(f"rel_error compares arrays of one shape, but was given {x.shape} and {y.shape}")
    if x.size == 0:
        return 0.0
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def eval_numerical_gradient(f: Callable, x: np.ndarray, verbose: bool = True, h: float = 1e-5) -> np.ndarray:
    """The gradient of a scalar function at x, by central differences.

    Args:
        f: called as f(x), returns one number. It may ignore its argument and read the array x itself, since x
            is changed in place, one entry at a time, and restored exactly afterwards.
        x: array of floats, any shape.
        verbose: print every entry of the gradient as it is found.
        h: step size.

    Returns:
        An array of x's shape.

    Raises:
        TypeError: if x is not an array of floats.
    """
    return _central_differences(f, x, 1.0, verbose, h)


def eval_numerical_gradient_array(f: Callable, x: np.ndarray, df, h: float = 1e-5) -> np.ndarray:
    """The gradient of sum(df * f(x)) at x, by central differences, for a function that returns an array.

    This is what a backward function computes, with df as its upstream gradient.

    Args:
        f: called as f(x), returns an array; see `eval_numerical_gradient` on functions that ignore x.
        x: array of floats, any shape.
        df: upstream gradient, of the shape of f(x).
        h: step size.

    Returns:
        An array of x's shape.

    Raises:
        TypeError: if x is not an array of floats.
    """
    return _central_differences(f, x, df, False, h)


def _central_differences(f: Callable, x: np.ndarray, df, verbose: bool, h: float) -> np.ndarray:
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.floating):
        raise TypeError("a numerical gradient is taken at a NumPy array of floats; see x.astype(np.float64)")
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, h)
        grad[index] = np.sum((above - below) * df) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def _values_around(f: Callable, x: np.ndarray, index: tuple, h: float) -> tuple[np.ndarray, np.ndarray]:
    """f with x[index] raised by h and lowered by h, as copies, because f may return a view of x."""
    here = x[index]
    try:
        x[index] = here + h
        above = np.array(f(x))
        x[index] = here - h
        below = np.array(f(x))
    finally:
        x[index] = here
    return above, below
