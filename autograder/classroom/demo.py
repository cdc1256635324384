"""A class to try everything on: submissions made out of the problem set's own solution and mistakes.

Each member is one row: a name, who that is, and what is done to the solution's cells.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.classroom import grading
from autograder.code import apply_edits
from autograder.problem_set import MARKERS, ROOT, ProblemSet, load

PROBLEM_SET = "ps1_rnn"
FOLDER = ROOT / "demo"
ANSWER = "The gradient is a sum over all steps, because the same weights are used at every one of them."

Sources = dict[str, str]  # grade_id -> text of the cell


@dataclass(frozen=True)
class Member:
    """student: the folder's name. about: who that is. change: edits the texts of a finished notebook in place."""

    student: str
    about: str
    change: Callable[[Sources, ProblemSet], None]


def made(*mistakes: str) -> Callable[[Sources, ProblemSet], None]:
    """A change that makes mistakes, each written ``check.mistake``, with the edits of the table of checks."""

    def change(sources: Sources, problem_set: ProblemSet) -> None:
        for name in mistakes:
            check, _, wanted = name.partition(".")
            found = [m for m in problem_set.check(check).mistakes if m.name == wanted]
            if not found:
                known = ", ".join(m.name for m in problem_set.check(check).mistakes)
                raise ValueError(f"the demo class needs the mistake {wanted!r} of {check}, which has: {known}")
            cell = f"{found[0].function}_solution"
            sources[cell] = apply_edits(sources[cell], found[0])

    return change


def replaced(cell: str, *edits: tuple[str, str]) -> Callable[[Sources, ProblemSet], None]:
    """A change of the text of one cell; each old text must be there."""

    def change(sources: Sources, problem_set: ProblemSet) -> None:
        for old, new in edits:
            if old not in sources[cell]:
                raise ValueError(f"the demo class expected {old!r} in the cell {cell}")
            sources[cell] = sources[cell].replace(old, new)

    return change


def nothing(sources: Sources, problem_set: ProblemSet) -> None:
    """Everything is solved."""


def untouched(sources: Sources, problem_set: ProblemSet) -> None:
    """Nothing is solved: the notebook as it was released."""
    sources.clear()


def prints(sources: Sources, problem_set: ProblemSet) -> None:
    """Right, but chatty on both streams, in every function and every cell."""
    for cell in sources:
        if cell.endswith("_solution"):
            lines = re.sub(r"^( +)return ", CHATTER + r"\1return ", sources[cell], flags=re.MULTILINE)
            sources[cell] = f"{lines}\nprint('defined')"


def numerical_gradient(sources: Sources, problem_set: ProblemSet) -> None:
    """Passes a numerical gradient off as backpropagation."""
    replaced("rnn_step_forward_solution", ("(x, prev_h, Wx, Wh, next_h)", "(x, prev_h, Wx, Wh, b)"))(
        sources, problem_set
    )
    sources["rnn_step_backward_solution"] = NUMERICAL


def hostile(sources: Sources, problem_set: ProblemSet) -> None:
    """Solves nothing; tries to reach the gradebook and to make every comparison succeed."""
    for function, names in problem_set.reference.returns.items():
        if names != ("self",):
            head, _, _ = sources[f"{function}_solution"].partition('"""')
            sources[f"{function}_solution"] = f"{head}return {', '.join(['np.zeros(1)'] * len(names))}\n"
    sources["rnn_step_forward_solution"] += HOSTILE


NUMERICAL = """\
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, b = cache
    f = lambda _: rnn_step_forward(x, prev_h, Wx, Wh, b)[0]
    return tuple(eval_numerical_gradient_array(f, a, dnext_h) for a in (x, prev_h, Wx, Wh, b))
"""

CHATTER = r"\1import sys as _s\n\1print('here', file=_s.stderr)\n\1print('done')\n"

HOSTILE = """

import os, pathlib, sqlite3
for up in (".", "..", "../..", "../../..", "/"):
    for path in pathlib.Path(up).glob("gradebook.db"):
        sqlite3.connect(path).execute("UPDATE grade SET manual_score = 100")
        print("changed", path)
print("secrets:", [name for name in os.environ if "UNROLL" in name])
np.allclose = np.array_equal = lambda *a, **k: True
np.linalg.norm = np.max = lambda *a, **k: 0.0
np.testing.assert_allclose = lambda *a, **k: None
"""

