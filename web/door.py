"""What the API and the sign-in pages share at the door: the cookie, who is finishing a sign-in, the security log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from collab.core.access import ActorKind
from collab.core.errors import Conflict, DomainError, Invalid, Unauthenticated
from collab.core.i18n import msg
from collab.core.settings import Settings
from directory.sessions import queries, second_factor, service
from directory.sessions.access import own
from directory.sessions.keys import Keys
from directory.sessions.models import PasswordChange
from directory.sessions.passwords import Passwords
from directory.sessions.rules import device_of
from directory.sessions.second_factor import Subject
from directory.sessions.sign_in import SignedIn, SignIn
from web.addresses import address_of
from web.http import Call
from web.lookup import policy_of
from web.middleware import cookie_name
from web.security_log import Event, SecurityLog


def cookie(settings: Settings, token: str) -> dict[str, str]:
    """The header that gives the browser its session, for as long as the session may last; none of it to scripts."""
    seconds = int(policy_of(settings).absolute.total_seconds())
    return _cookie(settings, token, seconds)


def no_cookie(settings: Settings) -> dict[str, str]:
    """The header that takes it away."""
    return _cookie(settings, "", 0)


def _cookie(settings: Settings, token: str, seconds: int) -> dict[str, str]:
    secure = "; Secure" if settings.secure else ""
    name = cookie_name(settings.secure)
    return {"Set-Cookie": f"{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"}


async def sign_in(call: Call, login: str, password: str) -> SignedIn:
    """Open a session, and note in the security log how it went."""
    try:
        signed = await call.deps.part(SignIn).sign_in(
            login,
            password,
            address=address_of(call.request),
            device=device_of(call.request.headers.get("User-Agent", "")),
            instead_of=_session_of(call),
        )
    except DomainError as error:
        note(call, "sign_in_failed", login=login[:100], why=error.code)
        raise
    note(call, "sign_in", person_id=signed.person_id, why=signed.owes.value)
    return signed


def _session_of(call: Call) -> Subject | None:
    """The session whose cookie came with the request, finished or not."""
    if call.identity.pending:
        return call.identity.pending.subject
    actor = call.actor
    if actor.kind is not ActorKind.PERSON or actor.person_id is None or actor.credential is None:
        return None
    return Subject(actor.person_id, actor.credential, admin=actor.admin)


async def end_session(call: Call) -> None:
    """Sign out; a sign-in that was not finished ends too."""
    subject = finishing(call)
    async with call.db.write() as tx:
        await service.sign_out(tx, subject.person_id, subject.session_id)
    note(call, "sign_out", person_id=subject.person_id)


async def show_code(call: Call, code: str) -> str:
    """Finish a sign-in. Gives the session's new secret."""
    async with _judging(call) as subject, call.db.write() as tx:
        token = await second_factor.show_factor(tx, call.deps.part(Keys), subject, code)
    _forget(call, subject)
    return token


async def confirm_code(call: Call, code: str) -> tuple[list[str], str]:
    """Put a second factor in force. Gives the recovery codes and the session's new secret."""
    async with _judging(call) as subject, call.db.write() as tx:
        codes, token = await second_factor.confirm_enrolment(tx, call.deps.part(Keys), subject, code)
    _forget(call, subject)
    return codes, token


async def renew_recovery_codes(call: Call, code: str) -> list[str]:
    """Ten new recovery codes."""
    async with _judging(call) as subject, call.db.write() as tx:
        return await second_factor.renew_codes(tx, call.deps.part(Keys), subject, code)


async def take_factor_away(call: Call, code: str) -> None:
    """Do without the second factor."""
    async with _judging(call) as subject, call.db.write() as tx:
        await second_factor.remove_factor(tx, call.deps.part(Keys), policy_of(call.deps.settings), subject, code)


async def change_password(call: Call, data: PasswordChange) -> None:
    """One's own new password, once the old one was right; other sessions end."""
    person_id = own(call.actor)
    passwords, keys = call.deps.part(Passwords), call.deps.part(Keys)
    async with call.db.write() as tx:
        kept = await queries.find_password(tx, person_id)
        await service.count_password_attempt(tx, keys, person_id)
    if kept is None:
        raise Conflict(
            "sessions.from_directory", msg("Your password is the directory's: change it where you usually do.")
        )
    if not await passwords.verify(kept.hash, data.old):
        raise Invalid(errors={"old": msg("This is not your present password.")})
    hashed = await passwords.hash(data.new)
    async with call.db.write() as tx:
        await service.change_password(tx, call.actor, hashed, kept.hash)
        await service.clear_password_attempts(tx, keys, person_id)
    note(call, "password_changed", person_id=person_id)


@asynccontextmanager
async def _judging(call: Call) -> AsyncIterator[second_factor.Subject]:
    """Count the attempt before the code is judged, and note how it went."""
    subject = finishing(call)
    async with call.db.write() as tx:
        await second_factor.count_attempt(tx, call.deps.part(Keys), subject.person_id)
    try:
        yield subject
    except DomainError as error:
        note(call, "second_factor_failed", person_id=subject.person_id, why=error.code)
        raise
    note(call, "second_factor", person_id=subject.person_id)


def _forget(call: Call, subject: second_factor.Subject) -> None:
    """The session's old secret is worth nothing any more: do not remember it."""
    call.deps.identities.forget(subject.person_id)


def note(call: Call, event: Event, *, person_id: UUID | None = None, login: str = "", why: str = "") -> None:
    """A line in the security log."""
    log = call.deps.part(SecurityLog)
    now = call.db.clock.now()
    log.write(now, event, address=address_of(call.request), login=login, person=person_id, why=why)


def finishing(call: Call) -> Subject:
    """Whoever is finishing a sign-in, or signed in by a session. Raises Unauthenticated, Denied for a token."""
    if call.identity.pending:
        return call.identity.pending.subject
    if call.actor.kind not in (ActorKind.PERSON, ActorKind.TOKEN):
        raise Unauthenticated()
    person_id = own(call.actor)
    assert call.actor.credential is not None
    return Subject(person_id, call.actor.credential, admin=call.actor.admin)


def own_path(target: str) -> str:
    """`target` if it is a path on this server, else the home page: nobody is sent elsewhere by a link to us."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_path and "\\" not in target else "/"
