"""Verify one problem set: everything that can be found wrong, and a row of numbers per check."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from autograder.agreement import table_of
from autograder.flaw import Flaw
from autograder.problem_set import ROOT, ProblemSet, drawing_data, read
from autograder.verify import tasks
from autograder.verify.structure import structure
from autograder.verify.tasks import Task, Tried


@dataclass(frozen=True)
class Verification:
    """What was found. problem_set: None if it could not be read at all. tried: empty if nothing could be run."""

    name: str
    flaws: tuple[Flaw, ...]
    problem_set: ProblemSet | None = None
    tried: tuple[Tried, ...] = ()

    def of(self, kind: str, check: str = "") -> list[Tried]:
        """What was tried of a kind, for one check or all."""
        return [t for t in self.tried if t.task.kind == kind and check in ("", *t.task.about[:1])]


def verify(
    name: str,
    processes: Executor,
    *,
    root: Path = ROOT,
    quick: bool = False,
    only: Collection[str] = (),
    progress: bool = True,
) -> Verification:
    """Everything that is wrong with a problem set, as a Verification.

    processes: from `tasks.pool`. root: the folder with solutions/NAME, autograder/checks/NAME.py and assignments/NAME.
    quick: without the mistakes. only: with the mistakes of these checks alone. Raises ValueError if there is no such
    problem set, or a name in `only` is no check of it.
    """
    try:
        problem_set, flaws = read(name, root)
        problem_set.reference.namespace()
    except ValueError:
        raise
    except Exception as error:  # whatever a table or a notebook raises
        last = traceback.extract_tb(error.__traceback__)[-1]
        found = f"{type(error).__name__}: {error} (line {last.lineno} of {Path(last.filename).name})"
        flaw = Flaw(f"{table_of(name)} and its notebook", "files that can be read and run", found, "correct this first")
        return Verification(name, (flaw,))
    problem_set = tasks.usable(name, root)
    if not tasks.can_be_tried(problem_set):
        return Verification(name, tuple(flaws), problem_set)
    if unknown := [n for n in only if n not in problem_set.points]:
        raise ValueError(f"{name} has no check named {', '.join(unknown)}; it has {', '.join(problem_set.points)}")
    flaws += structure(problem_set)
    drawing_data()  # built here if it is not there yet, before processes would build it at the same time
    first = [Task(tasks.REFERENCE, name, (check.name,), root) for check in problem_set.checks]
    tried = list(_all(processes, first, f"{name}: reference", progress))
    if not any(t.seconds is None for t in tried):
        tried += _all(
            processes,
            _graded(problem_set, root, () if quick else only or tuple(problem_set.points)),
            f"{name}: grading",
            progress,
        )
    flaws += [flaw for t in sorted(tried, key=lambda t: _order(problem_set, t.task)) for flaw in t.flaws]
    return Verification(name, tuple(dict.fromkeys(flaws)), problem_set, tuple(tried))


def _graded(problem_set: ProblemSet, root: Path, with_mistakes: Collection[str]) -> list[Task]:
    """What is left to do once the references run; what takes longest comes first."""
    name = problem_set.name
    mistakes = [(c.name, m.name) for c in problem_set.checks for m in c.mistakes if c.name in with_mistakes]
    return [
        Task(tasks.RELEASE, name, (), root),
        *(Task(tasks.SOLUTION, name, (student,), root) for student in tasks.STUDENTS),
        Task(tasks.STUB, name, tasks.STUDENTS[:1], root),
        *(Task(tasks.MISTAKE, name, about, root) for about in dict.fromkeys(mistakes)),
    ]


def _all(processes: Executor, todo: list[Task], what: str, progress: bool) -> Iterator[Tried]:
    futures = [processes.submit(tasks.run, task) for task in todo]
    with tqdm(total=len(futures), desc=what, disable=not progress, leave=False) as bar:
        for future in as_completed(futures):
            yield future.result()
            bar.update()


def _order(problem_set: ProblemSet, task: Task) -> tuple:
    """In which order flaws are told: causes before effects, and checks as in the table."""
    kinds = (tasks.REFERENCE, tasks.SOLUTION, tasks.STUB, tasks.MISTAKE, tasks.RELEASE)
    checks = [c.name for c in problem_set.checks]
    check = checks.index(task.about[0]) if task.about and task.about[0] in checks else 0
    return kinds.index(task.kind), check, task.about
