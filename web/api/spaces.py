"""Spaces and their members over the API."""

from collab.spaces import queries, service
from collab.spaces.access import Can, get_space, require
from collab.spaces.models import MemberInput, MemberView, SpaceChange, SpaceInput, SpaceView
from web.http import After, Answer, Call, Guard, Page, Routes

routes = Routes("spaces")


@routes.get("/spaces", query=After, result=Page[SpaceView], guard=Guard.OWN)
async def list_spaces(call: Call, query: After) -> Page[SpaceView]:
    """The spaces one is a member of."""
    async with call.db.read() as tx:
        items, after = await queries.page_spaces(tx, call.actor, after=query.after)
    return Page(items=items, next=call.following(after))


@routes.post("/spaces", body=SpaceInput, result=SpaceView)
async def create_space(call: Call, body: SpaceInput) -> Answer:
    """A new space, owned by whoever makes it."""
    async with call.db.write() as tx:
        space = await service.create_space(tx, call.actor, body)
        role = await require(tx, call.actor, space.id, Can.READ)
    return Answer(queries.view_of(space, role), status=201, rev=space.rev)


@routes.get("/spaces/{space}", result=SpaceView)
async def get_one_space(call: Call) -> Answer:
    """A space."""
    async with call.db.read() as tx:
        space = await get_space(tx, call.actor, call.id("space"), Can.READ)
        role = await require(tx, call.actor, space.id, Can.READ)
    return Answer(queries.view_of(space, role), rev=space.rev)


@routes.patch("/spaces/{space}", body=SpaceChange, result=SpaceView)
async def update_space(call: Call, body: SpaceChange) -> Answer:
    """Change a space's title, description or class; needs If-Match."""
    async with call.db.write() as tx:
        space = await service.update_space(tx, call.actor, call.id("space"), body, call.if_match())
        role = await require(tx, call.actor, space.id, Can.READ)
    return Answer(queries.view_of(space, role), rev=space.rev)


@routes.get("/spaces/{space}/members", result=Page[MemberView])
async def list_members(call: Call) -> Page[MemberView]:
    """Who is in a space."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_members(tx, call.actor, call.id("space")))


@routes.put("/spaces/{space}/members", body=MemberInput, result=Page[MemberView])
async def set_member(call: Call, body: MemberInput) -> Page[MemberView]:
    """Give a person, a group or a unit a role."""
    async with call.db.write() as tx:
        await service.set_member(tx, call.actor, call.id("space"), body)
        return Page(items=await queries.list_members(tx, call.actor, call.id("space")))


@routes.delete("/spaces/{space}/members/{principal}")
async def remove_member(call: Call) -> None:
    """Take a role away; anybody may leave."""
    async with call.db.write() as tx:
        await service.remove_member(tx, call.actor, call.id("space"), call.id("principal"))
