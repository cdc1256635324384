"""The instructors' self-test tells every fault that is planted in a small problem set, in the right words."""

import functools
import re

import numpy as np
import pytest

from autograder import verify as verifying
from autograder.__main__ import main
from autograder.check import PASSED, Result, Verdict
from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import load, names, read
from autograder.verify import judging, tasks, verify
from autograder.verify.freshness import freshness
from autograder.verify.report import report, summary
from autograder.verify.structure import structure
from tests import tiny

TABLE, NOTEBOOK = "autograder/checks/tiny.py", "solutions/tiny/tiny.ipynb"


@pytest.fixture(scope="module")
def processes():
    try:
        with Jail():
            pass
    except JailUnavailable as error:
        pytest.skip(str(error))
    with tasks.pool(2) as pool:
        yield pool


def table(*edits):
    """The table of the small set with texts replaced; each must be there."""
    text = tiny.TABLE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


def notebook(position, *edits, **marks):
    """The cells of the small set, with texts replaced and marks changed in one of them."""
    cells = tiny.cells()
    for old, new in edits:
        assert old in cells[position].source
        cells[position].source = cells[position].source.replace(old, new)
    cells[position].metadata["nbgrader"].update(marks)
    return cells


def read_only(root):
    """All that is found without running a student's code."""
    problem_set, flaws = read(tiny.NAME, root)
    usable = tasks.usable(tiny.NAME, root)
    return [*flaws, *(structure(usable) if tasks.can_be_tried(usable) else ()), *freshness(usable, root)]


def test_a_sound_problem_set_has_nothing_to_put_right(tmp_path, processes):
    tiny.write(tmp_path)
    tiny.release(tmp_path)
    found = verify(tiny.NAME, processes, root=tmp_path, progress=False)
    assert found.flaws == ()
    text = report(found)
    assert text.startswith("tiny: nothing to put right\n")
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.startswith("affine")}
    assert rows["affine_forward"][1:5] == ["30", "2", "1/1", "1/1"]
    assert rows["affine_backward"][1:5] == ["50", "2", "2/2", "2/2"]
    assert rows["affine_backward"][-1] in ("db_of_one", "dw_of_ones")
    assert "100 points: 80 for 2 checks, 20 for 1 written answers. Hints: notebook." in text
    for student in tasks.STUDENTS:
        assert f"The solution: 80 of 80 points on the inputs of {student}, graded in " in text
    assert "The empty notebook: 0 of 80 points" in text


