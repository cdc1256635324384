"""Mistakes in the parameters, in the loss with its gradients, and in the class that holds them together."""

from __future__ import annotations

from autograder.check import Mistake

INIT = (
    Mistake(
        "dtype_ignored",
        "Every parameter is float64, whatever dtype is asked for. Single precision takes half the memory.",
        (("value.astype(dtype)", "value"),),
    ),
    Mistake(
        "always_single",
        "Every parameter is float32, whatever dtype is asked for. Gradients are checked in double precision.",
        (("value.astype(dtype)", "value.astype(np.float32)"),),
    ),
    Mistake(
        "word_vectors_too_large",
        "W_embed is drawn with standard deviation 1; it should start a hundred times smaller.",
        (("(V, W)) / 100", "(V, W))"),),
    ),
    Mistake(
        "projection_not_scaled",
        "W_proj is not divided by the root of the number of features, so the first state starts out saturated.",
        (("(D, H)) / np.sqrt(D)", "(D, H))"),),
    ),
    Mistake(
        "scaled_by_outputs",
        "The scale of W_proj follows from the size of what comes out of it. What counts is what goes in: the number "
        "of terms that are added up.",
        (("(D, H)) / np.sqrt(D)", "(D, H)) / np.sqrt(H)"),),
    ),
    Mistake(
        "divided_by_size",
        "The matrices are divided by the number of their rows; it should be its square root.",
        (
            ("/ np.sqrt(D)", "/ D"),
            ("/ np.sqrt(W)", "/ W"),
            ("(H, G * H)) / np.sqrt(H)", "(H, G * H)) / H"),
            ("(H, V)) / np.sqrt(H)", "(H, V)) / H"),
        ),
    ),
    Mistake(
        "recurrent_scaled_by_words",
        "The scale of Wh is that of Wx: each follows from the number of its own rows.",
        (("(H, G * H)) / np.sqrt(H)", "(H, G * H)) / np.sqrt(W)"),),
    ),
    Mistake(
        "scores_scaled_by_vocabulary",
        "The scale of W_vocab follows from the number of words. What counts is what goes in: the size of the state.",
        (("(H, V)) / np.sqrt(H)", "(H, V)) / np.sqrt(V)"),),
    ),
    Mistake(
        "one_block_for_all",
        "Wx, Wh and b have one block of columns, as for a vanilla RNN. An LSTM needs four and a GRU three.",
        (('{"rnn": 1, "lstm": 4, "gru": 3}', '{"rnn": 1, "lstm": 1, "gru": 1}'),),
    ),
    Mistake(
        "gru_with_four_blocks",
        "For a GRU, Wx, Wh and b have four blocks of columns, as for an LSTM; it has two gates and a candidate.",
        (('"gru": 3', '"gru": 4'),),
    ),
    Mistake(
        "biases_not_zero",
        "b starts at values other than zero. Only the matrices are drawn at random.",
        (('"b": np.zeros(G * H)', '"b": rng.standard_normal(G * H)'),),
    ),
    Mistake(
        "rng_unused",
        "The matrices do not come from the generator that is passed in. With the same rng two networks must be equal, "
        "so that a run can be repeated; with different ones they must differ.",
        tuple(
            (f"rng.standard_normal({s})", f"np.random.standard_normal({s})")
            for s in ("(D, H)", "(V, W)", "(W, G * H)", "(H, G * H)", "(H, V)")
        ),
    ),
    Mistake(
        "uniform",
        "The matrices hold no negative numbers: they are drawn uniformly between 0 and 1, before they are scaled.",
        tuple(
            (f"rng.standard_normal({s})", f"rng.random({s})")
            for s in ("(D, H)", "(V, W)", "(W, G * H)", "(H, G * H)", "(H, V)")
        ),
    ),
)

SHIFT = "words_in, words_out = captions[:, :-1], captions[:, 1:]"

