"""A graded demo class, made once and shared by the tests of nbgrader, formgrader and the demo."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.classroom import course, demo, gradebook
from autograder.jail import JailUnavailable


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
