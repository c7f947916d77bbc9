"""Media workers as real processes: killed, hung, left alone and taken up again."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from meetings.media import remote
from meetings.media.pool import Pool
from meetings.media.port import Left, MediaSettings, NotAdmitted, NotRunning, RoomEvent
from meetings.media.remote import RemoteEngine
from tests.support.ports import free_media_port
from tests.support.rtp_packets import audio, offer, video

ROOT = Path(__file__).resolve().parents[4]
MASTER = """
import asyncio, sys
from pathlib import Path
from meetings.media.port import MediaSettings
from meetings.media.remote import RemoteEngine
from tests.support.rtp_packets import audio, offer

async def main():
    engine = RemoteEngine(MediaSettings(alone_for=2.0), Path(sys.argv[1]))
    await engine.start()
    await engine.admit("r", "a")
    await engine.publish("r", "a", offer(audio()))
    print(engine.pid, engine.port, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    """A zombie runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@asynccontextmanager
async def pool(folder: Path, workers: int, **settings: object) -> AsyncIterator[tuple[Pool, list[RoomEvent]]]:
    made = Pool(MediaSettings(**settings), workers, folder / "media")  # type: ignore[arg-type]
    heard: list[RoomEvent] = []
    made.listen(heard.append)
    await made.start()
    try:
        yield made, heard
    finally:
        await made.stop()


async def test_rooms_are_spread_and_stay_where_they_are(tmp_path: Path) -> None:
    async with pool(tmp_path, 2) as (workers, _):
        for room in ("r", "s"):
            await workers.admit(room, "a")
            await workers.admit(room, "b")
        ports = set()
        for room in ("r", "s"):
            answers = [await workers.publish(room, name, offer(audio())) for name in ("a", "b")]
            found = {
                worker.engine.port
                for worker in workers.workers
                for answer in answers
                if f" {worker.engine.port} typ" in answer
            }
            assert len(found) == 1, "both people of a room are on one worker"
            ports |= found
        assert ports == {worker.engine.port for worker in workers.workers}
        assert (workers.counters.rooms, workers.counters.participants) == (2, 4)
        assert await workers.admitted() == {"r": {"a", "b"}, "s": {"a", "b"}}
        pids = [worker.engine.pid for worker in workers.workers]
    assert not any(is_running(pid) for pid in pids)


async def test_ports_follow_one_another(tmp_path: Path) -> None:
    port = free_media_port(2)
    async with pool(tmp_path, 2, port=port, announced=("203.0.113.9:40000", "2001:db8::9")) as (workers, _):
        assert [worker.engine.port for worker in workers.workers] == [port, port + 1]
        assert workers.port == port
        await workers.admit("r", "a")
        await workers.admit("s", "a")
        assert "203.0.113.9 40001 typ" in await workers.publish("s", "a", offer(audio()))


async def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on(tmp_path: Path) -> None:
    async with pool(tmp_path, 2) as (workers, heard):
        await workers.admit("r", "a")
        await workers.admit("r", "b")
        await workers.admit("s", "c")
        first = workers.workers[0].engine
        pid, port = first.pid, first.port
        os.kill(pid, signal.SIGKILL)
        await until(lambda: len(heard) == 2)
        assert heard == [Left("r", "a", "lost"), Left("r", "b", "lost")]
        with pytest.raises(NotAdmitted):
            await workers.publish("r", "a", offer(audio()))
        await workers.admit("r", "a")  # at once, on the one that lives
        assert "a=recvonly" in await workers.publish("r", "a", offer(audio()))
        assert await workers.publish("s", "c", offer(video()))
        await until(lambda: first.alive)
        assert first.pid != pid
        assert first.port == port
        assert not is_running(pid)


async def test_without_a_living_worker_nobody_is_let_in_until_one_is_back(tmp_path: Path) -> None:
    async with pool(tmp_path, 1) as (workers, _):
        engine = workers.workers[0].engine
        await workers.admit("r", "a")
        os.kill(engine.pid, signal.SIGKILL)
        await until(lambda: not engine.alive)
        with pytest.raises(NotRunning):
            await workers.admit("r", "a")
        with pytest.raises(NotRunning):
            await workers.publish("r", "a", offer(audio()))
        await workers.revoke("r", "a")
        await workers.close("r")
        await until(lambda: engine.alive)
        await workers.admit("r", "a")


async def test_a_worker_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SILENT_SECONDS", 2.0)
    async with pool(tmp_path, 1) as (workers, heard):
        await workers.admit("r", "a")
        pid = workers.workers[0].engine.pid
        os.kill(pid, signal.SIGSTOP)
        await until(lambda: heard)
        assert heard == [Left("r", "a", "lost")]
        await until(lambda: workers.workers[0].engine.alive)
        assert not is_running(pid)


async def test_a_worker_outlives_its_web_process_for_a_moment_and_is_taken_up_again(tmp_path: Path) -> None:
    path = tmp_path / "media" / "0.sock"
    master = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MASTER, str(path), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert master.stdout is not None
    pid, port = map(int, (await master.stdout.readline()).split())
    master.kill()
    await master.wait()
    engine = RemoteEngine(MediaSettings(alone_for=2.0), path)
    await engine.start()
    assert (engine.pid, engine.port) == (pid, port)
    assert await engine.admitted() == {"r": {"a"}}
    assert [track.label for track in await engine.tracks("r")] == ["microphone"]
    await engine.admit("r", "b")
    await engine.stop()
    assert not is_running(pid)


async def test_a_worker_that_stays_alone_ends(tmp_path: Path) -> None:
    path = tmp_path / "media" / "0.sock"
    master = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MASTER, str(path), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert master.stdout is not None
    pid, _ = map(int, (await master.stdout.readline()).split())
    master.kill()
    await master.wait()
    assert is_running(pid)
    await until(lambda: not is_running(pid), 6)
    assert not path.exists()


async def test_a_worker_is_told_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMICYCLE_DATABASE_URL", "postgresql://u:password@host/name")
    async with pool(tmp_path, 1) as (workers, _):
        pid = workers.workers[0].engine.pid
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"HEMICYCLE" not in environment and b"password" not in environment
        assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "media" / "0.sock").stat().st_mode & 0o077 == 0


async def test_a_second_commander_is_turned_away_and_nonsense_ends_only_its_connection(tmp_path: Path) -> None:
    async with pool(tmp_path, 1) as (workers, heard):
        await workers.admit("r", "a")
        path = tmp_path / "media" / "0.sock"
        reader, writer = await asyncio.open_unix_connection(str(path))
        assert await reader.read() == b""
        writer.close()
        engine = workers.workers[0].engine
        assert engine._writer is not None
        engine._writer.write(b"\xff\xff\xff\xffnonsense")
        await until(lambda: heard)
        await until(lambda: engine.alive)
        await workers.admit("r", "a")


async def test_a_folder_may_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-long-name-of-a-folder"] * 8)
    async with pool(deep, 1) as (workers, _):
        assert len(str(deep)) > 108
        await workers.admit("r", "a")


async def test_a_taken_port_is_said_and_leaves_no_process(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        workers = Pool(MediaSettings(port=taken.getsockname()[1] - 1), 2, tmp_path / "media")
        with pytest.raises(OSError):
            await workers.start()
        assert not any(worker.engine.alive for worker in workers.workers)


async def test_a_port_that_another_worker_is_about_to_leave_is_waited_for(tmp_path: Path) -> None:
    port = free_media_port()
    with socket.socket(type=socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", port))
        asyncio.get_running_loop().call_later(1, holder.close)
        async with pool(tmp_path, 1, port=port) as (workers, _):
            assert workers.port == port
