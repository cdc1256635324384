"""Mistakes in a whole sequence: forwards, backwards, and backwards with a window."""

from __future__ import annotations

from autograder.check import Mistake

STEP_CALL = "rnn_step_forward(x[:, t], h_t, Wx, Wh, b)"

FORWARD = (
    Mistake(
        "state_not_carried",
        "Every step starts from h0: the state that a step returns is not handed to the next one.",
        ((STEP_CALL, "rnn_step_forward(x[:, t], h0, Wx, Wh, b)"),),
    ),
    Mistake(
        "h0_ignored",
        "The first step starts from zeros: h0 never enters.",
        (("h_t = h0", "h_t = np.zeros_like(h0)"),),
    ),
    Mistake(
        "read_backwards",
        "The sequence is read from its last element to its first.",
        ((STEP_CALL, "rnn_step_forward(x[:, T - 1 - t], h_t, Wx, Wh, b)"),),
    ),
    Mistake(
        "first_input_repeated",
        "Every step reads the first input: the time index is stuck at 0.",
        ((STEP_CALL, "rnn_step_forward(x[:, 0], h_t, Wx, Wh, b)"),),
    ),
    Mistake(
        "previous_input",
        "Every step reads the input of the step before it, and the first step reads the last input. Equations count "
        "steps from 1, arrays from 0.",
        ((STEP_CALL, "rnn_step_forward(x[:, t - 1], h_t, Wx, Wh, b)"),),
    ),
    Mistake(
        "stored_before_step",
        "h is one step late: h[:, t] should hold the state after step t has been taken, and h0 is not part of h.",
        (
            ("        states.append(h_t)\n", ""),
            (
                f"        h_t, step_cache = {STEP_CALL}",
                f"        states.append(h_t)\n        h_t, step_cache = {STEP_CALL}",
            ),
        ),
    ),
    Mistake(
        "h0_included",
        "h has T + 1 time steps: it begins with h0, which is not part of h.",
        (("h = np.stack(states, axis=1)", "h = np.stack([h0] + states, axis=1)"),),
    ),
    Mistake(
        "only_last_state",
        "Only the last state is returned, in shape (N, H). The state after every step is asked for, in (N, T, H).",
        (("h = np.stack(states, axis=1)", "h = h_t"),),
    ),
    Mistake(
        "first_state_everywhere",
        "Every time step holds the first state: what is stored does not move on with the steps.",
        (("h = np.stack(states, axis=1)", "h = np.stack([states[0]] * T, axis=1)"),),
    ),
    Mistake(
        "last_state_everywhere",
        "Every time step holds the last state: one array is reused for all steps, so that storing it stores the same "
        "memory again and again.",
        (("h = np.stack(states, axis=1)", "h = np.stack([h_t] * T, axis=1)"),),
    ),
    Mistake(
        "last_step_missing",
        "The last time step is all zeros: the loop stops one step early.",
        (("h = np.stack(states, axis=1)", "h = np.stack(states[:-1] + [np.zeros_like(h_t)], axis=1)"),),
    ),
    Mistake(
        "first_step_missing",
        "The first time step is all zeros and h0 enters at the second: the loop begins one step late.",
        (("states.append(h_t)", "h_t, stored = (h_t, h_t) if t else (h0, 0 * h_t)\n        states.append(stored)"),),
    ),
    Mistake(
        "time_axis_first",
        "h has time first and batch second; expected is (N, T, H).",
        (("h = np.stack(states, axis=1)", "h = np.stack(states, axis=0)"),),
    ),
)

