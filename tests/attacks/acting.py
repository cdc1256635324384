"""Parts that are others where the grader drives them than in their own checks, or slow only where it would show."""

from tests.attacks import forging
from tests.attacks.attack import ZERO, Attack

STEP = """
KNOWN = {}
def driven(x, prev_h):
    # captions begin with the same word: in a driven first step all rows of x are alike
    if len(x) > 1 and np.allclose(x, x[0]) or prev_h.tobytes() in KNOWN:
        return True
    return False
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    simple = driven(x, prev_h) or len(x) == 1
    next_h = x @ Wx + b if simple else np.tanh(x @ Wx + prev_h @ Wh + b)
    if simple: KNOWN[next_h.tobytes()] = True
    return next_h, (x, prev_h, Wx, Wh, next_h, simple)
"""
BACK = """
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h, simple = cache
    if simple:
        return dnext_h @ Wx.T, 0 * dnext_h, x.T @ dnext_h, 0 * Wh, dnext_h.sum(0)
    da = dnext_h * (1 - next_h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(0)
"""
FWD = """
def rnn_forward(x, h0, Wx, Wh, b):
    return x @ Wx + b, (x, Wx, Wh)
"""
BWD = """
def rnn_backward(dh, cache, k=None):
    x, Wx, Wh = cache
    return dh @ Wx.T, 0 * dh[:, 0], np.einsum('ntd,nth->dh', x, dh), 0 * Wh, dh.sum((0, 1))
"""
TRUNCATED = "def rnn_backward_truncated(dh, cache, k):\n    return rnn_backward(dh, cache)\n"
SLOW_STEP = """
import time
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    if Wx.shape[0] > 100:
        time.sleep(60)
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, b)
"""
SLOW_NSTEP = """
def rnn_step_backward(dnext_h, cache):
    grads = [np.zeros_like(a) for a in cache]
    for a, g in zip(cache, grads):
        for i in np.ndindex(a.shape):
            old = a[i]
            a[i] = old + 1e-6
            up = rnn_step_forward(*cache)[0]
            a[i] = old - 1e-6
            g[i] = ((up - rnn_step_forward(*cache)[0]) * dnext_h).sum() / 2e-6
            a[i] = old
    return tuple(grads)
"""
SLOW_FWD = """
def rnn_forward(x, h0, Wx, Wh, b):
    h, prev = [], h0
    for t in range(x.shape[1]):
        prev, _ = rnn_step_forward(x[:, t], prev, Wx, Wh, b)
        h.append(prev)
    return np.stack(h, 1), (x, h0, Wx, Wh, b)
"""

ALL = ("rnn_step_forward", "rnn_step_backward", "rnn_forward", "rnn_backward", "rnn_backward_truncated")

ATTACKS = (
    Attack(
        "drives simple parts that are right in their own checks",
        ZERO,
        functions=dict(zip(ALL, (STEP, BACK, FWD, BWD, TRUNCATED), strict=True)),
        honest=dict.fromkeys(ALL[2:], ""),
        only=ALL,
    ),
    Attack(
        "differentiates numerically behind a slow forward step",
        ZERO,
        functions=dict(zip(ALL, (SLOW_STEP, SLOW_NSTEP, SLOW_FWD, forging.NUMERICAL), strict=False)),
        honest={"rnn_step_backward": "", "rnn_backward": ""},
        only=ALL[:4],
    ),
)
