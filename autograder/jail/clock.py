"""How much processor time a worker has had, so that a busy machine is not taken for slow code."""

from __future__ import annotations

import os


class ProcessorClock:
    """The processor time of a process and its threads, from /proc; stands still where that cannot be read."""

    def __init__(self, pidfd: int):
        self._file = None
        try:
            with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as f:
                pid = next(int(line.split()[1]) for line in f if line.startswith("Pid:"))
            self._file = open(f"/proc/{pid}/stat", "rb", buffering=0)  # noqa: SIM115 it is read for every request
        except (OSError, StopIteration, ValueError):
            pass

    def seconds(self) -> float:
        fields = self._fields()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0

    def is_running(self) -> bool:
        """Whether it computes, or would if a processor were free; one that sleeps does not."""
        return self._fields()[:1] == [b"R"]

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _fields(self) -> list[bytes]:
        """Those after the process's name: its state first; the 12th and 13th are user and system time."""
        try:
            return os.pread(self._file.fileno(), 4096, 0).rpartition(b")")[2].split() if self._file else []
        except (OSError, ValueError):  # the process has ended, or the file was closed
            return []
