"""`hemicycle serve` as a process of its own, that tests kill, restart and measure from outside."""

import signal
import sys
from pathlib import Path
from uuid import UUID

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from directory.people.models import PersonInput
from directory.people.service import add_person
from directory.sessions import service
from directory.sessions.models import TokenInput
from tests.support.commune import add_space
from tests.support.database import sqlite_url
from tests.support.forge import ROOT, Forge
from tests.support.ports import free_media_port, free_port, is_listening
from tests.support.programs import Child

_SERVE = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())", "serve"]


class Served:
    """A data folder with one person, who owns one space and has an API token; and a server over it, or none.

    `url` stays the same through every `start`.
    """

    def __init__(self, folder: Path, forge: Forge | None = None) -> None:
        """`forge`: what its servers come from, where there are many of them."""
        self._forge = forge
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = sqlite_url(folder)
        self.space: UUID
        self.token = ""
        self._child: Child | None = None

    async def settle(self) -> None:
        """Make the person, the space and the token."""
        db = Database(self.database_url)
        async with db.write() as tx:
            person = await add_person(tx, job_actor("tests"), PersonInput(login="agent", display_name="Agent"))
            actor = Actor(ActorKind.PERSON, person.id)
            self.space = (await add_space(tx, actor)).id
            _, self.token = await service.create_token(
                tx, actor, TokenInput(name="test", scopes=["read", "write", "manage"])
            )
        await db.stop()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.process.pid

    def start(self) -> None:
        """Start the server and wait until it listens."""
        environment = {
            "HEMICYCLE_DATA": str(self.folder),
            "HEMICYCLE_PORT": str(self.port),
            "HEMICYCLE_MEDIA_PORT": str(free_media_port()),
            "HEMICYCLE_DATABASE_URL": self.database_url,
        }
        log = self.folder / "log"
        if self._forge is not None:
            self._child = self._forge.start(["serve"], log, environment)
        else:
            self._child = Child(_SERVE, log, environment=environment, folder=ROOT)
        self._child.wait_until(lambda: is_listening(self.port), 30)

    def kill(self) -> None:
        """SIGKILL: the process does nothing more."""
        assert self._child is not None
        self._child.process.kill()
        self._child.process.wait()

    def stop(self) -> None:
        """As a person would."""
        if self._child is not None:
            self._child.stop(signal.SIGTERM)
