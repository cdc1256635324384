"""How much processor time a worker has had, so that a busy machine is not taken for slow code."""

from __future__ import annotations

import os


class ProcessorClock:
    """The processor time of a process and its threads, from /proc; stands still where that cannot be read."""

    def __init__(self, pidfd: int):
        self._path = ""
        try:
            with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as f:
                pid = next(int(line.split()[1]) for line in f if line.startswith("Pid:"))
        except (OSError, StopIteration, ValueError):
            return
        self._path = f"/proc/{pid}/stat"

    def seconds(self) -> float:
        fields = self._fields()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0

    def is_running(self) -> bool:
        """Whether it computes, or would if a processor were free; one that sleeps does not."""
        return self._fields()[:1] == [b"R"]

    def _fields(self) -> list[bytes]:
        """Those after the process's name: its state first; the 12th and 13th are user and system time."""
        try:
            with open(self._path, "rb") as f:
                return f.read().rpartition(b")")[2].split()
        except OSError:
            return []
