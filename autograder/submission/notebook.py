"""Strict reading of untrusted notebooks.

A submission is a file from a stranger. It is read with caps, and only what grading needs is copied into a
fresh notebook: the cells' types and texts, nbgrader's metadata, and pictures attached to written answers. In this
package a notebook is the plain dict of nbformat 4.5's JSON, for importing nbformat takes as long as grading someone.
Outputs, widgets, titles, tags and whatever else a file may carry stay behind, so nothing downstream, such as
nbgrader's templates, has to be trusted with them. A file that cannot be read raises `Unreadable` with a sentence for
a person; what was tolerated on the way is said in flags.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.submission.json_file import Unreadable, decode, parse, read_bytes
from autograder.submission.plain_text import one_line

MAX_CELLS = 2_000
MAX_SOURCE = 2_000_000
KINDS: dict[str, dict[str, Any]] = {"code": {"execution_count": None, "outputs": []}, "markdown": {}, "raw": {}}
PICTURES = ("image/png", "image/jpeg", "image/gif")
_UNSAFE_TEXT = re.compile("[\x00\ud800-\udfff]")
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Cell:
    """A code cell. index: its position among all cells of the notebook; grade_id: "" if it has none."""

    index: int
    source: str
    grade_id: str


@dataclass(frozen=True)
class Submission:
    """What is graded: the code cells in order.

    flags: sentences for a person about what was tolerated in reading.
    digest: sha256 of the code cells' texts and grade_ids; two submissions with the same digest run the same code.
        A notebook that was restored (see the module restore) keeps its digest through nbgrader's sanitizing.
    """

    cells: tuple[Cell, ...]
    flags: tuple[str, ...]
    digest: str


def from_python(path: str | os.PathLike) -> Submission:
    """The submission in a plain .py file of functions: one cell. Raises Unreadable."""
    flags: list[str] = []
    source = _safe_text(decode(read_bytes(Path(path)), flags), flags, "The file")
    return _submission([Cell(0, source, "")], flags)


def from_notebook(nb: Mapping[str, Any], flags: list[str] | tuple[str, ...] = ()) -> Submission:
    """The submission in a notebook that has been loaded already; `flags` are carried along."""
    cells = [
        Cell(i, cell["source"], str(cell["metadata"].get("nbgrader", {}).get("grade_id") or ""))
        for i, cell in enumerate(nb["cells"])
        if cell["cell_type"] == "code"
    ]
    return _submission(cells, [*flags, *_duplicates(cells)])


def load(path: str | os.PathLike) -> tuple[dict[str, Any], list[str]]:
    """A clean nbformat 4.5 notebook made from the file, without outputs, and flags. Raises Unreadable."""
    flags: list[str] = []
    text = decode(read_bytes(Path(path)), flags)
    return clean(parse(text, flags), flags), flags


def clean(document: dict[str, Any], flags: list[str]) -> dict[str, Any]:
    """A fresh notebook from parsed JSON, only with fields that are known and checked; appends to `flags`."""
    cells = _cells_of(document, flags)
    if len(cells) > MAX_CELLS:
        raise Unreadable(
            f"A notebook with at most {MAX_CELLS:,} cells was expected; this one has {len(cells):,}. "
            "Ask the student for a notebook without generated cells."
        )
    if sum(len(str(cell.get("source", ""))) for cell in cells if isinstance(cell, dict)) > MAX_SOURCE:
        raise Unreadable(
            f"Cells of at most {MAX_SOURCE // 1_000_000} MB of text in all were expected; these hold more. "
            "Ask the student to remove pasted data from the notebook."
        )
    _check_kernel(document.get("metadata"), flags)
    fresh = [_clean_cell(cell, number, flags) for number, cell in enumerate(cells, 1)]
    unique_ids(fresh)
    return {"cells": fresh, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def new_cell(kind: str, source: str, its_id: str = "") -> dict[str, Any]:
    """A cell of the kind "code", "markdown" or "raw"; `unique_ids` gives it an id if it has none."""
    return {"cell_type": kind, "id": its_id, "metadata": {}, "source": source, **copy.deepcopy(KINDS[kind])}


def _cells_of(document: dict[str, Any], flags: list[str]) -> list[Any]:
    """The list of cells, in the form of nbformat 4, whichever format the file has."""
    version = document.get("nbformat")
    if version == 3 and isinstance(sheets := document.get("worksheets"), list):
        flags.append("The notebook is in the old format 3; it was upgraded.")
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [_upgrade(cell) for cells in lists if isinstance(cells, list) for cell in cells]
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise Unreadable(
            "A notebook was expected; the JSON has no list of cells. Perhaps another file was given its name: "
            "ask the student for the notebook."
        )
    if version is None:
        flags.append("The notebook does not say its format; format 4 was assumed.")
    elif version != 4:
        raise Unreadable(
            f"A notebook of format 4 was expected; this one says {one_line(repr(version), 30)}. "
            "Open it in a current Jupyter and save it again."
        )
    return cells


def _upgrade(cell: Any) -> Any:
    """A cell of nbformat 3 as one of nbformat 4."""
    if not isinstance(cell, dict):
        return cell
    if cell.get("cell_type") == "code":
        return {**cell, "source": cell.get("input", "")}
    if cell.get("cell_type") == "heading":
        return {**cell, "cell_type": "markdown"}
    return cell


def _check_kernel(metadata: Any, flags: list[str]) -> None:
    if not isinstance(metadata, dict):
        flags.append("The notebook has no metadata; they were taken from the release.")
        return
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        language = metadata[key].get(field) if isinstance(metadata.get(key), dict) else None
        if isinstance(language, str) and language.lower() != "python":
            flags.append(f"The notebook was saved with a {one_line(language, 30)} kernel; it was graded as Python.")
            return


def _clean_cell(cell: Any, number: int, flags: list[str]) -> dict[str, Any]:
    kind = cell.get("cell_type") if isinstance(cell, dict) else type(cell).__name__
    if not isinstance(cell, dict) or not isinstance(kind, str) or kind not in KINDS:
        raise Unreadable(
            f"Cell {number} was expected to be code, markdown or raw; it is {one_line(repr(kind), 40)}. "
            "Open the notebook in Jupyter, save it and submit that."
        )
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable(
            f"The source of cell {number} was expected to be text; it is a {type(source).__name__}. "
            "Open the notebook in Jupyter, save it and submit that."
        )
    fresh = new_cell(kind, _safe_text(source, flags, f"Cell {number}"))
    if isinstance(cell.get("id"), str) and _CELL_ID.fullmatch(cell["id"]):
        fresh["id"] = cell["id"]
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict):
        flags.append(f"Cell {number} has no metadata.")
    elif isinstance(marks := metadata.get("nbgrader"), dict):
        fresh["metadata"]["nbgrader"] = _clean_marks(marks)
    if kind == "markdown" and (pictures := _clean_attachments(cell.get("attachments"))):
        fresh["attachments"] = pictures
    return fresh


def _clean_marks(marks: dict[str, Any]) -> dict[str, Any]:
    """nbgrader's metadata of one cell, with the fields it knows in the types it expects."""
    kept: dict[str, Any] = {"schema_version": 3}
    for key in ("grade", "solution", "locked", "task"):
        kept[key] = marks.get(key) is True
    if isinstance(marks.get("grade_id"), str) and marks["grade_id"]:
        kept["grade_id"] = marks["grade_id"]
    if isinstance(marks.get("points"), int | float) and not isinstance(marks["points"], bool):
        kept["points"] = marks["points"]
    return kept


