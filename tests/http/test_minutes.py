"""Minutes over HTTP: written with forms alone, a late version kept, a card out of a deliberation, a document given."""

import re
from typing import Any

import pytest

from collab.core.jobs import Worker
from tests.http.council_things import make_council
from tests.support.app import App
from web import scheduled


@pytest.fixture
async def made(app: App) -> dict[str, str]:
    """A sitting that was held, its minutes proposed."""
    async with app.db.write() as tx:
        return await make_council(tx, app.actor("agent"), app.space, app.people["stranger"], "", {"held"})


async def send(client: Any, path: str, **form: str) -> tuple[int, str]:
    async with client.post(path, data=form, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_forms_alone_write_and_a_late_one_gets_both_versions(app: App, made: dict[str, str]) -> None:
    client = await app.client("agent")
    path = f"/council/sittings/{made['held']}/minutes/edit"
    assert (await send(client, path, part="opening", rev="0", text="Bonsoir."))[0] == 303
    status, page = await send(client, path, part="opening", rev="0", text="Bonjour.")
    assert status == 412
    assert "Bonsoir." in page
    assert re.search(r"<textarea[^>]*>Bonjour\.</textarea>", page)
    async with client.get(f"/api/v1/council/sittings/{made['held']}/minutes/versions") as answer:
        kinds = [one["kind"] for one in (await answer.json())["items"]]
    assert kinds.count("aside") == 1
    assert (await send(client, path, part="debates:nothing", rev="0", text="x"))[0] in (404, 422)
    assert (await send(client, path, part="closing", rev="-3", text="x\x00"))[0] == 422


async def test_the_api_gives_both_versions_of_a_conflict(app: App, made: dict[str, str]) -> None:
    client = await app.client("agent")
    path = f"/api/v1/council/sittings/{made['held']}/minutes/texts/closing"
    async with client.put(path, json={"text": "Un"}, headers={"If-Match": '"0"'}) as answer:
        assert (answer.status, answer.headers["ETag"]) == (200, '"1"')
    async with client.put(path, json={"text": "Deux"}, headers={"If-Match": '"0"'}) as answer:
        problem = await answer.json()
        assert answer.status == 412
    assert (problem["current"]["text"], problem["yours"]["text"]) == ("Un", "Deux")
    async with client.put(path, json={"text": "Trois"}) as answer:
        assert answer.status == 428


async def test_a_deliberation_becomes_a_card_and_each_leads_to_the_other(app: App, made: dict[str, str]) -> None:
    client = await app.client("agent")
    async with client.post(f"/api/v1/spaces/{app.space}/boards", json={"title": "Suites"}) as answer:
        board = (await answer.json())["id"]
    minutes = f"/council/sittings/{made['held']}/minutes"
    path = f"/council/sittings/{made['held']}/acts/{made['act']}/cards"
    async with client.post(path, data={"board": board}, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        card = answer.headers["Location"]
    async with client.get(f"/api/v1{card}") as answer:
        found = await answer.json()
    assert found["title"] == "Budget"
    assert minutes in found["description"]
    async with client.get(minutes) as answer:
        assert f'href="{card}"' in await answer.text()


async def test_the_worker_makes_the_documents_and_readers_download_them(app: App, made: dict[str, str]) -> None:
    client = await app.client("reader")
    worker = Worker(app.db, scheduled.handlers(app.deps))
    await worker.run_due()
    path = f"/api/v1/council/sittings/{made['held']}/documents"
    async with client.get(path) as answer:
        documents = {one["kind"]: one for one in (await answer.json())["items"]}
    assert set(documents) == {"minutes", "public_minutes", "list", "register", "deliberation", "extract"}
    for form, kind, magic in (
        ("pdf", "application/pdf", b"%PDF-1.7"),
        ("odt", "application/vnd.oasis.opendocument.text", b"PK"),
    ):
        async with client.get(f"{path}/{documents['minutes']['id']}/{form}") as answer:
            assert answer.status == 200
            assert answer.content_type == kind
            assert (await answer.read()).startswith(magic)
    async with client.get(f"{path}/{documents['minutes']['id']}/exe") as answer:
        assert answer.status == 404
