"""Makes files that play out of what a recording wrote: one for each track, and a film with everybody's voice.

A program of its own (`python -m meetings.recording.compose`), since it keeps a processor busy: a request as JSON on
standard input, an answer on standard output. Pictures are copied, never encoded again; voices are mixed (mixing.py).
"""

from __future__ import annotations

import heapq
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from collab.files.apart.kernel import end_with_parent
from meetings.media.port import Label
from meetings.recording.cutting import Cut, Picture, chapters, cut
from meetings.recording.mixing import RATE, Mixer, lanes_of
from meetings.recording.reading import Frame, Part, Track, frames, read_parts

MILLI = Fraction(1, 1000)
_APART = 1.0
"""Seconds without a frame after which a track was not sent."""
_BLANK = (640, 360)
_NAME = 80


@dataclass(slots=True)
class Seen:
    """A track, and what its frames are: when it was sent, where a film may begin with it."""

    track: Track
    codec: str = ""
    spans: list[tuple[float, float]] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    first_key: bytes = b""

    def note(self, frame: Frame) -> None:
        if self.spans and frame.at - self.spans[-1][1] < _APART:
            self.spans[-1] = (self.spans[-1][0], max(frame.at, self.spans[-1][1]))
        else:
            self.spans.append((frame.at, frame.at))
        if frame.key and self.track.kind == "video":
            self.keys.append(frame.at)
            self.first_key = self.first_key or frame.data

    @property
    def length(self) -> float:
        return sum(end - begin for begin, end in self.spans)


class Request(NamedTuple):
    """`names`: how participants and labels are called in names of files and of chapters."""

    folder: Path
    out: Path
    names: Mapping[str, str]
    gap: str


def compose(request: Request) -> dict[str, Any]:
    """Write the files into `out` and say which; no film where nothing was recorded."""
    parts = read_parts(request.folder)
    if not parts:
        return {"tracks": [], "film": None, "duration": 0, "gaps": []}
    begin = parts[0].began
    seen: list[Seen] = []
    tracks: list[str] = []
    for part in parts:
        for track in part.tracks:
            found, name = _write_track(request, track, begin, len(seen) + 1)
            if found.spans:
                seen.append(found)
                tracks.append(name)
    end = max((span[1] for one in seen for span in one.spans), default=begin)
    gaps = _gaps(parts, seen)
    film = _write_film(request, parts, seen, begin, end, gaps) if seen else None
    told = [{"at": round(at - begin, 3), "seconds": round(until - at, 3)} for at, until in gaps]
    return {"tracks": tracks, "film": film, "duration": round(end - begin, 3), "gaps": told}


def _gaps(parts: Sequence[Part], seen: Sequence[Seen]) -> list[tuple[float, float]]:
    """From the last frame of each part to the beginning of the next."""
    found = []
    for part, after in pairwise(parts):
        own = {track.path for track in part.tracks}
        last = max((one.spans[-1][1] for one in seen if one.track.path in own), default=part.began)
        found.append((last, max(last, after.began)))
    return found


def _name(request: Request, track: Track, number: int, suffix: str) -> str:
    words = f"{request.names.get(track.participant, '')} {request.names.get(track.label, track.label)}"
    plain = "".join(letter if letter.isalnum() or letter in " -'’" else " " for letter in words)
    return f"{number:02d} {' '.join(plain.split())[:_NAME]}.{suffix}"


def _write_track(request: Request, track: Track, begin: float, number: int) -> tuple[Seen, str]:
    """One track as a file of its own, on the time of the whole recording."""
    seen = Seen(track)
    out: _Out | None = None
    name = ""
    for frame in frames(track):
        if out is None:
            seen.codec = frame.codec
            name = _name(request, track, number, "mkv" if frame.codec == "h264" else "webm")
            out = _Out(request.out / name, begin)
            out.add(frame)
        if frame.codec == seen.codec:  # a sender that changes its codec begins a file no film knows
            seen.note(frame)
            out.write(track.kind, frame)
    if out is not None:
        out.close()
    return seen, name


