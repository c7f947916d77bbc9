"""The only writer of whom a board is shared with. Each change is journalled and weighs again who may look on."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.topics import raise_rev
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.access import Can
from collab.spaces.models import PrincipalKind, SpaceMember
from collab.spaces.queries import those_behind
from collab.spaces.service import PRINCIPALS
from directory.groups.models import Group
from directory.people.models import Person
from directory.units.models import Unit
from projects.boards import access
from projects.boards.access import BoardPlace
from projects.boards.events import SharingChanged, topic_of
from projects.boards.models import Board
from projects.boards.roles import (
    BoardMember,
    BoardMemberInput,
    BoardMemberView,
    BoardRole,
    Opening,
    Sharing,
)

_NAMES = (
    (col(Person.id), col(Person.display_name)),
    (col(Group.id), col(Group.name)),
    (col(Unit.id), col(Unit.name)),
)


async def read_sharing(tx: Tx, actor: Actor, board_id: UUID) -> Sharing:
    """Whom a board is shared with, for those who see all of it."""
    place = await access.find_board(tx, actor, board_id, Can.READ)
    if place.role is BoardRole.OWN:
        raise Denied()
    board = await tx.get(Board, board_id)
    assert board is not None
    rows = await tx.all(select(BoardMember).where(col(BoardMember.board_id) == board_id))
    ids = [row.principal_id for row in rows]
    names: dict[UUID, str] = {}
    for key, name in _NAMES:
        names.update({row[0]: row[1] for row in await tx.rows(select(key, name).where(key.in_(ids)))})
    inside = await _list_inside(tx, place.space, ids)
    members = [
        BoardMemberView(
            principal_kind=PrincipalKind(row.principal_kind),
            principal_id=row.principal_id,
            name=names.get(row.principal_id, ""),
            role=BoardRole(row.role),
            guest=row.principal_id not in inside,
        )
        for row in rows
    ]
    order = list(BoardRole)
    members.sort(key=lambda member: (order.index(member.role), member.name.casefold()))
    return Sharing(opening=Opening(board.opening), members=members)


async def _list_inside(tx: Tx, space_id: UUID, ids: list[UUID]) -> set[UUID]:
    """Those of these principals that are in the space, persons also through others."""
    principals = select(col(SpaceMember.principal_id)).where(col(SpaceMember.space_id) == space_id)
    people = select(col(Person.id)).where(col(Person.id).in_(ids), await those_behind(tx, principals))
    return {*await tx.all(people), *await tx.all(principals.where(col(SpaceMember.principal_id).in_(ids)))}


async def set_opening(tx: Tx, actor: Actor, board_id: UUID, opening: Opening) -> None:
    """What those in the space get on the board."""
    place = await access.find_board(tx, actor, board_id, Can.MANAGE)
    rev = await raise_rev(tx, topic_of(board_id))
    board = await tx.get(Board, board_id)
    assert board is not None and rev
    board.opening = opening.value
    tx.record(actor, "boards.open", space=place.space, subject=board_id, opening=opening.value)
    tx.emit(SharingChanged(board_id=board_id))


async def set_member(tx: Tx, actor: Actor, board_id: UUID, data: BoardMemberInput) -> None:
    """Give a person, a group or a unit a role on the board. A person who is not in the space is a guest."""
    place = await access.find_board(tx, actor, board_id, Can.MANAGE)
    await raise_rev(tx, topic_of(board_id))
    principal = await tx.get(PRINCIPALS[data.principal_kind], data.principal_id)
    if principal is None or not principal.active:
        raise Invalid(errors={"principal_id": msg("Nobody of this kind is in the directory.")})
    outside = data.principal_id not in await _list_inside(tx, place.space, [data.principal_id])
    if outside and data.role is not BoardRole.OWN:
        text = msg("Who is not in the space is a guest, who sees only their own cards: choose this, or add them there.")
        raise Invalid("boards.guest", errors={"role": text})
    row = await tx.get(BoardMember, (board_id, data.principal_id))
    if row is None:
        kind = data.principal_kind.value
        tx.add(
            BoardMember(board_id=board_id, principal_id=data.principal_id, principal_kind=kind, role=data.role.value)
        )
        await tx.flush()
        await _tell(tx, actor, place, data)
    else:
        row.role = data.role.value
    tx.record(actor, "boards.set_member", space=place.space, subject=data.principal_id, role=data.role.value)
    tx.emit(SharingChanged(board_id=board_id))


async def remove_member(tx: Tx, actor: Actor, board_id: UUID, principal_id: UUID) -> None:
    """Take a role on the board away; anybody may leave. The role that the space gives stays."""
    leaving = principal_id == actor.person_id
    place = await access.find_board(tx, actor, board_id, Can.READ if leaving else Can.MANAGE, archived=True)
    if actor.scopes is not None and "manage" not in actor.scopes:
        raise Denied("token_scope")
    await raise_rev(tx, topic_of(board_id))
    here = (col(BoardMember.board_id) == board_id, col(BoardMember.principal_id) == principal_id)
    if (await tx.execute(delete(BoardMember).where(*here))).rowcount == 0:
        raise NotFound()
    tx.record(actor, "boards.remove_member", space=place.space, subject=principal_id)
    tx.emit(SharingChanged(board_id=board_id))


async def forget_member(tx: Tx, space_id: UUID, principal_id: UUID) -> None:
    """Who was taken out of a space has no role on its boards either, not even a guest's."""
    boards = select(col(Board.id)).where(col(Board.space_id) == space_id)
    here = (col(BoardMember.board_id).in_(boards), col(BoardMember.principal_id) == principal_id)
    await tx.execute(delete(BoardMember).where(*here))


async def _tell(tx: Tx, actor: Actor, place: BoardPlace, data: BoardMemberInput) -> None:
    if data.principal_kind is not PrincipalKind.PERSON or data.principal_id == actor.person_id:
        return
    board = await tx.get(Board, place.board)
    assert board is not None
    text = msg("The board “%(board)s” is shared with you.", board=board.title)
    url, key = f"/boards/{place.board}", f"boards.shared:{place.board}:{tx.now.timestamp()}"
    await notify(tx, data.principal_id, Kind.MEMBERSHIP, text, url=url, key=key)
