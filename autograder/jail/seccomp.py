"""The system calls a worker may make: an allow-list, compiled once per grader process and handed to the zygote.

Compiling here and not in the jail means that the jail needs no libseccomp.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
from typing import Any

# No exec, fork, socket, mount, ptrace, io_uring, keyctl, bpf, memfd (memory outside the tmpfs' cap), links, chmod, and
# no file locks: a lock on a file that is only read, such as the data set's, would stop the grader from opening it.
_ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2 dup3
open openat creat access faccessat faccessat2 stat fstat lstat newfstatat statx statfs fstatfs getdents64 readlink
readlinkat getcwd chdir fchdir rename renameat renameat2 mkdir mkdirat rmdir unlink unlinkat truncate ftruncate
fallocate fsync fdatasync fadvise64 umask pipe pipe2 sendfile copy_file_range
mmap munmap mremap mprotect madvise brk mincore membarrier
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause
futex set_robust_list get_robust_list rseq sched_yield sched_getaffinity getcpu
select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd2
nanosleep clock_nanosleep getitimer setitimer alarm clock_gettime clock_getres gettimeofday time times
getpid gettid getppid getpgrp getpgid getsid getuid geteuid getgid getegid getresuid getresgid getgroups
uname sysinfo getrusage getrlimit getrandom restart_syscall wait4 exit exit_group
""".split()

# Only these commands: others let a process have any signal sent to any process (F_SETOWN, F_SETSIG).
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)  # dup, flags, reading a pipe's size
_IOCTL = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONBIO, FIONCLEX, FIOCLEX
_CLONE_THREAD = 0x00010000
# Time, cgroup, mount, uts, ipc, user, pid and net namespaces, and CLONE_PTRACE: never, not even for a thread.
_CLONE_NEVER = 0x80 | 0x02000000 | 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000 | 0x2000


def missing() -> str:
    """Why no filter can be made, in one sentence with the fix; empty if it can."""
    try:
        program(True)
    except Exception as error:
        return (
            f"seccomp filters cannot be compiled ({error}): install libseccomp (apt-get install libseccomp2, "
            "dnf install libseccomp) and pyseccomp (pip install pyseccomp)"
        )
    return ""


@functools.cache
def program(alone: bool) -> bytes:
    """The filter as BPF. `alone`: the worker is alone in its pid namespace, so signals reach only itself."""
    import pyseccomp as sc  # it raises RuntimeError when libseccomp is missing

    rules = sc.SyscallFilter(defaction=sc.ERRNO(errno.EPERM))
    for name in _ALLOWED + (["kill", "tgkill"] if alone else []):
        _allow(rules, sc, name)
    for command in _FCNTL:
        _allow(rules, sc, "fcntl", sc.Arg(1, sc.EQ, command))
    for request in _IOCTL:
        _allow(rules, sc, "ioctl", sc.Arg(1, sc.EQ, request))
    _allow(rules, sc, "prlimit64", sc.Arg(0, sc.EQ, 0))  # its own limits, which it can only lower
    for option in (15, 16):  # the name of a thread
        _allow(rules, sc, "prctl", sc.Arg(0, sc.EQ, option))
    _allow(rules, sc, "clone", sc.Arg(0, sc.MASKED_EQ, _CLONE_THREAD | _CLONE_NEVER, _CLONE_THREAD))
    # Its flags lie in memory, out of a filter's sight; "no such call" makes the C library use clone.
    rules.add_rule(sc.ERRNO(errno.ENOSYS), "clone3")
    fd = os.memfd_create("filter")
    with os.fdopen(fd, "rb+") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _allow(rules: Any, sc: Any, name: str, *arguments: object) -> None:
    try:
        rules.add_rule(sc.ALLOW, name, *arguments)
    except (OSError, ValueError) as error:
        # A call that this architecture or libseccomp does not know stays forbidden.
        if name in ("read", "write", "mmap", "futex", "clone"):
            raise RuntimeError(f"libseccomp refuses {name}: {error}") from None


def version() -> str:
    if not sys.platform.startswith("linux"):
        return "not on this system"
    try:
        import pyseccomp

        found = getattr(pyseccomp, "version", lambda: ())()
        return ".".join(map(str, found)) or "present"
    except Exception as error:
        return f"missing ({error})"
