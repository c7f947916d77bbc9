"""The trash: put there, put back, destroyed; and what becomes of the bytes."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Database
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.jobs import Worker
from collab.core.journal import JournalEntry
from collab.files import jobs, queries, service
from collab.files.models import FileVersion, Node, NodeView, OnConflict
from collab.files.overview import count_damaged
from collab.notifications.models import Notification
from tests.service.collab.files.conftest import Place
from tests.support.clock import HandClock
from web.wiring import wire_services


async def trash(place: Place, node: UUID) -> None:
    async with place.db.write() as tx:
        await service.trash_node(tx, place.editor, node)


async def restore(place: Place, node: UUID) -> NodeView:
    async with place.db.write() as tx:
        return (await queries.views_of(tx, [await service.restore_node(tx, place.editor, node)]))[0]


async def purge(place: Place, node: UUID, actor: Actor | None = None) -> None:
    async with place.db.write() as tx:
        await service.purge_node(tx, actor or place.owner, node)


async def listed(place: Place, folder: UUID | None = None) -> list[str]:
    async with place.db.read() as tx:
        items, _ = await queries.list_folder(tx, place.reader, place.space, folder)
    return [item.name for item in items]


async def trashed(place: Place) -> list[str]:
    async with place.db.read() as tx:
        return [item.name for item in (await queries.list_trash(tx, place.editor, place.space))[0]]


def objects(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


async def test_there_and_back(place: Place) -> None:
    file = await place.upload("a.txt")
    await trash(place, file.id)
    await trash(place, file.id)  # twice is once
    assert (await listed(place), await trashed(place)) == ([], ["a.txt"])
    async with place.db.read() as tx:
        with pytest.raises(Conflict):
            await queries.find_content(tx, place.editor, file.id)
        with pytest.raises(NotFound):
            await queries.find_content(tx, place.reader, file.id)
        assert (await queries.find_node(tx, place.editor, file.id)).trashed_at is not None
    back = await restore(place, file.id)
    assert (back.name, back.trashed_at, back.trashed_by) == ("a.txt", None, None)
    assert (await listed(place), await trashed(place)) == (["a.txt"], [])


async def test_a_folder_takes_along_what_is_in_it_and_only_that(place: Place) -> None:
    folder = await place.folder("Plans")
    inner = await place.folder("Anciens", folder.id)
    before = await place.upload("avant.txt", folder=inner.id)
    file = await place.upload("b.txt", folder=inner.id)
    await trash(place, before.id)
    await trash(place, folder.id)
    assert await trashed(place) == ["Plans", "avant.txt"]
    with pytest.raises(Conflict, match=r"files\.in_trashed_folder"):
        await restore(place, file.id)
    await restore(place, folder.id)
    assert await listed(place, inner.id) == ["b.txt"]
    assert await trashed(place) == ["avant.txt"]


async def test_a_taken_name_and_a_vanished_folder(place: Place) -> None:
    folder = await place.folder("Plans")
    file = await place.upload("a.txt", folder=folder.id)
    await place.upload("a.txt")
    await trash(place, file.id)
    await trash(place, folder.id)
    back = await restore(place, file.id)
    assert (back.name, back.folder) == ("a (2).txt", None)
    assert await listed(place) == ["a.txt", "a (2).txt"]


async def test_owners_destroy_with_all_versions(place: Place, tmp_path: Path) -> None:
    folder = await place.folder("Plans")
    kept = await place.upload("avant.txt", b"avant", folder=folder.id)
    await place.upload("b.txt", b"un", folder=folder.id)
    await place.upload("b.txt", b"deux", folder=folder.id, conflict=OnConflict.VERSION)
    with pytest.raises(Conflict, match=r"files\.not_in_trash"):
        await purge(place, folder.id)
    await trash(place, kept.id)
    await trash(place, folder.id)
    with pytest.raises(Denied):
        await purge(place, folder.id, place.editor)
    assert len(objects(tmp_path)) == 3
    await purge(place, folder.id)
    assert len(objects(tmp_path)) == 3  # by a job, after the commit
    await Worker(place.db, jobs.handlers(place.disk)).run_due()
    assert len(objects(tmp_path)) == 1
    assert await trashed(place) == ["avant.txt"]
    assert (await restore(place, kept.id)).folder is None
    async with place.db.read() as tx:
        assert await tx.one(select(func.count()).select_from(Node)) == 1
        assert await tx.one(select(func.count()).select_from(FileVersion)) == 1


async def test_the_whole_trash_is_emptied(place: Place, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        await trash(place, (await place.upload(name)).id)
    async with place.db.write() as tx:
        with pytest.raises(Denied):
            await service.empty_trash(tx, place.editor, place.space)
    async with place.db.write() as tx:
        assert await service.empty_trash(tx, place.owner, place.space) == 2
    await Worker(place.db, jobs.handlers(place.disk)).run_due()
    assert (await trashed(place), objects(tmp_path)) == ([], [])


async def test_a_former_version_is_destroyed_alone(place: Place, tmp_path: Path) -> None:
    file = await place.upload("a.txt", b"un")
    await place.upload("a.txt", b"deux", conflict=OnConflict.VERSION)
    for number, error in ((2, Conflict), (3, NotFound)):
        async with place.db.write() as tx:
            with pytest.raises(error):
                await service.destroy_version(tx, place.owner, file.id, number)
    async with place.db.write() as tx:
        await service.destroy_version(tx, place.owner, file.id, 1)
    await Worker(place.db, jobs.handlers(place.disk)).run_due()
    assert [path.read_bytes() for path in objects(tmp_path)] == [b"deux"]
    await place.upload("a.txt", b"trois", conflict=OnConflict.VERSION)
    async with place.db.read() as tx:
        assert [version.number for version in (await queries.list_versions(tx, place.reader, file.id))[0]] == [3, 2]


async def test_the_sweep_takes_orphans_and_nothing_else(place: Place, tmp_path: Path) -> None:
    await place.upload("a.txt", b"nomme")
    await place.store(b"orphelin")
    assert await jobs.sweep_orphans(place.db, place.disk) == 0  # younger than the grace
    assert await jobs.sweep_orphans(place.db, place.disk, timedelta(seconds=-1)) == 1
    assert [path.read_bytes() for path in objects(tmp_path)] == [b"nomme"]


async def test_the_scrub_finds_what_is_damaged(place: Place, db: Database, tmp_path: Path) -> None:
    good, changed, missing = [await place.upload(name, name.encode()) for name in ("a.txt", "b.txt", "c.txt")]
    for path in objects(tmp_path):
        if path.read_bytes() == b"b.txt":
            path.write_bytes(b"B.txt")
        elif path.read_bytes() == b"c.txt":
            path.unlink()
    assert await jobs.scrub_versions(db, place.disk) == 0  # all of them young
    async with db.write() as tx:
        for version in await tx.all(select(FileVersion)):
            version.checked_at = tx.now - jobs.RECHECK - timedelta(days=1)
    assert await jobs.scrub_versions(db, place.disk) == 2
    assert await jobs.scrub_versions(db, place.disk) == 0
    async with db.read() as tx:
        damaged = await tx.all(select(col(FileVersion.file_id)).where(col(FileVersion.damaged)))
    assert set(damaged) == {changed.id, missing.id}
    assert good.id not in damaged


async def test_damage_is_told_once_and_forgotten_when_it_is_mended(place: Place, tmp_path: Path) -> None:
    wire_services(place.db.bus)
    clock = HandClock()
    place.db.clock = clock
    file = await place.upload("a.txt", b"octets")
    async with place.db.read() as tx:
        key = await tx.one(select(col(FileVersion.key)))
    [path] = list((tmp_path / "files/objects").rglob(key))
    path.write_bytes(b"octetz")
    for _ in range(2):
        clock.pass_(days=31)
        assert await jobs.scrub_versions(place.db, place.disk) == 1
    async with place.db.read() as tx:
        [version], _ = await queries.list_versions(tx, place.reader, file.id)
        assert version.damaged
        told = await tx.all(select(col(Notification.person_id)))
        assert sorted(told) == sorted(person.id for person in (place.owner, place.editor) if person.id)
        entries = await tx.all(select(JournalEntry).where(col(JournalEntry.action) == "files.damaged"))
        assert [entry.subject_id for entry in entries] == [file.id]
        assert await count_damaged(tx) == 1
    path.write_bytes(b"octets")
    clock.pass_(days=31)
    assert await jobs.scrub_versions(place.db, place.disk) == 0
    async with place.db.read() as tx:
        [version], _ = await queries.list_versions(tx, place.reader, file.id)
        assert not version.damaged
