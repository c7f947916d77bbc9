"""Sends to the media port what no browser would: `python -m tests.support.attacker PORT RATE SECONDS UFRAG`.

A process of its own, so that its work does not count as the server's; prints how many packets it sent. UFRAG is one
that is in use, as whoever reads the packets of a call on their way knows it.
"""

import random
import secrets
import socket
import sys
import time
from struct import pack

from aioice import stun

SOURCES = 64
KINDS = 200


def check(ufrag: str) -> bytes:
    attributes = {"USERNAME": f"{ufrag}:xxxx", "PRIORITY": 1, "ICE-CONTROLLING": 1, "USE-CANDIDATE": None}
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
    message.add_message_integrity(secrets.token_hex(12).encode())
    return bytes(message)


def arsenal(ufrag: str, rng: random.Random) -> list[bytes]:
    """Garbage, cut and forged checks, handshakes of strangers, RTP and RTCP that lie about their lengths."""
    made: list[bytes] = []
    while len(made) < KINDS:
        good = check(ufrag)
        hello = b"\x16\xfe\xfd" + bytes(8) + pack("!H", 200) + b"\x01" + rng.randbytes(199)
        made += [
            rng.randbytes(rng.randrange(1, 1400)),
            good,
            check("".join(rng.choices("abcdefghijkl", k=8))),
            good[: rng.randrange(1, len(good))],
            good[:2] + pack("!H", rng.randrange(65536)) + good[4:],
            good[:20] + rng.randbytes(len(good) - 20),
            hello,
            pack("!BBHII", 0x9F, 96, rng.randrange(65536), 0, 1) + rng.randbytes(40),
            pack("!BBHI", 0x9F, rng.randrange(192, 224), 0xFFFF, 1) + rng.randbytes(20),
        ]
    return made


def main(port: int, rate: int, seconds: float, ufrag: str) -> int:
    rng = random.Random(3)
    packets = arsenal(ufrag, rng)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOURCES)]
    for one in sockets:
        one.connect(("127.0.0.1", port))
    began, sent = time.monotonic(), 0
    while (now := time.monotonic()) - began < seconds:
        due = int((now - began) * rate)
        while sent < due:
            sockets[sent % SOURCES].send(packets[sent % len(packets)])
            sent += 1
        time.sleep(0.001)
    print(sent)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
