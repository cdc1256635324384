"""Scenes, their pictures, their captions and their features."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from unroll.scenes import CAPTIONS, SIZE, Scene, Thing, captions_at, image_at, scene_at, words
from unroll.scenes.captions import LONGEST, SHORTEST, describe
from unroll.scenes.features import RAW_WIDTH, WEIGHTS, WIDTH, features_of, halved, principal, raw_features
from unroll.scenes.pen import FRAME
from unroll.scenes.render import arrange
from unroll.scenes.sprites import drawing, sprite
from unroll.scenes.stream import Stream, weights
from unroll.scenes.world import COLOURS, KINDS, SETTINGS

MANY = 600


@pytest.fixture(scope="module")
def described() -> list[tuple[Scene, list[list[str]]]]:
    scenes = [scene_at("train", i) for i in range(MANY)]
    return [(scene, captions_at("train", i, scene)) for i, scene in enumerate(scenes)]


# --- the world -------------------------------------------------------------------------------------------------


def test_world_is_rich_and_every_part_of_it_has_words_and_drawings():
    assert len(KINDS) >= 60 and len(COLOURS) == 12 and len(SETTINGS) == 12
    assert set(words.NOUNS) == set(KINDS)
    assert set(words.PLACES) == set(SETTINGS)
    assert set(words.COLOUR_WORDS) == set(COLOURS)
    for kind in KINDS.values():
        assert callable(drawing(kind.name))
        assert {colour for colour, _ in kind.colours} <= set(COLOURS)
        assert kind.name in words.VERBS or kind.family in words.VERBS
    for setting in SETTINGS.values():
        assert {*setting.ground, *setting.water, *setting.mounts} <= set(KINDS)


def test_scenes_vary():
    scenes = [scene_at("train", i) for i in range(2000)]
    assert len({scene.relation for scene in scenes}) == 9
    assert {scene.time for scene in scenes} == {"", "day", "sunset", "night"}
    assert {scene.weather for scene in scenes} == {"", "clear", "cloudy", "rain", "snowfall"}
    assert {thing.kind for scene in scenes for thing in scene.things} == set(KINDS)
    assert {thing.count for scene in scenes for thing in scene.things} == {1, 2, 3, 4, 5}
    assert max(Counter(scenes).values()) < 20


def test_only_boats_and_ducks_are_in_water():
    for i in range(2000):
        for thing in scene_at("train", i).things:
            assert thing.pose != "floating" or thing.kind in ("boat", "duck")


def test_stream_is_the_same_everywhere():
    stream = Stream("unroll/test")
    assert [stream.integer(0, 99) for _ in range(8)] == [20, 88, 48, 77, 71, 42, 84, 50]
    assert weights("dog 3, puppy, fire hydrant 0.5") == (("dog", 3.0), ("puppy", 1.0), ("fire hydrant", 0.5))


# --- pictures --------------------------------------------------------------------------------------------------


def test_an_image_depends_on_its_split_and_index_alone():
    first = image_at("train", 5)
    image_at("train", 6)
    assert first.shape == (SIZE, SIZE, 3) and first.dtype == np.uint8
    assert np.array_equal(image_at("train", 5), first)
    assert not np.array_equal(image_at("val", 5), first)


def test_everything_is_inside_the_frame_and_as_many_as_said():
    for i in range(MANY):
        scene = scene_at("train", i)
        placed = arrange(scene, Stream(f"test/{i}"))
        assert len(placed) == sum(thing.count for thing in scene.things)
        for place in placed:
            assert 0 <= place.left and place.left + place.sprite.width <= FRAME
            assert 0 <= place.bottom - place.sprite.height and place.bottom <= FRAME


def test_left_is_left():
    seen = 0
    for i in range(MANY):
        scene = scene_at("train", i)
        if scene.relation in ("left of", "right of"):
            *_, first = placed = arrange(scene, Stream(f"test/{i}"))
            other = placed[0]
            distance = (other.left + other.sprite.width / 2) - (first.left + first.sprite.width / 2)
            assert distance * (1 if scene.relation == "left of" else -1) > 8
            seen += 1
    assert seen > 50


def test_between_is_between():
    seen = 0
    for i in range(MANY):
        scene = scene_at("train", i)
        if scene.relation == "between":
            left, right, middle = (place.left + place.sprite.width / 2 for place in arrange(scene, Stream(f"test/{i}")))
            assert left + 8 < middle < right - 8
            seen += 1
    assert seen > 20


def test_what_stands_at_the_lake_stands_on_the_shore_and_what_floats_is_in_the_water():
    ground = water = 0
    for i in range(3000):
        scene = scene_at("train", i)
        if scene.setting != "lake":
            continue
        floats = scene.things[0].pose == "floating"
        for place in arrange(scene, Stream(f"test/{i}")):
            if place.shadow:
                assert place.bottom >= 50
                ground += 1
            elif floats:
                assert 29 <= place.bottom <= 46
                water += 1
    assert ground > 100 and water > 20


def test_colours_show():
    for colour, value in COLOURS.items():
        pixels = np.asarray(sprite("ball", colour, 24).image).reshape(-1, 4)
        distance = np.abs(pixels[:, :3].astype(int) - value).sum(axis=1)[pixels[:, 3] == 255]
        assert (distance < 12).mean() > 0.2


def test_unknown_kinds_are_named():
    with pytest.raises(LookupError, match="unknown kind 'dragon'"):
        sprite("dragon", "red", 24)


# --- captions --------------------------------------------------------------------------------------------------


def test_five_different_captions_of_plain_words(described):
    lengths = []
    for _, captions in described:
        assert len(captions) == CAPTIONS == len({tuple(caption) for caption in captions})
        for caption in captions:
            assert SHORTEST <= len(caption) <= LONGEST
            assert all(word.isascii() and word.isalpha() and word.islower() for word in caption)
            lengths.append(len(caption))
    assert 10 < np.mean(lengths) < 11.5 and 2 < np.std(lengths) < 3  # real COCO: 10.6 +- 2.4


def test_articles_fit(described):
    for _, captions in described:
        for caption in captions:
            for word, following in itertools.pairwise(caption):
                if word in ("a", "an"):
                    assert (word == "an") == (following[0] in "aeiou"), caption


def test_a_scene_without_enough_to_say_is_an_error(monkeypatch):
    scene = Scene("field", "day", "clear", "alone", (Thing("zebra", "white"),))
    monkeypatch.setattr("unroll.scenes.captions._sentence", lambda scene, stream: ["a"] * 8)
    with pytest.raises(RuntimeError, match="only 1 different captions"):
        describe(scene, Stream("test"), 5)


_COLOUR_OF = {word: colour for colour, options in words.COLOUR_WORDS.items() for word, _ in options}
_NOUNS: dict[tuple[str, ...], set[tuple[str, bool]]] = {}
for _kind, _forms in words.NOUNS.items():
    for _several, _options in enumerate(_forms):
        for _noun, _ in _options:
            _NOUNS.setdefault(tuple(_noun.split()), set()).add((_kind, bool(_several)))
_EXACTLY = {"a": {1}, "an": {1}, "two": {2}, "couple": {2}, "pair": {2}, "three": {3}, "four": {4}, "five": {5}}
_ROUGHLY = {"several": {4, 5}, "group": {3, 4, 5}, "bunch": {5}}
_COUNTS = _EXACTLY | _ROUGHLY
_BETWEEN = {word for options in (*words.SIZE_WORDS.values(), *words.ADJECTIVES.values()) for word, _ in options}
_BETWEEN |= set(words.RARE_ADJECTIVES)


def _claims(caption: list[str]):
    """What a caption says there is: (kinds it may be, number of objects, colour or None) per noun."""
    position = 0
    while position < len(caption):
        for length in (3, 2, 1):
            noun = tuple(caption[position : position + length])
            if len(noun) == length and noun in _NOUNS:
                break
        else:
            position += 1
            continue
        colour, before = None, position - 1
        while before >= 0 and (caption[before] in _BETWEEN or caption[before] in _COLOUR_OF):
            colour = _COLOUR_OF.get(caption[before], colour)
            before -= 1
        if caption[before] == "of":  # a couple of, a group of
            before -= 1
        position += length
        after = [word for word in caption[position : position + 3] if word not in ("a", "an")]
        if after[:1] in (["in"], ["wearing"]) and len(after) > 1:
            colour = _COLOUR_OF.get(after[1], colour)
        yield {kind for kind, _ in _NOUNS[noun]}, _COUNTS.get(caption[before]), colour


def _is_true(claim, scene: Scene) -> bool:
    kinds, counts, colour = claim
    return any(
        thing.kind in kinds and counts and thing.count in counts and colour in (None, thing.colour)
        for thing in scene.things
    )


def test_captions_tell_the_truth_about_kinds_counts_and_colours(described):
    claims = coloured = 0
    for scene, captions in described:
        for caption in captions:
            found = list(_claims(caption))
            assert found, f"nothing said: {' '.join(caption)}"
            for claim in found:
                assert _is_true(claim, scene), f"{' '.join(caption)}: {claim} in {scene}"
                claims += 1
                coloured += claim[2] is not None
            mentioned = {_COLOUR_OF[word] for word in caption if word in _COLOUR_OF}
            assert mentioned <= {thing.colour for thing in scene.things}, caption
    assert claims > 4000 and coloured > 1500


def test_the_truth_test_can_fail():
    scene = Scene("field", "day", "clear", "alone", (Thing("dog", "brown", 2),))
    right = "there are two brown dogs in a grassy field"
    assert all(_is_true(claim, scene) for claim in _claims(right.split()))
    for wrong in ("three brown dogs in a field", "two black dogs in a field", "two brown cats in a field"):
        assert not all(_is_true(claim, scene) for claim in _claims(wrong.split()))


def test_left_and_right_are_told_as_drawn(described):
    told = 0
    for scene, captions in described:
        if scene.relation not in ("left of", "right of"):
            continue
        for caption in captions:
            for side in ("left", "right"):
                if side in caption:
                    (first, _, _), _ = _claims(caption)
                    forward = scene.things[0].kind in first
                    ambiguous = forward and scene.things[1].kind in first  # "a person to the left of a person"
                    assert ambiguous or (scene.relation == f"{side} of") == forward, (caption, scene)
                    told += 1
    assert told > 100


# --- features --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def featured():
    """Scenes and features of a training and a validation part."""
    parts = []
    for split, count in (("train", 400), ("val", 150)):
        scenes = [scene_at(split, i) for i in range(count)]
        images = np.stack([image_at(split, i, scene) for i, scene in enumerate(scenes)])
        parts.append((scenes, features_of(images), images))
    return parts


def test_features_have_a_sensible_scale(featured):
    (_, features, images), _ = featured
    assert features.shape == (400, WIDTH) and features.dtype == np.float32
    assert np.isfinite(features).all()
    assert abs(features.mean()) < 0.05 and 0.8 < features.std() < 1.2
    assert np.allclose(features_of(images[:3]), features[:3], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "facts", "least"),
    [
        ("setting", lambda scene: {scene.setting}, 0.97),
        ("kind", lambda scene: {thing.kind for thing in scene.things}, 0.8),
        ("colour", lambda scene: {thing.colour for thing in scene.things}, 0.8),
        ("relation", lambda scene: {scene.relation}, 0.7),
    ],
)
def test_a_linear_probe_finds_what_is_in_the_picture(featured, name, facts, least):
    (scenes, features, _), (others, queries, _) = featured
    values = sorted(set().union(*map(facts, scenes)))
    targets = np.array([[value in facts(scene) for value in values] for scene in scenes], float)
    mean, ridge = targets.mean(axis=0), features.T @ features + 300 * np.eye(WIDTH)
    scores = queries @ np.linalg.solve(ridge, features.T @ (targets - mean)) + mean
    hits = np.mean([values[row.argmax()] in facts(scene) for row, scene in zip(scores, others, strict=True)])
    blind = np.mean([values[mean.argmax()] in facts(scene) for scene in others])
    assert hits > least and hits > 2 * blind, (hits, blind)


def test_features_are_what_the_network_says():
    """One image through plain loops in double precision."""
    with np.load(WEIGHTS) as file:
        weights = {name: file[name].astype(float) for name in file}
    image = image_at("val", 3)
    maps = image.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3)) / 255 - 0.5
    for layer, stride in enumerate((2, 2, 1, 1)):
        kernel = weights[f"kernel{layer}"]
        side = kernel.shape[0]
        size = (len(maps) - side) // stride + 1
        out = np.empty((size, size, kernel.shape[3]))
        for y in range(size):
            for x in range(size):
                window = maps[y * stride : y * stride + side, x * stride : x * stride + side]
                out[y, x] = np.maximum(np.tensordot(window, kernel, 3) + weights[f"bias{layer}"], 0)
        maps = out
        if layer == 2:
            maps = np.array(
                [[maps[y : y + 2, x : x + 2].max(axis=(0, 1)) for x in range(0, 12, 2)] for y in range(0, 12, 2)]
            )
    assert maps.shape == (4, 4, 160)
    quarters = [maps[y : y + 2, x : x + 2].max(axis=(0, 1)) for y in (0, 2) for x in (0, 2)]
    raw = np.concatenate([maps.max(axis=(0, 1)), maps.mean(axis=(0, 1)), *quarters])
    assert np.linalg.norm(raw_features(image[None])[0] - raw) < 1e-5 * np.linalg.norm(raw)
    expected = (raw - weights["mean"]) @ weights["axes"]
    assert np.linalg.norm(features_of(image[None])[0] - expected) < 1e-5 * np.linalg.norm(expected)


def test_features_do_not_depend_on_the_images_beside():
    images = np.stack([image_at("val", i) for i in range(60)])
    together = features_of(images)
    assert np.allclose(together[57:58], features_of(images[57:58]), atol=1e-4)
    assert together.shape == (60, WIDTH) and raw_features(images[:1]).shape == (1, RAW_WIDTH)
    assert features_of(images[:0]).shape == (0, WIDTH)


def test_principal_axes_are_orthogonal():
    with np.load(WEIGHTS) as file:
        axes = file["axes"].astype(float)
    products = axes.T @ axes
    assert np.allclose(products, products[0, 0] * np.eye(WIDTH), atol=2e-3 * products[0, 0])
    raw = np.zeros((1, RAW_WIDTH), np.float32)
    assert principal(raw).shape == (1, WIDTH)


def test_halved():
    image = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    assert np.array_equal(halved(image), image.reshape(1, 2, 2, 2, 2, 3).mean(axis=(2, 4)))
    bright = np.full((1, 2, 2, 3), 255, np.uint8)
    assert halved(bright).tolist() == [[[[255.0] * 3]]]


def test_features_of_something_else_are_refused():
    for shape in ((2, 64, 64, 3), (128, 128, 3)):
        with pytest.raises(ValueError, match=r"expected images \(N, 128, 128, 3\) of uint8, found"):
            features_of(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="of float64"):
        features_of(np.zeros((1, 128, 128, 3)))
