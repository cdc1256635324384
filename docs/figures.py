"""Draws the figures of these pages: python docs/figures.py writes them beside this file (--out FOLDER: elsewhere).

check.svg: a cell of ps1_rnn with a mistake in it, and what `check` says of it, asked anew.
grading.svg: how a submission becomes a grade.
The third picture, scenes.png, is made by python -m unroll.data sheet docs/scenes.png --seed 4

Text stays text, and the colours follow the reader's choice of light or dark.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
from pathlib import Path
from xml.sax.saxutils import escape

import pygments
from pygments.lexers import PythonLexer
from pygments.token import Token

from autograder.code import apply_edits
from autograder.problem_set import MARKERS, ROOT, load
from unroll import check

FUNCTION, MISTAKE = "rnn_backward", "recurrent_gradient_missing"
PROSE = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"
CODE = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COLOURS = {  # name -> light, dark
    "page": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "faint": ("#59636e", "#9198a1"),
    "line": ("#d1d9e0", "#3d444d"),
    "cell": ("#f6f8fa", "#151b23"),
    "word": ("#8250df", "#d2a8ff"),
    "string": ("#0a5d2a", "#7ee787"),
    "wrong": ("#b3261e", "#ff8a80"),
    "ours": ("#eef4fc", "#101d30"),
    "ours-edge": ("#3b6fb6", "#6ea4f0"),
    "theirs": ("#fdf1ea", "#2a1a12"),
    "theirs-edge": ("#b4541f", "#f0935c"),
}
STEPS = {  # what stands in the boxes
    "read": (
        "Parsed as text, never run. Marks, points and locked",
        "cells come from the release; repairs are flagged.",
    ),
    "draw": (
        "The seed comes from secret, student, code and check:",
        "it cannot be guessed, and each draw can be repeated.",
    ),
    "reference": ("The solution notebook's own cells, on the same inputs.",),
    "compare": ("Shape, dtype, finite numbers, relative error.", "All right: full points, and on to 7."),
    "carry": (
        "If a part it builds on is wrong: is it right, given the",
        "student's own part? Then only the part costs points.",
    ),
    "explain": (
        "Known mistakes are made in the reference: which one",
        "gives the student's numbers? It is named, with a hint.",
    ),
    "parts": (
        "has run the same cells and answers",
        "for the student's parts alone, so that",
        "nobody can tell them what to answer",
    ),
}
WORDS = (
    "A submission is read strictly by the grader, which holds the solutions and the course secret. Its code cells "
    "cross the trust boundary into a jail, where a worker runs them. For each check the grader draws inputs, sends "
    "copies to the worker, and gets arrays back as bytes; it asks the reference for the right outputs and compares. "
    "What is wrong is judged by the student's own parts, for which a second worker answers, then explained by known "
    "mistakes. The verdicts make a result, which goes to nbgrader's gradebook and on to people."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    out = parser.parse_args().out
    for name, draw in (("check.svg", draw_check), ("grading.svg", draw_grading)):
        (out / name).write_text(draw(), encoding="utf-8", newline="\n")


def picture(width: int, height: int, title: str, description: str, parts: list[str]) -> str:
    """A whole SVG file on a card of its own, so that it can be read on any page."""
    styles = []
    for theme in (0, 1):
        rules = " ".join(f"--{name}: {pair[theme]};" for name, pair in COLOURS.items())
        styles.append(
            f"svg {{ {rules} }}" if theme == 0 else f"@media (prefers-color-scheme: dark) {{ svg {{ {rules} }} }}"
        )
    styles += [f".{name} {{ fill: var(--{name}); }}" for name in COLOURS]
    styles += [
        f"text {{ font-family: {PROSE}; font-size: 13px; }}",
        f".code {{ font-family: {CODE}; font-size: 13.5px; white-space: pre; }}",
        ".title { font-weight: 600; font-size: 14px; } .head { font-weight: 700; font-size: 15px; }",
        ".box { fill: var(--page); stroke-width: 1.2; } .ours-box { stroke: var(--ours-edge); }",
        ".theirs-box { stroke: var(--theirs-edge); } .plain-box { stroke: var(--line); }",
        ".arrow { fill: none; stroke: var(--faint); stroke-width: 1.5; marker-end: url(#tip); }",
        ".wall { stroke: var(--theirs-edge); stroke-width: 2.5; stroke-dasharray: 7 5; }",
        "#tip path { fill: var(--faint); }",
    ]
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(description)}</desc>',
        "<style>",
        *styles,
        "</style>",
        f'<defs>{tip}<path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
        f'<rect class="page" width="{width}" height="{height}" rx="10"/>',
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def text(x: float, y: float, words: str, kind: str = "ink", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, side: str, title: str, *lines: str) -> str:
    """A step: its title and what happens in it. side: ours, theirs, plain."""
    parts = [f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="7" class="box {side}-box"/>']
    parts.append(text(x + 12, y + 22, title, "ink title"))
    parts += [text(x + 12, y + 42 + 18 * i, line, "faint") for i, line in enumerate(lines)]
    return "\n".join(parts)


def arrow(path: str) -> str:
    return f'<path d="{path}" class="arrow"/>'


def draw_grading() -> str:
    """How a submission becomes a grade: the grader to the left, the jail to the right, a wall between them."""
    left, wide, wall, right, narrow = 36, 384, 598, 632, 270

    def cross(y: float, words: str, back: bool = False) -> str:
        """An arrow through the wall, between a step of the grader and the jail, and what it carries."""
        ends = f"M{right - 4} {y} H{left + wide + 6}" if back else f"M{left + wide + 4} {y} H{right - 6}"
        return f"{arrow(ends)}\n{text(left + wide + 24, y - 7, words)}"

    parts = [
        '<rect x="16" y="102" width="424" height="732" rx="10" class="ours"/>',
        text(left, 130, "The grader", "ours-edge head"),
        text(left, 149, "holds the solutions and the course secret", "faint"),
        '<rect x="612" y="102" width="310" height="732" rx="10" class="theirs"/>',
        text(right, 130, "The jail", "theirs-edge head"),
        text(right, 149, "no network, no files of yours, no answers", "faint"),
        f'<line x1="{wall}" y1="102" x2="{wall}" y2="834" class="wall"/>',
        text(wall, 88, "trust boundary", "theirs-edge title", "middle"),
        box(left, 16, wide, 62, "plain", "A submission", "a notebook, or a .py file, by a stranger"),
        box(left, 164, wide, 80, "ours", "1  Read strictly", *STEPS["read"]),
        box(left, 268, wide, 80, "ours", "2  Draw inputs for each check", *STEPS["draw"]),
        box(left, 372, wide, 62, "ours", "3  Ask the reference", *STEPS["reference"]),
        box(left, 458, wide, 80, "ours", "4  Compare every output", *STEPS["compare"]),
        box(left, 562, wide, 80, "ours", "5  Carry credit forward", *STEPS["carry"]),
        box(left, 666, wide, 80, "ours", "6  Explain", *STEPS["explain"]),
        box(left, 770, wide, 48, "ours", "7  Conclude: status, points, hint, seed"),
        f'<rect x="{right}" y="164" width="{narrow}" height="374" rx="7" class="box theirs-box"/>',
        text(right + 12, 186, "Worker: a fresh process", "ink title"),
        text(right + 12, 219, "runs the student's cells, once;", "faint"),
        text(right + 12, 313, "calls the student's function;", "faint"),
        text(right + 12, 403, "within a limit of time and memory;", "faint"),
        text(right + 12, 503, "sends back plain numbers", "faint"),
        box(right, 562, narrow, 98, "theirs", "A second worker", *STEPS["parts"]),
        cross(214, "code cells"),
        cross(308, "copies of the inputs"),
        cross(498, "arrays, as bytes", back=True),
        cross(596, "inputs of the part"),
        cross(628, "its outputs", back=True),
        box(left, 866, 200, 62, "plain", "Result", "JSON, kept in results/"),
        box(left + 242, 866, 280, 62, "plain", "nbgrader's gradebook", "with manual grades and lateness"),
        box(left + 564, 866, 302, 62, "plain", "People", "formgrader, feedback pages, reports"),
        arrow(f"M{left + 202} 897 H{left + 238}"),
        arrow(f"M{left + 524} 897 H{left + 560}"),
    ]
    middle = left + wide - 40
    for top, bottom in ((78, 162), (244, 266), (348, 370), (434, 456), (538, 560), (642, 664), (746, 768)):
        parts.append(arrow(f"M{middle} {top} V{bottom}"))
    parts.append(arrow(f"M{left + 100} 818 V864"))
    return picture(938, 944, "How a submission becomes a grade", WORDS, parts)


def draw_check() -> str:
    """The mistaken function as a student sees it in a notebook, and the report of `check`."""
    problem_set = load("ps1_rnn")
    mistake = next(m for m in problem_set.check(FUNCTION).mistakes if m.name == MISTAKE)
    source = apply_edits(problem_set.reference.cells[f"{FUNCTION}_solution"], mistake)
    lines = [line for line in source.splitlines() if line.strip() not in MARKERS]
    said = _said_of("\n".join(lines), problem_set.reference.namespace())
    shown = _with_short_docstring(lines)
    step, top = 20, 36
    parts = [f'<rect x="84" y="16" width="794" height="{step * len(shown) + 18}" rx="4" class="cell"/>']
    parts.append(text(16, top + 2, "In [5]:", "faint code"))
    for i, line in enumerate(shown):
        parts.append(f'<text x="98" y="{top + 2 + step * i}" class="ink code">{_coloured(line)}</text>')
    y = top + step * len(shown) + 26
    parts.append(f'<rect x="84" y="{y - 20}" width="794" height="36" rx="4" class="cell"/>')
    parts += [text(16, y + 3, "In [6]:", "faint code"), text(98, y + 3, f"check({FUNCTION})", "ink code")]
    y += 42
    for i, line in enumerate(said):
        kind = "wrong code" if line.startswith("CheckFailed") else "ink code"
        parts.append(text(98, y + step * i, line, kind))
    return picture(894, y + step * len(said) + 4, "check names a mistake in a notebook", "\n".join(said), parts)


def _said_of(source: str, namespace: dict) -> list[str]:
    """What `check` prints of a function, and the error it ends in, as a notebook shows it."""
    exec(source, namespace)
    before, printed = os.getcwd(), io.StringIO()
    os.chdir(ROOT / "assignments" / "ps1_rnn")
    try:
        with contextlib.redirect_stdout(printed):
            check(namespace[FUNCTION])
    except AssertionError as error:
        return [*printed.getvalue().rstrip().splitlines(), f"{type(error).__name__}: {error}"]
    finally:
        os.chdir(before)
    raise ValueError(f"{FUNCTION} with the mistake {MISTAKE} was expected to be wrong; check finds nothing")


def _with_short_docstring(lines: list[str]) -> list[str]:
    """The cell without all but the first sentence of its docstring, and without empty lines."""
    _, docstring, body = "\n".join(lines).split('"""')
    head = lines[: next(i for i, line in enumerate(lines) if '"""' in line)]
    short = f'    """{docstring.strip().splitlines()[0]}"""'
    return [line for line in (*head, short, *body.splitlines()) if line.strip()]


def _coloured(line: str) -> str:
    indent = len(line) - len(line.lstrip())
    spans = ["\u00a0" * indent]
    for kind, words in pygments.lex(line.strip(), PythonLexer(ensurenl=False)):
        name = (
            "word"
            if kind in Token.Keyword or kind in Token.Operator.Word
            else "string"
            if kind in Token.Literal.String
            else ""
        )
        spans.append(f'<tspan class="{name} code">{escape(words)}</tspan>' if name else escape(words))
    return "".join(spans)


if __name__ == "__main__":
    main()
