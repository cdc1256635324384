"""Text from strangers, made safe to print: no escape sequences, no control characters, no floods."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # OSC, DCS and their kin: titles, links
    r"|\x1b.?",
    re.DOTALL,
)
# All other controls but tab and newline; bidirectional overrides, which can make a line read backwards;
# zero-width characters; lone surrogates, which no file can hold.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str, limit: int = 10_000) -> str:
    """`text` without escape sequences and control characters, cut after `limit` characters."""
    cut = len(text) > limit
    text = text[:limit].replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", _ESCAPES.sub("", text))
    return f"{text}\n... (cut after {limit:,} characters)" if cut else text


def one_line(text: str, limit: int = 200) -> str:
    """`text` as `plain`, on one line, cut to `limit` characters with an ellipsis."""
    line = " ".join(plain(text, 10 * limit).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def in_words(name: str) -> str:
    """A mistake's or a status's name as words: ``tanh_missing`` -> ``tanh missing``."""
    return name.replace("_", " ")
