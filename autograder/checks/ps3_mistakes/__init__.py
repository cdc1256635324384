"""Mistakes of problem set 3. Each edits the text of a solution; its hint is what a student reads.

A hint says what the numbers show and where to look, never the line of code.
"""

from autograder.checks.ps3_mistakes.flow import (
    FORGET_GATE_PRODUCTS,
    LSTM_STATE_GRADIENT_NORMS,
    REMEMBER_BIT,
    STATE_GRADIENT_NORMS,
)
from autograder.checks.ps3_mistakes.matrices import GROWING_POWERS, SPECTRAL_REPORT, VANISHING_POWERS
from autograder.checks.ps3_mistakes.relu import INIT_IRNN, RELU_BACKWARD, RELU_FORWARD
from autograder.checks.ps3_mistakes.remedies import BLOCKS, CLIP_COSINES, CLIP_GRAD_NORM, CLIP_GRAD_VALUE

__all__ = [
    "FORGET_GATE_PRODUCTS",
    "LSTM_STATE_GRADIENT_NORMS",
    "REMEMBER_BIT",
    "STATE_GRADIENT_NORMS",
    "GROWING_POWERS",
    "SPECTRAL_REPORT",
    "VANISHING_POWERS",
    "INIT_IRNN",
    "RELU_BACKWARD",
    "RELU_FORWARD",
    "BLOCKS",
    "CLIP_COSINES",
    "CLIP_GRAD_NORM",
    "CLIP_GRAD_VALUE",
]
