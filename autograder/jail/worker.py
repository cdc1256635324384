"""The grader's end of one worker: requests, time limits, output, and the reasons a worker died."""

from __future__ import annotations

import math
import os
import re
import secrets
import select
import signal
import struct
import time
from typing import Any, NoReturn

from .clock import ProcessorClock
from .inside import wire
from .inside.values import Handle
from .outcome import KILLED, CellOutcome, Limits, Line, StudentError, WorkerDied, explain_end

_STATUS = struct.Struct("<id")  # as the middle process writes it: wait status, processor seconds
_CHUNK = 1 << 20
_ADDRESS = re.compile(" at 0x[0-9a-f]+")
_DYING = 1.0  # seconds from the end of a killed process's pipes to its own, at most
_PATIENCE = 8  # on a busy machine a request may take so many times its time


class Worker:
    """One submission's process. A context manager; `close` kills it. Not for use by two threads at once.

    Every request may raise StudentError (the student's code raised; the worker lives on) or WorkerDied (it is gone,
    and every later request says so again). Arguments are encoded first: TypeError or wire.TooLarge if they are not
    plain data or too much, which is the caller's mistake, and the worker is not disturbed.
    """

    def __init__(self, fds: dict[str, int], limits: Limits, cells_seconds: float):
        """fds: pidfd, request (write end), reply, out, err, status (read ends); owned from here on."""
        self._fds = fds
        self._limits = limits
        self._cells_left = cells_seconds
        self._printed = {"out": bytearray(), "err": bytearray()}
        self._printed_bytes = 0
        self._in_cell = False
        self._died: tuple[str, str] | None = None
        self._owner = os.getpid()
        self._clock = ProcessorClock(fds["pidfd"])
        self.end = math.inf  # on the monotonic clock: after it no time limit is put off
        self.waited = 0.0  # seconds that its requests took beyond its own processor time, at most 7 in 8 of them
        for name in ("request", "reply", "out", "err"):
            os.set_blocking(fds[name], False)

    @property
    def death(self) -> str:
        """The kind of the WorkerDied that ended it; empty while it lives."""
        return self._died[0] if self._died else ""

    def wait_ready(self, timeout: float) -> str:
        """Reads the worker's greeting: "ready", or why it could not be confined. No student code has run yet."""
        return str(self._reply(bytes(16), b"", timeout, self._clock.seconds()))

    def run_cell(self, source: str, name: str, *, timeout: float) -> CellOutcome:
        """Runs `source` in the student's namespace; errors will call the cell `name`.

        All cells of one worker together get at most the jail's `cells_seconds`; past them WorkerDied("timeout").
        """
        if self._cells_left <= 0 and not self._died:
            self._die("timeout", "Its cells together took more time than a submission has.")
        seconds = min(timeout, self._cells_left)
        if len(source) > wire.MAX_TEXT // 4:
            return CellOutcome(False, "", StudentError("TooLarge", f"a cell of {len(source)} characters"))
        started = time.monotonic()
        error = None
        try:
            self._request(seconds, "cell", source, name)
        except StudentError as raised:
            error = raised
        finally:
            self._cells_left -= time.monotonic() - started
        out, err = self._texts()
        return CellOutcome(error is None, out, error, err)

    def has(self, name: str, *, timeout: float = 10.0) -> bool:
        """Is `name` defined in the student's namespace?"""
        return self._request(timeout, "has", name) is True

    def call(
        self,
        function: str,
        args: tuple,
        kwargs: dict[str, Any] | None = None,
        *,
        keep: tuple[int, ...] = (),
        keep_whole: bool = False,
        timeout: float,
    ) -> Any:
        """Calls a function (or class) of the student's by name; an undefined name is a StudentError "Undefined".

        A returned tuple or list stays one; its items whose index is in `keep` stay in the worker and come back as
        Handle. With `keep_whole` all that is returned becomes one Handle, e.g. a constructed object. What is not
        plain data comes back as Unsupported. Handle and Rng may stand anywhere in the arguments, also inside lists.
        """
        what = keep_whole or tuple(keep)
        return self._request(timeout, "call", function, tuple(args), dict(kwargs or {}), what)

    def call_method(
        self,
        handle: Handle,
        name: str,
        args: tuple,
        kwargs: dict[str, Any] | None = None,
        *,
        keep: tuple[int, ...] = (),
        keep_whole: bool = False,
        timeout: float,
    ) -> Any:
        """Like `call`, for a method of a kept object."""
        what = keep_whole or tuple(keep)
        return self._request(timeout, "method", handle.id, name, tuple(args), dict(kwargs or {}), what)

    def get_attribute(self, handle: Handle, name: str, *, keep_whole: bool = False, timeout: float = 10.0) -> Any:
        return self._request(timeout, "get", handle.id, name, keep_whole)

    def set_attribute(self, handle: Handle, name: str, value: Any, *, timeout: float = 10.0) -> None:
        self._request(timeout, "set", handle.id, name, value)

    def recorder(self, *, timeout: float) -> Handle:
        """Makes an `unroll.calling.Recorder` there, to be passed to the student's code as an argument."""
        return self._request(timeout, "recorder")

    def forget(self, *handles: Handle, timeout: float = 10.0) -> None:
        """Lets go of kept objects, to free the worker's memory."""
        self._request(timeout, "forget", [handle.id for handle in handles])

    def stand_in(self, script: dict[str, list], parameters: dict[str, list], *, timeout: float) -> None:
        """Puts stand-ins in the place of functions until the next call of this; see `inside.stand_in`."""
        self._request(timeout, "stand_in", script, parameters)

    def noted(self, *, timeout: float) -> Any:
        """What the stand-ins say they were called with; like any reply it may be forged."""
        return self._request(timeout, "noted")

    def close(self) -> None:
        """Kills the worker. Harmless when repeated."""
        self._end("exited", "the worker was closed")

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:
            pass  # interpreter shutdown

    def _request(self, timeout: float, operation: str, *arguments: Any) -> Any:
        """The answer to one of the operations of `inside.worker`."""
        if self._died:
            raise WorkerDied(*self._died)
        nonce = secrets.token_bytes(16)
        message = wire.message(nonce, (operation, *arguments))
        self._in_cell = operation == "cell"
        for printed in self._printed.values():
            printed.clear()
        if readable(self._fds["reply"], 0):
            self._check_alive(wait=_DYING)
            self._die("protocol", "The code wrote to the grader's channel without being asked.")
        started, used = time.monotonic(), self._clock.seconds()
        reply = self._reply(nonce, message, timeout, used)
        took = time.monotonic() - started
        self.waited += max(0.0, min(took - (self._clock.seconds() - used), took * (1 - 1 / _PATIENCE)))
        if type(reply) is tuple and len(reply) == 2 and reply[0] == "value":
            return reply[1]
        raise self._student_error(reply)

    def _student_error(self, reply: Any) -> StudentError:
        """The StudentError a reply describes; whatever is not exactly one is forged."""
        match reply:
            case ("error", str(kind), str(message), list(lines), list(arrays)) if len(lines) + len(arrays) <= 32:
                if all(_is_tuple_of(line, str, int, str, str) for line in lines) and all(map(_is_shape, arrays)):
                    found = tuple(Line(c[:300], max(0, min(n, 10**6)), s[:300], f[:300]) for c, n, s, f in lines)
                    # Where an object lies in memory differs from run to run.
                    return StudentError(kind[:300], _ADDRESS.sub("", message[:2000]), found, dict(arrays))
        self._die("protocol", "The code answered with something that is not a reply.")

    def _reply(self, nonce: bytes, outgoing: bytes, timeout: float, used: float) -> Any:
        """Sends `outgoing` and reads one reply, emptying the output pipes all the while so that neither side blocks.

        used: processor seconds that the worker has had before.
        """
        started = time.monotonic()
        deadline = started + timeout
        fds = self._fds
        pending = self._send(memoryview(outgoing)) if outgoing else memoryview(b"")
        incoming = bytearray()
        need = wire.HEADER.size
        poll = select.poll()
        for name in ("reply", "out", "err", "pidfd"):
            poll.register(fds[name], select.POLLIN)
        if pending:
            poll.register(fds["request"], select.POLLOUT)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                owed = timeout - (self._clock.seconds() - used)
                latest = min(started + _PATIENCE * timeout, self.end)
                if owed < 0.01 or not self._clock.is_running() or time.monotonic() > latest:
                    self._die("timeout", f"It was stopped after {timeout:.3g} seconds.")
                deadline = time.monotonic() + owed  # the machine is busy: it has not had its time yet
                continue
            ready = {fd for fd, _ in poll.poll(min(left, 3600) * 1000 + 1)}
            if fds["request"] in ready and pending:
                pending = self._send(pending)
                if not pending:
                    poll.unregister(fds["request"])
            for stream in ("out", "err"):
                if fds[stream] in ready and not self._drain(stream):
                    poll.unregister(fds[stream])
            if fds["reply"] in ready:
                # Never more than this reply needs: what follows it is unsolicited and found by the next request.
                incoming += self._read_reply(need - len(incoming))
                if len(incoming) == need == wire.HEADER.size:
                    need += self._body_size(bytes(incoming), nonce)
                    incoming += self._read_reply(need - len(incoming))
                if len(incoming) == need > wire.HEADER.size:
                    return self._finish(incoming)
            elif fds["pidfd"] in ready:
                self._check_alive(certainly_dead=True)

    def _finish(self, incoming: bytearray) -> Any:
        for stream in ("out", "err"):  # it flushed before it replied
            self._drain(stream)
        try:
            return wire.decode(memoryview(incoming)[wire.HEADER.size :])
        except wire.Malformed as error:
            self._die("protocol", f"The code answered with something that is not a reply ({error}).")

    def _body_size(self, header: bytes, nonce: bytes) -> int:
        claimed, size = wire.HEADER.unpack(header)
        if claimed != nonce:
            self._die("protocol", "The code wrote to the grader's channel without being asked.")
        if not 0 < size <= wire.MAX_BODY:
            self._die("protocol", f"The code announced a reply of {size} bytes, more than can be graded.")
        return size

    def _send(self, pending: memoryview) -> memoryview:
        try:
            return pending[os.write(self._fds["request"], pending[:_CHUNK]) :]
        except BlockingIOError:
            return pending
        except BrokenPipeError:
            self._check_alive(wait=_DYING)
            self._die("protocol", "The code closed the grader's channel.")

    def _read_reply(self, count: int) -> bytes:
        try:
            data = os.read(self._fds["reply"], min(count, _CHUNK))
        except BlockingIOError:
            return b""
        if not data:
            self._check_alive(wait=_DYING)
            self._die("protocol", "The code closed the grader's channel.")
        return data

    def _drain(self, stream: str) -> bool:
        """Reads what was printed; keeps the first `kept` bytes. False at the end of the stream.

        At most a few chunks: a thread that prints forever must not hold the grader here.
        """
        for _ in range(4):
            try:
                data = os.read(self._fds[stream], _CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            kept = self._printed[stream]
            kept += data[: max(0, self._limits.kept - len(kept))]
            self._printed_bytes += len(data)
            if self._printed_bytes > self._limits.output:
                self._die("output", f"It printed more than {self._limits.output >> 20} MB.")
        return True

    def _texts(self) -> tuple[str, str]:
        out, err = (self._printed[stream].decode("utf-8", "replace") for stream in ("out", "err"))
        return out, err

    def _check_alive(self, certainly_dead: bool = False, wait: float = 0) -> None:
        """Raises WorkerDied with how it ended, if it has ended; waits for that at most `wait` seconds."""
        if not certainly_dead and not readable(self._fds["pidfd"], wait):
            return
        for stream in ("out", "err"):
            self._drain(stream)
        self._die("exited", "It ended its own process.", by_itself=True)

    def _die(self, kind: str, message: str, *, by_itself: bool = False) -> NoReturn:
        status = self._end(kind, message)
        if by_itself:
            kind, message = explain_end(*status, self._limits) if status else ("killed", KILLED)
            self._died = (kind, message)
        printed = self._texts() if self._in_cell else ()
        raise WorkerDied(kind, message, *printed)

    def _end(self, kind: str, message: str) -> tuple[int, float] | None:
        """Kills what is left and closes everything. Returns how it ended, if the middle process could tell."""
        if self._died:
            return None
        self._died = (kind, message)
        status = None
        if self._owner == os.getpid():  # else a forked copy of this object: the worker is the parent's
            try:
                signal.pidfd_send_signal(self._fds["pidfd"], signal.SIGKILL)
            except ProcessLookupError:
                pass  # it is dead already
            if readable(self._fds["status"], 5):
                data = os.read(self._fds["status"], _STATUS.size)
                status = _STATUS.unpack(data) if len(data) == _STATUS.size else None
        for fd in self._fds.values():
            os.close(fd)
        self._clock.close()
        return status


def _is_tuple_of(value: Any, *types: type) -> bool:
    return type(value) is tuple and tuple(map(type, value)) == types


def _is_shape(value: Any) -> bool:
    """Whether it is a short name with the shape of an array."""
    if not _is_tuple_of(value, str, tuple) or len(value[0]) > 60 or len(value[1]) > 32:
        return False
    return all(type(n) is int and 0 <= n < 2**48 for n in value[1])


def readable(fd: int, seconds: float) -> bool:
    """Is there something to read, or the end, within `seconds`? Unlike select, this works for any number of files."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
