"""BLEU, CIDEr, perplexity and bits per character."""

from __future__ import annotations

import math

import numpy as np
import pytest

from unroll.metrics import bits_per_character, bleu, cider, perplexity
from unroll.scenes.stream import Stream

# One image a line: candidate | references. Some are empty, single words, exact, in another order or wholly wrong.
CAPTIONS = """
a dog runs on the grass | a dog runs on the grass / a brown dog is running over the grass / a dog at play
a cat sleeps on a chair | a cat sleeps on a chair
two birds sit in a tree | two birds are sitting in a tree / a pair of birds in a tree / birds
 | a boat on a lake / there is a small boat on the water
boat | a boat on a lake / one red boat floats on the water at night
boat | boat
boat | boat / a boat
horse | two cows stand in a field
quickly purple seventeen | a man rides a bike down the street / a person on a bike
the the the the the the the | the cat is on the mat / there is a cat on the mat
a a a a | a bus
a red bus drives down the street | a red bus drives down the street / a bus on a street / the bus is red / a large bus
a red bus drives down a wet street at night | a bus drives at night
a man | a man holds a kite on the beach while two children run after a dog near the sea
two dogs and a cat lie on a sofa | a cat and two dogs lie on a sofa / three animals on a couch
on grass the dog a runs | a dog runs on the grass
a girl with an umbrella walks in the rain | a girl walks in the rain with an umbrella / a child under an umbrella
a sheep stands on a hill | sheep on a hill / a white sheep stands on a green hill / a sheep / one sheep / the hill
a plane in the sky | a plane flies in the sky / an airplane in a blue sky
a plane flies in the sky | a plane in the sky / an airplane in a blue sky
a train | a train / a train / a train
a train a train a train | a train on a track / the train
a bowl of fruit on a table | a bowl of fruit is on the table / fruit in a bowl / apples and pears in a bowl
a clock on a wall shows noon | a clock on the wall / a round clock hangs on a white wall
an orange cat looks at a bird | a bird is watched by a cat / an orange cat looks at a small bird / cat and bird
a dog | a cat
a kite flies over the sea | a kite flies over the sea at sunset
a kite flies over the sea at sunset | a kite flies over the sea
a woman reads a book in a park | a woman reads in a park / a lady sits on a bench with a book / a woman and a book
three boats | three boats on a lake under the moon / boats at night
a snowy street at night with a parked car | a car parked on a snowy street at night / a street in the snow
a duck swims | a duck swims / the duck is swimming in a pond / a bird on the water / a duck / one duck swims by
"""
ROWS = [line.split("|") for line in CAPTIONS.strip("\n").split("\n")]
CANDIDATES = [candidate.strip() for candidate, _ in ROWS]
REFERENCES = [[reference.strip() for reference in rest.split("/")] for _, rest in ROWS]

# From pycocoevalcap 1.2, Bleu(4).compute_score and Cider().compute_score of these captions:
#     references = dict(enumerate(REFERENCES)); candidates = {i: [c] for i, c in enumerate(CANDIDATES)}
GOLDEN_BLEU = (0.70087929, 0.601786801, 0.509578999, 0.43064726)
GOLDEN_CIDER_MEAN = 2.540836610
# fmt: off
GOLDEN_CIDER = [
    4.163230, 10.000000, 2.279004, 0.000000, 0.813794, 2.500000, 2.482615, 0.000000,
    0.000000, 0.092451, 0.007929, 3.264953, 1.481748, 0.033716, 2.522556, 2.500000,
    3.435098, 2.475739, 2.490516, 2.429285, 5.000000, 0.736710, 2.901479, 2.328026,
    3.221067, 0.000573, 7.067360, 7.067360, 2.579816, 1.593106, 2.889490, 2.949150,
]
# fmt: on


# --- BLEU ------------------------------------------------------------------------------------------------------


def test_bleu_is_pycocoevalcaps():
    assert bleu(CANDIDATES, REFERENCES) == pytest.approx(GOLDEN_BLEU, abs=1e-8)


