"""Values to bytes and back. Used by both ends; `decode` is the only code of the grader that reads hostile bytes.

A value is one tag byte followed by a fixed or length-prefixed body, little-endian:

    N | T | F                     None, True, False
    i <int64>   n <u32 n> bytes   an int; one that needs more than 64 bits
    d <f8>      c <f8 f8>         float, complex
    s <u32 n> utf-8               str
    l | t <u32 n> values          list, tuple
    m <u32 n> (key value)*        dict; keys are distinct strings
    a <u8 code><u8 ndim><u32>*ndim raw    ndarray in C order
    h <u32 id>                    Handle
    r <int>                       Rng; the seed is an `i` or `n` value
    u <u32 n> utf-8               Unsupported

There is no pickle, no eval and no self-describing header: nothing a student sends can name a type or run code.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from .values import Handle, Rng, Unsupported

HEADER = struct.Struct("<16sI")  # nonce of the request, length of the body

MAX_BODY = 64 << 20  # bytes
MAX_DEPTH = 8
MAX_ITEMS = 100_000  # values in one message, containers included
MAX_DIMS = 16
MAX_TEXT = 4 << 20  # bytes of utf-8
MAX_INT = 128  # bytes
MAX_AS_ARRAY = 256 << 20  # bytes of the array that NumPy would make of a list within a message
MAX_NAME = 200  # characters of a type's name

_DTYPES = tuple(
    np.dtype(code)
    for code in (
        "<f8",
        "<f4",
        "<i8",
        "<i4",
        "?",
        "<c16",
        "<f2",
        "<i2",
        "i1",
        "u1",
        "<u2",
        "<u4",
        "<u8",
        "<c8",
    )
)
_CODES = {dtype: code for code, dtype in enumerate(_DTYPES)}
_U32, _I64, _F64, _C128 = struct.Struct("<I"), struct.Struct("<q"), struct.Struct("<d"), struct.Struct("<dd")


class Malformed(ValueError):
    """Bytes that are not exactly one value within the limits."""


class TooLarge(ValueError):
    """A value that does not fit within the limits; the text says which."""


def encode(value: Any, *, lenient: bool = False) -> bytes:
    """Value to bytes. Raises TooLarge, and TypeError for what is not plain data.

    With `lenient` (the worker's side) what is not plain data becomes Unsupported instead. Subclasses travel as
    their base class: a namedtuple as a tuple, a matrix as an ndarray, NumPy scalars as Python's.
    """
    return b"".join(_parts(value, lenient)[0])


def message(nonce: bytes, value: Any, *, lenient: bool = False) -> bytes:
    """A value encoded, behind its header. Raises what `encode` raises."""
    parts, size = _parts(value, lenient)
    return b"".join([HEADER.pack(nonce, size), *parts])


def _parts(value: Any, lenient: bool) -> tuple[list, int]:
    """The bytes of a value in pieces, and how many there are: large arrays are copied once, when all is joined."""
    parts: list = []
    budget = [MAX_ITEMS]
    _put(value, parts, budget, 0, lenient)
    _weigh(value, 0)
    size = sum(part.nbytes if isinstance(part, memoryview) else len(part) for part in parts)
    if size > MAX_BODY:
        raise TooLarge(f"a value of more than {MAX_BODY >> 20} MB")
    return parts, size


def _put(value: Any, parts: list, budget: list[int], depth: int, lenient: bool) -> None:
    budget[0] -= 1
    if budget[0] < 0:
        raise TooLarge(f"a value of more than {MAX_ITEMS} items")
    if depth > MAX_DEPTH:
        raise TooLarge(f"a value nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, np.ndarray):
        _put_array(value, parts, lenient)
    elif value is None:
        parts.append(b"N")
    elif isinstance(value, (bool, np.bool_)):
        parts.append(b"T" if value else b"F")
    elif isinstance(value, (int, np.integer)):
        parts.append(_int(int(value)))
    elif isinstance(value, (float, np.floating)):
        parts.append(b"d" + _F64.pack(float(value)))
    elif isinstance(value, (complex, np.complexfloating)):
        number = complex(value)
        parts.append(b"c" + _C128.pack(number.real, number.imag))
    elif isinstance(value, str):
        parts.append(_text(b"s", str(value)))
    elif isinstance(value, (list, tuple)):
        items = list(value)
        parts.append((b"l" if isinstance(value, list) else b"t") + _U32.pack(min(len(items), 2**32 - 1)))
        for item in items:
            _put(item, parts, budget, depth + 1, lenient)
    elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = list(value.items())
        parts.append(b"m" + _U32.pack(min(len(items), 2**32 - 1)))
        for key, item in items:
            budget[0] -= 1
            parts.append(_text(b"s", str(key)))
            _put(item, parts, budget, depth + 1, lenient)
    elif isinstance(value, Handle):
        parts.append(b"h" + _U32.pack(value.id))
    elif isinstance(value, Rng):
        parts.append(b"r" + _int(value.seed))
    elif isinstance(value, Unsupported):
        parts.append(_text(b"u", value.type_name[:MAX_NAME]))
    else:
        _put_other(type(value).__name__, parts, lenient)


def _weigh(value: Any, depth: int) -> tuple[int, int]:
    """The elements of the array that NumPy would make of a value, and the characters of the longest text among them.

    In such an array each word takes as much room as the longest, and numbers beside words become words: one long text
    and a few thousand short ones fill the memory of whoever asks for the list's shape. Raises TooLarge before that.
    """
    if isinstance(value, np.ndarray):
        return value.size, 0
    if isinstance(value, str):
        return 1, len(value)
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        for item in value.values():
            _weigh(item, depth + 1)
    if not isinstance(value, (list, tuple)):
        return 1, 0
    inner = [_weigh(item, depth + 1) for item in value]
    elements, longest = sum(n for n, _ in inner), max((length for _, length in inner), default=0)
    if depth and elements * max(16, 4 * longest) > MAX_AS_ARRAY:  # the outermost is the message itself
        raise TooLarge(f"a list of {elements} elements, the longest of {longest} characters")
    return elements, longest


def _put_other(type_name: str, parts: list, lenient: bool) -> None:
    if not lenient:
        raise TypeError(f"{type_name} is not plain data")
    parts.append(_text(b"u", str(type_name)[:MAX_NAME]))


def _put_array(array: np.ndarray, parts: list, lenient: bool) -> None:
    array = np.asarray(array)
    if array.dtype.kind not in "biufc":
        return _put_other(f"ndarray of {array.dtype}", parts, lenient)
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _CODES:  # long doubles
        dtype = np.dtype("<c16" if array.dtype.kind == "c" else "<f8")
    if array.ndim > MAX_DIMS or _volume(array.shape) > MAX_BODY or array.nbytes > MAX_BODY:
        raise TooLarge(f"an array of shape {array.shape}, {array.nbytes / 2**20:.0f} MB")
    head = struct.pack(f"<BB{array.ndim}I", _CODES[dtype], array.ndim, *array.shape)
    parts.append(b"a" + head)
    parts.append(array.astype(dtype, order="C", copy=False).data)


def _volume(shape: tuple[int, ...]) -> int:
    """The product of the nonzero sizes: bounds what an empty array may claim as well. Python ints never overflow."""
    volume = 1
    for size in shape:
        volume *= max(size, 1)
    return volume


def _int(number: int) -> bytes:
    if -(2**63) <= number < 2**63:
        return b"i" + _I64.pack(number)
    size = number.bit_length() // 8 + 1
    if size > MAX_INT:
        raise TooLarge(f"an integer of {number.bit_length()} bits")
    return b"n" + _U32.pack(size) + number.to_bytes(size, "little", signed=True)


def _text(tag: bytes, text: str) -> bytes:
    if len(text) > MAX_TEXT:
        raise TooLarge(f"a text of {len(text)} characters")
    body = text.encode("utf-8", "replace")
    if len(body) > MAX_TEXT:
        raise TooLarge(f"a text of {len(body)} bytes")
    return tag + _U32.pack(len(body)) + body


def decode(body: bytes | bytearray | memoryview) -> Any:
    """Bytes to a value, or Malformed. Every length is compared with what is left before it is used."""
    if len(body) > MAX_BODY:
        raise Malformed("message too large")
    reader = _Reader(memoryview(body))
    value = reader.value(0)
    if reader.position != len(body):
        raise Malformed("bytes after the value")
    try:
        _weigh(value, 0)
    except TooLarge as error:
        raise Malformed(str(error)) from None
    return value


class _Reader:
    def __init__(self, view: memoryview):
        self.view = view
        self.position = 0
        self.items = MAX_ITEMS

    def take(self, count: int) -> memoryview:
        if count > len(self.view) - self.position:
            raise Malformed("truncated")
        self.position += count
        return self.view[self.position - count : self.position]

    def size(self, limit: int) -> int:
        (count,) = _U32.unpack(self.take(4))
        if count > limit:
            raise Malformed("a length beyond its limit")
        return count

    def text(self) -> str:
        try:
            return str(self.take(self.size(MAX_TEXT)), "utf-8")
        except UnicodeDecodeError:
            raise Malformed("not utf-8") from None

    def value(self, depth: int) -> Any:
        self.items -= 1
        if self.items < 0 or depth > MAX_DEPTH:
            raise Malformed("too many items or too deep")
        tag = bytes(self.take(1))
        if tag in _CONSTANTS:
            return _CONSTANTS[tag]
        if tag in (b"i", b"n"):
            return self.integer(tag)
        if tag == b"d":
            return _F64.unpack(self.take(8))[0]
        if tag == b"c":
            return complex(*_C128.unpack(self.take(16)))
        if tag == b"s":
            return self.text()
        if tag in (b"l", b"t"):
            items = [self.value(depth + 1) for _ in range(self.size(self.items))]
            return items if tag == b"l" else tuple(items)
        if tag == b"m":
            return self.mapping(depth)
        if tag == b"a":
            return self.array()
        if tag == b"h":
            return Handle(_U32.unpack(self.take(4))[0])
        if tag == b"r":
            return Rng(self.integer(bytes(self.take(1))))
        if tag == b"u":
            return Unsupported(self.text()[:MAX_NAME])
        raise Malformed("unknown tag")

    def integer(self, tag: bytes) -> int:
        if tag == b"i":
            return _I64.unpack(self.take(8))[0]
        if tag == b"n":
            return int.from_bytes(self.take(self.size(MAX_INT)), "little", signed=True)
        raise Malformed("not an integer")

    def mapping(self, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for _ in range(self.size(self.items)):
            key = self.value(depth + 1)
            if type(key) is not str or key in result:
                raise Malformed("a key that is not a new string")
            result[key] = self.value(depth + 1)
        return result

    def array(self) -> np.ndarray:
        code, ndim = self.take(2)
        if code >= len(_DTYPES) or ndim > MAX_DIMS:
            raise Malformed("bad array header")
        shape = struct.unpack(f"<{ndim}I", self.take(4 * ndim))
        if _volume(shape) > MAX_BODY:
            raise Malformed("an array beyond its limit")
        dtype = _DTYPES[code]
        count = 0 if 0 in shape else _volume(shape)
        raw = self.take(count * dtype.itemsize)
        if dtype == np.bool_:  # any byte but 0 and 1 would be an invalid bool
            return (np.frombuffer(raw, np.uint8) != 0).reshape(shape)
        return np.frombuffer(raw, dtype).reshape(shape).copy()  # its own, writable memory


_CONSTANTS = {b"N": None, b"T": True, b"F": False}
