"""The engine in a worker process: a `MediaPort` whose calls go over a Unix socket.

`pool.py` makes one per worker and is told when it is gone. A worker that outlived its web process is taken up again
where it is; otherwise a new one is started. The process sees no environment of ours: our passwords are in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from meetings.media import wire
from meetings.media.port import (
    EVERYTHING,
    Counters,
    Label,
    Listener,
    MediaError,
    MediaSettings,
    NotRunning,
    Track,
    Wish,
)
from meetings.media.process import SETTINGS, reachable

_log = logging.getLogger(__name__)
START_SECONDS = 20.0
ANSWER_SECONDS = 5.0
STOP_SECONDS = 5.0
SILENT_SECONDS = 5.0
"""Counters come every second."""
LEAVING_SECONDS = 3.0
"""A worker that was left alone holds its port until it has ended, a moment after its socket is gone."""
_ROOT = Path(__file__).resolve().parents[2]
_RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from meetings.media.process import main; sys.exit(main())"


class RemoteEngine:
    """Implements `MediaPort`. `on_lost`: the worker is gone, with everything that it held."""

    def __init__(self, settings: MediaSettings, path: Path, on_lost: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._path = path
        self._on_lost = on_lost
        self._listener: Listener | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._counters = Counters()
        self.pid = 0
        self._port = 0

    @property
    def port(self) -> int:
        if self._writer is None:
            raise NotRunning("the media worker is not running")
        return self._port

    @property
    def counters(self) -> Counters:
        """As of the last answer, a second old at most."""
        return self._counters

    @property
    def alive(self) -> bool:
        return self._writer is not None

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    # The process ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if await self._connect():
            if self._settings.port in (0, self._port):
                return
            await self.stop()  # its port is no longer what is set
        await self._spawn_where_free()
        if not await self._connect():
            await self._end_process(0)
            raise OSError(errno.ECONNREFUSED, "the media worker does not answer")
        self._settings = replace(self._settings, port=self._port)  # firewalls and browsers know it now

    async def _spawn_where_free(self) -> None:
        patience = asyncio.get_running_loop().time() + LEAVING_SECONDS
        while True:
            try:
                return await self._spawn()
            except OSError as error:
                if error.errno != errno.EADDRINUSE or asyncio.get_running_loop().time() > patience:
                    raise
            await asyncio.sleep(0.1)

    async def _spawn(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TZ")}
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-c",
            _RUN,
            str(_ROOT),
            str(self._path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
            cwd="/",
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                process.stdin.write(SETTINGS.dump_json(self._settings))
                process.stdin.write_eof()
                said = json.loads(await process.stdout.readline() or b"{}")
        except (TimeoutError, ValueError, ConnectionError):
            said = {}
        except BaseException:
            await self._end_process(0)
            raise
        if "port" not in said:
            await self._end_process(0)
            raise OSError(said.get("errno", errno.EIO), said.get("text", "the media worker did not start"))

    async def _connect(self) -> bool:
        """Whether a worker answers at the socket."""
        try:
            with reachable(self._path) as name, contextlib.ExitStack() as stack:
                plug = stack.enter_context(socket.socket(socket.AF_UNIX))
                plug.setblocking(False)
                await asyncio.get_running_loop().sock_connect(plug, name)
                reader, writer = await asyncio.open_unix_connection(sock=plug)
                stack.pop_all()
        except OSError:
            return False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                hello = await wire.read_frame(reader)
        except (TimeoutError, wire.Garbled):
            hello = None
        if hello is None or "hello" not in hello:
            writer.close()
            return False
        self.pid, self._port = int(hello["hello"]), int(hello["port"])
        self._writer = writer
        self._count(hello)
        self._hearing = asyncio.create_task(self._hear(reader), name=f"media worker {self.pid}")
        return True

    async def stop(self) -> None:
        if self._writer is not None:
            self._writer.write(wire.frame({"call": "stop"}))
        if self._hearing is not None:
            hearing, self._hearing = self._hearing, None
            await asyncio.wait([hearing], timeout=STOP_SECONDS)
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await hearing
        self._drop()
        await self._end_process(STOP_SECONDS)

    async def _end_process(self, patience: float) -> None:
        """Wait so many seconds for it, then kill it."""
        process, self._process = self._process, None
        if process is None:
            pid, self.pid = self.pid, 0
            if pid:
                await _end_stranger(pid, patience)
            return
        self.pid = 0  # the number is soon another's
        try:
            async with asyncio.timeout(patience):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _drop(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        self._counters = Counters()
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(NotRunning("the media worker is gone"))

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        """Until it is gone, or says nothing for SILENT_SECONDS: one that hangs is worth no more than a dead one."""
        try:
            while True:
                async with asyncio.timeout(SILENT_SECONDS):
                    message = await wire.read_frame(reader)
                if message is None:
                    break
                self._take(message)
        except TimeoutError:
            _log.error("a media worker hangs")
        except wire.Garbled:
            _log.exception("a media worker speaks differently")
        except Exception:
            _log.exception("what a media worker says makes no sense")
        stopping = self._hearing is None
        self._drop()
        if not stopping:
            await self._end_process(0)
            self._on_lost()

    def _take(self, message: dict[str, Any]) -> None:
        self._count(message)
        if "event" in message:
            event = wire.read_event(message)
            if self._listener is not None:
                try:
                    self._listener(event)
                except Exception:  # what hears of a call must not break it
                    _log.exception("a listener of the media engine failed on %s", type(event).__name__)
        elif "answer" in message:
            future = self._waiting.pop(message["answer"], None)
            if future is not None and not future.done():
                future.set_result(message)

    def _count(self, message: Mapping[str, Any]) -> None:
        if "counters" in message:
            self._counters = wire.COUNTERS.validate_python(message["counters"])

    async def _call(self, name: str, **arguments: Any) -> Any:
        """Raises what the engine raises, NotRunning where it does not answer."""
        if self._writer is None:
            raise NotRunning("the media worker is not running")
        method, number = wire.METHODS[name], next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._writer.write(wire.frame({"call": name, "id": number, "arguments": method.write(arguments)}))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await future
        except TimeoutError:
            raise NotRunning("the media worker does not answer") from None
        finally:
            self._waiting.pop(number, None)
        if "error" in answer:
            raise wire.ERRORS.get(answer["error"], MediaError)(answer.get("text", ""))
        return method.result.validate_python(answer["value"])

    # MediaPort ------------------------------------------------------------------------------------------------------

    async def admit(self, room: str, participant: str, *, publish: frozenset[Label] = EVERYTHING) -> None:
        await self._call("admit", room=room, participant=participant, publish=publish)

    async def grant(self, room: str, participant: str, publish: frozenset[Label]) -> None:
        await self._call("grant", room=room, participant=participant, publish=publish)

    async def publish(self, room: str, participant: str, offer: str, labels: Mapping[str, Label] | None = None) -> str:
        answer: str = await self._call("publish", room=room, participant=participant, offer=offer, labels=labels)
        return answer

    async def receive(self, room: str, participant: str, offer: str, *, automatic: bool = False) -> str:
        answer: str = await self._call("receive", room=room, participant=participant, offer=offer, automatic=automatic)
        return answer

    async def select(self, room: str, participant: str, wishes: Mapping[str, Wish | None]) -> None:
        await self._call("select", room=room, participant=participant, wishes=wishes)

    async def mute(self, room: str, participant: str, label: Label, muted: bool) -> None:
        await self._call("mute", room=room, participant=participant, label=label, muted=muted)

    async def record(self, room: str, folder: str, whom: frozenset[str]) -> None:
        await self._call("record", room=room, folder=folder, whom=whom)

    async def stop_recording(self, room: str) -> None:
        await self._call("stop_recording", room=room)

    async def tracks(self, room: str) -> tuple[Track, ...]:
        found: tuple[Track, ...] = await self._call("tracks", room=room)
        return found

    async def admitted(self) -> Mapping[str, frozenset[str]]:
        found: Mapping[str, frozenset[str]] = await self._call("admitted")
        return found

    async def revoke(self, room: str, participant: str) -> None:
        await self._call("revoke", room=room, participant=participant)

    async def close(self, room: str) -> None:
        await self._call("close", room=room)


async def _end_stranger(pid: int, patience: float) -> None:
    """The same for a worker that was taken up: it is nobody's child, and its number may soon be another's."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, gone.set)
    try:
        async with asyncio.timeout(patience):
            await gone.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        await gone.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
