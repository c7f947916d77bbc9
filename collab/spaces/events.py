"""What happens to spaces."""

from uuid import UUID

from collab.core.events import Announcement, Fact
from collab.spaces.models import PrincipalKind, Role


def topic_of(space_id: UUID) -> str:
    """The topic of a space's own facts: its title and members."""
    return f"space:{space_id}"


class SpaceChanged(Announcement):
    """The space's title, description or class is another."""

    space_id: UUID
    title: str


class MembersChanged(Fact):
    """Somebody's role in a space was given, changed or taken; gates recheck who may stay."""

    space_id: UUID
    principal_id: UUID
    role: Role | None


class MemberAdded(Fact):
    """A person, a group or a unit got a role in a space where it had none. `by`: who gave it, None for a job."""

    space_id: UUID
    principal_kind: PrincipalKind
    principal_id: UUID
    by: UUID | None


class OwnerNamed(Fact):
    """An administrator named the owner of a space that had none."""

    space_id: UUID
    person_id: UUID
