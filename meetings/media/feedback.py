"""Transport-wide feedback as receivers write it: what came when, by the numbers we gave (`reception.py` writes ours).

Pure; times in seconds. `control.py` reads it and gives it to the receiver's `Estimator`.
"""

from __future__ import annotations

from struct import error as StructError
from struct import unpack_from
from typing import NamedTuple

MAX_STATUSES = 2048


class Feedback(NamedTuple):
    """One transport-wide report. `arrivals`: from number `base` on, seconds on the receiver's clock or None."""

    base: int
    reference: float
    arrivals: list[float | None]


def parse_feedback(packet: bytes) -> Feedback | None:
    """Read one RTCP packet of type 205, format 15 (draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1).

    None for one that lies about its counts. Times are relative to `reference`, which wraps after 12 days."""
    try:
        base, count, reference = unpack_from("!HHI", packet, 12)
        if not 0 < count <= MAX_STATUSES:
            return None
        symbols, at = _symbols(packet, 20, count)
        clock = 0.0
        arrivals: list[float | None] = []
        for symbol in symbols:
            if symbol == 1:
                clock += packet[at] * 0.00025
                at += 1
            elif symbol == 2:
                clock += unpack_from("!h", packet, at)[0] * 0.00025
                at += 2
            arrivals.append(clock if symbol in (1, 2) else None)
    except (StructError, IndexError):
        return None
    return Feedback(base, (reference >> 8) * 0.064, arrivals)


def _symbols(packet: bytes, at: int, count: int) -> tuple[list[int], int]:
    symbols: list[int] = []
    while len(symbols) < count:
        chunk = unpack_from("!H", packet, at)[0]
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(symbols))
            if not chunk & 0x1FFF:
                raise IndexError
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return symbols[:count], at
