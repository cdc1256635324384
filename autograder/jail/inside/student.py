"""The student's side of a worker: the namespace, IPython's syntax, and errors told with the student's own lines.

Everything here is within the student's reach and may be tampered with; it holds nothing worth having.
"""

from __future__ import annotations

import builtins
import linecache
import sys
import types
from collections import deque
from collections.abc import Callable

from unroll.crashes import arrays_in

MAX_MESSAGE = 2000
MAX_LINE = 300
FIRST_LINES, LAST_LINES = 5, 15

Description = tuple[str, str, list[tuple[str, int, str, str]], list[tuple[str, tuple[int, ...]]]]

_RUN_BODY = frozenset({"time", "capture", "prun"})


class Cells:
    """The namespace a submission's cells run in, with the sources that tracebacks quote."""

    def __init__(self, transform: Callable[[str], str]):
        """transform: IPython syntax to Python, `TransformerManager.transform_cell`."""
        self.transform = transform
        self.names: dict[str, str] = {}  # file name of the compiled code -> name of the cell
        self.sources: dict[str, list[str]] = {}
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main  # so that dataclasses, typing and pickle find the student's names
        self.namespace = main.__dict__
        shell = _Shell(self)
        self.namespace.update(get_ipython=lambda: shell, display=_display)
        builtins.input = _no_input

    def run(self, source: str, name: str) -> None:
        """Runs one cell; whatever it raises passes through."""
        file_name = f"<{name}>"
        lines = source.splitlines(keepends=True)
        self.names[file_name] = name
        self.sources[file_name] = lines
        linecache.cache[file_name] = (len(source), None, lines, file_name)
        self.execute(source, file_name)

    def execute(self, source: str, file_name: str) -> None:
        try:
            code = compile(source, file_name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):  # IPython's syntax, perhaps; transforming takes longer than most cells do
            code = compile(self.transform(source), file_name, "exec", dont_inherit=True)
        exec(code, self.namespace)

    def describe(self, error: BaseException) -> Description:
        """Kind, message, the student's own frames as (cell, line number, source line, function), and the names and
        shapes of the arrays in the innermost of these lines."""
        kind = type(error).__name__[:MAX_LINE]
        try:
            message = str(error)[:MAX_MESSAGE]
        except BaseException:
            message = "(the error's own text could not be made)"
        first: list[tuple] = []
        last: deque[tuple] = deque(maxlen=LAST_LINES)  # a deep recursion leaves a million frames
        innermost = None
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename in self.names:
                (first if len(first) < FIRST_LINES else last).append((code, trace.tb_lineno))
                innermost = trace.tb_frame
            trace = trace.tb_next
        lines = [self._line(code.co_filename, number, code.co_name) for code, number in (*first, *last)]
        arrays = list(arrays_in(lines[-1][2], innermost).items()) if innermost else []
        if isinstance(error, SyntaxError):
            message = str(error.msg)[:MAX_MESSAGE]
            if error.filename in self.names:
                lines.append(self._line(error.filename, error.lineno or 0, "<module>"))
        return kind, message, lines, arrays

    def _line(self, file_name: str, number: int, function: str) -> tuple[str, int, str, str]:
        number = number or 0
        lines = self.sources[file_name]
        text = lines[number - 1].rstrip()[:MAX_LINE] if 0 < number <= len(lines) else ""
        return self.names[file_name], number, text, function[:MAX_LINE]


class _Shell:
    """Stands in for IPython's shell: timing magics run their code, all others are skipped with a note."""

    def __init__(self, cells: Cells):
        self._cells = cells

    def run_line_magic(self, name: str, line: str, *_: object, **__: object) -> None:
        if name == "time" and line.strip():
            return self._run(line, 0)
        _skipped(f"%{name}")

    def run_cell_magic(self, name: str, line: str, body: str) -> None:
        if name in _RUN_BODY:
            return self._run(body, 1)
        _skipped(f"%%{name}")

    def _run(self, code: str, offset: int) -> None:
        # The frame that called is the cell's; blank lines in front keep its line numbers right.
        caller = sys._getframe(2)
        code = self._cells.transform(code)
        self._cells.execute("\n" * (offset or caller.f_lineno - 1) + code, caller.f_code.co_filename)

    def getoutput(self, command: str, *_: object, **__: object) -> list[str]:
        _skipped(f"!{command[:MAX_LINE]}")
        return []

    def system(self, command: str, *_: object, **__: object) -> None:
        _skipped(f"!{command[:MAX_LINE]}")

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: _skipped(f"get_ipython().{name}")


def _skipped(what: str) -> None:
    print(f"[autograder] {what} is skipped when grading")


def _display(*_: object, **__: object) -> None:
    """Shows nothing: when grading nobody looks."""


def _no_input(*_: object) -> str:
    raise RuntimeError("input() cannot be used here: when grading there is nobody to type an answer")
