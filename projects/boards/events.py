"""What happens on boards. The audience of an announcement is whoever may read the board.

Cards and columns carry their rank: a client that sorts by it shows the same order as everybody, whatever it had moved
meanwhile.
"""

from uuid import UUID

from collab.core.events import Announcement, Fact
from projects.boards.models import CardView, ColumnView, FieldView, FullColumn, LabelView


def topic_of(board_id: UUID) -> str:
    """The topic of all that happens on a board."""
    return f"board:{board_id}"


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
    """A card is back."""

    column: UUID
    card: CardView


class CardsMade(Fact):
    """These cards are new, with the board that was made of a template or of another: the search reads them."""

    cards: list[UUID]
