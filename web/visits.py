"""Who comes through a link: the secret in the path, the password once it was right, and the throttles in front of both.

Used by the public pages and by the deposit boxes' API. What a visitor may then reach is decided by links/access.py.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta

from collab.core.access import Actor
from collab.core.errors import Denied
from collab.core.i18n import msg
from collab.files.links.access import Gone, find_link, is_working
from collab.files.links.models import LinkKind, ShareLink
from collab.files.links.rules import proof_of
from collab.files.links.service import note_refused, note_unlocked, visitor
from directory.sessions import throttle
from directory.sessions.keys import Keys
from directory.sessions.passwords import Passwords
from directory.sessions.rules import ADDRESS, Throttle, network_of
from web.addresses import address_of
from web.http import Call
from web.security_log import SecurityLog

LINK = Throttle(20, timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=5))
DEPOSITS = Throttle(1000, timedelta(seconds=5), timedelta(minutes=1), timedelta(seconds=2))


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody with a working link. `is_open`: it has no password, or this browser has shown it."""

    link: ShareLink
    actor: Actor
    is_open: bool


async def enter(call: Call, kind: LinkKind) -> Visit:
    """The visit of whoever shows this secret. Raises Gone, the same for all that does not open, and TooMany."""
    async with call.db.read() as tx:
        link = await find_link(tx, call.text("secret"))
        works = link is not None and link.kind == kind and await is_working(tx, link)
    if link is None or not works:
        async with call.db.write() as tx:
            await throttle.count_attempt(tx, {_keys(call).name("link address", _network(call)): ADDRESS})
            if link is not None:
                note_refused(tx, link, "gone")
        raise Gone()
    return Visit(link, visitor(link), _has_shown(call, link))


async def enter_open(call: Call, kind: LinkKind) -> Visit:
    """The same, and no password is owed any more. Raises Denied."""
    visit = await enter(call, kind)
    if not visit.is_open:
        raise Denied("links.locked", msg("Enter the password of this link first."))
    return visit


async def unlock(call: Call, visit: Visit, password: str) -> str | None:
    """The header that lets this browser in from now on, or None for a wrong password. Raises TooMany."""
    link, keys = visit.link, _keys(call)
    buckets = {keys.name("link", str(link.id)): LINK, keys.name("link address", _network(call)): ADDRESS}
    async with call.db.write() as tx:
        await throttle.count_attempt(tx, buckets)
    if not await call.deps.part(Passwords).verify(link.password_hash, password):
        async with call.db.write() as tx:
            note_refused(tx, link, "password")
        log = call.deps.part(SecurityLog)
        log.write(call.db.clock.now(), "link_refused", address=address_of(call.request), why=str(link.id))
        return None
    async with call.db.write() as tx:
        await throttle.take_back(tx, buckets)
        note_unlocked(tx, link)
    secure = "; Secure" if call.deps.settings.secure else ""
    proof = proof_of(keys, link.id, link.password_hash or "")
    return f"{_cookie(call, link)}={proof}; Path=/; HttpOnly; SameSite=Lax{secure}"


async def count_deposit(call: Call) -> None:
    """One more file from this address. Raises TooMany."""
    async with call.db.write() as tx:
        await throttle.count_attempt(tx, {_keys(call).name("deposit address", _network(call)): DEPOSITS})


def _has_shown(call: Call, link: ShareLink) -> bool:
    if link.password_hash is None:
        return True
    shown = call.request.cookies.get(_cookie(call, link), "")
    return hmac.compare_digest(shown.encode(), proof_of(_keys(call), link.id, link.password_hash).encode())


def _cookie(call: Call, link: ShareLink) -> str:
    return f"{'__Host-' if call.deps.settings.secure else ''}link-{link.id.hex}"


def _keys(call: Call) -> Keys:
    return call.deps.part(Keys)


def _network(call: Call) -> str:
    return network_of(address_of(call.request))
