"""class_report.html: a graded class on one page, which needs no network and runs nothing but its own script."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from autograder import whole_file
from autograder.classroom.record import UNSAFE
from autograder.classroom.report import page_pictures
from autograder.classroom.report.page_numbers import ENOUGH_POINTS, ENOUGH_RIGHT, STATUSES, numbers
from autograder.classroom.results import Outcome
from autograder.submission.plain_text import in_words

TEMPLATES = Path(__file__).parent / "templates"
STRONG = ("bubblewrap", "namespaces")  # the levels with a file system, network and processes of their own


def write_page(
    outcomes: Iterable[Outcome], path: str | os.PathLike, problem_set: str, *, now: datetime | None = None
) -> None:
    """Write the report of a class, who may be anyone from nobody to a thousand. `path` is replaced.

    problem_set: its name. now: the time that the page gives (None: this moment).
    """
    whole_file.write(path, page(outcomes, problem_set, now or datetime.now(UTC)))


def page(outcomes: Iterable[Outcome], problem_set: str, now: datetime) -> str:
    """The report as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup  # here, because worker processes import this package and need no templates

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(TEMPLATES),
    )
    environment.filters.update(number=number, words=in_words, duration=duration, percent=percent)
    style, script = ((TEMPLATES / f"class_report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    found = numbers(outcomes)
    points = [student.points for student in found.graded]
    return environment.get_template("class_report.html.j2").render(
        n=found,
        problem_set=problem_set,
        now=now,
        statuses=STATUSES,
        histogram=page_pictures.histogram(points, found.max_points, found.spread) if found.spread else None,
        pictures=page_pictures,
        weaker={level: n for level, n in found.levels.items() if level not in (*STRONG, "none")},
        unsafe=UNSAFE,
        enough=(ENOUGH_POINTS, ENOUGH_RIGHT),
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src '{_sha256(style)}'; script-src '{_sha256(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def number(value: float) -> str:
    """Two decimals at most, and no zeros at their end."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share as a whole number of percent; nearly all is not all, and nearly none is not none."""
    whole = round(100 * share)
    if whole in (0, 100) and share not in (0, 1):
        whole = 1 if whole == 0 else 99
    return f"{whole} %"


def duration(seconds: float) -> str:
    """Seconds in the two largest units."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _sha256(text: str) -> str:
    """What a content security policy calls an inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
