"""A Jail: one zygote process at one level of isolation, and workers forked from it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from autograder import environment

from . import seccomp
from .outcome import Limits, WorkerDied
from .view import INSIDE, JAIL, View, bubblewrap_arguments, mounts
from .worker import Worker, readable

START_SECONDS = 60.0  # a cold disk may take long to import NumPy and Matplotlib
SPAWN_SECONDS = 20.0
_CAP_DAC_READ_SEARCH = 1 << 2


class StartFailed(RuntimeError):
    """A zygote or worker could not be started at this level; the text says why."""


class Zygote:
    """The process that forks workers. `nested` tells whether each worker has namespaces of its own."""

    def __init__(self, level: str, shown: View):
        self.level = level
        self._scratch = None if level == "bubblewrap" else tempfile.mkdtemp(prefix="unroll-jail-")
        self._log = tempfile.TemporaryFile()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pidfd = -1
        self._process: subprocess.Popen[bytes] | None = None
        # Other programs of this user must not read this process's memory, which holds expected values.
        _hide_memory()
        try:
            with theirs:
                config = self._config(shown)
                # Started from this thread it must outlive it: its end is tied to the socket, not to a parent's death.
                self._process = subprocess.Popen(
                    self._command(shown, theirs.fileno()),
                    env=self._environment(shown),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._log,
                    start_new_session=True,  # a Ctrl-C in the terminal is for the grader
                    cwd="/",
                )
            self._control.send(json.dumps(config).encode())
            self.nested = self._wait_ready()
        except OSError as error:
            reason = self._last_words() if self._process else str(error)
            self.close()
            raise StartFailed(reason) from None
        except BaseException:
            self.close()
            raise

    def _environment(self, shown: View) -> dict[str, str]:
        """The whole environment of the zygote and so of the workers: nothing is inherited."""
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": JAIL if self.level == "bubblewrap" else str(INSIDE.parent),
            "PYTHONHASHSEED": "0",  # the same submission gives the same result
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": self._scratch or shown.workdir,
            "UNROLL_GRADING": "1",
            "HDF5_USE_FILE_LOCKING": "FALSE",  # locks are forbidden, see `seccomp`
            **environment.VARIABLES,
        }

    def _command(self, shown: View, fd: int) -> list[str]:
        # -s -P: neither the user's packages nor the current folder get onto the path by themselves.
        command = [shown.python, "-s", "-P", "-B", "-m", "inside", str(fd)]
        if self.level != "bubblewrap":
            return command
        environment = self._environment(shown)
        return [*bubblewrap_arguments(shown, environment, root=os.geteuid() == 0), "--", *command]

    def _config(self, shown: View) -> dict:
        isolated = self.level != "none"
        uid = _throwaway_user() if os.geteuid() == 0 else None
        workdir = {"landlock": "/", "none": self._scratch}.get(self.level, shown.workdir)
        capabilities = 0
        if self.level == "none" and self._scratch and uid is not None:
            # Nothing is secret at this level. Reading everything keeps an interpreter under /root usable by a
            # throw-away user, who can still not write or kill what is root's.
            capabilities = _CAP_DAC_READ_SEARCH
            os.chown(self._scratch, uid, uid)
        return {
            "sys_path": list(shown.sys_path),
            "uid": uid,
            "environment": {name: workdir for name in ("HOME", "TMPDIR", "MPLCONFIGDIR")},
            "root": mounts(shown) if self.level == "namespaces" else None,
            "programs": {
                name: seccomp.program(name == "alone").hex() if isolated else "" for name in ("alone", "shared")
            },
            "plan": {
                "namespaces": self.level in ("bubblewrap", "namespaces"),
                "landlock": isolated,
                "readable": shown.readable() if isolated else [],
                "capabilities": capabilities,
                "workdir": workdir,
            },
        }

    def _wait_ready(self) -> bool:
        message, fds = self._receive(START_SECONDS)
        if not message.startswith(b"ready ") or len(fds) != 1:
            raise StartFailed(message.decode("utf-8", "replace") or self._last_words())
        self._pidfd = fds[0]
        if self._scratch and self.level != "none":
            shutil.rmtree(self._scratch, ignore_errors=True)  # it was for Matplotlib's first import
        return json.loads(message[len(b"ready ") :])["nested"]

    def _receive(self, seconds: float) -> tuple[bytes, list[int]]:
        if not readable(self._control.fileno(), seconds):
            raise StartFailed(f"no answer within {seconds:.0f} seconds")
        message, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 4)
        return message, fds

    def _last_words(self) -> str:
        assert self._process is not None  # asked only of one that was started
        try:
            code = str(self._process.wait(5))
        except subprocess.TimeoutExpired:
            code = "none yet"
        self._log.seek(0)
        lines = self._log.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
        return f"{lines[-1] if lines else 'it ended without a word'} (exit code {code})"

    def spawn(self, limits: Limits, cells_seconds: float) -> Worker:
        """A confined worker, ready for its first cell. StartFailed if it could not be confined."""
        pipes = {name: os.pipe() for name in ("request", "reply", "out", "err", "status")}
        # In the order that inside.zygote unpacks them.
        theirs = [pipes["request"][0], *(pipes[name][1] for name in ("reply", "out", "err", "status"))]
        fds = {name: pipe[1 if name == "request" else 0] for name, pipe in pipes.items()}
        try:
            socket.send_fds(self._control, [json.dumps(dataclasses.asdict(limits)).encode()], theirs)
            message, received = self._receive(SPAWN_SECONDS)
            if message != b"ok" or len(received) != 1:
                raise StartFailed(message.decode("utf-8", "replace") or "the zygote has ended")
        except BaseException:
            for fd in fds.values():
                os.close(fd)
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        for name in ("request", "reply"):
            _widen(fds[name])
        worker = Worker({**fds, "pidfd": received[0]}, limits, cells_seconds)
        try:
            greeting = worker.wait_ready(SPAWN_SECONDS)
        except WorkerDied as error:
            greeting = error.message
        if greeting != "ready":
            worker.close()
            raise StartFailed(f"a worker could not be confined: {greeting}")
        return worker

    def close(self, *, kill: bool = True) -> None:
        """Ends the zygote. Without `kill` only this process's copies of its descriptors are closed."""
        self._control.close()
        if kill and self._pidfd >= 0:
            try:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        if kill and self._process:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if kill and self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._log.close()


