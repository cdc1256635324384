"""Correct code in styles a naive grader fails: all of it gets every point."""

import pytest

STYLES = {
    "changes the upstream gradient in place": {
        "rnn_step_backward": """
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dnext_h *= 1 - next_h**2
    return dnext_h @ Wx.T, dnext_h @ Wh.T, x.T @ dnext_h, prev_h.T @ dnext_h, dnext_h.sum(0)
""",
    },
    "adds to dh in place": {
        "rnn_backward": """
def rnn_backward(dh, cache):
    N, T, H = dh.shape
    dx, dh0, dWx, dWh, db = None, None, 0, 0, 0
    steps = []
    for t in range(T - 1, -1, -1):
        dx_t, dprev, a, b, c = rnn_step_backward(dh[:, t], cache[t])
        steps.insert(0, dx_t)
        dWx, dWh, db = dWx + a, dWh + b, db + c
        if t > 0:
            dh[:, t - 1] += dprev
        else:
            dh0 = dprev
    return np.array(steps).transpose(1, 0, 2), dh0, dWx, dWh, db
""",
    },
    "a cache that can be read only once": {
        "rnn_step_forward": """
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)
    cache = [x, prev_h, Wx, Wh, next_h]
    return next_h, cache
""",
        "rnn_step_backward": """
def rnn_step_backward(dnext_h, cache):
    next_h = cache.pop(); Wh = cache.pop(); Wx = cache.pop(); prev_h = cache.pop(); x = cache.pop()
    d = dnext_h * (1 - next_h * next_h)
    return d.dot(Wx.T), d.dot(Wh.T), x.T.dot(d), prev_h.T.dot(d), np.sum(d, axis=0)
""",
        "rnn_backward_truncated": """
import copy
def rnn_backward_truncated(dh, cache, k):
    N, T, H = dh.shape
    dxs, dh0, dWx, dWh, db = [0] * T, np.zeros((N, H)), 0, 0, 0
    for t in range(T):
        d = dh[:, t]
        for s in range(t, max(-1, t - k), -1):
            dx, d, a, b, c = rnn_step_backward(d, copy.copy(cache[s]))
            dxs[s], dWx, dWh, db = dxs[s] + dx, dWx + a, dWh + b, db + c
        if t - k < 0:
            dh0 = dh0 + d
    return np.stack(dxs, 1), dh0, dWx, dWh, db
""",
    },
    "a cache that is one array": {
        "word_embedding_forward": """
def word_embedding_forward(x, W):
    cache = np.concatenate([x.ravel(), x.shape, W.shape]).astype(np.int64)
    return np.take(W, x, axis=0), cache
""",
        "word_embedding_backward": """
def word_embedding_backward(dout, cache):
    V, D = cache[-2:]
    N, T = cache[-4:-2]
    x = cache[:-4].reshape(N, T)
    one_hot = np.eye(V)[x]
    return np.einsum("ntv,ntd->vd", one_hot, dout)
""",
    },
    "caches as dicts, steps called by keyword": {
        "rnn_step_forward": """
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = np.einsum("nd,dh->nh", x, Wx) + np.einsum("nh,hk->nk", prev_h, Wh) + b
    return np.tanh(a), dict(x=x, prev_h=prev_h, Wx=Wx, Wh=Wh, a=a)
""",
        "rnn_step_backward": """
def rnn_step_backward(dnext_h, cache):
    d = dnext_h / np.cosh(cache["a"]) ** 2
    return d @ cache["Wx"].T, d @ cache["Wh"].T, cache["x"].T @ d, cache["prev_h"].T @ d, d.sum(axis=0)
""",
        "rnn_forward": """
def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    prev, cache = h0, {}
    for t in range(T):
        h[:, t], cache[t] = rnn_step_forward(x=x[:, t], prev_h=prev, Wx=Wx, Wh=Wh, b=b)
        prev = h[:, t]
    return h, cache
""",
    },
    "concatenated weights and the batch in a loop": {
        "rnn_step_forward": """
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    W = np.concatenate([Wx, Wh])
    z = np.concatenate([x, prev_h], axis=1)
    next_h = np.stack([np.tanh(W.T @ row + b) for row in z])
    return next_h, (W, z, next_h, x.shape[1])
""",
        "rnn_step_backward": """
def rnn_step_backward(dnext_h, cache):
    W, z, next_h, D = cache
    dz, dW, db = np.zeros_like(z), np.zeros_like(W), np.zeros(W.shape[1])
    for n in range(len(z)):
        d = dnext_h[n] * (1 - next_h[n] ** 2)
        dz[n] = W @ d
        dW += np.outer(z[n], d)
        db += d
    return dz[:, :D], dz[:, D:], dW[:D], dW[D:], db
""",
    },
    "single precision inside, double outside": {
        "temporal_affine_forward": """
def temporal_affine_forward(x, w, b):
    out = (x.astype(np.float32) @ w.astype(np.float32) + b.astype(np.float32)).astype(np.float64)
    return out, (x, w, b)
""",
        "temporal_affine_backward": """
def temporal_affine_backward(dout, cache):
    x, w, b = cache
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(w.T).reshape(N, T, D)
    dw = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    return dx, dw, db
""",
    },
    "prints, warns and draws while it is graded": {
        "temporal_softmax_loss": """
import sys, warnings
def temporal_softmax_loss(x, y, mask, verbose=True):
    print("shapes", x.shape, y.shape)
    warnings.warn("look here")
    print("to stderr", file=sys.stderr)
    N, T, V = x.shape
    x_flat, y_flat, mask_flat = x.reshape(N * T, V), y.reshape(N * T), mask.reshape(N * T)
    probs = np.exp(x_flat - np.max(x_flat, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        loss = -np.sum(mask_flat * np.log(np.maximum(probs[np.arange(N * T), y_flat], 1e-300))) / N
    scores = x_flat - x_flat.max(axis=1, keepdims=True)
    loss = -np.sum(mask_flat * (scores[np.arange(N * T), y_flat] - np.log(np.exp(scores).sum(axis=1)))) / N
    dx = probs.copy()
    dx[np.arange(N * T), y_flat] -= 1
    dx /= N
    dx *= mask_flat[:, None]
    if verbose: print("dx", dx.shape)
    return loss, dx.reshape(N, T, V)
""",
    },
    "Python lists as results' containers": {
        "rnn_step_backward": """
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    d = dnext_h * (1 - next_h**2)
    return [d @ Wx.T, d @ Wh.T, x.T @ d, prev_h.T @ d, d.sum(axis=0)]
""",
    },
    "the sequence written without the steps": {
        "rnn_forward": """
def rnn_forward(x, h0, Wx, Wh, b):
    h = []
    for t in range(x.shape[1]):
        h0 = np.tanh(x[:, t] @ Wx + h0 @ Wh + b)
        h.append(h0)
    first = h0 if not h else None
    return np.stack(h, axis=1), [x, np.stack(h, axis=1), Wx, Wh]
""",
        "rnn_backward": None,
        "rnn_backward_truncated": None,
    },
    "everything by Python loops over single numbers": {
        "rnn_step_backward": """
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    N, D = x.shape
    H = prev_h.shape[1]
    dx, dprev_h, dWx, dWh, db = [np.zeros(s) for s in ((N, D), (N, H), (D, H), (H, H), (H,))]
    for n in range(N):
        for j in range(H):
            d = dnext_h[n, j] * (1 - next_h[n, j] ** 2)
            db[j] += d
            for i in range(D):
                dx[n, i] += d * Wx[i, j]
                dWx[i, j] += d * x[n, i]
            dprev_h[n] += d * Wh[:, j]
            dWh[:, j] += d * prev_h[n]
    return dx, dprev_h, dWx, dWh, db
""",
    },
    "IPython magics and helpers in cells of their own": {
        "extra": "%matplotlib inline\n%time 1 + 1\n!ls\ndef helper(a):\n    return np.tanh(a)\n",
        "rnn_step_forward": """
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = helper(np.dot(x, Wx) + np.dot(prev_h, Wh) + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)
""",
    },
}