class _Out:
    """A file that is written; times become milliseconds from `begin`, each later than the last of its kind."""

    def __init__(self, path: Path, begin: float) -> None:
        self._begin = begin
        self._format = "matroska" if path.suffix == ".mkv" else "webm"
        self._container = av.open(str(path), "w", format=self._format)
        assert isinstance(self._container, OutputContainer)
        self.container: OutputContainer = self._container
        self._streams: dict[str, Stream] = {}
        self._last: dict[str, int] = {}

    def add(self, first: Frame) -> None:
        """A stream of frames that are copied."""
        if first.codec == "opus":
            self.add_voice()
        elif first.codec == "h264":
            with av.open(io.BytesIO(first.data), format="h264") as example:
                self._streams["video"] = self.container.add_stream_from_template(example.streams.video[0])
        else:
            width, height = _size(first.data)
            self._streams["video"] = self.container.add_mux_stream(first.codec, width=width, height=height)

    def add_voice(self) -> AudioStream:
        """A stream of sound."""
        voice = self.container.add_stream("libopus", rate=RATE, layout="stereo")
        voice.codec_context.format = "flt"
        voice.bit_rate = 64_000
        self._streams["audio"] = voice
        return voice

    def write(self, kind: str, frame: Frame) -> None:
        """A frame as it is."""
        at = max(round((frame.at - self._begin) * 1000), self._last.get(kind, -1) + 1)
        self._last[kind] = at
        packet = av.Packet(frame.data)
        packet.stream = self._streams[kind]
        packet.time_base, packet.pts, packet.dts = MILLI, at, at
        packet.is_keyframe = frame.key
        self.container.mux(packet)

    def close(self) -> None:
        self.container.close()


def _size(key: bytes) -> tuple[int, int]:
    """Width and height that a VP8 keyframe says (RFC 6386 9.1)."""
    if len(key) < 10:
        return _BLANK
    return (key[6] | key[7] << 8) & 0x3FFF, (key[8] | key[9] << 8) & 0x3FFF


def _write_film(
    request: Request,
    parts: Sequence[Part],
    seen: Sequence[Seen],
    begin: float,
    end: float,
    gaps: Sequence[tuple[float, float]],
) -> str:
    """Everybody's voice, and who speaks or what is shared, with chapters; gives the file's name."""
    filmed = [one for one in seen if one.track.kind == "video" and one.keys]
    lengths: dict[str, float] = {}
    for one in filmed:
        lengths[one.codec] = lengths.get(one.codec, 0.0) + one.length
    codec = max(lengths, key=lambda name: lengths[name], default="")
    pictures = [one for one in filmed if one.codec == codec]
    sounds = [one for one in seen if one.track.kind == "audio"]
    marks = [mark for part in parts for mark in part.marks]
    cuts = cut([_picture(place, one) for place, one in enumerate(pictures)], marks, end)
    name = "film.mkv" if codec == "h264" else "film.webm"
    out = _Out(request.out / name, begin)
    if pictures:
        first = next((pictures[one.place] for one in cuts if one.place is not None), pictures[0])
        out.add(Frame(begin, first.first_key, True, 0, codec))
    mixed = _Voices(out, sounds, begin) if sounds else None
    ends = [at for at, _ in gaps]
    out.container.set_chapters(_chapters(request, marks, begin, end, [until for _, until in gaps]))
    shots = _Shots(out, cuts, ends, codec)
    streams = [_timed(one, place, picture=True) for place, one in enumerate(pictures)]
    streams += [_timed(one, place, picture=False) for place, one in enumerate(sounds)]
    for frame, place, picture in heapq.merge(*streams, key=lambda item: item[0].at):
        if picture:
            shots.take(frame, place)
        elif mixed is not None:
            mixed.take(frame, place)
    if mixed is not None:
        mixed.finish(end)
    out.close()
    return name


