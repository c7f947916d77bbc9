"""Administration as pages: accounts, the directory (a real slapd), jobs that failed, the health of every part."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp

from collab.core import jobs
from collab.core.database import Database
from collab.core.jobs import Job, PermanentFailure, Worker
from collab.notifications import membership
from directory.people.models import PersonInput
from directory.people.service import add_person
from tests.support.app import PASSWORD, SETUP, App, running
from tests.support.furnished import furnish
from tests.support.orphan import add_orphan
from tests.support.ports import free_port
from tests.support.slapd import Slapd


async def page(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        text = unescape(await answer.text())
        assert answer.status == status, text
        return text


async def post(client: aiohttp.ClientSession, path: str, data: dict[str, str], status: int = 303) -> str:
    """The address one is sent to, or the page."""
    async with client.post(path, data=data, allow_redirects=False) as answer:
        text = unescape(await answer.text())
        assert answer.status == status, text
        return answer.headers["Location"] if status == 303 else text


async def test_a_local_account_from_its_form_to_its_first_password(app: App) -> None:
    admin = await app.client("admin")
    assert "Courriel" in await page(admin, "/admin/people/new")
    values = {"display_name": "Ada & fils", "login": "Ada Lovelace", "unit_id": str(app.unit)}
    refused = await post(admin, "/admin/people/new", values, 422)
    assert 'value="Ada & fils"' in refused
    assert 'value="Ada Lovelace"' in refused
    assert f'value="{app.unit}" selected' in refused
    assert 'aria-invalid="true"' in refused
    assert "agent" in await post(admin, "/admin/people/new", {**values, "login": "agent"}, 422)  # taken
    account = await post(admin, "/admin/people/new", {**values, "login": "ada"})
    shown = await post(admin, f"{account}/reset", {}, 200)
    link = re.findall(r"<code>http://[^<]*(/reset/[^<]+)</code>", shown)[0]
    assert "/reset/" not in (await page(admin, account)).replace(f"{account}/reset", "")  # shown once
    ada = app.anybody()
    new = {"new": "un mot de passe assez long", "again": "un mot de passe assez long"}
    await post(ada, link, new, 200)
    await post(app.anybody(), link, new, 404)
    body = {"login": "ada", "password": new["new"]}
    async with app.anybody().post("/api/v1/sessions", json=body) as answer:
        assert answer.status == 201


async def test_an_account_is_disabled_and_let_in_again(app: App) -> None:
    admin, editor = await app.client("admin"), await app.client("editor")
    account = f"/admin/people/{app.people['editor']}"
    text = await page(admin, account)
    assert "Désactiver le compte de Zoé Delattre" in text  # what is asked before
    assert await post(admin, f"{account}/disable", {}) == account
    assert "est partie" in await page(admin, account)
    async with editor.get("/api/v1/me") as answer:
        assert answer.status == 401
    assert "Zoé Delattre" in await page(admin, "/admin/people?left=true")
    assert "Zoé Delattre" not in await page(admin, "/admin/people")
    assert await post(admin, f"{account}/enable", {}) == account
    assert "peut se connecter" in await page(admin, account)


async def test_the_last_administrator_stays_and_the_page_says_why(app: App) -> None:
    admin = await app.client("admin")
    account = f"/admin/people/{app.people['admin']}"
    for path, data in ((f"{account}/disable", {}), (f"{account}/admin", {"is_admin": "false"})):
        text = await post(admin, path, data, 409)
        assert 'role="alert"' in text
        assert "Julien Fabre" in text
    other = f"/admin/people/{app.people['agent']}"
    assert await post(admin, f"{other}/admin", {"is_admin": "true"}) == other
    assert await post(admin, f"{account}/admin", {"is_admin": "false"}) == account
    await page(admin, account, 404)


async def test_an_account_whose_login_was_given_away_stays_disabled(app: App) -> None:
    admin = await app.client("admin")
    account = f"/admin/people/{app.people['stranger']}"
    await post(admin, f"{account}/disable", {})
    async with app.db.write() as tx:
        await add_person(tx, SETUP, PersonInput(login="stranger", display_name="Une autre"))
    assert 'role="alert"' in await post(admin, f"{account}/enable", {}, 409)
    assert "est partie" in await page(admin, account)


async def test_administering_shows_whose_spaces_are_but_not_what_they_hold(app: App) -> None:
    admin = await app.client("admin")
    text = await page(admin, "/admin/spaces")
    assert "Camille Roche" in text
    assert "Rénovation" not in text
    await page(admin, f"/spaces/{app.space}", 404)


async def test_a_failed_job_is_shown_and_tried_again(app: App) -> None:
    async def fail(_db: Database, _job: Job) -> None:
        raise PermanentFailure("nobody <b>knows</b> this address")

    async with app.db.write() as tx:
        job = await jobs.enqueue(tx, "mail.send", {"to": str(app.people["agent"])}, key="test")
    worker = Worker(app.db, {"mail.send": fail, membership.JOB: membership.tell_members}, [])
    await worker.run_due()
    admin = await app.client("admin")
    async with admin.get("/admin/jobs") as answer:
        raw = await answer.text()
    assert "Envoyer un courriel" in raw
    assert "nobody &lt;b&gt;knows&lt;/b&gt; this address" in raw
    keys = re.findall(r'action="/admin/jobs/([-0-9a-f]+)/retry"', raw)
    assert job is None or str(job) in keys
    for key in keys:
        assert await post(admin, f"/admin/jobs/{key}/retry", {}) == "/admin/jobs"
    assert "Aucune tâche n’a échoué" in await page(admin, "/admin/jobs")


async def test_health_names_what_does_not_answer(tmp_path: Path) -> None:
    nowhere = {"host": "127.0.0.1", "port": free_port()}
    async with running(tmp_path, mail=nowhere) as app:
        text = await page(await app.client("admin"), "/admin/health")
    rows = {name: row for row in re.findall(r'<li class="row">[\s\S]*?</li>', text) for name in NAMES if name in row}
    assert rows.keys() == set(NAMES)
    states = {name: next(state for state in STATES if state in row) for name, row in rows.items()}
    assert states == {
        "Base de données": "fonctionne",
        "Stockage des fichiers": "fonctionne",
        "Son et image": "fonctionne",
        "Courriel": "ne répond pas",
        "Annuaire": "non utilisé",
        "Disque": "assez de place" if "assez de place" in rows["Disque"] else "presque plein",
    }
    assert re.search(r"\d+:[0-9a-f]{64}", text)


NAMES = ("Base de données", "Stockage des fichiers", "Son et image", "Courriel", "Annuaire", "Disque")
STATES = ("fonctionne", "ne répond pas", "non utilisé", "assez de place", "presque plein")


async def test_the_directory_is_compared_then_applied(tmp_path: Path, slapd: Slapd) -> None:
    async with running(tmp_path, ldap=section(slapd)) as app:
        admin = await app.client("admin")
        assert slapd.url in await page(admin, "/admin/directory")
        compared = await post(admin, "/admin/directory/compare", {}, 200)
        assert "Ce qui changerait" in compared
        assert "Lena" not in await page(admin, "/admin/people")
        applied = await post(admin, "/admin/directory/sync", {}, 200)
        assert "L’annuaire a été lu et appliqué." in applied
        health = await page(admin, "/admin/health")
        assert slapd.url in health
        found = await page(admin, "/admin/people?search=lena")
        account = re.findall(r'href="(/admin/people/[-0-9a-f]{36})"', found)[0]
        text = await page(admin, account)
        assert "C’est celui de l’annuaire" in text
        assert f"{account}/reset" not in text


async def test_a_directory_that_is_down_is_said_and_nothing_changes(tmp_path: Path, slapd: Slapd) -> None:
    down = {**section(slapd), "servers": [f"ldap://127.0.0.1:{free_port()}"], "timeout": 1}
    async with running(tmp_path, ldap=down) as app:
        admin = await app.client("admin")
        assert "banner danger" in await post(admin, "/admin/directory/compare", {}, 200)
        assert "banner danger" in await post(admin, "/admin/directory/sync", {}, 200)
        assert "ne répond pas" in await page(admin, "/admin/health")
        assert "Camille Roche" in await page(admin, "/admin/people")


def section(slapd: Slapd) -> dict[str, Any]:
    return slapd.section().model_dump(exclude_unset=True)


async def test_nobody_else_learns_of_the_administration(app: App) -> None:
    await furnish(app)
    agent = await app.client("agent")
    person = app.people["editor"]
    for path in ("", "/people", "/people/new", f"/people/{person}", "/spaces", "/directory", "/jobs", "/health"):
        await page(agent, f"/admin{path}", 404)
    for path in (f"/people/{person}/disable", f"/people/{person}/reset", "/directory/sync", f"/jobs/{person}/retry"):
        await post(agent, f"/admin{path}", {}, 404)
    async with app.anybody().post("/api/v1/sessions", json={"login": "editor", "password": PASSWORD}) as answer:
        assert answer.status == 201


async def test_a_space_that_nobody_owns_gets_an_owner(app: App) -> None:
    async with app.db.write() as tx:
        orphan = str(await add_orphan(tx))
    admin, stranger = await app.client("admin"), await app.client("stranger")
    text = await page(admin, "/admin/spaces")
    assert "Propriétaire précédent\u00a0: Odile Partie" in text
    assert f'href="/admin/spaces/{orphan}"' in text
    path = f"/admin/spaces/{orphan}"
    shown = await page(admin, f"{path}?search=sow")
    assert "Désigner Fatou Sow comme propriétaire" in shown
    assert "lavoir" not in text + shown
    assert "vous désigner" in await post(admin, path, {"person_id": str(app.people["admin"])}, 422)
    await post(admin, path, {"person_id": "personne"}, 422)
    assert await post(admin, path, {"person_id": str(app.people["stranger"])}) == "/admin/spaces"
    assert orphan not in await page(admin, "/admin/spaces")
    await page(admin, path, 409)
    assert "Affaire du lavoir" in await page(stranger, f"/spaces/{orphan}")
    assert "Vous êtes désormais propriétaire" in await page(stranger, "/notifications")
    await page(admin, f"/spaces/{orphan}", 404)


async def test_the_owner_of_an_orphan_is_named_through_the_api(app: App) -> None:
    async with app.db.write() as tx:
        orphan = str(await add_orphan(tx))
    admin = await app.client("admin")
    async with admin.get("/api/v1/admin/orphan-spaces") as answer:
        [figures] = (await answer.json())["items"]
    assert (figures["id"], figures["owners"], "title" in figures) == (orphan, ["Odile Partie"], False)
    body = {"person_id": str(app.people["agent"])}
    for status in (204, 409):
        async with admin.put(f"/api/v1/admin/spaces/{orphan}/owner", json=body) as answer:
            assert answer.status == status
