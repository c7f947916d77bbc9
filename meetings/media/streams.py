"""What comes in: one publisher's tracks, their layers, and which SSRC is which.

Sans-I/O state of `router.py`. An SSRC is learnt from the offer where it names it, from the MID and RID extensions
where it does not (simulcast), and its repair stream from the repaired RID.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from meetings.media import rtp, sdp
from meetings.media.bandwidth import Rate
from meetings.media.clocks import SenderClock, StreamClock
from meetings.media.codecs.reading import Reader, Vp8Reader, reader_for
from meetings.media.fanout import Path
from meetings.media.forwarding import Position
from meetings.media.intake import Intake, Watched
from meetings.media.nack import KeyframeRequests, Missing, Ring
from meetings.media.negotiation import Accepted, Format
from meetings.media.port import Track
from meetings.media.reception import Arrivals, Progress, Reception
from meetings.media.speakers import Loudness
from meetings.media.strain import Strain

if TYPE_CHECKING:
    from meetings.media.ladder import Ladder
    from meetings.media.lanes import Lane
    from meetings.media.slots import Slot

_MAX_SSRCS = 64
_MAX_DELAY = 2.0
_RING = {"audio": (256, 1 << 16), "video": (1024, 1 << 19)}
"""Packets and bytes kept: at 2.5 Mbit/s of pictures 1.6 s of them."""
_FLUENT = 1.4
"""Seconds of even frames after which a layer that stumbled is trusted again."""
_GIVE_UP = {"audio": 0.3, "video": 1.0}
"""Seconds after which a lost packet is no use any more."""


class Layer:
    """One incoming RTP stream: a microphone, or one simulcast layer of a picture."""

    def __init__(self, track: Published, rid: str, ssrc: int, wire: Format) -> None:
        self.track = track
        self.rid = rid
        self.ssrc = ssrc
        self.wire = wire
        self.ring = Ring(*_RING[track.kind])
        self.missing = Missing(_GIVE_UP[track.kind])
        self.keyframes = KeyframeRequests()
        self.reader = reader_for(wire, track.extensions)
        self.ladder: Ladder | None = None
        """Its sizes and frame rates, where the codec is a scalable one."""
        self.spatial = 0
        self.reduced = False
        """Less than the full frame rate: for those whose line has no room for more."""
        self.progress = Progress()
        self.reception = Reception(wire.clock, self.progress)
        self.clock = StreamClock(wire.clock)
        self.height = 0
        self.slots: list[Slot] = []
        """Who receives it now."""
        self.outputs: array[int] = array("I")
        """The same as the data plane's numbers."""
        self.waiting: list[Slot] = []
        """Who will at the next keyframe."""
        self.starved = False
        """Whether its publisher gives it much fewer frames than another layer."""
        self.changed_at = -1.0e9
        """When its format changed."""
        self.lanes: dict[str, Lane] = {}
        """Its other forms, by name."""
        self._rate_octets = self._rate_frames = 0
        self._rate_at = 0.0
        self.bitrate = 0
        self.pace: float | None = None
        """Frames per second since the last measurement."""
        self._fluent_since: float | None = None

    @property
    def last(self) -> Position:
        """The newest packet."""
        progress = self.progress
        return Position(progress.seq, progress.timestamp, progress.picture, progress.tl0, progress.at)

    @last.setter
    def last(self, last: Position) -> None:
        progress = self.progress
        progress.seq, progress.timestamp, progress.picture, progress.tl0, progress.at = last

    def count_in(self, progress: Progress) -> None:
        """Before its first packet: keep what is counted there."""
        self.progress = self.reception.progress = progress

    def disarm(self) -> None:
        """What becomes of its next packet is to be decided anew; see `intake.py`."""
        self.progress.armed = 0

    def watched(self) -> Watched | None:
        """What the data plane needs to send its packets on by itself; None where each needs a decision."""
        pictures = type(self.reader) is Vp8Reader
        simple = pictures or (type(self.reader) is Reader and not self.waiting)
        if not simple or not self.track.live or not all(lane.idle for lane in self.lanes.values()):
            return None
        loudness = self.track.loudness.memory if self.track.kind == "audio" else None
        wire = self.wire
        return Watched(
            self.progress, self.ssrc, wire.payload_type, wire.clock, pictures, self.ring, loudness, self.outputs
        )

    def become(self, wire: Format) -> None:
        """The sender changed the format; the receivers have left."""
        self.disarm()
        self.wire = wire
        self.reader = reader_for(wire, self.track.extensions)
        self.lanes.clear()
        self.ladder = None

    def choices(self) -> Sequence[Layer]:
        """What a receiver may be given: the rungs of a scalable stream, else the stream."""
        return (self.ladder.rungs if self.ladder is not None else ()) or (self,)

    def needs_keyframe(self, current: Layer | None) -> bool:
        """Whether who receives `current` can begin with this only at a keyframe."""
        return True

    def lowest(self) -> Layer | None:
        """The same picture without spatial layers, at its full frame rate."""
        return self

    def captured(self, position: Position) -> Position:
        """The same with the time of capture, where reports tell it, instead of that of arrival."""
        at = self.clock.captured(position.timestamp)
        # who lies about it gets no further than a slow line does
        return position._replace(at=at) if at is not None and 0 <= position.at - at < _MAX_DELAY else position

    @property
    def stream(self) -> Layer:
        """What it is a form of: itself, where it is all that is sent."""
        return self

    def is_active(self, now: float) -> bool:
        return now - self.progress.at < 1.0

    def measure(self, now: float) -> None:
        """Bits and frames per second since the last call, smoothed."""
        if self._rate_at and now > self._rate_at:
            rate = 8 * (self.progress.octets - self._rate_octets) / (now - self._rate_at)
            self.bitrate = round((self.bitrate + rate) / 2 if self.bitrate else rate)
            self.pace = (self.progress.frames - self._rate_frames) / (now - self._rate_at)
        self._rate_octets, self._rate_frames, self._rate_at = self.progress.octets, self.progress.frames, now
        if self.ladder is not None:
            self.ladder.measure(now)

    def starve(self) -> None:
        """Too much of it is lost; others of its picture may do better."""
        if not self.starved:
            self.starved = self.track.stumbled = True
        self._fluent_since = None

    def compare(self, best: float, now: float) -> None:
        """See whether this layer keeps up with the `best` frame rate of its picture; a stumble counts at once."""
        if self.pace is None or self.pace < 0.5 * best:
            self.starved = self.starved or self.pace is not None
            self._fluent_since = None
        elif self.pace > 0.75 * best:
            self._fluent_since = self._fluent_since or now
            self.starved = self.starved and now - self._fluent_since < _FLUENT
        else:
            self._fluent_since = None


