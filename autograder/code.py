"""Code: a namespace of functions that a check's `call` can use without knowing whose they are.

There are three: the reference (the solution notebook's own cells, executed here), the student's (in a jail,
reached through a proxy) and hybrids (the reference with some of the student's functions swapped in).
"""

from __future__ import annotations

import ast
import functools
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.check import Mistake
from autograder.jail import Handle, Rng, StudentError, Worker, WorkerDied
from unroll.calling import Recorder, WrongReturn, returned
from unroll.crashes import advice, arrays_sentence

OPAQUE = "cache"  # a returned name that stays with the code that made it


class Local:
    """Functions of a namespace in this process: the reference, a mistaken reference, or a hybrid."""

    def __init__(self, namespace: Mapping[str, Any]):
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise AttributeError(f"the solution notebook defines no {name}") from None

    @staticmethod
    def rng(seed: int) -> np.random.Generator:
        return np.random.default_rng(int(seed))

    @staticmethod
    def recorder() -> Recorder:
        return Recorder()


@dataclass(frozen=True)
class Given:
    """A module that goes to students beside their notebook: solutions of earlier problem sets, to read and use."""

    name: str
    text: str

    @property
    def install(self) -> str:
        """Source that makes the module importable without a file, here and in a worker."""
        return (
            "import sys as _sys, types as _types\n"
            f"_module = _types.ModuleType({self.name!r})\n"
            f"exec(compile({self.text!r}, {self.name + '.py'!r}, 'exec'), _module.__dict__)\n"
            f"_sys.modules[{self.name!r}] = _module\n"
            "del _sys, _types, _module\n"
        )


class Reference:
    """The solution notebook's code cells, executed.

    cells: grade_id -> source of the cells to run, in order; those named ``<function>_solution`` hold solutions.
    given: the module of functions that earlier problem sets taught, which the cells import.
    """

    def __init__(self, cells: Mapping[str, str], given: Given | None = None):
        self.cells = dict(cells)
        self.given = given
        self.returns = {
            name: returned
            for key, source in self.cells.items()
            if key.endswith("_solution")
            for name, returned in _returned_names(source).items()
        }

    @functools.cached_property
    def _shared(self) -> dict[str, Any]:
        """What the cells without solutions define, run once: imports and given helpers."""
        namespace: dict[str, Any] = {"__name__": "reference"}
        if self.given:
            exec(self.given.install, {})
        for key, source in self.cells.items():
            if not key.endswith("_solution"):
                exec(_compiled(source, key), namespace)
        return namespace

    def namespace(self, mistakes: Iterable[Mistake] = (), functions: Mapping[str, Any] | None = None) -> dict:
        """A fresh namespace of the reference, with mistakes made in it and other people's functions swapped in."""
        cells = {k: s for k, s in self.cells.items() if k.endswith("_solution")}
        for mistake in mistakes:
            key = f"{mistake.function}_solution"
            cells[key] = apply_edits(cells[key], mistake)
        namespace = dict(self._shared)
        for key, source in cells.items():
            exec(_compiled(source, key), namespace)
        namespace.update(functions or {})
        return namespace

    @functools.cached_property
    def plain(self) -> dict[str, Any]:
        """The reference without mistakes; not to be changed."""
        return self.namespace()

    def is_method(self, kind: str, name: str) -> bool:
        """True if the reference's class `kind` has a method `name`; any other attribute is data."""
        return callable(getattr(self.plain[kind], name, None))

    def code(self, mistakes: Iterable[Mistake] = (), functions: Mapping[str, Any] | None = None) -> Local:
        """The same as a code that `Check.call` can use."""
        return Local(self.namespace(mistakes, functions))


def apply_edits(source: str, mistake: Mistake) -> str:
    """The solution text with a mistake made in it. Raises ValueError if an edit does not fit the text."""
    for old, new in mistake.edits:
        if source.count(old) != 1:
            raise ValueError(
                f"mistake {mistake.name!r}: expected the text {old!r} exactly once in the solution of "
                f"{mistake.function}, found it {source.count(old)} times; change the edit to fit the notebook"
            )
        source = source.replace(old, new)
    return source


@functools.lru_cache(maxsize=1024)
def _compiled(source: str, key: str):
    return compile(source, f"<{key}>", "exec")


