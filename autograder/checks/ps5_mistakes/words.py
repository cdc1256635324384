"""Mistakes around the words: kinds of tasks, the vocabulary, captions as rows of indices and back."""

from __future__ import annotations

from autograder.check import Mistake


def _label(letter: str, right: str, wrong: str) -> tuple[tuple[str, str], ...]:
    return ((f'"{letter}": "{right}"', f'"{letter}": "{wrong}"'),)


TASKS = (
    Mistake(
        "numbers_counted",
        "One of these tasks is put down as one with many inputs because its input holds many numbers. A vector or an "
        "image that arrives whole is one input; many inputs arrive one after the other, and their number may vary.",
        _label("f", "one-to-one", "many-to-one"),
    ),
    Mistake(
        "image_is_many_pixels",
        "One of these tasks is put down as one with many inputs because an image has many pixels. They arrive all at "
        "once: one input.",
        _label("b", "one-to-many", "many-to-many"),
    ),
    Mistake(
        "pixels_are_a_sequence",
        "One of these tasks is put down as one with many outputs because a picture comes out. It comes out whole, in "
        "one computation: one output.",
        _label("l", "one-to-one", "one-to-many"),
    ),
    Mistake(
        "one_label_per_step",
        "One of these tasks is put down as if an answer were wanted at every step. One answer is wanted, after the "
        "whole input.",
        _label("k", "many-to-one", "many-to-many"),
    ),
    Mistake(
        "last_step_only",
        "One of these tasks is put down as if one answer were wanted, at the end. An answer is wanted at every step, "
        "and each is compared with the truth.",
        _label("i", "many-to-many", "many-to-one"),
    ),
    Mistake(
        "summary_in_between",
        "One of these tasks is put down by the single vector that stands in the middle of the network. What counts is "
        "what goes in and what comes out.",
        _label("d", "many-to-many", "many-to-one"),
    ),
    Mistake(
        "turned_round",
        "One of these tasks is put down the wrong way round: what comes first in the label is the input.",
        _label("e", "one-to-many", "many-to-one"),
    ),
)

VOCABULARY = (
    Mistake(
        "threshold_exclusive",
        "Words that occur exactly min_count times are missing: min_count times or more is enough.",
        (("counts[word] >= min_count", "counts[word] > min_count"),),
    ),
    Mistake(
        "no_threshold",
        "All words are in the vocabulary, the rare ones too.",
        (("counts[word] >= min_count", "counts[word] >= 1"),),
    ),
    Mistake(
        "counted_per_caption",
        "Each caption counts a word only once. All occurrences count, also several in one caption.",
        (("for word in caption:", "for word in sorted(set(caption)):"),),
    ),
    Mistake(
        "ties_in_order_of_appearance",
        "Words that are equally frequent stand in the order in which they appear in the captions, so another order of "
        "the captions gives another vocabulary. Among equals the alphabet decides.",
        (("(-counts[word], word)", "-counts[word]"),),
    ),
    Mistake(
        "ties_backwards",
        "Words that are equally frequent stand in the order of the alphabet backwards.",
        (("key=lambda word: (-counts[word], word)", "key=lambda word: (counts[word], word), reverse=True"),),
    ),
    Mistake(
        "rarest_first",
        "The rarest words come first; the most frequent one should follow the special words.",
        (("(-counts[word], word)", "(counts[word], word)"),),
    ),
    Mistake(
        "alphabetical",
        "The words stand in the order of the alphabet, whatever their frequency.",
        (("(-counts[word], word)", "word"),),
    ),
    Mistake(
        "special_words_missing",
        "The four special words are not in the vocabulary; they have the first four indices.",
        (('["<NULL>", "<START>", "<END>", "<UNK>"] + frequent', "frequent"),),
    ),
    Mistake(
        "special_words_last",
        "The four special words stand at the end; they have the first four indices.",
        (
            (
                '["<NULL>", "<START>", "<END>", "<UNK>"] + frequent',
                'frequent + ["<NULL>", "<START>", "<END>", "<UNK>"]',
            ),
        ),
    ),
    Mistake(
        "special_words_in_another_order",
        "The special words stand in another order than the one described. Index 0 is the padding.",
        (('["<NULL>", "<START>", "<END>", "<UNK>"]', '["<START>", "<END>", "<UNK>", "<NULL>"]'),),
    ),
    Mistake(
        "counted_from_one",
        "idx_to_word is right and word_to_idx counts from 1: the two must be each other's inverse.",
        (("enumerate(idx_to_word)}", "enumerate(idx_to_word, 1)}"),),
    ),
    Mistake(
        "rare_words_in_word_to_idx",
        "word_to_idx holds the rare words too, with the index of <UNK>. It has V entries; that a word is unknown is "
        "found out when a caption is encoded.",
        (
            (
                "enumerate(idx_to_word)}",
                "enumerate(idx_to_word)}\n    word_to_idx = {**{word: 3 for word in counts}, **word_to_idx}",
            ),
        ),
    ),
)

