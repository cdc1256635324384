"""Generated text: the same everywhere, right, and of known entropy."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from unroll.corpus import char_corpus, echo_distances, sentence_surprisal, surprisal, word_corpus
from unroll.corpus.sentences import _RULES, _parses

FEW = 400
SIGMAS = 4  # a true statement about means fails once in 16,000 times; the texts are fixed, so never again


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def repeated_by_chance(losses: np.ndarray, n: int) -> tuple[float, float]:
    """How many of the items with these surprisals are expected among n others, and the standard deviation."""
    seen = -np.expm1(n * np.log1p(-np.exp(-losses)))
    return seen.sum(), math.sqrt((seen * (1 - seen)).sum())


# --- characters ------------------------------------------------------------------------------------------------


def test_characters_are_the_same_everywhere():
    corpus = char_corpus()
    assert (digest(corpus.train), digest(corpus.val)) == ("bdd9fb491accaf4f", "6d0b691054290b6f")
    assert len(lines_of(corpus.train)) == 60_000 and len(lines_of(corpus.val)) == 2_000
    assert char_corpus() is corpus


def test_a_smaller_corpus_is_the_start_of_a_larger_one():
    corpus, small = char_corpus(), char_corpus(n_train=30, n_val=20)
    assert corpus.train.startswith(small.train) and len(lines_of(small.train)) == 30
    assert corpus.val.startswith(small.val) and len(lines_of(small.val)) == 20


def test_characters_show_themselves():
    assert repr(char_corpus()) == (
        "CharCorpus: 2,374,126 characters to train on, 79,622 to validate on, best possible perplexity 1.492\n"
        "  the duck writes to and then says to.\n"
        "  the boy hears lemu and sings lemu."
    )
    assert repr(char_corpus(1, 1)).endswith("1.492\n  the duck writes to and then says to.")


def test_every_echo_is_right_and_lines_vary():
    found = [
        re.fullmatch(r"the (.+) (\w+) (\w+) and (\w+|then says) (\w+)\.\n", x) for x in lines_of(char_corpus().val)
    ]
    assert all(match and match[3] == match[5] for match in found)
    assert [len({match[part] for match in found}) for part in (1, 2, 4)] == [14 * 5, 6, 3]
    words = {match[3] for match in found}
    assert {len(word) for word in words} == {2, 4, 6} and len(words) > 1000


def test_words_of_all_lengths_are_equally_frequent():
    lengths = Counter(len(line.split()[-1]) // 2 for line in lines_of(char_corpus().train))
    assert sorted(lengths) == [1, 2, 3]
    assert all(abs(n - 20_000) < SIGMAS * math.sqrt(60_000 * 2 / 9) for n in lengths.values())


def test_distances_of_a_line_by_hand():
    line = "the old cow hears sodo and says sodo.\n"
    distances = echo_distances(2 * line)
    expected = [0] * 32 + [14] * 4 + [0, 0]  # "sodo" at 18 and at 32
    assert distances.tolist() == 2 * expected and distances.dtype == np.int64


def test_distances_point_at_the_letters_repeated():
    text = char_corpus().val
    distances = echo_distances(text)
    echoes = np.flatnonzero(distances)
    assert all(text[i] == text[i - distances[i]] for i in echoes)
    assert "".join(text[i] for i in echoes) == "".join(line.split()[-1][:-1] for line in lines_of(text))
    assert (distances[echoes].min(), distances[echoes].max()) == (12, 21)


def test_surprisal_of_a_line_by_hand():
    line = "the cow hears so and sings so.\n"
    losses = surprisal(line)
    # "the cow" has 4 of 8 * 14 shares; 6 verbs; one syllable of 1 to 3; 10 consonants, 5 vowels; 3 ways to go on
    assert losses.sum() == pytest.approx(math.log(8 * 14 / 4 * 6 * 3 * 10 * 5 * 3))
    by_character = {line.index("so"): 10, line.index("so") + 1: 5, line.index("so") + 2: 3}
    assert {i: math.exp(losses[i]) for i in by_character} == pytest.approx(by_character)
    assert not losses[:4].any() and not losses[line.rindex("so") :].any()


def test_echoes_and_ends_are_certain_and_nothing_else_is_impossible():
    text = char_corpus().val
    losses = surprisal(text)
    assert np.isfinite(losses).all() and (losses >= 0).all()
    assert not losses[echo_distances(text) > 0].any()


def test_probabilities_of_the_next_character_add_up_to_one():
    corpus = char_corpus()
    text = corpus.train[: corpus.train.index("\n", 800_000) + 1]
    losses, following, start = surprisal(text), defaultdict(dict), 0
    for line in lines_of(text):
        for i in range(20):
            following[line[:i]][line[i]] = math.exp(-losses[start + i])
        start += len(line)
    often = [p for prefix, p in following.items() if len(prefix) < 14]  # long enough to reach the words
    assert max(sum(p.values()) for p in following.values()) < 1 + 1e-9
    assert all(sum(p.values()) == pytest.approx(1) for p in often) and len(often) > 100


def test_entropy_of_characters_is_what_the_text_shows():
    corpus = char_corpus()
    for text in (corpus.train, corpus.val):
        ends = np.flatnonzero(np.frombuffer(text.encode(), np.uint8) == ord("\n")) + 1
        surplus = np.add.reduceat(surprisal(text) - corpus.entropy, [0, *ends[:-1]])
        assert abs(surplus.mean()) < SIGMAS * surplus.std() / math.sqrt(len(surplus))
    assert corpus.perplexity == math.exp(corpus.entropy)


def test_lines_of_val_are_in_train_as_often_as_chance_has_it():
    corpus = char_corpus()
    known, validation = set(lines_of(corpus.train)), lines_of(corpus.val)
    expected, deviation = repeated_by_chance(np.array([surprisal(line).sum() for line in validation]), 60_000)
    assert abs(sum(line in known for line in validation) - expected) < SIGMAS * deviation
    assert expected < 0.3 * len(validation)  # those of one syllable


@pytest.mark.parametrize("text", ["the cow hears so and sings ro.\n", "cow hears so and sings so.\n", "hello", "the "])
def test_other_text_is_refused(text):
    good = "the cow hears so and sings so.\n"
    for function in (echo_distances, surprisal):
        with pytest.raises(ValueError, match=f"character {len(good)} does not start a whole line of this corpus"):
            function(good + text)


def test_no_text_has_no_echoes():
    assert echo_distances("").shape == surprisal("").shape == (0,)


# --- words -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def val_surprisals() -> np.ndarray:
    """-log P of the first sentences of val."""
    return np.array([sentence_surprisal(sentence) for sentence in word_corpus().val[: 4 * FEW]])


def test_sentences_are_the_same_everywhere():
    corpus = word_corpus()
    texts = ("\n".join(" ".join(s) for s in sentences) for sentences in (corpus.train, corpus.val))
    assert tuple(digest(text) for text in texts) == ("8b44a524275622bf", "69536b7770f4c16b")
    assert len(corpus.train) == 20_000 and len(corpus.val) == len(corpus.agreements) == 4_000
    assert word_corpus() is corpus


def test_fewer_sentences_are_the_first_of_more():
    corpus, small = word_corpus(), word_corpus(n_train=30, n_val=20)
    assert small.train == corpus.train[:30] and small.val == corpus.val[:20]
    assert small.agreements == corpus.agreements[:20] and small.vocabulary == corpus.vocabulary


def test_sentences_show_themselves():
    assert repr(word_corpus()) == (
        "WordCorpus: 20,000 sentences to train on, 4,000 to validate on, 195 words, best possible perplexity 12.32\n"
        "  the boys beyond the friend near our road laugh .\n"
        "  your quiet girl knows your barns ."
    )
    assert repr(word_corpus(1, 1)).endswith("12.32\n  the boys beyond the friend near our road laugh .")


def test_vocabulary():
    corpus = word_corpus()
    frequencies = Counter(word for sentence in corpus.train for word in sentence)
    assert set(frequencies) == set(corpus.vocabulary) and list(corpus.vocabulary) == sorted(corpus.vocabulary)
    assert all(word in frequencies for sentence in corpus.val for word in sentence)
    assert 5 <= sum(n < 40 for n in frequencies.values()) <= 40  # some are rare
    assert all(sentence[-1] == "." and sentence.count(".") == 1 for sentence in corpus.train)


def test_agreements_by_hand():
    corpus = word_corpus()
    shown = {i: (" ".join(corpus.val[i]), corpus.agreements[i][1:]) for i in (0, 1, 2, 14)}
    assert shown == {
        0: (
            "my dogs behind the child beyond my women fear the small bridges .",
            (8, "fear", "fears", True, 2, 1, False),
        ),
        1: ("the child that the clever child sees eats .", (7, "eats", "eat", False, 1, 0, False)),
        2: ("your friends stand again .", (2, "stand", "stands", True, 0, 0, False)),
        14: (
            "the girl opposite the trees near my lakes beside your man below my shops is tall .",
            (14, "is", "are", False, 4, 3, True),
        ),
    }


def test_every_verb_agrees_and_the_wrong_form_is_no_sentence():
    corpus = word_corpus()
    for agreement in corpus.agreements[:FEW]:
        words = list(corpus.val[agreement.sentence])
        assert words[agreement.position] == agreement.right
        sentence_surprisal(words)  # the grammar has it
        words[agreement.position] = agreement.wrong
        with pytest.raises(ValueError, match="not a sentence of this corpus"):
            sentence_surprisal(words)


def test_inner_verbs_agree_too():
    sentence_surprisal("the dogs that the girl near the boats sees run .".split())
    sentence_surprisal("the dogs that see the girl run .".split())
    for wrong in ("the dogs that the girl near the boats see run .", "the dogs that sees the girl run ."):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            sentence_surprisal(wrong.split())


def test_attractors_are_of_all_numbers_and_both_kinds():
    agreements = word_corpus().agreements
    counts = Counter(a.attractors for a in agreements)
    assert sorted(counts) == [0, 1, 2, 3, 4] and min(counts.values()) >= 40
    assert max(a.nouns for a in agreements) == 4 and all(a.attractors <= a.nouns for a in agreements)
    assert all(a.attractors for a in agreements if a.misled)
    plural = sum(a.plural for a in agreements)
    assert abs(plural - len(agreements) / 2) < SIGMAS * math.sqrt(len(agreements) / 4)


def test_the_grammar_is_unambiguous_so_its_entropy_is_the_sum_over_choices():
    kinds = Counter(word for table in _RULES.values() for (word, *more), _ in table if not more and word not in _RULES)
    assert set(kinds.values()) == {1}  # no word is of two kinds
    for sentence in word_corpus().val[:FEW]:
        assert [end for end, _ in _parses("SENTENCE", sentence, 0)] == [len(sentence)]
    for table in _RULES.values():
        assert math.fsum(share for _, share in table) == pytest.approx(1)


def test_surprisal_of_a_sentence_by_hand():
    # plural 1/2; a bare subject 5/17; no adjective 3/4; "the" 8 of 12.1; "dogs" 8 of 76.8; "run" alone 4/10, 6 of 47.4
    probability = 1 / 2 * 5 / 17 * 3 / 4 * 8 / 12.1 * 8 / 76.8 * 4 / 10 * 6 / 47.4
    assert sentence_surprisal("the dogs run .".split()) == pytest.approx(-math.log(probability))


def test_entropy_of_words_is_what_the_sentences_show(val_surprisals):
    corpus = word_corpus()
    surplus = val_surprisals - corpus.entropy * np.array([len(s) for s in corpus.val[: len(val_surprisals)]])
    assert abs(surplus.mean()) < SIGMAS * surplus.std() / math.sqrt(len(surplus))
    assert corpus.perplexity == math.exp(corpus.entropy)


def test_sentences_of_val_are_in_train_as_often_as_chance_has_it(val_surprisals):
    corpus = word_corpus()
    known, validation = set(corpus.train), corpus.val[: len(val_surprisals)]
    expected, deviation = repeated_by_chance(val_surprisals, len(corpus.train))
    assert abs(sum(sentence in known for sentence in validation) - expected) < SIGMAS * deviation
    assert expected < 0.15 * len(validation)  # the shortest


# --- both ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("corpus", "unit"), [(char_corpus, "lines"), (word_corpus, "sentences")])
@pytest.mark.parametrize("size", [0, -1, 10.0, True, "10", None])
def test_sizes_are_checked(corpus, unit, size):
    for name in ("n_train", "n_val"):
        with pytest.raises(ValueError, match=f"{name} is the number of {unit}, a whole number of at least 1"):
            corpus(**{name: size})
