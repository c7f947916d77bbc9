"""Locks: who may go on, what they hold, how they end; and that quotas count exactly."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.errors import Conflict, Denied
from collab.core.journal import JournalEntry
from collab.files import locks, quotas, service
from collab.files.locks import Locked
from collab.files.models import FileVersion, FolderInput, NodeView, OnConflict
from collab.files.quotas import FileUsage, QuotaExceeded, Quotas
from tests.service.collab.files.conftest import Place

HOUR = timedelta(hours=1)


async def lock(place: Place, node: NodeView, actor: Actor, *, shared: bool = False, deep: bool = True) -> UUID:
    async with place.db.write() as tx:
        made = await locks.lock_node(tx, actor, node.id, shared=shared, deep=deep, owner="", lasting=HOUR)
        return made.id


async def trash(place: Place, node: NodeView, actor: Actor) -> None:
    async with place.db.write() as tx:
        await service.trash_node(tx, actor, node.id)


async def test_a_lock_keeps_others_out_and_lets_its_holder_go_on(place: Place) -> None:
    file = await place.upload("a.txt")
    token = await lock(place, file, place.editor)
    with pytest.raises(Locked) as refused:
        await place.upload("a.txt", conflict=OnConflict.VERSION, actor=place.owner)
    assert refused.value.extra["locked"]["name"] == "a.txt"  # type: ignore[index]
    with pytest.raises(Locked):
        await trash(place, file, place.owner)
    with pytest.raises(Locked):
        await lock(place, file, place.owner)
    assert (await place.upload("a.txt", conflict=OnConflict.VERSION)).version == 2
    for tokens, opens in (([], False), ([token], True)):
        async with place.db.write() as tx:
            locks.submit(tx, tokens)
            if opens:
                await service.trash_node(tx, place.editor, file.id)
            else:
                with pytest.raises(Locked):
                    await service.trash_node(tx, place.editor, file.id)
    async with place.db.write() as tx:  # the trash took the lock away
        back = await service.restore_node(tx, place.owner, file.id)
        assert (back.locked_by, await locks.list_locks(tx, back)) == (None, [])


async def test_a_folder_s_lock_holds_what_is_in_it_and_is_held_by_what_is(place: Place) -> None:
    folder = await place.folder("Plans")
    file = await place.upload("a.txt", folder=folder.id)
    await lock(place, file, place.owner)
    with pytest.raises(Locked):
        await lock(place, folder, place.editor)
    with pytest.raises(Locked):
        await trash(place, folder, place.editor)
    async with place.db.write() as tx:
        await locks.unlock_node(tx, place.owner, file.id)
    await lock(place, folder, place.editor)
    with pytest.raises(Locked):
        await place.upload("b.txt", folder=folder.id, actor=place.owner)
    async with place.db.write() as tx:
        with pytest.raises(Locked):
            await service.create_folder(tx, place.owner, place.space, FolderInput(name="B", folder=folder.id))
    await place.upload("b.txt", folder=folder.id)


async def test_shared_locks_go_together(place: Place) -> None:
    file = await place.upload("a.txt")
    await lock(place, file, place.editor, shared=True)
    await lock(place, file, place.owner, shared=True)
    for actor in (place.editor, place.owner):
        await place.upload("a.txt", conflict=OnConflict.VERSION, actor=actor)
    with pytest.raises(Locked):
        await lock(place, file, place.owner)


async def test_how_a_lock_ends(place: Place) -> None:
    file = await place.upload("a.txt")
    await lock(place, file, place.owner)
    async with place.db.write() as tx:
        with pytest.raises(Locked):
            await locks.unlock_node(tx, place.editor, file.id)  # no owner of the space
    async with place.db.write() as tx:
        with pytest.raises(Denied):
            await locks.unlock_node(tx, place.reader, file.id)
    async with place.db.write() as tx:
        await locks.unlock_node(tx, place.owner, file.id)
    await lock(place, file, place.editor)
    async with place.db.write() as tx:
        await locks.unlock_node(tx, place.owner, file.id)
    async with place.db.write() as tx:
        with pytest.raises(Conflict):
            await locks.unlock_node(tx, place.editor, file.id)
        actions = select(col(JournalEntry.action)).where(col(JournalEntry.subject_id) == file.id)
        told = await tx.all(actions.order_by(col(JournalEntry.seq)))
    assert told == ["files.upload", "files.lock", "files.unlock", "files.lock", "files.break_lock"]


async def test_what_a_space_takes_is_counted_exactly(place: Place) -> None:
    place.db.policies[Quotas] = Quotas(space=20)
    file = await place.upload("a.txt", b"12345")
    await place.upload("a.txt", b"123456", conflict=OnConflict.VERSION)
    with pytest.raises(QuotaExceeded) as refused:
        await place.upload("b.txt", b"1234567890")
    assert (refused.value.extra["free"], refused.value.extra["allowed"]) == (9, 20)
    await trash(place, file, place.editor)
    with pytest.raises(QuotaExceeded):
        await place.upload("b.txt", b"1234567890")
    async with place.db.write() as tx:
        await service.purge_node(tx, place.owner, file.id)
    await place.upload("b.txt", b"1234567890")
    async with place.db.read() as tx:
        row = await tx.get(FileUsage, place.space)
        scanned = await tx.one(select(func.sum(col(FileVersion.size))))
        usage = await quotas.find_usage(tx, place.reader, place.space)
    assert row is not None
    assert (row.used, usage.used, usage.free) == (scanned, 10, 10)
