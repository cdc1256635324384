"""Which submissions are unusually alike, function by function. Likeness is no proof of anything.

Short functions in NumPy look alike in honest classes, so no share of common text is suspicious by itself. What counts
is how rare the likeness of a pair is: of all pairs of this class, how many are at least as alike in this function?
Likeness is RapidFuzz's, of streams of tokens without comments, layout and the students' own names.
"""

from __future__ import annotations

import builtins
import csv
import io
import keyword
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder import parallel, whole_file
from autograder.classroom import course, grading
from autograder.classroom.report.grades_csv import safe_cell
from autograder.problem_set import ProblemSet, load
from autograder.submission import Unreadable, read
from autograder.submission.plain_text import one_line

OWN_CELLS = "own cells"  # code outside the problem set's cells counts as one more function
SUFFIX = "_solution"
FEWEST = 12  # tokens that a function must have beyond the released text to be compared
MOST = 4_000  # tokens of a function that are compared
RARE = 0.1  # of all pairs: so many at most are as alike in a function that is named
NEARLY_SAME = 0.95  # of the text in common: a function that is named by itself
WARNING = (
    "Likeness is no proof: students share notes, books, helpers and one right way to write it. Somebody is always on "
    "top of this list. Look for a gap between the first and the rest, and read both notebooks before you ask anyone."
)
WHOLE = "Alike over all functions, the most unusual first:"
SINGLE = "Other pairs with a function that is nearly the same in both, the rarest first:"
FUNCTIONS = "functions (text in common; one in how many pairs is so alike)"
_OMITTED = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_LANGUAGE = {
    *keyword.kwlist,
    *dir(builtins),
    *(name for kind in (np, np.ndarray, np.random.Generator, np.linalg, list, dict, str) for name in dir(kind)),
    "np",
    "numpy",
    "self",
}


@dataclass(frozen=True)
class Alike:
    """Two submissions in one function. share: of their tokens, 0 to 1. rarity: the share of pairs at least as alike."""

    function: str
    share: float
    rarity: float


@dataclass(frozen=True)
class Pair:
    """Two students. unusual: the sum over functions of -log10(rarity). functions: the rare ones, rarest first."""

    students: tuple[str, str]
    unusual: float
    functions: tuple[Alike, ...]


@dataclass(frozen=True)
class Likenesses:
    """pairs: the most unusual first. single: pairs beyond those, with a function that is nearly the same, rarest first.

    typical: the median of `unusual` over all pairs. compared: how many submissions. notes: who was left out.
    """

    problem_set: str
    pairs: tuple[Pair, ...]
    single: tuple[Pair, ...]
    typical: float
    compared: int
    notes: tuple[str, ...] = ()


def compare_class(root: Path, problem_set: str, *, top: int = 20) -> Likenesses:
    """Compare all submissions in root/submitted. Raises ValueError if there are fewer than two that can be read."""
    released = grading.released_notebook(problem_set)
    sources, notes = {}, []
    for outcome in course.find(root, problem_set):
        try:
            if outcome.problem or outcome.notebook is None:
                raise Unreadable(outcome.problem)
            submission = read(outcome.notebook, released)
        except Unreadable as error:
            notes.append(f"{one_line(outcome.student, 60)} is left out: {one_line(str(error))}")
            continue
        sources[outcome.student] = [(cell.grade_id, cell.source) for cell in submission.cells]
    return compare(sources, load(problem_set), released, top=top, notes=notes)


