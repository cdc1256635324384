"""What exists and what may appear where: data only.

To add a kind: a row in KINDS, its name in the settings where it lives, and a drawing function of the same name
in one of the drawing modules. To add a setting: a row in SETTINGS and a function in `background`.
"""

from __future__ import annotations

from dataclasses import dataclass

from unroll.scenes.stream import weights

COLOURS = {
    "red": (214, 58, 52),
    "orange": (240, 138, 46),
    "yellow": (247, 206, 66),
    "green": (76, 160, 84),
    "blue": (58, 112, 204),
    "purple": (136, 86, 180),
    "pink": (240, 142, 182),
    "brown": (136, 90, 56),
    "black": (48, 48, 54),
    "white": (247, 247, 243),
    "gray": (148, 152, 160),
    "tan": (214, 178, 130),
}

_CLOTHES = "red 3, blue 3, green 2, yellow 2, white 2, black, pink, purple, orange"
_PAINT = "red 3, blue 3, yellow 2, white 2, black, green 2, orange, gray"
_BRIGHT = "red 3, blue 3, yellow 3, green 2, orange 2, purple 2, pink 2"


@dataclass(frozen=True)
class Kind:
    """A kind of object.

    family: chooses verbs and adjectives: animal, bird, person, vehicle, boat, flyer, toy, thing, tall,
        furniture, wall, item.
    size: side of the square the object is drawn in, at normal size, in steps of the frame.
    colours: (colour, weight) pairs.
    coloured: whether captions may name the colour (a zebra's or a pizza's says nothing).
    """

    name: str
    family: str
    size: int
    colours: tuple[tuple[str, float], ...]
    coloured: bool = True


def _kinds(*rows: tuple) -> dict[str, Kind]:
    return {name: Kind(name, family, size, weights(colours), *rest) for name, family, size, colours, *rest in rows}


KINDS = _kinds(
    ("dog", "animal", 21, "brown 4, black 3, white 2, tan 2"),
    ("cat", "animal", 20, "gray 3, orange 3, black 2, white 2"),
    ("horse", "animal", 28, "brown 4, black 2, white 2, tan"),
    ("cow", "animal", 27, "brown 3, white 3, black 2"),
    ("sheep", "animal", 22, "white 6, black 2, gray"),
    ("elephant", "animal", 32, "gray"),
    ("giraffe", "animal", 37, "orange 3, yellow 2, tan"),
    ("bear", "animal", 28, "brown 4, black 3, white 2"),
    ("zebra", "animal", 27, "white", False),
    ("lion", "animal", 29, "tan", False),
    ("pig", "animal", 23, "pink 5, black, white"),
    ("rabbit", "animal", 17, "white 3, brown 3, gray 2"),
    ("bird", "bird", 17, "blue 2, red 2, yellow 2, white, green, black"),
    ("duck", "bird", 17, "white 3, yellow 3, brown 2"),
    ("chicken", "bird", 17, "white 3, brown 3, black, orange"),
    ("penguin", "bird", 21, "black", False),
    ("man", "person", 31, _CLOTHES),
    ("woman", "person", 31, _CLOTHES),
    ("boy", "person", 27, _CLOTHES),
    ("girl", "person", 27, _CLOTHES),
    ("car", "vehicle", 27, _PAINT),
    ("bus", "vehicle", 35, "red 4, yellow 3, blue 2, white, green"),
    ("truck", "vehicle", 33, _PAINT),
    ("train", "vehicle", 42, "red 2, blue 2, yellow 2, green, orange, gray"),
    ("bicycle", "vehicle", 25, "red 2, blue 2, black 2, green, orange"),
    ("motorcycle", "vehicle", 27, "red 3, black 3, blue 2, green, yellow"),
    ("boat", "boat", 26, "red 2, blue 2, white 2, green, brown, yellow"),
    ("airplane", "flyer", 29, "white 4, gray 2, red, blue, yellow"),
    ("kite", "flyer", 19, _BRIGHT),
    ("balloon", "flyer", 19, _BRIGHT),
    ("ball", "toy", 12, _BRIGHT),
    ("umbrella", "toy", 22, _BRIGHT + ", black 2"),
    ("bench", "thing", 24, "brown 4, green 2, gray, white"),
    ("hydrant", "thing", 17, "red 4, yellow 3, blue, white"),
    ("stop sign", "thing", 25, "red", False),
    ("traffic light", "thing", 27, "black", False),
    ("suitcase", "thing", 19, "black 2, brown 2, red 2, blue 2, pink, green"),
    ("backpack", "thing", 18, "blue 3, red 3, green 2, black, purple, yellow"),
    ("surfboard", "thing", 31, "blue 2, yellow 2, red 2, white, green, pink"),
    ("snowman", "thing", 27, "red 2, blue 2, green, yellow", False),
    ("tent", "thing", 27, "orange 2, green 2, blue 2, red, yellow"),
    ("tree", "tall", 33, "green 6, orange 2, yellow, pink"),
    ("house", "tall", 35, "white 2, yellow 2, red 2, blue, brown, gray"),
    ("chair", "furniture", 25, "brown 4, black 2, white 2, red, green"),
    ("couch", "furniture", 37, "red 2, blue 2, brown 3, green, gray 2, purple"),
    ("lamp", "furniture", 24, "yellow 3, white 3, green, red, blue"),
    ("tv", "furniture", 27, "black", False),
    ("table", "furniture", 46, "brown 4, white 2, tan 2, black"),
    ("refrigerator", "furniture", 35, "white 4, gray 3, red, blue"),
    ("potted plant", "thing", 23, "brown 3, white 2, orange 2, blue"),
    ("teddy bear", "thing", 19, "brown 4, tan 2, white, pink"),
    ("clock", "wall", 16, "black 2, white 2, brown 2, red, green, blue"),
    ("vase", "item", 18, "blue 3, white 3, green, purple 2, red"),
    ("cup", "item", 14, _BRIGHT + ", white 3"),
    ("cake", "item", 18, "pink 3, white 3, brown 3, yellow"),
    ("pizza", "item", 19, "red", False),
    ("apple", "item", 12, "red 4, green 3, yellow"),
    ("banana", "item", 15, "yellow", False),
    ("book", "item", 16, _BRIGHT + ", black, brown"),
    ("laptop", "item", 20, "gray 4, black 2, white"),
    ("bottle", "item", 19, "green 4, blue 2, brown 2, red"),
    ("bowl", "item", 17, "white 3, blue 3, red, yellow"),
    ("donut", "item", 15, "pink 4, brown 3, white"),
    ("sandwich", "item", 16, "tan", False),
)

