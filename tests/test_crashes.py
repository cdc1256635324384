"""What a student reads about an exception: real ones, raised by Python and NumPy themselves."""

import re
import sys

import numpy as np
import pytest

from unroll.crashes import ADVICE, advice, arrays_in, arrays_sentence, in_letters

SIZES = {"N": 3, "T": 4, "D": 6, "H": 5, "cell": "lstm"}
A, B = np.zeros((3, 6)), np.zeros((5, 20))


def raising(text, **names):
    """The exception that a piece of Python raises."""
    try:
        exec(text, {"np": np, "A": A, "B": B, **names})
    except Exception as error:
        return type(error).__name__, str(error)
    raise AssertionError(f"{text} raised nothing")


CRASHES = {
    "dprev": "dprev is used before anything is stored under that name: is it unpacked from the cache",
    "def f():\n    for t in []:\n        y = 1\n    return y\nf()": "y gets its value on another path only",
    "A @ B": "In a matrix product the last axis of the left factor must be as long as the first axis of the right one.",
    "np.dot(A, B)": "The factors are (3, 6) = (N, D) and (5, 20) = (H, 4H)",
    "A + B": "(3, 6) = (N, D) and (5, 20) = (H, 4H) do not fit together entry by entry",
    "A[:] = B": "A value of shape (5, 20) = (H, 4H) is stored in a place of shape (3, 6) = (N, D).",
    "a = np.zeros(6); a += A": "A result of shape (3, 6) = (N, D) is added in place to an array of shape (6,) = (D,).",
    "A.reshape(5, 5)": "The shape (5, 5) = (H, H) has another number of entries than the array.",
    "np.concatenate([A, B])": "Arrays can be joined along one axis only if all their other axes are equally long.",
    "a, b = 1, 2, 3": "There are more values on the right than the 2 names on the left",
    "a, b, c = 1, 2": "There are 2 values on the right for 3 names on the left",
    "bool(A == A)": "A condition is an array with many answers",
    "A[:, 6]": "Axis 1 has length 6, so 6 lies outside",
    "A[0, 0, 0]": "3 indices are used on an array of 2 axes.",
    "(1, 2)[3]": "The tuple has fewer entries than that.",
    "[1][3]": "The list has fewer entries than that.",
    "None[0]": "Something is None that should hold a value",
    "a, b = None": "Something is None that should hold a value",
    "None + A": "Something is None that should hold a value",
    "None @ A": "One factor of a matrix product is a single number, or None, where an array is needed.",
    "(A, 1).shape": "A tuple stands where an array should",
    "def f(x): pass\nf(x=1, y=2)": "f does not declare an argument y",
    "def f(x, Wx): pass\nf(1)": "f is called without 'Wx'",
    "def f(x): pass\nf(1, 2)": "f declares fewer arguments than the 2 it is called with",
    "A(3)": "Round brackets follow something of type numpy.ndarray; a product needs *.",
    "np.float": "This NumPy has no np.float",
    "{}['Wx']": "There is no entry 'Wx'",
    "def f(): return f()\nf()": "The function calls itself without an end",
    "import torchh": "torchh cannot be used here: the functions are written in NumPy alone.",
    "compile('print 1', '', 'exec')": "This is Python 2: in Python 3, print is a function.",
    "compile('if 1:\\nx', '', 'exec')": "Python takes the indentation for the structure",
    "np.zeros((10**7, 10**7))": "An array is far larger than it should be",
}


@pytest.mark.parametrize("text", CRASHES)
def test_an_exception_is_put_into_words(text):
    assert advice(*raising(text), SIZES).startswith(CRASHES[text])


def test_every_sentence_is_tried():
    kinds = [raising(text) for text in CRASHES]
    first = {next(i for i, row in enumerate(ADVICE) if advice_of(row, *k)) for k in kinds}
    assert first == set(range(len(ADVICE)))


def advice_of(row, kind, message):
    return kind in row[0].split("|") and re.search(row[1], message)


def test_of_an_unknown_exception_nothing_is_said():
    assert advice("ZeroDivisionError", "division by zero") == ""
    assert advice("ValueError", "something of the student's own") == ""


@pytest.mark.parametrize(
    ("shape", "sizes", "words"),
    [
        ((3, 20), SIZES, "(3, 20) = (N, 4H)"),
        ((3,), SIZES, "(3,) = (N,)"),
        ((3, 7), SIZES, "(3, 7) = (N, 7)"),
        ((7, 8), SIZES, "(7, 8)"),
        ((), SIZES, "()"),
        ((5, 5), {"N": 5, "H": 5}, "(5, 5)"),  # it could be either
        ((1, 10), {"N": 1, "H": 5, "D": 10}, "(1, 10)"),  # D or 2H
        ((3, 6), None, "(3, 6)"),
    ],
)
def test_sizes_in_letters_where_they_are_certain(shape, sizes, words):
    assert in_letters(shape, sizes) == words


def test_arrays_of_a_line_in_their_order():
    x, Wx, b, h = np.zeros((3, 6)), np.zeros((6, 5)), 3, [1]  # noqa: F841
    found = arrays_in("a = (x @ Wx).T + b * h + q.x + A  # x, B", sys._getframe())
    assert list(found.items()) == [("x", (3, 6)), ("Wx", (6, 5)), ("A", (3, 6))]


def test_the_sentence_about_arrays():
    assert arrays_sentence({}, SIZES) == ""
    assert arrays_sentence({"x": (3, 6)}, SIZES) == "There, x is (3, 6) = (N, D)."
    three = {"x": (3, 6), "Wx": (6, 5), "h": (3, 5)}
    assert arrays_sentence(three, {}) == "There, x is (3, 6), Wx is (6, 5) and h is (3, 5)."
