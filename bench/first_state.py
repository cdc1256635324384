"""What it costs an LSTM that the image enters through h_0 alone: captions of held-out scenes after 900 steps.

    python bench/first_state.py        about two minutes

As in the notebook of problem set 5: three epochs of 15,000 captions each, H 128, W 64, greedy captions of the first
400 held-out scenes. `c_0 = h_0` is the same LSTM whose cell state starts at h_0 in place of zero.
"""

from __future__ import annotations

import numpy as np

from autograder.check import Mistake
from autograder.problem_set import load
from unroll.coco import load_coco_data
from unroll.metrics import bleu, cider
from unroll.solver import CaptioningSolver

SCENES, EPOCHS, CAPTIONS = 400, 3, 15000
SEEDS = (0, 1)


def main() -> None:
    print(f"{'':<18}{'loss':>8}{'BLEU-4':>8}{'CIDEr':>8}")
    for seed in SEEDS:
        for label, names in (("gru", plain()), ("lstm", plain()), ("lstm, c_0 = h_0", started_at_h0())):
            print(f"{label:<18}" + "".join(f"{value:>8.2f}" for value in scores(names, label[:4].strip(), seed)))


def plain() -> dict:
    """The functions of problem set 5."""
    return load("ps5_captioning").reference.namespace()


def started_at_h0() -> dict:
    """The same with an LSTM whose cell state starts at h_0."""
    changed = load("ps2_lstm").reference.namespace(
        [
            Mistake("", "", (("c_t = np.zeros_like(h0)", "c_t = h0"),), "lstm_forward"),
            Mistake("", "", (("dh0 = dprev_h", "dh0 = dprev_h + dprev_c"),), "lstm_backward"),
        ]
    )
    return load("ps5_captioning").reference.namespace(
        [Mistake("", "", (("c = np.zeros_like(h)", "c = h"),), "sample_captions")],
        {name: changed[name] for name in ("lstm_forward", "lstm_backward")},
    )


def scores(names: dict, cell_type: str, seed: int) -> tuple[float, float, float]:
    """The loss of the last 50 steps, BLEU-4 and CIDEr."""
    data = load_coco_data()
    model = names["CaptioningRNN"](data["word_to_idx"], 512, 64, 128, cell_type, rng=np.random.default_rng(seed))
    solver = CaptioningSolver(
        model, data, batch_size=50, optim_config={"learning_rate": 3e-3}, lr_decay=0.7, progress=False
    )
    solver.steps_per_epoch = CAPTIONS // solver.batch_size
    for epoch in range(1, EPOCHS + 1):
        solver.data = load_coco_data(max_train=CAPTIONS, rng=np.random.default_rng([seed, epoch]))
        solver.num_epochs = epoch
        solver.train()
    people = [[] for _ in range(SCENES)]
    texts = names["decode_captions"](data["val_captions"][:], data["idx_to_word"])
    for i, text in zip(data["val_image_idxs"][:], texts, strict=True):
        if i < SCENES:
            people[i].append(text)
    written = names["decode_captions"](model.sample(data["val_features"][:SCENES], 16), data["idx_to_word"])
    few = [captions[1:] for captions in people]
    return float(np.mean(solver.loss_history[-50:])), bleu(written, few)[3], cider(written, few).mean


if __name__ == "__main__":
    main()
