"""A live sitting as a page: the clerk's view and the member's of the same state. Forms alone are enough; the script
(src/council/live.ts) asks for the page again when something happens and sends the forms without leaving it."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from uuid import UUID

from aiohttp import web

from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid
from collab.core.i18n import Message, msg
from meetings.council.assemblies.access import Can
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.seats import Method as Sharing
from meetings.council.secret import service as secret
from meetings.council.secret.inputs import SecretVoteInput
from meetings.council.sittings import ballots, live
from meetings.council.sittings.access import get_ballot, get_sitting
from meetings.council.sittings.inputs import (
    BallotOpening,
    CloseInput,
    EntryView,
    EventInput,
    RequestInput,
    VoteInput,
)
from meetings.council.sittings.live import POLICE
from meetings.council.sittings.models import Election, Method
from meetings.council.sittings.watching import view_live
from web.api.live import attempt
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
    "cut": msg("Line lost"),
    "absent": msg("Absent"),
}
STATUS_KINDS = {
    "present": "success",
    "video": "success",
    "represented": "info",
    "excused": "",
    "cut": "warning",
    "absent": "",
}
METHODS: dict[Method, Message] = {
    Method.HANDS: msg("Show of hands"),
    Method.ROLL_CALL: msg("Roll call"),
    Method.ELECTRONIC: msg("Electronic, by name"),
    Method.SECRET: msg("Electronic, secret"),
    Method.PAPER: msg("Secret, on papers"),
}
CHOICES: dict[str, Message] = {
    "for": msg("For"),
    "against": msg("Against"),
    "abstained": msg("Abstention"),
    "blank": msg("Blank"),
}
RESULTS: dict[str, Message] = {
    "adopted": msg("Adopted"),
    "rejected": msg("Rejected"),
    "elected": msg("Elected"),
    "next_round": msg("Another round"),
    "shared": msg("Seats shared"),
}
WHATS: dict[str, Message] = {
    "deliberation": msg("A question: for or against"),
    "candidates": msg("An election: one of several"),
    "list": msg("An election: a list as a whole"),
    "seats": msg("An election: seats for each list"),
    "closed_session": msg("Whether to sit in closed session"),
}
SHARINGS: dict[Sharing, Message] = {
    Sharing.HIGHEST_REMAINDER: msg("Highest remainder"),
    Sharing.HIGHEST_AVERAGE: msg("Highest average"),
}
ASKED: dict[str, Message] = {"public": msg("Public ballot"), "secret": msg("Secret ballot")}
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
    "requested_public": msg("%(member)s asks for a public ballot"),
    "requested_secret": msg("%(member)s asks for a secret ballot"),
    "postponed": msg("Item put off to another sitting: %(item)s"),
    "doors_closed": msg("The assembly sits in closed session"),
    "doors_opened": msg("The sitting is public again"),
    "suspended": msg("The sitting is suspended"),
    "resumed": msg("The sitting is resumed"),
    "ballot_opened": msg("Ballot opened: %(item)s"),
    "ballot_closed": msg("Ballot closed: %(item)s"),
    "ballot_withdrawn": msg("Ballot withdrawn: %(item)s"),
    "closed": msg("The sitting is closed"),
    "microphone_taken": msg("The chair closes the microphone of %(member)s"),
    "microphone_given": msg("The chair opens the microphone of %(member)s again"),
    "video_up": msg("Sound and picture of %(member)s are up"),
    "video_lost": msg("Sound or picture of %(member)s are lost"),
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
    "whats": WHATS,
    "sharings": SHARINGS,
    "asked": ASKED,
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
    await _require(call, sitting, Can.READ if values.get("kind") in POLICE else Can.RUN)
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
    typed = await read_form(call.request)
    data, errors = accept(call.request, BallotOpening, opening_of(typed))
    if data is None:
        return await _page(call, sitting, errors, typed=typed)
    return await _attempt(
        call, sitting, lambda tx: ballots.open_ballot(tx, call.actor, sitting, data, zone), "ballots", typed
    )


@routes.post("/council/sittings/{sitting}/requests")
async def ask_for_ballot(call: Call) -> web.Response:
    """Ask for a public or a secret ballot."""
    sitting, zone = call.id("sitting"), call.deps.settings.place.time_zone
    await _require(call, sitting, Can.SIT)
    data, errors = accept(call.request, RequestInput, await read_form(call.request))
    if data is None:
        return await _page(call, sitting, errors)
    return await _attempt(call, sitting, lambda tx: live.ask(tx, call.actor, sitting, data, zone))


@routes.post("/council/ballots/{ballot}/votes")
async def cast_vote(call: Call) -> web.Response:
    """Vote, or enter the vote of a member who is called."""
    ballot, zone = call.id("ballot"), call.deps.settings.place.time_zone
    sitting = await _sitting_of(call, ballot, Can.READ)
    data, errors = accept(call.request, VoteInput, await read_form(call.request))
    if data is None:
        return await _page(call, sitting, errors)
    return await _vote(call, sitting, data.member_id, lambda tx: ballots.cast_vote(tx, call.actor, ballot, data, zone))


@routes.post("/council/ballots/{ballot}/secret-votes")
async def cast_secret_vote(call: Call) -> web.Response:
    """Vote in a secret ballot."""
    ballot, zone = call.id("ballot"), call.deps.settings.place.time_zone
    sitting = await _sitting_of(call, ballot, Can.SIT)
    data, errors = accept(call.request, SecretVoteInput, await read_form(call.request))
    if data is None:
        return await _page(call, sitting, errors)
    return await _vote(
        call, sitting, data.member_id, lambda tx: secret.cast_secret_vote(tx, call.actor, ballot, data, zone)
    )


@routes.post("/council/ballots/{ballot}/close")
async def close_ballot(call: Call) -> web.Response:
    """End a ballot and have its result."""
    ballot, zone = call.id("ballot"), call.deps.settings.place.time_zone
    sitting = await _sitting_of(call, ballot, Can.RUN)
    data, errors = accept(call.request, CloseInput, figures_of(await read_form(call.request)))
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


async def _attempt(
    call: Call,
    sitting: UUID,
    service: Callable[[Tx], Awaitable[object]],
    door: str = "live",
    typed: dict[str, str] | None = None,
) -> web.Response:
    """Do it and go back to the live page, or show there why not, with what was typed."""
    try:
        async with call.db.write() as tx:
            await service(tx)
    except (Conflict, Invalid) as error:
        pending = {**(typed or {}), "despite": "true"} if error.code == "council.chair_decides" else {}
        return await _page(call, sitting, errors_of(call.request, error), pending, door=door, typed=typed)
    raise web.HTTPSeeOther(f"/council/sittings/{sitting}/live")


async def _vote(
    call: Call, sitting: UUID, member: UUID | None, service: Callable[[Tx], Coroutine[Any, Any, object]]
) -> web.Response:
    """The same of a vote, which is journalled where it is refused."""
    try:
        await attempt(call, call.id("ballot"), member, service)
    except (Conflict, Invalid) as error:
        return await _page(call, sitting, errors_of(call.request, error))
    raise web.HTTPSeeOther(f"/council/sittings/{sitting}/live")


def opening_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The form of a new ballot as its model has it: one field says what is decided, one line who stands."""
    values: dict[str, Any] = {name: value for name, value in typed.items() if name not in ("what", "who")}
    what = typed.get("what", "deliberation")
    if what in set(Election):
        values |= {"kind": "appointment", "election": what}
    elif what in WHATS:
        values["kind"] = what
    else:
        values["election"] = what  # refused by the model, in words
    if what in set(Election):
        age = "born" if what == Election.CANDIDATES else "average_age"
        lines = [line.partition(";") for line in typed.get("who", "").splitlines() if line.strip()]
        values["candidates"] = [
            {"name": name.strip(), **({age: _as_sent(more.strip())} if more.strip() else {})} for name, _, more in lines
        ]
    return values


