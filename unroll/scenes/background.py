"""Places without anything in them: a band of sky (or a wall), ground, and what makes the place recognisable.

Every background is a little wider than an image, so that crops of it differ.
"""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image

from unroll.scenes.pen import FRAME, GLASS, INK, PAPER, PIXELS, WOOD, Pen, shade
from unroll.scenes.sprites import lit
from unroll.scenes.stream import Stream

SIZE = FRAME
WIDTH = 96
VARIANTS = 5

_SKIES = {  # colours at the top and at the horizon
    "day": ((112, 180, 240), (214, 236, 250)),
    "dull": ((160, 174, 190), (214, 220, 226)),
    "sunset": ((226, 124, 104), (255, 214, 148)),
    "night": ((16, 20, 58), (56, 66, 120)),
}
_LEAVES = (70, 140, 76)
_HORIZONS = {"beach": 24, "lake": 22, "street": 34}  # others 30


def light_of(time: str, weather: str) -> str:
    """The light (a key of `sprites.LIGHTS`) at a time and in a weather; "" indoors."""
    return "dull" if time == "day" and weather != "clear" else time


@functools.cache
def background(setting: str, light: str, variant: int) -> Image.Image:
    """An RGB image of WIDTH x SIZE steps."""
    stream = Stream(f"unroll/background/{setting}/{light}/{variant}")
    if not light:
        pen = Pen(WIDTH, SIZE, 1)
        _INDOORS[setting](pen, stream)
        return pen.reduced().convert("RGB")
    horizon = _HORIZONS.get(setting, 30)
    sky = _sky(light, horizon, stream)
    land = Pen(WIDTH, SIZE, 1)
    _OUTDOORS[setting](land, stream, horizon, light)
    ground = lit(land.reduced(), light)
    sky.paste(ground, (0, 0), ground)
    return sky


def _gradient(top, bottom, height: int) -> Image.Image:
    steps = np.linspace(0, 1, height * PIXELS)[:, None, None]
    colours = np.array(top) * (1 - steps) + np.array(bottom) * steps
    return Image.fromarray(np.broadcast_to(colours, (height * PIXELS, WIDTH * PIXELS, 3)).astype(np.uint8))


def _sky(light: str, horizon: int, stream: Stream) -> Image.Image:
    """Sky with sun, moon, stars or clouds."""
    image = Image.new("RGB", (WIDTH * PIXELS, SIZE * PIXELS))
    image.paste(_gradient(*_SKIES[light], horizon + 6), (0, 0))
    pen = Pen(WIDTH, SIZE, 1)
    if light == "night":
        for _ in range(40):
            pen.disc(stream.uniform(0, WIDTH), stream.uniform(0, horizon - 4), stream.uniform(0.2, 0.5), PAPER)
        x, y = stream.uniform(10, WIDTH - 10), stream.uniform(6, 10)
        pen.disc(x, y, 4.5, (250, 246, 220))
        pen.disc(x - 1, y - 1, 1.2, (226, 222, 196))
    elif light == "sunset":
        x = stream.uniform(10, WIDTH - 10)
        pen.disc(x, horizon - 5, 7.5, (255, 206, 120))
        pen.disc(x, horizon - 5, 6, (255, 150, 84))
    elif light == "day":
        pen.disc(stream.uniform(8, WIDTH - 8), stream.uniform(6, 10), 4.5, (255, 228, 120))
    cloud = {"day": PAPER, "dull": (236, 240, 244), "sunset": (255, 190, 150), "night": (70, 78, 128)}[light]
    for _ in range(stream.integer(4, 6) if light == "dull" else stream.integer(1, 3)):
        _cloud(pen, stream.uniform(-4, WIDTH - 12), stream.uniform(4, 14), cloud)
    drawn = pen.reduced()
    image.paste(drawn, (0, 0), drawn)
    return image


def _cloud(pen: Pen, x, y, colour):
    for dx, dy, width in ((0, 2.5, 10), (5, 0, 11), (11, 2, 10)):
        pen.ellipse(x + dx, y + dy, x + dx + width, y + dy + 5.5, colour)


def _speckle(pen: Pen, stream: Stream, top, colour, count, length):
    """Short strokes on the ground: grass, ripples, pebbles."""
    for _ in range(count):
        x, y = stream.uniform(0, WIDTH), stream.uniform(top, SIZE)
        pen.line([(x, y), (x + length, y)], colour, 0.6)