def _timed(one: Seen, place: int, *, picture: bool) -> Iterator[tuple[Frame, int, bool]]:
    return ((frame, place, picture) for frame in frames(one.track) if frame.codec == one.codec)


def _picture(place: int, one: Seen) -> Picture:
    return Picture(place, one.track.participant, one.track.label == Label.SCREEN, one.spans, one.keys)


def _chapters(request: Request, marks: Sequence[Any], begin: float, end: float, gaps: Sequence[float]) -> list[Any]:
    found = chapters(marks, begin, end, gaps)
    told = []
    for number, (chapter, after) in enumerate(zip(found, [*found[1:], None], strict=True), 1):
        title = request.gap if chapter.at in gaps else request.names.get(chapter.speaker, "")
        until = after.at if after is not None else end
        told.append({
            "id": number, "time_base": MILLI, "start": round((chapter.at - begin) * 1000),
            "end": max(round((until - begin) * 1000), round((chapter.at - begin) * 1000) + 1),
            "metadata": {"title": title} if title else {},
        })  # fmt: skip
    return told


class _Shots:
    """Writes of all pictures the one that is shown; a dark one where none is."""

    def __init__(self, out: _Out, cuts: Sequence[Cut], gaps: Iterable[float], codec: str) -> None:
        self._out = out
        dark = [Cut(at, None) for at in gaps]
        self._cuts = sorted([*cuts, *dark], key=lambda one: one.at)
        self._codec = codec
        self._next = 0
        self._shown: int | None = None

    def take(self, frame: Frame, place: int) -> None:
        while self._next < len(self._cuts) and self._cuts[self._next].at <= frame.at:
            change = self._cuts[self._next]
            self._next += 1
            self._shown = change.place
            if change.place is None and self._codec == "vp8":
                self._out.write("video", Frame(change.at, _dark(), True, 0, self._codec))
        if place == self._shown:
            self._out.write("video", frame)


class _Voices:
    """Mixes all sounds and writes them."""

    def __init__(self, out: _Out, sounds: Sequence[Seen], begin: float) -> None:
        self._out = out
        self._sounds = sounds
        self._lanes = lanes_of([[(a, b + _APART) for a, b in one.spans] for one in sounds])
        self._spans = [0] * len(sounds)
        count = max(lane for own in self._lanes for lane in own) + 1
        self._mixer = Mixer(count, begin)
        self._stream = out.add_voice()

    def take(self, frame: Frame, place: int) -> None:
        spans = self._sounds[place].spans
        while self._spans[place] + 1 < len(spans) and spans[self._spans[place] + 1][0] <= frame.at:
            self._spans[place] += 1
        self._mixer.take(place, self._lanes[place][self._spans[place]], frame.at, frame.data)
        self._encode(self._mixer.advance(frame.at))

    def finish(self, end: float) -> None:
        self._encode(self._mixer.finish(end))
        self._out.container.mux(self._stream.encode(None))

    def _encode(self, mixed: Iterator[Any]) -> None:
        for frame in mixed:
            self._out.container.mux(self._stream.encode(frame))


def _dark() -> bytes:
    """A keyframe that shows nothing."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = _BLANK
    encoder.pix_fmt, encoder.time_base = "yuv420p", MILLI
    frame = VideoFrame(*_BLANK, "yuv420p")
    for plane, shade in zip(frame.planes, (16, 128, 128), strict=True):
        plane.update(bytes([shade]) * plane.buffer_size)
    frame.pts = 0
    return bytes([*encoder.encode(frame), *encoder.encode(None)][0])


def main() -> None:
    """One request, one answer."""
    end_with_parent()
    os.nice(10)
    asked = json.load(sys.stdin)
    request = Request(Path(asked["folder"]), Path(asked["out"]), asked["names"], asked["gap"])
    sys.stdout.write(json.dumps(compose(request)))


if __name__ == "__main__":
    main()
