"""The machine of one room: takes negotiated connections, packets and time, and says what goes where.

Sans-I/O: `now` (seconds, monotonic) is an argument, packets leave through the `Plane`, facts through `emit`.
`runner.py` drives it. It is the only place where tracks meet slots.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping

from pylibsrtp import Session

from meetings.media import control, rtp, sdp, selection
from meetings.media.codecs import red
from meetings.media.fanout import Path, Plane
from meetings.media.forwarding import Position
from meetings.media.ladder import ladder_for
from meetings.media.member import Member
from meetings.media.negotiation import accept_receiving, accept_sending, dormant
from meetings.media.port import (
    EVERYTHING,
    Joined,
    Label,
    Left,
    MediaSettings,
    NotAdmitted,
    RoomEvent,
    Slots,
    Speaking,
    Stats,
    Track,
    TrackAdded,
    TrackChanged,
    TrackRemoved,
    Wish,
)
from meetings.media.slots import Downlink, Slot
from meetings.media.speakers import who_speaks, worth
from meetings.media.streams import Layer, Published, Uplink

FEEDBACK, PROBES, REPORTS, SPEAKERS, LAYERS, STATS = 0.05, 0.1, 1.0, 0.3, 0.5, 2.0
_FALLBACK = {"audio": (Label.MICROPHONE, Label.SCREEN_SOUND), "video": (Label.CAMERA, Label.SCREEN)}


class Room:
    def __init__(
        self, name: str, plane: Plane, settings: MediaSettings, emit: Callable[[RoomEvent], None], now: float
    ) -> None:
        self.name = name
        self.members: dict[str, Member] = {}
        self.tracks: dict[str, Published] = {}
        self._plane = plane
        self._settings = settings
        self._emit = emit
        self.speaking: tuple[str, ...] = ()
        self._due = {every: now + every for every in (FEEDBACK, PROBES, REPORTS, SPEAKERS, LAYERS, STATS)}
        self._track_count = 0

    # Grants ---------------------------------------------------------------------------------------------------------

    def member(self, name: str) -> Member:
        try:
            return self.members[name]
        except KeyError:
            raise NotAdmitted(f"{name} is not in {self.name}") from None

    def admit(self, name: str, now: float, publish: frozenset[Label] = EVERYTHING) -> None:
        if name in self.members:
            self.grant(name, publish)
        else:
            self.members[name] = Member(name, publish, now)

    def grant(self, name: str, publish: frozenset[Label]) -> None:
        member = self.member(name)
        member.publish = publish
        self._apply_grant(member)

    def mute(self, name: str, label: Label, muted: bool) -> None:
        member = self.member(name)
        (member.muted.add if muted else member.muted.discard)(label)
        self._apply_grant(member)

    def _apply_grant(self, member: Member) -> None:
        for published in list(member.up.published.values()) if member.up else []:
            label = published.track.label
            live = label in member.publish and label not in member.muted
            if live == published.live:
                continue
            published.turn(live)
            if not live:
                self._unplug(published)
            self._emit(TrackChanged(self.name, published.announce()))
        self.assign()

    def remove(self, name: str, reason: str) -> None:
        """Put a member out: nothing of theirs is forwarded and nothing is sent to them from here on."""
        member = self.members.pop(name, None)
        if member is None:
            return
        self.close_up(member)
        self.close_down(member)
        self._emit(Left(self.name, name, reason))
        self.assign()

    # Negotiation ----------------------------------------------------------------------------------------------------

    def publish(
        self, name: str, offer: sdp.Offer, labels: Mapping[str, Label] | None, now: float
    ) -> list[sdp.AnswerSection | None]:
        """Take the m-lines of a sending connection; what each becomes in the answer."""
        member = self.member(name)
        if member.up is None:
            member.up = Uplink(secrets.randbelow(0xFFFFFFFE) + 1)
        up = member.up
        answers: list[sdp.AnswerSection | None] = []
        named = dict(labels or {})
        taken = {named[section.mid] for section in offer.sections if section.mid in named}
        for section in offer.sections:
            accepted = accept_sending(section) if section.sends else None
            if accepted is None:
                self._unpublish(up, section.mid)
                answers.append(dormant(section) if section.is_media else None)
                continue
            label = named.get(section.mid) or next((one for one in _FALLBACK[section.kind] if one not in taken), None)
            if label is None or any(p.track.label is label for mid, p in up.published.items() if mid != section.mid):
                self._unpublish(up, section.mid)
                answers.append(dormant(section))
                continue
            taken.add(label)
            known = up.published.get(section.mid)
            if known is not None and known.track.label is label:
                known.accepted = accepted
            else:
                self._unpublish(up, section.mid)
                self._track_count += 1
                live = label in member.publish and label not in member.muted
                track = Track(f"{self._track_count:x}-{secrets.token_hex(4)}", name, label, section.kind, not live)
                known = up.published[section.mid] = Published(track, section.mid, accepted)
                known.live = live
                self.tracks[track.id] = known
                self._emit(TrackAdded(self.name, track))
            answers.append(accepted.answer)
        for mid in up.published.keys() - {section.mid for section in offer.sections}:
            self._unpublish(up, mid)
        up.negotiated(offer)
        self.assign(now)
        return answers

    def receive(
        self, name: str, offer: sdp.Offer, now: float, *, automatic: bool = False
    ) -> list[sdp.AnswerSection | None]:
        """Take the m-lines of a receiving connection as slots."""
        member = self.member(name)
        if member.down is None:
            member.down = Downlink(secrets.randbelow(0xFFFFFFFE) + 1)
        down = member.down
        down.automatic = automatic
        answers: list[sdp.AnswerSection | None] = []
        for section in offer.sections:
            accepted = None
            if section.receives:
                slot = down.slot(name, section.mid, section.kind)
                stream = f"slot-{section.mid}"
                accepted = accept_receiving(section, slot.ssrc, slot.repair_ssrc, stream)
                slot.accepted = accepted
            if accepted is None:
                if section.mid in down.slots:
                    down.drop(section.mid, self._plane)
                answers.append(dormant(section) if section.is_media else None)
            else:
                answers.append(accepted.answer)
        for mid in down.slots.keys() - {section.mid for section in offer.sections}:
            down.drop(mid, self._plane)
        down.estimate(now)
        down.open_outputs(self._plane)
        self.assign(now, [member])
        return answers

    def select(self, name: str, wishes: Mapping[str, Wish | None], now: float) -> None:
        member = self.member(name)
        member.wish(wishes, 2 * self._settings.max_sections)
        self.assign(now, [member])

    # Connections ----------------------------------------------------------------------------------------------------

    def up_ready(self, member: Member, path: Path, receiving: Session | None = None) -> None:
        """`receiving`: what decrypts, where the data plane may do that by itself."""
        if member.up is not None:
            member.up.path = path
            member.up.intake.session = receiving
            self._joined(member)

    def down_ready(self, member: Member, path: Path, now: float) -> None:
        if member.down is not None:
            member.down.ready(path, self._plane)
            self._joined(member)
            self.assign(now, [member])

    def _joined(self, member: Member) -> None:
        if not member.joined:
            member.joined = True
            self._emit(Joined(self.name, member.name))

    def close_up(self, member: Member) -> None:
        """The sending connection ended: its tracks go."""
        up, member.up = member.up, None
        if up is not None:
            for mid in list(up.published):
                self._unpublish(up, mid)
            up.intake.close()
            if up.path is not None:
                up.path.close()

    def close_down(self, member: Member) -> None:
        down, member.down = member.down, None
        if down is not None:
            if down.path is not None:
                down.path.close()
            down.close(self._plane)

    def _unpublish(self, up: Uplink, mid: str) -> None:
        if (published := up.forget(mid)) is not None:
            del self.tracks[published.track.id]
            self._unplug(published)
            self._emit(TrackRemoved(self.name, published.track))

    def _unplug(self, published: Published) -> None:
        """No slot shows this track any more."""
        for slot in self._slots():
            if slot.source is published:
                slot.detach()

    def _slots(self) -> Iterable[Slot]:
        for member in self.members.values():
            if member.down is not None:
                yield from member.down.slots.values()

    # Who sees what --------------------------------------------------------------------------------------------------

    def assign(self, now: float | None = None, members: Iterable[Member] | None = None, *, weigh: bool = True) -> None:
        """Bring the slots (of these members alone) in line with wishes, grants and loudness; announce what changed.

        Without `weigh` the layers of those whose sources stay are left as they are."""
        rankings = worth(self.tracks.values())
        flows: selection.Flows = {}
        for member in self.members.values() if members is None else members:
            down = member.down
            if down is None:
                continue
            changed = selection.fill(member, down, self.tracks, rankings, self._settings.audio_slots)
            if changed or weigh:
                selection.choose(member, down, now, flows)
                self._tell_slots(member, down)

    def _tell_slots(self, member: Member, down: Downlink) -> None:
        shown = {
            mid: slot.source.track.id if slot.source and not slot.paused else None for mid, slot in down.slots.items()
        }
        if shown != down.shown:
            down.shown = shown
            self._emit(Slots(self.name, member.name, dict(shown)))

    # Packets --------------------------------------------------------------------------------------------------------

    def on_rtp(self, up: Uplink, packet: bytes, now: float) -> bool:
        """One decrypted RTP packet of a publisher; False when it is no use."""
        header = rtp.parse(packet)
        if header is None:
            return False
        intake = up.intake
        intake.totals[0] += len(packet)
        level = intake.note(packet, header, now) if intake.transport_id or intake.level_id else None
        if header.ssrc not in up.layers and header.ssrc not in up.repairs:
            if not up.learn(packet, header):
                return False
            self._begin(up, header, now)
        layer = up.layers.get(header.ssrc)
        if layer is None:
            self._repair(up.repairs[header.ssrc], packet, header, now)
            return True
        if header.payload_type != layer.wire.payload_type:
            adapted = self._adapt(layer, packet, header, now)
            if adapted is None:
                return False
            packet, header = adapted
        if layer.track.kind == "audio":
            layer.track.loudness.heard(level, now)
        self._forward(layer, packet, header, now)
        if layer.missing.urgent and up.path is not None:
            control.ask(up, up.path, now, self._plane)
        if not layer.progress.armed and intake.session is not None and (watched := layer.watched()) is not None:
            self._plane.arm(intake, watched)
        return True

    def _begin(self, up: Uplink, header: rtp.Header, now: float) -> None:
        """An SSRC was learnt: if it is a layer, slots may begin with this very packet."""
        if (layer := up.layers.get(header.ssrc)) is not None:
            layer.ladder = ladder_for(layer)
            layer.count_in(self._plane.progress())
            layer.last = Position((header.seq - 1) & rtp.SEQ, header.timestamp, 0, 0, now)
            self.assign(now, [member for member in self.members.values() if member.shows(layer.track)])

    def _adapt(self, layer: Layer, packet: bytes, header: rtp.Header, now: float) -> tuple[bytes, rtp.Header] | None:
        """A packet in another format than its stream's: what to forward instead, None when it is no use.

        Browsers send a frame that is too large to repeat as plain Opus among redundant ones; any other change is
        the sender's choice of another codec, with which its receivers begin anew."""
        formats = layer.track.accepted.formats
        wire = next((item for item in formats if item.payload_type == header.payload_type), None)
        if wire is None:
            return None
        if layer.wire.inner == wire.payload_type:
            packet = red.wrap(packet, header, layer.wire.payload_type)
            again = rtp.parse(packet)
            return (packet, again) if again is not None else None
        if now - layer.changed_at < 1.0:  # each change costs the whole room a choice
            return None
        layer.changed_at = now
        for slot in self._slots():
            if slot.source is layer.track:
                slot.show(None)
                slot.show(layer.track)
        layer.become(wire)
        layer.ladder = ladder_for(layer)
        self.assign(now)
        return packet, header

    def _repair(self, layer: Layer, packet: bytes, header: rtp.Header, now: float) -> None:
        """A repetition from the publisher; browsers also probe with old packets and with padding."""
        original = rtp.unwrap_rtx(packet, header, layer.ssrc, layer.wire.payload_type)
        again = rtp.parse(original) if original is not None else None
        if original is not None and again is not None:
            layer.missing.repaired(again.seq, now)
            self._forward(layer, original, again, now)

    def _forward(self, layer: Layer, packet: bytes, header: rtp.Header, now: float) -> None:
        seq = header.seq
        progress = layer.progress
        newest = progress.seq
        behind = (newest - seq) & rtp.SEQ
        late = behind < 0x8000 and progress.received > 0
        if (late and behind >= 256) or not layer.ring.put(seq, packet):
            return
        layer.reception.count(seq, header.timestamp, len(packet), now)
        if late:
            vp8 = layer.reader.numbers(packet, header)
            if layer.track.kind == "video":  # repeated sound comes under its own number: see negotiation
                layer.missing.came(seq, now)
            else:
                layer.missing.repaired(seq, now)
            for slot in layer.slots:
                slot.send_late(layer, packet, header, vp8, self._plane)
            for lane in layer.lanes.values():
                lane.follow_late(packet, header, vp8, self._plane)
            return
        count = (seq - newest) & rtp.SEQ
        # too much to repair, or a line that was down: what was missed meanwhile is no news any more
        if (
            count != 1
            and layer.wire.repeats
            and (not layer.missing.gap(newest, seq, now) or (count > 20 and now - progress.at > 0.5))
        ):
            layer.keyframes.want()
        vp8 = layer.reader.read(packet, header)
        if layer.ladder is not None:
            layer.ladder.note(header, len(packet), now)
        keyframe = vp8 is not None and vp8.keyframe
        if vp8 is not None and keyframe:
            layer.keyframes.came(seq, now)
            layer.height = vp8.height or layer.height
        position = Position(
            seq,
            header.timestamp,
            vp8.picture if vp8 is not None else 0,
            vp8.tl0 if vp8 is not None else 0,
            now,
        )
        if layer.track.live and header.end > header.payload:
            for slot in list(layer.waiting) if keyframe else ():
                slot.attach(layer, position, self._plane)
            for lane in layer.lanes.values():
                lane.admit(position, keyframe, self._plane)
        layer.last = position
        if header.end == header.payload:  # padding alone: a probe, of no use to anybody else
            for slot in layer.slots:
                slot.skip(seq, self._plane)
        elif layer.outputs:
            self._plane.push(packet, header, vp8, layer.outputs)
        for lane in layer.lanes.values():
            lane.follow(packet, header, vp8, position, self._plane)

    def on_publisher_rtcp(self, up: Uplink, data: bytes, now: float) -> bool:
        return control.from_publisher(up, data, now, self._plane)

    def on_receiver_rtcp(self, down: Downlink, data: bytes, now: float) -> bool:
        return control.from_receiver(down, data, now, self._plane)

    # Time -----------------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Every 20 ms or so: ask for what is missing, report, choose speakers and layers."""
        due = {interval for interval, at in self._due.items() if at <= now}
        for interval in due:
            self._due[interval] = now + interval
        stumbled = False
        for member in self.members.values():
            up = member.up
            if LAYERS in due:
                control.sign_of_life(up, member.down, self._plane)
            if up is not None and up.path is not None:
                control.ask(up, up.path, now, self._plane)
                stumbled = up.has_stumbled() or stumbled
                if FEEDBACK in due:
                    control.feed_back(up, up.path, now, self._plane)
                if REPORTS in due:
                    control.report(up, up.path, now, self._plane)
                if LAYERS in due:
                    for published in up.published.values():
                        published.measure(now)
            down = member.down
            if down is not None:
                if REPORTS in due:
                    for slot in down.slots.values():
                        slot.renew()
                if FEEDBACK in due:
                    down.estimator.watch(down.untold(now), now)
                if PROBES in due or down.estimator.probing:
                    down.probe(now, self._plane)
                rested = 0 < down.rests_until <= now
                if rested:
                    down.rests_until = 0.0
                if rested or down.estimator.limit(now) < 0.9 * down.allotted:
                    selection.choose(member, down, now, {})
                    self._tell_slots(member, down)
        if SPEAKERS in due:
            self._hear(now)
        if LAYERS in due or SPEAKERS in due or stumbled:
            self.assign(now, weigh=stumbled or LAYERS in due)
        if STATS in due and self.members:
            figures = tuple(m.meter.read(m.name, m.up, m.down, now) for m in self.members.values())
            self._emit(Stats(self.name, figures))

    def _hear(self, now: float) -> None:
        order = who_speaks(self.tracks.values(), now)
        if set(order) != set(self.speaking):
            self.speaking = order
            self._emit(Speaking(self.name, order))
