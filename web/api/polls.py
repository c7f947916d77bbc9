"""Polls of a meeting, over the API; what changes is told on the topic `polls:{meeting}`."""

from meetings.rooms import polling
from meetings.rooms.polls import PollInput, PollView, VoteInput
from web.http import Call, Page, Routes

routes = Routes("polls")


@routes.get("/meetings/{meeting}/polls", result=Page[PollView])
async def list_polls(call: Call) -> Page[PollView]:
    """The polls of a meeting, oldest first."""
    async with call.db.read() as tx:
        return Page(items=await polling.list_polls(tx, call.actor, call.id("meeting")))


@routes.post("/meetings/{meeting}/polls", body=PollInput, result=PollView)
async def ask_poll(call: Call, body: PollInput) -> PollView:
    """Ask everybody in the meeting; for those who organise it."""
    async with call.db.write() as tx:
        return await polling.ask_poll(tx, call.actor, call.id("meeting"), body)


@routes.put("/meetings/{meeting}/polls/{poll}/vote", body=VoteInput, result=PollView)
async def vote(call: Call, body: VoteInput) -> PollView:
    """Vote; a named vote may be changed while the poll is open."""
    async with call.db.write() as tx:
        return await polling.vote(tx, call.actor, call.id("meeting"), call.id("poll"), body)


@routes.put("/meetings/{meeting}/polls/{poll}/closing", result=PollView)
async def close_poll(call: Call) -> PollView:
    """Close a poll; for those who organise the meeting."""
    async with call.db.write() as tx:
        return await polling.close_poll(tx, call.actor, call.id("meeting"), call.id("poll"))
