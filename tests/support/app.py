"""The real application on a port of its own, with a small town in it and clients that have signed in.

    async def test_x(app):
        agent = await app.client("agent")
        async with agent.get("/api/v1/me") as answer: ...

People: `agent` owns `app.space`, `editor` edits in it through a group, `reader` reads in it through their unit,
`stranger` is in no space, `admin` administers the platform and is in no space. All have PASSWORD.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.clock import Clock
from collab.core.database import Database, Tx
from collab.core.settings import Settings
from collab.spaces.models import MemberInput, PrincipalKind, Role, SpaceInput
from collab.spaces.service import create_space, set_member
from directory.groups.models import GroupInput
from directory.groups.service import add_group, set_group_members
from directory.people.models import PersonInput
from directory.people.service import add_person
from directory.sessions import service
from directory.sessions.models import Scope, TokenInput
from directory.sessions.passwords import Passwords
from directory.units.models import UnitInput
from directory.units.service import add_unit
from tests.support.database import sqlite_url
from tests.support.ports import free_port
from web.deps import Deps
from web.main import build, listening

PASSWORD = "correct horse battery"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
NAMES = {
    "agent": "Camille Roche",
    "editor": "Zoé Delattre",
    "reader": "Yann Kermorgant",
    "stranger": "Fatou Sow",
    "admin": "Julien Fabre",
}
SETUP = job_actor("set-up of the tests")


@dataclass(slots=True)
class App:
    """A running server. `people`: ids by role; `url`: where it listens."""

    deps: Deps
    url: str
    people: dict[str, UUID]
    space: UUID
    unit: UUID
    group: UUID
    _sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.deps.db

    def actor(self, role: str, **more: Any) -> Actor:
        """The person as services know them, for setting things up."""
        groups = {"editor": frozenset({self.group}), "reader": frozenset({self.unit})}.get(role, frozenset())
        return Actor(ActorKind.PERSON, id=self.people[role], groups=groups, admin=role == "admin", **more)

    def anybody(self, headers: dict[str, str] | None = None) -> aiohttp.ClientSession:
        """A client with cookies of its own that is not signed in; paths are relative to the server."""
        jar = aiohttp.CookieJar(unsafe=True)  # the server is an address, not a name
        session = aiohttp.ClientSession(self.url, cookie_jar=jar, headers=SAME_ORIGIN if headers is None else headers)
        self._sessions.append(session)
        return session

    async def client(self, role: str) -> aiohttp.ClientSession:
        """A browser in which this person has signed in."""
        session = self.anybody()
        async with session.post("/api/v1/sessions", json={"login": role, "password": PASSWORD}) as answer:
            assert answer.status == 201, await answer.text()
        return session

    async def bearer(self, role: str, scopes: Sequence[Scope] = ("read", "write", "manage")) -> aiohttp.ClientSession:
        """A program with an API token of this person."""
        async with self.db.write() as tx:
            _, secret = await service.create_token(tx, self.actor(role), TokenInput(name="test", scopes=list(scopes)))
        return self.anybody({"Authorization": f"Bearer {secret}"})

    async def close(self) -> None:
        for session in self._sessions:
            await session.close()


@asynccontextmanager
async def running(
    folder: Path, *, clock: Clock | None = None, database_url: str = "", **sections: dict[str, Any]
) -> AsyncIterator[App]:
    """The application with its data in `folder`; `sections` are those of the settings."""
    port = free_port()
    sections["server"] = {"port": port, **sections.get("server", {})}
    sections["sessions"] = {"admin_second_factor": "optional", **sections.get("sessions", {})}
    url = database_url or sqlite_url(folder)
    settings = Settings.model_validate({"data": {"dir": folder}, "database": {"url": url}, **sections})
    async with build(settings, clock=clock) as deps:
        app = await _settle(deps, f"http://127.0.0.1:{port}")
        async with listening(deps):
            try:
                yield app
            finally:
                await app.close()


@asynccontextmanager
async def beside(first: App) -> AsyncIterator[App]:
    """Another web process over the same database and settings, with the same people."""
    settings = first.deps.settings
    port = free_port()
    server = settings.server.model_copy(update={"port": port, "public_url": ""})
    async with build(settings.model_copy(update={"server": server})) as deps, listening(deps):
        url = f"http://127.0.0.1:{port}"
        app = App(deps, url, first.people, first.space, first.unit, first.group)
        try:
            yield app
        finally:
            await app.close()


async def _settle(deps: Deps, url: str) -> App:
    hashed = await deps.part(Passwords).hash(PASSWORD)
    async with deps.db.write() as tx:
        unit = await add_unit(tx, SETUP, UnitInput(name="Services techniques"))
        people = {role: await _person(tx, role, unit.id if role == "reader" else None, hashed) for role in NAMES}
        group = await add_group(tx, SETUP, GroupInput(name="Chefs de projet"))
        await set_group_members(tx, SETUP, group.id, [people["editor"]])
        owner = Actor(ActorKind.PERSON, id=people["agent"])
        space = await create_space(tx, owner, SpaceInput(title="Rénovation de l’école"))
        for kind, principal, role in (
            (PrincipalKind.GROUP, group.id, Role.EDITOR),
            (PrincipalKind.UNIT, unit.id, Role.READER),
        ):
            await set_member(tx, owner, space.id, MemberInput(principal_kind=kind, principal_id=principal, role=role))
    return App(deps, url, people, space.id, unit.id, group.id)


async def _person(tx: Tx, role: str, unit: UUID | None, hashed: str) -> UUID:
    data = PersonInput(
        login=role, display_name=NAMES[role], mail=f"{role}@mairie.example", unit_id=unit, is_admin=role == "admin"
    )
    person = await add_person(tx, SETUP, data)
    await service.set_password(tx, SETUP, person.id, hashed)
    return person.id
