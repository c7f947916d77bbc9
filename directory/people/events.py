"""What happens to people."""

from uuid import UUID

from collab.core.events import Fact


class PersonDisabled(Fact):
    """Somebody may no longer enter: their sessions and tokens go in the same transaction, sockets and calls after."""

    person_id: UUID
    reason: str


class PersonChanged(Fact):
    """What is known of somebody, or what they may do, is another: whoever remembers them looks again."""

    person_id: UUID


class DirectorySynced(Fact):
    """The copy of the directory was brought up to date. `rights`: groups or units have other members now."""

    added: int
    changed: int
    disabled: int
    rights: bool
