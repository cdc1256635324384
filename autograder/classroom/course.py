"""A whole class: find the submissions, grade them in parallel, record them, write feedback and tables.

A submission that cannot be read, or on which the grader fails, stops nobody else; it is left to a person.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from autograder import environment, parallel
from autograder.classroom import cluster, grading, record, report, results
from autograder.classroom.results import Outcome
from autograder.jail import JailUnavailable
from autograder.problem_set import course_secret, drawing_data, names
from autograder.submission import Unreadable
from autograder.submission import read as submission_in
from autograder.submission.plain_text import one_line

KEPT = ".before_preview"  # in the course, results as they were before a preview
STUDENT = re.compile(r"\w[\w .@+-]{0,99}")


def grade_class(
    root: Path,
    problem_set: str,
    *,
    jobs: int | None = None,
    progress: bool = True,
    fresh: bool = False,
    students: Collection[str] = (),
    scheduler: str = "",
) -> list[Outcome]:
    """Grade every submission in `root`/submitted, in worker processes; results go to `root`/results.

    jobs: worker processes (None: one per core). scheduler: the address of a Dask scheduler whose workers grade instead.
    fresh: also what has not changed since it was graded.
    students: only these (empty: all). Returns one Outcome per student, sorted by name; the gradebook is not
    touched: see `record_class`. Raises JailUnavailable if this machine, or a worker, offers no isolation, ValueError if
    nothing was released or nobody has submitted, ClusterFailed if the workers cannot be used.
    """
    root = Path(root).resolve()
    released = grading.released_notebook(problem_set)
    everyone = find(root, problem_set)
    found = [outcome for outcome in everyone if not students or outcome.student in students]
    if everyone and (missing := sorted(set(students) - {outcome.student for outcome in everyone})):
        raise ValueError(
            f"no submission of {problem_set} by {', '.join(missing)} in {root / 'submitted'}; there are "
            f"{_some([outcome.student for outcome in everyone])}"
        )
    if not found:
        raise ValueError(
            f"no submissions: expected {root / 'submitted'}/STUDENT/{problem_set}/{problem_set}.ipynb; "
            "collect them there, one folder per student"
        )
    course_secret(root)  # made once, before workers would make it at the same time
    read = [_from_file(root, problem_set, outcome, released, fresh) for outcome in found]
    outcomes = {o.student: o for o in read if isinstance(o, Outcome)}
    tasks = [task for task in read if isinstance(task, grading.Task)]
    if tasks:
        drawing_data()  # built here if it is not there yet, before workers would build it at the same time
    with tqdm(total=len(found), initial=len(outcomes), desc="grading", disable=not progress) as bar:
        for outcome in cluster.in_parallel(tasks, scheduler) if scheduler else _in_parallel(tasks, jobs):
            outcomes[outcome.student] = outcome
            bar.update()
    return [outcomes[student] for student in sorted(outcomes)]


def _some(students: Sequence[str], most: int = 10) -> str:
    return ", ".join(students[:most]) + (f" and {len(students) - most} more" if len(students) > most else "")


def find(root: Path, problem_set: str) -> list[Outcome]:
    """All submissions there are, none graded yet; those without the expected file already have a problem."""
    outcomes: list[Outcome] = []
    alike: dict[str, list[str]] = {}
    for folder in sorted(p for p in (Path(root) / "submitted").glob("*") if p.is_dir()):
        ours = [p for p in folder.iterdir() if p.is_dir() and p.name.casefold() == problem_set.casefold()]
        for submission in sorted(ours, key=lambda p: p.name != problem_set)[:1]:
            notebook = submission / f"{problem_set}.ipynb"
            problem = _name_problem(folder.name, submission, notebook, problem_set)
            outcomes.append(Outcome(folder.name, None if problem else notebook, problem=problem))
            alike.setdefault(unicodedata.normalize("NFKC", folder.name).casefold(), []).append(folder.name)
    twins = {name for names in alike.values() if len(names) > 1 for name in names}
    problem = "Another student's folder has the same name but for its letters' case or form. Rename one."
    return [Outcome(o.student, None, problem=problem) if o.student in twins else o for o in outcomes]


def strays(root: Path, problem_set: str) -> list[str]:
    """What lies in `root`/submitted like a submission of this problem set, but where none is looked for."""
    found, known = [], {name.casefold() for name in names()}
    for folder in sorted(p for p in (Path(root) / "submitted").glob("*") if p.is_dir()):
        if any(path.name.casefold() == problem_set.casefold() for path in folder.iterdir()):
            continue
        for path in sorted(path for path in folder.iterdir() if path.name.casefold() not in known):
            if path.suffix == ".ipynb" or _letters(path.name) == _letters(problem_set):
                found.append(f"submitted/{one_line(folder.name, 60)}/{one_line(path.name, 60)}")
    return found


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def as_recorded(root: Path, problem_set: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, with the problem of those that the gradebook refused when they were to be recorded."""
    found = []
    for outcome in outcomes:
        note = None if outcome.problem else record.noted(root, problem_set, outcome.student)
        person = str(note.get("person") or "") if note else ""
        found.append(replace(outcome, problem=person) if person.startswith(record.REFUSED) else outcome)
    return found


def _name_problem(student: str, submission: Path, notebook: Path, problem_set: str) -> str:
    if not STUDENT.fullmatch(student):
        return (
            f"The folder {one_line(student, 60)!r} was expected to be named like a student, with letters, digits, "
            "spaces and . @ + - _ only. Rename it."
        )
    if submission.is_symlink() or submission.parent.is_symlink():
        return f"The folder of {student} is a link to another folder. Ask the student for the files themselves."
    if submission.name != problem_set:
        return f"The folder {submission.name} was expected to be named {problem_set}. Rename it and grade again."
    if os.path.lexists(notebook):
        return ""
    others = ", ".join(one_line(p.name, 60) for p in sorted(submission.iterdir()) if p.name != "timestamp.txt")
    if not others:
        return f"{notebook.name} was expected; the folder holds nothing. Ask the student for the file."
    return (
        f"{notebook.name} was expected; the folder holds {others}. "
        "If one of these is the submission, rename it and grade again."
    )


