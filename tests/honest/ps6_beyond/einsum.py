"""Index notation: einsum and one-hot words, shifts and choices as matrices; own LSTM, differentiated gate by gate."""

import numpy as np


def one_hot(words, V):
    return (np.asarray(words)[..., None] == np.arange(V)).astype(float)


def sigmoid(a):
    return 0.5 * np.tanh(0.5 * a) + 0.5


def log_softmax(scores):
    return scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)


def next_word_logprobs(params, h, words):
    to_state = np.einsum("vw,wh->vh", params["W_embed"], params["Wx"])
    a = np.einsum("kv,vh->kh", one_hot(words, len(to_state)), to_state)
    next_h = np.tanh(a + np.einsum("kg,gh->kh", h, params["Wh"]) + params["b"])
    return log_softmax(np.einsum("kh,hv->kv", next_h, params["W_vocab"]) + params["b_vocab"]), next_h


def greedy_search(params, h0, start, end, max_length):
    V = params["W_embed"].shape[0]
    written = np.zeros((0, V))
    last, h, logprob = one_hot([start], V), np.einsum("h->h", h0)[None], 0.0
    while len(written) < max_length and not written[-1:, end].any():
        log_p, h = next_word_logprobs(params, h, last @ np.arange(V))
        last = (log_p == log_p.max()).astype(float)
        logprob += np.einsum("kv,kv->", last, log_p)
        written = np.concatenate([written, last])
    return np.einsum("tv,v->t", written, np.arange(V)).astype(int), logprob


