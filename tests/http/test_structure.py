"""The directory kept by hand, through pages and the API: details of local accounts, services, groups."""

import re
from typing import Any
from uuid import UUID

import aiohttp
from sqlalchemy import select, update
from sqlmodel import col

from collab.core.journal import JournalEntry
from directory.groups.models import Group
from directory.people.models import Person, Source
from directory.units.models import Unit
from tests.http.test_pages_admin import page, post
from tests.http.test_stale_forms import rev_in, saved
from tests.support.app import App


async def send(
    client: aiohttp.ClientSession, method: str, path: str, body: Any = None, rev: int | None = None
) -> tuple[int, Any]:
    """Status and document of a request to the API."""
    headers = {} if rev is None else {"If-Match": f'"{rev}"'}
    async with client.request(method, f"/api/v1/admin{path}", json=body, headers=headers) as answer:
        return answer.status, await answer.json() if answer.status != 204 else None


async def actions(app: App, subject: str | UUID) -> list[str]:
    """What the journal says was done to it."""
    async with app.db.read() as tx:
        statement = select(col(JournalEntry.action)).where(col(JournalEntry.subject_id) == UUID(str(subject)))
        return list(await tx.all(statement.order_by(col(JournalEntry.id))))


async def from_directory(app: App) -> None:
    """Let what the town has come from a directory."""
    async with app.db.write() as tx:
        for model, key in ((Unit, app.unit), (Group, app.group), (Person, app.people["reader"])):
            await tx.execute(update(model).where(col(model.id) == key).values(source=Source.LDAP.value))


async def test_the_details_of_a_local_account(app: App) -> None:
    admin, account = await app.client("admin"), f"/admin/people/{app.people['reader']}"
    assert f"{account}/edit" in await page(admin, account)
    form = await page(admin, f"{account}/edit")
    assert 'value="reader@mairie.example"' in form
    rev = rev_in(form)
    values = {"display_name": "Yann K.", "phone": "01 23 45 67 89", "title": "Agent", "rev": rev}
    refused = await post(admin, f"{account}/edit", {**values, "mail": "personne"}, 422)
    assert 'value="personne"' in refused
    assert 'href="#mail"' in refused
    assert await post(admin, f"{account}/edit", values) == account
    shown = await page(admin, account)
    assert "01 23 45 67 89" in shown
    assert "reader@mairie.example" not in shown  # the empty field took it away
    reader = await app.client("reader")
    await page(reader, f"/spaces/{app.space}", 404)  # they came in through the service they are no longer in
    stale = await post(admin, f"{account}/edit", {**values, "title": "Cheffe"}, 412)
    assert saved(stale) == {"title": "Agent"}
    assert (await actions(app, app.people["reader"])).count("people.update") == 1


async def test_services_are_made_moved_and_removed(app: App) -> None:
    admin = await app.client("admin")
    await post(admin, "/admin/units/new", {"parent_id": str(app.unit)}, 422)
    assert await post(admin, "/admin/units/new", {"name": "Voirie", "parent_id": str(app.unit)}) == "/admin/units"
    unit = re.findall(r'href="(/admin/units/[-0-9a-f]{36})">.*?Voirie', await page(admin, "/admin/units"))[-1]
    form = await page(admin, unit)
    assert "Services techniques" in form
    rev = rev_in(form)
    inside = {"name": "Voirie", "parent_id": unit.rsplit("/", 1)[1], "rev": rev}
    assert "à l’intérieur de lui-même" in await post(admin, unit, inside, 422)
    assert await post(admin, unit, {"name": "Voirie et réseaux", "rev": rev}) == "/admin/units"
    stale = await post(admin, unit, {"name": "Voirie", "parent_id": str(app.unit), "rev": rev}, 412)
    assert saved(stale) == {"name": "Voirie et réseaux", "parent_id": "vide"}
    full = f"/admin/units/{app.unit}"
    assert 'role="alert"' in await post(admin, f"{full}/remove", {}, 409)  # somebody works there
    assert await post(admin, f"{unit}/remove", {}) == "/admin/units"
    await page(admin, unit, 404)
    assert await actions(app, unit.rsplit("/", 1)[1]) == ["units.add", "units.update", "units.remove"]


async def test_a_group_from_its_name_to_its_end(app: App) -> None:
    admin = await app.client("admin")
    await post(admin, "/admin/groups/new", {}, 422)
    group = await post(admin, "/admin/groups/new", {"name": "Astreinte"})
    assert "Ajouter Fatou Sow" in await page(admin, f"{group}?search=sow")
    stranger = str(app.people["stranger"])
    assert await post(admin, f"{group}/members", {"person_id": stranger}) == group
    shown = await page(admin, f"{group}?search=sow")
    assert "Retirer Fatou Sow" in shown
    assert "Ajouter Fatou Sow" not in shown
    await post(admin, f"{group}/members", {"person_id": str(app.space)}, 422)
    rev = rev_in(shown)
    assert await post(admin, group, {"name": "Garde", "rev": rev}) == group
    assert saved(await post(admin, group, {"name": "Permanence", "rev": rev}, 412)) == {"name": "Garde"}
    assert await post(admin, f"{group}/members/{stranger}/remove", {}) == group
    assert "Personne n’est dans ce groupe" in await page(admin, group)
    assert await post(admin, f"{group}/remove", {}) == "/admin/groups"
    await page(admin, group, 404)
    done = ["groups.add", "groups.set_members", "groups.rename", "groups.set_members", "groups.remove"]
    assert await actions(app, group.rsplit("/", 1)[1]) == done


