"""What can be said of a problem set by reading it: cells, points, cases, mistakes, written questions."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator

from autograder.agreement import notebook_of, table_of
from autograder.check import Case, Check
from autograder.code import OPAQUE
from autograder.flaw import Flaw
from autograder.problem_set import MARKERS, ProblemSet
from autograder.verify.grader import solutions

ONES = ("N", "T")  # sizes for which 1 is a case of its own: squeezed arrays and loops that never run show there
SHORT_LINE = 12  # shorter lines of a solution give nothing away


def structure(problem_set: ProblemSet) -> Iterator[Flaw]:
    """All that is wrong with the text of a problem set whose notebook and table agree."""
    cells = json.loads(problem_set.notebook.read_text(encoding="utf-8"))["cells"]
    yield from _points(problem_set)
    for check in problem_set.checks:
        yield from _cells(problem_set, check, cells)
        yield from _cases(problem_set, check)
        yield from _mistakes(problem_set, check)
    for name in problem_set.written:
        yield from _written(problem_set, name, cells)


def _points(problem_set: ProblemSet) -> Iterator[Flaw]:
    where = notebook_of(problem_set.name)
    for name, points in {**problem_set.points, **problem_set.written}.items():
        if not points > 0:
            yield Flaw(f"{where}, cell {name}", "points above 0", f"{points:g}", "give it points, or do not grade it")
    checks, written = problem_set.max_points, sum(problem_set.written.values())
    total = checks + written
    if abs(total - problem_set.total) > 1e-9:
        yield Flaw(
            where,
            f"points of all graded cells that sum to {problem_set.total:g}",
            f"{total:g} ({checks:g} for checks, {written:g} for written answers)",
            f"change points in the notebook, or say TOTAL = {total:g} in {table_of(problem_set.name)}",
        )


def _cells(problem_set: ProblemSet, check: Check, cells: list[dict]) -> Iterator[Flaw]:
    """The solution cell, the check cell right after it, and what the solution returns."""
    place = notebook_of(problem_set.name)
    position = {_mark(cell).get("grade_id"): i for i, cell in enumerate(cells)}
    solution, graded = position[f"{check.name}_solution"], position[check.name]
    where = f"{place}, cell {check.name}"
    if graded != solution + 1:
        yield Flaw(where, f"it right after {check.name}_solution", "another place", "move the cell")
    text = "".join(cells[graded]["source"])
    if text != f"check({check.name})":
        yield Flaw(where, f"the text check({check.name})", repr(text), "change the cell's text")
    if not _mark(cells[graded]).get("locked"):
        yield Flaw(where, "a locked cell", "one that students can change", "lock it: choose Autograder tests")
    where, source = f"{place}, cell {check.name}_solution", "".join(cells[solution]["source"])
    if not _mark(cells[solution]).get("solution") or _mark(cells[solution]).get("locked"):
        yield Flaw(where, "a cell that students edit", "another kind", "choose Autograded answer")
    if any(mark not in source for mark in MARKERS):
        yield Flaw(where, " and ".join(MARKERS), "at least one of them missing", "put them around the body")
    defined = [n.name for n in ast.parse(source).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    if defined != [check.name]:
        yield Flaw(where, f"{check.name} alone", ", ".join(defined) or "no function", "one function or class to a cell")
    elif bad := [n for n in problem_set.reference.returns.get(check.name, ("",)) if not n.isidentifier()]:
        found = ", ".join(filter(None, bad)) or "no return"
        yield Flaw(where, "return with names only, as in return a, b", found, "give what is returned names")


def _cases(problem_set: ProblemSet, check: Check) -> Iterator[Flaw]:
    where = f"{table_of(problem_set.name)}, check {check.name}, cases"
    sizes = [_letters(case) for case in check.cases]
    for letter in ONES:
        if any(letter in s for s in sizes) and not any(s.get(letter) == 1 for s in sizes):
            yield Flaw(
                where, f"a case with {letter} = 1", "none", f'add Case({{..., "{letter}": 1}}, 0.15, "{letter} = 1")'
            )
    for a, b in itertools.combinations(dict.fromkeys(k for s in sizes for k in s), 2):
        both = [s for s in sizes if a in s and b in s]
        if both and all(s[a] == s[b] for s in both):
            found = f"{a} = {b} in all of them"
            yield Flaw(
                where, f"a case in which {a} and {b} differ", found, "choose unequal sizes: axes mixed up must show"
            )
    if any(not case.weight > 0 for case in check.cases):
        yield Flaw(where, "weights above 0", "a case without weight", "change the weights")


def _letters(case: Case) -> dict[str, int]:
    """The sizes of a case that are lengths of axes: those named by one capital letter."""
    return {k: v for k, v in case.sizes.items() if re.fullmatch("[A-Z]", k) and type(v) is int}


def _mistakes(problem_set: ProblemSet, check: Check) -> Iterator[Flaw]:
    where = f"{table_of(problem_set.name)}, check {check.name}"
    if not check.mistakes:
        yield Flaw(where, "at least one mistake", "none", "add a Mistake: what goes wrong in words, and an edit")
    if OPAQUE in check.outputs:
        yield Flaw(
            where, "outputs that can be compared", "cache", "leave the cache out: it stays with the student's code"
        )
    texts = solutions(problem_set).values()
    lines = {line.strip() for text in texts for line in text.splitlines() if len(line.strip()) > SHORT_LINE}
    names = [m.name for m in check.mistakes]
    for mistake in check.mistakes:
        where_it_is = f"{where}, mistake {mistake.name}"
        if names.count(mistake.name) > 1:
            yield Flaw(where_it_is, "a name of its own", "another mistake with it", "rename one of them")
        if not re.fullmatch(r"\w+", mistake.name):
            yield Flaw(where_it_is, "a name of letters, digits and _", "another", "rename it")
        if not mistake.hint.endswith((".", "?")) or "  " in mistake.hint:
            yield Flaw(where_it_is, "a hint of sentences", repr(mistake.hint), "end it in a full stop; single spaces")
        if shown := next((line for line in lines if line in mistake.hint), ""):
            yield Flaw(
                where_it_is, "a hint that says where to look", f"the solution's line {shown!r}", "reword the hint"
            )


def _written(problem_set: ProblemSet, name: str, cells: list[dict]) -> Iterator[Flaw]:
    where = f"{notebook_of(problem_set.name)}, cell {name}"
    text = next("".join(c["source"]) for c in cells if _mark(c).get("grade_id") == name)
    if not (text.startswith(MARKERS[0]) and text.endswith(MARKERS[1])):
        found = "text outside them"
        yield Flaw(
            where, f"everything between {MARKERS[0]} and {MARKERS[1]}", found, "students would read it: move the marks"
        )
    rubric = f"**Rubric ({problem_set.written[name]:g} points).**"
    answer, _, criteria = text.removeprefix(MARKERS[0]).removesuffix(MARKERS[1]).partition(rubric)
    if not criteria.strip():
        yield Flaw(where, f"{rubric} and what earns how many points", "none", "write the rubric after the model answer")
    if not answer.strip() or answer.strip().startswith("**Rubric"):
        yield Flaw(where, "a model answer before the rubric", "none", "write down what a good answer says")


def _mark(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})
