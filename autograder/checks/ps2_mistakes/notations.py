"""Mistakes between the notations, and in the worksheet's gradient."""

from __future__ import annotations

from autograder.check import Mistake

ORDER_IGNORED = (
    "The gates stand in the order in which they came: the two notations name them in different orders, and `order` "
    "says in which."
)
ORDER_FIXED = "Right for the order f, i, o, g alone: it is built in. Take the order from the argument."
INVERSE = (
    "Right for orders that exchange pairs, wrong for the others: the rearrangement is done backwards. Is it the place "
    "of a letter in `order` that is wanted, or its place in i, f, o, g?"
)
RESHAPED = (
    "The shapes are right and the numbers are torn apart: reshaping reads the entries in the order in which they "
    "stand in memory. Every gate's matrix should come through whole."
)
STRIPES = "The gates' columns alternate: every gate's matrix should stay together, in a block of H columns."

CONCAT = (
    Mistake(
        "x_first",
        "This is the matrix for the row [x, h]. Here h stands first, so its weights come first.",
        (("[Wh, Wx]", "[Wx, Wh]"),),
    ),
    Mistake(
        "added",
        "The weights of h and x are added up: as if h + x were multiplied. They stand one above the other.",
        (
            (
                "W = np.concatenate([Wh, Wx], axis=0)",
                "W = np.zeros((max(len(Wh), len(Wx)), Wx.shape[1]))\n    W[: len(Wh)] += Wh\n    W[: len(Wx)] += Wx",
            ),
        ),
    ),
    Mistake(
        "column_form",
        "This is the matrix for columns, to stand on the left. Here [h, x] is a row and W stands on its right.",
        (("[Wh, Wx], axis=0)", "[Wh, Wx], axis=0).T"),),
    ),
)

PACK = (
    Mistake("order_ignored", ORDER_IGNORED, (('[order.index(gate) for gate in "ifog"]', "range(4)"),)),
    Mistake("order_fixed", ORDER_FIXED, (("order.index(gate)", '"fiog".index(gate)'),)),
    Mistake(
        "inverse_order", INVERSE, (('order.index(gate) for gate in "ifog"', '"ifog".index(gate) for gate in order'),)
    ),
    Mistake(
        "reshaped",
        RESHAPED,
        (
            ("np.concatenate([U[k] for k in places], axis=1)", "U[places].reshape(U.shape[1], -1)"),
            ("np.concatenate([W[k] for k in places], axis=1)", "W[places].reshape(W.shape[1], -1)"),
        ),
    ),
    Mistake(
        "interleaved",
        STRIPES,
        (
            (
                "np.concatenate([U[k] for k in places], axis=1)",
                "U[places].transpose(1, 2, 0).reshape(U.shape[1], -1)",
            ),
            (
                "np.concatenate([W[k] for k in places], axis=1)",
                "W[places].transpose(1, 2, 0).reshape(W.shape[1], -1)",
            ),
        ),
    ),
    Mistake(
        "only_Wx_rearranged",
        "Wx is right; Wh holds the gates in the order in which they came.",
        (("np.concatenate([W[k] for k in places]", "np.concatenate([W[k] for k in range(4)]"),),
    ),
    Mistake(
        "Wh_transposed",
        "Wx is right; in Wh every gate's matrix is transposed. The worksheet's h stands to the left of its W, and so "
        "does prev_h.",
        (("np.concatenate([W[k] for k in places]", "np.concatenate([W[k].T for k in places]"),),
    ),
)

UNPACK = (
    Mistake("order_ignored", ORDER_IGNORED, (('["ifog".index(gate) for gate in order]', "range(4)"),)),
    Mistake("order_fixed", ORDER_FIXED, (("for gate in order]", 'for gate in "fiog"]'),)),
    Mistake(
        "inverse_order", INVERSE, (('"ifog".index(gate) for gate in order', 'order.index(gate) for gate in "ifog"'),)
    ),
    Mistake(
        "reshaped",
        RESHAPED,
        (
            ("np.split(Wx, 4, axis=1)[k]", "Wx.reshape(4, Wx.shape[0], -1)[k]"),
            ("np.split(Wh, 4, axis=1)[k]", "Wh.reshape(4, Wh.shape[0], -1)[k]"),
        ),
    ),
    Mistake(
        "interleaved",
        STRIPES,
        (("np.split(Wx, 4, axis=1)[k]", "Wx[:, k::4]"), ("np.split(Wh, 4, axis=1)[k]", "Wh[:, k::4]")),
    ),
    Mistake(
        "only_U_rearranged",
        "U is right; W holds the gates in the order i, f, o, g.",
        (("W = np.stack([np.split(Wh, 4, axis=1)[k] for k in places])", "W = np.stack(np.split(Wh, 4, axis=1))"),),
    ),
    Mistake(
        "W_transposed",
        "U is right; in W every gate's matrix is transposed. The worksheet's h stands to the left of its W, and so "
        "does prev_h.",
        (("np.split(Wh, 4, axis=1)[k] for", "np.split(Wh, 4, axis=1)[k].T for"),),
    ),
)

