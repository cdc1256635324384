"""What a student sees: `check` on the unzipped release, without staff packages and without a network."""

import linecache
import re
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from autograder.classroom.gradebook import generate_assignment
from autograder.code import apply_edits
from autograder.problem_set import load
from autograder.release import bundle, write_expected
from unroll import CheckFailed, check
from unroll.expected import FILE

PS1 = load("ps1_rnn")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    write_expected(PS1, PS1.notebook.with_name(FILE), known=(PS1.notebook.with_name(FILE),))
    generate_assignment(folder / "course", PS1.name, folder / "assignments")
    with zipfile.ZipFile(bundle(PS1.name, folder / "assignments" / PS1.name, folder / "ps1.zip")) as z:
        z.extractall(folder)
    return folder / PS1.name


@pytest.fixture
def here(released, monkeypatch):
    """In the unzipped folder, as Jupyter is."""
    monkeypatch.chdir(released)
    monkeypatch.delenv("UNROLL_GRADING", raising=False)


def namespace(changes=None):
    """A notebook's namespace: the solutions, with some functions' texts replaced."""
    found = {"np": np, "__name__": "__main__"}
    for key, text in PS1.reference.cells.items():
        if key.endswith("_solution"):
            exec((changes or {}).get(key.removesuffix("_solution"), text), found)
    return found


@pytest.mark.parametrize("name", [c.name for c in PS1.checks])
def test_right_functions_pass(name, here, capsys):
    check(namespace()[name])
    out = capsys.readouterr().out
    assert out.startswith(f"{name}\n")
    gradient = next(c for c in PS1.checks if c.name == name).gradient
    assert ("Numerical gradients of your own forward function agree with your backward" in out) == bool(gradient)
    assert out.endswith("  All good.\n")
    assert "WRONG" not in out


@pytest.mark.parametrize(
    ("row", "mistake"), [pytest.param(c, m, id=f"{c.name}-{m.name}") for c in PS1.checks for m in c.mistakes]
)
def test_every_mistake_prints_its_hint(row, mistake, here, capsys):
    text = apply_edits(PS1.reference.cells[f"{mistake.function}_solution"], mistake)
    with pytest.raises(CheckFailed):
        check(namespace({mistake.function: text})[row.name])
    assert f"Hint: {mistake.hint}" in " ".join(capsys.readouterr().out.split())


