"""What ``python -m autograder doctor`` says: the level found, what each level lacks, the fix, the versions."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

_MEANING = {
    "bubblewrap": "bubblewrap around everything; namespaces, Landlock, seccomp and limits around each worker",
    "namespaces": "the same, built by the autograder itself",
    "landlock": "no namespaces, as in a container: Landlock, seccomp and limits; no writable folder",
    "none": "time and memory limits only: student code can read and change this user's files",
}
_SWITCHES = (
    "/proc/sys/kernel/unprivileged_userns_clone",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "/proc/sys/user/max_user_namespaces",
)


def report() -> str:
    """The whole report. Attacks a worker of every level, which takes a few seconds."""
    from . import levels

    files = levels.shown(())
    results = {}
    for level in levels.LEVELS:
        zygote, reason = levels.try_level(level, files)
        if zygote:
            if level in ("bubblewrap", "namespaces") and not zygote.nested:
                reason = "workers share one process namespace and have no writable folder"
            zygote.close()
        results[level] = (zygote is not None, reason)
    best = next((level for level, (works, _) in results.items() if works), "none")
    if best == "none":
        head = "No isolation on this machine. Grading refuses to start without --unsafe-no-sandbox."
    else:
        head = f"Student code is isolated by: {best}."
    lines = [head, "", "Levels, best first (each was attacked from within just now):"]
    for level, (works, reason) in results.items():
        state = "works" if works else "missing"
        if level == "none":
            state = "unsafe"
        lines.append(f"  {level:<11} {state:<8} {_MEANING[level]}")
        if reason:
            lines.append(f"  {'':<11} {'':<8} -> {reason}")
    return "\n".join([*lines, "", "Versions:", *(f"  {name:<20} {value}" for name, value in versions())])


def versions() -> list[tuple[str, str]]:
    found = [("Python", f"{platform.python_version()} at {sys.executable}"), ("system", platform.platform())]
    for package in ("numpy", "h5py", "matplotlib", "ipython", "pyseccomp"):
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            found.append((package, "missing"))
    if not sys.platform.startswith("linux"):
        return found
    from . import seccomp
    from .inside import linux

    found.append(("libseccomp", seccomp.version()))
    found.append(("bubblewrap", _bubblewrap()))
    found.append(("Landlock ABI", str(linux.landlock_version() or "missing")))
    found.append(("user", "root (workers run as a throw-away user)" if os.geteuid() == 0 else "ordinary"))
    for path in _SWITCHES:
        if os.path.exists(path):
            found.append((Path(path).name[:20], Path(path).read_text().strip()))
    return found


def _bubblewrap() -> str:
    program = shutil.which("bwrap")
    if not program:
        return "missing"
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
