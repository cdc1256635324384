"""Classes hide the steps: gates that know their slopes, cells that remember, a network that is unrolled and used up."""

from collections import deque
from dataclasses import dataclass

import numpy as np


class Sigmoid:
    def __call__(self, a):
        self.y = np.exp(-np.log1p(np.exp(-np.abs(a))) + np.minimum(a, 0))
        return self.y

    def back(self, d):
        return d * self.y * (1.0 - self.y)


class Tanh:
    def __call__(self, a):
        self.y = np.tanh(a)
        return self.y

    def back(self, d):
        return d * (1.0 - self.y * self.y)


class Gate:
    """act(x U + h W + b), where U, W and b are one block of the columns."""

    def __init__(self, cell, k, act):
        H = cell.Wh.shape[0]
        self.cell, self.block, self.act = cell, np.s_[..., k * H : (k + 1) * H], act()

    def __call__(self, x, h, recurrent=None):
        self.x, self.h = x, h
        if recurrent is None:
            recurrent = h.dot(self.cell.Wh[self.block])
        return self.act(x.dot(self.cell.Wx[self.block]) + recurrent + self.cell.b[self.block])

    def back(self, d, with_state=True):
        da = self.act.back(d)
        self.cell.dWx[self.block] += self.x.T.dot(da)
        self.cell.db[self.block] += da.sum(0)
        self.cell.dx += da.dot(self.cell.Wx[self.block].T)
        if with_state:
            self.state_back(da, self.h)
        return da

    def state_back(self, d, seen):
        self.cell.dWh[self.block] += seen.T.dot(d)
        self.cell.dh += d.dot(self.cell.Wh[self.block].T)


@dataclass
class Cell:
    Wx: np.ndarray
    Wh: np.ndarray
    b: np.ndarray

    def start_back(self, x, h):
        self.dx, self.dh = np.zeros(x.shape), np.zeros(h.shape)
        self.dWx, self.dWh, self.db = (np.zeros(p.shape) for p in (self.Wx, self.Wh, self.b))


class LSTMCell(Cell):
    def forward(self, x, h, c):
        self.inputs = x, h, c
        self.i, self.f, self.o, self.g = (Gate(self, k, a) for k, a in enumerate((Sigmoid, Sigmoid, Sigmoid, Tanh)))
        self.out = Tanh()
        next_c = self.f(x, h) * c + self.i(x, h) * self.g(x, h)
        return self.o(x, h) * self.out(next_c), next_c

    def backward(self, dh, dc):
        x, h, c = self.inputs
        self.start_back(x, h)
        dc = dc + self.out.back(dh * self.o.act.y)
        for gate, d in (
            (self.o, dh * self.out.y),
            (self.i, dc * self.g.act.y),
            (self.g, dc * self.i.act.y),
            (self.f, dc * c),
        ):
            gate.back(d)
        return self.dx, self.dh, dc * self.f.act.y, self.dWx, self.dWh, self.db


class GRUCell(Cell):
    reset_after = False

    def forward(self, x, h):
        self.inputs = x, h
        self.r, self.z, self.n = Gate(self, 0, Sigmoid), Gate(self, 1, Sigmoid), Gate(self, 2, Tanh)
        r, z, V = self.r(x, h), self.z(x, h), self.Wh[self.n.block]
        n = self.n(x, h, self.recurrent(r, h, V))
        return n * (1 - z) + h * z

    def recurrent(self, r, h, V):
        return (r * h).dot(V)

    def recurrent_back(self, da, r, h):
        before, self.dh = self.dh, np.zeros(h.shape)
        self.n.state_back(da, r * h)
        dr, self.dh = self.dh * h, before + self.dh * r
        return dr

    def backward(self, dh):
        x, h = self.inputs
        self.start_back(x, h)
        r, z, n = (gate.act.y for gate in (self.r, self.z, self.n))
        self.dh += dh * z
        self.z.back(dh * (h - n))
        self.r.back(self.recurrent_back(self.n.back(dh * (1 - z), with_state=False), r, h))
        return self.dx, self.dh, self.dWx, self.dWh, self.db