def _as_sent(age: str) -> str:
    """A date or an average age as they are written here: 12/04/1961, 52,4."""
    day = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", age)
    return f"{day[3]}-{day[2]:0>2}-{day[1]:0>2}" if day else age.replace(",", ".")


def figures_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The form that ends a ballot as its model has it: figures of those who stand by their keys."""
    own = {name: value for name, value in typed.items() if not name.startswith("votes-")}
    votes = {name.removeprefix("votes-"): value for name, value in typed.items() if name.startswith("votes-")}
    return {**own, **({"votes": votes} if votes else {})}


async def _page(
    call: Call,
    sitting: UUID,
    errors: Errors,
    pending: dict[str, str] | None = None,
    *,
    door: str = "live",
    typed: dict[str, str] | None = None,
) -> web.Response:
    """`pending`: what was sent and is for the chair to decide, to be sent again to `door` if they do."""
    async with call.db.read() as tx:
        view = await view_live(tx, call.actor, sitting, zone_of(call))
    said = [(one, _said(ENTRIES[_key(one)], one.model_dump())) for one in reversed(view.entries)]
    page, status = "meetings/council/live.html", 422 if errors else 200
    return await show(
        call,
        page,
        status=status,
        live=view,
        said=said,
        errors=errors,
        pending=pending or {},
        door=door,
        typed=typed or {},
        **WORDS,
    )


def _key(entry: EntryView) -> str:
    return f"{entry.kind}_{entry.mode}" if entry.mode else entry.kind


def _said(text: Message, entry: dict[str, Any]) -> Message:
    """The words of an entry with the names it speaks of."""
    names = {name: entry[name] for name in ("member", "other", "item", "corrects") if f"%({name})s" in text.text}
    return Message(text.text, names)
