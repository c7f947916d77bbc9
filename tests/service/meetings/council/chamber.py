"""A council of five that sits, and what one does in it."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from collab.core.access import Actor, ActorKind, job_actor
from directory.people.models import PersonInput
from directory.people.service import add_person
from meetings.council.assemblies import service as assemblies
from meetings.council.assemblies.models import MemberInput
from meetings.council.secret import service as secret
from meetings.council.secret.inputs import SecretVoteInput
from meetings.council.secret.models import Receipt
from meetings.council.sittings import ballots, live
from meetings.council.sittings.inputs import BallotOpening, CloseInput, Entry, EventInput, LiveView, VoteInput
from meetings.council.sittings.models import Method
from meetings.council.sittings.watching import view_live
from tests.service.meetings.council.conftest import SINCE, ZONE, Council


class Chamber:
    """A council of five whose sitting was convened. Members are named by their place at the table, from 0."""

    def __init__(self, council: Council, sitting: UUID, members: list[UUID], actors: list[Actor]) -> None:
        self.council, self.id, self.members, self.actors = council, sitting, members, actors

    async def enter(self, kind: Entry, member: int | None = None, **more: Any) -> None:
        if "other" in more:
            more["other_id"] = self.members[more.pop("other")]
        who = None if member is None else self.members[member]
        await self.council.world.do(live.enter, self.id, EventInput(kind=kind, member_id=who, **more), ZONE)

    async def look(self, member: int | None = None) -> LiveView:
        actor = None if member is None else self.actors[member]
        seen: LiveView = await self.council.world.see(view_live, self.id, ZoneInfo(ZONE), actor=actor)
        return seen

    async def items(self) -> list[UUID]:
        return [one.id for one in (await self.look()).items]

    async def open(self, *present: int) -> UUID:
        """Open the sitting and its first item with these members."""
        for one in present:
            await self.enter(Entry.PRESENT, one)
        await self.enter(Entry.CHAIR, present[0])
        await self.enter(Entry.OPENED, despite=True)
        first = (await self.items())[0]
        await self.enter(Entry.ITEM_OPENED, item_id=first)
        return first

    async def ballot(self, method: Method = Method.ELECTRONIC, **more: Any) -> UUID:
        made: UUID = (
            await self.council.world.do(ballots.open_ballot, self.id, BallotOpening(method=method, **more), ZONE)
        ).id
        return made

    async def vote(self, ballot: UUID, member: int, choice: str, *, of: int | None = None) -> None:
        data = VoteInput(choice=choice, member_id=None if of is None else self.members[of])
        await self.council.world.do(ballots.cast_vote, ballot, data, ZONE, actor=self.actors[member])

    async def vote_secretly(self, ballot: UUID, member: int, option: str, *, of: int | None = None) -> Receipt:
        data = SecretVoteInput(option=option, member_id=None if of is None else self.members[of])
        actor = self.actors[member]
        found: Receipt = await self.council.world.do(secret.cast_secret_vote, ballot, data, ZONE, actor=actor)
        return found

    async def close(self, ballot: UUID, **figures: Any) -> dict[str, Any]:
        found: dict[str, Any] = (
            await self.council.world.do(ballots.close_ballot, ballot, CloseInput(**figures), ZONE)
        ).result
        return found


async def seated(council: Council, sitting: UUID | None = None, **item: Any) -> Chamber:
    """`sitting`: a draft that is there already."""
    world = council.world
    members, actors = [council.president, council.member], [world.owner, world.stranger]
    for login in ("fanny", "gilles", "hugues"):
        async with world.db.write() as tx:
            data = PersonInput(login=login, display_name=login.title(), mail=f"{login}@mairie.example")
            actor = Actor(ActorKind.PERSON, (await add_person(tx, job_actor("tests"), data)).id)
        assert actor.id is not None
        mandate = MemberInput(person_id=actor.id, joined=SINCE)
        members.append((await world.do(assemblies.add_member, council.assembly, mandate)).id)
        actors.append(actor)
    sitting = sitting or await council.sitting()
    await council.item(sitting, "Tarifs", note="Note.", **item)
    await council.convene(sitting)
    return Chamber(council, sitting, members, actors)
