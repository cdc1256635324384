"""The worker's loop: requests in, plain values out. It runs in the same process as the student's code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from unroll.calling import Recorder

from . import wire
from .stand_in import StandIns
from .student import Cells
from .values import Handle, Rng

REQUEST, REPLY = 3, 4  # file descriptors

Keep = bool | tuple[int, ...]  # what of a result stays here: all of it, or items of a tuple or list


class Objects(dict):
    """The student's objects that the grader holds handles of, by number. Numbers are never used twice.

    stand_ins: of functions that cannot be used, if there are any.
    """

    def __init__(self) -> None:
        super().__init__()
        self.added = 0
        self.stand_ins = StandIns({}, {})

    def add(self, item: Any) -> Handle:
        self.added += 1
        self[self.added] = item
        return Handle(self.added)


class Undefined(NameError):
    """The grader asked for a name that the namespace does not have."""


def serve(cells: Cells) -> None:
    """Answers requests until the grader closes the pipe.

    A request is a tuple of an operation and its arguments; a reply is ("value", v), or ("error", kind, message, lines,
    arrays) when the student's code raised. A reply repeats its request's nonce, so that what was written too early or
    twice is noticed.
    """
    objects = Objects()
    while True:
        nonce, size = wire.HEADER.unpack(_read(wire.HEADER.size))
        body = _read(size)
        try:
            operation, *arguments = wire.decode(body)
            value = _OPERATIONS[operation](cells, objects, *arguments)
            reply = wire.message(nonce, ("value", value), lenient=True)
        except wire.TooLarge as error:
            reply = wire.message(nonce, ("error", "TooLarge", f"the result is {error}, too large to be graded", [], []))
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: the student's code raised them
            reply = wire.message(nonce, ("error", *cells.describe(error)), lenient=True)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:
                pass  # closed or replaced by the student
        _write(reply)


def _run_cell(cells: Cells, objects: Objects, source: str, name: str) -> None:
    cells.run(source, name)


def _has(cells: Cells, objects: Objects, name: str) -> bool:
    return name in cells.namespace


def _call(cells: Cells, objects: Objects, name: str, args: tuple, kwargs: dict, keep: Keep) -> Any:
    if name not in cells.namespace:
        raise Undefined(f"{name} is not defined")
    args, kwargs = _resolve(args, objects), _resolve(kwargs, objects)
    objects.stand_ins.enter(name)
    return _keep(cells.namespace[name](*args, **kwargs), objects, keep)


def _call_method(cells: Cells, objects: Objects, handle: int, name: str, args: tuple, kwargs: dict, keep: Keep) -> Any:
    method = getattr(objects[handle], name)
    return _keep(method(*_resolve(args, objects), **_resolve(kwargs, objects)), objects, keep)


def _get_attribute(cells: Cells, objects: Objects, handle: int, name: str, keep: Keep) -> Any:
    return _keep(getattr(objects[handle], name), objects, keep)


def _set_attribute(cells: Cells, objects: Objects, handle: int, name: str, value: Any) -> None:
    setattr(objects[handle], name, _resolve(value, objects))


def _recorder(cells: Cells, objects: Objects) -> Handle:
    return objects.add(Recorder())


def _forget(cells: Cells, objects: Objects, handles: list[int]) -> None:
    for number in handles:
        objects.pop(number, None)


def _stand_in(cells: Cells, objects: Objects, script: dict, parameters: dict) -> None:
    objects.stand_ins = StandIns(script, parameters)
    cells.namespace.update(objects.stand_ins.functions)


def _noted(cells: Cells, objects: Objects) -> dict[str, list]:
    return objects.stand_ins.notes


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "cell": _run_cell,
    "has": _has,
    "call": _call,
    "method": _call_method,
    "get": _get_attribute,
    "set": _set_attribute,
    "recorder": _recorder,
    "forget": _forget,
    "stand_in": _stand_in,
    "noted": _noted,
}


def _resolve(value: Any, objects: Objects) -> Any:
    """Handles to the objects they stand for, seeds to generators, at any depth."""
    if isinstance(value, Handle):
        return objects[value.id]
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, (list, tuple)):
        return type(value)(_resolve(item, objects) for item in value)
    if isinstance(value, dict):
        return {key: _resolve(item, objects) for key, item in value.items()}
    return value


def _keep(value: Any, objects: Objects, keep: Keep) -> Any:
    """Puts what the grader asked to keep into `objects` and a Handle in its place."""
    if keep is True:
        return objects.add(value)
    if keep and isinstance(value, (list, tuple)):
        items = [objects.add(item) if i in keep else item for i, item in enumerate(value)]
        return items if isinstance(value, list) else tuple(items)
    return value


def _read(count: int) -> bytearray:
    data = bytearray(count)
    left = memoryview(data)
    while left:
        got = os.readv(REQUEST, [left])
        if not got:
            os._exit(0)  # the grader is done with this worker
        left = left[got:]
    return data


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(REPLY, view) :]
