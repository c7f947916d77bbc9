"""Today: what now, what is waiting for me, what has changed."""

from datetime import timedelta

from aiohttp import web

from collab.files.queries import list_recent
from collab.notifications.queries import list_notifications
from collab.spaces.queries import list_spaces
from meetings.calendar.queries import list_my_meetings
from projects.boards.queries import list_my_cards
from web.http import Call
from web.page import locale_of, show
from web.pages.notifications import ICONS

CARDS = 8
FILES = 5
NEWS = 4
SPACES = 6
DAYS = 7


async def today(call: Call) -> web.Response:
    """The page that one comes to."""
    assert call.actor.person_id is not None
    now = call.db.clock.now()
    async with call.db.read() as tx:
        meetings = await list_my_meetings(tx, call.actor, now - timedelta(hours=1), now + timedelta(days=DAYS))
        cards = await list_my_cards(tx, call.actor, call.today, CARDS)
        files = await list_recent(tx, call.actor, FILES)
        spaces = await list_spaces(tx, call.actor)
        news = await list_notifications(
            tx, call.actor.person_id, locale_of(call.request).render, unread=True, limit=NEWS
        )
    return await show(
        call,
        "home/today.html",
        meetings=meetings,
        cards=cards,
        files=files,
        spaces=spaces[:SPACES],
        news=news,
        icons=ICONS,
        now=now,
    )
