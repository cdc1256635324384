"""Mistakes of problem set 1 that can be made again: the same misunderstanding reads the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograder.check import Mistake


def again(mistakes: Sequence[Mistake], *names: str, text: tuple[tuple[str, str], ...] = ()) -> tuple[Mistake, ...]:
    """The named mistakes, in this order.

    text: (old, new) pairs replaced in their edits, where this problem set's solution is worded differently.
    """
    by_name = {m.name: m for m in mistakes}
    return tuple(
        replace(
            by_name[name], edits=tuple((_fitted(old, text), _fitted(new, text)) for old, new in by_name[name].edits)
        )
        for name in names
    )


def _fitted(source: str, text: tuple[tuple[str, str], ...]) -> str:
    for old, new in text:
        source = source.replace(old, new)
    return source


def db_two_dimensional(name: str, edit: tuple[str, str]) -> Mistake:
    """name: the shape of b in words, e.g. ``"(4H,)"``."""
    hint = f"db has the right numbers and one axis too many: b has shape {name}, so has its gradient."
    return Mistake("db_two_dimensional", hint, (edit,))