CASE = 'Case({"N": 1, "D": 4, "M": 2}, 0.2, "N = 1")'
WRONG_TABLES = {
    "an edit that does not fit": (
        ('("x @ w + b", "x @ w")', '("x * w + b", "x @ w")'),
        (f"{TABLE}, check affine_forward, mistake bias_missing",
         "the text 'x * w + b' exactly once in affine_forward_solution",
         "it 0 times", "change the edit to fit the notebook"),
    ),
    "a mistake in a cell that is not there": (
        ('("x @ w + b", "x @ w"),)', '("x @ w + b", "x @ w"),), "rnn_walk"'),
        (f"{TABLE}, check affine_forward, mistake bias_missing", "a solution cell rnn_walk_solution, which it edits",
         "none", "name another function"),
    ),
    "a check without a mistake": (
        ('(Mistake("bias_missing", "The bias has no influence.", (("x @ w + b", "x @ w"),)),)', "()"),
        (f"{TABLE}, check affine_forward", "at least one mistake", "none", "add a Mistake"),
    ),
    "weights off": (
        ("}, 0.8)", "}, 0.9)"),
        (f"{TABLE}, check affine_forward", "weights of cases that sum to 1", "1.1", "change the weights"),
    ),
    "a weight of nothing": (
        (f"}}, 0.8), {CASE}", f'}}, 1.0), {CASE.replace("0.2", "0.0")}'),
        (f"{TABLE}, check affine_forward, cases", "weights above 0", "a case without weight", "change the weights"),
    ),
    "no case of one example": (
        (CASE, CASE.replace('"N": 1', '"N": 2')),
        (f"{TABLE}, check affine_forward, cases", "a case with N = 1", "none",
         'add Case({..., "N": 1}, 0.15, "N = 1")'),
    ),
    "equal sizes": (
        ('"M": 5}, 0.8), Case({"N": 1, "D": 4, "M": 2}', '"M": 4}, 0.8), Case({"N": 1, "D": 2, "M": 2}'),
        (f"{TABLE}, check affine_forward, cases", "a case in which D and M differ", "D = M in all of them", "unequal"),
    ),
    "a row in the wrong place": (
        ('needs=("affine_forward",)', 'needs=("affine_sideways",)'),
        (f"{TABLE}, check affine_backward", "affine_sideways before it, which it needs", "no such row there", "order"),
    ),
    "a row without a cell": (
        ('name="affine_backward"', 'name="affine_sideways"'),
        (f"{TABLE}, check affine_sideways", "a graded cell with this grade_id", "none", f"add it to {NOTEBOOK}"),
    ),
    "a row without a solution": (
        ('name="affine_backward"', 'name="affine_sideways"'),
        (f"{TABLE}, check affine_sideways", "a solution cell affine_sideways_solution", "none",
         f"add it to {NOTEBOOK}"),
    ),
    "a cell without a row": (
        ('name="affine_backward"', 'name="affine_sideways"'),
        (f"{NOTEBOOK}, cell affine_backward", "a row in the table for this graded cell", "none",
         f"add a Check to {TABLE}"),
    ),
    "a row twice": (
        ('name="affine_backward"', 'name="affine_forward"'),
        (f"{TABLE}, check affine_forward", "one row of this name", "another one before it", "rename or drop"),
    ),
    "a cache that is compared": (
        ('("dx", "dw", "db"),\n        cases', '("dx", "dw", "cache"),\n        cases'),
        (f"{TABLE}, check affine_backward", "outputs that can be compared", "cache", "leave the cache out"),
    ),
    "a name twice": (
        ("dw_of_ones", "db_of_one"),
        (f"{TABLE}, check affine_backward, mistake db_of_one", "a name of its own", "another mistake with it",
         "rename"),
    ),
    "a name with a space": (
        ("dw_of_ones", "dw of ones"),
        (f"{TABLE}, check affine_backward, mistake dw of ones", "a name of letters, digits and _", "another", "rename"),
    ),
    "a hint that does not end": (
        ("no influence.", "no influence"),
        (f"{TABLE}, check affine_forward, mistake bias_missing", "a hint of sentences", "no influence'", "full stop"),
    ),
    "a hint that gives it away": (
        ("The bias has no influence.", "Write out = x @ w + b."),
        (f"{TABLE}, check affine_forward, mistake bias_missing", "a hint that says where to look",
         "the solution's line 'out = x @ w + b'", "reword the hint"),
    ),
    "a choice that does not exist": (
        ("CHECKS = (", 'HINTS = "never"\nCHECKS = ('),
        (f"{TABLE}, HINTS", 'one of "notebook", "feedback", "off"', "'never'", "choose who sees hints"),
    ),
}  # fmt: skip

