"""Drawings of what drives, floats or flies, on a square of 100 x 100 units, wheels at 100, heading right."""

from __future__ import annotations

from unroll.scenes.pen import GLASS, INK, METAL, PAPER, WOOD, Pen, shade

RUBBER = (44, 44, 48)
LIGHT = (255, 238, 170)


def _wheel(pen: Pen, x, y, radius):
    pen.disc(x, y, radius, RUBBER)
    pen.disc(x, y, radius * 0.5, METAL)


def car(pen, colour, pose, variant):
    pen.polygon([(18, 66), (30, 44), (66, 44), (82, 66)], colour)
    pen.polygon([(26, 64), (34, 49), (46, 49), (46, 64)], GLASS)
    pen.polygon([(50, 64), (50, 49), (63, 49), (73, 64)], GLASS)
    pen.rectangle(2, 62, 98, 88, colour, radius=9)
    pen.rectangle(3, 78, 97, 83, shade(colour, 0.76))
    pen.ellipse(90, 66, 98, 74, LIGHT)
    pen.rectangle(2, 67, 7, 74, (206, 50, 50), radius=2)
    for x in (24, 76):
        _wheel(pen, x, 88, 12)


def bus(pen, colour, pose, variant):
    pen.rectangle(2, 28, 98, 91, colour, radius=7)
    pen.rectangle(2, 68, 98, 74, shade(colour, 0.72))
    pen.rectangle(6, 31, 94, 34, shade(colour, 1.4))
    for x in (8, 24, 40, 56):
        pen.rectangle(x, 38, x + 13, 58, GLASS, radius=2)
    pen.rectangle(73, 38, 83, 86, GLASS, radius=2)
    pen.rectangle(86, 38, 97, 60, GLASS, radius=2)
    pen.disc(94, 80, 3.5, LIGHT)
    for x in (22, 62):
        _wheel(pen, x, 89, 11)


def truck(pen, colour, pose, variant):
    cargo = (226, 226, 222) if sum(colour) < 640 else (176, 178, 184)
    pen.rectangle(2, 80, 96, 90, (74, 76, 82))
    pen.rectangle(1, 30, 62, 82, cargo, radius=3)
    pen.rectangle(1, 70, 62, 76, colour)
    for x in (16, 31, 46):
        pen.line([(x, 34), (x, 66)], shade(cargo, 0.9), 2)
    pen.polygon([(65, 84), (65, 44), (84, 44), (98, 62), (98, 84)], colour)
    pen.polygon([(70, 62), (70, 49), (82, 49), (91, 62)], GLASS)
    pen.disc(95, 74, 3.5, LIGHT)
    for x in (17, 43, 80):
        _wheel(pen, x, 89, 11)


def train(pen, colour, pose, variant):
    pen.rectangle(0, 96, 100, 100, (120, 104, 92))
    pen.rectangle(1, 42, 80, 88, colour, radius=4)
    pen.polygon([(70, 88), (70, 42), (82, 42), (99, 66), (99, 88)], colour)
    pen.rectangle(1, 72, 99, 78, shade(colour, 1.55))
    pen.rectangle(3, 40, 78, 44, shade(colour, 0.6), radius=2)
    for x in (6, 20, 34, 48):
        pen.rectangle(x, 50, x + 11, 65, GLASS, radius=2)
    pen.polygon([(66, 64), (66, 49), (80, 49), (90, 64)], GLASS)
    pen.disc(95, 83, 3, LIGHT)
    for x in (12, 28, 52, 68, 86):
        _wheel(pen, x, 91, 6.5)


def bicycle(pen, colour, pose, variant):
    for x in (22, 78):
        pen.ring(x, 79, 20, RUBBER, 4)
        pen.disc(x, 79, 3, METAL)
    pen.line([(22, 79), (40, 50), (68, 50), (50, 79), (22, 79)], colour, 5)
    pen.line([(50, 79), (37, 42)], colour, 5)
    pen.line([(78, 79), (66, 40), (76, 36)], colour, 5)
    pen.line([(29, 41), (45, 41)], RUBBER, 7)
    pen.disc(50, 79, 5, METAL)


