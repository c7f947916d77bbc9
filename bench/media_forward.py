"""CPU of the forward path: receive, unprotect, route, rewrite, protect, send. `python -m bench.media_forward [P S]…`

P publishers (50 sound packets/s, 1.2 Mbit/s of pictures in pairs of packets each) and S viewers of all of them,
AES-256-GCM, over loopback, to a UDP socket that nobody reads. No ICE, no DTLS, no receiver reports, and caches that are
warm: the path that repeats per packet.
"""

import itertools
import socket
import statistics
import sys
import time

from pylibsrtp import Policy, Session

from meetings.media import sdp, srtp
from meetings.media.fanout import Path
from meetings.media.planes import Choice, make_plane, why_not_c
from meetings.media.port import Label, MediaSettings, Wish
from meetings.media.router import Room
from meetings.media.udp import UdpSocket
from tests.support.rtp_packets import audio, offer, packet, video, vp8

SECONDS = 4
VIDEO_RATE = 132  # of 1,160 bytes: 1.2 Mbit/s


def gcm(direction: int) -> Session:
    policy = Policy(bytes(range(44)), direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    policy.window_size = 1024
    return Session(policy)


def measure(form: Choice, publishers: int, viewers: int) -> float:
    """CPU microseconds per forwarded packet."""
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("127.0.0.1", 0))
    out = UdpSocket("127.0.0.1", 0)
    target = out.sender(sink.getsockname())
    plane = make_plane(form)
    room = Room("bench", plane, MediaSettings(), lambda _: None, 0.0)
    for index in range(publishers):
        room.admit(f"p{index}", 0.0)
        lines = [audio("sendonly", f"a=ssrc:{10 + index} cname:x"), video("sendonly", f"a=ssrc:{50 + index} cname:x")]
        room.publish(f"p{index}", sdp.parse_offer(offer(*lines)), None, 0.0)
    cameras = [key for key, item in room.tracks.items() if item.track.label is Label.CAMERA]
    slots = [audio("recvonly")] * min(3, publishers) + [video("recvonly")] * publishers
    for index in range(viewers):
        name = f"v{index}"
        room.admit(name, 0.0, frozenset())
        room.receive(name, sdp.parse_offer(offer(*slots)), 0.0)
        room.down_ready(room.members[name], Path(gcm(Policy.SSRC_ANY_OUTBOUND), target), 0.0)
        first = min(3, publishers)
        room.select(name, {str(first + place): Wish(track) for place, track in enumerate(cameras)}, 0.0)

    inbox = UdpSocket("127.0.0.1", 0, plane.inbox)
    schedule: list[tuple[float, int, bytes]] = []
    sources = []
    for index in range(publishers):
        member = room.members[f"p{index}"]
        sending, receiving = gcm(Policy.SSRC_ANY_OUTBOUND), gcm(Policy.SSRC_ANY_INBOUND)
        room.up_ready(member, Path(gcm(Policy.SSRC_ANY_OUTBOUND), target), receiving)
        sources.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sources[-1].bind(("127.0.0.1", 0))
        for seq in range(50 * SECONDS):
            data = packet(seq, 960 * seq, 10 + index, bytes(80), 111, extensions={1: b"\x28"})
            schedule.append((seq / 50 + index / 997, index, srtp.protect(sending, data) or b""))
        for seq in range(VIDEO_RATE * SECONDS):
            payload = vp8(seq, keyframe=seq == 0) + bytes(1100)
            data = packet(seq, round(seq / VIDEO_RATE * 90_000), 50 + index, payload)
            schedule.append((seq // 2 / VIDEO_RATE * 2 + index / 997, index, srtp.protect(sending, data) or b""))
    schedule.sort(key=lambda item: item[0])
    members = [room.members[f"p{index}"] for index in range(publishers)]
    owners = {source.getsockname(): index for index, source in enumerate(sources)}
    known: set[int] = set()

    spent, ticked = 0.0, 0.0
    for now, group in itertools.groupby(schedule, key=lambda item: item[0]):
        for _, index, datagram in group:
            sources[index].sendto(datagram, (inbox.address, inbox.port))
        plane.now = now
        started = time.thread_time()
        for data, address, plain in inbox.receive(now):
            index = owners[address]
            up = members[index].up
            if up is None or up.intake.session is None:
                raise RuntimeError("a publisher is gone")
            clear = data if plain else srtp.unprotect(up.intake.session, data)
            if clear is not None:
                room.on_rtp(up, clear, now)
            if index not in known and up.intake.streams:
                known.add(index)
                inbox.route(address, up.intake)
        plane.flush()
        if now - ticked >= 0.02:
            ticked = now
            room.tick(now)
            plane.flush()
        spent += time.thread_time() - started
    out.close()
    inbox.close()
    for item in (sink, *sources):
        item.close()
    return spent / max(1, plane.sent) * 1e6


def main() -> None:
    numbers = [int(text) for text in sys.argv[1:]] or [2, 20, 5, 20, 10, 40]
    forms: list[Choice] = ["python"] if why_not_c() else ["python", "c"]
    for publishers, viewers in zip(numbers[::2], numbers[1::2], strict=True):
        for form in forms:
            runs = [measure(form, publishers, viewers) for _ in range(3)]
            print(f"{publishers} x {viewers}, {form}: {statistics.median(runs):.2f} µs CPU per forwarded packet")


if __name__ == "__main__":
    main()
