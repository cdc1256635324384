"""Rendered scenes with captions: a small world whose pictures and words come from the same facts.

Image `index` of a split has streams of its own, so that any image can be made again alone:

    scene_at("train", 7)      the facts
    image_at("train", 7)      (128, 128, 3) uint8
    captions_at("train", 7)   five different captions, lists of words
"""

from __future__ import annotations

import numpy as np

from unroll.scenes.captions import describe
from unroll.scenes.render import SIZE, render
from unroll.scenes.scene import Scene, Thing, draw_scene
from unroll.scenes.stream import Stream

__all__ = ["CAPTIONS", "SIZE", "Scene", "Thing", "captions_at", "image_at", "scene_at"]

CAPTIONS = 5


def scene_at(split: str, index: int) -> Scene:
    """The facts of image `index` of a split."""
    return draw_scene(Stream(f"unroll/{split}/{index}/scene"))


def image_at(split: str, index: int, scene: Scene | None = None) -> np.ndarray:
    """The picture of image `index` of a split, (128, 128, 3) uint8. scene: its facts, if at hand."""
    return render(scene or scene_at(split, index), Stream(f"unroll/{split}/{index}/pixels"))


def captions_at(split: str, index: int, scene: Scene | None = None) -> list[list[str]]:
    """Five different captions of image `index` of a split, each a list of words."""
    return describe(scene or scene_at(split, index), Stream(f"unroll/{split}/{index}/words"), CAPTIONS)
