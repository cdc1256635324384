"""Every attack, graded for real: it gains nothing, and the honest submission after it gets full points."""

from __future__ import annotations

import json
import os
import time

import pytest

from autograder.classroom.report.table import result_text
from autograder.submission import Unreadable
from tests.attacks import acting, cheating, corruption, denial, forging, hunting, libraries, privacy
from tests.attacks.attack import AFFINE, DENIED, FLAGGED, KILLED, REACHED, USELESS, ZERO, Attack
from tests.attacks.conftest import SECRET, grade_file, notebook
from tests.jails import ISOLATING

TABLES = (cheating, acting, hunting, forging, denial, libraries, privacy)
ATTACKS = (*(attack for table in TABLES for attack in table.ATTACKS), *cheating.NOTEBOOKS)
FULL = 7.0
BOUND = 60.0  # seconds for one attack with the short time limits of these tests, on a busy machine

# One attack that each layer stops, for the levels that are not the best one here.
CHOSEN = (
    "reads the solutions",
    "reads the grader's memory",
    "lists processes",
    "traces the grader",
    "answers PASS with the nonce",
    "ends its process in a function",
    "forks",
    "starts a thousand threads",
    "takes memory at once",
    "fills the disk",
    "kills everything",
    "loops in a function",
    "connects over TCP",
    "connects to an abstract socket",
    "reads another student's file",
)


def judged(jail, attack, grade):
    """The attack's points are those of its honest version at most; the grader lives, and so does everybody else."""
    start = time.monotonic()
    seen = grade(jail, attack)
    assert time.monotonic() - start < BOUND
    honest = grade(jail, attack, honest=True).points if attack.functions or attack.honest else FULL
    assert seen.points <= honest, (seen.result, honest)
    assert REACHED not in seen.printed
    json.dumps(seen.result.to_dict(), allow_nan=False)
    assert "\x1b" not in result_text(seen.result)
    assert SECRET.decode() not in str(seen)
    assert not [flag for flag in seen.result.flags if "in the grader" in flag], seen.result.flags
    if attack.outcome in (DENIED, USELESS):
        assert seen.points == honest
    if attack.outcome in (KILLED, FLAGGED):
        assert seen.result.flags
    after = grade(jail)
    assert (after.points, after.result.flags) == (FULL, ()), after.result
    return seen


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(attack, level, opened, grade):
    judged(opened(level), attack, grade)


@pytest.mark.parametrize("other", [level for level in ISOLATING if level != "bubblewrap"])
@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.name in CHOSEN], ids=lambda attack: attack.name)
def test_chosen_attack_at_the_other_levels(attack, other, opened, grade):
    judged(opened(other), attack, grade)


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.shown], ids=lambda attack: attack.name)
def test_control_without_isolation_the_attack_succeeds(attack, opened, grade):
    assert REACHED in grade(opened("none"), attack).printed


def test_names():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.name for attack in ATTACKS} >= set(CHOSEN)
    assert {attack.outcome for attack in ATTACKS} == {DENIED, ZERO, KILLED, FLAGGED, USELESS}


@pytest.mark.parametrize("spoilt", corruption.FILES, ids=lambda spoilt: spoilt.name)
def test_spoilt_file(spoilt, opened, tmp_path):
    path = tmp_path / "ps1_rnn.ipynb"
    path.write_text(json.dumps(notebook()), encoding="utf-8")
    spoilt.spoil(path)
    try:
        seen = grade_file(opened(None), path)
    except Unreadable as error:
        assert spoilt.outcome == "R" and str(error).endswith(".")
    else:
        assert seen.points == FULL
        assert bool(seen.result.flags) == (spoilt.outcome == "R"), seen.result.flags
    finally:
        if spoilt.name == "a pipe":
            os.unlink(path)


def test_a_right_submission_is_worth_full_points(opened, grade):
    assert grade(opened(None)).points == FULL == grade(opened(None), Attack("", "", only=AFFINE)).points
    assert grade(opened(None), Attack("", "", functions=dict.fromkeys(AFFINE, ""))).points == 0
