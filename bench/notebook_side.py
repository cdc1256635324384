"""What a student waits for: importing the helper, loading the default data, `check` on right and wrong functions.

    python bench/notebook_side.py [--rounds 7] [--wrong]

Imports and loading are timed in a fresh interpreter each round, by turns, with the files in the system's cache: NumPy,
`unroll` beyond it, the first cell of every notebook beyond both and matplotlib, and the default data, built first if
need be. `check` is timed beside `expected.h5` of the released notebook, which is read anew each time, with the
solution's functions; `--wrong` adds one round with every named mistake, where `check` also looks for an explanation.
Each is shown as a multiple of what importing NumPy takes, and in milliseconds: the thread's own processor time, which
is what one waits where nothing else runs, with the least and the greatest, and the time by the clock; medians.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types
import warnings
from pathlib import Path

from autograder.problem_set import ROOT, ProblemSet, load, names
from unroll import CheckFailed
from unroll import check as try_function
from unroll.check import load_expected as expected_file
from unroll.data import ensure

Seconds = tuple[float, float]  # of the thread on a processor, and by the clock

_TIMED = """
import json, sys, time
seconds = {}
def timed(name, source, namespace={}):
    start = time.thread_time(), time.perf_counter()
    exec(source, namespace)
    seconds[name] = time.thread_time() - start[0], time.perf_counter() - start[1]
"""
_LIBRARY = """
timed("import numpy", "import numpy")
timed("import unroll, beyond NumPy", "import unroll")
timed("load_coco_data()", "unroll.load_coco_data()", {"unroll": sys.modules["unroll"]})
print(json.dumps(seconds))
"""
_CELL = """
import numpy, unroll, matplotlib.pyplot
timed("first cell", sys.stdin.read())
print(json.dumps(seconds))
"""


def fresh(program: str, folder: Path, text: str = "") -> dict[str, Seconds]:
    """Seconds by name, from a new interpreter in a folder."""
    command = [sys.executable, "-c", _TIMED + program]
    done = subprocess.run(command, cwd=folder, input=text, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def first_cell(name: str) -> str:
    """The source of the first code cell that students run."""
    cells = json.loads((ROOT / "assignments" / name / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return "".join(next(cell for cell in cells if cell["cell_type"] == "code")["source"])


def notebook(problem_set: ProblemSet, mistakes=()) -> dict:
    """What a notebook's cells define, in a module, since a class finds its other functions through its module."""
    namespace = problem_set.reference.namespace(mistakes)
    module = types.ModuleType(namespace["__name__"])
    vars(module).update(namespace)
    sys.modules[module.__name__] = module
    return namespace


def check_seconds(function) -> tuple[Seconds, bool]:
    """Seconds of one `check` that has yet to read its file, and whether it found the function right."""
    expected_file.cache_clear()
    right = True
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.thread_time(), time.perf_counter()
        try:
            try_function(function)
        except CheckFailed:
            right = False
        took = time.thread_time() - start[0], time.perf_counter() - start[1]
    return took, right


def imports(rounds: int, seconds: dict[str, list[Seconds]]) -> None:
    with tempfile.TemporaryDirectory() as elsewhere:  # where no folder hides a module
        for number in range(rounds + 1):
            found = fresh(_LIBRARY, Path(elsewhere))
            for name in names():
                found[f"first cell of {name}"] = fresh(_CELL, ROOT / "assignments" / name, first_cell(name))[
                    "first cell"
                ]
            for name, value in found.items():
                if number:  # before the first round the files may not have been in memory
                    seconds.setdefault(name, []).append(value)


def checks(rounds: int, seconds: dict[str, list[Seconds]]) -> None:
    """Time every `check` with the right solution. Raises SystemExit if one of them is not content."""
    for number in range(rounds + 1):
        for name in names():
            problem_set = load(name)
            os.chdir(ROOT / "assignments" / name)
            defined = notebook(problem_set)
            for row in problem_set.checks:
                took, right = check_seconds(defined[row.name])
                if not right:
                    raise SystemExit(f"{name}: check({row.name}) says that the solution is wrong")
                if number:
                    seconds.setdefault(f"check({row.name}) of {name}", []).append(took)


def wrong_checks(seconds: dict[str, list[Seconds]]) -> None:
    """Time every `check` with every mistake of its own."""
    for name in names():
        problem_set = load(name)
        os.chdir(ROOT / "assignments" / name)
        for row in problem_set.checks:
            for mistake in row.mistakes:
                with warnings.catch_warnings(action="ignore"):  # of an overflow, which is the mistake
                    took, _ = check_seconds(notebook(problem_set, [mistake])[row.name])
                seconds[f"check({row.name}) of {name}, {mistake.name}"] = [took]


def typical(values: list[Seconds]) -> float:
    return statistics.median(processor for processor, _ in values)


def table(groups: list[dict[str, list[Seconds]]], unit: float) -> None:
    """A row for each name of each group."""
    print("\n| | times NumPy's import | processor, ms | clock, ms |\n|---|---|---|---|")
    for name, values in (item for group in groups for item in group.items()):
        processor = [1e3 * seconds for seconds, _ in values]
        clock = 1e3 * statistics.median(seconds for _, seconds in values)
        spread = f"{typical(values) * 1e3:.3g} ({min(processor):.3g}-{max(processor):.3g})"
        print(f"| {name} | {typical(values) / unit:.2g} | {spread} | {clock:.3g} |")


def largest(seconds: dict[str, list[Seconds]]) -> dict[str, list[Seconds]]:
    name = max(seconds, key=lambda name: typical(seconds[name]))
    return {name: seconds[name]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--wrong", action="store_true", help="also check every mistake that the problem sets name")
    arguments = parser.parse_args()
    os.environ.pop("UNROLL_GRADING", None)  # with it, `check` answers nothing
    os.environ.pop("UNROLL_DATA_SIZE", None)
    ensure()
    started, right, wrong = {}, {}, {}
    imports(arguments.rounds, started)
    checks(arguments.rounds, right)
    if arguments.wrong:
        wrong_checks(wrong)
    unit = typical(started["import numpy"])
    table([started, right], unit)
    print("\nThe largest:")
    cells = {k: v for k, v in started.items() if k.startswith("first cell")}
    library = {k: v for k, v in started.items() if k not in cells}
    by_set = [{k: v for k, v in right.items() if k.endswith(f" of {name}")} for name in names()]
    by_set += [{k: v for k, v in wrong.items() if f" of {name}, " in k} for name in names() if wrong]
    table([library, *map(largest, [cells, *by_set])], unit)


if __name__ == "__main__":
    main()
