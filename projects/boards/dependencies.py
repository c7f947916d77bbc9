"""Which card waits for which, on any boards. Each is shown to those who may read both; a circle is refused.

On the face of a card, before everybody who reads its board, only those are counted that lie in the same space, hidden
ones too, of which nothing else is told. What it waits for elsewhere is told in its dialog, to those who may read that.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.topics import raise_rev
from collab.spaces.access import Can
from projects.boards import access
from projects.boards.events import topic_of
from projects.boards.faces import tell_face, tell_faces
from projects.boards.history import note
from projects.boards.models import Board, BoardColumn, Card
from projects.boards.parts import CardBlocker, LinkedCard
from projects.boards.seeing import seen_by

# Whoever adds a dependency waits for whoever does: two at once could close a circle that neither sees.
TURN = "card-dependencies"
MAX_BLOCKERS = 50


async def add_dependency(tx: Tx, actor: Actor, card_id: UUID, blocker_id: UUID) -> None:
    """Say that a card waits for another, which the actor may read; nothing happens when it does already."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    await access.find_card(tx, actor, blocker_id, Can.READ)
    await raise_rev(tx, TURN)
    rev = await raise_rev(tx, topic_of(place.board))
    if await tx.get(CardBlocker, (card_id, blocker_id)) is None:
        await _check(tx, card_id, blocker_id)
        tx.add(CardBlocker(card_id=card_id, blocker_id=blocker_id))
        await tx.flush()
        await note(tx, actor, card_id, "dependency_added")
    await tell_face(tx, place, rev)


async def remove_dependency(tx: Tx, actor: Actor, card_id: UUID, blocker_id: UUID) -> None:
    """Say that a card does not wait for another any more."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    rev = await raise_rev(tx, topic_of(place.board))
    await access.find_card(tx, actor, blocker_id, Can.READ)
    here = (col(CardBlocker.card_id) == card_id, col(CardBlocker.blocker_id) == blocker_id)
    if (await tx.execute(delete(CardBlocker).where(*here))).rowcount == 0:
        raise NotFound()
    await note(tx, actor, card_id, "dependency_removed")
    await tell_face(tx, place, rev)


async def _check(tx: Tx, card_id: UUID, blocker_id: UUID) -> None:
    """Raise Conflict for a circle: the blocker waits for the card, through whatever cards."""
    if (await tx.one(select(func.count()).where(col(CardBlocker.card_id) == card_id))) >= MAX_BLOCKERS:
        raise Invalid(
            "boards.too_many_dependencies", msg("A card waits for %(most)s others at most.", most=MAX_BLOCKERS)
        )
    waits: Select[UUID] = select(col(CardBlocker.blocker_id).label("id")).where(col(CardBlocker.card_id) == blocker_id)
    behind = waits.cte("behind", recursive=True)
    behind = behind.union(select(col(CardBlocker.blocker_id)).join(behind, behind.c.id == col(CardBlocker.card_id)))
    found = await tx.rows(select(behind.c.id).where(behind.c.id == card_id))
    if card_id == blocker_id or found:
        raise Conflict("boards.circle", msg("These cards would wait for each other: nothing could begin."))


async def waits_for(tx: Tx, actor: Actor, card_id: UUID) -> list[LinkedCard]:
    """What a card that the caller has found through access waits for, of that which the actor may read."""
    return await _linked(tx, actor, col(CardBlocker.blocker_id), col(CardBlocker.card_id) == card_id)


async def count_unseen(tx: Tx, actor: Actor, card_id: UUID) -> int:
    """How many unfinished cards of its space a card waits for that the actor may not see: the face counts them too."""
    space = select(col(Board.space_id)).join(Card, col(Card.board_id) == col(Board.id)).where(col(Card.id) == card_id)
    blockers = select(col(CardBlocker.blocker_id)).where(col(CardBlocker.card_id) == card_id)
    statement = (
        select(func.count(col(Card.id)))
        .join(Board, col(Board.id) == col(Card.board_id))
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .where(
            col(Card.id).in_(blockers),
            col(Board.space_id).in_(space),
            col(Card.removed_at).is_(None),
            col(BoardColumn.removed_at).is_(None),
            ~col(BoardColumn.done),
            ~seen_by(actor),
        )
    )
    return int(await tx.one(statement))


async def holds_up(tx: Tx, actor: Actor, card_id: UUID) -> list[LinkedCard]:
    """What waits for a card that the caller has found through access, of that which the actor may read."""
    return await _linked(tx, actor, col(CardBlocker.card_id), col(CardBlocker.blocker_id) == card_id)


async def _linked(tx: Tx, actor: Actor, end: Any, which: ColumnElement[bool]) -> list[LinkedCard]:
    ids: Sequence[UUID] = await tx.all(select(end).where(which))
    readable = [card.id for card in await access.list_readable_cards(tx, actor, ids)] if ids else []
    rows = await tx.rows(
        select(col(Card.id), col(Card.title), col(Board.id), col(Board.title), col(BoardColumn.done))
        .join(Board, col(Board.id) == col(Card.board_id))
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .where(col(Card.id).in_(readable))
        .order_by(col(Card.title), col(Card.id))
    )
    return [
        LinkedCard(id=card, title=title, board=board, board_title=called, finished=done)
        for card, title, board, called, done in rows
    ]


async def tell_waiting(tx: Tx, card_id: UUID) -> None:
    """Show anew the faces of the cards that wait for one that was moved, removed or brought back."""
    await _tell(tx, col(CardBlocker.blocker_id) == card_id)


async def tell_waiting_for_column(tx: Tx, column_id: UUID) -> None:
    """The same for all cards of a column that has come or gone, or whose cards are finished or not any more."""
    there = select(col(Card.id)).where(col(Card.column_id) == column_id, col(Card.removed_at).is_(None))
    await _tell(tx, col(CardBlocker.blocker_id).in_(there))


async def _tell(tx: Tx, which: ColumnElement[bool]) -> None:
    waiting = select(col(CardBlocker.card_id)).join(Card, col(Card.id) == col(CardBlocker.card_id))
    await tell_faces(tx, await tx.all(waiting.where(which, col(Card.removed_at).is_(None)).distinct()))
