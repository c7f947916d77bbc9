"""Whatever people do, in whatever order: nothing under a hold is destroyed, nothing infected is read."""

from collections.abc import Awaitable, Callable
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.errors import DomainError
from collab.files import queries, safety, service
from collab.files.models import FileVersion, Node, NodeChange, ScanState
from collab.files.records import holds
from collab.files.records import service as records
from collab.files.records.models import AnswerInput, EliminationInput, Fate, HoldInput, RecordInput, Start, TypeInput
from collab.files.scanning import Scanning, Verdict
from tests.service.collab.files.conftest import Place
from tests.support.app import SETUP
from tests.support.commune import add_person

STEPS = 60


class Wild:
    """People who do anything with a small tree, by a seed."""

    def __init__(self, place: Place, seed: int) -> None:
        self.place = place
        self.random = Random(seed)
        self.nodes: list[UUID] = []
        self.kind = UUID(int=0)

    async def grow(self) -> None:
        """Folders in each other, and files with two versions in each."""
        place = self.place
        async with place.db.write() as tx:
            kind = TypeInput(title="Échu", months=0, start=Start.CREATED, fate=Fate.DESTROY)
            self.kind = (await records.add_type(tx, SETUP, kind)).id
            keeper = await add_person(tx, f"Archiviste {self.kind}")
            assert keeper.id is not None
            await records.name_archivist(tx, SETUP, keeper.id)
            self.keeper = keeper
        inside = None
        for depth in range(3):
            folder = await place.folder(f"dossier {depth}", inside)
            file = await place.upload("a.txt", b"un", folder.id)
            async with place.db.write() as tx:
                await service.add_version(tx, place.editor, file.id, await place.store(b"deux"), None)
            self.nodes += [folder.id, file.id]
            inside = folder.id
        self.nodes.append((await place.folder("ailleurs")).id)

    async def step(self) -> str:
        """Do something; its name, and how it went."""
        moves: list[Callable[[UUID], Awaitable[object]]] = [
            self.trash, self.trash, self.restore, self.purge, self.empty, self.move, self.move, self.destroy_version,
            self.eliminate,
        ]  # fmt: skip
        move = self.random.choice(moves)
        try:
            await move(self.random.choice(self.nodes))
        except DomainError as error:
            return f"{move.__name__}: {error.code}"
        return move.__name__

    async def trash(self, node: UUID) -> None:
        async with self.place.db.write() as tx:
            await service.trash_node(tx, self.place.editor, node)

    async def restore(self, node: UUID) -> None:
        async with self.place.db.write() as tx:
            await service.restore_node(tx, self.place.editor, node)

    async def purge(self, node: UUID) -> None:
        async with self.place.db.write() as tx:
            await service.purge_node(tx, self.place.owner, node)

    async def empty(self, _node: UUID) -> None:
        async with self.place.db.write() as tx:
            await service.empty_trash(tx, self.place.owner, self.place.space)

    async def move(self, node: UUID) -> None:
        async with self.place.db.write() as tx:
            found = await tx.get(Node, node)
            target = self.random.choice([None, *self.nodes])
            change = NodeChange(name=f"{self.random.random()}", folder=target)
            await service.change_node(tx, self.place.editor, node, change, found.rev if found else 0)

    async def destroy_version(self, node: UUID) -> None:
        async with self.place.db.write() as tx:
            await service.destroy_version(tx, self.place.owner, node, self.random.choice([1, 2]))

    async def eliminate(self, node: UUID) -> None:
        async with self.place.db.write() as tx:
            await records.set_record(tx, self.place.editor, node, RecordInput(type=self.kind))
        async with self.place.db.write() as tx:
            data = EliminationInput(units=[node])
            found = await records.propose_elimination(tx, self.place.owner, self.place.space, data)
        async with self.place.db.write() as tx:
            await records.answer_elimination(tx, self.keeper, found.id, AnswerInput(visa=True), 1)


async def versions_below(place: Place, node: UUID | None) -> set[UUID]:
    async with place.db.read() as tx:
        if node is None:
            return set(await tx.all(select(col(FileVersion.id))))
        tree = queries.below(node, live=False)
        below = select(col(FileVersion.id)).where(col(FileVersion.file_id).in_(select(tree.c.id)))
        return set(await tx.all(below))


async def test_nothing_under_a_hold_is_destroyed_by_any_sequence(
    place: Place, budget: Callable[[int, int], int]
) -> None:
    destroyed = 0
    for seed in range(budget(3, 200)):
        wild = Wild(place, seed)
        wild.nodes = []
        await wild.grow()
        for _ in range(wild.random.randrange(6)):
            await wild.step()  # so that holds also come upon what lies in the trash
        async with place.db.read() as tx:
            left = set(await tx.all(select(col(Node.id)).where(col(Node.id).in_(wild.nodes))))
        if not left:
            continue
        node = wild.random.choice([*sorted(left), None])
        async with place.db.write() as tx:
            hold = await holds.place_hold(tx, place.owner, place.space, node, HoldInput(reason="Contentieux"))
        kept, done = await versions_below(place, node), []
        for _ in range(STEPS):
            before = await versions_below(place, None)
            done.append(await wild.step())
            after = await versions_below(place, None)
            destroyed += len(before - after)
            assert kept <= after, f"seed {seed}: {done}"
        async with place.db.write() as tx:
            await holds.release_hold(tx, place.owner, hold.id)
            for root in await tx.all(select(Node).where(col(Node.trash_id).is_(None))):
                if root.folder_id == place.space:
                    await service.trash_node(tx, place.editor, root.id)
            await service.empty_trash(tx, place.owner, place.space)
    assert destroyed  # they did get through to what was not held


async def test_nothing_infected_is_read_after_any_sequence(place: Place, budget: Callable[[int, int], int]) -> None:
    place.db.policies[Scanning] = Scanning(active=True)
    infected: set[UUID] = set()
    for seed in range(budget(2, 100)):
        wild = Wild(place, seed)
        await wild.grow()
        for _ in range(STEPS // 2):
            async with place.db.write() as tx:
                waiting = await tx.all(select(FileVersion).where(col(FileVersion.scan) == ScanState.PENDING))
                for version in waiting:
                    bad = wild.random.random() < 0.5
                    state = ScanState.INFECTED if bad else ScanState.CLEAN
                    await safety.set_verdict(tx, version.id, Verdict(state, "Eicar" if bad else ""), "ClamAV")
                    infected |= {version.id} if bad else set()
            await wild.step()
            async with place.db.read() as tx:
                for file in wild.nodes:
                    for number in (None, 1, 2, 3):
                        for actor in (place.owner, place.editor, place.reader):
                            try:
                                source = await queries.find_content(tx, actor, file, number)
                            except DomainError:
                                continue
                            given = select(col(FileVersion.id)).where(col(FileVersion.key) == source.key)
                            assert await tx.one(given) not in infected
        async with place.db.write() as tx:
            for root in await tx.all(select(Node).where(col(Node.trash_id).is_(None))):
                if root.folder_id == place.space:
                    await service.trash_node(tx, place.editor, root.id)
            await service.empty_trash(tx, place.owner, place.space)
    assert infected