def _clean_attachments(attachments: Any) -> dict[str, Any]:
    """Pictures pasted into a written answer; they end in an <img> of the feedback, so nothing but pictures."""
    kept = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        pictures = {
            kind: data
            for kind, data in (bundle.items() if isinstance(bundle, dict) else ())
            if kind in PICTURES and isinstance(data, str) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", data)
        }
        if pictures and re.fullmatch(r"[\w .()-]+", name):
            kept[name] = pictures
    return kept


def _safe_text(source: str, flags: list[str], where: str) -> str:
    if _UNSAFE_TEXT.search(source):
        flags.append(
            f"{where} holds characters that no text may hold (NUL or half a surrogate pair); they were replaced."
        )
        return _UNSAFE_TEXT.sub("\ufffd", source)
    return source


def unique_ids(cells: list[dict[str, Any]]) -> None:
    """nbformat wants every cell to have an id of its own; a copied cell may carry its twin's."""
    seen = {""}
    for i, cell in enumerate(cells):
        while cell["id"] in seen:
            cell["id"] = hashlib.sha256(f"{i} {cell['id']}".encode()).hexdigest()[:16]
        seen.add(cell["id"])


def _duplicates(cells: list[Cell]) -> list[str]:
    ids = [cell.grade_id for cell in cells if cell.grade_id]
    return [f"The cell {one_line(i, 60)} appears {ids.count(i)} times." for i in dict.fromkeys(ids) if ids.count(i) > 1]


def _submission(cells: list[Cell], flags: list[str]) -> Submission:
    code = json.dumps([[cell.grade_id, cell.source] for cell in cells], ensure_ascii=True)
    return Submission(tuple(cells), tuple(dict.fromkeys(flags)), hashlib.sha256(code.encode()).hexdigest())
