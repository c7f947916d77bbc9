"""Records: due on the day, destroyed with a visa of somebody else, and not at all under a hold."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core import journal
from collab.core.access import Actor
from collab.core.errors import Conflict, Denied, DomainError, Invalid, NotFound
from collab.core.jobs import Job, Worker
from collab.files import jobs as file_jobs
from collab.files import queries as tree
from collab.files import service as files
from collab.files.models import FileVersion, Node, NodeChange
from collab.files.records import holds, jobs, queries, service
from collab.files.records.models import (
    AnswerInput,
    Elimination,
    EliminationInput,
    EliminationLine,
    Fate,
    HoldInput,
    RecordInput,
    Start,
    TypeChange,
    TypeInput,
)  # fmt: skip
from collab.files.records.shipped import TYPES
from collab.notifications.models import Notification
from tests.service.collab.files.conftest import Place
from tests.support.app import SETUP
from tests.support.clock import HandClock
from tests.support.commune import add_person
from web.wiring import wire_services

SOON = TypeInput(title="Essai", months=0, start=Start.CREATED, fate=Fate.DESTROY)


async def add_type(place: Place, data: TypeInput = SOON) -> UUID:
    async with place.db.write() as tx:
        return (await service.add_type(tx, SETUP, data)).id


async def archivist(place: Place) -> Actor:
    async with place.db.write() as tx:
        person = await add_person(tx, f"Archiviste {len(await queries.list_archivists(tx))}")
        assert person.id is not None
        await service.name_archivist(tx, SETUP, person.id)
    return person


async def classify(place: Place, node: UUID, kind: UUID, day: date | None = None) -> date | None:
    async with place.db.write() as tx:
        return (await service.set_record(tx, place.editor, node, RecordInput(type=kind, started_on=day))).due_on


async def hold(place: Place, node: UUID | None, actor: Actor | None = None) -> UUID:
    async with place.db.write() as tx:
        data = HoldInput(reason="Contentieux 2026-17")
        return (await holds.place_hold(tx, actor or place.owner, place.space, node, data)).id


async def propose(place: Place, *units: UUID, actor: Actor | None = None) -> Elimination:
    async with place.db.write() as tx:
        data = EliminationInput(units=list(units), reason="Sans utilité")
        return await service.propose_elimination(tx, actor or place.owner, place.space, data)


async def answer(place: Place, actor: Actor, elimination: UUID, *, visa: bool = True, text: str = "") -> None:
    async with place.db.write() as tx:
        await service.answer_elimination(tx, actor, elimination, AnswerInput(visa=visa, answer=text), 1)


async def exists(place: Place, node: UUID) -> bool:
    async with place.db.read() as tx:
        return await tx.get(Node, node) is not None


async def code_of(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc]  # a coroutine
    except DomainError as error:
        return error.code
    return "ok"


async def test_the_shipped_types_are_there_and_say_where_they_come_from(place: Place) -> None:
    async with place.db.read() as tx:
        types = await queries.list_types(tx)
    assert {kind.code for kind in types} == {*(row[0] for row in TYPES), "enregistrements"}
    assert all(kind.source and kind.to_confirm for kind in types)
    assert all(kind.event for kind in types if kind.start is Start.EVENT)


async def test_a_type_holds_for_what_is_in_the_folder(place: Place) -> None:
    folder = await place.folder("Marché 12")
    inner = await place.folder("Offres", folder.id)
    file = await place.upload("offre.pdf", folder=inner.id)
    kind = await add_type(place, TypeInput(title="Marché", months=60, start=Start.EVENT, event="solde", fate=Fate.KEEP))
    assert await classify(place, folder.id, kind) is None
    async with place.db.read() as tx:
        found = await queries.find_record(tx, place.reader, file.id)
        assert found is not None
        assert (found.node, found.type.title, found.due_on, found.is_due) == (folder.id, "Marché", None, False)
    assert await classify(place, folder.id, kind, date(2020, 2, 29)) == date(2025, 2, 28)
    own = await add_type(place)
    await classify(place, file.id, own)
    async with place.db.read() as tx:
        found = await queries.find_record(tx, place.reader, file.id)
        assert found is not None
        assert (found.node, found.type.title) == (file.id, "Essai")
    async with place.db.write() as tx:
        await service.clear_record(tx, place.editor, file.id)
    async with place.db.read() as tx:
        found = await queries.find_record(tx, place.reader, file.id)
        assert found is not None
        assert found.node == folder.id


async def test_who_may_set_a_type(place: Place) -> None:
    file, kind = await place.upload("a.txt"), await add_type(place)
    for actor, code in ((place.reader, "denied"), (place.stranger, "not_found")):
        with pytest.raises(DomainError, match=code):
            async with place.db.write() as tx:
                await service.set_record(tx, actor, file.id, RecordInput(type=kind))
    with pytest.raises(Invalid):
        await classify(place, file.id, kind, date(2020, 1, 1))


async def test_a_changed_type_changes_what_is_due(place: Place) -> None:
    file, kind = await place.upload("a.txt"), await add_type(place)
    today = (await classify(place, file.id, kind)) or date.max
    async with place.db.write() as tx:
        await service.change_type(tx, SETUP, kind, TypeChange(**SOON.model_dump() | {"months": 12}), 1)
    async with place.db.read() as tx:
        found = await queries.find_record(tx, place.owner, file.id)
        assert found is not None
        assert (found.is_due, found.due_on) == (False, today.replace(year=today.year + 1))


async def test_what_is_due_is_told_once(place: Place) -> None:
    wire_services(place.db.bus)
    keeper = await archivist(place)
    file, kind = await place.upload("a.txt"), await add_type(place)
    await classify(place, file.id, kind)
    assert await jobs.tell_due(place.db) == 1
    assert await jobs.tell_due(place.db) == 0
    async with place.db.read() as tx:
        told = await tx.all(select(col(Notification.person_id)).where(col(Notification.kind) == "files"))
        assert set(told) == {place.owner.id, keeper.id}
        assert [unit.node for unit in await queries.list_due(tx, place.owner, place.space)] == [file.id]
        assert [unit.node for unit in await queries.list_due_everywhere(tx, keeper)] == [file.id]
        with pytest.raises(NotFound):
            await queries.list_due_everywhere(tx, place.owner)


async def test_what_counts_from_the_last_change_moves_with_it(place: Place) -> None:
    kind = await add_type(place, SOON.model_copy(update={"start": Start.CHANGED, "months": 1}))
    folder = await place.folder("Courrier")
    before = await classify(place, folder.id, kind)
    await place.upload("lettre.txt", folder=folder.id)
    async with place.db.write() as tx:
        node = await tx.one(select(Node).where(col(Node.folder_id) == folder.id))
        node.updated_at = tx.now + timedelta(days=40)
    await jobs.recount_all(place.db)
    async with place.db.read() as tx:
        found = await queries.find_record(tx, place.owner, folder.id)
        assert found is not None
        assert before is not None
        assert found.due_on is not None
        assert found.due_on > before


async def test_destruction_takes_a_proposal_and_the_visa_of_another(place: Place) -> None:
    keeper = await archivist(place)
    folder, kind = await place.folder("Candidatures"), await add_type(place)
    file = await place.upload("cv.pdf", b"un", folder=folder.id)
    other = await place.upload("autre.txt", folder=folder.id)
    async with place.db.write() as tx:
        await files.add_version(tx, place.editor, file.id, await place.store(b"deux"), None)
        await files.trash_node(tx, place.editor, other.id)
    await classify(place, folder.id, kind)
    with pytest.raises(Denied):
        await propose(place, folder.id, actor=place.editor)
    found = await propose(place, folder.id)
    with pytest.raises(NotFound):
        await answer(place, place.owner, found.id)
    assert await exists(place, folder.id)
    await answer(place, keeper, found.id)
    for node in (folder.id, file.id):
        assert not await exists(place, node)
    async with place.db.read() as tx:
        view, units = await queries.find_elimination(tx, place.owner, found.id)
        lines, _ = await queries.list_lines(tx, keeper, found.id)
        assert (await journal.verify(tx, view.journal_head)).faults == []
        assert await tx.all(select(FileVersion)) == []
    assert (view.state, view.files, view.versions, view.bytes) == ("done", 2, 3, 11)
    assert [(unit.name, unit.versions) for unit in units] == [("Candidatures", 3)]
    assert [(line.path, line.number) for line in lines] == [
        ("Candidatures/autre.txt", 1), ("Candidatures/cv.pdf", 1), ("Candidatures/cv.pdf", 2),
    ]  # fmt: skip
    assert len({line.sha256 for line in lines}) == 3
    work = Worker(place.db, file_jobs.handlers(place.disk))
    await work.run_due()
    async for keys in place.disk.list_older(place.db.clock.now() + timedelta(days=1)):
        assert list(keys) == []


async def test_a_visa_is_not_one_s_own(place: Place) -> None:
    async with place.db.write() as tx:
        assert place.owner.id is not None
        await service.name_archivist(tx, SETUP, place.owner.id)
    file, kind = await place.upload("a.txt"), await add_type(place)
    await classify(place, file.id, kind)
    found = await propose(place, file.id)
    with pytest.raises(Denied, match=r"records\.own_visa"):
        await answer(place, place.owner, found.id)
    with pytest.raises(Invalid):
        await answer(place, place.owner, found.id, visa=False)
    await answer(place, place.owner, found.id, visa=False, text="À trier d’abord")
    assert await exists(place, file.id)
    with pytest.raises(DomainError):
        await answer(place, await archivist(place), found.id)


async def test_a_list_that_is_no_longer_true_destroys_nothing(place: Place) -> None:
    keeper = await archivist(place)
    folder, kind = await place.folder("Courrier"), await add_type(place)
    await place.upload("a.txt", folder=folder.id)
    await classify(place, folder.id, kind)
    found = await propose(place, folder.id)
    late = await place.upload("b.txt", folder=folder.id)
    with pytest.raises(Conflict, match=r"records\.changed"):
        await answer(place, keeper, found.id)
    assert await exists(place, late.id)
    with pytest.raises(Conflict, match=r"records\.proposed"):
        await propose(place, folder.id)
    await answer(place, keeper, found.id, visa=False, text="À reprendre")
    again = await propose(place, folder.id)
    await hold(place, late.id)
    with pytest.raises(Conflict, match=r"files\.held"):
        await answer(place, keeper, again.id)


async def test_what_is_not_due_or_to_be_kept_is_not_destroyed(place: Place) -> None:
    folder = await place.folder("Dossier")
    inner = await place.upload("a.txt", folder=folder.id)
    later = await add_type(place, SOON.model_copy(update={"months": 1}))
    keep = await add_type(place, SOON.model_copy(update={"fate": Fate.KEEP}))
    now = await add_type(place)
    await classify(place, folder.id, later)
    with pytest.raises(Conflict, match=r"records\.not_due"):
        await propose(place, folder.id)
    await classify(place, folder.id, now)
    await classify(place, inner.id, keep)
    with pytest.raises(Conflict, match=r"records\.not_due"):
        await propose(place, folder.id)  # what is in it is to be kept
    async with place.db.write() as tx:
        await service.mark_transferred(tx, place.owner, inner.id)
    with pytest.raises(Conflict, match=r"records\.transferred"):
        await classify(place, inner.id, now)
    with pytest.raises(Conflict, match=r"records\.inside"):
        await propose(place, folder.id, inner.id)
    await answer(place, await archivist(place), (await propose(place, folder.id)).id)
    assert not await exists(place, inner.id)


async def test_nothing_under_hold_is_destroyed(place: Place) -> None:
    folder = await place.folder("Litige")
    file = await place.upload("a.txt", folder=folder.id)
    other = await place.upload("b.txt")
    async with place.db.write() as tx:
        await files.add_version(tx, place.editor, file.id, await place.store(b"deux"), None)
        await files.trash_node(tx, place.editor, file.id)
        await files.trash_node(tx, place.editor, other.id)
    placed = await hold(place, folder.id)

    async def purge() -> None:
        async with place.db.write() as tx:
            await files.purge_node(tx, place.owner, file.id)

    assert await code_of(purge()) == "files.held"
    async with place.db.write() as tx:
        assert await files.empty_trash(tx, place.owner, place.space) == 1
    assert await exists(place, file.id)
    assert not await exists(place, other.id)
    async with place.db.write() as tx:
        await files.restore_node(tx, place.editor, file.id)

    async def destroy() -> None:
        async with place.db.write() as tx:
            await files.destroy_version(tx, place.owner, file.id, 1)

    async def move_out() -> None:
        async with place.db.write() as tx:
            await files.change_node(tx, place.editor, file.id, NodeChange(folder=None), 4)

    async def put_back_elsewhere() -> None:
        async with place.db.write() as tx:
            await files.trash_node(tx, place.editor, file.id)
            await files.trash_node(tx, place.editor, folder.id)
            await files.restore_node(tx, place.editor, file.id)

    assert await code_of(destroy()) == "files.held"
    assert await code_of(move_out()) == "files.held"
    assert await code_of(put_back_elsewhere()) == "files.held"
    async with place.db.write() as tx:
        await holds.release_hold(tx, place.owner, placed)
    assert await code_of(destroy()) == "ok"
    assert await code_of(move_out()) == "ok"


async def test_who_places_and_releases_holds(place: Place) -> None:
    file, keeper = await place.upload("a.txt"), await archivist(place)
    for actor, code in ((place.editor, "denied"), (place.stranger, "not_found")):
        with pytest.raises(DomainError, match=code):
            await hold(place, file.id, actor)
    theirs = await hold(place, None, keeper)
    mine = await hold(place, file.id)
    async with place.db.write() as tx:
        await holds.release_hold(tx, keeper, mine)
    with pytest.raises(Denied):
        async with place.db.write() as tx:
            await holds.release_hold(tx, place.owner, theirs)
    async with place.db.read() as tx:
        here = await queries.list_holds(tx, place.editor, place.space, node_id=file.id)
        assert [(one.node, one.released_at) for one in here] == [(None, None)]
        assert (await journal.verify(tx)).faults == []
        assert await tx.all(select(Job).where(col(Job.kind) == "files.destroy")) == []
        assert await tx.all(select(EliminationLine)) == []
        await tree.find_node(tx, place.reader, file.id)


async def test_years_pass(place: Place) -> None:
    clock = HandClock()
    place.db.clock = clock
    keeper = await archivist(place)
    file = await place.upload("offre.pdf")
    market = TypeInput(title="Marché", months=120, start=Start.EVENT, event="solde", fate=Fate.DESTROY)
    kind = await add_type(place, market)
    assert await classify(place, file.id, kind, date(2026, 11, 23)) == date(2036, 11, 23)
    clock.pass_(days=3652)  # the day before
    assert await jobs.tell_due(place.db) == 0
    with pytest.raises(Conflict, match=r"records\.not_due"):
        await propose(place, file.id)
    clock.pass_(days=1)
    assert await jobs.tell_due(place.db) == 1
    await answer(place, keeper, (await propose(place, file.id)).id)
    assert not await exists(place, file.id)
