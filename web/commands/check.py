"""`hemicycle check`: does every part work, one line each; `--journal`: is the journal whole."""

import argparse
import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any

from collab.core import journal
from collab.core.database import Database
from collab.core.places import parse_place
from collab.core.settings import Settings
from collab.files.apart.kernel import can_fence, can_leave
from collab.files.previews.jobs import why_no_office
from meetings.media.addresses import expand, resolve
from meetings.media.planes import why_not_c
from web.migrations import is_current

SECONDS = 15

Part = Callable[[Settings], Awaitable[str]]


class Failing(Exception):
    """A part does not work; the text says why."""


def add_to(add: Any) -> None:
    """Add the subcommand."""
    command = add("check", "check settings, database, directory, mail, antivirus and media port", run)
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


async def _antivirus(settings: Settings) -> str:
    if not settings.files.clamd:
        given = "given out" if settings.files.unscanned == "allow" else "not given out"
        return f"not configured, files are not scanned and {given}"
    from web.outbound.clamd import Clamd

    called = await Clamd(settings.files.clamd, settings.files.clamd_max).version()
    return f"{called} at {settings.files.clamd}"


async def _media(settings: Settings) -> str:
    first = settings.media.port or settings.server.port + 1
    ports = range(first, first + max(settings.media.workers, 1))
    shown = f"{first}-{ports[-1]}" if len(ports) > 1 else str(first)
    kinds = {"UDP": socket.SOCK_DGRAM, "TCP": socket.SOCK_STREAM}
    addresses = expand(settings.media.host)
    if not addresses:
        raise Failing(f"this machine has no address for {', '.join(settings.media.host)}")
    for address, port, (name, kind) in product(addresses, ports, kinds.items()):
        try:
            _try_bind(address, port, kind)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:  # in use: by our own server, if it runs
                return f"{name} {address}:{port}, in use (is the server running?), {_plane(settings)}"
            raise Failing(f"{name} {address}:{port} cannot be bound: {error.strerror}") from None
    announced = [parse_place(text) for text in settings.media.announce]
    for place in announced:
        if not await resolve([place]):
            raise Failing(f"the announced name {place.host} is not known")
    told = f", announced as {', '.join(settings.media.announce)}" if announced else ""
    workers = f", {settings.media.workers} workers" if settings.media.workers else ""
    turn = f", {len(settings.media.turn_urls)} TURN" if settings.media.turn_urls else ""
    return f"UDP and TCP {', '.join(addresses)}:{shown}{workers}{told}{turn}, {_plane(settings)}"


def _plane(settings: Settings) -> str:
    """Which form of the data plane forwards packets, and why not the faster one."""
    reason = why_not_c()
    if settings.media.plane == "c" and reason is not None:
        raise Failing(f"media.plane is c, and there is no data plane in C: {reason}")
    if reason is not None:
        return f"data plane in Python (in C it would be faster: {reason})"
    return f"data plane in {'Python, as set' if settings.media.plane == 'python' else 'C'}"


async def _previews(_settings: Settings) -> str:
    if not await asyncio.to_thread(can_leave):
        raise Failing(
            "files cannot be read for the search nor shown: the processes that do it cannot be cut off from the "
            "network (allow user namespaces: sysctl kernel.unprivileged_userns_clone, RestrictNamespaces of the unit)"
        )
    fence = "other files are out of reach" if can_fence() else "the kernel has no Landlock to keep other files away"
    reason = await asyncio.to_thread(why_no_office)
    office = f"office documents are not shown: {reason}" if reason else "office documents by LibreOffice"
    return f"readers of files have no network, {fence}; {office}"


def _try_bind(address: str, port: int, kind: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
        if kind == socket.SOCK_STREAM:
            probe.listen()


PARTS: dict[str, Part] = {
    "settings": _settings,
    "database": _database,
    "directory": _directory,
    "mail": _mail,
    "antivirus": _antivirus,
    "media": _media,
    "previews": _previews,
}
