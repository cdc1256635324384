"""Mistakes of problem set 5. Each edits the text of a solution; its hint is what a student reads.

A hint says what the numbers show and where to look, never the line of code.
"""

from autograder.checks.ps5_mistakes.network import CAPTIONER, INIT, LOSS
from autograder.checks.ps5_mistakes.sampling import NEXT_WORDS, SAMPLE
from autograder.checks.ps5_mistakes.words import DECODE, ENCODE, TASKS, VOCABULARY

__all__ = ["CAPTIONER", "DECODE", "ENCODE", "INIT", "LOSS", "NEXT_WORDS", "SAMPLE", "TASKS", "VOCABULARY"]
