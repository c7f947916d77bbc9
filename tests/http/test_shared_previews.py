"""What a link shows of files without opening them: to whoever has it, of what is below it, and no more than that."""

import io
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from collab.core.journal import JournalEntry
from collab.files.readings import FileRead
from tests.http.test_links import Town, furnish
from tests.http.test_previews import made
from tests.support import documents
from tests.support.app import App


@pytest.fixture
async def town(app: App) -> Town:
    return await furnish(app)


async def add(town: Town, key: str, name: str, data: bytes, folder: str = "folder") -> None:
    path = f"/api/v1/spaces/{town.app.space}/files?name={name}&folder={town.ids.get(folder, '')}"
    town.ids[key] = (await town.make("POST", path, data=io.BytesIO(data)))["id"]


async def asked(town: Town, path: str) -> tuple[int, Any]:
    async with town.visitor.get(path) as answer:
        is_json = "json" in answer.content_type
        return answer.status, await answer.json() if is_json else await answer.read()


async def test_an_office_document_is_seen_by_whoever_may_only_look(town: Town) -> None:
    await add(town, "note", "note.docx", documents.docx("Ordre du jour"))
    path = await town.link("folder", view_only=True)
    shared = path.replace("/l/", "/api/v1/shared/") + f"/{town.ids['note']}/preview"
    status, page = await town.get(f"{path}/{town.ids['note']}", headers={"Accept-Language": "fr"})
    assert status == 200
    assert f'parts="{shared}"' in page
    assert "ne peut pas être vu" not in page
    assert (await asked(town, shared))[1]["state"] == "waiting"
    await made(town.app)
    assert await asked(town, shared) == (200, {"kind": "office", "state": "ready", "pages": 1})
    status, data = await asked(town, f"{shared}/page-1")
    assert (status, Image.open(io.BytesIO(data)).format) == (200, "WEBP")
    assert (await asked(town, f"{path}/{town.ids['note']}/content"))[0] == 403
    assert (await asked(town, f"{shared}/pdf"))[0] == 404  # what could be kept as a document
    async with town.app.db.read() as tx:
        seen = await tx.all(select(JournalEntry).where(col(JournalEntry.action) == "links.view"))
        assert len(seen) == 1
    status, page = await town.get(f"{path}/{town.ids['note']}")
    assert 'state="ready"' in page


async def test_pictures_of_a_folder_stand_small_in_its_list(town: Town) -> None:
    await add(town, "photo", "photo.jpg", documents.photo())
    await add(town, "outside", "autre.jpg", documents.photo(), folder="")
    path = await town.link("folder")
    shared = path.replace("/l/", "/api/v1/shared/")
    states = f"{shared}/{town.ids['folder']}/thumbs"
    assert f'states="{states}"' in (await town.get(path))[1]
    query = f"?item={town.ids['photo']}&item={town.ids['outside']}"
    assert [one["state"] for one in (await asked(town, states + query))[1]["items"]] == ["waiting", "none"]
    await made(town.app)
    assert [one["state"] for one in (await asked(town, states + query))[1]["items"]] == ["ready", "none"]
    status, data = await asked(town, f"{shared}/{town.ids['photo']}/preview/thumb")
    assert (status, max(Image.open(io.BytesIO(data)).size)) == (200, 320)
    for outside in ("outside", "other", "link"):
        for door in ("preview", "preview/thumb", "preview/picture", f"thumbs?item={town.ids['photo']}"):
            assert (await asked(town, f"{shared}/{town.ids[outside]}/{door}"))[0] == 404, door
    async with town.app.db.read() as tx:
        assert await tx.all(select(FileRead)) == []


@pytest.mark.parametrize("why", ["counted", "password", "revoked", "box"])
async def test_what_a_link_does_not_show(town: Town, why: str) -> None:
    await add(town, "text", "lisez-moi.txt", b"le texte")
    limits: dict[str, dict[str, Any]] = {"counted": {"most_downloads": 3}, "password": {"password": "mot de passe"}}
    path = await (town.box() if why == "box" else town.link("folder", **limits.get(why, {})))
    if why == "revoked":
        await town.make("DELETE", f"/api/v1/links/{town.ids['link']}", 204)
    shared = "/api/v1/shared/" + path.rpartition("/")[2]
    expected = {"counted": 403, "password": 403}.get(why, 404)
    for door in ("preview", "preview/text", "preview/thumb"):
        assert (await asked(town, f"{shared}/{town.ids['text']}/{door}"))[0] == expected, door
    states = f"{shared}/{town.ids['folder']}/thumbs?item={town.ids['text']}"
    assert (await asked(town, states))[0] == expected
    if why == "counted":
        assert "hc-preview" not in (await town.get(f"{path}/{town.ids['text']}"))[1]
