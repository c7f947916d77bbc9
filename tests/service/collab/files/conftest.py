"""A space with an owner, an editor and a reader, and a disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from collab.core.access import Actor
from collab.core.database import Database
from collab.files import service
from collab.files.disk import DiskStorage
from collab.files.models import FolderInput, NodeView, OnConflict, UploadQuery
from collab.files.queries import views_of
from collab.files.storage import Stored
from tests.support.commune import add_person, add_space


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[DiskStorage]:
    """An empty storage."""
    storage = DiskStorage(tmp_path / "files", reserve=0)
    await storage.start()
    yield storage
    await storage.stop()


@dataclass
class Place:
    """A space as its people use it; what they do returns what they would be shown."""

    db: Database
    disk: DiskStorage
    space: UUID
    owner: Actor
    editor: Actor
    reader: Actor
    stranger: Actor

    async def store(self, data: bytes) -> Stored:
        async with self.disk.receive() as upload:
            await upload.write(data)
            return await upload.finish()

    async def upload(
        self,
        name: str,
        data: bytes = b"texte",
        folder: UUID | None = None,
        conflict: OnConflict = OnConflict.REFUSE,
        actor: Actor | None = None,
    ) -> NodeView:
        stored = await self.store(data)
        query = UploadQuery(name=name, folder=folder, conflict=conflict)
        async with self.db.write() as tx:
            node = await service.add_file(tx, actor or self.editor, self.space, query, stored)
            return (await views_of(tx, [node]))[0]

    async def folder(self, name: str, inside: UUID | None = None) -> NodeView:
        async with self.db.write() as tx:
            node = await service.create_folder(tx, self.editor, self.space, FolderInput(name=name, folder=inside))
            return (await views_of(tx, [node]))[0]


@pytest.fixture
async def place(db: Database, disk: DiskStorage) -> Place:
    """The space of the road works."""
    async with db.write() as tx:
        owner, editor, reader, stranger = [await add_person(tx, name) for name in ("Ada", "Édith", "Rémi", "Zoé")]
        space = await add_space(tx, owner, editor=editor.id, reader=reader.id)
    return Place(db, disk, space.id, owner, editor, reader, stranger)
