"""Resumable uploads over real connections: cut and gone on with, wrong offsets and sums, two at once, and their end."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession
from yarl import URL

from collab.core.jobs import Worker
from collab.files.jobs import expire_uploads
from tests.support.app import App, running
from tests.support.clock import HandClock
from tests.support.tus import TUS, metadata
from web import scheduled

DATA = bytes(range(256)) * 20_000


async def start(client: ClientSession, app: App, name: str, size: int, **more: object) -> str:
    """The address of a new upload."""
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(filename=name, space=app.space, **more)}
    async with client.post("/api/v1/uploads", headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        assert answer.headers["Upload-Expires"]
        return URL(answer.headers["Location"]).path


async def send(
    client: ClientSession, address: str, offset: int, data: Any, **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and the code of the problem, if there is one."""
    wanted = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", **headers}
    body = BytesIO(data) if isinstance(data, bytes) else data
    async with client.patch(address, data=body, headers=wanted) as answer:
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        code = "" if answer.status < 400 else (await answer.json(content_type=None))["code"]
        return answer.status, dict(answer.headers), code


async def offset_of(client: ClientSession, address: str) -> int:
    async with client.head(address, headers=TUS) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])


async def content(client: ClientSession, path: str) -> bytes:
    async with client.get(f"{path}/content") as answer:
        assert answer.status == 200
        return await answer.read()


def kept(app: App) -> list[Path]:
    return [path for path in (app.deps.settings.data.dir / "files").rglob("*") if path.is_file()]