WRONG_NOTEBOOKS = {
    "a point missing": (
        lambda: tiny.cells((30, 49, 20)),
        (NOTEBOOK, "points of all graded cells that sum to 100", "99 (79 for checks, 20 for written answers)",
         f"change points in the notebook, or say TOTAL = 99 in {TABLE}"),
    ),
    "a cell without points": (
        lambda: tiny.cells((0, 80, 20)),
        (f"{NOTEBOOK}, cell affine_forward", "points above 0", "0", "give it points"),
    ),
    "another text in the check's cell": (
        lambda: notebook(2, ("check(affine_forward)", "check(affine_backward)")),
        (f"{NOTEBOOK}, cell affine_forward", "the text check(affine_forward)", "'check(affine_backward)'", "text"),
    ),
    "an open check": (
        lambda: notebook(2, locked=False),
        (f"{NOTEBOOK}, cell affine_forward", "a locked cell", "one that students can change", "Autograder tests"),
    ),
    "a locked solution": (
        lambda: notebook(1, locked=True),
        (f"{NOTEBOOK}, cell affine_forward_solution", "a cell that students edit", "another kind", "Autograded answer"),
    ),
    "a check in another place": (
        lambda: [c for i, c in enumerate(tiny.cells()) if i != 2] + [tiny.cells()[2]],
        (f"{NOTEBOOK}, cell affine_forward", "it right after affine_forward_solution", "another place",
         "move the cell"),
    ),
    "no marks": (
        lambda: notebook(1, ("    ### END SOLUTION\n", "")),
        (f"{NOTEBOOK}, cell affine_forward_solution", "### BEGIN SOLUTION and ### END SOLUTION", "missing", "put them"),
    ),
    "marks that nbgrader does not take": (
        lambda: notebook(1, ("    ### END SOLUTION\n", "")),
        (NOTEBOOK, "a notebook that nbgrader can release", "no end solution statement found", "marks in order"),
    ),
    "two functions in a cell": (
        lambda: notebook(1, ("def affine_forward", "def helper():\n    pass\n\n\ndef affine_forward")),
        (f"{NOTEBOOK}, cell affine_forward_solution", "affine_forward alone", "helper, affine_forward", "one function"),
    ),
    "an expression returned": (
        lambda: notebook(3, ("return dx, dw, db", "return dx, dw, 1 * db")),
        (f"{NOTEBOOK}, cell affine_backward_solution", "return with names only", "1 * db", "names"),
    ),
    "a stub without its function": (
        lambda: notebook(1, ("    ### BEGIN SOLUTION\n", ""), ("def affine", "### BEGIN SOLUTION\ndef affine")),
        (f"{NOTEBOOK}, cell affine_forward_solution", "a stub that begins def affine_forward(x, w, b)", "not Python",
         "outside the solution marks"),
    ),
    "no rubric": (
        lambda: notebook(5, ("**Rubric (20 points).** The sum 10, why 10.", "")),
        (f"{NOTEBOOK}, cell written_bias", "**Rubric (20 points).** and what earns how many points", "none", "rubric"),
    ),
    "a rubric of other points": (
        lambda: notebook(5, ("(20 points)", "(12 points)")),
        (f"{NOTEBOOK}, cell written_bias", "**Rubric (20 points).** and what earns how many points", "none", "rubric"),
    ),
    "no model answer": (
        lambda: notebook(5, ("The bias is used N times.", "")),
        (f"{NOTEBOOK}, cell written_bias", "a model answer before the rubric", "none", "write down"),
    ),
    "an answer that students would read": (
        lambda: notebook(5, ("### BEGIN SOLUTION\n", "In short:\n### BEGIN SOLUTION\n")),
        (f"{NOTEBOOK}, cell written_bias", "everything between", "text outside them", "students would read it"),
    ),
}  # fmt: skip


def told(flaws, where, expected, found, todo):
    """Whether one of the flaws says all of it."""
    return any(
        f.where == where and expected in f.expected and found in f.found and todo in f.todo for f in flaws
    ), "\n".join(map(str, flaws))


@pytest.mark.parametrize("name", WRONG_TABLES)
def test_a_fault_in_the_table_is_told(name, tmp_path):
    edit, words = WRONG_TABLES[name]
    tiny.write(tmp_path, table=table(edit))
    was_told, flaws = told(read_only(tmp_path), *words)
    assert was_told, flaws


@pytest.mark.parametrize("name", WRONG_NOTEBOOKS)
def test_a_fault_in_the_notebook_is_told(name, tmp_path):
    cells, words = WRONG_NOTEBOOKS[name]
    tiny.write(tmp_path, cells())
    was_told, flaws = told(read_only(tmp_path), *words)
    assert was_told, flaws


def test_another_total_is_the_instructors_choice(tmp_path):
    tiny.write(tmp_path, tiny.cells((30, 49, 20)), table(("CHECKS = (", "TOTAL = 99\nCHECKS = (")))
    tiny.release(tmp_path)
    flaws = [f for f in read_only(tmp_path) if "Rubric" not in f.expected]
    assert flaws == []


