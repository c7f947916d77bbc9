"""A backup taken while people work restores to what it saw, from either database into either, byte for byte."""

import asyncio
import hashlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from collab.core import journal
from collab.core.access import Actor, job_actor
from collab.core.database import Database
from collab.files.disk import DiskStorage
from collab.files.models import FileVersion, UploadQuery
from collab.files.service import add_file
from collab.spaces.models import SpaceInput
from collab.spaces.service import create_space
from directory.groups.models import GroupInput
from directory.groups.service import add_group, set_group_members
from directory.people.models import Person, PersonInput, PersonPhoto
from directory.people.service import add_person
from directory.units.models import UnitInput
from directory.units.service import add_unit
from tests.support.postgres import PostgresServer
from web.backup import BackupError, back_up, restore
from web.migrations.tables import metadata

SETUP = job_actor("set-up of the test")

MakeUrl = Callable[[str], str]


@pytest.fixture
def empty_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeUrl]:
    """Makes empty databases: `empty_url("postgresql")`."""
    made: list[tuple[PostgresServer, str]] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'restored.sqlite3'}"
        server: PostgresServer = request.getfixturevalue("postgres_server")
        made.append((server, server.create()))
        return server.url(made[-1][1])

    yield make
    for server, name in made:
        server.drop(name)


@dataclass
class House:
    """A database and the data folder beside it, in use."""

    db: Database
    data: Path
    storage: DiskStorage
    owner: Actor

    async def work(self, number: int) -> None:
        """A new space with a file in it, as one transaction after the other."""
        async with self.db.write() as tx:
            space = await create_space(tx, self.owner, SpaceInput(title=f"Espace n° {number}"))
        async with self.storage.receive() as upload:
            await upload.write(f"délibération {number}".encode() * 50)
            stored = await upload.finish()
        async with self.db.write() as tx:
            await add_file(tx, self.owner, space.id, UploadQuery(name=f"d{number}.txt"), stored)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Three people at work, without a pause, from before the block begins until it ends."""

        async def go_on(start: int) -> None:
            for number in range(start, start + 10_000):
                await self.work(number)

        tasks = [asyncio.create_task(go_on(start)) for start in (100_000, 200_000, 300_000)]
        try:
            await asyncio.sleep(0.05)
            yield
            assert not any(task.done() for task in tasks), [task.exception() for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@pytest.fixture
async def house(db: Database, tmp_path: Path) -> AsyncIterator[House]:
    data = tmp_path / "data"
    storage = DiskStorage(data / "files", reserve=0)
    await storage.start()
    (data / "keys").mkdir()
    (data / "keys" / "server.key").write_bytes(bytes(range(256)))
    (data / "keys" / "server.key").chmod(0o600)
    async with db.write() as tx:
        above = await add_unit(tx, SETUP, UnitInput(name="Services techniques"))
        unit = await add_unit(tx, SETUP, UnitInput(name="Voirie « centre »", parent_id=above.id))
        lower = await add_unit(tx, SETUP, UnitInput(name="Équipe\u202fA", parent_id=unit.id))
        person = await add_person(tx, SETUP, PersonInput(login="zoe", display_name="Zoé 🏛 'x\"", unit_id=lower.id))
        tx.add(PersonPhoto(person_id=person.id, data=bytes(range(256)) * 4))
        group = await add_group(tx, SETUP, GroupInput(name="Chefs de projet"))
        await set_group_members(tx, SETUP, group.id, [person.id])
    owner = Actor(SETUP.kind.PERSON, person.id)
    made = House(db, data, storage, owner)
    for number in range(5):
        await made.work(number)
    yield made
    await storage.stop()


async def rows_of(db: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by its key."""
    found = {}
    async with db.read() as tx:
        for table in metadata.sorted_tables:
            rows = await tx.rows(sa.select(table).order_by(*table.primary_key.columns))
            found[table.name] = [dict(row._mapping) for row in rows]
    return found


