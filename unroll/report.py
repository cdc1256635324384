"""What `check` prints: a line per output, where errors are by step and by gate, and one hint."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence

from unroll.compare import Comparison, compare
from unroll.crashes import Crash
from unroll.diagnose import Explanation, Observed, is_right
from unroll.known import error_by_gate, error_by_step

WIDTH = 96
MOST_STEPS = 12  # are listed; a figure shows any number


class CheckFailed(AssertionError):
    """A check found something wrong; the report above it says what."""

    def _render_traceback_(self) -> list[str]:
        """Jupyter shows this in place of a traceback through our own code."""
        return [f"CheckFailed: {self}"]


def report(
    name: str,
    row: Mapping,
    cases: Sequence[Observed],
    numerically: str,
    explanation: Explanation,
    crashes: Sequence[Crash],
    *,
    shown: bool = True,
) -> None:
    """Print what was found; raises CheckFailed if anything is wrong.

    row: the check in expected.h5. shown: whether the hint is.
    """
    print(name)
    if len(crashes) == len(cases):
        _print_crash(crashes[0], "", shown)
        raise CheckFailed(f"{name} raised {type(crashes[0].error).__name__}; see the lines above") from crashes[0].error
    worst = {o: _worst(o, cases, row["tolerance"]) for o in row["outputs"]}
    width = max(map(len, worst))
    for output, found in worst.items():
        print(f"  {output:<{width}}  {'ok   ' if found.ok else 'WRONG'}  {_without_name(found.message, output)}")
        where = "" if found.ok else _where(output, cases, row["tolerance"])
        if where:
            print(f"  {'':<{width}}         {where}")
    if numerically:
        print(f"  {numerically}")
    if all(found.ok for found in worst.values()):
        print("  All good.")
        return
    if crashes and not explanation.names:
        _print_crash(crashes[0], f'in the case "{crashes[0].label}" ' if crashes[0].label else "", shown)
    elif explanation.hint and shown:
        _print_hint(explanation.hint)
    _show_figure(name, cases, [o for o, found in worst.items() if not found.ok], row["tolerance"])
    wrong = [o for o, found in worst.items() if not found.ok]
    message = f"{name}: {', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} not right yet; see the lines above"
    raise CheckFailed(message) from (crashes[0].error if crashes else None)


def _print_crash(crash: Crash, where: str, shown: bool) -> None:
    print(textwrap.fill(f"{where}raised {crash.told}", WIDTH, initial_indent="  ", subsequent_indent="    "))
    for line in crash.lines:
        print(f"    {line}")
    if crash.hint and shown:
        _print_hint(crash.hint)


def _print_hint(hint: str) -> None:
    print(textwrap.fill(hint, WIDTH, initial_indent="  Hint: ", subsequent_indent="        "))


def _without_name(message: str, output: str) -> str:
    for start in (f"{output} is right: ", f"{output} is wrong: ", f"{output} "):
        message = message.removeprefix(start)
    return message


def _worst(output: str, cases: Sequence[Observed], tolerance: float) -> Comparison:
    found = [(_compared(output, c, tolerance), c.label) for c in cases]
    comparison, label = max(found, key=lambda f: (not f[0].ok, not f[1], -f[0].credit, f[0].error or 0.0))
    if comparison.ok or not label:
        return comparison
    return Comparison(comparison.error, False, comparison.credit, f"{comparison.message} ({label})")


def _compared(output: str, case: Observed, tolerance: float) -> Comparison:
    if case.got is None:
        return Comparison(None, False, 0.0, "nothing came back: the call failed")
    return compare(output, case.got[output], case.expected[output], tolerance)


def _where(output: str, cases: Sequence[Observed], tolerance: float) -> str:
    """``by time step: 0 ok, 1 3e-01`` for an output that is right in some steps, or gates, and wrong in others."""
    for kind, errors in _profiles(output, cases, tolerance):
        if len(errors) <= MOST_STEPS:
            each = (f"{name} {'ok' if e <= tolerance else format(e, '.0e')}" for name, e in errors.items())
            return f"by {kind}: {', '.join(each)}"
    return ""


def _profiles(output: str, cases: Sequence[Observed], tolerance: float) -> list[tuple[str, dict]]:
    """(kind of part, part -> error) where some parts are right and some wrong, in the first case that is wrong."""
    case = next((c for c in cases if c.got is not None and not is_right(c, output, tolerance)), None)
    if case is None or case.got is None:
        return []
    steps = error_by_step(case.got[output], case.expected[output], case.sizes)
    gates = error_by_gate(case.got[output], case.expected[output], case.sizes)
    found: list[tuple[str, dict]] = [("time step", dict(enumerate(steps or ()))), ("gate", gates or {})]
    return [(k, e) for k, e in found if 0 < sum(not error <= tolerance for error in e.values()) < len(e)]


def _show_figure(name: str, cases: Sequence[Observed], wrong: Sequence[str], tolerance: float) -> None:
    """In a notebook that draws figures anyway: the errors by step and by gate, where they differ."""
    interactive = sys.modules.get("IPython")
    if "matplotlib" not in sys.modules or not interactive or not interactive.get_ipython():
        return
    profiles = {o: found for o in wrong if (found := _profiles(o, cases, tolerance))}
    if profiles:
        from unroll.error_plot import errors_by_part, in_words
        from unroll.plots import show

        show(errors_by_part(name, profiles, tolerance), in_words(profiles, tolerance))
