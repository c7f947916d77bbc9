"""The live sitting: entries of the clerk, each checked by rules.py against all that happened before, in one line.

The sitting's row is locked before its events are read, so that two devices of a clerk cannot both be right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid
from collab.core.i18n import msg
from collab.core.ids import new_id
from meetings.council.assemblies.access import Can
from meetings.council.assemblies.models import Assembly, MemberView, Office
from meetings.council.assemblies.queries import list_members
from meetings.council.rules.ballots import Mode
from meetings.council.rules.delays import Reason, civil_day
from meetings.council.rules.entries import Finding, Verdict, warning
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.access import take_sitting
from meetings.council.sittings.chamber import order_of
from meetings.council.sittings.events import SittingChanged, SittingClosed, topic_of
from meetings.council.sittings.inputs import Entry, EventInput, RequestInput
from meetings.council.sittings.law import body_of
from meetings.council.sittings.models import Item, Sitting, SittingEvent, SittingState
from meetings.council.sittings.order import check
from meetings.council.sittings.rules import Happened, How, Kind, Phase, Setting, State, count, fold, struck_of
from meetings.rooms.orders import set_order

STATES: Mapping[Phase, SittingState] = {
    Phase.CONVENED: SittingState.CONVENED,
    Phase.OPEN: SittingState.OPEN,
    Phase.SUSPENDED: SittingState.SUSPENDED,
    Phase.CLOSED: SittingState.CLOSED,
}
NEEDS_MEMBER = frozenset(
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
        Kind.MICROPHONE_TAKEN,
        Kind.MICROPHONE_GIVEN,
    )
)
POLICE = (Entry.MICROPHONE_TAKEN, Entry.MICROPHONE_GIVEN)
NEEDS_ITEM = frozenset(
    (Kind.ITEM_OPENED, Kind.ITEM_CLOSED, Kind.POSTPONED, Kind.WITHDREW, Kind.RETURNED, Kind.REQUESTED)
)


@dataclass(frozen=True, slots=True)
class Room:
    """A sitting as its events made it. `members`: in exercise on its day, in the order of the table."""

    setting: Setting
    rows: Sequence[SittingEvent]
    happened: Sequence[Happened]
    state: State
    members: Sequence[MemberView]

    @property
    def struck(self) -> set[int]:
        """The numbers of the entries that were taken back."""
        return struck_of(self.happened)

    @property
    def known(self) -> dict[int, Kind]:
        """The kinds of the entries that count, by number."""
        struck = self.struck
        return {one.seq: one.kind for one in self.happened if one.seq not in struck and one.kind is not Kind.CORRECTED}


async def read_room(tx: Tx, sitting: Sitting, assembly: Assembly, zone: tzinfo) -> Room:
    """What has happened so far; for those who have read the sitting."""
    day = civil_day(sitting.starts_at, zone)
    members = [
        one
        for one in await list_members(tx, assembly.id)
        if one.joined <= day and (one.vacated is None or one.vacated > day)
    ]
    president = next((one for one in members if one.office is Office.PRESIDENT), None)
    items = await tx.rows(select(col(Item.id), col(Item.kind)).where(col(Item.sitting_id) == sitting.id))
    rows = await tx.all(
        select(SittingEvent).where(col(SittingEvent.sitting_id) == sitting.id).order_by(col(SittingEvent.seq))
    )
    setting = Setting(
        body=body_of(assembly),
        on=day,
        members=[str(one.id) for one in members],
        items={str(item): ItemKind(kind) for item, kind in items},
        president=str(president.id) if president else "",
        remote=sitting.remote,
        measured=sitting.remote and sitting.meeting_id is not None,
        second=sitting.reason == Reason.NO_QUORUM and not sitting.urgent,
        weights={str(one.id): one.weight for one in members if one.weight != 1},
    )
    happened = [happened_of(row) for row in rows]
    return Room(setting, rows, happened, fold(happened), members)


async def enter(tx: Tx, actor: Actor, sitting_id: UUID, data: EventInput, zone: str) -> None:
    """Enter what happened. Refused, with the article, where the law or the order of the sitting is against it."""
    police = data.kind in POLICE
    sitting, assembly, standing = await take_sitting(tx, actor, sitting_id, Can.READ if police else Can.RUN)
    if police and Can.RUN not in standing.grants:
        await take_sitting(tx, actor, sitting_id, Can.SIT)
    require_convened(sitting)
    _check_fields(data)
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    if police and str(standing.member) != room.state.chair and Can.RUN not in standing.grants:
        raise Denied("council.police", msg("The chair alone keeps order in the assembly. CGCT L2121-16."))
    new = _happened(sitting, data)
    found = check(room.setting, room.state, new, room.known)
    if new.kind is Kind.OPENED and civil_day(tx.now, ZoneInfo(zone)) < room.setting.on:
        found.append(warning(msg("The sitting is convened for a later day."), ""))
    require_lawful(found, despite=data.despite)
    more: dict[str, Any] = {"comment": data.comment} if data.comment else {}
    if data.despite and found:
        more["despite"] = [one.article for one in found]
    await write(tx, actor, sitting, assembly, room, new, **more)


async def ask(tx: Tx, actor: Actor, sitting_id: UUID, data: RequestInput, zone: str) -> None:
    """Ask for a public or a secret ballot on the open item, as a member who is there."""
    sitting, assembly, standing = await take_sitting(tx, actor, sitting_id, Can.SIT)
    require_convened(sitting)
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    if standing.member is None or not room.state.item:
        raise Conflict("council.no_item", msg("Open the item first: one votes on what is under discussion."))
    new = Happened(
        seq=sitting.seq + 1,
        kind=Kind.REQUESTED,
        at=sitting.starts_at,
        member=str(standing.member),
        item=room.state.item,
        mode=Mode(data.mode.value),
    )
    require_lawful(check(room.setting, room.state, new, room.known))
    await write(tx, actor, sitting, assembly, room, new)


async def write(
    tx: Tx, actor: Actor, sitting: Sitting, assembly: Assembly, room: Room, new: Happened, **more: Any
) -> State:
    """One event more, with what proves it: at an opening, who was there and the count. Gives the state after it."""
    state = fold([*room.happened, new])
    data = _data_of(new) | more
    if new.kind in (Kind.OPENED, Kind.ITEM_OPENED, Kind.RESUMED):
        found = count(room.setting, state, state.item)
        data |= {
            "present": sorted(state.present),
            "quorum": {
                "members": found.members,
                "quorum": found.quorum,
                "present": found.present,
                "article": found.article,
            },
        }
    tx.add(
        SittingEvent(
            id=new_id(),
            sitting_id=sitting.id,
            seq=new.seq,
            # A clock that was set back does not put the later before the earlier.
            at=max(tx.now, room.happened[-1].at) if room.happened else tx.now,
            actor_id=actor.person_id,
            kind=new.kind.value,
            data=data,
        )
    )
    sitting.seq, sitting.state = new.seq, STATES[state.phase].value
    tx.record(actor, f"council.{new.kind.value}", space=assembly.space_id, subject=sitting.id, seq=new.seq, **data)
    if sitting.meeting_id is not None:
        await set_order(tx, sitting.meeting_id, await order_of(tx, assembly, list(room.members), state))
    kind, result = new.kind.value, None if state.private else more.get("result")
    await tx.announce(
        lambda topic, rev: SittingChanged(topic=topic, rev=rev, seq=new.seq, kind=kind, result=result),
        topic_of(sitting.id),
    )
    if new.kind is Kind.CLOSED:
        await tx.flush()
        tx.emit(SittingClosed(sitting_id=sitting.id, on=room.setting.on))
    return state


def require_convened(sitting: Sitting) -> None:
    """Raise Conflict for a draft and for a sitting that does not take place."""
    if sitting.state in (SittingState.DRAFT, SittingState.CANCELLED):
        raise Conflict("council.not_live", msg("This sitting was not convened, or does not take place."))


def require_lawful(found: Sequence[Finding], *, despite: bool = False) -> None:
    """Raise Conflict with the first refusal; with the first warning, unless the chair decides."""
    for verdict in (Verdict.ERROR, Verdict.WARNING):
        first = next((one for one in found if one.verdict is verdict), None)
        if first is not None and verdict is Verdict.ERROR:
            raise Conflict("council.refused", first.message, article=first.article)
        if first is not None and not despite:
            words = msg("%(warning)s Enter it all the same, if the chair decides so.", warning=first.message)
            raise Conflict("council.chair_decides", words, article=first.article)


def happened_of(row: SittingEvent) -> Happened:
    """A row as the rules know it."""
    data = row.data
    return Happened(
        seq=row.seq,
        kind=Kind(row.kind),
        at=row.at,
        member=data.get("member", ""),
        other=data.get("other", ""),
        item=data.get("item", ""),
        ballot=data.get("ballot", ""),
        how=How(data.get("how", How.ROOM)),
        why=Withdrawal(data.get("why", Withdrawal.PERSONAL)),
        corrects=data.get("corrects", 0),
        mode=Mode(data.get("mode", Mode.PUBLIC)),
    )


def _happened(sitting: Sitting, data: EventInput) -> Happened:
    kind = Kind(data.kind.value)
    return Happened(
        seq=sitting.seq + 1,
        kind=kind,
        at=sitting.starts_at,
        member=str(data.member_id or "") if kind in NEEDS_MEMBER else "",
        other=str(data.other_id or "") if kind is Kind.PROXY_GIVEN else "",
        item=str(data.item_id or "") if kind in NEEDS_ITEM else "",
        how=data.how,
        why=data.why,
        corrects=data.corrects if kind is Kind.CORRECTED else 0,
        mode=Mode(data.mode.value),
        session=data.session,
        ill=data.ill,
        signed=data.signed,
    )


def _data_of(new: Happened) -> dict[str, Any]:
    """What is kept of an event, besides its number, kind and time."""
    found: dict[str, Any] = {
        "member": new.member,
        "other": new.other,
        "item": new.item,
        "ballot": new.ballot,
        "corrects": new.corrects,
    }
    found = {name: value for name, value in found.items() if value}
    if new.kind is Kind.PRESENT:
        found["how"] = new.how.value
    if new.kind is Kind.REQUESTED:
        found["mode"] = new.mode.value
    if new.kind is Kind.WITHDREW:
        found["why"] = new.why.value
    if new.kind is Kind.PROXY_GIVEN:
        found |= {"session": new.session, "ill": new.ill}
    return found


def _check_fields(data: EventInput) -> None:
    kind, needed = Kind(data.kind.value), msg("This is needed.")
    missing = {
        "member_id": kind in NEEDS_MEMBER and data.member_id is None,
        "other_id": kind is Kind.PROXY_GIVEN and data.other_id is None,
        "item_id": kind in NEEDS_ITEM and data.item_id is None,
        "corrects": kind is Kind.CORRECTED and not data.corrects,
    }
    if any(missing.values()):
        raise Invalid(errors={name: needed for name, is_missing in missing.items() if is_missing})
