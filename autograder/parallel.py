"""What processes that grade at the same time have in common."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_with_parent() -> None:
    """For a process of a pool: end when the parent does, however that ends; the pool alone would wait for ever.

    Ctrl-C at a terminal reaches it too. It is left to the parent, so that a submission that has begun is finished.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None  # only a process with a parent waits for its end

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
