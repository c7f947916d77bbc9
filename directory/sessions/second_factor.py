"""The second factor: codes by time (TOTP, RFC 6238) and recovery codes, each taken once.

Who has signed in with a password alone comes here with a pending session: `subject` is the person and the session,
known to the edge by its cookie.
"""

import base64
from dataclasses import dataclass
from uuid import UUID

import pyotp
from sqlalchemy import delete, select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from collab.core.errors import Conflict, Unauthenticated
from collab.core.i18n import msg
from directory.people.access import Can, get_person
from directory.people.models import Person
from directory.sessions import service, throttle, tokens
from directory.sessions.events import SecondFactorChanged
from directory.sessions.keys import Keys
from directory.sessions.models import Owes, RecoveryCode, Session, Totp
from directory.sessions.rules import FACTOR, Policy, owed

STEP = 30  # seconds
DRIFT = 1  # steps that a telephone's clock may be off
RECOVERY_CODES = 10


class WrongCode(Unauthenticated):
    """Neither a current code that was not used yet, nor a recovery code."""

    def __init__(self) -> None:
        message = msg("This code is not right, or was used already. Wait for the next one.")
        super().__init__("sessions.wrong_code", message)
        self.errors = {"code": message}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose second factor, and in which session."""

    person_id: UUID
    session_id: UUID
    admin: bool = False

    @property
    def actor(self) -> Actor:
        """For the journal."""
        return Actor(ActorKind.PERSON, id=self.person_id, credential=self.session_id, admin=self.admin)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a telephone is told: `uri` as a QR code, or `secret` typed by hand."""

    secret: str
    uri: str


async def count_attempt(tx: Tx, keys: Keys, person_id: UUID) -> None:
    """Count an attempt at a code, in a transaction of its own before the one that judges it. Raises TooMany."""
    await throttle.count_attempt(tx, {_bucket(keys, person_id): FACTOR})


async def show_factor(tx: Tx, keys: Keys, subject: Subject, code: str) -> str:
    """Finish a sign-in. Gives the session's new secret. Raises WrongCode."""
    session = await _session(tx, subject)
    await _spend(tx, keys, subject.person_id, code)
    await throttle.clear(tx, _bucket(keys, subject.person_id))
    session.second_factor = True
    return service.renew_secret(session)


async def begin_enrolment(tx: Tx, keys: Keys, subject: Subject, issuer: str) -> Enrolment:
    """A new secret, not in force before a code of it was shown; the one of an enrolment begun before is kept."""
    await _session(tx, subject)
    person = await tx.get(Person, subject.person_id)
    factor = await tx.get(Totp, subject.person_id)
    if factor is not None and factor.confirmed_at is not None:
        raise Conflict("sessions.enrolled_already", msg("You have a second factor already: remove it first."))
    if factor is None:
        sealed = keys.seal(base64.b32decode(pyotp.random_base32()), subject.person_id.bytes)
        factor = Totp(person_id=subject.person_id, sealed=sealed)
        tx.add(factor)
    otp = _totp(keys, factor)
    name = person.login if person else ""
    return Enrolment(otp.secret, otp.provisioning_uri(name=name, issuer_name=issuer))


async def confirm_enrolment(tx: Tx, keys: Keys, subject: Subject, code: str) -> tuple[list[str], str]:
    """Put the new factor in force. Gives the recovery codes and the session's new secret. Raises WrongCode."""
    session = await _session(tx, subject)
    factor = await _locked(tx, subject.person_id)
    if factor is None or factor.confirmed_at is not None:
        raise Conflict("sessions.no_enrolment", msg("Start again: this second factor is not waiting for a code."))
    _take_code(tx, keys, factor, code)
    await throttle.clear(tx, _bucket(keys, subject.person_id))
    factor.confirmed_at = tx.now
    session.second_factor = True
    codes = await _new_codes(tx, subject.person_id)
    tx.record(subject.actor, "sessions.enrol_factor", subject=subject.person_id)
    tx.emit(SecondFactorChanged(person_id=subject.person_id, enrolled=True))
    return codes, service.renew_secret(session)


