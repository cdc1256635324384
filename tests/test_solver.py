"""The update rules against their papers' equations, and the training loop: it learns, stops, decays, and goes on."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import tqdm

import unroll.solver
from unroll.optim import RULES, adam, clipped, sgd, sgd_momentum
from unroll.solver import CaptioningSolver


class Linear:
    """A model whose loss is smallest where W maps features to the captions' first words."""

    def __init__(self, dtype=np.float64):
        self.params = {"W": np.zeros((4, 1), dtype), "b": np.zeros(1, dtype)}

    def loss(self, features, captions):
        features = features.astype(self.params["W"].dtype)
        error = features @ self.params["W"] + self.params["b"] - captions[:, :1].astype(features.dtype)
        grads = {"W": 2 * features.T @ error / len(error), "b": 2 * error.mean(axis=0)}
        return float((error**2).mean()), grads


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((50, 4))
    words = np.round(features @ [[3], [-2], [1], [4]] + 5).astype(np.int32)
    idxs = np.arange(50)
    urls = np.array([str(i) for i in idxs], object)
    return {
        f"{split}_{name}": value
        for split in ("train", "val")
        for name, value in (("captions", words), ("image_idxs", idxs), ("features", features), ("urls", urls))
    }


def solver(data, model=None, **options):
    options = {"num_epochs": 40, "batch_size": 10, "progress": False, "optim_config": {"learning_rate": 0.1}} | options
    return CaptioningSolver(model or Linear(), data, **options)


# --- rules -----------------------------------------------------------------------------------------------------


def test_sgd_and_momentum_by_hand():
    w, dw = np.array([1.0, 2.0]), np.array([10.0, -10.0])
    assert sgd(w, dw, {"learning_rate": 0.1})[0].tolist() == [0, 3]
    moved, config = sgd_momentum(w, dw, {"learning_rate": 0.1, "momentum": 0.5})
    assert moved.tolist() == [0, 3] and config["velocity"].tolist() == [-1, 1]
    moved, config = sgd_momentum(moved, dw, config)
    assert moved.tolist() == [-1.5, 4.5]
    assert w.tolist() == [1, 2] and dw.tolist() == [10, -10]


def test_adam_is_the_algorithm_of_the_paper():
    rng = np.random.default_rng(1)
    w = mine = rng.standard_normal(5)
    m = v = np.zeros(5)
    config = {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}
    for t in range(1, 8):
        g = rng.standard_normal(5)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        w = w - 0.01 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-3)
        mine, config = adam(mine, g, config)
    assert np.allclose(mine, w, rtol=1e-13) and config["t"] == 7


@pytest.mark.parametrize("rule", RULES)
def test_rules_keep_single_precision(rule):
    w, config = np.ones(3, np.float32), None
    for _ in range(3):
        w, config = RULES[rule](w, np.ones(3, np.float32), config)
        assert w.dtype == np.float32
        assert all(np.asarray(c).dtype == np.float32 for c in config.values() if np.ndim(c))


def test_clipping():
    grads = {"a": np.array([3.0, 0.0]), "b": np.array([[4.0]], np.float32)}
    small, norm = clipped(grads, 10)
    assert norm == 5 and small["a"] is grads["a"]
    scaled, norm = clipped(grads, 1)
    assert norm == 5 and np.allclose(scaled["a"], [0.6, 0]) and scaled["b"].dtype == np.float32
    assert grads["a"].tolist() == [3, 0]
    with pytest.raises(FloatingPointError, match="the gradient of b holds inf or nan: the training has diverged"):
        clipped({"a": np.ones(2), "b": np.array([np.nan])}, 1)


# --- training --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_it_learns(data, rule):
    rate = {"sgd": 0.1, "sgd_momentum": 0.02, "adam": 0.2}[rule]
    trained = solver(data, update_rule=rule, optim_config={"learning_rate": rate}, num_epochs=60)
    trained.train()
    assert len(trained.loss_history) == trained.step == 60 * 5
    assert np.mean(trained.loss_history[-10:]) < 0.2 < 10 < trained.loss_history[0]
    assert np.allclose(trained.model.params["W"].ravel(), [3, -2, 1, 4], atol=0.3)


