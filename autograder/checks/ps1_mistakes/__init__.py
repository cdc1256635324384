"""Mistakes of problem set 1. Each edits the text of a solution; its hint is what a student reads.

A hint says what the numbers show and where to look, never the line of code.
"""

from autograder.checks.ps1_mistakes.sequences import BACKWARD, FORWARD, TRUNCATED
from autograder.checks.ps1_mistakes.steps import STEP_BACKWARD, STEP_FORWARD, VANILLA_RNN
from autograder.checks.ps1_mistakes.words import (
    AFFINE_BACKWARD,
    AFFINE_FORWARD,
    EMBEDDING_BACKWARD,
    EMBEDDING_FORWARD,
    LOSS,
)

__all__ = [
    "STEP_BACKWARD",
    "STEP_FORWARD",
    "VANILLA_RNN",
    "BACKWARD",
    "FORWARD",
    "TRUNCATED",
    "AFFINE_BACKWARD",
    "AFFINE_FORWARD",
    "EMBEDDING_BACKWARD",
    "EMBEDDING_FORWARD",
    "LOSS",
]
