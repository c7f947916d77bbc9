"""Who sees which cards, as conditions on rows: whatever reads cards asks here, or access.py for one of them.

A card is seen by those who see the whole board, unless it is hidden; and by those it concerns: its assignees, the
services it is assigned to, its members. A card that one does not see is, to whoever asks, no card.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces.access import mine, readable_spaces
from collab.spaces.models import Role, SpaceMember
from projects.boards.models import Board, Card, CardAssignee, CardMember, CardUnit
from projects.boards.roles import WHOLE, BoardMember, BoardRole, Opening

LINKS: tuple[tuple[Any, Any], ...] = (
    (CardAssignee, CardAssignee.person_id),
    (CardUnit, CardUnit.unit_id),
    (CardMember, CardMember.principal_id),
)


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """A condition on Card rows: those that the actor sees, on whatever boards. Raises as readable_spaces does."""
    concerned = concerns(actor.principals)
    shown = and_(col(Card.board_id).in_(whole_boards(actor)), or_(~col(Card.hidden), concerned))
    return or_(shown, and_(concerned, col(Card.board_id).in_(readable_boards(actor))))


def concerns(principals: Collection[UUID] | Any) -> ColumnElement[bool]:
    """A condition on Card rows: those that are one of these principals' own. A bindparam may stand for them."""
    return or_(
        *(
            select(col(link.card_id)).where(col(link.card_id) == col(Card.id), col(whose).in_(principals)).exists()
            for link, whose in LINKS
        )
    )


async def concerned_by(tx: Tx, cards: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
    """Whom these cards concern: the ids of people and services."""
    found: dict[UUID, set[UUID]] = {card: set() for card in cards}
    links = (select(col(link.card_id), col(whose)).where(col(link.card_id).in_(cards)) for link, whose in LINKS)
    for card, principal in await tx.rows(union_all(*links)) if cards else []:
        found[card].add(principal)
    return {card: frozenset(principals) for card, principals in found.items()}


def readable_boards(actor: Actor) -> Select[UUID]:
    """The ids of the boards on which the actor has a role: roles.role_on as a subquery."""
    named, guest = _named(actor, *BoardRole), _named(actor, BoardRole.OWN)
    opened = col(Board.opening) != Opening.CLOSED.value
    inside = and_(col(Board.space_id).in_(readable_spaces(actor)), or_(opened, named))
    return select(col(Board.id)).where(or_(_owned(actor), guest, inside))


def whole_boards(actor: Actor) -> Select[UUID]:
    """Those of which the actor sees all cards but the hidden ones."""
    opened = col(Board.opening).in_([Opening.SPACE.value, Opening.READ.value])
    inside = and_(col(Board.space_id).in_(readable_spaces(actor)), or_(opened, _named(actor, *WHOLE)))
    return select(col(Board.id)).where(or_(_owned(actor), inside))


def editable_boards(actor: Actor) -> Select[UUID]:
    """Those on which the actor may make and change cards."""
    editing = select(col(SpaceMember.space_id)).where(mine(actor), col(SpaceMember.role) == Role.EDITOR.value)
    opened = and_(col(Board.opening) == Opening.SPACE.value, col(Board.space_id).in_(editing))
    named = and_(col(Board.space_id).in_(readable_spaces(actor)), _named(actor, BoardRole.OWNER, BoardRole.EDITOR))
    return select(col(Board.id)).where(or_(_owned(actor), opened, named))


def _owned(actor: Actor) -> ColumnElement[bool]:
    owned = select(col(SpaceMember.space_id)).where(mine(actor), col(SpaceMember.role) == Role.OWNER.value)
    return col(Board.space_id).in_(owned)


def _named(actor: Actor, *roles: BoardRole) -> ColumnElement[bool]:
    named = select(col(BoardMember.board_id)).where(
        col(BoardMember.principal_id).in_(actor.principals), col(BoardMember.role).in_([role.value for role in roles])
    )
    return col(Board.id).in_(named)
