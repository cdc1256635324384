"""Submissions that mean harm: the worker may die, the jail and the grader go on, and nothing is gained."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.jail import Jail, Limits, WorkerDied

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import signal, time\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except: pass\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "x = pow(7, 10**9)",
        "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
        "import os, signal, time\ntry: os.kill(os.getpid(), signal.SIGSTOP)\nexcept OSError: pass\ntime.sleep(99)",
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
        "import threading\nthreading.Lock().__enter__(); l = threading.Lock(); l.acquire(); l.acquire()",
    ],
    ids=["loop", "ignores signals", "holds the GIL", "regex", "stops itself", "looping __str__", "deadlock"],
)
def test_what_never_ends_is_killed(jail, source, died):
    assert died(jail, source, timeout=0.2).kind == "timeout"


def test_timeout_keeps_what_was_printed(jail, died):
    error = died(jail, "print('so far', flush=True)\nwhile True: pass", timeout=0.5)
    assert error.stdout == "so far\n" and str(error) == "It was stopped after 0.5 seconds."


def test_printing_in_a_call_is_never_told(jail, died):
    error = died(
        jail, "def f():\n    print('a secret input', flush=True)\n    while True: pass", timeout=0.3, call=True
    )
    assert error.stdout == ""


def test_processor_time(jail, died):
    source = (
        "import threading\nfor _ in range(3): threading.Thread(target=lambda: pow(7, 10**9), daemon=True).start()\n"
    )
    error = died(jail, source + "pow(7, 10**9)", timeout=20, limits=Limits(cpu=1))
    assert error.kind == "timeout" and "processor time" in error.message


@pytest.mark.parametrize(
    "source, code",
    [("import os; os._exit(0)", "exit code 0"), ("import ctypes; ctypes.string_at(0)", "SIGSEGV")],
    ids=["os._exit", "segfault"],
)
def test_ending_its_process(jail, source, code, died):
    error = died(jail, source, timeout=5)
    assert error.kind == "exited" and code in error.message


def test_time_bomb(jail, died):
    source = "import threading, os, time\nthreading.Timer(0.1, os._exit, [0]).start()\ndef f(): time.sleep(5)"
    assert died(jail, source, call=True, timeout=3).kind == "exited"


def test_recursion_without_a_limit(jail):
    source = "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()"
    with jail.spawn(Limits(memory=340 << 20)) as worker:
        try:
            error = worker.run_cell(source, "c", timeout=1).error
            # CPython's own answer to running out of memory here is sometimes the last.
            assert error.kind in ("RecursionError", "MemoryError", "SystemError")
        except WorkerDied as error:
            assert error.kind in ("exited", "timeout")


def test_deep_recursion_is_told_briefly(jail, survived):
    error = survived(jail, "def f(n): return f(n + 1)\nf(0)").error
    assert error.kind == "RecursionError" and len(error.lines) == 20


@pytest.mark.parametrize(
    "source",
    [
        "x = bytearray(8 << 30)",
        "x = []\nwhile True: x.append(bytearray(16 << 20))",
        "import numpy as np\nx = np.ones((100_000, 100_000))",
    ],
    ids=["at once", "slowly", "NumPy"],
)
def test_memory(jail, source, survived):
    assert survived(jail, source).error.kind.endswith("MemoryError")


def test_disk(isolated, survived):
    fill = "for i in range(9): open(f's{i}', 'wb').write(bytes(1 << 20))"
    assert survived(isolated, fill).error.kind in ("OSError", "PermissionError")
    inodes = "n = 0\nwhile True: open(f's{n}', 'w').close(); n += 1"
    assert survived(isolated, inodes).error.kind in ("OSError", "PermissionError")


def test_nothing_is_left_for_the_next(isolated, survived):
    survived(isolated, "open('left', 'w').write('x')")
    assert survived(isolated, "open('left').read()").error is not None


def test_fork_bomb(jail, survived):
    source = "import os\nwhile True:\n    os.fork()"
    if jail.level == "none":  # limited in number, and all ended with the worker
        with jail.spawn(Limits(memory=1 << 30, cpu=2)) as worker:
            try:
                worker.run_cell("import os\nfor _ in range(99):\n    if not os.fork(): break", "c", timeout=2)
            except WorkerDied:
                pass
        return
    assert survived(jail, source).error.kind == "PermissionError"


def test_thread_bomb(jail, survived):
    source = "import threading as t, time\nfor _ in range(5000): t.Thread(target=time.sleep, args=(2,)).start()"
    error = survived(jail, source).error
    assert error.kind in ("RuntimeError", "MemoryError")


@pytest.mark.parametrize(
    "source",
    [
        "while True: print('x' * 9999)",
        "import threading, os, time\ndef q():\n    while True: os.write(2, b'y' * 65536)\n"
        "threading.Thread(target=q, daemon=True).start()\ntime.sleep(99)",
    ],
    ids=["stdout", "stderr from a thread"],
)
def test_output_flood(jail, source, died):
    assert died(jail, source, timeout=5).kind == "output"


def test_exceptions_that_misbehave(jail, survived):
    assert len(survived(jail, "raise ValueError('A' * 10**8)", Limits()).error.message) == 2000
    error = survived(jail, "class E(Exception):\n    def __str__(self): raise MemoryError\nraise E").error
    assert error.kind == "E"
    assert survived(jail, "raise type('N' * 10**6, (BaseException,), {})('x')").error.kind == "N" * 300


def test_the_zygote_is_restarted(jail):
    import signal

    with Jail(jail.level, allow_none=True) as own:
        alive = own.spawn()
        signal.pidfd_send_signal(own._zygote._pidfd, signal.SIGKILL)
        with own.spawn() as worker:
            assert worker.run_cell("x = 1", "c", timeout=5).ok
        alive.close()
    with pytest.raises(ValueError):
        own.spawn()


def test_many_workers_leave_nothing_behind(jail):
    def processes():
        found = 0
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                found += b"-m\0inside\0" in Path("/proc", name, "cmdline").read_bytes()
            except OSError:
                pass
        return found

    with jail.spawn() as worker:
        assert worker.has("display")
    before = processes(), len(os.listdir("/proc/self/fd"))
    for _ in range(30):
        with jail.spawn() as worker:
            assert worker.run_cell("import threading, time; threading.Timer(9, print).start()", "c", timeout=5).ok
    time.sleep(0.2)
    after = processes(), len(os.listdir("/proc/self/fd"))
    assert after[0] < before[0] + 15 and after[1] == before[1]


def test_killing_the_grader_leaves_nothing_running(jail):
    code = f"""
import sys, threading, time
from autograder.jail import Jail
jail = Jail({jail.level!r}, allow_none=True)
worker = jail.spawn()
for fd in (jail._zygote._pidfd, worker._fds["pidfd"]):
    print([line.split()[1] for line in open(f"/proc/self/fdinfo/{{fd}}") if line.startswith("Pid:")][0], flush=True)
threading.Thread(target=worker.run_cell, args=("while True: pass", "c"), kwargs={{"timeout": 99}}).start()
time.sleep(0.3)
print("running", flush=True)
"""
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    zygote, worker, _ = (grader.stdout.readline().strip() for _ in range(3))
    assert os.path.exists(f"/proc/{zygote}") and os.path.exists(f"/proc/{worker}")
    grader.kill()
    grader.communicate()
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in (zygote, worker)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
