"""What one was told: the list behind the bell, and how one wants to hear of what."""

from uuid import UUID

from aiohttp import web

from collab.core.i18n import Message, msg
from collab.core.text import Input
from collab.notifications import queries, service
from collab.notifications.models import ChoiceInput, Delivery, Kind
from web.forms import read_form
from web.http import After, Call, Guard, page_routes, parse
from web.page import locale_of, show
from web.pages.settings_sections import SECTIONS
from web.render.pages import Notice

routes = page_routes("pages.notifications")

KINDS: dict[Kind, Message] = {
    Kind.INVITATION: msg("Invitations to meetings"),
    Kind.ASSIGNMENT: msg("Cards given to me"),
    Kind.MEMBERSHIP: msg("Spaces I am added to"),
    Kind.MENTION: msg("Comments that mention me"),
    Kind.DEPOSIT: msg("Files that come through a deposit box"),
    Kind.ACCOUNT: msg("My account and its safety"),
    Kind.FILES: msg("Malware, damage and retention of files"),
    Kind.LOBBY: msg("People who wait to be let into a meeting"),
    Kind.COUNCIL: msg("Minutes and deadlines of councils"),
}
ICONS: dict[Kind, str] = {
    Kind.INVITATION: "calendar",
    Kind.ASSIGNMENT: "square-kanban",
    Kind.MEMBERSHIP: "building-2",
    Kind.MENTION: "at-sign",
    Kind.DEPOSIT: "inbox",
    Kind.ACCOUNT: "shield",
    Kind.FILES: "folder",
    Kind.LOBBY: "video",
    Kind.COUNCIL: "landmark",
}
DELIVERIES: dict[Delivery, Message] = {
    Delivery.AT_ONCE: msg("By mail at once"),
    Delivery.DIGEST: msg("In the daily mail"),
    Delivery.NONE: msg("Here only"),
}


class Opened(Input):
    """The notification that was opened; none for all of them."""

    id: UUID | None = None


async def bell(call: Call) -> dict[str, int]:
    """The number in the header's bell."""
    assert call.actor.person_id is not None
    async with call.db.read() as tx:
        return {"unread": await service.count_unread(tx, call.actor.person_id)}


@routes.get("/notifications", query=After, guard=Guard.OWN)
async def notifications(call: Call, query: After) -> web.Response:
    """The newest notifications, or those that come after one of them."""
    assert call.actor.person_id is not None
    async with call.db.read() as tx:
        render = locale_of(call.request).render
        items, after = await queries.page_notifications(tx, call.actor.person_id, render, after=query.after)
    older = call.following(after)
    return await show(call, "collab/notifications/list.html", items=items, icons=ICONS, following=older)


@routes.post("/notifications/read", guard=Guard.OWN)
async def read(call: Call) -> web.Response:
    """Mark everything as read, or open one: it is read then, and one is where it leads."""
    form = parse(Opened, await read_form(call.request), "form")
    assert call.actor.person_id is not None
    async with call.db.write() as tx:
        to = await queries.find_address(tx, call.actor.person_id, form.id) if form.id else "/notifications"
        await service.mark_read(tx, call.actor, [form.id] if form.id else None)
    raise web.HTTPSeeOther(to)


@routes.get("/settings/notifications", guard=Guard.OWN)
async def choices(call: Call) -> web.Response:
    """How one hears of what."""
    assert call.actor.person_id is not None
    async with call.db.read() as tx:
        chosen = await queries.list_choices(tx, call.actor.person_id)
    saved = "saved" in call.request.query
    return await show(
        call,
        "collab/notifications/choices.html",
        notices=(Notice("success", msg("Your settings are saved.")),) if saved else (),
        kinds=KINDS,
        deliveries=DELIVERIES,
        chosen=chosen,
        sections=SECTIONS,
    )


@routes.post("/settings/notifications", guard=Guard.OWN)
async def choose(call: Call) -> web.Response:
    """Change how one hears of what."""
    sent = await read_form(call.request)
    async with call.db.write() as tx:
        for kind in Kind:
            if kind.value in sent:
                data = parse(ChoiceInput, {"kind": kind.value, "delivery": sent[kind.value]}, "form")
                await service.choose_delivery(tx, call.actor, data)
    raise web.HTTPSeeOther("/settings/notifications?saved")
