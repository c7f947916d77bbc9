"""The only writer of minutes: they begin when the sitting closes, are written, proposed, settled by the next sitting
and published; what is corrected after that says why.

Texts are saved part by part with their rev. One that comes too late is kept aside: nobody's words are lost.
"""

from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo
from itertools import count
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.notifications.models import Kind as Notice
from collab.notifications.service import notify
from meetings.council.assemblies.models import Assembly
from meetings.council.assemblies.queries import list_members
from meetings.council.documents.owing import owe_documents
from meetings.council.minutes.access import Open, take_minutes
from meetings.council.minutes.models import (
    Act,
    ActCard,
    Minutes,
    MinutesText,
    MinutesVersion,
    SettleInput,
    State,
    TextInput,
    VersionKind,
)
from meetings.council.minutes.queries import find_missing, list_settling, view_open
from meetings.council.rules.entries import Verdict
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.live import read_room
from meetings.council.sittings.models import Item, Sitting
from meetings.council.sittings.queries import list_items
from meetings.council.sittings.rules import private_items

# Until then one's own last version is written over, so that saving while one types leaves no hundred versions.
SAME_VERSION = timedelta(minutes=10)
WITHOUT_VOTE = frozenset((ItemKind.INFORMATION, ItemKind.ORAL_QUESTION, ItemKind.MISCELLANEOUS))


@dataclass(frozen=True, slots=True)
class Saved:
    """A text after it was sent. `clash`: somebody had saved another meanwhile, and what was sent is kept aside."""

    part: str
    text: str
    rev: int
    clash: bool = False


async def begin_minutes(tx: Tx, sitting_id: UUID, on: date) -> None:
    """Minutes of a sitting that was closed, with its deliberations numbered and their drafts as a start."""
    sitting = await tx.get(Sitting, sitting_id)
    if sitting is None or await tx.one(select(col(Minutes.id)).where(col(Minutes.sitting_id) == sitting_id)):
        return
    assembly = await tx.lock(Assembly, sitting.assembly_id)
    assert assembly is not None
    minutes = Minutes(id=new_id(), sitting_id=sitting_id, created_at=tx.now, updated_at=tx.now)
    tx.add(minutes)
    await tx.flush()
    # What was opened by mistake and taken back, or put off, was not deliberated.
    state = (await read_room(tx, sitting, assembly, UTC)).state
    last = select(func.max(col(Act.number))).where(
        col(Act.assembly_id) == sitting.assembly_id, col(Act.year) == on.year
    )
    numbers = count(int(await tx.one(last) or 0) + 1)  # the assembly is locked
    for item in await list_items(tx, sitting_id):
        if str(item.id) not in state.opened or str(item.id) in state.postponed or item.kind in WITHOUT_VOTE:
            continue
        tx.add(
            Act(
                id=new_id(),
                assembly_id=sitting.assembly_id,
                sitting_id=sitting_id,
                item_id=item.id,
                year=on.year,
                number=next(numbers),
            ),
            MinutesText(minutes_id=minutes.id, part=f"deliberation:{item.id}", text=item.draft),
        )
    await tx.flush()
    await owe_documents(tx, sitting_id)


async def save_text(
    tx: Tx, actor: Actor, sitting_id: UUID, part: str, data: TextInput, rev: int, zone: tzinfo
) -> Saved:
    """Save a part. `rev`: the one that was seen, 0 for none. Settled minutes change only with a reason."""
    found = await take_minutes(tx, actor, sitting_id, zone)
    minutes = found.minutes
    await _require_part(tx, found, part)
    corrects = minutes.state in (State.SETTLED, State.PUBLISHED) or await _is_out(tx, part)
    if corrects and (not data.reason or not found.runs):
        words = msg("This is settled or published: who runs the sitting corrects it and says why.")
        raise Conflict("council.minutes_settled", words, errors={"reason": words})
    row = await tx.get(MinutesText, (minutes.id, part))
    current = row.rev if row else 0
    if row is not None and row.text == data.text:
        return Saved(part, row.text, row.rev)
    if rev != current:
        _keep(tx, actor, found, part, data, VersionKind.ASIDE)
        return Saved(part, row.text if row else "", current, clash=True)
    if row is None:
        row = MinutesText(minutes_id=minutes.id, part=part, rev=0)
        tx.add(row)
    row.text, row.rev = data.text, current + 1
    if corrects:
        _keep(tx, actor, found, part, data, VersionKind.CORRECTION)
        told = {"part": part, "reason": data.reason}
        tx.record(actor, "council.correct_minutes", space=found.assembly.space_id, subject=sitting_id, **told)
    else:
        await _keep_saved(tx, actor, found, part, data)
        minutes.updated_at = tx.now
    await owe_documents(tx, sitting_id, at_leisure=not corrects)
    return Saved(part, row.text, row.rev)


