"""Cards as the search finds them: by their titles, their descriptions and what they say in the board's own fields."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.findable import Document, Shown
from collab.core.words import fold_words
from projects.boards.access import list_readable_cards
from projects.boards.models import Board, BoardColumn, Card
from projects.boards.seeing import concerned_by
from projects.boards.values import words_said

CARD = "card"
MOST_WORDS = 40_000  # bytes: all of a description


class Cards:
    """See findable.Provider."""

    kind = CARD

    async def stamps(self, tx: Tx, after: UUID | None, limit: int) -> Sequence[tuple[UUID, str]]:
        """Every card that was not removed, by itself or with its column."""
        statement = _cards()
        if after is not None:
            statement = statement.where(col(Card.id) > after)
        return [_stamp(row) for row in await tx.rows(statement.order_by(col(Card.id)).limit(limit))]

    async def stamps_of(self, tx: Tx, ids: Collection[UUID]) -> Sequence[tuple[UUID, str]]:
        """These cards; nothing hangs on one."""
        return [_stamp(row) for row in await tx.rows(_cards().where(col(Card.id).in_(ids)))]

    async def documents(self, tx: Tx, ids: Collection[UUID]) -> Sequence[Document]:
        """Those of these that were not removed."""
        columns = (col(Card.title), col(Card.description), col(Card.updated_at))
        rows = await tx.rows(_cards().add_columns(*columns).where(col(Card.id).in_(ids)))
        concerned, said = await concerned_by(tx, ids), await words_said(tx, ids)
        return await asyncio.to_thread(
            lambda: [_document(row, concerned[row.id], said.get(row.id, "")) for row in rows]
        )

    async def show(self, tx: Tx, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, Shown]:
        """Those that the actor may read, with the board they lie on."""
        cards = await list_readable_cards(tx, actor, ids)
        boards = {card.board_id for card in cards}
        rows = await tx.rows(select(col(Board.id), col(Board.title)).where(col(Board.id).in_(boards)))
        titles = {row[0]: row[1] for row in rows}
        return {
            card.id: Shown(
                title=card.title,
                url=f"/boards/{card.board_id}?card={card.id}",
                icon="square-kanban",
                where=[titles[card.board_id]],
                changed_at=card.updated_at,
                text=card.description,
            )
            for card in cards
        }


def _cards() -> Select[UUID, int, UUID, bool]:
    return (
        select(col(Card.id), col(Card.rev), col(Board.space_id), col(Card.hidden))
        .join(Board, col(Board.id) == col(Card.board_id))
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .where(col(Card.removed_at).is_(None), col(BoardColumn.removed_at).is_(None))
    )


def _stamp(row: Any) -> tuple[UUID, str]:
    return row.id, f"{row.rev}.{row.space_id.hex}"


def _document(row: Any, concerned: Collection[UUID], said: str) -> Document:
    """Whose it is finds it, guests of its board too; those in its space do unless it is hidden."""
    return Document(
        id=row.id,
        title=row.title,
        words=fold_words(f"{row.description}\n{said}", MOST_WORDS),
        audience=frozenset(concerned) | (frozenset() if row.hidden else {row.space_id}),
        changed_at=row.updated_at,
        stamp=_stamp(row)[1],
        space_id=row.space_id,
    )
