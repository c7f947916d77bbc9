"""The council's things that requests need: an assembly with members, a sitting as far as the door wants it."""

import re
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, job_actor
from collab.core.database import Tx
from collab.core.ids import new_id
from directory.people.models import PersonInput
from directory.people.service import add_person
from meetings.council.assemblies import service as assemblies
from meetings.council.assemblies.models import AssemblyInput, MemberInput, Office
from meetings.council.documents.models import Document
from meetings.council.documents.models import Kind as Paper
from meetings.council.minutes.models import Act, SettleInput, TextInput
from meetings.council.minutes.service import begin_minutes, propose_minutes, save_text, settle_minutes
from meetings.council.publishing.service import open_page
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings import ballots, convening, live
from meetings.council.sittings import service as sittings
from meetings.council.sittings.inputs import BallotOpening, ConveneInput, Entry, EventInput, ItemInput, SittingInput
from meetings.council.sittings.models import Method

ZONE = "Europe/Paris"
SINCE = date(2026, 3, 20)
NAMES = {"assembly", "member", "sitting", "item", "president", "ballot", "held"}
# Doors that change what only a draft lets change; the others find a sitting that was convened.
DRAFTED = re.compile(r"/edit$|/items|/convocation$")


async def make_council(tx: Tx, owner: Actor, space: UUID, other: UUID, path: str, names: set[str]) -> dict[str, str]:
    """An assembly of the space in which its owner presides and somebody else sits, with what else is wanted."""
    data = AssemblyInput(title="Conseil municipal", kind=Kind.COMMUNE, population=12000, seats=33, term_from=SINCE)
    assembly = await assemblies.create_assembly(tx, owner, space, data)
    assert owner.person_id is not None
    first = MemberInput(person_id=owner.person_id, joined=SINCE, office=Office.PRESIDENT)
    president = await assemblies.add_member(tx, owner, assembly.id, first)
    member = await assemblies.add_member(tx, owner, assembly.id, MemberInput(person_id=other, joined=SINCE))
    if path.startswith("/public"):
        await open_page(tx, owner, assembly.id)
    made = {"assembly": str(assembly.id), "president": str(president.id), "member": str(member.id)}
    if names & {"sitting", "item", "ballot", "held"}:
        starts = datetime(2031, 5, 4, 16, 30, tzinfo=UTC)
        sitting = SittingInput(title="Séance ordinaire", starts_at=starts, place="Salle du conseil")
        made["sitting"] = str((await sittings.create_sitting(tx, owner, assembly.id, sitting)).id)
        await tx.flush()
        is_secret = "secret-vote" in path
        kind = ItemKind.APPOINTMENT if is_secret else ItemKind.DELIBERATION
        for title in ("Budget", "Tarifs"):
            data_of = ItemInput(title=title, note="Note.", kind=kind)
            item = await sittings.add_item(tx, owner, UUID(made["sitting"]), data_of)
            made.setdefault("item", str(item.id))
        await tx.flush()
        if "held" not in names and ("draft" in names or DRAFTED.search(path)):
            made["draft"] = "1"
        else:
            convene = ConveneInput(by=president.id)
            await convening.convene(tx, owner, UUID(made["sitting"]), convene, ZONE)
        if "ballots" in path or "requests" in path or "held" in names:
            await _open(tx, owner, made)
        if is_secret:
            await _add_third(tx, owner, made)
        if "held" in names:
            made |= await _hold(tx, owner, made, path)
        if "ballot" in names:
            ballot = BallotOpening(method=Method.SECRET if is_secret else Method.ELECTRONIC)
            made["ballot"] = str((await ballots.open_ballot(tx, owner, UUID(made["sitting"]), ballot, ZONE)).id)
    return made


async def _add_third(tx: Tx, owner: Actor, made: dict[str, str]) -> None:
    """Somebody more who is there: a secret ballot takes three."""
    person = await add_person(tx, job_actor("set-up"), PersonInput(login=f"third-{new_id()}", display_name="Inès Noël"))
    third = await assemblies.add_member(
        tx, owner, UUID(made["assembly"]), MemberInput(person_id=person.id, joined=SINCE)
    )
    await tx.flush()
    present = EventInput(kind=Entry.PRESENT, member_id=third.id)
    await live.enter(tx, owner, UUID(made["sitting"]), present, ZONE)


async def _open(tx: Tx, owner: Actor, made: dict[str, str]) -> None:
    """The sitting is open, both members are there and its first item is under discussion."""
    sitting, president, item = UUID(made["sitting"]), UUID(made["president"]), UUID(made["item"])
    for entry in (
        EventInput(kind=Entry.PRESENT, member_id=president),
        EventInput(kind=Entry.PRESENT, member_id=UUID(made["member"])),
        EventInput(kind=Entry.CHAIR, member_id=president),
        EventInput(kind=Entry.OPENED, despite=True),
        EventInput(kind=Entry.ITEM_OPENED, item_id=item),
    ):
        await live.enter(tx, owner, sitting, entry, ZONE)


async def _hold(tx: Tx, owner: Actor, made: dict[str, str], path: str) -> dict[str, str]:
    """The sitting is over, its minutes are proposed, one of its documents is made."""
    sitting = UUID(made["sitting"])
    for entry in (
        EventInput(kind=Entry.SECRETARY, member_id=UUID(made["president"])),
        EventInput(kind=Entry.ITEM_CLOSED, item_id=UUID(made["item"])),
        EventInput(kind=Entry.CLOSED),
    ):
        await live.enter(tx, owner, sitting, entry, ZONE)
    await tx.flush()
    await begin_minutes(tx, sitting, date(2031, 5, 4))
    await propose_minutes(tx, owner, sitting, ZoneInfo(ZONE))
    for part, rev in ((f"debates:{made['item']}", 0), (f"deliberation:{made['item']}", 1)):
        await save_text(tx, owner, sitting, part, TextInput(text="Le conseil approuve."), rev, ZoneInfo(ZONE))
    document = Document(
        id=new_id(),
        sitting_id=sitting,
        kind=Paper.LIST.value,
        digest="0" * 64,
        title="Liste",
        pdf=b"%PDF",
        odt=b"PK",
        pdf_size=4,
        odt_size=2,
        sha256="0" * 64,
        made_at=tx.now,
        published_at=tx.now if path.startswith("/public") else None,
    )
    tx.add(document)
    await tx.flush()
    act = await tx.one(select(col(Act.id)).where(col(Act.sitting_id) == sitting))
    if re.search(r"settle|minutes/publi", path):
        made["later"] = await _later(tx, owner, made)
        if "publi" in path:
            await settle_minutes(tx, owner, sitting, SettleInput(sitting_id=UUID(made["later"])), ZoneInfo(ZONE))
    return {"held": str(sitting), "act": str(act), "document": str(document.id), "part": "opening", "format": "pdf"}


async def _later(tx: Tx, owner: Actor, made: dict[str, str]) -> str:
    """The sitting after it, open: it settles the minutes."""
    starts = datetime(2031, 6, 4, 16, 30, tzinfo=UTC)
    data = SittingInput(title="Séance suivante", starts_at=starts, place="Salle du conseil")
    later = (await sittings.create_sitting(tx, owner, UUID(made["assembly"]), data)).id
    await tx.flush()
    item = await sittings.add_item(tx, owner, later, ItemInput(title="Procès-verbal", note="Note."))
    await tx.flush()
    await convening.convene(tx, owner, later, ConveneInput(by=UUID(made["president"])), ZONE)
    await _open(tx, owner, {**made, "sitting": str(later), "item": str(item.id)})
    return str(later)
