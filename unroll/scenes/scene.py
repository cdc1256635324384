"""A scene is plain data, drawn from one stream: what is where, before any pixel or word exists."""

from __future__ import annotations

from dataclasses import dataclass

from unroll.scenes import world
from unroll.scenes.stream import Stream, weights
from unroll.scenes.world import KINDS, SETTINGS, Setting


@dataclass(frozen=True)
class Thing:
    """One or more objects of the same kind and colour.

    size: "small", "normal" or "large". pose: "" or "lying", "flying", "floating", "holding", "riding".
    """

    kind: str
    colour: str
    count: int = 1
    size: str = "normal"
    pose: str = ""


@dataclass(frozen=True)
class Scene:
    """The facts of an image, which pixels and captions both come from.

    relation: how the first thing stands to the second: "alone", "left of", "right of", "above", "holding",
        "riding", "on" (the last thing is the table), "in front of"; or to two others: "between".
    time: "day", "sunset", "night"; weather: "clear", "cloudy", "rain", "snowfall"; both "" indoors.
    """

    setting: str
    time: str
    weather: str
    relation: str
    things: tuple[Thing, ...]


def draw_scene(stream: Stream) -> Scene:
    """A random scene that obeys the rules of `world`."""
    setting = stream.weighted([(place, place.weight) for place in SETTINGS.values()])
    time = weather = ""
    if not setting.indoors:
        time = stream.weighted(world.TIMES)
        weather = stream.weighted(setting.weather) if time == "day" else "clear"
    relation = stream.weighted(_relations(setting))
    relation, things = _COMPOSE[relation](stream, setting)
    return Scene(setting.name, time, weather, relation, things)


def _relations(setting: Setting) -> list[tuple[str, float]]:
    """The relations possible in a setting, with weights."""
    options: list[tuple[str, float]] = [("alone", 34), ("beside", 27), ("between", 9)]
    options.append(("holding", 6 if setting.indoors else 14))
    if setting.mounts:
        options.append(("riding", 9))
    if setting.indoors:
        if setting.name != "bedroom":
            options.append(("on", 56))
    else:
        options += [("above", 14), ("in front of", 9)]
    return options


def _thing(stream: Stream, kind: str, count: int = 1, size: str = "", pose: str = "") -> Thing:
    size = size or (stream.weighted(world.SIZES) if count < 3 else "normal")
    if not pose and kind in world.CAN_LIE and stream.chance(0.25):
        pose = "lying"
    return Thing(kind, stream.weighted(KINDS[kind].colours), count, size, pose)


def _count(stream: Stream, kind: str) -> int:
    if KINDS[kind].family == "wall" or KINDS[kind].size >= 35:
        return 1
    if KINDS[kind].family in ("furniture", "tall") or KINDS[kind].size > 30:
        return stream.weighted([(1, 70), (2, 22), (3, 8)])
    return stream.weighted([(1, 40), (2, 26), (3, 17), (4, 10), (5, 7)])


def _alone(stream: Stream, setting: Setting):
    choices = [(kind, "floating") for kind in setting.water * 2] + [(kind, "") for kind in setting.ground]
    if not setting.indoors:
        choices += [(kind, "flying") for kind in world.AIRBORNE[:3]]
    kind, pose = stream.pick(choices)
    if kind == "bird" and stream.chance(0.4):
        pose = "flying"
    return "alone", (_thing(stream, kind, _count(stream, kind), pose=pose),)


def _beside(stream: Stream, setting: Setting):
    kinds = [kind for kind in setting.ground if KINDS[kind].family != "wall"]
    first = stream.pick(kinds)
    second = stream.pick([kind for kind in kinds if kind != first])
    counts = [stream.weighted([(1, 60), (2, 28), (3, 12)]) if KINDS[first].size < 28 else 1]
    counts.append(2 if KINDS[second].size < 28 and stream.chance(0.25) else 1)
    sizes = ["normal" if KINDS[kind].size >= 28 else "" for kind in (first, second)]
    things = map(_thing, [stream, stream], (first, second), counts, sizes)
    return stream.pick(["left of", "right of"]), tuple(things)


def _between(stream: Stream, setting: Setting):
    kinds = {kind: None for kind in setting.ground if KINDS[kind].family != "wall" and KINDS[kind].size < 32}
    chosen = []
    for _ in range(3):
        chosen.append(stream.pick([kind for kind in kinds if kind not in chosen]))
    return "between", tuple(_thing(stream, kind, size="normal") for kind in chosen)


def _holding(stream: Stream, setting: Setting):
    person = _thing(stream, stream.pick(world.PEOPLE), size="normal", pose="holding")
    held = stream.weighted(world.HELD_INDOORS if setting.indoors else world.HELD)
    return "holding", (person, _thing(stream, held, size="normal"))


def _riding(stream: Stream, setting: Setting):
    rider = _thing(stream, stream.pick(world.PEOPLE), size="normal", pose="riding")
    return "riding", (rider, _thing(stream, stream.pick(setting.mounts), size="normal"))


def _on_table(stream: Stream, setting: Setting):
    table = _thing(stream, "table", size="normal")
    first = stream.pick(world.TABLE_ITEMS)
    if stream.chance(0.55):
        second = stream.pick([item for item in world.TABLE_ITEMS if item != first])
        return "on", (_thing(stream, first, 1, "normal"), _thing(stream, second, 1, "normal"), table)
    few = weights("1 55, 2 28, 3 17")
    count = int(stream.weighted(few)) if KINDS[first].size < 17 else 1
    return "on", (_thing(stream, first, count, "normal"), table)


def _above(stream: Stream, setting: Setting):
    count = stream.weighted([(1, 65), (2, 22), (3, 13)])
    flyer = _thing(stream, stream.pick(world.AIRBORNE), count, "normal", "flying")
    below = stream.pick([kind for kind in setting.ground if kind not in ("bird", "giraffe")])
    return "above", (flyer, _thing(stream, below, size="" if KINDS[below].size < 25 else "normal"))


def _in_front(stream: Stream, setting: Setting):
    backdrops = [kind for kind in setting.ground if kind in world.BACKDROPS] or ["tree"]
    behind = stream.pick(backdrops)
    small = [kind for kind in setting.ground if kind != behind and KINDS[kind].size < 32]
    return "in front of", (_thing(stream, stream.pick(small), size="normal"), _thing(stream, behind, size="large"))


_COMPOSE = {
    "alone": _alone,
    "beside": _beside,
    "between": _between,
    "holding": _holding,
    "riding": _riding,
    "on": _on_table,
    "above": _above,
    "in front of": _in_front,
}
