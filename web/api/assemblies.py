"""Assemblies, their members and clerks over the API."""

from pydantic import BaseModel

from meetings.council.assemblies import queries, service
from meetings.council.assemblies.models import (
    AssemblyChange,
    AssemblyInput,
    AssemblySummary,
    AssemblyView,
    ClerkInput,
    MemberChange,
    MemberInput,
)
from web.http import Answer, Call, Guard, Page, Routes

routes = Routes("council")


class Mandate(BaseModel):
    """A mandate that was made or changed; the rest stands in its assembly."""

    id: str
    rev: int


@routes.get("/council/assemblies", result=Page[AssemblySummary], guard=Guard.OWN)
async def list_my_assemblies(call: Call) -> Page[AssemblySummary]:
    """The assemblies that one may read: as a member, a clerk, or through their space."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_assemblies(tx, call.actor))


@routes.get("/spaces/{space}/assemblies", result=Page[AssemblySummary])
async def list_assemblies(call: Call) -> Page[AssemblySummary]:
    """The assemblies of a space."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_assemblies(tx, call.actor, call.id("space")))


@routes.post("/spaces/{space}/assemblies", body=AssemblyInput, result=AssemblyView)
async def create_assembly(call: Call, body: AssemblyInput) -> Answer:
    """A new assembly; whoever makes it is its first clerk."""
    async with call.db.write() as tx:
        assembly = await service.create_assembly(tx, call.actor, call.id("space"), body)
        view = await queries.view_assembly(tx, call.actor, assembly.id)
    return Answer(view, status=201, rev=view.rev)


@routes.get("/council/assemblies/{assembly}", result=AssemblyView)
async def get_assembly(call: Call) -> Answer:
    """An assembly with its members in the order of the table, and its clerks."""
    async with call.db.read() as tx:
        view = await queries.view_assembly(tx, call.actor, call.id("assembly"))
    return Answer(view, rev=view.rev)


@routes.put("/council/assemblies/{assembly}", body=AssemblyChange, result=AssemblyView)
async def update_assembly(call: Call, body: AssemblyChange) -> Answer:
    """Change what the assembly is, whole; needs If-Match."""
    async with call.db.write() as tx:
        await service.update_assembly(tx, call.actor, call.id("assembly"), body, call.if_match())
        view = await queries.view_assembly(tx, call.actor, call.id("assembly"))
    return Answer(view, rev=view.rev)


@routes.post("/council/assemblies/{assembly}/members", body=MemberInput, result=Mandate)
async def add_member(call: Call, body: MemberInput) -> Answer:
    """A new mandate."""
    async with call.db.write() as tx:
        member = await service.add_member(tx, call.actor, call.id("assembly"), body)
    return Answer(Mandate(id=str(member.id), rev=member.rev), status=201, rev=member.rev)


@routes.put("/council/members/{member}", body=MemberChange, result=Mandate)
async def update_member(call: Call, body: MemberChange) -> Answer:
    """Change a mandate, whole; `vacated` ends it. Needs If-Match."""
    async with call.db.write() as tx:
        member = await service.update_member(tx, call.actor, call.id("member"), body, call.if_match())
    return Answer(Mandate(id=str(member.id), rev=member.rev), rev=member.rev)


@routes.post("/council/assemblies/{assembly}/clerks", body=ClerkInput, status=204)
async def add_clerk(call: Call, body: ClerkInput) -> None:
    """Let somebody prepare and run the sittings."""
    async with call.db.write() as tx:
        await service.add_clerk(tx, call.actor, call.id("assembly"), body.person_id)


@routes.delete("/council/assemblies/{assembly}/clerks/{person}")
async def remove_clerk(call: Call) -> None:
    """Take that away."""
    async with call.db.write() as tx:
        await service.remove_clerk(tx, call.actor, call.id("assembly"), call.id("person"))
