"""Which layer of which picture one receiver gets for what its line carries.

Pure; rates in bits per second, heights in pixels. `selection.py` asks at every change of a wish or of the estimate.
Sound is not weighed here: it is sent always, and its rate is taken off the budget before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

SPARE = 1.15
"""A better layer must fit with so much to spare, so that nobody's picture jumps up and down."""
SHORT, LAST = 1.05, 1.3
"""What is shown already may exceed the budget by so much; the smallest layer by more, for nothing is below it but
darkness, and an estimate that is made of little traffic is low."""


class Rung(NamedTuple):
    """One layer as its source sends it now."""

    height: int
    rate: float


class Tile(NamedTuple):
    """One picture that a receiver shows."""

    height: int
    """As large as it is shown."""
    rungs: Sequence[Rung]
    """From the smallest to the largest; empty while nothing flows."""
    current: int | None
    """The rung it has now."""


class Allocation(NamedTuple):
    """`chosen` has for each tile its rung, or None to pause it."""

    chosen: list[int | None]
    wanted: float
    """The budget with which one more step would be given; 0 when every tile has what it can use."""


def ceiling(tile: Tile) -> int:
    """The rung beyond which a tile of this size shows no more: the smallest that is high enough, else the largest.

    Of rungs of the same height, which differ in frame rate, the last."""
    enough = next((rung.height for rung in tile.rungs if rung.height >= tile.height), None)
    last = len(tile.rungs) - 1
    return next((place for place in range(last, -1, -1) if tile.rungs[place].height == enough), last)


def allocate(tiles: Sequence[Tile], budget: float) -> Allocation:
    """First a picture for everybody, the largest tiles first, then one step at a time to whoever sees the most of it.

    A step that does not fit ends that tile's climb, not that of others."""
    tops = [ceiling(tile) if tile.rungs else None for tile in tiles]
    whole = sum(max(rung.rate for rung in tile.rungs) for tile in tiles if tile.rungs)
    if SPARE * whole <= budget:  # no step could be the one that does not fit
        return Allocation(tops, 0.0)
    chosen: list[int | None] = [None] * len(tiles)
    spent, missed = 0.0, 0.0
    order = sorted((place for place, tile in enumerate(tiles) if tile.rungs), key=lambda place: -tiles[place].height)
    climbing = list(order)
    while climbing:
        for place in list(climbing):
            tile, now = tiles[place], chosen[place]
            step = 0 if now is None else now + 1
            if step > (tops[place] or 0):
                climbing.remove(place)
                continue
            rung = tile.rungs[step]
            cost = rung.rate - (tile.rungs[now].rate if now is not None else 0.0)
            held = tile.current is not None and step <= tile.current
            short = SHORT if step else LAST
            need = (spent + cost) / short if held else (spent + cost) * SPARE
            if need > budget:
                climbing.remove(place)
                missed = min(missed, need) if missed else need
                continue
            chosen[place] = step
            spent += cost
    return Allocation(chosen, missed)
