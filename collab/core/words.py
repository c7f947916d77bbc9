"""Words as a search compares them: without case, accents, elisions and the common endings of French. Pure.

Whoever makes text searchable stores `fold_words`; whoever searches folds what was typed in the same way. An ending is
only ever cut off, never replaced, so that what a word is compared by is the beginning of the word: what somebody has
typed of a word so far finds it (`beginnings`). Why it is so: docs/adr/0029.
"""

import re
import unicodedata
from collections.abc import Iterator

MOST_LETTERS = 40  # of a word; what is longer is no word that somebody would type
SHORTEST = 3  # of what is left of a word

# Letters that Unicode does not take apart, as people type them who lack them.
_LETTERS = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_ELISION = re.compile(r"(?<![^\W_])(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’ʼ](?=[^\W_])")
_WORD = re.compile(r"[^\W_]+")

# Endings and what must stand before each; the first that leaves enough of the word is cut off.
_ENDINGS = (
    ("trice", ""),  # directrice, directeur
    ("teur", ""),
    ("ere", ""),  # première, premier
    ("er", ""),
    ("ee", ""),  # votée, voté
    ("le", "l"),  # annuelle, annuel
    ("ne", "n"),  # ancienne, ancien
    ("te", "t"),  # cadette, cadet
    ("le", "a"),  # municipale, municipal, municipaux
    ("il", "a"),  # travail, travaux
    ("l", "a"),
    ("ux", "a"),
    ("u", "ea"),  # bureau, bureaux
    ("se", "eu"),  # heureuse, heureux
    ("ve", "i"),  # active, actif
    ("f", "i"),
    ("e", ""),
)
_PLURAL = re.compile(r"s$|(?<=eu|ou)x$|(?<=eau)x$")
_PLURAL_LETTERS = ("s", "x")


def fold(text: str) -> str:
    """Without case, accents and ligatures; the same for all forms of Unicode."""
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in bare if not unicodedata.combining(char)).translate(_LETTERS)


def split_words(text: str) -> Iterator[str]:
    """The words of a text, folded, with their endings; an article that leans on a word is none."""
    folded = _ELISION.sub(" ", fold(text))
    return (match[0][:MOST_LETTERS] for match in _WORD.finditer(folded))


def stem(word: str) -> str:
    """A folded word without what makes it feminine, plural or a participle: always a beginning of it."""
    if not word.isascii() or not word.isalpha():
        return word
    if len(word) > SHORTEST and _PLURAL.search(word):
        word = word[:-1]
    for ending, before in _ENDINGS:
        if word.endswith(before + ending) and len(word) - len(ending) >= SHORTEST:
            return word[: -len(ending)]
    return word


def stems(text: str) -> list[str]:
    """What the words of a text are compared by, in their order."""
    return [stem(word) for word in split_words(text)]


def fold_words(text: str, most: int) -> str:
    """The stems of a text with spaces between, `most` bytes at most: what an index takes."""
    parts: list[str] = []
    size = 0
    for word in stems(text):
        size += len(word.encode()) + 1
        if size > most:
            break
        parts.append(word)
    return " ".join(parts)


# What may have been typed of an ending: each beginning of each, in the plural too.
_BEGUN = frozenset(
    (ending + plural)[:size]
    for ending in ("", *(ending for ending, _ in _ENDINGS))
    for plural in ("", *_PLURAL_LETTERS)
    for size in range(1, len(ending + plural) + 1)
)
_LONGEST = max(map(len, _BEGUN))


def beginnings(typed: str) -> list[str]:
    """The stems that a folded word may have of which `typed` is what has been typed so far and which are shorter."""
    cuts = range(1, min(_LONGEST, len(typed) - SHORTEST) + 1)
    return [typed[:-cut] for cut in cuts if typed[-cut:] in _BEGUN] if typed.isascii() and typed.isalpha() else []
