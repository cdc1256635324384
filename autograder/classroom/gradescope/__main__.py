"""In Gradescope's container: grade the submission and write results.json. run_autograder starts it."""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path

from autograder import whole_file
from autograder.classroom import record
from autograder.classroom.gradescope import results
from autograder.classroom.grading import released_notebook
from autograder.engine import grade
from autograder.jail import Jail, JailUnavailable
from autograder.problem_set import ROOT, course_secret, load
from autograder.submission import Unreadable, read
from autograder.submission.plain_text import one_line


def run(base: Path) -> int:
    """Grade base/submission, write base/results/results.json. Returns the exit status: 1 if the grader is at fault."""
    start = time.monotonic()
    try:
        document, status = _document(base), 0
    except Exception as error:  # a fault of the grader must neither cost points nor look like a grade
        if isinstance(error, JailUnavailable):
            print(f"{error}\nOn Gradescope that is an option of the zip: docs/gradescope.md, Isolation.")
        else:
            print(f"The grader itself failed:\n{traceback.format_exc()}")
        document, status = results.fault(), 1
    document["execution_time"] = round(time.monotonic() - start, 1)
    whole_file.write(base / "results" / "results.json", json.dumps(document, indent=1, allow_nan=False))
    return status


def _document(base: Path) -> dict:
    settings = json.loads((ROOT / results.SETTINGS).read_text(encoding="utf-8"))
    problem_set = load(settings["problem_set"])
    released = released_notebook(problem_set.name)
    try:
        submission = read(find_notebook(base / "submission", problem_set.name), released)
    except Unreadable as error:
        print(error)
        return results.refused(str(error), problem_set.max_points)
    with Jail(allow_none=settings["allow_no_isolation"]) as jail:
        graded = grade(submission, problem_set, jail, student=student_of(base), secret=course_secret(ROOT))
    result = graded.result
    print("\n\n".join(record.verdict_text(verdict) for verdict in result.checks))
    print(f"\n{result.points:g} of {result.max_points:g} points (isolation: {result.sandbox})")
    return results.graded(result, problem_set, settings["visibility"])


def find_notebook(folder: Path, problem_set: str) -> Path:
    """The one notebook that was handed in, in subfolders too if there is none on top. Raises Unreadable."""
    wanted = f"{problem_set}.ipynb"
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".ipynb" and _is_a_students(p, folder))
    found = [p for p in found if p.parent == folder] or found
    named = [p for p in found if p.name == wanted]
    if len(found) == 1 or len(named) == 1:
        return (named or found)[0]
    if not found:
        others = [p for p in sorted(folder.rglob("*")) if p.is_file()]
        holds = ", ".join(one_line(p.name, 60) for p in others[:10]) or "nothing"
        raise Unreadable(f"The notebook {wanted} was expected; the submission holds {holds}. Submit {wanted}.")
    holds = ", ".join(one_line(p.relative_to(folder).as_posix(), 60) for p in found[:10])
    raise Unreadable(f"One notebook, {wanted}, was expected; the submission holds {holds}. Submit only {wanted}.")


def _is_a_students(path: Path, folder: Path) -> bool:
    """Not what Jupyter and macOS leave beside a notebook."""
    return not any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)


def student_of(base: Path) -> str:
    """Whose inputs to draw: the numbers that Gradescope gave the students of this submission."""
    try:
        metadata = json.loads((base / "submission_metadata.json").read_text(encoding="utf-8"))
        return "gradescope " + " ".join(sorted(str(user["id"]) for user in metadata["users"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"submission_metadata.json does not say whose submission this is ({error}); it is graded all the same.")
        return "gradescope"


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