ENCODE = (
    Mistake(
        "start_missing",
        "The row begins with the first word; it should begin with <START>.",
        (
            ("words[: max_len - 2]", "words[: max_len - 1]"),
            ('    row[0] = word_to_idx["<START>"]\n', ""),
            ("row[1 : len(kept) + 1] = kept", "row[: len(kept)] = kept"),
            ("row[len(kept) + 1]", "row[len(kept)]"),
        ),
    ),
    Mistake(
        "end_missing",
        "There is no <END>: without it a network never learns to stop.",
        (('    row[len(kept) + 1] = word_to_idx["<END>"]\n', ""),),
    ),
    Mistake(
        "end_after_padding",
        "<END> stands at the end of the row, after the padding; it follows the last word directly.",
        (("row[len(kept) + 1]", "row[-1]"),),
    ),
    Mistake(
        "end_lost_when_too_long",
        "A caption that is too long fills the row up to its end, so <END> is lost. Leave room for it.",
        (
            ("words[: max_len - 2]", "words[: max_len - 1]"),
            ("row[len(kept) + 1] =", "row[len(kept) + 1 : len(kept) + 2] ="),
        ),
    ),
    Mistake(
        "one_word_too_few",
        "Captions that just fit, or are too long, lose one word more than they have to: only <START> and <END> need "
        "room.",
        (("words[: max_len - 2]", "words[: max(0, max_len - 3)]"),),
    ),
    Mistake(
        "last_words_kept",
        "Of a caption that is too long the last words are kept; it should be the first ones.",
        (("words[: max_len - 2]", "words[max(0, len(words) - max_len + 2) :]"),),
    ),
    Mistake(
        "unknown_becomes_null",
        "Unknown words have the index of <NULL>, so they look like padding, and no loss would count them.",
        (('unknown = word_to_idx["<UNK>"]', 'unknown = word_to_idx["<NULL>"]'),),
    ),
    Mistake(
        "unknown_dropped",
        "Unknown words are left out; each should be replaced by <UNK>.",
        (
            (
                "[word_to_idx.get(word, unknown) for word in words[: max_len - 2]]",
                "[word_to_idx[word] for word in words if word in word_to_idx][: max_len - 2]",
            ),
        ),
    ),
    Mistake(
        "unknown_is_three",
        "Right for the usual vocabulary; where the special words stand elsewhere, unknown words get the wrong index. "
        "Look all special words up.",
        (('unknown = word_to_idx["<UNK>"]', "unknown = 3"),),
    ),
    Mistake(
        "padded_with_zero",
        "Right for the usual vocabulary; where <NULL> stands elsewhere, the row is padded with the wrong word. Look "
        "all special words up.",
        (('np.full(max_len, word_to_idx["<NULL>"])', "np.full(max_len, 0)"),),
    ),
    Mistake(
        "start_and_end_exchanged",
        "<START> and <END> are exchanged.",
        (
            ('row[0] = word_to_idx["<START>"]', 'row[0] = word_to_idx["<END>"]'),
            ('+ 1] = word_to_idx["<END>"]', '+ 1] = word_to_idx["<START>"]'),
        ),
    ),
    Mistake(
        "padded_with_end",
        "The row is padded with <END>; after the one that closes the caption there is <NULL>.",
        (('np.full(max_len, word_to_idx["<NULL>"])', 'np.full(max_len, word_to_idx["<END>"])'),),
    ),
)

DECODE = (
    Mistake(
        "goes_on_after_end",
        "The text goes on after <END>: the first one ends the caption.",
        (('if word == "<END>":', 'if word == "<END>" and False:'),),
    ),
    Mistake(
        "end_dropped",
        "<END> is missing from the text: it closes the caption and is kept.",
        (('if word != "<NULL>":', 'if word not in ("<NULL>", "<END>"):'),),
    ),
    Mistake(
        "start_dropped",
        "<START> is missing from the text: of the special words only <NULL> is left out.",
        (('if word != "<NULL>":', 'if word not in ("<NULL>", "<START>"):'),),
    ),
    Mistake(
        "null_kept",
        "<NULL> stands in the text: padding is left out.",
        (('if word != "<NULL>":', "if True:"),),
    ),
    Mistake(
        "stops_at_null",
        "The text stops at the first <NULL>. Only <END> ends a caption; a <NULL> in the middle is left out, and the "
        "words after it are kept.",
        (('            if word == "<END>":', '            if word in ("<END>", "<NULL>"):'),),
    ),
    Mistake(
        "unknown_dropped",
        "<UNK> is missing from the text: of the special words only <NULL> is left out.",
        (('if word != "<NULL>":', 'if word not in ("<NULL>", "<UNK>"):'),),
    ),
    Mistake(
        "off_by_one",
        "Every word is the neighbour of the right one in the vocabulary: index 0 is its first word.",
        (("idx_to_word[i]", "idx_to_word[i - 1]"),),
    ),
    Mistake(
        "list_of_one_unpacked",
        "Right but for a minibatch of one caption: captions of shape (1, T) give a list with one string.",
        (("if np.ndim(captions) == 2 else", "if len(texts) > 1 else"),),
    ),
)
