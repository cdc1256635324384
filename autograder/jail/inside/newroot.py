"""The namespaces level's own file system: what bubblewrap would have built, built with mount and pivot_root."""

from __future__ import annotations

import os
import signal

from . import linux

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_READ_ONLY = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_RDONLY
_ALL = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS


def map_same_user(uid: int, gid: int) -> None:
    """In a new user namespace: this user and group are themselves, and nobody else exists."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def enter(view: dict) -> None:
    """Returns in a child that is pid 1 of new namespaces and sees only `view`; the caller's process waits for it.

    view: ``binds`` (list of [source, target]), ``links`` (list of [text, path]), ``hidden`` (list of paths),
    ``workdir`` (made empty, for workers to mount their own).
    An ordinary user gets a user namespace first, in which it may mount; root needs none.
    """
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        linux.unshare(_ALL)
    else:
        linux.unshare(_ALL | linux.CLONE_NEWUSER)
        map_same_user(uid, gid)
    child = os.fork()
    if child:
        os.closerange(3, 65536)  # above all the control socket: its last copy closing is what ends the zygote
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    _build(view)


def _build(view: dict) -> None:
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)  # nothing done here shows outside
    base = "/tmp" if os.path.isdir("/tmp") else "/mnt"
    sources = {path: os.open(path, os.O_PATH) for path in [source for source, _ in view["binds"]] + list(DEVICES)}
    linux.mount("tmpfs", base, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=0755,size=1m")
    for source, target in view["binds"]:
        # By file descriptor, since the tmpfs may just have covered the path (an environment under /tmp).
        _bind(sources[source], os.path.isdir(f"/proc/self/fd/{sources[source]}"), base + target)
        linux.lock_mount(base + target, linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV)
    for text, path in view["links"]:
        _parents(base + path)
        os.symlink(text, base + path)
    for path in DEVICES:
        _bind(sources[path], False, base + path)
    os.symlink("/proc/self/fd", base + "/dev/fd")
    for path in view["hidden"]:
        linux.mount("tmpfs", base + path, "tmpfs", _READ_ONLY, "size=4k")
    for path in (view["workdir"], "/proc"):
        os.makedirs(base + path, mode=0o755, exist_ok=True)
    mount_proc(base + "/proc")
    for fd in sources.values():
        os.close(fd)
    linux.change_root(base)
    linux.mount("none", "/", None, linux.MS_REMOUNT | linux.MS_BIND | _READ_ONLY)


def _bind(fd: int, is_folder: bool, target: str) -> None:
    _parents(target)
    if is_folder:
        os.makedirs(target, mode=0o755, exist_ok=True)
    elif not os.path.exists(target):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o444))
    linux.mount(f"/proc/self/fd/{fd}", target, None, linux.MS_BIND | linux.MS_REC)


def _parents(path: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)


def mount_proc(path: str) -> None:
    """A /proc of this pid namespace only; where a container forbids that, an empty folder in its place."""
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    try:
        linux.mount("proc", path, "proc", flags)
    except OSError:
        linux.mount("tmpfs", path, "tmpfs", flags | linux.MS_RDONLY, "size=4k,nr_inodes=2")
