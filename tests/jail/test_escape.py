"""Getting out: files, network, processes, the kernel. With controls: without a jail the same attempts succeed."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from autograder.jail import Jail, StudentError, WorkerDied, levels
from autograder.jail import jail as jail_module

PROBE = Path(levels.__file__).with_name("probe.py")


@pytest.fixture
def bystander():
    """A process of this user that may be traced and read, as the grader must not be; its pid."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={"CANARY": "1"})
    yield process.pid
    process.kill()
    process.wait()


def test_the_probe_is_denied_everything(isolated):
    with levels.targets() as target, isolated.spawn() as worker:
        assert worker.run_cell(PROBE.read_text("utf-8"), "probe", timeout=5).ok
        target["memory"] = 8 << 30
        found = worker.call("attack", (target,), timeout=20)
        assert all(text.startswith("denied: ") for name, text in found.items()), found
        assert worker.call("honest", (), timeout=20) == 21.0


def test_control_without_a_jail_the_probe_succeeds(bystander):
    """Else the self-test would be vacuous: each attempt must be one that works where nothing stops it."""
    with levels.targets() as target:
        target.update(pid=bystander, new_files=target["new_files"][:1])
        code = f"import json, sys; sys.path.insert(0, {str(PROBE.parent)!r}); import probe; "
        code += "print(json.dumps(probe.attack(json.loads(sys.argv[1])))); assert probe.honest() == 21.0"
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(target)], capture_output=True, text=True, timeout=60, check=True
        )
        found = json.loads(done.stdout)
        assert set(found.values()) == {"done"}, found


def test_a_level_that_leaks_fails_its_self_test(monkeypatch):
    """The self-test on the level without isolation, told that it isolates: it must name what is possible there."""
    with Jail("none", allow_none=True) as jail:
        jail._zygote.level = "landlock"
        reason = levels.self_test(jail._zygote)
    for attempt in ("read ", "connect over TCP", "fork a process", "run a program"):
        assert attempt in reason


def test_only_the_view_can_be_seen(isolated):
    source = """
import os
def visible(paths):
    found = []
    for path in paths:
        try: os.listdir(path) if os.path.isdir(path) else open(path).close(); found.append(path)
        except OSError: pass
    return found
"""
    repository = Path(levels.AUTOGRADER).parent
    paths = [
        "/",
        "/etc",
        "/etc/passwd",
        "/etc/shadow",
        "/root",
        "/home",
        "/var",
        "/run",
        "/sys",
        "/dev",
        "/jail/inside",
    ]
    paths += [str(repository / name) for name in ("", "solutions", "tests", "autograder", "autograder/checks", ".git")]
    paths += [os.path.expanduser("~"), os.getcwd()]
    allowed = {"/jail/inside"}
    with isolated.spawn() as worker:
        assert worker.run_cell(source, "c", timeout=5).ok
        assert set(worker.call("visible", (paths,), timeout=5)) <= allowed


def test_read_only_paths_can_be_read_but_not_written(isolated, open_folder):
    data = open_folder / "data"
    data.write_text("5")
    with h5py.File(open_folder / "data.h5", "w") as file:
        file["x"] = [7]
    with Jail(isolated.level, read_only=(open_folder,)) as jail, jail.spawn() as worker:
        assert worker.run_cell(f"assert open({str(data)!r}).read() == '5'", "c", timeout=5).ok
        assert not worker.run_cell(f"open({str(data)!r}, 'w')", "c", timeout=5).ok
        name = str(open_folder / "data.h5")
        assert worker.run_cell(f"import h5py; assert h5py.File({name!r})['x'][0] == 7", "c", timeout=5).ok
        # Here in /tmp it could have covered the worker's own folder.
        own = worker.run_cell("import tempfile; tempfile.TemporaryFile(); open('new', 'w')", "c", timeout=5)
        assert own.ok or jail.level == "landlock"


@pytest.mark.parametrize(
    "path", ["/usr/x", "/dev/x", "/dev/shm/x", "/etc/x", "/x", "/jail/inside/wire.py", "/proc/self/comm", "/var/tmp/x"]
)
def test_nothing_can_be_written(isolated, path):
    with isolated.spawn() as worker:
        assert not worker.run_cell(f"open({path!r}, 'a')", "c", timeout=5).ok
        assert not worker.run_cell(f"open({sys.prefix + '/x'!r}, 'a')", "c", timeout=5).ok


