"""A media worker: one process with one engine and one port, obeying the web process over a Unix socket.

`remote.py` starts it, with its settings on standard input and no other secret than the grants it is told. It opens no
database. Without the web process it keeps media for `alone_for` seconds, admits nobody, and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import uvloop
from pydantic import TypeAdapter

from meetings.media import wire
from meetings.media.port import MediaError, MediaSettings, RoomEvent
from meetings.media.worker import Engine

_log = logging.getLogger(__name__)
COUNT_SECONDS = 1.0
_BACKLOG_BYTES = 32 * 1024 * 1024
_MOMENT_SECONDS = 1.0
_CREDENTIALS = struct.Struct("3i")
SETTINGS: TypeAdapter[MediaSettings] = TypeAdapter(MediaSettings)


class Obedience:
    """The engine and whoever commands it; one at a time."""

    def __init__(self, engine: Engine, alone_for: float) -> None:
        self._engine = engine
        self._alone_for = alone_for
        self._writer: asyncio.StreamWriter | None = None
        self._seat = asyncio.Lock()
        self._alone: asyncio.TimerHandle | None = None
        self.ended = asyncio.Event()
        engine.listen(self._tell)
        self._expect_somebody()

    def _expect_somebody(self) -> None:
        self._alone = asyncio.get_running_loop().call_later(self._alone_for, self.ended.set)

    def _tell(self, event: RoomEvent) -> None:
        self._send(wire.write_event(event))

    def _send(self, message: dict[str, Any]) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return  # whoever comes back is told the whole
        if writer.transport.get_write_buffer_size() > _BACKLOG_BYTES:
            _log.error("the web process no longer reads")
            writer.transport.abort()
            return
        writer.write(wire.frame(message))

    def _counters(self) -> Any:
        return wire.COUNTERS.dump_python(self._engine.counters, mode="json")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        if not _is_ours(writer) or not await self._is_seated():
            writer.close()
            return
        self._writer = writer
        if self._alone is not None:
            self._alone.cancel()
        clock = asyncio.create_task(self._count(), name="media worker: counters")
        try:
            self._send({"hello": os.getpid(), "port": self._engine.port, "counters": self._counters()})
            await self._obey(reader)
        except wire.Garbled as error:
            _log.error("the web process speaks differently: %s", error)
        finally:
            clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await clock
            self._writer = None
            self._seat.release()
            writer.close()
            if not self.ended.is_set():
                self._expect_somebody()

    async def _is_seated(self) -> bool:
        """Who comes right after a web process that was killed may be heard before its end is, and waits a moment."""
        try:
            async with asyncio.timeout(_MOMENT_SECONDS):
                await self._seat.acquire()
        except TimeoutError:
            return False
        return True

    async def _obey(self, reader: asyncio.StreamReader) -> None:
        """One command after the other: the answer says that it has taken effect."""
        while (message := await wire.read_frame(reader)) is not None:
            name = message.get("call")
            if name == "stop":
                self.ended.set()
                return
            method = wire.METHODS.get(str(name))
            if method is None:
                raise wire.Garbled(f"no such call: {name}")
            answer: dict[str, Any] = {"answer": message.get("id")}
            try:
                result = await getattr(self._engine, str(name))(**method.read(message.get("arguments", {})))
            except MediaError as error:
                answer |= {"error": error.code, "text": str(error)}
            except wire.Garbled:
                raise
            except Exception as error:  # one command that fails does not end the others' calls
                _log.exception("a command failed")
                answer |= {"error": MediaError.code, "text": type(error).__name__}
            else:
                answer["value"] = method.result.dump_python(result, mode="json")
            self._send({**answer, "counters": self._counters()})

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(COUNT_SECONDS)
            self._send({"counters": self._counters()})


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """The folder is ours alone; so must be whoever connects."""
    peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return bool(_CREDENTIALS.unpack(peer)[1] == os.geteuid())


@contextlib.contextmanager
def reachable(path: Path) -> Any:
    """A name for a socket in this folder that is short enough, however deep the folder lies (unix(7): 107 bytes)."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def run(path: Path, settings: MediaSettings) -> int:
    """Work until told to stop, or left alone. Says on standard output how the start went."""
    engine = Engine(settings)
    obedience = Obedience(engine, settings.alone_for)
    try:
        await engine.start()
    except OSError as error:
        await engine.stop()
        _say({"errno": error.errno, "text": error.strerror or str(error)})
        return 1
    listener = socket.socket(socket.AF_UNIX)
    with reachable(path) as name:
        _remove(name)
        listener.bind(name)
        listener.listen()
        listener.setblocking(False)
        server = await asyncio.start_unix_server(obedience.serve, sock=listener)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, obedience.ended.set)
        gc.collect()
        gc.freeze()
        _say({"port": engine.port})
        await obedience.ended.wait()
        server.close()
        _remove(name)
    await engine.stop()
    return 0


def _remove(name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        Path(name).unlink()


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class _Lines(logging.Formatter):
    """One JSON object a line, as the server's own log; the values stay out, for addresses may be among them."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        about = {"event": "media_worker", "pid": os.getpid(), "level": record.levelname.lower(), "error": error}
        return json.dumps({**about, "at": f"{record.module}:{record.lineno}", "text": str(record.msg)[:200]})


def main() -> int:
    """`process.py SOCKET`, settings as JSON on standard input."""
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the web process, which ends us
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    settings = SETTINGS.validate_json(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(Path(sys.argv[1]), settings))


if __name__ == "__main__":
    raise SystemExit(main())