IMPORT = ("def rnn_step_forward", "import my_rnn_helpers\n\n\ndef rnn_step_forward")
ENDLESS = ("for t in range(T):\n", "t = 0\n    while t < T:  # t is never increased\n")

CLASS = (
    Member("avocet", "solved everything", nothing),
    Member("bunting", "handed in the empty notebook", untouched),
    Member("crane", "one mistake in the step", made("rnn_step_forward.tanh_missing")),
    Member("dipper", "one mistake in the step's gradient", made("rnn_step_backward.square_missing")),
    Member("egret", "one mistake in backpropagation through time", made("rnn_backward.recurrent_gradient_missing")),
    Member("finch", "one mistake in the embedding's gradient", made("word_embedding_backward.repeated_words_lost")),
    Member("grebe", "one mistake in the loss", made("temporal_softmax_loss.mask_missing_in_dx")),
    Member("heron", "one mistake in the sequence", made("rnn_forward.state_not_carried")),
    Member("ibis", "one mistake in truncation", made("rnn_backward_truncated.window_too_long")),
    Member("jay", "two mistakes", made("VanillaRNN.W_hh_transposed", "temporal_affine_backward.db_averaged")),
    Member("kestrel", "a loop that never ends", replaced("rnn_forward_solution", ENDLESS)),
    Member("lark", "imports what is not installed", replaced("rnn_step_forward_solution", IMPORT)),
    Member("martin", "a file that is not valid JSON", nothing),
    Member("nuthatch", "prints everywhere", prints),
    Member("owl", "db of shape (1, H)", made("rnn_step_backward.db_two_dimensional")),
    Member("plover", "a numerical gradient passed off as backpropagation", numerical_gradient),
    Member("quail", "tries to cheat", hostile),
)
FIRST_NAMES = "Alex Billie Casey Dana Eli Frankie Gene Harper Indy Jules Kim Lee Max Nico Ollie Pat Quinn".split()


def full_names() -> dict[str, tuple[str, str]]:
    """student -> first and last name, for the gradebook."""
    return {m.student: (first, m.student.capitalize()) for m, first in zip(CLASS, FIRST_NAMES, strict=True)}


def build(root: Path = FOLDER) -> Path:
    """Make the demo class in `root`/submitted, anew; what was graded there before is removed. Returns `root`.

    Raises ValueError if nothing was released, if `root` holds something that is no demo class, or if a mistake is
    no longer in the table of checks.
    """
    root = Path(root)
    problem_set = load(PROBLEM_SET)
    released = grading.released_notebook(PROBLEM_SET)
    mark = root / "demo_class.txt"
    if root.exists() and any(root.iterdir()) and not mark.exists():
        raise ValueError(f"{root} is not empty and holds no demo class; name another folder")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    mark.write_text("".join(f"{m.student}: {m.about}\n" for m in CLASS), encoding="utf-8")
    for member in CLASS:
        folder = root / "submitted" / member.student / PROBLEM_SET
        folder.mkdir(parents=True)
        text = nbformat.writes(notebook(member, problem_set, released))
        if member.student == "martin":
            text = text[: len(text) * 2 // 3]
        (folder / f"{PROBLEM_SET}.ipynb").write_text(text, encoding="utf-8")
    return root


def notebook(member: Member, problem_set: ProblemSet, released: Mapping[str, Any]) -> NotebookNode:
    """What a member hands in: the release with the solution's cells, changed."""
    solution = {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in json.loads(problem_set.notebook.read_text(encoding="utf-8"))["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    sources = {name: text if name.endswith("_solution") else ANSWER for name, text in solution.items()}
    member.change(sources, problem_set)
    nb = nbformat.from_dict(released)
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in sources:
            lines = sources[name].split("\n")
            cell.source = "\n".join(line for line in lines if line.strip() not in MARKERS)
    return nb
