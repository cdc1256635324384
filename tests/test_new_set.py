"""A new problem set works as it is made, so that an instructor starts from something that does."""

import json

import nbformat
import pytest

from autograder.__main__ import main
from autograder.jail import Jail, JailUnavailable
from autograder.new_set import TEMPLATE, new_set
from autograder.problem_set import names, read
from autograder.release import write_expected
from autograder.verify import tasks, verify
from autograder.verify.freshness import fresh
from unroll.expected import FILE

NAME = "ps7_leaky"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a new problem set, released."""
    root = tmp_path_factory.mktemp("new")
    new_set(NAME, "Problem set 7: leaks", root)
    folder = root / "assignments" / NAME
    folder.mkdir(parents=True)
    problem_set, _ = read(NAME, root)
    nbformat.write(fresh(problem_set), folder / f"{NAME}.ipynb")
    write_expected(problem_set, folder / FILE)
    return root


def test_it_has_nothing_to_put_right(made):
    try:
        with Jail():
            pass
    except JailUnavailable as error:
        pytest.skip(str(error))
    with tasks.pool(1) as processes:
        found = verify(NAME, processes, root=made, progress=False)
    assert [str(flaw) for flaw in found.flaws] == []
    problem_set, flaws = read(NAME, made)
    assert flaws == [] and names(made) == [NAME]
    assert problem_set.points == {"leaky_forward": 30, "leaky_backward": 40} and problem_set.written == {
        "written_memory": 30
    }
    assert all(check.mistakes for check in problem_set.checks)


def test_the_notebook_is_as_jupyter_writes_it_and_has_the_title(made):
    path = made / "solutions" / NAME / f"{NAME}.ipynb"
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    assert path.read_text() == json.dumps(json.loads(path.read_text()), indent=1, ensure_ascii=False) + "\n"
    assert nb.cells[0].source.startswith("# Problem set 7: leaks\n")
    assert "TITLE" not in path.read_text() + (made / "autograder" / "checks" / f"{NAME}.py").read_text()
    assert not any(cell.get("outputs") for cell in nb.cells)
    table = "".join(cell.source for cell in nb.cells if "| part | points |" in cell.source)
    assert all(f"| {points} |" in table for points in (30, 40, 30))


def test_without_a_title_it_has_its_name(tmp_path):
    notebook, table = new_set(NAME, root=tmp_path)
    assert f"# {NAME}" in notebook.read_text() and table.read_text().startswith(f'"""Checks of {NAME}:')
    assert (TEMPLATE / "table.py").read_text().replace("TITLE", NAME) == table.read_text()


@pytest.mark.parametrize(
    ("name", "title", "sentence"),
    [
        ("ps7-leaky", "", "expected a name like ps7_attention, found 'ps7-leaky'; use small letters, digits and _"),
        ("../ps7", "", "expected a name like ps7_attention"),
        (NAME, 'a "title"', "expected a title on one line without quotes and backslashes, found 'a \"title\"'"),
        (NAME, "two\nlines", "expected a title on one line"),
    ],
)
def test_names_and_titles_that_do_not_fit_are_refused(tmp_path, name, title, sentence):
    with pytest.raises(ValueError) as refused:
        new_set(name, title, tmp_path)
    assert str(refused.value).startswith(sentence)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path):
    notebook, table = new_set(NAME, root=tmp_path)
    notebook.unlink()
    table.write_text("mine")
    with pytest.raises(ValueError, match=f"autograder/checks/{NAME}.py is there already; choose another name"):
        new_set(NAME, root=tmp_path)
    assert table.read_text() == "mine" and not notebook.exists()


def test_the_command_refuses_a_set_that_is_there(capsys):
    assert main(["new-set", "ps1_rnn"]) == 1
    assert capsys.readouterr().err == (
        "error: solutions/ps1_rnn/ps1_rnn.ipynb is there already; choose another name, or edit it\n"
    )