async def test_who_is_taken_out_of_a_group_is_out_of_its_spaces(app: App) -> None:
    admin, editor = await app.client("admin"), await app.client("editor")
    await page(editor, f"/spaces/{app.space}")
    await post(admin, f"/admin/groups/{app.group}/members/{app.people['editor']}/remove", {})
    await page(editor, f"/spaces/{app.space}", 404)


async def test_what_comes_from_the_directory_is_read_only(app: App) -> None:
    await from_directory(app)
    admin = await app.client("admin")
    account, unit, group = f"/people/{app.people['reader']}", f"/units/{app.unit}", f"/groups/{app.group}"
    async with admin.get(f"/admin{account}/edit", allow_redirects=False) as answer:
        assert answer.status == 303
    assert "/edit" not in await page(admin, f"/admin{account}")
    for path in (unit, group):
        shown = await page(admin, f"/admin{path}")
        assert "vient de l’annuaire" in shown
        assert f"/admin{path}/remove" not in shown
    editor = f"{app.people['editor']}"
    for path, form in (
        (f"{account}/edit", {"display_name": "X", "rev": "1"}),
        (unit, {"name": "X", "rev": "1"}),
        (group, {"name": "X", "rev": "2"}),
        (f"{group}/members", {"person_id": editor}),
        (f"{group}/members/{editor}/remove", {}),
        (f"{group}/remove", {}),
    ):
        assert "vient de l’annuaire" in await post(admin, f"/admin{path}", form, 422)
    assert "vient de l’annuaire" in await post(admin, f"/admin{unit}/remove", {}, 409)
    for method, path, body, rev in (
        ("PATCH", account, {"title": "X"}, 1),
        ("PATCH", unit, {"name": "X"}, 1),
        ("DELETE", unit, None, None),
        ("PATCH", group, {"name": "X"}, 2),
        ("PUT", f"{group}/members", {"people": []}, None),
        ("DELETE", group, None, None),
    ):
        status, problem = await send(admin, method, path, body, rev)
        assert (status, problem["code"].split(".")[1]) == (409, "from_directory")


async def test_the_same_through_the_api(app: App) -> None:
    admin = await app.client("admin")
    person = f"/people/{app.people['reader']}"
    assert (await send(admin, "PATCH", person, {"title": "Agent"}))[0] == 428
    status, view = await send(admin, "PATCH", person, {"title": "Agent"}, 1)
    assert (status, view["title"], view["mail"], view["rev"]) == (200, "Agent", "reader@mairie.example", 2)
    status, problem = await send(admin, "PATCH", person, {"title": "Chef"}, 1)
    assert (status, problem["current"]["title"], problem["yours"]) == (412, "Agent", {"title": "Chef"})
    status, unit = await send(admin, "POST", "/units", {"name": "Voirie", "parent_id": str(app.unit)})
    assert (status, unit["depth"], unit["local"]) == (201, 1, True)
    path = f"/units/{unit['id']}"
    status, moved = await send(admin, "PATCH", path, {"parent_id": None}, 1)
    assert (status, moved["name"], moved["depth"], moved["rev"]) == (200, "Voirie", 0, 2)
    assert (await send(admin, "PATCH", path, {"name": "X"}, 1))[0] == 412
    assert (await send(admin, "DELETE", path))[0] == 204
    status, group = await send(admin, "POST", "/groups", {"name": "Astreinte"})
    path = f"/groups/{group['id']}"
    people = [str(app.people["reader"]), str(app.people["editor"])]
    assert (await send(admin, "PUT", f"{path}/members", {"people": people}))[1]["people"] == 2
    assert (await send(admin, "PUT", f"{path}/members", {"people": [str(app.space)]}))[0] == 422
    status, problem = await send(admin, "PATCH", path, {"name": "Garde"}, 1)
    assert (status, problem["current"]["name"], problem["yours"]) == (412, "Astreinte", {"name": "Garde"})
    assert (await send(admin, "PATCH", path, {"name": "Garde"}, 2))[1]["name"] == "Garde"
    assert (await send(admin, "DELETE", path))[0] == 204
    agent = await app.client("agent")
    assert (await send(agent, "POST", "/groups", {"name": "X"}))[0] == 404


async def test_a_service_whose_parent_was_closed_is_renamed_and_stays_where_it_is(app: App) -> None:
    admin = await app.client("admin")
    status, made = await send(admin, "POST", "/units", {"name": "Voirie", "parent_id": str(app.unit)})
    assert status == 201, made
    async with app.db.write() as tx:
        await tx.execute(update(Unit).where(col(Unit.id) == app.unit).values(active=False))
    path = f"/admin/units/{made['id']}"
    form = await page(admin, path)
    assert f'<option value="{app.unit}" selected>Services techniques</option>' in form
    values = {"name": "Voirie et réseaux", "parent_id": str(app.unit), "rev": rev_in(form)}
    assert await post(admin, path, values) == "/admin/units"
    async with app.db.read() as tx:
        unit = await tx.get(Unit, UUID(made["id"]))
        assert unit is not None
        assert (unit.name, unit.parent_id) == ("Voirie et réseaux", app.unit)
    stale = await post(admin, path, {**values, "name": "Routes", "parent_id": ""}, 412)
    assert "Services techniques" in saved(stale).values()
