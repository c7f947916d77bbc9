"""What went to one receiver under which transport-wide number: when and how large.

The data plane writes it, one record per packet; `bandwidth.py` reads it when feedback comes. One block of memory of
a fixed size, so that the data plane's C form can write there too.
"""

from __future__ import annotations

from array import array
from mmap import mmap
from struct import Struct

SIZE = 2048
"""Records kept: a second at 2,000 packets/s, more than a round trip of any line that carries them."""
RECORD = Struct("=dHHI")
"""Sent at (seconds), number, size in bytes, 1 (0: never written): `fanout_record` of `_fanout.h`."""
MASK = SIZE - 1


class SentHistory:
    """The newest SIZE numbers of one path. Times in seconds, sizes in bytes of the encrypted datagram."""

    __slots__ = ("counter", "records")

    def __init__(self) -> None:
        self.records = mmap(-1, SIZE * RECORD.size)  # of memory that is not written nothing is taken
        self.counter = array("H", [0])
        """The next number to give out, alone in its array."""

    @property
    def next(self) -> int:
        """The number that the next packet gets."""
        return self.counter[0]

    def add(self, seq: int, size: int, now: float) -> None:
        """`seq` went out: numbers continue after it."""
        RECORD.pack_into(self.records, (seq & MASK) * RECORD.size, now, seq, size, 1)
        self.counter[0] = (seq + 1) & 0xFFFF

    def get(self, seq: int) -> tuple[float, int] | None:
        """(sent at, size); None for what was never sent or is forgotten."""
        at, number, size, used = RECORD.unpack_from(self.records, (seq & MASK) * RECORD.size)
        return (at, size) if used and number == seq else None
