"""What `meetings/rooms` may ask of the media engine and what the engine tells it.

The rooms decide who may enter and what each may send; the engine obeys and reports. It keeps
no more than the grants given here, in memory: after a restart it knows nobody, answers
`NotAdmitted`, and the room admits again. The in-process form is `worker.Engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol


class Label(StrEnum):
    """What a published track shows. A participant has at most one track per label."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"
    SCREEN_SOUND = "screen_sound"


EVERYTHING = frozenset(Label)
NOTHING: frozenset[Label] = frozenset()


class MediaError(Exception):
    """Root of what the port raises; `code` is stable and safe to show to a client."""

    code = "media.failed"


class BadOffer(MediaError):
    """The SDP offer cannot be understood or cannot be answered; nothing was changed."""

    code = "media.bad_offer"


class NoSuchPlane(MediaError):
    """The data plane was asked for in a form that is not there; the text says why."""

    code = "media.no_such_plane"


class NotAdmitted(MediaError):
    """The room or the participant is unknown: never admitted, revoked, lost, or the engine restarted."""

    code = "media.not_admitted"


class CannotRecord(MediaError):
    """There is no room on the disk, or it cannot be written; `full` or `failed`."""

    code = "media.cannot_record"


class NotRunning(MediaError):
    """The engine is not started or is stopping."""

    code = "media.not_running"


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Where the engine listens. One UDP port for all rooms."""

    listen: tuple[str, ...] = ("127.0.0.1",)
    """Addresses to bind. A wildcard is replaced by the machine's own addresses at the start."""
    announced: tuple[str, ...] = ()
    """Addresses written into answers (behind NAT: the public ones). Empty: those bound."""
    port: int = 0
    """0 picks a free port, see `MediaPort.port`."""
    lost_after: float = 30.0
    """Seconds without a sign of life after which a participant leaves."""
    audio_slots: int = 3
    """At most so many of a receiver's audio m-lines carry the loudest."""
    max_sections: int = 32
    """Offers with more m-lines are refused."""
    alone_for: float = 10.0
    """Seconds that a worker process keeps media without the web process."""
    plane: Literal["auto", "python", "c"] = "auto"
    """The form of the data plane; `auto`: C where it was built."""
    keep_free: int = 0
    """Bytes that a recording leaves free on its disk: it stops before."""


@dataclass(frozen=True, slots=True)
class Track:
    """A published track. `id` is unique in its room for the life of the room."""

    id: str
    participant: str
    label: Label
    kind: str
    """`audio` or `video`."""
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a video slot shall show: a track, at about this height in pixels."""

    track: str
    height: int = 360


@dataclass(frozen=True, slots=True)
class Joined:
    """The first connection of this participant carries media."""

    room: str
    participant: str


@dataclass(frozen=True, slots=True)
class Left:
    """The participant is gone and its grant with it. `reason`: "revoked", "lost" or "closed"."""

    room: str
    participant: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrackAdded:
    """A track may be chosen with `select` from now on (it was negotiated; packets may follow later)."""

    room: str
    track: Track


@dataclass(frozen=True, slots=True)
class TrackChanged:
    """`mute` or `grant` changed whether the track is forwarded."""

    room: str
    track: Track


@dataclass(frozen=True, slots=True)
class TrackRemoved:
    room: str
    track: Track


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who speaks now, loudest first; sent when it changes, at most every 300 ms."""

    room: str
    participants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slots:
    """What each slot of one receiver carries now: mid → track id, None when empty."""

    room: str
    participant: str
    slots: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class PictureStats:
    """What one receiver gets of one picture. `height` in pixels, 0 while unknown; a picture that the receiver's line
    has no room for is paused."""

    track: str
    layer: str
    """The engine's name of the layer: a simulcast rid, or spatial and temporal layer such as `S1T2`."""
    height: int
    paused: bool = False


@dataclass(frozen=True, slots=True)
class ParticipantStats:
    """Since the last report: bits per second and share of lost packets (0..1), each way."""

    participant: str
    up_bps: int
    down_bps: int
    up_loss: float
    down_loss: float
    round_trip: float | None
    """Seconds, from the publisher's or the receiver's reports; None while unknown."""
    pictures: tuple[PictureStats, ...] = ()
    arriving: frozenset[Label] = frozenset()
    """Of which tracks of theirs packets came lately."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Every 2 s for each room that has somebody in it."""

    room: str
    participants: tuple[ParticipantStats, ...]


