"""Grade one submission: run its cells in a jail, put every check to its functions, conclude.

`grade` touches no database and writes nothing: a Result is a pure function of the submission, the problem set
and the course secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from autograder.check import Result
from autograder.jail import CellOutcome, Jail
from autograder.judge import Judgement, all_needs, judge
from autograder.problem_set import ProblemSet
from autograder.session import Session
from autograder.submission import Submission

ATTEMPTS = 3  # a worker that was killed says nothing about the submission: all is judged once more


class JailKilled(RuntimeError):
    """Something outside ended the jail again and again."""


@dataclass(frozen=True)
class Graded:
    """A Result, and what the student's cells printed, by their position in the notebook."""

    result: Result
    cells: Mapping[int, CellOutcome]


def grade(
    submission: Submission,
    problem_set: ProblemSet,
    jail: Jail,
    *,
    student: str,
    secret: bytes,
    only: Collection[str] = (),
    seed: int | None = None,
) -> Graded:
    """Grade one submission.

    student: whose inputs are drawn (they depend on the submission too).
    only: names of the checks to conclude; those they need are judged too.
    seed: use this seed for every check instead of the student's own, to reproduce a verdict.
    Raises KeyError for a name in `only` that is no check, JailKilled if something outside keeps ending the jail.
    Nothing a submission does raises.
    """
    seeds = seeds_for(secret, student, submission, problem_set)
    return grade_seeded(submission, problem_set, jail, seeds if seed is None else dict.fromkeys(seeds, seed), only=only)


def grade_seeded(
    submission: Submission,
    problem_set: ProblemSet,
    jail: Jail,
    seeds: Mapping[str, int],
    *,
    only: Collection[str] = (),
) -> Graded:
    """`grade` for who has the seeds, check name -> seed, and is not to have the secret."""
    wanted = [problem_set.check(name).name for name in only] or [c.name for c in problem_set.checks]
    needed = {name for w in wanted for name in (w, *all_needs(problem_set, w))}
    seeds = {name: seed for name, seed in seeds.items() if name in needed}
    for attempt in range(ATTEMPTS):
        session, judged = _judge_all(jail, submission, problem_set, seeds)
        if not session.killed or (attempt and not session.jail_killed):
            break  # what kills the worker twice is the submission's own
    else:
        raise JailKilled(f"the jail around it was ended from outside {ATTEMPTS} times; grade it again")
    flags = (*submission.flags, *dict.fromkeys(session.flags))
    cells = dict(session.cells)
    if jail.level == "none":
        flags = ("graded without a sandbox", *flags)
    verdicts = tuple(judged[c.name].verdict for c in problem_set.checks if c.name in wanted)
    result = Result(
        problem_set=problem_set.name,
        points=round(sum(v.points for v in verdicts), 2),
        max_points=round(sum(v.max_points for v in verdicts), 2),
        sandbox=jail.level,
        checks=verdicts,
        flags=flags,
    )
    return Graded(result, cells)


def _judge_all(jail: Jail, submission: Submission, problem_set: ProblemSet, seeds: Mapping[str, int]):
    """One attempt: the session, closed, and check name -> Judgement for all checks that have a seed."""
    judged: dict[str, Judgement] = {}
    with Session(jail, submission, problem_set) as session:
        for check in problem_set.checks:
            if check.name in seeds:
                judged[check.name] = judge(check, session, judged, seeds[check.name])
        session.flag_redefinitions()
    return session, judged


def seeds_for(secret: bytes, student: str, submission: Submission, problem_set: ProblemSet) -> dict[str, int]:
    """The seed of every check of a problem set, by its name."""
    return {c.name: seed_for(secret, student, submission.digest, c.name) for c in problem_set.checks}


def seed_for(secret: bytes, student: str, submission: str, check: str) -> int:
    """The seed of the inputs to a check; it cannot be guessed without the course secret.

    submission: its digest. A changed submission gets other inputs, so answers learnt from feedback are of no use.
    """
    parts = [secret, student.encode(), submission.encode(), check.encode()]
    digest = hashlib.sha256(b"".join(len(p).to_bytes(8, "big") + p for p in parts)).digest()
    return int.from_bytes(digest[:6], "big")
