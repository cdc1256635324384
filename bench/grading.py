"""How long a class takes to grade and record: this autograder beside nbgrader's own and Otter, in one run, by turns.

    python bench/grading.py [--students 8] [--rounds 3] [--cores 1] [--otter /path/to/bin/otter]

All grade the same notebooks, on the same cores: the solution, with one named mistake each but for the first. The
assignment is in the gradebooks before, as in a course after the release. nbgrader's own autograde, and `otter run`
for each submission (without a container), run every cell in a Jupyter kernel, and `check` on its public inputs; ours
runs the functions' cells in the jail, on hidden inputs. All times are of whole commands, from starting up to the last
grade written. Otter is measured where an environment with it, NumPy and ipykernel is given:
python -m venv ENV; ENV/bin/pip install otter-grader ipykernel numpy h5py matplotlib pillow tqdm

Prints for each: seconds and submissions per minute, until the first grade, and the memory of the largest process.
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
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom import demo, gradebook, grading
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
OTTER_TEST = """
OK_FORMAT = True
code = ">>> import contextlib, io\\n>>> with contextlib.redirect_stdout(io.StringIO()):\\n...     check({name})"
suite = {{"cases": [{{"code": code, "hidden": False}}], "scored": True, "setup": "", "teardown": "", "type": "doctest"}}
test = {{"name": {name!r}, "points": {points}, "suites": [suite]}}
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of one class, until its first grade, and the bytes of the largest process."""

    seconds: float
    first: float
    memory: int


@dataclass(frozen=True)
class Grader:
    """prepare: makes a folder ready. commands: for a folder and student names. grades: a glob for what is written."""

    name: str
    prepare: Callable[[Path], None]
    commands: Callable[[Path, list[str]], list[list[str]]]
    grades: str


def make_class(root: Path, students: int) -> list[str]:
    """Submissions of as many students: the solution with one mistake each. Returns their names."""
    problem_set = load(PROBLEM_SET)
    released = grading.released_notebook(PROBLEM_SET)
    mistakes = [f"{c.name}.{m.name}" for c in problem_set.checks for m in c.mistakes]
    names = [f"student{i:03}" for i in range(students)]
    for i, name in enumerate(names):
        change = demo.made(mistakes[(7 * i) % len(mistakes)]) if i else demo.nothing
        folder = root / "submitted" / name / PROBLEM_SET
        folder.mkdir(parents=True)
        nb = demo.notebook(demo.Member(name, "", change), problem_set, released)
        (folder / f"{PROBLEM_SET}.ipynb").write_text(json.dumps(nb))
        shutil.copy(ROOT / "assignments" / PROBLEM_SET / "expected.h5", folder)
    return names


def prepare_ours(folder: Path) -> None:
    gradebook.register(folder, PROBLEM_SET)


def prepare_nbgrader(folder: Path) -> None:
    (folder / "nbgrader_config.py").write_text(PLAIN_CONFIG.format(source=str(ROOT / "solutions")))
    run([sys.executable, "-m", "nbgrader", "generate_assignment", PROBLEM_SET], folder)


def prepare_otter(folder: Path) -> None:
    """The autograder as Otter wants it: a zip of one test for each check, and the file that `check` needs."""
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"lang": "python", "points_possible": None}))
        for name, points in load(PROBLEM_SET).points.items():
            archive.writestr(f"tests/{name}.py", OTTER_TEST.format(name=name, points=points))
        archive.write(ROOT / "assignments" / PROBLEM_SET / "expected.h5", "files/expected.h5")


def graders(cores: int, otter: str) -> list[Grader]:
    def ours(folder: Path, _: list[str]) -> list[list[str]]:
        command = [sys.executable, "-m", "autograder", "grade", PROBLEM_SET, "--course", str(folder)]
        return [[*command, "--jobs", str(cores)]]

    def nbgrader(_: Path, __: list[str]) -> list[list[str]]:
        return [[sys.executable, "-m", "nbgrader", "autograde", PROBLEM_SET]]

    def otter_run(folder: Path, students: list[str]) -> list[list[str]]:
        notebooks = {name: folder / "submitted" / name / PROBLEM_SET / f"{PROBLEM_SET}.ipynb" for name in students}
        options = ["run", "--no-logo", "-a", str(folder / "autograder.zip"), "-o"]
        return [[otter, *options, str(path.parent), str(path)] for path in notebooks.values()]

    found = [
        Grader("this autograder", prepare_ours, ours, f"results/{PROBLEM_SET}/*.json"),
        Grader("nbgrader", prepare_nbgrader, nbgrader, f"autograded/*/{PROBLEM_SET}/*.ipynb"),
    ]
    return found + ([Grader("otter", prepare_otter, otter_run, "submitted/*/*/results.json")] if otter else [])


def run(command: list[str], folder: Path, grades: str = "", start: float = 0.0) -> tuple[float, int]:
    """Run a command to its end. Returns the seconds from `start` until a file fits `grades`, and the largest process.

    Raises RuntimeError with its output if it fails.
    """
    path = [str(Path(command[0]).parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(path), "PYTHONPATH": str(ROOT)}
    first = float("inf")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if first == float("inf") and grades and next(folder.glob(grades), None):
                first = time.perf_counter() - start
            if pid:
                break
            time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{log.read().decode()}")
    return first, usage.ru_maxrss * 1024


def measure(grader: Grader, students: int) -> tuple[Measured, dict[str, list[str]]]:
    """Grade a fresh class. Returns what it took, and for our grader and nbgrader who got which checks right."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = make_class(folder, students)
        grader.prepare(folder)
        start = time.perf_counter()
        runs = [run(command, folder, grader.grades, start) for command in grader.commands(folder, names)]
        seconds = time.perf_counter() - start
        measured = Measured(seconds, min(first for first, _ in runs), max(memory for _, memory in runs))
        return measured, right_checks(folder) if (folder / "gradebook.db").exists() else {}


