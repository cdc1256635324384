"""Grade mutants by the autograder's own judge, in its jail, and say what became of each."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from autograder import engine
from autograder.check import CRASHED, PASSED, TIMED_OUT, Mistake
from autograder.judge import judge
from autograder.problem_set import ProblemSet, load
from autograder.session import Session
from autograder.submission import Cell, Submission
from autograder.trial import draw_trials, run_mistaken
from autograder.verify import tasks
from bench.mutation.mutants import Mutant, mutants_of
from unroll.diagnose import same

SEEDS = (1, 2, 3)  # of three students; with the second and third a name is confirmed
EQUIVALENT = Path(__file__).with_name("equivalent.toml")

MISTAKE, RELATION = "mistake", "relation"  # named, by the table or by the numbers
FAULT, KNOWN = "crash or time", "what is known"  # explained in words
ELSEWHERE = "elsewhere"  # its own check passes, one that uses it does not: a cache that lacks something
SURVIVED = "survived"


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    kind: one of those above. status, names, hint: of the verdict with the first seed.
    passing: the seeds with which its own check passes. elsewhere: the other checks that do not.
    doubts: why a name is not confirmed on other inputs, in words; empty if it is, or if there is none.
    """

    mutant: Mutant
    kind: str
    status: str
    names: str
    hint: str
    passing: tuple[int, ...] = ()
    elsewhere: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def all_mutants(problem_set: ProblemSet, function: str = "") -> list[Mutant]:
    """The mutants of every solution cell of a problem set, or of one function's."""
    solutions = problem_set.reference.cells.items()
    found = {key.removesuffix("_solution"): text for key, text in solutions if key.endswith("_solution")}
    if function and function not in found:
        raise ValueError(f"{problem_set.name} has no function {function!r}; it has {', '.join(found)}")
    return [m for name, text in found.items() if function in ("", name) for m in mutants_of(name, text)]


def sample(mutants: list[Mutant], size: int) -> list[Mutant]:
    """As many of them, drawn in the same way every time."""
    return random.Random(0).sample(mutants, min(size, len(mutants)))


def equivalents() -> dict[tuple[str, str, int, str, str], str]:
    """(problem set, *key of a mutant) -> why it does the same as the solution for every valid input."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    return {(e["set"], e["function"], m["line"], m["old"], m["new"]): e["why"] for e in entries for m in e["mutants"]}


def run(work: Iterable[tuple[str, Mutant]], jobs: int, progress: bool = True) -> Iterator[tuple[str, Outcome]]:
    """(problem set, outcome) of (problem set, mutant), in the same order."""
    sets, mutants = zip(*work, strict=True)
    with tasks.pool(jobs) as pool:
        found = zip(sets, pool.map(examine, sets, mutants, chunksize=4), strict=True)
        yield from tqdm(found, total=len(sets), disable=not progress)


def examine(name: str, mutant: Mutant) -> Outcome:
    """Judge a mutant by its function's check. What that check needs is right, so it is not judged again."""
    problem_set = load(name)
    check = problem_set.check(mutant.function)
    submission = submission_of(problem_set, mutant)
    with Session(tasks.own_jail, submission, problem_set) as session:
        verdicts = {seed: judge(check, session, {}, seed).verdict for seed in SEEDS[:1]}
        found = verdicts[SEEDS[0]]
        if found.status != CRASHED:  # what raises in every case does so with other inputs
            verdicts |= {seed: judge(check, session, {}, seed).verdict for seed in SEEDS[1:]}
    passing = tuple(seed for seed, verdict in verdicts.items() if verdict.status == PASSED)
    elsewhere = _failing(problem_set, submission) if found.status == PASSED and len(passing) == len(SEEDS) else ()
    kind = ELSEWHERE if elsewhere else SURVIVED if passing else _kind(found, {m.name for m in check.mistakes})
    doubts = _doubts(problem_set, mutant, verdicts) if kind in (MISTAKE, RELATION) else ()
    return Outcome(mutant, kind, found.status, found.mistake, found.hint, passing, elsewhere, doubts)


def submission_of(problem_set: ProblemSet, mutant: Mutant) -> Submission:
    """The whole solution with one function mutated."""
    cells = {**problem_set.reference.cells, f"{mutant.function}_solution": mutant.text}
    return Submission(tuple(Cell(i, text, key) for i, (key, text) in enumerate(cells.items())), (), "mutant")


def _kind(verdict, mistakes: set[str]) -> str:
    if verdict.mistake:
        return MISTAKE if set(verdict.mistake.split(" + ")) & mistakes else RELATION
    return FAULT if verdict.status in (CRASHED, TIMED_OUT) or " raised " in verdict.hint else KNOWN


def _failing(problem_set: ProblemSet, submission: Submission) -> tuple[str, ...]:
    graded = engine.grade(submission, problem_set, tasks.own_jail, student="mutant", secret=b"mutation", seed=SEEDS[0])
    return tuple(v.name for v in graded.result.checks if v.status != PASSED)


def _doubts(problem_set: ProblemSet, mutant: Mutant, verdicts: dict) -> tuple[str, ...]:
    """What the verdicts with further seeds say against the name that the first one gave."""
    name, doubts = verdicts[SEEDS[0]].mistake, []
    for seed in SEEDS[1:]:
        if (other := verdicts[seed]).mistake != name:
            doubts.append(f"seed {seed}: {other.mistake or other.hint}")
        elif differing := _differing(problem_set, mutant, name, seed):
            doubts.append(f"seed {seed}: other numbers than {name} in {', '.join(differing)}")
    return tuple(doubts)


def _differing(problem_set: ProblemSet, mutant: Mutant, named: str, seed: int) -> list[str]:
    """The outputs in which a mutant that was given one mistake's name differs from that mistake's own numbers."""
    check = problem_set.check(mutant.function)
    mistakes = [m for m in check.mistakes if m.name == named]
    if not mistakes:
        return []
    whole = problem_set.reference.cells[f"{mutant.function}_solution"]
    made = Mistake("mutant", "", ((whole, mutant.text),), mutant.function)
    differing = set()
    for trial in draw_trials(check, problem_set, seed):
        mine, wrong = (run_mistaken(check, problem_set, (m,), trial.inputs) for m in (made, *mistakes))
        if mine is None or wrong is None:
            differing |= set(check.outputs) if mine is not wrong else set()
        else:
            differing |= {o for o in check.outputs if not same(mine[o], wrong[o], check.tolerance)}
    return sorted(differing)
