"""Finding the level: active tests, clear refusals, the doctor, and what each level shows of the file system."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from autograder.jail import LEVELS, Jail, JailUnavailable, doctor, levels, seccomp
from autograder.jail import view as view_module
from tests.jails import ISOLATING


@pytest.fixture
def forgotten(monkeypatch):
    """The self-test's memory of this process, emptied for one test."""
    monkeypatch.setattr(levels, "_failed", {})
    monkeypatch.setattr(levels, "_passed", set())


def test_the_best_level_is_taken(forgotten):
    started = time.monotonic()
    with Jail() as jail:
        assert time.monotonic() - started < 5
        assert jail.level == next(level for level in LEVELS if level in levels._passed)
        assert jail.note == "" or jail.level == "landlock"


def test_the_unsafe_level_only_when_told():
    with pytest.raises(JailUnavailable, match="--unsafe-no-sandbox"):
        Jail("none")
    with pytest.raises(ValueError):
        Jail("strong")
    with Jail("none", allow_none=True) as jail:
        assert jail.level == "none" and "NO ISOLATION" in jail.note


def test_refusal_without_isolation(forgotten, monkeypatch):
    """No bubblewrap, no seccomp: nothing is graded, and the text says what to install."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(seccomp, "program", lambda alone: 1 / 0)
    with pytest.raises(JailUnavailable) as caught:
        Jail()
    for text in ("apt-get install bubblewrap", "libseccomp2", "--unsafe-no-sandbox", "doctor"):
        assert text in str(caught.value)
    with Jail(allow_none=True) as jail:
        assert jail.level == "none"


def test_without_bubblewrap_the_next_level_is_taken(forgotten, monkeypatch):
    monkeypatch.setattr(levels.shutil, "which", lambda name: None)
    with Jail() as jail:
        assert jail.level in ("namespaces", "landlock")


def test_other_systems_refuse_but_import(forgotten, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(JailUnavailable, match="needs Linux"):
        Jail(allow_none=True)


def test_import_without_linux_modules():
    """What Windows lacks must not be needed before a Jail is asked for."""
    code = """
import sys
for name in ("resource", "fcntl", "pwd", "pyseccomp"): sys.modules[name] = None
sys.platform = "win32"
import autograder.jail, autograder.jail.doctor
assert "autograder.jail.inside.linux" not in sys.modules
try: autograder.jail.Jail()
except autograder.jail.JailUnavailable as error: assert "needs Linux" in str(error)
print(autograder.jail.doctor.report())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=levels.AUTOGRADER.parent
    )
    assert done.returncode == 0, done.stderr
    assert "No isolation on this machine" in done.stdout


def test_a_start_that_fails_is_explained(forgotten, monkeypatch):
    monkeypatch.setattr(
        levels, "Zygote", lambda level, shown: (_ for _ in ()).throw(levels.StartFailed("not permitted"))
    )
    _, reason = levels.try_level("namespaces", levels.shown(()))
    assert "not permitted" in reason and ("namespaces" in reason or "user namespaces" in reason)


@pytest.mark.parametrize(
    ("reason", "tries"),
    [
        ("not permitted", levels.TRIES),
        (f"{levels._LEAK} read everything", 1),
        *((f"it said: {sign}", levels.MOST_KILLS) for sign in levels._KILLED),
    ],
)
def test_what_something_killed_is_tried_again_and_again(forgotten, monkeypatch, reason, tries):
    tried = []
    monkeypatch.setattr(levels, "_try_once", lambda level, files: (tried.append(level), (None, reason))[1])
    assert levels.try_level("namespaces", levels.shown(()))[0] is None
    assert len(tried) == tries


@pytest.mark.parametrize("level", ISOLATING)
def test_a_level_is_found_although_its_first_zygotes_are_killed(forgotten, monkeypatch, level):
    """Killed at the first moment, as by the kernel when memory is short."""
    left = [3]

    class Killed(levels.Zygote):
        def _wait_ready(self):
            if left[0]:
                left[0] -= 1
                os.kill(self._process.pid, signal.SIGKILL)
            return super()._wait_ready()

    monkeypatch.setattr(levels, "Zygote", Killed)
    zygote, reason = levels.try_level(level, levels.shown(()))
    assert left[0] < 3 and reason == "" and zygote.level == level  # the zygote may outlive a bubblewrap around it
    zygote.close()


def test_doctor(forgotten):
    text = doctor.report()
    for level in LEVELS:
        assert f"  {level} " in text
    for name in ("Python", "numpy", "libseccomp", "bubblewrap", "Landlock ABI"):
        assert name in text
    assert "works" in text


def test_read_only_paths_must_exist():
    with pytest.raises(FileNotFoundError):
        Jail(read_only=("/no/such/folder",))


def test_view_hides_the_autograder_when_it_is_installed(monkeypatch, tmp_path):
    """Installed into site-packages, it lies within what is shown, and must be covered."""
    site = tmp_path / "lib" / "site-packages"
    for name in ("autograder/jail", "autograder/checks", "numpy"):
        (site / name).mkdir(parents=True)
    monkeypatch.setattr(view_module, "AUTOGRADER", site / "autograder")
    monkeypatch.setattr(sys, "path", [str(site)])
    shown = view_module.view()
    assert str(site / "autograder") in shown.hidden
    readable = shown.readable()
    assert str(site / "numpy") in readable
    assert not any(str(site / "autograder").startswith(path) for path in readable)


def test_view_of_a_checkout_shows_no_repository_file():
    shown = view_module.view()
    repository = levels.AUTOGRADER.parent
    for name in ("autograder/check.py", "solutions", "tests/jail/conftest.py"):
        covered = any(view_module._below(str(repository / name), [path]) for path in shown.hidden)
        assert covered or not view_module._below(str(repository / name), shown.binds)


def test_a_zygote_that_was_killed_says_so_whatever_it_wrote_before(forgotten, monkeypatch):
    """A library's warning on standard error is not the reason."""

    class Warns(levels.Zygote):
        def _wait_ready(self):
            self._process.kill()
            self._process.wait()
            self._log.write(b"Fontconfig error: No writable cache directories\n")
            self._log.flush()
            raise levels.StartFailed(self._last_words())

    monkeypatch.setattr(levels, "Zygote", Warns)
    monkeypatch.setattr(levels, "MOST_KILLS", 3)
    tried = []
    monkeypatch.setattr(levels, "explain", lambda level, reason: tried.append(reason) or reason)
    _, reason = levels.try_level(ISOLATING[-1], levels.shown(()))
    assert reason == "Fontconfig error: No writable cache directories (exit code -9)"
