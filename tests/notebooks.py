"""A solution notebook, read and run, for the tests of all problem sets."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import nbformat
import pytest
from nbgrader.preprocessors import ClearSolutions

import unroll
from autograder.problem_set import ProblemSet
from unroll import coco, data, plots


def source(cell) -> str:
    return "".join(cell["source"])


def mark(cell) -> dict:
    return cell["metadata"].get("nbgrader", {})


def flags(cell) -> tuple[bool, bool, bool]:
    return mark(cell)["grade"], mark(cell)["solution"], mark(cell)["locked"]


@dataclass(frozen=True)
class Notebook:
    """A solution notebook, read as JSON, with its problem set."""

    problem_set: ProblemSet

    @cached_property
    def text(self) -> str:
        return self.problem_set.notebook.read_text(encoding="utf-8")

    @cached_property
    def cells(self) -> list[dict]:
        return json.loads(self.text)["cells"]

    @cached_property
    def by_id(self) -> dict[str, dict]:
        return {mark(cell)["grade_id"]: cell for cell in self.cells if mark(cell)}

    @cached_property
    def ungraded(self) -> list[dict]:
        return [cell for cell in self.cells if set(cell["metadata"].get("tags", ())) & {"figure", "training"}]

    @cached_property
    def showing(self) -> list[int]:
        """The numbers of the cells that show a figure."""
        return [n for n, cell in enumerate(self.cells) if "plots.show(" in source(cell)]

    @property
    def functions(self) -> dict[str, float]:
        return dict(self.problem_set.points)

    @property
    def written(self) -> dict[str, float]:
        return dict(self.problem_set.written)

    @cached_property
    def released(self) -> list:
        """The cells as nbgrader releases them."""
        nb, _ = ClearSolutions().preprocess(nbformat.reads(self.text, as_version=4), {})
        return nb.cells


@contextlib.contextmanager
def watched(problem_set: ProblemSet) -> Iterator[dict[str, list]]:
    """While this is open, what a notebook shows and checks is noted: alternative texts and names.

    It runs on the small data set, what is given can be imported, and every figure is drawn.
    """
    seen = {"figures": [], "checks": []}

    def show(figure, alt):
        figure.savefig(io.BytesIO(), format="png")
        seen["figures"].append(alt)

    if given := problem_set.reference.given:
        exec(given.install, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "show", show)
        patch.setattr(unroll, "check", lambda f: seen["checks"].append(f.__name__))
        patch.setattr(unroll, "load_coco_data", lambda: coco.load_coco_data(base_dir=data.ensure("tiny")))
        yield seen


def run(sources: Iterable[str]) -> dict:
    """The namespace after cells were run one after the other."""
    namespace = {"__name__": "__main__"}
    for text in sources:
        exec(text, namespace)
    return namespace
