"""Copies and moves, within a space and from one to another: bytes, ids, versions, rights, names, trash and journal."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.events import Fact
from collab.core.journal import JournalEntry
from collab.files import queries, service, transfer
from collab.files.events import FilesChanged, FilesLeft, NodesMoved, VersionAdded
from collab.files.models import FileVersion, FolderInput, NodeView, OnConflict, TransferInput
from collab.files.rules import MAX_DEPTH
from tests.service.collab.files.conftest import Place
from tests.support.commune import add_space
from web import transfers


@dataclass
class Spaces:
    """Two spaces: `place`, and one that belongs to its editor and that its reader may edit in."""

    place: Place
    other: UUID

    async def copy(self, node: NodeView, actor: Actor | None = None, **where: object) -> NodeView:
        data = TransferInput.model_validate({"space": self.other} | where)
        return await transfers.copy(self.place.db, self.place.disk, actor or self.place.editor, node.id, data)

    async def move(self, node: NodeView, actor: Actor | None = None, **where: object) -> NodeView:
        data = TransferInput.model_validate({"space": self.other} | where)
        return await transfers.move(self.place.db, self.place.disk, actor or self.place.editor, node.id, data)

    async def names(self, space: UUID, folder: UUID | None = None) -> list[str]:
        async with self.place.db.read() as tx:
            items, _ = await queries.list_folder(tx, self.place.editor, space, folder)
        return [item.name for item in items]

    async def content(self, node: UUID, number: int | None = None) -> bytes:
        async with self.place.db.read() as tx:
            source = await queries.find_content(tx, self.place.editor, node, number)
        async with self.place.disk.open(source.key) as content:
            return await content.read(0, content.size)

    async def actions(self, space: UUID) -> list[str]:
        async with self.place.db.read() as tx:
            return list(
                await tx.all(
                    select(col(JournalEntry.action))
                    .where(col(JournalEntry.chain) == str(space), col(JournalEntry.action).startswith("files."))
                    .order_by(col(JournalEntry.seq))
                )
            )


@pytest.fixture
async def spaces(place: Place) -> Spaces:
    async with place.db.write() as tx:
        other = await add_space(tx, place.editor, editor=place.reader.id)
    return Spaces(place, other.id)


async def tree(spaces: Spaces) -> tuple[NodeView, NodeView, NodeView]:
    """Plans/ with a.txt of two versions, an inner folder with b.txt, and c.txt in the trash."""
    place = spaces.place
    plans = await place.folder("Plans")
    inner = await place.folder("Étage", plans.id)
    file = await place.upload("a.txt", b"un", plans.id)
    await place.upload("a.txt", b"deux", plans.id, OnConflict.VERSION)
    await place.upload("b.txt", b"bas", inner.id)
    gone = await place.upload("c.txt", b"c", plans.id)
    async with place.db.write() as tx:
        await service.trash_node(tx, place.editor, gone.id)
    return plans, file, gone


async def test_a_copy_has_objects_of_its_own_and_current_contents_only(spaces: Spaces) -> None:
    plans, file, _ = await tree(spaces)
    copied = await spaces.copy(plans)
    assert (copied.name, copied.space, copied.folder, copied.rev) == ("Plans", spaces.other, None, 1)
    assert copied.id != plans.id
    assert await spaces.names(spaces.other, copied.id) == ["Étage", "a.txt"]
    async with spaces.place.db.read() as tx:
        items, _ = await queries.list_folder(tx, spaces.place.editor, spaces.other, copied.id)
        keys = await tx.all(select(col(FileVersion.key)))
    inner, twin = items
    assert (twin.version, await spaces.content(twin.id)) == (1, b"deux")
    assert await spaces.names(spaces.other, inner.id) == ["b.txt"]
    assert len(keys) == len(set(keys)) == 6
    assert await spaces.content(file.id, 1) == b"un"
    assert await spaces.actions(spaces.other) == ["files.copy"]
    assert (await spaces.actions(spaces.place.space))[-1] == "files.copy_out"


async def test_a_copy_beside_itself_takes_another_name_or_is_refused(spaces: Spaces) -> None:
    space = spaces.place.space
    file = await spaces.place.upload("plan.pdf")
    with pytest.raises(Conflict):
        await spaces.copy(file, space=space)
    with pytest.raises(Conflict):
        await spaces.copy(file, space=space, conflict="version")
    assert (await spaces.copy(file, space=space, conflict="rename")).name == "plan (2).pdf"
    assert (await spaces.copy(file, space=space, name="autre.pdf")).name == "autre.pdf"
    assert "files.copy_out" not in await spaces.actions(space)


async def test_a_copy_may_become_a_version(spaces: Spaces) -> None:
    file = await spaces.place.upload("plan.pdf", b"neuf")
    old = await spaces.place.upload("vieux.pdf", b"vieux")
    made = await spaces.copy(file, space=spaces.place.space, name="vieux.pdf", conflict="version")
    assert (made.id, made.version) == (old.id, 2)
    assert [await spaces.content(old.id, number) for number in (1, 2)] == [b"vieux", b"neuf"]


async def test_a_refused_copy_leaves_no_object(spaces: Spaces) -> None:
    file = await spaces.place.upload("plan.pdf")
    folder = await spaces.place.folder("x")
    async with spaces.place.db.read() as tx:
        wanted = TransferInput(space=spaces.place.space, folder=folder.id)
        plan = await transfer.plan_copy(tx, spaces.place.editor, file.id, wanted)
    assert [stored.size for stored in plan.values()] == [5]
    async with spaces.place.db.write() as tx:
        with pytest.raises(Conflict) as refused:
            await transfer.copy_node(tx, spaces.place.editor, file.id, wanted, {})
    assert refused.value.code == "files.changed_meanwhile"


async def test_a_move_keeps_ids_versions_and_history(spaces: Spaces) -> None:
    plans, file, gone = await tree(spaces)
    place = spaces.place
    heard: list[Fact] = []

    async def hear(fact: Fact) -> None:
        heard.append(fact)

    for kind in (FilesLeft, FilesChanged, NodesMoved, VersionAdded):
        place.db.bus.after(kind, hear)
    moved = await spaces.move(plans, name="Plans 2026")
    assert (moved.id, moved.space, moved.rev) == (plans.id, spaces.other, plans.rev + 1)
    assert await spaces.names(spaces.other) == ["Plans 2026"]
    assert await spaces.names(place.space) == []
    assert [await spaces.content(file.id, number) for number in (1, 2)] == [b"un", b"deux"]
    [left] = [fact for fact in heard if isinstance(fact, FilesLeft)]
    [told] = [fact for fact in heard if isinstance(fact, FilesChanged)]
    [carried] = [fact for fact in heard if isinstance(fact, NodesMoved)]
    assert left.ids == [plans.id] and str(place.space) in left.topic
    assert str(spaces.other) in told.topic
    assert carried.ids[0] == plans.id and len(carried.ids) == 4 and file.id in carried.ids
    assert not any(isinstance(fact, VersionAdded) for fact in heard)
    assert (await spaces.actions(place.space))[-1] == "files.move_out"
    assert (await spaces.actions(spaces.other))[-1] == "files.move_in"
    # What lay in the trash stays there, and comes back at the top.
    async with place.db.write() as tx:
        back = await service.restore_node(tx, place.editor, gone.id)
    assert (back.space_id, back.folder_id) == (place.space, place.space)
    async with place.db.read() as tx:
        with pytest.raises(NotFound):
            await queries.find_node(tx, place.owner, file.id)  # owns the space it left, is not in the other


async def test_a_move_onto_a_file_makes_a_version_of_it(spaces: Spaces) -> None:
    space = spaces.place.space
    kept = await spaces.place.upload("note.odt", b"avant")
    fresh = await spaces.place.upload("note.tmp", b"apres")
    with pytest.raises(Conflict):
        await spaces.move(fresh, space=space, name="note.odt")
    done = await spaces.move(fresh, space=space, name="NOTE.odt", conflict="version")
    assert (done.id, done.version, done.name) == (kept.id, 2, "note.odt")
    assert [await spaces.content(kept.id, number) for number in (1, 2)] == [b"avant", b"apres"]
    async with spaces.place.db.read() as tx:
        trash, _ = await queries.list_trash(tx, spaces.place.editor, space)
    assert [item.id for item in trash] == [fresh.id]


async def test_a_move_within_a_space(spaces: Spaces) -> None:
    space = spaces.place.space
    plans, file, _ = await tree(spaces)
    await spaces.place.upload("a.txt", b"haut")
    moved = await spaces.move(file, space=space, conflict="rename")
    assert (moved.name, moved.folder) == ("a (2).txt", None)
    assert (await spaces.move(file, space=space, conflict="rename", name="a (2).txt")).rev == moved.rev
    with pytest.raises(Invalid):
        await spaces.move(plans, space=space, folder=plans.id)
    with pytest.raises(Invalid):
        await spaces.copy(plans, space=space, folder=plans.id)
    assert (await spaces.actions(space))[-1] == "files.move"


async def test_rights_count_in_both_spaces(spaces: Spaces) -> None:
    place = spaces.place
    file = await place.upload("a.txt")
    await spaces.copy(file, place.reader)  # reads here, edits there
    with pytest.raises(Denied):
        await spaces.move(file, place.reader)
    with pytest.raises(NotFound):
        await spaces.copy(file, place.owner)  # is not in the other
    with pytest.raises(NotFound):
        await spaces.move(file, place.owner)
    with pytest.raises(NotFound):
        await spaces.copy(file, place.stranger)
    with pytest.raises(Denied):
        await spaces.copy(file, place.reader, space=place.space, conflict="rename")


async def test_a_branch_that_would_be_too_deep_there(spaces: Spaces) -> None:
    plans, _, _ = await tree(spaces)
    async with spaces.place.db.write() as tx:
        inside: UUID | None = None
        for number in range(MAX_DEPTH - 2):
            data = FolderInput(name=str(number), folder=inside)
            inside = (await service.create_folder(tx, spaces.place.editor, spaces.other, data)).id
    for carry in (spaces.copy, spaces.move):
        with pytest.raises(Invalid) as refused:
            await carry(plans, folder=inside)
        assert refused.value.code == "files.too_deep"