def test_a_run_can_be_repeated(data):
    runs = [solver(data, rng=np.random.default_rng(3)) for _ in range(2)]
    for run in runs:
        run.train()
    assert runs[0].loss_history == runs[1].loss_history


def test_decay_after_every_epoch(data):
    trained = solver(data, num_epochs=3, lr_decay=0.5, optim_config=None)
    trained.train()
    assert trained.optim_configs["W"]["learning_rate"] == pytest.approx(1e-3 / 8)


def test_time_and_validation(data):
    trained = solver(data, num_epochs=10**6, validate_every=5)
    trained.train(seconds=0.2)
    assert 0 < trained.step < 10**6
    assert [step for step, _ in trained.val_history] == list(range(5, trained.step + 1, 5))


def test_what_goes_wrong_is_said(data, capsys):
    with pytest.raises(ValueError, match="unknown update_rule 'rmsprop': expected one of sgd, sgd_momentum, adam"):
        solver(data, update_rule="rmsprop")
    model = Linear()
    model.loss = lambda features, captions: (np.nan, {})
    with pytest.raises(FloatingPointError, match="the loss of step 1 is nan: the training has diverged"):
        solver(data, model).train()
    model.loss = lambda features, captions: (1.0, {"W": np.zeros((4, 1)), "c": np.zeros(1)})
    with pytest.raises(KeyError, match="loss returned no gradient of b, and gradients of c, which are no parameters"):
        solver(data, model).train()
    model.loss = lambda features, captions: (1.0, {"W": np.zeros((4, 1)), "b": np.zeros((1, 1))})
    with pytest.raises(ValueError, match=r"the gradient of b has shape \(1, 1\); expected \(1,\)"):
        solver(data, model).train()
    assert not model.params["W"].any()  # nothing was changed by halves
    solver(data, verbose=True, print_every=50, num_epochs=20).train()
    assert capsys.readouterr().out.startswith("(Iteration 1 / 100) loss: ")


@pytest.mark.parametrize("rule", RULES)
def test_a_checkpoint_goes_on_as_if_there_had_been_no_break(data, tmp_path, rule):
    options = {"update_rule": rule, "lr_decay": 0.9, "validate_every": 7, "optim_config": {"learning_rate": 0.01}}
    whole = solver(data, **options)
    whole.train()
    first = solver(data, num_epochs=17, **options)
    first.train()
    first.save(tmp_path / "run.h5")
    second = solver(data, rng=np.random.default_rng(99), **options)
    second.load(tmp_path / "run.h5")
    second.train()
    assert second.loss_history == whole.loss_history and second.val_history == whole.val_history
    assert np.array_equal(second.model.params["W"], whole.model.params["W"])
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


def test_a_checkpoint_of_another_model_is_refused(data, tmp_path):
    first = solver(data)
    first.save(tmp_path / "run.h5")
    with pytest.raises(ValueError, match="was written with update_rule 'adam'; use that"):
        solver(data, update_rule="sgd").load(tmp_path / "run.h5")
    other = Linear()
    other.params["W"] = np.zeros((5, 1))
    with pytest.raises(ValueError, match=r"expected parameters of shapes .*'W': \(5, 1\).*, found .*'W': \(4, 1\)"):
        solver(data, other).load(tmp_path / "run.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(ValueError, match="expected a file that CaptioningSolver.save wrote"):
        solver(data).load(tmp_path / "other.h5")


def test_single_precision_stays(data, tmp_path):
    trained = solver(data, Linear(np.float32), num_epochs=2)
    trained.train()
    trained.save(tmp_path / "run.h5")
    assert trained.model.params["W"].dtype == np.float32
    again = solver(data, Linear(np.float32), num_epochs=2)
    again.load(tmp_path / "run.h5")
    assert again.model.params["W"].dtype == np.float32


def test_the_bar_is_text_and_needs_no_widgets(data, capsys):
    """Students have no ipywidgets, without which tqdm's bar for notebooks shows a warning in its place."""
    solver(data, num_epochs=2, progress=True).train()
    assert "training: 100%" in capsys.readouterr().err
    assert unroll.solver.tqdm is tqdm.tqdm
