"""What happens to meetings."""

from uuid import UUID

from collab.core.events import Fact


class MeetingCancelled(Fact):
    """It does not take place: whoever is in its room is put out."""

    meeting_id: UUID


class MeetingKindChanged(Fact):
    """Others may enter its room than before; the room rechecks who may stay."""

    meeting_id: UUID


class InviteesChanged(Fact):
    """Somebody was invited, or no longer is; the room rechecks who may stay. `taken_off`: somebody lost a right."""

    meeting_id: UUID
    taken_off: bool = False
