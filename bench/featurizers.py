"""Other ways to describe a picture in 512 numbers, to compare the shipped featurizer with.

Each takes images (N, 128, 128, 3) uint8 and gives raw features (N, D) float32; `on_principal_axes` reduces them to 512
with the axes of the training images.
"""

from __future__ import annotations

import numpy as np

from unroll.scenes import features

_ORIENTATIONS = 8


def pixels(images: np.ndarray) -> np.ndarray:
    """Mean colours of 16 x 16 cells."""
    return _means(images, 16).reshape(len(images), -1)


def gradients(images: np.ndarray) -> np.ndarray:
    """Histograms of gradient orientation in 8 x 8 cells, and mean colours of 8 x 8 cells (Dalal & Triggs 2005)."""
    gray = features.halved(images) @ np.float32([0.299, 0.587, 0.114])
    dx, dy = np.zeros_like(gray), np.zeros_like(gray)
    dx[:, :, 1:-1] = gray[:, :, 2:] - gray[:, :, :-2]
    dy[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
    length, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    bins = [
        _means((length * np.maximum(np.cos(2 * (angle - np.pi * k / _ORIENTATIONS)), 0))[..., None], 8)
        for k in range(_ORIENTATIONS)
    ]
    histograms = np.concatenate(bins, axis=-1)
    norms = np.linalg.norm(histograms, axis=-1, keepdims=True)
    colours = _means(images, 8) / 255
    parts = (np.sqrt(histograms / (norms + 10)), colours)
    return np.concatenate([part.reshape(len(images), -1) for part in parts], axis=1)


def untrained(images: np.ndarray) -> np.ndarray:
    """The shipped network's shape with random weights: what its training is worth."""
    rng = np.random.default_rng(0)
    sides, channels = (5, 3, 3, 3), (3, 32, 64, 96, 160)
    weights = {}
    for i, side in enumerate(sides):
        shape = (side, side, channels[i], channels[i + 1])
        weights[f"kernel{i}"] = (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:3]))).astype(np.float32)
        weights[f"bias{i}"] = np.zeros(shape[3], np.float32)
    return features.activations(features.halved(images), weights)


def on_principal_axes(train: np.ndarray, *others: np.ndarray, width: int = 512) -> list[np.ndarray]:
    """Raw features on the first axes of the training features, root mean square one."""
    mean = train.mean(axis=0)
    centred = (train - mean).astype(np.float64)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :width]
    scale = np.sqrt(((centred @ axes) ** 2).mean())
    return [((raw - mean) @ (axes / scale)).astype(np.float32) for raw in (train, *others)]


def _means(maps: np.ndarray, cells: int) -> np.ndarray:
    """Means over blocks: (N, side, side, C) -> (N, cells, cells, C)."""
    count, side, _, channels = maps.shape
    block = side // cells
    return maps.reshape(count, cells, block, cells, block, channels).mean(axis=(2, 4), dtype=np.float32)
