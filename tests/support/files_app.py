"""The real application over a temp folder, whose people are known by bearer tokens alone."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from aiohttp import ClientSession, web

from collab.core.access import Actor
from collab.core.database import Database
from collab.core.settings import Data, Settings
from collab.files.disk import DiskStorage
from tests.support.commune import add_person, add_space
from web.app import create_app
from web.contents import Contents
from web.deps import Deps
from web.identity import Identities, Identity
from web.metrics import Metrics
from web.realtime.hub import Hub
from web.render.assets import Assets
from web.render.locale import Locales
from web.render.pages import Pages


@dataclass
class FilesApp:
    db: Database
    storage: DiskStorage
    folder: Path
    port: int
    space: UUID
    clients: dict[str, ClientSession]


@asynccontextmanager
async def files_app(url: str, folder: Path) -> AsyncIterator[FilesApp]:
    async with AsyncExitStack() as stack:
        settings = Settings(data=Data(dir=folder))
        db = Database(url)
        stack.push_async_callback(db.stop)
        people: dict[str, Actor] = {}
        async with db.write() as tx:
            for name in ("owner", "editor", "reader", "stranger"):
                people[name] = await add_person(tx, name)
            space = await add_space(tx, people["owner"], editor=people["editor"].id, reader=people["reader"].id)

        async def lookup(kind: str, secret: str) -> Identity | None:
            return Identity(people[secret], name=secret) if secret in people else None

        identities = Identities(lookup)
        deps = Deps(settings, db, identities)
        storage = DiskStorage(folder / "files", reserve=0)
        await storage.start()
        stack.push_async_callback(storage.stop)
        assets, locales, metrics = Assets.load(), Locales.load(), Metrics()
        hub = Hub(db, identities, locales, metrics, cookie="hemicycle", origins=[])
        deps.parts |= {
            Assets: assets,
            Locales: locales,
            Metrics: metrics,
            Pages: Pages.load(assets, locales),
            Hub: hub,
            Contents: Contents(db, storage),
        }
        runner = web.AppRunner(create_app(deps), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        clients = {}
        for name in people:
            clients[name] = await stack.enter_async_context(
                ClientSession(f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {name}"})
            )
        yield FilesApp(db, storage, folder, port, space.id, clients)
