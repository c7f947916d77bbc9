"""Records a room by copying the packets of its tracks as they came, decrypted and repaired, without looking inside.

Read off the rings that repetitions come from, ten times a second, so that the data plane knows nothing of it. Of a
picture the largest layer is written that its publisher sends well; a change of layer begins with a keyframe, as does
whatever begins. Written is only what the allowed participants send, while it is forwarded at all. `reel.py` has the
files, `meetings/recording` makes something playable of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from struct import Struct

from meetings.media import rtp
from meetings.media.negotiation import Format
from meetings.media.port import Label
from meetings.media.reel import Reel, record
from meetings.media.streams import Layer, Published

EVERY = 0.1
"""Seconds between two copies: what a death of the process costs."""
HEAD, FORMAT, CLOCK, PACKET, LOST, CUT, MARK = b"H", b"F", b"C", b"P", b"L", b"X", b"M"
TIMING = Struct("!BId")
"""Of a CLOCK record: 1 where a sender report says so (else: arrival), an RTP timestamp, its epoch seconds."""
ROOM_FILE = "room.tape"
_PATIENCE = {"audio": 0.3, "video": 1.0}
"""Seconds that a lost packet is waited for: what the engine asks again."""
_FAR = {"audio": 200, "video": 900}
"""How many packets behind the newest a ring still has."""
_TIMED = 1.0


class _Take:
    """One track on its way to its file."""

    def __init__(self, published: Published, name: str, offset: float) -> None:
        self.published = published
        self.name = name
        self.offset = offset
        self.turns = published.turns
        self.layer: Layer | None = None
        self.target: Layer | None = None
        self.asked_at = 0.0
        self.wire: Format | None = None
        self.cursor = 0
        self.hole_since = 0.0
        self.timed_at = 0.0

    def follow(self, now: float) -> bytes:
        """What is to be written now."""
        if self.turns != self.published.turns:
            return self._turn()
        if not self.published.live:
            return b""
        written = b""
        if self.layer is not None and self.layer.wire is not self.wire:  # its sender took another codec
            self.layer = None
        self._choose(now)
        if self.layer is not None:
            written = self._copy(self.layer, now)
        target = self.target
        if target is not None and target.keyframes.seen_at > self.asked_at:
            written += self._begin(target, target.keyframes.seq, now) + self._copy(target, now)
        return written

    def end(self, now: float) -> bytes:
        """The track is gone: what is left of it."""
        rest = self._copy(self.layer, now) if self.layer is not None and self.turns == self.published.turns else b""
        return rest + record(CUT, b"")

    def _turn(self) -> bytes:
        """It was muted or opened: what came meanwhile is nobody's to keep, and a picture begins anew."""
        self.turns = self.published.turns
        self.layer = self.target = None
        return record(CUT, b"")

    def _choose(self, now: float) -> None:
        best = _best(self.published, now)
        if best is None or best is self.target or (best is self.layer and self.target is None):
            return
        if best is self.layer:
            self.target = None
            return
        self.target, self.asked_at = best, now
        if self.published.kind == "video":
            best.keyframes.want()
        else:  # the next packet is as good as any; the newest may be from before it was allowed
            self.asked_at = -1.0e9
            best.keyframes.seq, best.keyframes.seen_at = (best.progress.seq + 1) & rtp.SEQ, now

    def _begin(self, layer: Layer, seq: int, now: float) -> bytes:
        self.layer, self.target, self.cursor, self.hole_since = layer, None, seq, 0.0
        self.timed_at = now
        self.wire = wire = layer.wire
        about = {"format": wire.key, "type": wire.payload_type, "inner": wire.inner, "clock": wire.clock}
        return record(FORMAT, json.dumps(about).encode()) + _timing(layer, self.offset)

    def _copy(self, layer: Layer, now: float) -> bytes:
        """The packets that came since, up to the first that is still missed."""
        newest, ring = layer.progress.seq, layer.ring
        kind = self.published.kind
        parts: list[bytes] = []
        if now - self.timed_at >= _TIMED:
            self.timed_at = now
            parts.append(_timing(layer, self.offset))
        lost = 0
        while (behind := (newest - self.cursor) & rtp.SEQ) < 0x8000:
            packet = ring.get(self.cursor)
            if packet is None:
                self.hole_since = self.hole_since or now
                if now - self.hole_since < _PATIENCE[kind] and behind < _FAR[kind]:
                    break
                lost += 1
            else:
                self.hole_since = 0.0
                parts.append(record(PACKET, packet))
            self.cursor = (self.cursor + 1) & rtp.SEQ
        if lost and kind == "video":
            parts.append(record(LOST, b""))
            layer.keyframes.want()
        return b"".join(parts)


