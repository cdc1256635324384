"""Mutants of the solutions: the operators make what they say, and no wrong solution is passed."""

import ast
import os

import pytest

from autograder.problem_set import load, names
from autograder.verify import tasks
from bench.mutation import run
from bench.mutation.__main__ import report
from bench.mutation.mutants import Mutant, mutants_of

SAMPLE = 9  # of each problem set

MADE = [  # a function's body, an operator, and what it makes of it
    ("return a + b", "arithmetic", {"return a - b"}),
    ("return a + b", "sign", {"return -a + b"}),
    ("return a - b", "term dropped", {"return a", "return -b"}),
    ("return a * b", "factor dropped", {"return a", "return b"}),
    ("return a * b", "arithmetic", {"return a / b", "return a + b"}),
    ("return a @ b", "operands exchanged", {"return b @ a"}),
    ("return a @ b", "transpose added", {"return a.T @ b", "return a @ b.T", "return (a @ b).T"}),
    ("return a.T", "transpose dropped", {"return a"}),
    ("return a * 2", "constant", {f"return a * {n}" for n in (3, 1, 0, 0.5)}),
    ("return f(True)", "constant", {"return f(False)"}),
    ("return a < b", "comparison", {"return a <= b", "return a > b"}),
    ("return a[b]", "index dropped", {"return a"}),
    ("return a[b]", "index shifted", {"return a[b + 1]", "return a[b - 1]"}),
    ("return a[:b]", "slice shifted", {"return a[1:b]", "return a[:b + 1]", "return a[:b - 1]"}),
    ("return a[:b]", "slice's bound dropped", {"return a[:]"}),
    ("return a[:b]", "slice reversed", {"return a[:b:-1]"}),
    ("return a[::b]", "slice's step dropped", {"return a[:]"}),
    ("return a.sum(axis=0)", "keepdims added", {"return a.sum(axis=0, keepdims=True)"}),
    ("return a.sum(axis=0)", "keyword dropped", {"return a.sum()"}),
    ("return a.sum(axis=0)", "similar function", {"return a.mean(axis=0)"}),
    ("return a.copy()", "call dropped", {"return a"}),
    ("return np.tanh(a)", "call dropped", {"return a"}),
    ("return f(a, b)", "arguments swapped", {"return f(b, a)"}),
    ("return (a, b)", "items swapped", {"return (b, a)"}),
    ("return a", "variable", {"return b"}),
    ("return -a", "sign or not dropped", {"return a"}),
    ("return a and b", "and, or exchanged", {"return a or b"}),
    ("return a and b", "condition dropped", {"return a", "return b"}),
    ("return a if b else 1", "branches exchanged", {"return 1 if b else a"}),
    ("return a if b else 1", "branch dropped", {"return a", "return 1"}),
    ("return [x for x in a if x]", "condition negated", {"return [x for x in a if not x]"}),
    ("return range(a)", "range's bound", {"return range(a + 1)", "return range(a - 1)", "return range(1, a)"}),
    ("return range(a)", "direction", {"return reversed(range(a))"}),
    ("return range(a, b, -1)", "range's step dropped", {"return range(a, b)"}),
    ("a += b", "+= becomes =", {"a = b"}),
    ("a += b", "sign", {"a -= b"}),
    ("a = b", "= becomes +=", {"a += b"}),
    ("a = a + b", "x = x + y becomes x += y", {"a += b"}),
    ("a = b[0]", "sign", {"a = -b[0]"}),
    ("if a:\n    b = 1", "condition negated", {"if not a:\n    b = 1"}),
    ("if a:\n    b = 1", "condition dropped", {"b = 1"}),
    ("if a:\n    b = 1\nelse:\n    b = 2", "else dropped", {"if a:\n    b = 1"}),
    ("while a:\n    break", "break becomes continue", {"while a:\n    continue"}),
    ("while a:\n    continue", "continue becomes break", {"while a:\n    break"}),
    ("a = 1\nreturn b", "statement deleted", {"return b", "a = 1"}),
    ("a = 1\nb = a\nreturn b", "statements exchanged", {"b = a\na = 1\nreturn b"}),
    (
        "b = 1\nfor x in a:\n    f(x)\n    g(x)\nreturn b",
        "moved out of the loop",
        {
            "b = 1\nfor x in a:\n    f(x)\ng(x)\nreturn b",
            "b = 1\nf(x)\nfor x in a:\n    g(x)\nreturn b",
        },
    ),
    (
        "b = 1\nfor x in a:\n    f(x)\nreturn b",
        "moved into the loop",
        {
            "for x in a:\n    b = 1\n    f(x)\nreturn b",
            "b = 1\nfor x in a:\n    f(x)\n    return b",
        },
    ),
]


