"""What a room's signalling says, and the record of who was there when.

The messages are the contract with the browser (docs/protocol.md); `web.realtime.schema` makes TypeScript of them. Who
is in a room this moment lies with `live.py`; the visits in the database are what other processes and later reports see.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import MaxLen
from pydantic import BaseModel, StringConstraints
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from collab.core.models import Record, utc_field
from collab.core.text import Input, Title
from meetings.media.port import Label
from meetings.rooms.wire import (
    SILENCE,
    FloorNow,
    FloorView,
    Line,
    LinesNow,
    OnAirNow,
    Quality,
    Reacted,
    RecordedNow,
    RecordingView,
    Wire,
)

SDP_LIMIT = 64 * 1024
SLOTS = 64
NAME_LIMIT = 80

Sdp = Annotated[str, StringConstraints(max_length=SDP_LIMIT)]
Mid = Annotated[str, StringConstraints(max_length=32)]


class RoomVisit(SQLModel, table=True):
    """One stay of somebody in a meeting's room; `id` names them there. `left_at` is empty while they are in it."""

    __tablename__ = "room_visit"
    __table_args__ = (Index("ix_room_visit_meeting_id_left_at", "meeting_id", "left_at"),)

    id: UUID = Field(primary_key=True)
    meeting_id: UUID = Field(foreign_key="meeting.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    entered_at: datetime = utc_field()
    left_at: datetime | None = utc_field(default=None, nullable=True)


class RoomKeeper(SQLModel, table=True):
    """A process that keeps rooms. `seen_at`: when it last said that it lives."""

    __tablename__ = "room_keeper"

    id: UUID = Field(primary_key=True)
    seen_at: datetime = utc_field()


class RoomHome(SQLModel, table=True):
    """The one process that keeps this meeting's room, while somebody is in it; a keeper that is not listed is dead."""

    __tablename__ = "room_home"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    keeper_id: UUID = Field(index=True)


class RoomLock(SQLModel, table=True):
    """That nobody but its hosts comes into this room any more. Gone when it is opened, or when the last one leaves."""

    __tablename__ = "room_lock"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    locked_at: datetime = utc_field()


class RoomBan(SQLModel, table=True):
    """That a host put somebody out of this meeting's room for good."""

    __tablename__ = "room_ban"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    banned_at: datetime = utc_field()


class TokenKind(StrEnum):
    """What a media token opens."""

    PUBLISH = "publish"
    VIEW = "view"


class MediaToken(Record, table=True):
    """Lets a program send into one room, or see it, in the name of whoever made it (`person_id`).

    Revoking deletes it and ends its sessions; at `expires_at` it opens no more.
    """

    __tablename__ = "media_token"

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=10)
    name: str = Field(default="", max_length=NAME_LIMIT, description="What its source is called in the room.")
    secret_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = utc_field()
    expires_at: datetime = utc_field(index=True)


class Kind(StrEnum):
    """What a participant is: somebody with a browser, a program that sends, or one that only looks on."""

    PERSON = "person"
    SOURCE = "source"
    VIEWER = "viewer"


class Role(StrEnum):
    """What somebody is in a room."""

    HOST = "host"
    MEMBER = "member"


class Reason(StrEnum):
    """Why somebody is no longer in a room. SENT_OUT: by a host, and they may come back; ENDED: a host ended it for all;
    REMOVED: they may no longer be in it; KEPT_OUT: by the assembly, for now; CLOSED: the meeting was cancelled.
    """

    LEFT = "left"
    LOST = "lost"
    SENT_OUT = "sent_out"
    ENDED = "ended"
    REMOVED = "removed"
    KEPT_OUT = "kept_out"
    CLOSED = "closed"


# From the browser ----------------------------------------------------------------------------------------------------


class Join(Input):
    """`room.join`: be let in. `previous`: who one was until the line was lost; `recorded`: whether one agrees to it."""

    meeting: UUID
    previous: UUID | None = None
    recorded: bool | None = None


class Resume(Input):
    """`room.resume`: the signalling is back on another socket, the media never left."""

    meeting: UUID
    participant: UUID


class Publish(Input):
    """`room.publish`: the offer of the sending connection. `labels`: what each m-line (by mid) carries."""

    sdp: Sdp
    labels: Annotated[dict[Mid, Label], Field(max_length=SLOTS)] = Field(default_factory=dict)


class Receive(Input):
    """`room.receive`: the offer of the receiving connection."""

    sdp: Sdp


class WishInput(Input):
    """A track, at about this height in pixels."""

    track: Annotated[str, StringConstraints(max_length=100)]
    height: Annotated[int, Field(ge=1, le=4320)]


class Select(Input):
    """`room.select`: what each video slot (by mid) shall show."""

    wishes: Annotated[dict[Mid, WishInput | None], Field(max_length=SLOTS)]


class Mute(Input):
    """`room.mute`: stop or resume one's own track."""

    label: Label
    muted: bool


class Report(Input):
    """`room.report`: how sound and picture were for one since the last report, a few seconds ago.

    `frozen`: seconds for which a picture stood still; `concealed`: share of the sound that was made up."""

    freezes: Annotated[int, Field(ge=0, le=1000)]
    frozen: Annotated[float, Field(ge=0, le=600)]
    concealed: Annotated[float, Field(ge=0, le=1)]


