"""Who read what: once an hour for a person, version and door; written in batches, at the stop, and after a failure."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col

from collab.core.access import PUBLIC, Actor, ActorKind
from collab.core.database import Database
from collab.core.jobs import Worker, enqueue
from collab.files import readings
from collab.files.readings import FORGET, NOBODY, Door, FileRead, Readings
from tests.service.collab.files.conftest import Place
from tests.support.clock import HandClock


async def rows(db: Database) -> list[FileRead]:
    async with db.read() as tx:
        return list(await tx.all(select(FileRead).order_by(col(FileRead.hour))))


async def test_once_an_hour_for_each_person_version_and_door(place: Place) -> None:
    clock = HandClock()
    place.db.clock = clock
    file = await place.upload("a.txt")
    seen = Readings(place.db)
    for _ in range(50):
        seen.note(place.reader, file.id, 1, Door.DOWNLOAD)
        clock.pass_(seconds=10)
    await seen.flush()
    seen.note(place.reader, file.id, 1, Door.DOWNLOAD)
    seen.note(place.reader, file.id, 2, Door.DOWNLOAD)
    seen.note(place.reader, file.id, 1, Door.DAV)
    seen.note(PUBLIC, file.id, 1, Door.LINK)
    seen.note(Actor(ActorKind.LINK, file.id), file.id, 1, Door.LINK)
    clock.pass_(hours=1)
    seen.note(place.reader, file.id, 1, Door.DOWNLOAD)
    await seen.stop()
    found = await rows(place.db)
    assert len(found) == 6
    assert {read.reader_id for read in found} == {place.reader.id, NOBODY, file.id}
    again = Readings(place.db)  # another process, which does not know what this one wrote
    again.note(place.reader, file.id, 1, Door.DOWNLOAD)
    await again.flush()
    assert len(await rows(place.db)) == 6


async def test_what_cannot_be_written_waits(place: Place) -> None:
    file = await place.upload("a.txt")
    table = SQLModel.metadata.tables["file_read"]
    seen = Readings(place.db)
    seen.note(place.reader, file.id, 1, Door.DOWNLOAD)
    async with place.db.write() as tx:
        await tx.session.run_sync(lambda session: table.drop(session.connection()))
    with pytest.raises(DBAPIError):
        await seen.flush()
    async with place.db.write() as tx:
        await tx.session.run_sync(lambda session: table.create(session.connection()))
    await seen.stop()
    assert len(await rows(place.db)) == 1


async def test_what_is_old_is_forgotten(place: Place) -> None:
    clock = HandClock()
    place.db.clock = clock
    file = await place.upload("a.txt")
    seen = Readings(place.db)
    seen.note(place.reader, file.id, 1, Door.DOWNLOAD)
    clock.pass_(days=20)
    seen.note(place.reader, file.id, 1, Door.DOWNLOAD)
    await seen.flush()
    clock.pass_(days=20)
    async with place.db.write() as tx:
        await enqueue(tx, FORGET, {})
    await Worker(place.db, readings.handlers(30)).run_due()
    assert len(await rows(place.db)) == 1
