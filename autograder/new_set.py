"""A new problem set: a small one that works, to be written over."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.agreement import notebook_of, table_of
from autograder.problem_set import ROOT

TEMPLATE = Path(__file__).with_name("template")
NAME = re.compile(r"[a-z][a-z0-9_]*")


def new_set(name: str, title: str = "", root: Path = ROOT) -> tuple[Path, Path]:
    """Write the solution notebook and the table of a new problem set; returns their paths.

    title: its first heading; by default the name. Raises ValueError if `name` does not fit a module and a folder, or
    if there is such a notebook or table already.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"expected a name like ps7_attention, found {name!r}; use small letters, digits and _")
    if set(title) & set('"\\\n'):
        raise ValueError(f"expected a title on one line without quotes and backslashes, found {title!r}")
    copies = {root / notebook_of(name): "notebook.ipynb", root / table_of(name): "table.py"}
    for path in copies:
        if path.exists():
            raise ValueError(f"{path.relative_to(root)} is there already; choose another name, or edit it")
    for path, source in copies.items():
        text = (TEMPLATE / source).read_text(encoding="utf-8")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("TITLE", title or name), encoding="utf-8")
    notebook, table = copies
    return notebook, table
