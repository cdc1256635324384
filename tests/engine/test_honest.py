"""Nothing correct is ever failed: whole hand-ins, each in the style of another student, get every point.

tests/honest/<problem set>/<style>.py is one hand-in, run as one cell after the notebook's setup cell. Its docstring
says what is special about its style. All of them are graded on all processors while the tests wait for them one by one.
"""

import ast
from pathlib import Path

import pytest

from autograder import engine
from autograder.check import PASSED
from autograder.problem_set import load, names
from autograder.submission import Cell, Submission
from autograder.verify import tasks
from tests.engine.conftest import SECRET

FOLDER = Path(__file__).resolve().parents[1] / "honest"
FEWEST = 5  # forms of each function
FILES = [(path.parent.name, path.stem) for path in sorted(FOLDER.glob("*/*.py"))]
IDS = [f"{name}-{style}" for name, style in FILES]


def text_of(name: str, style: str) -> str:
    return (FOLDER / name / f"{style}.py").read_text(encoding="utf-8")


def definitions(text: str) -> dict[str, ast.AST]:
    """The functions and classes that a text defines at its top level."""
    return {n.name: n for n in ast.parse(text).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}


def form(definition: ast.AST) -> str:
    """The shape of a definition: what is left of it without the names of variables, docstrings and annotations."""
    for node in ast.walk(definition):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.Name):
            node.id = "_"
        if isinstance(node, ast.arg):
            node.arg, node.annotation = "_", None
    return ast.dump(definition)


def graded(name: str, style: str):
    """The Result of one hand-in. Runs in the pool."""
    problem_set = load(name)
    texts = (problem_set.reference.cells["setup"], text_of(name, style))
    submission = Submission(tuple(Cell(i, text, "") for i, text in enumerate(texts)), (), "digest")
    return engine.grade(submission, problem_set, tasks.own_jail, student=style, secret=SECRET).result


@pytest.fixture(scope="module")
def results(request, jail):
    """(problem set, style) -> a future Result, for all the hand-ins that are tested in this run."""
    here = (item for item in request.session.items if item.path == request.path and hasattr(item, "callspec"))
    wanted = [(p["name"], p["style"]) for p in (item.callspec.params for item in here) if "style" in p]
    with tasks.pool() as pool:
        yield {key: pool.submit(graded, *key) for key in dict.fromkeys(wanted)}


@pytest.mark.parametrize(("name", "style"), FILES, ids=IDS)
def test_a_correct_hand_in_gets_every_point(name, style, results):
    result = results[name, style].result()
    lost = {v.name: (v.status, v.points, v.hint) for v in result.checks if v.status != PASSED}
    assert not lost
    assert result.flags == ()
    assert (result.points, len(result.checks)) == (result.max_points, len(load(name).checks))


@pytest.mark.parametrize(("name", "style"), FILES, ids=IDS)
def test_a_hand_in_is_complete_and_says_its_style(name, style):
    text = text_of(name, style)
    assert set(load(name).points) <= set(definitions(text))
    assert (ast.get_docstring(ast.parse(text)) or "").endswith(".")


@pytest.mark.parametrize(
    ("name", "function"),
    [pytest.param(name, c.name, id=f"{name}-{c.name}") for name in names() for c in load(name).checks],
)
def test_every_function_is_written_in_many_forms(name, function):
    texts = [text_of(folder, style) for folder, style in FILES if folder == name]
    forms = {form(definitions(text)[function]) for text in texts if function in definitions(text)}
    assert len(forms) >= FEWEST