PEOPLE = ("man", "woman", "boy", "girl")
AIRBORNE = ("airplane", "kite", "balloon", "bird")
HELD = weights("kite 3, umbrella 3, balloon 3, ball 2")
HELD_INDOORS = weights("book 3, cup 2, cake 2, balloon 2")
TABLE_ITEMS = (
    "cup", "cake", "pizza", "apple", "banana", "book", "laptop", "vase", "bottle", "bowl", "donut", "sandwich",
)  # fmt: skip
CAN_LIE = ("dog", "cat", "cow", "sheep", "bear", "pig", "lion")
BACKDROPS = ("tree", "house", "bus", "truck", "train", "tent", "couch", "elephant")


@dataclass(frozen=True)
class Setting:
    """A place.

    ground: the kinds that stand here; one named twice is twice as likely.
    water: the kinds that float here, in the band of water.
    mounts: what people ride here.
    floor, shore: least and greatest baseline, in steps from the top, of what stands and of what floats.
    back: least baseline of a second row that stands behind the first.
    weather: (weather, weight) pairs by day; indoors there is none.
    """

    name: str
    weight: float
    ground: tuple[str, ...]
    water: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    floor: tuple[int, int] = (54, 61)
    shore: tuple[int, int] = (0, 0)
    back: int = 44
    indoors: bool = False
    weather: tuple[tuple[str, float], ...] = weights("clear 6, cloudy 2, rain 1.2")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


_SNOWY = weights("clear 5, cloudy 2, snowfall 2.5")
_DRY = weights("clear 6, cloudy 2")

SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "beach", 11,
            _names("dog, man, woman, boy, girl, ball, umbrella, bird, bicycle, tent, horse, surfboard, surfboard"),
            water=("boat", "boat"), mounts=("horse", "bicycle"), shore=(30, 37),
        ),
        Setting(
            "field", 11,
            _names(
                "horse, cow, sheep, elephant, giraffe, zebra, lion, rabbit, dog, man, woman, girl, tree, tent, bird"
            ),
            mounts=("horse", "elephant"),
        ),
        Setting(
            "street", 14,
            _names("car, bus, truck, bus, bicycle, motorcycle, man, woman, boy, hydrant, hydrant, stop sign,"
                   " traffic light, bench, dog, backpack"),
            mounts=("bicycle", "motorcycle"),
        ),
        Setting(
            "snow", 9,
            _names("dog, bear, man, woman, boy, girl, tree, house, train, truck, penguin, penguin, snowman, snowman,"
                   " rabbit"),
            weather=_SNOWY,
        ),
        Setting(
            "desert", 7, _names("elephant, giraffe, zebra, lion, car, truck, motorcycle, tent, man, woman, horse"),
            mounts=("horse", "elephant", "motorcycle"), weather=_DRY,
        ),
        Setting(
            "park", 11,
            _names("dog, cat, man, woman, boy, girl, bench, bicycle, ball, bird, duck, rabbit, tree, umbrella,"
                   " suitcase, backpack"),
            mounts=("bicycle",),
        ),
        Setting(
            "mountains", 7, _names("horse, cow, sheep, bear, train, tent, house, tree, man, woman, bicycle, backpack"),
            mounts=("horse", "bicycle"), weather=_SNOWY,
        ),
        Setting(
            "lake", 9, _names("man, woman, boy, girl, dog, bench, tent, tree, bicycle, duck"),
            water=("boat", "boat", "duck"), floor=(56, 61), shore=(31, 44), back=51,
        ),
        Setting(
            "farm", 9,
            _names("cow, sheep, horse, pig, pig, chicken, chicken, duck, truck, tree, man, woman, boy, dog, cat"),
            mounts=("horse",),
        ),
        Setting(
            "kitchen", 12,
            _names("cat, dog, man, woman, boy, girl, chair, clock, refrigerator, refrigerator, potted plant"),
            indoors=True, floor=(57, 62), back=50,
        ),
        Setting(
            "living room", 13,
            _names("cat, dog, couch, couch, couch, tv, tv, lamp, chair, clock, man, woman, girl, ball, potted plant,"
                   " teddy bear"),
            indoors=True, floor=(57, 62), back=50,
        ),
        Setting(
            "bedroom", 7,
            _names("cat, dog, lamp, chair, clock, suitcase, boy, girl, woman, ball, teddy bear, teddy bear, backpack,"
                   " potted plant"),
            indoors=True, floor=(57, 62), back=50,
        ),
    )
}  # fmt: skip

TIMES = weights("day 7, sunset 1.6, night 1.6")
SIZES = weights("normal 6, small 2, large 2")
