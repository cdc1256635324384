"""The networks that the grader trains in problem set 5: their scores are BLEU, and only a network that sees passes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from autograder.checks.ps5_captioning import BY_HEART, HELD_OUT
from autograder.problem_set import drawing_data, load
from unroll.metrics import bleu

PS = load("ps5_captioning")
CHECK = PS.check("CaptioningRNN")
BLIND = ("projection_gradient_missing", "first_state_gradient_zero", "image_ignored")
PASSED = [True, True, True]


def draw(case, seed, **changed):
    return CHECK.draw(np.random.default_rng(seed), drawing_data(), **{**case, **changed})


def judged(inputs, mistakes=(), functions=None):
    return CHECK.call(PS.reference.code(mistakes, functions), **inputs)[-1].tolist()


def mistake(name):
    return next(m for m in PS.check("caption_loss").mistakes if m.name == name)


@pytest.mark.parametrize("case", [BY_HEART, HELD_OUT])
@pytest.mark.parametrize("seed", range(3))
def test_the_reference_passes(case, seed):
    assert judged(draw(case, seed)) == PASSED


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", BLIND)
def test_a_network_that_never_learns_from_the_image_fails_on_held_out_images(name, seed):
    per_word, one, _ = judged(draw(HELD_OUT, seed), [mistake(name)])
    assert not per_word and not one


@pytest.mark.parametrize("case", [BY_HEART, HELD_OUT])
@pytest.mark.parametrize("seed", range(3))
def test_the_language_alone_is_not_enough(case, seed):
    inputs = draw(case, seed)
    blind = {**inputs, "features": 0 * inputs["features"], "judged": 0 * inputs["judged"]}
    assert judged(blind)[:2] == [False, False]


def test_no_pair_of_words_said_of_every_image_passes():
    """The best pair of frequent words to say of everything stays far below the bound of BLEU-1."""
    inputs = draw(HELD_OUT, 0)
    people = references(inputs)
    best = max(bleu([pair] * len(people), people, 1)[0] for pair in itertools.combinations("efghijklmnop", 2))
    assert best < 0.8 * HELD_OUT["bleu_1_above"]


def texts(rows):
    """Word indices as captions for the metrics: END is 2, NULL 0, START 1, and letters are words."""
    special = {0: "<NULL>", 1: "<START>", 2: "<END>"}
    return [[special.get(int(i), chr(97 + int(i))) for i in row] for row in rows]


def references(inputs):
    return [texts(inputs["true_captions"][inputs["true_idxs"] == i]) for i in range(len(inputs["judged"]))]


@pytest.mark.parametrize("seed", range(4))
def test_the_bounds_are_bounds_of_corpus_bleu(seed):
    """Captions of any quality and length, some without an end: a bound just below their BLEU holds, just above not."""
    inputs = draw(HELD_OUT, seed, steps=1)
    rng = np.random.default_rng(seed)
    count, length = len(inputs["judged"]), inputs["captions"].shape[1] - 1
    first = [np.flatnonzero(inputs["true_idxs"] == i)[0] for i in range(count)]
    said = inputs["true_captions"][first, 1:]
    said = np.where(rng.random(said.shape) < 0.15 * (seed + 1), rng.integers(0, 12, said.shape), said)

    class Says(PS.reference.plain["CaptioningRNN"]):
        def sample(self, features, max_length=30, **how):
            return said if (len(features), max_length) == (count, length) else super().sample(features, max_length)

    expected = bleu(texts(said), references(inputs), 2)
    assert 0.05 < expected[1] < expected[0] < 0.95
    for n, found in enumerate(expected, 1):
        for factor, verdict in ((0.9999, True), (1.0001, False)):
            inputs["training"][f"bleu_{n}_above"] = factor * found
            assert judged(inputs, functions={"CaptioningRNN": Says})[n] is verdict


def test_telegrams_hold_words_that_depend_on_the_image():
    inputs = draw(HELD_OUT, 0)
    words = inputs["vocabulary"].split()
    assert words[:4] == ["<NULL>", "<START>", "<END>", "<UNK>"] and len(words) == len(set(words)) == HELD_OUT["V"]
    assert {"red", "dog", "man"} < set(words) and not {"a", "the", "is", "in", "of"} & set(words)
    captions = np.concatenate([inputs["captions"], inputs["true_captions"]])
    assert np.all(captions[:, 0] == 1) and np.all((captions == 2).sum(axis=1) == 1) and not np.any(captions == 3)
    assert set(inputs["true_idxs"]) == set(range(HELD_OUT["held_out"]))


def test_captions_of_another_shape_are_named():
    class Long(PS.reference.plain["CaptioningRNN"]):
        def sample(self, features, max_length=30, **how):
            return np.zeros((len(features), max_length + 1), int)

    with pytest.raises(AssertionError, match=r"^sample returned shape \(16, 8\); expected \(16, 7\)$"):
        judged(draw(BY_HEART, 0, steps=1), functions={"CaptioningRNN": Long})