class Published:
    """One m-line of a publisher."""

    def __init__(self, track: Track, mid: str, accepted: Accepted) -> None:
        self.track = track
        self.mid = mid
        self.accepted = accepted
        self.layers: dict[str, Layer] = {}
        self.loudness = Loudness()
        self.live = True
        """Granted and not muted: only then is it forwarded."""
        self.turns = 0
        """How often that changed."""
        self.stumbled = False
        """See `Uplink.has_stumbled`."""

    @property
    def kind(self) -> str:
        return self.track.kind

    @property
    def extensions(self) -> dict[str, int]:
        return self.accepted.extensions

    def turn(self, live: bool) -> None:
        """It is forwarded from now on, or no longer."""
        self.live = live
        self.turns += 1
        for layer in self.layers.values():
            layer.disarm()

    def announce(self) -> Track:
        self.track = replace(self.track, muted=not self.live)
        return self.track

    def flowing(self, now: float) -> list[Layer]:
        """The layers that are sent now, from the smallest to the largest.

        Heights come from keyframes; where they are unknown the bitrate orders the layers."""
        streams = [stream for stream in self.layers.values() if stream.is_active(now)]
        streams.sort(key=lambda stream: (stream.height, stream.bitrate))
        kept = [stream for place, stream in enumerate(streams) if not place or not stream.starved]
        layers = [layer for stream in kept for layer in stream.choices() if layer.is_active(now)]
        return sorted(layers, key=lambda layer: (layer.height, layer.bitrate))

    def smallest(self) -> Layer | None:
        """The layer that a line carries when it carries any."""
        return min(self.layers.values(), key=lambda layer: (layer.height, layer.bitrate), default=None)

    def measure(self, now: float) -> None:
        """Take the rates of all layers, and see which one its publisher starves.

        One whose line is narrow feeds the small layer first: a large one that stumbles is no better picture."""
        for layer in self.layers.values():
            layer.measure(now)
        best = max((layer.pace or 0.0 for layer in self.layers.values() if layer.is_active(now)), default=0.0)
        for layer in self.layers.values():
            layer.compare(best, now)


