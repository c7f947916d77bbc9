"""`hemicycle check`: does every part work, one line each; `--journal`: is the journal whole."""

import argparse
import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from collab.core import journal
from collab.core.database import Database
from collab.core.settings import Settings
from web.migrations import is_current

SECONDS = 15

Part = Callable[[Settings], Awaitable[str]]


class Failing(Exception):
    """A part does not work; the text says why."""


def add_to(add: Any) -> None:
    """Add the subcommand."""
    command = add("check", "check settings, database, directory, mail and media port", run)
    command.add_argument("--journal", action="store_true", help="verify the journal's chains instead")
    command.add_argument("--expect", metavar="HEAD", help="a head noted earlier: a journal cut before it is a fault")


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check the parts, or the journal; 1 when something is wrong."""
    if arguments.journal or arguments.expect:
        return await _journal(settings, arguments.expect)
    status = 0
    for name, part in PARTS.items():
        try:
            async with asyncio.timeout(SECONDS):
                print(f"{name}: ok, {await part(settings)}")
        except TimeoutError:
            print(f"{name}: FAILED, no answer within {SECONDS} s")
            status = 1
        except Exception as error:
            print(f"{name}: FAILED, {error or type(error).__name__}")
            status = 1
    return status


async def _journal(settings: Settings, expect: str | None) -> int:
    db = Database(settings.database_url)
    try:
        async with db.read() as tx:
            report = await journal.verify(tx, expect)
    finally:
        await db.stop()
    for fault in report.faults:
        print(f"journal: {fault}")
    verdict = "BROKEN" if report.faults else "whole"
    print(f"journal: {verdict}, {report.entries} entries ({report.erased} with details erased), head {report.head}")
    return 1 if report.faults else 0


async def _settings(settings: Settings) -> str:
    if not settings.data.dir.is_dir():
        raise Failing(f"the data folder {settings.data.dir} does not exist")
    probe = settings.data.dir / ".check"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Failing(f"the data folder {settings.data.dir} cannot be written: {error.strerror}") from None
    return f"{settings.public_url}, data in {settings.data.dir}"


async def _database(settings: Settings) -> str:
    db = Database(settings.database_url)
    try:
        await db.ping()
        if not await is_current(db.engine):
            raise Failing("the schema is not this version's: run `hemicycle migrate`")
    finally:
        await db.stop()
    return db.dialect


async def _directory(settings: Settings) -> str:
    if not settings.ldap.enabled:
        return "not configured, accounts are local"
    from web.commands.directory import reach

    return await reach(settings)


async def _mail(settings: Settings) -> str:
    if not settings.mail.enabled:
        return "not configured, none is sent"
    from web.outbound.mail import reach

    return await reach(settings.mail)


async def _media(settings: Settings) -> str:
    port = settings.media.port or settings.server.port + 1
    for host in settings.media.host:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:  # in use: by our own server, if it runs
                    return f"UDP {host}:{port}, in use (is the server running?)"
                raise Failing(f"UDP {host}:{port} cannot be bound: {error.strerror}") from None
    return f"UDP {', '.join(settings.media.host)}:{port}"


PARTS: dict[str, Part] = {
    "settings": _settings,
    "database": _database,
    "directory": _directory,
    "mail": _mail,
    "media": _media,
}
