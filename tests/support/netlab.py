"""A bad network: two network namespaces joined by a link that loses, delays, narrows and breaks on demand.

`with bad_network() as network:` gives one; `bench/media_network.py` and the tests of calls use it. The kernel need not
know netem: a relay in a process of its own (`python -m tests.support.netlab NAME`) stands between two TUN devices.
Needs root, iproute2 and /dev/net/tun.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from tests.support.programs import find_program, run

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI, _CLONE_NEWNET = 0x400454CA, 0x1, 0x1000, 0x40000000
_ROOT = Path(__file__).resolve().parents[2]
SIDES = ("a", "b")
MTU = 1400


@dataclass(frozen=True)
class Way:
    """How the link treats what leaves one side. All zero: it passes everything at once."""

    delay_ms: float = 0
    jitter_ms: float = 0
    """Four times the standard deviation of the delay; the order is kept."""
    loss_pct: float = 0
    burst: float = 1
    """Mean number of packets lost in a row."""
    rate_kbit: float = 0
    queue_ms: float = 300
    """What comes when so much waits for the narrow link is dropped."""
    down: bool = False
    no_udp: bool = False
    """A firewall that lets no UDP pass."""


class Direction:
    """One way through the link: `take` decides, `leave` gives what has arrived. Times in seconds."""

    def __init__(self, seed: int) -> None:
        self.way = Way()
        self.dropped = 0
        self._random = random.Random(seed)
        self._queue: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._free_at = 0.0
        self._last_at = 0.0
        self._losing = False

    def take(self, packet: bytes, now: float) -> None:
        way = self.way
        if way.down or (way.no_udp and _is_udp(packet)) or self._loses():
            self.dropped += 1
            return
        at = now
        if way.rate_kbit:
            start = max(now, self._free_at)
            if (start - now) * 1000 > way.queue_ms:
                self.dropped += 1
                return
            at = self._free_at = start + len(packet) * 8 / (way.rate_kbit * 1000)
        delay = self._random.gauss(way.delay_ms, way.jitter_ms / 2) if way.jitter_ms else way.delay_ms
        self._last_at = max(self._last_at, at + max(0.0, delay) / 1000)
        self._count += 1
        heapq.heappush(self._queue, (self._last_at, self._count, packet))

    def _loses(self) -> bool:
        """Gilbert's model: long-run loss `loss_pct`, bursts of `burst` on average."""
        share, draw = self.way.loss_pct / 100, self._random.random()
        if not share or self.way.burst <= 1:
            self._losing = draw < share
        elif self._losing:
            self._losing = draw >= 1 / self.way.burst
        else:
            self._losing = draw < share / self.way.burst / (1 - share)
        return self._losing

    def next_at(self) -> float | None:
        return self._queue[0][0] if self._queue else None

    def leave(self, now: float) -> Iterator[bytes]:
        while self._queue and self._queue[0][0] <= now:
            yield heapq.heappop(self._queue)[2]


def _is_udp(packet: bytes) -> bool:
    return packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_UDP


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Whatever this thread opens or starts meanwhile is in a network namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    enter(namespace)
    try:
        yield
    finally:
        _set_namespace(home)
        os.close(home)


def enter(namespace: str) -> None:
    """Move this thread (and what it starts from now on) into a network namespace. OSError when it cannot."""
    handle = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    try:
        _set_namespace(handle)
    finally:
        os.close(handle)


def _set_namespace(handle: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no way into this network namespace")


def _device(namespace: str) -> int:
    enter(namespace)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"lab0", _IFF_TUN | _IFF_NO_PI))
    return device


def relay(name: str) -> None:
    """Carry packets until standard input ends; each line of it is a new state of the link."""
    devices = [_device(f"{name}-{side}") for side in SIDES]
    directions = [Direction(seed=1), Direction(seed=2)]
    commands = sys.stdin.buffer
    os.set_blocking(commands.fileno(), False)
    print("ready", flush=True)
    rest = b""
    while True:
        now = time.monotonic()
        waits = [at for direction in directions if (at := direction.next_at()) is not None]
        readable, _, _ = select.select(
            [*devices, commands.fileno()], [], [], max(0.0, min(waits) - now) if waits else None
        )
        now = time.monotonic()
        if commands.fileno() in readable:
            text = os.read(commands.fileno(), 65536)
            if not text:
                return
            *lines, rest = (rest + text).split(b"\n")
            for line in lines:
                for direction, way in zip(directions, json.loads(line), strict=True):
                    direction.way = Way(**way)
        for index, device in enumerate(devices):
            if device in readable:
                _drain(device, directions[index], now)
        for index, direction in enumerate(directions):
            for packet in direction.leave(now):
                try:
                    os.write(devices[1 - index], packet)
                except OSError:  # the device is not up yet
                    direction.dropped += 1


