"""Grades for Canvas: a CSV that its gradebook imports, made of nbgrader's scores and Canvas's own export.

Canvas finds a student by the first columns of its export, so those are copied from there; an empty cell would take a
grade away, so whoever has no score here keeps what Canvas has. Nobody is dropped: `Import.notes` names them all.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import whole_file
from autograder.classroom import gradebook
from autograder.classroom.report.grades_csv import safe_cell
from autograder.submission.plain_text import one_line

LAST_OF_STUDENT = "Section"  # the last of the export's columns about the student
MATCHES = ("SIS Login ID", "SIS User ID", "ID")
EXPORT_IT_ANEW = "Export the gradebook in Canvas once more (Grades > Export > Export Entire Gradebook)."
_NUMBER = re.compile(r"-|-?\d+([.,]\d+)?%?")  # a lone "-" is how Canvas writes that there is none
_WITH_ID = re.compile(r"(?P<title>.*\S)\s+\((?P<id>\d+)\)")


@dataclass(frozen=True)
class Score:
    """One student's points in nbgrader's gradebook: manual grades and late penalty included, never below zero.

    unfinished: something of it still waits for a person's grade.
    """

    points: float
    max_points: float
    unfinished: bool = False


@dataclass(frozen=True)
class Import:
    """text: the CSV. filled: how many students get a score by it. notes: what a person should know, in sentences."""

    text: str
    filled: int
    notes: tuple[str, ...]


def scores(root: Path, problem_set: str) -> dict[str, Score]:
    """student -> Score, of everyone whose submission is recorded. Raises gradebook.Unavailable."""
    with gradebook.open_gradebook(root) as book:
        return {
            submission.student_id: Score(
                round(max(0.0, submission.score - (submission.late_submission_penalty or 0.0)), 2),
                submission.max_score,
                bool(submission.needs_manual_grade),
            )
            for submission in book.assignment_submissions(problem_set)
        }


def canvas_csv(
    of_students: Mapping[str, Score],
    export: str,
    assignment: str,
    *,
    match: str = MATCHES[0],
    unfinished: bool = False,
) -> Import:
    """What to import into Canvas.

    export: the text of Canvas's own export. assignment: its name in Canvas, its number, or "name (number)"; if the
    export has no such column, a new one is made. match: the export's column that holds nbgrader's names of students,
    one of MATCHES. unfinished: give also scores that wait for a manual grade.
    Raises ValueError if the export is not one of Canvas, or leaves open who or what is meant.
    """
    if match not in MATCHES:
        raise ValueError(f"match {match!r}: expected one of {', '.join(MATCHES)}")
    if not of_students:
        raise ValueError("the gradebook has no submission of this problem set: grade and record it first")
    header, possible, rows = _read(export)
    about = header.index(LAST_OF_STUDENT) + 1
    if match not in header[:about]:
        raise ValueError(
            f"the export has no column {match!r}; it has {_listed(header[:about])}. Name another one, or ask whoever "
            "runs Canvas to let you see it."
        )
    column = _column(header[about:], assignment)
    at = None if column is None else about + column
    notes = [] if at is not None else [f"The export has no assignment {assignment!r}; Canvas will offer to make it."]
    most = max(score.max_points for score in of_students.values())
    if at is not None:
        notes += _differences(possible[at], most, header[at])
    students, ours = _students(rows, header.index(match), match, of_students)
    lines = [
        [*header[:about], assignment if at is None else header[at]],
        [*possible[:about], f"{most:g}" if at is None else possible[at]],
    ]
    filled, waiting, others = 0, [], []
    for row, student in students:
        score = of_students.get(student)
        value = "" if at is None else row[at]
        if score is None:
            others.append(row[0])
        elif score.unfinished and not unfinished:
            waiting.append(student)
        else:
            value, filled = f"{score.points:g}", filled + 1
        lines.append([*row[:about], value])
    notes += _named("Their manual grading is not finished, so Canvas keeps what it has", waiting)
    notes += _named(f"In the gradebook, but not in the export (as {match}); they get NO score", set(of_students) - ours)
    notes += _named("In Canvas, but without a recorded submission; Canvas keeps what it has", others)
    return Import(_written(lines), filled, tuple(notes))


def command(
    root: Path, problem_set: str, export: Path, out: Path, *, assignment: str = "", match: str, unfinished: bool
) -> str:
    """Write the CSV of a problem set to `out`; what to say about it."""
    text = _text(Path(export))
    made = canvas_csv(scores(root, problem_set), text, assignment or problem_set, match=match, unfinished=unfinished)
    whole_file.write(out, made.text)
    students = "1 student" if made.filled == 1 else f"{made.filled} students"
    head = f"{out}: scores of {students}, to be imported in Canvas (Grades > Import). Canvas shows every change first."
    return "\n".join([head, *(f"- {note}" for note in made.notes)])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: a CSV in UTF-8 was expected. {EXPORT_IT_ANEW}") from None
    except FileNotFoundError:
        raise ValueError(f"{path}: the CSV that Canvas exported was expected; there is no such file") from None


def _read(export: str) -> tuple[list[str], list[str], list[list[str]]]:
    """The header, the row of points, and the students' rows, all of the header's length."""
    first = export.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","  # Canvas offers both
    rows = [row for row in csv.reader(io.StringIO(export.removeprefix("\ufeff")), delimiter=delimiter) if any(row)]
    header = [name.strip() for name in rows[0]] if rows else []
    if header[:2] != ["Student", "ID"] or LAST_OF_STUDENT not in header:
        raise ValueError(
            f"an export of Canvas's gradebook was expected, with the columns Student, ID, ..., {LAST_OF_STUDENT}; "
            f"found {_listed(header[:6]) or 'nothing'}. {EXPORT_IT_ANEW}"
        )
    possible, students = [], []
    for row in rows[1:]:
        row = (row + [""] * len(header))[: len(header)]
        if "Points Possible" in row[0]:
            possible = row
        elif row[0].strip():  # else a row that says how grades are posted
            students.append(row)
    if not possible or not students:
        missing = "students" if possible else "row 'Points Possible'"
        raise ValueError(f"the export has no {missing}. {EXPORT_IT_ANEW}")
    return header, possible, students


def _column(columns: Sequence[str], assignment: str) -> int | None:
    """Where among the assignments' columns the wanted one is; None if there is none. Raises ValueError for several."""
    fits = []
    for i, name in enumerate(columns):
        parts = _WITH_ID.fullmatch(name)
        if assignment == name or (parts and assignment in (parts["title"], parts["id"])):
            fits.append(i)
    if len(fits) > 1:
        raise ValueError(
            f"several assignments in Canvas are called {assignment!r}: {_listed(columns[i] for i in fits)}. "
            "Name one with its number."
        )
    return fits[0] if fits else None


