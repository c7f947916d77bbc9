"""The antivirus over a real clamd: what is infected is read by nobody, what waits by its sender alone."""

import os
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from collab.core import journal
from collab.core.access import Actor
from collab.core.database import Database
from collab.core.errors import Conflict, Denied
from collab.core.jobs import Job, Worker
from collab.files import queries, safety, service
from collab.files.models import FileVersion, ScanState
from collab.files.scanning import ScannerFailed, Scanning
from collab.notifications.models import Notification
from tests.service.collab.files.conftest import Place
from tests.support.clamd import (
    EICAR,
    LATER,
    LATER_SIGNATURE,
    SIGNATURE,
    STREAM_MAX,
    ClamdServer,
    nested_zip,
    zip_bomb,
)  # fmt: skip
from web.outbound.clamd import Clamd
from web.wiring import wire_services

MOST = 100 << 20


@pytest.fixture
def scanned(place: Place, clamd: ClamdServer) -> Place:
    """The place with a scanner."""
    place.db.policies[Scanning] = Scanning(active=True)
    wire_services(place.db.bus)
    return place


def worker(place: Place, server: ClamdServer | None, most: int = MOST) -> Worker:
    scanner = Clamd(server.place, most) if server else None
    return Worker(place.db, safety.handlers(place.disk, scanner))


async def read(place: Place, actor: Actor, file: UUID, number: int | None = None) -> str:
    """`ok`, or the code of the refusal."""
    async with place.db.read() as tx:
        try:
            await queries.find_content(tx, actor, file, number)
        except Denied as error:
            return error.code
    return "ok"


async def versions(place: Place, actor: Actor, file: UUID) -> list[tuple[int, str, str]]:
    async with place.db.read() as tx:
        found, _ = await queries.list_versions(tx, actor, file)
    return [(one.number, one.scan.value, one.scan_detail) for one in found]


async def scan_of(place: Place, file: UUID) -> ScanState:
    async with place.db.read() as tx:
        return (await queries.find_node(tx, place.owner, file)).scan


async def test_what_waits_is_read_by_its_sender_alone(scanned: Place, clamd: ClamdServer) -> None:
    file = await scanned.upload("a.txt", b"bon")
    assert file.scan is ScanState.PENDING
    assert await read(scanned, scanned.editor, file.id) == "ok"
    for actor in (scanned.owner, scanned.reader):
        assert await read(scanned, actor, file.id) == "files.scan_pending"
    assert await worker(scanned, clamd).run_due() == 1
    assert await read(scanned, scanned.reader, file.id) == "ok"
    assert await versions(scanned, scanned.reader, file.id) == [(1, "clean", "")]


@pytest.mark.parametrize("data", [EICAR, nested_zip(EICAR), b"%PDF-1.4\n" + EICAR + b"\n%%EOF"])
async def test_what_is_infected_is_read_by_nobody(scanned: Place, clamd: ClamdServer, data: bytes) -> None:
    file = await scanned.upload("facture.pdf", data)
    await worker(scanned, clamd).run_due()
    for actor in (scanned.owner, scanned.editor, scanned.reader):
        assert await read(scanned, actor, file.id) == "files.infected"
    assert await versions(scanned, scanned.owner, file.id) == [(1, "infected", SIGNATURE)]
    assert await versions(scanned, scanned.reader, file.id) == [(1, "infected", "")]
    assert await scan_of(scanned, file.id) is ScanState.INFECTED
    async with scanned.db.read() as tx:
        told = await tx.all(select(col(Notification.person_id)).where(col(Notification.kind) == "files"))
        assert set(told) == {scanned.owner.id, scanned.editor.id}
        entry = await journal.last_entry(tx, file.id, "files.quarantine")
        assert entry is not None
        assert (await journal.verify(tx)).faults == []


async def test_an_owner_destroys_what_is_infected(scanned: Place, clamd: ClamdServer) -> None:
    file = await scanned.upload("a.txt", b"bon")
    async with scanned.db.write() as tx:
        await service.add_version(tx, scanned.editor, file.id, await scanned.store(EICAR), None)
    await worker(scanned, clamd).run_due()
    assert await read(scanned, scanned.reader, file.id) == "files.infected"
    assert await read(scanned, scanned.reader, file.id, 1) == "ok"
    async with scanned.db.write() as tx:
        await service.destroy_version(tx, scanned.owner, file.id, 2)
    assert await read(scanned, scanned.reader, file.id) == "ok"
    assert await versions(scanned, scanned.owner, file.id) == [(1, "clean", "")]
    alone = await scanned.upload("b.txt", EICAR)
    await worker(scanned, clamd).run_due()
    with pytest.raises(Conflict, match=r"files\.only_version"):
        async with scanned.db.write() as tx:
            await service.destroy_version(tx, scanned.owner, alone.id, 1)


