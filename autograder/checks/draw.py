"""How inputs are drawn: parameters at random, sequences from minibatches of real captions and image features.

All arrays are float64 and O(1). Sizes are unequal, so that a transpose shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def weights(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Weights with mean 0 and standard deviation `scale`, uniform: drawing normal ones takes several times as long."""
    bound = np.sqrt(3) * scale
    return rng.uniform(-bound, bound, shape)


def rnn_parameters(rng: np.random.Generator, D: int, H: int) -> dict[str, np.ndarray]:
    """Wx (D, H), Wh (H, H) and b (H,), small enough that tanh is not saturated."""
    return {
        "Wx": weights(rng, D, H, scale=D**-0.5),
        "Wh": weights(rng, H, H, scale=H**-0.5),
        "b": 0.3 * rng.standard_normal(H),
    }


def captions(rng: np.random.Generator, data: Mapping[str, Any], N: int, T: int, first: int = 0) -> tuple:
    """N captions from the data set, words `first` to `first + T`, and their images' features.

    Returns ids (N, T) and features (N, F). Captions of one image may be drawn together, as in training.
    """
    rows = rng.integers(len(data["train_captions"]), size=N)
    ids = np.asarray(data["train_captions"])[rows, first : first + T].astype(np.int64)
    return ids, np.asarray(data["train_features"])[data["train_image_idxs"][rows]].astype(np.float64)


def embedded(rng: np.random.Generator, ids: np.ndarray, D: int) -> np.ndarray:
    """ids (N, T) as vectors (N, T, D): a random one for each word that occurs."""
    words, places = np.unique(ids, return_inverse=True)
    return rng.standard_normal((len(words), D))[places.reshape(ids.shape)]


def sequence(rng: np.random.Generator, data: Mapping[str, Any], N: int, T: int, D: int, H: int) -> dict[str, Any]:
    """Embedded captions x (N, T, D), h0 (N, H) projected from image features, and parameters."""
    ids, features = captions(rng, data, N, T)
    h0 = features @ weights(rng, features.shape[1], H)
    return {"x": embedded(rng, ids, D), "h0": 0.5 * h0 / h0.std(), **rnn_parameters(rng, D, H)}
