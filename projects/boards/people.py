"""The persons of a board: who has a role on it, by themselves or through a group or a service. Cards are given to them.

The same rule as roles.role_on, from the other side: whom it lets in rather than whether it lets somebody in.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.spaces.access import Can
from collab.spaces.models import Role, SpaceMember
from collab.spaces.queries import PEOPLE_PAGE, those_behind
from directory.people.models import Person
from projects.boards import access
from projects.boards.models import CARDS, Board, CardAssignee, CardMember, CardUnit, PersonView
from projects.boards.roles import WHOLE, BoardMember, BoardRole, Opening


async def list_assignable(
    tx: Tx, actor: Actor, board_id: UUID, *, after: UUID | None = None
) -> tuple[list[PersonView], UUID | None]:
    """Whom the cards of a board can be given to, by name; and the id to go on `after`."""
    place = await access.find_board(tx, actor, board_id, Can.READ)
    name, key = col(Person.sort_name), col(Person.id)
    statement = select(Person).where(col(Person.active), await on_board(tx, board_id))
    if place.role is BoardRole.OWN:
        statement = statement.where(key == actor.person_id)  # who else is here is none of a guest's business
    last = await tx.get(Person, after) if after is not None else None
    if last is not None:
        statement = statement.where(or_(name > last.sort_name, and_(name == last.sort_name, key > last.id)))
    found = await tx.all(statement.order_by(name, key).limit(PEOPLE_PAGE + 1))
    people = found[:PEOPLE_PAGE]
    return [view_of(one) for one in people], people[-1].id if len(found) > PEOPLE_PAGE else None


def view_of(person: Person) -> PersonView:
    """A person as cards show them."""
    return PersonView(id=person.id, name=person.display_name, photo=bool(person.photo_hash))


async def list_among(tx: Tx, board_id: UUID, people: Collection[UUID]) -> frozenset[UUID]:
    """Those of these persons who have a role on a board that the caller has found through access."""
    here = await on_board(tx, board_id)
    return frozenset(await tx.all(select(col(Person.id)).where(col(Person.active), col(Person.id).in_(people), here)))


async def list_seeing(tx: Tx, card_id: UUID) -> list[Person]:
    """Who sees a card that the caller has found through access, by name."""
    seeing = await sees_card(tx, card_id)
    people: list[Person] = list(
        await tx.all(select(Person).where(col(Person.active), seeing).order_by(col(Person.sort_name), col(Person.id)))
    )
    return people


async def sees_card(tx: Tx, card_id: UUID, board_id: UUID | None = None) -> ColumnElement[bool]:
    """A condition on persons: seeing.seen_by of one card, for whoever it is; as it would be on another board."""
    lies = (await tx.execute(select(CARDS.c.board_id, CARDS.c.hidden).where(CARDS.c.id == card_id))).one_or_none()
    if lies is None:
        raise NotFound()
    board = board_id or lies.board_id
    concerned = and_(await on_board(tx, board), await concerned_by(tx, card_id))
    return concerned if lies.hidden else or_(await on_board(tx, board, whole=True), concerned)


async def concerned_by(tx: Tx, card_id: UUID) -> ColumnElement[bool]:
    """A condition on persons: the card is theirs, or that of a service they are in."""
    people = select(col(CardAssignee.person_id)).where(col(CardAssignee.card_id) == card_id)
    units = select(col(CardUnit.unit_id)).where(col(CardUnit.card_id) == card_id)
    members = select(col(CardMember.principal_id)).where(col(CardMember.card_id) == card_id)
    return await those_behind(tx, people.union_all(units, members).subquery().select())


async def on_board(tx: Tx, board_id: UUID, *, whole: bool = False) -> ColumnElement[bool]:
    """A condition on persons: they have a role on the board, or (`whole`) one with which they see its cards."""
    board = await tx.get(Board, board_id)
    if board is None:
        raise NotFound()
    inside = select(col(SpaceMember.principal_id)).where(col(SpaceMember.space_id) == board.space_id)
    owners = await those_behind(tx, inside.where(col(SpaceMember.role) == Role.OWNER.value))
    in_space = await those_behind(tx, inside)
    opening = Opening(board.opening)
    if opening in (Opening.SPACE, Opening.READ) or (opening is Opening.OWN and not whole):
        through = in_space
    else:
        roles = [role.value for role in (WHOLE if whole else BoardRole)]
        through = or_(owners, and_(in_space, await those_behind(tx, _named(board_id, roles))))
    if whole:
        return through
    return or_(through, await those_behind(tx, _named(board_id, [BoardRole.OWN.value])))


def _named(board_id: UUID, roles: Collection[str]) -> Select[UUID]:
    return select(col(BoardMember.principal_id)).where(
        col(BoardMember.board_id) == board_id, col(BoardMember.role).in_(roles)
    )
