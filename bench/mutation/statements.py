"""What can go wrong with whole statements: every operator maps a statement, or a block of them, to others."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bench.mutation.expressions import negated

LOOPS = (ast.For, ast.While)


def alternatives(node: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """Pairs (operator's name, the statement that stands in the place of `node`)."""
    match node:
        case ast.AugAssign(target=target, op=op, value=value):
            yield "+= becomes =", ast.Assign([target], value)
            if isinstance(op, ast.Add | ast.Sub):
                other = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
                yield "sign", ast.AugAssign(target, other, value)
        case ast.Assign(targets=[target], value=value):
            if not isinstance(target, ast.Tuple):
                yield "= becomes +=", ast.AugAssign(target, ast.Add(), value)
            if _is_sum_onto(target, value):
                yield "x = x + y becomes x += y", ast.AugAssign(target, value.op, value.right)
            if isinstance(value, ast.BinOp | ast.Call | ast.Subscript | ast.Name | ast.Attribute):
                yield "sign", ast.Assign([target], ast.UnaryOp(ast.USub(), value))
        case ast.If() | ast.While():
            yield "condition negated", type(node)(negated(node.test), node.body, node.orelse)
            if isinstance(node, ast.If) and node.orelse:
                yield "else dropped", ast.If(node.test, node.body, [])
        case ast.Break():
            yield "break becomes continue", ast.Continue()
        case ast.Continue():
            yield "continue becomes break", ast.Break()


def blocks(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Pairs (operator's name, the block that stands in the place of `body`)."""
    for i, node in enumerate(body):
        before, after = body[:i], body[i + 1 :]
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assert | ast.Raise):
            yield "statement deleted", [*before, *(after or ([] if before else [ast.Pass()]))]
        if isinstance(node, ast.If):
            yield "condition dropped", [*before, *node.body, *after]
            if node.orelse:
                yield "condition dropped", [*before, *node.orelse, *after]
        if isinstance(node, LOOPS):
            yield from _around_loop(before, node, after)
        if after and not isinstance(after[0], ast.Return) and _depend(node, after[0]):
            yield "statements exchanged", [*before, after[0], node, *after[1:]]


def _around_loop(before, loop, after) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Indentation: a statement at an edge of a loop moved out of it, one beside it moved in."""

    def with_body(body):
        if isinstance(loop, ast.For):
            return ast.For(loop.target, loop.iter, body, loop.orelse)
        return ast.While(loop.test, body, loop.orelse)

    if len(loop.body) > 1:
        yield "moved out of the loop", [*before, with_body(loop.body[:-1]), loop.body[-1], *after]
        yield "moved out of the loop", [*before, loop.body[0], with_body(loop.body[1:]), *after]
    if before:
        yield "moved into the loop", [*before[:-1], with_body([before[-1], *loop.body]), *after]
    if after:
        yield "moved into the loop", [*before, with_body([*loop.body, after[0]]), *after[1:]]


def _is_sum_onto(target: ast.expr, value: ast.expr) -> bool:
    """True for ``x = x + y``."""
    return (
        isinstance(value, ast.BinOp)
        and isinstance(value.op, ast.Add | ast.Sub)
        and ast.unparse(value.left) == ast.unparse(target)
    )


def _depend(first: ast.stmt, second: ast.stmt) -> bool:
    """True if one of two neighbours reads what the other stores, so that their order matters."""
    stored, read = (
        [{n.id for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, kind)} for s in (first, second)]
        for kind in (ast.Store, ast.Load)
    )
    return bool(stored[0] & read[1] or stored[1] & read[0])
