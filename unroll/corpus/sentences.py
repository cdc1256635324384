"""Sentences for word-level language models, whose verb must agree with a subject that may stand far before it.

    the dogs near the old house by the lake run .

After Linzen, Dupoux and Goldberg, "Assessing the ability of LSTMs to learn syntax-sensitive dependencies", TACL 2016:
a noun between subject and verb is an *attractor* if its number is not the subject's. A model that goes by the last
noun is wrong at every verb that follows one, so its accuracy by number of attractors shows whether it remembers the
subject. The sentences are drawn from the probabilistic grammar below, so their entropy is known.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from unroll.corpus.sizes import check_sizes
from unroll.scenes.stream import Stream, weights

Sentence = tuple[str, ...]
Expansions = tuple[tuple[tuple[str, ...], float], ...]
MAX_CHAIN = 4  # phrases such as "near the house" in a row

# Singular/plural and how often, 1 if not said. Some words are rare, as in any language.
_BEINGS = (
    "dog/dogs 8, cat/cats 7, boy/boys 6, girl/girls 6, bird/birds 5, man/men 5, woman/women 5, child/children 4, "
    "horse/horses 4, farmer/farmers 3, teacher/teachers 3, friend/friends 3, cow/cows 2, duck/ducks 2, "
    "sailor/sailors 2, mouse/mice 2, goose/geese 2, painter/painters 2, baker/bakers, pilot/pilots, fox/foxes, "
    "wolf/wolves, judge/judges .5, owl/owls .5, thief/thieves .3, otter/otters .3, piper/pipers .1, newt/newts .1"
)
_PLACES = (
    "house/houses 8, tree/trees 7, lake/lakes 5, road/roads 5, table/tables 4, boat/boats 4, hill/hills 3, "
    "bridge/bridges 3, garden/gardens 3, car/cars 3, wall/walls 2, tower/towers 2, river/rivers 2, shop/shops 2, "
    "gate/gates, barn/barns, shelf/shelves .5, well/wells .5, kiln/kilns .1, weir/weirs .1"
)
_ACTS = (
    "runs/run 6, sleeps/sleep 6, sings/sing 5, waits/wait 5, laughs/laugh 4, walks/walk 4, stands/stand 4, "
    "smiles/smile 3, swims/swim 2, falls/fall 2, eats/eat 2, dances/dance 2, shivers/shiver, hides/hide, "
    "snores/snore .3, sulks/sulk .1"
)
_DEEDS = (
    "sees/see 6, likes/like 6, knows/know 4, follows/follow 4, hears/hear 3, finds/find 3, watches/watch 2, "
    "helps/help 2, fears/fear, carries/carry, admires/admire .5, teases/tease .1"
)
_OTHER_WORDS = {
    "DET": "the 8, my 2, your, our, their .1",
    "ADJ": (
        "old 6, young 5, small 5, tall 4, red 3, white 3, happy 3, tired 2, quiet 2, green 2, clever, hungry, gentle, "
        "brave .5, dusty .3, solemn .1"
    ),
    "PREP": "near 6, behind 4, by 4, beside 3, below 2, opposite, above, beyond .5, astride .1",
    "ADV": "today 4, again 4, often 3, here 3, now 3, outside 2, loudly, quietly, yonder .1",
}


def _grammar() -> dict[str, Expansions]:
    """Symbol to its expansions with their probabilities. What is not a symbol is a word.

    The number of a phrase is the end of its name, -s or -p.
    """
    rules = {
        "SENTENCE": "SUBJECT-s PREDICATE-s . , SUBJECT-p PREDICATE-p .",
        "NOUNS": "NOUNS-s, NOUNS-p",
        f"CHAIN{MAX_CHAIN}": f"CHAIN{MAX_CHAIN}-s, CHAIN{MAX_CHAIN}-p",
        **_OTHER_WORDS,
    }
    for column, number in enumerate("sp"):
        rules |= {
            name + number: ", ".join(f"{pair.split('/')[column]} {weight:g}" for pair, weight in weights(table))
            for name, table in (("BEING-", _BEINGS), ("PLACE-", _PLACES), ("ACT-", _ACTS), ("DEED-", _DEEDS))
        }
        being, place, deed, act = (f"{name}-{number}" for name in ("BEING", "PLACE", "DEED", "ACT"))
        rules |= {
            f"SUBJECT-{number}": (
                f"HEAD-{number} 5, HEAD-{number} CHAIN{MAX_CHAIN} 8, HEAD-{number} CLAUSE-{number} 4"
            ),
            f"HEAD-{number}": f"DET {being} 3, DET ADJ {being} 1",
            f"NOUNS-{number}": f"DET {being} 3, DET {place} 3, DET ADJ {being} 1, DET ADJ {place} 1",
            f"CLAUSE-{number}": (
                "that HEAD-s DEED-s 2, that HEAD-p DEED-p 2, that HEAD-s CHAIN1-s DEED-s, that HEAD-s CHAIN1-p DEED-s, "
                f"that HEAD-p CHAIN1-s DEED-p, that HEAD-p CHAIN1-p DEED-p, that {deed} NOUNS 2"
            ),
            f"PREDICATE-{number}": f"{act} 4, {act} ADV 2, {deed} NOUNS 2, {('is', 'are')[column]} ADJ 2",
            f"CHAIN1-{number}": f"PREP NOUNS-{number}",
        }
        other = "ps"[column]
        for length in range(2, MAX_CHAIN + 1):  # a noun mostly has the number of the last: attractors come in rows
            rules[f"CHAIN{length}-{number}"] = (
                f"PREP NOUNS-{number} 9, PREP NOUNS-{number} CHAIN{length - 1}-{number} 7, "
                f"PREP NOUNS-{number} CHAIN{length - 1}-{other} 3"
            )
    return {symbol: _shares(table) for symbol, table in rules.items()}


def _shares(table: str) -> Expansions:
    pairs = weights(table)
    total = math.fsum(weight for _, weight in pairs)
    return tuple((tuple(expansion.split()), weight / total) for expansion, weight in pairs)


def _pairs(*tables: str) -> list[list[str]]:
    """Singular and plural of every word of these tables."""
    return [pair.split("/") for table in tables for pair, _ in weights(table)]


_RULES = _grammar()
_NUMBERS = {form: number for pair in _pairs(_BEINGS, _PLACES) for form, number in zip(pair, "sp", strict=True)}
_OTHER_FORMS = {a: b for pair in [*_pairs(_ACTS, _DEEDS), ["is", "are"]] for a, b in (pair, pair[::-1])}


class Agreement(NamedTuple):
    """One verb of the validation sentences and the subject it agrees with.

    sentence: index in `WordCorpus.val`. position: of the verb in it, so the model predicts it from val[:position].
    right, wrong: the verb's two forms. plural: the number of the subject. nouns: how many stand between subject and
    verb; attractors: how many of these have the other number; misled: whether the last of them does.
    """

    sentence: int
    position: int
    right: str
    wrong: str
    plural: bool
    nouns: int
    attractors: int
    misled: bool


@dataclass(frozen=True, repr=False)
class WordCorpus:
    """Sentences from one source, as tuples of words; each ends with ".".

    train, val: the sentences. agreements: one for every sentence of val, in order.
    vocabulary: all words of the grammar, sorted; rare ones may be missing from train.
    entropy: of the source, in nats per word (the "." counts). No model has a smaller loss in the long run.
    """

    train: tuple[Sentence, ...]
    val: tuple[Sentence, ...]
    agreements: tuple[Agreement, ...]
    vocabulary: tuple[str, ...]
    entropy: float

    @property
    def perplexity(self) -> float:
        """The best possible perplexity per word, exp(entropy)."""
        return math.exp(self.entropy)

    def __repr__(self) -> str:
        shown = "".join(f"\n  {' '.join(sentence)}" for sentence in self.train[:2])
        return (
            f"WordCorpus: {len(self.train):,} sentences to train on, {len(self.val):,} to validate on, "
            f"{len(self.vocabulary)} words, best possible perplexity {self.perplexity:.2f}{shown}"
        )


@functools.cache
def word_corpus(n_train: int = 20_000, n_val: int = 4_000) -> WordCorpus:
    """Sentences such as these, the same on every machine; a smaller corpus is the start of a larger one.

        the boys beyond the friend near our road laugh .
        the dogs that the young farmer carries find my duck .

    n_train, n_val: number of sentences, at least 1. The default takes half a second.

    Raises ValueError for sizes that are not such numbers.
    """
    check_sizes(n_train, n_val, "sentences")
    training, validation = (Stream(f"sentences {split}") for split in ("train", "val"))
    derived = [_derive(validation) for _ in range(n_val)]
    return WordCorpus(
        train=tuple(_derive(training)[0] for _ in range(n_train)),
        val=tuple(sentence for sentence, _ in derived),
        agreements=tuple(_agreement(i, sentence, verb) for i, (sentence, verb) in enumerate(derived)),
        vocabulary=tuple(
            sorted({word for table in _RULES.values() for words, _ in table for word in words} - set(_RULES))
        ),
        entropy=_expected("SENTENCE", entropy=True) / _expected("SENTENCE", entropy=False),
    )


def sentence_surprisal(sentence: Sequence[str]) -> float:
    """-log P(sentence) in nats: the least loss of its words added up that a model can have in the long run.

    Raises ValueError if the grammar has no such sentence.
    """
    words = tuple(sentence)
    probability = sum(share for end, share in _parses("SENTENCE", words, 0) if end == len(words))
    if probability == 0:
        raise ValueError(f"not a sentence of this corpus: {' '.join(words)!r}")
    return -math.log(probability)


def _derive(stream: Stream) -> tuple[Sentence, int]:
    """A sentence and the position of its main verb."""
    words: list[str] = []
    verb = -1
    waiting = ["SENTENCE"]
    while waiting:
        symbol = waiting.pop()
        if symbol not in _RULES:
            words.append(symbol)
            continue
        if symbol.startswith("PREDICATE"):
            verb = len(words)
        waiting.extend(reversed(stream.weighted(_RULES[symbol])))
    return tuple(words), verb


def _agreement(index: int, sentence: Sentence, verb: int) -> Agreement:
    subject, *others = [_NUMBERS[word] for word in sentence[:verb] if word in _NUMBERS]
    attracting = [number != subject for number in others]
    return Agreement(
        sentence=index,
        position=verb,
        right=sentence[verb],
        wrong=_OTHER_FORMS[sentence[verb]],
        plural=subject == "p",
        nouns=len(others),
        attractors=sum(attracting),
        misled=any(attracting[-1:]),
    )


def _parses(symbol: str, words: Sentence, start: int) -> Iterator[tuple[int, float]]:
    """Where a phrase of this kind that begins at start may end, and the probability of that."""
    if symbol not in _RULES:
        if start < len(words) and words[start] == symbol:
            yield start + 1, 1.0
        return
    for expansion, share in _RULES[symbol]:
        ends = [(start, share)]
        for part in expansion:
            ends = [(end, p * q) for begin, p in ends for end, q in _parses(part, words, begin)]
        yield from ends


@functools.cache
def _expected(symbol: str, *, entropy: bool) -> float:
    """The entropy in nats or the expected number of words of a phrase; a phrase shows how it was derived."""
    if symbol not in _RULES:
        return 0.0 if entropy else 1.0
    return sum(
        share * ((-math.log(share) if entropy else 0) + sum(_expected(part, entropy=entropy) for part in expansion))
        for expansion, share in _RULES[symbol]
    )
