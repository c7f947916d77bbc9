"""A place in which every page has something to show, and the addresses of all pages in it.

ids = await furnish(app)
for path in page_paths(ids): ...
"""

from typing import Any
from uuid import UUID

import aiohttp

from collab.files.records import service as records
from collab.files.records.models import Archivist, Fate, Start, TypeInput
from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import set_member
from directory.sessions.service import create_reset_link
from directory.units.models import UnitInput
from directory.units.service import add_unit
from meetings.council.publishing.service import open_page
from meetings.rooms.broadcasts import set_broadcast
from tests.http.council_things import make_council
from tests.support.app import SETUP, App
from tests.support.orphan import add_orphan
from web.app import all_endpoints

LONG = "Réhabilitation énergétique de l’école élémentaire Jules-Verne-et-des-Tilleuls, tranche conditionnelle n° 2"
NOT_PAGES = {  # pictures and files; redirections
    "pages.public.document",
    "pages.directory.photo",
    "pages.shared.content",
    "pages.shared.view",
    "pages.shared.folder_zip",
    "pages.admin.admin",
    "pages.files.mine",
    "pages.records.history_table",
    "pages.records.elimination_table",
    "pages.exchange.table",
    "pages.exchange.spreadsheet",
    "pages.attendance.table",
    "pages.attendance.spreadsheet",
    "pages.attendance.results",
}


async def furnish(app: App) -> dict[str, str]:
    """Fill the space through the API. The administrator owns it too, so that one person reaches every page."""
    agent = await app.client("agent")
    async with app.db.write() as tx:
        member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=app.people["admin"], role=Role.OWNER)
        await set_member(tx, app.actor("agent"), app.space, member)
        await add_unit(tx, SETUP, UnitInput(name="Voirie et propreté", parent_id=app.unit))
        orphan = str(await add_orphan(tx))
        token = await create_reset_link(tx, app.actor("admin"), app.people["stranger"])
        due = TypeInput(title=LONG, months=0, start=Start.CREATED, fate=Fate.DESTROY)
        kind = str((await records.add_type(tx, SETUP, due)).id)
    top = f"/api/v1/spaces/{app.space}"
    board = await _make(agent, f"{top}/boards", json={"title": LONG})
    columns = (await _get(agent, f"/api/v1/boards/{board['id']}"))["columns"]
    card = await _make(
        agent, f"/api/v1/boards/{board['id']}/cards", json={"column": columns[0]["id"], "title": f"Devis : {LONG}"}
    )
    assigned = {"assignees": [str(app.people["admin"])], "due": "2020-01-31"}
    async with agent.patch(f"/api/v1/cards/{card['id']}", json=assigned, headers={"If-Match": '"1"'}) as answer:
        assert answer.status == 200, await answer.text()
    own = await (await app.client("admin")).post(
        f"{top}/imports?name=cartes.csv", data=f"Titre;Colonne;Responsable\n{LONG};{LONG};{LONG}\n;x\n".encode()
    )
    assert own.status == 201, await own.text()
    start = app.db.clock.now().isoformat()
    invited = [str(app.people["admin"])]
    meeting = await _make(
        agent, f"{top}/meetings", json={"title": LONG, "starts_at": start, "duration": 60, "invitees": invited}
    )
    poll = {"question": LONG, "options": [LONG, "Non"], "live": True}
    await _make(agent, f"/api/v1/meetings/{meeting['id']}/polls", json=poll)
    wide = await _make(
        agent, f"{top}/meetings", json={"title": LONG, "starts_at": start, "duration": 60, "kind": "lobby"}
    )
    public = {"title": LONG, "starts_at": start, "duration": 60, "kind": "public"}
    shown = UUID((await _make(agent, f"{top}/meetings", json=public))["id"])
    async with app.db.write() as tx:
        broadcast = (await set_broadcast(tx, app.actor("agent"), shown, True)).rpartition("/")[2]
    guest_link = await _make(agent, f"/api/v1/meetings/{wide['id']}/guest-links", json={"name": None})
    folder = await _make(agent, f"{top}/folders", json={"name": LONG})
    file = await _make(agent, f"{top}/files?name={'plan-' * 20}.pdf", data=b"%PDF")
    tag = await _make(agent, f"{top}/file-tags", json={"name": "À relire avant la commission", "colour": "orange"})
    for path in (f"tags/{tag['id']}", "favourite"):
        async with agent.put(f"/api/v1/files/{file['id']}/{path}") as answer:
            assert answer.status in (200, 204), await answer.text()
    await _make(agent, f"/api/v1/files/{file['id']}/comments", json={"text": f"@Julien Fabre : {LONG}"})
    async with agent.put(f"/api/v1/files/{file['id']}/content", data=b"%PDF-2", params={"comment": LONG}) as answer:
        assert answer.status == 200, await answer.text()
    link = await _make(agent, f"/api/v1/files/{file['id']}/links", json={"label": LONG, "most_downloads": 3})
    box = await _make(agent, f"/api/v1/files/{folder['id']}/boxes", json={"welcome": LONG, "kinds": ["pdf", "office"]})
    await _keep(agent, kind, folder["id"])
    old = await _make(agent, f"{top}/files?name=courrier.txt&folder={folder['id']}", data=b"x")
    await _keep(agent, kind, old["id"])
    elimination = await _make(agent, f"{top}/eliminations", json={"units": [old["id"]], "reason": LONG})
    async with agent.post(f"/api/v1/files/{file['id']}/holds", json={"reason": LONG}) as answer:
        assert answer.status == 201, await answer.text()
    async with app.db.write() as tx:  # not named, which would be a notification
        tx.add(Archivist(person_id=app.people["admin"], named_at=tx.now))
    council = await _council(agent, app, top)
    gone = await _make(agent, f"{top}/files?name=ancien.txt", data=b"x")
    async with agent.delete(f"/api/v1/files/{gone['id']}") as answer:
        assert answer.status in (200, 204), await answer.text()
    return {
        **council,
        "space": str(app.space),
        "board": board["id"],
        "card": card["id"],
        "board_import": (await own.json())["id"],
        "meeting": meeting["id"],
        "guests_meeting": wide["id"],
        "shown_meeting": str(shown),
        "folder": folder["id"],
        "file": file["id"],
        "person": str(app.people["reader"]),
        "token": token,
        "link": box["id"],
        "node": file["id"],
        "secret": link["url"].rpartition("/")[2],
        "box": box["url"].rpartition("/")[2],
        "broadcast": broadcast,
        "guest": guest_link["url"].rpartition("/")[2],
        "unit": str(app.unit),
        "group": str(app.group),
        "orphan": orphan,
        "record_type": kind,
        "elimination": elimination["id"],
    }


