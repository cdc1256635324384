"""results.json as Gradescope documents it. Every text is marked as plain text, so nothing in it is rendered."""

from __future__ import annotations

from typing import Any

from autograder.check import Result, Verdict
from autograder.classroom import record
from autograder.problem_set import ProblemSet
from autograder.submission.plain_text import one_line

SETTINGS = "gradescope.json"  # in the zip: problem_set, visibility, allow_no_isolation
FAULT_FILE = "fault.json"  # in the zip: `fault()`, for run_autograder where there is no Python to write it
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
PLAIN = {
    "output_format": "text",  # the default of the whole submission's output is a kind of HTML
    "test_output_format": "text",
    "test_name_format": "text",
    "stdout_visibility": "hidden",
}
FAULT = (
    "Your submission could not be graded, and that is no fault of yours: the autograder itself failed. There is no "
    "score yet. Course staff see the reason and will grade it again; you need not submit again."
)
LATER = "Your notebook was read and graded. Course staff decide when the results are shown."


def graded(result: Result, problem_set: ProblemSet, visibility: str) -> dict[str, Any]:
    """The document of a graded submission; its score is the sum of the tests' scores."""
    hints = shows_hints(problem_set, visibility)
    return {
        **PLAIN,
        "output": _overall(result, problem_set, visibility),
        "extra_data": {"problem_set": result.problem_set, "sandbox": result.sandbox, "flags": list(result.flags)},
        "tests": [_test(i, verdict, visibility, hints) for i, verdict in enumerate(result.checks, 1)],
    }


def refused(sentence: str, max_points: float) -> dict[str, Any]:
    """The document of a submission that cannot be read: no points, and what to do about it."""
    output = f"Nothing was graded, so this counts as 0 points until you submit again. {one_line(sentence, 2_000)}"
    test = {
        "name": "Reading the submission",
        "score": 0.0,
        "max_score": max_points,
        "status": "failed",
        "output": output,
        "visibility": "visible",
    }
    return {**PLAIN, "output": output, "tests": [test]}


def fault() -> dict[str, Any]:
    """The document of a submission on which the grader failed: deliberately without any score."""
    test = {"name": "Grading", "status": "failed", "output": "The autograder itself failed: no score yet."}
    return {**PLAIN, "output": FAULT, "tests": [{**test, "visibility": "visible"}]}


def shows_hints(problem_set: ProblemSet, visibility: str) -> bool:
    """Whether students read hints here. Checks that are visible at once may be tried again and again, as in class."""
    return problem_set.hints == "notebook" or (problem_set.hints == "feedback" and visibility != "visible")


def _test(number: int, verdict: Verdict, visibility: str, hints: bool) -> dict[str, Any]:
    text = record.verdict_text(verdict)
    points = record.points(verdict)
    return {
        "name": verdict.name,
        "number": str(number),
        "score": points,
        "max_score": verdict.max_points,
        "status": "passed" if points >= verdict.max_points else "failed",
        "output": text if hints else record.without_hints(text),
        "output_format": "text",
        "name_format": "text",
        "visibility": visibility,
        "extra_data": {"status": verdict.status, "seed": verdict.seed},
    }


def _overall(result: Result, problem_set: ProblemSet, visibility: str) -> str:
    if visibility == "visible":
        lines = [f"{result.points:g} of {result.max_points:g} points in {len(result.checks)} automatic checks."]
    else:
        lines = [LATER]  # the sum would tell what the hidden checks are to hide
    if problem_set.written:
        lines.append(
            f"Written answers ({', '.join(problem_set.written)}; {sum(problem_set.written.values()):g} points) are "
            "graded by a person and are no part of this score."
        )
    if result.flags:
        lines += ["", "For course staff to look at:", *(f"- {one_line(flag, 400)}" for flag in result.flags)]
    if result.sandbox == "none":
        lines += ["", record.UNSAFE]
    return "\n".join(lines)
