"""What is wrong with a problem set, for its instructor: where, expected, found, what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flaw:
    """One thing to put right. where: the file and the place in it; the other three are parts of sentences."""

    where: str
    expected: str
    found: str
    todo: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}; {self.todo}"