def right_checks(folder: Path) -> dict[str, list[str]]:
    """student -> the checks with full points."""
    points = load(PROBLEM_SET).points
    scores = gradebook.scores(folder, PROBLEM_SET)
    return {student: [n for n, full in points.items() if found.get(n) == full] for student, found in scores.items()}


def spread(values: list[float], form: str) -> str:
    median, low, high = statistics.median(values), min(values), max(values)
    return f"{median:{form}} ({low:{form}} to {high:{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--otter", default="", help="an otter executable, in an environment of its own")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.cores])
    contestants = graders(args.cores, args.otter)
    found: dict[str, list[Measured]] = {grader.name: [] for grader in contestants}
    for i in range(args.rounds):
        right = {}
        for grader in contestants:
            measured, right[grader.name] = measure(grader, args.students)
            found[grader.name].append(measured)
            print(f"round {i + 1}, {grader.name}: {measured.seconds / args.students:.2f} s a submission", flush=True)
        same = sum(right["this autograder"][student] == checks for student, checks in right["nbgrader"].items())
        print(f"the same checks right by nbgrader and by this autograder: {same} of {args.students} submissions")
    print(
        f"\n{args.students} submissions of {PROBLEM_SET}, {args.cores} core(s), median of {args.rounds} (least to most)"
    )
    ours = found["this autograder"]
    for name, rounds in found.items():
        ratios = [theirs.seconds / our.seconds for theirs, our in zip(rounds, ours, strict=True)]
        speed, first = [args.students / m.seconds * 60 for m in rounds], [m.first for m in rounds]
        print(
            f"{name:16} {spread(speed, '.0f')} a minute; takes {spread(ratios, '.1f')} times as long; first grade "
            f"after {spread(first, '.1f')} s; largest process {max(m.memory for m in rounds) / 2**20:.0f} MB"
        )


if __name__ == "__main__":
    main()
