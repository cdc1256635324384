"""The environment variables of processes that grade: the graders' own and, with little else, the jail's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

# One thread: the processes are the parallelism. And the memory of large arrays is kept for the next ones: getting it
# from the system anew, page by page, takes a quarter of the time of grading.
VARIABLES = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")},
    "GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={8 << 20}:glibc.malloc.trim_threshold={64 << 20}",
}


@contextlib.contextmanager
def for_graders() -> Iterator[None]:
    """Processes started in here have VARIABLES."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(VARIABLES)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
