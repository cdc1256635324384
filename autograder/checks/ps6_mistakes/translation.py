"""Mistakes in sequence to sequence: encoder, loss and translation."""

from __future__ import annotations

from autograder.check import Mistake

PADDING = (
    "Wrong where a row is padded: the state is taken after the last column. It should be taken after the last real "
    "symbol, which stands elsewhere in every row."
)
TABLE = 'grads["W_embed"] = grads["W_embed"] + word_embedding_backward(dx, x_cache)'
READ = "read, wanted = target[:, :-1], target[:, 1:]"
LOSS = "temporal_softmax_loss(scores, wanted, wanted != 0)"

ENCODE_FORWARD = (
    Mistake("last_column", PADDING, (("state = h[np.arange(N), last]", "state = h[:, -1]"),)),
    Mistake(
        "one_symbol_early",
        "The state is that before the last real symbol. Lengths count from 1, arrays from 0.",
        (("(source != 0).sum(axis=1) - 1", "(source != 0).sum(axis=1) - 2"),),
    ),
    Mistake(
        "one_symbol_late",
        "The state is taken one step too late where there is padding. Lengths count from 1, arrays from 0.",
        (("(source != 0).sum(axis=1) - 1", "np.minimum((source != 0).sum(axis=1), source.shape[1] - 1)"),),
    ),
    Mistake(
        "shortest_row_for_all",
        "All rows are read up to the same step, that of the shortest: each has a length of its own.",
        (("(source != 0).sum(axis=1) - 1", "np.full(N, (source != 0).sum(axis=1).min() - 1)"),),
    ),
    Mistake(
        "first_state",
        "The state is that after the first symbol: the rest of the text has no say in it.",
        (("state = h[np.arange(N), last]", "state = h[:, 0]"),),
    ),
    Mistake(
        "mean_of_all_states",
        "The state is the mean over all steps; the one after the last real symbol is asked for.",
        (("state = h[np.arange(N), last]", "state = h.mean(axis=1)"),),
    ),
    Mistake(
        "read_backwards",
        "The text is read from its last column to its first.",
        (("word_embedding_forward(source,", "word_embedding_forward(source[:, ::-1],"),),
    ),
    Mistake(
        "starts_from_ones",
        "The LSTM does not start from a hidden state of zeros.",
        (("h0 = np.zeros(", "h0 = np.ones("),),
    ),
)

ENCODE_BACKWARD = (
    Mistake("last_column", PADDING, (("dh[np.arange(len(last)), last] = dstate", "dh[:, -1] = dstate"),)),
    Mistake(
        "every_step",
        "dstate enters at every step; only the state after the last real symbol is handed on, so it enters there.",
        (("dh[np.arange(len(last)), last] = dstate", "dh[:] = dstate[:, None]"),),
    ),
    Mistake(
        "all_real_steps",
        "dstate enters at every real symbol; only the state after the last one is handed on, so it enters there.",
        (
            (
                "dh[np.arange(len(last)), last] = dstate",
                "dh[:] = dstate[:, None] * (np.arange(shape[1])[:, None] <= last[:, None, None])",
            ),
        ),
    ),
    Mistake(
        "first_step",
        "dstate enters at the first step, from where nothing earlier can be reached.",
        (("dh[np.arange(len(last)), last] = dstate", "dh[:, 0] = dstate"),),
    ),
    Mistake(
        "table_left_out",
        "The gradient of W_embed is zero: the gradient with respect to the vectors was not handed back to the table.",
        (('"W_embed": word_embedding_backward(dx, x_cache)', '"W_embed": 0 * word_embedding_backward(dx, x_cache)'),),
    ),
    Mistake(
        "averaged_over_the_minibatch",
        "All gradients are averaged over the minibatch; dstate holds that mean already, if there is one.",
        (("dh[np.arange(len(last)), last] = dstate", "dh[np.arange(len(last)), last] = dstate / len(last)"),),
    ),
)

