"""Text from strangers, made safe to print: no escape sequences, no control characters, no floods."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # OSC, DCS and their kin: titles, links
    r"|\x1b.?",
    re.DOTALL,
)
# All other controls but tab and newline; separators that only some programs take for a new line; bidirectional
# marks and overrides, which can make a line read backwards; zero-width characters, which make names look alike, but
# for the joiners of scripts and emoji; lone surrogates, which no file can hold.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


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


def reason(why: str | Exception) -> str:
    """What went wrong, on one line and harmless."""
    return f"{type(why).__name__}: {one_line(str(why))}" if isinstance(why, Exception) else why
