"""Damaged notebooks and damaged messages from a jail, by the hundred thousand: no crash, no hang, no growth.

    python bench/fuzz.py [--notebooks 20000] [--messages 200000] [--seed 0]

Each input is a good one with random damage: bytes changed, cut, doubled, spliced; or JSON with parts replaced, lost,
repeated, renamed, nested. Reading it must give a value, or Unreadable or Malformed with a sentence; within
`SLOW` seconds; and what is read must go on through nbformat and the restoring of cells. Prints what became of them,
the slowest, and the growth of memory between the first tenth and the end. The exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import nbformat
import numpy as np

from autograder.classroom import grading
from autograder.jail.inside import wire
from autograder.jail.inside.values import Handle, Rng, Unsupported
from autograder.submission import Unreadable, from_notebook, restore
from autograder.submission.json_file import decode, parse
from autograder.submission.notebook import clean
from autograder.submission.plain_text import plain

SLOW = 5.0  # seconds for one input, on a busy machine
ODD = [
    None,
    True,
    False,
    0,
    -1,
    3,
    4,
    1e308,
    10**30,
    "",
    "x",
    "\0",
    "\ud800",
    "</script>",
    [],
    {},
    [[]],
    [None],
    {"": 0},
]
ODD += ["code", "markdown", "nbgrader", "grade_id", ["a", 1], {"nbgrader": []}, {"nbgrader": {"grade_id": ["x"]}}]


def notebooks(rng: random.Random, released: Mapping[str, Any], count: int) -> Iterator[bytes]:
    """Damaged notebooks, half of them as text, half as JSON."""
    good = json.loads(nbformat.writes(nbformat.from_dict(released)))
    good["cells"] = rng.sample(good["cells"], 8)  # small, so that damage hits everything
    text = json.dumps(good).encode()
    for i in range(count):
        if i % 2:
            yield damaged_bytes(rng, text)
        else:
            document = copy.deepcopy(good)
            for _ in range(rng.randrange(1, 6)):
                damage(rng, document)
            try:
                yield json.dumps(document).encode()
            except RecursionError:
                yield text


def damage(rng: random.Random, document: object) -> None:
    """Change one random place of a JSON document, in place."""
    node = document
    while isinstance(node, dict | list) and node:
        key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
        if not isinstance(node[key], dict | list) or not node[key] or rng.random() < 0.3:
            break
        node = node[key]
    else:
        return
    action = rng.randrange(6)
    if action == 0:
        node[key] = copy.deepcopy(rng.choice(ODD))
    elif action == 1:
        del node[key]
    elif action == 2 and isinstance(node, list):
        node.insert(key, copy.deepcopy(node[key]))
    elif action == 3 and isinstance(node, dict):
        node[str(rng.choice(ODD))] = node.pop(key)
    elif action == 4:
        for _ in range(rng.randrange(1, 200)):
            node[key] = [node[key]]
    elif isinstance(node, list):
        rng.shuffle(node)


def damaged_bytes(rng: random.Random, good: bytes) -> bytes:
    """Bytes with one to four random changes."""
    body = bytearray(good)
    for _ in range(rng.randrange(1, 5)):
        at, size = rng.randrange(len(body) + 1), rng.choice((1, 1, 2, 9, 300))
        action = rng.randrange(5)
        if action == 0:
            body[at : at + size] = rng.randbytes(size)
        elif action == 1:
            del body[at : at + size]
        elif action == 2:
            body[at:at] = body[at : at + size] * rng.randrange(1, 4)
        elif action == 3:
            body[at:at] = rng.choice(
                (b"\xef\xbb\xbf", b"\0", b"\\ud800", b"[" * 500, b"{" * 500, b'"', b"1" * 5_000, b"\xff")
            )
        else:
            del body[at:]
    return bytes(body)


def read_notebook(data: bytes, released: Mapping[str, Any]) -> str:
    """Read one as a class is graded; what became of it."""
    flags: list[str] = []
    try:
        nb = clean(parse(decode(data, flags), flags), flags)
    except Unreadable as refused:
        sentence = str(refused)
        assert sentence.endswith(".") and plain(sentence) == sentence, repr(sentence)
        return "refused"
    nb, more = restore(nb, released)
    nbformat.validate(nb)
    nbformat.writes(nbformat.from_dict(nb)).encode()
    submission = from_notebook(nb, flags + more)
    ids = [cell.grade_id for cell in submission.cells if cell.grade_id]
    assert len(set(ids)) == len(ids)
    assert all(plain(flag) == flag for flag in submission.flags), submission.flags
    return "read, with flags" if submission.flags else "read"


def messages(rng: random.Random, count: int) -> Iterator[bytes]:
    """Damaged messages of the jail's wire format."""
    arrays = (np.ones((30, 40)), np.array(True), np.zeros((2, 0)), np.arange(50, dtype="u1"))
    good = [
        wire.encode(("value", (*arrays, None, [1, "x", {"a": 2.0}], Handle(3), Rng(5), Unsupported("m")))),
        wire.encode(("error", "ValueError", "bad", [("cell 1", 3, "x = 1", "f")] * 3, [("x", (3, 4))])),
        wire.encode([2**90, 1j, -5, (), {"k": [(), {}]}]),
    ]
    tags = b"NTFindcsltmahru"
    for i in range(count):
        if i % 4:
            yield damaged_bytes(rng, rng.choice(good))
        else:
            yield bytes(rng.choice(tags) if rng.random() < 0.5 else rng.randrange(8) for _ in range(rng.randrange(80)))


def read_message(data: bytes) -> str:
    """Decode one; what became of it."""
    try:
        value = wire.decode(data)
    except wire.Malformed:
        return "refused"
    wire.decode(wire.encode(value))
    return "read"


def tried(inputs: Iterator[bytes], read: Callable[[bytes], str], count: int) -> tuple[Counter, float, int]:
    """What became of all inputs, the slowest in seconds, and the growth of memory in kB after the first tenth."""
    found, slowest, early = Counter(), 0.0, 0
    for i, data in enumerate(inputs):
        start = time.perf_counter()
        try:
            found[read(data)] += 1
        except Exception as error:
            raise AssertionError(f"input {i}: {data[:2_000]!r}") from error
        slowest = max(slowest, time.perf_counter() - start)
        if i == count // 10:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found, slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebooks", type=int, default=20_000)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    released = grading.released_notebook("ps1_rnn")
    bad = False
    for name, inputs, read, count in (
        ("messages", messages(random.Random(args.seed), args.messages), read_message, args.messages),
        (
            "notebooks",
            notebooks(random.Random(args.seed), released, args.notebooks),
            lambda data: read_notebook(data, released),
            args.notebooks,
        ),
    ):
        start = time.perf_counter()
        found, slowest, growth = tried(inputs, read, count)
        parts = ", ".join(f"{number:,} {what}" for what, number in found.most_common())
        print(
            f"{count:,} {name} in {time.perf_counter() - start:.0f} s: {parts}; "
            f"slowest {slowest:.2f} s, memory grew by {growth / 1024:.0f} MB",
            flush=True,
        )
        bad |= slowest > SLOW or growth > 100_000
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
