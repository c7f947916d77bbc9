"""The live sitting, pure: what its events make of it. Whether one more may be entered is said in order.py.

`fold` never refuses: what happened, happened. Members, items and ballots are named by their ids as text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from collab.core.errors import Invalid
from meetings.council.rules.ballots import Mode
from meetings.council.rules.entries import MAJORITY, NO_TEXT
from meetings.council.rules.proxies import Ended, end_of, votes_of
from meetings.council.rules.quorum import Count, Need, Occasion, Withdrawal, count_people
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.law import Body


class Kind(StrEnum):
    """What happens in a sitting."""

    PRESENT = "present"
    LEFT = "left"
    EXCUSED = "excused"
    PROXY_GIVEN = "proxy_given"
    PROXY_REVOKED = "proxy_revoked"
    CHAIR = "chair"
    SECRETARY = "secretary"
    OPENED = "opened"
    ITEM_OPENED = "item_opened"
    ITEM_CLOSED = "item_closed"
    WITHDREW = "withdrew"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    REQUESTED = "requested"
    POSTPONED = "postponed"
    DOORS_CLOSED = "doors_closed"
    DOORS_OPENED = "doors_opened"
    BALLOT_OPENED = "ballot_opened"
    BALLOT_CLOSED = "ballot_closed"
    BALLOT_WITHDRAWN = "ballot_withdrawn"
    CLOSED = "closed"
    CORRECTED = "corrected"
    MICROPHONE_TAKEN = "microphone_taken"
    MICROPHONE_GIVEN = "microphone_given"
    VIDEO_UP = "video_up"
    VIDEO_LOST = "video_lost"


# What a clerk may take back; what the assembly did before everybody's eyes is not undone.
CORRECTABLE = frozenset(
    (
        Kind.PRESENT,
        Kind.LEFT,
        Kind.EXCUSED,
        Kind.PROXY_GIVEN,
        Kind.PROXY_REVOKED,
        Kind.CHAIR,
        Kind.SECRETARY,
        Kind.WITHDREW,
        Kind.RETURNED,
        Kind.REQUESTED,
    )
)


class Phase(StrEnum):
    """How far the sitting is."""

    CONVENED = "convened"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class How(StrEnum):
    """Where a member is present."""

    ROOM = "room"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Happened:
    """One event. `other`: who holds the proxy; `corrects`: the number of the event that is taken back; `mode`: of the
    ballot that a member asks for."""

    seq: int
    kind: Kind
    at: datetime
    member: str = ""
    other: str = ""
    item: str = ""
    ballot: str = ""
    how: How = How.ROOM
    why: Withdrawal = Withdrawal.PERSONAL
    corrects: int = 0
    mode: Mode = Mode.PUBLIC
    session: int = 1
    ill: bool = False
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Setting:
    """What does not change while a sitting goes on. `members`: those in exercise, in the order of the table; `weights`:
    how much the votes of each weigh, where it is not 1; `measured`: a meeting room says who is there by video."""

    body: Body
    on: date
    members: Sequence[str]
    items: Mapping[str, ItemKind]
    president: str = ""
    remote: bool = False
    measured: bool = False
    second: bool = False
    weights: Mapping[str, int] = field(default_factory=dict)

    def weight(self, member: str) -> int:
        """How much a member's vote weighs."""
        return self.weights.get(member, 1)


