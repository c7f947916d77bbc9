"""Convening: the judgement before, the mails that are owed, the proof that they were, the acknowledgement, the end.

A convocation is a row of each member with the SHA-256 of what they were sent; the same stands in the journal, whose
entries are chained and timed: that is the proof of dispatch. The mail itself is a job of the same transaction.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.notifications.mail import queue_mail
from collab.notifications.models import Kind as Notice
from collab.notifications.service import notify
from meetings.council.assemblies.access import Can
from meetings.council.assemblies.models import Assembly, Channel, MemberView
from meetings.council.assemblies.queries import list_members
from meetings.council.rules.delays import Reason, civil_day
from meetings.council.rules.entries import Verdict
from meetings.council.sittings.access import get_sitting, take_sitting
from meetings.council.sittings.inputs import ConveneInput, ItemView
from meetings.council.sittings.law import Convened, Judgement, Listed, body_of, judge_convocation
from meetings.council.sittings.models import Convocation, Sitting, SittingState
from meetings.council.sittings.queries import list_items


def mail_key(sitting_id: UUID, member_id: UUID) -> str:
    """The key of the mail that convenes a member: there is one."""
    return f"council:{sitting_id}:{member_id}"


async def judge(tx: Tx, actor: Actor, sitting_id: UUID, by: UUID | None, zone: tzinfo) -> Judgement:
    """Whether the convocation could leave now. `by`: the mandate of who convenes, where it is said."""
    sitting, assembly, _ = await get_sitting(tx, actor, sitting_id, Can.RUN)
    members = await list_members(tx, assembly.id, in_exercise=True)
    days = await _list_in_one_place(tx, assembly, zone)
    return _judge(tx, sitting, assembly, members, await list_items(tx, sitting_id), by, zone, days)


async def convene(tx: Tx, actor: Actor, sitting_id: UUID, data: ConveneInput, zone: str) -> None:
    """Send the convocation to every member in exercise. Refused where the law forbids it, with the article; where it
    is not certain, unless the chair has read the warnings."""
    sitting, assembly, _ = await take_sitting(tx, actor, sitting_id, Can.RUN)
    if sitting.state != SittingState.DRAFT:
        raise Conflict("council.convened_before", msg("This sitting is convened already."))
    members = await list_members(tx, assembly.id, in_exercise=True)
    author = next((one for one in members if one.id == data.by), None)
    if author is None:
        raise Invalid(errors={"by": msg("Only members in exercise convene.")})
    items = await list_items(tx, sitting_id)
    days = await _list_in_one_place(tx, assembly, ZoneInfo(zone))
    judgement = _judge(tx, sitting, assembly, members, items, data.by, ZoneInfo(zone), days)
    _require_lawful(judgement, members, data)
    sitting.state, sitting.convened_at, sitting.convened_by = SittingState.CONVENED.value, tx.now, author.id
    sitting.rev, sitting.updated_at = sitting.rev + 1, tx.now
    told = {"by": str(author.person_id), "members": len(members), "despite": data.despite}
    tx.record(actor, "council.convene", space=assembly.space_id, subject=sitting.id, **told)
    content = _content(sitting, assembly, author, items)
    for member in members:
        await _send(tx, actor, sitting, assembly, member, content)


async def acknowledge(tx: Tx, actor: Actor, sitting_id: UUID) -> None:
    """Say that one has one's convocation. Saying it twice keeps the first time."""
    sitting, assembly, standing = await take_sitting(tx, actor, sitting_id, Can.SIT)
    statement = select(Convocation).where(
        col(Convocation.sitting_id) == sitting_id, col(Convocation.member_id) == standing.member
    )
    row: Convocation | None = await tx.one(statement)
    if row is None:
        raise Conflict("council.not_convened", msg("You were not convened to this sitting."))
    if row.acknowledged_at is None:
        row.acknowledged_at = tx.now
        tx.record(actor, "council.acknowledge", space=assembly.space_id, subject=sitting.id, digest=row.digest)


async def cancel_sitting(tx: Tx, actor: Actor, sitting_id: UUID) -> None:
    """It does not take place; who was convened is told. Nothing happens when it was cancelled before."""
    sitting, assembly, _ = await take_sitting(tx, actor, sitting_id, Can.RUN)
    if sitting.state == SittingState.CANCELLED:
        return
    if sitting.state not in (SittingState.DRAFT, SittingState.CONVENED):
        raise Conflict("council.sitting_open", msg("A sitting that was opened is closed, not cancelled."))
    was_convened = sitting.state == SittingState.CONVENED
    sitting.state = SittingState.CANCELLED.value
    sitting.rev, sitting.updated_at = sitting.rev + 1, tx.now
    tx.record(actor, "council.cancel_sitting", space=assembly.space_id, subject=sitting.id, title=sitting.title)
    if not was_convened:
        return
    members = await list_members(tx, assembly.id, in_exercise=True)
    author = next((one for one in members if one.id == sitting.convened_by), None)
    content = {**_content(sitting, assembly, author, []), "cancelled": True}
    for member in members:
        text = msg("The sitting “%(title)s” is cancelled.", title=sitting.title)
        key = f"council.cancelled:{sitting.id}"
        await notify(tx, member.person_id, Notice.INVITATION, text, url=f"/council/sittings/{sitting.id}", key=key)
        if member.has_mail:
            mail = f"{key}:{member.id}"
            await queue_mail(tx, to=member.person_id, template="convocation", data=content, key=mail)


