"""Writing a report onto the cells of a notebook, for formgrader, feedback and nbgrader's reading of scores.

nbgrader finds a score in the outputs of a graded cell, and is easily misled: anything on stderr is zero points,
anything that is not a float is full points. So a graded cell gets exactly one text on stdout and one result that
is a plain float; everything is text, nothing is HTML.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.check import PASSED, OutputVerdict, Result, Verdict
from autograder.classroom.results import Printed, Report
from autograder.submission import Submission, from_notebook, load, restore
from autograder.submission.notebook import new_cell
from autograder.submission.plain_text import in_words, one_line, plain

UNSAFE = (
    "GRADED WITHOUT ISOLATION: the submissions ran unprotected on the grader's machine. "
    "These grades are not to be trusted; grade again where `python -m autograder doctor` finds a sandbox."
)
NOT_RUN = "(not run when grading)"
REFUSED = "nbgrader could not record it: "  # how the problem of a graded submission starts that is not in the gradebook
_MISTAKE_IN_SUMMARY = re.compile(r"^( *\S+ / \S+ +\w+: [a-z ]+) \(.*\)$", re.MULTILINE)
SUMMARY_ID = "autograder_summary"
MISTAKE, HINT, SEED = "Mistake: ", "Hint: ", "Seed of the inputs: "  # how these lines of a verdict start


def read_restored(path: Path, released: Mapping[str, Any]) -> NotebookNode:
    """A submitted notebook, clean and restored, with its flags in ``metadata.unroll.flags``. Raises Unreadable."""
    nb, flags = load(path)
    nb, more = restore(nb, released)
    nb["metadata"]["unroll"] = {"flags": [*dict.fromkeys(flags + more)]}
    return nbformat.from_dict(nb)


def noted(root: Path, problem_set: str, student: str) -> NotebookNode | None:
    """The metadata that was recorded with an autograded notebook: ``key`` or ``person``. None if it cannot be read."""
    path = Path(root) / "autograded" / student / problem_set / f"{problem_set}.ipynb"
    try:
        return NotebookNode(json.loads(path.read_text(encoding="utf-8"))["metadata"].get("unroll", {}))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def submission_of(nb: NotebookNode) -> Submission:
    """The submission in a notebook made by `read_restored`, before or after nbgrader's sanitizing."""
    return from_notebook(nb, nb.metadata.get("unroll", {}).get("flags", ()))


def show(nb: NotebookNode, report: Report) -> None:
    """Write all outputs of a graded notebook, in place, and put a summary on top."""
    verdicts = {verdict.name: verdict for verdict in report.result.checks}
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if is_check(cell) and grade_id in verdicts:
            cell.outputs = check_outputs(verdicts[grade_id], report.result.sandbox)
        elif is_check(cell):
            cell.outputs = [_stdout(f"There is no check named {grade_id}: a person must look.")]
        elif index in report.printed:
            cell.outputs = printed_outputs(report.printed[index])
        else:
            cell.outputs = [_stdout(NOT_RUN)]
    _on_top(nb, summary(report.result))


def leave_to_person(nb: NotebookNode, sentence: str) -> None:
    """Mark a notebook as not graded, in place, with the reason on top. Its scores stay open."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    banner = _banner("A person must look at this submission.", sentence)
    _on_top(nb, banner)


def _on_top(nb: NotebookNode, text: str) -> None:
    nb.cells.insert(0, nbformat.from_dict(new_cell("markdown", text, SUMMARY_ID)))


def _banner(heading: str, sentence: str) -> str:
    return (
        f'<div class="alert alert-danger"><b>{html.escape(heading)}</b> {html.escape(one_line(sentence, 2_000))}</div>'
    )


def is_check(cell: NotebookNode) -> bool:
    """Whether nbgrader takes this cell's score from its outputs."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def check_outputs(verdict: Verdict, sandbox: str) -> list[NotebookNode]:
    """The two outputs of a graded cell: the report, and the points as nbgrader reads them."""
    text = verdict_text(verdict)
    if sandbox == "none":
        text = f"{UNSAFE}\n\n{text}"
    data = {"text/plain": repr(points(verdict))}
    return [_stdout(text), _output("execute_result", data=data, execution_count=None, metadata={})]


