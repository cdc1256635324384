"""Grade texts of Python through the real engine and the real jail."""

import pytest

from autograder import engine
from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import load
from autograder.submission import Cell, Submission

SECRET = b"a secret for tests, long enough to be one"


@pytest.fixture(scope="session")
def ps1():
    return load("ps1_rnn")


@pytest.fixture(scope="session")
def jail():
    try:
        jail = Jail()
    except JailUnavailable as error:
        pytest.skip(str(error))
    with jail:
        yield jail


@pytest.fixture(scope="session")
def solutions(ps1):
    """function -> the text of its solution cell."""
    cells = ps1.reference.cells
    return {key.removesuffix("_solution"): text for key, text in cells.items() if key.endswith("_solution")}


@pytest.fixture(scope="session")
def grade(ps1, jail, solutions):
    """grade(changes, only=...) -> Result of the solution with some functions' texts replaced (None: dropped)."""

    def run(changes=None, only=(), student="tester", **options):
        texts = {"setup": ps1.reference.cells["setup"], **solutions, **(changes or {})}
        cells = tuple(Cell(i, text, "") for i, text in enumerate(texts.values()) if text is not None)
        submission = Submission(cells, (), "digest")
        return engine.grade(submission, ps1, jail, student=student, secret=SECRET, only=only, **options).result

    return run


def verdict(result, name):
    return next(v for v in result.checks if v.name == name)
