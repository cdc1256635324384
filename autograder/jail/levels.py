"""Which level of isolation this machine has: found by attacking a worker of each level, not by features."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import seccomp
from .jail import StartFailed, Zygote
from .outcome import KILLED, KILLED_BY_SYSTEM, Limits, StudentError, WorkerDied
from .view import AUTOGRADER, View, view
from .worker import Worker

LEVELS = ("bubblewrap", "namespaces", "landlock", "none")

TRIES, MOST_KILLS = 2, 20  # at one level
_KILLED = (
    KILLED,
    KILLED_BY_SYSTEM,
    "(exit code -9)",
    "(exit code 137)",
    "the zygote has ended",
)  # by something outside
_PROBE_MEMORY = 1 << 30
_PROBE_SECONDS = 20.0
_failed: dict[str, str] = {}  # level -> reason, for this process
_passed: set[str] = set()


class JailUnavailable(RuntimeError):
    """No level (or not the wanted one) holds on this machine; the text says what is missing and the fix."""


_LEAK = "from within a worker one could"


@functools.cache
def shown(read_only: tuple[str, ...]) -> View:
    return view(read_only)


def open_zygote(level: str | None, files: View, *, allow_none: bool) -> Zygote:
    """A running zygote at `level`, or at the best level whose self-test passes."""
    if level is not None and level not in LEVELS:
        raise ValueError(f"level {level!r}: expected one of {', '.join(LEVELS)}")
    if level == "none" and not allow_none:
        raise JailUnavailable('level "none" is no isolation at all: it needs --unsafe-no-sandbox (allow_none=True)')
    reasons = []
    for candidate in (level,) if level else LEVELS:
        if candidate == "none" and not allow_none:
            continue
        zygote, reason = try_level(candidate, files)
        if zygote:
            return zygote
        reasons.append(f"  {candidate}: {reason}")
    raise JailUnavailable(
        "Student code cannot be isolated on this machine, so nothing is graded.\n"
        + "\n".join(reasons)
        + "\nTo grade code that you trust anyway: --unsafe-no-sandbox. `python -m autograder doctor` says more."
    )


def try_level(level: str, files: View) -> tuple[Zygote | None, str]:
    """A zygote at `level` that has passed the self-test, or None and why not, with the fix where one is known."""
    reason = _failed.get(level) or missing(level)
    if reason:
        return None, reason
    tries = kills = 0
    while tries < TRIES and kills < MOST_KILLS:
        zygote, reason = _try_once(level, files)
        if zygote:
            _passed.add(level)
            return zygote, ""
        if reason.startswith(_LEAK):
            break
        if any(sign in reason for sign in _KILLED):  # which says nothing about the machine
            kills += 1
        else:
            tries += 1
    _failed[level] = explain(level, reason)
    return None, _failed[level]


def _try_once(level: str, files: View) -> tuple[Zygote | None, str]:
    try:
        zygote = Zygote(level, files)
    except StartFailed as error:
        return None, str(error)
    try:
        reason = "" if level in _passed else self_test(zygote)
    except BaseException:
        zygote.close()
        raise
    if reason:
        zygote.close()
        return None, reason
    return zygote, ""


def missing(level: str) -> str:
    """What `level` lacks for certain, and the fix; empty if it is worth a try."""
    if not sys.platform.startswith("linux"):
        return f"it needs Linux, and this is {sys.platform}: use Linux, WSL 2 or a virtual machine"
    if not hasattr(os, "pidfd_open"):
        return "it needs Linux 5.3 or newer (pidfd)"
    if level == "none":
        return ""
    from .inside import linux

    if level == "bubblewrap" and not shutil.which("bwrap"):
        return "bubblewrap is not installed: apt-get install bubblewrap, dnf install bubblewrap, pacman -S bubblewrap"
    if not linux.landlock_version():
        return "the kernel offers no Landlock: Linux 5.13 or newer, with landlock in the boot parameter lsm="
    return seccomp.missing()


def explain(level: str, reason: str) -> str:
    """`reason`, with the fix for the causes we know."""
    switches = {
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
            "1",
            "AppArmor forbids user namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give "
            "bwrap an AppArmor profile with `userns`",
        ),
        "/proc/sys/kernel/unprivileged_userns_clone": (
            "0",
            "user namespaces are off: sudo sysctl kernel.unprivileged_userns_clone=1",
        ),
        "/proc/sys/user/max_user_namespaces": (
            "0",
            "user namespaces are off: sudo sysctl user.max_user_namespaces=15000",
        ),
    }
    fixes = []
    if level in ("bubblewrap", "namespaces"):
        for path, (bad, fix) in switches.items():
            try:
                if Path(path).read_text().strip() == bad:
                    fixes.append(fix)
            except OSError:
                pass
        if not fixes and ("not permitted" in reason or "denied" in reason):
            fixes.append(
                "namespaces are refused, as in a default container: run the container with more rights, or not at all"
            )
    if os.geteuid() == 0 and level == "landlock":
        blocked = first_private_folder()
        if blocked:
            fixes.append(
                f"the throw-away user cannot read the Python interpreter below {blocked}: install Python where "
                "everyone can read it, or do not run as root"
            )
    return "; ".join([reason, *fixes])


def first_private_folder() -> str:
    """The outermost folder above the interpreter that other users cannot enter; empty if there is none."""
    for start in (sys.prefix, sys.base_prefix):
        path = Path(start).resolve()
        for folder in (*reversed(path.parents), path):
            if not folder.stat().st_mode & 0o001:
                return str(folder)
    return ""


def self_test(zygote: Zygote) -> str:
    """Attacks from within a worker of `zygote`. Returns what went wrong, or an empty text."""
    try:
        with targets() as target, zygote.spawn(Limits(memory=_PROBE_MEMORY), _PROBE_SECONDS) as worker:
            return _judge(zygote.level, worker, target)
    except (StartFailed, WorkerDied, StudentError, OSError) as error:
        return str(error)


def _judge(level: str, worker: Worker, target: dict) -> str:
    outcome = worker.run_cell(Path(__file__).with_name("probe.py").read_text("utf-8"), "probe", timeout=_PROBE_SECONDS)
    if outcome.error:
        raise outcome.error
    if worker.call("honest", (), timeout=_PROBE_SECONDS) != 21.0:
        return "ordinary work gave a wrong result"
    if level == "none":
        return ""
    found = worker.call("attack", (target,), timeout=_PROBE_SECONDS)
    if type(found) is not dict or len(found) < 10:
        return "the probe did not answer"
    done = [name for name, text in found.items() if not str(text).startswith("denied: ")]
    # A file of that name in the worker's own folder does no harm: for writing, what arrived out here counts.
    written = [path for path in target["new_files"] if os.path.lexists(path)]
    done = [name for name in done if not name.startswith("write ")] + [f"write {path}" for path in written]
    for path in written:
        os.unlink(path)
    return f"{_LEAK} {', '.join(done)}" if done else ""


@contextmanager
def targets():
    """Things on this machine that a worker must not reach, as `probe.attack` wants them."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="unroll-canary-"))
        os.chmod(folder, 0o755)  # only the jail must keep the worker out, not this folder's mode
        canary = Path(folder, "canary")
        canary.write_text("a secret")
        canary.chmod(0o644)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        name = f"unroll-{os.getpid()}-{id(stack)}"
        abstract.bind("\0" + name)
        abstract.listen()
        repository = AUTOGRADER.parent
        files = [
            AUTOGRADER / "check.py",
            repository / "pyproject.toml",
            *sorted(repository.glob("solutions/*/*.ipynb")),
        ]
        yield {
            "pid": os.getpid(),
            "files": [str(path) for path in (canary, *files) if path.is_file()],
            "folder": folder,
            "new_files": [str(Path(folder, "new")), os.path.expanduser("~/.unroll-probe"), "/unroll-probe"],
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "abstract": name,
            "memory": _PROBE_MEMORY,
        }
