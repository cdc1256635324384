"""Credit that is carried forward, got by collusion: the reference drives the student's parts, and these remember."""

from tests.attacks.attack import AFFINE, ZERO, Attack

RECORDER = """
TRACE = []
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, h = cache
    da = dnext_h * (1 - h**2)
    TRACE.append((dnext_h.copy(), (da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(0))))
    return TRACE[-1][1]
"""
REPLAY = """
def rnn_backward(dh, cache):
    first = max(i for i, (d, _) in enumerate(TRACE) if np.array_equal(d, dh[:, -1]))
    steps = [found for _, found in TRACE[first : first + dh.shape[1]]]
    return (np.stack([s[0] for s in steps[::-1]], 1), steps[-1][1], *(sum(s[i] for s in steps) for i in (2, 3, 4)))
"""
NEARLY = """
def rnn_forward(x, h0, Wx, Wh, b):
    states, cache = [], []
    for t in range(x.shape[1]):
        h0, kept = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        states.append(h0)
        cache.append(kept)
    return np.stack(states, 1) * (1.001 if len(x) == 1 else 1.0), cache
"""
READ_THE_SCRIPT = """
def rnn_backward(dh, cache):
    inside = [c.cell_contents for c in rnn_step_backward.__closure__]
    stand_ins = next(c for c in inside if type(c).__name__ == "StandIns")
    steps = stand_ins.script[stand_ins._scene + ": rnn_step_backward"]
    rnn_step_backward(dh[:, -1], cache[-1])  # only as much as is noted
    return (np.stack([s[0] for s in steps[::-1]], 1), steps[-1][1], *(sum(s[i] for s in steps) for i in (2, 3, 4)))
"""
TELL = """
def rnn_forward(x, h0, Wx, Wh, b):
    h = x.sum((1, 2), keepdims=True) * np.arange(1, x.shape[1] + 1)[:, None] * np.ones(len(b))
    TOLD.update({np.ascontiguousarray(x[:, t]).tobytes(): h[:, t] for t in range(x.shape[1])})
    return h, ()
"""
REPEAT = """
TOLD = {}
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    return TOLD.get(x.tobytes(), x @ Wx), (x,)
"""
AGREED = {
    "temporal_affine_forward": """
TOLD = {}
def temporal_affine_forward(x, w, b):
    d = TOLD.get((*x.shape[:2], len(b)))
    if d is None:
        return (x * x).sum() + np.ones((*x.shape[:2], len(b))), (x, w, b)
    return d * ((x**2).sum() + (w**2).sum() + (b**2).sum()) / (2 * (d**2).sum()), (x, w, b)
""",
    "temporal_affine_backward": """
def temporal_affine_backward(dout, cache):
    TOLD[dout.shape] = dout
    return cache
""",
}
SLOW_STEP = """
import time
def rnn_step_backward(dnext_h, cache):
    if dnext_h.shape[1] > 50:
        time.sleep(60)
    x, prev_h, Wx, Wh, h = cache
    da = dnext_h * (1 - h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(0)
"""
KEEP_ARGUMENTS = """
def rnn_forward(x, h0, Wx, Wh, b):
    h = []
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ Wx + (h[-1] if h else h0) @ Wh + b))
    return np.stack(h, 1), (x, h0, Wx, Wh, b)
"""
NUMERICAL = """
def rnn_backward(dh, cache):
    grads = [np.zeros_like(a) for a in cache]
    for a, g in zip(cache, grads):
        for i in np.ndindex(a.shape):
            old = a[i]
            a[i] = old + 1e-6
            up = rnn_forward(*cache)[0]
            a[i] = old - 1e-6
            g[i] = ((up - rnn_forward(*cache)[0]) * dh).sum() / 2e-6
            a[i] = old
    return tuple(grads)
"""
NUMERICAL_AFFINE = """
def temporal_affine_backward(dout, cache):
    x, w = cache
    b = np.zeros(w.shape[1])
    grads = [np.zeros_like(a) for a in (x, w, b)]
    for a, g in zip((x, w, b), grads):
        for i in np.ndindex(a.shape):
            old = a[i]
            a[i] = old + 1e-6
            up = temporal_affine_forward(x, w, b)[0]
            a[i] = old - 1e-6
            g[i] = ((up - temporal_affine_forward(x, w, b)[0]) * dout).sum() / 2e-6
            a[i] = old
    return tuple(grads)
"""
STEP_BACKWARD = {"rnn_step_backward": RECORDER}
BPTT = ("rnn_step_backward", "rnn_forward", "rnn_backward")

ATTACKS = (
    Attack(
        "replays how the reference drove its steps",
        ZERO,
        functions={**STEP_BACKWARD, "rnn_backward": REPLAY},
        honest={"rnn_backward": ""},
        only=BPTT,
    ),
    Attack(
        "replays it after a small mistake elsewhere",
        ZERO,
        functions={**STEP_BACKWARD, "rnn_forward": NEARLY, "rnn_backward": REPLAY},
        honest={"rnn_forward": NEARLY, "rnn_backward": ""},
        only=BPTT,
    ),
    Attack(
        "reads the stand-ins' script",
        ZERO,
        functions={"rnn_step_backward": "", "rnn_backward": READ_THE_SCRIPT},
        only=BPTT,
    ),
    Attack(
        "tells its step what to answer",
        ZERO,
        functions={"rnn_step_forward": REPEAT, "rnn_forward": TELL},
        only=("rnn_step_forward", "rnn_forward"),
    ),
    Attack("bends its forward function to its gradient", ZERO, functions=AGREED),
    Attack("differentiates numerically", ZERO, functions={AFFINE[1]: NUMERICAL_AFFINE}),
    Attack(
        "differentiates numerically behind a slow step",
        ZERO,
        functions={"rnn_step_backward": SLOW_STEP, "rnn_forward": KEEP_ARGUMENTS, "rnn_backward": NUMERICAL},
        honest={"rnn_step_backward": "", "rnn_backward": ""},
        only=BPTT,
    ),
)