def _returned_names(source: str) -> dict[str, tuple[str, ...]]:
    """Function name -> names in its last return statement; a class returns itself, named ``self``."""
    names: dict[str, tuple[str, ...]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            names[node.name] = ("self",)
        if not isinstance(node, ast.FunctionDef):
            continue
        values = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
        if values:
            parts = values[-1].elts if isinstance(values[-1], ast.Tuple) else [values[-1]]
            names[node.name] = tuple(ast.unparse(p) for p in parts)
    return names


class Fault(Exception):
    """A student's function could not be called or did not return what it should; the text is for the student.

    kind: ``missing``, ``unwritten``, ``raised``, ``returned`` or the kind of a WorkerDied.
    function: the student's function that was called.
    """

    def __init__(self, kind: str, function: str, sentence: str, *, died: bool = False):
        super().__init__(sentence)
        self.kind = kind
        self.function = function
        self.died = died


@dataclass
class Deadline:
    """When the calls of one case must be done, on the monotonic clock."""

    at: float

    def left(self, extra: float = 0.0) -> float:
        """Seconds until then, or until `extra` seconds later."""
        return max(0.01, self.at + extra - time.monotonic())


class Student:
    """The student's functions, in a worker. Arguments and results are plain arrays; caches stay in the worker.

    What a function returns, and which attributes of a class are methods, is read off the reference.
    sizes: of the case that is tried, so that errors can speak of N, T, D, H.
    """

    def __init__(
        self, worker: Worker, reference: Reference, deadline: Deadline, sizes: Mapping[str, Any] | None = None
    ):
        self._worker = worker
        self._reference = reference
        self._deadline = deadline
        self._waited = worker.waited
        self._sizes = sizes or {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return functools.partial(self._call, name)

    @staticmethod
    def rng(seed: int) -> Rng:
        return Rng(int(seed))

    @staticmethod
    def recorder() -> Recorder:
        """A function to pass as a keyword argument; its notes are there when the call is over."""
        return Recorder()

    def _call(self, function: str, /, *args: Any, **kwargs: Any) -> Any:
        recorders = {k: v for k, v in kwargs.items() if isinstance(v, Recorder)}
        if not recorders:
            return self._called(function, args, kwargs)
        handles = {k: self._guard(function, lambda: self._worker.recorder(timeout=self._left())) for k in recorders}
        value = self._called(function, args, {**kwargs, **handles})
        for key, recorder in recorders.items():
            recorder.notes += self._guard(
                function, lambda key=key: self._worker.get_attribute(handles[key], "notes", timeout=self._left())
            )
        return value

    def _called(self, function: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        names = self._reference.returns.get(function, ())
        if names == ("self",):
            handle = self._guard(
                function,
                lambda: self._worker.call(function, args, kwargs, keep=(0,), keep_whole=True, timeout=self._left()),
            )
            return StudentObject(self, function, handle)
        keep = tuple(i for i, n in enumerate(names) if n == OPAQUE)
        value = self._guard(
            function, lambda: self._worker.call(function, args, kwargs, keep=keep, timeout=self._left())
        )
        try:
            return returned(function, value, names)
        except WrongReturn as wrong:
            raise Fault("returned", function, str(wrong)) from None

    def _left(self) -> float:
        """Seconds until the deadline, put off by the time for which a busy machine kept the worker waiting."""
        return self._deadline.left(self._worker.waited - self._waited)

    def _guard(self, function: str, request) -> Any:
        """Run a request to the worker; what goes wrong there becomes a Fault in the student's terms."""
        try:
            return request()
        except StudentError as error:
            if error.kind == "Undefined" and not error.lines:
                sentence = f"{function} is not defined: was its cell deleted or renamed?"
                raise Fault("missing", function, sentence) from None
            raise fault_of(error, function, self._sizes) from None
        except WorkerDied as death:
            # How much of a case's time was left to this call differs from run to run.
            sentence = "It was stopped because it took too long." if death.kind == "timeout" else str(death)
            raise Fault(death.kind, function, f"{function}: {sentence[:1].lower()}{sentence[1:]}", died=True) from None


class StudentObject:
    """An object made by a student's class; it lives in the worker."""

    def __init__(self, student: Student, kind: str, handle: Handle):
        self.__dict__.update(_student=student, _kind=kind, _handle=handle)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        student, worker = self._student, self._student._worker
        label = f"{self._kind}.{name}"
        if student._reference.is_method(self._kind, name):
            return lambda *args, **kwargs: student._guard(
                label, lambda: worker.call_method(self._handle, name, args, kwargs, timeout=student._left())
            )
        return student._guard(label, lambda: worker.get_attribute(self._handle, name, timeout=student._left()))

    def __setattr__(self, name: str, value: Any) -> None:
        worker = self._student._worker
        self._student._guard(
            f"{self._kind}.{name}",
            lambda: worker.set_attribute(self._handle, name, value, timeout=self._student._left()),
        )


def fault_of(error: StudentError, function: str, sizes: Mapping[str, Any]) -> Fault:
    """A student's exception in words: the student's own line that raised it, the arrays there, and where to look."""
    cell, line, source, blamed = error.lines[-1] if error.lines else ("", 0, "", function)
    if error.kind == "NotImplementedError":
        blamed = blamed if blamed not in ("", "<module>", function.rpartition(".")[2]) else function
        what = f"{blamed} is not written yet"
        sentence = f"{what}." if blamed == function else f"{function} needs {blamed}, and {what}."
        return Fault("unwritten", function, sentence)
    message = f"{error.kind}: {error.message}".rstrip(": ")
    where = f" (line {line} of the cell that defines {blamed}: {source.strip()})" if line else ""
    told = f"{function} raised {message}{where}"
    more = (arrays_sentence(error.arrays, sizes), advice(error.kind, error.message, sizes))
    if any(more):
        told = f"{told.removesuffix('.')}. {' '.join(m for m in more if m)}"
    return Fault("raised", function, told)
