"""An attack: a submission of problem set 1 that means harm, and the safe outcome that it must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

AFFINE = ("temporal_affine_forward", "temporal_affine_backward")
DENIED, ZERO, KILLED, FLAGGED, USELESS = "DZKRI"
REACHED = "the prize was reached"  # what an attack prints that got what it must not get

STUB = "def {0}(*args, **kwargs):\n    raise NotImplementedError\n"


@dataclass(frozen=True)
class Attack:
    """A right solution with these changes.

    outcome: D it is denied, and honest points are kept; Z the checks it touches are worth no more than without it;
        K its worker is killed and a person told; R a person is told; I it cannot be prevented and is of no use.
    cell: the text of a cell before all solutions, in which {grader} is the grader's pid and {prize} a file's path.
    functions: name -> text in place of the right one; "" is the stub.
    honest: the same without the attack, which bounds its points; by default stubs in place of `functions`.
    only: the checks that are judged. edit: changes the notebook as JSON. shown: the attack succeeds where nothing
    isolates it, which proves that it is one.
    """

    name: str
    outcome: str
    cell: str = ""
    functions: Mapping[str, str] = field(default_factory=dict)
    honest: Mapping[str, str] | None = None
    only: tuple[str, ...] = AFFINE
    edit: Callable[[dict], None] | None = None
    shown: bool = False

    @property
    def without(self) -> Mapping[str, str]:
        return MappingProxyType(dict.fromkeys(self.functions, "") if self.honest is None else dict(self.honest))


def forward(body: str, before: str = "") -> dict[str, str]:
    """The two affine functions, of which the forward one does `body` and the backward one is a stub."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {AFFINE[0]: f"{before}\ndef temporal_affine_forward(x, w, b):\n{lines}", AFFINE[1]: ""}