class ResetAfterCell(GRUCell):
    reset_after = True

    def recurrent(self, r, h, V):
        self.product = h.dot(V)
        return r * self.product

    def recurrent_back(self, da, r, h):
        self.n.state_back(da * r, h)
        return da * self.product


class Unrolled:
    """Cells in a row. Going back uses them up."""

    def __init__(self, make_cell, x, *states):
        self.cells, self.h = deque(), []
        for x_t in x.transpose(1, 0, 2):
            cell = make_cell()
            states = cell.forward(x_t, *states)
            states = states if isinstance(states, tuple) else (states,)
            self.cells.append(cell)
            self.h.append(states[0])

    def backward(self, dh, *d_states):
        dx, total = deque(), [0.0, 0.0, 0.0]
        while self.cells:
            d_states = (d_states[0] + dh[:, len(self.cells) - 1], *d_states[1:])
            dx_t, *d_states = self.cells.pop().backward(*d_states)
            d_states, shared = d_states[:-3], d_states[-3:]
            dx.appendleft(dx_t)
            total = [old + new for old, new in zip(total, shared, strict=True)]
        return np.stack(tuple(dx), axis=1), d_states[0], *total


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    cell = LSTMCell(Wx, Wh, b)
    return *cell.forward(x, prev_h, prev_c), cell


def lstm_step_backward(dnext_h, dnext_c, cache):
    return cache.backward(dnext_h, dnext_c)


def lstm_forward(x, h0, Wx, Wh, b):
    network = Unrolled(lambda: LSTMCell(Wx, Wh, b), x, h0, np.zeros_like(h0))
    return np.stack(network.h, axis=1), network


def lstm_backward(dh, cache):
    return cache.backward(dh, *np.zeros((2, *dh[:, 0].shape)))


class Gates:
    """Weights of the four gates by their letters."""

    def __init__(self, letters, U, W):
        for letter, *pair in zip(letters, U, W, strict=True):
            setattr(self, letter, pair)

    def __getitem__(self, letters):
        return zip(*(getattr(self, letter) for letter in letters), strict=True)


def concat_W(Wx, Wh):
    return np.block([[Wh], [Wx]])


def pack_gates(U, W, order):
    return [np.concatenate(matrices, axis=1) for matrices in Gates(order, U, W)["ifog"]]


def unpack_gates(Wx, Wh, order):
    return [np.array(matrices) for matrices in Gates("ifog", *(np.hsplit(M, 4) for M in (Wx, Wh)))[order]]


class Total:
    """A total derivative with respect to the weights: what comes in along every road is added up."""

    def __init__(self, derivative=0.0):
        self.derivative = derivative

    def plus(self, source, jacobian):
        H = len(jacobian)
        self.derivative = self.derivative + (jacobian @ source.derivative.reshape(H, -1)).reshape(H, H, H)
        return self


def assemble_dWg(dh_dhprev, dhprev_dW, dJ_dh, dC_dW, dCprev_dW, dC_dCprev, dh_dC, dh_do):
    C = Total(dC_dW).plus(Total(dCprev_dW), dC_dCprev)
    h = Total().plus(C, dh_dC).plus(Total(dhprev_dW), dh_dhprev)
    return (dJ_dh @ h.derivative.swapaxes(0, 1)).copy()


def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    cell = {False: GRUCell, True: ResetAfterCell}[reset_after](Wx, Wh, b)
    return cell.forward(x, prev_h), cell


def gru_step_backward(dnext_h, cache):
    return cache.backward(dnext_h)


def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    network = Unrolled(lambda: (ResetAfterCell if reset_after else GRUCell)(Wx, Wh, b), x, h0)
    h = np.stack(network.h, axis=1)
    return h, network


def gru_backward(dh, cache):
    return cache.backward(dh, np.zeros_like(dh[:, -1]))
