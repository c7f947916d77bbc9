"""The agenda and those who may ask: what is convened by whom, which items may be voted on, notes, closed session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collab.core.i18n import msg
from meetings.council.rules.delays import add_months
from meetings.council.rules.entries import (
    COMMISSIONS,
    COMMUNES,
    DEPARTEMENTS,
    GROUPINGS,
    MAJORITY,
    REGIONS,
    RENEWAL_2020,
    Assembly,
    Entry,
    Finding,
    Share,
    error,
    find,
    kinds,
    ok,
    warning,
)
from meetings.council.rules.remote import Item

# Explanatory notes or reports on every item (L2121-12, L5211-1, L3121-19, L4132-18).
NOTES: Sequence[Entry[bool]] = (
    Entry(True, "CGCT L2121-12", COMMUNES, smallest=3500),
    Entry(True, "CGCT L5211-1", GROUPINGS, RENEWAL_2020),
    Entry(True, "CGCT L3121-19", DEPARTEMENTS),
    Entry(True, "CGCT L4132-18", REGIONS),
    Entry(True, "CGCT L3121-19-1, L4132-18-1", COMMISSIONS, certain=False),
    Entry(True, "CASF R123-16", kinds(Assembly.CCAS), smallest=3500, certain=False),
)
# Who makes the chair convene within thirty days (L2121-9).
ON_REQUEST: Sequence[Entry[Share]] = (
    Entry(MAJORITY, "CGCT L2121-9", COMMUNES, largest=999),
    Entry(Share(1, 3), "CGCT L2121-9", COMMUNES | GROUPINGS, smallest=1000),
)
CLOSED_REQUESTS: Sequence[Entry[int]] = (
    Entry(3, "CGCT L2121-18", COMMUNES),
    Entry(5, "CGCT L5211-11", GROUPINGS),
    Entry(5, "CGCT L3121-11", DEPARTEMENTS),
    Entry(5, "CGCT L4132-10", REGIONS),
)
STANDING_ORDERS: Sequence[Entry[int]] = (
    Entry(6, "CGCT L2121-8", COMMUNES, smallest=1000),
    Entry(6, "CGCT L2121-8, L5211-1", GROUPINGS, smallest=1000),
)

UNVOTED = frozenset((Item.MISCELLANEOUS, Item.ORAL_QUESTION, Item.INFORMATION))


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that must be done by a day."""

    due: date
    article: str


def check_author(*, is_chair: bool, is_substitute: bool) -> Finding:
    """Who convenes: the mayor or president, or who replaces them by law (CGCT L2121-10, L2122-17; rule C2)."""
    article = "CGCT L2121-10, L2122-17"
    if is_chair or is_substitute:
        return ok(msg("The convocation comes from who may convene."), article)
    return error(msg("Only the mayor or president convenes, or who replaces them by law."), article)


def requests_to_convene(assembly: Assembly, in_exercise: int, on: date, population: int = 0) -> tuple[int, str] | None:
    """How many members in exercise oblige the chair to convene, and the article (CGCT L2121-9, rule C2)."""
    entry = find(ON_REQUEST, assembly, on, population=population)
    return None if entry is None else (entry.value.of(in_exercise), entry.article)


def convene_by(requested: date) -> Duty:
    """Until when a requested sitting is to be convened: thirty days (CGCT L2121-9, rule C2)."""
    return Duty(requested + timedelta(days=30), "CGCT L2121-9")


def check_dispatch(*, in_exercise: Sequence[str], sent_to: Sequence[str]) -> Finding:
    """Every member in exercise is convened, at the address and in the way they chose (CGCT L2121-10, rule C3)."""
    missing = len(set(in_exercise) - set(sent_to))
    if missing:
        return error(msg("Members in exercise were not convened: %(missing)s.", missing=missing), "CGCT L2121-10")
    return ok(msg("Every member in exercise is convened."), "CGCT L2121-10")


def check_note(
    assembly: Assembly, on: date, *, has_note: bool, population: int = 0, added_later: bool = False, icpe: bool = False
) -> Finding:
    """Whether an item has the note or report that it needs when the convocation leaves (rule C5).

    `icpe`: an installation classified for the environment, for which every commune sends one. `added_later`: documents
    that followed the convocation; a note may be replaced by equivalent ones that went with it (CE, 2016, n° 381168).
    """
    entry = find(NOTES, assembly, on, population=population)
    if entry is None and not icpe:
        return ok(msg("No explanatory note is needed."), "CGCT L2121-11")
    article = "CGCT L2121-12" if entry is None else entry.article
    if not has_note:
        words = msg("An explanatory note or report goes with the convocation.")
        return warning(words, article) if entry is not None and not entry.certain else error(words, article)
    if added_later:
        return warning(msg("Documents were added after the convocation had left."), article)
    return ok(msg("The item has its note."), article)


def may_vote_on(item: Item, *, listed: bool) -> Finding:
    """Whether a deliberation may be taken on an item (CGCT L2121-10, L2121-19; CE, 29 septembre 1982; rules C4, D3)."""
    if not listed:
        return error(msg("Only what is on the agenda may be deliberated."), "CGCT L2121-10")
    if item is Item.MISCELLANEOUS:
        return error(msg("No vote is taken under miscellaneous questions."), "CE, 29 septembre 1982")
    if item in UNVOTED:
        return error(msg("No vote is taken on this item."), "CGCT L2121-19")
    return ok(msg("The item may be voted on."), "CGCT L2121-10")


def requests_to_close(assembly: Assembly, on: date) -> tuple[int, str] | None:
    """How many members may ask for a closed session, the chair alone too (L2121-18, L5211-11, L3121-11, L4132-10;
    rule D1); None where the sittings are not public."""
    entry = find(CLOSED_REQUESTS, assembly, on)
    return None if entry is None else (entry.value, entry.article)


def standing_orders_by(assembly: Assembly, installed: date, population: int) -> Duty | None:
    """Until when the standing orders are adopted: six months from installation (CGCT L2121-8, rule D3)."""
    entry = find(STANDING_ORDERS, assembly, installed, population=population)
    return None if entry is None else Duty(add_months(installed, entry.value), entry.article)


def copies_by(sitting: date) -> Duty:
    """Until when the municipal councillors who do not sit in the EPCI's council get list and minutes (rule C7)."""
    return Duty(add_months(sitting, 1), "CGCT L5211-40-2")
