"""What happens to sign-ins."""

from uuid import UUID

from collab.core.events import Fact


class SessionsRevoked(Fact):
    """Some or all credentials of somebody are worth nothing any more: gates recheck them before the person is told."""

    person_id: UUID
    reason: str


class SecondFactorChanged(Fact):
    """Somebody has a second factor now, or none any more."""

    person_id: UUID
    enrolled: bool


class PasswordChanged(Fact):
    """The password of a local account is another one. `first`: it had none before."""

    person_id: UUID
    first: bool
