"""Clusters for tests: real processes on this machine."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from distributed import Client

from autograder.classroom import grading
from autograder.problem_set import ROOT


class Cluster:
    """A scheduler on a free port, and its workers, each the leader of a group of processes."""

    def __init__(self, folder, *more_options, **environment):
        """more_options, environment: the scheduler's; the environment is the workers' too."""
        self.folder, self.environment, self.processes = folder, environment, []
        file = folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--idle-timeout", "600")
        options = (*options, *more_options, "--scheduler-file", str(file))
        self.scheduler = self._start("no code", "scheduler", *options)
        wait_for(lambda: file.exists() and file.read_text().strip().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def _start(self, fault, *command, **environment):
        environment = os.environ | self.environment | environment
        environment |= {"UNROLL_TEST_FAULT": fault, "UNROLL_TEST_FOLDER": str(self.folder)}
        environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "1"
        environment.pop(grading.UNSAFE_VARIABLE, None)
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--preload", str(ROOT / "tests" / "cluster_preload.py")],
            env=environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def start_worker(self, fault="", **environment):
        options = ("--nthreads", "1", "--no-dashboard", "--death-timeout", "60", "--local-directory", str(self.folder))
        return self._start(fault, "worker", self.address, *options, **environment)

    @contextlib.contextmanager
    def worker(self, fault="", **environment):
        """One more worker; its address."""
        with Client(self.address, set_as_default=False) as client:
            before = set(client.processing())
            process = self.start_worker(fault, **environment)
            wait_for(lambda: len(client.processing()) > len(before))
            (address,) = set(client.processing()) - before
            yield address
            kill(process)
            wait_for(lambda: address not in client.processing())

    def logs(self):
        return b"".join(path.read_bytes() for path in self.folder.glob("*.log"))

    def close(self):
        for process in self.processes:
            kill(process)


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


class Running:
    """A function at work in a thread."""

    def __init__(self, function):
        self.text, self.outcome = "", None
        self.thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self.thread.start()

    def _run(self, function):
        try:
            self.outcome = function()
        except Exception as error:
            self.outcome = error

    def said(self, capsys):
        self.text += capsys.readouterr().err
        return self.text

    def end(self):
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.outcome


@contextlib.contextmanager
def recorded(address):
    """An address that leads to `address`, and all that passes there, in both directions."""
    protocol, place = address.split("://")
    host, port = place.split(":")
    traffic, server = [], socket.create_server(("127.0.0.1", 0))

    def passing(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                traffic.append(data)
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                here, there = server.accept()[0], socket.create_connection((host, int(port)))
                for ends in ((here, there), (there, here)):
                    threading.Thread(target=passing, args=ends, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"{protocol}://127.0.0.1:{server.getsockname()[1]}", traffic
    server.close()


def other_code(folder):
    """The repository with a comment more."""
    for part in ("autograder", "unroll", "solutions"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "autograder" / "check.py").open("a") as file:
        file.write("# changed\n")
    return str(folder)
