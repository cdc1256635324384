"""The mistakes of a class: which were made, in which check, by how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autograder.classroom.results import Outcome
from autograder.submission.plain_text import in_words

TOGETHER = " + "  # between the names of mistakes that were made together


def mistakes_of_class(outcomes: Iterable[Outcome]) -> list[tuple[str, str, int]]:
    """(mistake in words, check, number of students), most frequent first.

    A student who made two mistakes in one check counts for both of them.
    """
    counts = Counter(
        (name, verdict.name)
        for outcome in outcomes
        for verdict in (outcome.result.checks if outcome.result else ())
        for name in dict.fromkeys(verdict.mistake.split(TOGETHER) if verdict.mistake else ())
    )
    rows = [(in_words(name), check, students) for (name, check), students in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[1], row[0]))


def mistakes_table(outcomes: Iterable[Outcome]) -> str:
    """`mistakes_of_class` as text; a sentence if no mistake was named."""
    rows = mistakes_of_class(outcomes)
    if not rows:
        return "Mistakes of the class: none was named."
    head = ("students", "mistake", "check")
    width = max(len(text) for text in (head[1], *(row[0] for row in rows)))
    lines = [f"{head[0]:>8}  {head[1]:<{width}}  {head[2]}", f"{'-' * 8}  {'-' * width}  {'-' * 5}"]
    lines += [f"{students:>8}  {mistake:<{width}}  {check}" for mistake, check, students in rows]
    return "\n".join(["Mistakes of the class", "", *lines])
