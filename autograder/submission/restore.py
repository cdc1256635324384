"""Puts a submitted notebook back into the shape of the release, and says what had to be done.

nbgrader trusts a submission's metadata in places where it should not: a doubled test cell stops the grading
of the whole class, an old metadata version too, and a deleted cell stays "needs manual grading" for ever. So
every submission is restored before nbgrader sees it: nbgrader's marks come from the release, locked cells
have the released text, what was deleted is put back, and nothing a student wrote is lost.
"""

from __future__ import annotations

import copy

from nbformat import NotebookNode

from autograder.submission.notebook import NEW_CELL, unique_ids
from autograder.submission.plain_text import one_line

PUT_BACK = "*(This cell was deleted in the submission; the grader put it back.)*"


def restore(nb: NotebookNode, released: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """A restored copy of a loaded notebook, and flags that say what was changed."""
    nb, flags = copy.deepcopy(nb), []
    originals = {cell.metadata.nbgrader.grade_id: cell for cell in released.cells if _grade_id(cell)}
    _drop_foreign_marks(nb, originals, flags)
    nb.cells = [_restored(cell, originals, flags) for cell in nb.cells]
    _restore_locked_text(nb, originals, flags)
    _put_back_missing(nb, originals, flags)
    unique_ids(nb.cells)
    nb.metadata["kernelspec"] = copy.deepcopy(released.metadata.get("kernelspec", {}))
    nb.metadata["language_info"] = NotebookNode(name="python")
    return nb, flags


def _grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _drop_foreign_marks(nb: NotebookNode, originals: dict[str, NotebookNode], flags: list[str]) -> None:
    """Of cells with the same grade_id the last one counts, as in nbgrader; marks that no release has go."""
    seen: dict[str, int] = {}
    for cell in reversed(nb.cells):
        if "nbgrader" not in cell.metadata:
            continue
        name = _grade_id(cell)
        seen[name] = seen.get(name, 0) + 1
        if name not in originals or seen[name] > 1:
            del cell.metadata["nbgrader"]
    for name, count in reversed(seen.items()):
        if name and name not in originals:
            flags.append(
                f"The cell {one_line(name, 60)} is not part of this problem set; it was treated as the student's own."
            )
        elif name and count > 1:
            flags.append(f"The cell {name} appears {count} times; the last one counts.")


def _restored(cell: NotebookNode, originals: dict[str, NotebookNode], flags: list[str]) -> NotebookNode:
    """The cell with the release's marks and its type."""
    name = _grade_id(cell)
    if not name:
        return cell
    original = originals[name]
    if cell.cell_type != original.cell_type:
        flags.append(f"The cell {name} was turned from {original.cell_type} into {cell.cell_type}; it was turned back.")
        cell = NEW_CELL[original.cell_type](source=cell.source, id=cell.id)
    cell.metadata["nbgrader"] = copy.deepcopy(original.metadata.nbgrader)
    return cell


def _restore_locked_text(nb: NotebookNode, originals: dict[str, NotebookNode], flags: list[str]) -> None:
    """Locked cells have the released text, whatever stood there."""
    changed = []
    for cell in nb.cells:
        name = _grade_id(cell)
        if name and originals[name].metadata.nbgrader.get("locked") and cell.source != originals[name].source:
            cell.source = originals[name].source
            changed.append(name)
    if changed:
        flags.append(f"Locked cells were changed, and graded as released: {', '.join(changed)}.")


def _put_back_missing(nb: NotebookNode, originals: dict[str, NotebookNode], flags: list[str]) -> None:
    """Each deleted cell goes behind the one that precedes it in the release."""
    before, put_back, gone = -1, [], []
    for name, original in originals.items():
        here = next((i for i, cell in enumerate(nb.cells) if _grade_id(cell) == name), None)
        if here is not None:
            before = here
            continue
        marks = original.metadata.nbgrader
        if marks.get("solution") and not marks.get("grade"):
            # Its function may stand in another cell; the empty stub would undo it.
            gone.append(name)
            continue
        cell = NEW_CELL[original.cell_type](source=original.source)
        cell.metadata["nbgrader"] = copy.deepcopy(marks)
        cell.id = original.id
        if marks.get("solution"):
            cell.source += f"\n\n{PUT_BACK}"  # no longer the released text: a person looks, no automatic zero
        before += 1
        nb.cells.insert(before, cell)
        put_back.append(name)
    if put_back:
        flags.append(f"Cells were deleted, and put back as released: {', '.join(put_back)}.")
    if gone:
        flags.append(f"Cells are missing; their functions count if another cell defines them: {', '.join(gone)}.")
