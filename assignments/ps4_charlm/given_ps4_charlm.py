"""What earlier problem sets taught and ps4_charlm needs: one solution of many, to read and to use."""

import numpy as np


# from ps1_rnn
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    """One step of a tanh RNN on a minibatch.

    Args:
        x (N, D): inputs of this step.
        prev_h (N, H): states after the previous step.
        Wx (D, H), Wh (H, H), b (H,): parameters.

    Returns:
        next_h (N, H): states after this step.
        cache: what rnn_step_backward needs.
    """
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


# from ps1_rnn
def rnn_step_backward(dnext_h, cache):
    """Backward pass of rnn_step_forward.

    Args:
        dnext_h (N, H): gradient of the loss with respect to next_h.
        cache: from rnn_step_forward.

    Returns:
        dx (N, D), dprev_h (N, H): gradients with respect to the inputs and the previous states.
        dWx (D, H), dWh (H, H), db (H,): gradients with respect to the parameters.
    """
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)  # a is the sum inside the tanh
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


# from ps1_rnn
def rnn_forward(x, h0, Wx, Wh, b):
    """Run a tanh RNN over a minibatch of sequences.

    Args:
        x (N, T, D): inputs.
        h0 (N, H): initial states.
        Wx (D, H), Wh (H, H), b (H,): parameters, the same at every step.

    Returns:
        h (N, T, H): the states after every step; h0 is not included.
        cache: what rnn_backward needs.
    """
    N, T, D = x.shape
    states = []
    cache = []
    h_t = h0
    for t in range(T):
        h_t, step_cache = rnn_step_forward(x[:, t], h_t, Wx, Wh, b)
        states.append(h_t)
        cache.append(step_cache)
    h = np.stack(states, axis=1)
    return h, cache


# from ps1_rnn
def rnn_backward(dh, cache):
    """Backward pass of rnn_forward: backpropagation through time.

    Args:
        dh (N, T, H): gradients of the per-step losses only: dh[:, t] is the gradient of step t's own loss
            with respect to the state after step t. What flows back from later steps is for you to add.
        cache: from rnn_forward.

    Returns:
        dx (N, T, D), dh0 (N, H): gradients with respect to the inputs and the initial states.
        dWx (D, H), dWh (H, H), db (H,): gradients with respect to the parameters, summed over the steps.
    """
    N, T, H = dh.shape
    dxs = [None] * T
    dWx = dWh = db = 0
    dprev_h = np.zeros_like(dh[:, 0])
    for t in reversed(range(T)):
        dh_t = dh[:, t] + dprev_h
        dxs[t], dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dh_t, cache[t])
        dWx = dWx + dWx_t
        dWh = dWh + dWh_t
        db = db + db_t
    dx = np.stack(dxs, axis=1)
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db


# from ps1_rnn
def temporal_affine_forward(x, w, b):
    """Apply one affine map to the vector at every step of every example.

    Args:
        x (N, T, D): inputs.
        w (D, M), b (M,): parameters.

    Returns:
        out (N, T, M): outputs.
        cache: what temporal_affine_backward needs.
    """
    out = x @ w + b
    cache = (x, w)
    return out, cache


# from ps1_rnn
def temporal_affine_backward(dout, cache):
    """Backward pass of temporal_affine_forward.

    Args:
        dout (N, T, M): gradient with respect to the outputs.
        cache: from temporal_affine_forward.

    Returns:
        dx (N, T, D), dw (D, M), db (M,): gradients with respect to the inputs and the parameters.
    """
    x, w = cache
    D, M = w.shape
    dx = dout @ w.T
    dw = x.reshape(-1, D).T @ dout.reshape(-1, M)
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


# from ps1_rnn
def temporal_softmax_loss(x, y, mask, verbose=False):
    """Softmax loss of a minibatch of captions: summed over time, averaged over the minibatch.

    Args:
        x (N, T, V): scores, of any magnitude.
        y (N, T): the right words, integers in [0, V).
        mask (N, T): booleans; where it is false, y is padding and counts for nothing.
        verbose: whether to print the shape of dx.

    Returns:
        loss: a number.
        dx (N, T, V): gradient of the loss with respect to the scores.
    """
    N, T, V = x.shape
    # Index arrays of shapes (N, 1) and (1, T): [n, t, y] picks the right word's entry, everywhere at once.
    n, t = np.ogrid[:N, :T]
    shifted = x - x.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    loss = -np.sum(mask * log_p[n, t, y]) / N
    dx = np.exp(log_p)
    dx[n, t, y] -= 1
    dx = dx * mask[:, :, None] / N
    if verbose:
        print("dx:", dx.shape)
    return loss, dx