def test_bleu_is_pycocoevalcaps_where_nothing_is_right():
    # from Bleu(4) as above: the counts it adds to 0 show, 1e-15 / 2 and so on
    for candidate, reference, golden in (
        ("red cat", "a dog", (5e-16, 7.071068e-16, 7.937005e-13, 2.659148e-11)),
        ("a dog runs over grass", "a dog runs on grass", (0.8, 0.63245553, 0.51087295, 9.0360200e-05)),
        ("a dog runs", "a dog runs", (1, 1, 1, 0.031622777)),
    ):
        assert bleu([candidate], [[reference]]) == pytest.approx(golden, rel=1e-6)


def test_the_the_the():
    """Papineni et al. 2002, example 2: "the" is right twice, as often as in reference 1, of 7 times. 2/7.

    No brevity penalty: 7 words, and the closest reference has 7.
    """
    candidate = "the the the the the the the"
    references = ["the cat is on the mat", "there is a cat on the mat"]
    assert bleu([candidate], [references], max_n=1) == pytest.approx((2 / 7,))


def test_the_papers_first_example():
    """Papineni et al. 2002, example 1, with the precisions the paper states: 17/18 and 10/17, 8/14 and 1/13.

    The first candidate has 18 words, and so has reference 3: no penalty. The second has 14; the references have 16,
    18 and 16, so 16 is closest and the penalty is exp(1 - 16/14).
    """
    references = [
        "it is a guide to action that ensures that the military will forever heed party commands",
        "it is the guiding principle which guarantees the military forces always being under the command of the party",
        "it is the practical guide for the army always to heed the directions of the party",
    ]
    good = "it is a guide to action which ensures that the military always obeys the commands of the party"
    poor = "it is to insure the troops forever hearing the activity guidebook that party direct"
    assert [len(caption.split()) for caption in (good, poor, *references)] == [18, 14, 16, 18, 16]
    assert bleu([good], [references], max_n=2) == pytest.approx((17 / 18, math.sqrt(17 / 18 * 10 / 17)))
    penalty = math.exp(1 - 16 / 14)
    assert bleu([poor], [references], max_n=2) == pytest.approx(
        (penalty * 8 / 14, penalty * math.sqrt(8 / 14 * 1 / 13))
    )


def test_of_two_equally_close_references_the_shorter_counts():
    assert bleu(["a b c"], [["a b c x", "a b"]], max_n=1) == pytest.approx((1,))  # not exp(1 - 4 / 3)
    assert bleu(["a b"], [["a b c x"]], max_n=1) == pytest.approx((math.exp(1 - 4 / 2),))


def test_counts_are_pooled_over_the_corpus():
    # 1 of 1 word right and 1 of 3: 2/4, where the mean of the captions' precisions is 2/3
    assert bleu(["a", "b x y"], [["a"], ["b c d"]], max_n=1) == pytest.approx((2 / 4,))


def test_bleu_of_a_reference_is_one():
    assert bleu([r[-1] for r in REFERENCES], REFERENCES) == pytest.approx((1, 1, 1, 1))


def test_a_further_reference_of_the_same_length_never_lowers_bleu():
    stream = Stream("test of references")
    for _ in range(200):
        candidate, *references = (" ".join(stream.pick("abc") for _ in range(6)) for _ in range(4))
        scores = [bleu([candidate], [references[:n]]) for n in (1, 2, 3)]
        for fewer, more in zip(scores, scores[1:], strict=False):
            assert all(a <= b * (1 + 1e-12) for a, b in zip(fewer, more, strict=True))


def test_a_corpus_of_empty_candidates_scores_zero():
    assert bleu(["", ""], [["a dog"], ["a cat"]]) == (0, 0, 0, 0)


@pytest.mark.parametrize("max_n", [0, -1, 2.0, True, "4"])
def test_max_n_is_checked(max_n):
    with pytest.raises(ValueError, match="longest n-gram"):
        bleu(["a"], [["a"]], max_n=max_n)


