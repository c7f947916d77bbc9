"""Appointments in rounds, lists of adjoints, and seniority: two rounds by absolute majority, the third by relative
majority, and age where votes are equal (CGCT L2121-21, L2122-7, L2122-7-2; rules V4 and V5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.ballots import Outcome, Result
from meetings.council.rules.entries import (
    CCAS,
    COMMISSIONS,
    COMMUNES,
    DEPARTEMENTS,
    GROUPINGS,
    MAJORITY,
    REGIONS,
    RENEWAL_2026,
    Assembly,
    Entry,
    Finding,
    error,
    find,
    ok,
)

LAST_ROUND = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who stands, with their votes in this round; `born` decides between equals in the third."""

    name: str
    votes: int
    born: date | None = None

    @property
    def seniority(self) -> Fraction | None:
        """The greater, the older."""
        return None if self.born is None else Fraction(-self.born.toordinal())


@dataclass(frozen=True, slots=True)
class List:
    """A list that stands, with the average age of its candidates."""

    name: str
    votes: int
    average_age: Fraction | None = None

    @property
    def seniority(self) -> Fraction | None:
        """The greater, the older."""
        return self.average_age


class _Standing(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def votes(self) -> int: ...
    @property
    def seniority(self) -> Fraction | None: ...


M = TypeVar("M")

ROUNDS: Sequence[Entry[int]] = (
    Entry(LAST_ROUND, "CGCT L2121-21", COMMUNES | GROUPINGS | CCAS),
    Entry(LAST_ROUND, "CGCT L3121-15", DEPARTEMENTS),
    Entry(LAST_ROUND, "CGCT L4132-14", REGIONS),
    Entry(LAST_ROUND, "CGCT L3121-15, L4132-14", COMMISSIONS, certain=False),
)
# Adjoints on a list of alternating sexes: every commune since loi 2025-444.
LISTS_OF_ADJOINTS: Sequence[Entry[bool]] = (
    Entry(True, "CGCT L2122-7-2", COMMUNES, RENEWAL_2026),
    Entry(True, "CGCT L2122-7-2", COMMUNES, smallest=1000),
)


def elect(assembly: Assembly, candidates: Sequence[Candidate], *, round_: int, on: date) -> Outcome:
    """Who is elected in this round, if anybody (CGCT L2121-21, L3121-15, L4132-14; rule V4). Mayors are too (L2122-7).

    Raises Invalid by field when nobody stands, and when age must decide and is not known.
    """
    entry = find(ROUNDS, assembly, on)
    article = "CGCT L2121-21" if entry is None else entry.article
    return _elect(candidates, round_, article, "born", certain=entry is not None and entry.certain)


def elect_list(lists: Sequence[List], *, round_: int) -> Outcome:
    """Which list of adjoints is elected; equal votes in the third round: the highest average age (L2122-7-2, V5)."""
    return _elect(lists, round_, "CGCT L2122-7-2", "average_age", certain=True)


def _elect(standing: Sequence[_Standing], round_: int, article: str, field: str, *, certain: bool) -> Outcome:
    _check(standing)
    cast = sum(one.votes for one in standing)
    majority = MAJORITY.of(cast)
    best = max(one.votes for one in standing)
    first = [number for number, one in enumerate(standing) if one.votes == best]

    def outcome(result: Result, reason: Message, elected: str | None = None) -> Outcome:
        return Outcome(result, cast, majority, article, reason, elected, certain)

    if best >= majority:
        words = msg("%(name)s has the absolute majority.", name=standing[first[0]].name)
        return outcome(Result.ELECTED, words, standing[first[0]].name)
    if round_ < LAST_ROUND:
        return outcome(Result.NEXT_ROUND, msg("Nobody has the absolute majority: another round is held."))
    if best == 0:
        return outcome(Result.REJECTED, msg("No vote was cast: nobody is elected."))
    if len(first) == 1:
        words = msg("In the third round most votes are enough: %(name)s has them.", name=standing[first[0]].name)
        return outcome(Result.ELECTED, words, standing[first[0]].name)
    elder = _eldest(standing, first, "candidates" if field == "born" else "lists", field)
    words = msg("Votes are equal: %(name)s is elected by age.", name=standing[elder].name)
    return outcome(Result.ELECTED, words, standing[elder].name)


def _eldest(standing: Sequence[_Standing], equals: Sequence[int], place: str, field: str) -> int:
    unknown = [number for number in equals if standing[number].seniority is None]
    if unknown:
        words = msg("Votes are equal, and age decides: it is needed here.")
        raise Invalid("council.age_needed", words, errors={f"{place}.{number}.{field}": words for number in unknown})
    ages = [standing[number].seniority or Fraction(0) for number in equals]
    eldest = max(ages)
    if ages.count(eldest) > 1:
        words = msg("Votes and ages are equal: no text says who is elected.")
        raise Invalid("council.undecided", words, errors={place: words})
    return equals[ages.index(eldest)]


def _check(standing: Sequence[_Standing]) -> None:
    errors: dict[str, Message] = {}
    if not standing:
        errors["candidates"] = msg("Say who stands, with their votes.")
    if len({one.name for one in standing}) < len(standing):
        errors["candidates"] = msg("Two candidates have the same name: tell them apart.")
    errors |= {
        f"candidates.{number}.votes": msg("At least %(min)s.", min=0)
        for number, one in enumerate(standing)
        if one.votes < 0
    }
    if errors:
        raise Invalid("council.impossible", errors=errors)


def is_appointed_at_once(candidatures: int, posts: int) -> bool:
    """Whether appointments take effect at once, read out by the chair: one candidature for each post, or one list
    (CGCT L2121-21 al. 5, rule V4)."""
    return candidatures == posts


@dataclass(frozen=True, slots=True)
class Member(Generic[M]):
    """Somebody in exercise and when they were born."""

    who: M
    born: date


def presides_first(members: Sequence[Member[M]]) -> M:
    """Who chairs until the mayor is elected: the oldest (CGCT L2122-8)."""
    return min(members, key=lambda member: member.born).who


def order_of_table(elected: Mapping[M, tuple[date, int, date]]) -> list[M]:
    """The order of councillors after mayor and adjoints: since when they sit without a break, then most votes, then age
    (CGCT L2121-1). `elected`: the day, the votes of their list or their own, the date of birth."""
    return sorted(elected, key=lambda who: (elected[who][0], -elected[who][1], elected[who][2]))


def check_list(sexes: Sequence[str], *, population: int, on: date, replacement: bool = False) -> Finding:
    """Whether a list of adjoints alternates (CGCT L2122-7-2, rule V5); under 1 000 inhabitants one who replaces another
    may be of either sex."""
    article = "CGCT L2122-7-2"
    entry = find(LISTS_OF_ADJOINTS, Assembly.COMMUNE, on, population=population)
    if entry is None or (replacement and population < 1000):
        return ok(msg("No alternation is asked for."), article)
    if any(first == second for first, second in pairwise(sexes)):
        return error(msg("The list must alternate women and men."), article)
    return ok(msg("The list alternates."), article)
