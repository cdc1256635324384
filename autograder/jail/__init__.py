"""The jail: student code runs in confined workers, apart from expected values, files, network and other students.

    with Jail() as jail, jail.spawn() as worker:
        worker.run_cell("def double(x): return 2 * x", "cell 1", timeout=10)
        worker.call("double", (np.ones(3),), timeout=1)

Inputs go in, plain values come back as bytes that are decoded strictly: a forged reply is only a wrong answer.
Levels of isolation, best first, are LEVELS; the level of a Jail is found by attacking it (see `levels`). Importing
this package is harmless on every system; a Jail needs Linux.
"""

from .inside.values import Handle, Rng, Unsupported
from .jail import Jail, StartFailed
from .levels import LEVELS, JailUnavailable
from .outcome import CellOutcome, Limits, Line, StudentError, WorkerDied
from .worker import Worker

__all__ = [
    "LEVELS",
    "CellOutcome",
    "Handle",
    "Jail",
    "JailUnavailable",
    "Limits",
    "Line",
    "Rng",
    "StartFailed",
    "StudentError",
    "Unsupported",
    "Worker",
    "WorkerDied",
]
