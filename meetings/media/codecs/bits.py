"""Fields of any width in a codec's headers. av1.py and h264.py add the codes of their own."""

from __future__ import annotations


class Bits:
    """Reads numbers of any width, most significant bit first; IndexError past the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, width: int) -> int:
        self._left -= width
        if self._left < 0:
            raise IndexError
        return self._value >> self._left & (1 << width) - 1
