"""Which words of a title or text were looked for, and the passage to show of a long text. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from collab.core.words import fold, split_words, stem
from collab.search.models import Piece
from collab.search.query import Query, Term

PASSAGE = 220  # characters
BEFORE = 60  # of them before the first word found
MOST_MARKS = 40

_SPACES = re.compile(r"\s+")


def mark(text: str, query: Query) -> list[Piece]:
    """The whole text, with the words that were looked for."""
    pieces: list[Piece] = []
    end = 0
    for start, stop in _places(text, query):
        if start > end:
            pieces.append(Piece(text=text[end:start]))
        pieces.append(Piece(text=text[start:stop], found=True))
        end = stop
    if end < len(text):
        pieces.append(Piece(text=text[end:]))
    return pieces


def passage(text: str, query: Query) -> list[Piece]:
    """The part of a text around the first word that was looked for, its spaces made one; empty without one."""
    first = next(_places(text, query), None)
    if first is None:
        return []
    start = max(first[0] - BEFORE, 0)
    if start:
        start = text.find(" ", start, first[0]) + 1 or start
    part = _SPACES.sub(" ", text[start : start + PASSAGE]).strip()
    ends = start + PASSAGE >= len(text)
    if not ends and " " in part[PASSAGE // 2 :]:
        part = part.rpartition(" ")[0]
    pieces = mark(part, query)
    return [*([Piece(text="… ")] if start else []), *pieces, *([] if ends else [Piece(text=" …")])]


def _places(text: str, query: Query) -> Iterator[tuple[int, int]]:
    """Where the words stand, in their order."""
    pattern = _pattern(query.wanted)
    if pattern is None:
        return
    wanted = {word for term in query.wanted for word in (*term.stems, *term.beginnings)}
    begun = tuple(term.last for term in query.wanted if term.last)
    count = 0
    for match in pattern.finditer(text):
        words = list(split_words(match[0]))
        if any(stem(word) in wanted or (begun and word.startswith(begun)) for word in words):
            yield match.span()
            count += 1
            if count == MOST_MARKS:
                return


@lru_cache(maxsize=64)
def _pattern(terms: tuple[Term, ...]) -> re.Pattern[str] | None:
    """Words that begin like one of these, however they are written; quick, and not exact."""
    beginnings = {word for term in terms for word in (*term.stems, *term.beginnings)}
    beginnings |= {term.last for term in terms if term.last}
    if not beginnings:
        return None
    alternatives = "|".join(map(_written, sorted(beginnings, key=len, reverse=True)))
    return re.compile(rf"(?<![^\W_])(?:{alternatives})[^\W_\s]*", re.IGNORECASE)


def _written(folded: str) -> str:
    """A pattern of the ways to write this folded word."""
    parts = (_ways().get(letter, re.escape(letter)) for letter in re.findall("oe|ae|ss|th|.", folded))
    return "".join(f"{part}[\u0300-\u036f]*" for part in parts)


@lru_cache(maxsize=1)
def _ways() -> dict[str, str]:
    """Each folded letter, or two, and the class of the Latin letters that fold to it."""
    found: dict[str, list[str]] = {}
    for code in (*range(0x61, 0x7B), *range(0xDF, 0x250), *range(0x1E00, 0x1F00)):
        letter = chr(code)
        if letter == letter.lower():
            found.setdefault(fold(letter), []).append(letter)
    pairs = {pair: f"(?:{pair}|[{''.join(found.get(pair, []))}])" for pair in ("oe", "ae", "ss", "th") if pair in found}
    return {letter: f"[{''.join(written)}]" for letter, written in found.items() if len(letter) == 1} | pairs
