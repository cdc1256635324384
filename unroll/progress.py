"""`progress()`: a student's points so far, by the public checks. An estimate: grading uses other inputs."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from unroll.check import Own, find_expected, load_expected, try_cases
from unroll.diagnose import failing_outputs
from unroll.expected import FILE, Unpacker
from unroll.report import WIDTH, CheckFailed

DONE, NOT_YET, NOT_TRIED, STOPPED = "done", "not yet", "not tried", "stopped"
PATIENCE = 1.0  # seconds until a progress bar appears
BAR = 20  # characters
ESTIMATE = (
    "This is an estimate, not your grade: grading uses other inputs, larger ones among them, and gives part of the "
    "points for what is partly right. check(f) says what is wrong with f."
)


@dataclass(frozen=True)
class Line:
    """What is known of one check. note: a few words, without the function's name."""

    name: str
    status: str
    note: str = ""


def progress() -> None:
    """Print which public checks your functions pass, and the points these are worth.

    Looks at the functions that the calling notebook has defined. Interrupting it prints what is known until then.
    Raises LookupError if expected.h5 is not beside the notebook, or holds no points.
    """
    if os.environ.get("UNROLL_GRADING"):
        print("progress() is left to the autograder.")
        return
    namespace = sys._getframe(1).f_globals
    expected = load_expected(str(find_expected()))
    points = dict(expected.index.get("points", ()))
    if not points:
        raise LookupError(
            f"expected the points of every check in {FILE}, and found none: it is from an older release; "
            "get the folder again, and copy your notebook into it"
        )
    started = time.monotonic()
    lines = _try_all(list(points), expected, namespace)
    _report(expected.index, points, lines)
    if stopped := next((line.name for line in lines if line.status == STOPPED), None):
        print(f"\nInterrupted after {time.monotonic() - started:.0f} s, while {stopped} was tried.")
        print("If it does not end by itself, look for a loop that never stops, and count its steps.")


def _try_all(names: list[str], expected: Unpacker, namespace: Mapping[str, Any]) -> list[Line]:
    """One line for every check; after an interruption the rest is not tried."""
    lines: list[Line] = []
    with _bar(len(names)) as tell:
        for name in names:
            try:
                tell(name)
                lines.append(_try_one(name, expected, namespace))
            except KeyboardInterrupt:
                lines.append(Line(name, STOPPED, "interrupted"))
                break
    return lines + [Line(name, NOT_TRIED, "not reached") for name in names[len(lines) :]]


def _try_one(name: str, expected: Unpacker, namespace: Mapping[str, Any]) -> Line:
    if name not in namespace:
        return Line(name, NOT_TRIED, "not defined: run its cell first")
    function, row = namespace[name], expected.index["checks"][name]
    if not callable(function):
        return Line(name, NOT_YET, f"is of type {type(function).__name__}, not a function")
    try:
        with _quiet():
            cases, crashes = try_cases(name, row, expected, Own(function, expected.index["returns"]))
            failing = failing_outputs(cases, row["tolerance"])
    except CheckFailed as failed:
        note = str(failed).removeprefix(f"{name} ")
        if isinstance(failed.__context__, NotImplementedError):
            return Line(name, NOT_TRIED, note.removeprefix("is ").partition(", and ")[0])
        return Line(name, NOT_YET, note)
    except (Exception, SystemExit) as error:
        return Line(name, NOT_YET, f"raised {type(error).__name__}")
    if len(crashes) == len(cases):
        return Line(name, NOT_YET, f"raised {type(crashes[0].error).__name__}")
    if wrong := [output for output in row["outputs"] if output in failing]:
        return Line(name, NOT_YET, f"{', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} not right")
    return Line(name, DONE)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What a student's function prints, and what it warns of, goes nowhere; so it will warn again where it is seen."""
    with (
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(action="ignore"),
    ):
        yield


@contextlib.contextmanager
def _bar(total: int) -> Iterator:
    """A function to call with the name of what is tried next. After PATIENCE seconds a progress bar shows it.

    On stdout, so that what is printed next takes the bar's place.
    """
    bar = tqdm(total=total, unit="check", leave=False, delay=PATIENCE, file=sys.stdout)

    def show() -> None:
        bar.delay = 0
        bar.refresh()

    def tell(name: str) -> None:
        bar.update(bool(bar.desc))
        bar.set_description(f"trying {name}", refresh=not bar.delay)

    timer = threading.Timer(PATIENCE, show)  # tqdm alone shows nothing while the first check runs
    timer.daemon = True
    timer.start()
    try:
        yield tell
    finally:
        timer.cancel()
        timer.join()
        bar.close()


def _report(index: Mapping[str, Any], points: Mapping[str, float], lines: list[Line]) -> None:
    print(f"{index['problem_set']}: your points so far, by the public checks\n")
    width, digits = max(map(len, points)), max(len(f"{p:g}") for p in points.values())
    earned = 0.0
    for line in lines:
        got = points[line.name] if line.status == DONE else 0.0
        earned += got
        start = f"  {line.status:<9}  {line.name:<{width}}  {got:>{digits}g} of {points[line.name]:>{digits}g}"
        note = textwrap.shorten(line.note, WIDTH - len(start) - 2, placeholder=" ...")
        print(f"{start}  {note}".rstrip())
    total = sum(points.values())
    share = earned / total
    done = int(BAR * share)
    print(f"\n  {earned:g} of {total:g} points  [{'#' * done}{'.' * (BAR - done)}] {int(100 * share)} %")
    if index["written"]:
        print(f"  Written answers, which people grade: {index['written']:g} points more.")
    print(textwrap.fill(ESTIMATE, WIDTH, initial_indent="  ", subsequent_indent="  "))