def compare(
    sources: Mapping[str, Iterable[tuple[str, str]]],
    problem_set: ProblemSet,
    released: Mapping[str, Any],
    *,
    top: int = 20,
    notes: Iterable[str] = (),
) -> Likenesses:
    """Compare submissions: student -> (grade_id, text) of each code cell.

    Raises ValueError if there are fewer than two, RuntimeError if RapidFuzz is missing.
    """
    if len(sources) < 2:
        raise ValueError(f"at least two submissions that can be read were expected; found {len(sources)}")
    students = sorted(sources)
    stubs = {
        cell["metadata"].get("nbgrader", {}).get("grade_id", ""): "".join(cell["source"])
        for cell in released["cells"]
        if cell["cell_type"] == "code"
    }
    known = _LANGUAGE | {name for check in problem_set.checks for name in (check.name, *check.swap)}
    written = [_functions(sources[student], stubs, known) for student in students]
    reference = _functions(problem_set.reference.cells.items(), stubs, known)
    names = [*(name for name in stubs if name.endswith(SUFFIX)), OWN_CELLS]
    first, second = np.triu_indices(len(students), 1)
    unusual = np.zeros(len(first))
    shares = {}
    for name in names:
        share = _likeness([functions.get(name, ()) for functions in (*written, reference)])
        rarity = _rarity(share, first, second)
        shares[name] = share[first, second], rarity
        unusual -= np.log10(rarity)
    order = [i for i in np.argsort(-unusual, kind="stable")[:top] if unusual[i] > 0]

    def pair(i: int, functions: tuple[Alike, ...]) -> Pair:
        return Pair((students[first[i]], students[second[i]]), float(unusual[i]), functions)

    pairs = tuple(pair(i, _rare(shares, i)) for i in order)
    few = 1 / len(students)  # more pairs than that are alike where there is one obvious way
    single = tuple(pair(i, (alike,)) for i, alike in _nearly_same(shares, few, top, set(order)))
    return Likenesses(problem_set.name, pairs, single, float(np.median(unusual)), len(students), tuple(notes))


def command(root: Path, problem_set: str, out: Path, *, top: int = 20) -> str:
    """Compare a class, write the CSV to `out`; the table."""
    found = compare_class(root, problem_set, top=top)
    whole_file.write(out, as_csv(found))
    return f"{as_text(found)}\n\nThe same as a spreadsheet: {out}"


def as_text(found: Likenesses) -> str:
    """The most unusual pairs as a table, with what it does not mean."""
    head = (
        f"{found.problem_set}: {found.compared} submissions, {found.compared * (found.compared - 1) // 2:,} pairs; "
        f"half of the pairs are below {found.typical:.1f}."
    )
    lines = [head, WARNING, ""]
    if not found.pairs:
        lines.append("No two submissions are alike beyond the released text and the reference solution.")
    for title, pairs in ((WHOLE, found.pairs), (SINGLE, found.single)):
        if not pairs:
            continue
        width = max(len(_pair(pair)) for pair in pairs)
        lines += [
            title,
            f"unusual  {'students':<{width}}  functions (text in common; one in how many pairs is so alike)",
        ]
        for pair in pairs:
            functions = "; ".join(map(_words, pair.functions))
            lines.append(f"{pair.unusual:7.1f}  {_pair(pair):<{width}}  {functions}".rstrip())
        lines.append("")
    return "\n".join([*lines, *(f"- {note}" for note in found.notes)]).rstrip()


def as_csv(found: Likenesses) -> str:
    """A row for each pair and function, safe to open in a spreadsheet."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["rank", "student", "other_student", "unusual", "function", "common_text", "pairs_so_alike"])
    for rank, pair in enumerate((*found.pairs, *found.single), 1):
        for alike in pair.functions or (None,):
            of = [safe_cell(_title(alike)), f"{alike.share:.3f}", f"{alike.rarity:.2g}"] if alike else ["", "", ""]
            writer.writerow([rank, *map(safe_cell, pair.students), f"{pair.unusual:.2f}", *of])
    return table.getvalue()


def _pair(pair: Pair) -> str:
    return " and ".join(one_line(student, 40) for student in pair.students)


def _words(alike: Alike) -> str:
    return f"{_title(alike)} {alike.share:.0%} (1 in {round(1 / alike.rarity):,})"


def _title(alike: Alike) -> str:
    return alike.function.removesuffix(SUFFIX)


def _functions(
    cells: Iterable[tuple[str, str]], stubs: Mapping[str, str], known: set[str]
) -> dict[str, tuple[str, ...]]:
    """Solution cell -> its tokens, without the released text and without what is too short to tell."""
    found: dict[str, list[str]] = {}
    for grade_id, source in cells:
        if grade_id in stubs and not grade_id.endswith(SUFFIX):
            continue  # locked, or given
        name = grade_id if grade_id in stubs else OWN_CELLS
        found.setdefault(name, []).extend(_tokens(source, stubs.get(grade_id, ""), known))
    return {name: tuple(tokens[:MOST]) for name, tokens in found.items() if len(tokens) >= FEWEST}


def _tokens(source: str, stub: str, known: set[str]) -> list[str]:
    """The tokens of a cell but for its lines that were released; the students' own names are all one."""
    given = _lines(stub, known)
    kept = []
    for line in _lines(source, known):
        if line in given:
            given.remove(line)
        else:
            kept += line
    return kept


