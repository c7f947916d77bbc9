"""Somebody in a room who really sends sound and picture: aiortc's peer connection behind the room's signalling."""

import asyncio
import fractions
import math
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiortc import AudioStreamTrack, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import AudioFrame, VideoFrame

from tests.support.socket import Socket

PACE = 15


class Tone(AudioStreamTrack):
    """A tone of 440 Hz in stereo, at its own pace."""

    _sent = 0

    async def recv(self) -> AudioFrame:
        self._start = getattr(self, "_start", None) or asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, self._start + self._sent / 48_000 - asyncio.get_running_loop().time()))
        frame = AudioFrame("s16", "mono", 960)
        samples = [int(9000 * math.sin(2 * math.pi * 440 * (self._sent + n) / 48_000)) for n in range(960)]
        frame.planes[0].update(struct.pack("<960h", *samples))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._sent, fractions.Fraction(1, 48_000)
        self._sent += 960
        return frame


class Grey(VideoStreamTrack):
    """A picture whose shade changes."""

    _shown = 0

    async def recv(self) -> VideoFrame:
        self._start = getattr(self, "_start", None) or asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, self._start + self._shown / PACE - asyncio.get_running_loop().time()))
        frame = VideoFrame(320, 240, "yuv420p")
        for plane, shade in zip(frame.planes, (40 + 5 * self._shown % 160, 128, 128), strict=True):
            plane.update(bytes([shade]) * plane.buffer_size)
        frame.pts, frame.time_base = self._shown * 90_000 // PACE, fractions.Fraction(1, 90_000)
        self._shown += 1
        return frame


@asynccontextmanager
async def really_sending(socket: Socket, **labels: Any) -> AsyncIterator[RTCPeerConnection]:
    """Until the block ends."""
    peer = RTCPeerConnection()
    peer.addTrack(Tone())
    peer.addTrack(Grey())
    await peer.setLocalDescription(await peer.createOffer())
    named = labels or {"0": "microphone", "1": "camera"}
    answer = await socket.call("room.publish", {"sdp": peer.localDescription.sdp, "labels": named})
    assert answer["ok"], answer
    await peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
    try:
        yield peer
    finally:
        await peer.close()
