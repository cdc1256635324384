"""The model answer and the rubric below each written answer, on formgrader's pages and nowhere else."""

from __future__ import annotations

import json

import nbformat
from nbconvert.preprocessors import Preprocessor

from autograder.problem_set import MARKERS, ROOT, names
from autograder.submission.notebook import new_cell

HEADING = "Model answer and rubric (only staff sees this)"


class Rubrics(Preprocessor):
    """A step before every HTML page; nbgrader_config.py names it."""

    enabled = True

    def preprocess(self, nb, resources):
        if "submission_id" in resources and "nbgrader" not in resources:  # formgrader's; feedback has it the other way
            texts = answers(str(resources.get("assignment_id")))
            nb.cells = [shown for cell in nb.cells for shown in _with_rubric(cell, texts)]
        return nb, resources


def answers(problem_set: str) -> dict[str, str]:
    """grade_id -> model answer and rubric of each written question; empty if there is no such problem set here."""
    if problem_set not in names():
        return {}
    path = ROOT / "solutions" / problem_set / f"{problem_set}.ipynb"
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        if marks.get("grade") and marks.get("solution"):
            text = "".join(cell["source"]).strip()
            found[marks["grade_id"]] = text.removeprefix(MARKERS[0]).removesuffix(MARKERS[1]).strip()
    return found


def _with_rubric(cell, texts):
    text = texts.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
    if not text:
        return [cell]
    source = f"<blockquote>\n\n**{HEADING}**\n\n{text}\n\n</blockquote>"
    return [cell, nbformat.from_dict(new_cell("markdown", source, f"{cell.id}-rubric"[:64]))]
