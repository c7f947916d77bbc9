"""RTCP both ways: what publishers and receivers report, what we ask and tell them, and the figures of a participant.

Sans-I/O functions of `router.py` over its connections. Messages are read by aiortc's parser; whatever it raises on
hostile input ends here.
"""

from __future__ import annotations

from struct import error as StructError
from struct import pack

from meetings.media import reception, rtp
from meetings.media.association import (
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)
from meetings.media.bandwidth import Packet
from meetings.media.fanout import Path, Plane
from meetings.media.feedback import parse_feedback
from meetings.media.port import ParticipantStats, PictureStats
from meetings.media.slots import Downlink
from meetings.media.streams import Layer, Uplink

_NACK, _PLI, _FIR = 1, 1, 4
_FEEDBACK, _TRANSPORT_WIDE, _APPLICATION = 205, 15, 15
_EXTENDED, _REFERENCE_TIME, _DELAY = 207, 4, 5
_MAX_REPEATS = 256
_HOPELESS = 25
"""So many packets missing at once, and their sender's line is full."""
_MAX_BLOCKS = 31


def parse(data: bytes) -> list[AnyRtcpPacket] | None:
    """Compound RTCP; None when it lies about its lengths."""
    try:
        return RtcpPacket.parse(data)
    except (ValueError, StructError, IndexError):
        return None


def _split(data: bytes) -> list[bytes] | None:
    """The packets of a compound; None when it lies about its lengths."""
    found, at = [], 0
    while at < len(data):
        end = at + 4 * (int.from_bytes(data[at + 2 : at + 4], "big") + 1)
        if end > len(data) or data[at] >> 6 != 2:
            return None
        found.append(data[at:end])
        at = end
    return found


def delay_report(ssrc: int, packet: bytes) -> bytes | None:
    """The answer to a receiver's reference time (RFC 3611 4.4, 4.5), from which it learns the round trip; None when
    the packet holds none."""
    at = 8
    while at + 12 <= len(packet):
        kind, size = packet[at], 4 + 4 * int.from_bytes(packet[at + 2 : at + 4], "big")
        if kind == _REFERENCE_TIME and size == 12:
            head = pack("!BBHI", 0x80, _EXTENDED, 5, ssrc)
            return head + pack("!BBH", _DELAY, 0, 3) + packet[4:8] + packet[at + 6 : at + 10] + bytes(4)
        at += size
    return None


def from_publisher(up: Uplink, data: bytes, now: float, plane: Plane) -> bool:
    """Decrypted RTCP of a sending connection; False when it is malformed."""
    packets = parse(data)
    for packet in packets or ():
        if isinstance(packet, RtcpSrPacket):
            layer = up.layers.get(packet.ssrc)
            if layer is not None:
                info = packet.sender_info
                layer.reception.sender_report(info.ntp_timestamp, now)
                layer.clock.report(info.ntp_timestamp, info.rtp_timestamp, now)
                for form in (layer, *layer.lanes.values()):
                    _relay(form, packet, now, plane)
        elif isinstance(packet, RtcpByePacket):
            for ssrc in packet.sources:
                layer = up.layers.get(ssrc)
                if layer is not None:
                    layer.last = layer.last._replace(at=0.0)
    return packets is not None


def _relay(layer: Layer, packet: RtcpSrPacket, now: float, plane: Plane) -> None:
    info = packet.sender_info
    for slot in layer.slots:
        report = slot.sender_report(info.rtp_timestamp, now)
        if report is not None and slot.path is not None:
            plane.send_rtcp(slot.path, report)


def from_receiver(down: Downlink, data: bytes, now: float, plane: Plane) -> bool:
    """Decrypted RTCP of a receiving connection: losses, repetitions, keyframes; False when it is malformed."""
    parts = _split(data)
    if parts is None:
        return False
    good = True
    for part in parts:
        if part[1] == _EXTENDED:
            _tell_delay(down, part, plane)
        elif part[1] == _FEEDBACK and part[0] & 0x1F == _TRANSPORT_WIDE:
            _take_feedback(down, part, now)
        else:
            packets = parse(part)
            good = good and packets is not None
            for packet in packets or ():
                _obey(down, packet, now, plane)
    return good


