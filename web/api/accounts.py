"""What administrators do with the accounts of others, over the API."""

from datetime import datetime

from pydantic import BaseModel

from directory.sessions.rules import RESET_LINK
from directory.sessions.second_factor import reset_factor
from directory.sessions.service import create_reset_link
from web.door import note
from web.http import Call, Guard, Routes

routes = Routes("accounts")


class ResetLinkView(BaseModel):
    """A link with which a local account sets its password, once; it is in this answer and nowhere else."""

    url: str
    expires_at: datetime


@routes.post("/admin/people/{person}/reset-link", result=ResetLinkView, guard=Guard.ADMIN)
async def make_reset_link(call: Call) -> ResetLinkView:
    """Make a one-time link with which a local account sets its password."""
    async with call.db.write() as tx:
        token = await create_reset_link(tx, call.actor, call.id("person"))
        ends = tx.now + RESET_LINK
    note(call, "reset_link_made", person_id=call.id("person"))
    return ResetLinkView(url=f"{call.deps.settings.public_url}/reset/{token}", expires_at=ends)


@routes.delete("/admin/people/{person}/second-factor", guard=Guard.ADMIN)
async def reset_second_factor(call: Call) -> None:
    """Take away the second factor of somebody who lost telephone and recovery codes."""
    async with call.db.write() as tx:
        await reset_factor(tx, call.actor, call.id("person"))
    note(call, "revoked", person_id=call.id("person"), why="second factor")
