"""A notebook as text, for `git diff`: ``python -m autograder.notebook_text FILE`` (see .gitattributes)."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def as_text(text: str) -> str:
    """The cells of a notebook as a script with markdown in comments; what is no notebook comes back as it is."""
    try:
        cells = json.loads(text)["cells"]
        return "\n".join(_cell(cell) for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return text


def _cell(cell: dict) -> str:
    marks = cell.get("metadata", {}).get("nbgrader", {})
    points = f" points={marks['points']}" if "points" in marks else ""
    tags = "".join(f" #{tag}" for tag in cell.get("metadata", {}).get("tags", ()))
    head = f"# %% {cell['cell_type']} {marks.get('grade_id', '')}{points}{tags}".rstrip()
    lines = "".join(cell["source"]).split("\n")
    if cell["cell_type"] != "code":
        lines = [f"# {line}".rstrip() for line in lines]
    return "\n".join([head, *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(as_text(Path(sys.argv[1]).read_text(encoding="utf-8")))
