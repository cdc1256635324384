"""Every single-place mutant of one solution cell, made by rule from its syntax tree."""

from __future__ import annotations

import ast
import random
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from bench.mutation import expressions, statements

LEFT_ALONE = (ast.Assert, ast.Raise, ast.JoinedStr, ast.ImportFrom, ast.Import)  # texts of errors, prints, imports


@dataclass(frozen=True)
class Mutant:
    """One change in one place of a solution.

    operator: what kind of change. line: where, in the solution without docstrings and comments, from 1.
    old, new: the lines that differ. text: the whole cell.
    """

    function: str
    operator: str
    line: int
    old: str
    new: str
    text: str

    @property
    def key(self) -> tuple[str, int, str, str]:
        """What tells it from all other mutants of its problem set."""
        return self.function, self.line, self.old, self.new

    def __str__(self) -> str:
        return f"{self.function}, line {self.line}: {self.old!r} -> {self.new!r}"


def mutants_of(function: str, source: str) -> list[Mutant]:
    """The mutants of a solution cell, without doubles, those that do not compile and those that change nothing."""
    tree = _without_docstrings(ast.parse(source))
    original = ast.unparse(tree)
    found: dict[str, Mutant] = {}
    for operator in _mutate(tree, function):
        text = _text(tree)
        if text is not None and text != original and text not in found:
            line, old, new = _difference(original, text)
            found[text] = Mutant(function, operator, line, old, new, text)
    return list(found.values())


def _text(tree: ast.AST) -> str | None:
    """The text of a changed tree; None if it does not compile or reads as something else than it is."""
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return None
    return text


def _mutate(tree: ast.Module, function: str) -> Iterator[str]:
    """Change the tree in one place after the other; it is a mutant while the generator waits, and then mended."""
    rng = random.Random(function)
    for scope, parent, field, index in list(_places(tree)):
        holder = getattr(parent, field)
        if index is None and isinstance(holder, list):
            for operator, block in statements.blocks(holder):
                setattr(parent, field, block)
                yield operator
            setattr(parent, field, holder)
            continue
        node = holder if index is None else holder[index]
        options = [*expressions.alternatives(node, scope, rng)]
        if isinstance(node, ast.stmt):
            options += statements.alternatives(node)
        for operator, other in options:
            if index is None:
                setattr(parent, field, other)
            else:
                holder[index] = other
            yield operator
        if index is None:
            setattr(parent, field, node)
        else:
            holder[index] = node


def _places(tree: ast.AST, scope: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], ast.AST, str, int | None]]:
    """(variables around, parent, field, index) of every node; without an index for a node, or a block, by itself."""
    for field, value in ast.iter_fields(tree):
        if isinstance(tree, ast.FunctionDef):
            scope = _variables(tree)
        children = value if isinstance(value, list) else [value]
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield scope, tree, field, None
        for i, child in enumerate(children):
            if isinstance(child, ast.AST) and not isinstance(child, LEFT_ALONE):
                yield scope, tree, field, i if isinstance(value, list) else None
                yield from _places(child, scope)


def _variables(function: ast.FunctionDef) -> tuple[str, ...]:
    """Arguments and names that are stored in a function."""
    args = function.args
    named = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return tuple(dict.fromkeys([*named, *stored]))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree


def _difference(old: str, new: str) -> tuple[int, str, str]:
    """The first line that differs, from 1, and the lines that differ on both sides, without common indentation."""
    a, b = old.splitlines(), new.splitlines()
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    sides = [text[start : len(text) - end] for text in (a, b)]
    lines = textwrap.dedent("\n".join([*sides[0], *sides[1]])).splitlines()  # by as much on both sides
    return start + 1, "\n".join(lines[: len(sides[0])]), "\n".join(lines[len(sides[0]) :])
