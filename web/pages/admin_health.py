"""The page on which the administrator sees what works: the parts asked now, the disk, the head of the journal."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from aiohttp import web

from collab.core import journal
from collab.core.i18n import Message, msg
from collab.files.overview import count_damaged
from directory.ldap.directory import Directory
from web.api.system import CHECK_SECONDS
from web.http import Call, Guard, page_routes
from web.media import Media
from web.outbound.clamd import Clamd
from web.outbound.mail import reach
from web.pages.admin import page

log = structlog.get_logger()

LITTLE_SPACE = 0.1

routes = page_routes("pages.admin_health")


class State(StrEnum):
    """How a part is."""

    WORKS = "works"
    FAILS = "fails"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the service. `detail`: what was reached, for the administrator; `off`: what its absence means."""

    name: Message
    icon: str
    state: State
    detail: str = ""
    off: Message | None = None


@routes.get("/admin/health", guard=Guard.ADMIN)
async def health(call: Call) -> web.Response:
    """Which parts work."""
    deps, settings = call.deps, call.deps.settings
    ldap = deps.parts.get(Directory)

    async def database() -> str:
        await deps.checks["database"]()
        return call.db.dialect

    async def files() -> str:
        await deps.checks["files"]()
        return str(settings.data.dir)

    async def media() -> str:
        return deps.part(Media).summary()

    async def mail() -> str:
        return await reach(settings.mail)

    async def antivirus() -> str:
        return await deps.part(Clamd).version()

    async def directory() -> str:
        assert ldap is not None
        reached = await ldap.check()
        return f"{reached.url}, {reached.tls}" if reached.tls else reached.url

    parts = await asyncio.gather(
        _ask(msg("Database"), "server", database),
        _ask(msg("File storage"), "folder", files),
        _ask(msg("Sound and picture of meetings"), "video", media),
        _ask(msg("Mail"), "mail", mail if settings.mail.enabled else None, msg("Not configured: mails wait.")),
        _ask(
            msg("Antivirus"),
            "shield",
            antivirus if Clamd in deps.parts else None,
            msg("Not configured: files are not scanned."),
        ),
        _ask(msg("Directory"), "users", directory if ldap else None, msg("Not configured: accounts are local.")),
    )
    disk = await asyncio.to_thread(shutil.disk_usage, settings.data.dir)
    async with call.db.read() as tx:
        head = await journal.head(tx)
        damaged = await count_damaged(tx)
    return await page(
        call,
        "health",
        "health",
        parts=parts,
        disk=disk,
        little_space=disk.free < disk.total * LITTLE_SPACE,
        head=head,
        damaged=damaged,
        factor_optional=settings.sessions.admin_second_factor == "optional",
    )


async def _ask(
    name: Message, icon: str, check: Callable[[], Awaitable[str]] | None, off: Message | None = None
) -> Part:
    if check is None:
        return Part(name, icon, State.OFF, off=off)
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return Part(name, icon, State.WORKS, await check())
    except Exception as error:
        log.warning("health_check_failed", part=name.text, error=type(error).__name__)
        return Part(name, icon, State.FAILS, type(error).__name__)
