"""Who says that a password is right: our own accounts, or the authority's directory with our own accounts beside it.

An account of ours is always ours to judge, so that a local administrator enters while the directory is down.
"""

from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Database
from collab.core.errors import Unauthenticated
from collab.core.i18n import msg
from directory.ldap.directory import Directory
from directory.ldap.errors import BadCredentials
from directory.people.models import Person, Source
from directory.people.queries import find_by_key, find_by_login
from directory.sessions.models import LocalPassword
from directory.sessions.passwords import Passwords


class Authenticator(Protocol):
    """Judges a login and a password."""

    async def authenticate(self, login: str, password: str) -> UUID:
        """The active person. Raises Unauthenticated, or Unavailable when it cannot be said now."""
        ...


class LocalAccounts:
    """Passwords kept here."""

    def __init__(self, db: Database, passwords: Passwords) -> None:
        self._db = db
        self._passwords = passwords

    async def authenticate(self, login: str, password: str) -> UUID:
        """As the protocol says; takes as long for an unknown login as for a known one."""
        async with self._db.read() as tx:
            person = await find_by_login(tx, login)
            kept = None if person is None else await tx.get(LocalPassword, person.id)
        if not await self._passwords.verify(kept.hash if kept else None, password) or person is None or kept is None:
            raise BadCredentials()
        if self._passwords.is_outdated(kept.hash):
            await self._renew(kept, password)
        return person.id

    async def _renew(self, kept: LocalPassword, password: str) -> None:
        hashed = await self._passwords.hash(password)
        async with self._db.write() as tx:
            current = await tx.get(LocalPassword, kept.person_id)
            if current is not None and current.hash == kept.hash:  # else it was changed meanwhile
                current.hash = hashed


class DirectoryAndLocal:
    """The directory for those who come from it, our own passwords for local accounts."""

    def __init__(self, db: Database, directory: Directory, local: LocalAccounts) -> None:
        self._db = db
        self._directory = directory
        self._local = local

    async def authenticate(self, login: str, password: str) -> UUID:
        """As the protocol says."""
        async with self._db.read() as tx:
            is_local = await tx.one(
                select(col(Person.id)).where(
                    col(Person.login) == login, col(Person.source) == Source.LOCAL.value, col(Person.active)
                )
            )
        if is_local is not None:
            return await self._local.authenticate(login, password)
        key = await self._directory.authenticate(login, password)
        async with self._db.read() as tx:
            person = await find_by_key(tx, Source.LDAP, key)
        if person is None:
            raise Unauthenticated(
                "sessions.not_synchronised",
                msg("The directory knows you, but your account has not arrived here yet. Try again in a quarter hour."),
            )
        if not person.active:
            raise Unauthenticated("sessions.account_closed", msg("This account is closed."))
        return person.id
