"""Drawings of animals, each on a square of 100 x 100 units, feet at 100, looking right."""

from __future__ import annotations

from unroll.scenes.pen import INK, PAPER, Colour, Pen, shade
from unroll.scenes.world import COLOURS

BEAK = (240, 156, 50)
PINK = (240, 176, 168)


def _body(pen: Pen, colour: Colour, box, lying: bool, leg: float = 9):
    """Trunk and legs of a four-legged animal. Returns the (dx, dy) by which the rest of it moves when it lies."""
    x0, y0, x1, y1 = box
    dark = shade(colour, 0.74)
    drop = (98 - y1) if lying else 0
    if lying:
        pen.ellipse(x0 - 2, 86, x0 + 30, 100, dark)
        pen.ellipse(x1 - 22, 88, x1 + 16, 100, dark)
    else:
        for x, tone in ((x0 + 12, dark), (x1 - 16 - leg, dark), (x0 + 1, colour), (x1 - 4 - leg, colour)):
            pen.rectangle(x, y1 - 16, x + leg, 100, tone, radius=3)
    pen.rectangle(x0, y0 + drop, x1, y1 + drop, colour, radius=min(15, (y1 - y0) / 2))
    pen.rectangle(x0 + 8, y1 - 7 + drop, x1 - 8, y1 + drop, shade(colour, 0.86), radius=3)
    return drop


def _eye(pen: Pen, x, y, colour: Colour):
    """An eye that shows on light and dark fur."""
    if sum(colour) < 240:
        pen.disc(x, y, 3.2, PAPER)
    pen.disc(x, y, 2.2, INK)


def dog(pen, colour, pose, variant):
    lying = pose == "lying"
    drop = _body(pen, colour, (18, 48, 72, 76), lying)
    dark = shade(colour, 0.68)
    pen.line([(20, 54 + drop), (8, 44 + drop), (7, 32 + drop)], colour, 6)
    y = 34 + drop * 0.8
    pen.polygon([(58, 58 + drop), (74, 62 + drop), (84, y + 8), (66, y - 4)], colour)
    pen.disc(76, y, 14, colour)
    pen.ellipse(82, y - 2, 100, y + 11, shade(colour, 1.25))
    pen.disc(97, y + 2, 3.2, INK)
    pen.ellipse(61, y - 12, 72, y + 14, dark)
    _eye(pen, 81, y - 4, colour)
    pen.line([(66, y + 14), (80, y + 16)], (206, 60, 60), 4)


def cat(pen, colour, pose, variant):
    lying = pose == "lying"
    drop = _body(pen, colour, (24, 52, 68, 78), lying, leg=8)
    dark = shade(colour, 0.66)
    if lying:
        pen.line([(26, 92), (8, 95), (4, 84)], colour, 7)
    else:
        pen.line([(27, 58), (13, 46), (17, 26)], colour, 6)
    for x in (33, 43, 53):
        pen.line([(x, 54 + drop), (x, 64 + drop)], dark, 3)
    y = 40 + drop * 0.8
    for left, right, tip in ((58, 72, 60), (76, 90, 88)):
        pen.polygon([(left, y - 8), (right, y - 8), (tip, y - 28)], colour)
        pen.polygon([(left + 4, y - 10), (right - 4, y - 10), (tip, y - 22)], PINK)
    pen.ellipse(56, y - 16, 92, y + 16, colour)
    pen.ellipse(67, y, 83, y + 13, shade(colour, 1.5))
    _eye(pen, 68, y - 3, colour)
    _eye(pen, 82, y - 3, colour)
    pen.polygon([(72, y + 2), (78, y + 2), (75, y + 6)], (226, 110, 120))