async def test_a_file_in_three_parts(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "Délibération n° 3.pdf", len(DATA))
    status, headers, _ = await send(editor, address, 0, DATA[:1_000_000])
    assert (status, headers["Upload-Offset"]) == (204, "1000000")
    status, headers, _ = await send(editor, address, 1_000_000, DATA[1_000_000:1_000_001])
    assert (status, headers["Upload-Offset"]) == (204, "1000001")
    assert await offset_of(editor, address) == 1_000_001
    status, headers, _ = await send(editor, address, 1_000_001, DATA[1_000_001:])
    assert (status, headers["Upload-Offset"]) == (204, str(len(DATA)))
    async with editor.get(headers["Content-Location"]) as answer:
        file = await answer.json()
    assert (file["name"], file["size"]) == ("Délibération n° 3.pdf", len(DATA))
    assert file["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert await content(editor, headers["Content-Location"]) == DATA
    # the answer was lost: the last part is sent again, or the end is asked for
    again, same, _ = await send(editor, address, len(DATA), b"")
    assert (again, same["Content-Location"]) == (204, headers["Content-Location"])
    assert await offset_of(editor, address) == len(DATA)
    async with editor.get(f"/api/v1/files/{file['id']}/versions") as answer:
        assert len((await answer.json())["items"]) == 1
    assert len(kept(app)) == 1


async def test_what_arrived_of_a_part_that_was_cut_is_kept(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "film.mp4", len(DATA))
    first = len(DATA) // 2

    async def half() -> AsyncIterator[bytes]:
        yield DATA[:first]
        raise ConnectionError("the browser was closed")

    with pytest.raises(ClientError):
        await send(editor, address, 0, half(), **{"Content-Length": str(len(DATA))})
    arrived = await offset_of(editor, address)
    assert 0 < arrived <= first
    status, headers, _ = await send(editor, address, arrived, DATA[arrived:])
    assert status == 204
    assert await content(editor, headers["Content-Location"]) == DATA


async def test_who_comes_later_takes_over_from_a_connection_that_hangs(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "film.mp4", len(DATA))
    gone = asyncio.Event()

    async def hanging() -> AsyncIterator[bytes]:
        yield DATA[:100_000]
        await gone.wait()

    dead = asyncio.create_task(send(editor, address, 0, hanging(), **{"Content-Length": str(len(DATA))}))
    other = await app.client("editor")
    while (arrived := await offset_of(other, address)) < 100_000:
        if dead.done():  # it was asked to give way before its bytes had come
            dead = asyncio.create_task(send(editor, address, arrived, hanging()))
        await asyncio.sleep(0.05)
    status, headers, _ = await send(other, address, 100_000, DATA[100_000:])
    assert status == 204
    assert await content(other, headers["Content-Location"]) == DATA
    gone.set()
    await asyncio.gather(dead, return_exceptions=True)


async def test_two_who_send_the_same_upload_make_one_whole_file(app: App) -> None:
    clients = [await app.client("editor"), await app.client("editor")]
    address = await start(clients[0], app, "film.mp4", len(DATA))

    async def insist(client: ClientSession) -> str:
        while True:
            offset = await offset_of(client, address)
            try:
                status, headers, code = await send(client, address, offset, DATA[offset : offset + 400_000])
            except ClientError:  # the other one took over
                continue
            assert (status, code) in [(204, ""), (409, "files.upload_offset"), (413, "files.upload_too_long")]
            if "Content-Location" in headers:
                return headers["Content-Location"]

    async with asyncio.timeout(30):
        first, second = await asyncio.gather(*(insist(client) for client in clients))
    assert first == second
    assert await content(clients[0], first) == DATA
    assert len(kept(app)) == 1


async def test_a_wrong_offset_changes_nothing(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "a.bin", 10)
    await send(editor, address, 0, b"01234")
    for offset in (0, 4, 6, 10):
        assert (await send(editor, address, offset, b"xxxxx"))[::2] == (409, "files.upload_offset")
    assert (await send(editor, address, 5, b"567890"))[::2] == (413, "files.upload_too_long")

    async def unannounced() -> AsyncIterator[bytes]:
        yield b"567"
        yield b"890"

    assert (await send(editor, address, 5, unannounced()))[::2] == (413, "files.upload_too_long")
    assert await offset_of(editor, address) == 5
    _, headers, _ = await send(editor, address, 5, b"56789")
    assert await content(editor, headers["Content-Location"]) == b"0123456789"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_part_whose_sum_is_wrong_is_not_kept(app: App, algorithm: str) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "a.bin", 10)
    await send(editor, address, 0, b"012")

    def checksum(data: bytes) -> dict[str, str]:
        return {"Upload-Checksum": f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"}

    status, _, code = await send(editor, address, 3, b"3456x89", **checksum(b"3456789"))
    assert (status, code) == (460, "files.checksum")
    assert await offset_of(editor, address) == 3
    for bad in ("md5 " + base64.b64encode(bytes(16)).decode(), f"{algorithm} ????", algorithm):
        assert (await send(editor, address, 3, b"3456789", **{"Upload-Checksum": bad}))[::2] == (400, "tus.checksum")
    status, headers, _ = await send(editor, address, 3, b"3456789", **checksum(b"3456789"))
    assert status == 204
    async with editor.get(headers["Content-Location"]) as answer:
        assert (await answer.json())["sha256"] == hashlib.sha256(b"0123456789").hexdigest()


async def test_what_the_door_says_of_itself(app: App) -> None:
    async with app.anybody().options("/api/v1/uploads") as answer:
        assert answer.status == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert set(answer.headers["Tus-Extension"].split(",")) == {
            "creation", "creation-with-upload", "expiration", "termination", "checksum",
        }  # fmt: skip
        assert int(answer.headers["Tus-Max-Size"]) > 2**31
    editor = await app.client("editor")
    async with editor.post("/api/v1/uploads", headers={"Tus-Resumable": "0.2.2", "Upload-Length": "1"}) as answer:
        assert answer.status == 412
        assert answer.headers["Tus-Version"] == "1.0.0"


async def test_creation_can_carry_the_file_and_an_empty_file_is_whole_at_once(app: App) -> None:
    editor = await app.client("editor")
    for name, data in (("a.txt", b"texte"), ("vide.txt", b"")):
        headers = {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": metadata(filename=name, space=app.space)}
        more = {"Content-Type": "application/offset+octet-stream"} if data else {}
        async with editor.post("/api/v1/uploads", data=data or None, headers=headers | more) as answer:
            assert answer.status == 201
            assert answer.headers["Upload-Offset"] == str(len(data))
            assert await content(editor, answer.headers["Content-Location"]) == data


async def test_metadata_may_be_empty_where_the_address_says_it(app: App) -> None:
    """tuspy sends an empty Upload-Metadata."""
    editor = await app.client("editor")
    headers = {**TUS, "Upload-Length": "5", "Upload-Metadata": ""}
    async with editor.post(f"/api/v1/uploads?space={app.space}&name=a.txt", headers=headers) as answer:
        assert answer.status == 201
    async with editor.post(f"/api/v1/uploads?space={app.space}", headers=headers) as answer:
        assert answer.status == 422
        assert set((await answer.json())["errors"]) == {"name"}
    async with editor.post("/api/v1/uploads", headers=headers) as answer:
        assert answer.status == 422
        assert set((await answer.json())["errors"]) == {"name", "space"}


@pytest.mark.parametrize(
    "header", ["filename", "filename ?", "filename YQ==,filename YQ==", " YQ==", "filename /w==", ",", "é YQ=="]
)
async def test_metadata_that_is_none_is_refused(app: App, header: str) -> None:
    editor = await app.client("editor")
    headers = {**TUS, "Upload-Length": "5", "Upload-Metadata": header}
    async with editor.post(f"/api/v1/uploads?space={app.space}", headers=headers) as answer:
        assert answer.status == 422


@pytest.mark.parametrize("header", ["", "-1", "1e3", "9" * 30, "٣"])
async def test_numbers_that_are_none_are_refused(app: App, header: str) -> None:
    editor = await app.client("editor")
    where = {"Upload-Metadata": metadata(filename="a", space=app.space)}
    async with editor.post("/api/v1/uploads", headers={**TUS, "Upload-Length": header, **where}) as answer:
        assert answer.status == 400
    address = await start(editor, app, "a.bin", 5)
    assert (await send(editor, address, 0, b"x", **{"Upload-Offset": header}))[0] == 400


async def test_a_name_that_is_taken_meanwhile_is_asked_about_and_nothing_is_sent_again(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "a.txt", 5)
    async with editor.post(f"/api/v1/spaces/{app.space}/files?name=A.txt", data=BytesIO(b"x")) as answer:
        assert answer.status == 201
    status, _, code = await send(editor, address, 0, b"texte")
    assert (status, code) == (409, "files.name_taken")
    async with editor.post(f"{address}/end", json={"conflict": "rename"}) as answer:
        assert answer.status == 200
        view = await answer.json()
    async with editor.get(f"/api/v1/files/{view['file']}") as answer:
        assert (await answer.json())["name"] == "a (2).txt"
    assert await content(editor, f"/api/v1/files/{view['file']}") == b"texte"


async def test_an_end_before_the_end_is_refused(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "a.txt", 5)
    async with editor.post(f"{address}/end", json={}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "files.upload_unfinished")


async def test_an_upload_that_is_given_up_leaves_nothing(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "a.bin", 10)
    await send(editor, address, 0, b"012")
    async with editor.delete(address, headers=TUS) as answer:
        assert answer.status == 204
    async with editor.head(address, headers=TUS) as answer:
        assert answer.status == 404
    assert kept(app) == []
    await run_jobs(app)


async def run_jobs(app: App) -> None:
    await Worker(app.db, scheduled.handlers(app.deps)).run_due()


async def test_what_nobody_goes_on_with_is_forgotten_and_what_became_a_file_stays(tmp_path: Path) -> None:
    clock = HandClock()
    async with running(tmp_path, clock=clock) as app:
        editor = await app.bearer("editor")
        done = await start(editor, app, "fini.bin", 3)
        _, headers, _ = await send(editor, done, 0, b"012")
        left, kept_alive = await start(editor, app, "a.bin", 10), await start(editor, app, "b.bin", 10)
        await send(editor, left, 0, b"012")
        clock.pass_(days=6)
        await send(editor, kept_alive, 0, b"012")
        clock.pass_(days=2)
        async with editor.head(left, headers=TUS) as answer:
            assert answer.status == 404
        await expire_uploads(app.db)
        await run_jobs(app)
        assert await offset_of(editor, kept_alive) == 3
        assert await content(editor, headers["Content-Location"]) == b"012"
        assert len(kept(app)) == 2


async def test_only_its_person_sees_an_upload_and_only_while_they_may_write(app: App) -> None:
    editor, owner, reader = await app.client("editor"), await app.client("agent"), await app.client("reader")
    address = await start(editor, app, "a.bin", 3)
    for other in (owner, reader, await app.client("stranger")):
        async with other.head(address, headers=TUS) as answer:
            assert answer.status == 404
        assert (await send(other, address, 0, b"012"))[0] == 404
        async with other.get("/api/v1/uploads") as answer:
            assert (await answer.json())["items"] == []
    async with editor.get("/api/v1/uploads") as answer:
        [listed] = (await answer.json())["items"]
        assert (listed["name"], listed["offset"], listed["size"]) == ("a.bin", 0, 3)
    async with owner.delete(f"/api/v1/spaces/{app.space}/members/{app.group}") as answer:
        assert answer.status == 204
    assert (await send(editor, address, 0, b"012"))[0] == 404
    assert len(kept(app)) == 1


async def test_nobody_fills_the_disk_with_beginnings(tmp_path: Path) -> None:
    limits = {"most_bytes": 1000, "most_unfinished": 3, "most_unfinished_bytes": 2500}
    async with running(tmp_path, uploads=limits) as app:
        editor = await app.client("editor")
        first = await start(editor, app, "a.bin", 1000)
        await start(editor, app, "b.bin", 1000)
        for size, status, code in ((1001, 413, "files.upload_too_big"), (501, 409, "files.too_many_uploads")):
            headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(filename="c", space=app.space)}
            async with editor.post("/api/v1/uploads", headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (status, code)
        assert len(kept(app)) == 2
        await send(editor, first, 0, bytes(1000))
        await start(editor, app, "c.bin", 1000)


async def test_another_site_cannot_make_a_browser_send(app: App) -> None:
    editor = await app.client("editor")
    address = await start(editor, app, "a.bin", 3)
    status, _, code = await send(editor, address, 0, b"012", **{"Sec-Fetch-Site": "cross-site"})
    assert (status, code) == (403, "csrf")