def _grass(pen: Pen, stream: Stream, top, colour):
    pen.rectangle(0, top, WIDTH, SIZE, colour)
    for _ in range(46):
        x, y = stream.uniform(0, WIDTH), stream.uniform(top + 3, SIZE)
        pen.line([(x, y), (x + stream.uniform(-0.7, 0.7), y - 2)], shade(colour, 0.82), 0.6)


def _fir(pen: Pen, x, base, height, tip):
    for part, half in ((0.0, 0.2), (0.3, 0.3), (0.55, 0.38)):
        y = base - height * (1 - part)
        edge = [(x, y), (x + half * height, y + 0.45 * height), (x - half * height, y + 0.45 * height)]
        pen.polygon(edge, (56, 108, 88))
        reach, depth = half * height * 0.4, 0.18 * height
        pen.polygon([(x, y), (x + reach, y + depth), (x - reach, y + depth)], tip)


def _hills(pen: Pen, stream: Stream, horizon, colour, height):
    for _ in range(4):
        x, half = stream.uniform(0, WIDTH), stream.uniform(18, 34)
        pen.ellipse(x - half, horizon - stream.uniform(0.4, 1) * height, x + half, horizon + 20, colour)


def _beach(pen, stream, horizon, light):
    pen.rectangle(0, horizon, WIDTH, 40, (64, 148, 200))
    pen.rectangle(0, horizon, WIDTH, horizon + 3, (50, 126, 184))
    for _ in range(12):
        x, y = stream.uniform(0, WIDTH), stream.uniform(horizon + 3, 36)
        pen.line([(x, y), (x + 5, y)], (120, 188, 224), 0.6)
    pen.rectangle(0, 40, WIDTH, SIZE, (240, 216, 162))
    for x in range(-8, WIDTH, 16):
        shift = stream.uniform(0, 5)
        pen.ellipse(x + shift, 37, x + 18 + shift, 41.5, (236, 246, 250))
    _speckle(pen, stream, 44, (222, 194, 138), 26, 1)


def _field(pen, stream, horizon, light):
    _hills(pen, stream, horizon + 2, (142, 192, 106), 8)
    _grass(pen, stream, horizon + 2, (116, 182, 88))
    for _ in range(10):
        pen.disc(stream.uniform(0, WIDTH), stream.uniform(horizon + 6, SIZE), 0.6, stream.pick([PAPER, (250, 220, 90)]))


