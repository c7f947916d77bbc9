"""What may be read of boards: lists, a whole board, one card, my cards.

A whole board is made of plain values straight from its rows: a thousand models would cost more than the database does.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces.access import Can, require
from collab.spaces.models import Space
from collab.spaces.queries import list_people
from projects.boards import access
from projects.boards.events import topic_of
from projects.boards.fields import fields_of
from projects.boards.labels import labels_of
from projects.boards.marks import Marks, marks_of, unmarked
from projects.boards.models import (
    CARDS,
    Board,
    BoardColumn,
    BoardSummary,
    Card,
    CardAssignee,
    CardDetails,
    CardUnit,
    CardView,
    ColumnView,
    FullColumn,
    MyCard,
    PersonView,
)
from projects.boards.roles import BoardRole
from projects.boards.rules import is_late
from projects.boards.seeing import readable_boards, seen_by

PAGE = 200

COUNTS = ("tasks", "tasks_done", "comments")
CARD = [CARDS.c[name] for name in ("id", "column_id", "title", "rank", "rev", "start", "due", *COUNTS, "hidden")]
DETAILS = [*CARD, *(CARDS.c[name] for name in ("board_id", "description", "created_at", "updated_at"))]


async def list_boards(
    tx: Tx, actor: Actor, today: date, *, space_id: UUID | None = None, archived: bool | None = False
) -> list[BoardSummary]:
    """The first PAGE boards of a space, or of all the actor's spaces, by title. See page_boards."""
    return (await page_boards(tx, actor, today, space_id=space_id, archived=archived))[0]


