"""The commands that lead out of this kit: gradescope, canvas, similar."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.classroom.commands import course_root


def add_arguments(subparsers: argparse._SubParsersAction) -> None:
    """Add the subcommands `gradescope`, `canvas` and `similar`, each with a `run` default."""
    course = {"help": "the course's folder (default: UNROLL_COURSE, else this repository)"}
    text = "make the zip that grades a problem set on Gradescope; docs/gradescope.md says how to go on"
    p = subparsers.add_parser("gradescope", help=text, description=text)
    p.add_argument("problem_set")
    p.add_argument("--course", **course)
    p.add_argument("--out", type=Path, help="the zip (default: gradescope_NAME.zip in the course's folder)")
    p.add_argument(
        "--visibility",
        default="visible",
        help="when students see checks: visible, after_due_date, after_published, hidden",
    )
    p.add_argument("--unsafe-no-sandbox", action="store_true", help="grade even where Gradescope offers no isolation")
    p.set_defaults(run=run_gradescope)
    text = "write the gradebook's scores as a CSV that Canvas imports"
    p = subparsers.add_parser("canvas", help=text, description=text)
    p.add_argument("problem_set")
    p.add_argument("export", type=Path, help="the CSV that Canvas exported: Grades > Export")
    p.add_argument("--course", **course)
    p.add_argument("--out", type=Path, help="default: grades_canvas.csv in the course's folder")
    p.add_argument("--assignment", default="", help="its name or number in Canvas (default: the problem set's name)")
    p.add_argument(
        "--match",
        default="SIS Login ID",
        help="the export's column with the students' folder names: SIS Login ID, SIS User ID, ID",
    )
    p.add_argument("--unfinished", action="store_true", help="also scores that wait for a manual grade")
    p.set_defaults(run=run_canvas)
    text = "list the submissions that are unusually alike; likeness is no proof"
    p = subparsers.add_parser("similar", help=text, description=text)
    p.add_argument("problem_set")
    p.add_argument("--course", **course)
    p.add_argument("--out", type=Path, help="default: similar.csv in the course's folder")
    p.add_argument("--top", type=int, default=20, help="how many pairs (default: 20)")
    p.set_defaults(run=run_similar)


def run_gradescope(args: argparse.Namespace) -> int:
    """Write the zip and say what to do with it."""
    from autograder.classroom.gradescope import build

    root = course_root(args.course)
    path = args.out or root / f"gradescope_{args.problem_set}.zip"
    print(
        build.command(
            args.problem_set, root, path=path, visibility=args.visibility, allow_no_isolation=args.unsafe_no_sandbox
        )
    )
    return 0


def run_canvas(args: argparse.Namespace) -> int:
    """Write the CSV and say who is not in it."""
    from autograder.classroom import canvas, late

    root = course_root(args.course)
    late.settle(root, args.problem_set)
    print(
        canvas.command(
            root,
            args.problem_set,
            args.export,
            args.out or root / "grades_canvas.csv",
            assignment=args.assignment,
            match=args.match,
            unfinished=args.unfinished,
        )
    )
    return 0


def run_similar(args: argparse.Namespace) -> int:
    """Print the pairs, and write them as a CSV."""
    from autograder.classroom import similarity

    root = course_root(args.course)
    print(similarity.command(root, args.problem_set, args.out or root / "similar.csv", top=args.top))
    return 0