def bytes_of(data: Path) -> dict[str, str]:
    """Every stored file and key: its path and SHA-256."""
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("files", "keys")
        for path in (data / folder).rglob("*")
        if path.is_file()
    }


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    db = Database(url)
    try:
        yield db
    finally:
        await db.stop()


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
async def test_what_is_restored_is_what_was_there(
    house: House, tmp_path: Path, empty_url: MakeUrl, target: str
) -> None:
    file, folder = tmp_path / "backup.tar", tmp_path / "restored"
    summary = await back_up(house.db, house.data, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".backup-")] == []
    async with opened(empty_url(target)) as db:
        again = await restore(db, folder, file)
        assert (again.tables, again.rows, again.files) == (summary.tables, summary.rows, summary.files)
        assert await rows_of(db) == await rows_of(house.db)
        async with db.read() as tx:
            report = await journal.verify(tx, summary.journal_head)
        assert report.faults == []
        assert report.head == again.journal_head == summary.journal_head
        async with db.write() as tx:  # and it goes on from there
            await create_space(tx, house.owner, SpaceInput(title="La suite"))
    assert bytes_of(folder) == bytes_of(house.data)
    assert (folder / "keys" / "server.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["files", "keys"]


async def test_a_backup_taken_during_work_is_whole(house: House, tmp_path: Path, empty_url: MakeUrl) -> None:
    file, folder = tmp_path / "backup.tar", tmp_path / "restored"
    async with house.working(), house.storage.receive() as slow:
        await slow.write(b"half of an upload" * 1000)
        summary = await back_up(house.db, house.data, file)
        await slow.write(b"and its other half" * 1000)
    async with opened(empty_url(house.db.dialect)) as db:
        await restore(db, folder, file)
        async with db.read() as tx:
            report = await journal.verify(tx, summary.journal_head)
            versions = await tx.all(select(FileVersion))
        assert report.faults == []
        assert report.head == summary.journal_head
        assert len(versions) >= 5
        storage = DiskStorage(folder / "files", reserve=0)
        await storage.start()
        for version in versions:
            stored = await storage.measure(version.key)
            assert (stored.size, stored.sha256) == (version.size, version.sha256)
        await storage.stop()


async def test_a_changed_byte_is_found_and_nothing_is_left(house: House, tmp_path: Path, empty_url: MakeUrl) -> None:
    file = tmp_path / "backup.tar"
    await back_up(house.db, house.data, file)
    with tarfile.open(file) as tar:
        members = {member.name: member for member in tar.getmembers()}
    original = file.read_bytes()
    chosen = ["tables/person.ndjson", "keys/server.key", "manifest.json", next(n for n in members if "objects" in n)]
    for number, name in enumerate(chosen):
        member = next(members[full] for full in members if full.endswith(name))
        broken = bytearray(original)
        broken[member.offset_data + member.size // 2] ^= 0x11
        file.write_bytes(broken)
        folder = tmp_path / f"restored{number}"
        async with opened(f"sqlite:///{tmp_path / f'{number}.sqlite3'}") as db:
            with pytest.raises(BackupError):
                await restore(db, folder, file)
            async with db.engine.connect() as connection:
                assert await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()) == []
        assert list(folder.rglob("*")) == []
    file.write_bytes(original)
    async with opened(empty_url("sqlite")) as db:
        await restore(db, tmp_path / "restored0", file)  # the same folder, once the file is right


@pytest.mark.parametrize("cut", [0, 100, 5_000, -20_000])
async def test_a_cut_backup_is_refused(house: House, tmp_path: Path, empty_url: MakeUrl, cut: int) -> None:
    file = tmp_path / "backup.tar"
    await back_up(house.db, house.data, file)
    file.write_bytes(file.read_bytes()[:cut])
    async with opened(empty_url("sqlite")) as db:
        with pytest.raises(BackupError):
            await restore(db, tmp_path / "restored", file)


async def test_a_file_that_the_manifest_does_not_name_is_not_restored(
    house: House, tmp_path: Path, empty_url: MakeUrl
) -> None:
    file, folder, intruder = tmp_path / "backup.tar", tmp_path / "restored", tmp_path / "intruder"
    await back_up(house.db, house.data, file)
    intruder.write_bytes(b"x")
    with tarfile.open(file, "a") as tar:
        tar.add(intruder, "data/keys/intruder")
        tar.add(intruder, "../outside")
    async with opened(empty_url("sqlite")) as db:
        with suppress(BackupError):
            await restore(db, folder, file)
    assert not (folder / "keys" / "intruder").exists()
    assert not (tmp_path / "outside").exists()


async def test_a_manifest_that_names_what_lies_outside_is_refused(
    house: House, tmp_path: Path, empty_url: MakeUrl
) -> None:
    """Whoever restores a backup that was tampered with loses no file of the machine to it."""
    good, file, folder, outside = (tmp_path / name for name in ("backup.tar", "bad.tar", "restored", "outside"))
    outside.write_bytes(b"x")
    await back_up(house.db, house.data, good)
    with tarfile.open(good) as old, tarfile.open(file, "w") as new:
        for entry in old:
            content = old.extractfile(entry).read()  # type: ignore[union-attr]  # all of them are files
            if entry.name == "manifest.json":
                manifest = json.loads(content)
                manifest["hashes"]["data/keys/../../../outside"] = hashlib.sha256(b"x").hexdigest()
                manifest["hashes"]["data/../../../outside"] = hashlib.sha256(b"x").hexdigest()
                content = json.dumps(manifest).encode()
                entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
    async with opened(empty_url("sqlite")) as db:
        with pytest.raises(BackupError, match="nothing that a backup of ours holds"):
            await restore(db, folder, file)
    assert outside.exists()


async def test_only_an_empty_place_is_restored_into(house: House, tmp_path: Path, empty_url: MakeUrl) -> None:
    file = tmp_path / "backup.tar"
    await back_up(house.db, house.data, file)
    before = (await rows_of(house.db), bytes_of(house.data))
    async with opened(empty_url("sqlite")) as db:
        with pytest.raises(BackupError, match="not empty"):
            await restore(db, house.data, file)
    with pytest.raises(BackupError, match="not empty"):
        await restore(house.db, tmp_path / "restored", file)
    assert (await rows_of(house.db), bytes_of(house.data)) == before
    started = tmp_path / "started"  # a server was started once and stored nothing
    (started / "files" / "objects").mkdir(parents=True)
    (started / "keys").mkdir()
    async with opened(empty_url("sqlite")) as db:
        await restore(db, started, file)
    assert bytes_of(started) == bytes_of(house.data)


async def test_a_backup_never_overwrites(house: House, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    file.write_text("yesterday's")
    with pytest.raises(BackupError, match="exists already"):
        await back_up(house.db, house.data, file)
    assert file.read_text() == "yesterday's"


async def test_what_cannot_be_inserted_leaves_an_empty_database(
    house: House, tmp_path: Path, empty_url: MakeUrl
) -> None:
    file = tmp_path / "backup.tar"
    async with house.db.write() as tx:
        person = (await tx.all(select(Person)))[0]
        person.login = "x" * 50
    await back_up(house.db, house.data, file)
    _spoil(file, tmp_path / "spoilt")
    async with opened(empty_url(house.db.dialect)) as db:
        with pytest.raises(BackupError):
            await restore(db, tmp_path / "restored", file)
        async with db.engine.connect() as connection:
            tables = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        assert tables == []
    assert list((tmp_path / "restored").rglob("*")) == []


def _spoil(file: Path, scratch: Path) -> None:
    """Take the units away from a backup and put its hashes right: people then point to nothing."""
    with tarfile.open(file) as tar:
        tar.extractall(scratch, filter="data")
    table = scratch / "tables" / "unit.ndjson"
    table.write_text("")
    manifest = json.loads((scratch / "manifest.json").read_text())
    manifest["hashes"]["tables/unit.ndjson"] = hashlib.sha256(b"").hexdigest()
    (scratch / "manifest.json").write_text(json.dumps(manifest))
    with tarfile.open(file, "w") as tar:
        tar.add(scratch / "manifest.json", "manifest.json")
        for name in manifest["hashes"]:
            tar.add(scratch / name, name)


async def test_an_empty_database_has_nothing_to_back_up(tmp_path: Path, empty_url: MakeUrl) -> None:
    async with opened(empty_url("sqlite")) as db:
        with pytest.raises(BackupError, match="empty"):
            await back_up(db, tmp_path, tmp_path / "backup.tar")
