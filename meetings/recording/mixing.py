"""All voices as one sound: decoded, laid on as few lanes as speak at once, added up, encoded again as Opus.

Only `compose.py` uses it, in a process of its own. Each lane is one unbroken line of samples: what nobody said is
silence, and whoever's clock runs fast or slow is set right by a frame now and then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext

RATE = 48_000
_OFF = RATE // 50
"""Samples by which a frame may lie beside its place."""
_CHUNK = RATE // 2
_BEHIND = RATE // 5
"""Samples by which the lanes stay behind what is read: frames come nearly in order."""
_FRAME = 960


def lanes_of(spans: Sequence[Sequence[tuple[float, float]]]) -> list[list[int]]:
    """For each track's spans of time, the lane that each lies on; no lane has two at once."""
    waiting = sorted(
        (begin, end, track, place) for track, own in enumerate(spans) for place, (begin, end) in enumerate(own)
    )
    free: list[float] = []
    found = [[0] * len(own) for own in spans]
    for begin, end, track, place in waiting:
        lane = next((lane for lane, until in enumerate(free) if until < begin), len(free))
        if lane == len(free):
            free.append(end)
        free[lane] = end
        found[track][place] = lane
    return found


class Mixer:
    """Frames in, in the order of time; mixed frames out."""

    def __init__(self, lanes: int, begin: float) -> None:
        self._begin = begin
        self._positions = [0] * lanes
        self._graph = Graph()
        layout = {"sample_rate": str(RATE), "sample_fmt": "flt", "channel_layout": "stereo", "time_base": f"1/{RATE}"}
        self._inputs = [
            self._graph.add("abuffer", ":".join(f"{k}={v}" for k, v in layout.items())) for _ in range(lanes)
        ]
        mix = self._graph.add("amix", f"inputs={lanes}:duration=longest:normalize=0:dropout_transition=0")
        for lane, source in enumerate(self._inputs):
            source.link_to(mix, 0, lane)
        self._sink = self._chain(mix, ("alimiter", "level=0"), ("aformat", "sample_fmts=flt:channel_layouts=stereo"),
                                 ("asetnsamples", f"n={_FRAME}:p=1"))  # fmt: skip
        self._graph.configure()
        self._decoders: dict[int, AudioCodecContext] = {}

    def _chain(self, last: FilterContext, *filters: tuple[str, str]) -> FilterContext:
        for name, arguments in filters:
            following = self._graph.add(name, arguments)
            last.link_to(following)
            last = following
        sink = self._graph.add("abuffersink")
        last.link_to(sink)
        return sink

    def take(self, track: int, lane: int, at: float, data: bytes) -> None:
        """One frame of a track."""
        decoder = self._decoders.get(track)
        if decoder is None:
            decoder = av.CodecContext.create("libopus", "r")
            assert isinstance(decoder, AudioCodecContext)
            decoder.sample_rate, decoder.layout = RATE, "stereo"
            self._decoders[track] = decoder
        place = self._place(at)
        try:
            decoded = decoder.decode(av.Packet(data))
        except av.FFmpegError:
            return
        for frame in decoded:
            off = place - self._positions[lane]
            if off < -_OFF:
                continue
            if off > _OFF:
                self._fill(lane, place)
            self._push(lane, _floats(frame))
            place += frame.samples

    def _place(self, at: float) -> int:
        return max(0, round((at - self._begin) * RATE))

    def advance(self, at: float) -> Iterator[AudioFrame]:
        """Nothing that lies before this will come any more, but for a little: what is mixed by now."""
        until = self._place(at) - _BEHIND
        for lane, position in enumerate(self._positions):
            if until - position > _CHUNK:
                self._fill(lane, until)
        return self._pull()

    def finish(self, at: float) -> Iterator[AudioFrame]:
        """The rest."""
        for lane, source in enumerate(self._inputs):
            self._fill(lane, self._place(at))
            source.push(None)
        return self._pull()

    def _pull(self) -> Iterator[AudioFrame]:
        while True:
            try:
                frame = self._sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, AudioFrame)
            yield frame

    def _fill(self, lane: int, until: int) -> None:
        while (missing := until - self._positions[lane]) > 0:
            self._push(lane, _silence(min(missing, _CHUNK)))

    def _push(self, lane: int, frame: AudioFrame) -> None:
        frame.pts = self._positions[lane]
        frame.sample_rate = RATE
        self._positions[lane] += frame.samples
        self._inputs[lane].push(frame)


_RESAMPLER = av.AudioResampler("flt", "stereo", RATE)


def _floats(frame: AudioFrame) -> AudioFrame:
    frame.pts = None
    (same,) = _RESAMPLER.resample(frame)
    return same


def _silence(samples: int) -> AudioFrame:
    frame = AudioFrame("flt", "stereo", samples)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame
