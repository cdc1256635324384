"""Generated text for language models: memory for characters, agreement for words.

The same on every machine, from no file and no network, and with known probabilities: the best possible perplexity
is part of the corpus.
"""

from unroll.corpus.characters import CharCorpus, char_corpus, echo_distances, surprisal
from unroll.corpus.sentences import Agreement, WordCorpus, sentence_surprisal, word_corpus

__all__ = [
    "Agreement",
    "CharCorpus",
    "WordCorpus",
    "char_corpus",
    "echo_distances",
    "sentence_surprisal",
    "surprisal",
    "word_corpus",
]
