"""What happens on boards. Whoever may read the board hears it; what happens to a card, those who see the card.

Cards and columns carry their rank: a client that sorts by it shows the same order as everybody, whatever it had moved
meanwhile.
"""

from collections.abc import Iterable
from uuid import UUID

from collab.core.events import Announcement, Audience, Fact
from projects.boards.models import CardView, ColumnView, FieldView, FullColumn, LabelView

# What concerns many cards, some of them unseen: those who see only their own look again.
OVERALL = Audience(again=True)


def topic_of(board_id: UUID) -> str:
    """The topic of all that happens on a board."""
    return f"board:{board_id}"


def heard_by(card: CardView) -> Audience:
    """Who hears of a card: see seeing.seen_by."""
    return hearing(concerned_by(card), hidden=card.hidden)


def hearing(concerned: Iterable[UUID], *, hidden: bool) -> Audience:
    """The same, of a card that concerns these."""
    return Audience(whole=not hidden, principals=frozenset(concerned))


def concerned_by(card: CardView) -> frozenset[UUID]:
    """Whom a card concerns: the ids of people and services."""
    return frozenset(one.id for those in (card.assignees, card.units, card.members) for one in those)


class SharingChanged(Fact):
    """A board is shared with others than before, or in another way."""

    board_id: UUID


class BoardChanged(Announcement):
    """The board has another title, or was archived or taken up again."""

    title: str
    archived: bool


class LabelsChanged(Announcement):
    """The board has other labels: all of them."""

    labels: list[LabelView]


class FieldsChanged(Announcement):
    """The board has other fields of its own: all of them, in order."""

    fields: list[FieldView]


class ColumnAdded(Announcement):
    """There is a new column."""

    column: ColumnView


class ColumnChanged(Announcement):
    """A column has another title, place or meaning."""

    column: ColumnView


class ColumnRemoved(Announcement):
    """A column is gone, with the cards in it."""

    column: UUID


class ColumnRestored(Announcement):
    """A column is back, with the cards in it."""

    column: FullColumn


class ColumnsReordered(Announcement):
    """The columns keep their order and have new ranks."""

    ranks: dict[UUID, str]


class CardsReordered(Announcement):
    """The cards of a column keep their order and have new ranks."""

    column: UUID
    ranks: dict[UUID, str]


class CardCreated(Announcement):
    """There is a new card."""

    column: UUID
    card: CardView


class CardMoved(Announcement):
    """A card lies elsewhere."""

    card: UUID
    column: UUID
    rank: str


class CardChanged(Announcement):
    """A card says something else, or something hangs on it that did not: a comment, a file, a task."""

    card: CardView


class CardRemoved(Announcement):
    """A card is gone."""

    card: UUID


class CardRestored(Announcement):
    """A card is back, or is seen by more than before."""

    column: UUID
    card: CardView


class CardsMade(Fact):
    """These cards are new, with the board that was made of a template or of another: the search reads them."""

    cards: list[UUID]
