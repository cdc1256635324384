"""Stand-ins: functions that know nothing, answer from a script, and note what they are called with.

They take the place of a student's functions that cannot be used, so that what calls these can be tried all the same.
What they answer is made by the grader and is no answer to anything that is graded.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

Parameters = list[tuple[str, int, bool, Any]]  # of a function: name, kind, whether there is a default, default


class StandIns:
    """Stand-ins for functions, and what they were called with.

    A scene is one call that the check makes; a line is one call of one function within a scene.
    script: key -> what the lines of a function in a scene return, one after the other. parameters: by function.
    notes: key -> for each line so far its arguments, by the name of the parameter.
    """

    def __init__(self, script: dict[str, list], parameters: dict[str, Parameters]):
        self.script = script
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.functions = {name: self._function(name, signature(rows)) for name, rows in parameters.items()}
        self._scenes: dict[str, int] = {}
        self._scene = ""

    def enter(self, called: str) -> None:
        """The check calls the function `called`: a new scene."""
        number = self._scenes[called] = self._scenes.get(called, -1) + 1
        self._scene = f"{called} {number}"

    def _function(self, name: str, parameters: inspect.Signature) -> Callable:
        def stand_in(*args: Any, **kwargs: Any) -> Any:
            bound = parameters.bind(*args, **kwargs)
            bound.apply_defaults()
            key = f"{self._scene}: {name}"
            lines = self.notes.setdefault(key, [])
            lines.append({parameter: plain(value) for parameter, value in bound.arguments.items()})
            return fresh(self.answer(name, key, bound.arguments))

        stand_in.__name__ = stand_in.__qualname__ = name
        return stand_in

    def answer(self, name: str, key: str, arguments: dict[str, Any]) -> Any:
        """What the last noted line of a scene returns. arguments: those of the call itself."""
        number, lines = len(self.notes[key]), self.script.get(key, [])
        if number > len(lines):
            raise IndexError(f"{name} is called more often than it should be")
        return lines[number - 1]


def signature(rows: Parameters) -> inspect.Signature:
    """The signature that `parameters_of` took apart."""
    empty = inspect.Parameter.empty
    return inspect.Signature(
        [
            inspect.Parameter(name, kind, default=default if has else empty)  # type: ignore[arg-type]  # an int will do
            for name, kind, has, default in rows
        ]
    )


def parameters_of(function: Callable) -> Parameters:
    """A function's parameters as plain data."""
    empty = inspect.Parameter.empty
    found = inspect.signature(function).parameters.values()
    return [(p.name, int(p.kind), p.default is not empty, plain(p.default)) for p in found]


def plain(value: Any) -> Any:
    """A copy; a generator of random numbers becomes its state as text, and a dtype its name."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    if isinstance(value, (type, np.dtype)):
        return getattr(value, "__name__", str(value))
    return value


def fresh(value: Any) -> Any:
    """A copy to hand out. Numbers become NumPy's, which is what functions mostly return."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(fresh(item) for item in value)
    return np.float64(value) if isinstance(value, float) else value