class Watch(Input):
    """`room.watch`: a host begins to be told of everybody's connection, or no longer wants to be."""

    on: bool


class Leave(Input):
    """`room.leave`: go, without delay."""


class Hand(Input):
    """`room.hand`: raise one's hand, or lower it; a host lowers those of others too."""

    raised: bool
    participant: UUID | None = None


class Silence(Input):
    """`room.silence`: a host stops what somebody sends; without `participant`, what everybody but hosts sends."""

    label: Label
    participant: UUID | None = None


class SendOut(Input):
    """`room.send_out`: a host puts somebody out. `back`: whether they may come back."""

    participant: UUID
    back: bool = True


class Lock(Input):
    """`room.lock`: a host lets nobody else in, or opens the room again."""

    locked: bool


class End(Input):
    """`room.end`: a host ends the meeting for all; acknowledged once nothing passes any more."""


class MediaTokenInput(Input):
    """A new media token. `name`: what its source is called in the room."""

    kind: TokenKind
    name: Annotated[Title, MaxLen(NAME_LIMIT)] | None = None


class MediaTokenView(BaseModel):
    """A media token, without its secret. `by`: who made it and answers for it."""

    id: UUID
    kind: TokenKind
    name: str
    by: str
    created_at: datetime
    expires_at: datetime


class BanView(BaseModel):
    """Somebody who was put out of a meeting's room for good."""

    person_id: UUID
    name: str
    banned_at: datetime


class MediaTokenMade(MediaTokenView):
    """The same with the secret, which is shown this once."""

    token: str


# To the browser ------------------------------------------------------------------------------------------------------


class Participant(Wire):
    """Somebody in the room. `away`: their signalling is interrupted; they may be back in a moment.

    A source is a program that sends in the name of `person`; its `name` may be empty. Of a `guest`, who has no account,
    `person` is who they are in this meeting alone.
    """

    id: UUID
    kind: Kind = Kind.PERSON
    person: UUID
    name: str
    photo: bool
    role: Role
    unit: str = ""
    away: bool = False
    guest: bool = False


class TrackView(Wire):
    """What somebody sends."""

    id: str
    participant: UUID
    label: Label
    muted: bool


class Snapshot(Wire):
    """The whole room; events up to `seq` are in it."""

    seq: int
    participants: list[Participant]
    tracks: list[TrackView]
    speaking: list[UUID]
    viewers: int = 0
    hands: list[UUID] = Field(default_factory=list)
    locked: bool = False
    floor: FloorView = SILENCE
    recording: RecordingView | None = None
    on_air: str = ""
    lines: tuple[Line, ...] = ()


class Entered(Wire):
    """Somebody came in, or something about them is another."""

    type: Literal["entered"] = "entered"
    participant: Participant


class Left(Wire):
    """Somebody is gone, with all their tracks."""

    type: Literal["left"] = "left"
    participant: UUID
    reason: Reason


class TrackSet(Wire):
    """A track is there, or was muted or opened."""

    type: Literal["track"] = "track"
    track: TrackView


class TrackGone(Wire):
    """A track is no longer there."""

    type: Literal["track_gone"] = "track_gone"
    track: str


class SpeakingNow(Wire):
    """Who speaks, loudest first."""

    type: Literal["speaking"] = "speaking"
    participants: list[UUID]


class ViewersNow(Wire):
    """How many programs look on without being in the room."""

    type: Literal["viewers"] = "viewers"
    count: int


class HandsNow(Wire):
    """Who has a hand up, the first to raise it first."""

    type: Literal["hands"] = "hands"
    participants: list[UUID]


class LockedNow(Wire):
    """Whether the room lets nobody else in."""

    type: Literal["locked"] = "locked"
    locked: bool


class Silenced(Wire):
    """A host stopped what one sends; one may send again. Told to whom it concerns, outside of the room's order."""

    type: Literal["silenced"] = "silenced"
    label: Label
    by: str


class SlotsNow(Wire):
    """What each of one's own slots carries: mid → track; told to one person, outside of the room's order."""

    type: Literal["slots"] = "slots"
    slots: dict[str, str | None]


class QualityNow(Wire):
    """Everybody's connection; told every two seconds to hosts who asked, outside of the room's order."""

    type: Literal["quality"] = "quality"
    participants: list[Quality]


class PutOut(Wire):
    """One is no longer in the room; told to whom it concerns, outside of the room's order."""

    type: Literal["put_out"] = "put_out"
    reason: Reason


Change = (
    Entered
    | Left
    | TrackSet
    | TrackGone
    | SpeakingNow
    | ViewersNow
    | HandsNow
    | LockedNow
    | FloorNow
    | LinesNow
    | RecordedNow
    | OnAirNow
)
Told = Annotated[Change | SlotsNow | QualityNow | Silenced | Reacted | PutOut, Field(discriminator="type")]


class RoomEvent(Wire):
    """`room.event`: `seq` rises by one with each change that the whole room is told; 0 for what is told to one."""

    meeting: UUID
    seq: int
    event: Told


class IceServer(Wire):
    """A TURN server as RTCPeerConnection takes it."""

    urls: list[str]
    username: str
    credential: str


class Welcome(Wire):
    """The acknowledgement of `room.join` and `room.resume`. `servers`: relays, for the time of a sitting."""

    participant: UUID
    room: Snapshot
    servers: list[IceServer] = Field(default_factory=list)
