"""The levels of isolation that the tests try here.

One is left to tests/jail/test_ordinary_user.py: for root with an interpreter that no other user can read (under /root),
the landlock level is rightly refused, so the suite runs there as an ordinary user with another interpreter.
"""

from __future__ import annotations

import os

from autograder.jail import LEVELS, levels

_REFUSED = {"landlock"} if os.geteuid() == 0 and levels.first_private_folder() else set()
OFFERED = tuple(level for level in LEVELS if level not in _REFUSED)
ISOLATING = tuple(level for level in OFFERED if level != "none")
