"""The suite once more as an ordinary user, when the tests themselves are run by root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
NOBODY = 65534
SITE, CHECKOUT = Path(np.__file__).parents[1], HERE.parents[1]

# This checkout and its environment may lie where an ordinary user cannot enter, so both are mounted elsewhere.
AS_NOBODY = f"""
set -e
mkdir -p "$0/site-packages" "$0/checkout"
mount --bind "{SITE}" "$0/site-packages"
mount --bind "{CHECKOUT}" "$0/checkout"
cd "$0/checkout"
exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --inh-caps=-all sh -c 'exec "$@"' sh "$@"
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="already an ordinary user")


def run_as_nobody(command, home, **options):
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    environment["UNROLL_ALL_ATTACKS"] = os.environ.get("UNROLL_ALL_ATTACKS", "")
    environment["PYTHONPATH"] = f"{home}/site-packages{os.pathsep}{home}/checkout"
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", AS_NOBODY, str(home), *command],
        env=environment,
        capture_output=True,
        text=True,
        **options,
    )


@pytest.fixture
def interpreter(open_folder):
    """A Python of this version that everyone can run, with this environment's packages."""
    version = f"import sys, numpy, pytest; assert sys.version_info[:2] == {tuple(sys.version_info[:2])}"
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", "/usr/bin/python3"):
        if run_as_nobody([candidate, "-c", version], open_folder, timeout=60).returncode == 0:
            return candidate
    pytest.skip("no Python of this version that an ordinary user can run with these packages")


def test_as_an_ordinary_user(interpreter, open_folder):
    """Everything at the landlock level, hostile submissions too, and the hostile probe at each level."""
    os.chown(open_folder, NOBODY, NOBODY)
    command = [interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", f"--basetemp={open_folder}/t"]
    files = ["tests/jail", "tests/attacks/test_attacks.py"]
    done = run_as_nobody([*command, *files, "-k", "landlock or probe"], open_folder, timeout=590)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    if shutil.which("bwrap") is None:
        skipped = [line for line in skipped if "bubblewrap is not installed" not in line]
    assert " passed" in done.stdout and not skipped, done.stdout[-3000:]
