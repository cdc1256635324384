"""Unusual likeness: copies come first, whatever was renamed; honest work, stubs and the reference stay below."""

import ast
import csv
import io
import json
import re
import shutil
import sys

import pytest

from autograder.classroom import grading, similarity
from autograder.problem_set import ROOT, load

PS = "ps1_rnn"
PROBLEM_SET = load(PS)
RELEASED = grading.released_notebook(PS)
HONEST = sorted((ROOT / "tests" / "honest" / PS).glob("*.py"))


def cells_of(text):
    """A whole hand-in as (grade_id, text) of its cells: one for each function, and one of the student's own."""
    lines, cells, own = text.splitlines(), [], []
    for node in ast.parse(text).body:
        source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if getattr(node, "name", "") in PROBLEM_SET.points:
            cells.append((f"{node.name}_solution", source))
        else:
            own.append(source)
    return [*cells, ("", "\n".join(own))]


def renamed(source):
    """The same code under other names, with other comments and blank lines, in another layout."""
    words = {"dx": "grad", "out": "result", "h": "hidden", "dWx": "gWx", "x": "inputs", "t": "step", "mask": "valid"}
    for old, new in words.items():
        source = re.sub(rf"(?<![.\w]){old}\b", new, source)
    lines = [line for line in source.split("\n") if not line.strip().startswith("#")]
    return "# my own work\n\n" + "\n\n".join(f"{line}  # of course" if line.endswith(")") else line for line in lines)


@pytest.fixture(scope="module")
def honest():
    return {path.stem: cells_of(path.read_text(encoding="utf-8")) for path in HONEST}


def compared(sources, **options):
    return similarity.compare(sources, PROBLEM_SET, RELEASED, **options)


def test_a_renamed_copy_is_first_and_far_above_honest_work(honest):
    copy = [(name, renamed(source)) for name, source in honest["objects"]]
    found = compared({**honest, "zz_copy": copy}, top=200)
    assert found.pairs[0].students == ("objects", "zz_copy")
    assert all(alike.share == 1.0 for alike in found.pairs[0].functions)
    assert len(found.pairs[0].functions) >= 8
    assert found.pairs[0].unusual > 2 * found.pairs[1].unusual


def test_one_copied_function_is_found_too(honest):
    name = "rnn_backward_solution"
    copied = renamed(dict(honest["objects"])[name])
    cells = [(cell, copied if cell == name else source) for cell, source in honest["einsum"]]
    found = compared({**honest, "einsum": cells}, top=5)
    assert found.single[0].students == ("einsum", "objects")
    alike = found.single[0].functions[0]
    assert (alike.function, alike.share) == (name, 1.0)
    assert f"{similarity.SINGLE}\n" in similarity.as_text(found)


def test_no_function_of_honest_work_is_nearly_the_same_by_itself(honest):
    listed = compared(honest, top=5)
    assert len(listed.single) <= 2  # two wrote the one-liner in the same way


def test_honest_solutions_are_not_among_the_copies(honest):
    copies = {f"{style}_copy": [(n, renamed(s)) for n, s in honest[style]] for style in ("objects", "functional")}
    found = compared({**honest, **copies}, top=2)
    assert {p.students for p in found.pairs} == {("objects", "objects_copy"), ("functional", "functional_copy")}


def test_stubs_alone_are_not_alike(honest):
    stubs = [
        (cell["metadata"]["nbgrader"]["grade_id"], "".join(cell["source"]))
        for cell in RELEASED["cells"]
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade_id")
    ]
    assert compared({"ada": stubs, "bob": stubs}).pairs == ()
    found = compared({"ada": stubs, "bob": stubs, **honest}, top=500)
    assert not [p for p in found.pairs if {"ada", "bob"} & set(p.students)]


def test_who_both_wrote_the_reference_solution_are_not_named():
    cells = list(PROBLEM_SET.reference.cells.items())
    assert compared({"ada": cells, "bob": cells}).pairs == ()


