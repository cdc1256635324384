"""The guide docs/adding_a_question.md, done as it says; and the command that puts the cells into the notebook."""

import json
import re
import shlex
import shutil
import subprocess

import numpy as np
import pytest

import unroll
from autograder.__main__ import main
from autograder.jail import Jail, JailUnavailable
from autograder.new_question import new_question
from autograder.problem_set import ROOT, load
from autograder.verify import tasks, verify
from autograder.verify.report import report
from tests import tiny

GUIDE = (ROOT / "docs" / "adding_a_question.md").read_text(encoding="utf-8")
SOLUTION, DRAW_AND_CALL, ROW = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
COMMAND = shlex.split(re.search(r"python -m autograder (new-question .*)", GUIDE)[1])
NAME = COMMAND[2]


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """A folder with the small problem set, to which the guide's question was added."""
    root = tmp_path_factory.mktemp("guide")
    rows = tiny.TABLE.replace("CHECKS = (", f"{DRAW_AND_CALL}\n\nCHECKS = (").removesuffix(")\n")
    tiny.write(root, tiny.cells((30, 47, 20)), f"{rows}{ROW.rstrip()},\n)\n")
    path = new_question(tiny.NAME, NAME, float(COMMAND[4]), "affine_backward", root)
    nb = json.loads(path.read_text())
    (cell,) = (c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == f"{NAME}_solution")
    cell["source"] = SOLUTION.rstrip().splitlines(keepends=True)
    path.write_text(json.dumps(nb))
    tiny.release(root)
    return root


def test_the_question_of_the_guide_has_nothing_to_put_right(added):
    try:
        with Jail():
            pass
    except JailUnavailable as error:
        pytest.skip(str(error))
    with tasks.pool(1) as processes:
        found = verify(tiny.NAME, processes, root=added, progress=False)
    assert [str(fault) for fault in found.flaws] == []
    lines = report(found).splitlines()
    row = next(line.split() for line in lines if line.startswith(NAME))
    shown = next(line.split() for line in GUIDE.splitlines() if line.split()[:1] == [NAME] and "3/3" in line)
    assert row[:5] == shown[:5] == [NAME, "3", "3", "3/3", "3/3"]
    assert next(line for line in lines if line.startswith("check")).split() == next(
        line.split() for line in GUIDE.splitlines() if line.strip().startswith("check   ")
    )


def test_a_student_sees_what_the_guide_shows(added, tmp_path, monkeypatch, capsys):
    mistake = next(m for c in load(tiny.NAME, added).checks for m in c.mistakes if m.name == "shift_missing")
    ((old, new),) = mistake.edits
    namespace = {"np": np, "__name__": "__main__"}
    exec(SOLUTION.replace(old, new), namespace)
    shutil.copy(added / "assignments" / tiny.NAME / "expected.h5", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError):
        unroll.check(namespace[NAME])
    lines = [re.sub(r"\d\.\d\de?", "", line).strip() for line in capsys.readouterr().out.splitlines()]
    start = GUIDE.index(f"    {NAME}\n      out")
    shown = [line.strip() for line in GUIDE[start:].splitlines()[:3]]
    assert lines[0] == shown[0] and lines[2] == shown[2]
    assert lines[1].startswith("out  WRONG  error ") and shown[1].startswith("out  WRONG  error ")


def test_the_command_of_the_guide_fits_the_command_line_and_the_set():
    cells = load(COMMAND[1]).points
    assert COMMAND[-1] in cells and NAME not in cells


def test_the_cells_are_marked_and_nothing_else_changes(tmp_path):
    tiny.write(tmp_path)
    path = tmp_path / "solutions" / tiny.NAME / f"{tiny.NAME}.ipynb"
    before = json.loads(path.read_text())["cells"]
    assert new_question(tiny.NAME, "relu", 2.5, "affine_forward", tmp_path) == path
    text = path.read_text()
    nb = json.loads(text)
    assert text == json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert nb["cells"][:3] + nb["cells"][6:] == before
    text, solution, check = nb["cells"][3:6]
    assert (text["cell_type"], text["id"], text["metadata"]) == ("markdown", "relu-text", {})
    assert (solution["id"], check["id"]) == ("relu-solution", "relu")
    assert check["metadata"]["nbgrader"]["points"] == 2.5 and "".join(check["source"]) == "check(relu)"
    namespace = {}
    exec("".join(solution["source"]), namespace)
    assert namespace["relu"](3) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tidy", "relu", 2, "affine_forward"), "no problem set 'tidy': expected"),
        (("tiny", "re lu", 2, "affine_forward"), "expected the name of a function, found 're lu'; use letters"),
        (("tiny", "affine_forward", 2, "setup"), "tiny has a cell affine_forward already; choose another name"),
        (
            ("tiny", "relu", 2, "affine"),
            "tiny has no cell with the grade_id 'affine'; it has setup, affine_forward_sol",
        ),
    ],
)
def test_what_cannot_be_added_is_said(arguments, sentence, tmp_path):
    tiny.write(tmp_path)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        new_question(*arguments, tmp_path)


def test_as_a_command(capsys):
    assert main(["new-question", "ps9", "relu", "--points", "2", "--after", "setup"]) == 1
    assert "no problem set 'ps9'" in capsys.readouterr().err


def test_the_makefile_has_the_guides_targets():
    for target in ("verify PS=ps2_lstm", f"verify PS=ps2_lstm ONLY={NAME}", "release PS=ps2_lstm"):
        assert f"make {target}\n" in GUIDE
        done = subprocess.run(["make", "-n", *target.split()], cwd=ROOT, capture_output=True, text=True)
        only = f"--only {NAME}" if "ONLY" in target else ""
        assert f"python -m autograder {target.split()[0]} ps2_lstm" in done.stdout and only in done.stdout
