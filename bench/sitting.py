"""A sitting of 69 members on a server of its own: how soon a vote by all is in, and when each has the result.

    .venv/bin/python -m bench.sitting

Each member has a socket, votes over the API when the ballot opens, and asks for the live state (JSON, and the page that
browsers show) once the result is announced. Clients share this process, the server has its own.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import socketio

from directory.sessions.passwords import Passwords
from meetings.council.rules.remote import Item as ItemKind
from tests.support.council import Council

MEMBERS = 69
PASSWORD = "correct horse battery"  # of nobody
ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def percentile(times: list[float], part: float) -> float:
    """In milliseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] * 1000


def cpu_of(pid: int) -> float:
    """Seconds of processor that the server has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Member:
    """A member with a session and a socket. `seen`: when each kind of news was heard."""

    def __init__(self, council: Council, session: aiohttp.ClientSession) -> None:
        self.council, self.session = council, session
        self.socket = socketio.AsyncClient(reconnection=False)
        self.seen: dict[str, float] = {}
        self.socket.on("event", self._hear)

    async def join(self) -> None:
        cookies = "; ".join(f"{one.key}={one.value}" for one in self.session.cookie_jar)
        url = self.council.server.url
        await self.socket.connect(url, transports=["websocket"], headers={"Cookie": cookies, "Origin": url})
        told = await self.socket.call("subscribe", {"topic": f"sitting:{self.council.sitting}"})
        assert told["ok"], told

    async def _hear(self, data: dict[str, Any]) -> None:
        self.seen.setdefault(data["data"].get("kind", data["type"]), time.perf_counter())

    async def ask(self, method: str, path: str, **more: Any) -> float:
        """When it was answered."""
        async with self.session.request(method, path, **more) as answer:
            body = await answer.text()
            assert answer.status < 400, body
        return time.perf_counter()


async def everyone(members: list[Member], work: Callable[[Member], Awaitable[float]], since: float) -> list[float]:
    """Seconds until each had what they asked for."""
    return [done - since for done in await asyncio.gather(*(work(one) for one in members))]


async def measure(council: Council, members: list[Member]) -> None:
    """One electronic ballot from its opening to the result."""
    sitting, pid = council.sitting, council.server.pid
    live = f"/api/v1/council/sittings/{sitting}/live"
    start = time.perf_counter()
    opened = await council.clerk("POST", f"sittings/{sitting}/ballots", json={"method": "electronic"})
    print(f"opening a ballot: {(time.perf_counter() - start) * 1000:.0f} ms")
    path, body = f"/api/v1/council/ballots/{opened['id']}/vote", {"choice": "for"}
    start, cpu = time.perf_counter(), cpu_of(pid)
    times = await everyone(members, lambda one: one.ask("PUT", path, json=body), start)
    print(f"a vote by all {len(members)}: {max(times):.2f} s (server CPU {cpu_of(pid) - cpu:.2f} s)")
    start, cpu = time.perf_counter(), cpu_of(pid)
    await council.clerk("POST", f"ballots/{opened['id']}/close", json={})
    async with asyncio.timeout(10):
        while not all("ballot_closed" in one.seen for one in members):
            await asyncio.sleep(0.002)
    heard = [one.seen["ballot_closed"] - start for one in members]
    print(f"closed, result heard by all: p50 {percentile(heard, 0.5):.0f} ms, p99 {percentile(heard, 0.99):.0f} ms")
    for name, address in (("state (JSON)", live), ("page", f"/council/sittings/{sitting}/live")):
        start, cpu = time.perf_counter(), cpu_of(pid)
        times = await everyone(members, lambda one, address=address: one.ask("GET", address), start)  # type: ignore[misc]
        each = (cpu_of(pid) - cpu) * 1000 / len(members)
        half, most = percentile(times, 0.5), percentile(times, 0.99)
        print(f"{name} asked for by all at once: p50 {half:.0f} ms, p99 {most:.0f} ms (server CPU {each:.1f} ms each)")


async def main() -> None:
    """Set up, measure, stop."""
    with tempfile.TemporaryDirectory() as folder:
        council = Council(Path(folder))
        hashed = await Passwords().hash(PASSWORD)
        await council.settle(MEMBERS, ItemKind.DELIBERATION, hashed)
        council.server.start()
        sessions = []
        members = []
        try:
            for number in range(MEMBERS):
                jar = aiohttp.CookieJar(unsafe=True)
                session = aiohttp.ClientSession(council.server.url, cookie_jar=jar, headers=ORIGIN)
                sessions.append(session)
                member = Member(council, session)
                await member.ask("POST", "/api/v1/sessions", json={"login": f"m{number}", "password": PASSWORD})
                await member.join()
                members.append(member)
            await measure(council, members)
        finally:
            for member in members:
                await member.socket.disconnect()
            for session in sessions:
                await session.close()
            council.server.stop()


if __name__ == "__main__":
    asyncio.run(main())
