"""Points without work: answers looked for, answers forged, the grader's own code turned."""

from tests.attacks.attack import AFFINE, DENIED, FLAGGED, KILLED, REACHED, USELESS, ZERO, Attack, forward

TRY = f"""
import os
def attempt(action):
    try:
        action()
    except (OSError, ImportError, ValueError, IndexError):
        return
    print({REACHED!r})
def other():  # in its own namespace the worker may have the grader's number
    if os.getpid() == <grader>:
        raise OSError
    return True
def is_open(fd):
    try:
        return os.fstat(fd)
    except OSError:
        return None
"""
IMPORT = """
import sys
sys.path.insert(0, '<root>')
def load():
    import autograder.check
attempt(load)
"""
TRACE = """
import ctypes
def trace():
    if other() and ctypes.CDLL(None).ptrace(0x4206, <grader>, None, None) < 0:
        raise OSError
attempt(trace)
"""
# Only its first half stands in this process, and the second one backwards, or the search would find itself.
SEARCH = f"""
import gc, os, sys
first, second = "<secret 1>", "<2 terces>"
def has(text):
    at = text.find(first)
    while at >= 0:
        if text[at + len(first) : at + len(first) + len(second)][::-1] == second:
            return True
        at = text.find(first, at + 1)
    return False
def search(objects, known):
    while objects:
        found = objects.pop()
        if id(found) in known:
            continue
        known.add(id(found))
        if isinstance(found, (bytes, bytearray)):
            found = bytes(found).decode("latin-1")
        if isinstance(found, str):
            if has(found):
                return True
        else:
            objects += [o for o in gc.get_referents(found) if not isinstance(o, (int, float, type(None)))]
    return False
frames = [sys._getframe()]
while frames[-1].f_back:
    frames.append(frames[-1].f_back)
if search([str(os.environ), *frames, *gc.get_objects(), sys.modules], set()):
    print({REACHED!r})
"""
PLANTED = "planted = [b'<secret 1>' + b'<2 terces>'[::-1]]\n"
WRITE = """
import os, struct, sys
from inside import wire
def answer(body, size=None):
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    os.write(4, frame.f_locals["nonce"] + struct.pack("<I", len(body) if size is None else size) + body)
"""
RIGHT = "return x @ w + b, (x, w)"
SHAPE = "(*x.shape[:2], len(b))"

