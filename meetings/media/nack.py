"""Repair of losses: rings of sent packets, the list of missing ones, and who may ask for a keyframe when.

Pure; times in seconds are arguments. The router keeps one of each per incoming stream.
"""

from __future__ import annotations

from array import array
from mmap import mmap
from struct import Struct

from meetings.media import rtp

RECORD = Struct("=QHHI")
"""Where a packet begins, its number, its size, 1 (0: never written): `fanout_kept` of `_fanout.h`."""
LARGEST = 1 << 12


class Ring:
    """The last packets of a stream by sequence number, for retransmission and to notice duplicates.

    Compact: their bytes lie one after the other in `data`, where new ones take the place of the oldest. A record says
    where each begins; `written` counts all bytes that ever were."""

    __slots__ = ("_mask", "capacity", "data", "records", "size", "written")

    def __init__(self, size: int = 512, capacity: int = 1 << 16) -> None:
        if size & (size - 1) or capacity < LARGEST:
            raise ValueError("size must be a power of two, and there must be room for a packet")
        self._mask = size - 1
        self.size = size
        self.capacity = capacity
        self.records = bytearray(size * RECORD.size)
        self.data: mmap | None = None
        self.written = array("Q", [0])

    def put(self, seq: int, packet: bytes) -> bool:
        """Keep a packet; False when this sequence number is there already."""
        place = (seq & self._mask) * RECORD.size
        _, number, _, used = RECORD.unpack_from(self.records, place)
        if used and number == seq:
            return False
        data = self.data
        if data is None:
            data = self.data = mmap(-1, self.capacity)  # what is not written yet takes no memory
        size, start = len(packet), self.written[0]
        at = start % self.capacity
        if at + size > self.capacity:  # a packet lies in one piece
            start += self.capacity - at
            at = 0
        data[at : at + size] = packet
        RECORD.pack_into(self.records, place, start, seq, size, 1)
        self.written[0] = start + size
        return True

    def get(self, seq: int) -> bytes | None:
        start, number, size, used = RECORD.unpack_from(self.records, (seq & self._mask) * RECORD.size)
        if self.data is None or not used or number != seq or self.written[0] - start > self.capacity:
            return None
        at = start % self.capacity
        return self.data[at : at + size]


class _Hole:
    """One sequence number that did not come."""

    __slots__ = ("asked", "due", "since", "times")

    def __init__(self, now: float, due: float) -> None:
        self.since = now
        self.due = due
        self.asked = 0.0
        self.times = 0


class Missing:
    """Sequence numbers that did not come, and when to ask for each (again).

    How long an answer takes is measured with those that needed one request only (Karn's rule)."""

    MAX_REORDER = 0.04
    FIRST_RETRY, MIN_RETRY, MAX_RETRY = 0.1, 0.02, 0.4
    MAX_GAP = 200
    SHARE, AT_ONCE = 0.25, 12.0
    """Of the packets that come so many may be asked for again: repetitions must not fill a full line."""

    def __init__(self, give_up: float = 1.0) -> None:
        self.round_trip: float | None = None
        """Seconds from a request to the repetition, smoothed."""
        self.given_up = 0
        """How many never came, although asked for."""
        self.reorder = 0.0
        """Seconds for which a packet may be overtaken before it counts as lost: none until that was seen."""
        self.urgent = False
        """Whether something is to be asked for before the next tick."""
        self._variation = 0.0
        self._credit = self.AT_ONCE
        self._received = 0
        self._give_up = give_up
        self._holes: dict[int, _Hole] = {}

    def __len__(self) -> int:
        return len(self._holes)

    @property
    def retry(self) -> float:
        """Seconds after which to ask again."""
        if self.round_trip is None:
            return self.FIRST_RETRY
        return min(max(self.round_trip + 4 * self._variation, self.MIN_RETRY), self.MAX_RETRY)

    def forget(self) -> None:
        """Ask for nothing of what is missing."""
        self._holes.clear()

    def gap(self, highest: int, seq: int, now: float) -> bool:
        """`seq` came after `highest`: note those between. False when it is too much to repair."""
        count = ((seq - highest) & rtp.SEQ) - 1
        if count > self.MAX_GAP or len(self._holes) + count > self.MAX_GAP:
            self._holes.clear()
            return False
        for step in range(1, count + 1):
            self._holes[(highest + step) & rtp.SEQ] = _Hole(now, now + self.reorder)
        self.urgent = not self.reorder
        return True

    def came(self, seq: int, now: float) -> None:
        """A packet came by itself, late: others may too."""
        hole = self._holes.pop(seq, None)
        if hole is not None:
            self.reorder = min(self.MAX_REORDER, max(self.reorder, 1.25 * (now - hole.since)))

    def repaired(self, seq: int, now: float) -> None:
        """A packet came again because it was asked for."""
        hole = self._holes.pop(seq, None)
        if hole is None:
            return
        self.reorder = 0.9 * self.reorder if self.reorder > 0.002 else 0.0
        if hole.times != 1:
            return
        took = now - hole.asked
        if self.round_trip is None:
            self.round_trip, self._variation = took, took / 2
        else:
            self._variation += (abs(took - self.round_trip) - self._variation) / 4
            self.round_trip += (took - self.round_trip) / 8

    def due(self, now: float, received: int) -> list[int]:
        """What to ask for now, oldest first; those waited for too long are given up. `received`: packets so far."""
        self.urgent = False
        self._credit = min(self.AT_ONCE, self._credit + self.SHARE * (received - self._received))
        self._received = received
        asked = []
        for seq, hole in list(self._holes.items()):
            if now - hole.since > self._give_up:
                del self._holes[seq]
                self.given_up += 1
            elif hole.due <= now and self._credit >= 1:
                self._credit -= 1
                hole.asked = now
                hole.due = now + self.retry
                hole.times += 1
                asked.append(seq)
        return asked


class KeyframeRequests:
    """Merges everybody's wish for a keyframe of one stream into at most one request per interval."""

    INTERVAL, LONGEST = 0.3, 1.6
    """Seconds until the first repetition; each waits twice as long, for a keyframe is the last thing that a narrow line
    can use many of."""

    def __init__(self) -> None:
        self.wanted = False
        self.seq, self.seen_at = 0, -1.0e9
        """Where the newest keyframe began, and when that came."""
        self._asked = -1.0e9
        self._wait = self.INTERVAL

    def want(self) -> None:
        self.wanted = True

    def came(self, seq: int, now: float) -> None:
        self.wanted = False
        self.seq, self.seen_at = seq, now
        self._wait = self.INTERVAL

    def due(self, now: float) -> bool:
        """Whether to send a request now; it is repeated until a keyframe comes."""
        if not self.wanted or now - self._asked < self._wait:
            return False
        self._wait = min(2 * self._wait, self.LONGEST) if now - self._asked < 2 * self.LONGEST else self.INTERVAL
        self._asked = now
        return True
