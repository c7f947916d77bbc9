"""Home, directory, spaces, notifications, problems: for members, strangers and nobody, in both languages."""

import re
from html import unescape
from typing import Any

import aiohttp
import pytest

from collab.files.records.shipped import TYPES
from tests.support.app import App
from tests.support.furnished import LONG, furnish, page_paths

ENGLISH = {"Accept-Language": "en"}
FRENCH_WORDS = re.compile(r"\b(?:une?|les|des|vous|votre|pour|dans|avec|aucune?|chercher|enregistrer)\b", re.IGNORECASE)


async def page(client: aiohttp.ClientSession, path: str, status: int = 200, **more: Any) -> str:
    async with client.get(path, **more) as answer:
        text = unescape(await answer.text())
        assert answer.status == status, text
        return text


async def post(client: aiohttp.ClientSession, path: str, data: dict[str, str], status: int = 303) -> str:
    """The address one is sent to, or the page."""
    async with client.post(path, data=data, allow_redirects=False) as answer:
        text = unescape(await answer.text())
        assert answer.status == status, text
        return answer.headers["Location"] if status == 303 else text


def visible(text: str) -> str:
    """What a reader gets: the words of a page without its scripts, styles and marks."""
    return re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style)[\s\S]*?</\1>", " ", text))


async def test_the_home_page_answers_what_now_what_waits_what_changed(app: App) -> None:
    ids = await furnish(app)
    text = await page(await app.client("admin"), "/")
    assert f'href="/meetings/{ids["meeting"]}/room"' in text
    assert f'href="/boards/{ids["board"]}?card={ids["card"]}"' in text
    assert "En retard" in text
    assert f'href="/spaces/{app.space}"' in text
    assert "Vous êtes désormais membre de l’espace « Rénovation de l’école »." in text.replace("\u00a0", " ")
    assert ".pdf" in text
    empty = await page(await app.client("stranger"), "/")
    assert "Rien ne vous attend" in empty
    assert LONG not in empty


async def test_a_space_shows_what_it_holds(app: App) -> None:
    ids = await furnish(app)
    path = f"/spaces/{app.space}"
    for role in ("agent", "editor", "reader"):
        text = await page(await app.client(role), path)
        for link in (
            f"/meetings/{ids['meeting']}",
            f"/boards/{ids['board']}",
            f"/files/{app.space}",
            f"{path}/members",
        ):
            assert f'href="{link}"' in text, (role, link)
        assert ("/meetings/new?space=" in text) == (role != "reader")
        assert (f'href="{path}/settings"' in text) == (role == "agent")
    await page(await app.client("stranger"), path, 404)


async def test_a_cancelled_meeting_is_not_to_come(app: App) -> None:
    ids = await furnish(app)
    agent = await app.client("agent")
    for meeting in (ids["meeting"], ids["guests_meeting"], ids["shown_meeting"]):
        async with agent.delete(f"/api/v1/meetings/{meeting}") as answer:
            assert answer.status == 204
    text = await page(agent, f"/spaces/{app.space}")
    assert ids["meeting"] not in text
    assert "Aucune réunion à venir" in text


async def test_the_tree_opens_on_the_chosen_service(app: App) -> None:
    ids = await furnish(app)
    agent = await app.client("agent")
    text = await page(agent, "/directory")
    assert "Voirie et propreté" in text
    assert "<details>" in text
    below = re.findall(r'href="/directory\?unit=([-0-9a-f]+)">Voirie', text)[0]
    chosen = await page(agent, f"/directory?unit={below}")
    assert "<details open>" in chosen
    assert f'href="/directory?unit={below}" aria-current="page"' in chosen
    assert "Personne n’a été trouvé" in chosen
    assert "Yann Kermorgant" in await page(agent, f"/directory?unit={app.unit}&search=KERM")
    person = await page(agent, f"/directory/people/{ids['person']}")
    assert "mailto:reader@mairie.example" in person
    assert f'href="/directory?unit={app.unit}"' in person


async def test_a_new_space_keeps_what_was_typed(app: App) -> None:
    agent = await app.client("agent")
    text = await post(agent, "/spaces/new", {"title": "x" * 201, "description": "Cour & jardin"}, 422)
    assert "x" * 201 in text
    assert "Cour & jardin" in text
    assert 'aria-invalid="true"' in text
    space = await post(agent, "/spaces/new", {"title": "Cantine", "data_class": "ordinary"})
    changed = {"title": "Cantine scolaire", "data_class": "ordinary", "rev": "1"}
    assert await post(agent, f"{space}/settings", changed) == space
    assert "Cantine scolaire" in await page(agent, space)
    await post(agent, f"{space}/settings", {**changed, "title": "Cantine"}, 412)


async def test_members_are_added_changed_and_removed(app: App) -> None:
    agent, path = await app.client("agent"), f"/spaces/{app.space}/members"
    found = await page(agent, f"{path}?search=sow")
    assert "Ajouter Fatou Sow" in found
    stranger = str(app.people["stranger"])
    add = {"principal_kind": "person", "principal_id": stranger, "role": "reader"}
    assert await post(agent, path, add) == path
    guest = await app.client("stranger")
    assert "Rénovation de l’école" in await page(guest, "/notifications")
    own = await page(guest, path)
    assert f'action="{path}/{stranger}/remove"' in own
    assert "Enregistrer le rôle" not in own
    await post(guest, path, {**add, "role": "owner"}, 403)
    await post(agent, path, {**add, "role": "editor"})
    assert (await page(guest, "/notifications")).count("Rénovation de l’école") == 1  # another role is no news
    assert await post(guest, f"{path}/{stranger}/remove", {}) == "/spaces"
    await page(guest, path, 404)


