"""What boards compute: ranks between ranks, columns of a new board, when a card is late. Pure.

A rank is a text of digits (0-9, a-z) that is read as a fraction: WIDTH digits count the places at the ends of a list,
further digits lie between two of those. Ranks are ordered by their bytes; between two there is always another one, so
that a move changes one row. The idea is that of fractional indexing (Figma, 2017).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from collab.core.i18n import Message, msg

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
WIDTH = 5
MIDDLE = BASE**WIDTH // 2
TOO_LONG = 40
KEEP_REMOVED = timedelta(days=30)

FIRST_COLUMNS: Sequence[tuple[Message, bool]] = (
    (msg("To do"), False),
    (msg("In progress"), False),
    (msg("Done"), True),
)
"""The columns of a new board, and whether the cards in them are finished."""


def rank_between(low: str | None, high: str | None) -> str:
    """A rank after `low` and before `high`; None is the beginning or the end of the list. `low` is below `high`."""
    if low is None and high is None:
        return _written(MIDDLE)
    if high is None and low is not None and (following := _place(low) + 1) < BASE**WIDTH:
        return _written(following)
    if low is None and high is not None and (preceding := _place(high) - 1) > 0:
        return _written(preceding)
    # A shorter one would be a place with zeros left out, which leaves no room between the two.
    return _middle(low or "", high).ljust(WIDTH, "0")


def spread(count: int) -> list[str]:
    """As many short ranks, in order: what a list gets anew when one of its ranks has grown TOO_LONG."""
    first = MIDDLE - count // 2
    return [_written(first + index) for index in range(count)]


def is_late(due: date | None, today: date, *, done: bool) -> bool:
    """Whether a card should be finished by now and is not; the day it is due is not late."""
    return due is not None and not done and due < today


def _place(rank: str) -> int:
    return int(rank[:WIDTH], BASE)


def _written(place: int) -> str:
    digits = ""
    for _ in range(WIDTH):
        place, digit = divmod(place, BASE)
        digits = DIGITS[digit] + digits
    return digits


def _middle(low: str, high: str | None) -> str:
    """Digits between two fractions; those of `high` do not end in 0, or are WIDTH, and None is one."""
    common = ""
    while True:
        index = len(common)
        below = DIGITS.index(low[index]) if index < len(low) else 0
        above = DIGITS.index(high[index]) if high is not None and index < len(high) else BASE
        if above - below > 1:
            return common + DIGITS[(below + above) // 2]
        common += DIGITS[below]
        if above > below:
            high = None
