"""What a check's own `call` says of an answer that is another kind of thing: every such sentence, from a fault."""

import ast
import functools
import re

import numpy as np
import pytest

from autograder.problem_set import ROOT, drawing_data, load
from autograder.trial import run_call
from unroll import CheckFailed, check

TABLES = ROOT / "autograder" / "checks"  # each `call` there may stop at an assert, which a student reads


def whole(change):
    """A fault: a reference's own function -> the same with `change` made in what it returns."""
    return lambda own: functools.wraps(own)(lambda *args, **kwargs: change(own(*args, **kwargs)))


def part(i, change):
    """The change is made in one of several returned values."""
    return whole(lambda values: (*values[:i], change(values[i]), *values[i + 1 :]))


def several(change):
    """The change is made where a list of strings comes back, and not where one string does."""
    return whole(lambda value: change(value) if isinstance(value, list) else value)


def attribute(name, change):  # or a method, of what a class makes
    def changed(made):
        setattr(made, name, change(getattr(made, name)))
        return made

    return whole(changed)


def watched(change):
    """A fault of a function that is given `watch`: it calls that with change(params, loss)."""
    return lambda own: lambda *a, watch=None, **b: own(*a, watch=watch and (lambda *x: watch(*change(*x))), **b)


def without(*names):
    return lambda values: {name: value for name, value in values.items() if name not in names}


MATRIX = {
    "W is of type list; expected an array of shape (3, 3)": whole(np.ndarray.tolist),
    "W has shape (2, 3); expected (3, 3) for n = 3": whole(lambda W: W[:2]),
    "W holds complex128; expected real numbers": whole(lambda W: W + 0j),
    "W holds nan or inf; expected finite numbers": whole(lambda W: np.nan * W),
    "W has an entry of size 1000001; expected at most a million": whole(lambda W: 1000001 * W / np.abs(W).max()),
}
CLIPPED = {
    "clipped is of type list; expected a dict from the names of grads to arrays": list,
    "clipped has the names ['Wh', 'Wx']; expected ['Wh', 'Wx', 'b']": without("b"),
}
SEARCH = {
    "words has shape (); expected one number per word, (L,)": part(0, lambda words: words[-1]),
    "logprob has shape (2,); expected one number": part(1, lambda logprob: np.array([logprob, logprob])),
}
GRADS = "grads should be a dict from the name of each parameter to its gradient"
PARAMS = "params should be a dict from the name of each parameter to an array"

