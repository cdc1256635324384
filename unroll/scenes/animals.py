"""Drawings of four-legged animals, each on a square of 100 x 100 units, feet at 100, looking right."""

from __future__ import annotations

from unroll.scenes.pen import INK, PAPER, Colour, Pen, shade

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


def eye(pen: Pen, x, y, colour: Colour):
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
    eye(pen, 81, y - 4, colour)
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
    eye(pen, 68, y - 3, colour)
    eye(pen, 82, y - 3, colour)
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
    eye(pen, 79, 17, colour)


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
        eye(pen, x, y - 4, colour)


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
    eye(pen, 74, y - 4, colour)
    eye(pen, 87, y - 4, colour)


def pig(pen, colour, pose, variant):
    lying = pose == "lying"
    drop = _body(pen, colour, (14, 50, 72, 84), lying, leg=9)
    pen.arc(2, 54 + drop * 0.6, 16, 68 + drop * 0.6, 60, 330, shade(colour, 0.8), 3)
    y = 56 + drop * 0.5
    for x in (66, 84):
        pen.polygon([(x - 5, y - 10), (x + 7, y - 10), (x - 2, y - 24)], shade(colour, 0.8))
    pen.disc(76, y, 17, colour)
    pen.ellipse(78, y - 3, 98, y + 12, shade(colour, 0.82))
    for x in (85, 92):
        pen.ellipse(x - 1.8, y + 1, x + 1.8, y + 7, shade(colour, 0.5))
    for x in (72, 85):
        eye(pen, x, y - 6, colour)


def rabbit(pen, colour, pose, variant):
    for left, lean in ((56, -7), (70, 5)):
        pen.polygon([(left, 44), (left + 11, 44), (left + 9 + lean, 6), (left + 1 + lean, 6)], colour)
        pen.disc(left + 5 + lean, 7, 4.5, colour)
        pen.polygon([(left + 3, 42), (left + 8, 42), (left + 5 + lean, 12)], PINK)
    pen.disc(14, 82, 9, PAPER if sum(colour) < 640 else shade(colour, 0.88))
    pen.ellipse(12, 52, 74, 100, colour)
    pen.ellipse(20, 68, 58, 100, shade(colour, 0.86))
    pen.rectangle(52, 90, 84, 100, colour, radius=5)
    pen.disc(70, 52, 17, colour)
    pen.disc(84, 56, 3, (226, 110, 120))
    eye(pen, 75, 48, colour)


def lion(pen, colour, pose, variant):
    mane = (150, 86, 40)
    drop = _body(pen, colour, (12, 48, 72, 76), pose == "lying", leg=9)
    pen.line([(14, 54 + drop), (3, 62 + drop), (6, 78 + drop * 0.8)], colour, 4)
    pen.disc(6, 80 + drop * 0.8, 5, mane)
    y = 44 + drop * 0.7
    for x, dy, radius in ((66, -10, 14), (84, -12, 14), (92, 2, 13), (84, 15, 14), (66, 14, 14), (60, 2, 14)):
        pen.disc(x, y + dy, radius, mane)
    pen.disc(77, y, 16, colour)
    pen.ellipse(70, y + 2, 88, y + 14, shade(colour, 1.5))
    pen.polygon([(75, y + 2), (83, y + 2), (79, y + 7)], INK)
    for x in (71, 85):
        eye(pen, x, y - 4, colour)