def test_two_submissions_are_enough(honest):
    copy = [(name, renamed(source)) for name, source in honest["objects"]]
    assert len(compared({"ada": honest["objects"], "bob": copy}).pairs[0].functions) >= 8


def test_the_order_of_students_does_not_matter(honest):
    first = compared(honest)
    second = compared(dict(reversed(honest.items())))
    assert first == second


def test_code_that_does_not_parse_is_compared_as_far_as_it_goes(honest):
    broken = [(name, source + "\n)))\n'''never closed") for name, source in honest["objects"]]
    found = compared({**honest, "zz_copy": broken})
    assert found.pairs[0].students == ("objects", "zz_copy")


@pytest.fixture(scope="module")
def course(tmp_path_factory, honest):
    """Submissions as files: four of honest work, a copy, a file that is no notebook, and an empty folder."""
    root = tmp_path_factory.mktemp("course")
    students = {"ada": "objects", "bob": "einsum", "cid": "recursive", "dan": "functional"}
    hand_ins = {student: dict(honest[style]) for student, style in students.items()}
    hand_ins["eve"] = {name: renamed(source) for name, source in hand_ins["ada"].items()}
    for student, sources in hand_ins.items():
        nb = json.loads(json.dumps(RELEASED))
        for cell in nb["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            cell["source"] = sources.get(name, cell["source"]) if name else cell["source"]
        folder = root / "submitted" / student / PS
        folder.mkdir(parents=True)
        (folder / f"{PS}.ipynb").write_text(json.dumps(nb), encoding="utf-8")
    broken = root / "submitted" / "fay" / PS
    shutil.copytree(root / "submitted" / "bob" / PS, broken)
    (broken / f"{PS}.ipynb").write_text("{")
    (root / "submitted" / "gus" / PS).mkdir(parents=True)
    return root


def test_a_class_as_text_and_as_a_spreadsheet(course, tmp_path):
    said = similarity.command(course, PS, tmp_path / "alike.csv", top=3)
    assert said.startswith("ps1_rnn: 5 submissions, 10 pairs; half of the pairs are below ")
    assert similarity.WARNING in said
    assert "Likeness is no proof" in said
    assert re.search(r"^ +\d+\.\d  ada and eve +.*rnn_backward 100% \(1 in 15\)", said, re.MULTILINE)
    assert "- fay is left out: " in said
    assert f"- gus is left out: {PS}.ipynb was expected; the folder holds nothing." in said
    assert said.endswith(f"The same as a spreadsheet: {tmp_path / 'alike.csv'}")
    rows = list(csv.DictReader((tmp_path / "alike.csv").open(encoding="utf-8")))
    first = rows[0]
    assert (first["rank"], first["student"], first["other_student"]) == ("1", "ada", "eve")
    assert (first["common_text"], first["pairs_so_alike"]) == ("1.000", "0.067")
    assert {row["function"] for row in rows} <= {*PROBLEM_SET.points, similarity.OWN_CELLS, ""}


def test_nobody_is_alike_in_words():
    cells = list(PROBLEM_SET.reference.cells.items())
    found = compared({"ada": cells, "bob": cells})
    assert "No two submissions are alike beyond the released text and the reference solution." in similarity.as_text(
        found
    )


def test_the_spreadsheet_holds_no_formula(honest):
    found = compared({"=HYPERLINK(1)": honest["objects"], "@bob": honest["objects"], **honest}, top=1)
    row = list(csv.reader(io.StringIO(similarity.as_csv(found))))[1]
    assert not [cell for cell in row if cell.startswith(("=", "@", "+"))]


def test_one_submission_is_too_few(honest):
    with pytest.raises(ValueError, match="at least two submissions that can be read were expected; found 1"):
        compared({"ada": honest["objects"]})


def test_without_rapidfuzz_a_sentence_says_how_to_get_it(honest, monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    with pytest.raises(RuntimeError, match="needs RapidFuzz: pip install rapidfuzz"):
        compared(honest)
