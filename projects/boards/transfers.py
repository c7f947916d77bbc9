"""Cards that go to another board: they take the rights of where they go, and the mover is told first.

`preview_transfer` says who will see the card and who will not any more, and what cannot follow it. Who then asks for it
names what they were told: if that is not so any more, nothing happens.
"""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen
from pydantic import BaseModel, StrictInt
from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.text import Input
from collab.core.topics import raise_rev
from collab.notifications.service import redirect, withdraw
from collab.spaces.access import Can
from collab.spaces.models import Space
from directory.people.models import Person
from projects.boards import access, queries
from projects.boards.access import CardPlace, ColumnPlace
from projects.boards.dependencies import tell_waiting
from projects.boards.events import CardCreated, CardRemoved, heard_by, hearing, topic_of
from projects.boards.fields import BoardField, CardValue
from projects.boards.history import note
from projects.boards.kinds import FieldKind
from projects.boards.labels import BoardLabel, CardLabel
from projects.boards.models import (
    CARDS,
    Board,
    BoardColumn,
    Card,
    CardAssignee,
    CardDetails,
    CardMember,
    PersonView,
)
from projects.boards.ordering import ORDER_OF_CARDS
from projects.boards.parts import CardChecklist, CardTask
from projects.boards.people import on_board, sees_card, view_of
from projects.boards.seeing import concerned_by, editable_boards
from projects.boards.sight import path_of

MOST_NAMED = 50
MOST_BOARDS = 500


class Asked(Input):
    """Where a card would go."""

    column: UUID


class TransferInput(Input):
    """Where a card goes, and `told`: that of the preview. `position` as in a move."""

    column: UUID
    told: Annotated[str, MaxLen(64)]
    position: StrictInt | None = None


class Some(BaseModel):
    """People: how many, and the first of them by name."""

    count: int
    people: list[PersonView]


class TransferView(BaseModel):
    """What will be so once a card has gone to another board. `told` stands for all of it.

    `gains`, `loses`: who will see it and does not now, and the other way round. What cannot follow: `left` are people
    and members who have no access there, `labels` and `fields` those that the other board does not have (of fields with
    something in them, and of the same kind), `tasks` how many of its entries are nobody's any more.
    """

    board: UUID
    board_title: str
    space_title: str
    column_title: str
    hidden: bool
    gains: Some
    loses: Some
    left: list[PersonView]
    labels: list[str]
    fields: list[str]
    tasks: int
    told: str = ""


class ColumnRef(BaseModel):
    """A column of a board that a card can go to."""

    id: UUID
    title: str


class Destination(BaseModel):
    """A board that a card can go to."""

    board: UUID
    title: str
    space_title: str
    columns: list[ColumnRef]


async def list_destinations(tx: Tx, actor: Actor, card_id: UUID) -> list[Destination]:
    """The other boards on which the actor may write, by space and title."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    rows = await tx.rows(
        select(Board, col(Space.title))
        .join(Space, col(Space.id) == col(Board.space_id))
        .where(
            col(Board.id).in_(editable_boards(actor)), col(Board.archived_at).is_(None), col(Board.id) != place.board
        )
        .order_by(col(Space.title), col(Board.title), col(Board.id))
        .limit(MOST_BOARDS)
    )
    columns: dict[UUID, list[ColumnRef]] = {board.id: [] for board, _ in rows}
    here = (col(BoardColumn.board_id).in_(columns), col(BoardColumn.removed_at).is_(None))
    for column in await tx.all(select(BoardColumn).where(*here).order_by(col(BoardColumn.rank))):
        columns[column.board_id].append(ColumnRef(id=column.id, title=column.title))
    return [
        Destination(board=board.id, title=board.title, space_title=space, columns=columns[board.id])
        for board, space in rows
        if columns[board.id]
    ]


async def preview_transfer(tx: Tx, actor: Actor, card_id: UUID, column_id: UUID) -> TransferView:
    """What the mover is told."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    return await _preview(tx, place, await _target(tx, actor, place, column_id))


