"""The hash of the code that decides a Result: it holds what is needed, and nothing that is not."""

import os
import subprocess
import sys

import pytest

from autograder.classroom import fingerprint
from autograder.problem_set import ROOT, names

NEEDED = ("engine", "judge", "carry", "driven", "stand_in", "trial", "session", "problem_set", "submission/restore")
NOT_NEEDED = ("__main__", "verify/judging", "classroom/course", "classroom/report/page", "template/table", "release")


def relative(problem_set, root=ROOT):
    return {path.relative_to(root).with_suffix("").as_posix() for path in fingerprint.files(problem_set, root)}


@pytest.mark.parametrize("name", names())
def test_what_grading_imports_is_in_it(name):
    """An independent witness: the modules that Python has loaded when a set was loaded and the engine imported."""
    code = (
        "import sys, autograder.engine, autograder.classroom.results\n"
        f"from autograder.problem_set import load; load({name!r}).reference.plain\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] in ('autograder', 'unroll')), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {line for line in done.stdout.split("\n") if line}
    known = {str(path) for path in fingerprint.files(name)}
    assert len(loaded) > 30
    # Earlier sets are loaded for what they give to this one, which is in the problem set's own digest.
    tables = str(ROOT / "autograder" / "checks") + os.sep
    own = f"{tables}{name.split('_')[0]}_"
    assert {path for path in loaded - known if path.startswith(own) or not path.startswith(tables)} == set()


def test_what_does_not_decide_is_not_in_it():
    found = relative("ps1_rnn")
    assert {f"autograder/{name}" for name in NEEDED} <= found
    assert "autograder/jail/probe" in found and "unroll/check" in found and "autograder/checks/draw" in found
    assert "autograder/checks/ps1_mistakes/rnn" in found or any("ps1_mistakes/" in name for name in found)
    assert not found & {f"autograder/{name}" for name in NOT_NEEDED}
    assert not [name for name in found if "checks/ps2" in name or "verify" in name]


def test_a_change_counts_where_it_is_used(tmp_path):
    for path in (*fingerprint.files("ps1_rnn"), *fingerprint.files("ps2_lstm")):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    before = {name: fingerprint.of_code(name, tmp_path) for name in ("ps1_rnn", "ps2_lstm")}

    def after(changed):
        path = tmp_path / changed
        text = path.read_bytes()
        path.write_bytes(text + b"# changed\n")
        fingerprint.of_code.cache_clear()
        found = {name for name in before if fingerprint.of_code(name, tmp_path) != before[name]}
        path.write_bytes(text)
        return found

    assert after("autograder/checks/ps2_lstm.py") == {"ps2_lstm"}
    assert (
        after("autograder/checks/draw.py") == after("autograder/judge.py") == after("unroll/compare.py") == set(before)
    )
