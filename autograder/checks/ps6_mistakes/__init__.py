"""Mistakes of problem set 6. Each edits the text of a solution; its hint is what a student reads.

A hint says what the numbers show and where to look, never the line of code.
"""

from autograder.checks.ps6_mistakes.attention import ATTENTION_BACKWARD, ATTENTION_FORWARD, GRID
from autograder.checks.ps6_mistakes.pixels import BITS, PIXEL_INPUTS, PIXEL_LOGPROB, PIXEL_LOSS, SAMPLES
from autograder.checks.ps6_mistakes.search import BEAM, GREEDY, NEXT
from autograder.checks.ps6_mistakes.translation import ENCODE_BACKWARD, ENCODE_FORWARD, SEQ2SEQ, TRANSLATE

__all__ = [
    "ATTENTION_BACKWARD",
    "ATTENTION_FORWARD",
    "BEAM",
    "BITS",
    "ENCODE_BACKWARD",
    "ENCODE_FORWARD",
    "GREEDY",
    "GRID",
    "NEXT",
    "PIXEL_INPUTS",
    "PIXEL_LOGPROB",
    "PIXEL_LOSS",
    "SAMPLES",
    "SEQ2SEQ",
    "TRANSLATE",
]
