"""What many tests share: jails, a folder that every user can enter, and a graded demo class."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.classroom import course, demo, gradebook
from autograder.jail import Jail, JailUnavailable


@pytest.fixture(scope="session")
def opened():
    """``opened(level)`` gives the one Jail of that level that all tests share; None is the best one."""
    jails = {}

    def get(level):
        if level not in jails:
            try:
                jails[level] = Jail(level, allow_none=level == "none")
            except JailUnavailable as error:
                pytest.skip(str(error).splitlines()[1].strip())
        return jails[level]

    yield get
    for jail in jails.values():
        jail.close()


@pytest.fixture
def open_folder():
    """A new folder in the system's place for temporary files that every user can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="unroll-test-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@dataclass(frozen=True)
class GradedClass:
    """root: the course's folder. outcomes: by student. Tests that change something work on a copy."""

    root: Path
    outcomes: dict[str, course.Outcome]

    def copy(self, target: Path) -> Path:
        """A course of its own with the same secret, gradebook, results and submissions."""
        shutil.copytree(self.root, target)
        return target


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory) -> GradedClass:
    root = tmp_path_factory.mktemp("course") / "demo"
    demo.build(root)
    try:
        outcomes = course.grade_and_record(root, demo.PROBLEM_SET, progress=False)
    except JailUnavailable as error:
        pytest.skip(str(error))
    gradebook.generate_feedback(root, demo.PROBLEM_SET)
    gradebook.export(root, root / "nbgrader_grades.csv")
    return GradedClass(root, {outcome.student: outcome for outcome in outcomes})


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server of our own."""
    pytest.importorskip("psycopg")
    from tests import postgres

    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.server() as server:
        yield server
