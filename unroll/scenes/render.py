"""From a scene to pixels: where each object goes, then background, shadows, objects and weather.

Everything keeps inside the frame: what would not fit is drawn smaller.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from PIL import Image

from unroll.scenes import background as places
from unroll.scenes.pen import FRAME, PIXELS, Pen, shade
from unroll.scenes.people import HAND, SEAT
from unroll.scenes.scene import Scene, Thing
from unroll.scenes.sprites import VARIANTS, Sprite, sprite
from unroll.scenes.stream import Stream
from unroll.scenes.world import COLOURS, KINDS, SETTINGS

SIZE = FRAME * PIXELS
MARGIN = 1
_BACK = {"horse": 53, "elephant": 36, "bicycle": 50, "motorcycle": 54}  # how high a rider sits, in units from the top
_SCALES = {"small": 0.68, "normal": 1.0, "large": 1.25}


@dataclass
class Placed:
    """A sprite and where its left and bottom edges are, in steps of the frame."""

    sprite: Sprite
    left: float
    bottom: float
    shadow: bool = True


class _Painter:
    """Where things are placed for one image."""

    def __init__(self, scene: Scene, stream: Stream):
        self.scene = scene
        self.stream = stream
        self.setting = SETTINGS[scene.setting]
        self.light = places.light_of(scene.time, scene.weather)
        self.placed: list[Placed] = []

    def sprite(self, thing: Thing, size: float, flip: bool = False) -> Sprite:
        variant = self.stream.integer(0, VARIANTS - 1)
        return sprite(thing.kind, thing.colour, max(8, round(size)), thing.pose, variant, self.light, flip)

    def size(self, thing: Thing) -> int:
        """A size in steps. It comes in few values, so that sprites are drawn once and used often."""
        step = self.stream.pick([0.94, 1.0, 1.06])
        return min(50, round(KINDS[thing.kind].size * _SCALES[thing.size] * step))

    def floor(self, thing: Thing) -> int:
        """A baseline for a thing, by where it belongs: ground, water, wall or air."""
        if thing.pose == "floating":
            return self.stream.integer(*self.setting.shore)
        if KINDS[thing.kind].family == "wall":
            return self.stream.integer(22, 26)
        if thing.pose == "flying":
            return self.stream.integer(21, 27)
        if KINDS[thing.kind].family == "flyer":  # a balloon or kite at rest
            return self.stream.integer(28, 38)
        return self.stream.integer(*self.setting.floor)

    def _second_row(self, thing: Thing, bottom: float, gap: float) -> tuple[float, float]:
        """How far a second row is behind the first, and the first row's baseline, on ground or water."""
        if thing.pose == "floating":
            low, high = self.setting.shore
        elif thing.pose == "flying" or KINDS[thing.kind].family == "flyer":
            return gap, bottom
        else:
            low, high = self.setting.back, self.setting.floor[1]
        gap = min(gap, high - low)
        return gap, max(bottom, low + gap)

    def put(self, picture: Sprite, centre: float, bottom: float, shadow: bool = True) -> Placed:
        """Place a sprite by the middle of its lower edge, moved inside the frame where needed."""
        left = min(max(centre - picture.width / 2, MARGIN), FRAME - MARGIN - picture.width)
        bottom = max(min(bottom, FRAME - MARGIN), MARGIN + picture.height)
        place = Placed(picture, left, bottom, shadow)
        self.placed.append(place)
        return place

    def row(self, thing: Thing, low: float, high: float, bottom: float, room: float = FRAME):
        """All objects of a thing between two sides; four and more stand in two rows. room: height available."""
        on_ground = thing.pose not in ("flying", "floating") and KINDS[thing.kind].family not in ("wall", "flyer")
        ranks = [thing.count] if thing.count < 4 else [thing.count // 2, thing.count - thing.count // 2]
        size = min(self.size(thing), room, 1.0 * (high - low) / max(ranks))
        gap = 0.0
        if len(ranks) == 2:
            size = min(size, 18)
            gap, bottom = self._second_row(thing, bottom, round(size * (0.6 if on_ground else 0.8)))
        for rank, number in enumerate(ranks):
            behind = gap if len(ranks) == 2 and rank == 0 else 0
            flip = self.stream.chance(0.5)
            step = min((high - low) / number, size * 1.3)
            middle = (low + high) / 2
            if number == 1 or step * number < high - low:
                slack = (high - low - step * number) / 2
                middle += self.stream.uniform(-slack, slack)
            if behind and thing.count % 2 == 0:  # the front row does not hide the back row
                middle += step / 2
            for i in range(number):
                centre = middle + (i - (number - 1) / 2) * step
                lift = self.stream.integer(-1, 1) if thing.count > 1 else 0
                self.put(self.sprite(thing, size, flip), centre, bottom - behind + lift, on_ground)


def _alone(painter: _Painter):
    thing = painter.scene.things[0]
    painter.row(thing, 4, 60, painter.floor(thing))


def _beside(painter: _Painter):
    first, second = painter.scene.things
    sides = [(2, 31), (33, 62)]
    if painter.scene.relation == "right of":
        sides.reverse()
    bottom = painter.floor(first)
    painter.row(second, *sides[1], bottom + painter.stream.integer(-2, 1))
    painter.row(first, *sides[0], bottom)


def _between(painter: _Painter):
    middle, left, right = painter.scene.things
    bottom = painter.floor(middle)
    for thing, low, high in ((left, 2, 21), (right, 43, 62), (middle, 22, 42)):
        painter.row(thing, low, high, bottom + painter.stream.integer(-1, 1))


def _above(painter: _Painter):
    flyers, below = painter.scene.things
    bottom = painter.stream.integer(19, 22)
    size = min(painter.size(below), 36)
    picture = painter.sprite(below, size, painter.stream.chance(0.5))
    floor = SETTINGS[painter.scene.setting].floor[1] if size > 30 else painter.floor(below)
    painter.put(picture, painter.stream.uniform(16, 48), floor)
    painter.row(flyers, 4, 60, bottom, room=24 if flyers.count == 1 else 19)


def _holding(painter: _Painter):
    person, held = painter.scene.things
    size = painter.size(person)
    floor = painter.floor(person)
    figure = painter.sprite(person, size)
    place = painter.put(figure, painter.stream.uniform(18, 32), floor)
    hand = HAND[person.kind]
    x = place.left - figure.left + hand[0] * size / 100
    y = place.bottom - size + hand[1] * size / 100
    wanted = painter.size(held)
    if held.kind in ("umbrella", "balloon"):
        lower_edge, centre = y + 1, x
        if held.kind == "umbrella":
            wanted, lower_edge = 22, y + 3
    elif held.kind == "kite":
        lower_edge, centre = y - painter.stream.uniform(3, 8), x + painter.stream.uniform(6, 14)
    else:
        wanted, lower_edge, centre = min(wanted, 13), y + 2, x + 2
    painter.put(painter.sprite(held, wanted), centre, lower_edge, shadow=False)


def _riding(painter: _Painter):
    rider, mount = painter.scene.things
    size = painter.size(mount)
    picture = painter.sprite(mount, size)
    place = painter.put(picture, painter.stream.uniform(20, 44), painter.floor(mount))
    back = place.bottom - size + _BACK[mount.kind] * size / 100
    height = 25 if rider.kind in ("man", "woman") else 22
    figure = painter.sprite(rider, height)
    seat = back + (100 - SEAT) * height / 100
    middle = place.left - picture.left + size * 0.4
    painter.put(figure, middle, seat, shadow=False)


def _on(painter: _Painter):
    *items, table = painter.scene.things
    size = painter.size(table)
    picture = painter.sprite(table, size)
    place = painter.put(picture, painter.stream.uniform(28, 36), 62)
    surface = place.bottom - picture.height + 1
    each = [item for item in items for _ in range(item.count)]
    step = min(18, (size - 4) / len(each))
    middle = place.left + picture.width / 2
    for i, item in enumerate(each):
        centre = middle + (i - (len(each) - 1) / 2) * step
        painter.put(painter.sprite(item, min(painter.size(item), step + 3)), centre, surface + 1, shadow=False)


def _in_front(painter: _Painter):
    first, behind = painter.scene.things
    floor = SETTINGS[painter.scene.setting].floor[0]
    back = painter.put(painter.sprite(behind, painter.size(behind)), painter.stream.uniform(24, 40), floor - 2)
    middle = back.left + back.sprite.width / 2
    offset = painter.stream.pick([-1, 1]) * painter.stream.uniform(3, 10)
    size = min(painter.size(first), 26)
    painter.put(painter.sprite(first, size, painter.stream.chance(0.5)), middle + offset, floor + 6)


_ARRANGE = {
    "alone": _alone,
    "left of": _beside,
    "right of": _beside,
    "between": _between,
    "above": _above,
    "holding": _holding,
    "riding": _riding,
    "on": _on,
    "in front of": _in_front,
}


def arrange(scene: Scene, stream: Stream) -> list[Placed]:
    """Where everything in a scene goes, from back to front."""
    painter = _Painter(scene, stream)
    _ARRANGE[scene.relation](painter)
    return painter.placed


def render(scene: Scene, stream: Stream) -> np.ndarray:
    """The picture of a scene: (128, 128, 3) uint8."""
    light = places.light_of(scene.time, scene.weather)
    whole = places.background(scene.setting, light, stream.integer(0, places.VARIANTS - 1))
    left = stream.integer(0, whole.width - SIZE)
    image = whole.crop((left, 0, left + SIZE, SIZE))
    if stream.chance(0.5):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    placed = arrange(scene, stream)
    for place in placed:
        if place.shadow:
            dark = _shadow(round(place.sprite.width))
            image.paste(dark, _pixels(place.left - 1, place.bottom - 2), dark)
    for place in placed:
        corner = _pixels(place.left, place.bottom - place.sprite.height)
        image.paste(place.sprite.image, corner, place.sprite.image)
    if scene.relation == "holding" and scene.things[1].kind == "kite":
        _string(image, placed)
    if scene.weather in ("rain", "snowfall"):
        falling = _falling(scene.weather, stream.integer(0, 7))
        image.paste(falling, (0, 0), falling)
    return _exposed(image, stream)


def _pixels(x: float, y: float) -> tuple[int, int]:
    return round(x * PIXELS), round(y * PIXELS)


def _string(image: Image.Image, placed: list[Placed]):
    """The string from a raised hand to a kite."""
    person, kite = placed
    pen = Pen(FRAME, FRAME, 1)
    hand = (person.left + person.sprite.width - 1, person.bottom - person.sprite.height * 0.7)
    pen.line([hand, (kite.left + kite.sprite.width * 0.55, kite.bottom - 1)], (120, 120, 126), 0.5)
    drawn = pen.reduced()
    image.paste(drawn, (0, 0), drawn)


@functools.cache
def _shadow(width: int) -> Image.Image:
    pen = Pen(width + 2, 4, 1)
    pen.ellipse(0, 0.3, width + 2, 3.7, (20, 24, 30))
    image = pen.reduced()
    alpha = image.getchannel("A").point(lambda value: value * 3 // 10)
    image.putalpha(alpha)
    return image


@functools.cache
def _falling(weather: str, variant: int) -> Image.Image:
    """Rain or snow on a transparent ground."""
    stream = Stream(f"unroll/{weather}/{variant}")
    pen = Pen(FRAME, FRAME, 1)
    for _ in range(34):
        x, y = stream.uniform(0, FRAME), stream.uniform(-3, FRAME)
        if weather == "rain":
            pen.line([(x, y), (x - 1.2, y + 4)], shade(COLOURS["blue"], 1.66), 0.55)
        else:
            pen.disc(x, y, stream.uniform(0.5, 1.0), (255, 255, 255))
    return pen.reduced()


def _exposed(image: Image.Image, stream: Stream) -> np.ndarray:
    """Pixels with a slight change of exposure, as cameras differ."""
    return _gain_table(stream.pick([0.94, 0.97, 1.0, 1.03]))[np.asarray(image)]


@functools.cache
def _gain_table(gain: float) -> np.ndarray:
    return np.minimum(np.rint(np.arange(256) * gain), 255).astype(np.uint8)
