"""SECURITY.md says what the code does."""

from __future__ import annotations

import re

from autograder.jail import LEVELS, Limits
from autograder.jail.worker import _PATIENCE
from autograder.problem_set import ROOT
from autograder.session import TOTAL_SECONDS
from tests.attacks.test_attacks import ATTACKS

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
FLAT = " ".join(TEXT.split())


def test_the_levels_are_the_codes():
    assert tuple(re.findall(r"^\| `(\w+)` \| (?!.*pytest)", TEXT, re.MULTILINE)) == LEVELS


def test_the_numbers_are_the_codes():
    limits = Limits()
    for words in (
        f"{limits.memory >> 30} GB of memory",
        f"{limits.tmp >> 20} MB of files",
        f"{limits.tasks} threads",
        f"{limits.output >> 20} MB of output",
    ):
        assert words in FLAT
    assert TOTAL_SECONDS == 120 and "after two minutes at most" in FLAT
    assert _PATIENCE == 8 and "eight times its length" in FLAT
    assert len(ATTACKS) > 90 and "over a hundred hostile submissions" in FLAT


def test_what_it_names_is_there():
    for path in re.findall(r"(?:tests|autograder)/[\w/.]+", TEXT):
        assert (ROOT / path).exists(), path
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)`", TEXT):
        assert f"\n{target}: " in targets
