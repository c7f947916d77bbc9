"""Real browsers are recorded: what comes out plays, lasts as long as it should, and sound and picture are together."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from meetings.media.port import Label, MediaSettings
from meetings.recording.compose import Request, compose
from tests.support.chromium import Browse
from tests.support.media_lab import ROOM, Lab, join_page, media_lab, until

pytestmark = pytest.mark.alone

# A picture that turns white, and a tone, at the same moment, once a second.
FLASH = """
async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const context = canvas.getContext("2d"), sound = new AudioContext();
  const out = sound.createMediaStreamDestination(), tone = sound.createOscillator(), gain = sound.createGain();
  gain.gain.value = 0; tone.frequency.value = 880; tone.connect(gain).connect(out); tone.start();
  await sound.resume();
  let lit = false, count = 0;
  setInterval(() => {
    const on = performance.now() % 1000 < 200;
    if (on !== lit) { lit = on; gain.gain.value = on ? 0.5 : 0; }
    context.fillStyle = lit ? "white" : "black"; context.fillRect(0, 0, 320, 240);
    context.fillStyle = "grey"; context.fillRect(count++ % 320, 236, 4, 4);
  }, 10);
  const [camera] = canvas.captureStream(30).getVideoTracks(), [microphone] = out.stream.getAudioTracks();
  session = new client.MediaSession({ signal, publish: true, onState: () => {}, onSlots: () => {} });
  await session.join({ microphone, camera }, 1);
}
"""


def rises(levels: list[tuple[float, float]], dark: float, bright: float) -> list[float]:
    """When a level passed from below `dark` to above `bright`."""
    found, low = [], False
    for at, level in levels:
        if level < dark:
            low = True
        elif low and level > bright:
            low = False
            found.append(at)
    return found


def flashes(path: Path) -> tuple[list[float], list[float]]:
    """When the picture turned white, and when the tone began."""
    pictures: list[tuple[float, float]] = []
    sounds: list[tuple[float, float]] = []
    with av.open(str(path), "r") as film:
        for frame in film.decode():
            if isinstance(frame, VideoFrame):
                pictures.append((frame.time, bytes(frame.planes[0])[frame.planes[0].line_size * frame.height // 2 + 9]))
            elif isinstance(frame, AudioFrame):
                whole = memoryview(bytes(frame.planes[0])).cast("f")
                step = 240
                for start in range(0, frame.samples, step):
                    part = whole[start : start + step]
                    loud = max((abs(sample) for sample in part), default=0.0)
                    sounds.append((frame.time + start / 48_000, loud))
    return rises(pictures, 80, 160), rises(sounds, 0.02, 0.08)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with media_lab(MediaSettings()) as running:
        yield running


async def test_sound_and_picture_are_together_and_the_film_is_as_long_as_the_recording(
    lab: Lab, browse: Browse, tmp_path: Path
) -> None:
    page = await browse()
    await page.goto(f"{lab.url}/?name=anne")
    await page.evaluate(FLASH)
    await join_page(lab, browse, "bruno")
    await until(lambda: lab.engine.counters.packets_in > 300)
    await lab.engine.record(ROOM, str(tmp_path / "tape"), frozenset({"anne", "bruno"}))
    began = asyncio.get_running_loop().time()
    await asyncio.sleep(8)  # what is measured
    await lab.engine.mute(ROOM, "bruno", Label.CAMERA, True)
    await lab.engine.stop_recording(ROOM)
    lasted = asyncio.get_running_loop().time() - began
    out = tmp_path / "out"
    out.mkdir()
    names = {"anne": "Anne", "bruno": "Bruno"}
    answer = await asyncio.to_thread(compose, Request(tmp_path / "tape", out, names, "gap"))
    assert len(answer["tracks"]) == 4
    assert abs(answer["duration"] - lasted) < 1
    (mine,) = (out / name for name in answer["tracks"] if "Anne camera" in name)
    (voice,) = (out / name for name in answer["tracks"] if "Anne microphone" in name)
    pictures, sounds = flashes(mine)[0], flashes(voice)[1]
    assert len(pictures) >= 4 and len(sounds) >= 4, (pictures, sounds)
    apart = [min((sound - picture for sound in sounds), key=abs) for picture in pictures]
    print("sound after picture, ms:", [round(1000 * one) for one in apart])
    assert sorted(abs(one) for one in apart)[len(apart) // 2] <= 0.08
    with av.open(str(out / answer["film"]), "r") as film:
        assert sorted(stream.codec_context.name for stream in film.streams) == ["opus", "vp8"]
        assert film.duration is not None and abs(film.duration / 1e6 - answer["duration"]) < 0.5
        assert sum(isinstance(frame, VideoFrame) for frame in film.decode(video=0)) > 30
