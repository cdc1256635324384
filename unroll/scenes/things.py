"""Drawings of things, outdoors and indoors, on a square of 100 x 100 units, standing at 100."""

from __future__ import annotations

import math

from unroll.scenes.pen import GLASS, INK, METAL, PAPER, WOOD, shade
from unroll.scenes.world import COLOURS

LEAF = (84, 158, 78)


def umbrella(pen, colour, pose, variant):
    pen.rectangle(48, 6, 52, 92, (90, 70, 60))
    pen.arc(40, 84, 52, 98, 0, 180, (90, 70, 60), 4)
    pen.pie(3, 8, 97, 96, 180, 360, colour)
    pen.pie(34, 8, 66, 96, 180, 360, shade(colour, 1.35))
    for x in (19, 50, 81):
        pen.ellipse(x - 15, 46, x + 15, 58, shade(colour, 0.8))


def bench(pen, colour, pose, variant):
    for x in (12, 84):
        pen.rectangle(x, 42, x + 5, 100, (72, 72, 78))
    for y in (42, 54):
        pen.rectangle(3, y, 97, y + 8, colour, radius=2)
    pen.rectangle(0, 70, 100, 79, shade(colour, 0.84), radius=2)


def hydrant(pen, colour, pose, variant):
    dark = shade(colour, 0.76)
    pen.rectangle(26, 90, 74, 100, dark, radius=3)
    pen.rectangle(16, 52, 84, 66, dark, radius=4)
    pen.rectangle(34, 30, 66, 94, colour, radius=4)
    pen.pie(32, 10, 68, 58, 180, 360, colour)
    pen.rectangle(28, 32, 72, 40, dark, radius=2)
    pen.rectangle(44, 2, 56, 14, dark, radius=2)
    pen.disc(50, 60, 8, METAL)


def stop_sign(pen, colour, pose, variant):
    pen.rectangle(47, 40, 53, 100, METAL)
    for radius, tone in ((36, PAPER), (32, COLOURS["red"])):
        corners = [math.radians(22.5 + 45 * i) for i in range(8)]
        pen.polygon([(50 + radius * math.cos(a), 36 + radius * math.sin(a)) for a in corners], tone)
    for x in (29, 41, 53, 65):  # four letters, as far as these pixels go
        pen.rectangle(x, 29, x + 7, 43, PAPER, radius=1)


def traffic_light(pen, colour, pose, variant):
    lit = variant % 3
    pen.rectangle(47, 60, 53, 100, (84, 86, 92))
    pen.rectangle(32, 1, 68, 68, (52, 54, 60), radius=7)
    for i, name in enumerate(("red", "yellow", "green")):
        pen.disc(50, 13 + 21 * i, 9, COLOURS[name] if i == lit else shade(COLOURS[name], 0.35))


def suitcase(pen, colour, pose, variant):
    pen.arc(34, 16, 66, 50, 180, 360, (74, 62, 58), 6)
    pen.rectangle(6, 32, 94, 97, colour, radius=9)
    for x in (20, 72):
        pen.rectangle(x, 32, x + 8, 97, shade(colour, 0.64))
    pen.rectangle(44, 46, 56, 56, (232, 204, 100), radius=2)
    for x in (20, 80):
        pen.disc(x, 97, 3, INK)


def tent(pen, colour, pose, variant):
    pen.polygon([(50, 16), (99, 100), (1, 100)], colour)
    pen.polygon([(50, 16), (99, 100), (74, 100)], shade(colour, 0.76))
    pen.polygon([(50, 40), (66, 100), (34, 100)], shade(colour, 0.42))
    pen.polygon([(50, 40), (40, 100), (34, 100)], shade(colour, 1.3))