def _from_file(
    root: Path, problem_set: str, outcome: Outcome, released: Mapping[str, Any], fresh: bool
) -> Outcome | grading.Task:
    """The outcome with the report that results/ has of it, or with why it cannot be read; else what is to be graded."""
    if outcome.problem or outcome.notebook is None:
        return outcome
    try:
        submission = submission_in(outcome.notebook, released)
    except Unreadable as error:
        return Outcome(outcome.student, outcome.notebook, problem=str(error))
    except Exception as error:  # a fault of the grader must cost nobody else a grade
        return results.failed(outcome.student, outcome.notebook, error)
    task = grading.Task(root, problem_set, outcome.student, outcome.notebook, submission, fresh)
    if known := None if fresh else grading.on_file(task):
        return Outcome(outcome.student, outcome.notebook, report=known, cached=True)
    return task


def _in_parallel(tasks: list[grading.Task], jobs: int | None) -> Iterator[Outcome]:
    """The outcomes of `tasks` in the order they come; one that kills its worker process costs only itself."""
    left = {task.student: task for task in tasks}
    with environment.for_graders():
        if left:
            yield from _pool(tasks, min(jobs or parallel.cores(), len(left)), left)
        for task in list(
            left.values()
        ):  # a worker died and took the pool along: each of the rest gets a pool of its own
            yield from _pool([task], 1, left)
            if task.student in left:
                yield results.failed(task.student, task.notebook, "a process of the grader died on it")


def _pool(tasks: list[grading.Task], jobs: int, left: dict) -> Iterator[Outcome]:
    """Run tasks in one pool, taking each that is done out of `left`; stops early if a process dies."""
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=parallel.end_with_parent)
    try:
        futures = {pool.submit(grading.graded, task): task for task in tasks}
        for future in as_completed(futures):
            task = futures[future]
            try:
                outcome = Outcome(task.student, task.notebook, report=future.result())
            except (BrokenExecutor, JailUnavailable):
                raise
            except Exception as error:  # a fault of the grader must cost nobody else a grade
                outcome = results.failed(task.student, task.notebook, error)
            del left[task.student]
            yield outcome
    except BrokenExecutor:  # also while tasks are still being handed in
        return
    finally:
        pool.shutdown(cancel_futures=True)  # a with statement would wait for all that is left to be graded


def record_class(root: Path, problem_set: str, outcomes: Sequence[Outcome], *, progress: bool = True) -> list[Outcome]:
    """Record outcomes in nbgrader's gradebook and in autograded/; what is recorded already is left alone.

    Returns the outcomes, with a problem where nbgrader could not record one. Raises gradebook.Unavailable if there is
    no writing to the gradebook or beside it: nothing is wrong with any submission then.
    """
    # Here, because worker processes import this module and need no nbgrader.
    from autograder.classroom import gradebook, recording

    gradebook.register(root, problem_set)
    named = [outcome for outcome in outcomes if STUDENT.fullmatch(outcome.student)]
    recorded = recording.record_all(root, problem_set, named, progress=progress)
    return list({o.student: o for o in (*outcomes, *recorded)}.values())


def grade_and_record(root: Path, problem_set: str, *, progress: bool = True, **options) -> list[Outcome]:
    """Grade a class (`options` are those of grade_class), record it, and write what `write_reports` writes."""
    from autograder.classroom import late

    late.check(root, problem_set)  # what is wrong there is said before an hour of grading, not after it
    outcomes = grade_class(root, problem_set, progress=progress, **options)
    outcomes = record_class(root, problem_set, outcomes, progress=progress)
    if not options.get("students"):
        shutil.rmtree(_before_preview(root, problem_set), ignore_errors=True)
    write_reports(outcomes, root, problem_set)
    return outcomes


def write_reports(outcomes: Sequence[Outcome], root: Path, problem_set: str) -> None:
    """`root`/grades.csv for a spreadsheet and `root`/class_report.html for people: everyone who is graded already."""
    root, released = Path(root).resolve(), grading.released_notebook(problem_set)
    known = {outcome.student: outcome for outcome in outcomes}
    others = [outcome for outcome in find(root, problem_set) if outcome.student not in known]
    read = [_from_file(root, problem_set, outcome, released, fresh=False) for outcome in others]
    graded = [outcome for outcome in read if isinstance(outcome, Outcome)]
    known |= {outcome.student: outcome for outcome in as_recorded(root, problem_set, graded)}
    everyone = [known[student] for student in sorted(known)]
    report.write_csv(everyone, root / "grades.csv")
    report.write_page(everyone, root / "class_report.html", problem_set)


def preview(root: Path, problem_set: str, **options) -> str:
    """Grade a class, record nothing, and say whose points differ from those before: a table as text.

    The results as they were are kept until the class is recorded, so a second preview says the same as the first.
    """
    kept = _before_preview(root, problem_set)
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            found, copy = Path(root) / "results" / problem_set, Path(scratch) / problem_set
            shutil.copytree(found, copy) if found.is_dir() else copy.mkdir()
            copy.rename(kept)
    before = report.on_file(Path(root) / KEPT, problem_set)
    return report.changes_table(report.changes(before, grade_class(root, problem_set, **options)))


def _before_preview(root: Path, problem_set: str) -> Path:
    return Path(root) / KEPT / "results" / problem_set