@dataclass(slots=True)
class State:
    """What the events made of the sitting. `lines`: whose sound and picture are both up in the meeting
    room; `cut`: present by video until they were lost; `silenced`: whose microphone
    the chair has closed, which touches no vote; `opened`: who was there when each item was opened; `asked`:
    which ballot members asked for, by item; `private`: it sits in closed session."""

    phase: Phase = Phase.CONVENED
    present: dict[str, How] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    silenced: set[str] = field(default_factory=set)
    proxies: dict[str, str] = field(default_factory=dict)
    ended: list[tuple[str, str, Ended]] = field(default_factory=list)
    withdrawn: dict[str, dict[str, Withdrawal]] = field(default_factory=dict)
    chair: str = ""
    secretary: str = ""
    item: str = ""
    ballot: str = ""
    opened: dict[str, frozenset[str]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    postponed: set[str] = field(default_factory=set)
    asked: dict[str, dict[str, Mode]] = field(default_factory=dict)
    private: bool = False
    seq: int = 0

    def aside(self, item: str) -> Mapping[str, Withdrawal]:
        """Who withdrew from an item."""
        return self.withdrawn.get(item, {})

    @property
    def represented(self) -> set[str]:
        """Absent members whose proxy is in the hands of somebody who is there."""
        return {giver for giver, holder in self.proxies.items() if giver not in self.present and holder in self.present}


def fold(events: Iterable[Happened], state: State | None = None) -> State:
    """The state after these events, in order, going on from one; those that were taken back do not count."""
    happened = list(events)
    struck, state = struck_of(happened), state or State()
    for one in happened:
        state.seq = one.seq
        if one.seq not in struck:
            _apply(state, one)
    return state


def struck_of(events: Iterable[Happened]) -> set[int]:
    """The numbers of the events that were taken back."""
    return {one.corrects for one in events if one.kind is Kind.CORRECTED}


def _apply(state: State, one: Happened) -> None:
    match one.kind:
        case Kind.PRESENT:
            _arrive(state, one.member, one.how)
        case Kind.VIDEO_UP:
            state.lines.add(one.member)
            # For somebody marked in the room devices change nothing (rule R3).
            if one.member not in state.present:
                _arrive(state, one.member, How.VIDEO)
        case Kind.VIDEO_LOST:
            state.lines.discard(one.member)
            # The proxy they hold has no effect meanwhile, and is there again with them: a lost line is no departure.
            if state.present.get(one.member) is How.VIDEO:
                del state.present[one.member]
                state.cut.add(one.member)
        case Kind.LEFT | Kind.EXCUSED:
            was_there = state.present.pop(one.member, None) is not None or one.member in state.cut
            state.cut.discard(one.member)
            if one.kind is Kind.EXCUSED:
                state.excused.add(one.member)
            if was_there:
                _end_proxies(state, left=one.member)
        case Kind.PROXY_GIVEN:
            state.proxies[one.member] = one.other
        case Kind.PROXY_REVOKED:
            if one.member in state.proxies:
                state.ended.append((one.member, state.proxies.pop(one.member), Ended.REVOKED))
        case Kind.CHAIR:
            state.chair = one.member
        case Kind.SECRETARY:
            state.secretary = one.member
        case Kind.OPENED | Kind.RESUMED:
            state.phase = Phase.OPEN
        case Kind.SUSPENDED:
            state.phase = Phase.SUSPENDED
        case Kind.CLOSED:
            state.phase, state.item, state.ballot, state.private = Phase.CLOSED, "", "", False
        case Kind.ITEM_OPENED:
            state.item = one.item
            state.opened[one.item] = frozenset(state.present)
        case Kind.ITEM_CLOSED:
            state.closed.add(one.item)
            state.item = ""
        case Kind.POSTPONED:
            state.postponed.add(one.item)
            state.item = ""
        case Kind.REQUESTED:
            state.asked.setdefault(one.item, {})[one.member] = one.mode
        case Kind.DOORS_CLOSED | Kind.DOORS_OPENED:
            state.private = one.kind is Kind.DOORS_CLOSED
        case Kind.WITHDREW:
            state.withdrawn.setdefault(one.item, {})[one.member] = one.why
        case Kind.RETURNED:
            state.withdrawn.get(one.item, {}).pop(one.member, None)
        case Kind.BALLOT_OPENED:
            state.ballot = one.ballot
        case Kind.BALLOT_CLOSED | Kind.BALLOT_WITHDRAWN:
            state.ballot = ""
        case Kind.MICROPHONE_TAKEN:
            state.silenced.add(one.member)
        case Kind.MICROPHONE_GIVEN:
            state.silenced.discard(one.member)
        case Kind.CORRECTED:
            pass


def _arrive(state: State, member: str, how: How) -> None:
    state.present[member] = how
    state.excused.discard(member)
    state.cut.discard(member)
    _end_proxies(state, arrived=member)


def _end_proxies(state: State, *, arrived: str = "", left: str = "") -> None:
    """End those that end when somebody comes or goes (rule P2)."""
    for giver, holder in list(state.proxies.items()):
        ended = end_of(revoked=False, giver_present=giver == arrived, holder_present=holder != left)
        if ended is not None:
            state.ended.append((giver, state.proxies.pop(giver), ended))


def count(setting: Setting, state: State, item: str = "") -> Count:
    """The quorum now, for the opening or for an item (rules Q1 to Q7). Where no text sets one for this kind of
    assembly, the majority of the members, uncertain: the chair decides."""
    try:
        return count_people(
            setting.body.kind,
            setting.members,
            state.present,
            on=setting.on,
            represented=state.represented,
            withdrawn=state.aside(item),
            president=setting.president or None,
            occasion=_occasion(setting, item),
            authority=setting.body.authority,
            local_law=setting.body.local_law,
        )
    except Invalid:
        there = [who for who in state.present if who in setting.members and who not in state.aside(item)]
        needed = MAJORITY.of(len(setting.members))
        return Count(len(setting.members), needed, len(there), NO_TEXT, Need(), certain=False)


def _occasion(setting: Setting, item: str) -> Occasion:
    if setting.second:
        return Occasion.SECOND_CONVOCATION
    kinds = {
        ItemKind.ACCOUNTS: Occasion.ACCOUNTS,
        ItemKind.PRESIDENT_ELECTION: Occasion.PRESIDENT_ELECTION,
    }
    kind = setting.items.get(item)
    return kinds.get(kind, Occasion.ORDINARY) if kind is not None else Occasion.ORDINARY


def votes(setting: Setting, state: State, item: str) -> dict[str, int]:
    """How many votes each member there has on an item, their own and the one they hold (rules P1, P2 and Q5)."""
    there = [who for who in setting.members if who in state.present]
    known = {giver: holder for giver, holder in state.proxies.items() if giver in setting.members}
    return votes_of(there, known, _voteless(setting, state, item))


def requests(setting: Setting, state: State, item: str, mode: Mode) -> list[str]:
    """Who asks for this kind of ballot: members who are there and take part; proxies ask for nothing (rule V2)."""
    asked, aside = state.asked.get(item, {}), _voteless(setting, state, item)
    return [who for who in setting.members if asked.get(who) is mode and who in state.present and who not in aside]


def private_parts(events: Iterable[Happened]) -> set[int]:
    """The numbers of the events that happened in closed session: they are left out of what is published."""
    return {one.seq for one, _ in _behind_doors(events) if one.kind is not Kind.DOORS_CLOSED}


def private_items(events: Iterable[Happened]) -> set[str]:
    """The items of which some part was dealt with in closed session."""
    return {item for _, item in _behind_doors(events) if item}


def _behind_doors(events: Iterable[Happened]) -> Iterator[tuple[Happened, str]]:
    """What happened in closed session, its beginning too, with the item under discussion."""
    happened = list(events)
    struck, state = struck_of(happened), State()
    for one in happened:
        if one.seq not in struck:
            _apply(state, one)
        if state.private:
            yield one, state.item


def electors(setting: Setting, state: State, item: str) -> dict[str, str]:
    """Whose vote is taken on an item, and who casts it: themselves, or who holds their proxy."""
    held, aside = votes(setting, state, item), _voteless(setting, state, item)
    found = {who: who for who, number in held.items() if number}
    full: set[str] = set()
    for giver, holder in state.proxies.items():
        is_absent = giver in setting.members and giver not in state.present and giver not in aside
        if is_absent and held.get(holder, 0) > 1 and holder not in full:
            found[giver] = holder
            full.add(holder)
    return found


def _voteless(setting: Setting, state: State, item: str) -> set[str]:
    """Who takes no part in the vote: who withdrew, and at the accounts the president (CGCT L2121-14, rule Q6)."""
    is_accounts = setting.items.get(item) is ItemKind.ACCOUNTS
    return {*state.aside(item), *([setting.president] if is_accounts and setting.president else [])}
