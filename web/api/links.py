"""Links and deposit boxes: made, listed and revoked by members; resumable uploads of a box's visitors over tus."""

from aiohttp import web
from pydantic import BaseModel

from collab.files.links import queries, service
from collab.files.links.deposits import check_deposit, find_receipt, finish_deposit, start_deposit
from collab.files.links.models import (
    BoxInput,
    DepositInput,
    DepositView,
    LinkInput,
    LinkKind,
    LinkView,
    Receipt,
    ShareLink,
    Sharing,
    SharingInput,
)
from collab.files.links.queries import Addresses
from directory.sessions.keys import Keys
from directory.sessions.passwords import Passwords
from web import tus
from web.http import API, After, Answer, Call, Guard, Page, Routes, parse
from web.receiving import Door, Receiving
from web.visits import count_deposit, enter_open

routes = Routes("links")


class SharingView(BaseModel):
    """Who may make links in a space."""

    sharing: Sharing


class NewDeposit(DepositInput):
    """What a visitor says of themselves and of the file."""

    filename: str


class DepositState(BaseModel):
    """How much of a visitor's file has arrived, and their receipt once it is whole."""

    offset: int
    size: int
    receipt: Receipt | None


def addresses(call: Call) -> Addresses:
    """Makes the addresses of links."""
    return Addresses(call.deps.part(Keys), call.deps.settings.public_url)


async def hashed(call: Call, password: str | None) -> str | None:
    """What is kept of a link's password."""
    return await call.deps.part(Passwords).hash(password) if password else None


@routes.get("/files/{file}/links", result=Page[LinkView])
async def list_links(call: Call) -> Page[LinkView]:
    """The links to a file or folder, newest first."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_links_to(tx, call.actor, addresses(call), call.id("file")))


@routes.post("/files/{file}/links", body=LinkInput, result=LinkView)
async def create_link(call: Call, body: LinkInput) -> LinkView:
    """A link to read a file, or a folder with all that is below it."""
    password = await hashed(call, body.password)
    async with call.db.write() as tx:
        link = await service.create_link(tx, call.actor, call.deps.part(Keys), call.id("file"), body, password)
    return await _made(call, link)


@routes.post("/files/{folder}/boxes", body=BoxInput, result=LinkView)
async def create_box(call: Call, body: BoxInput) -> LinkView:
    """A deposit box on a folder."""
    password = await hashed(call, body.password)
    async with call.db.write() as tx:
        link = await service.create_box(tx, call.actor, call.deps.part(Keys), call.id("folder"), body, password)
    return await _made(call, link)


async def _made(call: Call, link: ShareLink) -> LinkView:
    async with call.db.read() as tx:
        views = await queries.list_links_to(tx, call.actor, addresses(call), link.node_id)
    return next(view for view in views if view.id == link.id)


@routes.get("/links", query=After, guard=Guard.OWN, result=Page[LinkView])
async def list_own(call: Call, query: After) -> Page[LinkView]:
    """The links that one made oneself, newest first."""
    async with call.db.read() as tx:
        items, after = await queries.list_own_links(tx, call.actor, addresses(call), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.get("/spaces/{space}/links", query=After, result=Page[LinkView])
async def list_of_space(call: Call, query: After) -> Page[LinkView]:
    """All links of a space, revoked ones too, newest first."""
    async with call.db.read() as tx:
        items, after = await queries.list_links_of_space(
            tx, call.actor, addresses(call), call.id("space"), after=query.after
        )
    return Page(items=items, next=call.following(after))


@routes.delete("/links/{link}")
async def revoke_link(call: Call) -> None:
    """Make a link or box worth nothing; for the one who made it and for owners."""
    async with call.db.write() as tx:
        await service.revoke_link(tx, call.actor, call.id("link"))


@routes.get("/links/{link}/deposits", query=After, result=Page[DepositView])
async def list_deposits(call: Call, query: After) -> Page[DepositView]:
    """What came through a deposit box, newest first."""
    async with call.db.read() as tx:
        items, after = await queries.list_deposits(tx, call.actor, call.id("link"), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.get("/spaces/{space}/sharing", result=SharingView)
async def get_sharing(call: Call) -> SharingView:
    """Who may make links in a space."""
    async with call.db.read() as tx:
        return SharingView(sharing=await queries.sharing_in(tx, call.actor, call.id("space")))


@routes.put("/spaces/{space}/sharing", body=SharingInput, result=SharingView)
async def choose_sharing(call: Call, body: SharingInput) -> SharingView:
    """Decide who may make links in a space; for owners, within what its kind of data allows."""
    async with call.db.write() as tx:
        await service.choose_sharing(tx, call.actor, call.id("space"), body)
        return SharingView(sharing=await queries.sharing_in(tx, call.actor, call.id("space")))


@routes.post("/deposits/{secret}", guard=Guard.PUBLIC, raw=True, takes=tus.BODY)
async def start_upload(call: Call) -> web.StreamResponse:
    """A visitor's new upload: Upload-Length, and Upload-Metadata with filename, visitor and note."""
    tus.check_version(call.request.headers)
    receiving = call.deps.part(Receiving)
    visit = await enter_open(call, LinkKind.BOX)
    size = tus.length_of(call.request.headers)
    receiving.check_size(size)
    sent = tus.metadata_of(call.request.headers)
    said: NewDeposit = parse(NewDeposit, {key: sent[key] for key in NewDeposit.model_fields if key in sent}, "metadata")
    await count_deposit(call)
    async with call.db.read() as tx:
        await check_deposit(tx, visit.actor, said, said.filename, size)
    return await receiving.create(
        call.request,
        await _door(call),
        size,
        lambda tx, key: start_deposit(tx, visit.actor, receiving.limits, said, said.filename, size, key),
    )


@routes.get("/deposits/{secret}/{upload}", guard=Guard.PUBLIC, result=DepositState)
async def look(call: Call) -> Answer:
    """How far a visitor's own upload is; HEAD with the headers of tus."""
    receiving, door = call.deps.part(Receiving), await _door(call)
    upload, offset = await receiving.look(door, call.id("upload"))
    async with call.db.read() as tx:
        receipt = await find_receipt(tx, door.actor, upload.id)
    state = DepositState(offset=offset, size=upload.size, receipt=receipt)
    return Answer(state, headers=receiving.headers_of(upload, offset))


@routes.patch("/deposits/{secret}/{upload}", guard=Guard.PUBLIC, raw=True, takes=tus.BODY, status=204)
async def append(call: Call) -> web.StreamResponse:
    """The next bytes of a visitor's upload, behind Upload-Offset."""
    tus.check_version(call.request.headers)
    return await call.deps.part(Receiving).append(call.request, await _door(call), call.id("upload"))


@routes.delete("/deposits/{secret}/{upload}", guard=Guard.PUBLIC)
async def abandon(call: Call) -> web.StreamResponse:
    """Give up an upload that is not whole yet; what was deposited stays."""
    tus.check_version(call.request.headers)
    return await call.deps.part(Receiving).abandon(await _door(call), call.id("upload"))


async def _door(call: Call) -> Door:
    visit = await enter_open(call, LinkKind.BOX)
    return Door(visit.actor, f"{API}/deposits/{call.text('secret')}", finish_deposit)
