"""What recording costs while a meeting runs: CPU per track, of copying and of writing. `python -m bench.recording`.

Packets of ten cameras (1.2 Mbit/s, 25 pictures a second) and ten microphones (50 packets a second) pass a room in
simulated time; what the tape takes of the processor, its thread included, is measured alone.
"""

import tempfile
import time
from pathlib import Path

from meetings.media import sdp
from meetings.media.fanout_python import PythonPlane
from meetings.media.port import MediaSettings
from meetings.media.router import Room
from meetings.media.tape import Tape
from tests.support.rtp_packets import audio, offer, packet, video, vp8

PEOPLE, SECONDS, TICK = 10, 30, 0.02
PICTURE_PACKETS = 5  # of 1,200 bytes, 25 times a second


def main() -> None:
    """Print microseconds per packet and the share of one core per track."""
    with tempfile.TemporaryDirectory() as folder:
        without, packets = run(None)
        spent = run(Path(folder) / "tape")[0] - without
        written = sum(path.stat().st_size for path in Path(folder).rglob("*.tape"))
    tracks = 2 * PEOPLE
    print(f"{packets} packets, {written / 1e6:.0f} MB written in {SECONDS} s of media of {tracks} tracks")
    print(f"{1e6 * spent / packets:.1f} µs of CPU a packet, {100 * spent / SECONDS / tracks:.3f} % of a core a track")


def run(folder: Path | None) -> tuple[float, int]:
    """Seconds of CPU that the packets take, recorded into `folder` or not, and how many they are."""
    room = Room("r", PythonPlane(), MediaSettings(), lambda _event: None, 0.0)
    names = [f"p{number}" for number in range(PEOPLE)]
    for name in names:
        room.admit(name, 0.0)
        room.publish(name, sdp.parse_offer(offer(audio(), video())), None, 0.0)
    tape = Tape(folder, 0, frozenset(names)) if folder is not None else None
    count = 0
    before = time.process_time()
    for step in range(int(SECONDS / TICK)):
        now = 1.0 + step * TICK
        sent = packets(step)
        for name in names:
            up = room.member(name).up
            assert up is not None
            for data in sent:
                room.on_rtp(up, data, now)
        count += len(sent) * PEOPLE
        if tape is not None:
            tape.tick(room.tracks, room.speaking, now)
    if tape is not None:
        tape.close()
        tape.join()
    return time.process_time() - before, count


def packets(step: int) -> list[bytes]:
    """What one person sends in 20 ms; a keyframe every half second."""
    sent = [packet(step, 960 * step, 1, bytes(80), 111, extensions={4: b"0"})]
    for part in range(PICTURE_PACKETS if step % 2 == 0 else 0):
        body = vp8(step, keyframe=step % 26 == 0 and part == 0) + bytes(1150)
        number, last = step // 2 * PICTURE_PACKETS + part, part == PICTURE_PACKETS - 1
        sent.append(packet(number, 3600 * step, 2, body, 96, marker=last, extensions={4: b"1"}))
    return sent


if __name__ == "__main__":
    main()
