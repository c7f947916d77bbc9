"""What each receiver's slots carry: the loudest voices, the pictures asked for, and of these the layers that fit.

Functions of `router.py` over one member; speakers.py and layers.py hold the decisions themselves, bandwidth.py what
the line carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from meetings.media.lanes import origin
from meetings.media.layers import Rung, Tile, allocate
from meetings.media.member import Member
from meetings.media.port import Wish
from meetings.media.slots import Downlink, Slot
from meetings.media.speakers import Ranking, fill_slots
from meetings.media.streams import Layer, Published

WHOLE = Wish("", 4320)
"""What a slot wishes that the engine fills: its source as large as it comes."""
_OVERFULL = 1.3
"""Pictures that exceed the line by so much stop at once instead of at the next keyframe."""
_REST, _HELD_REST, _DRAINED = 0.1, 0.25, 0.5
"""Seconds for which they stop at least (where the line does not say how full it is: longer, for reports to pass), and
the share of what waits on the way that must have left before: what comes next then finds room in the queue, and waits
there as long as it would here."""
_BITS = 2.5
"""What a stream takes before it was measured: bits per second by the square of its height (480 lines: 580 kbit/s)."""


def fill(
    member: Member,
    down: Downlink,
    tracks: Mapping[str, Published],
    rankings: Mapping[str, Ranking],
    voices: int,
) -> bool:
    """Give each slot its source and say whether any changed; `rankings` by kind, `voices` is how many audio slots
    carry the loudest."""
    sounds = [slot for slot in down.slots.values() if slot.kind == "audio"]
    pictures = [slot for slot in down.slots.values() if slot.kind == "video"]
    changed = _fill(member, sounds if down.automatic else sounds[:voices], tracks, rankings["audio"])
    if down.automatic:
        return _fill(member, pictures, tracks, rankings["video"]) or changed
    for slot in pictures:
        wish = member.wishes.get(slot.mid)
        wished = tracks.get(wish.track) if wish is not None else None
        changed |= _show(slot, wished if wished is not None and wished.live and wished.kind == "video" else None)
    return changed


def _fill(member: Member, slots: Sequence[Slot], tracks: Mapping[str, Published], ranking: Ranking) -> bool:
    """Give the slots to the loudest of the others."""
    own = {one.track.id for one in member.up.published.values()} if member.up is not None else frozenset[str]()
    current = [slot.source.track.id if slot.source else None for slot in slots]
    filled = fill_slots(current, ranking, own)
    if filled == current:
        return False
    for slot, key in zip(slots, filled, strict=True):
        _show(slot, tracks[key] if key is not None else None)
    return True


def _show(slot: Slot, source: Published | None) -> bool:
    changed = slot.source is not source
    slot.show(source)
    return changed


Flows = dict[Published, tuple[list[Layer], list[Rung]]]
"""What flows of each picture now, from the smallest to the largest, for all receivers who are chosen for at once."""


def _flow(source: Published, flows: Flows, now: float) -> tuple[list[Layer], list[Rung]]:
    known = flows.get(source)
    if known is None:
        layers = source.flowing(now)
        rungs = [Rung(layer.height, layer.bitrate or _BITS * layer.height**2) for layer in layers]
        known = flows[source] = (layers, rungs)
    return known


def choose(member: Member, down: Downlink, now: float | None, flows: Flows) -> None:
    """Feed each slot with the layer that fits its tile and the line; without `now` nothing is weighed anew."""
    weighed: list[tuple[Slot, list[Layer], int]] = []
    for slot in down.slots.values():
        source = slot.source
        if source is None or slot.output is None:
            continue
        layers = _flow(source, flows, now)[0] if now is not None and slot.kind == "video" else []
        if layers:
            wish = WHOLE if down.automatic else member.wishes.get(slot.mid)
            weighed.append((slot, layers, wish.height if wish is not None else 360))
        elif not slot.paused:
            slot.await_layer(slot.target or slot.layer or next(iter(source.layers.values()), None))
    if now is None:
        return
    limit = down.estimator.limit(now)
    # sound carries no transport-wide numbers: an estimate made of these is about pictures alone
    budget = limit if down.estimator.fed else limit - down.sound
    chosen, down.wanted = allocate(
        [_tile(slot, *_flow(slot.source, flows, now), height) for slot, _, height in weighed if slot.source], budget
    )
    down.allotted = limit
    carried = sum(slot.layer.bitrate for slot, _, _ in weighed if slot.layer is not None)
    overfull = carried > _OVERFULL * budget
    if overfull:
        held = _HELD_REST if down.estimator.is_held(now) else _REST
        down.rests_until = max(down.rests_until, now + max(held, _DRAINED * down.estimator.backlog))
    for (slot, layers, _), rung in zip(weighed, chosen, strict=True):
        layer = layers[rung] if rung is not None else None
        slot.paused = layer is None
        if layer is None or (overfull and origin(slot.layer) is not layer):
            slot.rest()
        if slot.layer is not None or now >= down.rests_until:
            slot.await_layer(layer)


def _tile(slot: Slot, layers: Sequence[Layer], rungs: Sequence[Rung], height: int) -> Tile:
    held = {origin(slot.layer), origin(slot.target)}
    # a picture that only rests for a moment has not lost its place
    resting = 0 if slot.layer is None and slot.target is None and not slot.paused else None
    current = max((place for place, layer in enumerate(layers) if layer in held), default=resting)
    return Tile(height, rungs, current)