def _drain(device: int, direction: Direction, now: float) -> None:
    for _ in range(64):
        try:
            direction.take(os.read(device, 65536), now)
        except BlockingIOError:
            return


@dataclass
class Network:
    """Two sides: `addresses` within the namespaces `NAME-a` and `NAME-b`."""

    name: str
    addresses: tuple[str, str]
    _commands: IO[str]
    ways: list[Way] = field(default_factory=lambda: [Way(), Way()])

    def namespace(self, side: str) -> str:
        return f"{self.name}-{side}"

    def set(self, both: Way | None = None, *, from_a: Way | None = None, from_b: Way | None = None) -> None:
        """Change the link while traffic flows."""
        for index, way in enumerate((from_a or both, from_b or both)):
            if way is not None:
                self.ways[index] = way
        self._commands.write(json.dumps([asdict(way) for way in self.ways]) + "\n")
        self._commands.flush()

    def command(self, side: str, *command: str) -> list[str]:
        """`command` as it has to be written to run in one side."""
        return [find_program("ip", "iproute2"), "netns", "exec", self.namespace(side), *command]

    def wrapper(self, side: str, program: str, folder: Path) -> Path:
        """A script that runs `program` in one side, for those who take nothing but a path."""
        script = folder / f"{Path(program).name}-{side}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.command(side))} {program} "$@"\n')
        script.chmod(0o755)
        return script

    def move(self, side: str, address: str) -> None:
        """One side has another address from now on, as a laptop does that goes from one network to another."""
        index = SIDES.index(side)
        ip = [find_program("ip", "iproute2"), "-n", self.namespace(side)]
        old, self.addresses = self.addresses[index], _replaced(self.addresses, index, address)
        run([*ip, "addr", "del", f"{old}/24", "dev", "lab0"])
        run([*ip, "addr", "add", f"{address}/24", "dev", "lab0"])
        run([*ip, "route", "replace", "default", "dev", "lab0"])


def _replaced(addresses: tuple[str, str], index: int, address: str) -> tuple[str, str]:
    return (address, addresses[1]) if index == 0 else (addresses[0], address)


@contextmanager
def bad_network() -> Iterator[Network]:
    """A link of its own, named after this process; it is gone at the end. RuntimeError when it cannot be made."""
    name = f"hc{os.getpid()}"
    ip = find_program("ip", "iproute2")
    subnet = "10.77.0"
    namespaces = [f"{name}-{side}" for side in SIDES]
    child: subprocess.Popen[str] | None = None
    try:
        for namespace in namespaces:
            run([ip, "netns", "add", namespace])
            run([ip, "-n", namespace, "link", "set", "lo", "up"])
        command = [sys.executable, "-m", "tests.support.netlab", name]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
        if child.stdout is None or child.stdin is None or child.stdout.readline() != "ready\n":
            raise RuntimeError("the relay of the bad network did not start")
        addresses = (f"{subnet}.1", f"{subnet}.2")
        for namespace, address in zip(namespaces, addresses, strict=True):
            run([ip, "-n", namespace, "addr", "add", f"{address}/24", "dev", "lab0"])
            run([ip, "-n", namespace, "link", "set", "lab0", "mtu", str(MTU), "up"])
            run([ip, "-n", namespace, "route", "add", "default", "dev", "lab0"])
        yield Network(name, addresses, child.stdin)
    finally:
        if child is not None and child.stdin is not None:
            child.stdin.close()
            child.wait(10)
            if child.stdout is not None:
                child.stdout.close()
        for namespace in namespaces:
            subprocess.run([ip, "netns", "del", namespace], check=False, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    relay(sys.argv[1])
