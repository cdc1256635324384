"""Time limits count the worker's own processor time: a busy machine costs nobody points, a sleeper is stopped."""

import os
import time

import pytest

from autograder.jail import WorkerDied, clock
from autograder.jail.clock import ProcessorClock

SPIN = """
import time

def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds
"""


@pytest.fixture
def busy():
    """Two processes for every processor, computing, in sessions of their own: Linux may share time out by session."""
    children = []
    for _ in range(2 * os.cpu_count()):
        child = os.fork()
        if child == 0:
            os.setsid()
            while True:
                pass
        children.append(child)
    yield
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_on_a_busy_machine_the_time_is_put_off(jail, busy):
    with jail.spawn() as worker:
        worker.run_cell(SPIN, "cell", timeout=10)
        start = time.monotonic()
        assert worker.call("spin", (0.9,), timeout=1.0) == 0.9
        took = time.monotonic() - start
        assert 1.0 < took and worker.waited <= took
        assert worker.waited == pytest.approx(took - 0.9, abs=0.2)


def test_it_is_not_put_off_for_ever(jail, busy):
    with jail.spawn() as worker:
        worker.run_cell(SPIN, "cell", timeout=10)
        start = time.monotonic()
        with pytest.raises(WorkerDied, match="It was stopped after 0.5 seconds") as caught:
            worker.call("spin", (100.0,), timeout=0.5)
        assert caught.value.kind == "timeout"
        assert time.monotonic() - start < 10


def test_a_sleeper_is_stopped_in_time(jail):
    with jail.spawn() as worker:
        worker.run_cell("import time\ndef nap(): time.sleep(60)", "cell", timeout=10)
        start = time.monotonic()
        with pytest.raises(WorkerDied, match="It was stopped after 0.5 seconds"):
            worker.call("nap", (), timeout=0.5)
        assert time.monotonic() - start < 1.5


def test_the_clock_counts_what_a_process_uses():
    pidfd = os.pidfd_open(os.getpid())
    clock = ProcessorClock(pidfd)
    start, before = time.process_time(), clock.seconds()
    while time.process_time() < start + 0.2:
        pass
    assert 0.1 < clock.seconds() - before < 0.5
    assert clock.is_running()
    os.close(pidfd)


def test_a_clock_that_cannot_be_read_stands_still():
    clock = ProcessorClock(10**6)
    assert clock.seconds() == 0.0 and not clock.is_running()


def test_processes_are_numbered_by_our_own_namespace(monkeypatch):
    """/proc may belong to a namespace above ours, where every process has another number."""
    lines = {
        ("/proc/self/fdinfo/9", "Pid:"): [os.getpid()],
        ("/proc/self/status", "NSpid:"): [400, 30],
        ("/proc/self/fdinfo/9", "NSpid:"): [os.getpid(), 31, 1],
    }
    asked = []
    monkeypatch.setattr(clock, "_numbers", lambda file, name: lines[file, name])
    monkeypatch.setattr(clock.time, "clock_gettime", lambda which: asked.append(which) or 1.5)
    assert ProcessorClock(9).seconds() == 1.5
    assert asked == [~31 << 3 | 2]