# (problem set, check, label of a case; else the first) -> {the sentence: the fault, or several that lead to it}
SENTENCES = {
    ("ps1_rnn", "VanillaRNN"): {
        "W_xh has shape (4, 6) after __init__; expected (6, 4) for k=4, H=6, m=3": attribute("W_xh", np.transpose),
    },
    ("ps3_flow", "vanishing_powers"): MATRIX,
    ("ps3_flow", "growing_powers"): MATRIX,
    ("ps3_flow", "remember_bit"): {
        "x is of type list; expected an array of shape (100, 3)": whole(np.ndarray.tolist),
        "x has shape (3, 100); expected (100, 3) for T = 100": whole(np.transpose),
        "x holds complex128; expected real numbers": whole(lambda x: x + 0j),
        "x holds nan or inf; expected finite numbers": whole(lambda x: np.nan * x),
    },
    ("ps3_flow", "init_irnn"): {
        "Wh has shape (5, 6); expected (6, 6) for D=4, H=6": part(1, lambda Wh: Wh[1:]),
        "Wx has shape (50, 80); expected (60, 80) for D=60, H=80": part(0, lambda Wx: Wx[:50]),
    },
    ("ps3_flow", "clip_grad_norm"): {sentence: part(0, change) for sentence, change in CLIPPED.items()},
    ("ps3_flow", "clip_grad_value"): {sentence: whole(change) for sentence, change in CLIPPED.items()},
    ("ps4_charlm", "build_char_vocab"): {
        "char_to_idx should be a dict from strings of one character to whole numbers": (
            part(0, list),
            part(0, lambda numbers: dict.fromkeys(numbers, 0.5)),
            part(0, lambda numbers: {ord(c): i for c, i in numbers.items()}),
        ),
        "idx_to_char should be a list of strings of one character": (part(1, "".join), part(1, lambda chars: ["ab"])),
    },
    ("ps4_charlm", "char_lm_loss"): {
        GRADS: part(1, list),
        "grads has no b, by": part(1, without("b", "by")),
    },
    ("ps4_charlm", "sequence_logprob"): {
        "logprob should be one real number, a float": (whole(lambda logprob: np.array([logprob])), whole(round)),
    },
    ("ps4_charlm", "sample_chars"): {
        "sample_chars should return the numbers of the characters in one array of shape (n,)": (
            whole(lambda ids: ids[:, None]),
            whole(lambda ids: ids.astype(float)),
        ),
        "sample_chars returned numbers that are not in [0, 6)": (whole(lambda ids: ids + 6), whole(np.negative)),
    },
    ("ps4_charlm", "train_tbptt"): {
        PARAMS: part(0, list),
        "params has no b, by": part(0, without("b", "by")),
        "watch should be called as watch(params, loss), with the dict of parameters and a number": (
            watched(lambda params, loss: (loss, params)),
            watched(lambda params, loss: (params,)),
            watched(lambda params, loss: (without("by")(params), loss)),
            watched(lambda params, loss: (params, [loss])),
            watched(lambda params, loss: (params, f"{loss:.2f}")),
        ),
        "the matrices in params should keep their shapes": (
            part(0, lambda params: {**params, "Wx": params["Wx"][:1]}),
            part(0, lambda params: {**params, "Wh": params["Wh"][:, :1]}),
        ),
    },
    ("ps5_captioning", "classify_tasks"): {
        'labels should be a dict with a label for each letter from "a" to "l"': whole(list),
        "task c has the label None; expected one of one-to-one, one-to-many, many-to-one, many-to-many": whole(
            without("c")
        ),
        "task c has the label '1:n'; expected one of one-to-one, one-to-many, many-to-one, many-to-many": whole(
            lambda labels: {**labels, "c": "1:n"}
        ),
    },
    ("ps5_captioning", "build_vocab"): {
        "word_to_idx should be a dict from word to index": part(0, list),
        "idx_to_word should be a list of words": part(1, lambda words: dict(enumerate(words))),
    },
    ("ps5_captioning", "decode_captions"): {
        "for captions of shape (6, 12) text should be a list of 6 strings": (
            several("\n".join),
            several(lambda texts: [text.split() for text in texts]),
        ),
        "for captions of shape (6, 12) text should be a list of 6 strings, found 5": several(lambda texts: texts[1:]),
        "for a caption of shape (12,) text should be a string": whole(list),
    },
    ("ps5_captioning", "init_captioning"): {
        PARAMS: whole(list),
        "params has no Wh, b": whole(without("b", "Wh")),
        "params holds W_out, which the description does not name": whole(lambda params: {**params, "W_out": 0}),
    },
    ("ps5_captioning", "caption_loss"): {GRADS: part(1, list)},
    ("ps5_captioning", "CaptioningRNN"): {
        PARAMS: attribute("params", list),
        GRADS: attribute("loss", part(1, list)),
    },
    ("ps5_captioning", "CaptioningRNN", "16 captions learned by heart"): {
        "sample returned shape (16, 6); expected (16, 7)": attribute("sample", whole(lambda captions: captions[:, 1:])),
    },
    ("ps6_beyond", "greedy_search"): SEARCH,
    ("ps6_beyond", "beam_search"): SEARCH,
    ("ps6_beyond", "pixel_loss"): {GRADS: part(1, list), "grads has no b, c": part(1, without("b", "c"))},
    ("ps6_beyond", "sample_images"): {
        "images has shape (8000, 6); expected (8000, 2, 3)": whole(lambda images: images.reshape(len(images), -1)),
    },
    ("ps6_beyond", "encode_backward"): {GRADS: whole(list), "grads has no b_enc": whole(without("b_enc"))},
    ("ps6_beyond", "seq2seq_loss"): {GRADS: part(1, list), "grads has no b_dec": part(1, without("b_dec"))},
}


ROWS = [
    (place, sentence, fault)
    for place, sentences in SENTENCES.items()
    for sentence, faults in sentences.items()
    for fault in (faults if isinstance(faults, tuple) else (faults,))
]


@functools.cache
def raised_at(place, sentence, fault):
    """The file and the line that say the sentence of a row; fails if none does."""
    name, function, *label = place
    problem_set = load(name)
    found = problem_set.check(function)
    number, case = next((i, case) for i, case in enumerate(found.cases) if [case.label] == (label or [""]))
    inputs = found.draw(np.random.default_rng([1, number]), drawing_data(), **case.sizes)
    spoilt = fault(problem_set.reference.plain[function])
    with pytest.raises(AssertionError, match=f"^{re.escape(sentence)}$") as caught:
        run_call(found, problem_set.reference.code((), {function: spoilt}), inputs)
    return caught.traceback[-1].path, caught.traceback[-1].lineno + 1


@pytest.mark.parametrize(("place", "sentence", "fault"), ROWS, ids=[f"{row[0][1]}: {row[1]}" for row in ROWS])
def test_a_fault_is_said_in_its_sentence(place, sentence, fault):
    assert raised_at(place, sentence, fault)[0] == TABLES / f"{place[0]}.py"


def test_the_notebook_says_it_too(monkeypatch):
    (name, function), sentence, fault = next(row for row in ROWS if row[0] == ("ps3_flow", "vanishing_powers"))
    monkeypatch.chdir(ROOT / "assignments" / name)  # where its expected.h5 is
    monkeypatch.delenv("UNROLL_GRADING", raising=False)
    with pytest.raises(CheckFailed, match=f"^{re.escape(sentence)}$"):
        check(fault(load(name).reference.plain[function]))


def test_every_sentence_of_the_tables_is_said_by_some_row():
    said, unsaid = {raised_at(*row) for row in ROWS}, []
    for path in sorted(TABLES.glob("ps*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert) and node.msg:
                if not any((path, line) in said for line in range(node.lineno, node.end_lineno + 1)):
                    unsaid.append(f"{path.name}:{node.lineno}: {ast.unparse(node.msg)}")
    assert not unsaid
