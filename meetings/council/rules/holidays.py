"""Public holidays of each part of France (C. trav. L3133-1 and following), and Easter, on which four of them hang.

They never change clear days (rule C1): they serve to plan, and to move the end of delays for an appeal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from collab.core.i18n import Message, msg

FIRST_YEAR, LAST_YEAR = 1900, 2199


class Territory(StrEnum):
    """Parts of France with holidays of their own."""

    METROPOLE = "metropole"
    ALSACE_MOSELLE = "alsace_moselle"
    GUADELOUPE = "guadeloupe"
    MARTINIQUE = "martinique"
    GUYANE = "guyane"
    REUNION = "reunion"
    MAYOTTE = "mayotte"
    SAINT_MARTIN = "saint_martin"
    SAINT_BARTHELEMY = "saint_barthelemy"


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day and its name."""

    date: date
    name: Message


@dataclass(frozen=True, slots=True)
class _Feast:
    """A holiday as the law names it: a day of the year, or so many days from Easter. Both years are included."""

    name: Message
    day: tuple[int, int] | None = None
    from_easter: int = 0
    first_year: int = FIRST_YEAR
    last_year: int = LAST_YEAR
    territory: Territory | None = None


_ABOLITION = msg("Abolition of slavery")
_VICTORY = msg("Victory of 1945")

FEASTS: Sequence[_Feast] = (
    _Feast(msg("New Year’s Day"), (1, 1)),
    _Feast(msg("Good Friday"), from_easter=-2, territory=Territory.ALSACE_MOSELLE),
    _Feast(msg("Easter Monday"), from_easter=1),
    _Feast(msg("Labour Day"), (5, 1), first_year=1947),
    # loi du 20 mars 1953, décret du 11 avril 1959, loi 81-893
    _Feast(_VICTORY, (5, 8), first_year=1953, last_year=1958),
    _Feast(_VICTORY, (5, 8), first_year=1982),
    _Feast(msg("Ascension Day"), from_easter=39),
    _Feast(msg("Whit Monday"), from_easter=50),
    _Feast(msg("National Day"), (7, 14)),
    _Feast(msg("Assumption"), (8, 15)),
    _Feast(msg("All Saints’ Day"), (11, 1)),
    _Feast(msg("Armistice of 1918"), (11, 11), first_year=1922),
    _Feast(msg("Christmas Day"), (12, 25)),
    _Feast(msg("Saint Stephen’s Day"), (12, 26), territory=Territory.ALSACE_MOSELLE),
    # loi 83-550, décret 83-1003
    _Feast(_ABOLITION, (4, 27), first_year=1984, territory=Territory.MAYOTTE),
    _Feast(_ABOLITION, (5, 22), first_year=1984, territory=Territory.MARTINIQUE),
    _Feast(_ABOLITION, (5, 27), first_year=1984, territory=Territory.GUADELOUPE),
    _Feast(_ABOLITION, (5, 28), first_year=2018, territory=Territory.SAINT_MARTIN),
    _Feast(_ABOLITION, (5, 27), first_year=1984, last_year=2017, territory=Territory.SAINT_MARTIN),
    _Feast(_ABOLITION, (6, 10), first_year=1984, territory=Territory.GUYANE),
    _Feast(_ABOLITION, (10, 9), first_year=1984, territory=Territory.SAINT_BARTHELEMY),
    _Feast(_ABOLITION, (12, 20), first_year=1984, territory=Territory.REUNION),
)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)


def list_holidays(year: int, territory: Territory = Territory.METROPOLE) -> list[Holiday]:
    """The holidays of a year, in order (C. trav. L3133-1, L3134-13 for Alsace-Moselle, L3422-2 overseas).

    Good Friday counts in Alsace and Moselle where the commune has a Protestant church or a shared one.
    """
    sunday = easter(year)
    found = [
        Holiday(date(year, *feast.day) if feast.day else sunday + timedelta(days=feast.from_easter), feast.name)
        for feast in FEASTS
        if feast.territory in (None, territory) and feast.first_year <= year <= feast.last_year
    ]
    return sorted(found, key=lambda holiday: holiday.date)


def holidays_between(first: date, last: date, territory: Territory = Territory.METROPOLE) -> dict[date, Message]:
    """The holidays from one day to another, both included. Two of them may fall on one day: the first named counts."""
    found: dict[date, Message] = {}
    for year in range(first.year, last.year + 1):
        for holiday in list_holidays(year, territory):
            if first <= holiday.date <= last:
                found.setdefault(holiday.date, holiday.name)
    return found
