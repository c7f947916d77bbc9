"""The receiving half of the data plane's Python form: decrypt where the kernel wrote, send on what needs no decision.

`_fanout.c` does the same; the two are tested against each other. What is done here for each packet of an armed stream
is what `router.py` does for the next packet of any stream, less everything that may be decided there.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from struct import Struct
from typing import TYPE_CHECKING

from pylibsrtp._binding import lib

from meetings.media import rtp
from meetings.media.batches import SIZE, Mail, session_pointer
from meetings.media.fanout import Came
from meetings.media.intake import Intake, Watched

if TYPE_CHECKING:
    from meetings.media.fanout_python import Piece, PythonPlane

RUN = 4
"""Packets of one stream that go on together."""
_U32 = Struct("!I").unpack_from


class PythonInbox:
    """`fanout.Inbox` of a socket that can receive many datagrams by one call."""

    def __init__(self, plane: PythonPlane, descriptor: array[int]) -> None:
        self._plane = plane
        self._mail = Mail(descriptor)
        self._routes: dict[bytes, Intake] = {}

    def route(self, sockaddr: bytes, intake: Intake) -> None:
        self._routes[sockaddr] = intake

    def forget(self, sockaddr: bytes) -> None:
        self._routes.pop(sockaddr, None)

    def receive(self, now: float) -> Iterator[Came]:
        plane, routes, left = self._plane, self._routes, SIZE
        run: list[Piece] = []
        running: Watched | None = None
        # again, for what came while the first were sent on: no wake-up, and one send for both
        while left > 0 and (came := self._mail.fetch(left)):
            left -= len(came)
            for view, start, length, size, name in came:
                intake = routes.get(name)
                session = intake.session if intake is not None and size >= 12 else None
                watched = None
                if session is not None and intake is not None and view[0] >> 6 == 2 and not 192 <= view[1] <= 223:
                    watched = intake.streams.get(_U32(view, 8)[0])
                if watched is None or intake is None:
                    if run and running is not None:
                        plane.push_all(run, running.outputs)
                        run = []
                    yield bytes(view[:size]), name, False
                    continue
                length[0] = size
                if lib.srtp_unprotect(session_pointer(session), start, length):
                    plane.forged += 1
                    plane.taken += 1
                    continue
                packet = bytes(view[: length[0]])
                piece = _passing(plane, intake, watched, packet, now)
                if run and running is not None and (piece is None or running is not watched or len(run) == RUN):
                    plane.push_all(run, running.outputs)
                    run = []
                if piece is None:
                    yield packet, name, True
                    continue
                plane.taken += 1
                running = watched
                run.append(piece)
            if run and running is not None:
                plane.push_all(run, running.outputs)
                run = []


def _passing(plane: PythonPlane, intake: Intake, watched: Watched, packet: bytes, now: float) -> Piece | None:
    """Count a decrypted packet, if it is one that needs no decision; nothing is changed before that is known."""
    progress = watched.progress
    if not progress.armed or progress.generation != plane.generation:
        progress.armed = 0
        return None
    header = rtp.parse(packet)
    if header is None or header.payload >= header.end:
        return None
    seq = header.seq
    if seq != (progress.seq + 1) & rtp.SEQ or header.payload_type != watched.payload_type or progress.highest < 0:
        return None
    vp8 = rtp.parse_vp8(packet, header.payload, header.end) if watched.pictures else None
    if (vp8 is not None and vp8.keyframe) or not watched.ring.put(seq, packet):
        return None
    size, timestamp = len(packet), header.timestamp
    intake.totals[0] += size
    if watched.loudness is not None or intake.transport_id:
        _note(intake, watched, packet, header, now)
    progress.received += 1
    progress.octets += size
    progress.highest += 1
    if timestamp != progress.frame:
        progress.frame = timestamp
        progress.frames += 1
    transit = now * watched.clock - timestamp
    if progress.timed:
        delta = abs(transit - progress.transit)
        if delta < watched.clock:
            progress.jitter += (delta - progress.jitter) / 16
    progress.transit = transit
    progress.timed = 1
    progress.seq, progress.timestamp, progress.at = seq, timestamp, now
    progress.picture, progress.tl0 = (vp8.picture, vp8.tl0) if vp8 is not None else (0, 0)
    return packet, header, vp8


def _note(intake: Intake, watched: Watched, packet: bytes, header: rtp.Header, now: float) -> None:
    """The elements that tell of the line and of the voice."""
    level = intake.note(packet, header, now)
    loud = 90.0 if level is None else 127.0 - level  # without a level activity counts
    loudness = watched.loudness
    if loudness is not None:
        loudness[0] += (loud - loudness[0]) * (0.3 if loud > loudness[0] else 0.03)
        loudness[1] = now
