"""Repair of losses: rings of sent packets, the list of missing ones, and who may ask for a keyframe when.

Pure; times in seconds are arguments. The router keeps one of each per incoming stream.
"""

from __future__ import annotations

from meetings.media import rtp


class Ring:
    """The last packets of a stream by sequence number, for retransmission and to notice duplicates."""

    def __init__(self, size: int = 512) -> None:
        if size & (size - 1):
            raise ValueError("size must be a power of two")
        self._mask = size - 1
        self._packets: list[bytes | None] = [None] * size
        self._seqs = [-1] * size

    def put(self, seq: int, packet: bytes) -> bool:
        """Keep a packet; False when this sequence number is there already."""
        index = seq & self._mask
        if self._seqs[index] == seq:
            return False
        self._seqs[index] = seq
        self._packets[index] = packet
        return True

    def get(self, seq: int) -> bytes | None:
        index = seq & self._mask
        return self._packets[index] if self._seqs[index] == seq else None


class Missing:
    """Sequence numbers that did not come, and when to ask for each (again)."""

    REORDER = 0.01
    """A packet may be overtaken for so long before it counts as lost."""
    RETRY = 0.1
    GIVE_UP = 1.0
    MAX_GAP = 200

    def __init__(self) -> None:
        self._due: dict[int, float] = {}
        self._since: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._due)

    def gap(self, highest: int, seq: int, now: float) -> bool:
        """`seq` came after `highest`: note those between. False when it is too much to repair."""
        count = ((seq - highest) & rtp.SEQ) - 1
        if count > self.MAX_GAP or len(self._due) + count > self.MAX_GAP:
            self._due.clear()
            self._since.clear()
            return False
        for step in range(1, count + 1):
            lost = (highest + step) & rtp.SEQ
            self._due[lost] = now + self.REORDER
            self._since[lost] = now
        return True

    def came(self, seq: int) -> None:
        self._due.pop(seq, None)
        self._since.pop(seq, None)

    def due(self, now: float) -> list[int]:
        """What to ask for now, oldest first; those waited for too long are given up."""
        asked = []
        for seq, at in list(self._due.items()):
            if now - self._since[seq] > self.GIVE_UP:
                self.came(seq)
            elif at <= now:
                self._due[seq] = now + self.RETRY
                asked.append(seq)
        return asked


class KeyframeRequests:
    """Merges everybody's wish for a keyframe of one stream into at most one request per interval."""

    INTERVAL = 0.4

    def __init__(self) -> None:
        self.wanted = False
        self._asked = -1.0e9

    def want(self) -> None:
        self.wanted = True

    def came(self) -> None:
        self.wanted = False

    def due(self, now: float) -> bool:
        """Whether to send a request now; it is repeated until a keyframe comes."""
        if not self.wanted or now - self._asked < self.INTERVAL:
            return False
        self._asked = now
        return True
