"""Grading a class while something keeps killing it: after a plain run, is every grade there, right, and graded once?

    python bench/crashes.py [--kills 300] [--seed 0] [--jobs 2]

Each round starts `make grade` on a small class, up to three times, and at random moments ends one of its processes
after another with SIGKILL: a process of its pool, a jail's zygote, a student's worker, in the end the grader itself.
Then it grades again, undisturbed, and holds everything against a class that was never disturbed: points, mistakes,
flags, the gradebook's scores, manual scores and comments. Results that were on file when a run began must be the same
files when it ends: nothing is graded twice. The exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom import course, demo, gradebook
from autograder.problem_set import ROOT, load

PS = demo.PROBLEM_SET
STUDENTS = ("avocet", "egret", "martin")  # all right, one mistake, no valid JSON
MANUAL, COMMENT = 7.0, "Well seen."
KINDS = ("grader", "pool", "zygote", "worker")
PATIENCE = 300.0  # seconds for one run, on a busy machine
START = (
    "import sys; from autograder.classroom import course; "
    "course.grade_and_record(sys.argv[1], sys.argv[2], jobs=int(sys.argv[3]), progress=False)"
)


@dataclass(frozen=True)
class State:
    """What a class amounts to. Equal states are equally good for everyone in it."""

    results: dict[str, dict]
    scores: dict[str, dict[str, float | None]]
    manual: dict[str, tuple]
    problems: dict[str, str]


def make_class(root: Path, students: tuple[str, ...] = STUDENTS) -> None:
    """Submissions of a few of the demo's students."""
    with tempfile.TemporaryDirectory() as scratch:
        whole = demo.build(Path(scratch) / "demo")
        for student in students:
            shutil.copytree(whole / "submitted" / student, root / "submitted" / student)
    (root / ".unroll_secret").write_text("0123456789abcdef" * 4 + "\n")


def decide(root: Path) -> None:
    """What a TA did: a score and a comment for a written answer, and a score in place of an automatic one."""
    with gradebook.open_gradebook(root) as book:
        for student in STUDENTS:
            for cell in ("written_errors", "rnn_backward"):
                book.find_grade(cell, PS, PS, student).manual_score = MANUAL
            book.find_comment("written_errors", PS, PS, student).manual_comment = COMMENT
        book.db.commit()


def state(root: Path, outcomes: list[course.Outcome]) -> State:
    """What became of the class in `root`, from the outcomes of a run and from the gradebook."""
    manual = {}
    with gradebook.open_gradebook(root) as book:
        for submission in book.assignment_submissions(PS):
            grades = [(g.cell.name, g.manual_score) for nb in submission.notebooks for g in nb.grades]
            comments = [(c.cell.name, c.manual_comment) for nb in submission.notebooks for c in nb.comments]
            manual[submission.student_id] = (tuple(sorted(grades)), tuple(sorted(comments)))
    results = {o.student: _lasting(o.result.to_dict()) for o in outcomes if o.result}
    return State(results, gradebook.scores(root, PS), manual, {o.student: o.problem for o in outcomes})


def _lasting(result: dict) -> dict:
    return json.loads(json.dumps(result))


def run(root: Path, jobs: int = 2) -> subprocess.Popen:
    """Start grading the class in `root`, in a process of its own, which says on `said` what goes wrong."""
    with said(root).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-c", START, str(root), PS, str(jobs)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log
        )


def said(root: Path) -> Path:
    """What the last run in `root` wrote to its standard error."""
    return root / "said.txt"


def undisturbed(root: Path) -> State:
    """The state after grading in this process."""
    return state(root, course.grade_and_record(root, PS, jobs=2, progress=False))


def family(pid: int) -> dict[str, list[int]]:
    """The processes of a run, by kind."""
    found = {kind: [] for kind in KINDS} | {"grader": [pid]}
    children: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            number = int(entry.name)
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append((number, _command(number)))

    def walk(parent: int, inside: bool) -> None:
        for number, line in children.get(parent, ()):
            jail = " inside " in line
            if jail:
                found["worker" if inside and not children.get(number) else "zygote"].append(number)
            elif "spawn_main" in line:
                found["pool"].append(number)
            walk(number, inside or (jail and "bwrap" not in line))

    walk(pid, False)
    return found


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")


