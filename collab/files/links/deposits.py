"""What comes through a deposit box: put into its folder under a name that is free, without a word about the others.

Its sender gets a receipt; those who edit in the space are told by a job, once for what came within a few minutes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import Message, msg
from collab.core.ids import new_id
from collab.core.jobs import Job, enqueue
from collab.files import service
from collab.files.events import ContentsDestroyed
from collab.files.links.access import get_box
from collab.files.links.events import DepositsGathered
from collab.files.links.models import Asked, Deposit, DepositInput, Family, Receipt, ShareLink
from collab.files.links.rules import is_taken
from collab.files.models import Node, OnConflict, UploadQuery
from collab.files.quotas import QuotaExceeded, check_room
from collab.files.rules import clean_name
from collab.files.storage import Stored
from collab.files.uploads.access import get_upload
from collab.files.uploads.models import Upload, UploadEnd, UploadLimits
from collab.spaces.access import GRANTS, Can, list_roles, role_among
from collab.spaces.queries import people_of
from directory.people.queries import list_principals

TELL = "links.tell_deposits"
GATHERED = timedelta(minutes=5)


async def check_deposit(tx: Tx, actor: Actor, data: DepositInput, name: str, size: int) -> ShareLink:
    """The box, if it takes this file. Raises Gone, Conflict (`links.box_full`), Invalid with the reasons by field."""
    link = await get_box(tx, actor)
    with _discreet():
        await check_room(tx, link.space_id, size)
    faults: dict[str, Message] = {}
    for field, asked, said in (("visitor", link.ask_name, data.visitor), ("note", link.ask_note, data.note)):
        if asked == Asked.REQUIRED and not said.strip():
            faults[field] = msg("This is needed.")
    if not is_taken(clean_name(name), families_of(link)):
        faults["file"] = msg("This box does not take files of this kind.")
    if link.most_bytes is not None and size > link.most_bytes:
        faults["file"] = msg("This file is larger than this box takes.")
    if faults:
        raise Invalid(errors=faults)
    return link


@contextmanager
def _discreet() -> Iterator[None]:
    """Whose space it is, and how much room it has, is nothing that a visitor is told."""
    try:
        yield
    except QuotaExceeded:
        text = msg("This box has no room left for now. Tell whoever gave you its address.")
        raise Conflict("links.box_full", text) from None


def families_of(link: ShareLink) -> Sequence[Family]:
    """The kinds of files that a box is limited to; none: it takes all."""
    return [Family(word) for word in link.kinds.split()]


async def start_deposit(
    tx: Tx, actor: Actor, limits: UploadLimits, data: DepositInput, name: str, size: int, key: str
) -> Upload:
    """A resumable upload of a visitor; its random id lets them, and nobody else, go on with it."""
    link = await check_deposit(tx, actor, data, name, size)
    unfinished = select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
        col(Upload.link_id) == link.id, col(Upload.file_id).is_(None), col(Upload.expires_at) > tx.now
    )
    [(count, taken)] = await tx.rows(unfinished)
    if count >= limits.most_unfinished or int(taken) + size > limits.most_unfinished_bytes:
        raise Conflict("links.box_busy", msg("Many files are being sent to this box now. Try again later."))
    upload = Upload(
        id=uuid4(),
        space_id=link.space_id,
        folder_id=link.node_id,
        name=clean_name(name),
        conflict=OnConflict.RENAME.value,
        size=size,
        key=key,
        link_id=link.id,
        visitor=data.visitor,
        note=data.note,
        created_at=tx.now,
        expires_at=tx.now + limits.lifetime,
    )
    tx.add(upload)
    await tx.flush()
    return upload


async def finish_deposit(
    tx: Tx, actor: Actor, upload_id: UUID, stored: Stored, _end: UploadEnd | None = None
) -> Upload:
    """All bytes of a visitor's upload are there: deposit it, once."""
    upload = await get_upload(tx, actor, upload_id, Can.EDIT, lock=True)
    if upload.file_id is None:
        said = DepositInput(visitor=upload.visitor, note=upload.note)
        deposit = await deposit_file(tx, actor, said, upload.name, stored)
        upload.file_id = deposit.file_id
        await tx.flush()
    return upload