SEQ2SEQ = (
    Mistake(
        "answer_is_read",
        "The decoder reads the very symbol that it is to predict, so its loss can fall to zero and it learns to copy.",
        ((READ, "read, wanted = target[:, 1:], target[:, 1:]"),),
    ),
    Mistake(
        "predicts_what_it_read",
        "The decoder is to predict the symbol it has just read: what is wanted is not shifted by one.",
        ((READ, "read, wanted = target[:, :-1], target[:, :-1]"),),
    ),
    Mistake(
        "read_and_wanted_exchanged",
        "What the decoder reads and what it is to predict are exchanged: it reads the future and predicts the past.",
        ((READ, "read, wanted = target[:, 1:], target[:, :-1]"),),
    ),
    Mistake(
        "mask_missing",
        "Padding counts in the loss: the network is trained to predict it.",
        ((LOSS, "temporal_softmax_loss(scores, wanted, wanted >= 0)"),),
    ),
    Mistake(
        "mask_of_what_is_read",
        "The mask tells where a real symbol is read; it should tell where one is to be predicted. They differ by a "
        "step, behind the end symbol.",
        ((LOSS, "temporal_softmax_loss(scores, wanted, read != 0)"),),
    ),
    Mistake(
        "end_left_out",
        "The end symbol does not count in the loss, so the network never learns to stop.",
        ((LOSS, "temporal_softmax_loss(scores, wanted, np.append(wanted[:, 1:], 0 * wanted[:, :1], axis=1) != 0)"),),
    ),
    Mistake(
        "mean_over_symbols",
        "The loss is divided by the number of real symbols, and its gradients with it: sum over time, mean over the "
        "minibatch.",
        (
            (
                "    dh, dW_vocab",
                "    loss, dscores = (len(target) / (wanted != 0).sum() * v for v in (loss, dscores))\n"
                "    dh, dW_vocab",
            ),
        ),
    ),
    Mistake(
        "decoder_starts_from_zeros",
        "The decoder starts from zeros, so it knows nothing of the source: the encoder's state is where it begins.",
        (("lstm_forward(x, state,", "lstm_forward(x, np.zeros_like(state),"),),
    ),
    Mistake(
        "encoder_gets_nothing",
        "The encoder's gradients are zero: what flows out of the decoder's first step belongs to the encoder's state.",
        (("encode_backward(dstate, state_cache)", "encode_backward(0 * dstate, state_cache)"),),
    ),
    Mistake(
        "table_from_the_encoder_only",
        "The gradient of W_embed is the encoder's alone: the decoder reads the same table.",
        ((TABLE, 'grads["W_embed"] = grads["W_embed"]'),),
    ),
    Mistake(
        "table_from_the_decoder_only",
        "The gradient of W_embed is the decoder's alone: the encoder reads the same table, and both parts add up.",
        ((TABLE, 'grads["W_embed"] = word_embedding_backward(dx, x_cache)'),),
    ),
    Mistake(
        "encoder_weights_in_the_decoder",
        "The decoder runs with the encoder's weights: it has an LSTM of its own.",
        (
            (
                'lstm_forward(x, state, params["Wx_dec"], params["Wh_dec"], params["b_dec"])',
                'lstm_forward(x, state, params["Wx_enc"], params["Wh_enc"], params["b_enc"])',
            ),
        ),
    ),
)

TRANSLATE = (
    Mistake(
        "start_read_every_time",
        "Every step reads the start symbol: the symbol just written is what the next step reads.",
        (('x = params["W_embed"][symbols]', 'x = params["W_embed"][np.full(N, start)]'),),
    ),
    Mistake(
        "start_not_read",
        "The first step reads something other than the start symbol.",
        (("symbols = np.full(N, start)", "symbols = np.full(N, 0)"),),
    ),
    Mistake(
        "goes_on_behind_the_end",
        "Symbols are written behind the end symbol. A translation is finished once its end symbol is written; zeros "
        "follow.",
        (("going & (symbols != end)", "going"),),
    ),
    Mistake(
        "end_not_written",
        "The end symbol itself is missing from out.",
        (
            ("        out[going, t] = symbols[going]\n", ""),
            ("(symbols != end)\n", "(symbols != end)\n        out[going, t] = symbols[going]\n"),
        ),
    ),
    Mistake(
        "all_stop_with_the_first",
        "All rows stop as soon as one of them is finished: each ends by itself.",
        (("going & (symbols != end)", "going & (symbols != end).all()"),),
    ),
    Mistake(
        "state_not_carried",
        "Every step starts from the encoder's state: the state that a step returns is not handed to the next one.",
        (
            (
                "h, c, _ = lstm_step_forward(x, h, c,",
                "h, c, _ = lstm_step_forward(x, encode_forward(params, source)[0], c,",
            ),
        ),
    ),
    Mistake(
        "cell_state_not_carried",
        "The cell state starts from zeros at every step; it is carried on like the hidden state.",
        (("h, c, _ = lstm_step", "h, _, _ = lstm_step"),),
    ),
    Mistake(
        "starts_from_zeros",
        "All rows are translated alike: the decoder starts from zeros and knows nothing of the source.",
        (("c = np.zeros_like(h)", "c = h = np.zeros_like(h)"),),
    ),
    Mistake(
        "cell_state_starts_elsewhere",
        "The decoder's cell state starts from the encoder's hidden state; it starts from zeros, as in lstm_forward.",
        (("c = np.zeros_like(h)", "c = h"),),
    ),
    Mistake(
        "encoder_weights",
        "The decoder runs with the encoder's weights: it has an LSTM of its own.",
        (
            (
                'params["Wx_dec"], params["Wh_dec"], params["b_dec"]',
                'params["Wx_enc"], params["Wh_enc"], params["b_enc"]',
            ),
        ),
    ),
    Mistake(
        "bias_missing",
        "The scores are those of a decoder without b_vocab.",
        ((' + params["b_vocab"]', ""),),
    ),
)
