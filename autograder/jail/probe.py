"""The hostile probe: run as a student's cell in a worker, it tries what a worker must not be able to do.

It is sent as text, so it uses nothing but the standard library and NumPy. Run without a jail, nearly all of it
succeeds; the tests check that, for a probe that cannot succeed proves nothing.
"""

import ctypes
import os
import socket


def attack(target: dict) -> dict:
    """What each attempt came to: "done", or "denied: ..." .

    target: ``pid`` of the grader; ``files`` to read, ``folder`` to list, ``new_files`` to write; ``tcp`` and ``udp``
    ports on this machine and an ``abstract`` socket's name; ``memory`` in bytes.
    """
    attempts = {
        **{f"read {path}": lambda path=path: open(path, "rb").read(1) for path in target["files"]},
        **{f"write {path}": lambda path=path: open(path, "w").close() for path in target["new_files"]},
        f"list {target['folder']}": lambda: os.listdir(target["folder"]),
        "connect over TCP": lambda: socket.create_connection(("127.0.0.1", target["tcp"]), 1).close(),
        "send over UDP": lambda: socket.socket(2, 2).sendto(b"x", ("127.0.0.1", target["udp"])),
        "connect to an abstract socket": lambda: socket.socket(1, 1).connect("\0" + target["abstract"]),
        "fork a process": fork,
        "run a program": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
        "trace the grader": lambda: trace(target["pid"]),
        "read the grader's memory": lambda: open(f"/proc/{other(target['pid'])}/mem", "rb").close(),
        "read the grader's environment": lambda: read_environment(other(target["pid"])),
        "read some process's environment": read_any_environment,
        "signal the grader": lambda: os.kill(other(target["pid"]), 0),
        "allocate beyond the limit": lambda: len(bytearray(target["memory"])),
    }
    return {name: outcome(attempt) for name, attempt in attempts.items()}


def outcome(attempt) -> str:
    try:
        attempt()
    except (OSError, MemoryError) as error:
        return f"denied: {error}"
    return "done"


def other(pid: int) -> int:
    """The number. In a pid namespace the grader's may happen to be our own; then it is not the grader: OSError."""
    if pid == os.getpid():
        raise OSError("no such process but this one")
    return pid


def fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def trace(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    seize, detach = 0x4206, 17
    if libc.ptrace(seize, other(pid), None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    libc.ptrace(detach, pid, None, None)


def read_environment(pid: int) -> None:
    with open(f"/proc/{pid}/environ", "rb") as file:
        file.read(1)


def read_any_environment() -> None:
    """Every process that can be seen is tried: the zygote and other workers too."""
    denied = OSError("no process to be seen")
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                return read_environment(int(name))
            except OSError as error:
                denied = error
    raise denied


def honest() -> float:
    """Ordinary work must go on: arithmetic, and standard modules that are loaded only now. Returns 21.0."""
    import decimal
    import fractions
    import json
    import math
    import random
    import statistics

    import numpy as np

    assert json.loads("[1]") == [1] and random.Random(1).random() < 1 and decimal.Decimal(1) == fractions.Fraction(1)
    assert abs(statistics.mean([1, 3]) - math.sqrt(4)) < 1e-12
    return float((np.arange(6.0).reshape(2, 3) @ np.ones((3, 2))).sum() - 9)
