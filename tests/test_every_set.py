"""Every problem set from the released notebook to the gradebook: all points, no points, and one mistake."""

from __future__ import annotations

import nbformat
import pytest

from autograder.check import CARRIED, PASSED
from autograder.classroom import course, demo, gradebook, grading
from autograder.jail import JailUnavailable
from autograder.problem_set import load, names


@pytest.fixture(scope="module", params=names())
def graded(request, tmp_path_factory):
    """The problem set, the course's folder, and the outcomes by student."""
    name = request.param
    problem_set = load(name)
    root = tmp_path_factory.mktemp(name)
    check = problem_set.checks[0]
    members = (
        demo.Member("all", "", demo.nothing),
        demo.Member("none", "", demo.untouched),
        demo.Member("one", "", demo.made(f"{check.name}.{check.mistakes[0].name}")),
    )
    for member in members:
        folder = root / "submitted" / member.student / name
        folder.mkdir(parents=True)
        nbformat.write(demo.notebook(member, problem_set, grading.released_notebook(name)), folder / f"{name}.ipynb")
    try:
        outcomes = course.grade_and_record(root, name, progress=False)
    except JailUnavailable as error:
        pytest.skip(str(error))
    return problem_set, root, {outcome.student: outcome for outcome in outcomes}


def test_the_solution_has_every_point_and_the_stub_none(graded):
    problem_set, _, outcomes = graded
    assert outcomes["all"].result.points == outcomes["all"].result.max_points == problem_set.max_points
    assert [flag for flag in outcomes["all"].result.flags] == []
    assert outcomes["none"].result.points == 0
    hints = {check.hint for check in outcomes["none"].result.checks}
    assert all("not written yet" in hint for hint in hints), hints


def test_one_mistake_is_named_and_costs_its_check_alone(graded):
    problem_set, _, outcomes = graded
    first, *others = outcomes["one"].result.checks
    assert first.mistake == problem_set.checks[0].mistakes[0].name
    assert {check.status for check in others} <= {PASSED, CARRIED}


def test_the_gradebook_has_the_points_and_the_questions(graded):
    problem_set, root, outcomes = graded
    gradebook.export(root, root / "grades.csv")
    lines = (root / "grades.csv").read_text().splitlines()
    columns = lines[0].split(",")
    rows = {row[columns.index("student_id")]: row for row in (line.split(",") for line in lines[1:])}
    for student, outcome in outcomes.items():
        assert float(rows[student][columns.index("score")]) == pytest.approx(outcome.result.points)
        assert float(rows[student][columns.index("max_score")]) == problem_set.max_points + sum(
            problem_set.written.values()
        )
