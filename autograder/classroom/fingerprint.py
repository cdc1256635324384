"""What decides a Result besides the submission and the secret: a hash of the code that comes to it.

It follows imports: where the table of another problem set, a report or a command changes, nobody is graded anew.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from autograder.problem_set import ROOT

ROOTS = ("autograder/engine.py", "autograder/classroom/results.py")
WHOLE = ("autograder/jail", "unroll")  # run or read in other ways than by import, or by students' code


@functools.cache
def of_code(problem_set: str, root: Path = ROOT) -> str:
    """The hash for a problem set."""
    digest = hashlib.sha256()
    for path in files(problem_set, root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def files(problem_set: str, root: Path = ROOT) -> list[Path]:
    """The modules that are imported, directly or not, by the engine and by the problem set's table; sorted."""
    found: set[Path] = set()
    todo = [root / name for name in (*ROOTS, f"autograder/checks/{problem_set}.py")]
    todo += [path for folder in WHOLE for path in (root / folder).rglob("*.py")]
    while todo:
        path = todo.pop()
        if path not in found and path.is_file():
            found.add(path)
            todo += _imported(path, root)
    return sorted(found)


def _imported(path: Path, root: Path) -> Iterator[Path]:
    """The files of modules below `root` that a module imports, and of the packages that they are in."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            modules = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            module = (*above, *(node.module.split(".") if node.module else ()))
            modules = [module, *((*module, alias.name) for alias in node.names)]
        else:
            continue
        for module in modules:
            for end in range(1, len(module) + 1):
                place = root.joinpath(*module[:end])
                yield from (place.with_suffix(".py"), place / "__init__.py")
