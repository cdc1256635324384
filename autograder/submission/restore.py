"""Puts a submitted notebook back into the shape of the release, and says what had to be done.

nbgrader trusts a submission's metadata in places where it should not: a doubled test cell stops the grading
of the whole class, an old metadata version too, and a deleted cell stays "needs manual grading" for ever. So
every submission is restored before nbgrader sees it: nbgrader's marks come from the release, locked cells
have the released text, what was deleted is put back, and nothing a student wrote is lost.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from autograder.submission.notebook import new_cell, unique_ids
from autograder.submission.plain_text import one_line

Originals = dict[str, Mapping[str, Any]]  # the released cells by their grade_id
PUT_BACK = "*(This cell was deleted in the submission; the grader put it back.)*"


def restore(nb: dict[str, Any], released: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A restored copy of a loaded notebook, and flags that say what was changed."""
    flags: list[str] = []
    nb = copy.deepcopy(nb)
    originals = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in released["cells"] if _grade_id(cell)}
    _drop_foreign_marks(nb, originals, flags)
    nb["cells"] = [_restored(cell, originals, flags) for cell in nb["cells"]]
    _restore_locked_text(nb, originals, flags)
    _put_back_missing(nb, originals, flags)
    unique_ids(nb["cells"])
    nb["metadata"]["kernelspec"] = copy.deepcopy(released["metadata"].get("kernelspec", {}))
    nb["metadata"]["language_info"] = {"name": "python"}
    return nb, flags


def _grade_id(cell: Mapping[str, Any]) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _drop_foreign_marks(nb: dict[str, Any], originals: Originals, flags: list[str]) -> None:
    """Of cells with the same grade_id the last one counts, as in nbgrader; marks that no release has go."""
    seen: dict[str, int] = {}
    for cell in reversed(nb["cells"]):
        if "nbgrader" not in cell["metadata"]:
            continue
        name = _grade_id(cell)
        seen[name] = seen.get(name, 0) + 1
        if name not in originals or seen[name] > 1:
            del cell["metadata"]["nbgrader"]
    foreign = [one_line(name, 60) for name in reversed(seen) if name and name not in originals]
    marks = {name: original["metadata"]["nbgrader"] for name, original in originals.items()}
    ours = {name for name, mark in marks.items() if mark.get("grade") or mark.get("solution")}
    if foreign and not seen.keys() & ours:
        flags.append(
            f"None of the release's {len(ours)} cells for work is here: is this another problem set's notebook?"
        )
    if foreign:
        flags.append(
            f"What is not part of this problem set was treated as the student's own: the cells {', '.join(foreign)}."
            if len(foreign) > 1
            else f"The cell {foreign[0]} is not part of this problem set; it was treated as the student's own."
        )
    for name, count in reversed(seen.items()):
        if name in originals and count > 1:
            flags.append(f"The cell {name} appears {count} times; the last one counts.")


def _restored(cell: dict[str, Any], originals: Originals, flags: list[str]) -> dict[str, Any]:
    """The cell with the release's marks and its type."""
    name = _grade_id(cell)
    if not name:
        return cell
    original = originals[name]
    found, kind = cell["cell_type"], original["cell_type"]
    if found != kind:
        flags.append(f"The cell {name} was turned from {kind} into {found}; it was turned back.")
        cell = new_cell(kind, cell["source"], cell["id"])
    cell["metadata"]["nbgrader"] = copy.deepcopy(original["metadata"]["nbgrader"])
    return cell


def _restore_locked_text(nb: dict[str, Any], originals: Originals, flags: list[str]) -> None:
    """Locked cells have the released text, whatever stood there."""
    changed = []
    for cell in nb["cells"]:
        name = _grade_id(cell)
        original = originals[name] if name else cell
        if original["source"] != cell["source"] and original["metadata"]["nbgrader"].get("locked"):
            cell["source"] = original["source"]
            changed.append(name)
    if changed:
        flags.append(f"Locked cells were changed, and graded as released: {', '.join(changed)}.")


def _put_back_missing(nb: dict[str, Any], originals: Originals, flags: list[str]) -> None:
    """Each deleted cell goes behind the one that precedes it in the release."""
    before, put_back, gone = -1, [], []
    for name, original in originals.items():
        here = next((i for i, cell in enumerate(nb["cells"]) if _grade_id(cell) == name), None)
        if here is not None:
            before = here
            continue
        marks = original["metadata"]["nbgrader"]
        if marks.get("solution") and not marks.get("grade"):
            # Its function may stand in another cell; the empty stub would undo it.
            gone.append(name)
            continue
        cell = new_cell(original["cell_type"], original["source"], original["id"])
        cell["metadata"]["nbgrader"] = copy.deepcopy(marks)
        if marks.get("solution"):
            cell["source"] += f"\n\n{PUT_BACK}"  # no longer the released text: a person looks, no automatic zero
        before += 1
        nb["cells"].insert(before, cell)
        put_back.append(name)
    if put_back:
        flags.append(f"Cells were deleted, and put back as released: {', '.join(put_back)}.")
    if gone:
        flags.append(f"Cells are missing; their functions count if another cell defines them: {', '.join(gone)}.")