def motorcycle(pen, colour, pose, variant):
    for x in (20, 80):
        pen.disc(x, 82, 18, RUBBER)
        pen.disc(x, 82, 11, METAL)
        pen.disc(x, 82, 4, RUBBER)
    pen.line([(80, 82), (68, 46), (60, 40)], METAL, 5)
    pen.polygon([(30, 76), (68, 76), (62, 58), (34, 58)], (92, 94, 102))
    pen.line([(14, 88), (52, 86)], METAL, 6)
    pen.polygon([(36, 60), (66, 60), (74, 48), (58, 44)], colour)
    pen.polygon([(4, 66), (34, 58), (38, 66), (14, 74)], colour)
    pen.rectangle(16, 52, 46, 60, RUBBER, radius=4)
    pen.disc(78, 52, 6, LIGHT)
    pen.line([(60, 40), (50, 38)], RUBBER, 4)


def boat(pen, colour, pose, variant):
    pen.rectangle(47, 6, 51, 76, WOOD)
    pen.polygon([(54, 8), (54, 66), (92, 66)], PAPER)
    pen.polygon([(44, 18), (44, 66), (14, 66)], (228, 228, 222))
    pen.polygon([(54, 8), (54, 16), (68, 12)], (214, 64, 58))
    pen.polygon([(3, 72), (98, 72), (82, 97), (18, 97)], colour)
    pen.polygon([(3, 72), (98, 72), (95, 78), (6, 78)], shade(colour, 0.66))
    pen.rectangle(10, 94, 90, 100, (206, 230, 242), radius=3)


def airplane(pen, colour, pose, variant):
    dark = shade(colour, 0.72)
    pen.polygon([(12, 46), (3, 24), (16, 24), (30, 48)], dark)
    pen.polygon([(50, 46), (32, 20), (44, 20), (68, 46)], shade(colour, 0.66))
    pen.ellipse(3, 38, 98, 64, colour)
    pen.ellipse(3, 50, 94, 64, shade(colour, 0.88))
    pen.polygon([(46, 54), (24, 86), (39, 86), (68, 56)], dark)
    for x in range(32, 76, 9):
        pen.disc(x, 48, 2.6, (96, 146, 196))
    pen.polygon([(84, 42), (96, 50), (84, 50)], (96, 146, 196))


def kite(pen, colour, pose, variant):
    pen.line([(50, 74), (59, 82), (46, 90), (54, 98)], (110, 110, 116), 2.5)
    for x, y in ((59, 82), (46, 90)):
        pen.polygon([(x - 7, y - 5), (x + 7, y + 5), (x + 7, y - 5), (x - 7, y + 5)], colour)
    pen.polygon([(50, 2), (84, 36), (50, 76), (16, 36)], colour)
    pen.polygon([(50, 2), (84, 36), (50, 36)], shade(colour, 1.45))
    pen.polygon([(16, 36), (50, 36), (50, 76)], shade(colour, 0.76))


def balloon(pen, colour, pose, variant):
    pen.line([(50, 70), (46, 80), (53, 90), (50, 98)], (120, 120, 126), 2.5)
    pen.polygon([(43, 72), (57, 72), (50, 62)], shade(colour, 0.8))
    pen.ellipse(20, 2, 80, 68, colour)
    pen.ellipse(31, 11, 45, 29, shade(colour, 1.6))


def ball(pen, colour, pose, variant):
    other = INK if sum(colour) > 640 else PAPER
    pen.disc(50, 54, 46, colour)
    pen.pie(4, 8, 96, 100, 240, 300, other)
    pen.pie(4, 8, 96, 100, 0, 60, other)
    pen.pie(4, 8, 96, 100, 120, 180, other)
    pen.disc(50, 54, 12, shade(colour, 0.85))
    pen.ellipse(22, 20, 38, 34, shade(colour, 1.7))