RELEASED = "assignments/tiny/tiny.ipynb"


def test_what_was_released_is_compared_with_the_solution(tmp_path):
    tiny.write(tmp_path)
    (nothing,) = read_only(tmp_path)
    assert (nothing.where, nothing.found) == ("assignments/tiny", "none")
    assert nothing.todo == "run make release PS=tiny and commit assignments/"
    tiny.release(tmp_path)
    assert read_only(tmp_path) == []
    path = tmp_path / RELEASED
    text = path.read_text()
    path.write_text(text.replace("affine_forward(x, w, b):", "affine_forward(x, w):"))
    (stub,) = read_only(tmp_path)
    assert stub.where == f"{RELEASED}, cell affine_forward_solution"
    assert stub.expected == "a stub that begins def affine_forward(x, w, b)"
    assert stub.found == "def affine_forward(x, w)"
    path.write_text(text.replace("check(affine_forward)", "check(affine)"))
    (cell,) = read_only(tmp_path)
    assert (cell.where, cell.found) == (RELEASED, "another cell affine_forward")
    (tmp_path / "assignments" / "tiny" / "expected.h5").unlink()
    path.write_text(text)
    (numbers,) = read_only(tmp_path)
    assert (numbers.where, numbers.found) == ("assignments/tiny/expected.h5", "no such file")


@pytest.mark.parametrize("change", [("standard_normal(M)", "random(M)"), ("no influence", "no effect")])
def test_a_stale_file_of_expected_outputs_is_told(change, tmp_path):
    tiny.write(tmp_path)
    tiny.release(tmp_path)
    (tmp_path / TABLE).unlink()
    tiny.write(tmp_path / "changed", table=table(change))
    (tmp_path / "assignments").rename(tmp_path / "changed" / "assignments")
    (fault,) = read_only(tmp_path / "changed")
    assert fault.where == "assignments/tiny/expected.h5"
    assert fault.found == "other inputs, outputs, mistakes or hints than a release would write now"


MORE = """
            Mistake("changes_nothing", "Nothing is wrong.", (("out = x @ w + b", "out = x @ w + b + 0 * x[0, 0]"),)),
            Mistake("doubled", "Twice as much.", (("cache = (x, w)", "out, cache = 2 * out, (2 * x, w)"),)),
            Mistake("twin", "The bias is missing here too.", (("x @ w + b", "x @ w + 0 * b"),)),
            Mistake("elsewhere", "This is another function.", (("dout @ w.T", "dout @ w.T * 2"),), "affine_backward"),
        """


def test_what_only_shows_when_mistakes_are_graded(tmp_path, processes):
    one = '(("x @ w + b", "x @ w"),)),)'
    more = table((one, one[:-1] + MORE + ")"), ('        needs=("affine_forward",),\n', ""))
    tiny.write(tmp_path, table=more)
    tiny.release(tmp_path)
    found = verify(tiny.NAME, processes, root=tmp_path, progress=False)
    by_mistake = {f.where.rpartition(" ")[2]: [] for f in found.flaws}
    for fault in found.flaws:
        by_mistake[fault.where.rpartition(" ")[2]].append(fault)
    assert {"changes_nothing", "doubled", "twin", "bias_missing", "elsewhere"} == set(by_mistake)
    (nothing,) = by_mistake["changes_nothing"]
    assert nothing.expected == "outputs that differ from the solution's"
    assert nothing.found == "the same outputs in every case"
    (other,) = by_mistake["doubled"]
    assert other.expected == "points lost in affine_forward alone"
    assert other.found.startswith("affine_backward failed, ")
    assert other.todo == "say in the row affine_backward what it needs (needs, swap), or choose a narrower edit"
    for name in ("twin", "bias_missing"):
        (twin,) = by_mistake[name]
        assert twin.expected == "its own name" and twin.found.startswith(("no name", "the name "))
        assert twin.todo == "merge mistakes with the same outputs, or add a case that tells them apart"
    (elsewhere,) = by_mistake["elsewhere"]
    assert elsewhere.expected == "a check whose call reaches affine_backward, which is edited"
    text = report(found)
    assert text.startswith(f"tiny: {len(found.flaws)} things to put right\n\n1. {TABLE}, check affine_forward")
    assert "   expected: points lost in affine_forward alone\n   found:    affine_backward failed" in text
    row = next(line.split() for line in text.splitlines() if line.startswith("affine_forward"))
    assert row[1:5] == ["30", "2", "3/5", "0/5"]


