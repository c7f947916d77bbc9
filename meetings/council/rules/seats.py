"""Seats by proportional representation: the quota, then the highest remainders or the highest averages.

CGCT L1411-5, D1411-3 to D1411-5 for tender and delegation commissions, CASF R123-8 for the CCAS (remainders); averages
only where a text says so (L5211-6-2). All figures are exact fractions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.elections import List
from meetings.council.rules.entries import (
    COMMUNES,
    DEPARTEMENTS,
    GROUPINGS,
    REGIONS,
    Assembly,
    Entry,
    Finding,
    find,
    ok,
    warning,
)


class Method(StrEnum):
    """How the seats that the quota leaves are given."""

    HIGHEST_REMAINDER = "highest_remainder"
    HIGHEST_AVERAGE = "highest_average"


ARTICLES: Mapping[Method, str] = {
    Method.HIGHEST_REMAINDER: "CGCT L1411-5, D1411-3 à D1411-5",
    Method.HIGHEST_AVERAGE: "CGCT L5211-6-2",
}
# Members of tender and delegation commissions beside their president; as many substitutes.
TENDER_SEATS: Sequence[Entry[int]] = (
    Entry(3, "CGCT L1411-5", COMMUNES, largest=3499),
    Entry(5, "CGCT L1411-5", COMMUNES | GROUPINGS | DEPARTEMENTS | REGIONS),
)
TENDENCIES: Sequence[Entry[bool]] = (Entry(True, "CGCT L2121-22", COMMUNES, smallest=1000),)


@dataclass(frozen=True, slots=True)
class Given:
    """What a list got: by the quota, then one by one; `remainder`: votes the quota left it."""

    name: str
    by_quota: int
    remainder: Fraction
    more: int

    @property
    def seats(self) -> int:
        """All of it."""
        return self.by_quota + self.more


@dataclass(frozen=True, slots=True)
class Sharing:
    """The seats, explained: the quota is votes cast by seats."""

    quota: Fraction
    given: Sequence[Given]
    article: str


def share_seats(method: Method, seats: int, lists: Sequence[List]) -> Sharing:
    """The seats of each list (rule V6); equal remainders or averages: the list with most votes, then the oldest.

    Raises Invalid by field for figures that cannot be, and when age must decide and is not known.
    """
    _check(seats, lists)
    cast = sum(one.votes for one in lists)
    quota = Fraction(cast, seats)
    by_quota = [int(one.votes / quota) for one in lists]
    remainders = [one.votes - quota * got for one, got in zip(lists, by_quota, strict=True)]
    more = [0] * len(lists)
    left = seats - sum(by_quota)
    if method is Method.HIGHEST_REMAINDER:
        _give(more, left, lists, remainders)
    else:
        averages = [Fraction(one.votes, got + 1) for one, got in zip(lists, by_quota, strict=True)]
        while left:
            best = max(averages)
            equals = [number for number, average in enumerate(averages) if average == best]
            # Equals get theirs one after the other: between them age matters only for the last seat.
            if len(equals) > left:
                _give(more, left, lists, averages)
                break
            for number in equals:
                more[number] += 1
                averages[number] = Fraction(lists[number].votes, by_quota[number] + more[number] + 1)
            left -= len(equals)
    given = [Given(one.name, by_quota[number], remainders[number], more[number]) for number, one in enumerate(lists)]
    return Sharing(quota, given, ARTICLES[method])


def _give(more: list[int], count: int, lists: Sequence[List], measure: Sequence[Fraction]) -> None:
    """One more seat to each of the `count` lists with the greatest measure."""
    order = sorted(range(len(lists)), key=lambda number: (measure[number], lists[number].votes), reverse=True)
    for number in _by_age(order, count, lists, measure)[:count]:
        more[number] += 1


def _by_age(order: list[int], count: int, lists: Sequence[List], measure: Sequence[Fraction]) -> list[int]:
    """The same order, with age between those that are equal where the last seat falls; nobody else's age matters."""
    if not 0 < count < len(order):
        return order
    limit = (measure[order[count - 1]], lists[order[count - 1]].votes)
    equals = [number for number in order if (measure[number], lists[number].votes) == limit]
    first = order.index(equals[0])
    if first + len(equals) <= count:
        return order
    unknown = [number for number in equals if lists[number].average_age is None]
    if unknown:
        words = msg("Votes are equal, and age decides: it is needed here.")
        raise Invalid("council.age_needed", words, errors={f"lists.{number}.average_age": words for number in unknown})
    ages = {number: lists[number].average_age or Fraction(0) for number in equals}
    equals.sort(key=ages.__getitem__, reverse=True)
    last, next_ = equals[count - first - 1], equals[count - first]
    if ages[last] == ages[next_]:
        words = msg("Votes and ages are equal: no text says which list has the seat.")
        raise Invalid("council.undecided", words, errors={"lists": words})
    return [*order[:first], *equals, *order[first + len(equals) :]]


def _check(seats: int, lists: Sequence[List]) -> None:
    errors: dict[str, Message] = {}
    if seats < 1:
        errors["seats"] = msg("At least %(min)s.", min=1)
    if not sum(one.votes for one in lists if one.votes > 0):
        errors["lists"] = msg("Give the lists and their votes: without a vote there is nothing to share.")
    errors |= {
        f"lists.{number}.votes": msg("At least %(min)s.", min=0) for number, one in enumerate(lists) if one.votes < 0
    }
    if errors:
        raise Invalid("council.impossible", errors=errors)


def tender_seats(assembly: Assembly, on: date, population: int = 0) -> tuple[int, str] | None:
    """How many members a tender or delegation commission has beside its president (CGCT L1411-5, rule V6)."""
    entry = find(TENDER_SEATS, assembly, on, population=population)
    return None if entry is None else (entry.value, entry.article)


def check_tendencies(seats: Mapping[str, int], *, population: int, on: date) -> Finding:
    """Whether each tendency has a seat in a municipal commission, from 1 000 inhabitants on (CGCT L2121-22, rule V6).

    For smaller communes since 2026 the text was not read: none is asked for here.
    """
    entry = find(TENDENCIES, Assembly.COMMUNE, on, population=population)
    without = sorted(name for name, count in seats.items() if count == 0)
    if entry is None or not without:
        return ok(msg("Each tendency that must have a seat has one."), "CGCT L2121-22")
    return warning(msg("Without a seat: %(names)s.", names=", ".join(without)), entry.article)
