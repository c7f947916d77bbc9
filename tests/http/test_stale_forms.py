"""A form whose thing was changed meanwhile comes back with both versions: what was typed, and what is saved."""

import re
from html import unescape

import aiohttp
import pytest

from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import set_member
from tests.support.app import App


async def page(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        assert answer.status == 200
        return unescape(await answer.text())


async def post(client: aiohttp.ClientSession, path: str, data: dict[str, str], status: int = 303) -> str:
    """The address one is sent to, or the page."""
    async with client.post(path, data=data, allow_redirects=False) as answer:
        text = unescape(await answer.text())
        assert answer.status == status, text
        return answer.headers["Location"] if status == 303 else text


def rev_in(text: str) -> str:
    return str(re.findall(r'name="rev" value="(\d+)"', text)[0])


def saved(text: str) -> dict[str, str]:
    """What the page says is saved, by field; each is tied to its control."""
    found = re.findall(r'id="(\w+)-saved">.*?</strong> (.*?)</span>', text, re.DOTALL)
    for name, _ in found:
        assert re.search(rf'id="{name}"[^>]*aria-describedby="[^"]*\b{name}-saved', text)
        assert f'<a href="#{name}">' in text
    return dict(found)


@pytest.fixture
async def other(app: App) -> aiohttp.ClientSession:
    """Zoé Delattre, who owns the space too."""
    async with app.db.write() as tx:
        owner = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=app.people["editor"], role=Role.OWNER)
        await set_member(tx, app.actor("agent"), app.space, owner)
    return await app.client("editor")


async def test_the_settings_of_a_space(app: App, other: aiohttp.ClientSession) -> None:
    agent, path = await app.client("agent"), f"/spaces/{app.space}/settings"
    rev = rev_in(await page(agent, path))
    theirs = {"title": "École <Nord>", "description": "Ligne 1\r\nLigne 2", "data_class": "financial", "rev": rev}
    await post(other, path, theirs)
    mine = {"title": "École Sud", "description": "", "data_class": "ordinary", "rev": rev}
    text = await post(agent, path, mine, 412)
    assert 'value="École Sud"' in text
    assert '<option value="ordinary" selected>' in text
    assert saved(text) == {
        "title": "École <Nord>",
        "description": "Ligne 1\nLigne 2",
        "data_class": "Données financières",
    }
    assert "Enregistré par Zoé Delattre, <time" in text
    assert re.search(r'<section[^>]*role="alert"[^>]*tabindex="-1"[^>]*autofocus', text)
    assert f'<a href="{path}">' in text
    assert rev_in(text) != rev
    assert "École <Nord>" in await page(agent, path)
    # Saving again keeps what was typed; a third person's change meanwhile would be seen again.
    await post(agent, path, {**mine, "rev": rev_in(text)})
    assert 'value="École Sud"' in await page(agent, path)
    await post(other, path, {**theirs, "rev": rev_in(text)}, 412)


async def test_the_same_version_twice_is_saved_once(app: App) -> None:
    agent, path = await app.client("agent"), f"/spaces/{app.space}/settings"
    form = {"title": "École", "data_class": "ordinary", "rev": rev_in(await page(agent, path))}
    for _ in range(2):
        assert await post(agent, path, form) == f"/spaces/{app.space}"


async def test_ones_own_change_in_another_window(app: App) -> None:
    agent, path = await app.client("agent"), f"/spaces/{app.space}/settings"
    form = {"title": "École", "data_class": "ordinary", "rev": rev_in(await page(agent, path))}
    await post(agent, path, form)
    text = await post(agent, path, {**form, "title": "Lycée"}, 412)
    assert "Vous avez modifié ceci ailleurs" in text
    assert saved(text) == {"title": "École"}


async def test_what_is_wrong_and_stale_is_first_put_right(app: App, other: aiohttp.ClientSession) -> None:
    agent, path = await app.client("agent"), f"/spaces/{app.space}/settings"
    rev = rev_in(await page(agent, path))
    await post(other, path, {"title": "École", "data_class": "ordinary", "rev": rev})
    text = await post(agent, path, {"title": "x" * 201, "data_class": "ordinary", "rev": rev}, 422)
    assert rev_in(text) == rev
    assert saved(await post(agent, path, {"title": "Lycée", "data_class": "ordinary", "rev": rev}, 412))


async def test_a_meeting(app: App, other: aiohttp.ClientSession) -> None:
    agent = await app.client("agent")
    fields = {"title": "Point", "date": "2031-05-05", "time": "10:00", "duration": "60"}
    path = await post(agent, "/meetings/new", {**fields, "space": str(app.space)}) + "/edit"
    rev = rev_in(await page(agent, path))
    await post(other, path, {**fields, "date": "2031-05-06", "time": "14:30", "duration": "25", "rev": rev})
    mine = {**fields, "title": "Point de chantier", "description": "Toiture", "rev": rev}
    text = await post(agent, path, mine, 412)
    assert 'value="Point de chantier"' in text
    assert 'value="10:00"' in text
    assert saved(text) == {
        "title": "Point",
        "description": "vide",
        "date": "mardi 6\u00a0mai\u00a02031",
        "time": "14\u00a0h\u00a030",
        "duration": "25 minutes",
    }
    assert "Enregistré par Zoé Delattre" in text
    assert "Point de chantier" not in await page(agent, path)
    kept = await post(agent, path, {**mine, "rev": rev_in(text)})
    assert "Point de chantier" in await page(agent, kept)


async def test_a_file(app: App, other: aiohttp.ClientSession) -> None:
    agent, top = await app.client("agent"), f"/files/{app.space}"
    async with agent.post(f"/api/v1/spaces/{app.space}/files?name=a.txt", data=b"x") as answer:
        path = f"{top}/items/{(await answer.json())['id']}"
    async with agent.post(f"/api/v1/spaces/{app.space}/folders", json={"name": "Plans"}) as answer:
        folder = (await answer.json())["id"]
    rev = rev_in(await page(agent, path))
    await post(other, path, {"name": "b.txt", "folder": folder, "rev": rev})
    text = await post(agent, path, {"name": "c.txt", "folder": "top", "rev": rev}, 412)
    assert 'value="c.txt"' in text
    assert saved(text) == {"name": "b.txt", "folder": "Plans"}
    assert "Enregistré par Zoé Delattre" in text
    assert await post(agent, path, {"name": "c.txt", "folder": "top", "rev": rev_in(text)}) == top


async def test_a_reader_is_shown_neither_version(app: App) -> None:
    reader = await app.client("reader")
    form = {"title": "École", "data_class": "ordinary", "rev": "9"}
    text = await post(reader, f"/spaces/{app.space}/settings", form, 403)
    assert "Rénovation" not in text


async def test_the_api_answers_with_both_versions(app: App) -> None:
    agent = await app.client("agent")
    path = f"/api/v1/spaces/{app.space}"
    for status, title in ((200, "École"), (412, "Lycée")):
        async with agent.patch(path, json={"title": title}, headers={"If-Match": '"1"'}) as answer:
            body = await answer.json()
        assert answer.status == status
    assert (body["current"]["title"], body["current"]["rev"], body["yours"]) == ("École", 2, {"title": "Lycée"})