def _judge(
    tx: Tx,
    sitting: Sitting,
    assembly: Assembly,
    members: Sequence[MemberView],
    items: Sequence[ItemView],
    by: UUID | None,
    zone: tzinfo,
    in_one_place: Sequence[date],
) -> Judgement:
    author = next((one for one in members if one.id == by), None)
    return judge_convocation(
        body_of(assembly),
        sent=civil_day(tx.now, zone),
        meeting=civil_day(sitting.starts_at, zone),
        urgent=sitting.urgent,
        reason=Reason(sitting.reason) if sitting.reason else None,
        remote=sitting.remote,
        office=author.office if author else None,
        members=[Convened(str(one.id), one.name, one.channel, one.has_mail) for one in members],
        items=[Listed(one.number, one.title, one.kind, bool(one.note.strip() or one.files)) for one in items],
        in_one_place=in_one_place,
    )


async def _list_in_one_place(tx: Tx, assembly: Assembly, zone: tzinfo) -> list[date]:
    """The days of the assembly's sittings in one place, held or convened (rule R1)."""
    starts = await tx.all(
        select(col(Sitting.starts_at)).where(
            col(Sitting.assembly_id) == assembly.id,
            col(Sitting.remote).is_(False),
            col(Sitting.state).not_in((SittingState.DRAFT, SittingState.CANCELLED)),
        )
    )
    return [civil_day(one, zone) for one in starts]


def _require_lawful(judgement: Judgement, members: Sequence[MemberView], data: ConveneInput) -> None:
    if not judgement.is_lawful:
        first = next(one for one in judgement.findings if one.verdict is Verdict.ERROR)
        raise Conflict("council.unlawful", first.message)
    if judgement.warns and not data.despite:
        first = next(one for one in judgement.findings if one.verdict is Verdict.WARNING)
        words = msg("%(warning)s Convene all the same, if the chair decides so.", warning=first.message)
        raise Conflict("council.chair_decides", words)
    if not data.paper_sent and any(one.channel is Channel.PAPER for one in members):
        words = msg("Some members are convened on paper: say that these convocations have left.")
        raise Conflict("council.paper_not_sent", words, errors={"paper_sent": words})


async def _send(
    tx: Tx, actor: Actor, sitting: Sitting, assembly: Assembly, member: MemberView, content: dict[str, Any]
) -> None:
    """The row, the journal's proof, and the mail that is owed."""
    sent = {**content, "to": str(member.person_id), "channel": member.channel.value}
    digest = hashlib.sha256(json.dumps(sent, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    tx.add(
        Convocation(
            id=new_id(),
            sitting_id=sitting.id,
            member_id=member.id,
            channel=member.channel.value,
            sent_at=tx.now,
            digest=digest,
        )
    )
    told = {"person": str(member.person_id), "channel": member.channel.value, "digest": digest}
    tx.record(actor, "council.dispatch", space=assembly.space_id, subject=sitting.id, **told)
    text, url = msg("You are convened: “%(title)s”.", title=sitting.title), f"/council/sittings/{sitting.id}"
    key = f"council.convened:{sitting.id}"
    await notify(tx, member.person_id, Notice.INVITATION, text, url=url, key=key)
    if member.channel is Channel.MAIL:
        key = mail_key(sitting.id, member.id)
        await queue_mail(tx, to=member.person_id, template="convocation", data=content, key=key)


def _content(
    sitting: Sitting, assembly: Assembly, author: MemberView | None, items: Sequence[ItemView]
) -> dict[str, Any]:
    """What a convocation says (CGCT L2121-10): date, time, place, agenda with its notes, who convenes."""
    return {
        "assembly": assembly.title,
        "title": sitting.title,
        "starts_at": sitting.starts_at.isoformat(),
        "place_of_sitting": sitting.place,
        "remote": sitting.remote,
        "urgent": sitting.urgent,
        "second": sitting.reason == Reason.NO_QUORUM,
        "author": author.name if author else assembly.title,
        "function": author.function if author else "",
        "items": [
            {
                "number": one.number,
                "title": one.title,
                "public": one.public,
                "note": one.note,
                "files": [file.name for file in one.files],
            }
            for one in items
        ],
        "cancelled": False,
        "path": f"/council/sittings/{sitting.id}",
    }
