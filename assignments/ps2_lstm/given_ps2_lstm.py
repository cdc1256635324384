"""What earlier problem sets taught and ps2_lstm needs: one solution of many, to read and to use."""

import numpy as np


# from ps1_rnn
def word_embedding_forward(x, W):
    """Look up the vector of every word.

    Args:
        x (N, T): words, integers in [0, V).
        W (V, D): the table of word vectors.

    Returns:
        out (N, T, D): out[n, t] is the vector of word x[n, t].
        cache: what word_embedding_backward needs.
    """
    out = W[x]
    cache = (x, W.shape)
    return out, cache


# from ps1_rnn
def word_embedding_backward(dout, cache):
    """Backward pass of word_embedding_forward. Words are integers, so only the table has a gradient.

    Args:
        dout (N, T, D): gradient with respect to the word vectors.
        cache: from word_embedding_forward.

    Returns:
        dW (V, D): gradient with respect to the table.
    """
    x, shape = cache
    dW = np.zeros(shape, dtype=dout.dtype)
    np.add.at(dW, x, dout)  # unlike dW[x] += dout, it adds once for every occurrence of a word
    return dW


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
