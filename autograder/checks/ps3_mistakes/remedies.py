"""Mistakes in clipping, and in backpropagation cut into blocks."""

from __future__ import annotations

from autograder.check import Mistake

NORM = "norm = np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))"
SCALE = "scale = max_norm / norm if norm > max_norm else 1.0"
SCALED = "clipped = {name: scale * grad for name, grad in grads.items()}"
VALUE = "np.clip(grad, -c, c)"
IN_PLACE = (
    "The first limit is right and the later ones are not, as if what was clipped once stayed clipped: one of your two "
    "ways of clipping changes the gradients that it is given."
)

CLIP_GRAD_NORM = (
    Mistake(
        "squared_norm",
        "norm is the sum of all squares; the norm is the root of that.",
        ((NORM, "norm = sum(np.sum(grad**2) for grad in grads.values())"),),
    ),
    Mistake(
        "norms_added",
        "norm is the sum of the arrays' norms. All arrays together are one long vector: it is the squares that add up.",
        ((NORM, "norm = sum(np.linalg.norm(grad) for grad in grads.values())"),),
    ),
    Mistake(
        "largest_norm",
        "norm is that of the largest array alone: all arrays together are one long vector.",
        ((NORM, "norm = max(np.linalg.norm(grad) for grad in grads.values())"),),
    ),
    Mistake(
        "first_array_only",
        "norm is that of the first array alone: all arrays together are one long vector.",
        ((NORM, "norm = np.linalg.norm(next(iter(grads.values())))"),),
    ),
    Mistake(
        "last_array_only",
        "norm is that of the last array alone: is the sum over the arrays overwritten?",
        ((NORM, "norm = [np.linalg.norm(grad) for grad in grads.values()][-1]"),),
    ),
    Mistake(
        "largest_entry",
        "norm is the largest entry. The norm is the root of the sum of all squared entries.",
        ((NORM, "norm = max(np.abs(grad).max() for grad in grads.values())"),),
    ),
    Mistake(
        "each_array_by_itself",
        "norm is right, but every array is clipped by its own norm, with a factor of its own. That turns the gradient; "
        "one factor for all arrays does not.",
        (
            (
                SCALED,
                "clipped = {name: grad * min(1, max_norm / max(np.linalg.norm(grad), 1e-300)) "
                "for name, grad in grads.items()}",
            ),
        ),
    ),
    Mistake(
        "always_scaled",
        "Right for a gradient that is too long. A short one is made longer, up to the limit, and a gradient of zero is "
        "divided by its norm: what is short enough should pass unchanged.",
        ((SCALE, "scale = max_norm / np.float64(norm)"),),
    ),
    Mistake(
        "always_scaled_but_zero",
        "Right for a gradient that is too long, and for zero. A short one is made longer, up to the limit: what is "
        "short enough should pass unchanged.",
        ((SCALE, "scale = max_norm / norm if norm > 0 else 1.0"),),
    ),
    Mistake(
        "ratio_inverted",
        "A gradient that is too long is made even longer: the factor is turned upside down.",
        ((SCALE, "scale = norm / max_norm if norm > max_norm else 1.0"),),
    ),
    Mistake(
        "condition_inverted",
        "A gradient that is too long passes unchanged, and a short one is made longer: the comparison is the wrong "
        "way round.",
        ((SCALE, "scale = max_norm / norm if 0 < norm < max_norm else 1.0"),),
    ),
    Mistake(
        "scaled_to_one",
        "A gradient that is too long comes out with norm 1, whatever the limit is.",
        ((SCALE, "scale = 1 / norm if norm > max_norm else 1.0"),),
    ),
    Mistake(
        "not_clipped",
        "norm is right, and nothing is clipped: the gradients come out as they went in.",
        ((SCALE, "scale = 1.0"),),
    ),
    Mistake(
        "norm_after_clipping",
        "The gradients are clipped rightly, and norm is what it is after clipping. The one from before is asked for: "
        "it tells that something has exploded.",
        ((SCALED, f"{SCALED}\n    norm = scale * norm"),),
    ),
)

CLIP_GRAD_VALUE = (
    Mistake(
        "only_from_above",
        "Entries above c are limited, entries below -c are not.",
        ((VALUE, "np.minimum(grad, c)"),),
    ),
    Mistake(
        "only_from_below",
        "Entries below -c are limited, entries above c are not.",
        ((VALUE, "np.maximum(grad, -c)"),),
    ),
    Mistake(
        "sign_lost",
        "No entry is negative: the sign is lost. An entry below -c becomes -c.",
        ((VALUE, "np.minimum(np.abs(grad), c)"),),
    ),
    Mistake(
        "negative_to_zero",
        "Negative entries become zero: the lower limit is -c, not 0.",
        ((VALUE, "np.clip(grad, 0, c)"),),
    ),
    Mistake(
        "large_entries_dropped",
        "Entries that are too large become zero. They should become c, or -c, and keep their sign.",
        ((VALUE, "grad * (np.abs(grad) <= c)"),),
    ),
    Mistake(
        "sign_only",
        "Every entry comes out as c, -c or 0, the small ones too: an entry between the limits passes unchanged.",
        ((VALUE, "c * np.sign(grad)"),),
    ),
    Mistake(
        "limited_to_one",
        "Entries are limited to 1, whatever c is.",
        ((VALUE, "np.clip(grad, -1, 1)"),),
    ),
    Mistake(
        "clipped_by_norm",
        "This is clipping by norm: all entries are multiplied by one factor. Here every entry is limited by itself.",
        (
            (
                "clipped = {name: np.clip(grad, -c, c) for name, grad in grads.items()}",
                "clipped = clip_grad_norm(grads, c)[0]",
            ),
        ),
    ),
    Mistake(
        "scaled_by_largest_entry",
        "Every array is scaled so that its largest entry is c: here every entry is limited by itself.",
        ((VALUE, "grad * min(1, c / max(np.abs(grad).max(), 1e-300))"),),
    ),
    Mistake(
        "not_clipped",
        "Nothing is clipped: the gradients come out as they went in.",
        ((VALUE, "grad.copy()"),),
    ),
)

