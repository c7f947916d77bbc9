"""What a recording writes of a room, packet by packet, and what becomes of it when disk or process fail."""

import asyncio
from pathlib import Path

import pytest

from meetings.media import sdp
from meetings.media.fanout_python import PythonPlane
from meetings.media.port import CannotRecord, Label, MediaPort, MediaSettings, RecordingStopped, RoomEvent
from meetings.media.reel import RECORD, Reel, record
from meetings.media.router import Room
from meetings.media.tape import CUT, PACKET, Tape
from meetings.recording.reading import frames, read_parts, records
from tests.support.programs import as_root, run
from tests.support.rtp_packets import audio, offer, packet, video, vp8
from tests.unit.meetings.media.test_engine import Make, make

__all__ = ["make"]

EVERYBODY = frozenset({"anne", "bruno"})


class Bench:
    """A room with one publisher, and a tape of it."""

    def __init__(self, folder: Path, whom: frozenset[str] = EVERYBODY) -> None:
        self.folder = folder
        self.room = Room("r", PythonPlane(), MediaSettings(), lambda _event: None, 0.0)
        self.room.admit("anne", 0.0)
        self.room.publish("anne", sdp.parse_offer(offer(audio(), video())), None, 0.0)
        self.tape = Tape(folder, 0, whom)
        self.now = 1.0

    def send(self, *packets: bytes) -> None:
        up = self.room.member("anne").up
        assert up is not None
        for one in packets:
            self.room.on_rtp(up, one, self.now)

    def copy(self, seconds: float = 0.2) -> None:
        self.now += seconds
        self.tape.tick(self.room.tracks, self.room.speaking, self.now)

    def kept(self, kind: str) -> list[int]:
        """The sequence numbers on disk of this kind of track."""
        self.tape.close()
        self.tape.join()
        (part,) = read_parts(self.folder)
        found = []
        for track in part.tracks:
            if track.kind == kind:
                found += [int.from_bytes(data[2:4], "big") for what, data in records(track.path) if what == PACKET]
        return found


def sound(seq: int) -> bytes:
    return packet(seq, 960 * seq, 1, b"opus", 111, extensions={4: b"0"})


def picture(seq: int, *, key: bool = False) -> bytes:
    return packet(seq, 3000 * seq, 2, vp8(seq, keyframe=key), 96, marker=True, extensions={4: b"1"})


def test_a_picture_begins_with_a_keyframe_that_was_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.send(picture(1, key=True), picture(2))
    bench.copy()
    up = bench.room.member("anne").up
    assert up is not None
    (layer,) = (one for one in up.layers.values() if one.track.kind == "video")
    assert layer.keyframes.wanted
    bench.send(picture(3))
    bench.now += 0.1
    bench.send(picture(4, key=True), picture(5))
    bench.copy()
    assert bench.kept("video") == [4, 5]


def test_what_is_repaired_late_stands_in_its_place(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.send(sound(1))
    bench.copy()
    bench.send(sound(2), sound(4))
    bench.copy(0.15)
    bench.send(sound(3))
    bench.copy()
    bench.send(sound(6))
    bench.copy()
    bench.copy(0.5)  # 5 never comes
    assert bench.kept("audio") == [2, 3, 4, 6]


def test_of_who_is_muted_or_not_allowed_nothing_is_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.send(sound(1))
    bench.copy()
    bench.send(sound(2))
    bench.copy()
    bench.send(sound(3))
    bench.room.mute("anne", Label.MICROPHONE, True)
    bench.send(sound(4))
    bench.copy()
    bench.send(sound(5))
    bench.room.mute("anne", Label.MICROPHONE, False)
    bench.copy()
    bench.copy()
    bench.send(sound(6))
    bench.copy()
    bench.tape.allow(frozenset({"bruno"}))
    bench.send(sound(7))
    bench.copy()
    assert bench.kept("audio") == [2, 6]
    (part,) = read_parts(bench.folder)
    (track,) = (one for one in part.tracks if one.kind == "audio")
    assert sum(kind == CUT for kind, _ in records(track.path)) >= 2


def test_who_agrees_later_is_written_from_then_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path, frozenset({"bruno"}))
    bench.send(sound(1))
    bench.copy()
    bench.tape.allow(EVERYBODY)
    bench.send(sound(2))
    bench.copy()
    bench.send(sound(3))
    bench.copy()
    assert bench.kept("audio") == [3]


def test_a_file_that_was_cut_anywhere_is_read_up_to_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for number in range(1, 6):
        bench.send(sound(number))
        bench.copy()
    assert bench.kept("audio") == [2, 3, 4, 5]
    (part,) = read_parts(tmp_path)
    (track,) = (one for one in part.tracks if one.kind == "audio")
    whole = track.path.read_bytes()
    counts = set()
    for size in range(len(whole)):
        track.path.write_bytes(whole[:size])
        counts.add(sum(kind == PACKET for kind, _ in records(track.path)))
        list(frames(track))
    assert counts == {0, 1, 2, 3}


async def test_a_disk_that_fills_up_keeps_whole_records(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    run(as_root("mount", "-t", "tmpfs", "-o", "size=256k,mode=777", "tmpfs", str(mount)))
    try:
        reel = Reel(mount / "r", 0)
        for _ in range(400):
            reel.write("0001.tape", record(PACKET, bytes(999)))
        reel.close()
        await asyncio.to_thread(reel.join)
        assert reel.failed == "full"
        size = (mount / "r" / "0001.tape").stat().st_size
        assert size > 100_000
        assert size % (RECORD.size + 999) == 0
    finally:
        run(as_root("umount", str(mount)))


@pytest.mark.parametrize("spare", [1 << 60])
async def test_a_room_hears_that_there_is_no_room_on_the_disk(make: Make, tmp_path: Path, spare: int) -> None:
    engine: MediaPort = make(MediaSettings(keep_free=spare))
    events: list[RoomEvent] = []
    engine.listen(events.append)
    await engine.start()
    await engine.admit("r", "a")
    with pytest.raises(CannotRecord, match="full"):
        await engine.record("r", str(tmp_path / "recording"), frozenset({"a"}))
    await engine.stop_recording("r")
    await engine.stop_recording("elsewhere")
    assert not [event for event in events if isinstance(event, RecordingStopped)]


async def test_a_recording_is_on_the_disk_when_it_has_stopped(make: Make, tmp_path: Path) -> None:
    engine = make(MediaSettings())
    await engine.start()
    await engine.admit("r", "a")
    await engine.record("r", str(tmp_path / "recording"), frozenset({"a"}))
    await engine.record("r", str(tmp_path / "recording"), frozenset({"a", "b"}))
    await engine.stop_recording("r")
    assert len(read_parts(tmp_path / "recording")) == 1
    await engine.record("r", str(tmp_path / "recording"), frozenset({"a"}))
    await engine.close("r")
    assert len(read_parts(tmp_path / "recording")) == 2