# --- CIDEr -----------------------------------------------------------------------------------------------------


def test_cider_is_pycocoevalcaps():
    mean, scores = cider(CANDIDATES, REFERENCES)
    assert mean == pytest.approx(GOLDEN_CIDER_MEAN, abs=1e-8)
    assert scores == pytest.approx(GOLDEN_CIDER, abs=1e-6)
    assert scores.shape == (len(CANDIDATES),)


def test_plain_cider_by_hand():
    """Two images, references "a dog" and "a cat": "a" is in both and weighs 0, all else weighs log 2.

    Candidate "a dog dog": unigrams (dog: 2), cosine with (dog: 1) is 1. Bigrams (a dog: 1, dog dog: 1), cosine with
    (a dog: 1) is 1 / sqrt 2. No trigrams in the reference. CIDEr = 10 (1 + 1 / sqrt 2) / 4.
    CIDEr-D clips the 2 to 1, which halves the unigrams' share, and one word too many costs exp(-1 / 72).
    """
    candidates, references = ["a dog dog", "a cat"], [["a dog"], ["a cat"]]
    assert cider(candidates, references, variant="plain").scores == pytest.approx([2.5 * (1 + math.sqrt(0.5)), 5])
    by_hand = 2.5 * (0.5 + math.sqrt(0.5)) * math.exp(-1 / 72)
    assert cider(candidates, references).scores == pytest.approx([by_hand, 5])


def test_the_reference_itself_scores_ten_in_both_variants():
    captions = [f"{animal} runs over the {colour} field" for animal in ("dog", "cat") for colour in ("red", "green")]
    for variant in ("D", "plain"):
        assert cider(captions, [[c] for c in captions], variant=variant).scores == pytest.approx([10] * 4)


def test_no_caption_scores_more_than_ten_or_less_than_zero():
    for variant in ("D", "plain"):
        scores = cider(CANDIDATES, REFERENCES, variant=variant).scores
        assert (scores >= 0).all() and (scores <= 10 + 1e-9).all()


def test_repeating_a_rare_word_costs_in_cider_d_only():
    references = [["frisbee"], ["a cat with a ball"]]
    honest, gamed = ["frisbee", ""], ["frisbee frisbee frisbee", ""]
    assert cider(gamed, references, variant="plain").mean == cider(honest, references, variant="plain").mean > 0
    assert cider(gamed, references).mean < cider(honest, references).mean / 2


def test_the_order_of_the_corpus_does_not_matter():
    order = np.random.default_rng(0).permutation(len(CANDIDATES))
    shuffled = [CANDIDATES[i] for i in order], [REFERENCES[i] for i in order]
    assert bleu(*shuffled) == pytest.approx(bleu(CANDIDATES, REFERENCES), rel=1e-12)
    assert cider(*shuffled).scores == pytest.approx(cider(CANDIDATES, REFERENCES).scores[order], rel=1e-12)


def test_an_empty_candidate_scores_zero():
    assert cider(["", "a cat"], [["a dog"], ["a cat"]]).scores[0] == 0


def test_one_image_cannot_be_weighted():
    with pytest.raises(ValueError, match="CIDEr of one image is always 0.*two or more"):
        cider(["a dog"], [["a dog"]])


def test_unknown_variant():
    with pytest.raises(ValueError, match="unknown variant 'R' of CIDEr: expected 'D' or 'plain'"):
        cider(CANDIDATES, REFERENCES, variant="R")


# --- captions --------------------------------------------------------------------------------------------------


def test_captions_may_be_lists_or_arrays_of_words():
    split = [c.split() for c in CANDIDATES]
    arrays = [[np.array(c.split(), dtype=str) for c in references] for references in REFERENCES]
    assert bleu(split, arrays) == bleu(CANDIDATES, REFERENCES)
    assert cider(split, arrays).mean == cider(CANDIDATES, REFERENCES).mean


