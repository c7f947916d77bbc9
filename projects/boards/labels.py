"""Labels: words with a colour that a board's editors make for its cards. Cards get them in cards.py, as content."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from sqlalchemy import select
from sqlmodel import Field, SQLModel, UniqueConstraint, col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.models import Record
from collab.core.text import Input, Title, sort_key
from collab.core.topics import raise_rev
from collab.files.models import TagColour
from collab.spaces.access import Can
from projects.boards import access
from projects.boards.events import LabelsChanged, topic_of
from projects.boards.models import LabelView

MAX_LABELS = 60


class BoardLabel(Record, table=True):
    """A label that a board has. `name_key`: equal for names that count as the same."""

    __tablename__ = "board_label"
    __table_args__ = (UniqueConstraint("board_id", "name_key"),)

    board_id: UUID = Field(foreign_key="board.id", ondelete="CASCADE")
    name: str = Field(max_length=60)
    name_key: str = Field(max_length=200)
    colour: str = Field(max_length=10)


class CardLabel(SQLModel, table=True):
    """That a card has a label."""

    __tablename__ = "card_label"

    card_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE")
    label_id: UUID = Field(primary_key=True, foreign_key="board_label.id", ondelete="CASCADE", index=True)


LabelName = Annotated[Title, MaxLen(60)]


class LabelInput(Input):
    """A new label."""

    name: LabelName
    colour: TagColour = TagColour.GREY


class LabelChange(Input):
    """Another name, another colour; what is left out stays."""

    name: LabelName | None = None
    colour: TagColour | None = None


async def labels_of(tx: Tx, board_id: UUID) -> list[LabelView]:
    """The labels of a board that the caller has found through access, by name."""
    labels: Sequence[BoardLabel] = await tx.all(select(BoardLabel).where(col(BoardLabel.board_id) == board_id))
    return [_view(label) for label in sorted(labels, key=lambda label: (sort_key(label.name), label.id))]


def _view(label: BoardLabel) -> LabelView:
    return LabelView(id=label.id, name=label.name, colour=TagColour(label.colour))


async def create_label(tx: Tx, actor: Actor, board_id: UUID, data: LabelInput) -> LabelView:
    """A new label. Raises Conflict when the board has one of that name."""
    await access.find_board(tx, actor, board_id, Can.EDIT)
    rev = await raise_rev(tx, topic_of(board_id))
    labels = await labels_of(tx, board_id)
    if len(labels) >= MAX_LABELS:
        raise Invalid("boards.too_many_labels", msg("A board has %(most)s labels at most.", most=MAX_LABELS))
    key = _free_key(labels, data.name)
    label = BoardLabel(board_id=board_id, name=data.name, name_key=key, colour=data.colour.value)
    tx.add(label)
    await _tell(tx, board_id, rev)
    return _view(label)


async def change_label(tx: Tx, actor: Actor, label_id: UUID, change: LabelChange) -> LabelView:
    """Another name or colour: the last one wins, as everybody sees it at once."""
    label, rev = await _take(tx, actor, label_id)
    if change.name is not None:
        others = [one for one in await labels_of(tx, label.board_id) if one.id != label.id]
        label.name, label.name_key = change.name, _free_key(others, change.name)
    if change.colour is not None:
        label.colour = change.colour.value
    await _tell(tx, label.board_id, rev)
    return _view(label)


async def remove_label(tx: Tx, actor: Actor, label_id: UUID) -> None:
    """Take a label off the board and off its cards."""
    label, rev = await _take(tx, actor, label_id)
    await tx.delete(label)
    await _tell(tx, label.board_id, rev)


async def _take(tx: Tx, actor: Actor, label_id: UUID) -> tuple[BoardLabel, int]:
    decided(f"board:{Can.EDIT}")
    board_id: UUID | None = await tx.one(select(col(BoardLabel.board_id)).where(col(BoardLabel.id) == label_id))
    if board_id is None:
        raise NotFound()
    await access.find_board(tx, actor, board_id, Can.EDIT)
    rev = await raise_rev(tx, topic_of(board_id))
    label = await tx.lock(BoardLabel, label_id)
    if label is None:
        raise NotFound()
    return label, rev


def _free_key(labels: Sequence[LabelView], name: str) -> str:
    key = sort_key(name)
    if any(sort_key(label.name) == key for label in labels):
        raise Conflict("boards.label_taken", msg("This board already has a label of that name."))
    return key


async def _tell(tx: Tx, board_id: UUID, rev: int) -> None:
    await tx.flush()
    tx.emit(LabelsChanged(topic=topic_of(board_id), rev=rev, labels=await labels_of(tx, board_id)))