def horse(pen, colour, pose, variant, stripes: bool = False):
    mane = INK if stripes else shade(colour, 0.45)
    pen.polygon([(18, 44), (6, 52), (4, 80), (14, 74)], mane)
    _body(pen, colour, (14, 42, 70, 68), False, leg=8)
    for x in (15, 26, 45, 58):
        pen.rectangle(x, 94, x + 8, 100, shade(colour, 0.4), radius=1)
    pen.polygon([(50, 48), (70, 58), (84, 26), (68, 14)], colour)
    pen.polygon([(52, 44), (60, 46), (73, 12), (63, 12)], mane)
    pen.polygon([(70, 14), (75, 2), (79, 14)], colour)
    pen.ellipse(66, 10, 86, 30, colour)
    pen.polygon([(74, 12), (98, 28), (94, 37), (76, 29)], colour)
    pen.ellipse(86, 26, 100, 38, shade(colour, 0.82))
    _eye(pen, 79, 17, colour)


def zebra(pen, colour, pose, variant):
    horse(pen, colour, pose, variant, stripes=True)
    for x in range(20, 68, 8):
        pen.line([(x, 45), (x - 2, 64)], INK, 3)
    for x, y in ((56, 42), (61, 34), (66, 26)):
        pen.line([(x, y), (x + 13, y + 5)], INK, 3)
    for x in (15, 26, 45, 58):
        for y in (76, 86):
            pen.line([(x + 1, y), (x + 7, y)], INK, 3)
    pen.ellipse(87, 27, 100, 38, (92, 92, 96))


def cow(pen, colour, pose, variant):
    drop = _body(pen, colour, (10, 40, 72, 72), pose == "lying")
    patch = (78, 56, 44) if sum(colour) > 500 else (240, 236, 228)
    pen.line([(11, 46 + drop), (4, 60 + drop), (5, 74 + drop * 0.8)], shade(colour, 0.7), 3)
    pen.ellipse(18, 43 + drop, 38, 60 + drop, patch)
    pen.ellipse(44, 50 + drop, 62, 68 + drop, patch)
    if not drop:
        pen.ellipse(42, 68, 56, 79, PINK)
    y = 36 + drop * 0.8
    for x, tip in ((70, 64), (88, 94)):
        pen.line([(x, y - 10), (tip, y - 20)], (232, 224, 198), 4)
    pen.ellipse(56, y - 9, 70, y, shade(colour, 0.8))
    pen.ellipse(88, y - 9, 100, y, shade(colour, 0.8))
    pen.ellipse(66, y - 14, 92, y + 16, colour)
    pen.ellipse(67, y + 3, 93, y + 18, PINK)
    for x in (75, 85):
        pen.disc(x, y + 11, 2, (170, 90, 90))
        _eye(pen, x, y - 4, colour)


def sheep(pen, colour, pose, variant):
    lying = pose == "lying"
    face = (66, 62, 66) if sum(colour) > 400 else (206, 196, 186)
    drop = 16 if lying else 0
    if not lying:
        for x in (26, 36, 56, 64):
            pen.rectangle(x, 74, x + 7, 100, face, radius=2)
    for x, y in ((22, 52), (36, 44), (52, 44), (64, 54), (22, 66), (40, 70), (58, 68), (46, 56)):
        pen.disc(x, y + drop, 15, colour)
    for x, y in ((28, 56), (46, 52), (38, 68), (58, 64)):
        pen.arc(x - 7, y - 7 + drop, x + 7, y + 7 + drop, 200, 340, shade(colour, 0.8), 3)
    pen.ellipse(70, 42 + drop, 94, 72 + drop, face)
    pen.ellipse(62, 48 + drop, 74, 56 + drop, face)
    pen.ellipse(66, 34 + drop, 88, 52 + drop, colour)
    pen.disc(85, 55 + drop, 3, PAPER)
    pen.disc(86, 55 + drop, 1.6, INK)


def elephant(pen, colour, pose, variant):
    dark = shade(colour, 0.76)
    for x, tone in ((24, dark), (48, dark), (10, colour), (58, colour)):
        pen.rectangle(x, 60, x + 15, 100, tone, radius=3)
        pen.rectangle(x + 1, 95, x + 14, 100, shade(colour, 1.5), radius=2)
    pen.ellipse(4, 22, 76, 82, colour)
    pen.line([(8, 46), (3, 62)], dark, 3)
    pen.line([(84, 38), (92, 58), (90, 78), (96, 84)], colour, 10)
    pen.ellipse(58, 14, 94, 54, colour)
    pen.ellipse(50, 16, 74, 56, dark)
    pen.ellipse(54, 20, 71, 50, shade(colour, 0.9))
    pen.line([(84, 52), (96, 58)], PAPER, 5)
    pen.disc(83, 30, 2.4, INK)


