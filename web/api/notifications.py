"""One's own notifications over the API."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from collab.core.models import Instant
from collab.core.text import Input
from collab.notifications import queries, service
from collab.notifications.models import ChoiceInput, NotificationView
from web.http import Call, Guard, Page, Routes
from web.page import locale_of

routes = Routes("notifications")

MOST_READ = 500


class Before(BaseModel):
    """From where to go back: an instant, or the id of the last of the part before."""

    model_config = ConfigDict(extra="forbid")
    before: Instant | None = None
    after: UUID | None = None


class ReadInput(Input):
    """Which were read; null for all of them."""

    ids: Annotated[list[UUID], Field(max_length=MOST_READ)] | None = None


class Unread(BaseModel):
    """How many are left."""

    unread: int


@routes.get("/me/notifications", query=Before, result=Page[NotificationView], guard=Guard.OWN)
async def list_own(call: Call, query: Before) -> Page[NotificationView]:
    """One's notifications, newest first."""
    assert call.actor.person_id is not None
    async with call.db.read() as tx:
        render = locale_of(call.request).render
        items, after = await queries.page_notifications(
            tx, call.actor.person_id, render, query.before, after=query.after
        )
    return Page(items=items, next=call.following(after))


@routes.post("/me/notifications/read", body=ReadInput, result=Unread, status=200, guard=Guard.OWN)
async def mark_read(call: Call, body: ReadInput) -> Unread:
    """Mark some, or all, as read."""
    async with call.db.write() as tx:
        return Unread(unread=await service.mark_read(tx, call.actor, body.ids))


@routes.put("/me/notifications/choices", body=ChoiceInput, status=204, guard=Guard.OWN)
async def choose(call: Call, body: ChoiceInput) -> None:
    """How one kind is to be delivered."""
    async with call.db.write() as tx:
        await service.choose_delivery(tx, call.actor, body)
