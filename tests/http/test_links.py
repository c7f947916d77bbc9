"""Links and deposit boxes over real connections: what opens, what no longer does, and what nobody gets through one."""

import asyncio
import hashlib
import re
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientSession
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.errors import NotFound
from collab.core.journal import JournalEntry
from collab.files.queries import find_content
from collab.files.readings import FileRead
from tests.support.app import App, running
from tests.support.clock import HandClock
from web.app import all_endpoints
from web.contents import Contents

PDF = b"%PDF-1.4 deliberation"
SECRETS = "salaires.ods"


@dataclass
class Town:
    """A folder with a file and a folder below, beside something that is nobody's business; the owner, a visitor."""

    app: App
    agent: ClientSession
    visitor: ClientSession
    ids: dict[str, str] = field(default_factory=dict)

    async def make(self, method: str, path: str, status: int = 201, **body: Any) -> Any:
        async with self.agent.request(method, path, **body) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if answer.status != 204 else None

    async def link(self, to: str, **data: Any) -> str:
        """The path of a new link."""
        made = await self.make("POST", f"/api/v1/files/{self.ids[to]}/links", json=data)
        self.ids["link"] = made["id"]
        return str(made["url"]).removeprefix(self.app.url)

    async def box(self, **data: Any) -> str:
        made = await self.make("POST", f"/api/v1/files/{self.ids['folder']}/boxes", json=data)
        self.ids["link"] = made["id"]
        return str(made["url"]).removeprefix(self.app.url)

    async def get(self, path: str, **more: Any) -> tuple[int, str]:
        async with self.visitor.get(path, allow_redirects=False, **more) as answer:
            return answer.status, await answer.text(errors="replace")


@pytest.fixture
async def town(app: App) -> Town:
    return await furnish(app)


async def furnish(app: App) -> Town:
    town = Town(app, await app.client("agent"), app.anybody())
    top = f"/api/v1/spaces/{app.space}"
    town.ids["folder"] = (await town.make("POST", f"{top}/folders", json={"name": "Presse"}))["id"]
    inside = {"name": "Photos", "folder": town.ids["folder"]}
    town.ids["below"] = (await town.make("POST", f"{top}/folders", json=inside))["id"]
    for key, name, folder in (("file", "plan.pdf", "folder"), ("deep", "été.pdf", "below"), ("other", SECRETS, "")):
        path = f"{top}/files?name={name}&folder={town.ids.get(folder, '')}"
        town.ids[key] = (await town.make("POST", path, data=BytesIO(PDF)))["id"]
    return town


async def test_a_link_to_a_file_is_seen_and_downloaded_without_an_account(town: Town) -> None:
    path = await town.link("file", label="Pour la presse")
    async with town.visitor.get(path) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
    assert "plan.pdf" in page
    assert "Camille" not in page  # nobody's name
    async with town.visitor.get(f"{path}/{town.ids['file']}/content") as answer:
        assert await answer.read() == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")


async def test_a_link_to_a_folder_opens_all_below_and_nothing_beside(town: Town) -> None:
    path = await town.link("folder")
    status, page = await town.get(path)
    assert (status, "plan.pdf" in page, "Photos" in page) == (200, True, True)
    status, page = await town.get(f"{path}/{town.ids['below']}")
    assert (status, "été.pdf" in page) == (200, True)
    assert (await town.get(f"{path}/{town.ids['deep']}/content"))[0] == 200
    for outside in ("other", "link"):
        for door in ("", "/content", "/view"):
            status, text = await town.get(f"{path}/{town.ids[outside]}{door}")
            assert (status, SECRETS in text) == (404, False)
    only = await town.link("below")
    for name in ("folder", "file", "other"):
        assert (await town.get(f"{only}/{town.ids[name]}"))[0] == 404
    assert "Presse" not in (await town.get(f"{only}/{town.ids['deep']}"))[1]  # nor what is above is called


async def test_a_folder_comes_as_a_zip_with_what_is_below_alone(town: Town) -> None:
    path = await town.link("folder")
    async with town.visitor.get(f"{path}/{town.ids['folder']}/zip") as answer:
        assert answer.status == 200
        archive = zipfile.ZipFile(BytesIO(await answer.read()))
    assert {name: archive.read(name) for name in archive.namelist()} == {"plan.pdf": PDF, "Photos/été.pdf": PDF}
    assert "links.download" in await actions(town)
    await town.app.deps.part(Contents).readings.flush()
    async with town.app.db.read() as tx:
        read: list[FileRead] = list(await tx.all(select(FileRead)))
    link = UUID(town.ids["link"])
    assert {(one.file_id, one.reader_id, one.door, one.reader_kind) for one in read} == {
        (UUID(town.ids[file]), link, "link", "link") for file in ("file", "deep")
    }
    beside = await town.make("POST", f"/api/v1/spaces/{town.app.space}/folders", json={"name": "Paie"})
    assert (await town.get(f"{path}/{beside['id']}/zip"))[0] == 404
    assert (await town.get(f"{path}/{town.ids['file']}/zip"))[0] == 422
    for wish, status in (({"view_only": True}, 403), ({"most_downloads": 3}, 409)):
        path = await town.link("folder", **wish)
        assert (await town.get(f"{path}/{town.ids['folder']}/zip"))[0] == status
        assert "/zip" not in (await town.get(path))[1]