def giraffe(pen, colour, pose, variant):
    spot = shade(colour, 0.6)
    for x, tone in ((32, shade(colour, 0.8)), (56, shade(colour, 0.8)), (24, colour), (62, colour)):
        pen.rectangle(x, 62, x + 6, 100, tone, radius=2)
    pen.line([(22, 56), (15, 72)], spot, 3)
    pen.rectangle(20, 48, 70, 72, colour, radius=11)
    pen.polygon([(50, 54), (69, 62), (83, 16), (72, 10)], colour)
    for x in (75, 82):
        pen.line([(x, 8), (x - 1, 2)], spot, 3)
    pen.ellipse(68, 5, 86, 21, colour)
    pen.ellipse(78, 8, 99, 20, shade(colour, 1.3))
    pen.disc(79, 11, 2.2, INK)
    for x, y in ((28, 54), (40, 53), (34, 64), (48, 63), (56, 52), (62, 62), (65, 46), (70, 35), (75, 25)):
        pen.disc(x, y, 4.2, spot)


def bear(pen, colour, pose, variant):
    drop = _body(pen, colour, (8, 42, 76, 82), pose == "lying", leg=14)
    y = 40 + drop * 0.8
    for x in (66, 90):
        pen.disc(x, y - 13, 6.5, colour)
        pen.disc(x, y - 13, 3.5, shade(colour, 0.6))
    pen.disc(78, y, 18, colour)
    pen.ellipse(72, y + 1, 96, y + 16, shade(colour, 1.35))
    pen.ellipse(84, y + 1, 93, y + 8, INK)
    _eye(pen, 74, y - 4, colour)
    _eye(pen, 87, y - 4, colour)


def bird(pen, colour, pose, variant):
    wing = shade(colour, 0.7)
    if pose == "flying":
        pen.polygon([(36, 52), (10, 50), (6, 62), (30, 62)], wing)
        pen.polygon([(40, 52), (22, 14), (62, 50)], shade(colour, 0.8))
        pen.ellipse(28, 42, 76, 68, colour)
        pen.polygon([(46, 58), (58, 92), (66, 58)], wing)
        pen.disc(76, 46, 12, colour)
        pen.polygon([(86, 42), (99, 48), (86, 52)], BEAK)
        _eye(pen, 79, 43, colour)
        return
    for x in (46, 56):
        pen.line([(x, 76), (x, 98)], BEAK, 3.5)
        pen.line([(x, 99), (x + 7, 99)], BEAK, 3)
    pen.polygon([(30, 56), (2, 70), (8, 80), (38, 72)], wing)
    pen.ellipse(22, 40, 76, 82, colour)
    pen.ellipse(44, 60, 74, 80, shade(colour, 1.45))
    pen.disc(70, 34, 16, colour)
    pen.polygon([(82, 28), (99, 36), (82, 41)], BEAK)
    pen.ellipse(26, 46, 58, 68, wing)
    _eye(pen, 74, 31, colour)


def duck(pen, colour, pose, variant):
    head = COLOURS["green"] if colour == COLOURS["brown"] else colour
    if pose != "floating":
        for x in (40, 54):
            pen.line([(x, 88), (x, 98), (x + 8, 99)], BEAK, 4)
    pen.polygon([(16, 70), (1, 48), (36, 60)], colour)
    pen.ellipse(8, 50, 80, 94, colour)
    pen.rectangle(58, 36, 76, 68, head, radius=6)
    pen.disc(71, 34, 17, head)
    pen.polygon([(84, 30), (100, 38), (84, 44)], BEAK)
    pen.ellipse(20, 56, 58, 80, shade(colour, 0.84))
    _eye(pen, 75, 29, head)
    if pose == "floating":
        pen.rectangle(2, 88, 90, 100, (92, 160, 206), radius=6)
        pen.rectangle(14, 90, 70, 93, (190, 224, 240), radius=1)
