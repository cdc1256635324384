"""A large class: does memory stay flat, is every grade right, does it go on after an interruption?

    python bench/soak.py [--students 1000] [--jobs 2] [--set ps1_rnn]

Makes a class of right and wrong submissions, one in fifty unreadable; interrupts its grading once in the middle
(SIGINT), starts it again and lets it finish. Prints time, the memory of the grader and its processes every 10 s, and
holds the gradebook against what grading each kind of submission by itself gives. Then asks formgrader's own queries.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from autograder.classroom import course, demo, gradebook, grading
from autograder.problem_set import ROOT, load

UNREADABLE = 50  # one in so many


def make_class(root: Path, name: str, students: int) -> list[str]:
    """Submissions of as many students; what each of them handed in: the name of a mistake, "" or "unreadable"."""
    problem_set, released = load(name), grading.released_notebook(name)
    mistakes = [f"{c.name}.{m.name}" for c in problem_set.checks for m in c.mistakes]
    kinds = []
    for i in range(students):
        kind = "unreadable" if i % UNREADABLE == UNREADABLE - 1 else mistakes[i % len(mistakes)] if i % 4 else ""
        folder = root / "submitted" / f"s{i:04}" / name
        folder.mkdir(parents=True)
        change = demo.made(kind) if "." in kind else demo.nothing
        nb = demo.notebook(demo.Member(f"s{i:04}", "", change), problem_set, released)
        text = json.dumps(nb)
        (folder / f"{name}.ipynb").write_text(text if kind != "unreadable" else text[: len(text) // 2])
        kinds.append(kind)
    return kinds


def memory(pid: int) -> tuple[float, float, int]:
    """MB of a process, of the largest of its descendants, and how many these are."""
    parents, own = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            parents[int(path.name)] = int(fields[1])
            own[int(path.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        except OSError:
            continue
    below, grown = {pid}, True
    while grown:
        more = {p for p, parent in parents.items() if parent in below} - below
        grown, below = bool(more), below | more
    others = [own[p] for p in below - {pid}]
    return own.get(pid, 0.0), max(others, default=0.0), len(others)


def grade(root: Path, name: str, jobs: int, interrupt_at: int = 0) -> float:
    """Seconds of `grade` as a command; prints memory. interrupt_at: so many results, then SIGINT."""
    command = [sys.executable, "-m", "autograder", "grade", name, "--course", str(root), "--jobs", str(jobs)]
    start, said = time.monotonic(), 0.0
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = []
    readers = [
        threading.Thread(target=lambda p=p: output.append(p.read()), daemon=True)
        for p in (process.stdout, process.stderr)
    ]
    for reader in readers:
        reader.start()
    while process.poll() is None:
        time.sleep(0.2)
        done = len(list((root / "results" / name).glob("*.json")))
        if interrupt_at and done >= interrupt_at:
            process.send_signal(signal.SIGINT)
            interrupt_at = 0
        if time.monotonic() - said > 10:
            said, (own, largest, count) = time.monotonic(), memory(process.pid)
            print(
                f"  {said - start:5.0f} s  {done} results  grader {own:.0f} MB, largest of {count} processes "
                f"{largest:.0f} MB",
                flush=True,
            )
    for reader in readers:
        reader.join()
    if process.returncode and "Traceback" in "".join(output):
        raise RuntimeError("".join(output)[-3000:])
    return time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--set", default="ps1_rnn")
    args = parser.parse_args()
    root, name = Path(tempfile.mkdtemp(prefix="unroll-soak-")), args.set
    try:
        kinds = make_class(root, name, args.students)
        first = grade(root, name, args.jobs, interrupt_at=args.students // 3)
        kept = len(list((root / "results" / name).glob("*.json")))
        print(f"interrupted after {first:.0f} s with {kept} results")
        second = grade(root, name, args.jobs)
        print(f"finished in another {second:.0f} s: {args.students / (first + second) * 60:.0f} submissions a minute")
        start = time.monotonic()
        scores = gradebook.scores(root, name)
        print(f"scores of all read in {time.monotonic() - start:.1f} s")
        check(root, name, kinds, scores)
        formgrader(root, name)
    finally:
        shutil.rmtree(root)


def check(root: Path, name: str, kinds: list[str], scores: dict) -> None:
    """Every grade is there once, equals the report's, and depends on the kind of submission alone."""
    points = {}
    for outcome in course.grade_class(root, name, progress=False):
        kind, found = kinds[int(outcome.student[1:])], scores[outcome.student]
        assert outcome.cached or kind == "unreadable", outcome
        if kind == "unreadable":
            assert set(found.values()) == {None}, (outcome.student, found)
            continue
        verdicts = {v.name: v.points for v in outcome.result.checks}
        assert {k: found[k] for k in verdicts} == verdicts, (outcome.student, found, verdicts)
        points.setdefault(kind, set()).add(outcome.result.points)
    assert len(scores) == len(kinds)
    varying = {kind: sorted(found) for kind, found in points.items() if len(found) > 1}
    print(f"{len(scores)} students recorded, every score the report's; kinds whose points differ: {varying or 'none'}")


def formgrader(root: Path, name: str) -> None:
    """The queries behind formgrader's lists, as its handlers make them."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    config = gradebook.configuration(root)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    for what, ask in (
        ("assignments", api.get_assignments),
        ("submissions of the set", lambda: api.get_submissions(name)),
        ("notebooks of the set", lambda: api.get_notebook_submissions(name, name)),
        ("students", api.get_students),
    ):
        start = time.monotonic()
        count = len(ask())
        print(f"formgrader, {what}: {count} rows in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
