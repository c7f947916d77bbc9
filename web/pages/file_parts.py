"""What the page of a file or folder shows beside its versions: favourite, tags, comments, what was done with it.

web/pages/files.py asks for it; the forms of these parts go to web/pages/file_marks.py.
"""

from typing import Any
from uuid import UUID

from collab.core import topics
from collab.core.database import Tx
from collab.core.i18n import Message, msg
from collab.files.activity import Line, list_activity
from collab.files.comments import list_comments
from collab.files.events import topic_of
from collab.files.favourites import list_favourite_ids
from collab.files.models import NodeView, TagColour
from collab.files.tags import list_tags
from web.http import Call
from web.page import locale_of

SHOWN_LINES = 10

COLOURS: dict[TagColour, Message] = {
    TagColour.GREY: msg("Grey"),
    TagColour.RED: msg("Red"),
    TagColour.ORANGE: msg("Orange"),
    TagColour.GREEN: msg("Green"),
    TagColour.TEAL: msg("Teal"),
    TagColour.BLUE: msg("Blue"),
    TagColour.VIOLET: msg("Violet"),
    TagColour.PINK: msg("Pink"),
}


def item_address(call: Call, part: str = "") -> str:
    """The page of the file or folder that the call is about, or a `part` of it."""
    return f"/files/{call.id('space')}/items/{call.id('file')}{part}"


async def panels_of(call: Call, tx: Tx, node: NodeView, *, comments_after: UUID | None) -> dict[str, Any]:
    """For the templates in collab/files/parts."""
    comments, older_comments = await list_comments(tx, call.actor, node.id, after=comments_after)
    tags = await list_tags(tx, call.actor, node.space)
    lines, more = await list_activity(tx, call.actor, node.space, node.id, limit=SHOWN_LINES)
    revs = await topics.current_revs(tx, [topic_of(node.space)])
    return {
        "comments": comments,
        "older_comments": older_comments,
        "tags": tags,
        "own_tags": [tag for tag in tags if tag.id in node.tags],
        "colours": colours(call),
        "lines": said(call, lines),
        "more_lines": more is not None,
        "is_favourite": node.id in await list_favourite_ids(tx, call.actor, node.space),
        "topic_rev": revs[topic_of(node.space)],
    }


def colours(call: Call) -> list[tuple[str, str]]:
    """The colours of tags as the options of a select."""
    render = locale_of(call.request).render
    return [(colour.value, render(text)) for colour, text in COLOURS.items()]


def said(call: Call, lines: list[tuple[Line, Message]]) -> list[Line]:
    """The lines in the language of whoever asks."""
    render = locale_of(call.request).render
    return [line.model_copy(update={"text": render(text)}) for line, text in lines]
