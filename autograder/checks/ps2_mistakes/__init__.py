"""Mistakes of problem set 2. Each edits the text of a solution; its hint is what a student reads.

A hint says what the numbers show and where to look, never the line of code. What a student of problem set 1
could already get wrong is taken from there, so that it reads the same.
"""

from autograder.checks.ps2_mistakes.gru import GRU_BACKWARD, GRU_FORWARD, GRU_STEP_BACKWARD, GRU_STEP_FORWARD
from autograder.checks.ps2_mistakes.lstm_backward import LSTM_STEP_BACKWARD
from autograder.checks.ps2_mistakes.lstm_forward import LSTM_STEP_FORWARD
from autograder.checks.ps2_mistakes.notations import ASSEMBLE, CONCAT, PACK, UNPACK
from autograder.checks.ps2_mistakes.sequences import LSTM_BACKWARD, LSTM_FORWARD

__all__ = [
    "ASSEMBLE",
    "CONCAT",
    "GRU_BACKWARD",
    "GRU_FORWARD",
    "GRU_STEP_BACKWARD",
    "GRU_STEP_FORWARD",
    "LSTM_BACKWARD",
    "LSTM_FORWARD",
    "LSTM_STEP_BACKWARD",
    "LSTM_STEP_FORWARD",
    "PACK",
    "UNPACK",
]
