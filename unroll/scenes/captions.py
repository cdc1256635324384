"""The grammar: from the facts of a scene to sentences in the rhythm of COCO captions.

A caption is a template whose slots are filled with phrases, then perhaps a place and a time. Nothing is said
that the scene does not hold, though much may be left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from unroll.data.layout import LONGEST
from unroll.scenes import words
from unroll.scenes.scene import Scene, Thing
from unroll.scenes.stream import Stream
from unroll.scenes.world import KINDS

SHORTEST = 6
_TRIES = 500

# Slots: a, b, c, table: things; verb: what a does; is: is or are of a; where: the place; lead: "a photo of";
# hold: holding, with; holds: is holding, is standing with; side, over, on: prepositions.
_ALONE = (
    "{a} {verb} {where}",
    "{a} {verb} {where}",
    "{a} {is} {verb} {where}",
    "there {is} {a} {where}",
    "{lead} {a} {where}",
    "{lead} {a} {verb} {where}",
    "{a} that {is} {verb} {where}",
    "{a} {where}",
)
_BESIDE = (
    "{a} {verb} {side} {b}",
    "{a} {is} {verb} {side} {b}",
    "{a} {side} {b}",
    "{b} {other side} {a}",
    "there {is} {a} {side} {b}",
    "{a} and {b}",
    "{lead} {a} and {b}",
    "{a} {verb} {where} with {b}",
)
_TEMPLATES = {
    "alone": _ALONE,
    "left of": _BESIDE,
    "right of": _BESIDE,
    "between": (
        "{a} {verb} between {b} and {c}",
        "{a} {is} {verb} between {b} and {c}",
        "{a} between {b} and {c}",
        "{b} and {c} with {a} in between",
        "{a} with {b} and {c}",
        "there {is} {a} between {b} and {c}",
        "{b} {a} and {c}",
    ),
    "above": (
        "{a} {verb} {over} {b}",
        "{a} {is} {verb} {over} {b}",
        "{b} with {a} {verb} above",
        "{b} with {a} in the sky",
        "there {is} {a} {verb} {over} {b}",
        "{b} under {a}",
    ),
    "holding": (
        "{a} {hold} {b}",
        "{a} {hold} {b}",
        "{a} {holds} {b}",
        "there {is} {a} {hold} {b}",
        "{lead} {a} {hold} {b}",
    ),
    "riding": (
        "{a} riding {b}",
        "{a} {is} riding {b}",
        "{a} on {b}",
        "{a} riding on {b}",
        "{lead} {a} riding {b}",
        "there {is} {a} riding {b}",
    ),
    "on": (
        "{a} {verb} {on} {table}",
        "{a} {is} {verb} {on} {table}",
        "{a} {on} {table}",
        "{table} with {a} on it",
        "{table} topped with {a}",
        "there {is} {a} {on} {table}",
        "{lead} {a} {on} {table}",
    ),
    "in front of": (
        "{a} {verb} in front of {b}",
        "{a} {is} {verb} in front of {b}",
        "{a} in front of {b}",
        "{b} with {a} in front of it",
        "{b} behind {a}",
        "there {is} {a} in front of {b}",
    ),
}
_NEAR = ("next to", "next to", "beside", "near", "by")


def describe(scene: Scene, stream: Stream, count: int) -> list[list[str]]:
    """`count` different captions of a scene, each a list of SHORTEST to LONGEST words."""
    found: list[list[str]] = []
    for _ in range(_TRIES):
        caption = _sentence(scene, stream)
        if SHORTEST <= len(caption) <= LONGEST and caption not in found:
            found.append(caption)
            if len(found) == count:
                return found
    raise RuntimeError(f"only {len(found)} different captions in {_TRIES} tries for {scene}: widen its templates")


def _sentence(scene: Scene, stream: Stream) -> list[str]:
    detail = stream.uniform(0, 1)  # how talkative this annotator is
    template = stream.pick(_TEMPLATES[scene.relation])
    text = template.format_map(_phrases(scene, stream, detail))
    spare = LONGEST - len(text.split())
    if "{where}" not in template and stream.chance(0.3 + 0.45 * detail):
        place = _place(scene, stream)
        if len(place.split()) <= spare - 1:
            text += " " + place
            spare -= len(place.split())
    if stream.chance(_mention_of_time(scene) * (0.5 + 0.5 * detail)):
        when = stream.weighted(words.WHEN[scene.weather if scene.time == "day" else scene.time])
        if len(when.split()) <= spare:
            text += " " + when
    return _articles(text.split())


def _mention_of_time(scene: Scene) -> float:
    """How likely a caption is to speak of the time or weather: the more unusual, the likelier."""
    if not scene.time:
        return 0.0
    if scene.time != "day" or scene.weather in ("rain", "snowfall"):
        return 0.85
    return 0.5 if scene.weather == "cloudy" else 0.12


def _phrases(scene: Scene, stream: Stream, detail: float) -> dict[str, str]:
    """What may fill the slots of a scene's templates."""
    first, *others = scene.things
    a = _noun_phrase(first, stream, detail)
    phrases = {
        "a": a,
        "is": "is" if first.count == 1 else "are",
        "verb": _verb(first, stream),
        "where": _place(scene, stream),
        "lead": stream.weighted(words.LEADS),
        "over": stream.pick(("over", "above")),
        "on": stream.pick(("on", "on", "on top of")),
    }
    if others:
        phrases["b"] = _noun_phrase(others[0], stream, detail)
    if scene.relation == "between":
        phrases["c"] = _noun_phrase(others[1], stream, detail)
    if scene.relation == "on":
        phrases["table"] = _noun_phrase(others[-1], stream, detail * 0.6)
        if len(others) == 2:
            phrases["a"] = f"{a} {stream.pick(('and', 'and', 'next to'))} {phrases['b']}"
            phrases["is"] = "is" if "next to" in phrases["a"] else "are"
    if scene.relation == "holding":
        phrases["hold"] = stream.weighted(words.HOLD_VERBS[others[0].kind])
        phrases["holds"] = "is standing with" if phrases["hold"] == "with" else f"is {phrases['hold']}"
    if scene.relation in ("left of", "right of"):
        names = ("left", "right") if scene.relation == "left of" else ("right", "left")
        exact = stream.chance(0.3)
        phrases["side"] = f"to the {names[0]} of" if exact else stream.pick(_NEAR)
        phrases["other side"] = f"to the {names[1]} of" if exact else stream.pick(_NEAR)
    return phrases


