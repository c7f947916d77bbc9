"""WebDAV over real connections: who sees what, hard names, conditions, locks, quotas, hostile XML and paths."""

import asyncio
import base64
import re
import unicodedata
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote
from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from collab.files import quotas
from collab.files.models import FileVersion, Node
from directory.groups.service import set_group_members
from directory.people.models import PersonInput
from directory.people.service import add_person
from directory.sessions.service import create_application_password
from tests.support.app import SETUP, App, running
from tests.support.dav import DavClient, dav

LOCK = (
    '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype>'
    "<owner>Zoé</owner></lockinfo>"
)
HARD = [
    "Été.txt",
    "e\u0301te\u0301 2.txt",
    "ÉTÉ majuscules.TXT",
    'a:b?c*d"e<f>g|h.txt',
    "CON",
    "aux.txt",
    "point final.",
    " espaces ",
    "100 % & plus + #1;v=2.txt",
    "日本語 😀.odt",
    "x" * 251 + ".txt",
    "\\antislash",
    "..caché",
    "[crochets] {accolades}~`^",
]


def names_in(text: str) -> list[str]:
    return [unquote(one.text or "").rstrip("/").rsplit("/", 1)[-1] for one in fromstring(text).iter("{DAV:}href")]


async def test_the_root_lists_personal_first_and_only_one_s_own_spaces(app: App) -> None:
    for role, spaces in (("editor", ["Rénovation de l’école"]), ("stranger", []), ("admin", [])):
        client = await dav(app, role)
        status, headers, text = await client.send("PROPFIND", "/dav/", headers={"Depth": "1"})
        assert status == 207
        assert names_in(text) == ["dav", "personal", *spaces]
    status, headers, _ = await client.send("OPTIONS", "/dav/")
    assert (status, headers["DAV"], headers["MS-Author-Via"]) == (200, "1, 2, 3", "DAV")


async def test_who_may_do_what(app: App) -> None:
    owner, editor, reader, stranger, admin = [
        await dav(app, role) for role in ("agent", "editor", "reader", "stranger", "admin")
    ]
    assert (await editor.send("PUT", "a.txt", b"un"))[0] == 201
    for method, headers in (
        ("GET", {}), ("HEAD", {}), ("PROPFIND", {"Depth": "0"}), ("PUT", {}), ("DELETE", {}), ("PROPPATCH", {}),
        ("COPY", {"Destination": "/dav/personal/a.txt"}), ("MOVE", {"Destination": "/dav/personal/a.txt"}),
        ("LOCK", {}), ("UNLOCK", {"Lock-Token": "<opaquelocktoken:ca5ce526-91b6-4d4c-a639-c482ff4dfb48>"}),
        ("MKCOL", {}),
    ):  # fmt: skip
        body = {"LOCK": LOCK, "PROPPATCH": '<propertyupdate xmlns="DAV:"><set><prop><x/></prop></set></propertyupdate>'}
        for who in (stranger, admin):
            status, _, text = await who.send(method, "a.txt", body.get(method), headers)
            assert status == 404, f"{method}: {status}"
            assert "école" not in text
            assert (await who.send(method, "autre", body.get(method), headers))[0] == 404
    assert (await reader.send("GET", "a.txt"))[2] == "un"
    for method, headers in (
        ("PUT", {}), ("DELETE", {}), ("LOCK", {}), ("MOVE", {"Destination": reader.base + "b.txt"}),
        ("COPY", {"Destination": reader.base + "b.txt"}),
    ):  # fmt: skip
        status, _, _ = await reader.send(method, "a.txt", LOCK if method == "LOCK" else None, headers)
        assert status == 403, method
    assert (await reader.send("MKCOL", "Nouveau"))[0] == 403
    # What one may read one may take a copy of; what one may not change stays.
    assert (await reader.send("COPY", "a.txt", headers={"Destination": "/dav/personal/a.txt"}))[0] == 201
    assert (await reader.send("GET", "/dav/personal/a.txt"))[2] == "un"
    assert (await reader.send("MOVE", "a.txt", headers={"Destination": "/dav/personal/b.txt"}))[0] == 403
    assert (await editor.send("GET", "/dav/personal/a.txt"))[0] == 404
    assert (await owner.send("DELETE", "a.txt"))[0] == 204
    assert (await reader.send("GET", "a.txt"))[0] == 404


