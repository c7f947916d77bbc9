"""Whoever may not read a file learns nothing of it by any way around: not from a preview, a version, a hit, a ZIP, a
lock or an entity tag. What they are answered is what they are answered about a file that never was.
"""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from collab.spaces.service import remove_member
from tests.http.test_previews import made
from tests.support.app import App
from tests.support.dav import DavClient, dav

SECRET = b"le maire signe un secret inoubliable"
NEVER = str(UUID(int=0x7000_8000_0000_0000_0001))
BODY = {"name": "z.txt"}

WAYS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/api/v1/files/{file}", {}),
    ("GET", "/api/v1/files/{file}/content", {}),
    ("HEAD", "/api/v1/files/{file}/content", {}),
    ("GET", "/api/v1/files/{file}/content", {"headers": {"If-None-Match": '"{sha}"'}}),
    ("GET", "/api/v1/files/{file}/content", {"headers": {"If-Match": '"{sha}"'}}),
    ("GET", "/api/v1/files/{file}/content", {"headers": {"If-Match": '"0"'}}),
    ("GET", "/api/v1/files/{file}/content", {"headers": {"Range": "bytes=0-3", "If-Range": '"{sha}"'}}),
    ("PUT", "/api/v1/files/{file}/content", {"data": b"x", "headers": {"If-Match": '"{sha}"'}}),
    ("PUT", "/api/v1/files/{file}/content", {"data": b"x", "headers": {"If-Match": '"0"'}}),
    ("PATCH", "/api/v1/files/{file}", {"json": BODY, "headers": {"If-Match": '"1"'}}),
    ("PATCH", "/api/v1/files/{file}", {"json": BODY, "headers": {"If-Match": '"99"'}}),
    ("GET", "/api/v1/files/{file}/versions", {}),
    ("GET", "/api/v1/files/{file}/versions/1/content", {}),
    ("GET", "/api/v1/files/{file}/preview", {}),
    ("GET", "/api/v1/files/{file}/preview/text", {}),
    ("GET", "/api/v1/files/{file}/preview/text", {"headers": {"If-None-Match": "*"}}),
    ("GET", "/api/v1/files/{file}/versions/1/preview/text", {}),
    ("GET", "/api/v1/files/{file}/history", {}),
    ("GET", "/api/v1/files/{file}/activity", {}),
    ("GET", "/api/v1/files/{file}/comments", {}),
    ("GET", "/api/v1/files/{file}/links", {}),
    ("GET", "/api/v1/files/{file}/record", {}),
    ("PUT", "/api/v1/files/{file}/lock", {"json": {"minutes": 5}}),
    ("DELETE", "/api/v1/files/{file}/lock", {"headers": {"X-Lock": "{lock}"}}),
    ("PUT", "/api/v1/files/{file}/favourite", {"json": {}}),
    ("POST", "/api/v1/files/{file}/copy", {"json": {"space": "{own}"}}),
    ("POST", "/api/v1/files/{file}/move", {"json": {"space": "{own}"}}),
    ("POST", "/api/v1/files/{file}/links", {"json": {}}),
    ("POST", "/api/v1/files/{file}/holds", {"json": {"reason": "curiosité"}}),
    ("DELETE", "/api/v1/files/{file}", {}),
    ("POST", "/api/v1/files/{file}/restore", {}),
    ("DELETE", "/api/v1/trash/{file}", {}),
    ("GET", "/api/v1/spaces/{own}/zip?item={file}", {}),
    ("GET", "/api/v1/spaces/{own}/files?folder={folder}", {}),
    ("GET", "/api/v1/spaces/{own}/files?after={file}", {}),
    ("GET", "/api/v1/spaces/{own}/thumbs?item={file}", {}),
    ("POST", "/api/v1/spaces/{own}/files?name=a.txt&folder={folder}", {"data": b"x"}),
    ("GET", "/files/{own}/items/{file}", {}),
    ("GET", "/files/{own}/items/{file}/preview", {}),
    ("GET", "/files/{own}/{folder}", {}),
]


def filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(one, known) for key, one in value.items()}
    return re.sub(r"{(\w+)}", lambda found: known[found[1]], value) if isinstance(value, str) else value


async def asked(client: aiohttp.ClientSession, way: tuple[str, str, dict[str, Any]], known: Mapping[str, str]) -> Any:
    """What the answer says, without what differs each time; the id that was asked about stands for itself."""
    method, path, more = way
    async with client.request(method, filled(path, known), allow_redirects=False, **filled(more, known)) as answer:
        text = await answer.text(errors="replace")
        kept = {key: answer.headers.get(key) for key in ("ETag", "Last-Modified", "Content-Length", "Location")}
    for name in ("file", "folder"):
        text = text.replace(known[name], name)
    text = re.sub(r'nonce="[^"]+"|"request_id": "[^"]+"|[0-9a-f]{16}|ms=[0-9.]+', "", text)
    if kept["Location"]:
        kept["Location"] = kept["Location"].replace(known["file"], "file")
    return answer.status, {**kept, "Content-Length": None}, text