ATTACKS = (
    Attack("reads the solutions", DENIED, TRY + "attempt(lambda: open('<prize>').read())", shown=True),
    Attack("reads the grader's source", DENIED, TRY + "attempt(lambda: open('<source>').read())", shown=True),
    Attack("imports the grader", DENIED, TRY + IMPORT, shown=True),
    Attack("reads the grader's memory", DENIED, TRY + "attempt(lambda: other() and open('/proc/<grader>/mem', 'rb'))"),
    Attack(
        "reads the grader's environment", DENIED, TRY + "attempt(lambda: other() and open('/proc/<grader>/environ'))"
    ),
    Attack("lists processes", DENIED, TRY + "attempt(lambda: os.listdir('/proc').remove('<grader>'))", shown=True),
    Attack("looks for the secret in its memory", DENIED, SEARCH),
    Attack(
        "hunts open files", DENIED, TRY + "attempt(lambda: [os.fstat(fd) for fd in range(5, 99) if is_open(fd)][0])"
    ),
    Attack("traces the grader", DENIED, TRY + TRACE),
    Attack(
        "uses 32-bit system calls",
        KILLED,
        "import ctypes, mmap\npage = mmap.mmap(-1, 4096, prot=7)\n"
        "page.write(bytes.fromhex('b814000000cd80c3'))\n"
        "ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()",
    ),
    Attack(
        "patches NumPy's comparisons",
        ZERO,
        functions=forward(
            f"return np.zeros({SHAPE}), 0",
            "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\nnp.linalg.norm = lambda *a, **k: 0.0",
        ),
    ),
    Attack(
        "patches the codec",
        ZERO,
        "from inside import wire\nwire.encode = wire.message = wire._parts = lambda *a, **k: b'T'",
        functions=forward("return 0, 0"),
    ),
    Attack(
        "patches the worker's operations",
        ZERO,
        functions=forward(
            f"return np.zeros({SHAPE}), 0",
            "from inside import worker\nworker._OPERATIONS['call'] = lambda *a: 'passed'",
        ),
    ),
    Attack(
        "patches built-in functions",
        ZERO,
        functions=forward(
            f"return np.zeros({SHAPE}), 0", "import builtins\nbuiltins.isinstance = builtins.all = lambda *a: True"
        ),
    ),
    Attack("writes a frame unasked", KILLED, "import os\nos.write(4, b'PASS' * 9)"),
    Attack("answers PASS with the nonce", ZERO, WRITE, forward("answer(b'PASS')")),
    Attack(
        "answers a score with the nonce",
        ZERO,
        WRITE,
        forward("answer(wire.encode(('value', {'points': 3.0, 'status': 'passed', 'ok': True})))"),
    ),
    Attack(
        "answers twice", ZERO, WRITE, forward(f"answer(wire.encode(('value', (np.zeros({SHAPE}), 0))))\nreturn 0, 0")
    ),
    Attack(
        "answers an error that is none",
        ZERO,
        WRITE,
        forward("answer(wire.encode(('error', 'E', 'm', [], [('<script>', (2**40,) * 8)])))"),
    ),
    Attack(
        "answers shapes that are none",
        ZERO,
        WRITE,
        forward("answer(wire.encode(('error', 'E', 'm', [], [('x', ('a', -1))])))"),
    ),
    Attack(
        "answers Handles for arrays",
        ZERO,
        WRITE,
        forward("from inside.values import Handle\nanswer(wire.encode(('value', (Handle(1), Handle(2**31)))))"),
    ),
    Attack("exits in a cell", ZERO, "import sys\nsys.exit(0)", functions=forward("return 0, 0")),
    Attack("exits in a function", ZERO, functions=forward("import sys\nsys.exit(0)")),
    Attack("ends its process in a cell", KILLED, "import os\nos._exit(0)"),
    Attack("ends its process in a function", KILLED, functions=forward("import os\nos._exit(0)")),
    Attack(
        "answers at exit",
        KILLED,
        functions=forward("import os\nos._exit(0)", "import atexit, os\natexit.register(os.write, 4, b'PASS')"),
    ),
    Attack(
        "returns a lying subclass",
        ZERO,
        functions=forward(
            f"return np.zeros({SHAPE}).view(Liar), 0",
            """
class Liar(np.ndarray):
    def __eq__(self, other): return True
    def __sub__(self, other): return np.zeros(self.shape)
    def __array_ufunc__(self, *a, **k): return np.zeros(self.shape)""",
        ),
    ),
    Attack("returns nan", ZERO, functions=forward(f"return np.full({SHAPE}, np.nan), 0")),
    Attack("returns inf", ZERO, functions=forward(f"return np.full({SHAPE}, np.inf), 0")),
    Attack(
        "returns an array of equal objects",
        ZERO,
        functions=forward(
            f"return np.full({SHAPE}, Equal(), dtype=object), 0",
            "class Equal:\n    def __eq__(self, other): return True",
        ),
    ),
    Attack(
        "returns an array made later",
        ZERO,
        functions=forward("return Lazy(), 0", "class Lazy:\n    def __array__(self, *a, **k): return np.zeros(3)"),
    ),
    Attack("returns an enormous integer", ZERO, functions=forward("return 10**300, 0")),
    Attack("spoils its inputs", ZERO, functions=forward(f"x *= 0; w *= 0; b *= 0\nreturn np.zeros({SHAPE}), 0")),
    Attack(
        "returns what was published",
        ZERO,
        functions=forward(
            f"return PUBLIC.get(x.shape, np.zeros({SHAPE})), 0", "PUBLIC = {(3, 4, 6): np.ones((3, 4, 5))}"
        ),
    ),
    Attack(
        "says its function is not written",
        ZERO,
        WRITE,
        forward("answer(wire.encode(('error', 'NotImplementedError', '', [], [])))"),
    ),
    Attack(
        "imports an automatic gradient",
        ZERO,
        functions={
            AFFINE[1]: "import torch\n"
            "def temporal_affine_backward(dout, cache):\n    return torch.autograd.grad(cache[0], cache[1], dout)\n"
        },
    ),
    Attack(
        "leaves a thread that answers",
        KILLED,
        "import os, threading, time\ndef late():\n    time.sleep(0.05)\n"
        "    while True: os.write(4, b'PASS'); time.sleep(0.001)\n"
        "threading.Thread(target=late, daemon=True).start()\ntime.sleep(0.2)",
    ),
    Attack(
        "explodes later",
        KILLED,
        functions=forward(
            "time.sleep(0.4)\n" + RIGHT, "import os, threading, time\nthreading.Timer(0.1, os._exit, [0]).start()"
        ),
    ),
    Attack(
        "knows that it is graded",
        USELESS,
        "import os\nGRADED = 'UNROLL_GRADING' in os.environ",
        functions=forward(f"if GRADED: {RIGHT}\nreturn 0, 0"),
        honest={AFFINE[1]: ""},
    ),
    Attack(
        "returns views of its inputs",
        USELESS,
        functions=forward(
            "out = np.empty((*x.shape[:2], len(b), 2))\nout[..., 0] = x @ w + b\nreturn out[..., 0], (x, w)"
        ),
        honest={AFFINE[1]: ""},
    ),
)


def cells_of(nb: dict, grade_id: str) -> list[dict]:
    return [c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id]


def pass_everything(nb):
    for cell in cells_of(nb, AFFINE[0]) + cells_of(nb, AFFINE[1]):
        cell["source"] = "print('all points')"


def more_points(nb):
    for cell in cells_of(nb, AFFINE[0]):
        cell["metadata"]["nbgrader"]["points"] = 1000


def rename(nb):
    cells_of(nb, AFFINE[0])[0]["metadata"]["nbgrader"]["grade_id"] = "rnn_backward"


def delete(nb):
    for name in (AFFINE[0], f"{AFFINE[0]}_solution"):
        nb["cells"].remove(cells_of(nb, name)[0])


def double(nb):
    nb["cells"] += cells_of(nb, AFFINE[0])


NOTEBOOKS = (
    Attack("edits the test cells", FLAGGED, functions={AFFINE[0]: "", AFFINE[1]: ""}, edit=pass_everything),
    Attack("raises its points", USELESS, edit=more_points),
    Attack("renames a test cell", FLAGGED, edit=rename),
    Attack(
        "deletes a function and its test", FLAGGED, edit=delete, honest={AFFINE[0]: "", AFFINE[1]: ""}, only=AFFINE[:1]
    ),
    Attack("doubles a test cell", FLAGGED, edit=double),
)
