"""`progress()`: points by the public checks, in the notebook's order, whatever the functions do."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import types
from pathlib import Path

import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

import unroll
from autograder.problem_set import ROOT, load, names
from unroll.expected import FILE, Packer, Unpacker

PS1 = load("ps1_rnn")
ENDLESS = """\
def rnn_forward(*args):
    import signal, time
    end = time.monotonic() + 1.6
    while True:
        if time.monotonic() > end:
            signal.raise_signal(signal.SIGINT)
"""
STUB = "def {}(*args):\n    raise NotImplementedError()\n"


@pytest.fixture
def student(tmp_path, monkeypatch):
    """``student(problem_set, **texts)`` prints the progress of the solution with some functions' texts replaced."""
    monkeypatch.delenv("UNROLL_GRADING", raising=False)

    def call(problem_set=PS1, **texts):
        shutil.copy(ROOT / "assignments" / problem_set.name / FILE, tmp_path)
        monkeypatch.chdir(tmp_path)
        if given := problem_set.reference.given:
            exec(given.install, {})
        notebook = types.ModuleType("notebook_of_a_student")
        monkeypatch.setitem(sys.modules, notebook.__name__, notebook)
        for key, text in problem_set.reference.cells.items():
            exec(texts.get(key.removesuffix("_solution"), text), vars(notebook))
        assert exec("import unroll\nresult = unroll.progress()", vars(notebook)) is None
        assert notebook.result is None

    return call


def printed(capsys) -> str:
    """What stays on the screen: the bar that a slow machine shows is wiped away."""
    out, err = capsys.readouterr()
    assert err == ""
    return out.rpartition("\r")[2]


@pytest.mark.parametrize("name", names())
def test_the_release_holds_the_points_in_the_notebooks_order(name):
    problem_set = load(name)
    index = Unpacker(ROOT / "assignments" / name / FILE).index
    assert index["points"] == [[check, points] for check, points in problem_set.points.items()]
    assert index["written"] == sum(problem_set.written.values())


@pytest.mark.parametrize("name", names())
def test_the_solution_is_done(name, student, capsys):
    problem_set = load(name)
    student(problem_set)
    lines = printed(capsys).splitlines()
    assert lines[0] == f"{name}: your points so far, by the public checks"
    rows = [line.split() for line in lines[2 : 2 + len(problem_set.points)]]
    assert rows == [["done", check, f"{p:g}", "of", f"{p:g}"] for check, p in problem_set.points.items()]
    assert f"  70 of 70 points  [{20 * '#'}] 100 %" in lines


def test_the_whole_text(student, capsys):
    step = PS1.reference.cells["rnn_step_backward_solution"].replace("da.sum(axis=0)", "da.sum(axis=0) * 3")
    student(
        VanillaRNN="",
        rnn_step_backward=step,
        word_embedding_forward=STUB.format("word_embedding_forward"),
        temporal_affine_forward="def temporal_affine_forward(x, w, b):\n    return x @ w.T",
        temporal_affine_backward="temporal_affine_backward = np.zeros(3)",
        temporal_softmax_loss="def temporal_softmax_loss(*a, **k):\n    import sys; sys.exit('bye')",
        rnn_backward_truncated="def rnn_backward_truncated(*args):\n    return None",
    )
    assert printed(capsys) == textwrap.dedent("""\
        ps1_rnn: your points so far, by the public checks

          not tried  VanillaRNN                 0 of  8  not defined: run its cell first
          done       rnn_step_forward           5 of  5
          not yet    rnn_step_backward          0 of  9  db is not right
          done       rnn_forward                6 of  6
          not yet    rnn_backward               0 of 12  db is not right
          not tried  word_embedding_forward     0 of  3  not written yet
          not tried  word_embedding_backward    0 of  5  needs word_embedding_forward
          not yet    temporal_affine_forward    0 of  3  raised ValueError
          not yet    temporal_affine_backward   0 of  4  is of type ndarray, not a function
          not yet    temporal_softmax_loss      0 of  7  raised SystemExit
          not yet    rnn_backward_truncated     0 of  8  returned None: is the return statement missing?

          11 of 70 points  [###.................] 15 %
          Written answers, which people grade: 30 points more.
          This is an estimate, not your grade: grading uses other inputs, larger ones among them, and
          gives part of the points for what is partly right. check(f) says what is wrong with f.
        """)


def test_several_wrong_outputs_a_crash_in_one_case_and_a_long_reason(student, capsys):
    step, affine = (PS1.reference.cells[f"{n}_solution"] for n in ("rnn_step_backward", "temporal_affine_forward"))
    student(
        rnn_step_backward=step.replace("x.T @ da", "-x.T @ da").replace("prev_h.T @ da", "-prev_h.T @ da"),
        rnn_backward="def rnn_backward(dh, cache):\n    return {}",
        temporal_affine_forward=affine.replace("    return", "    assert len(x) > 1\n    return"),
    )
    out = printed(capsys)
    assert re.search(r"not yet    rnn_step_backward +0 of  9  dWx, dWh are not right\n", out), out
    assert " rnn_backward               0 of 12  returned one value; expected 5: dx, dh0, ...\n" in out, out
    assert re.search(r"not yet    temporal_affine_forward +0 of  3  out is not right\n", out), out


