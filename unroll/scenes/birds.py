"""Drawings of birds, each on a square of 100 x 100 units, feet at 100, looking right."""

from __future__ import annotations

from unroll.scenes.animals import eye
from unroll.scenes.pen import INK, PAPER, shade
from unroll.scenes.world import COLOURS

BEAK = (240, 156, 50)
COMB = (212, 52, 48)


def bird(pen, colour, pose, variant):
    wing = shade(colour, 0.7)
    if pose == "flying":
        pen.polygon([(36, 52), (10, 50), (6, 62), (30, 62)], wing)
        pen.polygon([(40, 52), (22, 14), (62, 50)], shade(colour, 0.8))
        pen.ellipse(28, 42, 76, 68, colour)
        pen.polygon([(46, 58), (58, 92), (66, 58)], wing)
        pen.disc(76, 46, 12, colour)
        pen.polygon([(86, 42), (99, 48), (86, 52)], BEAK)
        eye(pen, 79, 43, colour)
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
    eye(pen, 74, 31, colour)


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
    eye(pen, 75, 29, head)
    if pose == "floating":
        pen.rectangle(2, 88, 90, 100, (92, 160, 206), radius=6)
        pen.rectangle(14, 90, 70, 93, (190, 224, 240), radius=1)


def chicken(pen, colour, pose, variant):
    for x in (42, 54):
        pen.line([(x, 80), (x, 98), (x + 8, 99)], BEAK, 3.5)
    pen.polygon([(22, 62), (2, 30), (16, 34), (20, 24), (42, 54)], shade(colour, 0.78))
    pen.ellipse(12, 44, 76, 90, colour)
    pen.polygon([(54, 56), (76, 64), (82, 30), (64, 26)], colour)
    for x, y in ((66, 16), (73, 13), (80, 17)):
        pen.disc(x, y, 5.5, COMB)
    pen.disc(73, 28, 12, colour)
    pen.polygon([(83, 24), (98, 31), (83, 35)], BEAK)
    pen.ellipse(80, 36, 88, 48, COMB)
    pen.ellipse(22, 54, 56, 78, shade(colour, 0.84))
    eye(pen, 77, 26, colour)


def penguin(pen, colour, pose, variant):
    for x in (38, 62):
        pen.ellipse(x - 12, 92, x + 12, 100, BEAK)
    for x, tip in ((26, 10), (74, 90)):
        pen.polygon([(x - 6, 40), (x + 6, 40), (tip, 76)], shade(colour, 0.8))
    pen.ellipse(22, 22, 78, 98, colour)
    pen.ellipse(31, 42, 69, 96, PAPER)
    pen.disc(50, 22, 21, colour)
    for x in (42, 58):
        pen.ellipse(x - 9, 14, x + 9, 36, PAPER)
        pen.disc(x + 1, 22, 3.2, INK)
    pen.polygon([(43, 28), (57, 28), (50, 39)], BEAK)
