"""Each night: when is what due, and who must hear that it is. The owners of the space and the archivists, once."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Database, Tx
from collab.core.i18n import msg
from collab.core.jobs import Handler, Job
from collab.files.events import PeopleWarned
from collab.files.models import Node
from collab.files.records.models import Archivist, FileRecord, RecordType, Start
from collab.files.records.queries import due_condition
from collab.files.records.service import recount
from collab.spaces.models import Role
from collab.spaces.queries import people_of

DUE = "files.records_due"
LOT = 100


def handlers() -> dict[str, Handler]:
    """The handler of the nightly job."""

    async def run(db: Database, _job: Job) -> None:
        await recount_all(db)
        await tell_due(db)

    return {DUE: run}


async def recount_all(db: Database) -> None:
    """When each unit that counts from its own dates is due: they move when somebody adds or changes something."""
    last: UUID | None = None
    while True:
        async with db.write() as tx:
            statement = (
                select(FileRecord, RecordType)
                .join(RecordType, col(RecordType.id) == col(FileRecord.type_id))
                .where(col(RecordType.start) != Start.EVENT.value)
                .order_by(col(FileRecord.node_id))
                .limit(LOT)
            )
            rows = await tx.rows(statement if last is None else statement.where(col(FileRecord.node_id) > last))
            for record, kind in rows:
                await recount(tx, record, kind)
        if len(rows) < LOT:
            return
        last = rows[-1][0].node_id


async def tell_due(db: Database) -> int:
    """Tell of what is newly due, one notification a space; returns how many units."""
    count = 0
    async with db.write() as tx:
        rows = await tx.rows(
            select(FileRecord, col(Node.space_id))
            .join(Node, col(Node.id) == col(FileRecord.node_id))
            .where(due_condition(tx.now.date()), col(FileRecord.told_on).is_(None))
            .limit(LOT * LOT)
        )
        spaces: dict[UUID, int] = {}
        for record, space_id in rows:
            record.told_on = tx.now.date()
            spaces[space_id] = spaces.get(space_id, 0) + 1
            count += 1
        for space_id in spaces:
            await _tell_owners(tx, space_id)
        if count:
            archivists = list(await tx.all(select(col(Archivist.person_id))))
            text = msg("Records have come to the end of their duration.")
            tx.emit(PeopleWarned.of(archivists, text, "/records", f"records.due:{tx.now:%Y%m%d}"))
    return count


async def _tell_owners(tx: Tx, space_id: UUID) -> None:
    owners = [person.id for person in await people_of(tx, space_id, role=Role.OWNER)]
    text = msg("Files of your space have come to the end of their duration: decide what becomes of them.")
    url, key = f"/files/{space_id}/records", f"records.due:{space_id}:{tx.now:%Y%m%d}"
    tx.emit(PeopleWarned.of(owners, text, url, key))
