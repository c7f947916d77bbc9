"""What test browsers play where the load matters: a picture that moves, and something like speech."""

import math
import struct
import wave
from fractions import Fraction
from pathlib import Path

import av
import av.filter
from av.video.codeccontext import VideoCodecContext


def film(path: Path, seconds: int = 10) -> None:
    """A moving test picture of 640x480 at 30 fps as Motion JPEG."""
    graph = av.filter.Graph()
    source = graph.add("testsrc2", "s=640x480:r=30")
    shape, sink = graph.add("format", "yuvj420p"), graph.add("buffersink")
    source.link_to(shape)
    shape.link_to(sink)
    graph.configure()
    codec = VideoCodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 640, 480, "yuvj420p", Fraction(1, 30)
    with path.open("wb") as output:
        for _ in range(30 * seconds):
            frame = graph.pull()
            assert isinstance(frame, av.VideoFrame)
            for packet in codec.encode(frame):
                output.write(bytes(packet))


def voice(path: Path, pitch: float, pace: float, seconds: int = 10) -> None:
    """Something like speech: harmonics of `pitch` (Hz), `pace` syllables a second, never silent for long."""
    samples = []
    phase = 0.0
    for index in range(48_000 * seconds):
        at = index / 48_000
        phase += 2 * math.pi * pitch * (1 + 0.15 * math.sin(2 * math.pi * 0.7 * at)) / 48_000
        loud = 0.25 + 0.75 * abs(math.sin(math.pi * pace * at))
        samples.append(int(6000 * loud * sum(math.sin(n * phase) / n for n in (1, 2, 3, 5))))
    with wave.open(str(path), "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(48_000)
        output.writeframes(struct.pack(f"<{len(samples)}h", *samples))