# from ps2_lstm
def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """One step of an LSTM on a minibatch.

    Args:
        x (N, D): inputs of this step.
        prev_h (N, H), prev_c (N, H): hidden states and cell states after the previous step.
        Wx (D, 4H), Wh (H, 4H), b (4H,): parameters; their columns stand in four blocks, for i, f, o, g.

    Returns:
        next_h (N, H), next_c (N, H): hidden states and cell states after this step.
        cache: what lstm_step_backward needs.
    """
    ai, af, ao, ag = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i = (1 + np.tanh(ai / 2)) / 2  # the sigmoid, in a form that cannot overflow
    f = (1 + np.tanh(af / 2)) / 2
    o = (1 + np.tanh(ao / 2)) / 2
    g = np.tanh(ag)
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    next_h = o * tanh_c
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c)
    return next_h, next_c, cache


# from ps2_lstm
def lstm_step_backward(dnext_h, dnext_c, cache):
    """Backward pass of lstm_step_forward.

    Args:
        dnext_h (N, H): gradient of the loss with respect to next_h.
        dnext_c (N, H): gradient of the loss with respect to next_c along all roads but the one through next_h.
        cache: from lstm_step_forward.

    Returns:
        dx (N, D): gradient with respect to the inputs.
        dprev_h (N, H), dprev_c (N, H): gradients with respect to the previous hidden states and cell states.
        dWx (D, 4H), dWh (H, 4H), db (4H,): gradients with respect to the parameters.
    """
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c = cache
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)  # next_c is used twice: outside this step, and for next_h
    di = dc * g
    df = dc * prev_c
    dg = dc * i
    dprev_c = dc * f
    dai = di * i * (1 - i)
    daf = df * f * (1 - f)
    dao = do * o * (1 - o)
    dag = dg * (1 - g**2)
    da = np.concatenate([dai, daf, dao, dag], axis=1)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


# from ps2_lstm
def lstm_forward(x, h0, Wx, Wh, b):
    """Run an LSTM over a minibatch of sequences. The cell states start at zero.

    Args:
        x (N, T, D): inputs.
        h0 (N, H): initial hidden states.
        Wx (D, 4H), Wh (H, 4H), b (4H,): parameters, the same at every step.

    Returns:
        h (N, T, H): the hidden states after every step; h0 is not included.
        cache: what lstm_backward needs.
    """
    N, T, D = x.shape
    states = []
    cache = []
    h_t = h0
    c_t = np.zeros_like(h0)
    for t in range(T):
        h_t, c_t, step_cache = lstm_step_forward(x[:, t], h_t, c_t, Wx, Wh, b)
        states.append(h_t)
        cache.append(step_cache)
    h = np.stack(states, axis=1)
    return h, cache


# from ps2_lstm
def lstm_backward(dh, cache):
    """Backward pass of lstm_forward: backpropagation through time.

    Args:
        dh (N, T, H): gradients of the per-step losses only: dh[:, t] is the gradient of step t's own loss
            with respect to the hidden state after step t.
        cache: from lstm_forward.

    Returns:
        dx (N, T, D), dh0 (N, H): gradients with respect to the inputs and the initial hidden states.
        dWx (D, 4H), dWh (H, 4H), db (4H,): gradients with respect to the parameters, summed over the steps.
    """
    N, T, H = dh.shape
    dxs = [None] * T
    dWx = dWh = db = 0
    dprev_h = np.zeros_like(dh[:, 0])
    dprev_c = np.zeros_like(dh[:, 0])  # no loss looks at the last cell state
    for t in reversed(range(T)):
        dh_t = dh[:, t] + dprev_h
        dxs[t], dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dh_t, dprev_c, cache[t])
        dWx = dWx + dWx_t
        dWh = dWh + dWh_t
        db = db + db_t
    dx = np.stack(dxs, axis=1)
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db