async def renew_codes(tx: Tx, keys: Keys, subject: Subject, code: str) -> list[str]:
    """Ten new recovery codes; the old ones are void. Raises WrongCode."""
    await _spend(tx, keys, subject.person_id, code)
    await throttle.clear(tx, _bucket(keys, subject.person_id))
    tx.record(subject.actor, "sessions.renew_recovery_codes", subject=subject.person_id)
    return await _new_codes(tx, subject.person_id)


async def remove_factor(tx: Tx, keys: Keys, policy: Policy, subject: Subject, code: str) -> None:
    """Do without a second factor. Raises Conflict for those who need one, WrongCode."""
    if owed(policy, is_admin=subject.admin, enrolled=False, shown=True) is not Owes.NOTHING:
        raise Conflict("sessions.factor_needed", msg("Administrators need a second factor."))
    await _spend(tx, keys, subject.person_id, code)
    await throttle.clear(tx, _bucket(keys, subject.person_id))
    await service.erase_second_factor(tx, subject.person_id)
    tx.record(subject.actor, "sessions.remove_factor", subject=subject.person_id)
    tx.emit(SecondFactorChanged(person_id=subject.person_id, enrolled=False))


async def reset_factor(tx: Tx, actor: Actor, person_id: UUID) -> None:
    """An administrator takes away the second factor of somebody who lost telephone and codes."""
    await get_person(tx, actor, person_id, Can.ADMINISTER)
    if person_id == actor.person_id:
        raise Conflict("sessions.own_factor", msg("Your own second factor is in your settings."))
    await service.erase_second_factor(tx, person_id)
    tx.record(actor, "sessions.reset_factor", subject=person_id)
    tx.emit(SecondFactorChanged(person_id=person_id, enrolled=False))


def _bucket(keys: Keys, person_id: UUID) -> str:
    return keys.name("factor", str(person_id))


async def _session(tx: Tx, subject: Subject) -> Session:
    session = await tx.get(Session, subject.session_id)
    if session is None or session.person_id != subject.person_id:
        raise Unauthenticated()
    return session


async def _locked(tx: Tx, person_id: UUID) -> Totp | None:
    factor: Totp | None = await tx.one(select(Totp).where(col(Totp.person_id) == person_id).with_for_update())
    return factor


async def _spend(tx: Tx, keys: Keys, person_id: UUID, code: str) -> None:
    """Take a code of the telephone or a recovery code, never the same again. Raises WrongCode."""
    factor = await _locked(tx, person_id)
    if factor is None or factor.confirmed_at is None:
        raise WrongCode()
    if _digits(code):
        _take_code(tx, keys, factor, code)
        return
    spent = await tx.execute(
        delete(RecoveryCode).where(
            col(RecoveryCode.person_id) == person_id,
            col(RecoveryCode.code_hash) == tokens.digest(tokens.plain_letters(code)),
        )
    )
    if spent.rowcount != 1:
        raise WrongCode()


def _take_code(tx: Tx, keys: Keys, factor: Totp, code: str) -> None:
    otp = _totp(keys, factor)
    now = int(tx.now.timestamp()) // STEP
    typed = _digits(code)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > factor.last_counter and pyotp.utils.strings_equal(otp.generate_otp(step), typed):
            factor.last_counter = step
            return
    raise WrongCode()


def _digits(code: str) -> str:
    """The six digits without the space that applications show, or nothing if it is no such code."""
    plain = "".join(code.split())
    return plain if len(plain) == 6 and plain.isascii() and plain.isdigit() else ""


def _totp(keys: Keys, factor: Totp) -> pyotp.TOTP:
    secret = keys.open(factor.sealed, factor.person_id.bytes)
    return pyotp.TOTP(base64.b32encode(secret).decode().rstrip("="))


async def _new_codes(tx: Tx, person_id: UUID) -> list[str]:
    await tx.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))
    codes = [tokens.new_letters() for _ in range(RECOVERY_CODES)]
    tx.add(*(RecoveryCode(person_id=person_id, code_hash=tokens.digest(tokens.plain_letters(code))) for code in codes))
    return codes
