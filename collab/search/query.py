"""What somebody typed into the search field, as terms. Pure.

Words must all be there; what stands in quotes, in this order; what has a minus before it must not be there. The last
word is taken for the beginning of one, as long as nothing follows it.
"""

import re
from dataclasses import dataclass

from collab.core.words import beginnings, fold, split_words, stem

MOST_TERMS = 12
MOST_IN_PHRASE = 12
SHORTEST_BEGINNING = 2

_PART = re.compile(r'(?P<minus>(?<!\S)[-−])?(?:["«“”](?P<phrase>[^"«»“”]*)(?:["»“”]|$)|(?P<word>[^\s"«»“”]+))')
# They are in every text: asking for them beside other words finds nothing better.
_SMALL = re.compile(
    "an?|aux?|ces?|d|dans|d[eu]s?|en|et|l[ae]?s?|leurs?|ou|par|pour|que|qui|s[ae]?s?|son|sur|une?"
    "|and|at|by|for|in|of|on|or|the|to|with"
)


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow one another, as stems. `last`: what is typed of the last one so far, which may go on."""

    stems: tuple[str, ...]
    last: str = ""

    @property
    def beginnings(self) -> tuple[str, ...]:
        """Stems shorter than what is typed of the last word; only of a term of one word that may go on."""
        return tuple(beginnings(self.last)) if self.last else ()


@dataclass(frozen=True, slots=True)
class Query:
    """`wanted`: all of these; `unwanted`: none of these."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()


def parse_query(text: str) -> Query:
    """The query in this text; one without a wanted term finds nothing."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    small: list[Term] = []
    for match in list(_PART.finditer(text))[:MOST_TERMS]:
        written = match["word"] if match["phrase"] is None else match["phrase"]
        words = list(split_words(written))[:MOST_IN_PHRASE]
        if not words:
            continue
        goes_on = match["phrase"] is None and not match["minus"] and match.end() == len(text) and _ends_in_word(text)
        is_begun = goes_on and len(words) == 1 and len(words[0]) >= SHORTEST_BEGINNING
        term = Term(tuple(stem(word) for word in words), words[0] if is_begun else "")
        if match["minus"]:
            unwanted.append(term)
        elif match["phrase"] is None and len(words) == 1 and _SMALL.fullmatch(words[0]):
            small.append(term)
        else:
            wanted.append(term)
    return Query(tuple(wanted or small), tuple(unwanted))


def _ends_in_word(text: str) -> bool:
    return fold(text)[-1:].isalnum()
