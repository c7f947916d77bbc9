"""Spaces that nobody owns any more, over the API: administrators name an owner, and read nothing by it."""

from uuid import UUID

from collab.core.text import Input
from collab.spaces.models import SpaceFigures
from collab.spaces.queries import list_for_administration
from collab.spaces.service import name_owner
from web.http import After, Call, Guard, Page, Routes

routes = Routes("orphans")


class OwnerInput(Input):
    """Who is to own the space."""

    person_id: UUID


@routes.get("/admin/orphan-spaces", query=After, result=Page[SpaceFigures], guard=Guard.ADMIN)
async def list_orphans(call: Call, query: After) -> Page[SpaceFigures]:
    """The spaces without an owner: whose they were, not what they are about."""
    async with call.db.read() as tx:
        orphans, after = await list_for_administration(tx, orphan=True, after=query.after)
    return Page(items=orphans, next=call.following(after))


@routes.put("/admin/spaces/{orphan}/owner", body=OwnerInput, status=204, guard=Guard.ADMIN)
async def set_owner(call: Call, body: OwnerInput) -> None:
    """Name an owner of a space that has none; everybody in it is told."""
    async with call.db.write() as tx:
        await name_owner(tx, call.actor, call.id("orphan"), body.person_id)
