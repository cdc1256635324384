"""Reading strangers' notebooks: what is refused, with which sentence; what is tolerated; what is put back."""

import json
import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.submission import Unreadable, from_notebook, json_file, load, notebook, read
from autograder.submission.plain_text import one_line, plain
from autograder.submission.restore import PUT_BACK, restore


def code(source, **fields):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **fields}


def document(*cells, **fields):
    metadata = {"kernelspec": {"name": "python3", "language": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells), **fields}


@pytest.fixture
def written(tmp_path):
    """Write bytes, text or a document as a notebook file; the path."""

    def write(content, name="ps.ipynb"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
        return path

    return write


REFUSED = {
    "empty": ("", "is empty"),
    "cut off": (json.dumps(document(code("x = 1")))[:60], "line 1, column"),
    "git conflict": ('{"cells": [\n<<<<<<< HEAD\n', "unresolved git merge"),
    "a list": ("[]", "holds a list"),
    "another document": ({"data": 1}, "no list of cells"),
    "format 5": (document(nbformat=5), "format 4 was expected; this one says 5"),
    "format 'four'": (document(nbformat="four"), "this one says 'four'"),
    "deep": ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
    "long number": ('{"cells": [], "nbformat": 1' + "0" * 5_000 + "}", "thousands of digits"),
    "number as source": (document(code(3)), "source of cell 1 was expected to be text; it is a int"),
    "list of numbers": (document(code([1, 2])), "source of cell 1 was expected to be text; it is a list"),
    "unknown cell": (document(code("", cell_type="video")), "Cell 1 was expected to be code, markdown or raw"),
    "cell is a number": (document(7), "it is 'int'"),
    "too many cells": (document(*[code("")] * (notebook.MAX_CELLS + 1)), "at most 2,000 cells"),
    "too much text": (document(code("x" * (notebook.MAX_SOURCE + 1))), "at most 2 MB of text"),
    "UTF-16": (json.dumps(document()).encode("utf-16"), "it is UTF-16"),
    "Latin-1": ('{"cells": "caf\xe9"}'.encode("latin-1"), "byte 15 is not"),
    "zip": (b"PK\x03\x04rest", "zip archive"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_with_a_sentence(written, name):
    content, sentence = REFUSED[name]
    with pytest.raises(Unreadable) as refused:
        read(written(content))
    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".") and "\x1b" not in str(refused.value)


def test_refuses_a_large_file_without_reading_it_all(written, monkeypatch):
    monkeypatch.setattr(json_file, "MAX_FILE", 1_000)
    with pytest.raises(Unreadable, match="clear all outputs"):
        read(written("x" * 2_000))


def test_refuses_links_pipes_folders_and_nothing(tmp_path, written):
    original = written(document())
    (tmp_path / "link.ipynb").symlink_to(original)
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name, what in (
        ("link", "a link"),
        ("folder", "a folder"),
        ("pipe", "a special file"),
        ("gone", "No such file"),
    ):
        with pytest.raises(Unreadable, match=what):
            read(tmp_path / f"{name}.ipynb")


@pytest.mark.parametrize(
    ("content", "flag"),
    [
        (b"\xef\xbb\xbf" + json.dumps(document(code("x = 1"))).encode(), "byte order mark"),
        (document(code("x = 1"), metadata=None), "no metadata"),
        (document({"cell_type": "code", "source": "x = 1"}), "Cell 1 has no metadata"),
        (document(code("x = 1"), metadata={"kernelspec": {"language": "R"}}), "saved with a R kernel"),
        ({"cells": [code("x = 1")], "metadata": {}}, "does not say its format"),
        (
            {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]},
            "old format 3",
        ),
        (json.dumps(document(code("x = 1"))).replace("{", '{"nbformat": 4, ', 1), "a key twice ('nbformat')"),
        (json.dumps(document(code("x = 1", metadata={}))).replace("x = 1", "x = 1\\u0000"), "no text may hold"),
        (json.dumps(document(code("x = 1"))).replace("x = 1", "x = 1\\ud800"), "half a surrogate pair"),
    ],
)
def test_tolerates_with_a_flag(written, content, flag):
    submission = read(written(content))
    assert any(flag in f for f in submission.flags), submission.flags
    assert submission.cells[0].source.startswith("x = 1")
    submission.cells[0].source.encode()  # can be stored


def test_a_good_notebook_has_no_flags(written):
    path = written(
        document(code(["a = 1\n", "b = 2"]), {"cell_type": "markdown", "source": "hi", "metadata": {}}, code("c"))
    )
    submission = read(path)
    assert submission.flags == ()
    assert [(cell.index, cell.source) for cell in submission.cells] == [(0, "a = 1\nb = 2"), (2, "c")]


def test_a_plain_file_of_functions_is_one_cell(written):
    submission = read(written("def f():\n    return 1\n", "functions.py"))
    assert [cell.source for cell in submission.cells] == ["def f():\n    return 1\n"]


def test_only_known_fields_survive(written):
    cell = code("x", metadata={"tags": ["<script>"], "nbgrader": {"grade_id": "f", "grade": "yes", "extra": 1}})
    cell["outputs"] = [{"output_type": "display_data", "data": {"text/html": "<script>"}, "metadata": {}}]
    picture = {
        "p.png": {"image/png": "aGk="},
        "s.svg": {"image/svg+xml": "<svg>"},
        '"><script>.png': {"image/png": "aGk="},
    }
    markdown = {
        "cell_type": "markdown",
        "source": "t",
        "metadata": {"x": "<script>"},
        "attachments": picture,
        "id": "<script>",
    }
    nb, flags = load(written(document(cell, markdown, metadata={"title": "<script>", "widgets": {}})))
    nbformat.validate(nb)
    assert "script" not in json.dumps(nb) and "svg" not in json.dumps(nb)
    assert nb["cells"][0]["metadata"]["nbgrader"] == {
        "schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False, "grade_id": "f",
    }  # fmt: skip
    assert list(nb["cells"][1]["attachments"]) == ["p.png"]
    assert flags == []


def test_the_digest_is_of_code_and_ids_alone(written):
    one = read(written(document(code("x", outputs=[]), {"cell_type": "markdown", "source": "a", "metadata": {}})))
    other = read(written(document(code("x", metadata={"collapsed": True}), {"cell_type": "raw", "source": "b"})))
    assert one.digest == other.digest
    assert one.digest != read(written(document(code("y")))).digest
    assert one.digest != read(written(document(code("x", metadata={"nbgrader": {"grade_id": "f"}})))).digest


# Restoring: nbgrader must be able to take whatever comes out.


def marked(kind, source, grade_id, *, grade=False, solution=False, points=None):
    marks = {"grade": grade, "solution": solution, "locked": not solution, "task": False}
    marks |= {"grade_id": grade_id, "schema_version": 3} | ({"points": points} if grade else {})
    new = new_code_cell if kind == "code" else new_markdown_cell
    return new(source=source, metadata={"nbgrader": marks}, id=grade_id)


@pytest.fixture
def released():
    return new_notebook(
        cells=[
            marked("code", "import numpy as np", "setup"),
            new_markdown_cell("text", id="text"),
            marked("code", "def f():\n    raise NotImplementedError()", "f_solution", solution=True),
            marked("code", "check(f)", "f", grade=True, points=3),
            marked("markdown", "YOUR ANSWER HERE", "written", grade=True, solution=True, points=2),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def without(nb, *ids):
    nb = nbformat.from_dict(json.loads(json.dumps(nb)))
    nb.cells = [cell for cell in nb.cells if cell.id not in ids]
    return nb


def restored(nb, released):
    nb, flags = restore(nb, released)
    return nbformat.from_dict(nb), flags


def ids_of(nb):
    return [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in nb.cells]


def test_an_untouched_notebook_stays_as_it_is(released):
    found, flags = restored(released, released)
    assert flags == []
    assert [c.source for c in found.cells] == [c.source for c in released.cells]


def test_what_a_student_wrote_stays(released):
    nb = without(released)
    nb.cells[2].source = "def f(): return 1"
    nb.cells[4].source = "my answer"
    nb.cells.insert(3, new_code_cell("helper = 1"))
    found, flags = restored(nb, released)
    assert flags == []
    assert [c.source for c in found.cells[2:4]] == ["def f(): return 1", "helper = 1"]
    assert found.cells[5].source == "my answer"


def test_locked_cells_and_points_come_from_the_release(released):
    nb = without(released)
    nb.cells[0].source = "np = None"
    nb.cells[3].source = "3.0"
    nb.cells[3].metadata.nbgrader.update(points=1000, schema_version=1, locked=False)
    found, flags = restored(nb, released)
    assert flags == ["Locked cells were changed, and graded as released: setup, f."]
    assert [c.source for c in found.cells] == [c.source for c in released.cells]
    assert found.cells[3].metadata.nbgrader == released.cells[3].metadata.nbgrader


def test_of_a_doubled_cell_the_last_counts(released):
    nb = without(released)
    nb.cells.insert(3, marked("code", "def f(): return 2", "f_solution", solution=True))
    nb.cells.append(marked("code", "check(f)", "f", grade=True, points=3))
    found, flags = restored(nb, released)
    assert ids_of(found) == ["setup", "", "", "f_solution", "", "written", "f"]
    assert flags == [
        "The cell f_solution appears 2 times; the last one counts.",
        "The cell f appears 2 times; the last one counts.",
    ]
    assert len({cell.id for cell in found.cells}) == len(found.cells)


def test_deleted_cells_are_put_back_in_their_place(released):
    found, flags = restored(without(released, "setup", "f", "written"), released)
    assert ids_of(found) == ["setup", "", "f_solution", "f", "written"]
    assert flags == ["Cells were deleted, and put back as released: setup, f, written."]
    assert found.cells[4].source.endswith(PUT_BACK)  # so that nbgrader does not take it for no answer


def test_a_deleted_solution_cell_is_not_put_back(released):
    nb = without(released, "f_solution")
    nb.cells.insert(1, new_code_cell("def f(): return 1"))
    found, flags = restored(nb, released)
    assert "NotImplementedError" not in "".join(c.source for c in found.cells)
    assert flags == ["Cells are missing; their functions count if another cell defines them: f_solution."]


def test_foreign_marks_and_changed_types(released):
    nb = without(released)
    nb.cells[4] = marked("code", "my answer", "written", grade=True, solution=True, points=2)
    nb.cells.append(marked("code", "1e9", "bonus", grade=True, points=1e9))
    nb.cells.append(new_code_cell("y", metadata={"nbgrader": {"grade": True}}))
    found, flags = restored(nb, released)
    assert found.cells[4].cell_type == "markdown" and found.cells[4].source == "my answer"
    assert ids_of(found)[5:] == ["", ""]
    assert "The cell written was turned from markdown into code; it was turned back." in flags
    assert any("bonus is not part of this problem set" in flag for flag in flags)


def test_read_with_the_release_restores(released, written):
    nb = without(released, "f")
    nb.cells[0].source = "np = None"
    submission = read(written(nbformat.writes(nb)), released)
    assert [cell.source for cell in submission.cells][0] == "import numpy as np"
    assert len(submission.flags) == 2
    assert from_notebook(restore(released, released)[0]).flags == ()


def test_text_for_terminals_is_plain():
    assert plain("\x1b[31mred\x1b[0m\x1b]0;title\x07\r\nline\x00 \u202eevil") == "red\nline evil"
    assert plain("x" * 20, 10).endswith("(cut after 10 characters)")
    assert one_line("a\n  b\tc") == "a b c"
    assert len(one_line("x" * 500, 50)) == 50
