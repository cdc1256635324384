"""Drawings of things that stand, outdoors and indoors, on a square of 100 x 100 units, standing at 100."""

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
    pen.line([(31, 31), (25, 31), (25, 36), (31, 36), (31, 42), (25, 42)], PAPER, 2.5)
    pen.line([(35, 31), (44, 31)], PAPER, 2.5)
    pen.line([(39.5, 31), (39.5, 42)], PAPER, 2.5)
    pen.line([(48, 31), (55, 31), (55, 42), (48, 42), (48, 31)], PAPER, 2.5)
    pen.line([(60, 42), (60, 31), (67, 31), (67, 37), (60, 37)], PAPER, 2.5)


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


def backpack(pen, colour, pose, variant):
    dark = shade(colour, 0.7)
    pen.arc(36, 4, 64, 34, 180, 360, dark, 6)
    for x in (8, 80):
        pen.rectangle(x, 56, x + 12, 88, dark, radius=5)
    pen.rectangle(16, 16, 84, 98, colour, radius=20)
    pen.rectangle(24, 56, 76, 92, shade(colour, 0.84), radius=8)
    pen.line([(28, 66), (72, 66)], (236, 214, 120), 3.5)
    pen.line([(26, 42), (74, 42)], dark, 3)


def snowman(pen, colour, pose, variant):
    snow, edge = (250, 252, 255), (206, 220, 236)
    for x, y, radius in ((50, 76, 25), (50, 44, 19), (50, 20, 14)):
        pen.disc(x, y, radius, edge)
        pen.disc(x - 1, y - 1.5, radius - 2, snow)
    for side in (-1, 1):
        pen.line([(50 + 16 * side, 42), (50 + 40 * side, 28)], WOOD, 3)
    pen.rectangle(34, 8, 66, 12, INK, radius=2)
    pen.rectangle(40, 0, 60, 10, INK, radius=2)
    pen.rectangle(36, 29, 64, 36, colour, radius=3)
    pen.rectangle(56, 32, 64, 52, colour, radius=2)
    pen.polygon([(50, 19), (50, 24), (70, 24)], (240, 138, 46))
    for x in (44, 56):
        pen.disc(x, 17, 2.2, INK)
    for y in (66, 76, 86):
        pen.disc(50, y, 2.4, INK)


def surfboard(pen, colour, pose, variant):
    pen.polygon([(50, 0), (62, 16), (68, 44), (66, 76), (56, 100), (44, 100), (34, 76), (32, 44), (38, 16)], colour)
    pen.polygon([(50, 4), (55, 16), (56, 84), (50, 97), (44, 84), (45, 16)], shade(colour, 1.55))
    pen.polygon([(34, 58), (67, 50), (67, 60), (35, 68)], PAPER if sum(colour) < 640 else METAL)


def refrigerator(pen, colour, pose, variant):
    for x in (26, 66):
        pen.rectangle(x, 92, x + 8, 100, INK)
    pen.rectangle(18, 1, 82, 96, colour, radius=6)
    pen.rectangle(18, 34, 82, 37, shade(colour, 0.7))
    pen.rectangle(74, 5, 80, 92, shade(colour, 0.86), radius=3)
    for top, bottom in ((14, 28), (43, 66)):
        pen.rectangle(25, top, 30, bottom, shade(colour, 0.45), radius=2)
    pen.rectangle(50, 12, 60, 20, COLOURS["yellow"])
    pen.rectangle(46, 50, 56, 60, COLOURS["pink"])


def potted_plant(pen, colour, pose, variant):
    for x, y in ((50, 2), (28, 12), (72, 12), (12, 34), (88, 34)):
        pen.polygon([(46, 66), (54, 66), ((x + 50) / 2 + 9, (y + 60) / 2 - 8), (x, y)], LEAF)
        pen.polygon([(46, 66), (54, 66), ((x + 50) / 2 - 9, (y + 60) / 2 - 4), (x, y)], shade(LEAF, 0.82))
    pen.polygon([(28, 66), (72, 66), (65, 100), (35, 100)], colour)
    pen.rectangle(24, 60, 76, 71, shade(colour, 0.84), radius=3)


def teddy_bear(pen, colour, pose, variant):
    pale = shade(colour, 1.4)
    for x in (28, 72):
        pen.disc(x, 14, 12, colour)
        pen.disc(x, 15, 6, pale)
        pen.ellipse(x - 17, 78, x + 17, 100, colour)
        pen.ellipse(x - 8, 84, x + 8, 97, pale)
    for x, tip in ((26, 10), (74, 90)):
        pen.line([(x, 58), (tip, 72)], colour, 15)
    pen.ellipse(24, 48, 76, 98, colour)
    pen.ellipse(34, 58, 66, 92, pale)
    pen.disc(50, 32, 25, colour)
    pen.ellipse(38, 34, 62, 54, pale)
    pen.ellipse(45, 36, 55, 43, INK)
    for x in (40, 60):
        pen.disc(x, 27, 3, INK)
    pen.polygon([(50, 56), (38, 50), (38, 62)], COLOURS["red"])
    pen.polygon([(50, 56), (62, 50), (62, 62)], COLOURS["red"])