async def transfer_card(tx: Tx, actor: Actor, card_id: UUID, data: TransferInput) -> CardDetails:
    """Take a card to another board. Raises Conflict when what would change is not what the mover was told."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    target = await _target(tx, actor, place, data.column)
    topics = sorted({topic_of(place.board), topic_of(target.board)})  # in one order, whichever way others go
    revs = {topic: await raise_rev(tx, topic) for topic in topics}
    view = await _preview(tx, place, target)
    if view.told != data.told:
        text = msg("What this move changes is not what you were told: look at it again.")
        raise Conflict("boards.told_otherwise", text)
    concerned = (await concerned_by(tx, [card_id]))[card_id]
    await _leave_behind(tx, place, target)
    row = await _place(tx, place, target, data.position)
    if view.hidden and not (await concerned_by(tx, [card_id]))[card_id] and actor.person_id is not None:
        tx.add(CardMember(card_id=card_id, principal_id=actor.person_id))
        await tx.flush()
    boards = {"from_board": str(place.board), "to_board": str(target.board)}
    await note(tx, actor, card_id, "transferred", **boards)
    for space in {place.space, target.space}:
        tx.record(actor, "boards.move_card", space=space, subject=card_id, **boards)
    card = queries.details_of(row, await queries.marks_of_card(tx, card_id))
    topic, audience = topic_of(place.board), hearing(concerned, hidden=view.hidden)
    tx.emit(CardRemoved(topic=topic, rev=revs[topic], card=card_id, audience=audience))
    topic, shown = topic_of(target.board), queries.card_on_board(card)
    tx.emit(CardCreated(topic=topic, rev=revs[topic], column=card.column, card=shown, audience=heard_by(card)))
    await withdraw(tx, path_of(place.board, card_id), ~(await sees_card(tx, card_id)))
    await redirect(tx, path_of(place.board, card_id), path_of(target.board, card_id))
    await tell_waiting(tx, card_id)
    return card


async def _target(tx: Tx, actor: Actor, place: CardPlace, column_id: UUID) -> ColumnPlace:
    target = await access.find_column(tx, actor, column_id, Can.EDIT)
    if target.board == place.board:
        raise Invalid("boards.same_board", errors={"column": msg("The card is on this board already: move it there.")})
    return target


async def _preview(tx: Tx, place: CardPlace, target: ColumnPlace) -> TransferView:
    card, board = await tx.get(Card, place.card), await tx.get(Board, target.board)
    column, space = await tx.get(BoardColumn, target.column), await tx.get(Space, target.space)
    if card is None or board is None or column is None or space is None:
        raise NotFound()
    now, then = await sees_card(tx, card.id), await sees_card(tx, card.id, board.id)
    there = await on_board(tx, board.id)
    named = or_(*(col(Person.id).in_(select(whose).where(col(link.card_id) == card.id)) for link, whose in _PEOPLE))
    left = await tx.all(select(Person).where(~there, named).order_by(col(Person.sort_name), col(Person.id)))
    view = TransferView(
        board=board.id,
        board_title=board.title,
        space_title=space.title,
        column_title=column.title,
        hidden=card.hidden,
        gains=await _some(tx, then & ~now),
        loses=await _some(tx, now & ~then),
        left=[view_of(one) for one in left],
        labels=await tx.all(_labels_left(card.id, board.id)),
        fields=await tx.all(_fields_left(card.id, board.id)),
        tasks=int(await tx.one(select(func.count()).where(_tasks_left(card.id, then)))),
    )
    view.told = hashlib.sha256(view.model_dump_json().encode()).hexdigest()
    return view


_PEOPLE = ((CardAssignee, col(CardAssignee.person_id)), (CardMember, col(CardMember.principal_id)))


async def _some(tx: Tx, which: ColumnElement[bool]) -> Some:
    here = (col(Person.active), which)
    people: Sequence[Person] = await tx.all(
        select(Person).where(*here).order_by(col(Person.sort_name), col(Person.id)).limit(MOST_NAMED)
    )
    return Some(
        count=int(await tx.one(select(func.count(col(Person.id))).where(*here))), people=[*map(view_of, people)]
    )


def _labels_left(card_id: UUID, board_id: UUID) -> Any:
    """The names of the card's labels that the other board has not."""
    there = select(col(BoardLabel.name_key)).where(col(BoardLabel.board_id) == board_id)
    statement = select(col(BoardLabel.name)).join(CardLabel, col(CardLabel.label_id) == col(BoardLabel.id))
    statement = statement.where(col(CardLabel.card_id) == card_id, col(BoardLabel.name_key).not_in(there))
    return statement.order_by(col(BoardLabel.name))


