"""What the class report says, computed from outcomes. Plain data; what students wrote is one line without controls."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autograder.check import CARRIED, CRASHED, FAILED, PASSED, SKIPPED, TIMED_OUT, Verdict
from autograder.classroom.report.class_mistakes import TOGETHER
from autograder.classroom.results import Outcome
from autograder.jail.levels import LEVELS
from autograder.submission.plain_text import in_words, one_line

STATUSES = (PASSED, CARRIED, FAILED, CRASHED, TIMED_OUT, SKIPPED)  # those that are right first
RIGHT = STATUSES[:2]
ENOUGH_POINTS, ENOUGH_RIGHT = 1 / 2, 2 / 3  # shares of points and of checks; who has less of either needs help
WITHOUT_SANDBOX = "graded without a sandbox"  # the engine's flag for it: it says nothing about a submission
UNNAMED = {FAILED: "wrong in a way that has no name", CRASHED: "crashed", TIMED_OUT: "timed out"}


@dataclass(frozen=True)
class Student:
    """A row of the table. points: None if not graded. verdicts: one per check of the class, None where there is none.

    place: the row's number, which links lead to. status: in words.
    """

    place: int
    name: str
    points: float | None
    max_points: float | None
    verdicts: tuple[Verdict | None, ...]
    status: str
    flags: tuple[str, ...]

    @property
    def right(self) -> int:
        return sum(v is not None and v.status in RIGHT for v in self.verdicts)


@dataclass(frozen=True)
class GradedStudent(Student):
    points: float
    max_points: float


@dataclass(frozen=True)
class Spread:
    """Points of the graded students. quartiles: the lower, the median, the upper, interpolated linearly."""

    lowest: float
    quartiles: tuple[float, float, float]
    highest: float
    mean: float


@dataclass(frozen=True)
class CheckNumbers:
    """One check: students by status, in the order of STATUSES, and the points lost by a student on average."""

    name: str
    max_points: float
    students: dict[str, int]
    lost: float

    @property
    def judged(self) -> int:
        return sum(self.students.values())

    @property
    def right(self) -> float:
        """The share of students who are right, given their own parts if need be."""
        return sum(self.students[status] for status in RIGHT) / self.judged


@dataclass
class Group:
    """Students of whom the same is true: a mistake, or a check that went wrong without a name, or a flag.

    hint: the most frequent one. wordings: how many different ones there are.
    """

    title: str
    check: str = ""
    hint: str = ""
    wordings: int = 0
    students: list[Student] = field(default_factory=list)


@dataclass(frozen=True)
class Help:
    """A student who needs help, and the first check that went wrong: where to start."""

    student: GradedStudent
    start: str
    why: str


@dataclass(frozen=True)
class Times:
    """Seconds of grading: of all submissions together, of the median, of the longest, and whose that is."""

    total: float
    median: float
    longest: float
    student: Student


@dataclass(frozen=True)
class Numbers:
    """Everything the page shows. spread and times are None if nothing was graded. levels: isolation -> submissions."""

    students: tuple[Student, ...]
    graded: tuple[GradedStudent, ...]
    max_points: float
    spread: Spread | None
    times: Times | None
    levels: dict[str, int]
    checks: tuple[CheckNumbers, ...]
    mistakes: tuple[Group, ...]
    unnamed: tuple[Group, ...]
    flags: tuple[Group, ...]
    open: tuple[Group, ...]
    help: tuple[Help, ...]
    untouched: tuple[Student, ...]


def numbers(outcomes: Iterable[Outcome]) -> Numbers:
    """All numbers and lists of the page; students in the order of `outcomes`."""
    outcomes = list(outcomes)
    checks = list(dict.fromkeys(v.name for o in outcomes if o.result for v in o.result.checks))
    students = tuple(_student(place, o, checks) for place, o in enumerate(outcomes, 1))
    graded = tuple(s for s in students if isinstance(s, GradedStudent))
    found = Counter(o.result.sandbox for o in outcomes if o.result)
    untouched = tuple(s for s in graded if _is_untouched(s))
    pairs = list(zip(outcomes, students, strict=True))
    return Numbers(
        students=students,
        graded=graded,
        max_points=max((s.max_points for s in graded), default=0.0),
        spread=spread([s.points for s in graded]),
        times=_times(pairs),
        levels={level: found[level] for level in LEVELS if level in found},
        checks=tuple(_check(name, i, graded) for i, name in enumerate(checks)),
        mistakes=_mistakes(graded),
        unnamed=_unnamed(graded),
        flags=_flags((flag, s) for o, s in pairs if o.result for flag in o.result.flags),
        open=_flags((o.problem, s) for o, s in pairs if o.problem),
        help=_help([s for s in graded if s not in untouched]),
        untouched=untouched,
    )


def spread(points: Sequence[float]) -> Spread | None:
    """None if there are no points."""
    if not points:
        return None
    quartiles = statistics.quantiles(points, n=4, method="inclusive") if len(points) > 1 else 3 * [points[0]]
    lower, median, upper = quartiles
    return Spread(min(points), (lower, median, upper), max(points), statistics.fmean(points))


def _student(place: int, outcome: Outcome, checks: list[str]) -> Student:
    result = outcome.result
    by_name = {v.name: v for v in result.checks} if result else {}
    verdicts = tuple(by_name.get(name) for name in checks)
    statuses = [v.status for v in by_name.values()]
    if not result:
        status = "not graded"
    elif statuses and set(statuses) <= set(RIGHT):
        status = "all right"
    elif set(statuses) == {SKIPPED}:
        status = "all skipped"
    else:
        status = f"{sum(s in RIGHT for s in statuses)} of {len(statuses)} right"
    flags = tuple(one_line(flag, 600) for flag in outcome.flags)
    name = one_line(outcome.student, 60)
    if not result:
        return Student(place, name, None, None, verdicts, status, flags)
    return GradedStudent(place, name, result.points, result.max_points, verdicts, status, flags)


def _is_untouched(student: Student) -> bool:
    """Nothing beyond the stubs; where something kept the student's own code from being used, a flag says so."""
    skipped = all(v.status == SKIPPED for v in student.verdicts if v)
    return skipped and any(student.verdicts) and not set(student.flags) - {WITHOUT_SANDBOX}


