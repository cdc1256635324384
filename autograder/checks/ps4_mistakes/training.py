"""Mistakes in training on one long text."""

from __future__ import annotations

from autograder.check import Mistake

START = "h0 = state if carry_state else zero"
TARGETS = "targets = ids[:, start + 1 : start + seq_length + 1]"
CALL = "loss, grads, state = char_lm_loss(params, inputs, targets, h0)"
NORM = "norm = np.sqrt(sum(np.sum(grads[name] ** 2) for name in params))"
SCALE = "scale = max_norm / norm if norm > max_norm else 1.0"
UPDATE = "params[name], configs[name] = adam(params[name], scale * grads[name], configs[name])"
GRAD = "scale * grads[name]"
ZERO = "zero = np.zeros((N, 2 * H if K == 4 * H else H)"
WALK = "for start in range(offset, L - seq_length, seq_length):"
NOTE = "losses.append(loss / seq_length)"
WATCH = "            if watch:\n                watch(params, losses[-1])\n"

TRAIN = (
    Mistake(
        "state_not_carried",
        "Every piece starts from zeros, although the state should be carried: what the network has read before the "
        "piece is lost.",
        ((START, "h0 = zero"),),
    ),
    Mistake(
        "always_carried",
        "Right as long as the state is carried. If carry_state is false, every piece starts from zeros.",
        ((START, "h0 = state"),),
    ),
    Mistake(
        "carry_state_inverted",
        "The state is carried if carry_state is false, and thrown away if it is true.",
        ((START, "h0 = zero if carry_state else state"),),
    ),
    Mistake(
        "gru_starts_like_an_lstm",
        "It works for the vanilla RNN and the LSTM and fails for the GRU. Look at the zero state: the state of a GRU "
        "is h alone, so it has H columns; only an LSTM's has 2H.",
        ((ZERO, "zero = np.zeros((N, H if K == H else 2 * H)"),),
    ),
    Mistake(
        "first_piece_carried",
        "Every piece after the first starts from the last state of the *first* piece: each one should start where the "
        "piece before it ended.",
        ((CALL, CALL.replace("state =", "end =") + "\n            state = state if np.any(state) else end"),),
    ),
    Mistake(
        "gradient_flows_into_carried_state",
        "The losses of the first updates are right, the parameters are not: the gradient of a piece also flows through "
        "the carried state into the piece before. It should be cut there; the carried state is a constant.",
        (
            (
                CALL,
                f"{CALL}\n"
                "            if carry_state and start > offset:\n"
                "                both = ids[:, start - seq_length : start + seq_length + 1]\n"
                "                _, whole, _ = char_lm_loss(params, both[:, :-1], both[:, 1:], before)\n"
                "                _, early, _ = char_lm_loss(\n"
                "                    params, both[:, :seq_length], both[:, 1 : seq_length + 1], before)\n"
                "                grads = {name: whole[name] - early[name] for name in grads}\n"
                "            before = h0",
            ),
        ),
    ),
    Mistake(
        "carried_over_epochs",
        "Right in the first epoch. The second one begins with the state in which the first one ended; the text begins "
        "anew, and so should the state.",
        (
            ("        state = zero\n", ""),
            ("    losses = []\n", "    losses = []\n    state = zero\n"),
        ),
    ),
    Mistake(
        "targets_not_shifted",
        "The targets are the inputs themselves: the network learns to repeat what it reads. The target of a character "
        "is the one to the right of it.",
        ((TARGETS, "targets = inputs"),),
    ),
    Mistake(
        "targets_and_inputs_exchanged",
        "Inputs and targets are exchanged: the network learns to predict the character *before* the one it reads.",
        ((CALL, CALL.replace("inputs, targets", "targets, inputs")),),
    ),
    Mistake(
        "targets_shifted_in_a_circle",
        "The target of the last character of a piece is the piece's own first character: the targets were moved in a "
        "circle. The right one is in the text, one place after the piece.",
        ((TARGETS, "targets = np.roll(inputs, -1, axis=1)"),),
    ),
    Mistake(
        "not_clipped",
        "Right where nothing is clipped: gradients whose norm is above max_norm should be scaled down to it.",
        ((SCALE, "scale = 1.0"),),
    ),
    Mistake(
        "always_scaled",
        "The gradients are brought to the norm max_norm even where theirs is smaller: clipping never makes anything "
        "longer.",
        ((SCALE, "scale = max_norm / norm"),),
    ),
    Mistake(
        "clipped_one_by_one",
        "Every gradient is clipped by its own norm, which changes their proportions. One norm of all of them together "
        "gives one factor for all.",
        (
            (
                UPDATE,
                UPDATE.replace(GRAD, "grads[name] * min(1.0, max_norm / max(np.linalg.norm(grads[name]), 1e-300))"),
            ),
        ),
    ),
    Mistake(
        "clipped_by_value",
        "Single entries are cut off at max_norm, which changes the direction. Here the norm is limited.",
        ((UPDATE, UPDATE.replace(GRAD, "np.clip(grads[name], -max_norm, max_norm)")),),
    ),
    Mistake(
        "root_missing",
        "The squared norm is compared with max_norm: the root is missing.",
        ((NORM, "norm = sum(np.sum(grads[name] ** 2) for name in params)"),),
    ),
    Mistake(
        "adam_forgets",
        "Adam remembers nothing from one update to the next: what it returns besides the parameter goes back in at the "
        "next update.",
        ((UPDATE, UPDATE.replace("configs[name] =", "_ =")),),
    ),
    Mistake(
        "adam_forgets_between_epochs",
        "Right in the first epoch. In the second one Adam begins anew: what it remembers is kept until the end.",
        (
            (
                "        state = zero\n",
                '        state = zero\n        configs = {name: {"learning_rate": learning_rate} for name in params}\n',
            ),
        ),
    ),
    Mistake(
        "learning_rate_ignored",
        "The first loss is right and the rest is not: Adam moves at its own default rate, and learning_rate never "
        "arrives there.",
        (('{"learning_rate": learning_rate}', "{}"),),
    ),
    Mistake(
        "gradient_climbed",
        "The loss climbs: the updates go up the gradients, not down.",
        ((UPDATE, UPDATE.replace(GRAD, f"-{GRAD}")),),
    ),
    Mistake(
        "only_first_parameter_updated",
        "Only Wx is trained; the other parameters stay what they were.",
        ((UPDATE, f"{UPDATE}\n                break"),),
    ),
    Mistake(
        "untrained_returned",
        "The losses are right and the parameters are those from before training: what the updates give is never kept.",
        (
            ("    losses = np.array(losses)", "    losses, params = np.array(losses), untrained"),
            ("    params = dict(params)", "    untrained, params = params, dict(params)"),
        ),
    ),
    Mistake(
        "loss_of_the_piece",
        "The parameters are right and the losses are T times too large: note the loss per character.",
        ((NOTE, "losses.append(loss)"),),
    ),
    Mistake(
        "one_character_skipped",
        "Between two pieces one character is left out: the next piece begins where the last one ended, with the "
        "character that was its last target.",
        ((WALK, WALK.replace(", seq_length):", ", seq_length + 1):")),),
    ),
    Mistake(
        "pieces_overlap",
        "The pieces overlap: each begins one character after the one before it, so nearly every character is read many "
        "times, and in a state that has read it already.",
        ((WALK, WALK.replace(", seq_length):", ", 1):")),),
    ),
    Mistake(
        "last_piece_missing",
        "The last piece of an epoch is missing: there are inputs and targets for one more.",
        ((WALK, WALK.replace("L - seq_length,", "L - 2 * seq_length,")),),
    ),
    Mistake(
        "offset_ignored",
        "Every epoch begins with the first character: the offset never enters.",
        ((WALK, WALK.replace("offset,", "0,")),),
    ),
    Mistake(
        "one_offset_for_all_epochs",
        "Right in the first epoch. Later epochs have an offset of their own.",
        (
            ("        offset = rng.integers(seq_length)\n", ""),
            ("    losses = []\n", "    losses = []\n    offset = rng.integers(seq_length)\n"),
        ),
    ),
    Mistake(
        "only_one_epoch",
        "There is one epoch, however many are asked for.",
        (("for _ in range(epochs):", "for _ in range(1):"),),
    ),
    Mistake(
        "last_loss_only",
        "Only the last update's loss is returned; note one for each update.",
        (("losses = np.array(losses)", "losses = np.array(losses[-1:])"),),
    ),
    Mistake(
        "watch_ignored",
        "The training itself is right, but the function watch is never called.",
        ((WATCH, ""),),
    ),
    Mistake(
        "watch_before_update",
        "watch is told the parameters from before the update; it should see what the update made of them.",
        (
            (WATCH, ""),
            (
                "            norm = np.sqrt(",
                "            watch and watch(params, loss / seq_length)\n            norm = np.sqrt(",
            ),
        ),
    ),
    Mistake(
        "watch_told_whole_loss",
        "The loss that watch is told is too large by the length of a piece: it should be per character, like the ones "
        "that are returned.",
        (("watch(params, losses[-1])", "watch(params, loss)"),),
    ),
    Mistake(
        "watch_once_an_epoch",
        "watch is called once in each epoch, at its end; it should be called after every update.",
        ((WATCH, "        if watch and losses:\n            watch(params, losses[-1])\n"),),
    ),
)
