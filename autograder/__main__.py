"""The command line: python -m autograder COMMAND. The Makefile's targets are named after these."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from autograder.classroom import outside
from autograder.classroom.commands import add_arguments, add_grade_arguments, course_root, run_grade
from autograder.problem_set import ROOT, course_secret, load, names


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder", description="Release, grade and report problem sets.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_release(commands)
    _add_new_set(commands)
    _add_new_question(commands)
    _add_verify(commands)
    _add_grade(commands)
    add_arguments(commands)
    outside.add_arguments(commands)
    _add_doctor(commands)
    args = parser.parse_args(argv)
    # jsonschema, which nbformat imports, does without it, and importing it takes longer than all the rest: it builds a
    # grammar of addresses, none of which occur in notebooks.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    try:
        if args.command != "new-set" and isinstance(getattr(args, "problem_set", None), str):
            load(args.problem_set)  # one sentence for all commands if there is none of that name
        return args.run(args)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: what was done is kept; run the same command again to go on", file=sys.stderr)
        return 130  # as a shell says it


def _add_release(commands) -> None:
    p = commands.add_parser("release", help="make what students get, from the solution notebook")
    p.add_argument("problem_set", nargs="*", help="default: all")
    p.set_defaults(run=_release)


def _release(args) -> int:
    from autograder.release import release

    for name in args.problem_set or names():
        path = release(name)
        print(f"{name}: assignments/{name} for nbgrader, {path.relative_to(ROOT)} to hand out")
    return 0


def _add_new_set(commands) -> None:
    text = "make a new problem set: a small one that works, to be written over"
    p = commands.add_parser("new-set", help=text, description=text)
    p.add_argument("problem_set", help="its name, e.g. ps7_attention")
    p.add_argument("--title", default="", help="its first heading (default: its name)")
    p.set_defaults(run=_new_set)


def _new_set(args) -> int:
    from autograder.new_set import new_set

    paths = new_set(args.problem_set, args.title)
    notebook, table = (path.relative_to(ROOT) for path in paths)
    print(
        f"{notebook}: an example with two functions and a written question, to be written over\n"
        f"{table}: its checks and mistakes\n"
        f"Now run make release PS={args.problem_set} and make verify PS={args.problem_set}. Then make it yours: "
        "docs/adding_a_question.md explains cells and table."
    )
    return 0


def _add_new_question(commands) -> None:
    text = "put the cells of a new function into a solution notebook; docs/adding_a_question.md says how to go on"
    p = commands.add_parser("new-question", help=text, description=text)
    p.add_argument("problem_set")
    p.add_argument("name", help="the function's name")
    p.add_argument("--points", type=float, required=True)
    p.add_argument("--after", required=True, metavar="CELL", help="the grade_id of the cell that it comes after")
    p.set_defaults(run=_new_question)


def _new_question(args) -> int:
    from autograder.new_question import new_question

    path = new_question(args.problem_set, args.name, args.points, args.after)
    print(
        f"{path.relative_to(ROOT)}: added {args.name}_solution and {args.name} after {args.after}. Now write the "
        f"solution there and a row in autograder/checks/{args.problem_set}.py; then run "
        f"make verify PS={args.problem_set}"
    )
    return 0


def _add_verify(commands) -> None:
    text = "prove that a problem set works: stubs, solution, mistakes, points, release"
    p = commands.add_parser("verify", help=text, description=text)
    p.add_argument("problem_set", nargs="*", help="default: all")
    p.add_argument("--quick", action="store_true", help="leave the mistakes out")
    p.add_argument("--only", action="append", default=[], metavar="CHECK", help="make the mistakes of this check alone")
    p.add_argument("--jobs", type=int, help="worker processes (default: one per core)")
    p.set_defaults(run=_verify)


def _verify(args) -> int:
    from autograder.verify import tasks, verify
    from autograder.verify.report import report, summary

    found = []
    with tasks.pool(args.jobs) as processes:
        for name in args.problem_set or names():
            found.append(verify(name, processes, quick=args.quick, only=args.only))
            print(f"{report(found[-1])}\n", flush=True)
    if len(found) > 1:
        print(summary(found))
    return int(any(v.flaws for v in found))


def _add_grade(commands) -> None:
    p = commands.add_parser("grade", help="grade the class, or with --file one notebook or .py file")
    p.add_argument("problem_set")
    p.add_argument("--file", type=Path, help="one notebook, or a plain .py file of functions; no gradebook is touched")
    p.add_argument("--json", action="store_true", help="with --file: print the Result as JSON")
    p.add_argument("--only", action="append", default=[], metavar="CHECK", help="with --file: only this check")
    p.add_argument("--seed", type=int, help="with --file: the seed of a verdict, to reproduce it")
    add_grade_arguments(p)
    p.add_argument(
        "--unsafe-no-sandbox",
        action="store_true",
        help="grade even where this system offers no isolation; only for code you trust",
    )
    p.set_defaults(run=_grade)


def _grade(args) -> int:
    if args.file is not None and args.cluster:
        raise ValueError("--cluster grades a class; one --file is graded here")
    if args.file is None:
        if args.json or args.only or args.seed is not None:
            raise ValueError("--json, --only and --seed go with --file")
        return run_grade(args)
    from autograder.classroom.grading import released_notebook
    from autograder.classroom.report import result_text
    from autograder.engine import grade
    from autograder.jail import Jail
    from autograder.submission import read

    problem_set = load(args.problem_set)
    unknown = [name for name in args.only if name not in problem_set.points]
    if unknown:
        known = ", ".join(problem_set.points)
        raise ValueError(f"{problem_set.name} has no check named {', '.join(unknown)}; it has {known}")
    submission = read(args.file, released=released_notebook(problem_set.name))
    with Jail(allow_none=args.unsafe_no_sandbox) as jail:
        graded = grade(
            submission,
            problem_set,
            jail,
            student=args.student[-1] if args.student else args.file.stem,
            secret=course_secret(course_root(args.course)),
            only=args.only,
            seed=args.seed,
        )
    if args.json:
        print(json.dumps(graded.result.to_dict(), indent=2, allow_nan=False))
    else:
        print(result_text(graded.result))
    return 0


def _add_doctor(commands) -> None:
    p = commands.add_parser("doctor", help="say how well student code is isolated on this system, and what is missing")
    p.set_defaults(run=_doctor)


def _doctor(args) -> int:
    from autograder.jail import doctor

    print(doctor.report())
    return 0


if __name__ == "__main__":
    sys.exit(main())
