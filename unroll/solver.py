"""The training loop for captioning models, with CS231n's names: minibatches, update rule, decay, history.

    solver = CaptioningSolver(model, data, update_rule="adam", num_epochs=5, batch_size=50,
                              optim_config={"learning_rate": 3e-3}, lr_decay=0.95)
    solver.train()
    solver.loss_history

A model has `params`, a dict of arrays, and `loss(features, captions) -> loss, grads` with a gradient for every
parameter.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from unroll.coco import sample_coco_minibatch
from unroll.optim import RULES, clipped

FORMAT = "unroll checkpoint 1"


class CaptioningSolver:
    """Trains a captioning model.

    Attributes:
        loss_history: the loss of every step. val_history: (step, loss) pairs, if `validate_every` is set.
        step: how many steps were made.
    """

    def __init__(
        self,
        model,
        data: dict,
        *,
        update_rule: str = "adam",
        optim_config: dict | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        max_norm: float = 5.0,
        validate_every: int = 0,
        rng: np.random.Generator | None = None,
        progress: bool = True,
        verbose: bool = False,
        print_every: int = 10,
    ):
        """
        Args:
            model: see above. data: as `load_coco_data` returns it.
            update_rule: "sgd", "sgd_momentum" or "adam". optim_config: its settings, e.g. {"learning_rate": 3e-3}.
            lr_decay: what the learning rate is multiplied by after every epoch.
            batch_size: captions in a step. num_epochs: as many steps as show every caption so often on average.
            max_norm: all gradients together are scaled down to this norm.
            validate_every: so often, in steps, the loss of a minibatch of val is noted; 0: never.
            rng: what minibatches are drawn with; None means a generator of seed 0, so that a run can be repeated.
            progress: show a bar. verbose, print_every: print the loss every so many steps, as CS231n's does.
        """
        if update_rule not in RULES:
            raise ValueError(f"unknown update_rule {update_rule!r}: expected one of {', '.join(RULES)}")
        self.model, self.data = model, data
        self.update_rule, self.lr_decay = update_rule, lr_decay
        self.batch_size, self.num_epochs = batch_size, num_epochs
        self.max_norm, self.validate_every = max_norm, validate_every
        self.progress, self.verbose, self.print_every = progress, verbose, print_every
        self.rng = np.random.default_rng(0) if rng is None else rng
        self.optim_configs = {name: dict(optim_config or {}) for name in model.params}
        self.steps_per_epoch = max(len(data["train_captions"]) // batch_size, 1)
        self.loss_history: list[float] = []
        self.val_history: list[tuple[int, float]] = []
        self.step = 0

    def train(self, *, seconds: float | None = None) -> None:
        """Make the steps of num_epochs that are still missing, or those that fit into `seconds`.

        Raises FloatingPointError when a loss or gradient is not a number any more, with what to try; the model then
        has the parameters of the step before.
        """
        total = self.num_epochs * self.steps_per_epoch
        end = time.monotonic() + (float("inf") if seconds is None else seconds)
        with tqdm(total=total, initial=self.step, desc="training", unit="step", disable=not self.progress) as bar:
            while self.step < total and time.monotonic() < end:
                loss = self._step()
                bar.update()
                if self.step % 10 == 0:
                    bar.set_postfix(loss=f"{np.mean(self.loss_history[-10:]):.3f}", refresh=False)
                if self.verbose and (self.step - 1) % self.print_every == 0:
                    print(f"(Iteration {self.step} / {total}) loss: {loss:f}")

    def _step(self) -> float:
        captions, features, _ = sample_coco_minibatch(self.data, self.batch_size, "train", self.rng)
        loss, grads = self.model.loss(features, captions)
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"the loss of step {self.step + 1} is {loss}: the training has diverged. Try a smaller learning_rate"
            )
        params = self.model.params
        if grads.keys() != params.keys():
            missing, extra = sorted(params.keys() - grads.keys()), sorted(grads.keys() - params.keys())
            raise KeyError(
                f"loss returned no gradient of {', '.join(missing) or 'nothing'}"
                + (f", and gradients of {', '.join(extra)}, which are no parameters" if extra else "")
            )
        grads, _ = clipped(grads, self.max_norm)
        for name, gradient in grads.items():
            found, expected = np.shape(gradient), np.shape(params[name])
            if found != expected:
                raise ValueError(f"the gradient of {name} has shape {found}; expected {expected}")
        rule = RULES[self.update_rule]
        for name, gradient in grads.items():
            params[name], self.optim_configs[name] = rule(params[name], gradient, self.optim_configs[name])
        self.step += 1
        self.loss_history.append(float(loss))
        if self.step % self.steps_per_epoch == 0:
            self._decay()
        if self.validate_every and self.step % self.validate_every == 0:
            captions, features, _ = sample_coco_minibatch(self.data, self.batch_size, "val", self.rng)
            self.val_history.append((self.step, float(self.model.loss(features, captions)[0])))
        return loss

    def _decay(self) -> None:
        defaults = RULES[self.update_rule](np.zeros(1), np.zeros(1))[1]
        for config in self.optim_configs.values():
            config["learning_rate"] = self.lr_decay * config.get("learning_rate", defaults["learning_rate"])

    def save(self, path: str | Path) -> None:
        """Write parameters and all that is needed to go on from here, as if there had been no break."""
        path = Path(path)
        written = path.with_name(path.name + ".new")
        with h5py.File(written, "w") as file:
            file.attrs["format"] = FORMAT
            file.attrs["step"], file.attrs["update_rule"] = self.step, self.update_rule
            file.attrs["rng"] = json.dumps(self.rng.bit_generator.state)
            file["loss_history"] = np.array(self.loss_history, float)
            file["val_history"] = np.array(self.val_history, float).reshape(-1, 2)
            for name, value in self.model.params.items():
                group = file.create_group(f"params/{name}")
                group["value"] = value
                for key, setting in self.optim_configs[name].items():
                    group[key] = setting
        written.replace(path)

    def load(self, path: str | Path) -> None:
        """Go on from a checkpoint of a model with the same parameters. Raises ValueError if it is of another kind."""
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != FORMAT:
                raise ValueError(f"{path}: expected a file that CaptioningSolver.save wrote, found another")
            if file.attrs["update_rule"] != self.update_rule:
                raise ValueError(f"{path}: was written with update_rule {file.attrs['update_rule']!r}; use that")
            found = {name: tuple(group["value"].shape) for name, group in file["params"].items()}
            expected = {name: np.shape(value) for name, value in self.model.params.items()}
            if found != expected:
                raise ValueError(f"{path}: expected parameters of shapes {expected}, found {found}")
            for name, group in file["params"].items():
                self.model.params[name] = group["value"][()]
                self.optim_configs[name] = {
                    key: value[()] if value.ndim else value[()].item() for key, value in group.items() if key != "value"
                }
            self.step = int(file.attrs["step"])
            self.rng.bit_generator.state = json.loads(file.attrs["rng"])
            self.loss_history = file["loss_history"][()].tolist()
            self.val_history = [(int(step), loss) for step, loss in file["val_history"][()].tolist()]
