"""Release a problem set: expected.h5, the students' notebook, and a zip that needs nothing else.

The same solution notebook gives the same bytes, on the same machine; on another one `expected.h5` is kept if
it says the same to within rounding.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import shutil
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from autograder import parcel
from autograder.check import Check
from autograder.classroom import gradebook
from autograder.problem_set import ROOT, ProblemSet, load
from autograder.trial import draw_trials, run_mistaken
from unroll.expected import FILE, Packer, Unpacker
from unroll.probes import surely_moved_by

PUBLIC_SEED = 20170501
ONE_SET_ONLY = ("plots_*.py", "charlm.py")  # modules of the helper that go only with the notebooks that name them
STAFF_ONLY = ("jinja2", "nbgrader", "pyseccomp", "rapidfuzz")  # dependencies that students do without


def release(name: str, *, course: Path = ROOT, out: Path = ROOT) -> Path:
    """Release one problem set; returns the path of the zip.

    Writes solutions/NAME/expected.h5, given_NAME.py beside it if the set builds on earlier ones,
    OUT/assignments/NAME and OUT/dist/NAME.zip.
    course: the folder with the gradebook, in which nbgrader notes the assignment.
    Raises gradebook.Failed with nbgrader's reason if nbgrader cannot make the students' version.
    """
    problem_set = load(name)
    path = problem_set.notebook.with_name(FILE)
    write_expected(problem_set, path, known=(path, ROOT / "assignments" / name / FILE))
    if given := problem_set.reference.given:
        problem_set.notebook.with_name(f"{given.name}.py").write_text(given.text, encoding="utf-8", newline="\n")
    gradebook.generate_assignment(course, name, out / "assignments")
    return bundle(name, out / "assignments" / name, out / "dist" / f"{name}.zip")


def write_expected(problem_set: ProblemSet, path: Path, known: tuple[Path, ...] = ()) -> None:
    """Write what `unroll.check` compares with.

    known: files written before, maybe elsewhere; the first that says the same to within rounding is kept.
    Hints, and the wrong outputs they are recognised by, go in only if students see them in their notebooks.
    """
    packer = Packer()
    checks = {check.name: _row(check, problem_set, packer) for check in problem_set.checks}
    index = {
        "problem_set": problem_set.name,
        "hints": problem_set.hints,
        "returns": problem_set.reference.returns,
        "points": list(problem_set.points.items()),  # in the notebook's order
        "written": sum(problem_set.written.values()),
        "checks": checks,
    }
    # Not beside it: several may release at once, and nbgrader copies all that it finds in the folder.
    fresh = path.parent.with_name(f".{path.parent.name}.{path.name}.{os.getpid()}")
    packer.write(fresh, index)
    same = next((k for k in known if k.exists() and same_content(k, fresh)), fresh)
    if same == path:
        fresh.unlink()
        return
    if same != fresh:
        shutil.copyfile(same, fresh)
    os.replace(fresh, path)


def _row(check: Check, problem_set: ProblemSet, packer: Packer) -> dict[str, Any]:
    """One check as JSON: how to call it, and every case but those that only test the time."""
    cases = []
    mistakes = check.mistakes if problem_set.hints == "notebook" else ()
    trials = draw_trials(check, problem_set, PUBLIC_SEED)
    right = surely_moved_by(lambda inputs: run_mistaken(check, problem_set, (), inputs), trials[0].inputs)
    depends = {name: [o for o in check.outputs if o in moved] for name, moved in right.items()}
    for trial in trials:
        if trial.label == "large":
            continue
        wrong = {m.name: run_mistaken(check, problem_set, (m,), trial.inputs) for m in mistakes}
        cases.append(
            {
                "sizes": dict(trial.sizes),
                "label": trial.label,
                "inputs": packer.put_all(trial.inputs),
                "expected": packer.put_all(trial.expected),
                "wrong": {name: packer.put_all(outputs) for name, outputs in wrong.items()},
            }
        )
    gradient = check.gradient
    return {
        "call": source_of(check.call),
        "outputs": check.outputs,
        "tolerance": check.tolerance,
        "hints": {m.name: m.hint for m in mistakes},
        "gradient": gradient
        and {"forward": source_of(gradient.forward), "upstream": gradient.upstream, "of": gradient.of},
        "cases": cases,
        "depends": depends,
    }


def source_of(function) -> str:
    """The text of a function of a check, to be run on the student's side; it may use only np and its arguments."""
    text = textwrap.dedent(inspect.getsource(function))
    nodes = list(ast.walk(ast.parse(text)))
    used = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    bound |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    foreign = sorted(used - bound - set(dir(builtins)) - {"np"})
    if foreign:
        raise ValueError(
            f"{function.__name__} in {function.__module__} uses {', '.join(foreign)}; its text is shipped to "
            "students, so it may use nothing but np and its arguments"
        )
    return text


def same_content(a: Path, b: Path) -> bool:
    """True if two expected.h5 agree to within rounding."""
    try:
        first, second = Unpacker(a), Unpacker(b)
    except (OSError, KeyError, ValueError):
        return False
    return _same(_unfolded(first, first.index), _unfolded(second, second.index))


def _unfolded(unpacker: Unpacker, entry: Any) -> Any:
    """The index, or a part of it, with every array in its place: two files may lay out the same arrays differently."""
    if isinstance(entry, list):
        return [_unfolded(unpacker, item) for item in entry]
    if not isinstance(entry, dict):
        return entry
    if entry.keys() == {"at", "shape", "dtype"}:
        return unpacker.get(entry)
    return {name: _unfolded(unpacker, value) for name, value in entry.items()}


def _same(a: Any, b: Any) -> bool:
    """True if nested dicts and lists hold the same, arrays to within rounding."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, np.ndarray):
        return (a.shape, a.dtype) == (b.shape, b.dtype) and np.allclose(a, b, rtol=1e-6, atol=1e-7, equal_nan=True)
    return a == b


def bundle(name: str, assignment: Path, path: Path) -> Path:
    """Zip an assignment with the helper module, the students' guide and requirements.txt; always the same bytes."""
    notebook = (assignment / f"{name}.ipynb").read_text(encoding="utf-8")
    files = {p.relative_to(assignment).as_posix(): p.read_bytes() for p in assignment.rglob("*") if p.is_file()}
    for p in (ROOT / "unroll").rglob("*"):
        foreign = any(p.match(f"unroll/{pattern}") for pattern in ONE_SET_ONLY) and p.stem not in notebook
        if p.is_file() and "__pycache__" not in p.parts and not foreign:
            files[f"unroll/{p.relative_to(ROOT / 'unroll').as_posix()}"] = p.read_bytes()
    files["students.md"] = (ROOT / "docs" / "students.md").read_bytes()
    files["requirements.txt"] = parcel.requirements(without=STAFF_ONLY)
    return parcel.write_zip(path, {f"{name}/{file}": content for file, content in files.items()})
