"""Who may do what with a meeting: the only way to obtain one by its id.

Members of its space have what their role there gives; somebody invited from elsewhere sees and joins this meeting
alone. For everybody else it does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound
from collab.spaces import access as spaces
from collab.spaces.models import Role
from meetings.calendar.models import Meeting, MeetingInvitee


class Can(StrEnum):
    """What may be done with a meeting."""

    READ = "read"
    JOIN = "join"  # be in its room, write in its chat, answer its invitation
    EDIT = "edit"


GUEST_GRANTS = frozenset({Can.READ, Can.JOIN})
GRANTS: dict[Role, frozenset[Can]] = {
    Role.READER: frozenset({Can.READ, Can.JOIN}),
    Role.EDITOR: frozenset(Can),
    Role.OWNER: frozenset(Can),
}

# What a restricted token must carry for each right.
SCOPES: dict[Can, str] = {Can.READ: "read", Can.JOIN: "write", Can.EDIT: "write"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What an actor is to a meeting: a role in its space, an invitation, or both."""

    role: Role | None
    invited: bool

    @property
    def grants(self) -> frozenset[Can]:
        """What this allows."""
        from_space = GRANTS[self.role] if self.role else frozenset[Can]()
        return from_space | GUEST_GRANTS if self.invited else from_space


async def get_meeting(tx: Tx, actor: Actor, meeting_id: UUID, can: Can) -> Meeting:
    """The meeting, if the actor may do this with it."""
    meeting, _ = await get_with_standing(tx, actor, meeting_id, can)
    return meeting


async def get_with_standing(tx: Tx, actor: Actor, meeting_id: UUID, can: Can) -> tuple[Meeting, Standing]:
    """The meeting and what the actor is to it. NotFound for a stranger, Denied for who may not do this."""
    decided(f"meeting:{can}")
    meeting = await tx.get(Meeting, meeting_id) if actor.person_id else None
    if meeting is None:
        raise NotFound()
    invited = await tx.get(MeetingInvitee, (meeting_id, actor.person_id)) is not None
    standing = Standing(await spaces.find_role(tx, actor, meeting.space_id), invited)
    _require(actor, standing, can)
    return meeting, standing


async def list_standings(tx: Tx, wanted: Sequence[tuple[Actor, UUID]]) -> list[tuple[Meeting, Standing] | None]:
    """Each meeting and what its actor is to it, in three queries for all; None where there is no such meeting.

    Whoever asks decides, with `decide`.
    """
    ids = {meeting for _, meeting in wanted}
    meetings = {meeting.id: meeting for meeting in await tx.all(select(Meeting).where(col(Meeting.id).in_(ids)))}
    rows = await tx.rows(
        select(col(MeetingInvitee.meeting_id), col(MeetingInvitee.person_id)).where(
            col(MeetingInvitee.meeting_id).in_(meetings)
        )
    )
    invited = {(row[0], row[1]) for row in rows}
    roles = await spaces.list_roles(tx, {meeting.space_id for meeting in meetings.values()})
    found: list[tuple[Meeting, Standing] | None] = []
    for actor, number in wanted:
        meeting = meetings.get(number) if actor.person_id else None
        if meeting is None:
            found.append(None)
            continue
        role = spaces.role_among(actor, roles[meeting.space_id])
        found.append((meeting, Standing(role, (number, actor.person_id) in invited)))
    return found


def decide(actor: Actor, found: tuple[Meeting, Standing] | None, can: Can) -> tuple[Meeting, Standing]:
    """The decision of `get_with_standing`, for what `list_standings` found."""
    decided(f"meeting:{can}")
    if found is None:
        raise NotFound()
    _require(actor, found[1], can)
    return found


def _require(actor: Actor, standing: Standing, can: Can) -> None:
    if not standing.grants:
        raise NotFound()
    if can not in standing.grants:
        raise Denied()
    if actor.scopes is not None and SCOPES[can] not in actor.scopes:
        raise Denied("token_scope")


def is_invited(actor: Actor) -> ColumnElement[bool]:
    """A condition on Meeting rows: the actor is invited."""
    return exists().where(
        col(MeetingInvitee.meeting_id) == col(Meeting.id), col(MeetingInvitee.person_id) == actor.person_id
    )


def is_mine(actor: Actor) -> ColumnElement[bool]:
    """A condition on Meeting rows: the actor is expected.

    That is who is invited or invites, and, where nobody in particular is invited, everybody in the space.
    """
    readable = col(Meeting.space_id).in_(spaces.readable_spaces(actor))
    for_everybody = ~exists().where(col(MeetingInvitee.meeting_id) == col(Meeting.id))
    organises = col(Meeting.organiser_id) == actor.person_id
    return or_(is_invited(actor), and_(readable, or_(organises, for_everybody)))
