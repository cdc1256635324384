"""Answers looked for in the worker's own memory, by an attack that finds them if they are there: see `PLANTED`."""

from tests.attacks.attack import AFFINE, ZERO, Attack

# Whatever stands in a tuple, a list, a dict, an object, a closure, a module or a frame of any thread, as an array, as
# what an array is a view of, or as bytes, the youngest first. What was handed in, or out, before is not meant.
HUNT = """
import gc, sys, threading, time
KNOWN = []
def is_known(array):
    return any(a is array or a.shape == array.shape and np.array_equal(a, array) for a in KNOWN)
def places():
    objects = gc.get_objects()  # before there are lists of them, which it would find too
    own = threading.get_ident()
    frames = [sys._getframe(1), *(f for thread, f in sys._current_frames().items() if thread != own)]
    for frame in frames:
        if frame.f_back:
            frames.append(frame.f_back)
    found = [vars(m) for m in list(sys.modules.values()) if hasattr(m, "__dict__")]
    found += [frame.f_locals for frame in frames] + objects
    # The collector does not know dicts and tuples that hold nothing but arrays.
    inner = [o for place in found for o in gc.get_referents(place) if type(o) in (dict, tuple)]
    found += [o for o in inner if type(next(iter(o.values() if type(o) is dict else o), None)) is np.ndarray]
    return found[::-1]
def hunted(shapes, fits):
    '''The first arrays of these shapes that stand in one place and can be what is wanted; else zeros.'''
    end = time.process_time() + 0.15
    sizes = {8 * int(np.prod(shape)): shape for shape in shapes}
    for place in places():
        found = {}
        for o in [o for o in gc.get_referents(place) if type(o) in (np.ndarray, bytes, bytearray)]:
            if type(o) is np.ndarray:
                arrays = [a for a in (o, o.base) if type(a) is np.ndarray and a.shape in shapes and a.dtype.kind == "f"]
            else:
                arrays = [np.frombuffer(o).reshape(sizes[len(o)])] if len(o) in sizes else []
            found.update({a.shape: a for a in arrays if np.isfinite(a).all() and a.any() and not is_known(a)})
        arrays = [found.get(shape) for shape in shapes]
        if all(a is not None for a in arrays) and fits(*arrays):
            KNOWN.extend(arrays)
            return [a.copy() for a in arrays]
        if time.process_time() > end:
            break
    return [np.zeros(shape) for shape in shapes]
def alike(rows):
    rows = rows.reshape(-1, rows.shape[-1])
    return (abs(rows[:, None] - rows) < 1e-9).all(axis=2)
def temporal_affine_forward(x, w, b):
    KNOWN.extend([x, w, b])
    if len(KNOWN) > 150:  # it is being differentiated
        return np.zeros((*x.shape[:2], len(b))), (x, w, b)
    # Equal words have equal scores, others have not.
    out, = hunted([(*x.shape[:2], len(b))], lambda a: np.array_equal(alike(a), alike(x)))
    return out, (x, w, b)
"""
HUNT_BACKWARD = """
def temporal_affine_backward(dout, cache):
    KNOWN.append(dout)
    # The gradient is as large for every word as for all of them together, or smaller.
    return tuple(hunted([a.shape for a in cache], lambda dx, dw, db: abs(db).max() <= abs(dout).sum()))
"""
# The control: before a function runs, somebody leaves its right outputs behind, each time somewhere else.
PLANTED = """
import sys, types
from inside import worker
LEFT = []
def leave(values):
    if len(LEFT) % 4 == 0:
        worker.left_over = types.SimpleNamespace(expected=values)
    elif len(LEFT) % 4 == 1:
        worker._OPERATIONS["left over"] = lambda: values
    elif len(LEFT) % 4 == 2:
        np.left_over = {str(i): value for i, value in enumerate(values)}
    else:
        worker.left_over = [value.tobytes() for value in values]
    LEFT.append(None)
def plant(frame, event, _):
    if event == "call" and frame.f_code.co_name == "temporal_affine_forward":
        x, w, b = (frame.f_locals[name] for name in "xwb")
        leave([x @ w + b])
    if event == "call" and frame.f_code.co_name == "temporal_affine_backward":
        d, (x, w, b) = frame.f_locals["dout"], frame.f_locals["cache"]
        leave([d @ w.T, np.einsum("ntd,ntm->dm", x, d), d.sum((0, 1))])
sys.setprofile(plant)
"""

ATTACKS = (
    Attack("hunts arrays in its memory", ZERO, functions={AFFINE[0]: HUNT, AFFINE[1]: HUNT_BACKWARD}),
    Attack(
        "hunts arrays where its parts are driven",
        ZERO,
        functions={AFFINE[0]: HUNT.replace("return out,", "return x[..., :1] * b,"), AFFINE[1]: HUNT_BACKWARD},
    ),
)
