"""What tests do to a process of a cluster: Dask runs this file in it (--preload). UNROLL_TEST_FAULT says what.

The autograder's code stays as it is, so that its digest does.
"""

import os
import re
import sys
import time
from pathlib import Path

FAULT = os.environ.get("UNROLL_TEST_FAULT", "")
ENDS, HANGS = "# ends its grader", "# hangs its grader the first time"


class Hidden:
    """Without the autograder, as in a scheduler that somebody else set up."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "autograder":
            raise ModuleNotFoundError("No module named 'autograder'")


def disturb(engine):
    original = engine.grade_seeded

    def grade_seeded(submission, *arguments, **options):
        text = "\n".join(cell.source for cell in submission.cells)
        if ENDS in text:
            os._exit(3)
        for name in re.findall(f"{HANGS} as (.+)", text):
            mark = Path(os.environ["UNROLL_TEST_FOLDER"], name)
            if not mark.exists():
                mark.write_text(str(os.getpid()))
                while not mark.with_suffix(".over").exists():
                    time.sleep(0.1)
        return original(submission, *arguments, **options)

    engine.grade_seeded = grade_seeded


if FAULT == "no code":
    sys.meta_path.insert(0, Hidden())
else:
    from autograder import engine
    from autograder.jail import levels

    disturb(engine)
    if FAULT == "no isolation":
        levels.missing = lambda level: "" if level == "none" else "nothing works here"