def test_a_result_that_does_not_fit_a_mistake_is_told(tmp_path):
    tiny.write(tmp_path)
    problem_set = load(tiny.NAME, tmp_path)
    check = problem_set.checks[0]
    (made,) = check.mistakes
    passed = Verdict(check.name, PASSED, 30.0, 30.0, "", "", (), 1)
    result = Result(tiny.NAME, 30.0, 30.0, "bubblewrap", (passed,), ())
    (fault,) = judging.mistake(problem_set, check, made, result)
    assert (fault.expected, fault.found) == ("points to be lost", "affine_forward passed, 30 of 30 points")
    failed = Verdict(check.name, "failed", 10.0, 30.0, "Another hint.", made.name, (), 1)
    (fault,) = judging.mistake(problem_set, check, made, Result(tiny.NAME, 10.0, 30.0, "bubblewrap", (failed,), ()))
    assert (fault.expected, fault.found) == ("its own hint", "'Another hint.'")
    late = Verdict(check.name, "timed_out", 10.0, 30.0, "It took too long.", "", (), 1)
    (fault,) = judging.mistake(problem_set, check, made, Result(tiny.NAME, 10.0, 30.0, "bubblewrap", (late,), ()))
    assert (fault.expected, fault.found) == (
        "a check that fails",
        "affine_forward timed out, 10 of 30 points: It took too long.",
    )


def test_a_solution_whose_gradient_is_wrong_is_told(tmp_path, processes):
    tiny.write(tmp_path, notebook(3, ("dw = x.T @ dout", "dw = 2 * x.T @ dout")))
    tiny.release(tmp_path)
    found = verify(tiny.NAME, processes, root=tmp_path, quick=True, progress=False)
    (fault,) = found.flaws
    assert fault.where == f"{NOTEBOOK}, cell affine_backward_solution"
    assert fault.expected == "dw to be the numerical gradient with respect to w"
    assert fault.found == "error 5.0e-01"


def test_a_solution_that_stops_is_told_and_nothing_is_graded(tmp_path, processes):
    tiny.write(tmp_path, notebook(1, ("cache = (x, w)", "cache = (x, w)\n    assert len(x) > 1, 'one example'")))
    found = verify(tiny.NAME, processes, root=tmp_path, quick=True, progress=False)
    assert {f.where for f in found.flaws} == {f"{TABLE}, check affine_{way}" for way in ("forward", "backward")}
    assert {f.found for f in found.flaws} == {"AssertionError: one example"}
    assert "Nothing was graded: put this right first, and verify again." in report(found)


def test_a_stub_with_points_and_a_solution_without_are_told(tmp_path, processes):
    """A solution outside the marks; and one that is right on its first call only."""
    done = ("    return out, cache", "    return out, cache\n\n\n### BEGIN SOLUTION\nDONE = 1\n### END SOLUTION")
    cells = notebook(1, ("    ### BEGIN SOLUTION\n", ""), ("    ### END SOLUTION\n", ""), done)
    tiny.write(
        tmp_path,
        cells,
        table(("rng.standard_normal(M)}", "np.random.default_rng().random(M)}"), ("from", "import numpy as np\nfrom")),
    )
    found = verify(tiny.NAME, processes, root=tmp_path, quick=True, progress=False)
    stub = [f for f in found.flaws if f.expected == "no points for the stub, since it is not written yet"]
    assert [f.where for f in stub] == [f"{NOTEBOOK}, cell affine_forward_solution"]
    assert stub[0].found.startswith("affine_forward passed, 30 of 30 points")