def points(verdict: Verdict) -> float:
    """A built-in float from 0 to the maximum; raises ValueError for anything else."""
    value = float(verdict.points)
    if not (math.isfinite(value) and 0 <= value <= verdict.max_points + 1e-9):
        raise ValueError(f"{verdict.name}: {verdict.points!r} points of {verdict.max_points}, a fault of the grader")
    return min(value, float(verdict.max_points))


def verdict_text(verdict: Verdict) -> str:
    """What a check concluded, for students and TAs."""
    lines = [f"{verdict.name}: {in_words(verdict.status)}, {verdict.points:g} of {verdict.max_points:g} points"]
    lines += [f"  {output_line(output)}" for output in verdict.outputs]
    if verdict.mistake:
        lines.append(f"{MISTAKE}{in_words(verdict.mistake)}")
    if verdict.hint:
        lines.append(f"{HINT}{plain(verdict.hint, 2_000)}")
    if verdict.status != PASSED:
        lines.append(f"{SEED}{verdict.seed}")
    return "\n".join(lines)


def without_hints(text: str) -> str:
    """`verdict_text` without the mistake and the hint, for students who are not to see them."""
    shown, hidden = [], False
    for line in text.split("\n"):
        hidden = not line.startswith(SEED) and (hidden or line.startswith((MISTAKE, HINT)))
        if not hidden:
            shown.append(line)
    return "\n".join(shown)


def output_line(output: OutputVerdict) -> str:
    """One output of a check: whether it is right, and the sentence about it."""
    message = one_line(output.message, 400)
    named = message if message.startswith(output.name) else f"{output.name}: {message}"
    return f"{'ok   ' if output.ok else 'WRONG'} {named}"


def printed_outputs(printed: Printed) -> list[NotebookNode]:
    """A student's cell: what it printed, as text, and the error it ended with."""
    outputs = [_stdout(printed.text)] if printed.text else []
    if printed.error:
        traceback = [*printed.lines, f"{printed.error}: {printed.message}"]
        outputs.append(_output("error", ename=printed.error, evalue=printed.message, traceback=traceback))
    return outputs


def summary(result: Result) -> str:
    """The markdown on top of a graded notebook: points, checks, and what a person should look at.

    `summary_without_mistakes` knows the form of its lines.
    """
    lines = [f"{result.points:g} of {result.max_points:g} points in {len(result.checks)} automatic checks", ""]
    for verdict in result.checks:
        mistake = f" ({in_words(verdict.mistake)})" if verdict.mistake else ""
        points_of = f"{verdict.points:6g} / {verdict.max_points:<4g}"
        lines.append(f"{points_of} {verdict.name}: {in_words(verdict.status)}{mistake}")
    if result.flags:
        lines += ["", "To look at:", *(f"- {one_line(flag, 400)}" for flag in result.flags)]
    banner = f"{_banner(UNSAFE, '')}\n\n" if result.sandbox == "none" else ""
    return f"{banner}**Automatic grading**\n\n<pre>{html.escape(chr(10).join(lines))}</pre>"


def summary_without_mistakes(source: str) -> str:
    """`summary` without the names of mistakes."""
    return _MISTAKE_IN_SUMMARY.sub(r"\1", source)


def _stdout(text: str) -> NotebookNode:
    return _output("stream", name="stdout", text=text)


def _output(kind: str, **fields: Any) -> NotebookNode:
    """An output in the form of nbformat, which would validate each one, as the notebook is when it is written."""
    return nbformat.from_dict({"output_type": kind, **fields})
