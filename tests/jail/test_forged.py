"""Replies that are forged, malformed, too large or lying: at best a wrong answer, and never harm to the grader."""

from __future__ import annotations

import struct
import time

import numpy as np
import pytest

from autograder.jail import StudentError, Unsupported, WorkerDied
from autograder.jail.inside import wire

# What a forger would write: the nonce of the request lies in a frame of the same process.
FORGE = """
import os, struct, sys
def forge(body, size=None):
    frame = sys._getframe()
    while frame.f_code.co_name != "serve": frame = frame.f_back
    os.write(4, frame.f_locals["nonce"] + struct.pack("<I", len(body) if size is None else size) + body)
"""


def test_a_forged_reply_is_a_wrong_answer_and_is_noticed(jail):
    """With the request's own nonce a forger can answer in the function's stead, once; then a reply is too many."""
    body = wire.encode(("value", 42))
    with jail.spawn() as worker:
        assert worker.run_cell(FORGE + f"def f(): forge({body!r})", "c", timeout=5).ok
        assert worker.call("f", (), timeout=5) == 42
        time.sleep(0.1)
        with pytest.raises(WorkerDied) as caught:
            worker.has("f")
        assert caught.value.kind == "protocol"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PASS",
        wire.encode("passed"),
        wire.encode(("error", "E", "m", [("cell", 1, "x", "y")])),
        wire.encode(("error", "E", "m", [("cell", 1, "x")], [])),
        wire.encode(("error", "E", "m", [("cell", "1", "x", "y")] * 3, [])),
        wire.encode(("error", "E", "m", [], [("x", (3, -4))])),
        wire.encode(("error", "E", "m", [], [("x", 3)])),
        wire.encode(("error", "E", "m", [], [("x" * 1000, (3,))])),
        wire.encode(("error", "E", "m", [("cell", 1, "x", "y")] * 20, [("x", (3,))] * 20)),
        wire.encode(("value", 1)) + b"N",
        b"a" + struct.pack("<BBII", 0, 2, 2**32 - 1, 2**32 - 1) + bytes(99),
        b"a" + struct.pack("<BBIIII", 0, 4, 0, 2**32 - 1, 2**32 - 1, 2**32 - 1),
        b"l\x01\x00\x00\x00" * 5000 + b"N",
        b"t" + struct.pack("<I", 2**32 - 1),
    ],
)
def test_forged_bodies(jail, body, died):
    assert died(jail, FORGE + f"def f(): forge({body!r})", call=True, timeout=3).kind == "protocol"


@pytest.mark.parametrize(
    "action",
    [
        "os.write(4, b'N' * 20)",
        "forge(b'', 2**32 - 1)",
        "forge(b'', 2**26 + 1)",
        "[os.write(fd, b'{\"score\": 100}') for fd in range(3, 64) if fd not in (3,)]",
    ],
)
def test_forged_frames(jail, action, died):
    source = FORGE + f"def f(): {action}\n"
    assert died(jail, source, call=True, timeout=3).kind == "protocol"


def test_closing_the_channels(jail, died):
    for fd in (3, 4):
        error = died(jail, f"import os\ndef f(): os.close({fd})", call=True, timeout=3)
        assert error.kind in ("exited", "protocol")


def test_a_slow_reply(jail, died):
    source = FORGE
    source += "import time\ndef f():\n    forge(b'', 9999)\n    while True: os.write(4, b'A'); time.sleep(0.05)\n"
    assert died(jail, source, call=True, timeout=0.3).kind == "timeout"


def test_unsolicited_bytes(jail):
    source = "import os, threading, time\ndef q():\n    while True: os.write(4, b'N' * 8); time.sleep(0.001)\n"
    source += "threading.Thread(target=q, daemon=True).start()\ntime.sleep(0.1)\ndef f(): return 1"
    with jail.spawn() as worker, pytest.raises(WorkerDied) as caught:
        worker.run_cell(source, "c", timeout=3)
        worker.has("f")
    assert caught.value.kind == "protocol"


def test_only_the_five_descriptors_it_needs(jail, survived):
    source = (
        "import os\nfound = []\nfor fd in range(1024):\n"
        "    try: os.fstat(fd); found.append(fd)\n    except OSError: pass\nprint(found)"
    )
    assert survived(jail, source).stdout == "[0, 1, 2, 3, 4]\n"


def test_lying_values(jail):
    source = """
import numpy as np
class Liar(np.ndarray):
    def __eq__(self, other): return True
    def __sub__(self, other): return np.zeros(3)
    def __array_ufunc__(self, *a, **k): return np.zeros(3)
    def __array_function__(self, *a, **k): return True
class Lazy:
    n = 0
    def __array__(self, *a, **k): Lazy.n += 1; return np.full(3, Lazy.n)
class Equal:
    def __eq__(self, other): return True
def f():
    return np.ones(3).view(Liar), Lazy(), np.full(3, Equal(), dtype=object), np.full(3, np.nan), Equal(), float("nan")
"""
    with jail.spawn() as worker:
        assert worker.run_cell(source, "c", timeout=5).ok
        liar, lazy, objects, nan, equal, number = worker.call("f", (), timeout=5)
    assert type(liar) is np.ndarray and not (liar == 2).any() and (liar == 1).all()
    assert lazy == Unsupported("Lazy") and objects == Unsupported("ndarray of object") and equal == Unsupported("Equal")
    assert np.isnan(nan).all() and number != number


@pytest.mark.parametrize(
    "value, kind",
    [
        ("np.zeros(30_000_000)", "TooLarge"),
        ("np.lib.stride_tricks.as_strided(np.zeros(1), (10**6, 10**6), (0, 0))", "TooLarge"),
        ("[[0] * 1000] * 1000", "TooLarge"),
        ("'x' * 10**8", "TooLarge"),
        ("['x' * 10**6] + ['y'] * 9000", "TooLarge"),
        ("10**1000", "TooLarge"),
        ("recursive()", "TooLarge"),
        ("{str(i): i for i in range(10**6)}", "TooLarge"),
    ],
)
def test_values_that_are_too_large(jail, value, kind):
    source = f"import numpy as np\ndef recursive():\n    l = []; l.append(l); return l\ndef f(): return {value}"
    with jail.spawn() as worker:
        assert worker.run_cell(source, "c", timeout=5).ok
        with pytest.raises(StudentError) as caught:
            worker.call("f", (), timeout=10)
        assert caught.value.kind == kind
        assert worker.has("f")


def test_tampering_with_the_worker_helps_nobody(jail):
    source = """
import gc, sys, numpy as np
np.allclose = lambda *a, **k: True
for name, module in list(sys.modules.items()):
    if name.startswith("inside"):
        for key in list(vars(module)):
            if key in ("encode", "message", "decode"): setattr(module, key, lambda *a, **k: b"PASS")
secrets = [name for name in sys.modules if name.startswith("autograder")]
assert not secrets
"""
    with jail.spawn() as worker, pytest.raises(WorkerDied):
        worker.run_cell(source, "c", timeout=5)
        worker.has("f")