async def deposit_file(tx: Tx, actor: Actor, data: DepositInput, name: str, stored: Stored) -> Deposit:
    """A file in the box's folder, whose bytes are stored."""
    link = await check_deposit(tx, actor, data, name, stored.size)
    query = UploadQuery(name=name, folder=link.node_id, conflict=OnConflict.RENAME)
    with _discreet():
        node = await service.add_file(tx, actor, link.space_id, query, stored)
    deposit = Deposit(
        id=new_id(),
        link_id=link.id,
        file_id=node.id,
        name=clean_name(name),
        size=stored.size,
        sha256=stored.sha256,
        visitor=data.visitor,
        note=data.note,
        made_at=tx.now,
    )
    tx.add(deposit)
    await tx.flush()
    tx.record(
        actor, "links.deposit", space=link.space_id, subject=node.id, link=str(link.id), name=node.name,
        visitor=data.visitor, sha256=stored.sha256, receipt=str(deposit.id),
    )  # fmt: skip
    window = int(tx.now.timestamp() // GATHERED.total_seconds())
    await enqueue(tx, TELL, {"link": str(link.id)}, run_at=tx.now + GATHERED, key=f"{TELL}:{link.id}:{window}")
    return deposit


def receipt_of(deposit: Deposit) -> Receipt:
    """What its sender may know of it."""
    return Receipt(
        number=deposit.id, name=deposit.name, size=deposit.size, sha256=deposit.sha256, received_at=deposit.made_at
    )


async def find_receipt(tx: Tx, actor: Actor, upload_id: UUID) -> Receipt | None:
    """The receipt of a visitor's upload, once it is whole."""
    upload = await get_upload(tx, actor, upload_id, Can.READ)
    if upload.file_id is None:
        return None
    deposit: Deposit | None = await tx.one(select(Deposit).where(col(Deposit.file_id) == upload.file_id))
    if deposit is None:  # destroyed since
        raise NotFound()
    return receipt_of(deposit)


async def tell_deposits(db: Database, job: Job) -> None:
    """Tell those who edit in the space how many files came since they were told last; the job's handler."""
    async with db.write() as tx:
        link = await tx.lock(ShareLink, UUID(job.payload["link"]))
        if link is None:
            return
        new = select(func.count()).where(col(Deposit.link_id) == link.id)
        if link.told_at is not None:
            new = new.where(col(Deposit.made_at) > link.told_at)
        count = int(await tx.one(new) or 0)
        folder = await tx.get(Node, link.node_id)
        link.told_at = tx.now
        if count == 0 or folder is None:
            return
        tx.emit(
            DepositsGathered(
                space_id=link.space_id,
                folder_id=folder.id,
                link_id=link.id,
                box=link.label or folder.name,
                count=count,
                people=await _editors(tx, link.space_id),
            )
        )


async def _editors(tx: Tx, space_id: UUID) -> list[UUID]:
    people = [person.id for person in await people_of(tx, space_id)]
    groups = await list_principals(tx, people)
    roles = (await list_roles(tx, [space_id]))[space_id]
    found = {
        person: role_among(Actor(ActorKind.PERSON, person, groups=groups.get(person, frozenset())), roles)
        for person in people
    }
    return [person for person, role in found.items() if role is not None and Can.EDIT in GRANTS[role]]


async def forget_deposits(tx: Tx, fact: ContentsDestroyed) -> None:
    """With a file goes what its sender said of themselves; wired to its destruction."""
    if fact.file_ids:
        await tx.execute(delete(Deposit).where(col(Deposit.file_id).in_(fact.file_ids)))
