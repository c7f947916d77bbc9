"""The only writer of sessions, tokens, local passwords and reset links. The second factor has its own file."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from directory.people.access import Can, get_person
from directory.people.models import Person, Source
from directory.sessions import throttle, tokens
from directory.sessions.access import get_credential, get_session, own
from directory.sessions.events import PasswordChanged, SessionsRevoked
from directory.sessions.keys import Keys
from directory.sessions.models import (
    Credential,
    CredentialKind,
    LocalPassword,
    Owes,
    RecoveryCode,
    ResetLink,
    Session,
    TokenInput,
    Totp,
)
from directory.sessions.rules import ACCOUNT, RESET_LINK, SEEN_EVERY, Policy, owed

APPLICATION_SCOPES = "read write"
MAX_CREDENTIALS = 50


async def open_session(
    tx: Tx, policy: Policy, person_id: UUID, device: str, *, second_factor: bool = False
) -> tuple[str, Session]:
    """A new session of somebody who has just proved to be themselves, and its secret."""
    token = tokens.new_session()
    session = Session(
        person_id=person_id,
        token_hash=tokens.digest(token),
        created_at=tx.now,
        last_seen_at=tx.now,
        expires_at=tx.now + policy.absolute,
        device=device[:60],
        second_factor=second_factor,
    )
    tx.add(session)
    await tx.flush()
    return token, session


def renew_secret(session: Session) -> str:
    """Another secret for the same session, since it may do more from now on."""
    token = tokens.new_session()
    session.token_hash = tokens.digest(token)
    return token


async def owes_of(tx: Tx, policy: Policy, person: Person, session: Session) -> Owes:
    """What the session still owes."""
    factor = await tx.get(Totp, person.id)
    enrolled = factor is not None and factor.confirmed_at is not None
    return owed(policy, is_admin=person.is_admin, enrolled=enrolled, shown=session.second_factor)


async def note_use(tx: Tx, credential_id: UUID) -> None:
    """Remember that a session or token was used; at most every SEEN_EVERY is written."""
    before = tx.now - SEEN_EVERY
    seen, used = col(Session.last_seen_at), col(Credential.last_used_at)
    done = await tx.execute(
        update(Session).where(col(Session.id) == credential_id, seen <= before).values(last_seen_at=tx.now)
    )
    if not done.rowcount:
        await tx.execute(
            update(Credential)
            .where(col(Credential.id) == credential_id, or_(used.is_(None), used <= before))
            .values(last_used_at=tx.now)
        )


async def sign_out(tx: Tx, person_id: UUID, session_id: UUID) -> None:
    """End the session that asks for it."""
    await tx.execute(delete(Session).where(col(Session.id) == session_id, col(Session.person_id) == person_id))
    tx.emit(SessionsRevoked(person_id=person_id, reason="signed out"))


async def revoke_session(tx: Tx, actor: Actor, session_id: UUID) -> None:
    """End one of one's own sessions."""
    session = await get_session(tx, actor, session_id)
    await tx.delete(session)
    tx.record(actor, "sessions.revoke", subject=session.person_id, device=session.device)
    tx.emit(SessionsRevoked(person_id=session.person_id, reason="revoked by the person"))


async def revoke_other_sessions(tx: Tx, actor: Actor) -> None:
    """Sign out everywhere else."""
    person_id = own(actor)
    await _end_sessions(tx, person_id, col(Session.id) != actor.credential)
    tx.record(actor, "sessions.revoke_others", subject=person_id)
    tx.emit(SessionsRevoked(person_id=person_id, reason="revoked by the person"))


async def revoke_everything(tx: Tx, person_id: UUID, reason: str) -> None:
    """Somebody left or was closed out: sessions, tokens, application passwords and reset links end here and now.

    Called within the transaction that disables them, whose own entry in the journal says why.
    """
    await _end_sessions(tx, person_id)
    await tx.execute(delete(Credential).where(col(Credential.person_id) == person_id))
    await tx.execute(delete(ResetLink).where(col(ResetLink.person_id) == person_id))
    tx.emit(SessionsRevoked(person_id=person_id, reason=reason))


async def create_token(tx: Tx, actor: Actor, data: TokenInput) -> tuple[Credential, str]:
    """A personal API token and its secret. Only administrators give the scope `admin`."""
    if "admin" in data.scopes and not actor.admin:
        raise Invalid(errors={"scopes": msg("Only administrators can give this scope.")})
    scopes = " ".join(sorted(set(data.scopes)))
    secret = tokens.new_api_token()
    ends = timedelta(days=data.days)
    return await _add_credential(tx, actor, CredentialKind.API, data.name, scopes, secret, ends), secret


async def create_application_password(tx: Tx, actor: Actor, name: str) -> tuple[Credential, str]:
    """A password for a program that reads and writes files, and its letters in groups of four."""
    secret = tokens.new_letters()
    kept = tokens.plain_letters(secret)
    made = await _add_credential(tx, actor, CredentialKind.APPLICATION, name, APPLICATION_SCOPES, kept, None)
    return made, secret


async def revoke_credential(tx: Tx, actor: Actor, credential_id: UUID, kind: CredentialKind) -> None:
    """Make one of one's own tokens or application passwords worth nothing."""
    credential = await get_credential(tx, actor, credential_id, kind)
    await tx.delete(credential)
    tx.record(actor, "sessions.revoke_token", subject=credential.person_id, token=str(credential.id), kind=kind.value)
    tx.emit(SessionsRevoked(person_id=credential.person_id, reason="token revoked"))