def _differences(possible: str, most: float, name: str) -> list[str]:
    """What there is to say about the points that Canvas has for an assignment. Raises ValueError if it takes none."""
    if "read only" in possible:
        raise ValueError(f"Canvas lets nobody import {one_line(name, 80)}: it is read only. Name an assignment.")
    try:
        same = float(possible.replace(",", ".")) == most
    except ValueError:
        same = False
    if same:
        return []
    return [
        f"Canvas has {one_line(possible, 20) or 'no'} points possible for it, the gradebook {most:g}; scores are "
        "written as they are in the gradebook."
    ]


def _students(
    rows: Iterable[list[str]], at: int, match: str, of_students: Mapping[str, Score]
) -> tuple[list[tuple[list[str], str]], set[str]]:
    """Each row with nbgrader's name of its student ("" if there is none), and the names that were found.

    Logins differ only in their letters' case between systems. Raises ValueError if a name fits twice.
    """
    known: dict[str, str] = {}
    for student in of_students:
        twin = known.setdefault(student.casefold(), student)
        if twin != student:
            raise ValueError(f"the gradebook has {twin!r} and {student!r}, which Canvas takes for one: rename one")
    found: dict[str, str] = {}
    students = []
    for row in rows:
        student = known.get(row[at].strip().casefold(), "")
        if student in found:
            raise ValueError(
                f"two rows of the export have the {match} {student!r}: {found[student]!r} and {row[0]!r}. "
                "Match by another column."
            )
        if student:
            found[student] = row[0]
        students.append((row, student))
    return students, set(found)


def _named(what: str, students: Iterable[str]) -> list[str]:
    students = sorted(one_line(student, 60) for student in students)
    return [f"{what}: {', '.join(students)} ({len(students)})."] if students else []


def _listed(names: Iterable[str]) -> str:
    return ", ".join(one_line(name, 60) for name in names)


def _written(lines: Iterable[Sequence[str]]) -> str:
    """The CSV, safe to open in a spreadsheet: numbers as they are, and no text that is taken for a formula."""
    table = io.StringIO()
    writer = csv.writer(table)
    for line in lines:
        writer.writerow([cell if _NUMBER.fullmatch(cell) else safe_cell(cell) for cell in line])
    return table.getvalue()
