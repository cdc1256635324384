"""Backpropagation derived once: a tape of elementary operations is recorded forwards and played backwards."""

import numpy as np


class Value:
    """An array on a tape, and the gradient that has arrived at it."""

    def __init__(self, tape, data):
        self.tape, self.data, self.grad = tape, data, 0.0

    def then(self, data, *pushes):
        """A new value; each of the pushes is a parent and the map from the new gradient to the parent's."""
        made = Value(self.tape, data)
        self.tape.append((made, pushes))
        return made

    def __add__(self, other):
        def fitting(d):
            return d if other.data.shape == d.shape else d.sum(axis=0)  # a bias was broadcast

        return self.then(self.data + other.data, (self, lambda d: d), (other, fitting))

    def __mul__(self, other):
        return self.then(self.data * other.data, (self, lambda d: d * other.data), (other, lambda d: d * self.data))

    def __matmul__(self, other):
        product = self.data @ other.data
        return self.then(product, (self, lambda d: d @ other.data.T), (other, lambda d: self.data.T @ d))

    def __getitem__(self, key):
        def widen(d):
            wide = np.zeros(self.data.shape)
            wide[key] = d
            return wide

        return self.then(self.data[key], (self, widen))

    def tanh(self):
        y = np.tanh(self.data)
        return self.then(y, (self, lambda d: d * (1 - y * y)))

    def sigmoid(self):
        y = (1 + np.tanh(self.data / 2)) / 2
        return self.then(y, (self, lambda d: d * y * (1 - y)))

    def rest(self):
        return self.then(1 - self.data, (self, np.negative))


def play_backwards(tape, *ends):
    for value, gradient in ends:
        value.grad = value.grad + gradient
    for value, pushes in reversed(tape):
        for parent, push in pushes:
            if not np.isscalar(value.grad):
                parent.grad = parent.grad + push(value.grad)


def on_one_tape(*arrays):
    tape = []
    return tape, *(Value(tape, array) for array in arrays)


def blocks(value, H):
    return [value[..., k : k + H] for k in range(0, value.data.shape[-1], H)]


def lstm_cell(x, h, c, Wx, Wh, b):
    i, f, o, g = blocks(x @ Wx + h @ Wh + b, h.data.shape[1])
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_cell(x, h, Wx, Wh, b, reset_after):
    ar, az, an = blocks(x @ Wx + b, h.data.shape[1])
    Vr, Vz, Vn = blocks(Wh, h.data.shape[1])
    r, z = (ar + h @ Vr).sigmoid(), (az + h @ Vz).sigmoid()
    n = (an + (r * (h @ Vn) if reset_after else (r * h) @ Vn)).tanh()
    return z.rest() * n + z * h


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    tape, *leaves = on_one_tape(x, prev_h, prev_c, Wx, Wh, b)
    h, c = lstm_cell(*leaves)
    return h.data, c.data, (tape, leaves, h, c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    tape, leaves, h, c = cache
    play_backwards(tape, (h, dnext_h), (c, dnext_c))
    return tuple(leaf.grad for leaf in leaves)


def lstm_forward(x, h0, Wx, Wh, b):
    tape, x, h, c, *shared = on_one_tape(x, h0, np.zeros_like(h0), Wx, Wh, b)
    leaves, states = (x, h, *shared), []
    for t in range(x.data.shape[1]):
        h, c = lstm_cell(x[:, t], h, c, *shared)
        states.append(h)
    return np.stack([h.data for h in states], axis=1), (tape, leaves, states)


def lstm_backward(dh, cache):
    tape, leaves, states = cache
    play_backwards(tape, *((h, dh[:, t]) for t, h in enumerate(states)))
    return tuple(leaf.grad for leaf in leaves)


def concat_W(Wx, Wh):
    identity = np.eye(len(Wh) + len(Wx))
    return np.vstack([row[: len(Wh)] @ Wh + row[len(Wh) :] @ Wx for row in identity])


def pack_gates(U, W, order):
    """Each gate's columns are added into a wide matrix of zeros."""
    H = U.shape[2]
    Wx, Wh = np.zeros((U.shape[1], 4 * H)), np.zeros((H, 4 * H))
    for k, gate in enumerate(order):
        place = np.eye(H, 4 * H, k="ifog".index(gate) * H)
        Wx += U[k] @ place
        Wh += W[k] @ place
    return Wx, Wh


def unpack_gates(Wx, Wh, order):
    H = Wh.shape[0]
    places = np.array([np.eye(4 * H, H, k=-"ifog".index(gate) * H) for gate in order])
    return Wx @ places, Wh @ places


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    """Gradients by their receivers, J first, each handed to those that it depends on."""
    H = len(dJ_dh)
    received = {"h": dJ_dh, "C": 0, "h before": 0, "C before": 0, "W": np.zeros((H, H))}
    received["C"] = received["C"] + dh_dC.T @ received["h"]
    received["h before"] = received["h before"] + dh_dhprev.T @ received["h"]
    received["C before"] = received["C before"] + dC_dCprev.T @ received["C"]
    for receiver, array in (("C", dC_dW), ("h before", dhprev_dW), ("C before", dCprev_dW)):
        for share, slab in zip(received[receiver], array, strict=True):
            received["W"] += share * slab
    return received["W"]


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    tape, *leaves = on_one_tape(x, prev_h, Wx, Wh, b)
    h = gru_cell(*leaves, reset_after)
    return h.data, (tape, leaves, h)


def gru_step_backward(dnext_h, cache):
    tape, leaves, h = cache
    play_backwards(tape, (h, dnext_h))
    return [leaf.grad for leaf in leaves]


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    tape, x, h, *shared = on_one_tape(x, h0, Wx, Wh, b)
    leaves, states = [x, h, *shared], []
    while len(states) < x.data.shape[1]:
        h = gru_cell(x[:, len(states)], h, *shared, reset_after)
        states.append(h)
    return np.array([h.data for h in states]).swapaxes(0, 1), {"tape": tape, "leaves": leaves, "states": states}


def gru_backward(dh, cache):
    losses = zip(cache["states"], dh.swapaxes(0, 1), strict=True)
    play_backwards(cache["tape"], *losses)
    dx, dh0, dWx, dWh, db = (leaf.grad for leaf in cache["leaves"])
    return dx, dh0, dWx, dWh, db