SYSTEM_CALLS = {  # by name: number on x86-64, arguments
    "ptrace": (101, "16, 1, 0, 0"),
    "unshare": (272, "0x10000000"),
    "mount": (165, "b'none', b'/tmp', b'tmpfs', 0, None"),
    "memfd_create": (319, "b'x', 0"),
    "io_uring_setup": (425, "8, ctypes.create_string_buffer(256)"),
    "keyctl": (250, "0, -3, 0"),
    "bpf": (321, "0, 0, 0"),
    "process_vm_readv": (310, "1, 0, 0, 0, 0, 0"),
    "pidfd_open": (434, "1, 0"),
    "setns": (308, "0, 0"),
    "perf_event_open": (298, "0, 0, 0, 0, 0"),
    "userfaultfd": (323, "0"),
    "sched_setaffinity": (203, "0, 8, ctypes.create_string_buffer(b'\\xff' * 8)"),
    "setsid": (112, ""),
    "prctl dumpable": (157, "4, 1, 0, 0, 0"),
    "symlink": (88, "b'/etc/passwd', b'/tmp/link'"),
    "ioctl TIOCSTI": (16, "0, 0x5412, b'x'"),
    "ioctl FIOASYNC": (16, "1, 0x5452, ctypes.create_string_buffer(b'\\1\\0\\0\\0')"),
    "fcntl F_SETOWN": (72, "1, 8, 1"),
    "fcntl F_SETSIG": (72, "1, 10, 9"),
    "rt_sigqueueinfo": (129, "1, 9, ctypes.create_string_buffer(128)"),
    "open_by_handle_at": (304, "0, ctypes.create_string_buffer(64), 0"),
    "clone as process": (56, "17, 0, 0, 0, 0"),
    "clone3": (435, "ctypes.create_string_buffer(88), 88"),
    "vfork": (58, ""),
    "execve": (59, "b'/bin/true', 0, 0"),
    "flock": (73, "0, 2"),
    "fcntl F_SETLK": (72, "0, 6, ctypes.create_string_buffer(32)"),
    "setuid": (105, "0"),
    "chmod": (90, "b'/tmp', 0o777"),
    "prlimit64 of another": (302, "1, 0, 0, 0"),
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are x86-64's")
def test_system_calls(isolated):
    source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    return ctypes.get_errno() if result < 0 else -1
"""
    source += "results = {" + ", ".join(f"{k!r}: call({n}, {a})" for k, (n, a) in SYSTEM_CALLS.items()) + "}\n"
    with isolated.spawn() as worker:
        outcome = worker.run_cell(source + "def f(): return results", "c", timeout=5)
        assert outcome.ok, outcome.error
        results = worker.call("f", (), timeout=5)
    assert results.pop("clone3") == 38  # no such call, so that the C library falls back to clone
    assert set(results.values()) == {1}, results


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="32-bit calls exist on x86-64 only")
def test_32_bit_calls_do_not_dodge_the_filter(isolated):
    source = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    with isolated.spawn() as worker, pytest.raises(WorkerDied):
        worker.run_cell(source, "c", timeout=5)


def test_signals_reach_nobody_else(isolated):
    source = """
import os, signal
for pid in (-1, 0, 1, 2, 3, os.getppid(), GRADER):
    if pid != os.getpid():
        try: os.kill(pid, signal.SIGCONT if pid == 0 else 9)
        except OSError: pass
""".replace("GRADER", str(os.getpid()))
    with isolated.spawn() as first, isolated.spawn() as second:
        assert second.run_cell(source, "c", timeout=5).ok
        assert first.has("display") and second.has("display")
    with isolated.spawn() as third:
        assert third.has("display")


def test_workers_do_not_see_each_other(isolated):
    source = """
import os
def others():
    try: return [name for name in os.listdir('/proc') if name.isdigit() and int(name) != os.getpid()]
    except OSError: return []
"""
    with isolated.spawn(), isolated.spawn() as worker:
        assert worker.run_cell(source, "c", timeout=5).ok
        assert worker.call("others", (), timeout=5) == []


def test_identity(isolated):
    source = "import os\ndef f(): return os.getuid(), os.getgid(), sorted(os.sched_getaffinity(0)) != []"
    status = "def g(): return open('/proc/self/status').read()"
    with isolated.spawn() as worker:
        assert worker.run_cell(source + "\n" + status, "c", timeout=5).ok
        uid, gid, _ = worker.call("f", (), timeout=5)
        assert uid != 0 and gid != 0
        try:
            text = worker.call("g", (), timeout=5)
        except StudentError:
            return  # no /proc here
        for field in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"):
            assert f"{field}:\t0000000000000000" in text
        assert "NoNewPrivs:\t1" in text and "Seccomp:\t2" in text


def test_the_grader_cannot_be_read(jail):
    """Non-dumpable: even its own user's other processes get nothing. Its reading of itself goes on working."""
    get_dumpable = 3
    assert ctypes.CDLL(None).prctl(get_dumpable, 0, 0, 0, 0) == 0
    assert os.listdir("/proc/self/fd")


def test_where_namespaces_cannot_be_nested(isolated, monkeypatch):
    """Workers then share the zygote's namespaces: without signals and a folder of their own they still get nowhere."""
    original = jail_module.Zygote._config

    def shared(self, shown):
        config = original(self, shown)
        config["plan"]["namespaces"] = False
        return config

    monkeypatch.setattr(jail_module.Zygote, "_config", shared)
    zygote = jail_module.Zygote(isolated.level, isolated._shown)
    try:
        assert not zygote.nested
        assert levels.self_test(zygote) == ""
        with zygote.spawn(levels.Limits(), 9) as worker:
            assert not worker.run_cell("import os; os.kill(os.getpid(), 0)", "c", timeout=5).ok
            assert not worker.run_cell("open('/tmp/x', 'w')", "c", timeout=5).ok
    finally:
        zygote.close()


LAYERS = {
    # What each layer alone stops: with it off, and the others on, the attempt succeeds.
    "landlock": "open('/usr/bin/true', 'rb').close(); open('/dev/full', 'rb+').close()",
    "program": "import socket; socket.socket()",
}


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_stops_what_the_others_let_pass(isolated, layer, monkeypatch):
    with isolated.spawn() as worker:
        assert not worker.run_cell(LAYERS[layer], "c", timeout=5).ok
    if layer == "program":
        monkeypatch.setattr(jail_module.seccomp, "program", lambda alone: b"")
    else:
        original = jail_module.Zygote._config

        def without(self, shown):
            config = original(self, shown)
            config["plan"]["landlock"] = False
            return config

        monkeypatch.setattr(jail_module.Zygote, "_config", without)
    zygote = jail_module.Zygote(isolated.level, isolated._shown)
    try:
        with zygote.spawn(levels.Limits(), 9) as worker:
            outcome = worker.run_cell(LAYERS[layer], "c", timeout=5)
            assert outcome.ok, outcome.error
    finally:
        zygote.close()