@dataclass(frozen=True, slots=True)
class RecordingStopped:
    """Nothing more is written; what was is kept. `reason`: `full` (the disk) or `failed`."""

    room: str
    reason: str


RoomEvent = Joined | Left | TrackAdded | TrackChanged | TrackRemoved | Speaking | Slots | Stats | RecordingStopped
Listener = Callable[[RoomEvent], None]
"""Called on the event loop, in order; it must return quickly and not raise."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Process-wide totals since the start, for `/metrics` and `hemicycle check`."""

    rooms: int = 0
    participants: int = 0
    packets_in: int = 0
    packets_out: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Reason → packets: "stranger" (no packet of a call), "stun" (no valid check), "flood" (too many checks from
    new addresses), "dtls", "srtp" (forged, replayed or cut), "rtp", "rtcp", "send", "tcp" (connections refused)."""
    plane: str = ""
    """The data plane's form: `python` or `c`."""


class MediaPort(Protocol):
    """The engine as the rooms see it. Every method raises `NotAdmitted` for an unknown participant,
    save `admit`, `revoke`, `stop_recording` and `close`, which may be repeated."""

    @property
    def port(self) -> int:
        """The UDP port in use."""

    @property
    def counters(self) -> Counters: ...

    def listen(self, listener: Listener) -> None:
        """Register who hears the events; once, before the first `admit`."""

    async def start(self) -> None:
        """Bind the port. OSError when it cannot be bound."""

    async def stop(self) -> None:
        """Close every room, then the port. No task or socket remains."""

    async def admit(self, room: str, participant: str, *, publish: frozenset[Label] = EVERYTHING) -> None:
        """Let a participant in: it may receive, and send what `publish` names. An empty set makes a viewer.

        Admitting again keeps the connections and only sets the grant. A participant who has no live
        connection for `lost_after` seconds leaves."""

    async def grant(self, room: str, participant: str, publish: frozenset[Label]) -> None:
        """Replace what the participant may send; what is no longer granted stops before this returns."""

    async def publish(self, room: str, participant: str, offer: str, labels: Mapping[str, Label] | None = None) -> str:
        """Answer the offer of the sending connection (first, re-offer or ICE restart) → SDP answer.

        `labels` names the m-lines (mid → label); without it the first audio is the microphone, the
        first video the camera, the next ones the screen. An m-line that becomes inactive removes its
        track. Raises BadOffer."""

    async def receive(self, room: str, participant: str, offer: str, *, automatic: bool = False) -> str:
        """Answer the offer of the receiving connection → SDP answer. Its recvonly m-lines are the slots:
        audio ones carry the loudest, video ones what `select` names. Raises BadOffer.

        `automatic` is for receivers that cannot ask: every slot is filled, each source keeps its slot, and
        only where there are more sources than slots the loudest have them (screens before cameras)."""

    async def select(self, room: str, participant: str, wishes: Mapping[str, Wish | None]) -> None:
        """Choose what video slots (by mid) show; mids left out stay as they are, unknown mids are ignored.
        A wish for a track that is not there yet is kept and fulfilled when it appears."""

    async def mute(self, room: str, participant: str, label: Label, muted: bool) -> None:
        """Stop (or resume) forwarding one track without renegotiation; receivers hear `TrackChanged`."""

    async def record(self, room: str, folder: str, whom: frozenset[str]) -> None:
        """Write what these participants send into a new folder in `folder`, from now on; while that goes on: these
        and nobody else from now on. Raises CannotRecord."""

    async def stop_recording(self, room: str) -> None:
        """Write nothing more: when this returns, everything before is on the disk. May be repeated."""

    async def tracks(self, room: str) -> tuple[Track, ...]:
        """What is published in the room now; empty for an unknown room."""

    async def admitted(self) -> Mapping[str, frozenset[str]]:
        """Who is admitted now: room → participants."""

    async def revoke(self, room: str, participant: str) -> None:
        """Put the participant out: when this returns no packet of theirs is forwarded and none is sent
        to them, and `publish`/`receive` raise NotAdmitted."""

    async def close(self, room: str) -> None:
        """Put everybody out and forget the room."""
