"""From a kind of object to a small picture of it, drawn once and kept."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from PIL import Image

from unroll.scenes import animals, birds, items, people, things, vehicles
from unroll.scenes.pen import PIXELS, Pen
from unroll.scenes.world import COLOURS, KINDS

VARIANTS = 6
LIGHTS = {  # what each channel is multiplied by
    "": (1.0, 1.0, 1.0),
    "day": (1.0, 1.0, 1.0),
    "dull": (0.88, 0.9, 0.93),
    "sunset": (1.0, 0.86, 0.78),
    "night": (0.6, 0.64, 0.82),
}
_VARIED = {"man", "woman", "boy", "girl", "tree", "traffic light", "clock"}


@dataclass(frozen=True)
class Sprite:
    """A picture cut to its content; its measures in steps of the frame. left: of the cut from the canvas's side."""

    image: Image.Image
    left: float

    @property
    def width(self) -> float:
        return self.image.width / PIXELS

    @property
    def height(self) -> float:
        return self.image.height / PIXELS


def drawing(kind: str):
    """The function that draws a kind."""
    name = kind.replace(" ", "_")
    for module in (animals, birds, people, vehicles, things, items):
        if hasattr(module, name):
            return getattr(module, name)
    raise LookupError(f"no drawing for {kind!r}: define {name}(pen, colour, pose, variant) in unroll/scenes/things.py")


def sprite(kind: str, colour: str, size: int, pose: str = "", variant: int = 0, light: str = "day", flip=False):
    """A Sprite of a kind from `world.KINDS`. size: the canvas's side in steps of the frame."""
    return _draw(kind, colour, size, pose, variant % VARIANTS if kind in _VARIED else 0, light, flip)


@functools.lru_cache(maxsize=8192)
def _draw(kind: str, colour: str, size: int, pose: str, variant: int, light: str, flip: bool) -> Sprite:
    if kind not in KINDS:
        raise LookupError(f"unknown kind {kind!r}: expected one of {', '.join(KINDS)}")
    pen = Pen(size, size, size / 100)
    drawing(kind)(pen, COLOURS[colour], pose, variant)
    image = lit(pen.reduced(), light)
    if flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    box = image.getbbox()
    assert box is not None  # every drawing leaves a mark
    left, top, right, bottom = box
    return Sprite(image.crop((left, top, right, bottom)), left / PIXELS)


def lit(image: Image.Image, light: str) -> Image.Image:
    """The image under a light of LIGHTS."""
    if LIGHTS[light] == (1.0, 1.0, 1.0):
        return image
    pixels = np.asarray(image).astype(np.float32)
    pixels[..., :3] *= LIGHTS[light]
    return Image.fromarray(pixels.astype(np.uint8))
