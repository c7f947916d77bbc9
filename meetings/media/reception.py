"""What we tell a sender about its packets: receiver reports (RFC 3550 6.4) and transport-wide feedback
(draft-holmer-rmcat-transport-wide-cc-extensions-01).

Pure; times in seconds are arguments. The router owns one `Reception` per stream and one `Arrivals` per connection.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from struct import Struct, pack

from meetings.media import rtp
from meetings.media.association import RtcpReceiverInfo

ARRIVAL = Struct("=dH6x")
"""When (seconds) which transport-wide number came: `fanout_arrival` of `_fanout.h`."""
NOTED = 512
"""Of a connection between two reports, at most; what comes beyond that counts as lost."""


def nack(sender: int, media: int, lost: Sequence[int]) -> bytes:
    """A generic NACK (RFC 4585 6.2.1) for sequence numbers in ascending order, which may wrap."""
    body = pack("!II", sender, media)
    index = 0
    while index < len(lost):
        first, mask = lost[index], 0
        index += 1
        while index < len(lost) and 0 < (distance := (lost[index] - first) & rtp.SEQ) <= 16:
            mask |= 1 << (distance - 1)
            index += 1
        body += pack("!HH", first, mask)
    return pack("!BBH", 0x81, 205, len(body) // 4) + body


def picture_loss(sender: int, media: int) -> bytes:
    """A picture loss indication (RFC 4585 6.3.1): asks for a keyframe."""
    return pack("!BBHII", 0x81, 206, 2, sender, media)


class Progress:
    """How far one incoming stream has come: `fanout_stream` of `_fanout.h` begins with the same names.

    Numbers of the newest packet, its arrival (`at`, seconds), and the counts of RFC 3550 appendix A."""

    __slots__ = (
        "armed",
        "at",
        "frame",
        "frames",
        "generation",
        "highest",
        "jitter",
        "octets",
        "picture",
        "received",
        "seq",
        "timed",
        "timestamp",
        "tl0",
        "transit",
    )

    def __init__(self) -> None:
        self.seq = self.timestamp = self.picture = self.tl0 = 0
        self.at = 0.0
        self.received = self.octets = 0
        self.frames = 0
        """How many timestamps there were; the newest is `frame`, -1 before the second packet."""
        self.frame = -1
        self.highest = -1
        """Highest sequence number with its cycles in the upper bits; -1 before the first packet."""
        self.jitter = self.transit = 0.0
        self.timed = 0
        """Whether `transit` holds something."""
        self.armed = 0
        """Whether its next packet needs no decision; `generation` is the data plane's when that was said."""
        self.generation = 0


class Reception:
    """Counts one incoming stream as RFC 3550 appendix A.3 and A.8 do, in its `progress`."""

    def __init__(self, clock: int, progress: Progress | None = None) -> None:
        self.progress = progress or Progress()
        self.loss = 0.0
        """Share lost between the last two reports."""
        self._clock = clock
        self._base = 0
        self._expected_prior = 0
        self._received_prior = 0
        self._sr_middle = 0
        self._sr_at = 0.0

    @property
    def received(self) -> int:
        return self.progress.received

    @property
    def octets(self) -> int:
        return self.progress.octets

    def count(self, seq: int, timestamp: int, size: int, now: float) -> None:
        progress = self.progress
        progress.received += 1
        progress.octets += size
        highest = progress.highest
        if highest < 0:
            self._base = progress.highest = seq
            return
        step = (seq - highest) & rtp.SEQ
        if 0 < step < 0x8000:
            progress.highest = highest + step
            if timestamp != progress.frame:
                progress.frame = timestamp
                progress.frames += 1
            transit = now * self._clock - timestamp
            if progress.timed:
                delta = abs(transit - progress.transit)
                if delta < self._clock:  # a wrapped or restarted timestamp is no jitter
                    progress.jitter += (delta - progress.jitter) / 16
            progress.transit = transit
            progress.timed = 1

    def sender_report(self, ntp: int, now: float) -> None:
        self._sr_middle = (ntp >> 16) & 0xFFFFFFFF
        self._sr_at = now

    def report(self, ssrc: int, now: float) -> RtcpReceiverInfo:
        """The report block, its loss fraction since the last one."""
        highest, received = self.progress.highest, self.progress.received
        expected = highest - self._base + 1
        lost = expected - received
        expected_since = expected - self._expected_prior
        lost_since = expected_since - (received - self._received_prior)
        self._expected_prior, self._received_prior = expected, received
        fraction = min(255, (lost_since << 8) // expected_since) if expected_since > 0 and lost_since > 0 else 0
        self.loss = fraction / 256
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=fraction,
            packets_lost=max(-(1 << 23), min(lost, (1 << 23) - 1)),
            highest_sequence=highest & 0xFFFFFFFF,
            jitter=int(self.progress.jitter) & 0xFFFFFFFF,
            lsr=self._sr_middle,
            dlsr=int((now - self._sr_at) * 65536) & 0xFFFFFFFF if self._sr_middle else 0,
        )


