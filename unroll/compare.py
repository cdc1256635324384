"""Compare one array with the expected one and say what differs in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TINY = 1e-8  # arrays with a norm below this count as zero
FEW = 8  # whole numbers and truth values are shown, not measured, up to this many
NEAR_CREDIT = 0.75  # share of an output's credit when its values are right but their shape or dtype is not


@dataclass(frozen=True)
class Comparison:
    """What comparing one output found.

    error: norm-wise relative error, or None where it cannot be computed.
    ok: right in shape, dtype and values.
    credit: 1 if ok, NEAR_CREDIT if only the shape or the dtype is wrong, else 0.
    """

    error: float | None
    ok: bool
    credit: float
    message: str


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    """``||got - expected|| / max(||got||, ||expected||, TINY)`` in the Euclidean norm, for arrays of one shape.

    The norm of the whole array, not of single entries: entries that nearly cancel make the entry-wise
    relative error of perfectly good code reach 1e-6.
    """
    got, expected = (np.asarray(a) for a in (got, expected))
    got, expected = (a.astype(complex if a.dtype.kind == "c" else float, copy=False) for a in (got, expected))
    with np.errstate(over="ignore", invalid="ignore"):
        scale = max(float(np.linalg.norm(got)), float(np.linalg.norm(expected)), TINY)
        return float(np.linalg.norm(got - expected) / scale)


def close(got, expected, tolerance: float) -> bool:
    """True if both are numeric arrays of one shape whose relative error is within the tolerance."""
    if not (is_numeric(got) and is_numeric(expected)) or np.shape(got) != np.shape(expected):
        return False
    got = np.asarray(got)
    return bool(np.isfinite(got).all()) and relative_error(got, expected) <= tolerance


def is_numeric(value) -> bool:
    """True for numbers and for arrays of numbers or booleans."""
    if not isinstance(value, (int, float, complex, np.ndarray, np.generic)):
        return False
    return np.asarray(value).dtype.kind in "biufc"


def compare(name: str, got, expected, tolerance: float) -> Comparison:
    """Compare one output with the expected array.

    name: what the student calls the output, used in the message.
    got: anything a student's function may return. expected: an array or a number.
    """
    expected = np.asarray(expected)
    if got is None:
        return Comparison(None, False, 0.0, f"{name} is None; expected {describe(expected)}")
    if isinstance(got, (list, tuple)):
        return _compare_list(name, got, expected, tolerance)
    if not is_numeric(got):
        return Comparison(None, False, 0.0, f"{name} is {_kind(got)}; expected {describe(expected)}")
    got = np.asarray(got)
    if got.shape != expected.shape:
        return _compare_shapes(name, got, expected, tolerance)
    if not np.isfinite(got).all():
        return Comparison(None, False, 0.0, f"{name} contains {_count_nonfinite(got)}")
    error = relative_error(got, expected)
    if error > tolerance and expected.dtype.kind in "biu" and expected.size <= FEW:
        return Comparison(error, False, 0.0, f"{name} is {got.tolist()}; expected {expected.tolist()}")
    wrong_dtype = not _dtype_fits(got.dtype, expected.dtype)
    # float32 results cannot meet a float64 tolerance; the dtype is the mistake then, not the values
    single = got.dtype.itemsize < expected.dtype.itemsize and got.dtype.kind == "f"
    if not np.isfinite(error):  # the norms of huge entries overflow
        return Comparison(None, False, 0.0, f"{name} is wrong: its entries are as large as {np.abs(got).max():.0e}")
    if error > (max(tolerance, 1e-5) if single else tolerance):
        return Comparison(error, False, 0.0, f"{name} is wrong: {_versus(error, tolerance)}")
    if wrong_dtype:
        return Comparison(
            error,
            False,
            NEAR_CREDIT,
            f"{name} has the right values but dtype {got.dtype}; expected {expected.dtype}",
        )
    return Comparison(error, True, 1.0, f"{name} is right: {_versus(error, tolerance)}")


def describe(array: np.ndarray) -> str:
    """``a number`` or ``an array of shape (3, 4)``."""
    return "a number" if array.ndim == 0 else f"an array of shape {array.shape}"


def _compare_list(name: str, got: list | tuple, expected: np.ndarray, tolerance: float) -> Comparison:
    kind = type(got).__name__
    try:
        values = np.array(got, dtype=expected.dtype)
    except (TypeError, ValueError):
        return Comparison(None, False, 0.0, f"{name} is a {kind}; expected {describe(expected)}")
    if close(values, expected, tolerance):
        message = f"{name} has the right values but is a {kind}; expected {describe(expected)}"
        return Comparison(relative_error(values, expected), False, NEAR_CREDIT, message)
    return Comparison(None, False, 0.0, f"{name} is a {kind}; expected {describe(expected)}")


def _compare_shapes(name: str, got: np.ndarray, expected: np.ndarray, tolerance: float) -> Comparison:
    message = f"{name} has shape {got.shape}; expected {expected.shape}"
    without_ones = [tuple(n for n in a.shape if n != 1) for a in (got, expected)]
    if without_ones[0] == without_ones[1] and close(got.reshape(expected.shape), expected, tolerance):
        error = relative_error(got.reshape(expected.shape), expected)
        return Comparison(
            error, False, NEAR_CREDIT, f"{name} has the right values but shape {got.shape}; expected {expected.shape}"
        )
    return Comparison(None, False, 0.0, message)


def _dtype_fits(got: np.dtype, expected: np.dtype) -> bool:
    if got == expected:
        return True
    if expected.kind in "iu":  # any width of integer will do
        return got.kind in "iu"
    return got.kind == expected.kind == "f" and got.itemsize > expected.itemsize >= 8  # np.longdouble for float64


def _versus(error: float, tolerance: float) -> str:
    sign = "<=" if error <= tolerance else ">"
    return f"error {error:.1e} {sign} {tolerance:.0e}"


def _kind(value) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    name = (getattr(value, "type_name", None) or type(value).__name__).removeprefix("nd")
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return f"{article} {name}"


def _count_nonfinite(array: np.ndarray) -> str:
    nan = int(np.isnan(array).sum())
    inf = int(np.isinf(array).sum())
    parts = [f"{n} {word}" for n, word in ((nan, "nan"), (inf, "inf")) if n]
    return f"{' and '.join(parts)} among its {array.size} {'entry' if array.size == 1 else 'entries'}"
