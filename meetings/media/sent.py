"""What went to one receiver under which transport-wide number: when and how large.

The data plane writes it, one record per packet; `bandwidth.py` reads it when feedback comes. Plain arrays of a fixed
size, so that the data plane's C form can write into the same memory.
"""

from __future__ import annotations

from array import array

SIZE = 2048
"""Records kept: a second at 2,000 packets/s, more than a round trip of any line that carries them."""
_MASK = SIZE - 1


class SentHistory:
    """The newest SIZE numbers of one path. Times in seconds, sizes in bytes of the encrypted datagram."""

    __slots__ = ("at", "numbers", "seqs", "sizes")

    def __init__(self) -> None:
        self.at = array("d", bytes(8 * SIZE))
        self.sizes = array("H", bytes(2 * SIZE))
        self.seqs = array("i", [-1]) * SIZE
        self.numbers = array("H", [0])
        """The next number to give out, alone in its array."""

    @property
    def next(self) -> int:
        """The number that the next packet gets."""
        return self.numbers[0]

    def add(self, seq: int, size: int, now: float) -> None:
        """`seq` went out: numbers continue after it."""
        index = seq & _MASK
        self.at[index] = now
        self.sizes[index] = size
        self.seqs[index] = seq
        self.numbers[0] = (seq + 1) & 0xFFFF

    def get(self, seq: int) -> tuple[float, int] | None:
        """(sent at, size); None for what was never sent or is forgotten."""
        index = seq & _MASK
        return (self.at[index], self.sizes[index]) if self.seqs[index] == seq else None
