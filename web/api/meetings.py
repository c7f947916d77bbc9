"""Meetings, who is invited to them, and their chat, over the API. Rooms themselves are entered over the socket."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from collab.chat.models import MessageInput, MessageView
from collab.chat.queries import list_messages
from collab.core.models import Instant
from meetings.calendar import queries, service
from meetings.calendar.invitations import Place
from meetings.calendar.models import (
    AnswerInput,
    InviteInput,
    MeetingChange,
    MeetingInput,
    MeetingSummary,
    MeetingView,
)
from meetings.rooms.access import open_chat
from meetings.rooms.chatting import say
from meetings.rooms.models import BanView, MediaTokenInput, MediaTokenMade, MediaTokenView
from meetings.rooms.queries import list_bans, list_tokens, view_token
from meetings.rooms.service import lift_ban
from meetings.rooms.tokens import create_token, revoke_token
from web.http import API, Answer, Call, Guard, Page, Routes

routes = Routes("meetings")


class Stretch(BaseModel):
    """Which meetings: those that touch the time from `since` to `until`; `after`: where the last page ended."""

    model_config = ConfigDict(extra="forbid")
    since: Instant | None = None
    until: Instant | None = None
    after: UUID | None = None


class MyStretch(BaseModel):
    """Which of one's own meetings; `after`: where the last page ended."""

    model_config = ConfigDict(extra="forbid")
    since: Instant | None = None
    until: Instant | None = None
    after: UUID | None = None


class Before(BaseModel):
    """Which messages: the last ones, or those before one of them."""

    model_config = ConfigDict(extra="forbid")
    before: UUID | None = None


@routes.get("/meetings", query=MyStretch, result=Page[MeetingSummary], guard=Guard.OWN)
async def list_my_meetings(call: Call, query: MyStretch) -> Page[MeetingSummary]:
    """The meetings at which one is expected, by time."""
    async with call.db.read() as tx:
        page = await queries.page_my_meetings(tx, call.actor, query.since, query.until, after=query.after)
    return Page(items=page.items, next=call.following(page.next))


@routes.get("/spaces/{space}/meetings", query=Stretch, result=Page[MeetingSummary])
async def list_meetings(call: Call, query: Stretch) -> Page[MeetingSummary]:
    """The meetings of a space, by time, cancelled ones included."""
    space = call.id("space")
    async with call.db.read() as tx:
        page = await queries.list_meetings(
            tx, call.actor, space, since=query.since, until=query.until, after=query.after
        )
    kept = call.request.rel_url.with_path(f"{API}/spaces/{space}/meetings")
    return Page(items=page.items, next=str(kept.update_query(after=str(page.next))) if page.next else None)


@routes.post("/spaces/{space}/meetings", body=MeetingInput, result=MeetingView)
async def create_meeting(call: Call, body: MeetingInput) -> Answer:
    """A new meeting; those invited get a mail with a calendar entry."""
    async with call.db.write() as tx:
        meeting = await service.create_meeting(tx, call.actor, call.id("space"), body, place_of(call))
        view = await queries.view_meeting(tx, call.actor, meeting.id)
    return Answer(view, status=201, rev=view.rev)


@routes.get("/meetings/{meeting}", result=MeetingView)
async def get_one_meeting(call: Call) -> Answer:
    """A meeting."""
    async with call.db.read() as tx:
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
    return Answer(view, rev=view.rev)


@routes.patch("/meetings/{meeting}", body=MeetingChange, result=MeetingView)
async def update_meeting(call: Call, body: MeetingChange) -> Answer:
    """Change a meeting's title, description, time or list; needs If-Match. Whom it concerns is told by mail."""
    async with call.db.write() as tx:
        meeting = await service.update_meeting(
            tx, call.actor, call.id("meeting"), body, call.if_match(), place_of(call)
        )
        view = await queries.view_meeting(tx, call.actor, meeting.id)
    return Answer(view, rev=view.rev)


