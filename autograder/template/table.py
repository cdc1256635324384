"""Checks of TITLE: how inputs are drawn, how functions are called, and the mistakes we expect."""

from autograder.check import Case, Check, Gradient, Mistake

CASES = (
    Case({"N": 3, "T": 5, "D": 4}, 0.6),
    Case({"N": 3, "T": 5, "D": 4}, 0.1, "called again"),
    Case({"N": 1, "T": 4, "D": 6}, 0.15, "N = 1"),
    Case({"N": 2, "T": 1, "D": 5}, 0.15, "T = 1"),
)


def draw_forward(rng, data, N, T, D):
    return {
        "x": rng.standard_normal((N, T, D)),
        "h0": rng.standard_normal((N, D)),
        "decay": rng.uniform(0.2, 0.9, size=D),
    }


def draw_backward(rng, data, N, T, D):
    return {**draw_forward(rng, data, N, T, D), "dh": rng.standard_normal((N, T, D))}


def call_forward(code, x, h0, decay):
    h, cache = code.leaky_forward(x, h0, decay)
    return (h,)


def call_backward(code, x, h0, decay, dh):
    h, cache = code.leaky_forward(x, h0, decay)
    return code.leaky_backward(dh, cache)


def states(code, x, h0, decay, dh):
    h, cache = code.leaky_forward(x, h0, decay)
    return h


CHECKS = (
    Check(
        name="leaky_forward",
        draw=draw_forward,
        call=call_forward,
        outputs=("h",),
        cases=CASES,
        mistakes=(
            Mistake(
                "state_not_carried",
                "Every step starts from h0: the state of one step is not handed to the next.",
                (("decay * state", "decay * h0"),),
            ),
            Mistake(
                "shares_exchanged",
                "The decay weighs the input, and what is left of 1 weighs the old state. It is the other way round.",
                (("decay * state + (1 - decay) * x[:, t]", "(1 - decay) * state + decay * x[:, t]"),),
            ),
        ),
    ),
    Check(
        name="leaky_backward",
        draw=draw_backward,
        call=call_backward,
        outputs=("dx", "dh0", "ddecay"),
        cases=CASES,
        needs=("leaky_forward",),
        gradient=Gradient(forward=states, upstream="dh", of=(("dx", "x"), ("dh0", "h0"), ("ddecay", "decay"))),
        mistakes=(
            Mistake(
                "recurrent_gradient_missing",
                "The gradient arriving from the next time step is missing: h_t influences everything after it.",
                (("dh[:, t] + decay * dstate", "dh[:, t]"),),
            ),
            Mistake(
                "ddecay_of_one_step",
                "Only one time step reaches ddecay. The same decay is used at every step.",
                (("ddecay += ", "ddecay = "),),
            ),
        ),
    ),
)