async def test_no_cookie_and_no_account_password_opens_it(app: App) -> None:
    browser = await app.client("agent")
    for path in ("/dav/", "/dav/personal/"):
        async with browser.request("PROPFIND", path, headers={"Depth": "0"}) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    word = base64.b64encode(b"agent:correct horse battery").decode()
    async with app.anybody({"Authorization": f"Basic {word}"}).request("PROPFIND", "/dav/") as answer:
        assert answer.status == 401


async def test_hard_names_survive(app: App) -> None:
    client = await dav(app, "editor")
    api = await app.bearer("editor")
    for name in HARD:
        status, _, text = await client.send("PUT", quote(name, safe=""), name.encode())
        assert status == 201, (name, text)
    status, _, text = await client.send("PROPFIND", "", headers={"Depth": "1"})
    kept = {unicodedata.normalize("NFC", name) for name in HARD}
    assert set(names_in(text)[1:]) == {name.rstrip("/") for name in kept}
    shown = {one.text for one in fromstring(text).iter("{DAV:}displayname")}
    assert kept <= shown
    async with api.get(f"/api/v1/spaces/{app.space}/files") as answer:
        assert {item["name"] for item in (await answer.json())["items"]} == kept
    for name in HARD:
        assert (await client.send("GET", quote(name, safe="")))[2] == name
        assert (await client.send("GET", quote(unicodedata.normalize("NFD", name), safe="")))[2] == name
    for refused in ("a%2Fb", "a%00b", "a%0Ab", "%2e%2e", "y" * 256, "a%E2%80%AEb"):
        assert (await client.send("PUT", refused, b""))[0] in (400, 403, 404), refused
    assert (await client.send("PUT", "a%FFb", b""))[0] == 400


@pytest.mark.parametrize(
    "path",
    ["../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc%2fpasswd",
     "%252e%252e/etc/passwd", ".%00./etc/passwd", "personal/../../../etc/passwd"],
)  # fmt: skip
async def test_no_path_leads_out(app: App, path: str) -> None:
    client = await dav(app, "editor")
    for method in ("GET", "PROPFIND", "PUT", "MKCOL", "DELETE"):
        status, _, text = await client.send(
            method, path, b"x" if method == "PUT" else None, {"Depth": "0"} if method == "PROPFIND" else {}
        )
        assert status in (400, 403, 404, 409), (method, status, text)
        assert "root:" not in text
    await client.send("PUT", "a.txt", b"x")
    for destination in (
        path,
        "/etc/passwd",
        "http://elsewhere.example/dav/personal/x",
        "file:///etc/passwd",
        "personal",
    ):
        headers = {"Destination": destination}
        assert (await client.send("MOVE", "a.txt", headers=headers))[0] in (400, 403, 404, 409, 502), destination
    assert (await client.send("GET", "a.txt"))[2] == "x"
    assert not Path("/etc/passwd").read_text().startswith("x")


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>' \
    '<propfind xmlns="DAV:"><prop><x>&c;</x></prop></propfind>'  # fmt: skip
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' \
    '<propertyupdate xmlns="DAV:"><set><prop><x>&b;</x></prop></set></propertyupdate>'  # fmt: skip


async def test_hostile_xml(app: App) -> None:
    client = await dav(app, "editor")
    await client.send("PUT", "a.txt", b"x")
    deep = "<a>" * 5000 + "</a>" * 5000
    wide = '<propfind xmlns="DAV:"><prop>' + "<x/>" * 40_000 + "</prop></propfind>"
    many = '<propfind xmlns="DAV:"><prop>' + "".join(f"<x{n}/>" for n in range(500)) + "</prop></propfind>"
    for body in (BOMB, OUTSIDE, deep, wide, many, "<", "<a/>", "\x00", '<a xmlns=""><b:c/></a>'):
        for method in ("PROPFIND", "PROPPATCH", "LOCK"):
            status, _, text = await client.send(method, "a.txt", body, {"Depth": "0"})
            assert status == 400, (method, body[:60], status)
            assert "root:" not in text
    large = BytesIO(b"<a>" + b"x" * (2 << 20) + b"</a>")
    assert (await client.send("PROPPATCH", "a.txt", large))[0] == 413
    assert (await client.send("PROPFIND", "", headers={"Depth": "infinity"}))[0] == 403
    _, _, text = await client.send("PROPFIND", "")
    assert "propfind-finite-depth" in text