@pytest.mark.parametrize("style", STYLES)
def test_correct_code_gets_every_point(style, grade):
    changes = STYLES[style]
    result = grade(changes)
    left_out = {name for name, text in changes.items() if text is None}
    lost = {v.name: (v.status, v.hint) for v in result.checks if v.points < v.max_points and v.name not in left_out}
    assert not lost
    assert left_out or result.points == result.max_points


def test_step_without_tanh_and_sequence_with_it(grade):
    """The sequence is right although the step is wrong: each is judged for itself."""
    result = grade(
        {
            "rnn_step_forward": """
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = x @ Wx + prev_h @ Wh + b
    return next_h, (x, prev_h, Wx, Wh, np.tanh(next_h))
""",
            "rnn_forward": """
def rnn_forward(x, h0, Wx, Wh, b):
    h, cache = [], []
    for t in range(x.shape[1]):
        a, c = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        h0 = np.tanh(a)
        h.append(h0)
        cache.append(c)
    return np.stack(h, axis=1), cache
""",
        }
    )
    lost = {v.name: v.mistake for v in result.checks if v.points < v.max_points}
    assert lost == {"rnn_step_forward": "tanh_missing"}


def test_right_values_with_an_empty_cache(grade):
    """The forward function is worth its points though its cache holds nothing; the backward is not."""
    result = grade(
        {
            "word_embedding_forward": "def word_embedding_forward(x, W):\n    return W[x], None\n",
        },
        only=["word_embedding_forward", "word_embedding_backward"],
    )
    forward, backward = result.checks
    assert (forward.status, forward.points) == ("passed", forward.max_points)
    assert (backward.status, backward.points) == ("crashed", 0)
    assert "TypeError" in backward.hint and "word_embedding_backward" in backward.hint
