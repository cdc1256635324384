"""By way of the libraries that a worker has: HDF5, Matplotlib, NumPy, and the worker's own modules."""

from tests.attacks.attack import DENIED, KILLED, REACHED, ZERO, Attack, forward

# Each of them fails in its own way, so whatever is raised counts as denied; the controls show that they can succeed.
TRY = f"""
import h5py, matplotlib, os
import matplotlib.pyplot as plt
def attempt(action):
    try:
        action()
    except Exception:
        return
    print({REACHED!r})
"""
RAW_DATA = """
def read():
    with h5py.File("own.h5", "w") as f:
        data = f.create_dataset("x", (100,), "u1", external=[("<prize>", 0, 100)])
        assert bytes(data[:]).strip(bytes(1))
attempt(read)
"""
LINK = """
def read():
    with h5py.File("own.h5", "w") as f:
        f["x"] = h5py.ExternalLink("<expected>", "/")
    with h5py.File("own.h5") as f:
        assert list(f["x"])
attempt(read)
"""
VIRTUAL = """
def read():
    with h5py.File("own.h5", "w") as f:
        layout = h5py.VirtualLayout((1,), "f8")
        layout[:] = h5py.VirtualSource("<numbers>", "x", (1,))
        f.create_virtual_dataset("x", layout, fillvalue=-7)
    with h5py.File("own.h5") as f:
        assert f["x"][0] == 42
attempt(read)
"""
FILM = """
from matplotlib.animation import FFMpegWriter
def start():
    matplotlib.rcParams["animation.ffmpeg_path"] = "/bin/true"
    FFMpegWriter().setup(plt.figure(), "/tmp/film.mp4")
attempt(start)
"""
SERVE = """
def serve():
    from matplotlib.backends.backend_webagg import WebAggApplication
    WebAggApplication.initialize(port=0)
attempt(serve)
"""
LOOKS_LIKE = """
class LooksLike:
    shape, ndim, size, nbytes, dtype = (3, 4, 5), 3, 60, 480, np.dtype(float)
    __array_interface__ = {"shape": (3, 4, 5), "typestr": "<f8", "data": (0, False), "version": 3}
    def __array__(self, *args, **kwargs): return np.zeros(self.shape)
    def __dlpack__(self, **kwargs): return np.zeros(self.shape).__dlpack__()
    def __dlpack_device__(self): return (1, 0)
    def __float__(self): return 0.0
    def __len__(self): return 3
    def __getitem__(self, i): return np.zeros((4, 5))
    def __eq__(self, other): return True"""
PROFILE = """
import sys
def turn(frame, event, value):
    if frame.f_code.co_name in ("_call", "message", "_parts", "serve"):
        for name in ("value", "reply", "request"):
            if name in frame.f_locals:
                frame.f_locals[name] = b"passed"
    return turn
sys.setprofile(turn)
sys.settrace(turn)"""
HELPERS = """
import unroll.calling, unroll.compare, unroll.crashes, unroll.diagnose
def right(*args, **kwargs):
    return True
for module in (unroll.calling, unroll.compare, unroll.crashes, unroll.diagnose):
    for name in [name for name in vars(module) if not name.startswith("_")]:
        setattr(module, name, right)"""
SHAPE = "(*x.shape[:2], len(b))"
WORDS = "['a' * 1_000_000] + ['b'] * 250"
RECORDS = f"np.zeros({SHAPE}, [('out', 'f8')])"

ATTACKS = (
    Attack("stores its HDF5 data in the solutions", DENIED, TRY + RAW_DATA, shown=True),
    Attack("links to the expected values with HDF5", DENIED, TRY + LINK, shown=True),
    Attack("shows another's HDF5 data as its own", DENIED, TRY + VIRTUAL, shown=True),
    Attack(
        "maps the solutions into memory", DENIED, TRY + "attempt(lambda: np.memmap('<prize>', 'u1', 'r'))", shown=True
    ),
    Attack("starts a program for its film", DENIED, TRY + FILM, shown=True),
    Attack("shows its figures on the network", DENIED, TRY + SERVE, shown=True),
    Attack("saves a figure as another student's file", DENIED, TRY + "attempt(lambda: plt.savefig('<other>'))"),
    Attack("returns what looks like an array", ZERO, functions=forward("return LooksLike(), 0", LOOKS_LIKE)),
    Attack("returns records", ZERO, functions=forward(f"return {RECORDS}, 0")),
    Attack(
        "returns a dtype with notes",
        ZERO,
        functions=forward(f"return np.zeros({SHAPE}, np.dtype('f8', metadata={{'passed': True}})), 0"),
    ),
    Attack("returns rows that are not there yet", ZERO, functions=forward("return (row @ w + b for row in x), 0")),
    Attack("returns one long word among many", ZERO, functions=forward(f"return {WORDS}, 0")),
    Attack("turns the worker's values while it runs", ZERO, functions=forward(f"return np.zeros({SHAPE}), 0", PROFILE)),
    Attack("replaces the helpers of unroll", ZERO, functions=forward(f"return np.zeros({SHAPE}), 0", HELPERS)),
    Attack(
        "takes the worker's modules away",
        KILLED,
        "import sys\nfrom inside import wire, worker\nvars(wire).clear()\nvars(worker).clear()\nsys.modules.clear()",
    ),
)
