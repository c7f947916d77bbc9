"""The doors of files, over real connections: uploads whole, wrong and cut; contents by range; strangers."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientPayloadError, ClientSession
from yarl import URL

from tests.support.app import App
from web import contents
from web.pace import Pace

DATA = bytes(range(256)) * 5000


@dataclass
class FilesApp:
    """The running server, the space of `agent` and a client of everybody."""

    folder: Path
    port: int
    space: UUID
    token: str
    clients: dict[str, ClientSession]


@pytest.fixture
async def files(app: App) -> FilesApp:
    clients = {role: await app.bearer(role) for role in ("agent", "editor", "reader", "stranger")}
    token = clients["editor"].headers["Authorization"]
    port = URL(app.url).port
    assert port is not None
    return FilesApp(app.deps.settings.data.dir / "files", port, app.space, token, clients)


def address(files: FilesApp, name: str, more: str = "") -> URL:
    return URL(f"/api/v1/spaces/{files.space}/files?name={quote(name, safe='')}{more}", encoded=True)


async def upload(files: FilesApp, name: str, data: bytes = b"texte", more: str = "") -> dict[str, Any]:
    async with files.clients["editor"].post(address(files, name, more), data=BytesIO(data)) as answer:
        assert answer.status == 201, await answer.text()
        body: dict[str, Any] = await answer.json()
        assert answer.headers["ETag"] == f'"{body["rev"]}"'
        return body


async def status(client: ClientSession, method: str, path: str | URL, **kwargs: Any) -> tuple[int, str]:
    """The status and the code of the problem."""
    async with client.request(method, path, **kwargs) as answer:
        text = await answer.text()
        if answer.status < 400:
            return answer.status, ""
        assert answer.content_type == "application/problem+json"
        assert "Traceback" not in text
        return answer.status, (await answer.json())["code"]


def kept(files: FilesApp) -> list[Path]:
    return [path for path in files.folder.rglob("*") if path.is_file()]


async def raw(files: FilesApp, request: bytes, *, close: bool = False) -> bytes:
    """Send these bytes as they are; the whole answer, or nothing when the connection is closed by us."""
    reader, writer = await asyncio.open_connection("127.0.0.1", files.port)
    try:
        writer.write(request)
        await writer.drain()
        if close:
            await asyncio.sleep(0.2)
            return b""
        return await asyncio.wait_for(reader.read(65536), 10)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_upload_and_download(files: FilesApp) -> None:
    file = await upload(files, "Délibération n° 3.pdf", DATA)
    assert {"id", "name", "size", "sha256", "rev"} <= file.keys()
    assert (file["size"], file["sha256"]) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    reader = files.clients["reader"]
    async with reader.get(f"/api/v1/files/{file['id']}/content") as answer:
        assert await answer.read() == DATA
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
        assert answer.headers["Content-Disposition"] == (
            "attachment; filename=\"D_lib_ration n_ 3.pdf\"; filename*=UTF-8''D%C3%A9lib%C3%A9ration%20n%C2%B0%203.pdf"
        )
        etag = answer.headers["ETag"]
    async with reader.head(f"/api/v1/files/{file['id']}/content") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Length"] == str(len(DATA))
        assert answer.headers["Accept-Ranges"] == "bytes"
    async with reader.get(f"/api/v1/files/{file['id']}/content", headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with reader.get(f"/api/v1/files/{file['id']}/content", headers={"If-Match": '"x"'}) as answer:
        assert answer.status == 412
        assert (await answer.json(content_type=None))["code"] == "precondition_failed"


async def test_an_empty_file(files: FilesApp) -> None:
    file = await upload(files, "vide", b"")
    path = f"/api/v1/files/{file['id']}/content"
    async with files.clients["reader"].get(path) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    async with files.clients["reader"].get(path, headers={"Range": "bytes=0-"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */0")


async def test_ranges(files: FilesApp) -> None:
    file = await upload(files, "a.bin", DATA)
    client, path = files.clients["reader"], f"/api/v1/files/{file['id']}/content"
    async with client.get(path, headers={"Range": "bytes=300000-700000"}) as answer:
        assert answer.status == 206
        assert answer.headers["Content-Range"] == f"bytes 300000-700000/{len(DATA)}"
        assert await answer.read() == DATA[300000:700001]
        etag = answer.headers["ETag"]
    async with client.get(path, headers={"Range": "bytes=-10", "If-Range": etag}) as answer:
        assert (answer.status, await answer.read()) == (206, DATA[-10:])
    async with client.get(path, headers={"Range": "bytes=-10", "If-Range": '"old"'}) as answer:
        assert (answer.status, await answer.read()) == (200, DATA)
    async with client.get(path, headers={"Range": f"bytes={len(DATA)}-"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")
        assert (await answer.json(content_type=None))["code"] == "no_such_range"
    for broken in ("bytes=9-1", "bytes=x", "pages=1-2", "bytes=0-,0-"):
        async with client.get(path, headers={"Range": broken}) as answer:
            assert (answer.status, await answer.read()) == (200, DATA)
    async with client.head(path, headers={"Range": "bytes=0-1"}) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(DATA)))


async def test_several_ranges_at_once(files: FilesApp) -> None:
    file = await upload(files, "a.txt", DATA)
    path = f"/api/v1/files/{file['id']}/content"
    async with files.clients["reader"].get(path, headers={"Range": "bytes=0-9,500000-900000,-5"}) as answer:
        assert answer.status == 206
        body = await answer.read()
        assert answer.headers["Content-Length"] == str(len(body))
        boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", answer.headers["Content-Type"])
    assert boundary is not None
    parts = body.split(b"\r\n--" + boundary[1].encode())
    assert parts[0] == b""
    assert parts[-1] == b"--\r\n"
    heads, bodies = zip(*(part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts[1:-1]), strict=True)
    assert list(bodies) == [DATA[:10], DATA[500000:900001], DATA[-5:]]
    assert b"Content-Range: bytes 500000-900000/" in heads[1]
    assert all(b"Content-Type: text/plain" in head for head in heads)


async def test_what_would_run_is_sent_as_plain_bytes(files: FilesApp) -> None:
    for name in ("page.html", "image.svg", "script.js"):
        file = await upload(files, name, b"<script>alert(1)</script>")
        async with files.clients["reader"].get(f"/api/v1/files/{file['id']}/content") as answer:
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "invalid"),
        ("name=", "files.bad_name"),
        ("name=..", "files.bad_name"),
        ("name=a%2Fb", "files.bad_name"),
        ("name=a%00b", "files.bad_name"),
        ("name=a%0D%0Ab", "files.bad_name"),
        ("name=%E2%80%AEfdp.exe", "files.bad_name"),
        ("name=" + "x" * 300, "files.bad_name"),
        ("name=" + "x" * 2000, "invalid"),
        ("name=%FF%FE", "not_utf8"),
        ("name=%C3", "not_utf8"),
        ("name=%ED%A0%80", "not_utf8"),
        ("name=a&folder=x", "invalid"),
        ("name=a&name=b", "invalid"),
        ("name=a&conflict=overwrite", "invalid"),
        ("name=a&colour=red", "invalid"),
    ],
)
async def test_bad_queries(files: FilesApp, query: str, code: str) -> None:
    path = URL(f"/api/v1/spaces/{files.space}/files?{query}", encoded=True)
    assert await status(files.clients["editor"], "POST", path, data=b"x") == (422, code)
    assert kept(files) == []


async def test_unusual_names_come_back_as_they_were(files: FilesApp) -> None:
    names = ["<img src=x onerror=alert(1)>.txt", "%2e%2e", "a&b=c+d#e?f", "con:aux*?.txt", '"; rm -rf', "👩‍🚒"]
    for name in names:
        assert (await upload(files, name))["name"] == name
    async with files.clients["reader"].get(f"/api/v1/spaces/{files.space}/files?folder=") as answer:
        assert {item["name"] for item in (await answer.json())["items"]} == set(names)


async def test_a_taken_name_is_refused_before_the_bytes(files: FilesApp) -> None:
    first = await upload(files, "plan.pdf", b"un")
    async with files.clients["editor"].post(address(files, "PLAN.PDF"), data=b"deux") as answer:
        problem = await answer.json()
        assert answer.status == 409
    assert (problem["code"], problem["suggestion"]) == ("files.name_taken", "PLAN (2).PDF")
    assert problem["existing"]["id"] == first["id"]
    assert (await upload(files, "PLAN.PDF", b"deux", "&conflict=rename"))["name"] == "PLAN (2).PDF"
    assert (await upload(files, "PLAN.PDF", b"trois", "&conflict=version"))["version"] == 2
    assert len(kept(files)) == 3


async def test_versions(files: FilesApp) -> None:
    file = await upload(files, "a.txt", b"un")
    editor, path = files.clients["editor"], f"/api/v1/files/{file['id']}"
    async with editor.put(f"{path}/content", data=b"deux", headers={"If-Match": f'"{file["sha256"]}"'}) as answer:
        assert (answer.status, (await answer.json())["version"]) == (200, 2)
    stale = await status(editor, "PUT", f"{path}/content", data=b"x", headers={"If-Match": f'"{file["sha256"]}"'})
    assert stale == (412, "stale_revision")
    async with editor.get(f"{path}/versions") as answer:
        assert [(item["number"], item["size"]) for item in (await answer.json())["items"]] == [(2, 4), (1, 2)]
    async with editor.get(f"{path}/versions/1/content") as answer:
        assert await answer.read() == b"un"
    for number in ("0", "3", "x", "-1", "9" * 40, "١"):
        assert (await status(editor, "GET", f"{path}/versions/{number}/content"))[0] == 404
    assert await status(editor, "DELETE", f"{path}/versions/1") == (403, "denied")
    assert await status(files.clients["agent"], "DELETE", f"{path}/versions/1") == (204, "")


async def test_rename_move_trash(files: FilesApp) -> None:
    editor, file = files.clients["editor"], await upload(files, "a.txt")
    path = f"/api/v1/files/{file['id']}"
    async with editor.post(f"/api/v1/spaces/{files.space}/folders", json={"name": "Plans"}) as answer:
        folder = await answer.json()
        assert answer.status == 201
    assert await status(editor, "PATCH", path, json={"name": "b.txt"}) == (428, "precondition_required")
    for wrong in ("0", "99", "x", 'W/"x"'):
        assert await status(editor, "PATCH", path, json={"name": "b.txt"}, headers={"If-Match": wrong}) == (
            412,
            "stale_revision",
        )
    change = {"name": "b.txt", "folder": folder["id"]}
    async with editor.patch(path, json=change, headers={"If-Match": f'"{file["rev"]}"'}) as answer:
        moved = await answer.json()
        assert (answer.status, moved["name"], moved["folder"]) == (200, "b.txt", folder["id"])
    async with editor.get(path) as answer:
        assert [step["name"] for step in (await answer.json())["path"]] == ["Plans"]
    bodies: tuple[Any, ...] = ({"name": "../x"}, {"name": 3}, {"folder": "x"}, {"colour": 1}, [])
    for body in bodies:
        assert (await status(editor, "PATCH", path, json=body, headers={"If-Match": '"2"'}))[0] == 422
    assert await status(editor, "DELETE", path) == (204, "")
    assert await status(editor, "GET", f"{path}/content") == (409, "files.in_trash")
    assert await status(files.clients["reader"], "GET", f"{path}/content") == (404, "not_found")
    assert await status(editor, "DELETE", f"/api/v1/trash/{file['id']}") == (403, "denied")
    assert await status(editor, "POST", f"{path}/restore") == (200, "")
    assert await status(editor, "DELETE", path) == (204, "")
    assert await status(files.clients["agent"], "DELETE", f"/api/v1/trash/{file['id']}") == (204, "")
    assert await status(files.clients["agent"], "GET", path) == (404, "not_found")


async def test_strangers_learn_nothing(files: FilesApp) -> None:
    file, stranger = await upload(files, "a.txt"), files.clients["stranger"]
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"/api/v1/spaces/{files.space}/files", {}),
        ("GET", f"/api/v1/spaces/{files.space}/folders", {}),
        ("GET", f"/api/v1/spaces/{files.space}/trash", {}),
        ("DELETE", f"/api/v1/spaces/{files.space}/trash", {}),
        ("POST", f"/api/v1/spaces/{files.space}/files?name=b", {"data": b"x"}),
        ("POST", f"/api/v1/spaces/{files.space}/folders", {"json": {"name": "b"}}),
        ("DELETE", f"/api/v1/trash/{file['id']}", {}),
    ]
    content: dict[str, Any]
    for method, tail, content in (
        ("GET", "", {}),
        ("PATCH", "", {"json": {"name": "b"}, "headers": {"If-Match": '"1"'}}),
        ("DELETE", "", {}),
        ("POST", "/restore", {}),
        ("GET", "/content", {"headers": {"Range": "bytes=0-1", "If-None-Match": f'"{file["sha256"]}"'}}),
        ("PUT", "/content", {"data": b"x"}),
        ("GET", "/versions", {}),
        ("GET", "/versions/1/content", {}),
        ("DELETE", "/versions/1", {}),
    ):
        requests.append((method, f"/api/v1/files/{file['id']}{tail}", content))
    for method, path, more in requests:
        assert await status(stranger, method, path, **more) == (404, "not_found"), path
        unknown = path.replace(str(files.space), str(uuid4())).replace(file["id"], str(uuid4()))
        assert await status(stranger, method, unknown, **more) == (404, "not_found"), path
    assert len(kept(files)) == 1


async def test_a_body_of_the_wrong_kind(files: FilesApp) -> None:
    encoded = await status(
        files.clients["editor"], "POST", address(files, "a"), data=b"x", headers={"Content-Encoding": "gzip"}
    )
    assert encoded[0] in (400, 422)
    head = f"POST {address(files, 'a')} HTTP/1.1\r\nHost: x\r\nAuthorization: {files.token}\r\n".encode()
    for broken in (
        b"Content-Length: -5\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nabcde",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabcde\r\n0\r\n\r\n",
    ):
        answer = await raw(files, head + broken)
        assert re.match(rb"HTTP/1\.[01] 4\d\d ", answer), answer
    assert kept(files) == []


async def test_an_upload_that_is_cut_leaves_nothing(files: FilesApp) -> None:
    head = f"POST {address(files, 'a')} HTTP/1.1\r\nHost: x\r\nAuthorization: {files.token}\r\n".encode()
    await raw(files, head + b"Content-Length: 99999999\r\n\r\n" + b"x" * 3_000_000, close=True)
    await raw(files, head + b"Transfer-Encoding: chunked\r\n\r\n100000\r\n" + b"x" * 500_000, close=True)
    async with asyncio.timeout(5):
        while kept(files):
            await asyncio.sleep(0.05)
    async with files.clients["reader"].get(f"/api/v1/spaces/{files.space}/files") as answer:
        assert (await answer.json())["items"] == []


async def test_a_damaged_file_is_not_given_out(files: FilesApp) -> None:
    small, large = await upload(files, "a.txt", b"petit"), await upload(files, "b.bin", DATA)
    for path in kept(files):
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    client = files.clients["reader"]
    assert await status(client, "GET", f"/api/v1/files/{small['id']}/content") == (503, "files.damaged")
    async with client.get(f"/api/v1/files/{large['id']}/content") as answer:
        with pytest.raises(ClientPayloadError):
            await answer.read()
    async with client.get(f"/api/v1/files/{small['id']}/versions") as answer:
        assert (await answer.json())["items"][0]["damaged"] is True


async def test_an_upload_that_trickles_is_refused(files: FilesApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "Pace", lambda: Pace(window=0.3))

    reader, writer = await asyncio.open_connection("127.0.0.1", files.port)
    head = f"POST {address(files, 'lent.txt')} HTTP/1.1\r\nHost: x\r\nAuthorization: {files.token}\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\n".encode())
    answer = asyncio.create_task(reader.readuntil(b"}"))
    sent = 0
    while not answer.done() and sent < 100:
        writer.write(b"x")
        sent += 1
        await asyncio.sleep(0.05)
    text = (await answer).decode()
    assert sent < 50
    assert text.startswith("HTTP/1.1 408 ")
    assert '"code": "body_too_slow"' in text
    writer.write(b"x" * (100 - sent))
    writer.close()
    await writer.wait_closed()
    assert [path for path in (files.folder / "incoming").iterdir() if path.is_file()] == []
