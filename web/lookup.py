"""Who is behind a secret, from the database: what web/identity.py remembers and the real-time door rechecks."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from collab.core.access import PUBLIC, Actor, ActorKind
from collab.core.database import Database
from collab.core.settings import Settings
from collab.files.uploads.models import UploadLimits
from directory.people.models import Person
from directory.sessions.identity import Identified, identify, list_actors, list_valid
from directory.sessions.models import Owes
from directory.sessions.rules import Policy
from directory.sessions.second_factor import Subject
from directory.sessions.service import note_use
from meetings.rooms import guests
from web.identity import Identity, Pending, Theme

THEMES: dict[str, Theme] = {"light": "light", "dark": "dark"}


def policy_of(settings: Settings) -> Policy:
    """How long sign-ins last here."""
    sessions = settings.sessions
    return Policy(
        idle=timedelta(hours=sessions.idle_hours),
        absolute=timedelta(hours=sessions.absolute_hours),
        admin_factor=sessions.admin_second_factor == "required",
    )


def upload_limits_of(settings: Settings) -> UploadLimits:
    """What resumable uploads may take here."""
    uploads = settings.uploads
    return UploadLimits(
        most_bytes=uploads.most_bytes,
        lifetime=timedelta(days=uploads.days),
        most_unfinished=uploads.most_unfinished,
        most_unfinished_bytes=uploads.most_unfinished_bytes,
    )


def of(db: Database, settings: Settings) -> "DatabaseLookup":
    """The look-up over this database."""
    return DatabaseLookup(db, policy_of(settings))


class DatabaseLookup:
    """Finds identities; notes that a session or token is in use."""

    def __init__(self, db: Database, policy: Policy) -> None:
        self._db = db
        self._policy = policy

    async def find(self, kind: str, secret: str) -> Identity | None:
        """As web/identity.Lookup says."""
        if kind == "guest":
            return await self._find_guest(secret)
        async with self._db.read() as tx:
            found = await identify(tx, self._policy, kind, secret)
        if found is None:
            return None
        if found.stale and found.actor.credential is not None:
            async with self._db.write() as tx:
                await note_use(tx, found.actor.credential)
        return _identity(found)

    async def list_valid(self, sessions: Collection[UUID]) -> set[UUID]:
        """As web/identity.Lookup says; one query for each 200."""
        async with self._db.read() as tx:
            valid = await list_valid(tx, self._policy, sessions)
            return valid | await guests.list_valid(tx, set(sessions) - valid)

    async def _find_guest(self, secret: str) -> Identity | None:
        async with self._db.read() as tx:
            guest = await guests.find_guest(tx, secret)
        if guest is None:
            return None
        return Identity(actor=Actor(ActorKind.GUEST, id=guest.id, credential=guest.id), name=guest.name)

    async def list_actors(self, sessions: Collection[UUID]) -> dict[UUID, Actor]:
        """As web/identity.Lookup says."""
        async with self._db.read() as tx:
            return await list_actors(tx, self._policy, sessions)


def _identity(found: Identified) -> Identity:
    person: Person = found.person
    pending = None
    if found.owes is not Owes.NOTHING:
        assert found.actor.credential is not None
        pending = Pending(Subject(person.id, found.actor.credential, admin=person.is_admin), found.owes)
    return Identity(
        actor=PUBLIC if pending else found.actor,
        name=person.display_name,
        login=person.login,
        language=person.language,
        theme=THEMES.get(person.theme, "system"),
        has_photo=bool(person.photo_hash),
        pending=pending,
    )
