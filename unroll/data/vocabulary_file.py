"""Read a vocabulary file and tell its faults."""

from __future__ import annotations

import json
from pathlib import Path

from unroll.data.faults import file_fault, in_all
from unroll.data.layout import SPECIALS


def read_vocabulary(path: Path) -> tuple[list[str], list[str]]:
    """The words of a vocabulary file in the order of their indices, and its faults; with faults, maybe no words."""
    if fault := file_fault(path):
        return [], [fault]
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return [], [f"{path.name}: expected JSON, found something else ({type(error).__name__}: {error})"]
    if not isinstance(content, dict) or not {"idx_to_word", "word_to_idx"} <= content.keys():
        return [], [f"{path.name}: expected an object with idx_to_word and word_to_idx, found {_outline(content)}"]
    words, index = content["idx_to_word"], content["word_to_idx"]
    if not isinstance(words, list):
        return [], [f"{path.name}: expected idx_to_word to be a list, found {type(words).__name__}"]
    faults = []
    wrong = [i for i, word in enumerate(words) if not isinstance(word, str)]
    if wrong:
        first = f"{words[wrong[0]]!r} at {wrong[0]}"
        return [], [f"{path.name}: idx_to_word: expected text, found {first} ({in_all(len(wrong), 'entry')})"]
    if tuple(words[:4]) != SPECIALS:
        faults.append(f"{path.name}: idx_to_word: expected {', '.join(SPECIALS)} at 0-3, found {words[:4]}")
    place: dict[str, int] = {}
    twice = [i for i, word in enumerate(words) if place.setdefault(word, i) != i]
    if twice:
        word = words[twice[0]]
        first = f"{word!r} at {place[word]} and at {twice[0]}"
        faults.append(
            f"{path.name}: idx_to_word: expected distinct words, found {first} ({in_all(len(twice), 'entry')})"
        )
    return words, faults + _inverse_faults(path.name, place, index)


def _inverse_faults(name: str, place: dict[str, int], index: object) -> list[str]:
    """place: the index of every word of idx_to_word. index: word_to_idx."""
    if not isinstance(index, dict):
        return [f"{name}: expected word_to_idx to be an object, found {type(index).__name__}"]
    faults = []
    lost = [word for word in place if type(index.get(word)) is not int or index[word] != place[word]]
    if lost:
        word = lost[0]
        found = repr(index[word]) if word in index else "no such word"
        faults.append(
            f"{name}: word_to_idx: expected {place[word]} for {word!r}, found {found} ({in_all(len(lost), 'word')})"
        )
    extra = sorted(index.keys() - place.keys())
    if extra:
        faults.append(
            f"{name}: word_to_idx: has {extra[0]!r}, expected only words of idx_to_word ({in_all(len(extra), 'word')})"
        )
    return faults


def _outline(content: object) -> str:
    if isinstance(content, dict):
        return f"one with {', '.join(map(str, content)) or 'nothing'}"[:100]
    return type(content).__name__