async def test_what_is_too_large_is_said_to_be_unscanned(scanned: Place, clamd: ClamdServer) -> None:
    large = await scanned.upload("grand.bin", os.urandom(1 << 20) * ((STREAM_MAX >> 20) + 4))
    await worker(scanned, clamd).run_due()  # clamd closes while it is still being sent
    assert await versions(scanned, scanned.reader, large.id) == [(1, "unscanned", "too_large")]
    assert await read(scanned, scanned.reader, large.id) == "ok"
    small = await scanned.upload("b.bin", b"x" * 2000)
    await worker(scanned, clamd, most=1000).run_due()  # not even sent
    assert await versions(scanned, scanned.reader, small.id) == [(1, "unscanned", "too_large")]
    scanned.db.policies[Scanning] = Scanning(active=True, allow_unscanned=False)
    for actor in (scanned.owner, scanned.editor, scanned.reader):
        assert await read(scanned, actor, large.id) == "files.unscanned"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zip_bomb(300, EICAR), "too_large"),
        (nested_zip(zip_bomb(300, EICAR)), "too_large"),
        (nested_zip(b"bon", depth=9), "too_large"),
        (zip_bomb(3, b"bon"), None),
        (nested_zip(b"bon"), None),
        (zip_bomb(3, b"bon")[:-40], None),  # no archive any more
    ],
)
async def test_what_clamd_does_not_see_in_an_archive_is_not_called_clean(
    scanned: Place, clamd: ClamdServer, data: bytes, why: str | None
) -> None:
    assert len(data) < 1 << 20
    file = await scanned.upload("a.zip", data)
    async with scanned.db.read() as tx:
        source = await queries.find_content(tx, scanned.editor, file.id)
    async with scanned.disk.open(source.key) as content:
        assert (await Clamd(clamd.path, MOST).scan(content)).state is ScanState.CLEAN  # clamd alone: it says nothing
    await worker(scanned, clamd, most=STREAM_MAX).run_due()
    expected = (1, "unscanned", why) if why else (1, "clean", "")
    assert await versions(scanned, scanned.owner, file.id) == [expected]


async def test_without_a_scanner_all_is_unscanned_at_once(place: Place) -> None:
    file = await place.upload("a.txt", EICAR)
    assert file.scan is ScanState.UNSCANNED
    assert await read(place, place.reader, file.id) == "ok"
    assert await versions(place, place.reader, file.id) == [(1, "unscanned", "no_scanner")]
    async with place.db.read() as tx:
        assert await tx.all(select(Job)) == []


async def test_a_scanner_that_is_killed_half_way(scanned: Place, own_clamd: ClamdServer) -> None:
    file = await scanned.upload("a.bin", os.urandom(1 << 20) * 8)
    killing = Clamd(own_clamd.place, MOST)

    class Killing:
        """The disk, which ends the scanner after some blocks."""

        size = 8 << 20
        reads = 0

        async def read(self, _start: int, length: int, _digest: object = None) -> bytes:
            self.reads += 1
            if self.reads == 8:
                own_clamd.stop()
            return bytes(length)

    with pytest.raises(ScannerFailed):
        await killing.scan(Killing())
    work = worker(scanned, own_clamd)
    assert await work.run_due() == 1
    assert await scan_of(scanned, file.id) is ScanState.PENDING
    async with scanned.db.read() as tx:
        [job] = await tx.all(select(Job))
        assert (job.state, job.attempts) == ("waiting", 1)
    own_clamd.start()
    await due_now(scanned.db)
    assert await work.run_due() == 1
    assert await scan_of(scanned, file.id) is ScanState.CLEAN


async def test_a_scanner_that_stays_away_and_comes_back(scanned: Place, own_clamd: ClamdServer) -> None:
    file = await scanned.upload("a.txt", EICAR)
    own_clamd.stop()
    work = worker(scanned, own_clamd)
    for _ in range(safety.TRIES):
        assert await scan_of(scanned, file.id) is ScanState.PENDING
        await due_now(scanned.db)
        await work.run_due()
    assert await versions(scanned, scanned.owner, file.id) == [(1, "unscanned", "failed")]
    own_clamd.start()
    assert await safety.owe_rescans(scanned.db, Clamd(own_clamd.place, MOST)) == 1
    await work.run_due()
    assert await read(scanned, scanned.owner, file.id) == "files.infected"


async def test_recent_files_are_scanned_again_with_later_signatures(scanned: Place, own_clamd: ClamdServer) -> None:
    file = await scanned.upload("a.txt", b"..." + LATER)
    old = await scanned.upload("b.txt", b"---" + LATER)
    scanner, work = Clamd(own_clamd.place, MOST), worker(scanned, own_clamd)
    await work.run_due()
    assert await safety.owe_rescans(scanned.db, scanner) == 0
    async with scanned.db.write() as tx:
        # A database of our own has no number in VERSION: the one before is said to have had another.
        await tx.execute(update(FileVersion).values(scanned_with="ClamAV 1.4.6/27000"))
        await tx.execute(
            update(FileVersion).where(col(FileVersion.file_id) == old.id).values(made_at=tx.now - timedelta(days=31))
        )
    own_clamd.learn()
    assert await safety.owe_rescans(scanned.db, scanner) == 1
    assert await read(scanned, scanned.reader, file.id) == "ok"
    await work.run_due()
    assert await versions(scanned, scanned.owner, file.id) == [(1, "infected", LATER_SIGNATURE)]
    assert await safety.owe_rescans(scanned.db, scanner) == 0


async def due_now(db: Database) -> None:
    """What waits to be tried again is due."""
    async with db.write() as tx:
        await tx.execute(update(Job).where(col(Job.state) == "waiting").values(run_at=tx.now))
