"""The tree: names, folders, moves, versions, and who may do what."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.ids import new_id
from collab.core.journal import JournalEntry
from collab.files import queries, service
from collab.files.events import FilesChanged
from collab.files.models import FolderInput, NodeChange, OnConflict, UploadQuery
from collab.files.rules import MAX_DEPTH
from tests.service.collab.files.conftest import Place


async def names(place: Place, folder: UUID | None = None) -> list[str]:
    async with place.db.read() as tx:
        items, _ = await queries.list_folder(tx, place.reader, place.space, folder)
    return [item.name for item in items]


async def change(place: Place, node: UUID, rev: int, **fields: object) -> None:
    async with place.db.write() as tx:
        await service.change_node(tx, place.editor, node, NodeChange.model_validate(fields), rev)


async def test_a_list_has_folders_first_and_numbers_by_value(place: Place) -> None:
    for name in ("Annexe 10.pdf", "annexe 2.pdf", "Élan.odt", "Zone.txt"):
        await place.upload(name)
    await place.folder("Plans")
    assert await names(place) == ["Plans", "annexe 2.pdf", "Annexe 10.pdf", "Élan.odt", "Zone.txt"]


async def test_a_list_goes_on_where_it_stopped(place: Place) -> None:
    await place.folder("Plans")
    for number in range(5):
        await place.upload(f"{number}.txt")
    seen, after = [], None
    async with place.db.read() as tx:
        while True:
            items, after = await queries.list_folder(tx, place.reader, place.space, None, after=after, limit=2)
            seen += [item.name for item in items]
            if after is None:
                break
    assert seen == ["Plans", "0.txt", "1.txt", "2.txt", "3.txt", "4.txt"]


async def test_names_that_differ_in_case_or_form_are_the_same(place: Place) -> None:
    await place.upload("Été.PDF")
    for name in ("été.pdf", "E\u0301te\u0301.pdf"):
        with pytest.raises(Conflict) as refused:
            await place.upload(name)
        assert refused.value.code == "files.name_taken"
        assert str(refused.value.extra["suggestion"]).endswith(" (2).pdf")


async def test_a_folder_and_a_file_do_not_share_a_name(place: Place) -> None:
    await place.folder("Plans")
    for conflict in (OnConflict.REFUSE, OnConflict.VERSION):
        with pytest.raises(Conflict):
            await place.upload("plans", conflict=conflict)


async def test_an_upload_may_take_another_name_or_become_a_version(place: Place) -> None:
    first = await place.upload("plan.pdf", b"un")
    second = await place.upload("PLAN.pdf", b"deux", conflict=OnConflict.RENAME)
    assert second.name == "PLAN (2).pdf"
    third = await place.upload("plan.PDF", b"trois", conflict=OnConflict.VERSION)
    assert (third.id, third.version, third.name) == (first.id, 2, "plan.pdf")
    async with place.db.read() as tx:
        versions, _ = await queries.list_versions(tx, place.reader, first.id)
        old = await queries.find_content(tx, place.reader, first.id, 1)
    assert [version.number for version in versions] == [2, 1]
    async with place.disk.open(old.key) as content:
        assert await content.read(0, content.size) == b"un"


@pytest.mark.parametrize(
    "name", ["", "  ", ".", "..", "a/b", "../x", "a\x00b", "a\nb", "x" * 256, "é" * 128, "\u202egpj"]
)
async def test_what_cannot_be_a_name_is_refused_with_its_reason(place: Place, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await place.upload(name)
    assert set(refused.value.errors) == {"name"}


@pytest.mark.parametrize(
    "name", ["<b>gras<b>.txt", 'a"b:c*?|<>.txt', "con", " espaces ", "...", "%2e%2e", "👩‍🚒.odt", "é" * 127]
)
async def test_an_unusual_name_survives(place: Place, name: str) -> None:
    assert (await place.upload(name)).name == name
    assert await names(place) == [name]


async def test_rename_and_move(place: Place) -> None:
    plans, file = await place.folder("Plans"), await place.upload("a.txt")
    await change(place, file.id, file.rev, name="B.txt", folder=str(plans.id))
    assert await names(place) == ["Plans"]
    assert await names(place, plans.id) == ["B.txt"]
    await change(place, file.id, file.rev + 1, name="b.txt")  # case alone: its own name is not taken
    await change(place, file.id, file.rev + 2, folder=None)
    assert await names(place) == ["Plans", "b.txt"]
    async with place.db.read() as tx:
        actions = await tx.all(select(col(JournalEntry.action)).where(col(JournalEntry.subject_id) == file.id))
    assert sorted(actions) == ["files.move", "files.move", "files.rename", "files.upload"]


async def test_a_stale_change_is_refused_with_both_versions(place: Place) -> None:
    file = await place.upload("a.txt")
    await change(place, file.id, file.rev, name="b.txt")
    with pytest.raises(StaleRevision) as refused:
        await change(place, file.id, file.rev, name="c.txt")
    assert refused.value.extra["yours"] == {"name": "c.txt"}
    current = refused.value.extra["current"]
    assert isinstance(current, dict)
    assert current["name"] == "b.txt"


async def test_a_folder_does_not_go_into_itself(place: Place) -> None:
    outer = await place.folder("a")
    inner = await place.folder("b", outer.id)
    for target in (outer, inner):
        with pytest.raises(Invalid, match=r"files\.into_itself"):
            await change(place, outer.id, outer.rev, folder=str(target.id))


async def test_folders_have_a_depth(place: Place) -> None:
    inside = None
    for number in range(MAX_DEPTH):
        inside = (await place.folder(f"{number}", inside)).id
    with pytest.raises(Invalid, match=r"files\.too_deep"):
        await place.folder("deeper", inside)
    other = await place.folder("other")
    await place.folder("child", other.id)
    with pytest.raises(Invalid, match=r"files\.too_deep"):
        await change(place, other.id, other.rev, folder=str(inside))


async def test_a_folder_of_another_space_is_none(place: Place) -> None:
    for folder in (new_id(), (await place.upload("a.txt")).id):
        with pytest.raises((NotFound, Invalid)):
            await place.upload("b.txt", folder=folder)


async def test_roles(place: Place) -> None:
    file = await place.upload("a.txt")
    query = UploadQuery(name="b.txt")
    for actor, error in ((place.reader, Denied), (place.stranger, NotFound)):
        with pytest.raises(error):
            await place.upload("b.txt", actor=actor)
        async with place.db.write() as tx:
            with pytest.raises(error):
                await service.check_upload(tx, actor, place.space, query)
            with pytest.raises(error):
                await service.create_folder(tx, actor, place.space, FolderInput(name="c"))
            with pytest.raises(error):
                await service.change_node(tx, actor, file.id, NodeChange(name="c"), file.rev)
            with pytest.raises(error):
                await service.trash_node(tx, actor, file.id)
            with pytest.raises(error):
                await service.purge_node(tx, actor, file.id)
            with pytest.raises(error):
                await queries.list_trash(tx, actor, place.space)
    async with place.db.read() as tx:
        for read in (queries.find_node, queries.find_content, queries.list_versions):
            await read(tx, place.reader, file.id)
            with pytest.raises(NotFound):
                await read(tx, place.stranger, file.id)
        assert await queries.list_recent(tx, place.stranger, 10) == []
        assert [item.id for item in await queries.list_recent(tx, place.reader, 10)] == [file.id]


async def test_everybody_is_told_in_order(place: Place) -> None:
    told: list[FilesChanged] = []
    place.db.bus.announce_to(lambda fact: told.append(fact) if isinstance(fact, FilesChanged) else None)
    file = await place.upload("a.txt")
    await change(place, file.id, file.rev, name="b.txt")
    assert [fact.items[0].name for fact in told] == ["a.txt", "b.txt"]
    assert [fact.rev for fact in told] == [1, 2]
    assert told[0].wire == "files.changed"
    assert told[0].items[0].changed_by is not None
    assert told[0].items[0].changed_by.name == "Édith"


async def test_the_path_leads_from_the_top(place: Place) -> None:
    outer = await place.folder("a")
    inner = await place.folder("b", outer.id)
    file = await place.upload("c.txt", folder=inner.id)
    async with place.db.read() as tx:
        view = await queries.find_node(tx, place.reader, file.id)
        folders, _ = await queries.list_folders(tx, place.reader, place.space)
    assert [step.name for step in view.path] == ["a", "b"]
    assert [(folder.name, folder.folder) for folder in folders] == [("a", None), ("b", outer.id)]