async def test_a_link_shows_no_former_version(town: Town) -> None:
    await town.link("file")
    actor = Actor(ActorKind.LINK, id=UUID(town.ids["link"]))
    async with town.app.db.read() as tx:
        assert (await find_content(tx, actor, UUID(town.ids["file"]))).number == 1
        with pytest.raises(NotFound):
            await find_content(tx, actor, UUID(town.ids["file"]), 1)
        with pytest.raises(NotFound):
            await find_content(tx, actor, UUID(town.ids["other"]))


async def test_whoever_has_a_link_can_ask_no_other_door(town: Town) -> None:
    """The secret in every place where a credential may stand, at every door of the API."""
    path = await town.link("folder")
    secret = path.rpartition("/")[2]
    made = {"space": str(town.app.space), "file": town.ids["file"], "folder": town.ids["folder"], "number": "1"}
    tried = 0
    for endpoint in all_endpoints():
        names = set(re.findall(r"{(\w+)}", endpoint.path))
        if not endpoint.path.startswith("/api/v1/") or not names or not names <= made.keys():
            continue
        where = endpoint.path.format(**made)
        for name, value in (("Authorization", "Bearer {}"), ("Cookie", "hemicycle={}"), ("Cookie", "link={}")):
            url, headers = f"{where}?link={secret}&secret={secret}", {name: value.format(secret)}
            async with town.visitor.request(endpoint.method, url, headers=headers) as answer:
                assert answer.status in (401, 422), f"{endpoint.method} {where}: {answer.status}"
        tried += 1
    assert tried > 15


@pytest.mark.parametrize("change", ["revoked", "over", "trashed", "used up", "maker gone", "rule", "class"])
async def test_a_link_that_no_longer_works_answers_like_one_that_never_did(tmp_path: Path, change: str) -> None:
    clock = HandClock()
    async with running(tmp_path, clock=clock) as app:
        town = await furnish(app)
        end = "2026-11-24T10:00:00+01:00" if change == "over" else None
        path = await town.link("file", expires_at=end, most_downloads=1)
        download = f"{path}/{town.ids['file']}/content"
        assert (await town.get(path))[0] == 200
        if change == "revoked":
            await town.make("DELETE", f"/api/v1/links/{town.ids['link']}", 204)
        elif change == "over":
            clock.pass_(days=2)
        elif change == "trashed":
            await town.make("DELETE", f"/api/v1/files/{town.ids['folder']}", 204)
        elif change == "used up":
            assert (await town.get(download))[0] == 200
        elif change == "maker gone":
            await hand_over(app)
        elif change == "rule":
            await town.make("PUT", f"/api/v1/spaces/{app.space}/sharing", 200, json={"sharing": "never"})
        else:
            await town.make("PUT", f"/api/v1/spaces/{app.space}/sharing", 200, json={"sharing": "owners"})
            await demote(app)
        unknown = path[:-43] + "A" * 43
        expected = [await town.get(unknown + tail) for tail in ("", f"/{town.ids['file']}/content")]
        found = [await town.get(one) for one in (path, download)]
        assert [status for status, _ in found] == [404, 404]
        assert [plain(text, path) for _, text in found] == [plain(text, unknown) for _, text in expected]
        if change == "trashed":
            await town.make("POST", f"/api/v1/files/{town.ids['folder']}/restore", 200)
            assert (await town.get(path))[0] == 200


def plain(text: str, path: str) -> str:
    """Without what differs in every answer."""
    return re.sub(r"nonce-?=?\"?[\w-]+|[0-9a-f]{16}", "", text.replace(path.rpartition("/")[2], ""))


async def hand_over(app: App) -> None:
    """The one who made the links leaves the space to somebody else."""
    admin = await app.client("agent")
    new = {"principal_kind": "person", "principal_id": str(app.people["stranger"]), "role": "owner"}
    async with admin.put(f"/api/v1/spaces/{app.space}/members", json=new) as answer:
        assert answer.status == 200, await answer.text()
    async with admin.delete(f"/api/v1/spaces/{app.space}/members/{app.people['agent']}") as answer:
        assert answer.status == 204, await answer.text()


