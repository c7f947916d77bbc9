"""From the events of a sitting to what its minutes say, pure: who was there and when, each quorum, item and ballot.

Entries that were taken back leave no trace here; the sitting's own record shows them. A ballot of a kind that is not
known is told by its totals alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from meetings.council.minutes.record import (
    Account,
    Attendance,
    Dealt,
    Occasion,
    Pause,
    Quorum,
    Span,
    Status,
    Stood,
    Voting,
    Withdrawal,
)
from meetings.council.sittings.rules import Happened, How, Kind, Phase, Setting, State, count, electors, fold

NAMED_METHODS = frozenset(("roll_call", "electronic"))


@dataclass(frozen=True, slots=True)
class Person:
    """A member as the minutes name them."""

    name: str
    function: str = ""
    party: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A ballot as it is stored. `names`: members by what they voted."""

    id: str
    item: str
    method: str
    mode: str
    kind: str
    state: str
    opened_at: datetime
    closed_at: datetime | None
    result: Mapping[str, Any]
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    public_requests: int = 0
    secret_requests: int = 0


def compose(
    account: Account,
    items: Sequence[Dealt],
    setting: Setting,
    people: Mapping[str, Person],
    happened: Sequence[Happened],
    ballots: Sequence[Taken],
) -> Account:
    """`account` and `items` filled with what happened. `people`: every member of the setting."""
    told = _Telling(account.model_copy(deep=True), {str(one.id): one.model_copy(deep=True) for one in items})
    told.run(setting, people, happened, {one.id: one for one in ballots})
    return told.account


