"""What nobody may read for its scan comes out by no other way: no passage of it, no copy, no former version."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.errors import Denied
from collab.files import service
from collab.files.models import FileVersion, NodeView, ScanState, TransferInput
from collab.files.records.holds import Held, hold_node
from collab.files.records.models import HoldInput
from collab.files.safety import set_verdict
from collab.files.scanning import Scanning, Verdict, offered_states
from collab.files.transfer import move_node, plan_copy
from collab.files.versions import check_restored_version
from tests.service.collab.files.conftest import Place
from tests.service.collab.files.test_findable import look, settle
from tests.support.commune import add_space


@pytest.fixture
async def scanned(place: Place) -> AsyncIterator[Place]:
    place.db.policies[Scanning] = Scanning(active=True)
    yield place
    del place.db.policies[Scanning]


async def judged(place: Place, file: NodeView, state: ScanState) -> None:
    async with place.db.write() as tx:
        version = await tx.one(select(col(FileVersion.id)).where(col(FileVersion.file_id) == file.id))
        await set_verdict(tx, version, Verdict(state), "clamd of the test")


async def test_its_text_is_found_once_it_is_clean_and_no_longer_once_it_is_not(scanned: Place) -> None:
    file = await scanned.upload("note.txt", b"Le barrage fuit")
    await settle(scanned)
    assert await look(scanned, "barrage") == []
    await judged(scanned, file, ScanState.CLEAN)
    await settle(scanned)
    [hit] = await look(scanned, "barrage")
    assert any(piece.found for piece in hit.passage)
    await judged(scanned, file, ScanState.INFECTED)
    await settle(scanned)
    assert await look(scanned, "barrage") == []
    assert [one.title for one in await look(scanned, "note")] == ["note.txt"]
    assert not (await look(scanned, "note"))[0].passage


@pytest.mark.parametrize("state", [ScanState.PENDING, ScanState.INFECTED])
async def test_it_is_not_copied(scanned: Place, state: ScanState) -> None:
    file = await scanned.upload("note.txt", b"x")
    await judged(scanned, file, state)
    async with scanned.db.read() as tx:
        with pytest.raises(Denied):
            await plan_copy(tx, scanned.owner, file.id, TransferInput(space=scanned.space, name="autre.txt"))


async def test_it_does_not_come_back_as_a_former_version(scanned: Place) -> None:
    file = await scanned.upload("note.txt", b"x")
    await judged(scanned, file, ScanState.INFECTED)
    async with scanned.db.write() as tx:
        await service.add_version(tx, scanned.editor, file.id, await scanned.store(b"y"), None)
    async with scanned.db.read() as tx:
        with pytest.raises(Denied):
            await check_restored_version(tx, scanned.editor, file.id, 1)


async def test_what_is_under_a_hold_leaves_its_space_by_no_move(place: Place) -> None:
    file = await place.upload("preuve.txt", b"x")
    async with place.db.write() as tx:
        other = (await add_space(tx, place.owner)).id
        await hold_node(tx, place.owner, file.id, HoldInput(reason="Contentieux"))
        with pytest.raises(Held):
            await move_node(tx, place.owner, file.id, TransferInput(space=other))


def test_what_is_offered_follows_the_one_rule() -> None:
    assert offered_states(Scanning()) == {ScanState.CLEAN, ScanState.UNSCANNED}
    assert offered_states(Scanning(active=True, allow_unscanned=False)) == {ScanState.CLEAN}