async def demote(app: App) -> None:
    """The maker only edits now, where owners alone may share."""
    agent = await app.client("agent")
    for person, role in (("stranger", "owner"), ("agent", "editor")):
        member = {"principal_kind": "person", "principal_id": str(app.people[person]), "role": role}
        async with agent.put(f"/api/v1/spaces/{app.space}/members", json=member) as answer:
            assert answer.status == 200, await answer.text()


async def test_downloads_at_once_never_exceed_the_limit(town: Town) -> None:
    path = await town.link("file", most_downloads=3)
    door = f"{path}/{town.ids['file']}/content"
    statuses = [status for status, _ in await asyncio.gather(*(town.get(door) for _ in range(12)))]
    assert sorted(statuses) == [200] * 3 + [404] * 9


async def test_no_part_comes_without_being_counted(town: Town) -> None:
    path = await town.link("file", most_downloads=2)
    door = f"{path}/{town.ids['file']}/content"
    async with town.visitor.get(door, headers={"Range": "bytes=1-"}) as answer:
        assert (answer.status, await answer.read()) == (200, PDF)  # whole, and counted
    async with town.visitor.get(door, headers={"If-None-Match": f'"{hashlib.sha256(PDF).hexdigest()}"'}) as answer:
        assert answer.status == 200
    async with town.visitor.head(door) as answer:
        assert answer.status == 404
    assert (await town.get(door, headers={"Range": "bytes=1-"}))[0] == 404


async def test_looking_only(town: Town) -> None:
    path = await town.link("folder", view_only=True)
    file = f"{path}/{town.ids['file']}"
    assert (await town.get(f"{file}/content"))[0] == 403
    async with town.visitor.get(f"{file}/view") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    _, page = await town.get(file)
    assert "/content" not in page
    assert "copie" in page  # and it says what it does not prevent


@pytest.mark.parametrize("name", ["page.html", "dessin.svg", "page.xhtml", "script.js", "image.png.html", "macro.docm"])
async def test_what_may_run_is_never_shown(town: Town, name: str) -> None:
    script = b"\x89PNG\r\n\x1a\n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/><script>alert(1)</script>"
    made = await town.make("POST", f"/api/v1/spaces/{town.app.space}/files?name={name}", data=BytesIO(script))
    town.ids["active"] = made["id"]
    path = await town.link("active")
    assert (await town.get(f"{path}/{made['id']}/view"))[0] == 404
    async with town.visitor.get(f"{path}/{made['id']}/content") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Content-Type"] in (
            "application/octet-stream",
            "application/vnd.ms-word.document.macroEnabled.12",
        )


async def test_a_polyglot_is_sent_as_the_picture_that_its_name_says(town: Town) -> None:
    made = await town.make(
        "POST",
        f"/api/v1/spaces/{town.app.space}/files?name=a.gif",
        data=BytesIO(b"GIF89a/*<script>alert(1)</script>*/=1"),
    )
    town.ids["active"] = made["id"]
    path = await town.link("active")
    async with town.visitor.get(f"{path}/{made['id']}/view") as answer:
        assert answer.headers["Content-Type"] == "image/gif"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")


async def test_a_password_is_asked_for_and_opens_this_browser_alone(town: Town) -> None:
    path = await town.link("folder", password="mot de passe du lien")
    file = f"{path}/{town.ids['file']}"
    for door in (path, file):
        status, page = await town.get(door)
        assert (status, "mot de passe" in page, "plan.pdf" in page) == (200, True, False)
    for door in ("content", "view"):
        assert (await town.get(f"{file}/{door}"))[0] == 403
    async with town.visitor.post(path, data={"password": "raté raté"}, allow_redirects=False) as answer:
        assert answer.status == 422
        assert "Set-Cookie" not in answer.headers
    async with town.visitor.post(path, data={"password": "mot de passe du lien"}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, path)
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    assert (await town.get(f"{file}/content"))[0] == 200
    other = await town.link("file", password="mot de passe du lien")
    assert "plan.pdf" not in (await town.get(other))[1]
    async with town.app.anybody().get(f"{file}/content") as answer:
        assert answer.status == 403
    forged = {"Cookie": f"link-{UUID(town.ids['link']).hex}={'0' * 64}"}
    async with town.app.anybody(forged).get(f"{other}/{town.ids['file']}/content") as answer:
        assert answer.status == 403


async def test_guessing_a_password_is_slowed_down_whoever_guesses(town: Town) -> None:
    path = await town.link("file", password="mot de passe du lien")
    statuses = []
    for number in range(25):
        async with town.app.anybody().post(path, data={"password": f"essai {number}"}, allow_redirects=False) as answer:
            statuses.append(answer.status)
    assert statuses == [422] * 20 + [429] * 5
    async with town.visitor.post(path, data={"password": "mot de passe du lien"}, allow_redirects=False) as answer:
        assert (answer.status, "Retry-After" in answer.headers) == (429, True)


