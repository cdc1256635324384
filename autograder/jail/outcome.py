"""What the grader gets to know about a student's code, besides values."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

KILLED = "The jail around it was ended by something outside."
KILLED_BY_SYSTEM = "The system killed it, most likely because it used too much memory."


class Line(NamedTuple):
    """One of the student's own stack frames."""

    cell: str
    number: int
    source: str
    function: str


class StudentError(Exception):
    """The student's code raised. `lines` are its own frames, outermost first, at most 20 of them.

    arrays: name -> shape of the arrays in the last of these lines.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        lines: tuple[Line, ...] = (),
        arrays: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ):
        super().__init__(kind, message, lines)
        self.kind = kind
        self.message = message
        self.lines = lines
        self.arrays = dict(arrays)

    def __str__(self) -> str:
        where = f" ({self.lines[-1].cell}, line {self.lines[-1].number})" if self.lines else ""
        return f"{self.kind}: {self.message}{where}"


class WorkerDied(Exception):
    """The worker is gone for good: spawn another. `message` is one sentence for a TA.

    kind: "timeout" (also: out of processor time), "memory", "output", "protocol", "exited" or "killed" (with the
        processes around it, which no submission can reach).
    stdout, stderr: what the cell had printed until then, capped. Empty for calls: what a function prints while it is
        graded, perhaps its secret inputs, is dropped.
    """

    def __init__(self, kind: str, message: str, stdout: str = "", stderr: str = ""):
        super().__init__(kind, message, stdout, stderr)
        self.kind = kind
        self.message = message
        self.stdout = stdout
        self.stderr = stderr

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class CellOutcome:
    """How one cell ended. `stdout` and `stderr` are capped at `Limits.kept` bytes each."""

    ok: bool
    stdout: str
    error: StudentError | None = None
    stderr: str = ""


@dataclass(frozen=True)
class Limits:
    """Caps on one worker. Sizes in bytes; `cpu` in whole seconds of processor time over the worker's life.

    tmp: its private folder, and any one file. output: printed in all, then it is killed. kept: of one request's
    printing, per stream. tasks: threads. open_files: descriptors.
    """

    memory: int = 2 << 30
    cpu: int = 300
    tmp: int = 64 << 20
    output: int = 16 << 20
    kept: int = 64 << 10
    tasks: int = 64
    open_files: int = 128


def explain_end(status: int, cpu: float, limits: Limits) -> tuple[str, str]:
    """Kind and sentence for a worker that ended without being killed by the grader."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return "exited", f"It ended its own process (exit code {code})."
    name = signal.Signals(-code).name
    if -code == signal.SIGXCPU or (-code == signal.SIGKILL and cpu >= limits.cpu - 1):
        return "timeout", f"It used up its {limits.cpu} seconds of processor time."
    if -code == signal.SIGKILL:
        return "memory", KILLED_BY_SYSTEM
    return "exited", f"It crashed the Python interpreter ({name})."