async def furnished(app: App) -> tuple[dict[str, str], DavClient]:
    """A secret file, locked, previewed and indexed; and the program with which its owner holds it."""
    owner, program = await app.client("agent"), await dav(app, "agent")
    async with owner.post(f"/api/v1/spaces/{app.space}/folders", json={"name": "Cabinet"}) as answer:
        folder = (await answer.json())["id"]
    path = f"/api/v1/spaces/{app.space}/files?name=secret.txt&folder={folder}"
    async with owner.post(path, data=BytesIO(SECRET)) as answer:
        file = await answer.json()
    async with owner.get(f"/api/v1/files/{file['id']}/preview") as answer:
        assert answer.status == 200
    lockinfo = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
    _, headers, _ = await program.send("LOCK", "Cabinet/secret.txt", lockinfo)
    await made(app)
    lock = headers["Lock-Token"].strip("<>").removeprefix("urn:uuid:")
    return {"file": file["id"], "folder": folder, "sha": file["sha256"], "lock": lock}, program


async def own_space(client: aiohttp.ClientSession) -> str:
    async with client.post("/api/v1/spaces", json={"title": "Le mien"}) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


@pytest.mark.parametrize("who", ["stranger", "admin", "former member"])
async def test_no_way_around_tells_more_than_nothing(app: App, who: str) -> None:
    real, _ = await furnished(app)
    client = await app.client("reader" if who == "former member" else who)
    own = await own_space(client)
    if who == "former member":
        async with client.get(f"/api/v1/files/{real['file']}/content") as answer:
            assert await answer.read() == SECRET
            assert answer.headers["ETag"] == f'"{real["sha"]}"'
        async with app.db.write() as tx:
            await remove_member(tx, app.actor("agent"), app.space, app.unit)
    never = {**real, "file": NEVER, "folder": NEVER, "own": own}
    faults = []
    for way in WAYS:
        there = await asked(client, way, {**real, "own": own})
        nowhere = await asked(client, way, never)
        if there != nowhere or "secret" in there[2] or "Cabinet" in there[2]:
            faults.append((way, there, nowhere))
    assert faults == []
    for word in ("inoubliable", "secret", "Cabinet"):
        async with client.get(f"/api/v1/search?q={word}") as answer:
            assert (await answer.json())["items"] == []


async def test_no_way_around_over_webdav(app: App) -> None:
    real, owner = await furnished(app)
    stranger = await dav(app, "stranger")
    tag = f'"{real["sha"][:32]}"'
    token = f"<urn:uuid:{real['lock']}>"
    place = owner.base + "Cabinet/secret.txt"
    assert (await owner.send("GET", "Cabinet/secret.txt", headers={"If-Match": tag}))[0] == 200
    tries: list[tuple[str, dict[str, str]]] = [
        ("GET", {}), ("HEAD", {}), ("GET", {"If-None-Match": tag}), ("GET", {"If-Match": tag}),
        ("GET", {"If": f"(<urn:uuid:{real['lock']}>)"}), ("GET", {"If": f"([{tag}])"}), ("PROPFIND", {"Depth": "0"}),
        ("UNLOCK", {"Lock-Token": token}), ("DELETE", {"If": f"({token})"}), ("PROPFIND", {"Depth": "1"}),
        ("COPY", {"Destination": f"{app.url}/dav/personal/volé.txt".replace("é", "%C3%A9")}),
        ("MOVE", {"Destination": f"{app.url}/dav/personal/vole.txt", "If": f"({token})"}),
    ]  # fmt: skip
    for method, headers in tries:
        there = await stranger.send(method, place, headers=headers)
        nowhere = await stranger.send(method, place.replace("secret", "jamais"), headers=headers)
        assert there[0] == nowhere[0] == 404, (method, headers, there, nowhere)
        assert "ETag" not in there[1]
        assert there[2].replace("secret", "jamais") == nowhere[2] or "request" in there[2]
    # The If header of a request about one's own file asks about somebody else's: true and false are answered alike.
    assert (await stranger.send("PUT", "/dav/personal/mien.txt", b"x"))[0] == 201
    answers = set()
    for condition in (f"[{tag}]", token, '["0"]', "<urn:uuid:00000000-0000-4000-8000-000000000000>"):
        header = {"If": f"<{app.url}{place}> ({condition})"}
        answers.add((await stranger.send("PUT", "/dav/personal/mien.txt", b"y", header))[0])
    assert answers == {412}