async def test_conditions_and_ranges(app: App) -> None:
    client = await dav(app, "editor")
    _, headers, _ = await client.send("PUT", "a.txt", b"0123456789", {"If-None-Match": "*"})
    etag = headers["ETag"]
    assert (await client.send("PUT", "a.txt", b"x", {"If-None-Match": "*"}))[0] == 412
    assert (await client.send("PUT", "a.txt", b"x", {"If-Match": '"other"'}))[0] == 412
    assert (await client.send("PUT", "b.txt", b"x", {"If-Match": "*"}))[0] == 412
    assert (await client.send("PUT", "a.txt", b"x", {"If": '(["nope"])'}))[0] == 412
    assert (await client.send("PUT", "a.txt", b"x", {"If": "(nonsense"}))[0] == 400
    assert (await client.send("PUT", "a.txt", b"x", {"Content-Range": "bytes 0-1/10"}))[0] == 400
    status, headers, text = await client.send("GET", "a.txt", headers={"Range": "bytes=2-4"})
    assert (status, text, headers["ETag"]) == (206, "234", etag)
    assert (await client.send("GET", "a.txt", headers={"If-None-Match": etag}))[0] == 304
    assert (await client.send("PUT", "a.txt", b"neuf", {"If-Match": etag}))[0] == 204
    assert (await client.send("PUT", "rien/a.txt", b"x"))[0] == 409
    assert (await client.send("MKCOL", "a.txt"))[0] == 405
    assert (await client.send("MKCOL", "x", b"<a/>"))[0] == 415
    for method in ("PUT", "MKCOL", "DELETE"):
        assert (await client.send(method, "/dav/personal", b""))[0] == 403
        assert (await client.send(method, "/dav/nouveau", b""))[0] == 404


async def lock(client: DavClient, path: str, depth: str = "0") -> str:
    status, headers, text = await client.send("LOCK", path, LOCK, {"Depth": depth, "Timeout": "Second-600"})
    assert status in (200, 201), text
    match = re.fullmatch("<(opaquelocktoken:.+)>", headers["Lock-Token"])
    assert match is not None
    return match[1]


async def test_every_door_honours_and_shows_a_lock(app: App) -> None:
    editor, owner = await dav(app, "editor"), await dav(app, "agent")
    api, own_api = await app.bearer("agent"), await app.bearer("editor")
    token = await lock(editor, "note.odt")
    assert (await editor.send("PUT", "note.odt", b"x"))[0] == 423  # a program shows its token
    assert (await editor.send("PUT", "note.odt", b"x", {"If": f"(<{token}>)"}))[0] == 204
    for method in ("PUT", "DELETE"):
        status, _, text = await owner.send(method, "note.odt", b"y", {"If": f"(<{token}>)"})
        assert status == 423
        assert "lock-token-submitted" in text
    async with api.get(f"/api/v1/spaces/{app.space}/files") as answer:
        [item] = (await answer.json())["items"]
    assert item["locked_by"]["name"] == "Zoé Delattre"
    assert item["locked_until"] is not None
    file = f"/api/v1/files/{item['id']}"
    rev = {"If-Match": f'"{item["rev"]}"'}
    for call in (
        api.put(f"{file}/content", data=b"z"),
        api.patch(file, json={"name": "autre.odt"}, headers=rev),
        api.delete(file),
        api.post(f"{file}/move", json={"space": str(app.space), "name": "b.odt"}),
        api.put(f"{file}/lock", json={}),
        api.post(f"/api/v1/spaces/{app.space}/files?name=note.odt&conflict=version", data=b"z"),
    ):
        async with call as answer:
            body = await answer.json()
            assert (answer.status, body["code"]) == (409, "files.locked"), body
            assert "Zoé Delattre" in body["title"]
    async with own_api.put(f"{file}/content", data=b"z") as answer:
        assert answer.status == 200  # whoever holds it may go on at other doors
    async with api.delete(f"{file}/lock") as answer:  # an owner breaks it
        assert (answer.status, (await answer.json())["locked_by"]) == (200, None)
    assert (await editor.send("UNLOCK", "note.odt", headers={"Lock-Token": f"<{token}>"}))[0] == 409
    async with api.put(f"{file}/lock", json={"minutes": 5}) as answer:
        assert answer.status == 200
    assert (await editor.send("PUT", "note.odt", b"x"))[0] == 423
    async with own_api.delete(f"{file}/lock") as answer:
        assert answer.status == 409


