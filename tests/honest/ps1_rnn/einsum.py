"""Index notation: einsum, tensordot and one-hot words; the sequence is differentiated by its Jacobians."""

import numpy as np


class VanillaRNN:
    def __init__(self, k, H, m, rng):
        shapes = {"W_hh": (H, H), "W_xh": (H, k), "W_hy": (m, H)}
        for name, shape in shapes.items():
            setattr(self, name, np.einsum("ij,->ij", rng.standard_normal(shape), 1 / np.sqrt(shape[1])))
        self.B_h, self.B_y, self.h = (np.zeros(size) for size in (H, m, H))

    def forward(self, x):
        self.h = np.tanh(np.einsum("ij,j->i", self.W_hh, self.h) + np.einsum("ij,j->i", self.W_xh, x) + self.B_h)
        return np.einsum("ij,j->i", self.W_hy, self.h) + self.B_y


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(np.einsum("nd,dh->nh", x, Wx) + np.einsum("ng,gh->nh", prev_h, Wh) + b[None, :])
    slope = 1 - np.einsum("nh,nh->nh", next_h, next_h)
    return next_h, (x, prev_h, Wx, Wh, slope)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, slope = cache
    dx = np.einsum("nh,nh,dh->nd", dnext_h, slope, Wx)
    dprev_h = np.einsum("nh,nh,gh->ng", dnext_h, slope, Wh)
    dWx = np.einsum("nd,nh,nh->dh", x, dnext_h, slope)
    dWh = np.einsum("ng,nh,nh->gh", prev_h, dnext_h, slope)
    db = np.einsum("nh,nh->h", dnext_h, slope)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    inputs = np.einsum("ntd,dh->tnh", x, Wx) + b  # the part that needs no recursion, for all steps at once
    h = [h0]
    for a in inputs:
        h.append(np.tanh(a + np.tensordot(h[-1], Wh, axes=1)))
    h = np.array(h)
    return np.einsum("tnh->nth", h[1:]), (x, h, Wx, Wh)


def rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    T = dh.shape[1]
    slope = 1 - h[1:] ** 2
    da = np.zeros_like(slope)
    g = np.zeros_like(h[0])
    for t in range(T)[::-1]:
        da[t] = slope[t] * (dh[:, t] + g)
        g = np.einsum("nh,gh->ng", da[t], Wh)
    dx = np.einsum("tnh,dh->ntd", da, Wx)
    dWx = np.einsum("ntd,tnh->dh", x, da)
    dWh = np.einsum("tng,tnh->gh", h[:-1], da)
    return dx, g, dWx, dWh, np.einsum("tnh->h", da)


def word_embedding_forward(x, W):
    one_hot = (x[..., None] == np.arange(len(W))).astype(W.dtype)
    return np.einsum("ntv,vd->ntd", one_hot, W), one_hot


def word_embedding_backward(dout, cache):
    return np.tensordot(cache, dout, axes=([0, 1], [0, 1]))


def temporal_affine_forward(x, w, b):
    return np.einsum("ntd,dm->ntm", x, w) + b, (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    dx = np.tensordot(dout, w, axes=(2, 1))
    dw = np.tensordot(x, dout, axes=((0, 1), (0, 1)))
    return dx, dw, np.einsum("ntm->m", dout)


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    one_hot = np.eye(V)[y]
    e = np.exp(x - np.max(x, axis=-1)[..., None])
    p = np.einsum("ntv,nt->ntv", e, 1 / np.einsum("ntv->nt", e))
    centred = x - x.max(axis=-1, keepdims=True)
    right = np.einsum("ntv,ntv->nt", centred, one_hot)
    loss = np.einsum("nt,nt->", mask.astype(float), np.log(e.sum(axis=-1)) - right) / N
    return loss, np.einsum("ntv,nt->ntv", p - one_hot, mask / N)


def rnn_backward_truncated(dh, cache, k):
    x, h, Wx, Wh = cache
    N, T, H = dh.shape
    slope = 1 - h[1:] ** 2
    jacobian = np.einsum("tnh,gh->tnhg", slope, Wh)  # of h[t + 1] with respect to h[t], for every example
    da = np.zeros((T, N, H))
    dh0 = np.zeros((N, H))
    for t in range(T):
        reach = np.broadcast_to(np.eye(H), (N, H, H))  # of h[t + 1] with respect to the state s reads
        for s in range(t, max(t - k, -1), -1):
            da[s] += np.einsum("nh,nhg,ng->ng", dh[:, t], reach, slope[s])
            reach = np.einsum("nhg,ngf->nhf", reach, jacobian[s])
        if t < k:
            dh0 += np.einsum("nh,nhf->nf", dh[:, t], reach)
    dWx = np.einsum("ntd,tnh->dh", x, da)
    dWh = np.einsum("tng,tnh->gh", h[:-1], da)
    return np.einsum("tnh,dh->ntd", da, Wx), dh0, dWx, dWh, np.einsum("tnh->h", da)
