"""The directory kept by hand, over the API: details of local accounts, services and groups. For administrators.

What comes from the directory is refused by the services: it is changed there.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.text import Input
from directory.groups import service as groups
from directory.groups.models import GroupInput, GroupView
from directory.groups.queries import view_group
from directory.people.models import PersonChange, PersonView
from directory.people.queries import view_person
from directory.people.service import update_person
from directory.units import service as units
from directory.units.models import UnitChange, UnitInput, UnitView
from directory.units.queries import list_units
from web.http import Answer, Call, Guard, Routes

routes = Routes("structure")


class MembersInput(Input):
    """Everybody who is to be in a group."""

    people: Annotated[list[UUID], Field(max_length=5000)]


@routes.patch("/admin/people/{person}", body=PersonChange, result=PersonView, guard=Guard.ADMIN)
async def update_local_person(call: Call, body: PersonChange) -> Answer:
    """Change the details of a local account; needs If-Match."""
    async with call.db.write() as tx:
        person = await update_person(tx, call.actor, call.id("person"), body, call.if_match())
        await tx.flush()
        view = await view_person(tx, call.actor, person.id)
    return Answer(view, rev=view.rev)


@routes.post("/admin/units", body=UnitInput, result=UnitView, guard=Guard.ADMIN)
async def add_unit(call: Call, body: UnitInput) -> Answer:
    """Make a service."""
    async with call.db.write() as tx:
        unit = await units.add_unit(tx, call.actor, body)
        return await _unit(call, tx, unit.id, 201)


@routes.patch("/admin/units/{unit}", body=UnitChange, result=UnitView, guard=Guard.ADMIN)
async def change_unit(call: Call, body: UnitChange) -> Answer:
    """Rename a service or move it with all below it; needs If-Match."""
    async with call.db.write() as tx:
        await units.change_unit(tx, call.actor, call.id("unit"), body, call.if_match())
        return await _unit(call, tx, call.id("unit"), 200)


@routes.delete("/admin/units/{unit}", guard=Guard.ADMIN)
async def remove_unit(call: Call) -> None:
    """Take an empty service out of the tree."""
    async with call.db.write() as tx:
        await units.remove_unit(tx, call.actor, call.id("unit"))


@routes.post("/admin/groups", body=GroupInput, result=GroupView, guard=Guard.ADMIN)
async def add_group(call: Call, body: GroupInput) -> Answer:
    """Make a group with nobody in it."""
    async with call.db.write() as tx:
        group = await groups.add_group(tx, call.actor, body)
        view = await view_group(tx, call.actor, group.id)
    return Answer(view, status=201, rev=view.rev)


@routes.patch("/admin/groups/{group}", body=GroupInput, result=GroupView, guard=Guard.ADMIN)
async def rename_group(call: Call, body: GroupInput) -> Answer:
    """Call a group something else; needs If-Match."""
    async with call.db.write() as tx:
        await groups.rename_group(tx, call.actor, call.id("group"), body, call.if_match())
        view = await view_group(tx, call.actor, call.id("group"))
    return Answer(view, rev=view.rev)


@routes.put("/admin/groups/{group}/members", body=MembersInput, result=GroupView, guard=Guard.ADMIN)
async def set_group_members(call: Call, body: MembersInput) -> Answer:
    """Make these, and nobody else, the members of a group."""
    async with call.db.write() as tx:
        await groups.set_group_members(tx, call.actor, call.id("group"), body.people)
        view = await view_group(tx, call.actor, call.id("group"))
    return Answer(view, rev=view.rev)


@routes.delete("/admin/groups/{group}", guard=Guard.ADMIN)
async def remove_group(call: Call) -> None:
    """Close a group: the rights it was given mean nothing any more."""
    async with call.db.write() as tx:
        await groups.remove_group(tx, call.actor, call.id("group"))


async def _unit(call: Call, tx: Tx, unit_id: UUID, status: int) -> Answer:
    await tx.flush()
    view = next((unit for unit in await list_units(tx, call.actor) if unit.id == unit_id), None)
    if view is None:
        raise NotFound()
    return Answer(view, status=status, rev=view.rev)