CLIP_COSINES = (
    Mistake(
        "norm_in_place",
        IN_PLACE,
        ((SCALED, "for grad in grads.values():\n        grad *= scale\n    clipped = grads"),),
        function="clip_grad_norm",
    ),
    Mistake(
        "value_in_place",
        IN_PLACE,
        (
            (
                "clipped = {name: np.clip(grad, -c, c) for name, grad in grads.items()}",
                "for grad in grads.values():\n        np.clip(grad, -c, c, out=grad)\n    clipped = grads",
            ),
        ),
        function="clip_grad_value",
    ),
    Mistake(
        "not_normalised",
        "These are scalar products: a cosine divides by both norms.",
        (("before @ after / (np.linalg.norm(before) * np.linalg.norm(after))", "before @ after"),),
    ),
    Mistake(
        "norm_of_before_twice",
        "Both divisions are by the norm from before clipping: each vector is divided by its own norm.",
        (("np.linalg.norm(before) * np.linalg.norm(after)", "np.linalg.norm(before) ** 2"),),
    ),
    Mistake(
        "first_array_only",
        "by_value holds the cosines of the first array alone: the gradient is one long vector over all arrays.",
        (
            ("np.concatenate([grad.ravel() for grad in grads.values()])", "next(iter(grads.values())).ravel()"),
            ("np.concatenate([clipped[name].ravel() for name in grads])", "clipped[next(iter(grads))].ravel()"),
        ),
    ),
    Mistake(
        "one_minus_cosine",
        "These are 1 minus the cosine, which is a distance: the cosine of equal directions is 1.",
        (
            (
                "cosines[i] = before @ after / (np.linalg.norm(before) * np.linalg.norm(after))",
                "cosines[i] = 1 - before @ after / (np.linalg.norm(before) * np.linalg.norm(after))",
            ),
        ),
    ),
    Mistake(
        "first_limit_for_all",
        "Every entry of by_value belongs to the first limit.",
        (("clip_grad_value(grads, limit)", "clip_grad_value(grads, limits[0])"),),
    ),
)

CARRIED = "h_start = h[:, -1]"

BLOCKS = (
    Mistake(
        "not_cut",
        "This is the full gradient: nothing is cut at the borders of the blocks.",
        (("range(0, x.shape[1], k)", "range(1)"), ("x[:, start : start + k]", "x"), ("dh[:, start : start + k]", "dh")),
    ),
    Mistake(
        "state_not_carried",
        "Every block starts from h0: at the border the gradient is cut, the state is handed on.",
        ((CARRIED, "h_start = h0"),),
    ),
    Mistake(
        "state_reset",
        "Every block but the first starts from zeros: at the border the gradient is cut, the state is handed on.",
        ((CARRIED, "h_start = np.zeros_like(h0)"),),
    ),
    Mistake(
        "h0_ignored", "The first block starts from zeros: h0 never enters.", (("h_start = h0", "h_start = 0 * h0"),)
    ),
    Mistake(
        "first_state_carried",
        "Every block starts from the state after the first step of the block before it; it should start from the state "
        "after its last step.",
        ((CARRIED, "h_start = h[:, 0]"),),
    ),
    Mistake(
        "gradients_overwritten",
        "The gradients are those of the last block alone: each block overwrites them. The weights are shared, so their "
        "gradients add up over the blocks.",
        tuple((f"{d} = {d} + {d}_b", f"{d} = {d}_b") for d in ("dWx", "dWh", "db")),
    ),
    *(
        Mistake(
            f"{d}_overwritten",
            f"{d} is that of the last block alone: each block overwrites it instead of adding to it.",
            ((f"{d} = {d} + {d}_b", f"{d} = {d}_b"),),
        )
        for d in ("dWx", "dWh", "db")
    ),
    Mistake(
        "first_block_only",
        "The gradients are those of the first block alone: the blocks after it are missing.",
        (("range(0, x.shape[1], k)", "range(0, min(k, x.shape[1]), k)"),),
    ),
    Mistake(
        "shorter_block_missing",
        "Right where the blocks divide the sequence evenly; otherwise the shorter block at the end is missing.",
        (("dh[:, start : start + k]", "dh[:, start : start + k] * (start + k <= x.shape[1])"),),
    ),
    Mistake(
        "averaged_over_blocks",
        "The gradients are averaged over the blocks where they should be summed.",
        ((CARRIED, f"{CARRIED}\n    dWx, dWh, db = (d / -(-x.shape[1] // k) for d in (dWx, dWh, db))"),),
    ),
    Mistake(
        "same_losses_for_all_blocks",
        "Every block goes back from the losses of the first block: slice the losses as you slice the inputs.",
        (("dh[:, start : start + k]", "dh[:, : h.shape[1]]"),),
    ),
    Mistake(
        "only_last_loss_of_block",
        "In every block only the loss of its last step is propagated: all steps of a block have losses.",
        (
            (
                "dh[:, start : start + k]",
                "dh[:, start : start + k] * (np.arange(h.shape[1]) == h.shape[1] - 1)[:, None]",
            ),
        ),
    ),
)
