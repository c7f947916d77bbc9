"""Records over HTTP: the way of a list to its visa, the history that readers leave, an export that is whole."""

import csv
import hashlib
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from collab.files.comments import CommentInput, add_comment
from collab.files.history import list_history
from collab.files.records import service
from collab.files.records.export import members_of, open_export
from collab.files.records.models import Fate, Start, TypeInput
from collab.files.tagging import create_tag, tag_node
from collab.files.tags import TagInput
from collab.spaces.models import DataClass, SpaceChange
from collab.spaces.service import update_space
from tests.support.app import SETUP, App
from web.contents import Contents
from web.packing import pack

NAMES = ["plan.txt", "a\\..\\b.txt", "fin.", "Délibération n° 3.txt"]


async def upload(client: aiohttp.ClientSession, app: App, name: str, data: bytes = b"un", folder: str = "") -> str:
    query = {"name": name, "folder": folder}
    async with client.post(f"/api/v1/spaces/{app.space}/files", params=query, data=io.BytesIO(data)) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


async def due_type(app: App, fate: Fate = Fate.DESTROY) -> UUID:
    async with app.db.write() as tx:
        data = TypeInput(title="Courrier échu", months=0, start=Start.CREATED, fate=fate)
        return (await service.add_type(tx, SETUP, data)).id


async def page(client: aiohttp.ClientSession, path: str, **form: Any) -> tuple[int, str]:
    """The page that a form (or, without one, a visit) leads to."""
    async with client.post(path, data=form) if form else client.get(path) as answer:
        return answer.status, await answer.text()


async def test_from_a_type_to_the_visa_through_pages(app: App) -> None:
    owner, archivist = await app.client("agent"), await app.client("stranger")
    admin = await app.client("admin")
    status, text = await page(admin, "/admin/records/archivists", person_id=str(app.people["stranger"]))
    assert (status, "Fatou Sow" in text) == (200, True)
    file, kind = await upload(owner, app, "lettre.txt"), await due_type(app)
    status, text = await page(owner, f"/files/{app.space}/items/{file}/record", type=str(kind))
    assert (status, "Courrier échu" in text) == (200, True)
    status, text = await page(owner, f"/files/{app.space}/records/eliminations", reason="x")
    assert (status, "banner danger" in text) == (422, True)
    status, text = await page(owner, f"/files/{app.space}/records/eliminations", unit=file, reason="Sans utilité")
    assert status == 200
    number = text.split("/eliminations/")[1].split("/")[0]
    status, text = await page(archivist, "/records")
    assert (status, number in text, "lettre.txt" in text) == (200, True, True)
    assert (await page(archivist, f"/files/{app.space}"))[0] == 404
    assert (await page(archivist, f"/api/v1/files/{file}/content"))[0] == 404
    assert (await page(archivist, f"/eliminations/{number}", visa="false", rev="1"))[0] == 422
    status, text = await page(archivist, f"/eliminations/{number}", visa="true", rev="1", answer="Vu")
    assert (status, hashlib.sha256(b"un").hexdigest() in text) == (200, True)
    assert (await page(owner, f"/api/v1/files/{file}"))[0] == 404
    async with owner.get(f"/eliminations/{number}/list.csv") as answer:
        rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig")), delimiter=";"))
    assert rows[1][:5] == [file, "lettre.txt", "1", "2", hashlib.sha256(b"un").hexdigest()]
    assert rows[1][6].count(":") == 1


async def test_an_administrator_does_not_name_themselves(app: App) -> None:
    admin = await app.client("admin")
    assert (await page(admin, "/admin/records/archivists", person_id=str(app.people["admin"])))[0] == 422
    assert (await page(admin, "/records"))[0] == 404


async def test_a_hold_on_the_page_of_a_file(app: App) -> None:
    owner = await app.client("agent")
    file = await upload(owner, app, "lettre.txt")
    status, text = await page(owner, f"/files/{app.space}/holds", reason="Recours n° 12", node=file)
    assert (status, "Recours n° 12" in text) == (200, True)
    async with owner.delete(f"/api/v1/files/{file}") as answer:
        assert answer.status == 204
    async with owner.delete(f"/api/v1/trash/{file}") as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "files.held")