def beam_search(params, h0, start, end, width, max_length):
    V = params["W_embed"].shape[0]
    written = np.zeros((1, 0, V))  # one-hot words of the hypotheses; nothing is written behind the end
    last, h, logprobs = np.array([start]), h0[None], np.zeros(1)
    for _ in range(max_length):
        closed = (written[:, :, end].sum(axis=1) > 0)[:, None]
        log_p, h = next_word_logprobs(params, h, last)
        going_on = np.where(closed, -np.inf, logprobs[:, None] + log_p)
        staying = np.where(closed, logprobs[:, None], -np.inf)
        candidates = np.concatenate([going_on, staying], axis=1)
        order = np.argsort(candidates.ravel())[::-1][:width]
        order = order[np.isfinite(candidates.ravel()[order])]
        choice = one_hot(order // (V + 1), len(h))  # (new, old)
        word = one_hot(order % (V + 1), V + 1)[:, :V]  # a row of zeros for those that stay
        h, logprobs = np.einsum("jk,kh->jh", choice, h), candidates.ravel()[order]
        written = np.concatenate([np.einsum("jk,ktv->jtv", choice, written), word[:, None]], axis=1)
        last = word.argmax(axis=1)
    best = written[np.argmax(logprobs)]
    words = best[best.any(axis=1)].argmax(axis=1)
    by_greed, greedy_logprob = greedy_search(params, h0, start, end, max_length)
    return (words, logprobs.max()) if logprobs.max() >= greedy_logprob else (by_greed, greedy_logprob)


def grid_features(images, cells):
    side = images.shape[1] // cells
    mean = np.kron(np.eye(cells), np.ones((1, side)) / side)  # (cells, S)
    grid = np.einsum("ir,nrsc,js->nijc", mean, images / 255.0, mean)
    return np.reshape(grid, (len(images), -1, 3))


def attention_forward(h, a):
    e = np.einsum("nh,nlh->nl", h, a) * h.shape[1] ** -0.5
    weights = np.exp(log_softmax(e))
    return np.einsum("nl,nlh->nh", weights, a), weights, {"h": h, "a": a, "weights": weights}


def attention_backward(dcontext, cache):
    h, a, weights = cache["h"], cache["a"], cache["weights"]
    jacobian = np.einsum("nl,lm->nlm", weights, np.eye(a.shape[1])) - np.einsum("nl,nm->nlm", weights, weights)
    de = np.einsum("nh,nlh,nlm->nm", dcontext, a, jacobian, optimize=True) / np.sqrt(h.shape[1])
    return np.einsum("nl,nlh->nh", de, a), np.einsum("nl,nh->nlh", weights, dcontext) + np.einsum("nl,nh->nlh", de, h)


def pixel_inputs(images):
    N, rows, columns = images.shape
    signs = np.where(images, 1.0, -1.0)
    right, down = np.eye(columns, k=1), np.eye(rows, k=-1)  # as matrices, shifts by one with zeros coming in
    x = np.stack([np.einsum("nij,jk->nik", signs, right), np.einsum("ki,nij->nkj", down, signs)])
    return np.einsum("dnij->nijd", x).reshape(N, -1, 2)


def pixel_states(params, x):
    h = [np.zeros((len(x), len(params["b"])))]
    for t in range(x.shape[1]):
        a = np.einsum("nd,dh->nh", x[:, t], params["Wx"]) + np.einsum("ng,gh->nh", h[-1], params["Wh"])
        h.append(np.tanh(a + params["b"]))
    return np.stack(h, axis=1)


def pixel_logprob(params, images):
    h = pixel_states(params, pixel_inputs(images))[:, 1:]
    both = np.zeros((*h.shape[:2], 2))  # scores of a pixel that is 0 and of one that is 1
    both[:, :, 1] = np.einsum("nth,ho->nt", h, params["w"]) + params["c"]
    return np.einsum("nty,nty->n", log_softmax(both), one_hot(images.reshape(len(images), -1), 2))


def bits_per_dimension(logprob, n_pixels):
    return np.einsum("n->", logprob) / -(len(logprob) * n_pixels * np.log(2))


def pixel_loss(params, images):
    N = len(images)
    x, y = pixel_inputs(images), images.reshape(N, -1)
    h = pixel_states(params, x)
    z = np.einsum("nth,ho->nt", h[:, 1:], params["w"]) + params["c"]
    loss = np.einsum("nt->", np.logaddexp(0, z) - y * z) / N
    dz = (sigmoid(z) - y) / N
    da = np.zeros_like(h[:, 1:])
    for t in range(x.shape[1] - 1, -1, -1):
        dh = np.einsum("n,ho->nh", dz[:, t], params["w"])
        if t + 1 < x.shape[1]:
            dh += np.einsum("nh,gh->ng", da[:, t + 1], params["Wh"])
        da[:, t] = dh * (1 - h[:, t + 1] ** 2)
    return loss, {
        "Wx": np.einsum("ntd,nth->dh", x, da),
        "Wh": np.einsum("ntg,nth->gh", h[:, :-1], da),
        "b": np.einsum("nth->h", da),
        "w": np.einsum("nth,nt->h", h[:, 1:], dz)[:, None],
        "c": np.einsum("nt->", dz)[None],
    }


def sample_images(params, n, shape, rng):
    rows, columns = shape
    pixels = np.zeros((n, rows + 1, columns + 1))  # coded as -1 and 1, in a frame of zeros
    h = np.zeros((n, len(params["b"])))
    for i, j in np.ndindex(rows, columns):
        x = np.stack([pixels[:, i + 1, j], pixels[:, i, j + 1]], axis=1)
        h = np.tanh(np.einsum("nd,dh->nh", x, params["Wx"]) + np.einsum("ng,gh->nh", h, params["Wh"]) + params["b"])
        p = sigmoid(np.einsum("nh,ho->n", h, params["w"]) + params["c"])
        pixels[:, i + 1, j + 1] = np.sign(p - rng.random(n))
    return (pixels[:, 1:, 1:] > 0).astype(np.int8)


def lstm(params, name, x, h0):
    """All that happens in an LSTM: x, the states with the first in front, the cell states likewise, i, f, o, g."""
    N, T, W = x.shape
    Wx = params["Wx_" + name].reshape(W, 4, -1)
    Wh = params["Wh_" + name].reshape(-1, 4, Wx.shape[2])
    h, c, gates = [h0], [np.zeros(h0.shape)], []
    for t in range(T):
        a = np.einsum("nw,wqh->nqh", x[:, t], Wx) + np.einsum("ng,gqh->nqh", h[-1], Wh)
        a = a + params["b_" + name].reshape(4, -1)
        gates.append(np.concatenate([sigmoid(a[:, :3]), np.tanh(a[:, 3:])], axis=1))
        i, f, o, g = np.einsum("nqh->qnh", gates[-1])
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
    return Wx, Wh, x, np.stack(h, 1), np.stack(c, 1), np.stack(gates, 1)


def lstm_gradients(dh, name, run):
    Wx, Wh, x, h, c, gates = run
    da = np.zeros(gates.shape)
    back_h, back_c = np.zeros_like(h[:, 0]), np.zeros_like(h[:, 0])
    for t in range(x.shape[1] - 1, -1, -1):
        i, f, o, g = np.einsum("nqh->qnh", gates[:, t])
        squashed = np.tanh(c[:, t + 1])
        total = dh[:, t] + back_h
        dc = back_c + total * o * (1 - squashed**2)
        upstream = np.stack([dc * g, dc * c[:, t], total * squashed, dc * i], axis=1)
        slope = np.stack([i * (1 - i), f * (1 - f), o * (1 - o), 1 - g**2], axis=1)
        da[:, t] = upstream * slope
        back_h, back_c = np.einsum("nqh,gqh->ng", da[:, t], Wh), dc * f
    grads = {
        "Wx_" + name: np.einsum("ntw,ntqh->wqh", x, da).reshape(Wx.shape[0], -1),
        "Wh_" + name: np.einsum("ntg,ntqh->gqh", h[:, :-1], da).reshape(Wh.shape[0], -1),
        "b_" + name: np.einsum("ntqh->qh", da).ravel(),
    }
    return np.einsum("ntqh,wqh->ntw", da, Wx), back_h, grads


def encode_forward(params, source):
    V, H = len(params["W_embed"]), len(params["Wh_enc"])
    symbols = one_hot(source, V)
    run = lstm(params, "enc", np.einsum("nsv,vw->nsw", symbols, params["W_embed"]), np.zeros((len(source), H)))
    final = one_hot(np.count_nonzero(source, axis=1) - 1, source.shape[1])  # (N, S), a 1 at the last symbol
    return np.einsum("ns,nsh->nh", final, run[3][:, 1:]), (symbols, final, run)


def encode_backward(dstate, cache):
    symbols, final, run = cache
    dx, _, grads = lstm_gradients(np.einsum("ns,nh->nsh", final, dstate), "enc", run)
    return {"W_embed": np.einsum("nsv,nsw->vw", symbols, dx), **grads}


def seq2seq_loss(params, source, target):
    N, V = len(target), len(params["W_embed"])
    state, cache = encode_forward(params, source)
    symbols = one_hot(target, V)
    real = (target[:, 1:] != 0) / N
    run = lstm(params, "dec", np.einsum("ntv,vw->ntw", symbols[:, :-1], params["W_embed"]), state)
    h = run[3][:, 1:]
    log_p = log_softmax(np.einsum("nth,hv->ntv", h, params["W_vocab"]) + params["b_vocab"])
    loss = -np.einsum("ntv,ntv,nt->", log_p, symbols[:, 1:], real)
    dscores = np.einsum("ntv,nt->ntv", np.exp(log_p) - symbols[:, 1:], real)
    dx, dstate, decoder = lstm_gradients(np.einsum("ntv,hv->nth", dscores, params["W_vocab"]), "dec", run)
    grads = encode_backward(dstate, cache) | decoder
    grads["W_embed"] = grads["W_embed"] + np.einsum("ntv,ntw->vw", symbols[:, :-1], dx)
    grads["W_vocab"] = np.einsum("nth,ntv->hv", h, dscores)
    grads["b_vocab"] = np.einsum("ntv->v", dscores)
    return loss, grads


def translate(params, source, start, end, max_length):
    V = len(params["W_embed"])
    h, _ = encode_forward(params, source)
    c, going = np.zeros(h.shape), np.ones(len(h))
    last, columns = one_hot([start] * len(h), V), []
    for _ in range(max_length):
        a = np.einsum("nv,vw,wq->nq", last, params["W_embed"], params["Wx_dec"], optimize=True)
        i, f, o, g = np.einsum("nqh->qnh", (a + h @ params["Wh_dec"] + params["b_dec"]).reshape(len(h), 4, -1))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        last = one_hot(np.argmax(np.einsum("nh,hv->nv", h, params["W_vocab"]) + params["b_vocab"], axis=1), V)
        columns.append(np.einsum("nv,v,n->n", last, np.arange(V), going))
        going = going * (1 - last[:, end])
    return np.stack(columns, axis=1).astype(int)
