"""Quorum: how many of those in exercise must be there, who counts as there, and when it is looked at.

Proxies never count, save in a permanent commission. Those who withdraw for a conflict of interest leave both numbers
(L1111-6) or stay members and count as absent (personal interest).
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.entries import (
    CCAS,
    COMMISSIONS,
    COMMUNES,
    CST,
    DEPARTEMENTS,
    GROUPINGS,
    MAJORITY,
    MUNICIPAL,
    REGIONS,
    RENEWAL_2026,
    Assembly,
    Authority,
    Entry,
    Finding,
    LocalLaw,
    Share,
    error,
    find,
    kinds,
    no_rule,
    ok,
)

M = TypeVar("M", bound=Hashable)


class Occasion(StrEnum):
    """What the quorum is needed for."""

    ORDINARY = "ordinary"
    ACCOUNTS = "accounts"
    PRESIDENT_ELECTION = "president_election"
    SECOND_CONVOCATION = "second_convocation"


class Withdrawal(StrEnum):
    """Why a member withdraws: L1111-6 II, out of both numbers; or a personal interest, absent but a member."""

    FROM_COUNT = "from_count"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Need:
    """What share of the members, None for no quorum; whether those represented are counted as there."""

    share: Share | None = MAJORITY
    with_represented: bool = False


ORDINARY: Sequence[Entry[Need]] = (
    Entry(Need(), "CGCT L2121-17", COMMUNES),
    Entry(Need(), "CGCT L2121-17, L5211-1", GROUPINGS),
    Entry(Need(), "CGCT L3121-14", DEPARTEMENTS),
    Entry(Need(), "CGCT L4132-13", REGIONS),
    Entry(Need(with_represented=True), "CGCT L4132-13-1", COMMISSIONS, authority=Authority.REGION, certain=False),
    Entry(Need(with_represented=True), "CGCT L3121-14-1", COMMISSIONS),
    Entry(Need(), "CASF R123-17", CCAS),
    Entry(Need(Share(1, 2)), "CGFP R254-38 et suivants", CST, certain=False),
    Entry(Need(), "CGCT L1411-5", kinds(Assembly.TENDER_COMMISSION)),
)
PRESIDENT_ELECTION: Sequence[Entry[Need]] = (
    Entry(Need(Share(2, 3)), "CGCT L3122-1", DEPARTEMENTS, certain=False),
    Entry(Need(Share(2, 3)), "CGCT L4133-1", REGIONS),
)
SECOND_CONVOCATION: Sequence[Entry[Need]] = (
    Entry(Need(None), "CGCT L2541-4", COMMUNES, local_law=LocalLaw.ALSACE_MOSELLE),
    Entry(Need(None), "CGCT L2121-17", COMMUNES),
    Entry(Need(None), "CGCT L2121-17, L5211-1", GROUPINGS),
    Entry(Need(None), "CGCT L3121-14", DEPARTEMENTS),
    Entry(Need(None), "CGCT L4132-13", REGIONS),
    Entry(Need(None), "CASF R123-17", CCAS),
    Entry(Need(None), "CGFP R254-38 et suivants", CST, certain=False),
    Entry(Need(None), "CGCT L1411-5", kinds(Assembly.TENDER_COMMISSION)),
)
_TABLES = {Occasion.PRESIDENT_ELECTION: PRESIDENT_ELECTION, Occasion.SECOND_CONVOCATION: SECOND_CONVOCATION}

# Whose president leaves for the vote on the accounts.
ACCOUNTS: Sequence[Entry[bool]] = (
    Entry(True, "CGCT L2121-14", MUNICIPAL),
    Entry(True, "CGCT L3312-5", DEPARTEMENTS, certain=False),
    Entry(True, "CGCT L4312-8", REGIONS, certain=False),
    Entry(True, "CGCT L2121-14", CCAS, certain=False),
)

# With how many members the council of a small commune counts as complete (loi 2025-444).
DEEMED_COMPLETE: Sequence[Entry[int]] = (
    Entry(5, "CGCT L2121-2-1", COMMUNES, RENEWAL_2026, largest=99),
    Entry(9, "CGCT L2121-2-1", COMMUNES, RENEWAL_2026, smallest=100, largest=499),
    Entry(13, "CGCT L2121-2-1", COMMUNES, RENEWAL_2026, smallest=500, largest=999),
)


@dataclass(frozen=True, slots=True)
class Count:
    """The count, explained. `president_left`: taken off those present for the accounts; `certain`: False where the
    chair should know that the text itself was not read."""

    members: int
    quorum: int
    present: int
    article: str
    need: Need
    president_left: bool = False
    certain: bool = True

    @property
    def reached(self) -> bool:
        """Whether the assembly may deliberate."""
        return self.present >= self.quorum

    @property
    def missing(self) -> int:
        """How many more are needed."""
        return max(self.quorum - self.present, 0)


def in_exercise(seats: int, *, vacant: int = 0, resigned: int = 0) -> int:
    """Members in exercise: seats less those vacant and those whose resignation has effect (CGCT L2121-17, rule Q1).
    Somebody who is excluded for a time stays one of them."""
    return seats - vacant - resigned


def is_complete(members: int, seats: int, population: int, on: date) -> bool:
    """Whether a municipal council is complete, or counts as such in a small commune (CGCT L2121-2-1)."""
    entry = find(DEEMED_COMPLETE, Assembly.COMMUNE, on, population=population)
    return members >= (seats if entry is None else min(seats, entry.value))


def count_quorum(
    assembly: Assembly,
    *,
    in_exercise: int,
    present: int,
    on: date,
    represented: int = 0,
    withdrawn_from_count: int = 0,
    withdrawn_present: int = 0,
    occasion: Occasion = Occasion.ORDINARY,
    authority: Authority | None = None,
    local_law: LocalLaw | None = None,
    absent_leave_members: bool = False,
) -> Count:
    """The quorum from plain numbers (CGCT L2121-17, L3121-14, L4132-13; rules Q1 to Q7).

    `present` is before anybody withdraws. `absent_leave_members`: the less strict reading, in which those who withdraw
    for a personal interest, and the president at the accounts, leave the members too. Raises Invalid by field for
    figures that cannot be.
    """
    _check(in_exercise, present, represented, withdrawn_from_count, withdrawn_present)
    entry = _need(assembly, on, occasion, authority, local_law)
    leaves = find(ACCOUNTS, assembly, on) if occasion is Occasion.ACCOUNTS else None
    there = present - withdrawn_from_count - withdrawn_present
    absent = withdrawn_present
    if leaves is not None and there > 0:
        there, absent = there - 1, absent + 1
    members = in_exercise - withdrawn_from_count - (absent if absent_leave_members else 0)
    return _count(entry, leaves, members, there, represented)


def count_people(
    assembly: Assembly,
    members: Collection[M],
    present: Collection[M],
    *,
    on: date,
    represented: Collection[M] = (),
    withdrawn: Mapping[M, Withdrawal] | None = None,
    president: M | None = None,
    occasion: Occasion = Occasion.ORDINARY,
    authority: Authority | None = None,
    local_law: LocalLaw | None = None,
) -> Count:
    """The quorum from people: `members` in exercise, `present` as remote.py says, `represented` those who gave a proxy.

    Each counts once however often they are named, a proxy of somebody present not at all; `president` withdraws at the
    accounts when they are there. Whoever is no member in exercise counts nowhere (rule Q1).
    """
    aside = dict(withdrawn or {})
    everybody = set(members) - {who for who, why in aside.items() if why is Withdrawal.FROM_COUNT}
    entry = _need(assembly, on, occasion, authority, local_law)
    leaves = find(ACCOUNTS, assembly, on) if occasion is Occasion.ACCOUNTS else None
    there = {who for who in present if who in everybody and who not in aside}
    if leaves is not None:
        there = {who for who in there if who != president}
    given = {who for who in represented if who in everybody and who not in there and who not in aside}
    return _count(entry, leaves, len(everybody), len(there), len(given))


def may_open_item(count: Count) -> Finding:
    """Whether discussion of an item may begin: the quorum is looked at when it does, not after (rule Q2)."""
    if count.reached:
        return ok(msg("The quorum is reached."), count.article)
    words = msg("The quorum is not reached: %(present)s of %(quorum)s.", present=count.present, quorum=count.quorum)
    return error(words, count.article)


class Moment(StrEnum):
    """What happens in a sitting."""

    OPENING = "opening"
    ITEM_OPENED = "item_opened"
    RESUMED = "resumed"
    MEMBER_LEFT = "member_left"
    VOTE_OPENED = "vote_opened"


def is_quorum_due(moment: Moment) -> bool:
    """Whether the quorum is looked at then (CGCT L2121-17, rule Q2): who leaves during a discussion changes nothing."""
    return moment in (Moment.OPENING, Moment.ITEM_OPENED, Moment.RESUMED)


def _count(entry: Entry[Need], leaves: Entry[bool] | None, members: int, there: int, represented: int) -> Count:
    need = entry.value
    return Count(
        members=members,
        quorum=0 if need.share is None else need.share.of(members),
        present=there + (represented if need.with_represented else 0),
        article=entry.article if leaves is None else f"{leaves.article}, {entry.article.removeprefix('CGCT ')}",
        need=need,
        president_left=leaves is not None,
        certain=entry.certain and (leaves is None or leaves.certain),
    )


def _need(
    assembly: Assembly, on: date, occasion: Occasion, authority: Authority | None, local_law: LocalLaw | None
) -> Entry[Need]:
    for table in (_TABLES.get(occasion, ()), ORDINARY):
        entry = find(table, assembly, on, authority=authority, local_law=local_law)
        if entry is not None:
            return entry
    raise no_rule("assembly")


def _check(in_exercise: int, present: int, represented: int, from_count: int, withdrawn: int) -> None:
    errors: dict[str, Message] = {}
    numbers = {
        "in_exercise": in_exercise,
        "present": present,
        "represented": represented,
        "withdrawn_from_count": from_count,
        "withdrawn_present": withdrawn,
    }
    errors |= {name: msg("At least %(min)s.", min=0) for name, number in numbers.items() if number < 0}
    if present > in_exercise:
        errors["present"] = msg("More are present than there are members in exercise.")
    elif represented > in_exercise - present:
        errors["represented"] = msg("Only members who are absent can be represented.")
    if from_count + withdrawn > present:
        field = "withdrawn_present" if withdrawn else "withdrawn_from_count"
        errors[field] = msg("More withdraw than are present.")
    if errors:
        raise Invalid("council.impossible", errors=errors)