def test_start_end_and_null_are_not_words_and_end_ends():
    decoded = [f"<START> {c} <END> some words <END>" for c in CANDIDATES]
    padded = [[f"<START> {c} <NULL> <NULL>" for c in references] for references in REFERENCES]
    assert bleu(decoded, padded) == bleu(CANDIDATES, REFERENCES)
    assert cider(decoded, padded).mean == cider(CANDIDATES, REFERENCES).mean


@pytest.mark.parametrize(
    ("candidates", "references", "message"),
    [
        (["a"], [["a"], ["b"]], "1 candidates but references for 2 images; they are matched by position"),
        ([], [], "no captions to score"),
        (["a", "b"], [["a"], []], r"references\[1\] is empty; every candidate needs at least one"),
        (
            [["a dog", "runs"]],
            [["a dog runs"]],
            r"candidates\[0\] holds 'a dog' as one word; give the caption as a str",
        ),
    ],
)
def test_wrong_values(candidates, references, message):
    for metric in (bleu, cider):
        with pytest.raises(ValueError, match=message):
            metric(candidates, references)


@pytest.mark.parametrize(
    ("candidates", "references", "message"),
    [
        ("a dog", [["a dog"]], "candidates is a str; expected a list with one entry per image"),
        (["a dog"], "a dog", "references is a str; expected a list with one entry per image"),
        ({0: "a dog"}, {0: ["a dog"]}, "candidates is a dict; expected a list"),
        (["a dog"], ["a dog"], r"references\[0\] is a str; expected a list of captions.*\[reference\]"),
        (["a dog"], [None], r"references\[0\] is a NoneType; expected a list of captions"),
        (np.ones((1, 3), int), [["a dog"]], r"candidates\[0\] holds an int\d+; .*decode_captions\(captions, idx_to"),
        (np.ones(1, int), [["a dog"]], r"candidates\[0\] holds an int\d+; .*decode them first"),
        (["a dog"], np.ones((1, 2, 3), int), r"references\[0\]\[0\] holds an int\d+; .*decode them first"),
        ([[1, 5, 2]], [["a dog"]], r"candidates\[0\] holds an int; a caption is text.*decode them first"),
    ],
)
def test_wrong_types(candidates, references, message):
    for metric in (bleu, cider):
        with pytest.raises(TypeError, match=message):
            metric(candidates, references)


# --- language models -------------------------------------------------------------------------------------------


def test_perplexity_and_bits_of_a_uniform_guess():
    assert perplexity(12 * math.log(50), 12) == pytest.approx(50)
    assert bits_per_character(12 * math.log(32), 12) == pytest.approx(5)


def test_perplexity_of_certainty_and_of_the_impossible():
    assert perplexity(0, 3) == 1 and bits_per_character(0.0, 3) == 0
    assert perplexity(math.inf, 3) == math.inf and perplexity(5000, 3) == math.inf


def test_numpy_numbers_will_do():
    assert perplexity(np.float32(0), np.int64(2)) == 1
    assert perplexity(np.array(0.0), np.array(2)) == 1


@pytest.mark.parametrize(("metric", "unit"), [(perplexity, "token"), (bits_per_character, "character")])
def test_losses_are_checked(metric, unit):
    for n in (0, -3, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"n_{unit}s is {n:g}; a loss is divided by the number of {unit}s"):
            metric(1.0, n)
    with pytest.raises(ValueError, match="loss_sum is NaN: the model has diverged"):
        metric(math.nan, 3)
    with pytest.raises(ValueError, match="loss_sum is -2, but .* never below 0.*was the minus sign lost"):
        metric(-2.0, 3)
    for loss in (np.ones(3), [1.0], "1", None):
        with pytest.raises(TypeError, match=r"loss_sum is one number, not an? \w+ \(add losses up"):
            metric(loss, 3)
    with pytest.raises(TypeError, match=f"n_{unit}s is one number, not a list"):
        metric(1.0, [3])