async def test_a_lock_on_a_folder_holds_what_is_in_it(app: App) -> None:
    editor, owner = await dav(app, "editor"), await dav(app, "agent")
    await editor.send("MKCOL", "Plans")
    await editor.send("PUT", "Plans/a.txt", b"x")
    token = await lock(editor, "Plans/", "infinity")
    for method, path in (
        ("PUT", "Plans/a.txt"),
        ("PUT", "Plans/b.txt"),
        ("MKCOL", "Plans/B"),
        ("DELETE", "Plans/a.txt"),
    ):
        assert (await owner.send(method, path))[0] == 423, method
    assert (await owner.send("COPY", "Plans/a.txt", headers={"Destination": owner.base + "c.txt"}))[0] == 201
    assert (await editor.send("PUT", "Plans/b.txt", b"x", {"If": f"<{editor.base}Plans/> (<{token}>)"}))[0] == 201
    inner = await dav(app, "agent")
    assert (await editor.send("UNLOCK", "Plans/a.txt", headers={"Lock-Token": f"<{token}>"}))[0] == 204
    await lock(inner, "Plans/a.txt")
    status, _, text = await editor.send("DELETE", "Plans")
    assert (status, "423" in text) == (207, True)
    assert (await editor.send("GET", "Plans/a.txt"))[0] == 200


async def test_quotas_over_every_door(tmp_path: Path) -> None:
    async with running(tmp_path, quotas={"space_mb": 1, "personal_mb": 0}) as app:
        client, api = await dav(app, "editor"), await app.bearer("editor")
        assert (await client.send("PUT", "a.bin", bytes(600_000)))[0] == 201
        status, _, text = await client.send("PUT", "b.bin", bytes(600_000))
        assert (status, "quota-not-exceeded" in text) == (507, True)
        assert (await client.send("COPY", "a.bin", headers={"Destination": client.base + "c.bin"}))[0] == 507
        async with api.post(f"/api/v1/spaces/{app.space}/files?name=b.bin", data=bytes(600_000)) as answer:
            body = await answer.json()
            assert (answer.status, body["code"], body["free"]) == (409, "files.quota", 400_000)
            assert "Camille Roche" in body["title"]

        async def chunks() -> object:
            for _ in range(6):
                yield bytes(100_000)

        async with api.post(f"/api/v1/spaces/{app.space}/files?name=b.bin", data=chunks()) as answer:
            assert answer.status == 409  # its size was not announced
        assert len([path for path in (tmp_path / "files/objects").rglob("*") if path.is_file()]) == 1
        ask = '<propfind xmlns="DAV:"><prop><quota-used-bytes/><quota-available-bytes/></prop></propfind>'
        _, _, text = await client.send("PROPFIND", "", ask, {"Depth": "0"})
        assert re.findall(r"<D:quota-\w+-bytes>(\d+)<", text) == ["600000", "400000"]
        assert (await client.send("PUT", "/dav/personal/b.bin", bytes(600_000)))[0] == 201
        # The trash counts; destroying makes room; an administrator may allow more.
        assert (await client.send("DELETE", "a.bin"))[0] == 204
        assert (await client.send("PUT", "b.bin", bytes(600_000)))[0] == 507
        admin = await app.bearer("admin", ["read", "write", "manage", "admin"])
        async with admin.put(f"/api/v1/admin/spaces/{app.space}/quota", json={"allowed": 2_000_000}) as answer:
            assert (answer.status, (await answer.json())["free"]) == (200, 1_400_000)
        assert (await client.send("PUT", "b.bin", bytes(600_000)))[0] == 201
        owner = await app.bearer("agent")
        async with owner.delete(f"/api/v1/spaces/{app.space}/trash") as answer:
            assert answer.status == 204
        async with owner.get(f"/api/v1/spaces/{app.space}/usage") as answer:
            assert await answer.json() == {"used": 600_000, "allowed": 2_000_000, "free": 1_400_000, "own": True}
        async with app.db.read() as tx:
            assert await counted(tx) == {row.space_id: row.used for row in await usages(tx)}