_THERE = aliased(BoardField)
# What these say means the same on any board; a choice or a person is one of its own board's.
_ANYWHERE = [kind.value for kind in (FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DATE)]


def _same_field(board_id: UUID) -> ColumnElement[bool]:
    """A condition on BoardField and _THERE: what is said in the one can be said in the other, which is of the board."""
    return and_(
        col(_THERE.board_id) == board_id,
        col(_THERE.archived_at).is_(None),
        col(_THERE.title_key) == col(BoardField.title_key),
        col(_THERE.kind) == col(BoardField.kind),
        col(BoardField.kind).in_(_ANYWHERE),
    )


def _fields_left(card_id: UUID, board_id: UUID) -> Any:
    """The titles of the fields in which the card says what cannot be said on the other board."""
    statement = select(col(BoardField.title)).join(CardValue, col(CardValue.field_id) == col(BoardField.id))
    there = select(col(_THERE.id)).where(_same_field(board_id)).exists()
    return statement.where(col(CardValue.card_id) == card_id, ~there).order_by(col(BoardField.title))


def _tasks_left(card_id: UUID, then: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on tasks: of the card, and of a person who will not see it."""
    lists = select(col(CardChecklist.id)).where(col(CardChecklist.card_id) == card_id)
    seeing = select(col(Person.id)).where(then)
    person = col(CardTask.person_id)
    return col(CardTask.checklist_id).in_(lists) & person.is_not(None) & person.not_in(seeing)


async def _leave_behind(tx: Tx, place: CardPlace, target: ColumnPlace) -> None:
    """Take off the card what cannot follow it; its labels and fields become those of the same names."""
    then = await sees_card(tx, place.card, target.board)
    await tx.execute(update(CardTask).where(_tasks_left(place.card, then)).values(person_id=None))
    outside = select(col(Person.id)).where(~(await on_board(tx, target.board)))
    for link, whose in _PEOPLE:
        await tx.execute(delete(link).where(col(link.card_id) == place.card, whose.in_(outside)))
    keys = select(col(BoardLabel.name_key)).join(CardLabel, col(CardLabel.label_id) == col(BoardLabel.id))
    keys = keys.where(col(CardLabel.card_id) == place.card)
    there = select(col(BoardLabel.id)).where(col(BoardLabel.board_id) == target.board)
    labels = await tx.all(there.where(col(BoardLabel.name_key).in_(keys)))
    await tx.execute(delete(CardLabel).where(col(CardLabel.card_id) == place.card))
    said = await tx.rows(
        select(col(_THERE.id), col(CardValue.value))
        .select_from(CardValue)
        .join(BoardField, col(BoardField.id) == col(CardValue.field_id))
        .join(_THERE, _same_field(target.board))
        .where(col(CardValue.card_id) == place.card)
    )
    await tx.execute(delete(CardValue).where(col(CardValue.card_id) == place.card))
    if said:
        await tx.execute(insert(CardValue), [{"card_id": place.card, "field_id": f, "value": v} for f, v in said])
    if labels:
        await tx.execute(insert(CardLabel), [{"card_id": place.card, "label_id": label} for label in labels])


async def _place(tx: Tx, place: CardPlace, target: ColumnPlace, position: int | None) -> Any:
    """Write where the card lies now. Raises NotFound when it was removed meanwhile."""
    if position is None:
        rank = await ORDER_OF_CARDS.rank_at_end(tx, target.column, place.card)
    else:
        rank = await ORDER_OF_CARDS.rank_at(tx, target.column, position, place.card)
    values = {"board_id": target.board, "column_id": target.column, "rank": rank}
    statement = update(CARDS).where(CARDS.c.id == place.card, CARDS.c.removed_at.is_(None))
    statement = statement.values(**values, rev=CARDS.c.rev + 1, updated_at=tx.now)
    row = (await tx.execute(statement.returning(*queries.DETAILS))).one_or_none()
    if row is None:
        raise NotFound()
    return row
