"""The live sitting, pure: what its events make of it, and whether one more may be entered.

`fold` never refuses: what happened, happened. `check` says what the law and the order of a sitting have against the
next event; each finding of the law has its article. Members, items and ballots are named by their ids as text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.entries import MAJORITY, NO_TEXT, Finding, Verdict, error, warning
from meetings.council.rules.proxies import Ended, Proxy, check_proxy, end_of, votes_of
from meetings.council.rules.quorum import Count, Need, Occasion, Withdrawal, count_people, may_open_item
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.rules.remote import may_open_remotely
from meetings.council.sittings.law import Body

ORDER = ""  # what is against the order of a sitting needs no article


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
    BALLOT_OPENED = "ballot_opened"
    BALLOT_CLOSED = "ballot_closed"
    BALLOT_WITHDRAWN = "ballot_withdrawn"
    CLOSED = "closed"
    CORRECTED = "corrected"


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
    """One event. `other`: who holds the proxy; `corrects`: the number of the event that is taken back."""

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
    session: int = 1
    ill: bool = False
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Setting:
    """What does not change while a sitting goes on. `members`: those in exercise, in the order of the table."""

    body: Body
    on: date
    members: Sequence[str]
    items: Mapping[str, ItemKind]
    president: str = ""
    remote: bool = False
    second: bool = False


@dataclass(slots=True)
class State:
    """What the events made of the sitting. `opened`: who was there when each item was opened."""

    phase: Phase = Phase.CONVENED
    present: dict[str, How] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)
    proxies: dict[str, str] = field(default_factory=dict)
    ended: list[tuple[str, str, Ended]] = field(default_factory=list)
    withdrawn: dict[str, dict[str, Withdrawal]] = field(default_factory=dict)
    chair: str = ""
    secretary: str = ""
    item: str = ""
    ballot: str = ""
    opened: dict[str, frozenset[str]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
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
    struck = {one.corrects for one in happened if one.kind is Kind.CORRECTED}
    state = state or State()
    for one in happened:
        state.seq = one.seq
        if one.seq not in struck:
            _apply(state, one)
    return state


def _apply(state: State, one: Happened) -> None:
    match one.kind:
        case Kind.PRESENT:
            state.present[one.member] = one.how
            state.excused.discard(one.member)
            _end_proxies(state, arrived=one.member)
        case Kind.LEFT | Kind.EXCUSED:
            was_there = state.present.pop(one.member, None) is not None
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
            state.phase, state.item, state.ballot = Phase.CLOSED, "", ""
        case Kind.ITEM_OPENED:
            state.item = one.item
            state.opened[one.item] = frozenset(state.present)
        case Kind.ITEM_CLOSED:
            state.closed.add(one.item)
            state.item = ""
        case Kind.WITHDREW:
            state.withdrawn.setdefault(one.item, {})[one.member] = one.why
        case Kind.RETURNED:
            state.withdrawn.get(one.item, {}).pop(one.member, None)
        case Kind.BALLOT_OPENED:
            state.ballot = one.ballot
        case Kind.BALLOT_CLOSED | Kind.BALLOT_WITHDRAWN:
            state.ballot = ""
        case Kind.CORRECTED:
            pass


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


def check(setting: Setting, state: State, new: Happened, known: Mapping[int, Kind]) -> list[Finding]:
    """What is against entering this event now; empty when nothing is. `known`: the kinds of the events so far that
    still count, by number."""
    if new.kind is Kind.CORRECTED:
        return _check_correction(state, new, known)
    if state.phase is Phase.CLOSED:
        return [_order(msg("The sitting is closed."))]
    if new.member and new.member not in setting.members:
        return [error(msg("Only members in exercise sit."), "CGCT L2121-17")]
    if new.item and new.item not in setting.items:
        return [error(msg("Only what is on the agenda may be deliberated."), "CGCT L2121-10")]
    return _CHECKS.get(new.kind, _nothing)(setting, state, new)


def _nothing(_setting: Setting, _state: State, _new: Happened) -> list[Finding]:
    return []


def _check_correction(state: State, new: Happened, known: Mapping[int, Kind]) -> list[Finding]:
    kind = known.get(new.corrects)
    if kind is None:
        return [_order(msg("There is no such entry, or it was taken back already."))]
    if kind not in CORRECTABLE:
        return [_order(msg("Only presence, proxies, withdrawals and the chair are corrected."))]
    if state.ballot:
        return [_order(msg("A ballot is open: close it first."))]
    return []


def _check_present(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if state.present.get(new.member) is new.how:
        return [_order(msg("This member is present already."))]
    if new.how is How.VIDEO and not setting.remote:
        return [error(msg("The sitting was not convened by videoconference."), "CGCT L2121-10")]
    return []


def _check_left(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member not in state.present:
        return [_order(msg("This member is not present."))]
    if new.member == state.chair and state.phase is Phase.OPEN:
        return [_order(msg("Name another chair before this one leaves."))]
    return []


def _check_excused(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member in state.excused:
        return [_order(msg("This member is excused already."))]
    return _check_left(setting, state, new) if new.member in state.present else []


def _check_given(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member in state.present:
        return [error(msg("Only members who are absent can be represented."), "CGCT L2121-20")]
    if new.member in state.proxies:
        return [_order(msg("This member has given a proxy already: take it back first."))]
    proxy = Proxy(
        signed=new.signed,
        holder_is_member=new.other in setting.members,
        held=sum(holder == new.other for holder in state.proxies.values()),
        session=new.session,
        is_ill=new.ill,
        gave_own=new.other in state.proxies,
        to_oneself=new.other == new.member,
    )
    found = _faults(setting, proxy)
    if new.member in state.proxies.values():
        found.append(
            error(msg("Who holds a proxy gives none: the proxy they hold would be passed on."), "CGCT L2121-20")
        )
    return found


def _faults(setting: Setting, proxy: Proxy) -> list[Finding]:
    try:
        return check_proxy(setting.body.kind, proxy, setting.on)
    except Invalid:  # no text speaks of proxies in this kind of assembly
        found = [warning(msg("No text is known here that allows proxies in this assembly."), NO_TEXT)]
        if not proxy.holder_is_member or proxy.to_oneself:
            found.append(error(msg("The holder must be another member of the assembly."), NO_TEXT))
        return found


def _check_revoked(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    return [] if new.member in state.proxies else [_order(msg("This member has given no proxy."))]


def _check_chair(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member not in state.present:
        return [_order(msg("Who chairs is present."))]
    if new.kind is Kind.CHAIR and new.member in state.aside(state.item):
        return [error(msg("Who withdrew from this item does not chair it."), "CGCT L2131-11")]
    return []


def _check_opened(setting: Setting, state: State, _new: Happened) -> list[Finding]:
    if state.phase is not Phase.CONVENED:
        return [_order(msg("The sitting is open already."))]
    if state.chair not in state.present:
        return [_order(msg("Say who chairs first."))]
    return _quorum(setting, state, "")


def _check_item_opened(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if state.phase is not Phase.OPEN:
        return [_order(msg("The sitting is not open."))]
    if state.item:
        return [_order(msg("Another item is open: close it first."))]
    if new.item in state.closed:
        return [_order(msg("This item was dealt with."))]
    found = _quorum(setting, state, new.item)
    if state.chair in state.aside(new.item):
        found.append(error(msg("Who withdrew from this item does not chair it."), "CGCT L2131-11"))
    if setting.remote:
        found += _unless_ok(may_open_remotely(setting.body.kind, setting.items[new.item], setting.on))
    return found


def _check_item_closed(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if state.ballot:
        return [_order(msg("A ballot is open: close it first."))]
    return [] if state.item == new.item else [_order(msg("This item is not open."))]


def _check_withdrew(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    is_aside = new.member in state.aside(new.item)
    if new.kind is Kind.RETURNED:
        return [] if is_aside else [_order(msg("This member has not withdrawn from the item."))]
    if is_aside:
        return [_order(msg("This member has withdrawn from the item already."))]
    if new.member == state.chair and new.item == state.item:
        return [_order(msg("Name another chair before this one withdraws."))]
    return []


def _check_suspended(_setting: Setting, state: State, _new: Happened) -> list[Finding]:
    if state.ballot:
        return [_order(msg("A ballot is open: close it first."))]
    return [] if state.phase is Phase.OPEN else [_order(msg("The sitting is not open."))]


def _check_resumed(setting: Setting, state: State, _new: Happened) -> list[Finding]:
    if state.phase is not Phase.SUSPENDED:
        return [_order(msg("The sitting is not suspended."))]
    return _quorum(setting, state, state.item)


def _check_closed(_setting: Setting, state: State, _new: Happened) -> list[Finding]:
    return [_order(msg("A ballot is open: close it first."))] if state.ballot else []


_CHECKS = {
    Kind.PRESENT: _check_present,
    Kind.LEFT: _check_left,
    Kind.EXCUSED: _check_excused,
    Kind.PROXY_GIVEN: _check_given,
    Kind.PROXY_REVOKED: _check_revoked,
    Kind.CHAIR: _check_chair,
    Kind.SECRETARY: _check_chair,
    Kind.OPENED: _check_opened,
    Kind.ITEM_OPENED: _check_item_opened,
    Kind.ITEM_CLOSED: _check_item_closed,
    Kind.WITHDREW: _check_withdrew,
    Kind.RETURNED: _check_withdrew,
    Kind.SUSPENDED: _check_suspended,
    Kind.RESUMED: _check_resumed,
    Kind.CLOSED: _check_closed,
}


def _quorum(setting: Setting, state: State, item: str) -> list[Finding]:
    """The quorum where it is due (rule Q2); one that rests on no text that was read is for the chair."""
    found = count(setting, state, item)
    finding = may_open_item(found)
    if finding.verdict is Verdict.OK or found.certain:
        return _unless_ok(finding)
    return [warning(finding.message, finding.article)]


def _unless_ok(finding: Finding) -> list[Finding]:
    return [] if finding.verdict is Verdict.OK else [finding]


def _order(message: Message) -> Finding:
    """Something that the order of a sitting does not allow."""
    return Finding(Verdict.ERROR, message, ORDER)
