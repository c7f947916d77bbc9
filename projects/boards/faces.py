"""The face of a card, shown anew to everybody who looks at its board and sees it: what hangs on it has changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select

from collab.core.database import Tx
from collab.core.topics import raise_rev
from projects.boards import queries
from projects.boards.access import CardPlace
from projects.boards.events import CardChanged, CardMoved, CardRestored, heard_by, topic_of
from projects.boards.marks import marks_among, unmarked
from projects.boards.models import CARDS, CardDetails

_ROW = select(*queries.DETAILS).where(CARDS.c.id == bindparam("card"))


async def tell_face(tx: Tx, place: CardPlace, rev: int) -> None:
    """Announce the card as it is. `rev`: the one that its board's topic was raised to."""
    row = (await tx.execute(_ROW, {"card": place.card})).one()
    _emit(tx, rev, queries.details_of(row, await queries.marks_of_card(tx, place.card)))


async def tell_faces(tx: Tx, cards: Sequence[UUID]) -> None:
    """Announce these cards of whatever boards as they are, each at a rev of its own."""
    if not cards:
        return
    marks = await marks_among(tx, cards)
    which = select(*queries.DETAILS).where(CARDS.c.id.in_(cards)).order_by(CARDS.c.board_id, CARDS.c.id)
    for row in await tx.rows(which):
        rev = await raise_rev(tx, topic_of(row.board_id))
        _emit(tx, rev, queries.details_of(row, marks.get(row.id) or unmarked()))


async def tell_hidden(tx: Tx, column_id: UUID, kind: type[CardMoved | CardRestored]) -> None:
    """Tell of each hidden card of a column, to those who see it, what the others are told of the column at once."""
    here = (CARDS.c.column_id == column_id, CARDS.c.hidden, CARDS.c.removed_at.is_(None))
    rows = await tx.rows(select(*queries.DETAILS).where(*here).order_by(CARDS.c.rank))
    marks = await marks_among(tx, [row.id for row in rows]) if rows else {}
    for row in rows:
        card, topic = queries.details_of(row, marks.get(row.id) or unmarked()), topic_of(row.board_id)
        told = {"topic": topic, "rev": await raise_rev(tx, topic), "audience": heard_by(card), "column": column_id}
        if kind is CardMoved:
            tx.emit(CardMoved(**told, card=card.id, rank=card.rank))
        else:
            tx.emit(CardRestored(**told, card=queries.card_on_board(card)))


def _emit(tx: Tx, rev: int, card: CardDetails) -> None:
    shown, topic = queries.card_on_board(card), topic_of(card.board)
    tx.emit(CardChanged(topic=topic, rev=rev, card=shown, audience=heard_by(card)))