async def test_the_last_owner_stays_and_the_page_says_why(app: App) -> None:
    agent, path = await app.client("agent"), f"/spaces/{app.space}/members"
    me = str(app.people["agent"])
    text = await page(agent, path)
    assert "Seul propriétaire" in text
    assert f"{me}/remove" not in text
    assert "besoin d’un propriétaire" in await post(agent, f"{path}/{me}/remove", {}, 422)
    less = {"principal_kind": "person", "principal_id": me, "role": "reader"}
    assert "besoin d’un propriétaire" in await post(agent, path, less, 422)


async def test_notifications_are_read_and_chosen(app: App) -> None:
    await furnish(app)
    admin = await app.client("admin")
    assert "Nouveau" in await page(admin, "/notifications")
    text = await page(admin, "/notifications")
    opened = re.search(r'name="id" value="([^"]+)"', text)
    assert opened is not None
    assert (await post(admin, "/notifications/read", {"id": opened[1]})).startswith(
        ("/spaces/", "/boards/", "/meetings/", "/files/")
    )
    assert f'value="{opened[1]}"' not in await page(admin, "/notifications"), "what was opened is read"
    await post(await app.client("stranger"), "/notifications/read", {"id": opened[1]}, 404)
    await post(admin, "/notifications/read", {"id": "none"}, 422)
    assert await post(admin, "/notifications/read", {}) == "/notifications"
    text = await page(admin, "/notifications")
    assert "Tout marquer comme lu" not in text
    assert 'count="0"' in text
    assert await post(admin, "/settings/notifications", {"membership": "at_once"}) == "/settings/notifications?saved"
    choices = await page(admin, "/settings/notifications")
    assert re.search(r'id="membership"[\s\S]*?value="at_once" selected', choices)
    assert "Vos réglages sont enregistrés" not in choices
    assert "Vos réglages sont enregistrés" in await page(admin, "/settings/notifications?saved")
    await post(admin, "/settings/notifications", {"membership": "by pigeon"}, 422)


@pytest.mark.parametrize(
    ("role", "path", "status", "words"),
    [
        ("agent", "/nowhere", 404, "Rien à cette adresse"),
        ("agent", "/spaces/not-an-id", 404, "Rien à cette adresse"),
        ("agent", "/admin/people", 404, "Rien à cette adresse"),  # who does not administer learns of no such page
        ("reader", "/spaces/{space}/settings", 403, "Cet accès ne vous est pas ouvert"),
        ("agent", "/directory?unit=not-an-id", 422, "Cela n’a pas pu être fait"),
    ],
)
async def test_a_problem_is_a_page_that_says_what_to_do(
    app: App, role: str, path: str, status: int, words: str
) -> None:
    text = await page(await app.client(role), path.format(space=app.space), status)
    assert f"<h1>{words}</h1>" in text
    assert 'aria-label="Menu principal"' in text
    assert "Retour à l’accueil" in text
    assert "Traceback" not in text


# The types of records that come with it are a French commune's, whoever reads them.
DELIVERED = sorted({text for row in TYPES for text in (row[1], row[4], row[6]) if text}, key=len, reverse=True)
DELIVERED += ["Enregistrements de réunions", "Durée proposée : à fixer avec le délégué à la protection des données."]


async def test_english_is_complete(app: App) -> None:
    ids = await furnish(app)
    admin = await app.client("admin")
    for path in page_paths(ids):
        text = await page(admin, path, headers=ENGLISH)
        assert '<html lang="en"' in text, path
        told = visible(text).replace(LONG, "").replace(LONG.partition(",")[0], "").replace("Rénovation de l’école", "")
        for said in DELIVERED:
            told = told.replace(said, "")
        assert not FRENCH_WORDS.findall(told), path


async def test_pages_are_for_those_who_are_signed_in(app: App) -> None:
    ids = await furnish(app)
    nobody, stranger = app.anybody(), await app.client("stranger")
    for path in page_paths(ids):
        if path in ("/", f"/reset/{ids['token']}") or path.startswith(
            ("/l/", "/d/", "/g/", "/public/", "/broadcasts/")
        ):
            continue
        async with nobody.get(path, allow_redirects=False) as answer:
            assert answer.status in (303, 401, 404), path
            assert LONG not in await answer.text(), path
        async with stranger.get(path, allow_redirects=False) as answer:
            expected = {404} if app.space.hex in path.replace("-", "") else {200, 403, 404}
            assert answer.status in expected, path
            assert LONG not in await answer.text(), path


async def test_a_problem_keeps_the_header_of_every_page(app: App) -> None:
    ids = await furnish(app)
    client = await app.client("admin")
    for path in ("/nowhere", f"/boards/{app.space}"):
        text = await page(client, path, 404)
        assert re.search(r'<hc-bell person="[^"]+" count="[1-9]', text), path
        assert f'href="/meetings/{ids["meeting"]}/room"' in text, path
    assert "<hc-bell" not in await page(app.anybody(), "/nowhere", 404)


async def test_a_problem_of_the_header_itself_leaves_it_bare(app: App) -> None:
    async def fail(_call: object) -> dict[str, Any]:
        raise RuntimeError("the database is gone")

    client = await app.client("agent")
    app.deps.surrounds.append(fail)
    assert "Le serveur n’a pas pu répondre" in await page(client, "/files", 500)
