"""Every test that asks for `jail` or `worker` runs at each level of isolation that this machine offers (see jails)."""

from __future__ import annotations

import sys
import time

import pytest

from autograder.jail import CellOutcome, Limits, WorkerDied
from tests.jails import ISOLATING, OFFERED

SMALL = Limits(memory=1 << 30, cpu=2, tmp=4 << 20, output=4 << 20)


@pytest.fixture(params=OFFERED)
def jail(request, opened):
    return opened(request.param)


@pytest.fixture(params=ISOLATING)
def isolated(request, opened):
    """A jail at each level but the one that denies nothing but time and memory."""
    return opened(request.param)


@pytest.fixture
def worker(jail):
    with jail.spawn() as found:
        yield found


@pytest.fixture
def run(worker):
    """``run(source)`` runs one cell, which must succeed; gives back its outcome."""

    def run(source, timeout=10.0):
        outcome = worker.run_cell(source, "cell 1", timeout=timeout)
        assert outcome.ok, outcome.error
        return outcome

    return run


def _died(jail, source: str, *, timeout: float = 1.0, limits: Limits = SMALL, call: bool = False) -> WorkerDied:
    """Runs `source`, and then its function `f` if `call`; that must kill the worker, and only the worker."""
    with jail.spawn(limits) as worker:
        started = time.monotonic()
        with pytest.raises(WorkerDied) as caught:
            outcome = worker.run_cell(source, "cell 1", timeout=timeout)
            assert call and outcome.ok, outcome
            worker.call("f", (), timeout=timeout)
            worker.has("f")
        assert time.monotonic() - started < timeout + 10
        with pytest.raises(WorkerDied) as again:
            worker.has("f")
        assert again.value.message == caught.value.message
    with jail.spawn() as fresh:  # the next submission is not affected
        assert fresh.run_cell("def f(): return 1", "cell 1", timeout=5).ok
        assert fresh.call("f", (), timeout=5) == 1
    return caught.value


def _survived(jail, source: str, limits: Limits = SMALL, timeout: float = 10.0) -> CellOutcome:
    """Runs `source`; the worker must live on, whether or not the cell failed."""
    with jail.spawn(limits) as worker:
        outcome = worker.run_cell(source, "cell 1", timeout=timeout)
        assert worker.run_cell("x = 1", "cell 2", timeout=5).ok
        return outcome


@pytest.fixture
def died():
    """``died(jail, source)``: runs it, which must kill the worker and nothing else; gives back the WorkerDied."""
    return _died


@pytest.fixture
def survived():
    """``survived(jail, source)``: runs it, which the worker must outlive; gives back the outcome."""
    return _survived


if not sys.platform.startswith("linux"):
    collect_ignore_glob = ["test_*.py"]