async def page_boards(
    tx: Tx,
    actor: Actor,
    today: date,
    *,
    space_id: UUID | None = None,
    archived: bool | None = False,
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[list[BoardSummary], UUID | None]:
    """The actor's boards of a space or of all spaces, by title, and the id to go on `after`, or None at the end.

    `archived`: which ones; None for all.
    """
    title, key = col(Board.title), col(Board.id)
    conditions: list[ColumnElement[bool]] = [key.in_(readable_boards(actor))]
    if space_id is not None:
        await require(tx, actor, space_id, Can.READ)
        conditions.append(col(Board.space_id) == space_id)
    if archived is not None:
        condition = col(Board.archived_at).is_(None)
        conditions.append(~condition if archived else condition)
    # Only one of these: the place of another in the order would tell its title.
    last: Board | None = await tx.one(select(Board).where(*conditions, key == after)) if after is not None else None
    if last is not None:
        conditions.append(or_(title > last.title, and_(title == last.title, key > last.id)))
    found: Sequence[Board] = await tx.all(select(Board).where(*conditions).order_by(title, key).limit(limit + 1))
    boards = found[:limit]
    counts = await _counts(tx, actor, [board.id for board in boards], today)
    views = [_summary(board, *counts.get(board.id, (0, 0))) for board in boards]
    return views, boards[-1].id if len(found) > limit else None


async def summarise(tx: Tx, actor: Actor, board: Board, today: date) -> BoardSummary:
    """A board that the caller has through access, as in a list."""
    return _summary(board, *(await _counts(tx, actor, [board.id], today)).get(board.id, (0, 0)))


def _summary(board: Board, cards: int, late: int) -> BoardSummary:
    return BoardSummary(
        id=board.id,
        space=board.space_id,
        title=board.title,
        archived=board.archived_at is not None,
        cards=cards,
        late=late,
    )


async def _counts(tx: Tx, actor: Actor, boards: Sequence[UUID], today: date) -> dict[UUID, tuple[int, int]]:
    """How many cards the actor sees on each board, and how many of them are late."""
    late = case((_is_late(today), 1), else_=0)
    rows = await tx.rows(
        select(col(Card.board_id), func.count(), func.sum(late))
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .where(
            col(Card.board_id).in_(boards),
            col(Card.removed_at).is_(None),
            col(BoardColumn.removed_at).is_(None),
            seen_by(actor),
        )
        .group_by(col(Card.board_id))
    )
    return {board: (cards, int(late)) for board, cards, late in rows}


def _is_late(today: date) -> ColumnElement[bool]:
    """rules.is_late as a condition on a card and its column."""
    return (col(Card.due) < today) & ~col(BoardColumn.done)


async def list_assignable(
    tx: Tx, actor: Actor, space_id: UUID, *, after: UUID | None = None
) -> tuple[list[PersonView], UUID | None]:
    """The persons of a space, by name; and the id to go on `after`."""
    people, more = await list_people(tx, actor, space_id, after=after)
    views = [PersonView(id=person.id, name=person.display_name, photo=bool(person.photo_hash)) for person in people]
    return views, more


async def read_board(tx: Tx, actor: Actor, board_id: UUID) -> dict[str, Any]:
    """A whole board as JSON values, in the shape of BoardView."""
    place = await access.find_board(tx, actor, board_id, Can.READ)
    board = await tx.get(Board, board_id)
    assert board is not None
    rev = (await topics.current_revs(tx, [topic_of(board_id)]))[topic_of(board_id)]
    columns = await tx.rows(
        select(*(col(getattr(BoardColumn, name)) for name in ("id", "title", "rank", "done", "wip")))
        .where(col(BoardColumn.board_id) == board_id, col(BoardColumn.removed_at).is_(None))
        .order_by(col(BoardColumn.rank))
    )
    cards = await _cards_by_column(tx, "board_id", board_id, seen_by(actor))
    return {
        "id": str(board_id),
        "space": str(board.space_id),
        "title": board.title,
        "rev": rev,
        "archived": board.archived_at is not None,
        "limited": place.role is BoardRole.OWN,
        "labels": [label.model_dump(mode="json") for label in await labels_of(tx, board_id)],
        "fields": [field.model_dump(mode="json") for field in await fields_of(tx, board_id)],
        "columns": [
            {"id": str(id_), "title": title, "rank": rank, "done": done, "wip": wip, "cards": cards[id_]}
            for id_, title, rank, done, wip in columns
        ],
    }


async def _cards_by_column(tx: Tx, name: str, key: UUID, seen: ColumnElement[bool]) -> dict[UUID, list[dict[str, Any]]]:
    """The cards whose column `name` is `key` and that are `seen`, in order, as JSON values in the shape of CardView."""
    marks = await marks_of(tx, name, key)
    cards: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    live = (CARDS.c[name] == key, col(Card.removed_at).is_(None), seen)
    for row in await tx.rows(select(*CARD).where(*live).order_by(col(Card.rank))):
        id_, column, title, rank, rev, start, due, tasks, tasks_done, comments, hidden = row
        cards[column].append(
            {
                "id": str(id_),
                "title": title,
                "rank": rank,
                "rev": rev,
                "start": start.isoformat() if start else None,
                "due": due.isoformat() if due else None,
                "tasks": tasks,
                "tasks_done": tasks_done,
                "comments": comments,
                "hidden": hidden,
                **(marks.get(id_) or unmarked()),
            }
        )
    return cards


async def marks_of_card(tx: Tx, card_id: UUID) -> Marks:
    """What a card that the caller has found through access bears on its face."""
    return (await marks_of(tx, "id", card_id)).get(card_id) or unmarked()


async def read_column(tx: Tx, column: ColumnView) -> FullColumn:
    """A column that the caller has found through access, with those of its cards that are not hidden."""
    cards = await _cards_by_column(tx, "column_id", column.id, ~col(Card.hidden))
    return FullColumn.model_validate({**column.model_dump(), "cards": cards[column.id]})


async def read_card(tx: Tx, actor: Actor, card_id: UUID) -> CardDetails:
    """A card by itself."""
    await access.find_card(tx, actor, card_id, Can.READ)
    row = (await tx.execute(select(*DETAILS).where(col(Card.id) == card_id))).one()
    return details_of(row, await marks_of_card(tx, card_id))


def details_of(row: Row[Any], marks: Marks) -> CardDetails:
    """A row of DETAILS, with the card's marks, as what goes out."""
    values = dict(row._mapping)
    return CardDetails(board=values.pop("board_id"), column=values.pop("column_id"), **values, **marks)


def card_on_board(card: CardDetails) -> CardView:
    """The part of a card that its board shows."""
    return CardView.model_validate(card.model_dump(include=set(CardView.model_fields)))


async def list_my_cards(
    tx: Tx, actor: Actor, today: date, limit: int = 20, *, with_units: bool = False
) -> Sequence[MyCard]:
    """The unfinished cards that are the actor's to do, in all spaces: what is due first, then the newest.

    `with_units`: also those of their services.
    """
    mine: ColumnElement[bool] = col(Card.id).in_(
        select(col(CardAssignee.card_id)).where(col(CardAssignee.person_id) == actor.person_id)
    )
    if with_units:
        units = select(col(CardUnit.card_id)).where(col(CardUnit.unit_id).in_(actor.principals))
        mine = mine | col(Card.id).in_(units)
    rows = await tx.rows(
        select(
            col(Card.id),
            col(Card.title),
            col(Card.due),
            col(Board.id).label("board"),
            col(Board.title).label("board_title"),
            col(BoardColumn.title).label("column_title"),
            col(Space.title).label("space_title"),
        )
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .join(Board, col(Board.id) == col(Card.board_id))
        .join(Space, col(Space.id) == col(Board.space_id))
        .where(
            mine,
            seen_by(actor),
            col(Board.archived_at).is_(None),
            col(BoardColumn.removed_at).is_(None),
            ~col(BoardColumn.done),
            col(Card.removed_at).is_(None),
        )
        .order_by(col(Card.due).nulls_last(), col(Card.created_at).desc())
        .limit(limit)
    )
    return [MyCard(**row._mapping, late=is_late(row.due, today, done=False)) for row in rows]
