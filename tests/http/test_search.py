"""The search over the real server: what is sent can be found, by those who may read it, by the API and on the page."""

import io
from typing import Any

from aiohttp import ClientSession

from collab.core.jobs import Worker
from collab.core.noted import Noted
from tests.http.test_previews import upload
from tests.support import documents
from tests.support.app import App
from web import scheduled


async def settle(app: App) -> None:
    """What a second and the worker do: texts are read, then what they say is indexed."""
    worker = Worker(app.db, scheduled.handlers(app.deps))
    for _ in range(2):
        await app.deps.part(Noted).owe()
        await worker.run_due()


async def look(client: ClientSession, q: str, **more: str) -> list[dict[str, Any]]:
    async with client.get("/api/v1/search", params={"q": q, **more}) as answer:
        assert answer.status == 200, await answer.text()
        body: dict[str, Any] = await answer.json()
        assert body.keys() == {"items", "next"}
        items: list[dict[str, Any]] = body["items"]
        return items


async def test_what_is_sent_is_found_by_those_who_may_read_it(app: App) -> None:
    editor, reader, stranger = [await app.bearer(role) for role in ("editor", "reader", "stranger")]
    file = await upload(app, editor, "Délibération.docx", documents.docx("Le conseil vote les travaux <de> l’école."))
    await settle(app)
    [hit] = await look(reader, "travail ecole")
    assert (hit["id"], hit["title"], hit["where"]) == (file, "Délibération.docx", ["Rénovation de l’école"])
    assert [piece["text"] for piece in hit["passage"] if piece["found"]] == ["travaux", "école"]
    assert await look(stranger, "travail ecole") == []
    assert await look(await app.bearer("admin"), "travail") == []
    browser = await app.client("reader")
    async with browser.get("/search", params={"q": "écoles"}) as page:
        text = await page.text()
        assert "<mark>école</mark>" in text
        assert "&lt;de&gt;" in text
    async with browser.get(hit["url"]) as page:
        assert page.status == 200
    # A new name, then the trash.
    async with editor.get(f"/api/v1/files/{file}") as answer:
        etag = answer.headers["ETag"]
    change = editor.patch(f"/api/v1/files/{file}", json={"name": "Vote.docx"}, headers={"If-Match": etag})
    async with change as answer:
        assert answer.status == 200
    await settle(app)
    assert [hit["title"] for hit in await look(reader, "vote")] == ["Vote.docx"]
    assert await look(reader, "délibération") == []
    async with editor.delete(f"/api/v1/files/{file}") as answer:
        assert answer.status == 204
    assert await look(reader, "vote") == []


async def test_cards_are_found_beside_files(app: App) -> None:
    editor, reader, stranger = [await app.bearer(role) for role in ("editor", "reader", "stranger")]
    async with editor.post(f"/api/v1/spaces/{app.space}/boards", json={"title": "Chantier"}) as answer:
        board = (await answer.json())["id"]
    async with editor.get(f"/api/v1/boards/{board}") as answer:
        column = (await answer.json())["columns"][0]["id"]
    card = {"column": column, "title": "Étanchéité des toitures"}
    async with editor.post(f"/api/v1/boards/{board}/cards", json=card) as answer:
        assert answer.status == 201
        made, etag = (await answer.json())["id"], answer.headers["ETag"]
    change = {"description": "Les devis sont chez l’architecte."}
    async with editor.patch(f"/api/v1/cards/{made}", json=change, headers={"If-Match": etag}) as answer:
        assert answer.status == 200, await answer.text()
    await upload(app, editor, "toiture.bin", b"x")
    await settle(app)
    assert [hit["kind"] for hit in await look(reader, "toiture")] == ["file", "card"]
    assert [hit["kind"] for hit in await look(reader, "toiture", kind="card")] == ["card"]
    [hit] = await look(reader, "architecte devis")
    assert (hit["url"], hit["where"]) == (f"/boards/{board}?card={made}", ["Chantier"])
    assert await look(stranger, "architecte") == []
    async with editor.delete(f"/api/v1/columns/{column}") as answer:
        assert answer.status == 204
    assert await look(reader, "architecte") == []
    async with editor.post(f"/api/v1/columns/{column}/restore") as answer:
        assert answer.status < 300
    async with editor.delete(f"/api/v1/cards/{made}") as answer:
        assert answer.status == 204
    assert await look(reader, "architecte") == []


async def test_pages_of_results_lead_on(app: App) -> None:
    editor = await app.bearer("editor")
    for number in range(23):
        await upload(app, editor, f"lot {number}.bin", b"x")
    await settle(app)
    names: list[str] = []
    path: str | None = "/api/v1/search?q=lot"
    while path is not None:
        async with editor.get(path) as answer:
            body = await answer.json()
        names += [item["title"] for item in body["items"]]
        path = body["next"]
    assert sorted(names) == sorted(f"lot {number}.bin" for number in range(23))


async def test_bad_input_is_named(app: App) -> None:
    reader = await app.bearer("reader")
    for query in ("after=x", "after=3.1", "space=x", "q=" + "a" * 301, "what=1"):
        async with reader.get(f"/api/v1/search?{query}") as answer:
            assert answer.status == 422, query
    assert await look(reader, "", kind="", space="") == []
    assert await look(reader, "a" * 300) == []
    assert await look(reader, "x\"; DROP TABLE file_node; -- ' OR 1=1 NEAR( * :") == []
    write = await app.bearer("reader", ["write"])
    async with write.get("/api/v1/search?q=a") as answer:
        assert answer.status == 403


async def test_a_restart_loses_no_note(app: App) -> None:
    """What was noted is owed when the server stops."""
    editor = await app.bearer("editor")
    path = f"/api/v1/spaces/{app.space}/files?name=asphalte.bin"
    async with editor.post(path, data=io.BytesIO(b"x")) as answer:
        assert answer.status == 201
    await app.deps.part(Noted).stop()
    await Worker(app.db, scheduled.handlers(app.deps)).run_due()
    assert [hit["title"] for hit in await look(editor, "asphalt")] == ["asphalte.bin"]