def _street(pen, stream, horizon, light):
    lit_window = (255, 255, 190) if light == "night" else (200, 224, 240)
    x = -stream.uniform(0, 8)
    while x < WIDTH:
        width, height = stream.uniform(10, 17), stream.uniform(10, 25)
        wall = stream.pick([(186, 140, 124), (150, 160, 178), (204, 190, 164), (170, 130, 116), (176, 178, 172)])
        pen.rectangle(x, horizon - height, x + width - 0.7, horizon, wall)
        for row in range(int(height // 5)):
            for column in range(int((width - 2) // 4)):
                left, top = x + 1.8 + 4 * column, horizon - height + 2 + 5 * row
                pen.rectangle(left, top, left + 2, top + 2.6, lit_window)
        x += width
    pen.rectangle(0, horizon, WIDTH, horizon + 8, (192, 190, 186))
    pen.rectangle(0, horizon + 8, WIDTH, horizon + 9.2, (150, 150, 150))
    pen.rectangle(0, horizon + 9.2, WIDTH, SIZE, (108, 110, 118))
    for x in range(-stream.integer(0, 12), WIDTH, 16):
        pen.rectangle(x, 52.4, x + 8, 53.8, (240, 226, 150))


def _snow(pen, stream, horizon, light):
    _hills(pen, stream, horizon + 2, (220, 232, 244), 6)
    pen.rectangle(0, horizon + 2, WIDTH, SIZE, (236, 242, 249))
    for _ in range(7):
        _fir(pen, stream.uniform(0, WIDTH), horizon + 4, stream.uniform(9, 15), PAPER)
    _speckle(pen, stream, horizon + 8, (214, 226, 240), 26, 3)


def _desert(pen, stream, horizon, light):
    for colour in ((222, 170, 104), (232, 186, 120)):
        peak, height = stream.uniform(10, WIDTH - 10), stream.uniform(5, 10)
        pen.polygon([(peak - 50, horizon + 3), (peak, horizon - height), (peak + 60, horizon + 3)], colour)
    pen.rectangle(0, horizon + 2, WIDTH, SIZE, (238, 194, 124))
    for _ in range(9):
        x, y = stream.uniform(-10, WIDTH), stream.uniform(horizon + 6, SIZE)
        pen.arc(x, y, x + 22, y + 6, 200, 340, (220, 172, 104), 0.8)
    for _ in range(3):
        x, y = stream.uniform(4, WIDTH - 4), horizon + 5
        green = (92, 142, 84)
        pen.line([(x, y), (x, y - 8)], green, 2)
        pen.line([(x, y - 3), (x + 3, y - 3), (x + 3, y - 6)], green, 1.3)
        pen.line([(x, y - 2), (x - 3, y - 2), (x - 3, y - 5)], green, 1.3)


def _park(pen, stream, horizon, light):
    for _ in range(9):
        x, radius = stream.uniform(0, WIDTH), stream.uniform(4, 6.5)
        pen.rectangle(x - 0.8, horizon - 6, x + 0.8, horizon + 3, (112, 82, 56))
        pen.disc(x, horizon - 7, radius, shade(_LEAVES, stream.uniform(0.85, 1.2)))
    _grass(pen, stream, horizon + 2, (132, 194, 104))
    x = stream.uniform(36, 60)
    pen.polygon([(x - 4, horizon + 2), (x + 2, horizon + 2), (x + 22, SIZE), (x - 16, SIZE)], (224, 208, 172))


def _mountains(pen, stream, horizon, light):
    x = -stream.uniform(4, 20)
    while x < WIDTH:
        width, height = stream.uniform(30, 44), stream.uniform(15, 24)
        rock = stream.pick([(128, 130, 152), (112, 114, 138), (142, 140, 158)])
        top = horizon + 2 - height
        pen.polygon([(x, horizon + 2), (x + width / 2, top), (x + width, horizon + 2)], rock)
        side = width * 0.16
        pen.polygon(
            [
                (x + width / 2 - side, top + height * 0.32),
                (x + width / 2, top),
                (x + width / 2 + side, top + height * 0.32),
                (x + width / 2, top + height * 0.24),
            ],
            PAPER,
        )
        x += width * 0.6
    _grass(pen, stream, horizon + 2, (140, 176, 108))
    for _ in range(5):
        _fir(pen, stream.uniform(0, WIDTH), horizon + 4, stream.uniform(5, 8), (70, 126, 100))


def _lake(pen, stream, horizon, light):
    _hills(pen, stream, horizon + 1, (126, 168, 120), 7)
    pen.rectangle(0, horizon, WIDTH, 48, (92, 160, 206))
    pen.rectangle(0, horizon - 1, WIDTH, horizon + 1, (96, 146, 92))
    for _ in range(22):
        x, y = stream.uniform(0, WIDTH), stream.uniform(horizon + 3, 46)
        pen.line([(x, y), (x + 5, y)], (150, 204, 232), 0.6)
    _grass(pen, stream, 48, (126, 182, 96))
    for x in range(-6, WIDTH, 14):
        pen.ellipse(x, 46.2, x + 16, 51, (126, 182, 96))
    for _ in range(5):
        x = stream.uniform(0, WIDTH)
        for dx in (0, 1.3, 2.6):
            pen.line([(x + dx, 49), (x + dx * 1.2, 44)], (84, 138, 74), 0.7)


def _farm(pen, stream, horizon, light):
    _hills(pen, stream, horizon + 1, (170, 196, 110), 5)
    _grass(pen, stream, horizon + 2, (168, 190, 100))
    x = stream.uniform(16, 60)
    pen.rectangle(x, horizon - 11, x + 18, horizon + 3, (184, 60, 52))
    pen.polygon(
        [(x - 2, horizon - 10), (x + 4, horizon - 16), (x + 14, horizon - 16), (x + 20, horizon - 10)], (120, 76, 66)
    )
    pen.rectangle(x + 6, horizon - 6, x + 12, horizon + 3, PAPER)
    pen.line([(x + 6, horizon - 6), (x + 12, horizon + 3)], (184, 60, 52), 0.8)
    for y in (horizon + 5, horizon + 9):
        pen.rectangle(0, y, WIDTH, y + 1.4, (168, 128, 90))
    for post in range(stream.integer(0, 8), WIDTH, 11):
        pen.rectangle(post, horizon + 3, post + 1.8, horizon + 13, (146, 108, 74))


def _window(pen, x, y, width, height):
    pen.rectangle(x, y, x + width, y + height, PAPER)
    pen.rectangle(x + 1.5, y + 1.5, x + width - 1.5, y + height - 1.5, GLASS)
    pen.rectangle(x + width / 2 - 0.6, y, x + width / 2 + 0.6, y + height, PAPER)


def _kitchen(pen, stream):
    pen.rectangle(0, 0, WIDTH, 46, (238, 242, 238))
    for x in range(0, WIDTH, 7):
        pen.rectangle(x, 14, x + 0.5, 30, (212, 222, 222))
    for y in range(14, 31, 5):
        pen.rectangle(0, y, WIDTH, y + 0.5, (212, 222, 222))
    pen.rectangle(0, 0, WIDTH, 10, (196, 214, 206))
    pen.rectangle(0, 30, WIDTH, 33, (128, 124, 124))
    pen.rectangle(0, 33, WIDTH, 46, (196, 214, 206))
    for x in range(stream.integer(0, 14), WIDTH, 15):
        pen.rectangle(x, 0, x + 0.7, 10, (156, 178, 170))
        pen.rectangle(x, 33, x + 0.7, 46, (156, 178, 170))
        pen.disc(x - 2.5, 37, 0.7, (120, 130, 128))
    x = stream.uniform(8, 66)
    pen.rectangle(x, 27, x + 14, 46, (214, 216, 220), radius=1)
    pen.rectangle(x + 2, 36, x + 12, 44, (84, 88, 98), radius=1)
    for dx in (3, 7, 11):
        pen.disc(x + dx, 33, 0.9, INK)
    pen.rectangle(0, 46, WIDTH, SIZE, (216, 206, 194))
    for y in (50, 56):
        pen.rectangle(0, y, WIDTH, y + 0.5, (196, 184, 172))
    for x in range(-40, WIDTH + 40, 12):
        pen.line([(x, 46), (x + (x - 48) * 0.35, 64)], (196, 184, 172), 0.5)


def _living_room(pen, stream):
    pen.rectangle(0, 0, WIDTH, 43, (244, 224, 190))
    pen.rectangle(0, 41, WIDTH, 43.5, PAPER)
    pen.rectangle(0, 43.5, WIDTH, SIZE, (186, 136, 92))
    for y in (47, 51, 55.5, 60):
        pen.rectangle(0, y, WIDTH, y + 0.5, (160, 112, 74))
    _window(pen, stream.uniform(2, 26), 7, 18, 20)
    x = stream.uniform(52, 74)
    pen.rectangle(x, 10, x + 15, 22, WOOD)
    pen.rectangle(x + 1.5, 11.5, x + 13.5, 20.5, (168, 206, 216))
    pen.polygon([(x + 1.5, 20.5), (x + 6, 14), (x + 10, 20.5)], (122, 158, 120))
    x = stream.uniform(8, 44)
    pen.ellipse(x, 50, x + 48, 63, (206, 172, 138))


def _bedroom(pen, stream):
    pen.rectangle(0, 0, WIDTH, 43, (206, 204, 236))
    for x in range(0, WIDTH, 6):
        pen.rectangle(x, 0, x + 1.6, 41, (196, 194, 228))
    pen.rectangle(0, 41, WIDTH, 43, PAPER)
    pen.rectangle(0, 43, WIDTH, SIZE, (174, 158, 180))
    _speckle(pen, stream, 45, (160, 144, 168), 30, 1)
    x = stream.uniform(6, 58)
    pen.rectangle(x, 24, x + 3, 50, WOOD, radius=1)
    pen.rectangle(x + 2, 36, x + 36, 47, (116, 158, 208), radius=2)
    pen.rectangle(x + 2, 33, x + 12, 39, PAPER, radius=2)
    pen.rectangle(x + 35, 34, x + 37.5, 50, WOOD, radius=1)
    _window(pen, (x + 44) % 70, 8, 14, 17)


_OUTDOORS = {
    "beach": _beach,
    "field": _field,
    "street": _street,
    "snow": _snow,
    "desert": _desert,
    "park": _park,
    "mountains": _mountains,
    "lake": _lake,
    "farm": _farm,
}
_INDOORS = {"kitchen": _kitchen, "living room": _living_room, "bedroom": _bedroom}
