"""The commands that deal with a whole class: grade (without --file), feedback, report, lab, demo."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from autograder.problem_set import ROOT


def course_root(named: str | None = None, *, new: bool = False) -> Path:
    """The course's folder: the one named, else UNROLL_COURSE, else the repository itself.

    Raises ValueError if there is no such folder, unless it may be a `new` one.
    """
    root = (ROOT / Path(named or os.environ.get("UNROLL_COURSE") or ".").expanduser()).resolve()
    if not new and not root.is_dir():
        raise ValueError(
            f"{root}: the course's folder was expected there; make it, or correct --course or UNROLL_COURSE"
        )
    return root


def add_grade_arguments(parser: argparse.ArgumentParser) -> None:
    """What `grade` takes when it grades a class; `run_grade` reads it."""
    parser.add_argument("--course", help="the course's folder (default: UNROLL_COURSE, else this repository)")
    parser.add_argument("--jobs", type=int, help="worker processes (default: one per core)")
    parser.add_argument(
        "--cluster",
        default="",
        metavar="ADDRESS",
        help="grade on the workers of a Dask scheduler, e.g. tcp://host:8786",
    )
    parser.add_argument("--fresh", action="store_true", help="grade everyone, also what has not changed")
    parser.add_argument(
        "--preview", action="store_true", help="grade, and only say whose points would change; nothing is recorded"
    )
    parser.add_argument(
        "--student",
        action="append",
        default=[],
        help="only this student (repeatable); with --file: whose inputs to draw (default: the file's name)",
    )


def run_grade(args: argparse.Namespace) -> int:
    """Grade and record a class; args.problem_set and those of `add_grade_arguments`. Returns the exit status."""
    from autograder.classroom import course, grading

    if getattr(args, "unsafe_no_sandbox", False):
        os.environ[grading.UNSAFE_VARIABLE] = "1"
    root = course_root(args.course)
    options = {"jobs": args.jobs, "fresh": args.fresh, "students": args.student, "scheduler": args.cluster}
    if args.preview:
        print(f"\n{course.preview(root, args.problem_set, **options)}")
        print("\nNothing was recorded. To record it, grade again without --preview (make: without PREVIEW).")
    else:
        _show(root, course.grade_and_record(root, args.problem_set, **options))
    _show_strays(root, args.problem_set)
    return 0


def add_arguments(subparsers: argparse._SubParsersAction) -> None:
    """Add the subcommands `feedback`, `report`, `lab` and `demo`, each with a `run` default."""
    for name, run, text in (
        ("feedback", run_feedback, "write the feedback pages of a graded class"),
        ("report", run_report, "print the table of a graded class again; write class_report.html and grades.csv"),
    ):
        parser = subparsers.add_parser(name, help=text, description=text)
        parser.add_argument("problem_set")
        parser.add_argument("--course", help="the course's folder (default: UNROLL_COURSE, else this repository)")
        parser.set_defaults(run=run)
    text = "open JupyterLab with formgrader on a class, or on the demo class if there is no other"
    parser = subparsers.add_parser("lab", help=text, description=text)
    parser.add_argument("--course", help="the course's folder (default: UNROLL_COURSE, else this repository)")
    parser.set_defaults(run=run_lab)
    text = "make a class out of the known mistakes, grade it and show everything"
    parser = subparsers.add_parser("demo", help=text, description=text)
    parser.add_argument("--course", default="demo", help="the folder to make it in (default: demo)")
    parser.add_argument("--jobs", type=int, help="worker processes (default: one per core)")
    parser.set_defaults(run=run_demo)


def run_feedback(args: argparse.Namespace) -> int:
    """Write feedback/ for everyone who is recorded."""
    from autograder.classroom import gradebook, late

    root = course_root(args.course)
    late.settle(root, args.problem_set)
    waiting = gradebook.waiting(root, args.problem_set)
    folder = gradebook.generate_feedback(root, args.problem_set, without=waiting)
    print(f"Feedback pages: {folder}/STUDENT/{args.problem_set}/{args.problem_set}.html")
    if waiting:
        print(f"No page for {', '.join(waiting)}: a person must look first, and it would say 0 points.")
    return 0


def run_report(args: argparse.Namespace) -> int:
    """Print the table and write the files; only what changed since is graded."""
    from autograder.classroom import course

    root = course_root(args.course)
    outcomes = course.grade_class(root, args.problem_set, progress=False)
    outcomes = course.as_recorded(root, args.problem_set, outcomes)
    course.write_reports(outcomes, root, args.problem_set)
    _show(root, outcomes)
    _show_strays(root, args.problem_set)
    return 0


def run_lab(args: argparse.Namespace) -> int:
    """Become JupyterLab, with nbgrader_config.py in force and formgrader on the course."""
    named = course_root(args.course)
    course = next((c for c in (named, course_root("demo", new=True)) if (c / "submitted").is_dir()), None)
    if course is None:
        raise ValueError(f"{named} holds no submissions, and there is no demo class either: run `make demo` first")
    # formgrader wants the course below the server's folder; nbgrader_config.py is read from the working directory.
    top = ROOT if course.is_relative_to(ROOT) else course
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={top}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    print(f"The class is {course}. In JupyterLab choose Nbgrader > Formgrader, or go to /formgrader.", flush=True)
    os.chdir(ROOT)
    os.environ["UNROLL_COURSE"] = str(course)
    os.execv(sys.executable, command)


def run_demo(args: argparse.Namespace) -> int:
    """`make demo`: build the class, grade, record, feedback, CSV, table, and what to open."""
    from autograder.classroom import course, demo, gradebook, grading
    from autograder.jail import JailUnavailable

    start = time.monotonic()
    root = demo.build(course_root(args.course, new=True))
    print(f"A class of {len(demo.CLASS)} has submitted to {root / 'submitted'}.")
    try:
        outcomes = course.grade_and_record(root, demo.PROBLEM_SET, jobs=args.jobs)
    except JailUnavailable as missing:
        print(
            f"\n{missing}\nThis class is made by the demo itself, so it is graded without isolation.", file=sys.stderr
        )
        os.environ[grading.UNSAFE_VARIABLE] = "1"
        outcomes = course.grade_and_record(root, demo.PROBLEM_SET, jobs=args.jobs)
    gradebook.name_students(root, demo.full_names())
    print("writing feedback pages ...", flush=True)
    waiting = gradebook.waiting(root, demo.PROBLEM_SET)
    feedback = gradebook.generate_feedback(root, demo.PROBLEM_SET, without=waiting)
    gradebook.export(root, root / "nbgrader_grades.csv")
    _show(root, outcomes)
    example = feedback / "egret" / demo.PROBLEM_SET / f"{demo.PROBLEM_SET}.html"
    print(
        f"\nAll this took {time.monotonic() - start:.0f} s. Now open\n"
        f"  {example}\n      what a student gets back (one folder per student)\n"
        f"  {root / 'class_report.html'}\n      the class on one page\n"
        f"  {root / 'grades.csv'}\n      every check, mistake and flag; nbgrader's own export is nbgrader_grades.csv\n"
        "  make lab\n      JupyterLab with formgrader on this class: written answers wait for a grade there"
    )
    return 0


def _show_strays(root: Path, problem_set: str) -> None:
    """What seems to be misnamed, of which no table can say anything."""
    from autograder.classroom import course, late

    if found := course.strays(root, problem_set):
        print(
            f"\nNot looked at: {', '.join(found)}. A submission was expected in submitted/STUDENT/{problem_set}/"
            f"{problem_set}.ipynb: put it there, and grade again."
        )
    if found := late.strangers(root, problem_set):
        print(
            f"\n{late.FILE} names {', '.join(found)}, of whom there is no folder in submitted/. See whether each name "
            "is spelt like the folder's."
        )


def _show(root: Path, outcomes: list) -> None:
    """The table, the mistakes of the class, and the isolation everything was graded in."""
    from autograder.classroom import report

    print("\n" + report.table(outcomes, colour=sys.stdout.isatty()))
    print("\n" + report.mistakes_table(outcomes))
    levels = sorted({outcome.result.sandbox for outcome in outcomes if outcome.result})
    print(f"\nIsolation: {', '.join(levels) or 'nothing was graded'}.")
    print(f"The class on one page: {root / 'class_report.html'}; as a spreadsheet: {root / 'grades.csv'}")