def tree(pen, colour, pose, variant):
    pen.polygon([(44, 100), (56, 100), (53, 58), (47, 58)], (116, 80, 50))
    if variant % 3 == 2:
        for y, half in ((26, 24), (44, 32), (64, 40)):
            pen.polygon([(50, y - 24), (50 + half, y + 16), (50 - half, y + 16)], shade(colour, 0.7 + y / 220))
        return
    for x, y, radius, factor in ((30, 48, 24, 0.84), (70, 48, 24, 0.9), (50, 30, 28, 1.0), (50, 54, 22, 0.95)):
        pen.disc(x, y, radius, shade(colour, factor))
    for x, y in ((42, 20), (62, 34), (34, 42)):
        pen.disc(x, y, 6, shade(colour, 1.2))


def house(pen, colour, pose, variant):
    roof = (96, 76, 68) if colour == COLOURS["red"] else (172, 74, 60)
    pen.rectangle(68, 16, 78, 40, (150, 96, 78))
    pen.rectangle(12, 46, 88, 100, colour)
    pen.polygon([(2, 50), (50, 10), (98, 50)], roof)
    pen.rectangle(42, 66, 58, 100, (110, 76, 50), radius=2)
    for x in (19, 66):
        pen.rectangle(x, 58, x + 16, 76, PAPER)
        pen.rectangle(x + 2, 60, x + 14, 74, GLASS)


def chair(pen, colour, pose, variant):
    dark = shade(colour, 0.76)
    for x in (24, 68):
        pen.rectangle(x, 62, x + 7, 100, dark)
    for x in (26, 64):
        pen.rectangle(x, 8, x + 8, 66, colour, radius=2)
    for y in (8, 26, 44):
        pen.rectangle(26, y, 72, y + 8, colour, radius=2)
    pen.rectangle(20, 60, 80, 70, shade(colour, 0.9), radius=3)
    for x in (20, 72):
        pen.rectangle(x, 68, x + 8, 100, colour, radius=1)


def couch(pen, colour, pose, variant):
    for x in (10, 84):
        pen.rectangle(x, 92, x + 6, 100, WOOD)
    pen.rectangle(9, 46, 91, 88, shade(colour, 0.9), radius=10)
    for x in (17, 51):
        pen.rectangle(x, 66, x + 32, 88, shade(colour, 1.25), radius=5)
    for x in (1, 81):
        pen.rectangle(x, 60, x + 18, 94, colour, radius=8)
    pen.rectangle(14, 86, 86, 94, shade(colour, 0.78), radius=3)


def lamp(pen, colour, pose, variant):
    pen.ellipse(30, 92, 70, 100, (96, 88, 84))
    pen.rectangle(48, 36, 52, 97, (120, 110, 104))
    pen.polygon([(36, 2), (64, 2), (80, 40), (20, 40)], colour)
    pen.polygon([(38, 4), (46, 4), (38, 38), (24, 38)], shade(colour, 1.5))


def tv(pen, colour, pose, variant):
    pen.rectangle(4, 84, 96, 100, WOOD, radius=2)
    pen.rectangle(40, 76, 60, 86, (70, 70, 76))
    pen.rectangle(1, 24, 99, 78, colour, radius=4)
    pen.rectangle(6, 29, 94, 73, (124, 186, 226))
    pen.polygon([(6, 73), (6, 58), (34, 44), (60, 62), (94, 48), (94, 73)], (98, 172, 98))
    pen.disc(78, 40, 6, (252, 226, 120))


def table(pen, colour, pose, variant):
    for x in (8, 84):
        pen.rectangle(x, 42, x + 8, 100, shade(colour, 0.78))
    pen.rectangle(6, 40, 94, 50, shade(colour, 0.66))
    pen.rectangle(0, 30, 100, 42, colour, radius=3)


def clock(pen, colour, pose, variant):
    pen.disc(50, 54, 46, colour)
    pen.disc(50, 54, 37, (250, 250, 246) if colour != COLOURS["white"] else (218, 224, 232))
    for i in range(12):
        angle = math.radians(30 * i)
        pen.disc(50 + 31 * math.cos(angle), 54 + 31 * math.sin(angle), 2.2, INK)
    hour = math.radians(30 * variant)
    pen.line([(50, 54), (50 + 17 * math.cos(hour), 54 + 17 * math.sin(hour))], INK, 6)
    pen.line([(50, 54), (50, 28)], INK, 4)


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