async def _add_credential(
    tx: Tx, actor: Actor, kind: CredentialKind, name: str, scopes: str, secret: str, ends: timedelta | None
) -> Credential:
    person_id = own(actor)
    held = await tx.all(select(col(Credential.id)).where(col(Credential.person_id) == person_id))
    if len(held) >= MAX_CREDENTIALS:
        raise Conflict("sessions.too_many_tokens", msg("You have many tokens already: revoke one first."))
    credential = Credential(
        person_id=person_id,
        kind=kind.value,
        name=name,
        secret_hash=tokens.digest(secret),
        scopes=scopes,
        created_at=tx.now,
        expires_at=tx.now + ends if ends else None,
    )
    tx.add(credential)
    await tx.flush()
    tx.record(
        actor,
        "sessions.create_token",
        subject=person_id,
        token=str(credential.id),
        kind=kind.value,
        scopes=scopes,
        name=name,
    )
    return credential


async def set_password(tx: Tx, actor: Actor, person_id: UUID, hashed: str) -> None:
    """Give a local account its password, as an administrator or the installer. Ends the account's sessions."""
    person = await get_person(tx, actor, person_id, Can.ADMINISTER)
    _check_local(person)
    await _keep_password(tx, actor, person_id, hashed, keep=None)


async def change_password(tx: Tx, actor: Actor, hashed: str, seen: str) -> None:
    """One's own new password. `seen`: the hash that the old one was verified against. Ends one's other sessions."""
    person_id = own(actor)
    kept = await tx.get(LocalPassword, person_id)
    if kept is None or kept.hash != seen:
        raise Conflict("sessions.password_changed", msg("The password was changed meanwhile. Please start again."))
    await _keep_password(tx, actor, person_id, hashed, keep=actor.credential)


async def count_password_attempt(tx: Tx, keys: Keys, person_id: UUID) -> None:
    """Count an attempt at one's present password, in a transaction before it is judged. Raises TooMany."""
    await throttle.count_attempt(tx, {keys.name("password", str(person_id)): ACCOUNT})


async def clear_password_attempts(tx: Tx, keys: Keys, person_id: UUID) -> None:
    """The present password was right."""
    await throttle.clear(tx, keys.name("password", str(person_id)))


async def _keep_password(tx: Tx, actor: Actor, person_id: UUID, hashed: str, keep: UUID | None) -> None:
    kept = await tx.get(LocalPassword, person_id)
    if kept is None:
        tx.add(LocalPassword(person_id=person_id, hash=hashed, changed_at=tx.now))
    else:
        kept.hash, kept.changed_at = hashed, tx.now
    await _end_sessions(tx, person_id, *(() if keep is None else (col(Session.id) != keep,)))
    await tx.execute(delete(ResetLink).where(col(ResetLink.person_id) == person_id))
    tx.record(actor, "sessions.set_password", subject=person_id)
    tx.emit(PasswordChanged(person_id=person_id, first=kept is None))
    tx.emit(SessionsRevoked(person_id=person_id, reason="password changed"))


async def create_reset_link(tx: Tx, actor: Actor, person_id: UUID) -> str:
    """The secret of a link with which a local account sets its password once; those made before are void."""
    person = await get_person(tx, actor, person_id, Can.ADMINISTER)
    _check_local(person)
    if not person.active:
        raise Conflict("sessions.account_closed", msg("This account is closed."))
    await tx.execute(delete(ResetLink).where(col(ResetLink.person_id) == person_id))
    token = tokens.new_session()
    tx.add(ResetLink(person_id=person_id, token_hash=tokens.digest(token), expires_at=tx.now + RESET_LINK))
    tx.record(actor, "sessions.create_reset_link", subject=person_id)
    return token


async def find_reset_link(tx: Tx, token: str) -> Person:
    """The person whose link this is. Raises NotFound when it was used, is too old, or never was."""
    link: ResetLink | None = await tx.one(
        select(ResetLink).where(col(ResetLink.token_hash) == tokens.digest(token), col(ResetLink.expires_at) > tx.now)
    )
    person = None if link is None else await tx.get(Person, link.person_id)
    if person is None or not person.active:
        raise NotFound("sessions.reset_link_over", msg("This link was used already or is too old. Ask for a new one."))
    return person


async def use_reset_link(tx: Tx, actor: Actor, token: str, hashed: str) -> Person:
    """Set the password and spend the link; of two that come together one succeeds."""
    person = await find_reset_link(tx, token)
    spent = await tx.execute(delete(ResetLink).where(col(ResetLink.token_hash) == tokens.digest(token)))
    if spent.rowcount != 1:
        raise NotFound()
    await _keep_password(tx, actor, person.id, hashed, keep=None)
    return person


async def forget_expired(tx: Tx, policy: Policy) -> None:
    """Delete what can open nothing any more; a recurring job."""
    sessions = or_(col(Session.expires_at) <= tx.now, col(Session.last_seen_at) <= tx.now - policy.idle)
    await tx.execute(delete(Session).where(sessions))
    await tx.execute(delete(Credential).where(col(Credential.expires_at) <= tx.now))
    await tx.execute(delete(ResetLink).where(col(ResetLink.expires_at) <= tx.now))
    await throttle.forget_drained(tx)


async def erase_second_factor(tx: Tx, person_id: UUID) -> None:
    """Delete the factor and what stands in for it."""
    await tx.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))
    await tx.execute(delete(Totp).where(col(Totp.person_id) == person_id))


async def _end_sessions(tx: Tx, person_id: UUID, *conditions: ColumnElement[bool]) -> None:
    await tx.execute(delete(Session).where(col(Session.person_id) == person_id, *conditions))


def _check_local(person: Person) -> None:
    if person.source != Source.LOCAL:
        raise Conflict("sessions.from_directory", msg("The directory keeps this person's password: change it there."))