def test_the_report_has_one_line_per_output(here, capsys):
    text = PS1.reference.cells["rnn_step_backward_solution"].replace("da.sum(axis=0)", "da.sum(axis=0) * 3")
    with pytest.raises(CheckFailed, match="rnn_step_backward: db is not right yet; see the lines above"):
        check(namespace({"rnn_step_backward": text})["rnn_step_backward"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "rnn_step_backward"
    assert lines[1].startswith("  dx       ok     error ") and lines[1].endswith(" <= 1e-05")
    assert lines[5] == "  db       WRONG  error 6.7e-01 > 1e-05"
    assert lines[6] == "  Numerical gradients of your own forward function differ from your db."
    assert lines[7] == "  Hint: db: right up to a constant factor of 3."


def test_one_output_with_commas_in_its_name_is_one(here):
    text = PS1.reference.cells["VanillaRNN_solution"].replace("(H, H)) / np.sqrt(H)", "(H, H))")
    with pytest.raises(CheckFailed, match="VanillaRNN: W_hh, W_xh, W_hy on the right scale is not right yet; see"):
        check(namespace({"VanillaRNN": text})["VanillaRNN"])


def test_a_wrong_shape_is_said_in_full(here, capsys):
    text = PS1.reference.cells["rnn_step_backward_solution"].replace("da.sum(axis=0)", "da.sum(axis=0)[:, None]")
    with pytest.raises(CheckFailed):
        check(namespace({"rnn_step_backward": text})["rnn_step_backward"])
    assert "  db       WRONG  has the right values but shape (5, 1); expected (5,)\n" in capsys.readouterr().out


def test_an_unwritten_function_is_said_kindly(here):
    stub = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    raise NotImplementedError()\n"
    found = namespace({"rnn_step_forward": stub})
    with pytest.raises(CheckFailed, match="^rnn_step_forward is not written yet$"):
        check(found["rnn_step_forward"])
    with pytest.raises(CheckFailed, match="^rnn_forward needs rnn_step_forward, and rnn_step_forward is not written"):
        check(found["rnn_forward"])


def test_a_missing_part_is_named(here):
    found = namespace()
    del found["rnn_forward"]
    with pytest.raises(CheckFailed, match="rnn_forward is not defined yet: run its cell first"):
        check(found["rnn_backward"])


def test_a_crash_is_told_with_own_lines_and_the_sizes_of_the_arrays(here, capsys, monkeypatch):
    text = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    a = x @ Wx.T + prev_h\n    return a, None\n"
    found = namespace({"rnn_step_forward": text})
    monkeypatch.setitem(linecache.cache, "<string>", (len(text), None, text.splitlines(keepends=True), "<string>"))
    with pytest.raises(CheckFailed, match="^rnn_step_forward raised ValueError; see the lines above$") as caught:
        check(found["rnn_step_forward"])
    assert isinstance(caught.value.__cause__, ValueError)
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[:2] == ["rnn_step_forward", lines[1]] and lines[1].startswith("  raised ValueError: matmul: ")
    assert "    line 2, in rnn_step_forward: a = x @ Wx.T + prev_h\n  Hint: There, x is (3, 6) = (N, D)" in out
    assert "Wx is (6, 5) = (D, H) and prev_h is (3, 5) = (N, H)" in " ".join(out.split())
    assert "the last axis of the left factor must be as long as the first axis" in " ".join(out.split())
    assert "unroll" not in out and "site-packages" not in out


def test_a_crash_in_one_case_is_told_beside_the_right_ones(here, capsys):
    text = PS1.reference.cells["rnn_step_forward_solution"].replace(
        "    return next_h, cache", "    if len(x) == 1:\n        next_h = undefined\n    return next_h, cache"
    )
    with pytest.raises(CheckFailed, match="^rnn_step_forward: next_h is not right yet; see the lines above$"):
        check(namespace({"rnn_step_forward": text})["rnn_step_forward"])
    out = capsys.readouterr().out
    assert "next_h  WRONG  nothing came back: the call failed (N = 1)\n" in out
    assert "  in the case \"N = 1\" raised NameError: name 'undefined' is not defined\n" in out
    assert "Hint: undefined is used before anything is stored under that name" in out


def test_an_input_that_is_ignored_is_named(here, capsys):
    text = PS1.reference.cells["rnn_step_backward_solution"].replace("next_h**2", "0 * next_h + np.tanh(x.sum())**2")
    with pytest.raises(CheckFailed):
        check(namespace({"rnn_step_backward": text})["rnn_step_backward"])
    out = " ".join(capsys.readouterr().out.split())
    assert " changes, and do not always: where do these enter?" in out and " when any of " in out


def test_a_gradient_that_is_not_linear_is_named(here, capsys):
    text = PS1.reference.cells["rnn_step_backward_solution"].replace("1 - next_h**2", "1 - next_h**2 * dnext_h**2")
    with pytest.raises(CheckFailed):
        check(namespace({"rnn_step_backward": text})["rnn_step_backward"])
    out = " ".join(capsys.readouterr().out.split())
    assert "do not double when dnext_h doubles, and should: going backwards, dnext_h is only ever multiplied" in out


def test_errors_are_told_by_time_step(here, capsys):
    text = PS1.reference.cells["rnn_forward_solution"].replace(
        "return h, cache", "h[:, 2:3] **= 3\n    return h, cache"
    )
    with pytest.raises(CheckFailed):
        check(namespace({"rnn_forward": text})["rnn_forward"])
    out = capsys.readouterr().out
    assert re.search(r"\n +by time step: 0 ok, 1 ok, 2 \de-01, 3 ok", out), out
    assert "Hint: h is wrong at time step 2 of 0.." in out


def test_wrong_returns_are_named(here):
    text = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    np.tanh(x @ Wx)\n"
    with pytest.raises(CheckFailed, match="rnn_step_forward returned None: is the return statement missing?"):
        check(namespace({"rnn_step_forward": text})["rnn_step_forward"])


def test_changed_arguments_are_noted_and_allowed(here, capsys):
    text = (
        "def rnn_step_backward(dnext_h, cache):\n    x, prev_h, Wx, Wh, next_h = cache\n"
        "    dnext_h *= 1 - next_h**2\n"
        "    return dnext_h @ Wx.T, dnext_h @ Wh.T, x.T @ dnext_h, prev_h.T @ dnext_h, dnext_h.sum(0)\n"
    )
    check(namespace({"rnn_step_backward": text})["rnn_step_backward"])
    assert "Note: rnn_step_backward changes its argument dnext_h in place." in capsys.readouterr().out


def test_a_function_without_a_check_is_told_which_have_one(here):
    def something():
        pass

    with pytest.raises(LookupError, match="no check for 'something'; this problem set has checks for VanillaRNN"):
        check(something)


def test_outside_the_folder_it_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LookupError, match=f"expected {FILE} beside the notebook, in .*; start Jupyter in the unzipped"):
        check(namespace()["rnn_step_forward"])


def test_while_grading_check_leaves_it_to_the_autograder(monkeypatch, capsys):
    monkeypatch.setenv("UNROLL_GRADING", "1")
    check(namespace()["rnn_step_forward"])
    assert capsys.readouterr().out == "check(rnn_step_forward) is left to the autograder.\n"


def test_it_works_with_no_staff_package_and_no_network(released, tmp_path):
    """In a process of its own, where importing the autograder or nbgrader, or opening a socket, is an error."""
    solution = "\n".join(t for k, t in PS1.reference.cells.items() if k.endswith("_solution"))
    (tmp_path / "solution.py").write_text("import numpy as np\n" + solution)
    script = f"""
        import socket, sys
        sys.path.insert(0, {str(released)!r})
        sys.modules.update(autograder=None, nbgrader=None)
        def closed(*a, **k): raise OSError("no network here")
        socket.socket.connect = closed
        import unroll
        assert unroll.__file__.startswith({str(released)!r}), unroll.__file__
        exec(open({str(tmp_path / "solution.py")!r}).read())
        for f in ({", ".join(c.name for c in PS1.checks)}):
            unroll.check(f)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=released, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("All good.") == len(PS1.checks)


def test_a_failed_check_shows_one_line_in_jupyter():
    assert CheckFailed("dx is wrong")._render_traceback_() == ["CheckFailed: dx is wrong"]


def test_in_a_notebook_a_figure_shows_where_it_is_wrong(released):
    """In a real kernel: text first, then the figure with its words, then one line of error."""
    wrong = PS1.reference.cells["rnn_backward_solution"].replace("dh[:, t] + dprev_h", "dh[:, t]")
    assert wrong != PS1.reference.cells["rnn_backward_solution"]
    solution = "\n".join(t for k, t in PS1.reference.cells.items() if k.endswith("_solution"))
    setup = "import matplotlib\nimport numpy as np\nimport unroll\n"
    nb = new_notebook(cells=[new_code_cell(setup + solution), new_code_cell(wrong), new_code_cell(CHECK)])
    NotebookClient(nb, timeout=60, allow_errors=True, resources={"metadata": {"path": str(released)}}).execute()
    text, figure, error = nb.cells[2].outputs
    assert "by time step: 0 " in text["text"]
    assert figure["data"]["image/png"]
    assert "dx is wrong by time step at 0, 1, " in figure["data"]["text/plain"]
    assert error["traceback"] == [f"CheckFailed: {error['evalue']}"]


CHECK = "unroll.check(rnn_backward)"


def test_single_precision_is_not_blamed_on_the_gradients(here, capsys):
    single = PS1.reference.cells["rnn_step_forward_solution"].replace(
        "    cache =", "    next_h = next_h.astype(np.float32).astype(float)\n    cache ="
    )
    assert single != PS1.reference.cells["rnn_step_forward_solution"]
    check(namespace({"rnn_step_forward": single})["rnn_step_backward"])
    out = capsys.readouterr().out
    assert "Your forward function computes in single precision, too coarsely for numerical gradients." in out
    assert out.endswith("  All good.\n")


def test_a_function_that_changes_its_arguments_spoils_nothing_for_the_next(here, capsys):
    greedy = PS1.reference.cells["rnn_step_forward_solution"].replace(
        "    cache =", "    kept = prev_h.copy()\n    prev_h[:] = next_h\n    prev_h = kept\n    cache ="
    )
    check(namespace({"rnn_step_forward": greedy})["rnn_step_backward"])
    assert capsys.readouterr().out.endswith("  All good.\n")