class Arrivals:
    """When each transport-wide sequence number came, until it is reported."""

    MAX_SPAN = 400

    def __init__(self) -> None:
        self.records = bytearray(NOTED * ARRIVAL.size)
        self.noted = array("I", [0])
        """How many records a data plane has written: what it took by itself."""
        self._times: dict[int, float] = {}
        self._next: int | None = None
        self._count = 0

    def came(self, seq: int, now: float) -> None:
        self._times.setdefault(seq, now)

    def _gather(self) -> None:
        noted, self.noted[0] = self.noted[0], 0
        for at, seq in ARRIVAL.iter_unpack(memoryview(self.records)[: noted * ARRIVAL.size]) if noted else ():
            self._times.setdefault(seq, at)

    def feedback(
        self, sender: int, media: int, forgives: Callable[[int, int], bool] = lambda came, lost: False
    ) -> list[bytes]:
        """What came since the last report, in one packet where anything did.

        `forgives` is asked with how many came and how many are lost; of losses that are forgiven nothing is told: there
        is then a packet for each run of numbers that came, to be sent alone (Chromium reads one of a datagram)."""
        self._gather()
        if not self._times:
            return []
        anchor = next(iter(self._times)) if self._next is None else self._next
        # signed distance from where the last report ended; what lies before it was reported as lost already
        offsets = {((seq - anchor + 0x8000) & rtp.SEQ) - 0x8000: at for seq, at in self._times.items()}
        self._times.clear()
        low = min(offsets) if self._next is None else 0
        high = max(offsets)
        if high < low:
            return []
        if high - low >= self.MAX_SPAN:
            low = high - self.MAX_SPAN + 1
        came = sum(low <= offset <= high for offset in offsets)
        runs = [(low, high)]
        if forgives(came, high - low + 1 - came):
            here = sorted(offset for offset in offsets if low <= offset <= high)
            ends = [place for place in here if place + 1 not in offsets]
            runs = list(zip([place for place in here if place - 1 not in offsets], ends, strict=True))
        self._next = (anchor + high + 1) & rtp.SEQ
        return [self._report(sender, media, anchor, offsets, *run) for run in runs]

    def _report(self, sender: int, media: int, anchor: int, offsets: dict[int, float], low: int, high: int) -> bytes:
        first_at = min(at for offset, at in offsets.items() if low <= offset <= high)
        reference = int(first_at / 0.064)
        clock = reference * 256  # in steps of 250 µs
        symbols: list[int] = []
        deltas = b""
        for offset in range(low, high + 1):
            at = offsets.get(offset)
            if at is None:
                symbols.append(0)
                continue
            delta = round(at * 4000) - clock
            if not -32768 <= delta <= 32767:
                symbols.append(0)
                continue
            clock += delta
            symbols.append(1 if 0 <= delta <= 255 else 2)
            deltas += pack("!B", delta) if 0 <= delta <= 255 else pack("!h", delta)
        body = pack("!IIHH", sender, media, (anchor + low) & rtp.SEQ, len(symbols))
        body += pack("!I", (reference & 0xFFFFFF) << 8 | self._count & 0xFF)
        body += _chunks(symbols) + deltas
        self._count += 1
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes([padding])
        return pack("!BBH", 0x8F | (0x20 if padding else 0), 205, len(body) // 4) + body


def _chunks(symbols: list[int]) -> bytes:
    """Status vector chunks of seven two-bit symbols, or a run where at least seven are alike."""
    chunks = b""
    index = 0
    while index < len(symbols):
        run = 1
        while index + run < len(symbols) and symbols[index + run] == symbols[index] and run < 8191:
            run += 1
        if run >= 7:
            chunks += pack("!H", symbols[index] << 13 | run)
            index += run
        else:
            vector = 0xC000
            for place, symbol in enumerate(symbols[index : index + 7]):
                vector |= symbol << (12 - 2 * place)
            chunks += pack("!H", vector)
            index += 7
    return chunks