def _lines(source: str, known: set[str]) -> list[list[str]]:
    """Logical lines as normalised tokens, without comments and texts that stand alone; up to the first error."""
    lines: list[list[str]] = [[]]
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                lines.append([])
            elif token.type not in _OMITTED:
                lines[-1].append(_normal(token, known))
    except (tokenize.TokenError, SyntaxError):  # what comes before is compared all the same
        pass
    return [line for line in lines if line and line != ["text"]]


def _normal(token: tokenize.TokenInfo, known: set[str]) -> str:
    if token.type == tokenize.NAME:
        return token.string if token.string in known else "name"
    return "text" if token.type == tokenize.STRING else token.string


def _likeness(written: Sequence[tuple[str, ...]]) -> np.ndarray:
    """(n, n) shares of common tokens; 0 for who has written nothing."""
    try:
        from rapidfuzz import process
        from rapidfuzz.distance import Indel
    except ImportError:
        raise RuntimeError("comparing submissions needs RapidFuzz: pip install rapidfuzz") from None
    different = {tokens: i for i, tokens in enumerate(dict.fromkeys(written))}
    alphabet: dict[str, str] = {}  # RapidFuzz is fastest on text: a character for each token, none of them a surrogate
    texts = [
        "".join(alphabet.setdefault(token, chr(0x100 + len(alphabet) % 0xD000)) for token in tokens)
        for tokens in different
    ]
    scorer, cores = Indel.normalized_similarity, parallel.cores()
    share = process.cdist(texts, texts, scorer=scorer, dtype=np.float32, workers=cores)
    if () in different:
        share[different[()]] = share[:, different[()]] = 0.0
    where = [different[tokens] for tokens in written]
    return share[where][:, where]


def _rarity(share: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """For each pair, the share of all pairs at least as alike; 1 for what the reference solution explains.

    share: as _likeness gives it, the reference last; it counts as one more of the class. Two who are no nearer to each
    other than one of them is to the reference have gone the way that leads there.
    """
    alike = share[first, second]
    everyone = np.sort(share[np.triu_indices(len(share), 1)])
    rarity = 1.0 - np.searchsorted(everyone, alike, side="left") / len(everyone)
    explained = alike <= np.maximum(share[first, -1], share[second, -1])
    return np.where(explained, 1.0, rarity)


def _rare(shares: Mapping[str, tuple[np.ndarray, np.ndarray]], pair: int) -> tuple[Alike, ...]:
    """The functions in which a pair is rarely alike; in a small class at least that of the most alike."""
    found = [Alike(name, float(share[pair]), float(rarity[pair])) for name, (share, rarity) in shares.items()]
    threshold = max(RARE, 1 / len(next(iter(shares.values()))[0]))
    return tuple(
        sorted((a for a in found if a.rarity <= threshold and a.rarity < 1), key=lambda a: (a.rarity, -a.share))
    )


def _nearly_same(
    shares: Mapping[str, tuple[np.ndarray, np.ndarray]], few: float, top: int, left_out: set[int]
) -> list[tuple[int, Alike]]:
    """Pairs that have nearly the same text in one function, the rarest such likenesses first, each pair once."""
    found = []
    for name, (share, rarity) in shares.items():
        candidates = np.flatnonzero((share >= NEARLY_SAME) & (rarity <= few))
        rarest = candidates[np.argsort(rarity[candidates], kind="stable")][: top + len(left_out)]
        found += [(int(i), Alike(name, float(share[i]), float(rarity[i]))) for i in rarest if i not in left_out]
    kept: dict[int, Alike] = {}
    for i, alike in sorted(found, key=lambda entry: (entry[1].rarity, -entry[1].share)):
        kept.setdefault(i, alike)
    return list(kept.items())[:top]
