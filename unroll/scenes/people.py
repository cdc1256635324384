"""Drawings of people, on a square of 100 x 100 units, feet at 100."""

from __future__ import annotations

from unroll.scenes.pen import INK, Pen, shade

LOOKS = (  # skin, hair
    ((240, 200, 168), (92, 60, 36)),
    ((226, 178, 138), (44, 34, 30)),
    ((168, 116, 80), (36, 28, 26)),
    ((120, 80, 56), (30, 24, 24)),
    ((244, 208, 178), (204, 150, 70)),
    ((236, 192, 158), (150, 74, 40)),
)
TROUSERS = ((54, 66, 104), (70, 72, 80), (96, 78, 60))
HAND = {"man": (79, 27), "woman": (79, 28), "boy": (79, 40), "girl": (79, 41)}  # of a raised arm
SEAT = 74  # where a rider sits


def _figure(pen: Pen, colour, pose, variant, *, top: float, dress: bool, long_hair: bool):
    """One person. top: 0 for a grown-up; a child's head begins lower."""
    skin, hair = LOOKS[variant % len(LOOKS)]
    trousers = TROUSERS[variant % len(TROUSERS)]

    def y(value: float) -> float:
        return top + value * (100 - top) / 100

    head = 13 if top == 0 else 13.5
    middle = y(3) + head
    if long_hair:
        pen.rectangle(50 - head - 3, y(3), 50 + head + 3, middle + head + 8, hair, radius=12)
    if pose == "riding":
        pen.line([(44, y(64)), (60, y(72)), (62, y(92))], trousers if not dress else skin, 10)
        pen.ellipse(58, y(90), 74, y(98), INK)
    elif dress:
        for x in (43, 57):
            pen.line([(x, y(72)), (x, y(95))], skin, 6)
            pen.ellipse(x - 5, y(94), x + 6, 100, shade(colour, 0.5))
    else:
        for x in (43, 57):
            pen.line([(x, y(62)), (x, y(94))], trousers, 10)
            pen.ellipse(x - 6, y(93), x + 7, 100, (60, 48, 44))
    sleeve = shade(colour, 0.84)
    pen.line([(39, y(38)), (28, y(60))], sleeve, 8)
    pen.disc(27, y(63), 4.2, skin)
    if pose == "holding":
        pen.line([(61, y(38)), (77, y(31))], sleeve, 8)
        pen.disc(79, y(28), 4.5, skin)
    else:
        pen.line([(61, y(38)), (72, y(60))], sleeve, 8)
        pen.disc(73, y(63), 4.2, skin)
    if dress:
        hem = y(70) if pose == "riding" else y(80)
        pen.polygon([(40, y(32)), (60, y(32)), (72, hem), (28, hem)], colour)
    else:
        pen.rectangle(36, y(31), 64, y(68), colour, radius=7)
    pen.rectangle(46, middle + head - 3, 54, y(35), skin)
    pen.disc(50, middle, head, skin)
    pen.pie(50 - head - 1, y(1.5), 50 + head + 1, y(1.5) + 2 * head, 180, 360, hair)
    for x in (45, 55):
        pen.disc(x, middle + 2, 1.9, INK)
    pen.arc(45, middle + 1, 55, middle + 9, 20, 160, (176, 84, 76), 1.6)


def man(pen, colour, pose, variant):
    _figure(pen, colour, pose, variant, top=0, dress=False, long_hair=False)


def woman(pen, colour, pose, variant):
    _figure(pen, colour, pose, variant, top=0, dress=True, long_hair=True)


def boy(pen, colour, pose, variant):
    _figure(pen, colour, pose, variant, top=16, dress=False, long_hair=False)


def girl(pen, colour, pose, variant):
    _figure(pen, colour, pose, variant, top=16, dress=True, long_hair=True)
