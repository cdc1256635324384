"""A weight per gate: the stacked matrices are taken apart into dictionaries first, and put together last."""

import numpy as np

LSTM, GRU = "ifog", "rzn"


def sigmoid(a):
    e = np.exp(-np.abs(a))
    return np.where(a < 0, e, 1) / (1 + e)


def take_apart(array, letters):
    return dict(zip(letters, np.split(array, len(letters), axis=-1), strict=True))


def put_together(parts, letters):
    return np.concatenate([parts[k] for k in letters], axis=-1)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    U, W, bias = (take_apart(v, LSTM) for v in (Wx, Wh, b))
    gate = {}
    for k in "fio":
        gate[k] = sigmoid(x @ U[k] + prev_h @ W[k] + bias[k])
    gate["g"] = np.tanh(x @ U["g"] + prev_h @ W["g"] + bias["g"])
    next_c = gate["f"] * prev_c + gate["i"] * gate["g"]
    next_h = gate["o"] * np.tanh(next_c)
    return next_h, next_c, dict(x=x, h=prev_h, c=prev_c, U=U, W=W, gate=gate, next_c=next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    gate, U, W = cache["gate"], cache["U"], cache["W"]
    squashed = np.tanh(cache["next_c"])
    dc = dnext_c + dnext_h * gate["o"] * (1 - squashed**2)
    up = {"i": dc * gate["g"], "f": dc * cache["c"], "o": dnext_h * squashed, "g": dc * gate["i"]}
    da = {k: up[k] * gate[k] * (1 - gate[k]) for k in "ifo"}
    da["g"] = up["g"] * (1 - gate["g"] ** 2)
    dx = da["i"] @ U["i"].T + da["f"] @ U["f"].T + da["o"] @ U["o"].T + da["g"] @ U["g"].T
    dprev_h = da["i"] @ W["i"].T + da["f"] @ W["f"].T + da["o"] @ W["o"].T + da["g"] @ W["g"].T
    dWx = put_together({k: cache["x"].T @ da[k] for k in da}, LSTM)
    dWh = put_together({k: cache["h"].T @ da[k] for k in da}, LSTM)
    db = put_together({k: da[k].sum(axis=0) for k in da}, LSTM)
    return dx, dprev_h, dc * gate["f"], dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    steps = {"h": [], "cache": []}
    now = {"prev_h": h0, "prev_c": 0 * h0}
    for t in range(x.shape[1]):
        now["prev_h"], now["prev_c"], cache = lstm_step_forward(x=x[:, t], Wx=Wx, Wh=Wh, b=b, **now)
        steps["h"].append(now["prev_h"])
        steps["cache"].append(cache)
    return np.stack(steps["h"], 1), steps["cache"]


def lstm_backward(dh, cache):
    names = ("dx", "dprev_h", "dprev_c", "dWx", "dWh", "db")
    grads = {}
    for t in range(len(cache) - 1, -1, -1):
        dnext_h = dh[:, t] + grads["dprev_h"][-1] if grads else dh[:, t]
        dnext_c = grads["dprev_c"][-1] if grads else np.zeros_like(dnext_h)
        for name, grad in zip(names, lstm_step_backward(dnext_h, dnext_c, cache[t]), strict=True):
            grads.setdefault(name, []).append(grad)
    summed = [np.sum(grads[name], axis=0) for name in ("dWx", "dWh", "db")]
    return np.stack(grads["dx"][::-1], axis=1), grads["dprev_h"][-1], *summed


def concat_W(Wx, Wh):
    U, W = take_apart(Wx, LSTM), take_apart(Wh, LSTM)
    return put_together({k: np.concatenate([W[k], U[k]]) for k in LSTM}, LSTM)


def pack_gates(U, W, order):
    U, W = dict(zip(order, U, strict=True)), dict(zip(order, W, strict=True))
    return put_together(U, LSTM), put_together(W, LSTM)


def unpack_gates(Wx, Wh, order):
    U, W = take_apart(Wx, LSTM), take_apart(Wh, LSTM)
    return np.stack([U[k] for k in order]), np.stack([W[k] for k in order])


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    dJ_dC = dJ_dh @ dh_dC  # from the loss backwards, so that only vectors meet the arrays of three axes
    roads = {
        "immediate": (dJ_dC, dC_dW),
        "cell": (dJ_dC @ dC_dCprev, dCprev_dW),
        "state": (dJ_dh @ dh_dhprev, dhprev_dW),
    }
    return sum((vector[:, None, None] * array).sum(axis=0) for vector, array in roads.values())


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    U, W, bias = (take_apart(v, GRU) for v in (Wx, Wh, b))
    r, z = (sigmoid(x @ U[k] + prev_h @ W[k] + bias[k]) for k in "rz")
    if reset_after:
        n = np.tanh(x @ U["n"] + bias["n"] + r * (prev_h @ W["n"]))
    else:
        n = np.tanh(x @ U["n"] + bias["n"] + (r * prev_h) @ W["n"])
    cache = {"x": x, "h": prev_h, "U": U, "W": W, "gates": (r, z, n), "reset_after": reset_after}
    return (1 - z) * n + z * prev_h, cache


def gru_step_backward(dnext_h, cache):
    x, h, U, W = (cache[k] for k in ("x", "h", "U", "W"))
    r, z, n = cache["gates"]
    da, dW, dh = {}, {}, dnext_h * z
    da["n"] = dnext_h * (1 - z) * (1 - n) * (1 + n)
    da["z"] = dnext_h * (h - n) * z * (1 - z)
    if cache["reset_after"]:
        product = h @ W["n"]
        dproduct = da["n"] * r
        da["r"] = da["n"] * product * r * (1 - r)
        dW["n"] = h.T @ dproduct
        dh = dh + dproduct @ W["n"].T
    else:
        dreset = da["n"] @ W["n"].T
        da["r"] = dreset * h * r * (1 - r)
        dW["n"] = (r * h).T @ da["n"]
        dh = dh + dreset * r
    for k in "rz":
        dW[k] = h.T @ da[k]
        dh = dh + da[k] @ W[k].T
    dx = sum(da[k] @ U[k].T for k in GRU)
    dU = {k: x.T @ da[k] for k in GRU}
    db = {k: da[k].sum(0) for k in GRU}
    return dx, dh, put_together(dU, GRU), put_together(dW, GRU), put_together(db, GRU)


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    states, caches = {-1: h0}, {}
    for t in range(x.shape[1]):
        states[t], caches[t] = gru_step_forward(x[:, t], states[t - 1], Wx, Wh, b, reset_after=reset_after)
    return np.stack([states[t] for t in caches], axis=1), caches


def gru_backward(dh, cache):
    dx, dW = {}, {"Wx": [], "Wh": [], "b": []}
    dh_t = dict(enumerate(np.moveaxis(dh, 1, 0)))
    dh_t[-1] = np.zeros_like(dh[:, 0])
    for t in sorted(cache)[::-1]:
        dx[t], back, *grads = gru_step_backward(dh_t[t], cache[t])
        dh_t[t - 1] = dh_t[t - 1] + back
        for name, grad in zip(dW, grads, strict=True):
            dW[name].append(grad)
    return np.stack([dx[t] for t in sorted(dx)], axis=1), dh_t[-1], sum(dW["Wx"]), sum(dW["Wh"]), sum(dW["b"])
