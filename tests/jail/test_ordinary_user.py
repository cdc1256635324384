"""The suite once more as an ordinary user, when the tests themselves are run by root."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
NOBODY = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="already an ordinary user")


def become_nobody():
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def run_as_nobody(command, home, **options):
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    packages = [str(Path(np.__file__).parents[1]), str(HERE.parents[1])]
    environment["PYTHONPATH"] = os.pathsep.join(packages)
    return subprocess.run(
        command,
        env=environment,
        preexec_fn=become_nobody,
        capture_output=True,
        text=True,
        cwd=HERE.parents[1],
        **options,
    )


@pytest.fixture
def interpreter():
    """A Python of this version that everyone can run, with this environment's packages."""
    version = f"import sys, numpy, pytest; assert sys.version_info[:2] == {tuple(sys.version_info[:2])}"
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", "/usr/bin/python3"):
        try:
            if run_as_nobody([candidate, "-c", version], "/", timeout=30).returncode == 0:
                return candidate
        except OSError:
            continue
    pytest.skip("no Python of this version that an ordinary user can run with these packages")


def test_as_an_ordinary_user(interpreter, open_folder):
    """Everything at the landlock level, and the hostile probe at each level."""
    os.chown(open_folder, NOBODY, NOBODY)
    command = [interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", f"--basetemp={open_folder}/t"]
    done = run_as_nobody([*command, str(HERE), "-k", "landlock or probe"], open_folder, timeout=280)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout and "SKIPPED" not in done.stdout, done.stdout[-3000:]