def test_a_solution_that_is_not_repeatable_is_told(tmp_path, processes):
    tiny.write(tmp_path, notebook(1, ("out = x @ w + b", "out = x @ w + b + np.random.default_rng().random()")))
    found = verify(tiny.NAME, processes, root=tmp_path, quick=True, progress=False)
    for student in tasks.STUDENTS:
        (fault,) = [f for f in found.flaws if f.expected == f"full points for the solution on the inputs of {student}"]
        assert fault.where == f"{TABLE}, check affine_forward"
        assert fault.found.startswith("affine_forward failed, 0 of 30 points")
        assert f"--file {NOTEBOOK} --only affine_forward --seed " in fault.todo


def test_numbers_that_are_not_finite_are_told(tmp_path, processes):
    tiny.write(tmp_path, table=table(('"b": rng.standard_normal(M)', '"b": rng.standard_normal(M) / 0')))
    with np.errstate(all="ignore"):
        found = verify(tiny.NAME, processes, root=tmp_path, quick=True, progress=False)
    fault = next(f for f in found.flaws if f.expected == "finite numbers from the solution")
    assert fault.where == f"{TABLE}, check affine_forward"
    assert fault.found == "nan or infinity in out, for {'N': 3, 'D': 4, 'M': 5}"


def test_a_table_that_is_no_python_is_told(tmp_path, processes):
    tiny.write(tmp_path, table="CHECKS = (")
    (fault,) = verify(tiny.NAME, processes, root=tmp_path, progress=False).flaws
    assert fault.where == f"{TABLE} and its notebook" and fault.found.startswith("SyntaxError: ")
    tiny.write(tmp_path / "other", table=tiny.TABLE.replace(", Mistake\n", "\n"))
    (fault,) = verify(tiny.NAME, processes, root=tmp_path / "other", progress=False).flaws
    assert re.fullmatch(r"NameError: name 'Mistake' is not defined \(line \d+ of tiny.py\)", fault.found)
    with pytest.raises(ValueError, match="no problem set 'ps9'; |no problem set 'ps9': expected"):
        verify("ps9", processes, root=tmp_path, progress=False)


def test_grading_refuses_what_is_told(tmp_path):
    tiny.write(tmp_path, table=table(("}, 0.8)", "}, 0.9)")))
    with pytest.raises(ValueError, match="check affine_forward: expected weights of cases that sum to 1, found 1.1"):
        load(tiny.NAME, tmp_path)


def test_the_command_says_what_is_wrong_and_ends_in_its_status(tmp_path, processes, monkeypatch, capsys):
    tiny.write(tmp_path)
    tiny.release(tmp_path)
    monkeypatch.setattr(verifying, "verify", functools.partial(verify, root=tmp_path))
    assert main(["verify", "tiny", "--quick", "--jobs", "1"]) == 0
    assert "tiny: nothing to put right" in capsys.readouterr().out
    assert main(["verify", "tiny", "--only", "affine_forward", "--jobs", "1"]) == 0
    rows = {line.split()[0]: line.split()[3:5] for line in capsys.readouterr().out.splitlines() if "affine" in line}
    assert rows == {"affine_forward": ["1/1", "1/1"], "affine_backward": ["-", "-"]}
    assert main(["verify", "tiny", "--only", "affine", "--jobs", "1"]) == 1
    assert "tiny has no check named affine; it has affine_forward, affine_backward" in capsys.readouterr().err
    (tmp_path / RELEASED).unlink()
    assert main(["verify", "tiny", "--quick", "--jobs", "1"]) == 1
    out = capsys.readouterr().out
    assert "tiny: 1 thing to put right\n\n1. assignments/tiny\n   expected: a release\n   found:    none" in out


def test_several_sets_end_in_a_summary(tmp_path):
    sound, wrong = verifying.Verification("ps1", ()), verifying.Verification("ps2", (None,))
    assert summary([sound, wrong]) == "ps1: ok\nps2: 1 to put right"


@pytest.mark.parametrize("name", names())
def test_the_problem_sets_here_are_in_order(name):
    assert [str(fault) for fault in structure(load(name))] == []