def _noun_phrase(thing: Thing, stream: Stream, detail: float) -> str:
    """For example "a small brown dog", "two men in red shirts"."""
    kind = KINDS[thing.kind]
    parts = [stream.weighted(words.NUMBERS[thing.count])]
    if thing.size in words.SIZE_WORDS and stream.chance(0.15 + 0.5 * detail):
        parts.append(stream.weighted(words.SIZE_WORDS[thing.size]))
    if stream.chance(0.09 + 0.14 * detail):
        parts.append(_adjective(kind.family, stream))
    colour = stream.weighted(words.COLOUR_WORDS[thing.colour])
    coloured = kind.coloured and stream.chance(0.3 + 0.5 * detail)
    if coloured and kind.family != "person":
        parts.append(colour)
    parts.append(stream.weighted(words.NOUNS[thing.kind][thing.count > 1]))
    if coloured and kind.family == "person":
        parts.append(_clothes(thing, colour, stream))
    return " ".join(parts)


def _adjective(family: str, stream: Stream) -> str:
    if stream.chance(0.35):
        return stream.pick(words.RARE_ADJECTIVES)
    return stream.weighted(words.ADJECTIVES[words.ADJECTIVE_FAMILY.get(family, "thing")])


def _clothes(thing: Thing, colour: str, stream: Stream) -> str:
    garment = "dress" if thing.kind in ("woman", "girl") else "shirt"
    worn = f"a {colour} {garment}"
    if thing.count > 1:
        worn = f"{colour} {'dresses' if garment == 'dress' else 'shirts'}"
    return stream.pick((f"in {worn}", f"wearing {worn}", f"in {colour}", f"wearing {colour}"))


def _verb(thing: Thing, stream: Stream) -> str:
    if thing.pose in ("lying", "flying") and thing.kind not in ("balloon", "ball"):
        return stream.weighted(words.VERBS[thing.pose])
    if thing.pose == "floating" and thing.kind == "duck":
        return stream.pick(("swimming", "swimming", "floating"))
    family = KINDS[thing.kind].family
    return stream.weighted(words.VERBS.get(thing.kind) or words.VERBS[family])


def _place(scene: Scene, stream: Stream) -> str:
    """Where the scene is, as seen from its first thing."""
    first = scene.things[0]
    if scene.relation == "alone":
        if first.pose == "floating":
            return stream.weighted(words.ON_WATER[scene.setting])
        if first.pose == "flying":
            above = stream.weighted(words.PLACES[scene.setting][1])
            return stream.pick(("in the sky " + above, above, above))
        if KINDS[first.kind].family == "wall":
            return stream.weighted(words.ON_WALL) + " " + stream.weighted(words.PLACES[scene.setting][1])
    options: Sequence[tuple[str, float]] = words.PLACES[scene.setting][0]
    if scene.relation == "on":  # the table stands on the floor, what is on it does not
        options = [(phrase, weight) for phrase, weight in options if "floor" not in phrase]
    return stream.weighted(options)


def _articles(caption: list[str]) -> list[str]:
    """Each "a" or "an" as the next word asks."""
    fixed = list(caption)
    for i, following in enumerate(caption[1:]):
        if fixed[i] in ("a", "an"):
            fixed[i] = "an" if following[0] in "aeiou" else "a"
    return fixed
