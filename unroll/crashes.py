"""Why a function raised, in a student's words: the line, the arrays in it with their sizes, and where to look.

Python's own message says what broke; this adds what a student would print next. Shared by `check` and the autograder.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

MOST_ARRAYS = 6  # of one line are listed
MOST_LINES = 8
MULTIPLES = (2, 3, 4)  # of a size that stacked gates make

# (kind, pattern of Python's or NumPy's message, where to look); {1}, {2} are the pattern's groups, shapes in letters
ADVICE = (
    (
        "NameError",
        r"name '(\w+)' is not defined",
        "{1} is used before anything is stored under that name: is it unpacked from the cache, and spelt as where "
        "it is made?",
    ),
    (
        "UnboundLocalError",
        r"local variable '(\w+)'",
        "{1} gets its value on another path only: inside a branch, or in a loop that may run zero times. Give it a "
        "value before.",
    ),
    (
        "ValueError",
        r"mismatch in its core dimension",
        "In a matrix product the last axis of the left factor must be as long as the first axis of the right one.",
    ),
    (
        "ValueError",
        r"shapes (\(.*?\)) and (\(.*?\)) not aligned",
        "The factors are {1} and {2}: the last axis of the left one must be as long as the first of the right one.",
    ),
    (
        "ValueError",
        r"operands could not be broadcast together with shapes (\(.*?\)) (\(.*?\))",
        "{1} and {2} do not fit together entry by entry: axes are matched from the last one backwards, and must be "
        "equal or 1.",
    ),
    (
        "ValueError",
        r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))",
        "A value of shape {1} is stored in a place of shape {2}.",
    ),
    (
        "ValueError",
        r"non-broadcastable output operand with shape (\(.*?\)) doesn't match the broadcast shape (\(.*?\))",
        "A result of shape {2} is added in place to an array of shape {1}.",
    ),
    (
        "ValueError",
        r"cannot reshape array of size \d+ into shape (\(.*?\))",
        "The shape {1} has another number of entries than the array.",
    ),
    (
        "ValueError",
        r"all the input array dimensions except for the concatenation axis must match",
        "Arrays can be joined along one axis only if all their other axes are equally long.",
    ),
    (
        "ValueError",
        r"too many values to unpack \(expected (\d+)",
        "There are more values on the right than the {1} names on the left: compare with the line that packed them.",
    ),
    (
        "ValueError",
        r"not enough values to unpack \(expected (\d+), got (\d+)\)",
        "There are {2} values on the right for {1} names on the left: compare with the line that packed them.",
    ),
    (
        "ValueError",
        r"truth value of an array",
        "A condition is an array with many answers: for a choice entry by entry use np.where or a mask.",
    ),
    (
        "IndexError",
        r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
        "Axis {2} has length {3}, so {1} lies outside: does a loop run over another axis, or one step too far?",
    ),
    (
        "IndexError",
        r"too many indices for array: array is (\d+)-dimensional, but (\d+) were indexed",
        "{2} indices are used on an array of {1} axes.",
    ),
    ("IndexError", r"(tuple|list) index out of range", "The {1} has fewer entries than that."),
    (
        "TypeError|AttributeError",
        r"'?NoneType'?( object| and)|and 'NoneType'",
        "Something is None that should hold a value: does a function lack its return, or was a cache left None?",
    ),
    (
        "TypeError|AttributeError",
        r"'tuple' object|must be real number, not tuple|and 'tuple'|'tuple' and",
        "A tuple stands where an array should: forward functions return the output together with a cache, and both "
        "must be unpacked.",
    ),
    (
        "TypeError",
        r"(\w+)\(\) got an unexpected keyword argument '(\w+)'",
        "{1} does not declare an argument {2}: compare its first line with the one that was handed out.",
    ),
    (
        "TypeError",
        r"(\w+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.+)",
        "{1} is called without {2}: compare its first line, and the call, with what was handed out.",
    ),
    (
        "TypeError",
        r"(\w+)\(\) takes .+ positional arguments? but (\d+) (?:was|were) given",
        "{1} declares fewer arguments than the {2} it is called with: compare its first line with the one that was "
        "handed out.",
    ),
    (
        "ValueError",
        r"does not have enough dimensions \(has 0",
        "One factor of a matrix product is a single number, or None, where an array is needed.",
    ),
    (
        "TypeError",
        r"'([\w.]+)' object is not callable",
        "Round brackets follow something of type {1}; a product needs *.",
    ),
    (
        "AttributeError",
        r"module 'numpy' has no attribute '(\w+)'",
        "This NumPy has no np.{1}: old code uses names that were removed in NumPy 1.24 and 2.0.",
    ),
    ("KeyError", r"(.+)", "There is no entry {1}: compare with the names under which entries were stored."),
    ("RecursionError", r"", "The function calls itself without an end: was its name used for another function?"),
    (
        "ModuleNotFoundError",
        r"No module named '([\w.]+)'",
        "{1} cannot be used here: the functions are written in NumPy alone. Was the import added by an editor?",
    ),
    ("SyntaxError", r"Missing parentheses in call to 'print'", "This is Python 2: in Python 3, print is a function."),
    (
        "TabError|IndentationError",
        r"",
        "Python takes the indentation for the structure: use four blanks for every level, and no tabs.",
    ),
    (
        "MemoryError|_ArrayMemoryError",
        r"",
        "An array is far larger than it should be: are a row and a column combined into a table?",
    ),
)


@dataclass(frozen=True)
class Crash:
    """An exception, told with the student's own lines.

    lines: ``line 4, in f: a = x @ W`` for every frame of the student's, outermost first. function: where the
    innermost one stands. hint: the arrays there, and where to look. label: of the case that was tried.
    """

    error: Exception
    lines: tuple[str, ...]
    function: str
    hint: str
    label: str

    @property
    def told(self) -> str:
        """The exception as Python tells it."""
        return f"{type(self.error).__name__}: {self.error}".rstrip(": ")

    @classmethod
    def of(cls, error: Exception, namespace: Mapping[str, Any], label: str, sizes: Mapping[str, object]) -> Crash:
        """namespace: the globals of the student's functions, by which their frames are told from ours and NumPy's."""
        lines, function, arrays = [], "", {}
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_globals is namespace:
                source = linecache.getline(frame.f_code.co_filename, trace.tb_lineno).strip()
                function, arrays = frame.f_code.co_name, arrays_in(source, frame)
                lines.append(f"line {trace.tb_lineno}, in {function}: {source}".rstrip(": "))
            trace = trace.tb_next
        hints = (arrays_sentence(arrays, sizes), advice(type(error).__name__, str(error), sizes))
        return cls(error, tuple(lines[-MOST_LINES:]), function, " ".join(h for h in hints if h), label)


def advice(kind: str, message: str, sizes: Mapping[str, object] | None = None) -> str:
    """Where to look, given the kind and the text of an exception; "" where nothing is known.

    sizes: of the case that was tried: N, T, D, H, ...
    """
    for kinds, pattern, sentence in ADVICE:
        if kind in kinds.split("|") and (found := re.search(pattern, message)):
            groups = [in_letters(_shape(g), sizes) if g.startswith("(") else g for g in found.groups()]
            for i, group in enumerate(groups, 1):
                sentence = sentence.replace(f"{{{i}}}", group)
            return sentence
    return ""


def arrays_sentence(arrays: Mapping[str, tuple[int, ...]], sizes: Mapping[str, object] | None = None) -> str:
    """``There, x is (3, 4) = (N, D) and Wh is (5, 5) = (H, H).``; "" without arrays."""
    listed = [f"{name} is {in_letters(shape, sizes)}" for name, shape in arrays.items()]
    if not listed:
        return ""
    return f"There, {', '.join(listed[:-1])}{' and ' if listed[1:] else ''}{listed[-1]}."


def arrays_in(line: str, frame: FrameType) -> dict[str, tuple[int, ...]]:
    """Name -> shape of the arrays that a line of a frame names, in their order."""
    found: dict[str, tuple[int, ...]] = {}
    for name in re.findall(r"(?<![.\w])[A-Za-z_]\w*", line.partition("#")[0]):
        value = frame.f_locals.get(name, frame.f_globals.get(name))
        if type(value) is np.ndarray and len(found) < MOST_ARRAYS:
            found[name] = value.shape
    return found


def in_letters(shape: tuple[int, ...], sizes: Mapping[str, object] | None) -> str:
    """``(3, 20) = (N, 4H)``, as far as the sizes of a case tell lengths apart; else ``(3, 20)``."""
    names = _names(sizes or {})
    letters = [names.get(n, str(n)) for n in shape]
    plain = _tuple(map(str, shape))
    return plain if letters == list(map(str, shape)) else f"{plain} = {_tuple(letters)}"


def _names(sizes: Mapping[str, object]) -> dict[int, str]:
    """Length -> the one letter, or multiple of a letter, that it can be."""
    letters = {k: v for k, v in sizes.items() if len(k) == 1 and k.isupper() and type(v) is int and v > 1}
    names = {n: [k for k, v in letters.items() if v == n] for n in letters.values()}
    stacked = [(m * v, f"{m}{k}") for k, v in letters.items() if k == "H" for m in MULTIPLES]
    for n, name in stacked:
        names.setdefault(n, []).append(name)
    return {n: found[0] for n, found in names.items() if len(found) == 1}


def _shape(text: str) -> tuple[int, ...]:
    """The shape that NumPy wrote."""
    return tuple(int(n) for n in re.findall(r"-?\d+", text))


def _tuple(parts) -> str:
    parts = list(parts)
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
