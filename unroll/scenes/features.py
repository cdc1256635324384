"""Image features by a fixed featurizer: a small convolutional network, and principal axes, computed in NumPy.

An image is halved to 64 x 64 and goes through four convolutions with ReLU:

    5 x 5, stride 2, 32 channels -> 3 x 3, stride 2, 64 -> 3 x 3, 96, largest of 2 x 2 -> 3 x 3, 160

What remains, (4, 4, 160), is pooled three ways (largest, mean, largest of each quarter) to 960 numbers, and these are
projected on the 512 principal axes of such numbers. The weights are in `featurizer.npz`, in half precision;
`bench/train_featurizer.py` made them, from scenes that are neither in train nor in val. Nothing is fitted when a data
set is built, so features do not depend on its size.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).with_name("featurizer.npz")
RAW_WIDTH = 960
WIDTH = 512
_SIDE = 64  # of the images that the network sees
_STRIDES = (2, 2, 1, 1)
_POOLED = 2  # the convolution after which the largest of 2 x 2 is taken
_BATCH = 50  # images at a time: what lies between stays in the processor's cache


def features_of(images: np.ndarray) -> np.ndarray:
    """Features (N, 512) float32 of images (N, 128, 128, 3) uint8. Their root mean square is about one."""
    return principal(raw_features(images))


def raw_features(images: np.ndarray) -> np.ndarray:
    """The pooled activations, (N, 960) float32, of images (N, 128, 128, 3) uint8."""
    if images.ndim != 4 or images.shape[1:] != (2 * _SIDE, 2 * _SIDE, 3) or images.dtype != np.uint8:
        raise ValueError(f"expected images (N, 128, 128, 3) of uint8, found {images.shape} of {images.dtype}")
    return activations(halved(images), _weights())


def principal(raw: np.ndarray) -> np.ndarray:
    """Raw features (N, 960) on the principal axes, (N, 512) float32."""
    weights = _weights()
    return (raw - weights["mean"]) @ weights["axes"]


def halved(images: np.ndarray) -> np.ndarray:
    """Means over 2 x 2 pixels: (N, 2 side, 2 side, 3) -> (N, side, side, 3) float32, from 0 to 255."""
    rows = images[:, ::2].astype(np.float32) + images[:, 1::2]
    return (rows[:, :, ::2] + rows[:, :, 1::2]) / 4


def activations(images: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    """What the network's last layer holds, pooled: (N, 64, 64, 3) from 0 to 255 -> (N, 960) float32.

    weights: kernel0..3 (side, side, channels in, channels out) and bias0..3 (channels out,).
    """
    weights = {name: array.astype(np.float32, copy=False) for name, array in weights.items()}
    out = np.empty((len(images), RAW_WIDTH), np.float32)
    for start in range(0, len(images), _BATCH):
        maps = images[start : start + _BATCH].astype(np.float32) / 255 - np.float32(0.5)
        for i, stride in enumerate(_STRIDES):
            maps = _convolved(maps, weights[f"kernel{i}"], weights[f"bias{i}"], stride)
            if i == _POOLED:
                maps = _largest(maps, 2)
        quarters = _largest(maps, maps.shape[1] // 2)
        pooled = (maps.max(axis=(1, 2)), maps.mean(axis=(1, 2)), quarters.reshape(len(maps), -1))
        out[start : start + len(maps)] = np.concatenate(pooled, axis=1)
    return out


def _convolved(maps: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """ReLU of a convolution without padding: (N, side, side, C) -> (N, smaller, smaller, channels out)."""
    size = kernel.shape[0]
    windows = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    count, height, width = windows.shape[:3]
    columns = windows.transpose(0, 1, 2, 4, 5, 3).reshape(count * height * width, -1)
    sums = columns @ kernel.reshape(-1, kernel.shape[3])
    sums += bias
    return np.maximum(sums, 0, out=sums).reshape(count, height, width, -1)


def _largest(maps: np.ndarray, block: int) -> np.ndarray:
    """The largest of block x block: (N, side, side, C) -> (N, side / block, side / block, C)."""
    count, side, _, channels = maps.shape
    cells = side // block
    return maps.reshape(count, cells, block, cells, block, channels).max(axis=(2, 4))


@functools.cache
def _weights() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS) as file:
        return {name: file[name].astype(np.float32) for name in file}