def _obey(down: Downlink, packet: AnyRtcpPacket, now: float, plane: Plane) -> None:
    if isinstance(packet, RtcpRrPacket):
        lost = sent = 0.0
        for report in packet.reports:
            slot = down.by_ssrc.get(report.ssrc)
            if slot is not None:
                slot.reported(report.fraction_lost, report.lsr, report.dlsr, now)
                if slot.layer is not None:
                    lost += slot.lost * slot.layer.bitrate
                    sent += slot.layer.bitrate
        if sent:  # the line's share, whatever it is made of
            down.estimator.loss_report(lost / sent, down.sending.rate, now)
    elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == _NACK:
        slot = down.by_ssrc.get(packet.media_ssrc)
        if slot is not None:
            down.repeat(slot, packet.lost[:_MAX_REPEATS], now, plane)
    elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (_PLI, _FIR):
        # a FIR names its target inside (RFC 5104 4.3.1.1)
        target = packet.media_ssrc if packet.fmt == _PLI else int.from_bytes(packet.fci[:4], "big")
        slot = down.by_ssrc.get(target)
        if slot is not None and slot.layer is not None:
            slot.layer.keyframes.want()
    elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == _APPLICATION and packet.fci[:4] == b"REMB":
        rate = _remb(packet.fci)
        if rate is not None:
            down.estimator.remb(rate, now)


def _remb(fci: bytes) -> float | None:
    try:
        return float(unpack_remb_fci(fci)[0])
    except (ValueError, StructError, IndexError):
        return None


def _take_feedback(down: Downlink, packet: bytes, now: float) -> None:
    told, path = parse_feedback(packet), down.path
    if told is None or path is None:
        return
    if down.estimator.quiet(now):  # the line is back: whoever waited for it sees the newest picture first
        for slot in down.slots.values():
            if slot.layer is not None:
                slot.layer.keyframes.want()
    down.estimator.told(down.untold(now), now)
    clock = down.estimator.arrival_clock(told.reference)
    packets = []
    for place, arrival in enumerate(told.arrivals):
        number = (told.base + place) & rtp.SEQ
        sent = path.sent.get(number)
        fresh = down.reported < 0 or rtp.newer(number, down.reported)
        # what was told as lost may be told again as late
        if sent is not None and (fresh or arrival is not None):
            packets.append(Packet(sent[0], sent[1], clock + arrival if arrival is not None else None))
    newest = (told.base + len(told.arrivals) - 1) & rtp.SEQ
    down.reported, down.reported_at = newest, (path.sent.get(newest) or (now, 0))[0]
    down.estimator.feedback(packets, now)


def _tell_delay(down: Downlink, packet: bytes, plane: Plane) -> None:
    for slot in down.slots.values():
        report = delay_report(slot.ssrc, packet) if slot.layer is not None else None
        if report is not None and slot.path is not None:
            plane.send_rtcp(slot.path, report)


def ask(up: Uplink, path: Path, now: float, plane: Plane) -> None:
    """Ask a publisher for what is missing and for keyframes that somebody waits for."""
    full, begins = up.strain.is_full(now), up.strain.begins(now)
    for layer in up.layers.values():
        if layer.track.kind == "video" and (full or layer.starved):
            if layer is not layer.track.smallest():  # nobody is to be given it
                layer.missing.forget()
                if full:
                    layer.starve()
                continue
            if begins:  # what the small picture lost until now costs as much as a new one
                layer.missing.forget()
                layer.keyframes.want()
        if len(layer.missing) > _HOPELESS and len(layer.track.layers) > 1:
            # its sender's line is full: repetitions would take what the small layer needs
            layer.missing.forget()
            layer.starve()
        lost = layer.missing.due(now, layer.reception.received) if len(layer.missing) else []
        if lost:
            plane.send_rtcp(path, reception.nack(up.ssrc, layer.ssrc, lost))
        if layer.missing.given_up and layer.slots:
            layer.missing.given_up = 0
            layer.keyframes.want()
        if layer.track.kind == "video" and layer.keyframes.due(now):
            plane.send_rtcp(path, reception.picture_loss(up.ssrc, layer.ssrc))