# from ps2_lstm
def gru_step_forward(x, prev_h, Wx, Wh, b, *, reset_after=False):
    """One step of a GRU on a minibatch.

    Args:
        x (N, D): inputs of this step.
        prev_h (N, H): states after the previous step.
        Wx (D, 3H), Wh (H, 3H), b (3H,): parameters; their columns stand in three blocks, for r, z, n.
        reset_after: whether r acts after the product of the state with its weights, or before it.

    Returns:
        next_h (N, H): states after this step.
        cache: what gru_step_backward needs.
    """
    xr, xz, xn = np.split(x @ Wx + b, 3, axis=1)
    Whr, Whz, Whn = np.split(Wh, 3, axis=1)
    r = (1 + np.tanh((xr + prev_h @ Whr) / 2)) / 2
    z = (1 + np.tanh((xz + prev_h @ Whz) / 2)) / 2
    hn = r * (prev_h @ Whn) if reset_after else (r * prev_h) @ Whn
    n = np.tanh(xn + hn)
    next_h = (1 - z) * n + z * prev_h
    cache = (x, prev_h, Wx, Wh, r, z, n, reset_after)
    return next_h, cache


# from ps2_lstm
def gru_step_backward(dnext_h, cache):
    """Backward pass of gru_step_forward, in the convention that the forward pass was called with.

    Args:
        dnext_h (N, H): gradient of the loss with respect to next_h.
        cache: from gru_step_forward.

    Returns:
        dx (N, D), dprev_h (N, H): gradients with respect to the inputs and the previous states.
        dWx (D, 3H), dWh (H, 3H), db (3H,): gradients with respect to the parameters.
    """
    x, prev_h, Wx, Wh, r, z, n, reset_after = cache
    Whr, Whz, Whn = np.split(Wh, 3, axis=1)
    dz = dnext_h * (prev_h - n)
    dan = dnext_h * (1 - z) * (1 - n**2)
    if reset_after:
        dr = dan * (prev_h @ Whn)
        via_n = (dan * r) @ Whn.T
        dWhn = prev_h.T @ (dan * r)
    else:
        reset = dan @ Whn.T  # the gradient with respect to r * prev_h
        dr = reset * prev_h
        via_n = reset * r
        dWhn = (r * prev_h).T @ dan
    dar = dr * r * (1 - r)
    daz = dz * z * (1 - z)
    dprev_h = dnext_h * z + dar @ Whr.T + daz @ Whz.T + via_n
    dWh = np.concatenate([prev_h.T @ dar, prev_h.T @ daz, dWhn], axis=1)
    da = np.concatenate([dar, daz, dan], axis=1)
    dx = da @ Wx.T
    dWx = x.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


# from ps2_lstm
def gru_forward(x, h0, Wx, Wh, b, *, reset_after=False):
    """Run a GRU over a minibatch of sequences.

    Args:
        x (N, T, D): inputs.
        h0 (N, H): initial states.
        Wx (D, 3H), Wh (H, 3H), b (3H,): parameters, the same at every step.
        reset_after: the convention, as in gru_step_forward, the same at every step.

    Returns:
        h (N, T, H): the states after every step; h0 is not included.
        cache: what gru_backward needs.
    """
    N, T, D = x.shape
    states = []
    cache = []
    h_t = h0
    for t in range(T):
        h_t, step_cache = gru_step_forward(x[:, t], h_t, Wx, Wh, b, reset_after=reset_after)
        states.append(h_t)
        cache.append(step_cache)
    h = np.stack(states, axis=1)
    return h, cache


# from ps2_lstm
def gru_backward(dh, cache):
    """Backward pass of gru_forward: backpropagation through time.

    Args:
        dh (N, T, H): gradients of the per-step losses only, as in lstm_backward.
        cache: from gru_forward.

    Returns:
        dx (N, T, D), dh0 (N, H): gradients with respect to the inputs and the initial states.
        dWx (D, 3H), dWh (H, 3H), db (3H,): gradients with respect to the parameters, summed over the steps.
    """
    N, T, H = dh.shape
    dxs = [None] * T
    dWx = dWh = db = 0
    dprev_h = np.zeros_like(dh[:, 0])
    for t in reversed(range(T)):
        dh_t = dh[:, t] + dprev_h
        dxs[t], dprev_h, dWx_t, dWh_t, db_t = gru_step_backward(dh_t, cache[t])
        dWx = dWx + dWx_t
        dWh = dWh + dWh_t
        db = db + db_t
    dx = np.stack(dxs, axis=1)
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db
