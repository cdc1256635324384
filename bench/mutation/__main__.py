"""Every single-place mutant of the solutions, graded.

python -m bench.mutation [SET] [--function F] [--jobs N] [--sample K] [--out FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections import Counter
from collections.abc import Sequence

from autograder.problem_set import load, names
from bench.mutation.run import MISTAKE, RELATION, SURVIVED, Outcome, all_mutants, equivalents, run, sample


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mutation", description=__doc__)
    parser.add_argument("set", nargs="?", choices=names(), help="one problem set; without it, all")
    parser.add_argument("--function", default="", help="one function of the problem set")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--sample", type=int, help="as many mutants of each problem set, drawn")
    parser.add_argument("--out", help="a file for all outcomes, one JSON object a line")
    args = parser.parse_args()
    listed = equivalents()
    for name in [args.set] if args.set else names():
        mutants = all_mutants(load(name), args.function)
        outcomes = []
        for _, outcome in run([(name, m) for m in sample(mutants, args.sample or len(mutants))], args.jobs):
            outcomes.append(outcome)
            if args.out:
                with open(args.out, "a", encoding="utf-8") as f:
                    f.write(json.dumps({"set": name, **dataclasses.asdict(outcome)}) + "\n")
        print(report(name, outcomes, listed))


def report(name: str, outcomes: Sequence[Outcome], listed: dict) -> str:
    """A table of functions, then everything a person should look at."""
    lines = [f"| {name} | mutants | killed | equivalent | survived | named | names confirmed |", "|---" * 7 + "|"]
    functions = dict.fromkeys(o.mutant.function for o in outcomes)
    for function in (*functions, "all"):
        own = [o for o in outcomes if function in (o.mutant.function, "all")]
        kinds = Counter(o.kind for o in own)
        known = sum(o.kind == SURVIVED and is_listed(name, o, listed) for o in own)
        named, killed = kinds[MISTAKE] + kinds[RELATION], len(own) - kinds[SURVIVED]
        doubtful = sum(bool(o.doubts) for o in own)
        lines.append(
            f"| {function} | {len(own)} | {killed} | {known} | {kinds[SURVIVED] - known} | {share(named, killed)} "
            f"| {share(named - doubtful, named)} |"
        )
    for o in outcomes:
        if o.kind == SURVIVED and not is_listed(name, o, listed):
            lines.append(f"survived: {o.mutant} (with the seeds {', '.join(map(str, o.passing))})")
        elif o.kind != SURVIVED and is_listed(name, o, listed):
            lines.append(f"listed as equivalent, but killed: {o.mutant}: {o.hint}")
        if o.doubts:
            lines.append(f"name not confirmed: {o.mutant}: {o.names}; {'; '.join(o.doubts)}")
    return "\n".join(lines)


def is_listed(name: str, outcome: Outcome, listed: dict) -> bool:
    return (name, *outcome.mutant.key) in listed


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


if __name__ == "__main__":
    main()
