"""A live sitting as a page: the clerk's view and the member's of the same state. Forms alone are enough; the script
(src/council/live.ts) asks for the page again when something happens and sends the forms without leaving it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from aiohttp import web

from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid
from collab.core.i18n import Message, msg
from meetings.council.assemblies.access import Can
from meetings.council.rules.quorum import Withdrawal
from meetings.council.sittings import ballots, live
from meetings.council.sittings.access import get_ballot, get_sitting
from meetings.council.sittings.inputs import BallotOpening, CloseInput, EventInput, VoteInput
from meetings.council.sittings.models import Choice, Method
from meetings.council.sittings.watching import view_live
from web.api.sittings import zone_of
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, page_routes
from web.page import show

routes = page_routes("pages.live")

PHASES: dict[str, Message] = {
    "convened": msg("Not open yet"),
    "open": msg("In session"),
    "suspended": msg("Suspended"),
    "closed": msg("Closed"),
}
STATUSES: dict[str, Message] = {
    "present": msg("Is present"),
    "video": msg("By video"),
    "represented": msg("Is represented"),
    "excused": msg("Excused"),
    "absent": msg("Absent"),
}
STATUS_KINDS = {"present": "success", "video": "success", "represented": "info", "excused": "", "absent": ""}
METHODS: dict[Method, Message] = {
    Method.HANDS: msg("Show of hands"),
    Method.ROLL_CALL: msg("Roll call"),
    Method.ELECTRONIC: msg("Electronic, by name"),
}
CHOICES: dict[Choice, Message] = {
    Choice.FOR: msg("For"),
    Choice.AGAINST: msg("Against"),
    Choice.ABSTAINED: msg("Abstention"),
}
RESULTS: dict[str, Message] = {"adopted": msg("Adopted"), "rejected": msg("Rejected")}
WHYS: dict[Withdrawal, Message] = {
    Withdrawal.PERSONAL: msg("Personal interest: counts as absent"),
    Withdrawal.FROM_COUNT: msg("Represents the authority there (L1111-6): leaves the count"),
}
ENTRIES: dict[str, Message] = {
    "present": msg("%(member)s is present"),
    "left": msg("%(member)s leaves"),
    "excused": msg("%(member)s is excused"),
    "proxy_given": msg("%(member)s gives a proxy to %(other)s"),
    "proxy_revoked": msg("%(member)s takes the proxy back"),
    "chair": msg("%(member)s chairs"),
    "secretary": msg("%(member)s is the secretary of the sitting"),
    "opened": msg("The sitting is opened"),
    "item_opened": msg("Item opened: %(item)s"),
    "item_closed": msg("Item closed: %(item)s"),
    "withdrew": msg("%(member)s withdraws: %(item)s"),
    "returned": msg("%(member)s comes back: %(item)s"),
    "suspended": msg("The sitting is suspended"),
    "resumed": msg("The sitting is resumed"),
    "ballot_opened": msg("Ballot opened: %(item)s"),
    "ballot_closed": msg("Ballot closed: %(item)s"),
    "ballot_withdrawn": msg("Ballot withdrawn: %(item)s"),
    "closed": msg("The sitting is closed"),
    "corrected": msg("Entry %(corrects)s is taken back"),
}
WORDS: dict[str, Any] = {
    "phases": PHASES,
    "statuses": STATUSES,
    "status_kinds": STATUS_KINDS,
    "methods": METHODS,
    "choices": CHOICES,
    "results": RESULTS,
    "whys": WHYS,
}


@routes.get("/council/sittings/{sitting}/live")
async def watch(call: Call) -> web.Response:
    """The live sitting."""
    return await _page(call, call.id("sitting"), {})


@routes.post("/council/sittings/{sitting}/live")
async def enter(call: Call) -> web.Response:
    """Enter what happened."""
    sitting, zone = call.id("sitting"), call.deps.settings.place.time_zone
    values = await read_form(call.request)
    await _require(call, sitting, Can.RUN)
    data, errors = accept(call.request, EventInput, values)
    pending: dict[str, str] = {}
    if data is not None:
        try:
            async with call.db.write() as tx:
                await live.enter(tx, call.actor, sitting, data, zone)
            raise web.HTTPSeeOther(f"/council/sittings/{sitting}/live")
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
            pending = {**values, "despite": "true"} if error.code == "council.chair_decides" else {}
    return await _page(call, sitting, errors, pending)


@routes.post("/council/sittings/{sitting}/ballots")
async def open_ballot(call: Call) -> web.Response:
    """Let the members vote on the item that is open."""
    sitting, zone = call.id("sitting"), call.deps.settings.place.time_zone
    await _require(call, sitting, Can.RUN)
    data, errors = accept(call.request, BallotOpening, await read_form(call.request))
    if data is None:
        return await _page(call, sitting, errors)
    return await _attempt(call, sitting, lambda tx: ballots.open_ballot(tx, call.actor, sitting, data, zone))


@routes.post("/council/ballots/{ballot}/votes")
async def cast_vote(call: Call) -> web.Response:
    """Vote, or enter the vote of a member who is called."""
    ballot, zone = call.id("ballot"), call.deps.settings.place.time_zone
    sitting = await _sitting_of(call, ballot, Can.READ)
    data, errors = accept(call.request, VoteInput, await read_form(call.request))
    if data is None:
        return await _page(call, sitting, errors)
    return await _attempt(call, sitting, lambda tx: ballots.cast_vote(tx, call.actor, ballot, data, zone))


@routes.post("/council/ballots/{ballot}/close")
async def close_ballot(call: Call) -> web.Response:
    """End a ballot and have its result."""
    ballot, zone = call.id("ballot"), call.deps.settings.place.time_zone
    sitting = await _sitting_of(call, ballot, Can.RUN)
    data, errors = accept(call.request, CloseInput, await read_form(call.request))
    if data is None:
        return await _page(call, sitting, errors)
    return await _attempt(call, sitting, lambda tx: ballots.close_ballot(tx, call.actor, ballot, data, zone))


@routes.post("/council/ballots/{ballot}/withdraw")
async def withdraw_ballot(call: Call) -> web.Response:
    """End a ballot without a result."""
    ballot, zone = call.id("ballot"), call.deps.settings.place.time_zone
    sitting = await _sitting_of(call, ballot, Can.RUN)
    return await _attempt(call, sitting, lambda tx: ballots.withdraw_ballot(tx, call.actor, ballot, zone))


async def _require(call: Call, sitting: UUID, can: Can) -> None:
    async with call.db.read() as tx:
        await get_sitting(tx, call.actor, sitting, can)


async def _sitting_of(call: Call, ballot: UUID, can: Can) -> UUID:
    async with call.db.read() as tx:
        return (await get_ballot(tx, call.actor, ballot, can)).sitting_id


async def _attempt(call: Call, sitting: UUID, service: Callable[[Tx], Awaitable[object]]) -> web.Response:
    """Do it and go back to the live page, or show there why not."""
    try:
        async with call.db.write() as tx:
            await service(tx)
    except (Conflict, Invalid) as error:
        return await _page(call, sitting, errors_of(call.request, error))
    raise web.HTTPSeeOther(f"/council/sittings/{sitting}/live")


async def _page(call: Call, sitting: UUID, errors: Errors, pending: dict[str, str] | None = None) -> web.Response:
    """`pending`: what was sent and is for the chair to decide, to be sent again if they do."""
    async with call.db.read() as tx:
        view = await view_live(tx, call.actor, sitting, zone_of(call))
    said = [(one, _said(ENTRIES[one.kind], one.model_dump())) for one in reversed(view.entries)]
    page, status = "meetings/council/live.html", 422 if errors else 200
    return await show(call, page, status=status, live=view, said=said, errors=errors, pending=pending or {}, **WORDS)


def _said(text: Message, entry: dict[str, Any]) -> Message:
    """The words of an entry with the names it speaks of."""
    names = {name: entry[name] for name in ("member", "other", "item", "corrects") if f"%({name})s" in text.text}
    return Message(text.text, names)
