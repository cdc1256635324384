"""Text for character-level language models, in which an invented word must be remembered and said again.

    the old frog reads lomi and then says lomi.

Who hears, what they do and how it goes on can be learned from the last few characters. The echo cannot: its letters
follow from nothing but the word before, 12 to 21 characters back, so the loss on them measures memory. As every
choice is drawn from known probabilities, the loss of the best possible model is known too, character by character.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from unroll.corpus.sizes import check_sizes
from unroll.scenes.stream import Stream

CONSONANTS = "bdflmnrstv"
VOWELS = "aeiou"
MAX_SYLLABLES = 3

# The parts of a line, in order; all options of a part are equally likely, and none is the start of another.
_SUBJECTS = tuple(
    f"the {adjective}{noun} "
    for adjective in ("", "", "", "", "old ", "young ", "small ", "tall ")
    for noun in "bird boy cat cow crow dog duck frog girl goat king pig queen sheep".split()
)
_VERBS = tuple(f"{verb} " for verb in "hears reads learns sees finds writes".split())
_LINKS = ("and says ", "and sings ", "and then says ")
_END = ".\n"
_LINE = re.compile(
    "(?P<subject>{})(?P<verb>{})(?P<word>(?:[{}][{}]){{1,{}}}) (?P<link>{})(?P<echo>(?P=word))\\.\n".format(
        "|".join(sorted(set(_SUBJECTS))),
        "|".join(_VERBS),
        CONSONANTS,
        VOWELS,
        MAX_SYLLABLES,
        "|".join(sorted(set(_LINKS))),
    )
)


@dataclass(frozen=True, repr=False)
class CharCorpus:
    """Two texts from the same source.

    train, val: whole lines, each with its newline.
    entropy: of the source, in nats per character. No model has a smaller loss on new text in the long run.
    """

    train: str
    val: str
    entropy: float

    @property
    def perplexity(self) -> float:
        """The best possible perplexity per character, exp(entropy)."""
        return math.exp(self.entropy)

    def __repr__(self) -> str:
        shown = "".join(f"\n  {line}" for line in self.train.splitlines()[:2])
        return (
            f"CharCorpus: {len(self.train):,} characters to train on, {len(self.val):,} to validate on, "
            f"best possible perplexity {self.perplexity:.3f}{shown}"
        )


@functools.cache
def char_corpus(n_train: int = 60_000, n_val: int = 2_000) -> CharCorpus:
    """Lines such as these, the same on every machine; a smaller corpus is the start of a larger one.

        the duck writes to and then says to.
        the young bird writes lelovi and sings lelovi.

    n_train, n_val: number of lines, at least 1. A line has about 40 characters; the default takes half a second.

    Raises ValueError for sizes that are not such numbers.
    """
    check_sizes(n_train, n_val, "lines")
    return CharCorpus(_text("train", n_train), _text("val", n_val), _line_entropy() / _line_length())


def echo_distances(text: str) -> np.ndarray:
    """For every character, how far back stands the one it repeats; 0 if it is not part of an echo.

    text: whole lines of a `char_corpus`. Returns d, (len(text),) int64: where d[i] > 0, text[i] == text[i - d[i]],
    and nothing but that earlier word tells which letter it is. d > 0 is the mask of the echoes.

    Raises ValueError if a line is not from the corpus.
    """
    distances = np.zeros(len(text), dtype=np.int64)
    for match in _lines(text):
        start, stop = match.span("echo")
        distances[start:stop] = start - match.start("word")
    return distances


def surprisal(text: str) -> np.ndarray:
    """The loss of the best possible model on every character, -log P(character | all before it), in nats.

    text: whole lines of a `char_corpus`. Returns (len(text),) float64; its mean tends to the corpus's entropy.

    Raises ValueError if a line is not from the corpus.
    """
    losses = np.zeros(len(text))
    tables = {"subject": _surprisals(_SUBJECTS), "verb": _surprisals(_VERBS), "link": _surprisals(_LINKS)}
    for match in _lines(text):
        for part, table in tables.items():
            start, stop = match.span(part)
            losses[start:stop] = table[match[part]]
        start, stop = match.span("word")
        losses[start : stop + 1] = _word_surprisals((stop - start) // 2)  # the blank says that the word is over
    return losses  # the echo and the end of the line are certain


def _text(split: str, n: int) -> str:
    stream = Stream(f"characters {split}")
    return "".join(_line(stream) for _ in range(n))


def _line(stream: Stream) -> str:
    subject, verb = stream.pick(_SUBJECTS), stream.pick(_VERBS)
    syllables = range(stream.integer(1, MAX_SYLLABLES))
    word = "".join([stream.pick(CONSONANTS) + stream.pick(VOWELS) for _ in syllables])
    return f"{subject}{verb}{word} {stream.pick(_LINKS)}{word}{_END}"


def _lines(text: str):
    """The parsed lines, which must follow each other without a gap."""
    position = 0
    while position < len(text):
        match = _LINE.match(text, position)
        if match is None:
            line = text[position:].split("\n", 1)[0]
            raise ValueError(f"character {position} does not start a whole line of this corpus: {line[:60]!r}")
        yield match
        position = match.end()


@functools.cache
def _surprisals(options: tuple[str, ...]) -> dict[str, np.ndarray]:
    """-log P(character | the characters of this part before it), for every character of every option."""
    prefixes = Counter(option[:n] for option in options for n in range(len(option) + 1))
    return {
        option: np.log([prefixes[option[:n]] / prefixes[option[: n + 1]] for n in range(len(option))])
        for option in options
    }


@functools.cache
def _word_surprisals(syllables: int) -> np.ndarray:
    """The same for the letters of an invented word of so many syllables and the blank after it."""
    letters = []
    for n in range(syllables):
        # after n syllables, n > 0, one of the MAX_SYLLABLES - n + 1 equally likely lengths is ruled in or out
        goes_on = 1.0 if n == 0 else (MAX_SYLLABLES - n) / (MAX_SYLLABLES - n + 1)
        letters += [len(CONSONANTS) / goes_on, len(VOWELS)]
    return np.log([*letters, MAX_SYLLABLES - syllables + 1])


def _line_entropy() -> float:
    """The entropy of a line in nats: all choices are independent, and a line shows how each was made."""
    entropy = math.log(MAX_SYLLABLES) + _mean_syllables() * math.log(len(CONSONANTS) * len(VOWELS))
    for options in (_SUBJECTS, _VERBS, _LINKS):
        shares = [count / len(options) for count in Counter(options).values()]
        entropy -= sum(share * math.log(share) for share in shares)
    return entropy


def _line_length() -> float:
    """The expected number of characters of a line."""
    parts = sum(sum(map(len, options)) / len(options) for options in (_SUBJECTS, _VERBS, _LINKS))
    return parts + 4 * _mean_syllables() + len(" ") + len(_END)


def _mean_syllables() -> float:
    return (1 + MAX_SYLLABLES) / 2