class Uplink:
    """A participant's sending connection."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        """Ours, in what we report."""
        self.path: Path | None = None
        self.published: dict[str, Published] = {}
        self.layers: dict[int, Layer] = {}
        self.repairs: dict[int, Layer] = {}
        self.intake = Intake()
        self.strain = Strain()
        self.pictures = Rate(0.15)
        self.clock = SenderClock()
        self.media_ssrc = 0
        self._declared: dict[int, str] = {}
        self._declared_repairs: dict[int, int] = {}
        self._ids: dict[str, int] = {}

    @property
    def arrivals(self) -> Arrivals:
        return self.intake.arrivals

    @property
    def octets(self) -> int:
        return self.intake.totals[0]

    def negotiated(self, offer: sdp.Offer) -> None:
        """Take what the offer says of SSRCs and extension ids (the same for all m-lines of a bundle)."""
        self._declared.clear()
        self._declared_repairs.clear()
        for section in offer.sections:
            if section.mid not in self.published:
                continue
            if len(section.rids) <= 1:
                repairs = {repair for _, repair in section.repairs}
                self._declared.update({ssrc: section.mid for ssrc in section.ssrcs if ssrc not in repairs})
                self._declared_repairs.update({repair: media for media, repair in section.repairs})
        self._ids = {}
        for published in self.published.values():
            self._ids.update(published.extensions)
        self.intake.transport_id = self._ids.get(sdp.TRANSPORT_CC, 0)
        self.intake.level_id = self._ids.get(sdp.AUDIO_LEVEL, 0)
        for layer in self.layers.values():
            layer.disarm()

    def has_stumbled(self) -> bool:
        """Whether a layer was found starved since the last question."""
        stumbled = [published for published in self.published.values() if published.stumbled]
        for published in stumbled:
            published.stumbled = False
        return bool(stumbled)

    def forget(self, mid: str) -> Published | None:
        published = self.published.pop(mid, None)
        if published is not None:
            for layer in published.layers.values():
                layer.disarm()
            self.layers = {ssrc: layer for ssrc, layer in self.layers.items() if layer.track is not published}
            self.repairs = {ssrc: layer for ssrc, layer in self.repairs.items() if layer.track is not published}
        return published

    def learn(self, packet: bytes, header: rtp.Header) -> bool:
        """Find out whose SSRC this is; True when the packet can be looked up now."""
        if len(self.layers) + len(self.repairs) >= _MAX_SSRCS:
            return False
        named = self._named(packet, header)
        mid = self._declared.get(header.ssrc) or named.get(sdp.MID, "")
        published = self.published.get(mid)
        media = self._declared_repairs.get(header.ssrc)
        if media is not None:
            return self._repair(header.ssrc, self.layers.get(media))
        if published is None:
            return False
        repaired = named.get(sdp.REPAIRED_RID)
        formats = published.accepted.formats
        if any(item.repair == header.payload_type for item in formats):
            return self._repair(header.ssrc, published.layers.get(repaired or ""))
        wire = next((item for item in formats if item.payload_type == header.payload_type), None)
        rid = named.get(sdp.RID, "")
        if wire is None or (rid and rid not in published.accepted.answer.rids):
            return False
        if published.accepted.answer.rids and not rid:
            return False
        old = published.layers.get(rid)
        if old is not None:  # the browser changed its SSRC: a new layer takes the old one's place
            old.disarm()
            self.layers.pop(old.ssrc, None)
            self.repairs = {ssrc: layer for ssrc, layer in self.repairs.items() if layer is not old}
        layer = Layer(published, rid, header.ssrc, wire)
        layer.clock.sender = self.clock
        published.layers[rid] = layer
        self.layers[header.ssrc] = layer
        self.media_ssrc = self.media_ssrc or header.ssrc
        return True

    def _repair(self, ssrc: int, layer: Layer | None) -> bool:
        if layer is None:
            return False
        self.repairs[ssrc] = layer
        return True

    def _named(self, packet: bytes, header: rtp.Header) -> dict[str, str]:
        uris = {number: uri for uri, number in self._ids.items()}
        named = {}
        for number, _, value, end in rtp.extensions(packet, header):
            uri = uris.get(number)
            if uri in (sdp.MID, sdp.RID, sdp.REPAIRED_RID):
                named[uri] = packet[value:end].decode("ascii", "replace")
        return named
