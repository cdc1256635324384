"""A pen that draws on a square of 100 x 100 units, y downwards, and is reduced to pixels without jagged edges.

A picture is a frame of FRAME x FRAME steps, in which everything is placed; a step is PIXELS pixels.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

FRAME = 64
PIXELS = 2
OVERSAMPLE = 4
Colour = tuple[int, int, int]
Points = list[tuple[float, float]]

INK = (34, 34, 40)
PAPER = (248, 248, 246)
GLASS = (184, 220, 240)
METAL = (176, 180, 186)
WOOD = (122, 82, 50)


def shade(colour: Colour, factor: float) -> Colour:
    """Darker for a factor below 1, towards white above 1 (2 is white)."""
    if factor <= 1:
        red, green, blue = (int(value * factor) for value in colour)
    else:
        red, green, blue = (int(value + (255 - value) * (factor - 1)) for value in colour)
    return red, green, blue


class Pen:
    """Draws in units of which the caller says how long they are.

    width, height: the canvas in steps of the frame. unit: steps per unit.
    """

    def __init__(self, width: int, height: int, unit: float):
        self._scale = unit * PIXELS * OVERSAMPLE
        size = (width * PIXELS * OVERSAMPLE, height * PIXELS * OVERSAMPLE)
        self.image = Image.new("RGBA", size, (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.image)

    def reduced(self) -> Image.Image:
        """The picture at its final size."""
        return self.image.reduce(OVERSAMPLE)

    def _box(self, x0, y0, x1, y1):
        return [value * self._scale for value in (x0, y0, x1, y1)]

    def ellipse(self, x0, y0, x1, y1, colour: Colour):
        self._draw.ellipse(self._box(x0, y0, x1, y1), fill=colour)

    def disc(self, x, y, radius, colour: Colour):
        self.ellipse(x - radius, y - radius, x + radius, y + radius, colour)

    def ring(self, x, y, radius, colour: Colour, width):
        box = self._box(x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse(box, outline=colour, width=max(1, round(width * self._scale)))

    def rectangle(self, x0, y0, x1, y1, colour: Colour, radius=0):
        self._draw.rounded_rectangle(self._box(x0, y0, x1, y1), radius=radius * self._scale, fill=colour)

    def polygon(self, points: Points, colour: Colour):
        self._draw.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=colour)

    def line(self, points: Points, colour: Colour, width):
        """A line with round ends and corners."""
        scaled = [(x * self._scale, y * self._scale) for x, y in points]
        self._draw.line(scaled, fill=colour, width=max(1, round(width * self._scale)), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, colour)

    def arc(self, x0, y0, x1, y1, start, end, colour: Colour, width):
        """Angles in degrees, clockwise from three o'clock."""
        self._draw.arc(self._box(x0, y0, x1, y1), start, end, fill=colour, width=max(1, round(width * self._scale)))

    def pie(self, x0, y0, x1, y1, start, end, colour: Colour):
        self._draw.pieslice(self._box(x0, y0, x1, y1), start, end, fill=colour)

    def chord(self, x0, y0, x1, y1, start, end, colour: Colour):
        self._draw.chord(self._box(x0, y0, x1, y1), start, end, fill=colour)
