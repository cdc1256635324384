"""What a worker gives up before it runs a student's first line. The order matters: each step needs the ones before.

`plan` is a dict made by the grader (`autograder.jail.view`), the same for every worker of a zygote:
    namespaces  six new namespaces and a private workdir for each worker (else: no writable folder at all)
    landlock    restrict files to `readable`
    program     the compiled seccomp filter, in hex; empty for none
    readable    paths the worker may read
    capabilities  bit mask it keeps (0, but for the unsafe level; see `zygote.drop_user`)
    workdir     where it stands
`limits` holds the fields of `autograder.jail.Limits`.
"""

from __future__ import annotations

import os
import resource

from . import linux
from .newroot import map_same_user, mount_proc

_WORKER_NAMESPACES = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)


def new_namespaces() -> None:
    """For the process whose next child is the worker; that child will be pid 1 of its own world."""
    uid, gid = os.getuid(), os.getgid()
    linux.unshare(_WORKER_NAMESPACES)
    map_same_user(uid, gid)


def confine(plan: dict, limits: dict, tasks: int) -> None:
    """Locks this process in for good. `tasks` is how many tasks its user already has (see `user_tasks`)."""
    readable, writable = list(plan["readable"]), ["/dev/null"]
    if plan["namespaces"]:
        flags = linux.MS_NOSUID | linux.MS_NODEV
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        mount_proc("/proc")
        options = f"mode=0700,size={limits['tmp']},nr_inodes=2048"
        linux.mount("tmpfs", plan["workdir"], "tmpfs", flags | linux.MS_NOEXEC, options)
        readable.append("/proc")
        writable.append(plan["workdir"])
    os.chdir(plan["workdir"])
    _limit(plan, limits, tasks)
    linux.set_dumpable(plan["namespaces"])  # alone in its namespace it may read its own /proc; elsewhere not
    linux.keep_only_capabilities(plan["capabilities"])
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if plan["landlock"]:
        linux.restrict_files(readable, writable)
    if plan["program"]:
        linux.install_seccomp(bytes.fromhex(plan["program"]))


def _limit(plan: dict, limits: dict, tasks: int) -> None:
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_FSIZE, limits["tmp"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        # Counted per user and user namespace: outside a namespace of its own, everything the user runs counts.
        (resource.RLIMIT_NPROC, limits["tasks"] + (0 if plan["namespaces"] else tasks)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def user_tasks() -> int:
    """How many tasks (threads included) the current user runs now."""
    uid, total = os.getuid(), 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:
                total += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue  # it ended meanwhile
    return total
