"""How long a class takes to grade and record: this autograder beside nbgrader's own, in one run, by turns.

    python bench/grading.py [--students 8] [--rounds 3] [--jobs 1]

Both grade the same notebooks: the solution, with one named mistake each but for the first. nbgrader's own autograde
runs every cell in a Jupyter kernel, and `check` cells as they stand; ours runs the functions' cells in the jail, on
the hidden inputs. Both include starting up and writing the gradebook. Prints seconds per submission and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.classroom import demo, grading
from autograder.problem_set import ROOT, load

PROBLEM_SET = "ps1_rnn"
PLAIN_CONFIG = """
import os
c = get_config()
c.CourseDirectory.course_id = "plain"
c.CourseDirectory.root = os.getcwd()
c.CourseDirectory.source_directory = {source!r}
c.ExecutePreprocessor.timeout = 120
"""


def make_class(root: Path, students: int) -> None:
    """Submissions of as many students: the solution with one mistake each."""
    problem_set = load(PROBLEM_SET)
    released = grading.released_notebook(PROBLEM_SET)
    mistakes = [f"{c.name}.{m.name}" for c in problem_set.checks for m in c.mistakes]
    for i in range(students):
        change = demo.made(mistakes[(7 * i) % len(mistakes)]) if i else demo.nothing
        folder = root / "submitted" / f"student{i:02}" / PROBLEM_SET
        folder.mkdir(parents=True)
        nb = demo.notebook(demo.Member(f"student{i:02}", "", change), problem_set, released)
        (folder / f"{PROBLEM_SET}.ipynb").write_text(json.dumps(nb))
        shutil.copy(ROOT / "assignments" / PROBLEM_SET / "expected.h5", folder)


def run(command: list[str], cwd: Path) -> float:
    """Seconds of wall time of a command. Raises RuntimeError with its output if it fails."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return seconds


def nbgrader_seconds(students: int, folder: Path) -> float:
    make_class(folder, students)
    (folder / "nbgrader_config.py").write_text(PLAIN_CONFIG.format(source=str(ROOT / "solutions")))
    run([sys.executable, "-m", "nbgrader", "generate_assignment", PROBLEM_SET], folder)
    return run([sys.executable, "-m", "nbgrader", "autograde", PROBLEM_SET], folder)


def our_seconds(students: int, folder: Path, jobs: int) -> float:
    make_class(folder, students)
    command = [sys.executable, "-m", "autograder", "grade", PROBLEM_SET, "--course", str(folder), "--jobs", str(jobs)]
    return run(command, ROOT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    theirs, ours = [], []
    for i in range(args.rounds):
        with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
            theirs.append(nbgrader_seconds(args.students, Path(a)) / args.students)
            ours.append(our_seconds(args.students, Path(b), args.jobs) / args.students)
        print(
            f"round {i + 1}: nbgrader {theirs[-1]:.2f} s, this autograder {ours[-1]:.2f} s per submission", flush=True
        )
    ratios = [t / o for t, o in zip(theirs, ours, strict=True)]
    print(
        f"{args.students} submissions, {args.jobs} job(s): nbgrader takes {statistics.median(ratios):.1f} times "
        f"as long (of {args.rounds} rounds: {min(ratios):.1f} to {max(ratios):.1f})"
    )


if __name__ == "__main__":
    main()
