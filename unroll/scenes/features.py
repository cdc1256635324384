"""Image features by a fixed featurizer: what is where, in edges and colours, computed from the pixels alone.

The raw description of an image joins
- histograms of gradient orientation, in 8 x 8 cells of the image and in 4 x 4 cells of the image at half size;
- the mean colour of 8 x 8 cells;
- how much of each of 16 reference colours 4 x 4 cells hold.
It is centred and scaled by the statistics of a calibration set of scenes, then projected to WIDTH numbers by a
fixed random matrix and scaled to about unit variance. Nothing depends on the split or its size.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

WIDTH = 512
_ORIENTATIONS = 8
_CALIBRATION = 256
_BATCH = 50  # images described at a time: their maps stay in the processor's cache
_PROJECTED = 400  # images projected at a time: waking the threads of a matrix product costs
_PROJECTION_SEED = 2014


def features_of(images: np.ndarray) -> np.ndarray:
    """Features (N, WIDTH) float32 of images (N, 64, 64, 3) uint8."""
    mean, scale, projection = _calibrated()
    out = np.empty((len(images), WIDTH), np.float32)
    for start in range(0, len(images), _PROJECTED):
        block = images[start : start + _PROJECTED]
        batches = [describe_pixels(block[i : i + _BATCH]) for i in range(0, len(block), _BATCH)]
        out[start : start + len(block)] = ((np.concatenate(batches) - mean) / scale) @ projection
    return out


def describe_pixels(images: np.ndarray) -> np.ndarray:
    """The raw description, (N, 1088) float32, of images (N, 64, 64, 3) uint8."""
    if images.ndim != 4 or images.shape[1:] != (64, 64, 3) or images.dtype != np.uint8:
        raise ValueError(f"expected images (N, 64, 64, 3) of uint8, found {images.shape} of {images.dtype}")
    rgb = images.astype(np.float32) / 255
    gray = 0.299 * rgb[..., 0] + 0.587 * rgb[..., 1] + 0.114 * rgb[..., 2]
    half = _pool(gray[..., None], 32)[..., 0]
    colour = _pool(rgb, 8)
    parts = (_orientations(gray, 8), _orientations(half, 4), colour, np.sqrt(_palette_shares(images)))
    return np.concatenate([part.reshape(len(images), -1) for part in parts], axis=1)


def _pool(maps: np.ndarray, cells: int) -> np.ndarray:
    """Means over cells x cells blocks: (N, side, side, C) -> (N, cells, cells, C)."""
    count, side, _, channels = maps.shape
    block = side // cells
    rows = maps.reshape(count, side, cells, block * channels)
    rows = rows.reshape(count, cells, block, cells, block * channels).sum(axis=2)
    return rows.reshape(count, cells, cells, block, channels).sum(axis=3) / (block * block)


def _orientations(gray: np.ndarray, cells: int) -> np.ndarray:
    """Normalised histograms of gradient orientation: (N, side, side) -> (N, cells, cells, 8).

    A gradient at angle t counts for the bin at angle k in proportion to max(0, cos 2(t - k)): an edge and its
    opposite are alike.
    """
    dx, dy = np.zeros_like(gray), np.zeros_like(gray)
    dx[:, :, 1:-1] = gray[:, :, 2:] - gray[:, :, :-2]
    dy[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
    length = np.sqrt(dx * dx + dy * dy) + 1e-6
    double = ((dx * dx - dy * dy) / length, 2 * dx * dy / length)  # length times cos 2t and sin 2t
    bins = np.empty((*gray.shape[:1], cells, cells, _ORIENTATIONS), np.float32)
    for k in range(_ORIENTATIONS):
        angle = 2 * np.pi * k / _ORIENTATIONS
        response = np.maximum(double[0] * np.float32(np.cos(angle)) + double[1] * np.float32(np.sin(angle)), 0)
        bins[..., k] = _pool(response[..., None], cells)[..., 0]
    norms = np.sqrt((bins * bins).sum(axis=-1, keepdims=True))
    return np.sqrt(bins / (norms + 0.05))


def _palette_shares(images: np.ndarray) -> np.ndarray:
    """The share of each reference colour in 4 x 4 cells: (N, 4, 4, 16)."""
    levels = (images >> 4).astype(np.intp)
    entries = (levels[..., 0] << 8) | (levels[..., 1] << 4) | levels[..., 2]
    return _pool(_palette_table()[entries], 4)


@functools.lru_cache(maxsize=1)
def _palette_table() -> np.ndarray:
    """Soft membership of each of 16 x 16 x 16 colours in the 16 reference colours, (4096, 16) float32."""
    corners = list(itertools.product((0.15, 0.85), repeat=3))
    between = [(0.5, 0.5, 0.5), (0.95, 0.55, 0.2), (0.55, 0.36, 0.22), (0.95, 0.55, 0.7)]
    between += [(0.45, 0.7, 0.35), (0.25, 0.45, 0.8), (0.5, 0.35, 0.7), (0.85, 0.72, 0.52)]
    reference = np.array(corners + between)
    colours = (np.array(list(itertools.product(range(16), repeat=3))) + 0.5) / 16
    distance = ((colours[:, None] - reference) ** 2).sum(axis=-1)
    member = np.exp(-distance / 0.03)
    return (member / (member.sum(axis=1, keepdims=True) + 1e-3)).astype(np.float32)


@functools.lru_cache(maxsize=1)
def _calibrated() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and scale of the raw description over calibration scenes, and the projection."""
    from unroll.scenes import image_at  # here, because the package imports this module's neighbours first

    raw = describe_pixels(np.stack([image_at("calibration", i) for i in range(_CALIBRATION)]))
    mean = raw.mean(axis=0)
    spread = raw.std(axis=0)
    scale = spread + np.float32(0.1) * spread.mean()  # flat entries stay small
    # RandomState, not default_rng: its stream is frozen for all versions of NumPy.
    projection = np.random.RandomState(_PROJECTION_SEED).standard_normal((raw.shape[1], WIDTH)).astype(np.float32)
    projected = ((raw - mean) / scale) @ projection
    return mean, scale, projection / projected.std()
