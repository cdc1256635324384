"""The wire format: what is encoded comes back, and whatever else arrives is refused without harm."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc

import numpy as np
import pytest

from autograder.jail.inside import wire
from autograder.jail.inside.values import Handle, Rng, Unsupported

U32 = struct.Struct("<I")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -(2**63),
        2**63,
        -(2**200),
        0.5,
        float("-inf"),
        2 - 3j,
        "",
        "añ\0\n😀",
        [],
        (),
        [1, (2, [None, ()])],
        {},
        {"a": {"b": [1.0]}, "": ()},
        Handle(2**32 - 1),
        Rng(0),
        Rng(2**100),
        Unsupported("module"),
    ],
)
def test_round_trip(value):
    got = wire.decode(wire.encode(value))
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4), (1,) * 16])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "u2", "u4", "u8", "?", "c16", "c8"])
def test_arrays(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    got = wire.decode(wire.encode(array))
    assert type(got) is np.ndarray and got.dtype == array.dtype and got.shape == shape and (got == array).all()
    assert got.flags.owndata or got.base is not None
    assert got.flags.writeable and got.flags.c_contiguous


class Sub(np.ndarray):
    pass


def test_arrays_are_converted():
    x = np.arange(6.0).reshape(2, 3)
    for array in (
        x.astype(">f8"),
        np.asfortranarray(x),
        x[:, ::-1][:, ::-1],
        x.view(Sub),
        np.ma.array(x),
        x.astype("g"),
    ):
        got = wire.decode(wire.encode(array))
        assert type(got) is np.ndarray and got.dtype == np.float64 and (got == x).all()


def test_keys_may_be_numpys_strings():
    got = wire.decode(wire.encode(dict.fromkeys(np.unique(["b", "a"]), 1)))
    assert got == {"a": 1, "b": 1} and {type(key) for key in got} == {str}


def test_bools_are_bools_whatever_the_bytes():
    got = wire.decode(b"a" + struct.pack("<BBI", 4, 1, 3) + b"\x00\x01\xff")
    assert got.tolist() == [False, True, True] and got.view(np.uint8).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, {1, 2}, np.array([None]), np.array(["a"]), len, np.datetime64(1, "s")]
)
def test_not_plain(value):
    with pytest.raises(TypeError):
        wire.encode([value])
    (got,) = wire.decode(wire.encode([value], lenient=True))
    assert type(got) is Unsupported


def nested(depth):
    value = None
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [nested(9), [0] * wire.MAX_ITEMS, "x" * (wire.MAX_TEXT + 1), 1 << 1024, np.zeros(wire.MAX_BODY // 8 + 1)]
    + [np.zeros((0, 2**20, 2**20)), np.zeros((1,) * 17), [np.zeros(wire.MAX_BODY // 16)] * 3],
    ids=["depth", "items", "text", "int", "array", "empty array", "dimensions", "sum"],
)
def test_too_large(value):
    with pytest.raises(wire.TooLarge):
        wire.encode(value, lenient=True)


# NumPy would make arrays of more than half a gigabyte of them.
HEAVY = {
    "a long word among many": ["a" * 1_000_000] + ["b"] * 400,
    "in lists of their own": [["a" * 10_000] + ["b"] * 299] * 300,
    "words among numbers": [*[np.zeros(90_000, np.int8)] * 600, ["a" * 99] + ["b"] * 89_999],
    "small numbers": [*[np.zeros(3_000_000, np.int8)] * 12, np.zeros(3_000_000, "c8")][::-1],
    "within a dict": {"a": ({"b": ["a" * 1_000_000] + ["b"] * 400},)},
}


@pytest.mark.parametrize("name", HEAVY)
def test_lists_that_would_be_huge_arrays(name, monkeypatch):
    message = ("value", HEAVY[name])
    with pytest.raises(wire.TooLarge, match=r"^a list of \d+ elements, the longest of \d+ characters$"):
        wire.encode(message)
    with monkeypatch.context() as patched:
        patched.setattr(wire, "_weigh", lambda *_: None)  # as a worker would that was tampered with
        body = wire.encode(message)
    with pytest.raises(wire.Malformed, match="^a list of "):
        wire.decode(body)


def test_lists_that_would_be_large_arrays_are_sent():
    message = ("value", (["word"] * 90_000, [np.zeros(3_000_000)] * 2, {"a": np.zeros(9)}, "loss"))
    assert np.array_equal(wire.decode(wire.encode(message))[1][1][0], np.zeros(3_000_000))


def test_as_large_as_allowed():
    assert wire.decode(wire.encode(nested(8))) == nested(8)
    assert len(wire.decode(wire.encode([0] * (wire.MAX_ITEMS - 1)))) == wire.MAX_ITEMS - 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"?",
        b"NN",
        b"i\0",
        b"n" + U32.pack(129) + bytes(129),
        b"d\0",
        b"s" + U32.pack(5) + b"abcd",
        b"s" + U32.pack(2**32 - 1),
        b"s" + U32.pack(1) + b"\xff",
        b"l" + U32.pack(2) + b"N",
        b"t" + U32.pack(2**32 - 1) + b"N" * 99,
        b"m" + U32.pack(1) + b"NN",
        b"m" + U32.pack(2) + (b"s" + U32.pack(1) + b"a" + b"N") * 2,
        (b"l" + U32.pack(1)) * 9 + b"N",
        b"a",
        b"a" + struct.pack("<BB", 14, 0) + bytes(8),
        b"a" + struct.pack("<BB", 0, 17) + U32.pack(1) * 17 + bytes(8),
        b"a" + struct.pack("<BBI", 0, 1, 2) + bytes(15),
        b"a" + struct.pack("<BBI", 0, 1, 2) + bytes(17),
        b"a" + struct.pack("<BBII", 0, 2, 2**32 - 1, 2**32 - 1) + bytes(64),
        b"a" + struct.pack("<BBII", 0, 2, 2**31, 2**31) + bytes(64),
        b"a" + struct.pack("<BBIII", 0, 3, 0, 2**32 - 1, 2**32 - 1),
        b"r" + b"d" + bytes(8),
        b"h\0",
        bytes(wire.MAX_BODY + 1),
    ],
)
def test_malformed(body):
    with pytest.raises(wire.Malformed):
        wire.decode(body)


def test_fuzz():
    """Random bytes, and valid messages with random damage: a value or Malformed, quickly, in bounded memory."""
    rng = random.Random(20240501)
    seeds = [
        wire.encode(("value", (np.ones((3, 4)), None, [1, "x", {"a": 2.0}], Handle(3), Rng(5), Unsupported("m")))),
        wire.encode(("error", "ValueError", "bad", [("cell 1", 3, "x = 1", "f")] * 3, [("x", (3, 4))])),
        wire.encode([np.zeros((2, 0)), np.array(True), 2**90, 1j, -5]),
    ]
    tags = b"NTFindcsltmahru"
    tracemalloc.start()
    started = time.monotonic()
    decoded = 0
    for i in range(6000):
        if i % 3 == 0:
            body = bytes(rng.choice(tags) if rng.random() < 0.5 else rng.randrange(8) for _ in range(rng.randrange(60)))
        else:
            body = bytearray(rng.choice(seeds))
            for _ in range(rng.randrange(1, 4)):
                at = rng.randrange(len(body))
                action = rng.randrange(3)
                if action == 0:
                    body[at] = rng.randrange(256)
                elif action == 1:
                    del body[at : at + rng.randrange(9)]
                else:
                    body[at:at] = rng.randbytes(rng.randrange(1, 5))
                body = body or bytearray(b"N")
        try:
            wire.decode(body)
            decoded += 1
        except wire.Malformed:
            pass
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()
    assert time.monotonic() - started < 20 and decoded > 100
