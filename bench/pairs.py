"""How often are two mistakes in one function both named?

    python -m bench.pairs [SET ...] [--pairs 20] [--seed 0]

Makes random pairs of a check's own mistakes in the reference and asks for the explanation of what comes out. A pair
counts only if both mistakes show: what comes out differs from what is right and from what each makes alone. Prints,
per check, how many pairs were named in full (by both names, or by one and a relation that turns it into what came
out), in part, not at all, or wrongly; the last must be none.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

from autograder.check import Check, Mistake
from autograder.explaining import explained
from autograder.problem_set import ProblemSet, load, names
from autograder.trial import Trial, draw_trials, run_mistaken
from unroll.diagnose import Explanation, same
from unroll.relations import FACTORS, SHAPES

OUTCOMES = ("both", "one", "none", "wrong")
RELATIONS = {name for name, *_ in SHAPES + FACTORS} | {
    "factor", "constant_added", "gates_permuted", "outputs_exchanged", "form",
}  # fmt: skip


def outcomes(problem_set: ProblemSet, check: Check, pairs: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """(what was named, the pair, the names given) for random pairs of mistakes of one check."""
    rng = np.random.default_rng(seed)
    trials = draw_trials(check, problem_set, seed)
    alone = {m.name: _made(check, problem_set, trials, (m,)) for m in check.mistakes}
    found = 0
    for _ in range(4 * pairs):
        if found == pairs or len(check.mistakes) < 2:
            return
        a, b = (check.mistakes[i] for i in rng.choice(len(check.mistakes), 2, replace=False))
        together = _made(check, problem_set, trials, (a, b))
        others = [[t.expected for t in trials], alone[a.name], alone[b.name]]
        if together[0] is None or any(_agree(check, together, other) for other in others):
            continue
        found += 1
        for trial, got in zip(trials, together, strict=True):
            trial.got = got
        explanation = explained(check, problem_set, trials)
        named = " + ".join(explanation.names)
        yield _outcome(check, {a, b}, explanation), f"{a.name} + {b.name}", named


def _made(check: Check, problem_set: ProblemSet, trials: list[Trial], mistakes: tuple[Mistake, ...]) -> list:
    return [run_mistaken(check, problem_set, mistakes, t.inputs) for t in trials]


def _agree(check: Check, a: list, b: list) -> bool:
    return all(
        (x is None and y is None) or (x and y and all(same(x[o], y[o], check.tolerance) for o in check.outputs))
        for x, y in zip(a, b, strict=True)
    )


def _outcome(check: Check, pair: set[Mistake], explanation: Explanation) -> str:
    """Two mistakes with one hint are one to a student, so hints are compared."""
    hint = {m.name: m.hint for m in check.mistakes}
    made, named = {m.hint for m in pair}, {hint[n] for n in explanation.names if n in hint}
    if not named <= made or any(n not in hint and n not in RELATIONS for n in explanation.names):
        return "wrong"
    if not explanation.names:
        return "none"
    return "both" if named == made or (explanation.complete and len(explanation.names) > 1) else "one"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", default=names())
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    checks = [(load(name), check) for name in given.sets for check in load(name).checks]
    total: Counter = Counter()
    print(f"{'check':<42}" + "".join(f"{o:>10}" for o in OUTCOMES))
    for problem_set, check in tqdm(checks, unit="check", disable=None):
        found = list(outcomes(problem_set, check, given.pairs, given.seed))
        counts = Counter(o for o, _, _ in found)
        total += counts
        tqdm.write(f"{problem_set.name + ' ' + check.name:<42}" + "".join(f"{counts[o]:>10}" for o in OUTCOMES))
        for outcome, pair, named in found:
            if outcome == "wrong":
                tqdm.write(f"    wrong: {pair} was called {named}")
    print(f"{'all':<42}" + "".join(f"{total[o]:>10}" for o in OUTCOMES))


if __name__ == "__main__":
    main()
