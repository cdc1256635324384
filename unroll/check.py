"""`check(f)`: try a student's function on public inputs and say in words what is wrong.

Needs nothing but `expected.h5` beside the notebook: no network, no staff package, no solutions.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unroll.calling import Recorder, WrongReturn, returned
from unroll.compare import close
from unroll.crashes import Crash
from unroll.diagnose import Explanation, Observed, explain, failing_outputs
from unroll.expected import FILE, Unpacker
from unroll.gradcheck import eval_numerical_gradient_array
from unroll.probes import probe
from unroll.report import CheckFailed, report

GRADIENT_TOLERANCE = 1e-5  # central differences themselves are good to about 1e-9


def check(function: Callable) -> None:
    """Try `function` (a function or a class of a problem set) and print one line per output.

    Raises CheckFailed if anything is wrong, also if the function raised an exception, which is then its cause; and
    LookupError if there is nothing to check it against.
    """
    name = getattr(function, "__name__", str(function))
    if os.environ.get("UNROLL_GRADING"):
        print(f"check({name}) is left to the autograder.")
        return
    expected = load_expected(str(find_expected()))
    row = expected.index["checks"].get(name)
    if row is None:
        known = ", ".join(expected.index["checks"])
        raise LookupError(f"there is no check for {name!r}; this problem set has checks for {known}")
    own = Own(function, expected.index["returns"])
    cases, crashes = try_cases(name, row, expected, own)
    numerically = _numerical_verdict(row, own, expected, cases[0].got) if row["gradient"] and cases[0].got else ""
    explanation = explain(cases, row["hints"], row["tolerance"])
    if not explanation.complete and not explanation.names and cases[0].got:
        explanation = _probed(row, own, expected, cases, explanation)
    report(
        name, row, cases, numerically, explanation, crashes, shown=expected.index.get("hints", "notebook") == "notebook"
    )


def find_expected() -> Path:
    path = Path.cwd() / FILE
    if path.is_file():
        return path
    raise LookupError(
        f"expected {FILE} beside the notebook, in {Path.cwd()}, and found none; "
        "start Jupyter in the unzipped folder, or unzip it again"
    )


@functools.lru_cache(maxsize=2)
def load_expected(path: str) -> Unpacker:
    return Unpacker(Path(path))


class Own:
    """The student's functions by attribute, with what they return counted."""

    def __init__(self, function: Callable, returns: Mapping[str, list[str]]):
        self._globals = getattr(function, "__globals__", None) or vars(sys.modules[function.__module__])
        self._namespace = {**self._globals, function.__name__: function}
        self._returns = returns
        self.changed: dict[str, set[str]] = {}  # function -> its arguments that it changed in place

    def __getattr__(self, name: str) -> Any:
        if name not in self._namespace:
            raise CheckFailed(f"{name} is not defined yet: run its cell first")
        own, names = self._namespace[name], tuple(self._returns.get(name, ()))
        if names == ("self",):
            return own
        return lambda *args, **kwargs: returned(name, self._call(name, own, args, kwargs), names)

    def _call(self, name: str, own: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call with copies, as the autograder does: a function that changes an argument spoils nothing for others."""
        copies = [*map(_copy, args)], {k: _copy(v) for k, v in kwargs.items()}
        result = own(*copies[0], **copies[1])
        given, left = (list(enumerate(a)) + list(k.items()) for a, k in ((args, kwargs), copies))
        for (place, before), (_, after) in zip(given, left, strict=True):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=before.dtype.kind == "f"):
                names = list(inspect.signature(own).parameters)
                self.changed.setdefault(name, set()).add(names[place] if isinstance(place, int) else place)
        return result

    @staticmethod
    def rng(seed: int) -> np.random.Generator:
        return np.random.default_rng(int(seed))

    @staticmethod
    def recorder() -> Recorder:
        return Recorder()


def try_cases(name: str, row: Mapping, expected: Unpacker, own: Own) -> tuple[list[Observed], list[Crash]]:
    """Run every case. An exception of the function's own makes a crash, and a case without results."""
    call = _defined(row["call"])
    cases, crashes = [], []
    for case in row["cases"]:
        got = None
        try:
            got = dict(zip(row["outputs"], call(own, **expected.get_all(case["inputs"])), strict=True))
        except WrongReturn as error:
            raise CheckFailed(str(error)) from None
        except CheckFailed:
            raise
        except Exception as error:
            if isinstance(error, AssertionError) and _raised_by(call, error):
                raise CheckFailed(str(error)) from None
            crash = Crash.of(error, own._globals, case["label"], case["sizes"])
            if isinstance(error, NotImplementedError):
                raise CheckFailed(_unwritten(name, own._namespace[name], crash)) from None
            crashes.append(crash)
        wrong = {m: expected.get_all(w) for m, w in case["wrong"].items()}
        cases.append(Observed(got, expected.get_all(case["expected"]), wrong, case["sizes"], case["label"]))
    if changed := ", ".join(sorted(own.changed.get(name, ()))):
        print(
            f"Note: {name} changes its argument {changed} in place. That is allowed, and a trap for whoever calls it."
        )
    return cases, crashes


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _unwritten(name: str, own: Callable, crash: Crash) -> str:
    missing = crash.function or name
    if isinstance(own, type) and hasattr(own, missing):
        return f"{name}.{missing} is not written yet"
    return (
        f"{name} is not written yet" if missing == name else f"{name} needs {missing}, and {missing} is not written yet"
    )


def _probed(row: Mapping, own: Own, expected: Unpacker, cases: list[Observed], known: Explanation) -> Explanation:
    """What experiments on the first case tell, put before what is known without them."""
    call, inputs = _defined(row["call"]), expected.get_all(row["cases"][0]["inputs"])

    def run(changed: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return dict(zip(row["outputs"], call(own, **changed), strict=True))
        except Exception:  # an experiment that fails tells nothing
            return None

    failing = failing_outputs(cases, row["tolerance"])
    upstream = (row["gradient"] or {}).get("upstream", "")
    return probe(run, inputs, row["depends"], failing, upstream, known)


def _defined(source: str) -> Callable:
    """The one function that the released source text defines."""
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    return next(v for k, v in namespace.items() if k not in ("np", "__builtins__"))


def _raised_by(function: Callable, error: Exception) -> bool:
    """True if the error comes from the function's own lines, not from what it calls."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is function.__code__


def _numerical_verdict(row: Mapping, own: Own, expected: Unpacker, got: Mapping[str, object]) -> str:
    """Whether the gradients agree with central differences through the student's own forward function."""
    gradient, inputs = row["gradient"], expected.get_all(row["cases"][0]["inputs"])
    forward = _defined(gradient["forward"])
    upstream = inputs[gradient["upstream"]] if gradient["upstream"] else 1.0
    differ, rounded = [], []
    for output, name in gradient["of"]:

        def f(value, name=name):
            outcome = np.asarray(forward(own, **{**inputs, name: value.copy()}), dtype=float)
            rounded.append(np.array_equal(outcome, outcome.astype(np.float32), equal_nan=True))
            return outcome

        try:
            numerical = eval_numerical_gradient_array(f, inputs[name].copy(), upstream)
        except (TypeError, ValueError):
            return f"The numerical gradient with respect to {name} could not be computed from your own functions."
        if not close(got[output], numerical, GRADIENT_TOLERANCE):
            differ.append(output)
    if differ and all(rounded):
        return "Your forward function computes in single precision, too coarsely for numerical gradients."
    if differ:
        return f"Numerical gradients of your own forward function differ from your {', '.join(differ)}."
    return "Numerical gradients of your own forward function agree with your backward function."