def _times(pairs: list[tuple[Outcome, Student]]) -> Times | None:
    timed = [(o.report.seconds, student) for o, student in pairs if o.report]
    if not timed:
        return None
    seconds = [s for s, _ in timed]
    longest, student = max(timed, key=lambda pair: pair[0])
    return Times(sum(seconds), statistics.median(seconds), longest, student)


def _check(name: str, column: int, graded: Sequence[Student]) -> CheckNumbers:
    verdicts = [v for s in graded if (v := s.verdicts[column])]
    counts = Counter(v.status for v in verdicts)
    lost = statistics.fmean(v.max_points - v.points for v in verdicts)
    return CheckNumbers(name, verdicts[0].max_points, {status: counts[status] for status in STATUSES}, lost)


def _mistakes(graded: Sequence[Student]) -> tuple[Group, ...]:
    """The named mistakes, most frequent first; who made two in one check is in both."""
    groups: dict[tuple[str, str], Group] = {}
    hints: dict[tuple[str, str], Counter[str]] = {}
    alone: dict[tuple[str, str], Counter[str]] = {}
    for student in graded:
        for verdict in filter(None, student.verdicts):
            names = list(dict.fromkeys(verdict.mistake.split(TOGETHER))) if verdict.mistake else []
            for name in names:
                key = (verdict.name, name)
                groups.setdefault(key, Group(in_words(name), verdict.name)).students.append(student)
                (alone if len(names) == 1 else hints).setdefault(key, Counter())[verdict.hint] += 1
    for key, group in groups.items():
        _give_hint(group, alone.get(key) or hints[key])  # the hint of two mistakes together is the hints of both
    return _ranked(groups.values())


def _unnamed(graded: Sequence[Student]) -> tuple[Group, ...]:
    """What went wrong and no mistake explains, by check and status, most frequent first."""
    groups: dict[tuple[str, str], Group] = {}
    hints: dict[tuple[str, str], Counter[str]] = {}
    for student in graded:
        for verdict in filter(None, student.verdicts):
            if verdict.status in UNNAMED and not verdict.mistake:
                key = (verdict.name, verdict.status)
                groups.setdefault(key, Group(UNNAMED[verdict.status], verdict.name)).students.append(student)
                hints.setdefault(key, Counter())[verdict.hint] += 1
    for key, group in groups.items():
        _give_hint(group, hints[key])
    return _ranked(groups.values())


def _give_hint(group: Group, hints: Counter[str]) -> None:
    group.hint, group.wordings = one_line(hints.most_common(1)[0][0], 600), len(hints)


def _ranked(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda g: (-len(g.students), g.check, g.title)))


def _flags(found: Iterable[tuple[str, Student]]) -> tuple[Group, ...]:
    """Sentences for a person, each once with all students it is said of, most frequent first."""
    groups: dict[str, Group] = {}
    for sentence, student in found:
        sentence = one_line(sentence, 600)
        groups.setdefault(sentence, Group(sentence)).students.append(student)
    return _ranked(groups.values())


def _help(tried: Iterable[GradedStudent]) -> tuple[Help, ...]:
    """Of those who tried, who has too few points or too few checks right; fewest points first."""
    rows = []
    for student in tried:
        verdicts = [v for v in student.verdicts if v]
        wrong = [v for v in verdicts if v.status not in RIGHT]
        enough = student.right >= ENOUGH_RIGHT * len(verdicts) and student.points >= ENOUGH_POINTS * student.max_points
        if wrong and not enough:
            rows.append(Help(student, wrong[0].name, in_words(wrong[0].mistake or wrong[0].status)))
    return tuple(sorted(rows, key=lambda row: (row.student.points, row.student.name)))
