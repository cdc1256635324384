"""Our BLEU and CIDEr-D beside pycocoevalcap's, on random captions: greatest difference and time.

    python bench/metrics.py [--images 1000] [--rounds 5]

pycocoevalcap is no dependency of this project (it is 104 MB and brings Java programs for other metrics), so where it
is missing this says how to install it and stops.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from unroll.metrics import bleu, cider
from unroll.scenes.stream import Stream

INSTALL = """pycocoevalcap is not installed, so there is nothing to compare with. To install it beside this project:
    pip install --no-deps --target /tmp/coco pycocoevalcap
    PYTHONPATH=/tmp/coco python bench/metrics.py"""
WORDS = "a the dog cat bird man two red small on in near grass sea tree runs sits flies and with".split()
LONGEST = 14
REFERENCES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000, help="captions of a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    try:
        from pycocoevalcap.bleu.bleu import Bleu
        from pycocoevalcap.cider.cider import Cider
    except ImportError:
        print(INSTALL)
        return
    worst = {"BLEU": 0.0, "CIDEr-D": 0.0}
    seconds = {("BLEU", "ours"): 0.0, ("BLEU", "theirs"): 0.0, ("CIDEr-D", "ours"): 0.0, ("CIDEr-D", "theirs"): 0.0}
    for number in range(arguments.rounds):
        candidates, references = corpus(Stream(f"bench metrics {number}"), arguments.images)
        theirs = dict(enumerate(references)), {i: [c] for i, c in enumerate(candidates)}
        start = time.perf_counter()
        our_bleu = bleu(candidates, references)
        bleu_done = time.perf_counter()
        our_cider = cider(candidates, references)
        cider_done = time.perf_counter()
        their_bleu, _ = Bleu(4).compute_score(*theirs, verbose=0)
        their_bleu_done = time.perf_counter()
        _, their_cider = Cider().compute_score(*theirs)
        their_cider_done = time.perf_counter()
        seconds["BLEU", "ours"] += bleu_done - start
        seconds["CIDEr-D", "ours"] += cider_done - bleu_done
        seconds["BLEU", "theirs"] += their_bleu_done - cider_done
        seconds["CIDEr-D", "theirs"] += their_cider_done - their_bleu_done
        worst["BLEU"] = max(worst["BLEU"], *np.abs(np.subtract(our_bleu, their_bleu)))
        worst["CIDEr-D"] = max(worst["CIDEr-D"], *np.abs(our_cider.scores - their_cider))
    print(f"{arguments.rounds} corpora of {arguments.images} images, 1-{REFERENCES} references each")
    for name, difference in worst.items():
        ours, theirs = seconds[name, "ours"], seconds[name, "theirs"]
        print(
            f"{name:8} greatest difference {difference:.1e}, ours {ours:.2f} s, pycocoevalcap {theirs:.2f} s, "
            f"ratio {ours / theirs:.2f}"
        )


def corpus(stream: Stream, images: int) -> tuple[list[str], list[list[str]]]:
    """Random captions, of which some are empty, some one word, and many much like a reference."""
    candidates, references = [], []
    for _ in range(images):
        others = [caption(stream, 1) for _ in range(stream.integer(1, REFERENCES))]
        near = [stream.pick(WORDS) if stream.chance(0.2) else word for word in stream.pick(others).split()]
        candidates.append(" ".join(near) if stream.chance(0.8) else caption(stream, 0))
        references.append(others)
    return candidates, references


def caption(stream: Stream, shortest: int) -> str:
    return " ".join(stream.pick(WORDS) for _ in range(stream.integer(shortest, LONGEST)))


if __name__ == "__main__":
    main()