@routes.delete("/meetings/{meeting}")
async def cancel_meeting(call: Call) -> None:
    """Cancel a meeting: it stays readable, nobody can enter its room, those invited are told."""
    async with call.db.write() as tx:
        await service.cancel_meeting(tx, call.actor, call.id("meeting"), place_of(call))


@routes.post("/meetings/{meeting}/invitees", body=InviteInput, result=MeetingView)
async def invite(call: Call, body: InviteInput) -> Answer:
    """Invite somebody more."""
    async with call.db.write() as tx:
        await service.invite(tx, call.actor, call.id("meeting"), body.person_id, place_of(call))
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
    return Answer(view, status=201, rev=view.rev)


@routes.delete("/meetings/{meeting}/invitees/{person}")
async def uninvite(call: Call) -> None:
    """Take somebody off the list."""
    async with call.db.write() as tx:
        await service.uninvite(tx, call.actor, call.id("meeting"), call.id("person"), place_of(call))


@routes.put("/meetings/{meeting}/answer", body=AnswerInput, result=MeetingView)
async def answer(call: Call, body: AnswerInput) -> Answer:
    """Say whether one comes."""
    async with call.db.write() as tx:
        await service.answer(tx, call.actor, call.id("meeting"), body)
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
    return Answer(view, rev=view.rev)


@routes.get("/meetings/{meeting}/tokens", result=Page[MediaTokenView])
async def list_media_tokens(call: Call) -> Page[MediaTokenView]:
    """The media tokens of a meeting: one's own, and everybody's for who may change the meeting."""
    async with call.db.read() as tx:
        return Page(items=await list_tokens(tx, call.actor, call.id("meeting")))


@routes.post("/meetings/{meeting}/tokens", body=MediaTokenInput, result=MediaTokenMade)
async def create_media_token(call: Call, body: MediaTokenInput) -> MediaTokenMade:
    """A token with which a program sends into the room or looks on for an hour; the secret is in this answer alone."""
    async with call.db.write() as tx:
        token, secret = await create_token(tx, call.actor, call.id("meeting"), body)
        view = view_token(token, call.identity.name)
    return MediaTokenMade(**view.model_dump(), token=secret)


@routes.delete("/meetings/{meeting}/tokens/{media_token}")
async def revoke_media_token(call: Call) -> None:
    """Revoke a media token; whatever it opened has ended when this answers."""
    async with call.db.write() as tx:
        await revoke_token(tx, call.actor, call.id("meeting"), call.id("media_token"))


@routes.get("/meetings/{meeting}/messages", query=Before, result=Page[MessageView])
async def read_messages(call: Call, query: Before) -> Page[MessageView]:
    """The last messages of a meeting's chat, oldest first; `next` leads to those before them."""
    meeting = call.id("meeting")
    async with call.db.read() as tx:
        channel = await open_chat(tx, call.actor, meeting)
        items, before = await list_messages(tx, channel, query.before)
    return Page(items=items, next=f"{API}/meetings/{meeting}/messages?before={before}" if before else None)


@routes.post("/meetings/{meeting}/messages", body=MessageInput, result=MessageView)
async def write_message(call: Call, body: MessageInput) -> Answer:
    """Write in a meeting's chat. The same `nonce` again answers with the message it made the first time."""
    async with call.db.write() as tx:
        message = await say(tx, call.actor, call.id("meeting"), body)
    return Answer(message, status=201)


def place_of(call: Call) -> Place:
    """What invitations say of this server."""
    settings = call.deps.settings
    return Place(zone=settings.place.time_zone, url=settings.public_url)


@routes.get("/meetings/{meeting}/bans", result=Page[BanView])
async def list_room_bans(call: Call) -> Page[BanView]:
    """Who was put out of a meeting's room for good; for those who organise it."""
    async with call.db.read() as tx:
        return Page(items=await list_bans(tx, call.actor, call.id("meeting")))


@routes.delete("/meetings/{meeting}/bans/{banned}")
async def lift_room_ban(call: Call) -> None:
    """Let somebody back into the room who was put out of it."""
    async with call.db.write() as tx:
        await lift_ban(tx, call.actor, call.id("meeting"), call.id("banned"))
