"""Rooms that are shown to the public: what a browser without account needs to look on. Hosts switch it in the room."""

from meetings.rooms.broadcasts import PublicToken, PublicTokens
from web.http import Answer, Call, Guard, Routes

routes = Routes("broadcasts")


@routes.post("/broadcasts/{broadcast}/tokens", result=PublicToken, guard=Guard.PUBLIC)
async def create_public_token(call: Call) -> Answer:
    """A token that looks on, while the broadcast is on; `whep` takes it (docs/protocol.md)."""
    return Answer(await call.deps.part(PublicTokens).give(call.id("broadcast")), status=201)
