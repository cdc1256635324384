"""How much processor time a worker has had, so that a busy machine is not taken for slow code."""

from __future__ import annotations

import os
import time

_SCHEDULED = 2  # the kernel's CPUCLOCK_SCHED: what the scheduler counted, of all threads, in nanoseconds


def _numbers(file: str, name: str) -> list[int]:
    """Those in the line of a file of /proc that begins with `name`. Raises LookupError if it has none."""
    with open(file, encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith(name):
                return [int(number) for number in line.split()[1:]]
    raise LookupError(name)


class ProcessorClock:
    """The processor time of a process and its threads; stands still where that cannot be read."""

    def __init__(self, pidfd: int):
        self._file = None
        self._clock = 0
        self._last = 0.0
        try:
            pid = _numbers(f"/proc/self/fdinfo/{pidfd}", "Pid:")[0]
            self._file = open(f"/proc/{pid}/stat", "rb", buffering=0)  # noqa: SIM115 it is read while a worker is late
            # /proc may be that of a namespace above ours, and numbers processes its way.
            depth = len(_numbers("/proc/self/status", "NSpid:"))
            own = _numbers(f"/proc/self/fdinfo/{pidfd}", "NSpid:")[depth - 1]
        except (OSError, LookupError, ValueError):
            return
        self._clock = ~own << 3 | _SCHEDULED  # what clock_getcpuclockid(3) returns, which Python does not have

    def seconds(self) -> float:
        """Read before and after every request, so not from /proc, which takes ten times as long."""
        try:
            self._last = time.clock_gettime(self._clock) if self._clock else 0.0
        except OSError:  # the process has ended
            pass
        return self._last

    def is_running(self) -> bool:
        """Whether it computes, or would if a processor were free; one that sleeps does not."""
        if self._file is None:
            return False
        try:
            # The state stands behind the process's name, which is in brackets.
            return os.pread(self._file.fileno(), 4096, 0).rpartition(b") ")[2].startswith(b"R")
        except (OSError, ValueError):  # the process has ended, or the file was closed
            return False

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._clock = 0
