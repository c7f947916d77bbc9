"""A card with all that hangs on it, as its dialog and its page show it; and what has left a board and can come back."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces.access import Can
from directory.people.models import Person
from projects.boards import access, queries
from projects.boards.attachments import files_of
from projects.boards.comments import comments_of
from projects.boards.dependencies import count_unseen, holds_up, waits_for
from projects.boards.models import Board, BoardColumn, Card, PersonView
from projects.boards.parts import CardChecklist, CardTask, ChecklistView, FullCard, TaskView
from projects.boards.roles import GRANTS, BoardRole
from projects.boards.rules import KEEP_REMOVED
from projects.boards.seeing import seen_by

MOST_GONE = 200


class GoneThing(BaseModel):
    """A card or a column that has left the board. `until`: when it will be destroyed; null for what is archived."""

    id: UUID
    title: str
    gone_at: datetime
    until: datetime | None


class Archive(BaseModel):
    """What has left a board and can come back, the last first."""

    cards: list[GoneThing]
    columns: list[GoneThing]


async def read_full_card(tx: Tx, actor: Actor, card_id: UUID) -> FullCard:
    """A card and what hangs on it; the texts are not rendered."""
    place = await access.find_card(tx, actor, card_id, Can.READ)
    board = await tx.get(Board, place.board)
    is_open = board is not None and board.archived_at is None
    return FullCard(
        card=await queries.read_card(tx, actor, card_id),
        can_edit=Can.EDIT in GRANTS[place.role] and is_open,
        can_comment=is_open,
        can_tick=is_open and place.role is not BoardRole.READER,
        checklists=await checklists_of(tx, card_id),
        comments=await comments_of(tx, actor, place),
        files=await files_of(tx, actor, card_id),
        waits_for=await waits_for(tx, actor, card_id),
        waits_for_unseen=await count_unseen(tx, actor, card_id),
        holds_up=await holds_up(tx, actor, card_id),
    )


async def checklists_of(tx: Tx, card_id: UUID) -> list[ChecklistView]:
    """The checklists of a card that the caller has found through access."""
    lists = await tx.all(
        select(CardChecklist).where(col(CardChecklist.card_id) == card_id).order_by(col(CardChecklist.id))
    )
    statement = select(CardTask, Person).outerjoin(Person, col(Person.id) == col(CardTask.person_id))
    statement = statement.join(CardChecklist, col(CardChecklist.id) == col(CardTask.checklist_id))
    tasks: dict[UUID, list[TaskView]] = defaultdict(list)
    for task, person in await tx.rows(
        statement.where(col(CardChecklist.card_id) == card_id).order_by(col(CardTask.rank))
    ):
        tasks[task.checklist_id].append(view_of_task(task, person))
    return [ChecklistView(id=one.id, title=one.title, tasks=tasks[one.id]) for one in lists]


def view_of_task(task: CardTask, person: Person | None) -> TaskView:
    """A task as a member sees it."""
    whose = PersonView(id=person.id, name=person.display_name, photo=bool(person.photo_hash)) if person else None
    return TaskView(id=task.id, title=task.title, done=task.done, person=whose, due=task.due)


async def read_archive(tx: Tx, actor: Actor, board_id: UUID) -> Archive:
    """What has left a board: the last MOST_GONE cards and columns."""
    await access.find_board(tx, actor, board_id, Can.READ)
    cards = await _gone(tx, Card, board_id, seen_by(actor))
    return Archive(cards=cards, columns=await _gone(tx, BoardColumn, board_id))


async def _gone(
    tx: Tx, kind: type[Card] | type[BoardColumn], board_id: UUID, *seen: ColumnElement[bool]
) -> list[GoneThing]:
    gone_at = col(kind.removed_at)
    statement = select(kind).where(col(kind.board_id) == board_id, gone_at.is_not(None), *seen)
    return [
        GoneThing(
            id=row.id,
            title=row.title,
            gone_at=row.removed_at,
            until=None if row.archived else row.removed_at + KEEP_REMOVED,
        )
        for row in await tx.all(statement.order_by(gone_at.desc()).limit(MOST_GONE))
    ]