def kill_one(process: subprocess.Popen, kind: str, wait: float, rng: random.Random, seen: set[int]) -> int:
    """After `wait` seconds kill a process of that kind, as soon as there is one; how many were killed, 0 or 1.

    seen: the other processes of the run are noted there before.
    """
    begin = time.monotonic() + wait
    while process.poll() is None:
        if time.monotonic() > begin and (there := family(process.pid))[kind]:
            seen.update(pid for pids in there.values() for pid in pids if pid != process.pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(there[kind]), signal.SIGKILL)
                return 1
        time.sleep(0.01)
    return 0


def on_file(root: Path) -> dict[str, tuple[int, int]]:
    """The results that are there: student -> identity of the file and time of its writing."""
    there = {}
    for path in (root / "results").glob("*/[!.]*.json"):
        found = path.stat()
        there[path.stem] = (found.st_ino, found.st_mtime_ns)
    return there


def left_running(pids: set[int], seconds: float = 30.0) -> list[int]:
    """Those of some processes that are still there after a while."""
    end = time.monotonic() + seconds
    while alive := [pid for pid in pids if _running(pid)]:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return alive


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def disturbed(root: Path, rng: random.Random, seconds: float, jobs: int = 2) -> tuple[Counter, list[str]]:
    """One run with kills at random moments, the grader's last: how many of each kind, and what went wrong.

    seconds: what a run takes.
    """
    before, wrong, kills, others = on_file(root), [], Counter(), set()
    process = run(root, jobs)
    for kind in rng.choices(KINDS, (1, 2, 2, 2), k=20):
        kills[kind] += kill_one(process, kind, rng.uniform(0.05, seconds / 2), rng, others)
        if kills["grader"] or process.poll() is not None:
            break
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        wrong.append(f"a run did not end within {PATIENCE:.0f} s")
    for pid in left_running(others):
        with contextlib.suppress(OSError):  # it has ended since
            wrong.append(f"a process was left running: {_command(pid)[-100:]}")
            os.kill(pid, signal.SIGKILL)
    if not kills["grader"] and process.returncode:
        last = said(root).read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        wrong.append(f"the grader did not survive the end of another process: {''.join(last)[:200]}")
    after = on_file(root)
    if again := [student for student in before if after.get(student) != before[student]]:
        wrong.append(f"graded twice: {', '.join(again)}")
    return kills, wrong


def forget(root: Path, rng: random.Random) -> None:
    """Take back what grading made, all or in part, but never the gradebook: it holds what people decided."""
    for folder in ("results", "autograded"):
        for path in sorted((root / folder).glob("*/*" if folder == "results" else "*")):
            if rng.random() < 0.8:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def differences(found: State, wanted: State) -> list[str]:
    """In what a state differs, and how."""
    told = []
    for part in State.__annotations__:
        mine, theirs = getattr(found, part), getattr(wanted, part)
        for student in sorted({*mine, *theirs}):
            told += _differences(f"{part} of {student}", mine.get(student), theirs.get(student))
    return told


def _differences(where: str, found: object, wanted: object) -> list[str]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        both = sorted({*found, *wanted})
        return [told for k in both for told in _differences(f"{where}, {k}", found.get(k), wanted.get(k))]
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [told for i, pair in pairs for told in _differences(f"{where}[{i}]", *pair)]
    return [] if found == wanted else [f"{where}: {found!r} instead of {wanted!r}"[:500]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    load(PS)
    rng, kills, wrong = random.Random(args.seed), Counter(), Counter()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        make_class(root)
        undisturbed(root)
        decide(root)
        wanted = undisturbed(root)
        shutil.rmtree(root / "results")
        start = time.monotonic()
        run(root, args.jobs).wait()
        seconds = time.monotonic() - start
        while sum(kills.values()) < args.kills:
            forget(root, rng)
            for _ in range(rng.randrange(1, 4)):
                killed, faults = disturbed(root, rng, seconds, args.jobs)
                kills.update(killed)
                wrong.update(faults)
            before = on_file(root)
            wrong.update(differences(undisturbed(root), wanted))
            wrong.update("graded twice" for student in before if on_file(root).get(student) != before[student])
            print(f"{sum(kills.values())} kills, wrong: {dict(wrong) or 'nothing'}", flush=True)
    print(", ".join(f"{kind} {kills[kind]}" for kind in KINDS) + f"; wrong: {dict(wrong) or 'nothing'}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
