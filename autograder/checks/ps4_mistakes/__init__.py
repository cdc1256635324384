"""Mistakes of problem set 4. Each edits the text of a solution; its hint is what a student reads.

A hint says what the numbers show and where to look, never the line of code.
"""

from autograder.checks.ps4_mistakes.loss import LOSS
from autograder.checks.ps4_mistakes.sampling import SAMPLE
from autograder.checks.ps4_mistakes.strings import LOGPROB, PERPLEXITY, VOCAB
from autograder.checks.ps4_mistakes.training import TRAIN

__all__ = ["LOGPROB", "LOSS", "PERPLEXITY", "SAMPLE", "TRAIN", "VOCAB"]
