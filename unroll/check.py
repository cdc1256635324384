"""`check(f)`: try a student's function on public inputs and say in words what is wrong.

Needs nothing but `expected.h5` beside the notebook: no network, no staff package, no solutions.
"""

from __future__ import annotations

import functools
import os
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unroll.calling import WrongReturn, returned
from unroll.compare import Comparison, close, compare
from unroll.diagnose import Observed, explain
from unroll.expected import FILE, Unpacker
from unroll.gradcheck import eval_numerical_gradient_array

GRADIENT_TOLERANCE = 1e-5  # central differences themselves are good to about 1e-9


class CheckFailed(AssertionError):
    """A check found something wrong; the report above it says what."""

    def _render_traceback_(self) -> list[str]:
        """Jupyter shows this in place of a traceback through our own code."""
        return [f"CheckFailed: {self}"]


def check(function: Callable) -> None:
    """Try `function` (a function or a class of a problem set) and print one line per output.

    Raises CheckFailed if anything is wrong, LookupError if there is nothing to check it against, and lets
    the function's own exceptions through, so that their traceback can be read.
    """
    name = getattr(function, "__name__", str(function))
    if os.environ.get("UNROLL_GRADING"):
        print(f"check({name}) is left to the autograder.")
        return
    expected = _load(str(_find()))
    row = expected.index["checks"].get(name)
    if row is None:
        known = ", ".join(expected.index["checks"])
        raise LookupError(f"there is no check for {name!r}; this problem set has checks for {known}")
    namespace = _namespace(function)
    cases = _try(name, row, expected, namespace)
    numerically = _numerical_verdict(row, namespace, expected, cases[0]) if row["gradient"] else ""
    _report(name, row, cases, numerically)


def _find() -> Path:
    path = Path.cwd() / FILE
    if path.is_file():
        return path
    raise LookupError(
        f"expected {FILE} beside the notebook, in {Path.cwd()}, and found none; "
        "start Jupyter in the unzipped folder, or unzip it again"
    )


@functools.lru_cache(maxsize=2)
def _load(path: str) -> Unpacker:
    return Unpacker(Path(path))


def _namespace(function: Callable) -> Mapping[str, Any]:
    found = getattr(function, "__globals__", None) or vars(sys.modules[function.__module__])
    return {**found, function.__name__: function}


class _Own:
    """The student's functions by attribute, with what they return counted."""

    def __init__(self, namespace: Mapping[str, Any], returns: Mapping[str, list[str]]):
        self._namespace, self._returns = namespace, returns

    def __getattr__(self, name: str) -> Any:
        if name not in self._namespace:
            raise CheckFailed(f"{name} is not defined yet: run its cell first")
        own, names = self._namespace[name], tuple(self._returns.get(name, ()))
        if names == ("self",):
            return own
        return lambda *args, **kwargs: returned(name, own(*args, **kwargs), names)

    @staticmethod
    def rng(seed: int) -> np.random.Generator:
        return np.random.default_rng(int(seed))


def _try(name: str, row: Mapping, expected: Unpacker, namespace: Mapping[str, Any]) -> list[Observed]:
    """Run every case; the function's own exceptions pass through."""
    call = _defined(row["call"])
    cases = []
    for case in row["cases"]:
        inputs = expected.get_all(case["inputs"])
        given = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
        try:
            values = call(_Own(namespace, expected.index["returns"]), **given)
        except NotImplementedError:
            raise CheckFailed(f"{name} or a function it calls is not written yet") from None
        except WrongReturn as error:
            raise CheckFailed(str(error)) from None
        except AssertionError as error:
            if _raised_by(call, error):
                raise CheckFailed(str(error)) from None
            raise
        changed = [k for k, v in given.items() if isinstance(v, np.ndarray) and not np.array_equal(v, inputs[k])]
        if changed and not cases:
            print(
                f"Note: {name} changes its argument {', '.join(changed)} in place. That is allowed, and a trap "
                "for whoever calls it."
            )
        got = dict(zip(row["outputs"], values, strict=True))
        wrong = {m: expected.get_all(w) for m, w in case["wrong"].items()}
        cases.append(Observed(got, expected.get_all(case["expected"]), wrong, case["sizes"], case["label"]))
    return cases


def _defined(source: str) -> Callable:
    """The one function that the released source text defines."""
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    return next(v for k, v in namespace.items() if k not in ("np", "__builtins__"))


def _raised_by(function: Callable, error: Exception) -> bool:
    """True if the error comes from the function's own lines, not from what it calls."""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame.f_code is function.__code__


def _report(name: str, row: Mapping, cases: list[Observed], numerically: str) -> None:
    worst = {o: _worst(o, cases, row["tolerance"]) for o in row["outputs"]}
    width = max(map(len, worst))
    print(name)
    for output, found in worst.items():
        print(f"  {output:<{width}}  {'ok   ' if found.ok else 'WRONG'}  {_without_name(found.message, output)}")
    if numerically:
        print(f"  {numerically}")
    if all(found.ok for found in worst.values()):
        print("  All good.")
        return
    explanation = explain(cases, row["hints"], row["tolerance"])
    if explanation.hint:
        print(textwrap.fill(explanation.hint, 96, initial_indent="  Hint: ", subsequent_indent="        "))
    wrong = ", ".join(o for o, found in worst.items() if not found.ok)
    raise CheckFailed(f"{name}: {wrong} {'is' if ',' not in wrong else 'are'} not right yet; see the lines above")


def _without_name(message: str, output: str) -> str:
    for start in (f"{output} is right: ", f"{output} is wrong: ", f"{output} "):
        message = message.removeprefix(start)
    return message


def _worst(output: str, cases: list[Observed], tolerance: float) -> Comparison:
    found = [(compare(output, c.got[output], c.expected[output], tolerance), c.label) for c in cases]
    comparison, label = max(found, key=lambda f: (not f[0].ok, not f[1], -f[0].credit, f[0].error or 0.0))
    if comparison.ok or not label:
        return comparison
    return Comparison(comparison.error, False, comparison.credit, f"{comparison.message} ({label})")


def _numerical_verdict(row: Mapping, namespace: Mapping[str, Any], expected: Unpacker, case: Observed) -> str:
    """Whether the gradients agree with central differences through the student's own forward function."""
    gradient, inputs = row["gradient"], expected.get_all(row["cases"][0]["inputs"])
    forward, own = _defined(gradient["forward"]), _Own(namespace, expected.index["returns"])
    upstream = inputs[gradient["upstream"]] if gradient["upstream"] else 1.0
    differ = []
    for output, name in gradient["of"]:

        def f(value, name=name):
            return np.asarray(forward(own, **{**inputs, name: value.copy()}), dtype=float)

        try:
            numerical = eval_numerical_gradient_array(f, inputs[name].copy(), upstream)
        except (TypeError, ValueError):
            return f"The numerical gradient with respect to {name} could not be computed from your own functions."
        if not close(case.got[output], numerical, GRADIENT_TOLERANCE):
            differ.append(output)
    if differ:
        return f"Numerical gradients of your own forward function differ from your {', '.join(differ)}."
    return "Numerical gradients of your own forward function agree with your backward function."
