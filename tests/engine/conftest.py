"""Grade texts of Python through the real engine and the real jail."""

import pytest

from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import load
from autograder.verify.grader import SECRET, Grader

__all__ = ["SECRET", "Grader", "grade", "grader", "jail", "ps1", "solutions", "verdict"]


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