LOSS = (
    Mistake(
        "not_shifted",
        "The network reads the very word that it has to predict. At every step it reads one word, and the next one is "
        "to be predicted.",
        ((SHIFT, "words_in, words_out = captions[:, 1:], captions[:, 1:]"),),
    ),
    Mistake(
        "read_words_predicted",
        "The word to be predicted is the one that was just read, <START> included; it should be the next one.",
        ((SHIFT, "words_in, words_out = captions[:, :-1], captions[:, :-1]"),),
    ),
    Mistake(
        "shifted_backwards",
        "Inputs and targets are exchanged: the network reads a word and has to say which one came before it.",
        ((SHIFT, "words_in, words_out = captions[:, 1:], captions[:, :-1]"),),
    ),
    Mistake(
        "null_not_masked",
        "Padding counts: where <NULL> is to be predicted nothing should be added, neither to the loss nor to the "
        "gradients.",
        (("mask = words_out != null", "mask = np.ones(words_out.shape, dtype=bool)"),),
    ),
    Mistake(
        "mask_from_inputs",
        "The mask looks at the words that are read. After <END> is read, <NULL> would be to predict, and that should "
        "not count any more.",
        (("mask = words_out != null", "mask = words_in != null"),),
    ),
    Mistake(
        "mask_inverted",
        "The mask is used the wrong way round: the padding counts and the words do not.",
        (("words_out != null", "words_out == null"),),
    ),
    Mistake(
        "null_is_zero",
        "Right where <NULL> is word 0, wrong where it stands elsewhere: its index is an argument.",
        (("words_out != null", "words_out != 0"),),
    ),
    Mistake(
        "averaged_over_time",
        "Loss and gradients are T times too small: sum over time, average over the minibatch only.",
        (
            (
                "    grads = {}\n",
                "    loss, dscores = loss / words_out.shape[1], dscores / words_out.shape[1]\n    grads = {}\n",
            ),
        ),
    ),
    Mistake(
        "averaged_over_words",
        "Loss and gradients are divided by the number of words; the convention here is to divide by N only.",
        (
            (
                "    grads = {}\n",
                "    words = max(1, mask.sum()) / len(mask)\n"
                "    loss, dscores = loss / words, dscores / words\n    grads = {}\n",
            ),
        ),
    ),
    Mistake(
        "projection_gradient_missing",
        "W_proj and b_proj have no gradient, so the network can never learn to look at the image. They come from what "
        "flows back into the first state.",
        (('    grads["W_proj"] = features.T @ dh0\n', ""), ('    grads["b_proj"] = dh0.sum(axis=0)\n', "")),
    ),
    Mistake(
        "first_state_gradient_zero",
        "The gradients of W_proj and b_proj are all zeros: what flows back into the first state is lost on its way.",
        (('    grads["W_proj"] =', '    dh0 = np.zeros_like(dh0)\n    grads["W_proj"] ='),),
    ),
    Mistake(
        "projection_bias_gradient_missing",
        "b_proj has no gradient. Every parameter needs one.",
        (('    grads["b_proj"] = dh0.sum(axis=0)\n', ""),),
    ),
    Mistake(
        "word_gradient_missing",
        "W_embed has no gradient, so the word vectors stay as they were drawn. It comes from what flows back into the "
        "inputs of the cell.",
        (('    grads["W_embed"] = word_embedding_backward(dx, embed_cache)\n', ""),),
    ),
    Mistake(
        "score_bias_gradient_missing",
        "b_vocab has no gradient. Every parameter needs one.",
        (('dh, grads["W_vocab"], grads["b_vocab"] =', 'dh, grads["W_vocab"], _ ='),),
    ),
    Mistake(
        "image_ignored",
        "The numbers do not depend on the image: the network starts from zeros. Its first state comes from the "
        "features.",
        (('h0 = features @ params["W_proj"] + params["b_proj"]', 'h0 = 0 * (features @ params["W_proj"])'),),
    ),
    Mistake(
        "projection_bias_missing",
        "The numbers are those of a network whose first state lacks its bias.",
        (('params["W_proj"] + params["b_proj"]', 'params["W_proj"]'),),
    ),
    Mistake(
        "first_state_squashed",
        "The first state is squashed; it is affine in the features.",
        (
            (
                'h0 = features @ params["W_proj"] + params["b_proj"]',
                'h0 = np.tanh(features @ params["W_proj"] + params["b_proj"])',
            ),
            ("features.T @ dh0", "features.T @ (dh0 * (1 - h0**2))"),
            ("dh0.sum(axis=0)", "(dh0 * (1 - h0**2)).sum(axis=0)"),
        ),
    ),
    Mistake(
        "projection_bias_gradient_averaged",
        "db_proj is averaged over the minibatch where it should be summed: the loss is an average already.",
        (("dh0.sum(axis=0)", "dh0.mean(axis=0)"),),
    ),
    Mistake(
        "last_word_left_out",
        "The last column of the captions is never predicted: T + 1 columns give T inputs and T targets.",
        ((SHIFT, "words_in, words_out = captions[:, :-1], captions[:, 1:].copy()\n    words_out[:, -1] = null"),),
    ),
)

