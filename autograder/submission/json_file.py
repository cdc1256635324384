"""A JSON file from a stranger: its bytes, its text, its object; or a sentence that says why not."""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from pathlib import Path
from typing import Any

from autograder.submission.plain_text import one_line

MAX_FILE = 20_000_000


class Unreadable(ValueError):
    """The file is no notebook that can be graded; the message is one for a person: expected, found, what to do."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of bounded size; links and devices are never followed or opened."""
    try:
        found = path.lstat().st_mode
        if not stat.S_ISREG(found):
            what = "a link" if stat.S_ISLNK(found) else "a folder" if stat.S_ISDIR(found) else "a special file"
            raise Unreadable(
                f"{_name(path)} was expected to be a file; it is {what}. Ask the student for the file itself."
            )
        # O_NOFOLLOW and O_NONBLOCK: the path may be swapped for a link or a pipe between the two calls.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Unreadable(f"{_name(path)} changed while it was being read. Grade it again.")
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise Unreadable(
            f"{_name(path)} could not be opened: {error.strerror}. See whether it is there and may be read."
        ) from None
    if len(data) > MAX_FILE:
        raise Unreadable(
            f"{_name(path)} is larger than {MAX_FILE // 1_000_000} MB. "
            "Ask the student to clear all outputs, save, and submit again."
        )
    if not data.strip():
        raise Unreadable(f"{_name(path)} is empty. Ask the student to submit it again.")
    return data


def _name(path: Path) -> str:
    return one_line(path.name, 80)


def decode(data: bytes, flags: list[str]) -> str:
    """The text of a UTF-8 file; appends to `flags`. Raises Unreadable."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("The file was expected to be UTF-8 text; it is UTF-16. Open it in Jupyter and save it again.")
    if data.startswith(b"PK\x03\x04"):
        raise Unreadable("A notebook was expected; the file is a zip archive under another name. Unpack it.")
    if data.startswith(b"\xef\xbb\xbf"):
        flags.append("The file begins with a byte order mark, which was ignored.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"The file was expected to be UTF-8 text; byte {error.start + 1} is not. "
            "Open it in Jupyter and save it again."
        ) from None


def parse(text: str, flags: list[str]) -> dict[str, Any]:
    """The object in a JSON text; appends to `flags`. Raises Unreadable."""
    repeated: set[str] = set()

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        unique = dict(items)
        if len(unique) < len(items):
            repeated.update(key for key, count in Counter(key for key, _ in items).items() if count > 1)
        return unique

    advice = "Ask the student for the file as Jupyter saved it; the original is kept."
    try:
        document = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        what = "contains the marks of an unresolved git merge" if re.search(r"^<{7} ", text, re.M) else error.msg
        raise Unreadable(
            f"A notebook (JSON) was expected; line {error.lineno}, column {error.colno}: {what}. {advice}"
        ) from None
    except RecursionError:
        raise Unreadable(f"A notebook was expected; its JSON is nested too deeply. {advice}") from None
    except ValueError:
        raise Unreadable(
            f"A notebook was expected; its JSON holds a number with thousands of digits. {advice}"
        ) from None
    if not isinstance(document, dict):
        raise Unreadable(f"A notebook was expected; the JSON holds a {type(document).__name__}. {advice}")
    if repeated:
        names = ", ".join(one_line(repr(key), 30) for key in sorted(repeated)[:3])
        flags.append(f"Some JSON objects hold a key twice ({names}); the last one counts.")
    return document
