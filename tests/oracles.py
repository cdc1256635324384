"""What the tests of the reference solutions share: errors in norm, and derivatives exact to rounding."""

from __future__ import annotations

import numpy as np


def error(got, expected) -> float:
    """Relative error in norm; shapes must agree."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    scale = max(np.linalg.norm(got), np.linalg.norm(expected))
    return float(np.linalg.norm(got - expected) / scale) if scale else 0.0


def complex_step(f, args, i, h=1e-30):
    """The gradient of f(*args), a number or an array, with respect to args[i]: (*shape of f, *shape of args[i])."""
    moved = [np.array(a, dtype=complex) if n == i else a for n, a in enumerate(args)]
    columns = []
    for index in np.ndindex(np.shape(args[i])):
        moved[i][index] += 1j * h
        columns.append(np.imag(f(*moved)) / h)
        moved[i][index] = args[i][index]
    return np.moveaxis(np.array(columns), 0, -1).reshape(np.shape(columns[0]) + np.shape(args[i]))


def frozen(*arrays):
    """The same arrays, read-only: changing one in place raises."""
    for a in arrays:
        a.setflags(write=False)
    return arrays


def ramp(low, high, *shape):
    return np.linspace(low, high, num=int(np.prod(shape))).reshape(shape)
