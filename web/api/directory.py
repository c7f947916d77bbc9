"""The directory over the API: people, services, groups."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from directory.groups.models import GroupView
from directory.groups.queries import list_groups
from directory.people.models import PersonSummary, PersonView
from directory.people.queries import list_people, view_person
from directory.units.models import UnitView
from directory.units.queries import list_units
from web.http import Answer, Call, Page, Routes

routes = Routes("directory")


class PeopleQuery(BaseModel):
    """Which people."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""
    unit: UUID | None = None
    after: UUID | None = None


@routes.get("/directory/people", query=PeopleQuery, result=Page[PersonSummary])
async def get_people(call: Call, query: PeopleQuery) -> Page[PersonSummary]:
    """People by name, some at a time."""
    async with call.db.read() as tx:
        page = await list_people(tx, call.actor, search=query.search, unit=query.unit, after=query.after)
    following = None
    if page.next is not None:
        following = str(call.request.rel_url.update_query(after=str(page.next)))
    return Page(items=page.items, next=following)


@routes.get("/directory/people/{person}", result=PersonView)
async def get_one_person(call: Call) -> Answer:
    """A person."""
    async with call.db.read() as tx:
        view = await view_person(tx, call.actor, call.id("person"))
    return Answer(view, rev=view.rev)


@routes.get("/directory/units", result=Page[UnitView])
async def get_units(call: Call) -> Page[UnitView]:
    """The tree of services, parents before children."""
    async with call.db.read() as tx:
        return Page(items=await list_units(tx, call.actor))


@routes.get("/directory/groups", result=Page[GroupView])
async def get_groups(call: Call) -> Page[GroupView]:
    """The groups."""
    async with call.db.read() as tx:
        return Page(items=await list_groups(tx, call.actor))