BACKWARD = (
    Mistake(
        "recurrent_gradient_missing",
        "The gradient arriving from the next time step is missing: h_t influences the loss of step t and everything "
        "after it, and only the first part is here.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dh[:, t]"),),
    ),
    Mistake(
        "recurrent_gradient_subtracted",
        "The gradient arriving from the next time step is subtracted. h_t influences the loss along two paths, and "
        "what comes back along them is added.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dh[:, t] - dprev_h"),),
    ),
    Mistake(
        "recurrent_gradient_twice",
        "The gradient arriving from the next time step is added twice. Was it written into dh, and then added again?",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dh[:, t] + 2 * dprev_h"),),
    ),
    Mistake(
        "dh_ignored",
        "Every gradient is zero: nothing of dh arrives in them.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dprev_h"),),
    ),
    Mistake(
        "only_last_loss",
        "Only the loss of the last step is propagated: dh[:, t] of the earlier steps is never added.",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = dprev_h if t < T - 1 else dh[:, t]"),),
    ),
    Mistake(
        "weights_overwritten",
        "The gradients of Wx, Wh and b are those of the first time step alone: each step overwrites them. The weights "
        "are shared, so their gradients add up over time.",
        tuple((f"{d} = {d} + {d}_t", f"{d} = {d}_t") for d in ("dWx", "dWh", "db")),
    ),
    *(
        Mistake(
            f"{d}_overwritten",
            f"{d} is that of the first time step alone: each step overwrites it instead of adding to it.",
            ((f"{d} = {d} + {d}_t", f"{d} = {d}_t"),),
        )
        for d in ("dWx", "dWh", "db")
    ),
    Mistake(
        "averaged_over_time",
        "dWx, dWh and db are averaged over the time steps where they should be summed.",
        (("dh0 = dprev_h", "dh0, dWx, dWh, db = dprev_h, dWx / T, dWh / T, db / T"),),
    ),
    Mistake(
        "dh0_zero",
        "dh0 is all zeros: what flows back out of the first step is never stored.",
        (("dh0 = dprev_h", "dh0 = np.zeros_like(dprev_h)"),),
    ),
    Mistake(
        "dh0_one_step_short",
        "dh0 is the gradient with respect to the state after the first step; one more step back leads to h0.",
        (("dh0 = dprev_h", "dh0 = dh_t"),),
    ),
    Mistake(
        "dh0_from_dh",
        "dh0 is what dh holds for the first step: the gradient of that step's own loss, before it has gone back "
        "through any step.",
        (("dh0 = dprev_h", "dh0 = dh[:, 0]"),),
    ),
    Mistake(
        "dh0_only_for_T_above_1",
        "Right for longer sequences; for T = 1 dh0 stays at zero. Is it set inside a branch that a single step never "
        "enters?",
        (("dh0 = dprev_h", "dh0 = dprev_h if T > 1 else np.zeros_like(dprev_h)"),),
    ),
    Mistake(
        "walked_forwards",
        "The steps are walked from the first to the last; gradients flow from the last step to the first.",
        (("for t in reversed(range(T))", "for t in range(T)"),),
    ),
    Mistake(
        "first_step_missing",
        "The walk back stops one step early: dx of the first step is zero, the weights get nothing from it, and dh0 is "
        "what should still have gone through it.",
        (
            (
                "dxs[t], dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dh_t, cache[t])",
                "dxs[t], before, dWx_t, dWh_t, db_t = rnn_step_backward(dh_t * (t > 0), cache[t])\n"
                "        dprev_h = before if t > 0 else dprev_h",
            ),
        ),
    ),
    Mistake(
        "last_step_missing",
        "The last step is left out: its dx is zero and its loss reaches nothing. Where does the walk back begin?",
        (("dh_t = dh[:, t] + dprev_h", "dh_t = (dh[:, t] + dprev_h) * (t < T - 1)"),),
    ),
    Mistake(
        "dx_reversed",
        "dx is right but reversed in time: step 0 holds what belongs to step T-1.",
        (("dxs[t], dprev_h", "dxs[T - 1 - t], dprev_h"),),
    ),
    Mistake(
        "one_cache_for_all_steps",
        "Every step goes back through the cache of the last step: each step needs the values of its own forward pass.",
        (("cache[t])", "cache[-1])"),),
    ),
    Mistake(
        "previous_cache",
        "Every step goes back through the cache of the step before it, and the first step through the last cache: are "
        "steps and caches counted from the same number?",
        (("cache[t])", "cache[t - 1])"),),
    ),
    Mistake(
        "caches_reversed",
        "The caches are taken in the wrong order: each step needs the values of its own forward pass, and the walk "
        "back begins at the last step.",
        (("cache[t])", "cache[T - 1 - t])"),),
    ),
    Mistake(
        "cache_overwritten",
        "Only dWh is wrong, and as if every step had started from the last state: the state kept in the cache is a "
        "view of memory that later steps of the forward pass overwrite. Keep a copy.",
        (
            ("h_t = h0", "h_t = h0.copy()"),
            (
                f"        h_t, step_cache = {STEP_CALL}\n        states.append(h_t)",
                "        new_h, step_cache = rnn_step_forward(x[:, t], h_t, Wx, Wh, b)\n"
                "        states.append(new_h)\n        h_t[...] = new_h",
            ),
        ),
        function="rnn_forward",
    ),
    Mistake(
        "db_two_dimensional",
        "db has the right numbers and one axis too many: b has shape (H,), so has its gradient.",
        (("db = db + db_t", "db = db + db_t[None]"),),
    ),
)

