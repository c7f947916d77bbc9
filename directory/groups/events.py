"""What happens to groups."""

from uuid import UUID

from collab.core.events import Fact


class GroupMembersChanged(Fact):
    """Somebody joined or left a group, which may have rights in spaces: gates recheck who may stay.

    `joined`: who is new.
    """

    group_id: UUID
    joined: tuple[UUID, ...] = ()
