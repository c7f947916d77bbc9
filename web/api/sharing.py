"""Whom a board is shared with, and cards that go to another board, over the API."""

from projects.boards import sharing, transfers
from projects.boards.models import CardDetails
from projects.boards.roles import BoardMemberInput, OpeningInput, Sharing
from projects.boards.transfers import Asked, Destination, TransferInput, TransferView
from web.http import Answer, Call, Page, Routes

routes = Routes("sharing")


@routes.get("/boards/{board}/sharing", result=Sharing)
async def read_sharing(call: Call) -> Sharing:
    """Whom a board is shared with: what those in its space get, and who is named on it."""
    async with call.db.read() as tx:
        return await sharing.read_sharing(tx, call.actor, call.id("board"))


@routes.put("/boards/{board}/sharing", body=OpeningInput, result=Sharing)
async def set_opening(call: Call, body: OpeningInput) -> Sharing:
    """What those in the space get on a board."""
    async with call.db.write() as tx:
        await sharing.set_opening(tx, call.actor, call.id("board"), body.opening)
        return await sharing.read_sharing(tx, call.actor, call.id("board"))


@routes.put("/boards/{board}/members", body=BoardMemberInput, result=Sharing)
async def set_member(call: Call, body: BoardMemberInput) -> Sharing:
    """Give a person, a group or a unit a role on a board; who is not in its space is a guest."""
    async with call.db.write() as tx:
        await sharing.set_member(tx, call.actor, call.id("board"), body)
        return await sharing.read_sharing(tx, call.actor, call.id("board"))


@routes.delete("/boards/{board}/members/{principal}")
async def remove_member(call: Call) -> None:
    """Take a role on a board away; anybody may leave."""
    async with call.db.write() as tx:
        await sharing.remove_member(tx, call.actor, call.id("board"), call.id("principal"))


@routes.get("/cards/{card}/destinations", result=Page[Destination])
async def list_destinations(call: Call) -> Page[Destination]:
    """The other boards to which one can take a card."""
    async with call.db.read() as tx:
        return Page(items=await transfers.list_destinations(tx, call.actor, call.id("card")))


@routes.get("/cards/{card}/relocation", query=Asked, result=TransferView)
async def preview_transfer(call: Call, query: Asked) -> TransferView:
    """What taking a card to another board would change: who sees it then, and what cannot follow."""
    async with call.db.read() as tx:
        return await transfers.preview_transfer(tx, call.actor, call.id("card"), query.column)


@routes.post("/cards/{card}/relocation", body=TransferInput, result=CardDetails, status=200)
async def transfer_card(call: Call, body: TransferInput) -> Answer:
    """Take a card to another board, once one was told what that changes."""
    async with call.db.write() as tx:
        card = await transfers.transfer_card(tx, call.actor, call.id("card"), body)
    return Answer(card, rev=card.rev)