def page_paths(ids: dict[str, str]) -> list[str]:
    """The address of every page of the route table. Raises KeyError for one whose sample is missing."""
    pages = [one for one in all_endpoints() if one.page and one.method == "GET" and one.name not in NOT_PAGES]
    secrets = {"/d/": ids["box"], "/g/": ids["guest"]}
    return [one.path.format(**{**ids, "secret": secrets.get(one.path[:3], ids["secret"])}) for one in pages]


async def _council(client: aiohttp.ClientSession, app: App, top: str) -> dict[str, str]:
    """An assembly whose members have long names and functions."""
    data = {"title": LONG, "kind": "commune", "population": 12000, "seats": 33, "term_from": "2026-03-20"}
    assembly = (await _make(client, f"{top}/assemblies", json=data))["id"]
    made = {"assembly": assembly}
    for role in ("reader", "editor"):
        mandate = {"person_id": str(app.people[role]), "joined": "2026-03-20", "function": LONG, "party": "Ensemble"}
        mandate["office"] = "president" if role == "reader" else "member"
        made["member"] = (await _make(client, f"/api/v1/council/assemblies/{assembly}/members", json=mandate))["id"]
    start = {"title": LONG, "starts_at": "2031-05-04T18:30:00+02:00", "place": LONG}
    made["sitting"] = (await _make(client, f"/api/v1/council/assemblies/{assembly}/sittings", json=start))["id"]
    for title in (LONG, "Tarifs"):
        item = {"title": title, "note": LONG, "rapporteur_id": str(app.people["reader"])}
        sitting = await _make(client, f"/api/v1/council/sittings/{made['sitting']}/items", json=item)
    made["item"] = sitting["items"][0]["id"]
    by = (await _get(client, f"/api/v1/council/assemblies/{assembly}"))["members_list"][0]["id"]
    await _make(client, f"/api/v1/council/sittings/{made['sitting']}/convocation", json={"by": by})
    async with app.db.write() as tx:
        names = (app.actor("agent"), app.space, app.people["stranger"])
        await open_page(tx, app.actor("agent"), UUID(assembly))
        held = await make_council(tx, *names, "/public", {"held"})
    return {**made, **{name: held[name] for name in ("held", "act", "document")}}


async def _keep(client: aiohttp.ClientSession, kind: str, file: str) -> None:
    async with client.put(f"/api/v1/files/{file}/record", json={"type": kind}) as answer:
        assert answer.status == 200, await answer.text()


async def _make(client: aiohttp.ClientSession, path: str, **body: Any) -> Any:
    async with client.post(path, **body) as answer:
        assert answer.status == 201, await answer.text()
        return await answer.json()


async def _get(client: aiohttp.ClientSession, path: str) -> Any:
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()
