"""nbgrader's steps that deal with strangers' files and code, replaced by ours; nbgrader_config.py names them.

`nbgrader autograde` and formgrader's button go through these, and so give the scores of `make grade`:
SubmissionExporter reads the submitted file (nbgrader would stop at some), GradeInJail runs the engine where
nbgrader would start a kernel, SaveScores leaves the scores open where a person must decide.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from autograder.classroom import grading, record
from autograder.jail import JailUnavailable
from autograder.problem_set import load
from autograder.submission import Unreadable
from autograder.submission.plain_text import one_line, reason

LINK = "The file {} is a link; it was left out."
ACTIVE = {".html", ".htm", ".xhtml", ".svg", ".xml", ".js", ".mjs", ".pdf"}  # what a browser would run


class SubmissionExporter(NotebookExporter):
    """Reads a submitted notebook strictly and restored; an unreadable one becomes a placeholder for a person."""

    def from_filename(self, filename, resources=None, **kw):
        names = resources["nbgrader"]
        submitted = self._folder(self.parent.coursedir.submitted_directory, names)
        if Path(filename).parent != submitted:
            return super().from_filename(filename, resources=resources, **kw)
        released = grading.released_notebook(
            names["assignment"], Path(self._folder(self.parent.coursedir.release_directory, names, ".")).parent
        )
        try:
            nb = record.read_restored(Path(filename), released)
        except Unreadable as error:
            nb = placeholder(released, error, os.path.relpath(filename, self.parent.coursedir.root))
        flags = drop_unsafe_files(submitted, self._folder(self.parent.coursedir.autograded_directory, names))
        nb.metadata["unroll"].setdefault("flags", []).extend(flags)
        resources["metadata"] = ResourcesDict(name=Path(filename).stem, path=str(Path(filename).parent))
        return self.from_notebook_node(nb, resources=resources, **kw)

    def _folder(self, step: str, names: dict[str, str], student: str = "") -> Path:
        assert self.parent is not None  # the converter that made this exporter
        return Path(self.parent.coursedir.format_path(step, student or names["student"], names["assignment"]))


def placeholder(released: Mapping[str, Any], reason: Unreadable | str, original: str | os.PathLike) -> NotebookNode:
    """The released notebook in place of one that could not be read; it says why, and where the original is."""
    nb = nbformat.from_dict(released)
    nb.metadata["unroll"] = NotebookNode(person=f"{reason} The original is {original}; it was not changed.")
    return nb


def drop_unsafe_files(submitted: Path, autograded: Path) -> list[str]:
    """Remove nbgrader's copies of files that came with a notebook and are links or run in a browser; flags.

    A link may lead to anyone's file, and what lies beside a graded notebook is shown by formgrader and copied to
    the feedback. The submission itself is left as it is.
    """
    flags = []
    for folder, _, files in os.walk(submitted):
        for file in map(Path(folder).joinpath, files):
            if file.is_symlink() and file.suffix != ".ipynb":
                flags.append(LINK.format(one_line(file.name, 80)))
            elif file.suffix.lower() not in ACTIVE:
                continue
            (autograded / file.relative_to(submitted)).unlink(missing_ok=True)
    return flags


class GradeInJail(NbGraderPreprocessor):
    """In place of nbgrader's Execute: grades the notebook in the jail, and writes outputs and points onto it."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        note = nb.metadata.setdefault("unroll", NotebookNode())
        if not note.get("person"):
            note.update(self._grade(nb, names["student"], names["assignment"]))
        if note["person"]:
            record.leave_to_person(nb, note["person"])
        return nb, resources

    def _grade(self, nb: NotebookNode, student: str, assignment: str) -> dict[str, str]:
        """Grade and show it: why a person must look or "", the report's key, and the isolation it was graded in."""
        root = Path(self.parent.parent.coursedir.root)
        try:
            report = grading.grade(root, load(assignment), record.submission_of(nb), student)
        except JailUnavailable:
            raise
        except Exception as error:  # a fault of the grader must cost nobody a grade
            self.log.error(traceback.format_exc())
            return {"person": f"The grader itself failed on it: {reason(error)}", "key": ""}
        record.show(nb, report)
        return {"person": "", "key": report.key, "sandbox": report.result.sandbox}


class SaveScores(SaveAutoGrades):
    """As nbgrader's, but what a person must look at gets no automatic score at all: neither zero nor full."""

    def preprocess(self, nb, resources):
        self._person = bool(nb.metadata.get("unroll", {}).get("person"))
        return super().preprocess(nb, resources)

    def _add_score(self, cell, resources):
        if not self._person:
            return super()._add_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        grade.auto_score = None
        grade.needs_manual_grade = True
        self.gradebook.db.commit()