class Tape:
    """One recording, from its beginning to its end, on one engine."""

    def __init__(self, folder: Path, spare: int, whom: frozenset[str]) -> None:
        """`folder` gets a new folder of this tape. Raises OSError."""
        self.whom = whom
        self._offset = time.time() - time.monotonic()
        began = time.time()
        self._reel = Reel(folder / f"{int(began * 1000):013d}", spare)
        self._takes: dict[str, _Take] = {}
        self._count = 0
        self._due = 0.0
        self._speaking: tuple[str, ...] = ()
        self._shown: str | None = None
        head = {"began": began}
        self._reel.write(ROOM_FILE, record(HEAD, json.dumps(head).encode()))

    @property
    def failed(self) -> str:
        """Why nothing is written any more; empty while it is."""
        return self._reel.failed

    def allow(self, whom: frozenset[str]) -> None:
        """Of these alone something is written from now on."""
        self.whom = whom
        for key, take in list(self._takes.items()):
            if take.published.track.participant not in whom:
                self._reel.write(take.name, record(CUT, b""))
                del self._takes[key]

    def tick(self, tracks: Mapping[str, Published], speaking: tuple[str, ...], now: float) -> None:
        """Copy what came, where it is time."""
        if now < self._due or self.failed:
            return
        self._due = now + EVERY
        self._mark(tracks, speaking, now)
        for key in self._takes.keys() - tracks.keys():
            take = self._takes.pop(key)
            self._reel.write(take.name, take.end(now))
        for key, published in tracks.items():
            if published.track.participant not in self.whom:
                continue
            take = self._takes.get(key) or self._open(key, published)
            if written := take.follow(now):
                self._reel.write(take.name, written)

    def _open(self, key: str, published: Published) -> _Take:
        self._count += 1
        take = self._takes[key] = _Take(published, f"{self._count:04d}.tape", self._offset)
        track = published.track
        head = {"participant": track.participant, "label": track.label, "kind": track.kind}
        self._reel.write(take.name, record(HEAD, json.dumps(head).encode()))
        return take

    def _mark(self, tracks: Mapping[str, Published], speaking: tuple[str, ...], now: float) -> None:
        """Who speaks, and a keyframe of what should be shown now: a film is cut there."""
        heard = tuple(name for name in speaking if name in self.whom)
        if heard != self._speaking:
            self._speaking = heard
            mark = {"at": now + self._offset, "speaking": heard}
            self._reel.write(ROOM_FILE, record(MARK, json.dumps(mark).encode()))
        shown = self._shows(heard)
        if shown is not None and shown != self._shown and (layer := self._takes[shown].layer) is not None:
            layer.keyframes.want()
        self._shown = shown or self._shown

    def _shows(self, heard: tuple[str, ...]) -> str | None:
        pictures = [(key, one.published.track) for key, one in self._takes.items() if one.published.kind == "video"]
        screen = next((key for key, track in pictures if track.label is Label.SCREEN and not track.muted), None)
        by = {track.participant: key for key, track in pictures if not track.muted}
        if screen is None and any(by.get(name) == self._shown for name in heard if name in by):
            return self._shown
        return screen or next((by[name] for name in heard if name in by), None)

    def close(self) -> None:
        """Write nothing more; `join`, off the loop, waits for what was."""
        self._reel.close()

    def join(self) -> None:
        """Everything that was written is on the disk when this returns."""
        self._reel.join()


def _best(published: Published, now: float) -> Layer | None:
    """The largest layer that its publisher sends well; of a scalable stream all of it."""
    if published.kind == "audio":
        return next(iter(published.layers.values()), None)
    flowing = [layer for layer in published.layers.values() if layer.is_active(now)]
    return max(
        (layer for layer in flowing if not layer.starved or len(flowing) == 1),
        key=lambda layer: (layer.height, layer.bitrate),
        default=None,
    )


def _timing(layer: Layer, offset: float) -> bytes:
    progress = layer.progress
    said = layer.clock.captured(progress.timestamp)
    at = said if said is not None else progress.at
    return record(CLOCK, TIMING.pack(said is not None, progress.timestamp, at + offset))
