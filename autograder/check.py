"""The vocabulary of grading: what a check, a mistake, a verdict and a result are. Data only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PASSED = "passed"
FAILED = "failed"
CARRIED = "carried_forward"
SKIPPED = "skipped"
TIMED_OUT = "timed_out"
CRASHED = "crashed"
STATUSES = (PASSED, FAILED, CARRIED, SKIPPED, TIMED_OUT, CRASHED)


@dataclass(frozen=True)
class Mistake:
    """A named wrong way to write a solution.

    name: short and unique within its check, e.g. ``"tanh_missing"``; it appears in results.
    hint: what the student reads: what the numbers say and where to look, never the line of code.
    edits: ``(old, new)`` pairs of text; each ``old`` occurs exactly once in the solution of `function`.
    function: whose solution is edited; empty means the function the check is named after.
    """

    name: str
    hint: str
    edits: tuple[tuple[str, str], ...]
    function: str = ""


@dataclass(frozen=True)
class Case:
    """One set of sizes, or other settings, with which inputs are drawn, and the share of the points it carries."""

    sizes: Mapping[str, Any]
    weight: float
    label: str = ""


@dataclass(frozen=True)
class Check:
    """One graded thing: one row of a problem set's table. Its points live in its notebook cell.

    name: the grade_id of its notebook cell.
    draw: ``draw(rng, data, **sizes) -> inputs``, a dict of arrays and scalars.
    call: ``call(code, **inputs) -> outputs``, a tuple; runs unchanged on any code. Its source text is shipped
        to students, so it uses nothing but its arguments and `np`.
    outputs: the names of what `call` returns.
    needs: checks this one depends on; if one of them failed too, credit may be carried forward.
    swap: the student's functions that the reference can drive in place of its own (they keep their own caches), and
        that stand-ins take the place of if they cannot be used.
    tolerance: largest relative error, ||got - expected|| / max(||got||, ||expected||).
    budget: time allowed for one call, as a multiple of the reference's time (never below a floor).
    gradient: what the outputs are gradients of, where they are; students are shown the numerical gradient of
        their own forward function, and it judges a backward function whose forward function is wrong.
    """

    name: str
    draw: Callable[..., dict[str, Any]]
    call: Callable[..., tuple]
    outputs: tuple[str, ...]
    cases: tuple[Case, ...]
    needs: tuple[str, ...] = ()
    swap: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    tolerance: float = 1e-5  # float32 inside reaches 8e-6 where gates are saturated; mistakes start far above
    budget: float = 1000.0
    gradient: Gradient | None = None


@dataclass(frozen=True)
class Gradient:
    """Says that outputs of a check are the gradients of ``sum(upstream * forward(code, **inputs))``.

    forward: like `Check.call`, returns one array or number. upstream: the name of the input that is the gradient
    arriving from above; empty for a loss. of: pairs (output, the input it is the gradient with respect to).
    """

    forward: Callable[..., Any]
    upstream: str
    of: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OutputVerdict:
    """One output of a check over all its cases: the worst relative error, and one sentence about it."""

    name: str
    error: float | None
    tolerance: float
    ok: bool
    message: str


@dataclass(frozen=True)
class Verdict:
    """What one check concluded. `seed` reproduces its inputs."""

    name: str
    status: str
    points: float
    max_points: float
    hint: str
    mistake: str
    outputs: tuple[OutputVerdict, ...]
    seed: int


@dataclass(frozen=True)
class Result:
    """All verdicts of one submission: a pure function of submission, problem set and course secret."""

    problem_set: str
    points: float
    max_points: float
    sandbox: str
    checks: tuple[Verdict, ...]
    flags: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form; see docs/how_grading_works.md for its schema."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> Result:
        checks = tuple(
            Verdict(**{**v, "outputs": tuple(OutputVerdict(**o) for o in v["outputs"])}) for v in d["checks"]
        )
        return cls(**{**d, "checks": checks, "flags": tuple(d["flags"])})
