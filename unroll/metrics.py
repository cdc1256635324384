"""How good are captions and language models: BLEU, CIDEr, perplexity, bits per character.

BLEU and CIDEr-D agree with pycocoevalcap, the scorer of the COCO captioning challenge, on the same words; it also
runs a tokenizer first (lower case, no punctuation), which captions made from a vocabulary do not need. See
bench/metrics.py for the comparison.

A caption is a str, split at white space, or a sequence of words. <START>, <END> and <NULL> are not words: a caption
ends at its first <END>, and the other two are left out, so what `decode_captions` returns can be scored as it is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from numbers import Real
from typing import NamedTuple

import numpy as np

Caption = str | Sequence[str]
Ngram = tuple[str, ...]
Weights = dict[Ngram, float]

_VARIANTS = ("D", "plain")
_LONGEST_NGRAM = 4  # of CIDEr
_SIGMA = 6.0  # width of CIDEr-D's length penalty, in words
_FEWEST_IMAGES = 2

# pycocoevalcap adds these to the counts of BLEU, so as never to divide by zero. They show where no n-gram of some order
# is right: BLEU-4 is then not 0 but about 1e-4, or .03 if no caption has four words. We add them too, to agree there.
_TINY, _SMALL = 1e-15, 1e-9


class Cider(NamedTuple):
    """mean: over all captions. scores: (captions,) float64. Both from 0 to 10."""

    mean: float
    scores: np.ndarray


def bleu(candidates: Sequence[Caption], references: Sequence[Sequence[Caption]], max_n: int = 4) -> tuple[float, ...]:
    """BLEU-1 to BLEU-max_n of all captions together, each from 0 to 1 (Papineni et al. 2002).

    BLEU-n is the geometric mean of the n-gram precisions of order 1 to n, times the brevity penalty. An n-gram is
    right as often as it is in the one reference that holds it most often (clipping). Right n-grams and all n-grams
    are added up over the corpus before dividing, so this is not the mean of the captions' own BLEU. Candidates that
    are shorter in total than the closest references, c < r words, are multiplied by exp(1 - r / c); of two equally
    close references the shorter counts.

    candidates: one caption per image. references: for each image a list of captions, in the same order.

    Raises TypeError or ValueError if these are not such lists.
    """
    if isinstance(max_n, bool) or not isinstance(max_n, int) or max_n < 1:
        raise ValueError(f"max_n is the longest n-gram, a whole number from 1 on, not {max_n!r}")
    hypotheses, images = _tokenized(candidates, references)
    right, total = [0] * max_n, [0] * max_n
    length = closest = 0
    for words, others in zip(hypotheses, images, strict=True):
        length += len(words)
        closest += min((abs(len(other) - len(words)), len(other)) for other in others)[1]
        for n in range(1, max_n + 1):
            most: Counter[Ngram] = Counter()
            for other in others:
                most |= _ngrams(other, n)
            right[n - 1] += (_ngrams(words, n) & most).total()
            total[n - 1] += max(0, len(words) - n + 1)
    ratio = (length + _TINY) / (closest + _SMALL)
    penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    product, scores = 1.0, []
    for n in range(max_n):
        product *= (right[n] + _TINY) / (total[n] + _SMALL)
        scores.append(penalty * product ** (1 / (n + 1)))
    return tuple(scores)


def cider(candidates: Sequence[Caption], references: Sequence[Sequence[Caption]], *, variant: str = "D") -> Cider:
    """How much captions say what people say about the same image, from 0 to 10 (Vedantam et al. 2015).

    Ten times the cosine between a candidate's and a reference's n-gram counts, averaged over references and over
    n = 1 to 4. Each n-gram is weighted with its rarity, log(images / images whose references hold it), so the score
    of a caption depends on the whole corpus, and one image alone cannot be scored. 10 needs four words or more: a
    shorter caption has no 4-grams, which count as 0.

    candidates: one caption per image. references: for each image a list of captions, in the same order.
    variant: "D" is CIDEr-D, which is what is reported: a repeated n-gram counts no more often than the reference
        has it, and a length that differs by d words costs a factor exp(-d^2 / 72). "plain" has neither and can be
        gamed by repeating rare words; it is times 10 too, to compare the two. No stemming in either.

    Raises TypeError or ValueError if these are not such lists, or there are fewer than two images.
    """
    if variant not in _VARIANTS:
        raise ValueError(f"unknown variant {variant!r} of CIDEr: expected 'D' or 'plain'")
    hypotheses, images = _tokenized(candidates, references)
    if len(images) < _FEWEST_IMAGES:
        raise ValueError(
            "CIDEr of one image is always 0: an n-gram's weight is its rarity among the images. Give two or more."
        )
    scores = np.empty(len(images))
    for n in range(1, _LONGEST_NGRAM + 1):
        counts = [[_ngrams(other, n) for other in others] for others in images]
        holding = Counter(ngram for image in counts for ngram in set().union(*image))
        rarity = {ngram: math.log(len(images) / images_with) for ngram, images_with in holding.items()}
        unseen = math.log(len(images))
        for i, words in enumerate(hypotheses):
            hypothesis = {g: count * rarity.get(g, unseen) for g, count in _ngrams(words, n).items()}
            similarity = 0.0
            for other, count_of in zip(images[i], counts[i], strict=True):
                reference = {g: count * rarity[g] for g, count in count_of.items()}
                cosine = _cosine(hypothesis, reference, clipped=variant == "D")
                similarity += cosine * _length_factor(words, other) if variant == "D" else cosine
            share = 10 * similarity / len(images[i]) / _LONGEST_NGRAM
            scores[i] = share if n == 1 else scores[i] + share
    return Cider(float(scores.mean()), scores)


def perplexity(loss_sum: float, n_tokens: float) -> float:
    """exp(loss_sum / n_tokens): among how many equally likely tokens a model seems to choose, at least 1.

    loss_sum: the negative log-likelihoods of n_tokens tokens added up, in nats (natural logarithm, as softmax losses
    are). Add up over all minibatches before dividing; the mean of the minibatches' perplexities is larger.

    Raises ValueError for a loss that is NaN or negative, or no tokens.
    """
    loss = _loss_per("token", loss_sum, n_tokens)
    return math.exp(loss) if loss < math.log(float(np.finfo(float).max)) else math.inf


def bits_per_character(loss_sum: float, n_characters: float) -> float:
    """loss_sum / n_characters / ln 2: the bits per character that a code made from the model would need.

    loss_sum: the negative log-likelihoods of n_characters characters added up, in nats. Raises as `perplexity` does.
    """
    return _loss_per("character", loss_sum, n_characters) / math.log(2)


def _loss_per(unit: str, loss_sum: float, n: float) -> float:
    for name, value in (("loss_sum", loss_sum), (f"n_{unit}s", n)):
        if np.ndim(value) or not isinstance(value, (Real, np.generic, np.ndarray)):
            raise TypeError(f"{name} is one number, not {_kind(value)} (add losses up with .sum() first)")
    loss_sum, n = float(loss_sum), float(n)
    if not n > 0 or math.isinf(n):
        raise ValueError(
            f"n_{unit}s is {n:g}; a loss is divided by the number of {unit}s it was summed over, 1 or more"
        )
    if math.isnan(loss_sum):
        raise ValueError("loss_sum is NaN: the model has diverged, or took the logarithm of a probability below 0")
    if loss_sum < 0:
        raise ValueError(
            f"loss_sum is {loss_sum:g}, but a sum of negative log-likelihoods is never below 0, since a probability "
            "is at most 1; was the minus sign lost?"
        )
    return loss_sum / n


def _ngrams(words: Sequence[str], n: int) -> Counter[Ngram]:
    return Counter(zip(*(words[i:] for i in range(n)), strict=False))


def _cosine(a: Weights, b: Weights, *, clipped: bool) -> float:
    """The cosine of two n-gram vectors, 0 if one is zero. clipped: no entry of a counts for more than that of b."""
    norms = math.sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values()))
    if norms == 0:
        return 0.0
    return sum((min(x, b[g]) if clipped else x) * b[g] for g, x in a.items() if g in b) / norms


def _length_factor(words: Sequence[str], other: Sequence[str]) -> float:
    return math.exp(-((len(words) - len(other)) ** 2) / (2 * _SIGMA**2))


def _tokenized(candidates, references) -> tuple[list[list[str]], list[list[list[str]]]]:
    """The words of every candidate and of every reference, or an error in the user's terms."""
    for name, value in (("candidates", candidates), ("references", references)):
        if isinstance(value, str) or not isinstance(value, (Sequence, np.ndarray)):
            raise TypeError(f"{name} is {_kind(value)}; expected a list with one entry per image")
    if len(candidates) != len(references):
        raise ValueError(
            f"{len(candidates)} candidates but references for {len(references)} images; they are matched by position"
        )
    if len(candidates) == 0:
        raise ValueError("there are no captions to score")
    for i, others in enumerate(references):
        if isinstance(others, str) or not isinstance(others, (Sequence, np.ndarray)):
            raise TypeError(
                f"references[{i}] is {_kind(others)}; expected a list of captions. Put a single reference in a list: "
                f"[reference]"
            )
        if len(others) == 0:
            raise ValueError(f"references[{i}] is empty; every candidate needs at least one reference")
    hypotheses = [_words(caption, f"candidates[{i}]") for i, caption in enumerate(candidates)]
    images = [[_words(c, f"references[{i}][{j}]") for j, c in enumerate(r)] for i, r in enumerate(references)]
    return hypotheses, images


def _words(caption: Caption, name: str) -> list[str]:
    if isinstance(caption, str):
        words: Sequence = caption.split()
    elif isinstance(caption, (Sequence, np.ndarray)):
        words = caption
    else:
        words = [caption]  # a number, say: the row was iterated over one level too deep
    kept = []
    for word in words:
        if not isinstance(word, str):
            raise TypeError(
                f"{name} holds {_kind(word)}; a caption is text. If these are word indices, decode them first: "
                "decode_captions(captions, idx_to_word)"
            )
        if len(word.split()) != 1:
            raise ValueError(f"{name} holds {word!r} as one word; give the caption as a str, or split it into words")
        if word == "<END>":
            break
        if word not in ("<START>", "<NULL>"):
            kept.append(str(word))
    return kept


def _kind(value) -> str:
    name = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