class Jail:
    """Spawns workers at one level of isolation. A context manager; use one per process.

    level: one of LEVELS, or None for the best one whose active self-test passes on this machine. A level that is
        asked for by name is tested as well. JailUnavailable if there is none; "none" only with `allow_none`.
    read_only: more files or folders a worker may read, for example the data set.
    cells_seconds: bound on the time that all cells of one worker take together; calls have their own time limits.

    The grader's process is made non-dumpable here and stays so: other processes of the same user can no longer read
    its memory, and debuggers can no longer attach to it.
    """

    def __init__(
        self,
        level: str | None = None,
        *,
        allow_none: bool = False,
        read_only: tuple[str | os.PathLike, ...] = (),
        cells_seconds: float = 120.0,
    ):
        from . import levels  # it needs Zygote

        self._lock = threading.Lock()
        self._cells_seconds = cells_seconds
        self._shown = levels.shown(tuple(os.fspath(path) for path in read_only))
        self._zygote: Zygote | None = levels.open_zygote(level, self._shown, allow_none=allow_none)
        self._owner = os.getpid()
        self.level = self._zygote.level

    @property
    def note(self) -> str:
        """What a TA should know about this level on this machine; empty if all is as it should be."""
        if self.level in ("bubblewrap", "namespaces") and not self._open().nested:
            return "workers share one process namespace and have no writable folder: namespaces cannot be nested here"
        return "NO ISOLATION: student code can read and change this user's files" if self.level == "none" else ""

    def spawn(self, limits: Limits | None = None) -> Worker:
        """A fresh worker. If the zygote has died it is restarted once; StartFailed if that does not help."""
        limits = limits or Limits()
        with self._lock:
            zygote = self._open()
            if self._owner != os.getpid():  # forked: the zygote belongs to the parent, whose socket is not shared
                zygote.close(kill=False)
                self._zygote = zygote = Zygote(self.level, self._shown)
                self._owner = os.getpid()
            try:
                return zygote.spawn(limits, self._cells_seconds)
            except (StartFailed, OSError):
                zygote.close()
                self._zygote = Zygote(self.level, self._shown)
                return self._zygote.spawn(limits, self._cells_seconds)

    def _open(self) -> Zygote:
        if self._zygote is None:
            raise ValueError("this Jail is closed")
        return self._zygote

    def close(self) -> None:
        """Ends the zygote; workers still alive end as they are closed or dropped. Harmless when repeated."""
        with self._lock:
            if self._zygote:
                self._zygote.close(kill=self._owner == os.getpid())
            self._zygote = None

    def __enter__(self) -> Jail:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _throwaway_user() -> int:
    """A user id that nobody has, within the range that containers map; parallel graders get different ones."""
    import pwd

    for offset in range(4000):
        uid = 61000 + (os.getpid() + offset) % 4000
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid
    raise StartFailed("no unused user id between 61000 and 64999")


def _hide_memory() -> None:
    if sys.platform.startswith("linux"):
        from .inside import linux

        linux.set_dumpable(False)


def _widen(fd: int) -> None:
    """Room for a whole message of ordinary size, so that it crosses in one go. Only a matter of speed."""
    import fcntl

    try:
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 1 << 20)
    except OSError:
        pass