def test_a_method_that_is_not_written_is_named_with_its_class(student, capsys):
    text = PS1.reference.cells["VanillaRNN_solution"]
    student(VanillaRNN=text.partition("### BEGIN SOLUTION")[0] + "raise NotImplementedError()")
    out = printed(capsys)
    assert "not tried  VanillaRNN                 0 of  8  VanillaRNN.__init__ is not written yet\n" in out
    with pytest.raises(unroll.CheckFailed, match=r"^VanillaRNN\.__init__ is not written yet$"):
        unroll.check(sys.modules["notebook_of_a_student"].VanillaRNN)


def test_what_a_function_prints_and_warns_is_not_shown_and_warns_again_later(student, capsys):
    noisy = "    print('hello \\u2192')\n    np.log(np.zeros(1))\n    return"
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        student(
            rnn_step_forward=PS1.reference.cells["rnn_step_forward_solution"].replace("    return", noisy)
            + "\ndef again():\n    rnn_step_forward(*np.ones((5, 1, 1)))\n"
        )
        out = printed(capsys)
        assert "70 of 70" in out and "hello" not in out
        sys.modules["notebook_of_a_student"].again()
    assert "hello" in capsys.readouterr().out


def test_interrupted_it_shows_what_is_known(student, capsys):
    """The interruption arrives while a student's loop runs; the bar was shown by then, and is wiped away."""
    student(rnn_forward=ENDLESS)
    bar, _, text = capsys.readouterr().out.rpartition("\r")
    assert "trying rnn_forward:" in bar and " 3/11 " in bar and bar.endswith("  ")
    rows = text.splitlines()[2:13]
    assert [row.split()[0] for row in rows[:4]] == ["done", "done", "done", "stopped"]
    assert rows[3].endswith("rnn_forward                0 of  6  interrupted")
    assert all(row.startswith("  not tried  ") and row.endswith("  not reached") for row in rows[4:])
    assert "22 of 70 points" in text
    assert re.search(r"\nInterrupted after \d+ s, while rnn_forward was tried\.\n", text)
    assert text.endswith("If it does not end by itself, look for a loop that never stops, and count its steps.\n")


def test_while_grading_it_is_left_to_the_autograder(monkeypatch, capsys):
    monkeypatch.setenv("UNROLL_GRADING", "1")
    unroll.progress()
    assert capsys.readouterr().out == "progress() is left to the autograder.\n"


def test_without_its_file_it_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.delenv("UNROLL_GRADING", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LookupError, match=f"expected {FILE} beside the notebook, in .*, and found none; start Jupyter"):
        unroll.progress()
    Packer().write(tmp_path / FILE, {"checks": {}})
    with pytest.raises(LookupError, match=f"the points of every check in {FILE}, and found none: it is from an older"):
        unroll.progress()


def test_a_real_kernel_and_a_magic_before_it(tmp_path):
    """The functions are those of the notebook, also under %time."""
    shutil.copy(ROOT / "assignments" / PS1.name / FILE, tmp_path)
    solution = "\n".join(PS1.reference.cells[f"{n}_solution"] for n in ("VanillaRNN", "rnn_step_forward"))
    cells = [new_code_cell(f"import numpy as np\nimport unroll\n{solution}"), new_code_cell("%time unroll.progress()")]
    nb = new_notebook(cells=cells)
    NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    out = "".join(o.get("text", "") for o in nb.cells[1].outputs)
    assert re.search("  done       VanillaRNN +8 of  8\n  done       rnn_step_forward +5 of  5\n", out)
    assert "  not tried  rnn_step_backward          0 of  9  not defined: run its cell first\n" in out
    assert "  13 of 70 points  [###.................] 18 %\n" in out


def test_it_needs_nothing_but_the_released_folder(tmp_path):
    """A Python that sees installed packages and the folder, and no repository; elsewhere it says what is missing."""
    folder = tmp_path / PS1.name
    shutil.copytree(ROOT / "unroll", folder / "unroll", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "assignments" / PS1.name / FILE, folder)
    solution = "\n".join(t for k, t in PS1.reference.cells.items() if k.endswith("_solution"))
    (tmp_path / "solution.py").write_text("import numpy as np\n" + solution)
    script = """
        import importlib.util, sys
        assert not importlib.util.find_spec("autograder"), sys.path
        import unroll
        exec(open("../solution.py").read())
        unroll.progress()
        unroll.check(rnn_backward)
    """
    packages = Path(np.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    environment.pop("UNROLL_GRADING", None)

    def run(cwd: Path) -> subprocess.CompletedProcess:
        command = [sys.executable, "-S", "-c", textwrap.dedent(script)]  # -S: editable installs are not seen
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)

    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert "70 of 70 points" in done.stdout and done.stdout.endswith("  All good.\n")
    alone = tmp_path / "alone"
    alone.mkdir()
    assert "ModuleNotFoundError: No module named 'unroll'" in run(alone).stderr
    (folder / FILE).unlink()
    assert f"LookupError: expected {FILE} beside the notebook, in {folder}, and found none" in run(folder).stderr