async def _keep_saved(tx: Tx, actor: Actor, found: Open, part: str, data: TextInput) -> None:
    """A version of one's own that is fresh goes on; else a new one begins."""
    last: MinutesVersion | None = await tx.one(
        select(MinutesVersion)
        .where(col(MinutesVersion.minutes_id) == found.minutes.id, col(MinutesVersion.part) == part)
        .order_by(col(MinutesVersion.at).desc(), col(MinutesVersion.id).desc())
        .limit(1)
    )
    is_own = last is not None and last.kind == VersionKind.SAVED and last.by_id == actor.person_id
    if last is not None and is_own and last.at > tx.now - SAME_VERSION:
        last.text = data.text
        return
    _keep(tx, actor, found, part, data, VersionKind.SAVED)


def _keep(tx: Tx, actor: Actor, found: Open, part: str, data: TextInput, kind: VersionKind) -> None:
    tx.add(
        MinutesVersion(
            id=new_id(),
            minutes_id=found.minutes.id,
            part=part,
            text=data.text,
            kind=kind.value,
            reason=data.reason or "",
            at=tx.now,
            by_id=actor.person_id,
        )
    )


async def _is_out(tx: Tx, part: str) -> bool:
    """Whether a part is a deliberation that was published."""
    kind, _, item_id = part.partition(":")
    if kind != "deliberation":
        return False
    published = select(col(Act.published_at)).where(col(Act.item_id) == UUID(item_id))
    return await tx.one(published) is not None


async def _require_part(tx: Tx, found: Open, part: str) -> None:
    """A part is of the sitting itself or of one of its items."""
    _, _, item_id = part.partition(":")
    item = await tx.get(Item, UUID(item_id)) if item_id else None
    if item_id and (item is None or item.sitting_id != found.sitting.id):
        raise Invalid(errors={"part": msg("This is no item of the agenda.")})


