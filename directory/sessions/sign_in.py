"""Signing in: the attempt is counted, the password judged outside of any transaction, the session opened.

Called by the API and the sign-in form. The password is passed on to whoever judges it and kept nowhere.
"""

from dataclasses import dataclass
from uuid import UUID

from collab.core.database import Database
from collab.core.errors import Unauthenticated, Unavailable
from directory.ldap.errors import BadCredentials
from directory.people.models import Person
from directory.sessions import service, throttle
from directory.sessions.authenticators import Authenticator
from directory.sessions.keys import Keys
from directory.sessions.models import Owes
from directory.sessions.rules import ACCOUNT, ADDRESS, Policy, Throttle, account_of, network_of
from directory.sessions.second_factor import Subject


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened. `token` is told to the browser and nowhere else."""

    token: str
    session_id: UUID
    person_id: UUID
    owes: Owes


class SignIn:
    """The door. One per process; its state is in the database."""

    def __init__(self, db: Database, keys: Keys, authenticator: Authenticator, policy: Policy) -> None:
        self._db = db
        self._keys = keys
        self._authenticator = authenticator
        self._policy = policy

    async def sign_in(
        self, login: str, password: str, *, address: str, device: str, instead_of: Subject | None = None
    ) -> SignedIn:
        """Open a session. Raises Unauthenticated, TooMany, or Unavailable when the directory does not answer.

        `instead_of`: the session that the same browser had until now, whoever's; it ends.
        """
        login = login.strip().lower()
        # Many directories take an empty password for an anonymous bind, which succeeds.
        if not login or not password or not login.isprintable():
            raise BadCredentials()
        account, buckets = self._buckets(login, address)
        async with self._db.write() as tx:
            await throttle.count_attempt(tx, buckets)
        try:
            person_id = await self._authenticator.authenticate(login, password)
        except Unavailable:
            async with self._db.write() as tx:
                await throttle.take_back(tx, buckets)
            raise
        async with self._db.write() as tx:
            person = await tx.get(Person, person_id)
            if person is None or not person.active:  # left between the password and now
                raise Unauthenticated()
            await throttle.take_back(tx, buckets)
            await throttle.clear(tx, account)
            token, session = await service.open_session(tx, self._policy, person_id, device)
            owes = await service.owes_of(tx, self._policy, person, session)
            if instead_of is not None:
                await service.sign_out(tx, instead_of.person_id, instead_of.session_id)
        return SignedIn(token, session.id, person_id, owes)

    def _buckets(self, login: str, address: str) -> tuple[str, dict[str, Throttle]]:
        account = self._keys.name("account", account_of(login))
        return account, {account: ACCOUNT, self._keys.name("address", network_of(address)): ADDRESS}
