"""Mistakes in a language model's step, in greedy search and in beam search."""

from __future__ import annotations

from autograder.check import Mistake

PROBABILITY = "logprob is a probability, and a logarithm is asked for: the product of many probabilities underflows."
START_INCLUDED = "words begins with the start word. It is read first, but it is not written."
END_MISSING = "The end word is missing from words: it is written like any other, and its probability counts."
OVERFLOW = (
    "Right for small scores; large ones overflow. Probabilities do not change if the largest score is subtracted from "
    "all of them first."
)
EXTENDED = "np.where((hypotheses == end).any(axis=1), (hypotheses == end).argmax(axis=1) + 1, max_length)"

NEXT = (
    Mistake(
        "probabilities_for_logs",
        "log_p holds probabilities. Their logarithms are asked for, which are added up along a sequence.",
        (
            ("log_p = shifted - np.log(", "log_p = np.exp(shifted) / (("),
            ("axis=1, keepdims=True))", "axis=1, keepdims=True)))"),
        ),
    ),
    Mistake(
        "scores_not_normalised",
        "log_p holds the scores themselves: the probabilities of all next words should sum to one.",
        (("log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))", "log_p = scores"),),
    ),
    Mistake(
        "normalised_over_everything",
        "The probabilities of all K hypotheses together sum to one; those of every single hypothesis should.",
        (("np.exp(shifted).sum(axis=1, keepdims=True)", "np.exp(shifted).sum()"),),
    ),
    Mistake(
        "scores_of_the_old_state",
        "The scores are computed from the state before the step, so the word that was read has no say in them.",
        (("scores = next_h @", "scores = h @"),),
    ),
    Mistake(
        "old_state_returned",
        "next_h is the state before the step: the next call would begin where this one began.",
        (("    ### END SOLUTION", "    next_h = h\n    ### END SOLUTION"),),
    ),
    Mistake(
        "bias_missing",
        "The scores are those of a model without b_vocab.",
        ((' + params["b_vocab"]', ""),),
    ),
    Mistake(
        "base_two",
        "log_p is in bits: these are logarithms to the base 2, and natural ones are asked for.",
        (("    ### END SOLUTION", "    log_p = log_p / np.log(2)\n    ### END SOLUTION"),),
    ),
    Mistake("overflow", OVERFLOW, (("shifted = scores - scores.max(axis=1, keepdims=True)", "shifted = scores"),)),
)

GREEDY = (
    Mistake(
        "end_not_noticed",
        "Writing goes on behind the end word. A sequence is finished once the end word is written.",
        ((" and word != end", ""),),
    ),
    Mistake(
        "start_read_every_time",
        "Every step reads the start word: the word just written is what the next step reads.",
        (("np.array([word])", "np.array([start])"),),
    ),
    Mistake(
        "start_not_read",
        "The first step reads something other than the start word.",
        (("    word = start\n", "    word = 0\n"),),
    ),
    Mistake(
        "state_not_carried",
        "Every step starts from h0: the state that a step returns is not handed to the next one.",
        (("log_p, h = next", "log_p, _ = next"),),
    ),
    Mistake(
        "h0_ignored",
        "The first step starts from zeros: h0 never enters.",
        (("h = h0[None]", "h = np.zeros((1, len(h0)))"),),
    ),
    Mistake(
        "last_word_only",
        "logprob is that of the last word alone: the logarithms of all words are added up.",
        (("logprob = logprob + log_p[0, word]", "logprob = log_p[0, word]"),),
    ),
    Mistake(
        "probability",
        PROBABILITY,
        (("words = np.array(written)", "words, logprob = np.array(written), np.exp(logprob)"),),
    ),
    Mistake(
        "mean_per_word",
        "logprob is divided by the number of words. The logarithm of the probability of the whole sequence is a sum.",
        (("words = np.array(written)", "words, logprob = np.array(written), logprob / len(written)"),),
    ),
    Mistake(
        "end_not_counted",
        "logprob leaves out the end word: to end here, and not later, is a choice that has a probability too.",
        (("logprob = logprob + log_p[0, word]", "logprob = logprob + (word != end) * log_p[0, word]"),),
    ),
    Mistake("start_included", START_INCLUDED, (("words = np.array(written)", "words = np.array([start] + written)"),)),
    Mistake(
        "end_missing",
        END_MISSING,
        (("words = np.array(written)", "words = np.array([w for w in written if w != end], dtype=int)"),),
    ),
    Mistake(
        "one_word_too_many",
        "One word more than max_length is written where the end word does not come earlier.",
        (("len(written) < max_length", "len(written) <= max_length"),),
    ),
    Mistake(
        "least_likely",
        "At every step the word with the smallest probability is taken.",
        (("log_p[0].argmax()", "log_p[0].argmin()"),),
    ),
)

