"""Links, deposit boxes and resumable uploads on both databases: counted, ended, and only where they lead."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from collab.core.errors import Conflict, Denied, NotFound
from collab.files import queries
from collab.files.access import get_node
from collab.files.jobs import expire_uploads, sweep_orphans
from collab.files.links import deposits, service
from collab.files.links.access import Gone, find_link, is_working
from collab.files.links.models import Asked, BoxInput, DepositInput, LinkInput, ShareLink
from collab.files.links.queries import Addresses, list_links_of_space
from collab.files.links.rules import secret_of
from collab.files.links.service import visitor
from collab.files.service import trash_node
from collab.files.uploads.models import UploadLimits, UploadStart
from collab.files.uploads.service import finish_upload, start_upload
from collab.spaces.access import Can
from directory.sessions.keys import Keys
from tests.service.collab.files.conftest import Place

LIMITS = UploadLimits(most_bytes=1000, lifetime=timedelta(days=7), most_unfinished=3, most_unfinished_bytes=2500)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.load(tmp_path)


async def link_to(place: Place, keys: Keys, node_id: object, **data: object) -> ShareLink:
    async with place.db.write() as tx:
        made = LinkInput.model_validate(data)
        return await service.create_link(tx, place.editor, keys, node_id, made, None)  # type: ignore[arg-type]


async def works(place: Place, link: ShareLink) -> bool:
    async with place.db.read() as tx:
        found = await tx.get(ShareLink, link.id)
        assert found is not None
        return await is_working(tx, found)


async def test_a_link_is_found_by_its_secret_which_is_not_kept(place: Place, keys: Keys) -> None:
    file = await place.upload("plan.pdf")
    link = await link_to(place, keys, file.id)
    secret = secret_of(keys, link.id)
    assert secret not in str(link.model_dump())
    async with place.db.read() as tx:
        found = await find_link(tx, secret)
        assert found is not None
        assert found.id == link.id
        assert await find_link(tx, secret[:-1] + ("A" if secret[-1] != "A" else "B")) is None
        [listed], _ = await list_links_of_space(tx, place.editor, Addresses(keys, "https://x"), place.space)
        assert listed.url == f"https://x/l/{secret}"


async def test_a_visitor_reaches_what_is_below_and_changes_nothing(place: Place, keys: Keys) -> None:
    folder, beside = await place.folder("Presse"), await place.folder("Paie")
    deep = await place.folder("Photos", folder.id)
    inside, outside = await place.upload("a.pdf", folder=deep.id), await place.upload("b.pdf", folder=beside.id)
    actor = visitor(await link_to(place, keys, folder.id))
    async with place.db.read() as tx:
        items, _ = await queries.list_folder(tx, actor, place.space, deep.id)
        assert [item.name for item in items] == ["a.pdf"]
        assert (await queries.find_content(tx, actor, inside.id)).name == "a.pdf"
        for node in (outside.id, beside.id):
            with pytest.raises(NotFound):
                await queries.find_content(tx, actor, node)
        for folder_id in (None, place.space, beside.id):
            with pytest.raises(NotFound):
                await queries.list_folder(tx, actor, place.space, folder_id)
        with pytest.raises(NotFound):
            await queries.list_recent(tx, actor, 10, space_id=place.space)
    for can in (Can.EDIT, Can.MANAGE):
        async with place.db.read() as tx:
            with pytest.raises(NotFound):
                await get_node(tx, actor, inside.id, can)
    async with place.db.write() as tx:
        with pytest.raises(NotFound):
            await trash_node(tx, actor, inside.id)


async def test_downloads_are_counted_and_never_too_many(place: Place, keys: Keys) -> None:
    file = await place.upload("plan.pdf")
    link = await link_to(place, keys, file.id, most_downloads=3)

    async def download() -> bool:
        try:
            async with place.db.write() as tx:
                await service.use_link(tx, link, file.id, counts=True, shown=False)
        except NotFound:  # also Gone
            return False
        return True

    assert sum(await asyncio.gather(*(download() for _ in range(8)))) == 3
    assert not await works(place, link)


async def test_what_lies_in_the_trash_is_not_opened(place: Place, keys: Keys) -> None:
    folder = await place.folder("Presse")
    file = await place.upload("a.pdf", folder=folder.id)
    link = await link_to(place, keys, file.id)
    assert await works(place, link)
    async with place.db.write() as tx:
        await trash_node(tx, place.editor, folder.id)
    assert not await works(place, link)


async def test_readers_make_no_links(place: Place, keys: Keys) -> None:
    file = await place.upload("plan.pdf")
    async with place.db.write() as tx:
        with pytest.raises(Denied):
            await service.create_link(tx, place.reader, keys, file.id, LinkInput(), None)


async def test_a_box_takes_files_under_free_names_and_shows_nothing(place: Place, keys: Keys) -> None:
    folder = await place.folder("Candidatures")
    await place.upload("cv.pdf", folder=folder.id)
    async with place.db.write() as tx:
        box = await service.create_box(tx, place.editor, keys, folder.id, BoxInput(ask_name=Asked.NO), None)
    actor = visitor(box)
    stored = await place.store(b"texte")
    async with place.db.write() as tx:
        deposit = await deposits.deposit_file(tx, actor, DepositInput(), "CV.pdf", stored)
    assert deposits.receipt_of(deposit).name == "CV.pdf"
    async with place.db.read() as tx:
        items, _ = await queries.list_folder(tx, place.reader, place.space, folder.id)
        assert sorted(item.name for item in items) == ["CV (2).pdf", "cv.pdf"]
        with pytest.raises(NotFound):
            await queries.list_folder(tx, actor, place.space, folder.id)
        with pytest.raises(NotFound):
            await queries.find_content(tx, actor, deposit.file_id)
    async with place.db.write() as tx:
        await service.revoke_link(tx, place.editor, box.id)
    async with place.db.write() as tx:
        with pytest.raises(Gone):
            await deposits.check_deposit(tx, actor, DepositInput(), "b.pdf", 1)


async def test_an_upload_becomes_one_file_however_often_it_ends(place: Place) -> None:
    start = UploadStart(space=place.space, name="a.bin", size=5)
    key = await place.disk.begin(5)
    async with place.db.write() as tx:
        upload = await start_upload(tx, place.editor, LIMITS, start, key)
    async with place.disk.grow(key) as growing:
        await growing.write(b"texte")
        await growing.sync()
    stored = await place.disk.complete(key)

    async def finish() -> object:
        async with place.db.write() as tx:
            return (await finish_upload(tx, place.editor, upload.id, stored)).file_id

    made = await asyncio.gather(*(finish() for _ in range(4)))
    assert len(set(made)) == 1
    async with place.db.read() as tx:
        items, _ = await queries.list_folder(tx, place.reader, place.space, None)
    assert [(item.name, item.version) for item in items] == [("a.bin", 1)]
    async with place.db.write() as tx:
        with pytest.raises(NotFound):
            await finish_upload(tx, place.owner, upload.id, stored)


async def test_the_sweep_leaves_what_is_still_arriving(place: Place) -> None:
    kept, orphan = await place.disk.begin(5), await place.disk.begin(5)
    async with place.db.write() as tx:
        await start_upload(tx, place.editor, LIMITS, UploadStart(space=place.space, name="a.bin", size=5), kept)
    assert await sweep_orphans(place.db, place.disk, timedelta(seconds=-1)) == 1
    assert await place.disk.received(kept) == 0
    await expire_uploads(place.db)
    assert await place.disk.received(kept) == 0
    async with place.db.write() as tx:
        start = UploadStart(space=place.space, name="b.bin", size=999)
        await start_upload(tx, place.editor, LIMITS, start, orphan)
        await start_upload(tx, place.editor, LIMITS, start, "0" * 32)
        with pytest.raises(Conflict):
            await start_upload(tx, place.editor, LIMITS, start, "1" * 32)
