"""Files that are no proper notebooks: a person is told, or what is surely meant is graded; never a silent grade.

`spoil` gets the path of a right submission and spoils it. outcome: R refused with a sentence, or graded with a flag;
"full" graded in full without one. What refuses or flags which file, and how, is tested in test_notebook_reading.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Spoilt:
    name: str
    spoil: Callable[[Path], None]
    outcome: str = "R"


def as_bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def as_json(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        nb = json.loads(path.read_text(encoding="utf-8"))
        change(nb)
        path.write_text(json.dumps(nb), encoding="utf-8")

    return spoil


def old_format(nb: dict) -> None:
    cells = [{**c, "input": c["source"]} for c in nb.pop("cells")]
    nb.update(nbformat=3, worksheets=[{"cells": cells}])


def source(value: object) -> Callable[[dict], None]:
    return lambda nb: nb["cells"][2].update(source=value)


def add_text(text: str) -> Callable[[dict], None]:
    return lambda nb: nb["cells"].append({"cell_type": "code", "source": text, "metadata": {}})


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def zipped(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + bytes(10**6))


FILES = (
    Spoilt("JSON cut in the middle", as_bytes(lambda b: b[: len(b) // 2])),
    Spoilt("format 3", as_json(old_format)),
    Spoilt("format 99", as_json(lambda nb: nb.update(nbformat=99))),
    Spoilt("no metadata", as_json(lambda nb: nb.pop("metadata"))),
    Spoilt("UTF-16", as_bytes(lambda b: b.decode().encode("utf-16"))),
    Spoilt("not UTF-8", as_bytes(lambda b: b.replace(b"import numpy", b"import \xff\xfe"))),
    Spoilt("byte order mark", as_bytes(lambda b: b"\xef\xbb\xbf" + b)),
    Spoilt("NUL", as_json(add_text("x = 1\0"))),
    Spoilt("half a surrogate pair", as_json(add_text("x = '\ud800'"))),
    Spoilt("nested deeply", as_bytes(lambda b: b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")),
    Spoilt("a key twice", as_bytes(lambda b: b.rstrip()[:-1] + b', "nbformat": 4}')),
    Spoilt("another language", as_json(lambda nb: nb["metadata"].update(kernelspec={"language": "R"}))),
    Spoilt("source is a number", as_json(source(7))),
    Spoilt("source is a list of numbers", as_json(source([1, 2]))),
    Spoilt("unknown type of cell", as_json(lambda nb: nb["cells"][2].update(cell_type="virus"))),
    Spoilt("cells are no list", as_json(lambda nb: nb.update(cells={"a": 1}))),
    Spoilt("a million cells", as_json(lambda nb: nb["cells"].extend([nb["cells"][0]] * 10**5))),
    Spoilt("30 MB", as_json(add_text("#" * 30_000_000))),
    Spoilt("a number with thousands of digits", as_bytes(lambda b: b'{"cells": ' + b"9" * 10_000 + b"}")),
    Spoilt("a zip archive", zipped),
    Spoilt("nothing", as_bytes(lambda b: b"")),
    Spoilt("a link", link),
    Spoilt("a pipe", pipe),
    Spoilt("a folder", folder),
    Spoilt("read-only", lambda path: path.chmod(0o400), "full"),
)
