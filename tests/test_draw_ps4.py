"""The inputs of problem set 4's checks do what they are drawn for."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.problem_set import load

PROBLEM_SET = load("ps4_charlm")
SEEDS = range(5)


def drawn(check, seed, **sizes):
    """The inputs of the one case of a check that has these sizes."""
    check = PROBLEM_SET.check(check)
    (case,) = (case for case in check.cases if sizes.items() <= dict(case.sizes).items())
    return check.draw(np.random.default_rng(seed), None, **case.sizes)


def params_of(inputs):
    return {name: inputs[name] for name in ("Wx", "Wh", "b", "Wy", "by")}


@pytest.mark.parametrize("seed", SEEDS)
def test_by_default_some_pieces_are_clipped_and_others_are_not(seed):
    norms = []

    def loss(*args):
        result = PROBLEM_SET.reference.plain["char_lm_loss"](*args)
        norms.append(np.sqrt(sum(np.sum(g**2) for g in result[1].values())))
        return result

    inputs = drawn("train_tbptt", seed, defaults=True)
    train = PROBLEM_SET.reference.namespace(functions={"char_lm_loss": loss})["train_tbptt"]
    train(params_of(inputs), inputs["ids"], inputs["seq_length"], rng=np.random.default_rng(inputs["seed"]))
    assert min(norms) < 4 and max(norms) > 7


@pytest.mark.parametrize("seed", SEEDS)
def test_large_scores_overflow_and_fit_into_single_precision(seed):
    by = drawn("sequence_logprob", seed, offset=1000.0)["by"]
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(by)).all()
    assert np.array_equal(by.astype(np.float32), by) and np.ptp(by) < 50