CAPTIONER = (
    Mistake(
        "dtype_not_passed_on",
        "Every network is in single precision, whatever dtype is asked for.",
        (("cell_type, dtype, rng)", "cell_type, np.float32, rng)"),),
    ),
    Mistake(
        "rng_not_passed_on",
        "The parameters are not drawn with the generator that was given.",
        (("cell_type, dtype, rng)", "cell_type, dtype, np.random.default_rng(0))"),),
    ),
    Mistake(
        "indices_taken_for_granted",
        "Right for the usual vocabulary; where the special words stand elsewhere, they are mistaken for others. Look "
        "them up.",
        (
            (
                '(word_to_idx.get(word) for word in ("<NULL>", "<START>", "<END>"))',
                "(0, 1, 2)",
            ),
        ),
    ),
    Mistake(
        "start_and_end_exchanged",
        "<START> and <END> are exchanged: the first word that is read is <END>.",
        (("self.start, self.end, self.null", "self.end, self.start, self.null"),),
    ),
    Mistake(
        "shared_parameters",
        "Two networks share their parameters: those made last count for both. They belong to the object, not to the "
        "class.",
        (("self.params = init_captioning", "CaptioningRNN.params = init_captioning"),),
    ),
    Mistake(
        "parameters_remembered",
        "loss still uses the parameters that __init__ made, after others were put in their place.",
        (
            ("        self.params = init", "        self.params = self.first = init"),
            ("caption_loss(self.params,", "caption_loss(self.first,"),
        ),
    ),
    Mistake(
        "temperature_not_passed_on",
        "Sampling is right at temperature 1 only: the temperature is not handed on.",
        (("max_length, temperature, u", "max_length, 1.0, u"),),
    ),
    Mistake(
        "mode_ignored",
        "The likeliest word is taken at every step, also when words are to be drawn.",
        (('if mode == "sample" else None', 'if mode == "neither" else None'),),
    ),
    Mistake(
        "mode_reversed",
        "The two modes are exchanged: words are drawn when the likeliest ones are asked for, and the other way round.",
        (('if mode == "sample" else None', 'if mode == "argmax" else None'),),
    ),
    Mistake(
        "one_number_per_word_for_all",
        "All images of a minibatch share the numbers that their words are drawn with; each should have its own.",
        (
            (
                "u = rng.random((len(features), max_length))",
                "u = np.tile(rng.random((1, max_length)), (len(features), 1))",
            ),
        ),
    ),
    Mistake(
        "max_length_fixed",
        "max_length is ignored: captions are always as long as its default.",
        (
            ("self.null, max_length, temperature, u", "self.null, 30, temperature, u"),
            ("        u = rng.random(", "        asked, max_length = max_length, 30\n        u = rng.random("),
        ),
    ),
)
