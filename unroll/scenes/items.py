"""Drawings of what lies on tables, on a square of 100 x 100 units, standing at 100."""

from __future__ import annotations

import math

from unroll.scenes.pen import INK, METAL, PAPER, WOOD, shade
from unroll.scenes.things import LEAF
from unroll.scenes.world import COLOURS


def vase(pen, colour, pose, variant):
    for x, y, name in ((32, 20, "red"), (68, 22, "pink"), (50, 10, "yellow")):
        pen.line([(50, 60), (x, y)], LEAF, 3)
        pen.disc(x, y, 10, COLOURS[name])
        pen.disc(x, y, 4, (252, 232, 150))
    pen.rectangle(38, 46, 62, 53, shade(colour, 0.8), radius=2)
    pen.rectangle(42, 50, 58, 64, colour)
    pen.ellipse(27, 54, 73, 100, colour)
    pen.ellipse(35, 64, 46, 80, shade(colour, 1.6))


def cup(pen, colour, pose, variant):
    pen.ring(76, 64, 17, shade(colour, 0.8), 8)
    pen.polygon([(12, 38), (78, 38), (70, 100), (20, 100)], colour)
    pen.polygon([(60, 38), (78, 38), (70, 100), (58, 100)], shade(colour, 0.86))
    pen.ellipse(12, 30, 78, 46, shade(colour, 0.76))
    pen.ellipse(18, 33, 72, 44, (96, 62, 40))


def cake(pen, colour, pose, variant):
    icing = PAPER if sum(colour) < 680 else (244, 178, 200)
    pen.ellipse(2, 88, 98, 100, (216, 218, 224))
    for x in (27, 47, 67):
        pen.rectangle(x, 20, x + 6, 44, COLOURS["blue"])
        pen.ellipse(x - 1, 8, x + 7, 21, (255, 184, 52))
    pen.rectangle(12, 46, 88, 95, colour, radius=4)
    pen.rectangle(12, 68, 88, 74, icing)
    pen.rectangle(10, 42, 90, 53, icing, radius=5)
    for x in (18, 38, 58, 78):
        pen.disc(x, 54, 6, icing)


def pizza(pen, colour, pose, variant):
    pen.ellipse(1, 34, 99, 100, (202, 146, 78))
    pen.ellipse(8, 39, 92, 94, (251, 210, 100))
    for x, y in ((28, 52), (50, 47), (70, 56), (38, 70), (60, 74), (76, 72), (24, 68)):
        pen.ellipse(x - 7, y - 5, x + 7, y + 5, COLOURS["red"])
    for x, y in ((42, 58), (60, 62), (50, 84)):
        pen.disc(x, y, 3, LEAF)


def apple(pen, colour, pose, variant):
    pen.ellipse(6, 26, 60, 98, colour)
    pen.ellipse(40, 26, 94, 98, colour)
    pen.rectangle(24, 40, 76, 98, colour, radius=20)
    pen.line([(50, 36), (54, 10)], WOOD, 5)
    pen.ellipse(55, 8, 82, 24, LEAF)
    pen.ellipse(20, 40, 34, 60, shade(colour, 1.6))


def banana(pen, colour, pose, variant):
    tip = (104, 80, 44)
    for drop, tone in ((0, shade(colour, 0.86)), (-8, colour)):
        upper = [(8 + 84 * i / 12, 40 + drop + 34 * math.sin(math.pi * i / 12)) for i in range(13)]
        lower = [(4 + 92 * i / 12, 44 + drop + 56 * math.sin(math.pi * i / 12)) for i in range(13)]
        pen.polygon(upper + lower[::-1], tone)
    pen.disc(6, 36, 5, tip)
    pen.disc(94, 36, 5, tip)


def book(pen, colour, pose, variant):
    pen.polygon([(6, 42), (68, 32), (94, 78), (28, 92)], colour)
    pen.polygon([(28, 92), (94, 78), (94, 86), (29, 100)], PAPER)
    pen.polygon([(6, 42), (28, 92), (29, 100), (5, 50)], shade(colour, 0.62))
    pen.polygon([(26, 50), (60, 44), (65, 53), (31, 60)], shade(colour, 1.6))


def laptop(pen, colour, pose, variant):
    pen.rectangle(15, 26, 85, 80, colour, radius=4)
    pen.rectangle(20, 31, 80, 75, (112, 182, 232))
    pen.rectangle(27, 38, 56, 42, PAPER)
    pen.rectangle(27, 48, 68, 52, PAPER)
    pen.polygon([(15, 80), (85, 80), (99, 99), (1, 99)], shade(colour, 0.88))
    pen.polygon([(22, 83), (78, 83), (84, 91), (16, 91)], shade(colour, 0.52))


def bottle(pen, colour, pose, variant):
    pen.rectangle(42, 0, 58, 9, shade(colour, 0.5), radius=2)
    pen.polygon([(43, 8), (57, 8), (57, 26), (70, 44), (30, 44), (43, 26)], colour)
    pen.rectangle(30, 40, 70, 100, colour, radius=7)
    pen.rectangle(30, 56, 70, 80, PAPER if sum(colour) < 640 else METAL)
    pen.rectangle(36, 44, 41, 96, shade(colour, 1.5), radius=2)


def bowl(pen, colour, pose, variant):
    for x, y, name in ((30, 42, "red"), (52, 34, "orange"), (72, 42, "green"), (46, 46, "yellow")):
        pen.disc(x, y, 15, COLOURS[name])
    pen.chord(4, 6, 96, 96, 0, 180, colour)
    pen.rectangle(2, 48, 98, 56, shade(colour, 1.3), radius=4)
    pen.rectangle(32, 92, 68, 100, shade(colour, 0.75), radius=2)


def donut(pen, colour, pose, variant):
    pen.ellipse(3, 30, 97, 100, (206, 152, 94))
    pen.ellipse(7, 28, 93, 84, colour)
    pen.ellipse(37, 46, 63, 66, shade(colour, 0.5))
    pen.ellipse(40, 52, 60, 66, (206, 152, 94))
    for x, y, name in ((22, 48, "blue"), (36, 36, "yellow"), (56, 34, "green"), (76, 44, "blue"), (28, 66, "red"),
                       (50, 74, "yellow"), (72, 68, "white"), (84, 58, "green")):  # fmt: skip
        pen.line([(x - 3, y - 1), (x + 3, y + 1)], COLOURS[name], 3.5)


def sandwich(pen, colour, pose, variant):
    crust, crumb = (186, 128, 70), (240, 212, 162)
    pen.polygon([(4, 84), (96, 84), (96, 96), (4, 96)], crust)
    pen.polygon([(2, 76), (98, 76), (94, 86), (6, 86)], LEAF)
    pen.rectangle(4, 68, 96, 77, COLOURS["red"], radius=3)
    pen.polygon([(4, 62), (96, 62), (78, 76), (62, 64)], COLOURS["yellow"])
    pen.polygon([(4, 66), (96, 66), (70, 34), (30, 34)], crust)
    pen.polygon([(12, 63), (88, 63), (67, 38), (33, 38)], crumb)
    pen.line([(50, 8), (50, 50)], WOOD, 3)
    pen.disc(50, 10, 6, COLOURS["green"])
    pen.disc(50, 10, 2, INK)
