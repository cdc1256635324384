"""Grade texts of Python through the real engine and the real jail."""

from dataclasses import dataclass

import pytest

from autograder import engine
from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import ProblemSet, load
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


@dataclass(frozen=True)
class Grader:
    """Grades a problem set's solution with some functions' texts replaced."""

    problem_set: ProblemSet
    jail: Jail

    @property
    def solutions(self) -> dict[str, str]:
        """function -> the text of its solution cell."""
        cells = self.problem_set.reference.cells
        return {key.removesuffix("_solution"): text for key, text in cells.items() if key.endswith("_solution")}

    def __call__(self, changes=None, only=(), student="tester", **options):
        """The Result; a text of None drops a function."""
        texts = {"setup": self.problem_set.reference.cells["setup"], **self.solutions, **(changes or {})}
        cells = tuple(Cell(i, text, "") for i, text in enumerate(texts.values()) if text is not None)
        submission = Submission(cells, (), "digest")
        outcome = engine.grade(
            submission, self.problem_set, self.jail, student=student, secret=SECRET, only=only, **options
        )
        return outcome.result


@pytest.fixture(scope="session")
def grader(jail):
    """grader(name) -> the Grader of a problem set."""
    return lambda name: Grader(load(name), jail)


@pytest.fixture(scope="session")
def grade(grader):
    return grader("ps1_rnn")


@pytest.fixture(scope="session")
def solutions(grade):
    return grade.solutions


def verdict(result, name):
    return next(v for v in result.checks if v.name == name)