def function(body: str) -> str:
    """The text of a function of two arguments, as `ast` writes it."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return ast.unparse(ast.parse(f"def f(a, b):\n{lines}"))


@pytest.mark.parametrize(("body", "operator", "made"), MADE, ids=[f"{b}-{o}" for b, o, _ in MADE])
def test_an_operator_makes_what_it_says(body, operator, made):
    found = {m.text for m in mutants_of("f", function(body)) if m.operator == operator}
    assert found == {function(new) for new in made}


def test_a_default_is_changed():
    found = {m.new for m in mutants_of("f", "def f(a, b=True):\n    return a")}
    assert "def f(a, b=False):" in found


def test_texts_of_errors_and_docstrings_are_left_alone():
    source = 'def f(a):\n    """Two, 2."""\n    assert a > 2, "more than 2"\n    raise ValueError(f"{a + 2}")'
    assert mutants_of("f", source) == []


def test_a_mutant_says_where_it_differs():
    source = (
        'def f(a):\n    """One\n    line, or more."""\n    b = a\n    for x in a:\n        b = x  # here\n    return b'
    )
    (moved,) = (m for m in mutants_of("f", source) if m.operator == "moved into the loop" and m.line == 5)
    assert (moved.old, moved.new) == ("return b", "    return b")
    assert str(moved) == "f, line 5: 'return b' -> '    return b'"


@pytest.fixture(scope="module")
def everything():
    """Problem set -> the mutants of its solutions."""
    return {name: run.all_mutants(load(name)) for name in names()}


def test_mutants_compile_differ_and_can_be_told_apart(everything):
    for mutants in everything.values():
        assert len(mutants) > 1000
        assert len({m.key for m in mutants}) == len({(m.function, m.text) for m in mutants}) == len(mutants)
        for mutant in mutants:
            compile(mutant.text, "<mutant>", "exec")


def test_the_same_mutants_are_made_and_drawn_every_time(everything):
    again = run.all_mutants(load("ps1_rnn"))
    assert again == everything["ps1_rnn"]
    assert run.sample(again, 5) == run.sample(everything["ps1_rnn"], 5)


def test_a_function_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="ps1_rnn has no function 'lstm'; it has VanillaRNN, rnn_step_forward, "):
        run.all_mutants(load("ps1_rnn"), "lstm")


def test_every_equivalent_is_still_a_mutant_of_the_solutions_and_has_a_reason(everything):
    present = {(name, *mutant.key) for name, mutants in everything.items() for mutant in mutants}
    listed = run.equivalents()
    gone = sorted(key for key in listed if key not in present)
    assert not gone, "the solutions changed: `python -m bench.mutation SET --function F` says which mutants survive now"
    assert all(why.endswith(".") and len(why) > 20 for why in listed.values())


def test_no_mutant_of_a_sample_is_passed(everything, jail):
    drawn = [(name, m) for name, mutants in everything.items() for m in run.sample(mutants, SAMPLE)]
    listed = run.equivalents()
    for name, outcome in run.run(drawn, os.cpu_count(), progress=False):
        equivalent = (name, *outcome.mutant.key) in listed
        assert (outcome.kind == run.SURVIVED) == equivalent, (name, str(outcome.mutant), outcome.hint)


@pytest.mark.parametrize(
    ("new", "kind", "names"),
    [
        ("next_h = x @ Wx + prev_h @ Wh + b", run.MISTAKE, "tanh_missing"),
        ("next_h = -np.tanh(x @ Wx + prev_h @ Wh + b)", run.RELATION, "sign"),
        ("next_h = np.tanh(prev_h @ Wh + b)", run.MISTAKE, "input_missing"),
        ("cache = (prev_h, x, Wx, Wh, next_h)", run.ELSEWHERE, ""),
        ("next_h = np.tanh(x @ Wh + prev_h @ Wh + b)", run.FAULT, ""),
    ],
)
def test_what_became_of_a_mutant(everything, jail, monkeypatch, new, kind, names):
    monkeypatch.setattr(tasks, "own_jail", jail, raising=False)
    (mutant,) = (m for m in everything["ps1_rnn"] if m.function == "rnn_step_forward" and m.new == new)
    found = run.examine("ps1_rnn", mutant)
    assert (found.kind, found.names, found.doubts) == (kind, names, ())


def outcome(kind, new, **more):
    return run.Outcome(Mutant("f", "sign", 2, "return a", new, ""), kind, "", "", "It is wrong.", **more)


def test_the_report_counts_and_lists_what_to_look_at():
    outcomes = [
        outcome(run.MISTAKE, "return b", doubts=("seed 2: sign",)),
        outcome(run.RELATION, "return c"),
        outcome(run.SURVIVED, "return d", passing=(1, 3)),
        outcome(run.SURVIVED, "return e", passing=(1, 2, 3)),
        outcome(run.KNOWN, "return g"),
    ]
    listed = {("ps", "f", 2, "return a", new): "why." for new in ("return e", "return g")}
    lines = report("ps", outcomes, listed).splitlines()
    assert lines[0] == "| ps | mutants | killed | equivalent | survived | named | names confirmed |"
    assert lines[2:4] == ["| f | 5 | 3 | 1 | 1 | 66.7% | 50.0% |", "| all | 5 | 3 | 1 | 1 | 66.7% | 50.0% |"]
    assert lines[4:] == [
        "name not confirmed: f, line 2: 'return a' -> 'return b': ; seed 2: sign",
        "survived: f, line 2: 'return a' -> 'return d' (with the seeds 1, 3)",
        "listed as equivalent, but killed: f, line 2: 'return a' -> 'return g': It is wrong.",
    ]
