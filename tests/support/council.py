"""A council that sits on a server of its own: everybody is there, one item is under discussion."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from directory.people.models import PersonInput
from directory.people.service import add_person
from directory.sessions.models import TokenInput
from directory.sessions.service import create_token, set_password
from meetings.council.assemblies.models import AssemblyInput, MemberInput, Office
from meetings.council.assemblies.service import add_member, create_assembly
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.convening import convene
from meetings.council.sittings.inputs import ConveneInput, Entry, EventInput, ItemInput, SittingInput
from meetings.council.sittings.live import enter
from meetings.council.sittings.service import add_item, create_sitting
from tests.http.council_things import SINCE, ZONE
from tests.support.commune import add_space
from tests.support.forge import Forge
from tests.support.serving import Served


class Council:
    """A server with an assembly that sits, an appointment under discussion. The first member is its clerk."""

    def __init__(self, folder: Path, forge: Forge | None = None) -> None:
        self.server = Served(folder, forge)
        self.tokens: list[str] = []
        self.sitting = UUID(int=0)

    async def settle(self, size: int, kind: ItemKind = ItemKind.APPOINTMENT, password: str = "") -> None:
        """`password`: a hash, that of everybody."""
        db = Database(self.server.database_url)
        actors = []
        async with db.write() as tx:
            for number in range(size):
                data = PersonInput(login=f"m{number}", display_name=f"Membre {number}", mail=f"m{number}@corp.test")
                actor = Actor(ActorKind.PERSON, (await add_person(tx, job_actor("tests"), data)).id)
                actors.append(actor)
                _, secret = await create_token(tx, actor, TokenInput(name="vote", scopes=["read", "write"]))
                self.tokens.append(secret)
                if password and actor.id is not None:
                    await set_password(tx, job_actor("tests"), actor.id, password)
            clerk = actors[0]
            space = (await add_space(tx, clerk)).id
            about_it = AssemblyInput(title="Conseil", kind=Kind.COMMUNE, population=9000, seats=size, term_from=SINCE)
            assembly = (await create_assembly(tx, clerk, space, about_it)).id
            members = []
            for number, actor in enumerate(actors):
                office = Office.MEMBER if number else Office.PRESIDENT
                assert actor.id is not None
                mandate = MemberInput(person_id=actor.id, joined=SINCE, office=office)
                members.append((await add_member(tx, clerk, assembly, mandate)).id)
            starts = tx.now + timedelta(days=8)
            planned = SittingInput(title="Séance", starts_at=starts, place="Mairie")
            self.sitting = (await create_sitting(tx, clerk, assembly, planned)).id
            await tx.flush()
            about = ItemInput(title="Délégué", note="Note.", kind=kind)
            item = (await add_item(tx, clerk, self.sitting, about)).id
            await tx.flush()
            await convene(tx, clerk, self.sitting, ConveneInput(by=members[0], despite=True), ZONE)
            for entry in (
                *(EventInput(kind=Entry.PRESENT, member_id=one) for one in members),
                EventInput(kind=Entry.CHAIR, member_id=members[0]),
                EventInput(kind=Entry.OPENED, despite=True),
                EventInput(kind=Entry.ITEM_OPENED, item_id=item),
            ):
                await enter(tx, clerk, self.sitting, entry, ZONE)
        await db.stop()

    async def ask(self, token: str, method: str, path: str, **more: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(self.server.url, headers=headers) as client,
            client.request(method, f"/api/v1/council/{path}", **more) as answer,
        ):
            return answer.status, await answer.json()

    async def clerk(self, method: str, path: str, **more: Any) -> Any:
        status, told = await self.ask(self.tokens[0], method, path, **more)
        assert status < 400, told
        return told
