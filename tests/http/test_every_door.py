"""What holds at every door: hostile names stay names, a disk that fails or is full is said, nothing is half there."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.doors import DOORS, Door, Entrance, entrance
from tests.support.app import App, running
from tests.support.programs import as_root, run

TAKEN = (200, 201, 204, 303)
DATA = b"octets " * 5000


@pytest.fixture
async def at(app: App) -> Entrance:
    return await entrance(app)


def kept(app: App) -> list[Path]:
    """Every file of the storage, whole or not."""
    return [path for path in (app.deps.settings.data.dir / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("door", DOORS)
async def test_what_comes_in_is_there_whole(at: Entrance, door: Door) -> None:
    status, text = await door(at, "Été n° 1.txt", DATA)
    assert status in TAKEN, text
    item = (await at.items())["Été n° 1.txt"]
    async with at.owner.get(f"/api/v1/files/{item['id']}/content") as answer:
        assert await answer.read() == DATA


HOSTILE = [
    "../evil", "../../../../tmp/evil", "/tmp/evil", "..", ".", "a/../../evil", "..\\..\\evil", "C:\\evil", "a\x00evil",
    "evil\r\nX-Evil: 1", "\u202egpj.evil", "file:///tmp/evil", "~/evil", "%2e%2e%2fevil",
]  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
async def test_no_name_leads_out_of_the_folder(at: Entrance, door: Door, tmp_path: Path) -> None:
    def everywhere() -> set[str]:
        outside = [path.name for path in Path("/tmp").iterdir() if "evil" in path.name]
        return {str(path) for path in tmp_path.rglob("*evil*")} | set(outside)

    before = everywhere()
    async with at.owner.get(f"/api/v1/spaces/{at.app.space}/files") as answer:
        top = [item["name"] for item in (await answer.json())["items"]]
    for name in HOSTILE:
        status, text = await door(at, name, b"mal")
        assert status in TAKEN or 400 <= status < 500, (name, status, text)
        assert "Traceback" not in text
    names = set(await at.items())
    assert not [name for name in names if set(name) & set("/\x00\r\n\u202e") or name in (".", "..")]
    assert everywhere() == before
    async with at.owner.get(f"/api/v1/spaces/{at.app.space}/files") as answer:
        assert [item["name"] for item in (await answer.json())["items"]] == top


@pytest.mark.parametrize("call", ["fsync", "write"])
@pytest.mark.parametrize("door", DOORS)
async def test_a_disk_that_fails_is_said_and_nothing_is_half_there(
    at: Entrance, door: Door, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door(at, "a.txt", b"bon")
    items, files = await at.items(), kept(at.app)

    def fail(*_arguments: object) -> int:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, fail)
        status, text = await door(at, "a.txt" if door.__name__ == "by_version" else "b.txt", DATA)
    assert status == 503, text
    assert "gardez votre copie" in text or door.__name__ == "by_dav", text[-3000:]
    assert await at.items() == items
    assert [path for path in kept(at.app) if path not in files and path.parent.name != "partial"] == []
    status, text = await door(at, "c.txt", DATA)  # and it goes on as before
    assert status in TAKEN, text


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[tuple[Path, Entrance]]:
    """The whole data folder on a disk of its own."""
    mount, image = tmp_path / "small", tmp_path / "image"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(160 << 20)
    run(["/sbin/mkfs.ext4", "-q", "-m", "0", str(image)])
    run(as_root("mount", "-o", "loop", str(image), str(mount)))
    run(as_root("chmod", "777", str(mount)))
    try:
        async with running(mount) as app:
            yield mount, await entrance(app)
    finally:
        run(as_root("umount", str(mount)))


async def test_a_disk_that_is_full_is_said_at_every_door(small: tuple[Path, Entrance]) -> None:
    mount, at = small
    for door in DOORS:
        assert (await door(at, f"{door.__name__}.txt", DATA))[0] in TAKEN
    items, files = await at.items(), set(kept(at.app))
    disk = os.statvfs(mount)
    with (mount / "ballast").open("wb") as ballast:  # down to what is kept free for the database
        os.posix_fallocate(ballast.fileno(), 0, disk.f_bavail * disk.f_frsize - (60 << 20))
    for door in DOORS:
        status, text = await door(at, f"{door.__name__}.txt" if door.__name__ == "by_version" else "b.txt", DATA)
        assert status in (503, 507), (door.__name__, status, text)
    assert await at.items() == items
    assert {path for path in kept(at.app) if path not in files} == set()
    for item in items.values():  # what was there is read
        async with at.owner.get(f"/api/v1/files/{item['id']}/content") as answer:
            assert await answer.read() == DATA
    (mount / "ballast").unlink()
    for door in DOORS:
        assert (await door(at, f"après {door.__name__}.txt", DATA))[0] in TAKEN
