"""What `meetings/media/tape.py` wrote, read again: heads, packets, and when each was captured.

Nothing is trusted but the records' frame: whatever ended the writer in the middle of one ended the file there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from meetings.media import rtp
from meetings.media.codecs import red
from meetings.media.reel import RECORD
from meetings.media.tape import CLOCK, CUT, FORMAT, HEAD, LOST, MARK, PACKET, ROOM_FILE, TIMING
from meetings.recording.frames import Assembler, assembler_for

_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Track:
    """One track of one part of a recording."""

    path: Path
    participant: str
    label: str
    kind: str


class Mark(NamedTuple):
    """Who spoke from then on, loudest first."""

    at: float
    speaking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one engine wrote without interruption. `began`: epoch seconds, as all times here."""

    began: float
    tracks: tuple[Track, ...]
    marks: tuple[Mark, ...]


class Frame(NamedTuple):
    """One picture, or 20 ms or so of sound. `run` rises where something is missing before it."""

    at: float
    data: bytes
    key: bool
    run: int
    codec: str


@dataclass(slots=True)
class _Segment:
    """Packets of one stream in one format, and what is known of its timestamps."""

    clock: int
    sure: list[tuple[int, float]] = field(default_factory=list)
    heard: list[tuple[int, float]] = field(default_factory=list)

    def references(self) -> list[tuple[int, float]]:
        """Timestamps and when they were captured: as the sender said, else as the quickest packet arrived."""
        if self.sure or not self.heard:
            return self.sure
        first, at = self.heard[0]
        quickest = min(heard - signed(stamp - first) / self.clock for stamp, heard in self.heard)
        return [(first, min(at, quickest))]


def signed(difference: int) -> int:
    """A difference of timestamps, across the wrap."""
    return ((difference + 0x80000000) & rtp.TS) - 0x80000000


def read_parts(folder: Path) -> list[Part]:
    """The parts of a recording, in order; one of which nothing can be read is left out."""
    parts = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        began, marks = 0.0, []
        for kind, data in records(place / ROOM_FILE):
            if kind == HEAD:
                began = float(json.loads(data)["began"])
            elif kind == MARK:
                said = json.loads(data)
                marks.append(Mark(float(said["at"]), tuple(said["speaking"])))
        if began:
            tracks = [_track(path) for path in sorted(place.glob("*.tape")) if path.name != ROOM_FILE]
            parts.append(Part(began, tuple(track for track in tracks if track is not None), tuple(marks)))
    return parts


def _track(path: Path) -> Track | None:
    for kind, data in records(path):
        if kind == HEAD:
            head: dict[str, Any] = json.loads(data)
            return Track(path, head["participant"], head["label"], head["kind"])
    return None


def records(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The whole records of a file."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        while len(head := file.read(RECORD.size)) == RECORD.size:
            kind, length = RECORD.unpack(head)
            if length > _LARGEST or len(data := file.read(length)) < length:
                return
            yield kind, data


def frames(track: Track) -> Iterator[Frame]:
    """The track's frames, in the order of their sequence numbers, each with the time at which it was captured."""
    segments = _segments(track)
    place, run = -1, 0
    stamps = _Stamps(_Segment(1))
    assembler: Assembler | None = None
    about: dict[str, Any] = {}
    for kind, data in records(track.path):
        if kind == FORMAT:
            place, run = place + 1, run + 1
            if place == len(segments):  # begun since its clock was read: the tape still grows
                return
            about = json.loads(data)
            stamps = _Stamps(segments[place])
            assembler = assembler_for(about["format"])
        elif kind in (CUT, LOST):
            run += 1
            if assembler is not None:
                assembler.break_off()
        elif kind == PACKET and assembler is not None:
            for packet, header in _plain(data, about):
                for frame, key in assembler.take(packet, header):
                    at = stamps.at(header.timestamp)
                    if at is not None:
                        yield Frame(at, frame, key, run, assembler.codec)


def _segments(track: Track) -> list[_Segment]:
    found: list[_Segment] = []
    for kind, data in records(track.path):
        if kind == FORMAT:
            found.append(_Segment(int(json.loads(data)["clock"])))
        elif kind == CLOCK and found:
            sure, stamp, at = TIMING.unpack(data)
            (found[-1].sure if sure else found[-1].heard).append((stamp, at))
    return found


class _Stamps:
    """Timestamps of one segment as times, by the last reference before each."""

    def __init__(self, segment: _Segment) -> None:
        self._clock = segment.clock
        self._references = segment.references()
        self._next = 1

    def at(self, stamp: int) -> float | None:
        references = self._references
        if not references:
            return None
        while self._next < len(references) and signed(stamp - references[self._next][0]) >= 0:
            self._next += 1
        reference, at = references[self._next - 1]
        return at + signed(stamp - reference) / self._clock


def _plain(data: bytes, about: dict[str, Any]) -> Iterator[tuple[bytes, rtp.Header]]:
    """The packet that matters, without the redundancy of sound (RFC 2198)."""
    header = rtp.parse(data)
    if header is None or header.payload == header.end:
        return
    if about["inner"] is None or header.payload_type != about["type"]:
        yield data, header
        return
    plain = red.primary(data, header, about["inner"])
    again = rtp.parse(plain) if plain is not None else None
    if plain is not None and again is not None:
        yield plain, again
