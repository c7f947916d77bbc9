"""The recordings of a meeting, over the API. They are begun and ended in the room (docs/protocol.md)."""

from meetings.recording.models import RecordingsView
from meetings.recording.queries import list_recordings
from web.http import Call, Routes

routes = Routes("recordings")


@routes.get("/meetings/{meeting}/recordings", result=RecordingsView)
async def get_recordings(call: Call) -> RecordingsView:
    """The meeting's recordings, the newest first; their files are in the space."""
    async with call.db.read() as tx:
        return await list_recordings(tx, call.actor, call.id("meeting"))
