"""Mistakes in the vocabulary, in the probability of a string, and in perplexity."""

from __future__ import annotations

from autograder.check import Mistake

SORTED = "idx_to_char = sorted(set(text))"
NUMBERED = "char_to_idx = {c: i for i, c in enumerate(idx_to_char)}"
FIRST = "logprob = first[ids[0]] - np.log(np.exp(first).sum())"
REST = "loss, _, _ = char_lm_loss(params, ids[None, :-1], ids[None, 1:], h0)"
ZERO = "h0 = np.zeros((1, 2 * H if K == 4 * H else H))"
ADD = "logprob = logprob - loss"
END = "    ### END SOLUTION"

VOCAB = (
    Mistake(
        "order_of_appearance",
        "The characters are numbered in the order in which the text first uses them. Another text with the same "
        "characters would get other numbers; sorted order depends on the characters alone.",
        ((SORTED, "idx_to_char = list(dict.fromkeys(text))"),),
    ),
    Mistake(
        "most_frequent_first",
        "The characters are numbered by how often they occur, the most frequent first; here the order is the sorted "
        "one.",
        ((SORTED, "idx_to_char = sorted(sorted(set(text)), key=text.count, reverse=True)"),),
    ),
    Mistake(
        "sorted_backwards",
        "The characters are numbered from the last one to the first one.",
        ((SORTED, "idx_to_char = sorted(set(text), reverse=True)"),),
    ),
    Mistake(
        "repeated_characters_kept",
        "idx_to_char is as long as the text: a character that occurs often has one number all the same.",
        ((SORTED, "idx_to_char = sorted(text)"),),
    ),
    Mistake(
        "counted_from_one",
        "char_to_idx counts from 1, and idx_to_char, like every list, from 0: looking a number up gives the "
        "neighbouring character.",
        ((NUMBERED, "char_to_idx = {c: i + 1 for i, c in enumerate(idx_to_char)}"),),
    ),
    Mistake(
        "blanks_dropped",
        "Blanks and newlines at the ends of the text were cut off before counting. They are characters like any other.",
        ((SORTED, "idx_to_char = sorted(set(''.join(text.split())))"),),
    ),
    Mistake(
        "capitals_lowered",
        "Capital letters were turned into small ones; here they are characters of their own.",
        ((SORTED, "idx_to_char = sorted(set(text.lower()))"),),
    ),
)

LOGPROB = (
    Mistake(
        "first_character_not_counted",
        "The factor of the first character is missing: this is the probability of the string *given* its first "
        "character, and over all strings it sums to V.",
        ((FIRST, "logprob = 0.0 * first[ids[0]]"),),
    ),
    Mistake(
        "first_character_uniform",
        "The first character has the probability 1/V. The model says something else: its state is zero there, and the "
        "scores are what the output layer makes of a zero state.",
        ((FIRST, "logprob = 0.0 * first[ids[0]] - np.log(len(first))"),),
    ),
    Mistake(
        "first_score_for_log",
        "The first factor is a score, not the logarithm of a probability: it never went through the softmax.",
        ((FIRST, "logprob = params['by'][ids[0]]"),),
    ),
    Mistake(
        "overflow",
        "Right, except where the scores are large: there the exponential overflows. A softmax does not change when all "
        "scores are lowered by the same number.",
        (('params["by"] - params["by"].max()', 'params["by"]'),),
    ),
    Mistake(
        "log_base_two",
        "These are bits: the logarithm is the one to the base 2. Here the natural logarithm is asked for.",
        ((END, f"    logprob = logprob / np.log(2)\n{END}"),),
    ),
    Mistake(
        "probability_for_log",
        "This is the probability itself; its logarithm is asked for. The probability of a long string underflows to 0.",
        ((END, f"    logprob = np.exp(logprob)\n{END}"),),
    ),
    Mistake(
        "loss_for_logprob",
        "The sign is turned round: this is the loss of the string, which is minus its log-probability.",
        ((END, f"    logprob = -logprob\n{END}"),),
    ),
    Mistake(
        "loss_added",
        "The loss of the characters after the first is added; it is minus the logarithm of their probability.",
        ((ADD, "logprob = logprob + loss"),),
    ),
    Mistake(
        "averaged",
        "This is the log-probability per character: it is divided by the length. A string's log-probability is the sum "
        "over its characters.",
        ((END, f"    logprob = logprob / len(ids)\n{END}"),),
    ),
    Mistake(
        "character_predicts_itself",
        "Every character after the first is predicted by a state that has read it already. The state that predicts a "
        "character has read the ones before it.",
        ((REST, "loss, _, _ = char_lm_loss(params, ids[None, 1:], ids[None, 1:], h0)"),),
    ),
    Mistake(
        "read_backwards",
        "The string is read from its end: each character is predicted from the one after it.",
        ((REST, "loss, _, _ = char_lm_loss(params, ids[None, :0:-1], ids[None, -2::-1], h0)"),),
    ),
    Mistake(
        "state_not_carried",
        "Every character is predicted from the one before it alone, as if the state were zero at each step.",
        (
            (
                REST,
                "pairs = zip(ids[:-1], ids[1:])\n"
                "        loss = sum(char_lm_loss(params, np.array([[a]]), np.array([[c]]), h0)[0] for a, c in pairs)",
            ),
        ),
    ),
    Mistake(
        "gru_starts_like_an_lstm",
        "It works for the vanilla RNN and the LSTM and fails for the GRU. Look at the zero state: the state of a GRU "
        "is h alone, so it has H columns; only an LSTM's has 2H.",
        ((ZERO, "h0 = np.zeros((1, H if K == H else 2 * H))"),),
    ),
    Mistake(
        "last_character_not_counted",
        "The factor of the last character is missing.",
        ((REST, "loss = char_lm_loss(params, ids[None, :-2], ids[None, 1:-1], h0)[0] if len(ids) > 2 else 0.0"),),
    ),
)

PERPLEXITY = (
    Mistake(
        "exp_missing",
        "This is the loss per character; the perplexity is its exponential.",
        (("np.exp(loss_sum / n_tokens)", "loss_sum / n_tokens"),),
    ),
    Mistake(
        "base_two",
        "The loss is in nats, and 2 is raised to its power: what undoes a natural logarithm is the power of e.",
        (("np.exp(loss_sum / n_tokens)", "2 ** (loss_sum / n_tokens)"),),
    ),
    Mistake(
        "bits_per_character",
        "This is the loss in bits per character; the perplexity is an exponential.",
        (("np.exp(loss_sum / n_tokens)", "loss_sum / n_tokens / np.log(2)"),),
    ),
    Mistake(
        "not_averaged",
        "The loss of the whole text is exponentiated: divide by the number of characters first.",
        (("np.exp(loss_sum / n_tokens)", "np.exp(loss_sum)"),),
    ),
    Mistake(
        "averaged_after_exp",
        "The average is taken after the exponential; take it before.",
        (("np.exp(loss_sum / n_tokens)", "np.exp(loss_sum) / n_tokens"),),
    ),
    Mistake(
        "inverse",
        "This is the geometric mean of the probabilities, a number below 1; the perplexity is one over it.",
        (("np.exp(loss_sum / n_tokens)", "np.exp(-loss_sum / n_tokens)"),),
    ),
)
