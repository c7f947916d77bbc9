"""An assembly whose president is the owner and in which others sit, and what one does with its sittings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from collab.core.errors import Conflict
from meetings.council.assemblies import service as assemblies
from meetings.council.assemblies.models import AssemblyInput, MemberInput, Office
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.sittings import convening, service
from meetings.council.sittings.inputs import ConveneInput, ItemInput, SittingInput
from tests.service.meetings.conftest import World, person_of

SINCE = date(2026, 3, 20)
ZONE = "Europe/Paris"


@dataclass
class Council:
    world: World
    assembly: UUID
    president: UUID
    member: UUID

    async def sitting(self, days: int = 6, *, note: str = "Note.", **more: Any) -> UUID:
        starts = self.world.db.clock.now() + timedelta(days=days)
        data = SittingInput(title="Séance", starts_at=starts, place="Mairie", **more)
        made: UUID = (await self.world.do(service.create_sitting, self.assembly, data)).id
        await self.item(made, note=note)
        return made

    async def item(self, sitting: UUID, title: str = "Budget", **more: Any) -> UUID:
        made: UUID = (await self.world.do(service.add_item, sitting, ItemInput(title=title, **more))).id
        return made

    async def convene(self, sitting: UUID, **more: Any) -> None:
        await self.world.do(convening.convene, sitting, ConveneInput(**{"by": self.president, **more}), ZONE)


Make = Callable[..., Awaitable[Council]]


@pytest.fixture
def make(world: World) -> Make:
    """An assembly whose president is the owner and in which the stranger sits."""

    async def made(kind: Kind = Kind.COMMUNE, population: int = 12000, **more: Any) -> Council:
        return await make_council(world, kind, population, **more)

    return made


async def make_council(world: World, kind: Kind, population: int, **more: Any) -> Council:
    data = AssemblyInput(title="Conseil", kind=kind, population=population, seats=9, term_from=SINCE)
    assembly = (await world.do(assemblies.create_assembly, world.space, data)).id
    first = MemberInput(person_id=person_of(world.owner), joined=SINCE, office=Office.PRESIDENT)
    president = (await world.do(assemblies.add_member, assembly, first)).id
    second = MemberInput(person_id=person_of(world.stranger), joined=SINCE, **more)
    member = (await world.do(assemblies.add_member, assembly, second)).id
    return Council(world, assembly, president, member)


async def refusal(attempt: Awaitable[object]) -> str:
    with pytest.raises(Conflict) as refused:
        await attempt
    return f"{refused.value.code}: {refused.value.message}"
