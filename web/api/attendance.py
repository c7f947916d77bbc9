"""Who was in a meeting's room, over the API."""

from meetings.rooms.attendance import AttendanceView, read_attendance
from web.http import Call, Routes

routes = Routes("attendance")


@routes.get("/meetings/{meeting}/attendance", result=AttendanceView)
async def get_attendance(call: Call) -> AttendanceView:
    """Who was in the room; for those who organise the meeting with the times of entry and exit."""
    async with call.db.read() as tx:
        return await read_attendance(tx, call.actor, call.id("meeting"))