BEAM = (
    Mistake(
        "greedy_not_compared",
        "In one model the result is less probable than what greedy search finds: the greedy hypothesis fell out of the "
        "beam on its way, and nothing brings it back at the end.",
        (("if greedy_logprob > logprob:", "if False:"),),
    ),
    Mistake(
        "width_ignored",
        "This is greedy search, whatever the width: only one hypothesis survives every step.",
        (("[:width]", "[:1]"),),
    ),
    Mistake(
        "width_too_large",
        "One hypothesis more than `width` is kept at every step.",
        (("[:width]", "[: width + 1]"),),
    ),
    Mistake(
        "width_too_small",
        "One hypothesis less than `width` is kept at every step (a width of 1 aside).",
        (("[:width]", "[: max(1, width - 1)]"),),
    ),
    Mistake(
        "best_word_of_each",
        "The beam holds each hypothesis with its likeliest words only, and never two of one hypothesis more than of "
        "another: all words of all hypotheses compete for the places.",
        (
            (
                '        best = np.argsort(-total, axis=None, kind="stable")[:width]\n',
                "        if len(total) > 1:\n"
                "            total = np.where(total == total.max(axis=1, keepdims=True), total, -np.inf)\n"
                '        best = np.argsort(-total, axis=None, kind="stable")[:width]\n',
            ),
        ),
    ),
    Mistake(
        "states_not_reordered",
        "The states stay in the order of the old beam: each hypothesis of the new beam goes on from the state of the "
        "hypothesis that it extends, wherever that one stood.",
        (("h = next_h[parent]", "h = next_h[np.minimum(np.arange(len(parent)), len(next_h) - 1)]"),),
    ),
    Mistake(
        "finished_extended",
        "Finished hypotheses are extended: what comes behind the end word still lowers their probability. They should "
        "stay as they are.",
        (
            ("        log_p[finished] = -np.inf\n", ""),
            ("        log_p[finished, end] = 0\n", ""),
        ),
    ),
    Mistake(
        "finished_dropped",
        "Finished hypotheses vanish from the beam at the step after they have ended: they stay in it for as long as "
        "they are likely enough.",
        (("log_p[finished, end] = 0", "log_p[finished, end] = -np.inf"),),
    ),
    Mistake(
        "stops_at_the_first_end",
        "The search stops as soon as any hypothesis is finished; a likelier one may still be on its way.",
        (
            ("| (last == end)\n", "| (last == end)\n        if finished.any():\n            break\n"),
            ("if finished[0] else max_length", "if finished[0] else len(written)"),
        ),
    ),
    Mistake(
        "last_word_only",
        "Hypotheses are ranked by the probability of their last word alone: the logarithms of all words add up.",
        (("total = logprobs[:, None] + log_p", "total = log_p + 0 * logprobs[:, None]"),),
    ),
    Mistake(
        "ranked_per_word",
        "The last beam is ranked by log probability per word, which favours long hypotheses. The likeliest one is "
        "asked for, whatever its length.",
        (
            (
                "    written = hypotheses[0]\n",
                f"    lengths = {EXTENDED}\n"
                '    best = np.argsort(-logprobs / lengths, kind="stable")\n'
                "    hypotheses, logprobs, finished = hypotheses[best], logprobs[best], finished[best]\n"
                "    written = hypotheses[0]\n",
            ),
            ("if greedy_logprob > logprob:", "if greedy_logprob / len(greedy_words) > logprob / length:"),
        ),
    ),
    Mistake(
        "probability", PROBABILITY, (("    ### END SOLUTION", "    logprob = np.exp(logprob)\n    ### END SOLUTION"),)
    ),
    Mistake(
        "start_included",
        START_INCLUDED,
        (("    ### END SOLUTION", "    words = np.append(start, words)\n    ### END SOLUTION"),),
    ),
    Mistake(
        "end_missing", END_MISSING, (("    ### END SOLUTION", "    words = words[words != end]\n    ### END SOLUTION"),)
    ),
    Mistake(
        "start_not_read",
        "The first step reads something other than the start word.",
        (("last = np.array([start])", "last = np.array([0])"),),
    ),
    Mistake(
        "one_step_short",
        "Hypotheses have at most max_length - 1 words: the search stops one step early.",
        (
            ("for _ in range(max_length)", "for _ in range(max(1, max_length - 1))"),
            ("if finished[0] else max_length", "if finished[0] else len(written)"),
        ),
    ),
)
