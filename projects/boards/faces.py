"""The face of a card, shown anew to everybody who looks at its board: what hangs on it has changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select

from collab.core.database import Tx
from collab.core.topics import raise_rev
from projects.boards import queries
from projects.boards.access import CardPlace
from projects.boards.events import CardChanged, topic_of
from projects.boards.marks import marks_among, unmarked
from projects.boards.models import CARDS

_ROW = select(*queries.DETAILS).where(CARDS.c.id == bindparam("card"))


async def tell_face(tx: Tx, place: CardPlace, rev: int) -> None:
    """Announce the card as it is. `rev`: the one that its board's topic was raised to."""
    row = (await tx.execute(_ROW, {"card": place.card})).one()
    card = queries.details_of(row, await queries.marks_of_card(tx, place.card))
    tx.emit(CardChanged(topic=topic_of(place.board), rev=rev, card=queries.card_on_board(card)))


async def tell_faces(tx: Tx, cards: Sequence[UUID]) -> None:
    """Announce these cards of whatever boards as they are, each at a rev of its own."""
    if not cards:
        return
    marks = await marks_among(tx, cards)
    which = select(*queries.DETAILS).where(CARDS.c.id.in_(cards)).order_by(CARDS.c.board_id, CARDS.c.id)
    for row in await tx.rows(which):
        topic, card = topic_of(row.board_id), queries.details_of(row, marks.get(row.id) or unmarked())
        tx.emit(CardChanged(topic=topic, rev=await raise_rev(tx, topic), card=queries.card_on_board(card)))