class _Telling:
    """Goes through the events once and writes down what changes."""

    def __init__(self, account: Account, items: dict[str, Dealt]) -> None:
        self.account, self.items = account, items
        self.people: Mapping[str, Person] = {}
        self.spans: dict[str, list[Span]] = {}
        self.now: dict[str, Span] = {}

    def run(
        self,
        setting: Setting,
        people: Mapping[str, Person],
        happened: Sequence[Happened],
        ballots: Mapping[str, Taken],
    ) -> None:
        """Tell it all."""
        self.people = people
        struck = {one.corrects for one in happened if one.kind is Kind.CORRECTED}
        state = State()
        for one in happened:
            if one.seq not in struck:
                state = fold([one], state)
                self._follow(setting, state, one.at)
                self._note(setting, state, one, ballots)
        if happened:
            self._end(happened[-1].at)
        self.account.secretary = self._name(state.secretary)
        self.account.members = [self._attendance(who, state) for who in setting.members]
        self.account.items = list(self.items.values())

    def _name(self, who: str) -> str:
        return self.people[who].name if who in self.people else ""

    def _follow(self, setting: Setting, state: State, at: datetime) -> None:
        """Who is there or represented since when, from the opening to the end."""
        if state.phase in (Phase.CONVENED, Phase.CLOSED):
            self._end(at)
            return
        for who in setting.members:
            how, by = state.present.get(who), ""
            if how is None and who in state.represented:
                by = self._name(state.proxies[who])
            known, is_in = self.now.get(who), how is not None or bool(by)
            same = known is not None and is_in and (known.how, known.by) == (how.value if how else "", by)
            if known is not None and not same:
                self._close(who, at)
            if is_in and not same:
                self.now[who] = Span(start=at, end=at, how=how.value if how else "", by=by)

    def _close(self, who: str, at: datetime) -> None:
        span = self.now.pop(who)
        self.spans.setdefault(who, []).append(span.model_copy(update={"end": at}))

    def _end(self, at: datetime) -> None:
        for who in list(self.now):
            self._close(who, at)

    def _note(self, setting: Setting, state: State, one: Happened, ballots: Mapping[str, Taken]) -> None:
        account, item = self.account, self.items.get(one.item)
        match one.kind:
            case Kind.OPENED:
                account.opened_at, account.chair = one.at, self._name(state.chair)
                self._quorum(setting, state, one, Occasion.OPENING)
            case Kind.CHAIR if account.opened_at is not None:
                account.chairs.append((one.at, self._name(state.chair)))
            case Kind.RESUMED:
                if account.pauses:
                    account.pauses[-1].end = one.at
                self._quorum(setting, state, one, Occasion.RESUMPTION)
            case Kind.SUSPENDED:
                account.pauses.append(Pause(start=one.at, end=None))
            case Kind.CLOSED:
                account.closed_at = one.at
            case Kind.ITEM_OPENED if item is not None:
                item.opened_at, item.chair = one.at, self._name(state.chair)
                self._quorum(setting, state, one, Occasion.ITEM)
                self._there(setting, state, one.item, item)
            case Kind.ITEM_CLOSED if item is not None:
                item.closed_at = one.at
                item.withdrawn = [
                    Withdrawal(name=self._name(who), why=why.value)
                    for who, why in state.aside(one.item).items()
                    if who in self.people
                ]
                if not item.ballots:
                    self._there(setting, state, one.item, item)
            case Kind.BALLOT_OPENED if item is not None and one.ballot in ballots:
                item.chair = self._name(state.chair)
                self._there(setting, state, one.item, item)
                item.ballots.append(self._voting(ballots[one.ballot], item.voters))

    def _quorum(self, setting: Setting, state: State, one: Happened, occasion: Occasion) -> None:
        found = count(setting, state, state.item)
        number = self.items[state.item].number if state.item in self.items else ""
        self.account.quorums.append(
            Quorum(
                at=one.at,
                occasion=occasion,
                item=number,
                members=found.members,
                quorum=found.quorum,
                present=found.present,
                reached=found.reached,
                article=found.article,
            )
        )

    def _there(self, setting: Setting, state: State, key: str, item: Dealt) -> None:
        """Who was there for an item: at its vote, or at its end when nothing was voted."""
        aside = state.aside(key)
        item.present = [self._name(who) for who in setting.members if who in state.present and who not in aside]
        item.represented = {
            self._name(who): self._name(state.proxies[who]) for who in setting.members if who in state.represented
        }
        gone = [who for who in setting.members if who not in state.present and who not in state.represented]
        item.away = [self._name(who) for who in gone]
        item.voters = len(electors(setting, state, key))

    def _voting(self, ballot: Taken, voters: int) -> Voting:
        result = ballot.result
        standing = [Stood.model_validate(one) for one in result.get("options", [])]
        counted = {key: value for key, value in result.items() if type(value) is int}
        if standing:
            counted = {key: value for key, value in counted.items() if value}
        is_named = ballot.mode == "public" and ballot.method in NAMED_METHODS and ballot.state == "closed"
        return Voting(
            id=UUID(ballot.id),
            method=ballot.method,
            mode=ballot.mode,
            kind=ballot.kind,
            opened_at=ballot.opened_at,
            closed_at=ballot.closed_at,
            withdrawn=ballot.state != "closed",
            voters=voters,
            public_requests=ballot.public_requests,
            secret_requests=ballot.secret_requests,
            result=str(result.get("result", "")),
            reason=str(result.get("reason", "")),
            article=str(result.get("article", "")),
            figures=counted,
            elected=str(result.get("elected") or ""),
            names={key: [self._name(who) for who in whom] for key, whom in ballot.names.items()} if is_named else {},
            standing=standing,
        )

    def _attendance(self, who: str, state: State) -> Attendance:
        """One line of the table: the most that was true of the member."""
        person, spans, account = self.people[who], self.spans.get(who, []), self.account
        there = [one for one in spans if not one.by]
        by = next((one.by for one in spans if one.by), "")
        status = Status.ABSENT
        if there:
            status = Status.PRESENT
        elif by:
            status = Status.REPRESENTED
        elif who in state.excused:
            status = Status.EXCUSED
        came = there[0].start if there and there[0].start != account.opened_at else None
        went = there[-1].end if there and account.closed_at and there[-1].end < account.closed_at else None
        return Attendance(
            member=who,
            name=person.name,
            function=person.function,
            party=person.party,
            status=status,
            by=by,
            came=came,
            went=went,
            video=any(one.how == How.VIDEO for one in there),
            spans=spans,
        )
