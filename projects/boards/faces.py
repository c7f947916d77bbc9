"""The face of a card, shown anew to everybody who looks at its board: what hangs on it has changed."""

from sqlalchemy import bindparam, select

from collab.core.database import Tx
from projects.boards import queries
from projects.boards.access import CardPlace
from projects.boards.events import CardChanged, topic_of
from projects.boards.models import CARDS

_ROW = select(*queries.DETAILS).where(CARDS.c.id == bindparam("card"))


async def tell_face(tx: Tx, place: CardPlace, rev: int) -> None:
    """Announce the card as it is. `rev`: the one that its board's topic was raised to."""
    row = (await tx.execute(_ROW, {"card": place.card})).one()
    card = queries.details_of(row, await queries.marks_of_card(tx, place.card))
    tx.emit(CardChanged(topic=topic_of(place.board), rev=rev, card=queries.card_on_board(card)))
