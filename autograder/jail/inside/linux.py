"""The system calls the jail needs and Python lacks, by ctypes. Each raises OSError with what was tried."""

from __future__ import annotations

import ctypes
import os
import struct

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECCOMP = 1, 4, 8, 22
PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 24, 36, 38

_SYS_MOUNT_SETATTR, _SYS_LANDLOCK_CREATE = 442, 444  # these numbers are the same on every architecture
_AT_FDCWD, _AT_RECURSIVE, _MNT_DETACH = -100, 0x8000, 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _must(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def prctl(option: int, value: int) -> None:
    _must(_libc.prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3), f"prctl {option}")


def set_dumpable(yes: bool) -> None:
    """A process that is not dumpable cannot be read or traced by others of the same user."""
    prctl(PR_SET_DUMPABLE, int(yes))


def unshare(flags: int) -> None:
    _must(_libc.unshare(flags), "unshare (namespaces)")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    result = _libc.mount(
        source.encode(),
        target.encode(),
        kind and kind.encode(),
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _must(result, f"mount {kind or source} on {target}")


def lock_mount(path: str, flags: int) -> None:
    """Adds MOUNT_ATTR_* `flags` to the mount at `path` and everything under it, in one step."""
    attributes = struct.pack("<QQQQ", flags, 0, 0, 0)
    result = _libc.syscall(
        _SYS_MOUNT_SETATTR,
        _AT_FDCWD,
        path.encode(),
        _AT_RECURSIVE,
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    _must(result, f"make {path} read-only")


def change_root(path: str) -> None:
    """pivot_root into `path` and let go of the old root."""
    os.chdir(path)
    _must(_libc.pivot_root(b".", b"."), "pivot_root")
    _must(_libc.umount2(b".", _MNT_DETACH), "let go of the old root")
    os.chdir("/")


def keep_only_capabilities(mask: int) -> None:
    """Empties the bounding set and leaves only `mask` in the permitted and effective sets."""
    for capability in range(64):
        _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), *[ctypes.c_ulong(0)] * 3)
    header = struct.pack("<II", 0x20080522, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    _must(_libc.capset(header, struct.pack("<IIIIII", low, low, 0, high, high, 0)), "drop capabilities")


def install_seccomp(program: bytes) -> None:
    """Applies a compiled BPF filter to this process. It can not be undone."""

    class Program(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    buffer = ctypes.create_string_buffer(program, len(program))
    argument = Program(len(program) // 8, ctypes.addressof(buffer))
    zero = ctypes.c_ulong(0)
    _must(_libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(argument), zero, zero), "seccomp filter")


def landlock_version() -> int:
    """The kernel's Landlock ABI, or 0 if there is none (kernel too old, or switched off at boot)."""
    return max(0, _libc.syscall(_SYS_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


# Landlock's file rights: bit 0 execute, 1 write, 2 read file, 3 read folder, 4-12 remove and make things,
# 13 refer, 14 truncate, 15 device ioctl.
_READ = 1 << 2 | 1 << 3
_FILE_RIGHTS = 1 << 1 | 1 << 2 | 1 << 14
_NEVER = 1 << 0 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12  # execute; devices, sockets, fifos, links


def restrict_files(readable: list[str], writable: list[str]) -> None:
    """Landlock: this process may only read below `readable`, and read and write below `writable`."""
    version = landlock_version()
    if not version:
        raise OSError("the kernel offers no Landlock")
    handled = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    net = 3 if version >= 4 else 0
    scope = 3 if version >= 6 else 0  # abstract unix sockets and signals stay within
    attributes = struct.pack("<QQQ", handled, net, scope)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _must(
        _libc.syscall(_SYS_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0),
        "Landlock ruleset",
    )
    try:
        for paths, rights in ((readable, _READ), (writable, handled & ~_NEVER)):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        _must(_libc.syscall(_SYS_LANDLOCK_CREATE + 2, ruleset, 0), "Landlock restrict")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return  # what is not there, or cannot be reached, needs no permission
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        _must(
            _libc.syscall(_SYS_LANDLOCK_CREATE + 1, ruleset, 1, struct.pack("=Qi", rights, fd), 0),
            f"Landlock {path}",
        )
    finally:
        os.close(fd)
