"""Update rules with CS231n's interface: ``next_w, config = rule(w, dw, config)``.

config holds the rule's settings and what it remembers between steps, arrays of the shape and dtype of w; None stands
for the defaults. Neither w nor dw is changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def sgd(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Stochastic gradient descent. config: learning_rate (1e-2)."""
    config = {"learning_rate": 1e-2, **(config or {})}
    return w - _like(w, config["learning_rate"]) * dw, config


def sgd_momentum(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """SGD with a velocity (Polyak 1964). config: learning_rate (1e-2), momentum (0.9), velocity (zeros)."""
    config = {"learning_rate": 1e-2, "momentum": 0.9, **(config or {})}
    velocity = config.get("velocity")
    velocity = np.zeros_like(w) if velocity is None else velocity
    config["velocity"] = _like(w, config["momentum"]) * velocity - _like(w, config["learning_rate"]) * dw
    return w + config["velocity"], config


def adam(w: np.ndarray, dw: np.ndarray, config: dict | None = None) -> tuple[np.ndarray, dict]:
    """Adam (Kingma and Ba 2015, algorithm 1).

    config: learning_rate (1e-3), beta1 (0.9), beta2 (0.999), epsilon (1e-8), m and v (zeros), t (0).
    """
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 0, **(config or {})}
    beta1, beta2, t = config["beta1"], config["beta2"], config["t"] + 1
    m, v = (np.zeros_like(w) if config.get(k) is None else config[k] for k in ("m", "v"))
    m = _like(w, beta1) * m + _like(w, 1 - beta1) * dw
    v = _like(w, beta2) * v + _like(w, 1 - beta2) * (dw * dw)
    # The corrections of the moments' start at zero, moved into the rate (section 2 of the paper, last lines).
    rate = config["learning_rate"] * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    epsilon = config["epsilon"] * np.sqrt(1 - beta2**t)
    next_w = w - _like(w, rate) * m / (np.sqrt(v) + _like(w, epsilon))
    return next_w, {**config, "m": m, "v": v, "t": t}


RULES = {"sgd": sgd, "sgd_momentum": sgd_momentum, "adam": adam}


def clipped(grads: Mapping[str, np.ndarray], max_norm: float) -> tuple[dict[str, np.ndarray], float]:
    """Gradients scaled down together so that their common norm is at most max_norm, and the norm before.

    Raises FloatingPointError, naming the first gradient with an entry that is not a number, if the norm is none.
    """
    norm = float(np.sqrt(sum(float(np.vdot(g, g)) for g in grads.values())))
    if not np.isfinite(norm):
        bad = next((name for name, g in grads.items() if not np.isfinite(g).all()), "the sum of squares")
        raise FloatingPointError(
            f"the gradient of {bad} holds inf or nan: the training has diverged. Try a smaller learning_rate, "
            "or look for an overflow in the loss"
        )
    if norm <= max_norm:
        return dict(grads), norm
    return {name: g * _like(g, max_norm / norm) for name, g in grads.items()}, norm


def _like(w: np.ndarray, number: float) -> np.generic:
    """The number in w's precision, so that float32 stays float32."""
    return np.asarray(w).dtype.type(number)
