"""Do the bounds of problem set 5's trained networks tell a right network from one that never sees the image?

    python bench/captioner_bounds.py                   about five minutes

The share of seeds with which a network reaches all bounds, for the reference and for networks that know the language
alone; and the same with every bound of loss and BLEU moved by a tenth and by a quarter, against the one that is
judged: harder for the reference, easier for the others.
"""

from __future__ import annotations

import argparse

import numpy as np

from autograder.checks.ps5_captioning import BY_HEART, HELD_OUT
from autograder.problem_set import drawing_data, load

PS = load("ps5_captioning")
CHECK = PS.check("CaptioningRNN")
MARGINS = (1.0, 1.1, 1.25)
BLIND = ("projection_gradient_missing", "first_state_gradient_zero", "image_ignored")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=100)
    seeds = range(parser.parse_args().seeds)
    mistakes = {m.name: m for m in PS.check("caption_loss").mistakes}
    print(f"{'bounds moved by a factor of':<52}" + "".join(f"{margin:>7}" for margin in MARGINS))
    for label, case in (("by heart", BY_HEART), ("held out", HELD_OUT)):
        show(f"{label}: reference", [[passes(case, seed, m) for m in MARGINS] for seed in seeds])
        show(f"{label}: features of zero", [[passes(case, seed, 1 / m, zero=True) for m in MARGINS] for seed in seeds])
        for name in BLIND:
            wrong = [mistakes[name]]
            show(f"{label}: {name}", [[passes(case, seed, 1 / m, wrong) for m in MARGINS] for seed in seeds])


def passes(case: dict, seed: int, harder: float, mistakes=(), zero: bool = False) -> bool:
    """True if a network trained on this seed's images reaches all bounds, made harder by a factor."""
    moved = {
        name: value / harder if name == "loss_below" else value * harder if name.startswith("bleu") else value
        for name, value in case.items()
    }
    inputs = CHECK.draw(np.random.default_rng([seed, 7]), drawing_data(), **moved)
    if zero:
        inputs |= {name: 0 * inputs[name] for name in ("features", "judged")}
    return bool(CHECK.call(PS.reference.code(mistakes), **inputs)[-1].all())


def show(label: str, results: list[list[bool]]) -> None:
    print(f"{label:<52}" + "".join(f"{share:>7.3f}" for share in np.mean(results, axis=0)), flush=True)


if __name__ == "__main__":
    main()
