"""What hangs on a card: checklists, comments, files, its history. Tables, and what comes in and goes out.

Each part has a service of its own (checklists.py, comments.py, attachments.py, history.py), the only writer of it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, StrictBool, StrictInt
from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from collab.core.models import Record, Revised, utc_field
from collab.core.text import Input, Text, Title
from projects.boards.models import RANK, CardDetails, Day, PersonView

MAX_LISTS = 20
MAX_TASKS = 200


class CardChecklist(Record, table=True):
    """A list of things to tick off."""

    __tablename__ = "card_checklist"

    card_id: UUID = Field(foreign_key="card.id", ondelete="CASCADE", index=True)
    title: str = Field(max_length=200)


class CardTask(Record, table=True):
    """One thing to tick off, somebody's perhaps, by a day perhaps."""

    __tablename__ = "card_task"
    __table_args__ = (Index("uq_card_task_checklist_id_rank", "checklist_id", "rank", unique=True),)

    checklist_id: UUID = Field(foreign_key="card_checklist.id", ondelete="CASCADE")
    rank: str = Field(sa_type=RANK)
    title: str = Field(max_length=200)
    done: bool = Field(default=False)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    due: date | None = Field(default=None)


class CardComment(Revised, table=True):
    """What somebody wrote on a card. `author`: who wrote it elsewhere, where `person_id` brought it from."""

    __tablename__ = "card_comment"
    __table_args__ = (Index("ix_card_comment_card_id_id", "card_id", "id"),)

    card_id: UUID = Field(foreign_key="card.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    author: str | None = Field(default=None, max_length=200)
    text: str


class CardReaction(SQLModel, table=True):
    """What somebody thinks of a comment, in one sign."""

    __tablename__ = "card_reaction"

    comment_id: UUID = Field(primary_key=True, foreign_key="card_comment.id", ondelete="CASCADE")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)
    sign: str = Field(primary_key=True, max_length=12)


class CardFile(SQLModel, table=True):
    """That a file of the shared files belongs to a card: no copy, and the file's own rights."""

    __tablename__ = "card_file"

    card_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE")
    node_id: UUID = Field(primary_key=True, foreign_key="file_node.id", ondelete="CASCADE", index=True)


class CardBlocker(SQLModel, table=True):
    """That a card waits for another, the blocker (dependencies.py)."""

    __tablename__ = "card_blocker"

    card_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE")
    blocker_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE", index=True)


class CardEvent(Record, table=True):
    """What somebody did to a card, for those who read it. Ids are told in the words of the day they are read."""

    __tablename__ = "card_event"
    __table_args__ = (Index("ix_card_event_card_id_id", "card_id", "id"),)

    card_id: UUID = Field(foreign_key="card.id", ondelete="CASCADE")
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    action: str = Field(max_length=30)
    details: dict[str, Any] = Field(sa_type=JSON)
    at: datetime = utc_field()


EVENTS = SQLModel.metadata.tables["card_event"]


class Sign(StrEnum):
    """The reactions one can give."""

    AGREED = "agreed"
    THANKS = "thanks"
    DONE = "done"
    SEEN = "seen"
    CONCERN = "concern"


class ListInput(Input):
    """A new checklist, or another title of one."""

    title: Title


class TaskInput(Input):
    """A new thing to tick off; it becomes the last one."""

    title: Title


class TaskChange(Input):
    """What may change of a task. `position` counts from 0 after the move, is clamped."""

    title: Title = ""
    done: StrictBool = False
    person: UUID | None = None
    due: Day | None = None
    position: StrictInt = 0


class CommentInput(Input):
    """What to write."""

    text: Annotated[Text, AfterValidator(str.strip), MinLen(1), MaxLen(4000)]


class TaskView(BaseModel):
    """A thing to tick off."""

    id: UUID
    title: str
    done: bool
    person: PersonView | None
    due: date | None


class ChecklistView(BaseModel):
    """A checklist, in order."""

    id: UUID
    title: str
    tasks: list[TaskView]


class ReactionView(BaseModel):
    """Who gave a sign."""

    sign: Sign
    people: list[str]
    mine: bool


class CardCommentView(BaseModel):
    """A comment as a member sees it. `html`: its text, safe to show; `changed_at`: when it was rewritten, or null.

    `author`: who wrote it elsewhere, where `person` brought it from in a file; null for what was written here.
    """

    id: UUID
    person: PersonView
    author: str | None
    text: str
    html: str = ""
    made_at: datetime
    changed_at: datetime | None
    rev: int
    mine: bool
    removable: bool
    reactions: list[ReactionView]


class AttachedFile(BaseModel):
    """A file of a card, for those who may read it."""

    id: UUID
    space: UUID
    name: str
    size: int


class LinkedCard(BaseModel):
    """A card that another waits for or that waits for it. `finished`: it lies in a column of finished cards."""

    id: UUID
    title: str
    board: UUID
    board_title: str
    finished: bool


class FullCard(BaseModel):
    """A card with what hangs on it. `html`: its description, safe to show. `can_…`: by who asks.

    `waits_for_unseen`: how many unfinished cards of its space it waits for that who asks may not see.
    """

    card: CardDetails
    html: str = ""
    can_edit: bool
    can_comment: bool
    can_tick: bool
    checklists: list[ChecklistView]
    comments: list[CardCommentView]
    files: list[AttachedFile]
    waits_for: list[LinkedCard]
    waits_for_unseen: int
    holds_up: list[LinkedCard]


class HistoryEntry(BaseModel):
    """What was done to a card: who, when, what, with the names of what it speaks of."""

    id: UUID
    at: datetime
    person: str
    action: str
    details: dict[str, Any]