async def test_the_history_says_who_read(app: App) -> None:
    owner, reader, editor = await app.client("agent"), await app.client("reader"), await app.client("editor")
    file = await upload(editor, app, "=budget.txt")
    for _ in range(3):
        async with reader.get(f"/api/v1/files/{file}/content") as answer:
            assert await answer.read() == b"un"
            etag = answer.headers["ETag"]
    async with owner.get(f"/api/v1/files/{file}/content", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304  # was given nothing
    async with owner.head(f"/api/v1/files/{file}/content") as answer:
        assert answer.status == 200
    await app.deps.part(Contents).readings.flush()
    async with owner.get(f"/api/v1/files/{file}/history") as answer:
        items = (await answer.json())["items"]
    assert sorted((item["action"], item["who"]["name"], item["door"]) for item in items) == [
        ("files.read", "Yann Kermorgant", "download"), ("files.upload", "Zoé Delattre", ""),
    ]  # fmt: skip
    status, text = await page(owner, f"/files/{app.space}/items/{file}/history")
    assert (status, "Yann Kermorgant" in text) == (200, True)
    async with owner.get(f"/files/{app.space}/items/{file}/history.csv") as answer:
        rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig")), delimiter=";"))
    assert "'=budget.txt" in [row[4] for row in rows]
    assert (await page(reader, f"/files/{app.space}/items/{file}/history"))[0] == 403
    assert f"items/{file}/history" not in (await page(reader, f"/files/{app.space}/items/{file}"))[1]


@pytest.mark.parametrize(("data_class", "status"), [(DataClass.ORDINARY, 200), (DataClass.PERSONAL, 403)])
async def test_editors_see_it_as_the_data_allow(app: App, data_class: DataClass, status: int) -> None:
    editor = await app.client("editor")
    file = await upload(editor, app, "a.txt")
    async with app.db.write() as tx:
        await update_space(tx, app.actor("agent"), app.space, SpaceChange(data_class=data_class), 1)
    assert (await page(editor, f"/files/{app.space}/items/{file}/history"))[0] == status
    assert (await page(editor, f"/files/{app.space}/items/{file}"))[0] == 200


async def test_a_history_goes_on_without_a_gap(app: App) -> None:
    editor = await app.client("editor")
    file = await upload(editor, app, "a.txt")
    for number in range(12):
        async with editor.put(f"/api/v1/files/{file}/content", data=b"%d" % number) as answer:
            assert answer.status == 200
    seen: list[int | None] = []
    before = None
    async with app.db.read() as tx:
        while True:
            _, part, before = await list_history(tx, app.actor("agent"), UUID(file), before=before, limit=5)
            seen += [entry.number for entry in part]
            if before is None:
                break
    assert len(seen) == 13


async def test_an_export_is_whole_hash_by_hash(app: App) -> None:
    owner = await app.client("agent")
    folder = await _folder(owner, app, "Plans")
    files = {name: await upload(owner, app, name, name.encode() * 3, folder) for name in NAMES}
    async with owner.put(f"/api/v1/files/{files['plan.txt']}/content", data=bytes(600_000)) as answer:
        assert answer.status == 200
    trashed = await upload(owner, app, "jeté.txt")
    async with owner.delete(f"/api/v1/files/{trashed}") as answer:
        assert answer.status == 204
    kind = await due_type(app, Fate.KEEP)
    async with owner.put(f"/api/v1/files/{folder}/record", json={"type": str(kind)}) as answer:
        assert answer.status == 200
    async with app.db.write() as tx:
        tag = await create_tag(tx, app.actor("agent"), app.space, TagInput(name="À relire"))
        await tag_node(tx, app.actor("agent"), UUID(folder), tag.id)
        await add_comment(tx, app.actor("agent"), UUID(folder), CommentInput(text="Vu avec la préfecture."))
    async with owner.post(f"/api/v1/spaces/{app.space}/export") as answer:
        assert answer.status == 200
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    nodes = {node["id"]: node for node in manifest["nodes"]}
    assert set(nodes) == {folder, trashed, *files.values()}
    listed = set()
    for node in nodes.values():
        for version in node.get("versions", []):
            data = archive.read(version["path"])
            assert (len(data), hashlib.sha256(data).hexdigest()) == (version["size"], version["sha256"])
            listed.add(version["path"])
    assert set(archive.namelist()) == listed | {"manifest.json"}
    assert len(listed) == 6
    assert not any("\\" in path or ".." in path.split("/") for path in listed)
    assert nodes[files["a\\..\\b.txt"]]["name"] == "a\\..\\b.txt"
    assert nodes[folder]["record"]["type"] == "Courrier échu"
    assert nodes[folder]["tags"] == ["À relire"]
    assert [comment["text"] for comment in nodes[folder]["comments"]] == ["Vu avec la préfecture."]
    assert manifest["people"] == {str(app.people["agent"]): "Camille Roche"}
    assert {entry["action"] for entry in manifest["journal"]} >= {"files.upload", "records.set", "spaces.create"}
    assert manifest["journal_head"].count(":") == 1
    async with owner.post(f"/api/v1/spaces/{app.space}/export?folder={folder}") as answer:
        part = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert {node["id"] for node in json.loads(part.read("manifest.json"))["nodes"]} == {folder, *files.values()}


async def test_an_export_holds_a_block_at_a_time(app: App) -> None:
    owner = await app.client("agent")
    await upload(owner, app, "film.bin", bytes(5 << 20))
    async with app.db.write() as tx:
        opened = await open_export(tx, app.actor("agent"), app.space, None)
    sizes = [len(block) async for block in pack(members_of(app.db, app.deps.part(Contents).storage, opened))]
    assert sum(sizes) > 5 << 20
    assert max(sizes) <= (256 << 10) + 1000


async def test_an_export_says_what_is_missing(app: App) -> None:
    owner = await app.client("agent")
    await upload(owner, app, "a.txt", b"whole")
    broken = await upload(owner, app, "b.txt", b"broken")
    for path in (app.deps.settings.data.dir / "files/objects").rglob("*"):
        if path.is_file() and path.read_bytes() == b"broken":
            path.write_bytes(b"brokem")
    async with owner.post(f"/api/v1/spaces/{app.space}/export") as answer:
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    nodes = {node["name"]: node for node in json.loads(archive.read("manifest.json"))["nodes"]}
    assert nodes["a.txt"]["versions"][0]["missing"] is None
    assert nodes["b.txt"]["id"] == broken
    assert nodes["b.txt"]["versions"][0]["missing"] == "files.damaged"


async def _folder(client: aiohttp.ClientSession, app: App, name: str) -> str:
    async with client.post(f"/api/v1/spaces/{app.space}/folders", json={"name": name}) as answer:
        assert answer.status == 201
        return str((await answer.json())["id"])
