"""What can go wrong in one place of an expression: every operator maps a node to the nodes that may stand instead."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence

NAMES_PER_PLACE = 3  # other variables that are tried in the place of one
ARITHMETIC = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mod,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
SIGNED = (ast.Add, ast.Sub)
ORDERED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.FloorDiv, ast.Mod)  # exchanged operands mean something else
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
TWINS = (  # functions and methods that are easily taken for each other
    ("sum", "mean"),
    ("max", "min"),
    ("argmax", "argmin"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("exp", "log"),
    ("stack", "concatenate"),
    ("hstack", "vstack"),
    ("keys", "values"),
)
OTHER_NAME = {a: b for pair in TWINS for a, b in (pair, pair[::-1])}


def alternatives(node: ast.AST, scope: Sequence[str], rng: random.Random) -> Iterator[tuple[str, ast.AST]]:
    """Pairs (operator's name, what stands in the place of `node`).

    scope: the variables of the function around it. The new nodes share parts with the old one: they are for
    reading, not for changing.
    """
    match node:
        case ast.BinOp():
            yield from _binary(node)
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield "sign or not dropped", node.operand
        case ast.BoolOp():
            other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
            yield "and, or exchanged", ast.BoolOp(other, node.values)
            for value in node.values:
                yield "condition dropped", value
        case ast.Compare(ops=[op], left=left, comparators=[right]):
            for other in COMPARISONS[type(op)]:
                yield "comparison", ast.Compare(left, [other()], [right])
        case ast.IfExp():
            yield "branches exchanged", ast.IfExp(node.test, node.orelse, node.body)
            yield "branch dropped", node.body
            yield "branch dropped", node.orelse
        case ast.Constant():
            yield from (("constant", ast.Constant(value)) for value in _other_constants(node.value))
        case ast.Subscript(ctx=ast.Load()):
            yield from _subscript(node)
        case ast.Slice():
            yield from _slice(node)
        case ast.Attribute(attr="T"):
            yield "transpose dropped", node.value
        case ast.Call():
            yield from _call(node)
        case ast.Tuple() | ast.List() if len(node.elts) > 1:
            for i in range(len(node.elts) - 1):
                yield "items swapped", type(node)(_exchanged(node.elts, i), node.ctx)
        case ast.Name(ctx=ast.Load()) if node.id in scope:
            others = sorted(set(scope) - {node.id})
            for name in rng.sample(others, min(NAMES_PER_PLACE, len(others))):
                yield "variable", ast.Name(name, ast.Load())
        case ast.comprehension(ifs=[_, *_]):
            yield "condition dropped", ast.comprehension(node.target, node.iter, node.ifs[1:], node.is_async)
            flipped = [negated(node.ifs[0]), *node.ifs[1:]]
            yield "condition negated", ast.comprehension(node.target, node.iter, flipped, node.is_async)


def negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _exchanged(items: list, i: int) -> list:
    return [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def _binary(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    for other in ARITHMETIC[type(node.op)]:
        yield "arithmetic", ast.BinOp(node.left, other(), node.right)
    if isinstance(node.op, SIGNED):
        yield "sign", ast.BinOp(ast.UnaryOp(ast.USub(), node.left), node.op, node.right)
        yield "term dropped", node.left
        yield "term dropped", node.right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), node.right)
    else:
        yield "factor dropped", node.left
        yield "factor dropped", node.right
    if isinstance(node.op, ORDERED):
        yield "operands exchanged", ast.BinOp(node.right, node.op, node.left)
    if isinstance(node.op, ast.MatMult):
        yield "transpose added", ast.BinOp(ast.Attribute(node.left, "T", ast.Load()), node.op, node.right)
        yield "transpose added", ast.BinOp(node.left, node.op, ast.Attribute(node.right, "T", ast.Load()))
        yield "transpose added", ast.Attribute(node, "T", ast.Load())


def _other_constants(value) -> list:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [n for n in dict.fromkeys((value + 1, value - 1, 0, 1, 0.5, 2)) if n != value]
    if isinstance(value, float):
        return [n for n in dict.fromkeys((2 * value, value / 2, 0.0, 1.0)) if n != value]
    return []


def _shifted(index: ast.expr | None, by: int) -> ast.expr:
    """An index plus `by`; the start of everything, and negative numbers, included."""
    if index is None:
        return ast.Constant(by)
    return ast.BinOp(index, ast.Add() if by > 0 else ast.Sub(), ast.Constant(abs(by)))


def _subscript(node: ast.Subscript) -> Iterator[tuple[str, ast.AST]]:
    yield "index dropped", node.value
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for i, item in enumerate(items):
        if isinstance(item, ast.Name | ast.BinOp):
            for by in (1, -1):
                new = [*items[:i], _shifted(item, by), *items[i + 1 :]]
                index = ast.Tuple(new, ast.Load()) if isinstance(node.slice, ast.Tuple) else new[0]
                yield "index shifted", ast.Subscript(node.value, index, node.ctx)


def _slice(node: ast.Slice) -> Iterator[tuple[str, ast.AST]]:
    for by in (1, -1):
        if node.lower is not None or by > 0:
            yield "slice shifted", ast.Slice(_shifted(node.lower, by), node.upper, node.step)
        if node.upper is not None or by < 0:
            yield "slice shifted", ast.Slice(node.lower, _shifted(node.upper, by), node.step)
    if node.lower is not None:
        yield "slice's bound dropped", ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield "slice's bound dropped", ast.Slice(node.lower, None, node.step)
    if node.step is None:
        yield "slice reversed", ast.Slice(node.lower, node.upper, ast.Constant(-1))
    else:
        yield "slice's step dropped", ast.Slice(node.lower, node.upper, None)


def _call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    for i in range(len(node.args) - 1):
        yield "arguments swapped", ast.Call(node.func, _exchanged(node.args, i), node.keywords)
    for i in range(len(node.keywords)):
        rest = [*node.keywords[:i], *node.keywords[i + 1 :]]
        yield "keyword dropped", ast.Call(node.func, node.args, rest)
    if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
        yield "call dropped", node.args[0]
    if isinstance(node.func, ast.Attribute):
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "np"):
            yield "call dropped", node.func.value
        yield from _reductions(node)
        if other := OTHER_NAME.get(node.func.attr):
            yield (
                "similar function",
                ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords),
            )
    if isinstance(node.func, ast.Name) and node.func.id == "range":
        yield from _range(node)


def _reductions(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    """keepdims added where an axis is named; dropping and changing both is done by their own operators."""
    named = {k.arg for k in node.keywords}
    if "axis" in named and "keepdims" not in named and node.func.attr in ("sum", "mean", "max", "min", "norm"):
        kept = [*node.keywords, ast.keyword("keepdims", ast.Constant(True))]
        yield "keepdims added", ast.Call(node.func, node.args, kept)


def _range(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    yield "direction", ast.Call(ast.Name("reversed", ast.Load()), [node], [])
    for i, argument in enumerate(node.args[:2]):
        for by in (1, -1):
            new = [*node.args[:i], _shifted(argument, by), *node.args[i + 1 :]]
            yield "range's bound", ast.Call(node.func, new, [])
    if len(node.args) == 1:
        yield "range's bound", ast.Call(node.func, [ast.Constant(1), node.args[0]], [])
    if len(node.args) == 3:
        yield "range's step dropped", ast.Call(node.func, node.args[:2], [])