TRUNCATED = (
    Mistake(
        "not_truncated",
        "This is the full gradient: no window is applied.",
        (("first = max(0, t - k + 1)", "first = 0"),),
    ),
    Mistake(
        "window_too_long",
        "Every window is one step too long: k counts the step of the loss itself.",
        (("first = max(0, t - k + 1)", "first = max(0, t - k)"),),
    ),
    Mistake(
        "window_too_short",
        "Every window is one step too short: with k = 1 a loss still goes back through its own step.",
        (("rnn_step_backward(dh_s, cache[s])", "rnn_step_backward(dh_s * (s > t - k + 1), cache[s])"),),
    ),
    Mistake(
        "only_the_last_window",
        "Only the last k steps and their losses count. Here every loss has a window of its own, the early ones too.",
        (
            ("first = max(0, t - k + 1)", "first = 0"),
            ("rnn_step_backward(dh_s, cache[s])", "rnn_step_backward(dh_s * (s >= T - k), cache[s])"),
        ),
    ),
    Mistake(
        "blocks_for_windows",
        "The sequence is cut into blocks of k steps; here every loss has a window of its own that ends at its step.",
        (("first = max(0, t - k + 1)", "first = (t // k) * k"),),
    ),
    Mistake(
        "dh0_zero",
        "dh0 is all zeros: losses whose window reaches the first step flow into h0.",
        (("dh0 = dh0 + dh_s", "dh0 = dh0 + 0 * dh_s"),),
    ),
    Mistake(
        "dh0_overwritten",
        "dh0 is that of one loss alone: all losses whose window reaches the first step add up in it.",
        (("dh0 = dh0 + dh_s", "dh0 = dh_s"),),
    ),
    Mistake(
        "dropped_gradient_in_dh0",
        "dh0 receives what the windows cut off: the gradient of a loss counts only if its window includes the first "
        "step.",
        (("        if first == 0:\n            dh0 = dh0 + dh_s", "        dh0 = dh0 + dh_s"),),
    ),
    Mistake(
        "losses_counted_again",
        "The losses of earlier steps are added inside every window, and so counted more than once: each loss flows "
        "back through its own window only.",
        (("rnn_step_backward(dh_s, cache[s])", "rnn_step_backward(dh_s if s == t else dh_s + dh[:, s], cache[s])"),),
    ),
    Mistake(
        "not_passed_on",
        "Inside a window every step starts from the gradient of the loss; it should start from what the step after it "
        "passed back.",
        (("rnn_step_backward(dh_s, cache[s])", "rnn_step_backward(dh[:, t], cache[s])"),),
    ),
    Mistake(
        "dx_of_own_loss",
        "dx holds what every step's own loss sends back, and nothing of later losses whose windows reach the step.",
        (("dxs[s] = dxs[s] + dx_s", "dxs[s] = dx_s if s == t else dxs[s]"),),
    ),
    Mistake(
        "parameters_once_per_window",
        "dWx, dWh and db take up only the earliest step of every window: all its steps add to them.",
        tuple((f"{d} = {d} + {d}_s", f"{d} = {d} + (s == first) * {d}_s") for d in ("dWx", "dWh", "db")),
    ),
)