def feed_back(up: Uplink, path: Path, now: float, plane: Plane) -> None:
    """Transport-wide feedback on what came since the last; what may be sent, where a line is full."""
    pictures = [layer for layer in up.layers.values() if layer.track.kind == "video"]
    up.pictures.measure(sum(layer.reception.octets for layer in pictures), now)
    # a voice leaves at an even pace, whatever the pictures do
    steady = next((layer for layer in up.layers.values() if layer.track.kind == "audio"), None)
    if steady is not None and now - steady.last.at < 0.2:
        up.strain.queue.came(steady.last.timestamp / steady.wire.clock, steady.last.at)
    for packet in up.intake.arrivals.feedback(
        up.ssrc, up.media_ssrc, lambda came, lost: up.strain.forgives(came, lost, now)
    ):
        plane.send_rtcp(path, packet)
    up.strain.look(up.pictures.rate, now)
    if up.strain.is_full(now):
        _limit(up, path, plane)


def _limit(up: Uplink, path: Path, plane: Plane) -> None:
    """Tell a publisher what arrives (draft-alvestrand-rmcat-remb-03): faster than its own estimate."""
    if up.strain.limit is not None:
        fci = pack_remb_fci(int(up.strain.limit), list(up.layers))
        plane.send_rtcp(path, bytes(RtcpPsfbPacket(fmt=_APPLICATION, ssrc=up.ssrc, media_ssrc=0, fci=fci)))


def sign_of_life(up: Uplink | None, down: Downlink | None, plane: Plane) -> None:
    """An empty report on each connection: who hears none of these knows that the path is gone, seconds before ICE."""
    for side in (up, down):
        if side is not None and side.path is not None:
            plane.send_rtcp(side.path, bytes(RtcpRrPacket(ssrc=side.ssrc)))


def report(up: Uplink, path: Path, now: float, plane: Plane) -> None:
    """A receiver report on every stream that flows."""
    _limit(up, path, plane)
    blocks = [
        layer.reception.report(layer.ssrc, now)
        for layer in up.layers.values()
        if layer.reception.received and now - layer.last.at < 5
    ]
    if blocks:
        plane.send_rtcp(path, bytes(RtcpRrPacket(ssrc=up.ssrc, reports=blocks[:_MAX_BLOCKS])))


def _pictures(down: Downlink) -> tuple[PictureStats, ...]:
    return tuple(
        PictureStats(
            slot.source.track.id,
            slot.layer.rid.lstrip("/") if slot.layer is not None else "",
            slot.layer.height if slot.layer is not None else 0,
            slot.paused,
        )
        for slot in down.slots.values()
        if slot.kind == "video" and slot.source is not None
    )


_LATELY = 2.5
"""Seconds: a little more than the time between two reports, and than a silence that is sent now and then."""


class Meter:
    """Turns one participant's totals into rates."""

    def __init__(self, now: float) -> None:
        self._at = now
        self._up = 0
        self._down = 0

    def read(self, name: str, up: Uplink | None, down: Downlink | None, now: float) -> ParticipantStats:
        """The figures since the last reading."""
        elapsed = max(now - self._at, 1e-3)
        came = up.octets if up is not None else 0
        went = down.path.octets if down is not None and down.path is not None else 0
        layers = list(up.layers.values()) if up is not None else []
        slots = [slot for slot in down.slots.values() if slot.layer is not None] if down is not None else []
        figures = ParticipantStats(
            participant=name,
            up_bps=round(8 * max(0, came - self._up) / elapsed),
            down_bps=round(8 * max(0, went - self._down) / elapsed),
            up_loss=max((layer.reception.loss for layer in layers), default=0.0),
            down_loss=max((slot.lost for slot in slots), default=0.0),
            round_trip=min((slot.round_trip for slot in slots if slot.round_trip is not None), default=None),
            pictures=_pictures(down) if down is not None else (),
            arriving=frozenset(
                layer.track.track.label
                for layer in layers
                if layer.reception.received and now - layer.last.at < _LATELY
            ),
        )
        self._at, self._up, self._down = now, came, went
        return figures