@pytest.mark.parametrize("secret", ["A" * 43, "a", "..%2f..%2fetc", "%00", "é" * 43, "A" * 5000])
async def test_what_is_no_secret_opens_nothing(town: Town, secret: str) -> None:
    for prefix in ("/l/", "/d/"):
        status, _ = await town.get(f"{prefix}{secret}")
        assert status in (404, 400)


async def test_a_link_of_one_kind_does_not_open_the_other(town: Town) -> None:
    link, box = await town.link("folder"), await town.box()
    assert (await town.get(link.replace("/l/", "/d/")))[0] == 404
    assert (await town.get(box.replace("/d/", "/l/")))[0] == 404
    assert (await town.get(f"{box.replace('/d/', '/l/')}/{town.ids['file']}/content"))[0] == 404


async def test_who_may_make_links_is_what_the_space_says(town: Town) -> None:
    editor = await town.app.client("editor")
    path = f"/api/v1/files/{town.ids['file']}/links"

    async def attempt(**data: Any) -> tuple[int, str]:
        async with editor.post(path, json=data) as answer:
            body = await answer.json()
            return answer.status, body.get("code", "")

    assert (await attempt())[0] == 201
    sharing = f"/api/v1/spaces/{town.app.space}/sharing"
    await town.make("PUT", sharing, 200, json={"sharing": "owners"})
    assert await attempt() == (403, "links.owners_only")
    await town.make("PUT", sharing, 200, json={"sharing": "never"})
    assert await attempt() == (409, "links.never")
    await town.make("PUT", sharing, 200, json={"sharing": "editors"})
    space = await town.make("GET", f"/api/v1/spaces/{town.app.space}", 200)
    await town.make(
        "PATCH", f"/api/v1/spaces/{town.app.space}", 200, json={"data_class": "personal"},
        headers={"If-Match": f'"{space["rev"]}"'},
    )  # fmt: skip
    assert await attempt() == (403, "links.owners_only")
    await town.make("PUT", sharing, 422, json={"sharing": "editors"})
    await town.make("POST", path, 422, json={})  # with such data, a link has an end


async def test_links_are_listed_and_revoked_by_whom_it_concerns(town: Town) -> None:
    editor = await town.app.client("editor")
    await town.link("file", label="De la propriétaire")
    async with editor.post(f"/api/v1/files/{town.ids['folder']}/links", json={"label": "D’une éditrice"}) as answer:
        theirs = await answer.json()
    async with editor.get(f"/api/v1/spaces/{town.app.space}/links") as answer:
        listed = {one["label"]: one for one in (await answer.json())["items"]}
    assert listed["De la propriétaire"]["url"] is None  # it is not hers to give out
    assert listed["D’une éditrice"]["url"] == theirs["url"]
    async with editor.get("/api/v1/links") as answer:
        assert [one["label"] for one in (await answer.json())["items"]] == ["D’une éditrice"]
    async with editor.delete(f"/api/v1/links/{town.ids['link']}") as answer:
        assert answer.status == 403
    await town.make("DELETE", f"/api/v1/links/{theirs['id']}", 204)  # owners may
    assert "plan.pdf" not in (await town.get(theirs["url"].removeprefix(town.app.url)))[1]
    assert (await actions(town))[-4:] == ["links.create_view", "links.create_view", "links.revoke", "links.refused"]


async def actions(town: Town) -> list[str]:
    """What the journal of the space says of links, in order."""
    async with town.app.db.read() as tx:
        found = await tx.all(
            select(col(JournalEntry.action))
            .where(col(JournalEntry.chain) == str(town.app.space), col(JournalEntry.action).startswith("links."))
            .order_by(col(JournalEntry.seq))
        )
    return list(found)


async def test_each_use_is_journalled_without_an_address(town: Town) -> None:
    path = await town.link("file", password="mot de passe du lien")
    for password in ("raté raté", "mot de passe du lien"):
        async with town.visitor.post(path, data={"password": password}, allow_redirects=False):
            pass
    await town.get(f"{path}/{town.ids['file']}/content")
    await town.get(f"{path}/{town.ids['file']}/view")
    expected = ["links.create_view", "links.refused", "links.unlock", "links.download", "links.view"]
    assert await actions(town) == expected


# Deposit boxes


async def test_another_site_cannot_make_a_browser_make_or_revoke_links(town: Town) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    async with town.agent.post(f"/api/v1/files/{town.ids['file']}/links", headers=headers, json={}) as answer:
        assert answer.status == 403
    path = await town.link("file")
    async with town.agent.post(f"/links/{town.ids['link']}/revoke", headers=headers) as answer:
        assert answer.status == 403
    assert (await town.get(path))[0] == 200