ASSEMBLE = (
    Mistake(
        "own_step_missing",
        "What is missing is the use that step t itself makes of W^g: only earlier steps count here.",
        (("via_C = dC_dW + np", "via_C = np"),),
    ),
    Mistake(
        "cell_road_missing",
        "The road from C_{t-1} to C_t is missing: earlier uses of W^g come back through h alone, and so nothing "
        "reaches far.",
        ((" + np.tensordot(dC_dCprev, dCprev_dW, axes=1)", ""),),
    ),
    Mistake(
        "hidden_road_missing",
        "The road through h_{t-1} is missing: h_{t-1} depends on W^g as well, and all gates of step t read it.",
        ((" + via_h  #", "  #"),),
    ),
    Mistake(
        "forget_gate_missing",
        "How C_{t-1} depends on W^g is taken over whole: on its way into C_t it passes the forget gate.",
        (("np.tensordot(dC_dCprev, dCprev_dW, axes=1)", "dCprev_dW"),),
    ),
    Mistake(
        "dh_dC_missing",
        "What arrives at C_t counts as if it had arrived at h_t: between the two lie the tanh and the output gate.",
        (("np.tensordot(dh_dC, via_C, axes=1)", "via_C"),),
    ),
    Mistake(
        "hidden_road_through_C_again",
        "The road through h_{t-1} is sent through dh_t/dC_t as well. dh_t/dh_{t-1} ends at h_t already, C_t included.",
        (("np.tensordot(dh_dC, via_C, axes=1) + via_h", "np.tensordot(dh_dC, via_C + via_h, axes=1)"),),
    ),
    Mistake(
        "hidden_jacobian_missing",
        "How h_{t-1} depends on W^g is taken over whole: step t lies between h_{t-1} and h_t.",
        (("via_h = np.tensordot(dh_dhprev, dhprev_dW, axes=1)", "via_h = dhprev_dW"),),
    ),
    Mistake(
        "output_gate_counted",
        "The numbers depend on dh_t/do_t. Which road from W^g to h_t leads through o_t, and is it not part of another "
        "gradient on the list?",
        (("np.tensordot(dh_dhprev, dhprev_dW, axes=1)", "np.tensordot(dh_dhprev + dh_do, dhprev_dW, axes=1)"),),
    ),
    Mistake(
        "jacobian_transposed",
        "dh_t/dh_{t-1} is applied as its transpose. It is square, so NumPy cannot notice: its last axis belongs to "
        "h_{t-1}.",
        (("np.tensordot(dh_dhprev, dhprev_dW, axes=1)", "np.tensordot(dh_dhprev.T, dhprev_dW, axes=1)"),),
    ),
    Mistake(
        "upstream_missing",
        "The numbers do not depend on dJ/dh_t: the derivatives of all entries of h_t are added up, as if the loss were "
        "their sum.",
        (("np.tensordot(dJ_dh, total, axes=1)", "total.sum(axis=0)"),),
    ),
    Mistake(
        "not_summed",
        "There are three axes: this is how every entry of h_t depends on W^g. The loss is one number, so sum over "
        "those entries, each weighted with what it means to the loss.",
        (("np.tensordot(dJ_dh, total, axes=1)", "dJ_dh[:, None, None] * total"),),
    ),
    Mistake(
        "summed_over_the_wrong_axis",
        "The sum runs over an axis of W^g. It runs over the entries of h_t, which are the first axis.",
        (("np.tensordot(dJ_dh, total, axes=1)", "total @ dJ_dh"),),
    ),
)