async def propose_minutes(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> None:
    """Let the members read them before the sitting that settles them; they are told. Once."""
    found = await take_minutes(tx, actor, sitting_id, zone)
    minutes = found.minutes
    if minutes.state != State.DRAFT:
        return
    minutes.state, minutes.proposed_at = State.PROPOSED.value, tx.now
    _touch(tx, minutes)
    tx.record(actor, "council.propose_minutes", space=found.assembly.space_id, subject=sitting_id)
    await owe_documents(tx, sitting_id)
    text = msg("The minutes of “%(title)s” can be read before they are settled.", title=found.sitting.title)
    for member in await list_members(tx, found.assembly.id, in_exercise=True):
        url, key = f"/council/sittings/{sitting_id}/minutes", f"council.minutes:{sitting_id}"
        await notify(tx, member.person_id, Notice.COUNCIL, text, url=url, key=key)


async def settle_minutes(tx: Tx, actor: Actor, sitting_id: UUID, data: SettleInput, zone: tzinfo) -> None:
    """The next sitting has settled them (CGCT L2121-15): what happened is kept with them from now on."""
    found = await take_minutes(tx, actor, sitting_id, zone, run=True)
    minutes = found.minutes
    if minutes.state not in (State.DRAFT, State.PROPOSED):
        raise Conflict("council.minutes_settled", msg("These minutes are settled already."))
    if data.sitting_id not in [one for one, _ in await list_settling(tx, found)]:
        words = msg("Minutes are settled at the start of a later sitting, which was opened. CGCT L2121-15.")
        raise Invalid("council.settled_nowhere", words, errors={"sitting_id": words})
    view = await view_open(tx, found, zone)
    if missing := [one for one in find_missing(view) if one.verdict is Verdict.ERROR]:
        raise Conflict("council.minutes_lack", missing[0].message, article=missing[0].article)
    minutes.account = view.account.model_dump(mode="json")
    minutes.state, minutes.settled_at, minutes.settled_in = State.SETTLED.value, tx.now, data.sitting_id
    minutes.remarks = data.remarks
    _touch(tx, minutes)
    told = {"settled_in": str(data.sitting_id), "remarks": data.remarks}
    tx.record(actor, "council.settle_minutes", space=found.assembly.space_id, subject=sitting_id, **told)
    await owe_documents(tx, sitting_id)


async def publish_minutes(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> None:
    """Let everybody read the settled minutes (CGCT L2121-15, within a week). Once."""
    found = await take_minutes(tx, actor, sitting_id, zone, run=True)
    minutes = found.minutes
    if minutes.state == State.PUBLISHED:
        return
    refused = find_missing(await view_open(tx, found, zone), is_settled=minutes.state == State.SETTLED)
    if refused:
        raise Conflict("council.minutes_unpublished", refused[0].message, article=refused[0].article)
    minutes.state, minutes.published_at = State.PUBLISHED.value, tx.now
    _touch(tx, minutes)
    tx.record(actor, "council.publish_minutes", space=found.assembly.space_id, subject=sitting_id)
    await owe_documents(tx, sitting_id)


async def publish_list(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> None:
    """Let everybody read which deliberations were examined (CGCT L2121-25, within a week). Once."""
    found = await take_minutes(tx, actor, sitting_id, zone, run=True)
    if found.minutes.list_published_at is not None:
        return
    found.minutes.list_published_at = tx.now
    _touch(tx, found.minutes)
    tx.record(actor, "council.publish_list", space=found.assembly.space_id, subject=sitting_id)
    await owe_documents(tx, sitting_id)


async def publish_act(tx: Tx, actor: Actor, sitting_id: UUID, act_id: UUID, zone: tzinfo) -> None:
    """Let everybody read a deliberation, whole (CGCT L2131-1). One of a closed session stays inside. Once."""
    found = await take_minutes(tx, actor, sitting_id, zone, run=True)
    act = await _act(tx, sitting_id, act_id)
    if act.published_at is not None:
        return
    item = await tx.get(Item, act.item_id)
    text = await tx.get(MinutesText, (found.minutes.id, f"deliberation:{act.item_id}"))
    if item is None or not item.public or str(item.id) in private_items(found.room.happened):
        raise Conflict("council.not_public", msg("This item was dealt with in closed session: it is not put online."))
    if text is None or not text.text.strip():
        raise Conflict("council.act_empty", msg("Write the deliberation first."), article="CGCT L2131-1")
    act.published_at = tx.now
    told = {"act": act.label}
    tx.record(actor, "council.publish_act", space=found.assembly.space_id, subject=sitting_id, **told)
    await owe_documents(tx, sitting_id)


async def link_card(tx: Tx, actor: Actor, sitting_id: UUID, act_id: UUID, card_id: UUID, zone: tzinfo) -> Act:
    """Keep that a card came out of a deliberation; the caller has made it, and said on it where it comes from."""
    found = await take_minutes(tx, actor, sitting_id, zone)
    act = await _act(tx, sitting_id, act_id)
    tx.add(ActCard(act_id=act_id, card_id=card_id))
    told = {"act": act.label, "card": str(card_id)}
    tx.record(actor, "council.link_card", space=found.assembly.space_id, subject=sitting_id, **told)
    return act


async def _act(tx: Tx, sitting_id: UUID, act_id: UUID) -> Act:
    act = await tx.get(Act, act_id)
    if act is None or act.sitting_id != sitting_id:
        raise NotFound()
    return act


def _touch(tx: Tx, minutes: Minutes) -> None:
    minutes.rev, minutes.updated_at = minutes.rev + 1, tx.now
