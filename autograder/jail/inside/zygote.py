"""The zygote: imports everything once, then forks a confined worker for each submission.

It is trusted code that runs no student code, and it knows nothing but paths and limits. It talks to the grader over
one SOCK_SEQPACKET socket: a first message with its configuration (JSON), then one message per worker with the limits
(JSON) and five file descriptors. It ends when the grader closes that socket.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import tempfile
import time
from typing import Any

from . import confine, linux, newroot

STATUS = struct.Struct("<id")  # wait status, processor seconds
MAX_MESSAGE = 1 << 20

# The first are needed; a student may want the others, which may be missing. What is not imported here, every worker
# that needs it imports for itself; NumPy leaves out its `random` until somebody asks for it.
_NEEDED = ("numpy", "numpy.random", "h5py", "matplotlib.pyplot", "IPython.core.inputtransformer2")
_WELCOME = ("json", "random", "dataclasses", "typing", "unroll")


def main(control_fd: int) -> None:
    """Never returns."""
    control = socket.socket(fileno=control_fd)
    try:
        config = json.loads(control.recv(MAX_MESSAGE))
        preload(config["sys_path"])
        if config["root"]:
            newroot.enter(config["root"])
        drop_user(config["uid"], config["plan"]["capabilities"])
        os.umask(0o077)
        os.environ.update(config["environment"])
        tempfile.tempdir = None  # chosen anew, in the worker's own folder
        linux.set_dumpable(False)
        nested = config["plan"]["namespaces"] and can_nest()
        config["plan"]["namespaces"] = nested
        config["plan"]["program"] = config["programs"]["alone" if nested else "shared"]
        tasks = confine.user_tasks()
    except BaseException as error:
        control.send(f"{type(error).__name__}: {error}"[:2000].encode())
        os._exit(1)
    gc.collect()
    gc.freeze()  # so that a worker's garbage collector does not copy the zygote's pages
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # middle processes are not waited for
    message = json.dumps({"nested": nested}).encode()
    socket.send_fds(control, [b"ready " + message], [os.pidfd_open(os.getpid())])
    serve(control, config["plan"], tasks)


def preload(paths: list[str]) -> None:
    sys.path[:] = [path for path in sys.path if path != os.environ.get("PYTHONPATH")]
    sys.path += [path for path in paths if path not in sys.path]
    os.environ.pop("PYTHONPATH", None)
    for name in _NEEDED:
        importlib.import_module(name)
    for name in (*_WELCOME, *_helpers()):
        try:
            importlib.import_module(name)
        except Exception:  # also a broken one: a student who imports it sees the reason in his own cell
            pass
    from . import student, worker  # noqa: F401  - now, since this folder may be out of sight later


def _helpers() -> list[str]:
    """The modules of `unroll`, if it is there."""
    found = importlib.util.find_spec("unroll")
    places = found.submodule_search_locations if found else None
    return [module.name for module in pkgutil.iter_modules(places, "unroll.")] if places else []


def drop_user(uid: int | None, capabilities: int) -> None:
    """Root becomes the throw-away user `uid`; `capabilities` (normally none) are kept across the change."""
    if uid is None:
        return
    if capabilities:
        linux.prctl(linux.PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if capabilities:
        linux.keep_only_capabilities(capabilities)


def can_nest() -> bool:
    """May an unprivileged process here make namespaces and mount in them? Tried in a child, for real."""
    child = os.fork()
    if child == 0:
        try:
            linux.set_dumpable(True)
            confine.new_namespaces()
            linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def serve(control: socket.socket, plan: dict, tasks: int) -> None:
    while True:
        message, fds, _, _ = socket.recv_fds(control, MAX_MESSAGE, 8)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            try:
                _middle(control, plan, json.loads(message), tasks, fds)
            except BaseException as error:
                control.send(f"{type(error).__name__}: {error}"[:2000].encode())
            finally:
                os._exit(0)
        for fd in fds:
            os.close(fd)


def _middle(control: socket.socket, plan: dict, limits: dict, tasks: int, fds: list[int]) -> None:
    """Between zygote and worker: makes the namespaces, then waits to report how the worker ended.

    It also kills the worker when the grader is gone, which closing the status pipe shows.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if plan["namespaces"]:
        linux.set_dumpable(True)  # for the moment in which it writes its own uid_map
        confine.new_namespaces()
    worker = os.fork()
    if worker == 0:
        control.close()
        _worker(plan, limits, tasks, fds[:4])
    if not plan["landlock"]:
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)  # unsafe level: the worker can fork, see _end_children
    *others, status = fds
    for fd in others:
        os.close(fd)
    linux.set_dumpable(False)
    pidfd = os.pidfd_open(worker)
    socket.send_fds(control, [b"ok"], [pidfd])
    control.close()
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    poll.register(status, 0)  # errors are always reported
    if all(fd != pidfd for fd, _ in poll.poll()):
        os.kill(worker, signal.SIGKILL)
    _, code, usage = os.wait4(worker, 0)
    if not plan["landlock"]:
        _end_children(time.monotonic() + 2)
    os.write(status, STATUS.pack(code, usage.ru_utime + usage.ru_stime))


def _end_children(deadline: float) -> None:
    """Kills what a worker left behind where no pid namespace does it; orphans became children of this process."""
    while time.monotonic() < deadline:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = file.read().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _worker(plan: dict, limits: dict, tasks: int, fds: list[int]) -> None:
    """Becomes the worker. Its only descriptors: 0 /dev/null, 1 and 2 output, 3 requests, 4 replies."""
    import numpy.random

    from . import student, wire, worker

    try:
        request, reply, out, err = (os.dup(fd) for fd in fds)
        null = os.open("/dev/null", os.O_RDONLY)
        high = [_move_up(fd) for fd in (null, out, err, request, reply)]
        for target, fd in enumerate(high):
            os.dup2(fd, target)
        os.closerange(5, 65536)
        confine.confine(plan, limits, tasks)
        hello = wire.message(bytes(16), "ready")
    except BaseException as error:
        hello = wire.message(bytes(16), f"{type(error).__name__}: {error}"[:2000])
    os.write(worker.REPLY, hello)
    try:
        options: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "closefd": False}
        sys.stdin = open(0, closefd=False)
        sys.stdout = sys.__stdout__ = open(1, "w", buffering=1, **options)  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = open(2, "w", buffering=1, **options)  # type: ignore[misc]
        numpy.random.seed()  # else all workers would draw the same numbers where no seed is given
        transformer = importlib.import_module("IPython.core.inputtransformer2").TransformerManager()
        worker.serve(student.Cells(transformer.transform_cell))
    finally:
        os._exit(70)


def _move_up(fd: int) -> int:
    """A copy of `fd` out of the way of the numbers 0 to 4."""
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD, 100)
