"""Harm to the grader and to other students: time, memory, disk, processes, output."""

from tests.attacks.attack import DENIED, KILLED, REACHED, USELESS, ZERO, Attack, forward

LOOP = "while True: pass"
IGNORE = """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""
RIGHT = "return x @ w + b, (x, w)"
CATCH = f"""
def attempt(action):
    try:
        action()
    except (OSError, MemoryError, RuntimeError):
        return
    print({REACHED!r})
"""
FILL = "import os\nfor i in range(999): open(f'{i}', 'wb').write(bytes(1 << 20))"
INODES = "def f():\n    for i in range(9999): open(f'{i}', 'w').close()\nattempt(f)"
THREADS = (
    "import threading, time\nfor i in range(999): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
)
NAP = """
end = time.monotonic() + 100
while time.monotonic() < end:
    time.sleep(0.04)
    spin = time.monotonic() + 0.01
    while time.monotonic() < spin: pass
return x @ w + b, (x, w)
"""
FORGE = """
import os, struct, sys
def head(size):
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    return frame.f_locals["nonce"] + struct.pack("<I", size)
"""

ATTACKS = (
    Attack("loops in a cell", KILLED, LOOP),
    Attack("loops in a function", KILLED, functions=forward(LOOP)),
    Attack("ignores signals", KILLED, IGNORE),
    Attack("holds the interpreter", KILLED, "x = pow(7, 10**9)"),
    Attack("matches a regular expression", KILLED, "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')"),
    Attack("waits for itself", KILLED, "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"),
    Attack(
        "stops itself",
        KILLED,
        "import os, signal, time\ntry: os.kill(os.getpid(), signal.SIGSTOP)\nexcept OSError: pass\ntime.sleep(99)",
    ),
    Attack("naps and spins in turns", KILLED, functions=forward(NAP, "import time")),
    Attack("forks", DENIED, CATCH + "import os\nattempt(lambda: os.fork() or os._exit(0))", shown=True),
    Attack(
        "starts a program",
        DENIED,
        CATCH + "import os\nattempt(lambda: os.posix_spawn('/bin/true', ['true'], {}))",
        shown=True,
    ),
    Attack("starts a thousand threads", DENIED, CATCH + f"attempt(lambda: exec({THREADS!r}, {{}}))"),
    Attack(
        "takes memory at once",
        DENIED,
        CATCH + "import mmap\nattempt(lambda: mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))",
    ),
    Attack("takes memory slowly", DENIED, CATCH + "attempt(lambda: [bytearray(64 << 20) for _ in range(99)])"),
    Attack("takes memory by NumPy", ZERO, functions=forward("return np.ones((100000, 100000)), 0")),
    Attack("fills the disk", DENIED, CATCH + f"attempt(lambda: exec({FILL!r}, {{}}))"),
    Attack("makes files without end", DENIED, CATCH + INODES),
    Attack("prints without end", KILLED, "while True: print('x' * 9999)"),
    Attack(
        "writes errors from a thread",
        KILLED,
        "import os, threading, time\ndef flood():\n"
        "    while True: os.write(2, b'y' * 65536)\nthreading.Thread(target=flood, daemon=True).start()\n"
        "time.sleep(9)",
    ),
    Attack("prints what it is called with", ZERO, functions=forward("print('SECRET INPUT', x)\nreturn 0, 0")),
    Attack("returns an array too large to send", ZERO, functions=forward("return np.zeros(9_000_000), 0")),
    Attack(
        "returns an array that is a trick",
        ZERO,
        functions=forward("return np.lib.stride_tricks.as_strided(x, (10**6, 10**6), (0, 0)), 0"),
    ),
    Attack("announces four gigabytes", KILLED, FORGE, forward("os.write(4, head(2**32 - 1))\nreturn 0, 0")),
    Attack(
        "answers drop by drop",
        KILLED,
        FORGE,
        forward("import time\nos.write(4, head(9999))\nwhile True: os.write(4, b'A'); time.sleep(0.02)"),
    ),
    Attack(
        "lies about a shape",
        KILLED,
        FORGE,
        forward(
            "body = b'a' + struct.pack('<BBII', 0, 2, 2**32 - 1, 2**32 - 1)\n"
            "os.write(4, head(len(body)) + body)\nreturn 0, 0"
        ),
    ),
    Attack("recurses without end", ZERO, functions=forward("return temporal_affine_forward(x, w, b)")),
    Attack(
        "recurses without a limit",
        ZERO,
        functions=forward("return temporal_affine_forward(x, w, b)", "import sys\nsys.setrecursionlimit(10**9)"),
    ),
    Attack("crashes the interpreter", KILLED, "import ctypes\nctypes.string_at(0)"),
    Attack(
        "raises an error that loops",
        KILLED,
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
    ),
    Attack("raises an error of 100 MB", ZERO, functions=forward("raise ValueError('A' * 10**8)")),
    Attack(
        "raises an error that is slow to explain", ZERO, functions=forward("raise ValueError('shapes () and (' * 130)")
    ),
    Attack(
        "kills everything",
        DENIED,
        "import os, signal\nfor pid in (-1, 1, <grader>, os.getppid()):\n"
        "    try:\n        if pid != os.getpid(): os.kill(pid, signal.SIGKILL)\n    except OSError: pass",
    ),
    Attack("returns itself within itself", ZERO, functions=forward("found = []\nfound.append(found)\nreturn found, 0")),
    Attack("returns a million items", ZERO, functions=forward("return [0] * 10**6, 0")),
    Attack("has a million empty lines", USELESS, "\n" * 1_000_000),
    Attack("has a line of a million names", USELESS, "import os # " + "temporal_affine_forward " * 50_000),
    Attack(
        "has cells that die one after the other",
        KILLED,
        edit=lambda nb: nb["cells"].extend(
            {"cell_type": "code", "source": "import os\nos._exit(0)", "metadata": {}} for _ in range(12)
        ),
    ),
)