async def counted(tx: Tx) -> dict[object, int]:
    """What a scan of the versions finds."""
    rows = await tx.rows(
        select(col(Node.space_id), func.sum(col(FileVersion.size)))
        .join(Node, col(Node.id) == col(FileVersion.file_id))
        .group_by(col(Node.space_id))
    )
    return {row[0]: row[1] for row in rows}


async def usages(tx: Tx) -> list[quotas.FileUsage]:
    return list(await tx.all(select(quotas.FileUsage)))


async def test_a_copy_replaces_a_folder_and_a_move_keeps_versions(app: App) -> None:
    client = await dav(app, "editor")
    for name in ("A", "B"):
        await client.send("MKCOL", name)
        await client.send("PUT", f"{name}/{name}.txt", name.encode())
    to_b = {"Destination": client.base + "B"}
    assert (await client.send("COPY", "A", headers={**to_b, "Overwrite": "F"}))[0] == 412
    assert (await client.send("COPY", "A", headers=to_b))[0] == 204
    assert (await client.send("GET", "B/A.txt"))[2] == "A"
    assert (await client.send("GET", "B/B.txt"))[0] == 404
    assert (await client.send("MOVE", "A", headers={"Destination": client.base + "A/C"}))[0] == 403
    assert (await client.send("MOVE", "A/A.txt", headers={"Destination": client.base + "A"}))[0] == 403
    # An editor that saves by renaming: the file that stays has both versions.
    await client.send("PUT", "note.odt", b"avant")
    await client.send("PUT", "note.tmp", b"apres")
    assert (await client.send("MOVE", "note.tmp", headers={"Destination": client.base + "note.odt"}))[0] == 204
    api = await app.bearer("editor")
    async with api.get(f"/api/v1/spaces/{app.space}/files") as answer:
        note = next(item for item in (await answer.json())["items"] if item["name"] == "note.odt")
    assert note["version"] == 2


async def test_fifty_people_write_in_one_folder(app: App) -> None:
    async with app.db.write() as tx:
        people = []
        for number in range(50):
            data = PersonInput(login=f"p{number}", display_name=f"Personne {number}", mail=f"p{number}@mairie.example")
            people.append((await add_person(tx, SETUP, data)).id)
        await set_group_members(tx, SETUP, app.group, [*people, app.people["editor"]])
        secrets = [
            (await create_application_password(tx, Actor(ActorKind.PERSON, id=person), "WebDAV"))[1]
            for person in people
        ]
    base = (await dav(app, "editor")).base
    clients = []
    for number, secret in enumerate(secrets):
        word = base64.b64encode(f"p{number}:{secret}".encode()).decode()
        clients.append(DavClient(app.anybody({"Authorization": f"Basic {word}"}), f"p{number}", secret, base))
    assert (await clients[0].send("MKCOL", "Tous"))[0] == 201

    async def write(client: DavClient) -> list[int]:
        return [
            (await client.send("PUT", f"Tous/{client.login}.txt", client.login.encode()))[0],
            (await client.send("PUT", "Tous/commun.txt", client.login.encode()))[0],
        ]

    done = await asyncio.gather(*[write(client) for client in clients])
    assert [own for own, _ in done] == [201] * 50
    assert sorted(common for _, common in done) == [201] + [204] * 49
    _, _, text = await clients[7].send("PROPFIND", "Tous", headers={"Depth": "1"})
    assert len(names_in(text)) == 52
    for client in clients:
        assert (await clients[0].send("GET", f"Tous/{client.login}.txt"))[2] == client.login
    async with app.db.read() as tx:
        assert await tx.one(select(col(Node.version)).where(col(Node.name) == "commun.txt")) == 50
        assert await counted(tx) == {row.space_id: row.used for row in await usages(tx)}


WINDOWS = '<?xml version="1.0" encoding="utf-8" ?>' \
    '<D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:">' \
    "<D:set><D:prop><Z:Win32CreationTime>Wed, 25 Nov 2026 10:00:00 GMT</Z:Win32CreationTime>" \
    "<Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>"  # fmt: skip
